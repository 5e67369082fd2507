package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// tryFor is a bound for what is expected to run out of time.
const tryFor = 250 * time.Millisecond

// intruding is a function before whose commit another one always lands.
func intruding(t *testing.T, store events.Store, runs *int) func(context.Context, *events.Tx) error {
	return func(ctx context.Context, tx *events.Tx) error {
		*runs++
		err := adding("tally-a", 1)(ctx, tx)
		mustAdd(t, store, "tally-a", 100)
		return err
	}
}

func TestGivesUpWhenTimeIsOut(t *testing.T) {
	within := func(d time.Duration) func(*testing.T) context.Context {
		return func(t *testing.T) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
	}
	for name, c := range map[string]struct {
		ctx  func(*testing.T) context.Context
		opts []events.Option
	}{
		"its own bound":      {(*testing.T).Context, []events.Option{events.WithTimeout(tryFor)}},
		"a later bound":      {within(time.Hour), []events.Option{events.WithTimeout(tryFor)}},
		"an earlier bound":   {within(tryFor), nil},
		"no bound beside it": {within(tryFor), []events.Option{events.WithTimeout(0)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, runs := memory.New(), 0
			begin := time.Now()
			_, err := events.Transact(c.ctx(t), store, asked(), intruding(t, store, &runs), c.opts...)
			wantIs(t, err, context.DeadlineExceeded)
			conflict := wantAs[*events.ConflictError](t, err)
			if conflict.Stream != "tally-a" || conflict.After >= conflict.Head || runs < 2 {
				t.Errorf("%+v after %d runs", conflict, runs)
			}
			if took := time.Since(begin); took > events.DefaultTimeout/2 {
				t.Errorf("took %v", took)
			}
			got, version := mustReplay(t, store, "tally-a")
			wantEqual(t, "what was written", got.Sum, 100*int64(version))
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store, runs := memory.New(), 0
	_, err := events.Transact(ctx, store, asked(), func(_ context.Context, tx *events.Tx) error {
		cancel()
		return intruding(t, store, &runs)(ctx, tx)
	})
	wantIs(t, err, context.Canceled)
	wantEqual(t, "runs", runs, 1)
	for way, fn := range ways {
		if _, err := events.Transact(ctx, store, asked(), fn); !errors.Is(err, context.Canceled) {
			t.Errorf("a function that %s: %v", way, err)
		}
	}
	wantItems(t, store, "tally-a", 100)
}

// The bound that Transact sets is seen by the function and its loads.
func TestTimeoutReachesTheFunction(t *testing.T) {
	var left time.Duration
	if _, err := events.Transact(context.Background(), memory.New(), asked(), func(ctx context.Context, _ *events.Tx) error {
		deadline, ok := ctx.Deadline()
		if !ok {
			return errors.New("no deadline")
		}
		left = time.Until(deadline)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if left <= 0 || left > events.DefaultTimeout {
		t.Errorf("%v left, want at most %v", left, events.DefaultTimeout)
	}
}

// What Transact returns after an unknown outcome, by the answers that follow it.
func TestUnknownOutcome(t *testing.T) {
	type answer func(w *watched, ctx context.Context, c events.Commit) (events.Receipt, error)
	unknown := fmt.Errorf("connection lost: %w", events.ErrUnknownOutcome)
	var (
		applied answer = func(w *watched, ctx context.Context, c events.Commit) (events.Receipt, error) {
			if _, err := w.Store.Append(ctx, c); err != nil {
				return events.Receipt{}, err
			}
			return events.Receipt{}, unknown
		}
		lost answer = func(*watched, context.Context, events.Commit) (events.Receipt, error) {
			return events.Receipt{}, unknown
		}
		closed answer = func(*watched, context.Context, events.Commit) (events.Receipt, error) {
			return events.Receipt{}, events.ErrClosed
		}
		works answer = func(w *watched, ctx context.Context, c events.Commit) (events.Receipt, error) {
			return w.Store.Append(ctx, c)
		}
		beaten answer = func(w *watched, ctx context.Context, c events.Commit) (events.Receipt, error) {
			mustAdd(t, w.Store, "tally-a", 9)
			return w.Store.Append(ctx, c)
		}
	)
	for name, c := range map[string]struct {
		answers  []answer // the last one again and again
		repeated bool
		errs     []error
		items    []int64
	}{
		"applied, asked again":              {[]answer{applied, works}, true, nil, []int64{1, 7}},
		"applied twice lost":                {[]answer{applied, lost, lost, works}, true, nil, []int64{1, 7}},
		"not applied, asked again":          {[]answer{lost, works}, false, nil, []int64{1, 7}},
		"not applied, another was first":    {[]answer{lost, beaten, works}, false, nil, []int64{1, 9, 7}},
		"applied, never to be known":        {[]answer{applied, lost}, false, []error{events.ErrUnknownOutcome, context.DeadlineExceeded}, []int64{1, 7}},
		"applied, then the store is closed": {[]answer{applied, closed}, false, []error{events.ErrUnknownOutcome, events.ErrClosed}, []int64{1, 7}},
		"the store is closed":               {[]answer{closed}, false, []error{events.ErrClosed}, []int64{1}},
	} {
		t.Run(name, func(t *testing.T) {
			w, asks := &watched{Store: memory.New()}, 0
			mustAdd(t, w.Store, "tally-a", 1)
			w.append = func(ctx context.Context, commit events.Commit) (events.Receipt, error) {
				asks++
				return c.answers[min(asks, len(c.answers))-1](w, ctx, commit)
			}
			bound := time.Minute
			if slices.Contains(c.errs, context.DeadlineExceeded) {
				bound = tryFor
			}
			req := asked()
			receipt, err := events.Transact(t.Context(), w, req, adding("tally-a", 7), events.WithTimeout(bound))
			wantIs(t, err, c.errs...)
			if len(c.errs) == 0 && (err != nil || receipt.Commit != req.ID || receipt.Position == 0 || receipt.Repeated != c.repeated) {
				t.Errorf("%+v, %v", receipt, err)
			}
			if len(c.errs) == 1 && errors.Is(err, events.ErrUnknownOutcome) {
				t.Errorf("an outcome that is known came back as unknown: %v", err)
			}
			wantItems(t, w.Store, "tally-a", c.items...)
		})
	}
}

// A timeout in a load reports the conflict before it. An unknown outcome does not, because a
// conflict says that nothing was applied.
func TestGivesUpInAnotherAttempt(t *testing.T) {
	for name, unknown := range map[string]bool{"in a load": false, "in an append": true} {
		ctx, cancel := context.WithCancel(t.Context())
		w, runs := &watched{Store: memory.New()}, 0
		w.append = func(ctx context.Context, c events.Commit) (events.Receipt, error) {
			if runs == 1 {
				return events.Receipt{}, &events.ConflictError{Stream: "tally-a", Head: 1}
			}
			cancel()
			return events.Receipt{}, events.ErrUnknownOutcome
		}
		_, err := events.Transact(ctx, w, asked(), func(ctx context.Context, tx *events.Tx) error {
			if runs++; runs == 2 && !unknown {
				cancel()
			}
			return adding("tally-a", 1)(ctx, tx)
		})
		wantIs(t, err, context.Canceled)
		var conflict *events.ConflictError
		wantEqual(t, name+": is a conflict", errors.As(err, &conflict), !unknown)
		wantEqual(t, name+": is unknown", errors.Is(err, events.ErrUnknownOutcome), unknown)
		wantEqual(t, name+": runs", runs, 2)
	}
}

// A store that names a stream that was never loaded, or one that has lost records, is asked until
// the timeout.
func TestConflictsThatCannotBe(t *testing.T) {
	for _, c := range []events.ConflictError{{Stream: "tally-z", After: 1, Head: 2}, {Stream: "tally-a", After: 1}} {
		w, asks := &watched{Store: memory.New()}, 0
		w.append = func(context.Context, events.Commit) (events.Receipt, error) {
			asks++
			return events.Receipt{}, &c
		}
		_, err := events.Transact(t.Context(), w, asked(), adding("tally-a", 1), events.WithTimeout(tryFor))
		wantIs(t, err, context.DeadlineExceeded)
		wantEqual(t, "conflict", *wantAs[*events.ConflictError](t, err), c)
		if asks < 2 {
			t.Errorf("asked %d times", asks)
		}
	}
}

// The pause between attempts ends with the context.
func TestPauseEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{Store: memory.New()}
	w.append = func(context.Context, events.Commit) (events.Receipt, error) {
		cancel()
		return events.Receipt{}, &events.ConflictError{Stream: "tally-a", Head: 2}
	}
	_, err := events.Transact(ctx, w, asked(), adding("tally-a", 1))
	wantIs(t, err, context.Canceled)
	wantEqual(t, "head", wantAs[*events.ConflictError](t, err).Head, 2)
}

// A store that has met a fork will not answer again, even of a commit whose outcome is unknown.
func TestForkIsNotTriedAgain(t *testing.T) {
	fork := &events.ForkError{Mark: events.Mark{Position: 7}}
	for name, err := range map[string]error{"refused": fork, "unknown": fmt.Errorf("%w: %w", events.ErrUnknownOutcome, fork)} {
		store, runs := &forking{Store: memory.New(), err: err}, 0
		_, got := events.Transact(t.Context(), store, asked(), func(ctx context.Context, tx *events.Tx) error {
			runs++
			return adding("tally-a", 1)(ctx, tx)
		}, events.WithTimeout(0))
		wantEqual(t, name, *wantAs[*events.ForkError](t, got), *fork)
		wantEqual(t, name+": unknown", errors.Is(got, events.ErrUnknownOutcome), name == "unknown")
		wantEqual(t, name+": runs and questions", []int{runs, store.asked}, []int{1, 1})
	}
}

// forking is a store of which every commit meets a fork.
type forking struct {
	events.Store
	err   error
	asked int
}

func (f *forking) Append(context.Context, events.Commit) (events.Receipt, error) {
	f.asked++
	return events.Receipt{}, f.err
}
