package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// pair is a log on a primary with one synchronous standby, for the role that a store has, and for the superuser.
type pair struct {
	place
	plain            place
	primary, standby *pgtest.Server
}

func newPair(t *testing.T) pair {
	t.Helper()
	primary := pgtest.Start(t)
	log := migrated(t, place{primary.DSN(), "log"})
	p := pair{log, log.plain(t), primary, primary.Standby(t, "second")}
	p.run(t, "ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
	p.synchronous(t)
	return p
}

// synchronous waits until the standby has all that the primary has and commits wait for it.
func (p pair) synchronous(t *testing.T) {
	t.Helper()
	conn := p.connect(t)
	eventually(t, "the standby is synchronous", func() bool {
		var n int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'").Scan(&n)
		return err == nil && n == 1
	})
}

// waiting returns the process of the server whose COMMIT waits for the standby.
func (p pair) waiting(t *testing.T) (pid uint32) {
	t.Helper()
	conn := p.connect(t)
	eventually(t, "a commit waits for the standby", func() bool {
		return conn.QueryRow(t.Context(), "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'").Scan(&pid) == nil
	})
	return pid
}

// quiet waits until no process of the server waits for the standby.
func (p pair) quiet(t *testing.T) {
	t.Helper()
	conn := p.connect(t)
	eventually(t, "nobody waits for the standby", func() bool {
		var n int
		return conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").Scan(&n) == nil && n == 0
	})
}

// ways are how the wait of a COMMIT for the standby ends without it.
var ways = []struct {
	name string
	end  func(*testing.T, pair, *Store)
}{
	{"cancel", func(t *testing.T, p pair, _ *Store) {
		p.run(t, fmt.Sprintf("SELECT pg_cancel_backend(%d)", p.waiting(t)))
	}},
	{"terminate", func(t *testing.T, p pair, _ *Store) {
		p.run(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", p.waiting(t)))
	}},
	{"cut", func(t *testing.T, p pair, s *Store) { p.waiting(t); s.writer.log.sever() }},
	{"restart", func(t *testing.T, p pair, _ *Store) {
		p.waiting(t)
		if err := errors.Join(p.primary.Stop(), p.primary.Start()); err != nil {
			t.Fatal(err)
		}
	}},
}

// told is a commit that somebody was told to be there.
type told struct {
	way string
	id  uuid.UUID
}

// lost returns those that a store does not have.
func lost(t *testing.T, s *Store, receipts []told) (ways []string) {
	t.Helper()
	for _, r := range receipts {
		if _, found, err := s.Lookup(t.Context(), r.id); err != nil {
			t.Fatal(err)
		} else if !found {
			ways = append(ways, r.way)
		}
	}
	return ways
}

// sent runs an append in the background and sends its error, which is not that the store could not
// connect in time: then it asks again, as it may on a busy machine.
func sent(t *testing.T, s *Store, c events.Commit) <-chan error {
	answer := make(chan error, 1)
	go func() {
		for {
			_, err := s.Append(t.Context(), c)
			if err == nil || errors.Is(err, events.ErrUnknownOutcome) || t.Context().Err() != nil {
				answer <- err
				return
			}
		}
	}()
	return answer
}

// TestOneNode ends the wait of a COMMIT for a synchronous standby that is away: what the primary
// alone has is no success, until the standby has it too or is not asked for any more. In the end the
// primary is lost and the standby promoted, and it has all that was acknowledged. The control
// answers what it finds on the primary.
func TestOneNode(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	s := p.plain.open(t, func(c *config) { c.settling = time.Second })
	changed := one("order-0", 0, "a")
	appended(t, s, changed)
	receipts, control := []told{{"with the standby", changed.ID}}, []told(nil)

	unknown := func(t *testing.T, what string, err error) {
		t.Helper()
		if !errors.Is(err, events.ErrUnknownOutcome) {
			t.Errorf("%s: %v, want an unknown outcome", what, err)
		}
	}
	ask := func(t *testing.T, stream events.StreamID, end func(*testing.T, pair, *Store)) events.Commit {
		t.Helper()
		c := one(stream, 0, "a")
		answer := sent(t, s, c)
		end(t, p, s)
		unknown(t, "append", <-answer)
		eventually(t, "the primary has it", func() bool { return firstError(s.Read(t.Context(), stream, 0)) == nil && headOf(t, s, stream) == 1 })
		_, _, err := s.Lookup(t.Context(), c.ID)
		unknown(t, "lookup", err)
		p.quiet(t)
		return c
	}
	for _, back := range []struct {
		name string
		f    func() error
	}{
		{"returns", p.standby.Start},
		{"is taken off the list", func() error {
			return pgtest.Exec(p.dsn, "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
		}},
	} {
		if err := p.standby.Stop(); err != nil {
			t.Fatal(err)
		}
		conn := p.connect(t)
		c := ask(t, events.StreamID("order-"+back.name[:2]), ways[0].end)
		committed := make(chan error, 1)
		go func() {
			committed <- pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
				r, err := s.AppendTx(t.Context(), tx, c)
				if !r.Repeated {
					t.Errorf("in a transaction: %+v, %v", r, err)
				}
				return err
			})
		}()
		p.waiting(t)
		if err := back.f(); err != nil {
			t.Fatal(err)
		}
		if err := <-committed; err != nil {
			t.Errorf("a transaction that has found it: %v", err)
		}
		eventually(t, "a receipt once the standby "+back.name, func() bool {
			r, err := s.Append(t.Context(), c)
			return err == nil && r.Repeated
		})
		if r, found, err := s.Lookup(t.Context(), c.ID); !found || err != nil || r.Position == 0 || r.Repeated {
			t.Errorf("once the standby %s, lookup returns %+v, %t, %v", back.name, r, found, err)
		}
	}
	p.run(t, "ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
	if err := p.standby.Start(); err != nil {
		t.Fatal(err)
	}
	p.synchronous(t)
	c := one("order-before", 0, "a")
	appended(t, s, c)
	receipts = append(receipts, told{"before", c.ID})
	if err := p.standby.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		c := ask(t, events.StreamID("order-"+way.name), way.end)
		control = append(control, told{way.name, c.ID})
	}
	if err := errors.Join(p.primary.Kill(), p.standby.Start(), p.standby.Promote()); err != nil {
		t.Fatal(err)
	}
	promoted := place{p.standby.DSN(), p.schema}
	if err := pgtest.Exec(promoted.dsn, "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	other := promoted.asPlain(promoted.dsn).open(t)
	if ways := lost(t, other, receipts); len(ways) > 0 {
		t.Errorf("acknowledged and lost: %q", ways)
	}
	if found := lost(t, other, control); len(found) != len(ways) {
		t.Errorf("the control has lost %q, so that this test proves nothing", found)
	}
}
