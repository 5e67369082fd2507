package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// answer is what a store has said of a commit whose outcome was unknown.
type answer struct {
	commit events.Commit
	known  bool
	first  events.Receipt
}

// look asks for a commit: by Lookup or, which must say the same, by a commit of guards under its ID.
func (e *env) look(ctx context.Context, s events.Store, c events.Commit, byGuard bool) (a answer, err error) {
	a.commit = c
	if !byGuard {
		a.first, a.known, err = s.Lookup(ctx, c.ID)
		return a, err
	}
	c.Batches = []events.Batch{batch("guarded-1", 7)} // holds nowhere
	a.first, err = s.Append(ctx, c)
	a.known, a.first.Repeated = a.first.Repeated, false
	var conflict *events.ConflictError
	if errors.As(err, &conflict) {
		err = nil
	}
	return a, err
}

// stays asks again and checks that the answer is the same.
func (e *env) stays(s events.Store, a answer, byGuard bool) error {
	now, err := e.look(e.ctx, s, a.commit, byGuard)
	switch {
	case err != nil:
		return fmt.Errorf("asked again: %w", err)
	case now.known != a.known:
		return fmt.Errorf("commit %s was known: %t, and later: %t", a.commit.ID, a.known, now.known)
	case a.known && now.first != a.first:
		return fmt.Errorf("commit %s has receipt %+v, and later %+v", a.commit.ID, a.first, now.first)
	}
	return nil
}

// notKnownIsFinal appends with deadlines that are too short, asks at once what became of each commit
// of unknown outcome, and asks again half a second later.
func notKnownIsFinal(e *env) error {
	if err := finalScript(e); err != nil {
		return err
	}
	// The case bounds itself, and a busy machine may take long to answer what it has collected.
	e.ctx = context.WithoutCancel(e.ctx)
	const callers, calls = 16, 2000
	s, most, patience := e.open(), int64(e.times(5000, 100_000)), 10*time.Second
	if testing.Short() {
		patience = time.Second
	}
	if e.long {
		patience = 20 * time.Minute
	}
	begun := time.Now()
	var mu sync.Mutex
	var said []answer
	var unknown atomic.Int64
	err := together(callers, func(caller int) error {
		source := e.source(1 + caller)
		version := events.Version(0)
		for n := 0; unknown.Load() < most && (n < calls || e.long && unknown.Load() > 0) && time.Since(begun) < patience; n++ {
			c := e.commit(batch(stream("order", caller), version, newEvents(1)...))
			ctx, cancel := context.WithTimeout(e.ctx, 500*time.Microsecond+time.Duration(source.IntN(4500))*time.Microsecond)
			_, err := s.Append(ctx, c)
			cancel()
			known := err == nil
			if errors.Is(err, events.ErrUnknownOutcome) {
				a, err := e.look(e.ctx, s, c, n%2 > 0)
				if err != nil {
					return fmt.Errorf("asked at once: %w", err)
				}
				unknown.Add(1)
				known = a.known
				mu.Lock()
				said = append(said, a)
				mu.Unlock()
			} else if err := cancelled(ctx, err); err != nil {
				return err
			}
			if known {
				version++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond)
	denied := 0
	for _, a := range said {
		if !a.known {
			denied++
		}
	}
	err = together(callers, func(caller int) error {
		for i := caller; i < len(said); i += callers {
			if err := e.stays(s, said[i], i%3 == 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.t.Logf("%d outcomes were unknown, %d of them not known at once and for good", len(said), denied)
	return e.sound(s)
}

// finalScript is the shortest course that exposes a store which denies what is on its way.
func finalScript(e *env) error {
	for _, byGuard := range []bool{false, true} {
		s, c := e.open(), e.commit(batch("order-1", 0, newEvents(1)...))
		ctx, cancel := context.WithTimeout(e.ctx, 200*time.Microsecond)
		_, err := s.Append(ctx, c)
		cancel()
		if !errors.Is(err, events.ErrUnknownOutcome) {
			continue
		}
		a, err := e.look(e.ctx, s, c, byGuard)
		if err != nil {
			return err
		}
		if err := e.stays(s, a, byGuard); err != nil {
			return err
		}
	}
	return nil
}

// checksGuardsBeside asks a store beside its writer what Append would say of guards.
func checksGuardsBeside(e *env) error {
	s := e.open()
	checker := inner(s).(events.GuardChecker)
	c := e.commit(batch("order-1", 0, newEvents(2)...))
	first, err := e.apply(s, c)
	if err != nil {
		return err
	}
	holds := e.commit(batch("order-1", 2), batch("line-1", 0))
	if r, err := checker.CheckGuards(e.ctx, holds); err != nil || r != (events.Receipt{Commit: holds.ID}) {
		return fmt.Errorf("guards that hold: %+v, %w", r, err)
	}
	_, err = checker.CheckGuards(e.ctx, e.commit(batch("line-1", 0), batch("order-1", 1)))
	if err := conflicts(err, "order-1", 1, 2); err != nil {
		return err
	}
	asks := c
	asks.Batches = []events.Batch{batch("order-1", 9)}
	if r, err := checker.CheckGuards(e.ctx, asks); err != nil || r != again(first) {
		return fmt.Errorf("guards under a known ID: %+v, %w", r, err)
	}
	asks.Digest = asked("something else")
	_, err = checker.CheckGuards(e.ctx, asks)
	if err := duplicates(err, first); err != nil {
		return err
	}
	for _, wrong := range []events.Commit{e.commit(batch("order-1", 2, newEvents(1)...)), e.commit(), e.commit(batch("order", 0))} {
		_, err = checker.CheckGuards(e.ctx, wrong)
		if err := outside(err); err != nil {
			return err
		}
	}
	return e.stands(s, "order-1", 2)
}

// looksBeside answers questions beside an append that is on its way: the append goes on once a
// question has been answered.
type looksBeside struct {
	events.Store
	mu    sync.Mutex
	onWay *events.Commit
}

func (w *looksBeside) unwrap() events.Store { return w.Store }

func (w *looksBeside) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if !c.IsGuard() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.onWay = &c
		return events.Receipt{}, events.ErrUnknownOutcome
	}
	r, err := w.Store.Append(ctx, c)
	return r, errors.Join(err, w.goOn(ctx))
}

func (w *looksBeside) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	r, known, err := w.Store.Lookup(ctx, id)
	return r, known, errors.Join(err, w.goOn(ctx))
}

func (w *looksBeside) goOn(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.onWay == nil {
		return nil
	}
	c := *w.onWay
	w.onWay = nil
	_, err := w.Store.Append(ctx, c)
	return err
}
