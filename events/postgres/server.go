package postgres

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// identity says which server a connection is to. The system identifier is made with the first
// server and shared by all its copies; the timeline rises when a copy is promoted. Both are 0 if the
// role may not see them, and the timeline is of a server in recovery.
type identity struct {
	system   uint64
	timeline uint64
}

// String returns "" if the system is not known.
func (i identity) String() string {
	switch {
	case i.system == 0:
		return ""
	case i.timeline == 0:
		return fmt.Sprint("system ", i.system)
	}
	return fmt.Sprint("system ", i.system, " timeline ", i.timeline)
}

// identify asks a server for its identity. Nothing rests on the answer but that an old primary is
// refused, so a server that gives none is taken as it is.
func identify(ctx context.Context, conn *pgconn.PgConn) (i identity) {
	const ask = "SELECT system_identifier, CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END FROM pg_catalog.pg_control_system()"
	results, err := conn.Exec(ctx, ask).ReadAll()
	if err != nil || len(results) != 1 || len(results[0].Rows) != 1 {
		return identity{}
	}
	row := results[0].Rows[0]
	if i.system, err = strconv.ParseUint(string(row[0]), 10, 64); err != nil {
		return identity{}
	}
	i.timeline, _ = strconv.ParseUint(string(row[1]), 16, 32)
	return i
}

// TimelineError says that a server is a primary from before a failover: this process has worked with a
// later one. What it has is not the log any more, and nothing is written to it.
type TimelineError struct {
	System   uint64 // the system identifier of both servers
	Timeline uint64 // of the server that was refused
	Known    uint64 // of the server that was used before
}

func (e *TimelineError) Error() string {
	return fmt.Sprintf("postgres: the server of system %d is on timeline %d, and this process has used timeline %d: it is a primary from before a failover", e.System, e.Timeline, e.Known)
}

// primary is the server that the store appends to.
type primary struct {
	mu    sync.Mutex
	known identity
	lines atomic.Uint64 // how many connections to append on there have been
}

// admit returns a *TimelineError for an earlier primary of the same system.
func (p *primary) admit(i identity) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i.system == p.known.system && i.timeline > 0 && i.timeline < p.known.timeline {
		return &TimelineError{System: i.system, Timeline: i.timeline, Known: p.known.timeline}
	}
	return nil
}

// use notes that the store appends through that connection.
func (p *primary) use(conn *pgconn.PgConn) {
	p.lines.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if i, _ := conn.CustomData()[serverKey].(identity); i.timeline > 0 {
		p.known = i
	}
}

// serverKey is under what a connection says which server it is to.
const serverKey = "surety server"

// admit returns a *TimelineError if the connection is to an old primary.
func (c *config) admit(ctx context.Context, conn *pgconn.PgConn) error {
	i, _ := conn.CustomData()[serverKey].(identity)
	if i.timeline == 0 { // not asked yet, or in recovery then
		i = identify(ctx, conn)
		conn.CustomData()[serverKey] = i
	}
	return c.primary.admit(i)
}

// admitTx is admit for a transaction of the caller, which goes on whatever the role may not see.
func (c *config) admitTx(ctx context.Context, tx pgx.Tx) error {
	if conn := tx.Conn().PgConn(); conn.CustomData()[serverKey] == nil {
		inner, err := tx.Begin(ctx) // a savepoint
		if err != nil {
			return err
		}
		conn.CustomData()[serverKey] = identify(ctx, conn)
		if err := inner.Rollback(ctx); err != nil {
			return err
		}
	}
	i, _ := tx.Conn().PgConn().CustomData()[serverKey].(identity)
	return c.primary.admit(i)
}

// admits has a connection refused that is to an old primary, so that the next host of the DSN is
// tried.
func (c *config) admits(then func(context.Context, *pgconn.PgConn) error) func(context.Context, *pgconn.PgConn) error {
	return func(ctx context.Context, conn *pgconn.PgConn) error {
		if then != nil {
			if err := then(ctx, conn); err != nil {
				return err
			}
		}
		return c.admit(ctx, conn)
	}
}
