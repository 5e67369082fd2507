package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
)

// TestFullFile fills a file to its bound: a typed error, nothing applied, reads work, and
// appends work again once there is room.
func TestFullFile(t *testing.T) {
	s := openNew(t)
	pages, err := number(s.conns[0], "page_count")
	if err != nil {
		t.Fatal(err)
	}
	run(t, s.conns[0], fmt.Sprintf("PRAGMA max_page_count = %d", pages+10))
	var full events.Commit
	var version events.Version
	for {
		c := one("order-1", version, "order.drafted")
		c.Batches[0].Events[0].Data = make([]byte, 5000)
		if _, err = s.Append(t.Context(), c); err != nil {
			full = c
			break
		}
		version++
	}
	if failure, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrFull) || errors.Is(err, events.ErrUnknownOutcome) {
		t.Fatalf("%v (%v), want ErrFull and nothing applied", err, failure)
	}
	if n := headOf(t, s, "order-1"); n != version || n == 0 {
		t.Errorf("%d records can be read, want %d", n, version)
	}
	if _, found, err := s.Lookup(t.Context(), full.ID); found || err != nil {
		t.Errorf("the commit that failed is known: %t, %v", found, err)
	}
	// A small member still fits where a large one does not.
	if pages, err = number(s.conns[0], "page_count"); err != nil {
		t.Fatal(err)
	}
	run(t, s.conns[0], fmt.Sprintf("PRAGMA max_page_count = %d", pages+5))
	large, small := one("order-3", 0, "order.drafted"), one("order-2", 0, "order.drafted")
	large.Batches[0].Events[0].Data = make([]byte, events.MaxData)
	out := s.AppendEach(t.Context(), []events.Commit{large, small})
	if !errors.Is(out[0].Err, ErrFull) || out[1].Err != nil {
		t.Errorf("large: %v, small: %v", out[0].Err, out[1].Err)
	}
	run(t, s.conns[0], "PRAGMA max_page_count = 1000000")
	if r := appended(t, s, full); r.Repeated {
		t.Error("the commit that failed was there already")
	}
}

// TestOneFailureStaysAlone makes one member of a group fail the transaction, in both ways
// in which SQLite can leave a transaction.
func TestOneFailureStaysAlone(t *testing.T) {
	for _, action := range []string{"ABORT", "ROLLBACK"} {
		s := openNew(t)
		run(t, s.conns[0], "CREATE TEMP TRIGGER poison BEFORE INSERT ON log WHEN NEW.type = 'poison' BEGIN SELECT raise("+action+", 'poison'); END")
		group := []events.Commit{
			one("order-1", 0, "a"), one("order-2", 0, "a", "poison"), one("order-1", 1, "b"), one("order-2", 0, "b"), one("order-1", 1, "late"),
		}
		out := s.AppendEach(t.Context(), group)
		for i, want := range []string{"", "poison", "", "", "conflict"} {
			if got := out[i].Err; (want == "") != (got == nil) || got != nil && !strings.Contains(got.Error(), want) {
				t.Errorf("%s: member %d: %v, want %q", action, i, got, want)
			}
		}
		if _, ok := errors.AsType[*Error](out[1].Err); !ok || errors.Is(out[1].Err, events.ErrUnknownOutcome) {
			t.Errorf("%s: %v is no *Error of something not applied", action, out[1].Err)
		}
		if a, b := headOf(t, s, "order-1"), headOf(t, s, "order-2"); a != 2 || b != 1 {
			t.Errorf("%s: versions %d and %d, want 2 and 1", action, a, b)
		}
	}
}

// failing opens a store with one record, whose COMMIT returns an error for as long as fail is set.
func failing(t *testing.T) (s *Store, fail *bool, broken error) {
	broken, fail = errors.New("the disk is on fire"), new(bool)
	s = openNew(t, withHooks(hooks{committing: func([]events.Commit) error {
		if *fail {
			return broken
		}
		return nil
	}}))
	appended(t, s, one("order-1", 0, "a"))
	*fail = true
	return s, fail, broken
}

// TestFailedCommitIsUnknown makes COMMIT fail in a way that leaves the outcome unknown.
func TestFailedCommitIsUnknown(t *testing.T) {
	s, fail, broken := failing(t)
	c := one("order-1", 1, "b")
	out := s.AppendEach(t.Context(), []events.Commit{c, one("order-2", 0, "a")})
	for i := range out {
		if !errors.Is(out[i].Err, events.ErrUnknownOutcome) || !errors.Is(out[i].Err, broken) {
			t.Errorf("member %d: %v", i, out[i].Err)
		}
	}
	*fail = false
	if n := headOf(t, s, "order-1"); n != 1 {
		t.Errorf("version %d after a commit that was rolled back", n)
	}
	if r := appended(t, s, c); r.Repeated {
		t.Error("the commit that was rolled back is there")
	}
}

// TestTrustIsVerified appends what only the unique indexes detect: another connection has begun
// the stream, or used the ID.
func TestTrustIsVerified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	a, b := openAt(t, path), openAt(t, path)
	first := one("order-1", 0, "a")
	receipt := appended(t, b, first)

	_, err := a.Append(t.Context(), one("order-1", 0, "b"))
	if c, ok := errors.AsType[*events.ConflictError](err); !ok || *c != (events.ConflictError{Stream: "order-1", After: 0, Head: 1}) {
		t.Errorf("a stream that another began: %v", err)
	}
	receipt.Repeated = true
	if r := appended(t, a, first); r != receipt {
		t.Errorf("a retry through another connection: %+v, want %+v", r, receipt)
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
	// b has seen version 1 of order-1 and must not rely on that.
	_, err = b.Append(t.Context(), one("order-1", 1, "c"))
	if c, ok := errors.AsType[*events.ConflictError](err); !ok || c.Head != 2 {
		t.Errorf("a head that another moved: %v", err)
	}
}

// stopped is a store whose transactions wait until the test releases them.
type stopped struct {
	*Store
	begun chan struct{}
	pass  chan struct{}
	over  chan struct{} // closed when transactions need not wait any longer
}

func openStopped(t *testing.T) stopped {
	s := stopped{begun: make(chan struct{}), pass: make(chan struct{}), over: make(chan struct{})}
	s.Store = openNew(t, withHooks(hooks{begun: func() {
		select {
		case s.begun <- struct{}{}:
			<-s.pass
		case <-s.over:
		}
	}}))
	return s
}

// later runs an append in the background and sends its error.
func (s stopped) later(ctx context.Context, c events.Commit) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := s.Append(ctx, c)
		done <- err
	}()
	return done
}

func (s stopped) waitQueued(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); s.writer.Queued() != n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are queued, want %d", s.writer.Queued(), n)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestCancelled cancels a caller in the queue, and one whose transaction has begun.
func TestCancelled(t *testing.T) {
	s := openStopped(t)
	ctx, cancel := context.WithCancel(t.Context())
	first := s.later(t.Context(), one("order-1", 0, "a"))
	<-s.begun

	queued := one("order-2", 0, "a")
	waits := s.later(ctx, queued)
	s.waitQueued(t, 1)
	cancel()
	if err := <-waits; err != context.Canceled {
		t.Errorf("cancelled in the queue: %v, want the plain error of the context", err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	begun := one("order-3", 0, "a")
	begins := s.later(ctx, begun)
	s.waitQueued(t, 2)
	s.pass <- struct{}{}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	<-s.begun
	cancel()
	err := <-begins
	if !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled after it began: %v", err)
	}
	// The caller may reuse its bytes; the group goes on with its copy.
	copy(begun.Batches[0].Events[0].Data, "x")
	changed := s.Changed()
	s.pass <- struct{}{}
	<-changed
	close(s.over)
	if _, found, err := s.Lookup(t.Context(), queued.ID); found || err != nil {
		t.Errorf("the commit cancelled in the queue is known: %t, %v", found, err)
	}
	if _, found, err := s.Lookup(t.Context(), begun.ID); !found || err != nil {
		t.Errorf("the commit cancelled after it began is not known: %v", err)
	}
	for r, err := range s.Read(t.Context(), "order-3", 0) {
		if err != nil || string(r.Data) != "a" {
			t.Errorf("it holds %q (%v), want what was given", r.Data, err)
		}
	}
}

// TestCloseRefusesTheQueue closes while one caller writes and another waits.
func TestCloseRefusesTheQueue(t *testing.T) {
	s := openStopped(t)
	first := s.later(t.Context(), one("order-1", 0, "a"))
	<-s.begun
	waits := s.later(t.Context(), one("order-2", 0, "a"))
	s.waitQueued(t, 1)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := <-waits; !errors.Is(err, events.ErrClosed) {
		t.Errorf("the caller in the queue: %v", err)
	}
	s.pass <- struct{}{}
	if err := <-first; err != nil {
		t.Errorf("the caller who writes: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestLockedByAnother has another connection hold the write lock: a caller waits until
// its context ends or the store is closed, and so do guards and questions about an ID that cannot
// be found; checks, IDs that can be found, and reads do not wait.
func TestLockedByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	first := one("order-1", 0, "a")
	appended(t, s, first)
	other := foreign(t, path)
	run(t, other, "BEGIN IMMEDIATE")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, one("order-1", 1, "b")); err != context.DeadlineExceeded {
		t.Errorf("append: %v, want the plain error of the context", err)
	}
	if _, err := s.Append(ctx, one("order-1", 1)); err != context.DeadlineExceeded {
		t.Errorf("a guard: %v, want the plain error of the context", err)
	}
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, _, err := s.Lookup(short, one("order-1", 1).ID); !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a question about an unknown ID: %v", err)
	}
	short, stop = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := s.Append(short, one("order-1", 1)); err != context.DeadlineExceeded {
		t.Errorf("a guard that waits: %v, want the plain error of the context", err)
	}
	if _, err := s.CheckGuards(t.Context(), one("order-1", 1)); err != nil {
		t.Errorf("a check: %v", err)
	}
	_, err := s.CheckGuards(t.Context(), one("order-1", 2))
	if c, ok := err.(*events.ConflictError); !ok || c.Head != 1 {
		t.Errorf("a check of what does not hold: %v", err)
	}
	if _, known, err := s.Lookup(t.Context(), first.ID); !known || err != nil {
		t.Errorf("an ID that can be found: %t, %v", known, err)
	}
	guard := first
	guard.Batches = []events.Batch{{Stream: "order-1", After: 7}}
	if r, err := s.Append(t.Context(), guard); err != nil || !r.Repeated {
		t.Errorf("a guard under an ID that can be found: %+v, %v", r, err)
	}
	if n := headOf(t, s, "order-1"); n != 1 {
		t.Errorf("%d records", n)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), one("order-1", 1, "b"))
		waits <- err
	}()
	time.Sleep(5 * time.Millisecond)
	run(t, other, "ROLLBACK")
	if err := <-waits; err != nil {
		t.Errorf("append after the lock was let go: %v", err)
	}
	run(t, other, "BEGIN IMMEDIATE")
	go func() {
		_, err := s.Append(t.Context(), one("order-1", 2, "c"))
		waits <- err
	}()
	time.Sleep(5 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waits; !errors.Is(err, events.ErrClosed) {
		t.Errorf("append on a store that was closed: %v", err)
	}
}
