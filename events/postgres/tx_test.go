package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
)

// inTx runs f in a transaction that commits unless f fails.
func inTx(t testing.TB, conn *pgx.Conn, options pgx.TxOptions, f func(pgx.Tx) error) {
	t.Helper()
	if err := pgx.BeginTxFunc(t.Context(), conn, options, f); err != nil {
		t.Fatal(err)
	}
}

// ledger is a table of an application, whose rows are committed with events or not at all.
func (p place) ledger(t testing.TB) (put func(context.Context, pgx.Tx, string) error, count func() int) {
	t.Helper()
	p.run(t, "CREATE TABLE {schema}.ledger (entry text)")
	s, err := newSchema(p.schema)
	if err != nil {
		t.Fatal(err)
	}
	conn := p.connect(t)
	put = func(ctx context.Context, tx pgx.Tx, entry string) error {
		_, err := tx.Exec(ctx, s.in("INSERT INTO {schema}.ledger VALUES ($1)"), entry)
		return err
	}
	count = func() (n int) {
		if err := conn.QueryRow(t.Context(), s.in("SELECT count(*) FROM {schema}.ledger")).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	return put, count
}

// TestAppendTx commits and rolls back, and goes on after every refusal.
func TestAppendTx(t *testing.T) {
	p := newPlace(t)
	s, conn, ctx := p.open(t), p.connect(t), t.Context()
	put, count := p.ledger(t)
	first := one("order-1", 0, "a", "b")
	receipt := appended(t, s, first)

	rolledBack := one("order-1", 2, "c")
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := put(ctx, tx, "rolled back"); err != nil {
			return err
		}
		if _, err := s.AppendTx(ctx, tx, rolledBack); err != nil {
			return err
		}
		return errors.New("changed my mind")
	})
	if _, found, lookup := s.Lookup(ctx, rolledBack.ID); err == nil || found || lookup != nil || count() != 0 {
		t.Errorf("after a rollback the commit is known: %t, and %d entries are there (%v, %v)", found, count(), err, lookup)
	}

	duplicate, outside, guard, stale := one("order-2", 0, "x"), one("order", 0, "x"), one("order-1", 2), one("order-1", 0)
	duplicate.ID = first.ID
	large := one("order-2", 0, "a", "b", "c", "d", "e", "f") // more than a small statement takes
	large.Batches = append(large.Batches, one("line-1", 0, "opened").Batches[0], one("order-1", 2).Batches[0])
	last := one("order-1", 2, "c")
	inTx(t, conn, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := put(ctx, tx, "kept"); err != nil {
			return err
		}
		_, err := s.AppendTx(ctx, tx, one("order-1", 1, "late"))
		if c, ok := errors.AsType[*events.ConflictError](err); !ok || *c != (events.ConflictError{Stream: "order-1", After: 1, Head: 2}) {
			return fmt.Errorf("a conflict: %w", err)
		}
		_, err = s.AppendTx(ctx, tx, duplicate)
		if d, ok := errors.AsType[*events.DuplicateError](err); !ok || d.First != receipt {
			return fmt.Errorf("a duplicate: %w", err)
		}
		if _, err = s.AppendTx(ctx, tx, outside); !isBounds(err) {
			return fmt.Errorf("out of bounds: %w", err)
		}
		again, err := s.AppendTx(ctx, tx, first)
		if want := (events.Receipt{Commit: first.ID, First: 1, Position: 2, Repeated: true}); again != want || err != nil {
			return fmt.Errorf("a retry: %+v %w", again, err)
		}
		if r, err := s.AppendTx(ctx, tx, guard); r != (events.Receipt{Commit: guard.ID}) || err != nil {
			return fmt.Errorf("a guard: %+v %w", r, err)
		}
		if _, err := s.AppendTx(ctx, tx, stale); err == nil {
			return errors.New("a guard that does not hold passed")
		}
		r, err := s.AppendTx(ctx, tx, large)
		if want := (events.Receipt{Commit: large.ID, First: 3, Position: 9}); r != want || err != nil {
			return fmt.Errorf("a large commit: %+v %w", r, err)
		}
		// The transaction sees what it has appended itself.
		r, err = s.AppendTx(ctx, tx, last)
		if want := (events.Receipt{Commit: last.ID, First: 10, Position: 10}); r != want || err != nil {
			return fmt.Errorf("the last commit: %+v %w", r, err)
		}
		return put(ctx, tx, "kept as well")
	})
	if n := headOf(t, s, "order-1"); n != 3 || count() != 2 {
		t.Errorf("version %d and %d entries, want 3 and 2", n, count())
	}
	if r, found, err := s.Lookup(ctx, last.ID); !found || err != nil || r.Position != 10 {
		t.Errorf("the commit is %+v, known %t (%v)", r, found, err)
	}
	appended(t, s, one("order-1", 3, "d")) // the writer remembered another version
}

// TestAppendTxRefuses uses transactions that cannot take an append; they still go on.
func TestAppendTxRefuses(t *testing.T) {
	p := newPlace(t)
	s, conn, ctx := p.open(t), p.connect(t), t.Context()
	for _, tt := range []struct {
		options pgx.TxOptions
		want    TxError
	}{
		{pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, TxError{"transaction_isolation", "read committed", "repeatable read"}},
		{pgx.TxOptions{IsoLevel: pgx.Serializable}, TxError{"transaction_isolation", "read committed", "serializable"}},
		{pgx.TxOptions{AccessMode: pgx.ReadOnly}, TxError{"transaction_read_only", "off", "on"}},
	} {
		inTx(t, conn, tt.options, func(tx pgx.Tx) error {
			_, err := s.AppendTx(ctx, tx, one("order-1", 0, "a"))
			if refusal, ok := errors.AsType[*TxError](err); !ok || *refusal != tt.want {
				t.Errorf("%+v: %v", tt.options, err)
			}
			var locks int
			err = tx.QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'").Scan(&locks)
			if locks != 0 || err != nil {
				t.Errorf("%+v: %d locks were taken (%v)", tt.options, locks, err)
			}
			return nil
		})
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.AppendTx(over, tx, one("order-1", 0, "a")); err != context.Canceled {
		t.Errorf("with a context that is over: %v", err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(ctx, tx, one("order-1", 0, "a")); !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("in a transaction that has ended: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if tx, err = conn.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(ctx, tx, one("order-1", 0, "a")); !errors.Is(err, events.ErrClosed) {
		t.Errorf("on a store that is closed: %v", err)
	}
}

// TestAppendTxWaits has an append of the store, and one of another transaction, wait for one
// that has not ended: nothing can be read in between, and the order is that of the commits.
func TestAppendTxWaits(t *testing.T) {
	p := newPlace(t)
	s, ctx := p.open(t), t.Context()
	tx, err := p.connect(t).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(ctx, tx, one("order-1", 0, "first")); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := s.Append(ctx, one("order-1", 1, "second"))
		waits <- err
	}()
	p.blocked(t)
	if n, err := s.Settled(ctx); n != 0 || err != nil {
		t.Errorf("settled at %d (%v) before anything was committed", n, err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.Append(short, one("order-2", 0, "a")); err != context.DeadlineExceeded {
		t.Errorf("in the queue behind it: %v, want the plain error of the context", err)
	}
	select {
	case err := <-waits:
		t.Fatalf("the append did not wait: %v", err)
	default:
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Errorf("the append that had waited: %v", err)
	}
	if n := headOf(t, s, "order-1"); n != 2 {
		t.Errorf("version %d", n)
	}
}

// TestAppendTxIsWaitedFor has what the store decides in turn wait for a transaction of a caller: it
// ends with its own context. What is found, and what is only checked, does not wait.
func TestAppendTxIsWaitedFor(t *testing.T) {
	p := newPlace(t)
	s, ctx := p.open(t), t.Context()
	first := one("order-1", 0, "first")
	receipt := appended(t, s, first)
	tx, err := p.connect(t).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := one("order-1", 1, "second")
	if _, err := s.AppendTx(ctx, tx, c); err != nil {
		t.Fatal(err)
	}
	ends := func(call func(context.Context) error) error {
		t.Helper()
		short, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- call(short) }()
		p.blocked(t)
		cancel()
		return <-done
	}
	lookup := func(ctx context.Context) error { _, _, err := s.Lookup(ctx, c.ID); return err }
	if err := ends(lookup); !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("a lookup: %v", err)
	}
	guard := func(ctx context.Context) error { _, err := s.Append(ctx, one("order-1", 1)); return err }
	if err := ends(guard); err != context.Canceled {
		t.Errorf("a guard: %v, want the plain error of the context", err)
	}
	if r, known, err := s.Lookup(ctx, first.ID); r != receipt || !known || err != nil {
		t.Errorf("an ID that can be found: %+v, %t, %v", r, known, err)
	}
	if _, err := s.CheckGuards(ctx, one("order-1", 1)); err != nil {
		t.Errorf("a check: %v", err)
	}
	waits := make(chan bool, 1)
	go func() {
		_, known, err := s.Lookup(ctx, c.ID)
		waits <- known && err == nil
	}()
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if !<-waits {
		t.Error("a lookup that has waited does not find what was committed")
	}
}

// TestPoolOfOne uses a pool with a single connection: in a loop over records that were read
// through it there are loops, appends and transactions.
func TestPoolOfOne(t *testing.T) {
	p := newPlace(t)
	pool := p.pool(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := New(ctx, pool, WithSchema(p.schema))
	if err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	appended(t, s, one("order-1", 0, "a", "b", "c"))
	head := events.Version(0)
	for range 3 {
		for _, err := range s.ReadAll(ctx, 0, events.Filter{Categories: []string{"order"}}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range s.Read(ctx, "order-1", 0) {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Append(ctx, one("line-1", head, "a")); err != nil {
					t.Fatal(err)
				}
				err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
					_, err := s.AppendTx(ctx, tx, one("line-1", head+1, "b"))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				head += 2
			}
		}
	}
	if n := headOf(t, s, "line-1"); n != 3*3*3*2 {
		t.Errorf("version %d", n)
	}
}

// TestAppendTxInSavepoints appends in savepoints of a transaction: what is undone there leaves
// no trace.
func TestAppendTxInSavepoints(t *testing.T) {
	p := newPlace(t)
	s, ctx := p.open(t), t.Context()
	inTx(t, p.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			_, err := s.AppendTx(ctx, inner, one("order-1", 0, "undone"))
			return errors.Join(err, errUndone)
		}); !errors.Is(err, errUndone) {
			return err
		}
		return pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			_, err := s.AppendTx(ctx, inner, one("order-1", 0, "done"))
			return err
		})
	})
	appended(t, s, one("order-1", 1, "b"))
	if n := headOf(t, s, "order-1"); n != 2 {
		t.Errorf("version %d, want 2", n)
	}
}

// TestAppendTxInADeadlock has two transactions take a row and the log in opposite orders. The
// server ends one of them, whose error says so, and the other goes on.
func TestAppendTxInADeadlock(t *testing.T) {
	p := newPlace(t)
	s, ctx := p.open(t), t.Context()
	p.run(t, "CREATE TABLE {schema}.rows (n int)", "INSERT INTO {schema}.rows VALUES (1)")
	var txs [2]pgx.Tx
	for i := range txs {
		var err error
		if txs[i], err = p.connect(t).Begin(ctx); err != nil {
			t.Fatal(err)
		}
	}
	touch := func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, s.schema.in("UPDATE {schema}.rows SET n = n + 1"))
		return err
	}
	if _, err := s.AppendTx(ctx, txs[0], one("order-1", 0, "a")); err != nil {
		t.Fatal(err)
	}
	if err := touch(txs[1]); err != nil {
		t.Fatal(err)
	}
	// Only the second looks for deadlocks soon enough to be the one that is ended.
	if _, err := txs[1].Exec(ctx, "SET LOCAL deadlock_timeout = '50ms'"); err != nil {
		t.Fatal(err)
	}
	if _, err := txs[0].Exec(ctx, "SET LOCAL deadlock_timeout = '60s'"); err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	go func() { first <- touch(txs[0]) }()
	eventually(t, "the first waits for the row", func() bool {
		var waits bool
		err := txs[1].QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)", txs[0].Conn().PgConn().PID()).Scan(&waits)
		return err == nil && waits
	})
	_, err := s.AppendTx(ctx, txs[1], one("order-2", 0, "a"))
	if _, ok := errors.AsType[*Error](err); !ok || code(err) != deadlock || errors.Is(err, events.ErrUnknownOutcome) {
		t.Errorf("the one that the server ended: %v", err)
	}
	if err := txs[1].Rollback(ctx); err != nil {
		t.Error(err)
	}
	if err := errors.Join(<-first, txs[0].Commit(ctx)); err != nil {
		t.Errorf("the one that goes on: %v", err)
	}
	appended(t, s, one("order-1", 1, "b"))
	if a, b := headOf(t, s, "order-1"), headOf(t, s, "order-2"); a != 2 || b != 0 {
		t.Errorf("versions %d and %d, want 2 and 0", a, b)
	}
}
