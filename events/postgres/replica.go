package postgres

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

var (
	_ events.Store     = (*Replica)(nil)
	_ events.Snapshots = (*Replica)(nil)
	_ events.Marker    = (*Replica)(nil)
)

// Replica reads a log from a standby: what the standby has replayed, in the order of positions and
// without holes. It is for followers, such as the workers of views in another database, and for reads
// that may be behind; what is decided is decided on a Store. It is no events.Signaler, as a standby
// cannot listen: its followers poll.
//
// What the log has there, the primary has too, or had: a commit for which nobody has an answer yet may be
// read, and be missing when another standby is promoted. A Replica remembers the last link that it has
// read, and each call is answered by a server that has it. One that has not replayed it yet, as another
// standby of the same DSN, answers ErrBehind: ask again. If the server has come to another history, as after
// pg_rewind, the value is dead, like a Store. It goes on with a server that is promoted. Followers that
// end with ErrBehind or ErrLost go on from their checkpoints when they are started again.
//
// A transaction of the primary that holds an exclusive lock of the tables, such as VACUUM FULL, holds up who
// reads them here until it has ended.
type Replica struct{ source }

// OpenReplica opens the log on a standby, with a pool of its own, and refuses a server that is none with a
// *SettingError. If the DSN has several hosts, target_session_attrs=standby finds one. The role needs SELECT
// on the tables of the log. Of the options, WithSchema is heeded. Errors are as those of Open.
func OpenReplica(ctx context.Context, dsn string, opts ...Option) (*Replica, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	c.replica = true
	pool, err := c.newPool(ctx, dsn)
	if err != nil {
		return nil, err
	}
	r := &Replica{newSource(c, pool, true)}
	if err := r.anyhow(ctx, "inspect", func(conn *pgxpool.Conn) error { return r.inspect(ctx, conn.Conn()) }); err != nil {
		pool.Close()
		return nil, c.openError(ctx, "cannot be inspected", err)
	}
	return r, nil
}

func (r *Replica) inspect(ctx context.Context, conn *pgx.Conn) error {
	if err := r.recovers(ctx, conn); err != nil {
		return err
	}
	if err := r.config.inspect(ctx, conn); err != nil {
		return err
	}
	_, _, err := r.markAt(ctx, conn, maxInt64) // what is there now may be read without links
	return err
}

// recovers returns a *SettingError if the server is no standby that this package works with.
func (c *config) recovers(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var standby bool
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, pg_is_in_recovery()").Scan(&version, &standby); err != nil {
		return err
	}
	if err := serves(version); err != nil {
		return err
	}
	if !standby {
		return c.refuse("the server is no standby; Open is for a primary", &SettingError{Setting: "in_hot_standby", Want: "on", Found: "off"})
	}
	return nil
}

// Append implements events.Store. It returns events.ErrReadOnly.
func (r *Replica) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := c.Validate(); err != nil {
		return events.Receipt{}, err
	}
	return events.Receipt{}, r.readOnly(ctx)
}

// AppendEach implements events.Store. Each member gets the answer of Append.
func (r *Replica) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	outcomes := make([]events.Outcome, len(group))
	for i := range group {
		_, outcomes[i].Err = r.Append(ctx, group[i])
	}
	return outcomes
}

// SaveSnapshot implements events.Snapshots. It returns events.ErrReadOnly.
func (r *Replica) SaveSnapshot(ctx context.Context, s events.Snapshot) error {
	if err := s.Validate(); err != nil {
		return err
	}
	return r.readOnly(ctx)
}

func (r *Replica) readOnly(ctx context.Context) error {
	if err := r.refuses(ctx); err != nil {
		return err
	}
	return events.ErrReadOnly
}

// Lookup implements events.Store. Whether an ID that the standby does not have is known, it cannot say:
// the error is events.ErrUnknownOutcome.
func (r *Replica) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	known, err := r.survey(ctx, &plan{members: []events.Commit{{ID: id}}})
	k, found := known[id]
	if err == nil && !found && id != uuid.Nil {
		err = events.ErrUnknownOutcome
	}
	return k.Receipt, found, err
}

// ReadAll implements events.Store.
func (r *Replica) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		settled, err := r.Settled(ctx)
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		if after >= settled {
			return
		}
		// Another standby that is behind leaves no hole: it says so.
		r.ReadFrom(ctx, &events.Cursor{Position: after}, f)(yield)
	}
}

// Links implements events.Marker.
func (r *Replica) Links(ctx context.Context, after events.Position) iter.Seq2[events.Mark, error] {
	return func(yield func(events.Mark, error) bool) {
		if _, err := r.Settled(ctx); err != nil { // every page is of a server that has as much
			yield(events.Mark{}, err)
			return
		}
		r.source.Links(ctx, after)(yield)
	}
}

// Settled implements events.Store. It is remembered as what was read is.
func (r *Replica) Settled(ctx context.Context) (events.Position, error) {
	m, err := r.Mark(ctx, maxInt64)
	return m.Position, err
}

// Durability implements events.Store: nothing is acknowledged.
func (r *Replica) Durability() events.Durability { return events.DurabilityNone }

// Lag is how far a standby is behind.
type Lag struct {
	Settled events.Position // what it has replayed
	// Positions is how many positions are missing up to the one that was asked about. After a failover
	// other records may stand there: what became of a commit, Lookup says.
	Positions uint64
	// Time is how long ago the last transaction that it has replayed was committed, by the clocks of
	// both servers; 0 while it has replayed all that it has received and is connected to its primary.
	Time time.Duration
	// Receiving reports that it is connected to its primary. If it is not, and is no primary by now, what
	// it does not have it does not know of. That a primary is silent is noticed after the server's
	// wal_receiver_timeout, a minute unless it was set.
	Receiving bool
	Promoted  bool // it is a primary, which waits for nobody
}

// Lag reports how far the standby is behind the position of a Receipt, and behind its primary. A position
// of 0 asks about the primary alone. It answers for a standby that is behind what was read, too.
func (r *Replica) Lag(ctx context.Context, behind events.Position) (lag Lag, err error) {
	err = r.anyhow(ctx, "lag", func(conn *pgxpool.Conn) error {
		return ask(ctx, conn.Conn(), r.mode, func(v [][]byte) error {
			lag = Lag{Settled: events.Position(number(v[0])), Time: time.Duration(number(v[1])) * time.Microsecond, Receiving: v[2][0] == 1, Promoted: v[3][0] == 1}
			return nil
		}, r.queries.lag)
	})
	if err != nil {
		return Lag{}, err
	}
	lag.Positions = uint64(max(behind, lag.Settled) - lag.Settled)
	return lag, nil
}

// Close implements events.Store. It waits for pages that are being read.
func (r *Replica) Close() error {
	if !r.closed.CompareAndSwap(false, true) {
		return events.ErrClosed
	}
	r.pool.Close()
	return nil
}
