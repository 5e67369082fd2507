package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// trigger makes the server do something for each row that is inserted.
func (p place) trigger(t *testing.T, kind, body string) {
	t.Helper()
	constraint, deferred := "", ""
	if kind == "deferred" {
		constraint, deferred, kind = "CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED", "AFTER"
	}
	p.run(t,
		"CREATE FUNCTION {schema}.mischief() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "+body+" RETURN NEW; END $body$",
		"CREATE "+constraint+" TRIGGER mischief "+kind+" INSERT ON {schema}.records "+deferred+" FOR EACH ROW EXECUTE FUNCTION {schema}.mischief()")
}

// TestOneFailureStaysAlone makes one member of a group fail the transaction, when its row is
// inserted and when the transaction commits.
func TestOneFailureStaysAlone(t *testing.T) {
	for _, kind := range []string{"BEFORE", "deferred"} {
		t.Run(kind, func(t *testing.T) {
			p := newPlace(t)
			p.trigger(t, kind, "IF NEW.type = 'poison' THEN RAISE 'poison' USING ERRCODE = '53100'; END IF;")
			s := p.open(t)
			group := []events.Commit{
				one("order-1", 0, "a"), one("order-2", 0, "a", "poison"), one("order-1", 1, "b"), one("order-2", 0, "b"), one("order-1", 1, "late"),
			}
			out := s.AppendEach(t.Context(), group)
			for i, want := range []string{"", "poison", "", "", "conflict"} {
				if got := out[i].Err; (want == "") != (got == nil) || got != nil && !strings.Contains(got.Error(), want) {
					t.Errorf("member %d: %v, want %q", i, got, want)
				}
			}
			// The code is the one that a server has for a disk that is full.
			if _, ok := errors.AsType[*Error](out[1].Err); !ok || !errors.Is(out[1].Err, ErrFull) || errors.Is(out[1].Err, events.ErrUnknownOutcome) {
				t.Errorf("%v is no *Error of something not applied for want of space", out[1].Err)
			}
			if a, b := headOf(t, s, "order-1"), headOf(t, s, "order-2"); a != 2 || b != 1 {
				t.Errorf("versions %d and %d, want 2 and 1", a, b)
			}
		})
	}
}

// TestTransientFailuresAreRetried makes the server give up transactions in favour of others, as
// often as the store tries again, and once more.
func TestTransientFailuresAreRetried(t *testing.T) {
	for _, errcode := range []string{serialization, deadlock, lockTimeout} {
		t.Run(errcode, func(t *testing.T) {
			p := newPlace(t)
			p.run(t, "CREATE SEQUENCE {schema}.attempts")
			p.trigger(t, "BEFORE", fmt.Sprintf("IF nextval(format('%%I.attempts', TG_TABLE_SCHEMA)) <= %d THEN RAISE 'give way' USING ERRCODE = '%s'; END IF;", retries, errcode))
			s := p.open(t)
			appended(t, s, one("order-1", 0, "a"))
			p.run(t, "SELECT setval(quote_ident('"+p.schema+"') || '.attempts', 1)")
			p.run(t, "ALTER SEQUENCE {schema}.attempts MINVALUE -100 RESTART -1")
			_, err := s.Append(t.Context(), one("order-1", 1, "b"))
			if code(err) != errcode || errors.Is(err, events.ErrUnknownOutcome) {
				t.Errorf("after the last attempt: %v", err)
			}
			if n := headOf(t, s, "order-1"); n != 1 {
				t.Errorf("version %d", n)
			}
		})
	}
}

// TestServerGivesUpAndLeaves has the server refuse a transaction and end the connection with it.
func TestServerGivesUpAndLeaves(t *testing.T) {
	p := newPlace(t)
	p.run(t, "CREATE SEQUENCE {schema}.attempts")
	p.trigger(t, "BEFORE", "IF nextval(format('%I.attempts', TG_TABLE_SCHEMA)) <= 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); RAISE 'give way' USING ERRCODE = '40001'; END IF;")
	s := p.open(t)
	if r := appended(t, s, one("order-1", 0, "a")); r.Repeated || r.Position != 1 {
		t.Errorf("%+v", r)
	}
	if n := headOf(t, s, "order-1"); n != 1 {
		t.Errorf("version %d", n)
	}
}

// TestAssumptionsAreVerified appends where the writer remembers outdated versions: another store,
// or a client without a store, has written since.
func TestAssumptionsAreVerified(t *testing.T) {
	p := newPlace(t)
	a, b := p.open(t), p.open(t)
	first := one("order-1", 0, "a")
	receipt := appended(t, b, first)

	_, err := a.Append(t.Context(), one("order-1", 0, "b"))
	if c, ok := errors.AsType[*events.ConflictError](err); !ok || *c != (events.ConflictError{Stream: "order-1", After: 0, Head: 1}) {
		t.Errorf("a stream that another began: %v", err)
	}
	receipt.Repeated = true
	if r := appended(t, a, first); r != receipt {
		t.Errorf("a retry through another store: %+v, want %+v", r, receipt)
	}
	moved := one("order-2", 0, "b")
	moved.ID = first.ID
	_, err = a.Append(t.Context(), moved)
	receipt.Repeated = false
	if d, ok := errors.AsType[*events.DuplicateError](err); !ok || d.First != receipt {
		t.Errorf("an ID that another used: %v", err)
	}
	out := a.AppendEach(t.Context(), []events.Commit{one("order-3", 0, "a"), moved, first, one("order-3", 1, "b"), one("order-1", 1, "b")})
	for i, want := range []string{"", "used before", "", "", ""} {
		if got := out[i].Err; (want == "") != (got == nil) || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("member %d: %v, want %q", i, got, want)
		}
	}
	_, err = b.Append(t.Context(), one("order-1", 1, "c"))
	if c, ok := errors.AsType[*events.ConflictError](err); !ok || c.Head != 2 {
		t.Errorf("a head that another moved: %v", err)
	}
	// An insert alone would not detect a hole.
	_, err = a.Append(t.Context(), one("order-1", 7, "c"))
	if c, ok := errors.AsType[*events.ConflictError](err); !ok || c.Head != 2 {
		t.Errorf("a version that was never written: %v", err)
	}
}

// TestWritesWithoutTheLock has a client without the lock write between the lookup and the insert
// of a store. The store detects that and writes nothing.
func TestWritesWithoutTheLock(t *testing.T) {
	p := newPlace(t)
	conn := p.connect(t)
	const insert = "INSERT INTO {schema}.records SELECT position + 1, version + 1, at, gen_random_uuid(), schema, idx, stream, type, digest, meta, data, sum FROM {schema}.records ORDER BY position DESC LIMIT 1"
	var s *Store
	meddle := false
	sending := func(members []events.Commit) {
		if meddle && len(s.writer.log.heads) > 0 && s.writer.log.line.conn.PgConn().TxStatus() == 'T' {
			if _, err := conn.Exec(context.Background(), s.schema.in(insert)); err != nil {
				t.Error(err)
			}
		}
	}
	s = p.open(t, withHooks(hooks{sending: sending}))
	first := one("order-1", 0, "a")
	appended(t, s, first)
	meddle = true
	out := s.AppendEach(t.Context(), []events.Commit{one("order-1", 1, "b"), first}) // the retry makes the writer look
	if c, ok := errors.AsType[*events.ConflictError](out[0].Err); !ok || c.Head < 2 {
		t.Errorf("%v, want a conflict with what was written", out[0].Err)
	}
	if out[1].Err != nil || !out[1].Receipt.Repeated {
		t.Errorf("the retry: %+v", out[1])
	}
	meddle = false
	head := headOf(t, s, "order-1")
	appended(t, s, one("order-1", head, "c"))
	if now := headOf(t, s, "order-1"); now != head+1 {
		t.Errorf("version %d after %d", now, head)
	}
}

// TestServerGoesAway kills the server under an append that was sent, and asks while it is gone
// and when it is back: the outcome is unknown until then, and known afterwards.
func TestServerGoesAway(t *testing.T) {
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"})
	s := p.open(t, impatient)
	changed := s.Changed()
	appended(t, s, one("order-1", 0, "a"))
	<-changed
	holder, err := p.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(t.Context(), holder, one("order-3", 0, "a")); err != nil {
		t.Fatal(err)
	}
	c := one("order-1", 1, "b")
	open := later(t.Context(), s, c)
	p.blocked(t)
	begun := time.Now()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	err = <-open
	if _, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, events.ErrUnknownOutcome) {
		t.Errorf("an append under which the server dies: %v", err)
	}
	if took := time.Since(begun); took > 40*impatience {
		t.Errorf("it took %s to say so", took)
	}
	if _, err := s.Append(t.Context(), one("order-2", 0, "a")); errors.Is(err, events.ErrUnknownOutcome) || err == nil {
		t.Errorf("an append without a server: %v, want the plain word that it was not applied", err)
	}
	for what, err := range map[string]error{
		"read":     firstError(s.Read(t.Context(), "order-1", 0)),
		"read all": firstError(s.ReadAll(t.Context(), 0, events.Filter{})),
		"guard":    func() error { _, err := s.Append(t.Context(), one("order-1", 1)); return err }(),
		"lookup":   func() error { _, _, err := s.Lookup(t.Context(), c.ID); return err }(),
	} {
		if _, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrLost) {
			t.Errorf("%s without a server: %v is no *Error of a lost connection", what, err)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	// On a busy machine an impatient store may not be connected at once.
	eventually(t, "the commit that is asked again is applied", func() bool {
		r, err := s.Append(t.Context(), c)
		return err == nil && r.Position == 2
	})
	eventually(t, "reads work again", func() bool { return firstError(s.Read(t.Context(), "order-1", 0)) == nil })
	if n := headOf(t, s, "order-1"); n != 2 {
		t.Errorf("version %d, want 2", n)
	}
	if _, err := s.Append(t.Context(), one("order-2", 0, "a")); err != nil {
		t.Error(err)
	}
}

func firstError(seq func(func(events.Record, error) bool)) (first error) {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestServerGoesAwayInAPage kills the server in the middle of a page: the records before it
// were yielded, the error is one of the store's, and going on from the last record loses nothing.
func TestServerGoesAwayInAPage(t *testing.T) {
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"})
	s := p.open(t)
	const pages = 3
	c := one("order-1", 0)
	for n := range events.Version(pages) {
		c = one("order-1", n*pageRecords/4)
		for range pageRecords / 4 {
			c.Batches[0].Events = append(c.Batches[0].Events, one("x-1", 0, "a").Batches[0].Events[0])
		}
		appended(t, s, c)
	}
	var last events.Position
	var failure error
	for r, err := range s.ReadAll(t.Context(), 0, events.Filter{}) {
		if failure = err; err != nil {
			break
		}
		if last = r.Position; last == 10 {
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, ok := errors.AsType[*Error](failure); !ok || last == 0 || last >= pages*pageRecords/4 {
		t.Errorf("%v after position %d", failure, last)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rest comes", func() bool {
		for r, err := range s.ReadAll(t.Context(), last, events.Filter{}) {
			if err != nil {
				return false
			}
			if r.Position != last+1 {
				t.Fatalf("position %d after %d", r.Position, last)
			}
			last = r.Position
		}
		return true
	})
	if last != pages*pageRecords/4 {
		t.Errorf("it ends at %d", last)
	}
}

// TestQueryTimeouts has the database end statements by a timeout: appends are exempt, and a read
// reports it.
func TestQueryTimeouts(t *testing.T) {
	p := newPlace(t)
	short := place{p.dsn + " options='-c statement_timeout=30 -c lock_timeout=30 -c idle_in_transaction_session_timeout=30'", p.schema}
	s := short.open(t)
	appended(t, s, one("order-1", 0, "a"))
	tx, err := p.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendTx(t.Context(), tx, one("order-1", 1, "b")); err != nil {
		t.Fatal(err)
	}
	waits := later(t.Context(), s, one("order-2", 0, "a"))
	time.Sleep(100 * time.Millisecond)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Errorf("an append that waited longer than lock_timeout: %v", err)
	}
	if tx, err = p.connect(t).Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), s.schema.in("LOCK TABLE {schema}.records IN ACCESS EXCLUSIVE MODE")); err != nil {
		t.Fatal(err)
	}
	_, err = s.Settled(t.Context())
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("a read that the server gave up: %v is no *Error", err)
	}
	over, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := s.Settled(over); err != context.DeadlineExceeded {
		t.Errorf("a read that its caller gave up: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}
