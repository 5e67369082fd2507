package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// hears waits for a signal.
func hears(t *testing.T, what string, changed <-chan struct{}) {
	t.Helper()
	select {
	case <-changed:
	case <-time.After(20 * time.Second):
		t.Fatalf("no signal of %s", what)
	}
}

// listening waits until the store has a connection that listens.
func (p place) listening(t *testing.T, s *Store) (pid uint32) {
	t.Helper()
	s.Changed()
	conn := p.connect(t)
	eventually(t, "the store listens", func() bool {
		// Its last statement is the look at the log after LISTEN.
		return conn.QueryRow(t.Context(), "SELECT pid FROM pg_stat_activity WHERE query = $1 AND state = 'idle' AND pid <> $2",
			s.queries.settled, s.writer.log.line.backend.pid).Scan(&pid) == nil
	})
	return pid
}

// TestOthersAreHeard waits for commits of another store, of a transaction, and of none that is
// rolled back.
func TestOthersAreHeard(t *testing.T) {
	p := newPlace(t)
	s, other := p.open(t), p.open(t)
	p.listening(t, s)
	changed := s.Changed()
	appended(t, other, one("order-1", 0, "a"))
	hears(t, "another store", changed)

	changed = s.Changed()
	inTx(t, p.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
		_, err := other.AppendTx(t.Context(), tx, one("order-1", 1, "b", "c", "d", "e", "f"))
		return err
	})
	hears(t, "a transaction", changed)

	changed = s.Changed()
	undone := pgx.BeginFunc(t.Context(), p.connect(t), func(tx pgx.Tx) error {
		_, err := s.AppendTx(t.Context(), tx, one("order-1", 6, "x"))
		return errors.Join(err, errUndone)
	})
	if !errors.Is(undone, errUndone) {
		t.Fatal(undone)
	}
	if out := other.AppendEach(t.Context(), []events.Commit{one("order-1", 0, "late")}); out[0].Err == nil {
		t.Fatal("a stale commit went in")
	}
	select {
	case <-changed:
		t.Error("a signal of what never was")
	case <-time.After(20 * time.Millisecond):
	}
	for n := range events.Version(3) { // groups of any size are heard of
		group := make([]events.Commit, 1+10*n)
		for i := range group {
			group[i] = one("order-2", headOf(t, s, "order-2")+events.Version(i), "a")
		}
		changed = s.Changed()
		for _, out := range other.AppendEach(t.Context(), group) {
			if out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		hears(t, "a group", changed)
	}
}

// TestListenerComesBack ends the connection that listens, commits meanwhile, and waits for the
// signal of the new connection.
func TestListenerComesBack(t *testing.T) {
	p := newPlace(t)
	s, other := p.open(t), p.open(t)
	for i := range events.Version(3) {
		pid := p.listening(t, s)
		changed := s.Changed()
		if _, err := other.pool.Exec(t.Context(), "SELECT pg_terminate_backend($1)", pid); err != nil {
			t.Fatal(err)
		}
		appended(t, other, one("order-1", i, "a"))
		hears(t, "what was committed meanwhile", changed)
	}
}

// TestTail follows through one store what another one and a transaction append.
func TestTail(t *testing.T) {
	p := newPlace(t)
	s, other := p.open(t), p.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// A record can be read before its commit is acknowledged: the test waits for the writer.
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		for i := range events.Version(50) {
			if _, err := other.Append(t.Context(), one("order-1", i, "a")); err != nil {
				t.Error(err)
				return
			}
		}
	})
	// The poll is too slow to help.
	n := events.Version(0)
	for r, err := range events.Tail(ctx, s, 0, events.Filter{}, events.PollEvery(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; r.Version != n {
			t.Fatalf("version %d after %d", r.Version, n-1)
		}
		if n == 50 {
			break
		}
	}
}

// TestRestoredBackup resets a log to before the position that a follower has reached: the
// follower gets a *events.ForkError and does not wait for ever. A store that is opened anew goes on,
// and is heard at positions that were there before.
func TestRestoredBackup(t *testing.T) {
	p := newPlace(t)
	s := p.open(t)
	appended(t, s, one("order-1", 0, "a", "b"))
	restore := p.save(t)
	appended(t, s, one("order-1", 2, "c", "d"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var failure error
	seen := 0
	for _, err := range events.Tail(ctx, s, 0, events.Filter{}) {
		if failure = err; err != nil {
			break
		}
		if seen++; seen == 4 {
			restore(t)
		}
	}
	if fork, ok := errors.AsType[*events.ForkError](failure); !ok || fork.Mark.Position != 4 || fork.Have.Position != 2 {
		t.Errorf("after %d records: %v", seen, failure)
	}
	again := p.open(t)
	changed := again.Changed()
	if r := appended(t, again, one("order-1", 2, "e")); r.Position != 3 {
		t.Errorf("%+v in the restored log", r)
	}
	hears(t, "a commit at a position that was there before", changed)
}

// TestListenerOfADeadServer closes a store whose server is gone.
func TestListenerOfADeadServer(t *testing.T) {
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"})
	s := p.open(t, impatient)
	p.listening(t, s)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	changed := s.Changed()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	hears(t, "the close", changed)
}
