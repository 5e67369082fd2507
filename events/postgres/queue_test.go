package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
)

// stopped is a store whose groups wait until the test releases them.
type stopped struct {
	*Store
	begun chan struct{}
	pass  chan struct{}
}

func openStopped(t *testing.T, p place) stopped {
	s := stopped{begun: make(chan struct{}), pass: make(chan struct{})}
	s.Store = p.open(t, withHooks(hooks{sending: func([]events.Commit) { s.begun <- struct{}{}; <-s.pass }}))
	return s
}

// later runs an append in the background and sends its error.
func later(ctx context.Context, s *Store, c events.Commit) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := s.Append(ctx, c)
		done <- err
	}()
	return done
}

func (s stopped) waitQueued(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprint(n, " requests are queued"), func() bool { return s.writer.Queued() == n })
}

// TestCancelled cancels a caller in the queue, and one whose group was sent.
func TestCancelled(t *testing.T) {
	s := openStopped(t, newPlace(t))
	ctx, cancel := context.WithCancel(t.Context())
	first := later(t.Context(), s.Store, one("order-1", 0, "a"))
	<-s.begun

	queued := one("order-2", 0, "a")
	waits := later(ctx, s.Store, queued)
	s.waitQueued(t, 1)
	cancel()
	if err := <-waits; err != context.Canceled {
		t.Errorf("cancelled in the queue: %v, want the plain error of the context", err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	begun := one("order-3", 0, "a")
	begins := later(ctx, s.Store, begun)
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
	s.pass <- struct{}{}

	last := later(t.Context(), s.Store, one("order-4", 0, "a")) // behind the group that goes on
	<-s.begun
	s.pass <- struct{}{}
	if err := <-last; err != nil {
		t.Fatal(err)
	}
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

// TestCloseRefusesTheQueue closes while one caller's group runs and another waits.
func TestCloseRefusesTheQueue(t *testing.T) {
	s := openStopped(t, newPlace(t))
	first := later(t.Context(), s.Store, one("order-1", 0, "a"))
	<-s.begun
	waits := later(t.Context(), s.Store, one("order-2", 0, "a"))
	s.waitQueued(t, 1)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := <-waits; !errors.Is(err, events.ErrClosed) {
		t.Errorf("the caller in the queue: %v", err)
	}
	s.pass <- struct{}{}
	if err := <-first; err != nil {
		t.Errorf("the caller whose group runs: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
}

// impatient shortens the timeouts of a store.
func impatient(c *config) { c.settling, c.grace = impatience, impatience }

const impatience = 500 * time.Millisecond

// TestCloseDoesNotWaitForOthers closes while another connection keeps the lock of the log.
func TestCloseDoesNotWaitForOthers(t *testing.T) {
	p := newPlace(t)
	s, holder := p.open(t, impatient), p.open(t)
	tx, err := p.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.AppendTx(t.Context(), tx, one("order-1", 0, "a")); err != nil {
		t.Fatal(err)
	}
	c := one("order-2", 0, "a")
	waits := later(t.Context(), s, c)
	p.blocked(t)
	begun := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 40*impatience {
		t.Errorf("close took %s", took)
	}
	if err := <-waits; !errors.Is(err, events.ErrUnknownOutcome) {
		t.Errorf("the caller whose group was broken off: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Error(err)
	}
}
