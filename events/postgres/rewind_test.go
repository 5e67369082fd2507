package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// patient has a store go on for as long as a busy machine takes to start a server.
func patient(c *config) { c.settling = time.Minute }

// untilConnected calls f until it fails for another reason than a lost connection, or does not fail.
func untilConnected(t *testing.T, f func() error) (err error) {
	t.Helper()
	eventually(t, "the server answers", func() bool {
		err = f()
		return err == nil || !errors.Is(err, ErrLost)
	})
	return err
}

// TestRewoundServer puts an older copy of the files of a server in their place, under a store that
// reads and one that writes: neither yields nor writes anything on the other history. A store that
// has seen nothing of what was lost lives on, and so does one that is opened then.
func TestRewoundServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"}).plain(t)
	writer, reader, follower, early := p.open(t, patient), p.open(t), p.open(t), p.open(t, patient)
	appended(t, writer, one("order-1", 0, "a", "b"))
	restore := server.Backup(t)
	appended(t, writer, one("order-1", 2, "lost"))
	var c events.Cursor
	for _, s := range []*Store{reader, follower} {
		c = events.Cursor{}
		if err := firstError(s.ReadFrom(t.Context(), &c, events.Filter{})); err != nil || c.Position != 3 {
			t.Fatalf("%s, %v", c, err)
		}
	}
	if err := restore(); err != nil {
		t.Fatal(err)
	}
	wantFork(t, "a read without a link", untilConnected(t, func() error { return firstError(reader.Read(t.Context(), "order-1", 0)) }))
	wantFork(t, "a read from a cursor", untilConnected(t, func() error {
		kept := c
		return firstError(follower.ReadFrom(t.Context(), &kept, events.Filter{}))
	}))
	_, err := writer.Append(t.Context(), one("order-2", 0, "a"))
	wantFork(t, "an append to another stream", err)
	_, err = reader.Append(t.Context(), one("order-2", 0, "a"))
	wantFork(t, "an append through the store that reads", err)
	if err := untilConnected(t, func() error { return firstError(early.Read(t.Context(), "order-1", 0)) }); err != nil {
		t.Errorf("a store that has seen nothing that was lost: %v", err)
	}
	appended(t, early, one("order-1", 2, "other"))
	other := p.open(t)
	appended(t, other, one("order-2", 0, "a"))
	if report, err := events.Verify(t.Context(), other, nil); err != nil || report.Records != 4 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestPromotedStandby promotes a standby that lacks the end of the log, under a store whose DSN names
// both servers. While it was a standby, and behind, it was no other history.
func TestPromotedStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t)
	p := migrated(t, place{primary.DSN(), "log"}).plain(t)
	standby := primary.Standby(t, "second")
	config, err := pgxpool.ParseConfig(p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	var to atomic.Pointer[pgtest.Server] // where new connections go
	to.Store(primary)
	config.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		cc.Host = to.Load().Host()
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := New(t.Context(), pool, WithSchema(p.schema), patient)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	writer, err := New(t.Context(), pool, WithSchema(p.schema), patient)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, writer)
	appended(t, s, one("order-1", 0, "a", "b"))
	behind := p.asPlain(standby.DSN())
	conn := behind.connect(t)
	eventually(t, "the standby has it", func() bool {
		var n int
		return conn.QueryRow(t.Context(), s.queries.settled).Scan(&n) == nil && n == 2
	})
	if err := standby.Stop(); err != nil {
		t.Fatal(err)
	}
	standby.Cut()
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	appended(t, s, one("order-1", 2, "lost"))
	to.Store(standby)
	pool.Reset()
	if at, err := s.Settled(t.Context()); at != 2 || err != nil {
		t.Errorf("through a standby that is behind: %d, %v", at, err)
	}
	if n := headOf(t, s, "order-1"); n != 2 {
		t.Errorf("through a standby that is behind: version %d", n)
	}
	last := s.history.remembered()
	kept := events.Cursor{Position: last.Position, Mark: last}
	_, recalled := events.Recall(t.Context(), s, kept.ID())
	bare := events.Cursor{Position: last.Position}
	for what, err := range map[string]error{
		"Holds": s.Holds(t.Context(), last), "Recall": recalled,
		"ReadFrom": firstError(s.ReadFrom(t.Context(), &kept, events.Filter{})), "ReadFrom a position": firstError(s.ReadFrom(t.Context(), &bare, events.Filter{})),
	} {
		if !errors.Is(err, ErrBehind) || isFork(err) {
			t.Errorf("%s through a standby that is behind: %v, want ErrBehind", what, err)
		}
	}
	appended(t, writer, one("order-1", 3, "lost"))
	appended(t, s, one("order-1", 4, "lost"))

	if err := errors.Join(primary.Kill(), standby.Promote()); err != nil {
		t.Fatal(err)
	}
	wantFork(t, "a read on a connection from before", firstError(s.Read(t.Context(), "order-1", 0)))
	_, err = s.Append(t.Context(), one("order-2", 0, "a"))
	wantFork(t, "an append", err)
	_, err = writer.Append(t.Context(), one("order-2", 0, "a"))
	wantFork(t, "an append to another stream", err)
	other := behind.open(t)
	if report, err := events.Verify(t.Context(), other, nil); err != nil || report.Records != 2 {
		t.Errorf("something was written: %+v, %v", report, err)
	}
	appended(t, other, one("order-1", 2, "other"))
}

// TestServerForgets kills a server at the level process: a store that has lived through it is dead if
// the server has lost what it remembers, and only then.
func TestServerForgets(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "wal_writer_delay=10s")
	p := migrated(t, place{server.DSN(), "log"})
	opts := []Option{WithDurability(events.DurabilityProcess), patient}
	head, forks, rounds := events.Version(0), 0, times(6, 60)
	s := p.open(t, opts...)
	for round := range rounds {
		appended(t, s, one("order-1", head, "a"))
		head++
		if round%2 == 0 { // what comes is on the disk
			p.run(t, "CHECKPOINT")
		}
		if round%3 != 0 {
			appended(t, s, one("order-1", head, "b"))
			head++
		}
		last := s.history.remembered()
		if err := errors.Join(server.Kill(), server.Start()); err != nil {
			t.Fatal(err)
		}
		other := p.open(t, opts...)
		have, err := other.Mark(t.Context(), last.Position)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Append(t.Context(), one(events.StreamID(fmt.Sprint("line-", round)), 0, "a"))
		read := untilConnected(t, func() error { return firstError(s.Read(t.Context(), "order-1", 0)) })
		if lost := have != last; lost != isFork(err) || lost != isFork(read) || !lost && err != nil {
			t.Errorf("of a server that has lost what was acknowledged (%t): %v, %v", lost, err, read)
		}
		if isFork(err) {
			forks++
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			s = p.open(t, opts...)
			head = headOf(t, s, "order-1")
		}
	}
	if forks == 0 || forks == rounds {
		t.Errorf("%d of %d rounds have lost something: this test proves nothing", forks, rounds)
	}
	if _, err := events.Verify(t.Context(), s, nil); err != nil {
		t.Error(err)
	}
}

// TestRollbacksAreNoForks has four processes append in transactions of their own that they roll back
// in part, as a whole or not at all, each time before an append of the store: nobody meets a fork,
// and the links cover what is there.
func TestRollbacksAreNoForks(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.open(t)
	const processes = 4
	turns := times(200, 2_000) / processes
	var all []*storetest.Process
	for range processes {
		all = append(all, p.start(t, fmt.Sprint("rolls-back ", turns)))
	}
	appends := 0
	for _, child := range all {
		line, _ := child.Hear()
		n := 0
		if _, err := fmt.Sscan(line, &n); err != nil {
			t.Errorf("a process says %q", line)
		}
		appends += n
	}
	report, err := events.Verify(t.Context(), s, nil)
	if err != nil || report.Links != appends || report.Records != appends {
		t.Errorf("%d appends; %+v, %v", appends, report, err)
	}
}

// rollsBack is a process of TestRollbacksAreNoForks. It prints how many appends were committed.
func rollsBack(ctx context.Context, p place, turns int) error {
	s, err := Open(ctx, p.dsn, WithSchema(p.schema))
	if err != nil {
		return err
	}
	defer s.Close()
	conn, err := pgx.Connect(ctx, p.dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	mine := func() events.Commit { return one(events.StreamID("order-"+uuid.NewString()), 0, "a") }
	appends := 0
	for range turns {
		in := 0
		inTx := func(tx pgx.Tx) error {
			_, err := s.AppendTx(ctx, tx, mine())
			in++
			return err
		}
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for range 1 + rand.IntN(3) {
				before := in
				if err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
					return errors.Join(inTx(savepoint), inTx(savepoint), undoneIn(2))
				}); errors.Is(err, errUndone) {
					in = before
				} else if err != nil {
					return err
				}
			}
			return errors.Join(inTx(tx), undoneIn(4))
		})
		if err == nil {
			appends += in
		} else if !errors.Is(err, errUndone) {
			return err
		}
		if _, err := s.Append(ctx, mine()); err != nil {
			return fmt.Errorf("after %v: %w", err, err)
		}
		appends++
	}
	_, err = fmt.Println(appends)
	return err
}

// undoneIn returns errUndone but for one time in n.
func undoneIn(n int) error {
	if rand.IntN(n) == 0 {
		return nil
	}
	return errUndone
}
