package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// follower reads a log pass by pass, each from where the last one ended.
type follower struct {
	next     func(ctx context.Context, after events.Position, yield func(position events.Position, stream string, version events.Version)) error
	at       events.Position
	versions map[string]events.Version
	seen     int
	faults   []string
}

// pass reads on and notes what a reader must never see: a position that does not rise, or a
// version that is not the next of its stream.
func (f *follower) pass(ctx context.Context) error {
	if f.versions == nil {
		f.versions = make(map[string]events.Version)
	}
	return f.next(ctx, f.at, func(position events.Position, stream string, version events.Version) {
		if position <= f.at {
			f.faults = append(f.faults, fmt.Sprintf("position %d after %d", position, f.at))
		}
		if version != f.versions[stream]+1 {
			f.faults = append(f.faults, fmt.Sprintf("stream %s: version %d after %d", stream, version, f.versions[stream]))
		}
		f.at, f.versions[stream] = position, version
		f.seen++
	})
}

// follow returns a follower of a store.
func follow(s *Store) *follower {
	return &follower{next: func(ctx context.Context, after events.Position, yield func(events.Position, string, events.Version)) error {
		for r, err := range s.ReadAll(ctx, after, events.Filter{}) {
			if err != nil {
				return err
			}
			yield(r.Position, string(r.Stream), r.Version)
		}
		return nil
	}}
}

// transactions are two that append, as the controls and the store do it.
type transactions interface {
	// begin begins transaction n, which draws the position of one event on a stream of its own.
	begin(t *testing.T, n int) (end func() error)
}

// TestInterleavings runs the interleavings in which a log on PostgreSQL loses records: two
// transactions that draw their positions in one order and commit in the other, with a reader
// in between. The controls are the popular ways to write and read such a log; they must lose.
func TestInterleavings(t *testing.T) {
	const (
		byPosition = "SELECT position, stream FROM {schema}.plain WHERE position > $1 ORDER BY position"
		belowXmin  = "SELECT position, stream FROM {schema}.plain WHERE position > $1 AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY position"
	)
	for _, tt := range []struct {
		name  string
		query string // of a control; the store has its own
		xid   bool   // the transaction that draws the higher position has the lower xid
		lost  int
	}{
		{name: "store"},
		{name: "control: by position", query: byPosition, lost: 1},
		{name: "control: by position below xmin", query: belowXmin, xid: true, lost: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			s := p.open(t)
			f := follow(s)
			var log transactions = &storeTransactions{p, s}
			if tt.query != "" {
				p.run(t, "CREATE TABLE {schema}.plain (position bigserial PRIMARY KEY, stream text, xid xid8 DEFAULT pg_current_xact_id())")
				log = &plainTransactions{p, s.schema, tt.xid}
				f = followPlain(p.connect(t), s.schema.in(tt.query))
			}
			var early func()
			if tt.xid {
				early = log.(*plainTransactions).early(t)
			}
			first := log.begin(t, 0)
			if early != nil {
				early()
			}
			second := make(chan error, 1)
			begun := make(chan struct{})
			go func() {
				end := log.begin(t, 1)
				close(begun)
				second <- end()
			}()
			// If the second can end before the first, it does.
			if tt.query != "" {
				<-begun
				if err := <-second; err != nil {
					t.Fatal(err)
				}
			} else {
				p.blocked(t)
			}
			if err := f.pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := first(); err != nil {
				t.Fatal(err)
			}
			if tt.query == "" {
				if err := <-second; err != nil {
					t.Fatal(err)
				}
			}
			if err := f.pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			if lost := 2 - f.seen; lost != tt.lost || len(f.faults) > 0 {
				t.Errorf("%d of 2 records lost, want %d; %q", lost, tt.lost, f.faults)
			}
		})
	}
}

// storeTransactions append with AppendTx.
type storeTransactions struct {
	place
	store *Store
}

func (w *storeTransactions) begin(t *testing.T, n int) func() error {
	tx, err := w.connect(t).Begin(t.Context())
	if err == nil {
		_, err = w.store.AppendTx(t.Context(), tx, one(events.StreamID(fmt.Sprint("order-", n)), 0, "a"))
	}
	return func() error {
		if err != nil {
			return err
		}
		return tx.Commit(t.Context())
	}
}

// plainTransactions insert into a table whose positions are drawn from a sequence.
type plainTransactions struct {
	place
	schema schema
	xid    bool
}

// early takes the lower xid in a transaction that goes on only when the returned function is
// called: it then draws the position after the first and commits.
func (w *plainTransactions) early(t *testing.T) func() {
	tx, err := w.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT pg_current_xact_id()"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := tx.Exec(t.Context(), w.schema.in("INSERT INTO {schema}.plain (stream) VALUES ('order-1')")); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *plainTransactions) begin(t *testing.T, n int) func() error {
	if w.xid && n == 1 {
		return func() error { return nil } // early has done it
	}
	tx, err := w.connect(t).Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), w.schema.in("INSERT INTO {schema}.plain (stream) VALUES ($1)"), fmt.Sprint("order-", n))
	}
	return func() error {
		if err != nil {
			return err
		}
		return tx.Commit(t.Context())
	}
}

// followPlain returns a follower of the table of the controls.
func followPlain(conn *pgx.Conn, query string) *follower {
	return &follower{next: func(ctx context.Context, after events.Position, yield func(events.Position, string, events.Version)) error {
		rows, err := conn.Query(ctx, query, int64(after))
		if err != nil {
			return err
		}
		var position int64
		var stream string
		_, err = pgx.ForEachRow(rows, []any{&position, &stream}, func() error {
			yield(events.Position(position), stream, 1)
			return nil
		})
		return err
	}}
}

// TestCommitOrder has 32 writers append through two stores and in transactions of their own,
// which wait between drawing their positions and their end, one in ten of them rolled back, while
// four readers follow: each sees every record once, in order.
func TestCommitOrder(t *testing.T) {
	t.Parallel()
	const writers, readers = 32, 4
	p := newPlace(t)
	total := int64(times(5_000, 1_000_000))
	random := chance(t)
	seeds := make([]uint64, writers)
	for i := range seeds {
		seeds[i] = random.Uint64()
	}
	stores := []*Store{p.open(t), p.open(t)}
	pool := p.pool(t, 8)
	var written, undone atomic.Int64
	var writing, reading sync.WaitGroup
	var over atomic.Bool
	for i := range writers {
		w := &orderWriter{store: stores[i%2], pool: pool, random: rand.New(rand.NewPCG(seeds[i], 0)), heads: make(map[events.StreamID]events.Version), written: &written, undone: &undone}
		w.own = events.StreamID(fmt.Sprint("own-", i))
		writing.Go(func() {
			for written.Load() < total {
				if err := w.write(t.Context(), i < writers/8); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	followers := make([]*follower, readers)
	for i := range followers {
		followers[i] = follow(stores[i%2])
		reading.Go(func() {
			for last := false; !last; time.Sleep(time.Millisecond) {
				last = over.Load() // before the pass, which must then see everything
				if err := followers[i].pass(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	over.Store(true)
	reading.Wait()
	for i, f := range followers {
		if f.seen != int(written.Load()) || len(f.faults) > 0 {
			t.Errorf("reader %d saw %d of %d records; %q", i, f.seen, written.Load(), f.faults)
		}
	}
	if undone.Load() == 0 {
		t.Error("nothing was rolled back")
	}
	t.Logf("%d records, %d transactions rolled back", written.Load(), undone.Load())
}

type orderWriter struct {
	store           *Store
	pool            *pgxpool.Pool
	random          *rand.Rand
	own             events.StreamID
	heads           map[events.StreamID]events.Version
	written, undone *atomic.Int64
}

// write appends to the writer's stream and to one of those that all share.
func (w *orderWriter) write(ctx context.Context, inTx bool) error {
	shared := events.StreamID(fmt.Sprint("shared-", w.random.IntN(64)))
	c := one(w.own, w.heads[w.own], "a", "b")
	c.Batches = append(c.Batches, one(shared, w.heads[shared], "s").Batches...)
	delay, undo := time.Duration(w.random.IntN(500))*time.Microsecond, w.random.IntN(10) == 0
	var err error
	if inTx {
		err = pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
			if _, err := w.store.AppendTx(ctx, tx, c); err != nil {
				return err
			}
			time.Sleep(delay)
			if undo {
				return errUndone
			}
			return nil
		})
	} else {
		_, err = w.store.Append(ctx, c)
	}
	conflict, lost := errors.AsType[*events.ConflictError](err)
	switch {
	case lost && conflict.Stream == shared:
		w.heads[shared] = conflict.Head
	case errors.Is(err, errUndone):
		w.undone.Add(1)
	case err != nil:
		return err
	default:
		w.heads[w.own] += 2
		w.heads[shared]++
		w.written.Add(3)
	}
	return nil
}

var errUndone = errors.New("rolled back on purpose")
