package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// replicated is the level at which standbys answer before a commit is acknowledged.
var replicated = WithDurability(events.DurabilityReplicated)

// hosts returns a DSN with all servers, of which the first one is used that takes writes.
func hosts(servers ...*pgtest.Server) string {
	var dirs, ports []string
	for _, s := range servers {
		dirs, ports = append(dirs, strings.TrimPrefix(strings.Fields(s.DSN())[0], "host=")), append(ports, "5432")
	}
	return "host=" + strings.Join(dirs, ",") + " port=" + strings.Join(ports, ",") + " user=postgres dbname=postgres target_session_attrs=read-write"
}

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
	lesser, role := p.lesser(t)
	p.run(t, "GRANT USAGE ON SCHEMA {schema} TO "+role, "GRANT SELECT, INSERT ON {schema}.records TO "+role,
		"GRANT SELECT ON {schema}.surety_migrations TO "+role, "GRANT SELECT, INSERT, UPDATE ON {schema}.snapshots TO "+role)
	s := lesser.open(t, replicated)
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
	migrated(t, place{old.DSN(), "log"})
	standby := old.Standby(t, "second")
	p := place{hosts(old, standby), "log"}
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
	migrated(t, place{old.DSN(), "log"})
	standby := old.Standby(t, "second")
	s := place{hosts(standby, old), "log"}.open(t, patient)
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

	s = place{hosts(standby, old), "log"}.open(t, patient)
	other := place{hosts(old), "log"}.pool(t, 1) // an idle connection to the old primary
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

// nodes are three servers of which a quorum of the standbys has every commit that is acknowledged.
type nodes struct {
	primary  *pgtest.Server
	standbys []*pgtest.Server
}

// lose kills the primary and promotes the standby that has most. The other one follows it, and a new
// one takes the place of the one that was promoted.
func (n *nodes) lose(t *testing.T) {
	t.Helper()
	if err := n.primary.Kill(); err != nil {
		t.Fatal(err)
	}
	received := func(s *pgtest.Server) (lsn int64) {
		conn, err := pgx.Connect(t.Context(), s.DSN())
		if err == nil {
			defer conn.Close(t.Context())
			err = conn.QueryRow(t.Context(), "SELECT (pg_last_wal_receive_lsn() - '0/0')::bigint").Scan(&lsn)
		}
		if err != nil {
			t.Fatal(err)
		}
		return lsn
	}
	next, other := n.standbys[0], n.standbys[1]
	if received(other) > received(next) {
		next, other = other, next
	}
	if err := next.Promote(); err != nil {
		t.Fatal(err)
	}
	if err := other.Follow(next, "follower"); err != nil {
		t.Fatal(err)
	}
	n.primary, n.standbys = next, []*pgtest.Server{other, next.Standby(t, fmt.Sprint("new", time.Now().UnixNano()))}
}

// TestPrimaryIsLost kills the primary of three nodes under writers, again and again. Nothing that was
// acknowledged is lost, and the stores go on without being opened anew.
func TestPrimaryIsLost(t *testing.T) {
	t.Parallel()
	kills := 2
	if os.Getenv("SURETY_LONG") == "1" {
		kills = 20
	}
	n := &nodes{primary: pgtest.Start(t)}
	// The copies of the server have the setting too, for when they are promoted.
	migrated(t, place{n.primary.DSN(), "log"}).run(t, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'", "SELECT pg_reload_conf()")
	n.standbys = []*pgtest.Server{n.primary.Standby(t, "second"), n.primary.Standby(t, "third")}
	for kill := range kills {
		all := append([]*pgtest.Server{n.primary}, n.standbys...)
		s := place{hosts(all...), "log"}.open(t, replicated, patient)
		var mu sync.Mutex
		var acknowledged []uuid.UUID
		var since time.Time // when the primary was killed
		var recovered time.Duration
		ctx, stop := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for w := range 8 {
			writers.Go(func() {
				stream := events.StreamID(fmt.Sprintf("order-%d-%d", kill, w))
				version := events.Version(0)
				for ctx.Err() == nil {
					c := one(stream, version, "a")
					begun := time.Now()
					_, err := s.Append(t.Context(), c)
					for errors.Is(err, events.ErrUnknownOutcome) && t.Context().Err() == nil {
						_, err = s.Append(t.Context(), c)
					}
					switch {
					case isFork(err):
						t.Error(err)
						return
					case err != nil:
						continue // no server takes it
					}
					version++
					mu.Lock()
					acknowledged = append(acknowledged, c.ID)
					if !since.IsZero() && begun.After(since) && recovered == 0 {
						recovered = time.Since(since)
					}
					mu.Unlock()
				}
			})
		}
		count := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged)
		}
		eventually(t, "commits are acknowledged", func() bool { return count() > 50 })
		mu.Lock()
		since = time.Now()
		mu.Unlock()
		n.lose(t)
		before := count()
		eventually(t, "commits are acknowledged again", func() bool { return count() > before+50 })
		stop()
		writers.Wait()
		fresh := place{n.primary.DSN(), "log"}.open(t, replicated)
		missing := 0
		for _, id := range acknowledged {
			if _, found, err := fresh.Lookup(t.Context(), id); err != nil {
				t.Fatal(err)
			} else if !found {
				missing++
			}
		}
		if missing > 0 {
			t.Errorf("kill %d: %d of %d acknowledged commits are lost", kill, missing, len(acknowledged))
		}
		if _, err := events.Verify(t.Context(), fresh, nil); err != nil {
			t.Errorf("kill %d: %v", kill, err)
		}
		t.Logf("kill %d: %d acknowledged, %d lost, acknowledged again after %s", kill, len(acknowledged), missing, recovered.Round(time.Millisecond))
	}
}
