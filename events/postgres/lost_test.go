package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
)

// TestServerEndsTheConnection has an administrator end the connection of a group that waits
// for the lock, and of one that has not begun: the store goes on by itself.
func TestServerEndsTheConnection(t *testing.T) {
	p := newPlace(t)
	s := p.open(t)
	conn := p.connect(t)
	terminate := func() {
		t.Helper()
		if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend($1)", s.writer.log.line.backend.pid); err != nil {
			t.Fatal(err)
		}
	}
	for i := range events.Version(3) {
		terminate()
		if r := appended(t, s, one("order-1", i, "a")); r.Repeated {
			t.Errorf("%+v says that it was there before", r)
		}
	}
	tx, err := p.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(t.Context(), tx, one("order-2", 0, "a")); err != nil {
		t.Fatal(err)
	}
	waits := later(t.Context(), s, one("order-1", 3, "b"))
	p.blocked(t)
	terminate()
	time.Sleep(50 * time.Millisecond) // it is on its new connection by now, and waits again
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Errorf("the append that was cut off: %v", err)
	}
	if n := headOf(t, s, "order-1"); n != 4 {
		t.Errorf("version %d, want 4", n)
	}
}

// TestReplyIsLost loses the connection at the two ends of a commit: before the server has it,
// and before the store has the answer. Either way the caller gets a plain answer.
func TestReplyIsLost(t *testing.T) {
	p := newPlace(t)
	var s *Store
	var before, after bool
	s = p.open(t, withHooks(hooks{
		sending: func([]events.Commit) {
			if before {
				before = false
				s.writer.log.sever()
			}
		},
		sent: func(members []events.Commit) {
			if after {
				after = false
				eventually(t, "the commit is there", func() bool {
					known, err := s.survey(context.Background(), &plan{members: members[:1]})
					return len(known) == 1 && err == nil
				})
				s.writer.log.sever()
			}
		},
	}))
	appended(t, s, one("order-1", 0, "a"))
	before = true
	if r := appended(t, s, one("order-1", 1, "b")); r.Repeated || r.Position != 2 {
		t.Errorf("%+v of a commit that never arrived at first", r)
	}
	after = true
	c, d := one("order-1", 2, "c"), one("order-1", 0, "d")
	out := s.AppendEach(t.Context(), []events.Commit{c, d})
	if want := (events.Receipt{Commit: c.ID, First: 3, Position: 3, Repeated: true}); out[0].Err != nil || out[0].Receipt != want {
		t.Errorf("%+v of a commit whose answer was lost, want %+v", out[0], want)
	}
	if conflict, ok := errors.AsType[*events.ConflictError](out[1].Err); !ok || conflict.Head != 3 {
		t.Errorf("a conflict whose answer was lost: %v", out[1].Err)
	}
	if n := headOf(t, s, "order-1"); n != 3 {
		t.Errorf("version %d, want 3", n)
	}
}

// TestRecoveryUnderAnotherRole loses the connection of a session that works under a role which
// may neither see nor end the processes of the one that has logged in. What the old connection
// has sent waits for the lock, and must not be executed after its answer.
func TestRecoveryUnderAnotherRole(t *testing.T) {
	p := newPlace(t)
	lesser, role := p.lesser(t)
	p.run(t, "GRANT USAGE ON SCHEMA {schema} TO "+role, "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO "+role)
	s := lesser.open(t)
	old := s.writer.log.line.backend
	tx, err := p.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(t.Context(), tx, one("order-2", 0, "a")); err != nil {
		t.Fatal(err)
	}
	c := one("order-1", 0, "a")
	waits := later(t.Context(), s, c)
	p.blocked(t)
	s.writer.log.sever()
	eventually(t, "the process of the old connection is gone, and a new one waits", func() bool {
		var gone, waiting bool
		err := tx.QueryRow(t.Context(), "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE pid = $1), EXISTS (SELECT FROM pg_locks WHERE pid <> $1 AND locktype = 'advisory' AND NOT granted)", old.pid).Scan(&gone, &waiting)
		return err == nil && gone && waiting
	})
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Errorf("the append whose connection was lost: %v", err)
	}
	if r, found, err := s.Lookup(t.Context(), c.ID); !found || err != nil || r.Position != 2 {
		t.Errorf("it is looked up as %+v (%t, %v)", r, found, err)
	}
}
