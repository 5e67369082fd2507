package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// replicated is the level at which standbys answer before a commit is acknowledged.
var replicated = WithDurability(events.DurabilityReplicated)

// TestReplicatedOpens opens a log at the level only where a commit waits for a standby that answers,
// and goes on only as long as it does; a role needs no more for it than for any other level.
func TestReplicatedOpens(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t)
	p := migrated(t, place{primary.DSN(), "log"})
	wantSetting := func(what string, err error) {
		t.Helper()
		if e, ok := errors.AsType[*SettingError](err); !ok || e.Setting != "synchronous_standby_names" {
			t.Errorf("%s: %v, want a *SettingError of synchronous_standby_names", what, err)
		}
	}
	_, err := Open(t.Context(), p.dsn, WithSchema(p.schema), replicated)
	wantSetting("a server that waits for nobody", err)

	p.run(t, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (second, third)'", "SELECT pg_reload_conf()")
	patience := 250 * time.Millisecond // with which a busy machine may not come to the wait
	eventually(t, "the server waits", func() bool {
		short, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		patience *= 2
		_, err = Open(short, p.dsn, WithSchema(p.schema), replicated)
		refusal, ok := errors.AsType[*OpenError](err)
		return ok && refusal.Reason == "no standby has answered" && errors.Is(err, context.DeadlineExceeded)
	})

	primary.Standby(t, "third")
	s := p.plain(t).open(t, replicated)
	if s.Durability() != events.DurabilityReplicated {
		t.Errorf("the level is %s", s.Durability())
	}
	appended(t, s, one("order-1", 0, "a"))

	p.run(t, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
	eventually(t, "the setting is gone", func() bool {
		_, err = s.Append(t.Context(), one("order-1", headOf(t, s, "order-1"), "a"))
		return err != nil
	})
	wantSetting("an append that would wait for nobody", err)
	if errors.Is(err, events.ErrUnknownOutcome) {
		t.Errorf("its outcome is unknown: %v", err)
	}
	err = pgx.BeginFunc(t.Context(), p.connect(t), func(tx pgx.Tx) error {
		_, err := s.AppendTx(t.Context(), tx, one("order-2", 0, "a"))
		return err
	})
	wantSetting("an append in a transaction that would wait for nobody", err)
}

// TestOldPrimary lets a primary that was lost come back beside the standby that was promoted, and
// first in the DSN: a store that has used the other one does not go back to it.
func TestOldPrimary(t *testing.T) {
	t.Parallel()
	old := pgtest.Start(t)
	log := migrated(t, place{old.DSN(), "log"})
	log.plain(t)
	standby := old.Standby(t, "second")
	p := log.asPlain(pgtest.Hosts(old, standby))
	own := p.open(t, patient)
	pool := p.pool(t, 2)
	others, err := New(t.Context(), pool, WithSchema(p.schema), patient)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, others)
	stores := map[string]*Store{"a pool of its own": own, "a pool of the caller": others}
	last := appended(t, own, one("order-1", 0, "a")).Position
	conn := place{standby.DSN(), p.schema}.connect(t)
	eventually(t, "the standby has it", func() bool {
		var n int64
		return conn.QueryRow(t.Context(), own.queries.settled).Scan(&n) == nil && events.Position(n) == last
	})
	if err := errors.Join(old.Kill(), standby.Promote()); err != nil {
		t.Fatal(err)
	}
	for name, s := range stores {
		last = appended(t, s, one(events.StreamID("after-"+strings.ReplaceAll(name, " ", "")), 0, "a")).Position
	}
	if err := old.Start(); err != nil { // nobody has told it
		t.Fatal(err)
	}
	for name, s := range stores {
		s.writer.log.sever()
		s.pool.Reset()
		if r := appended(t, s, one(events.StreamID("back-"+strings.ReplaceAll(name, " ", "")), 0, "a")); r.Position <= last {
			t.Errorf("%s: position %d after position %d", name, r.Position, last)
		}
		// A pool that is not the store's connects to whom it likes. Then reads are refused.
		end, err := s.Settled(t.Context())
		if _, refused := errors.AsType[*TimelineError](err); err == nil && end <= last || err != nil && (s.owned || !refused) {
			t.Errorf("%s: the log ends at %d (%v)", name, end, err)
		}
	}
	alone := place{old.DSN(), p.schema}.open(t)
	if end, err := alone.Settled(t.Context()); end != 1 || err != nil {
		t.Errorf("the old primary has %d records (%v), want 1", end, err)
	}
}

// TestConnectionsFromBefore promotes a standby while the primary is still there, and has connections of
// the pool to it. Once the store appends to the other one, it reads nothing through them.
func TestConnectionsFromBefore(t *testing.T) {
	t.Parallel()
	old := pgtest.Start(t)
	log := migrated(t, place{old.DSN(), "log"})
	log.plain(t)
	standby := old.Standby(t, "second")
	s := log.asPlain(pgtest.Hosts(standby, old)).open(t, patient)
	last := appended(t, s, one("order-1", 0, "a")).Position
	conn := place{standby.DSN(), "log"}.connect(t)
	eventually(t, "the standby has it", func() bool {
		var n int64
		return conn.QueryRow(t.Context(), s.queries.settled).Scan(&n) == nil && events.Position(n) == last
	})
	headOf(t, s, "order-1") // on a connection that stays in the pool
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
	lost := place{old.DSN(), "log"}.open(t)
	appended(t, lost, one("order-1", 1, "lost"))
	if n := headOf(t, s, "order-1"); n != 2 { // the store still knows of no other server
		t.Fatalf("version %d", n)
	}
	s.writer.log.sever()
	_, err := s.Append(t.Context(), one("order-2", 0, "a"))
	for errors.Is(err, ErrLost) && !errors.Is(err, events.ErrUnknownOutcome) {
		_, err = s.Append(t.Context(), one("order-2", 0, "a"))
	}
	wantFork(t, "an append to a log that has not what was read", err)

	s = log.asPlain(pgtest.Hosts(standby, old)).open(t, patient)
	other := log.asPlain(pgtest.Hosts(old)).pool(t, 1) // an idle connection to the old primary
	stale, err := New(t.Context(), other, WithSchema("log"))
	if err != nil {
		t.Fatal(err)
	}
	closing(t, stale)
	headOf(t, stale, "order-1")
	stale.primary.known = identity{system: stale.primary.known.system, timeline: stale.primary.known.timeline + 1}
	stale.primary.lines.Add(1) // as if its writer had gone over
	err = firstError(stale.Read(t.Context(), "order-1", 0))
	if _, ok := errors.AsType[*TimelineError](err); !ok {
		t.Errorf("a read through a connection from before: %v, want a *TimelineError", err)
	}
	inTx(t, place{old.DSN(), "log"}.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
		_, err := stale.AppendTx(t.Context(), tx, one("order-3", 0, "a"))
		if _, ok := errors.AsType[*TimelineError](err); !ok {
			t.Errorf("an append in a transaction on the old primary: %v, want a *TimelineError", err)
		}
		_, err = tx.Exec(t.Context(), "SELECT 1") // the transaction goes on
		return err
	})
	appended(t, s, one("order-2", 0, "a"))
}

// writers append through a store from eight goroutines, each to a stream of its own, until they are stopped
// or the log is on another history.
type writers struct {
	group sync.WaitGroup
	stop  context.CancelFunc
	forks atomic.Int64 // writers that have ended with a *events.ForkError

	mu           sync.Mutex
	acknowledged []uuid.UUID
	killed       time.Time     // set by the test once the server is gone
	recovered    time.Duration // from then to the answer of the first append that was begun later
}

func write(t *testing.T, s *Store) *writers {
	t.Helper()
	w := new(writers)
	var ctx context.Context
	ctx, w.stop = context.WithCancel(t.Context())
	for range 8 {
		w.group.Go(func() { w.write(ctx, t, s) })
	}
	return w
}

func (w *writers) write(ctx context.Context, t *testing.T, s *Store) {
	stream, version := events.StreamID("order-"+uuid.NewString()), events.Version(0)
	for ctx.Err() == nil {
		c := one(stream, version, "a")
		begun := time.Now()
		_, err := s.Append(t.Context(), c)
		for errors.Is(err, events.ErrUnknownOutcome) && !isFork(err) && t.Context().Err() == nil {
			_, err = s.Append(t.Context(), c)
		}
		switch {
		case isFork(err):
			w.forks.Add(1)
			return
		case err != nil:
			continue // no server takes it
		}
		version++
		w.mu.Lock()
		w.acknowledged = append(w.acknowledged, c.ID)
		if !w.killed.IsZero() && begun.After(w.killed) && w.recovered == 0 {
			w.recovered = time.Since(w.killed)
		}
		w.mu.Unlock()
	}
}

// more waits until that many more commits are acknowledged.
func (w *writers) more(t *testing.T, n int) {
	t.Helper()
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.acknowledged)
	}
	before := count()
	eventually(t, "commits are acknowledged", func() bool { return count() > before+n })
}

// missing returns how many acknowledged commits a log has not.
func (w *writers) missing(t *testing.T, log *Store) (n int) {
	t.Helper()
	for _, id := range w.acknowledged {
		if _, found, err := log.Lookup(t.Context(), id); err != nil {
			t.Fatal(err)
		} else if !found {
			n++
		}
	}
	return n
}

// TestPrimaryIsLost kills the primary of three nodes under writers, again and again. Nothing that was
// acknowledged is lost, and the stores go on without being opened anew.
func TestPrimaryIsLost(t *testing.T) {
	t.Parallel()
	n := pgtest.ThreeNodes(t)
	log := migrated(t, place{n.Primary.DSN(), "log"})
	log.plain(t)
	for kill := range times(2, 20) {
		s := log.asPlain(n.DSN()).open(t, replicated, patient)
		w := write(t, s)
		w.more(t, times(50, 1_000))
		if err := n.Primary.Kill(); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.killed = time.Now()
		w.mu.Unlock()
		n.Lose(t)
		w.more(t, times(50, 1_000))
		w.stop()
		w.group.Wait()
		n.Join(t)
		fresh := log.asPlain(n.DSN()).open(t, replicated)
		missing := w.missing(t, fresh)
		if missing > 0 || w.forks.Load() > 0 {
			t.Errorf("kill %d: %d of %d acknowledged commits are lost, %d writers have met a fork", kill, missing, len(w.acknowledged), w.forks.Load())
		}
		if _, err := events.Verify(t.Context(), fresh, nil); err != nil {
			t.Errorf("kill %d: %v", kill, err)
		}
		t.Logf("kill %d: %d acknowledged, %d lost, acknowledged again after %s", kill, len(w.acknowledged), missing, w.recovered.Round(time.Millisecond))
	}
}

// TestAsynchronousIsLost is the control of TestPrimaryIsLost: what is promoted is an asynchronous standby that
// lacks the end. What was acknowledged is lost, and every writer is told, as is a reader that follows before it
// gets anything of the other history.
func TestAsynchronousIsLost(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t)
	log := migrated(t, place{primary.DSN(), "log"})
	log.plain(t)
	standby := primary.Standby(t, "second")
	all := log.asPlain(pgtest.Hosts(primary, standby))
	s, reader := all.open(t, patient), all.open(t)
	var at atomic.Uint64
	followed := make(chan error, 1)
	go func() {
		var c events.Cursor
		follow := func() (last error) {
			for r, err := range events.TailFrom(t.Context(), reader, &c, events.Filter{}) {
				if err == nil && r.Type == "other" {
					t.Errorf("the reader gets %s of the other history", r.Type)
				}
				last = err
				at.Store(uint64(c.Position))
			}
			return last
		}
		err := follow()
		for !isFork(err) && t.Context().Err() == nil { // the server is away
			err = follow()
		}
		followed <- err
	}()
	w := write(t, s)
	w.more(t, 50)
	if err := standby.Stop(); err != nil {
		t.Fatal(err)
	}
	standby.Cut()
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	w.more(t, 50)
	end, err := s.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reader has what is lost later", func() bool { return at.Load() >= uint64(end) })
	if err := errors.Join(primary.Kill(), standby.Promote()); err != nil {
		t.Fatal(err)
	}
	branch := log.asPlain(standby.DSN()).open(t)
	others := slices.Repeat([]string{"other"}, events.MaxEvents)
	for last := events.Position(0); last <= end; {
		last = appended(t, branch, one(events.StreamID("branch-"+uuid.NewString()), 0, others...)).Position
	}
	w.group.Wait()
	wantFork(t, "a reader that follows", <-followed)
	if n := w.forks.Load(); n != 8 {
		t.Errorf("%d of 8 writers are told", n)
	}
	missing := w.missing(t, branch)
	if missing < 50 {
		t.Errorf("only %d acknowledged commits are lost, so that TestPrimaryIsLost proves nothing", missing)
	}
	t.Logf("%d acknowledged, %d lost", len(w.acknowledged), missing)
}
