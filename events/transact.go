package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// DefaultTimeout bounds a transaction whose context has no earlier deadline.
const DefaultTimeout = 5 * time.Second

// The pause before another attempt is random below a bound that doubles from the first of
// these to the second.
const (
	minPause = 250 * time.Microsecond
	maxPause = 50 * time.Millisecond
)

// Request names what is asked for: see Commit.
type Request struct {
	ID     uuid.UUID
	Digest [32]byte
}

// Option changes how Transact, Try and View work.
type Option func(*config)

type config struct {
	cache     *Cache
	snapshots *Snapshotter
	timeout   time.Duration
	stale     bool
	retry     func(*ConflictError, int)
}

// WithCache lets loads begin with the states in c. A nil cache disables it.
func WithCache(c *Cache) Option { return func(s *config) { s.cache = c } }

// WithSnapshots has s write the snapshots that a commit makes due. Loads use snapshots with
// or without it.
func WithSnapshots(s *Snapshotter) Option { return func(c *config) { c.snapshots = s } }

// WithTimeout bounds the whole of a transaction instead of DefaultTimeout. An earlier deadline
// of the context still applies; 0 sets no other bound.
func WithTimeout(d time.Duration) Option { return func(s *config) { s.timeout = d } }

// AllowStale lets View answer with a cached state without asking the store whether the
// stream has moved on. Transact and Try ignore it.
func AllowStale() Option { return func(s *config) { s.stale = true } }

func settings(opts []Option) *config {
	c := &config{timeout: DefaultTimeout}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Transact runs fn and commits what fn has appended, all or none, provided that no stream
// that fn has loaded has changed in between.
//
// If one has, fn runs again on a new Tx that sees the current records. It may therefore run
// several times and must have no effects beyond its Tx; what it leaves in its closure counts
// only from its last run. Transact goes on until ctx ends, and no longer than DefaultTimeout or
// WithTimeout; it then returns an error that is both the context's and the *ConflictError.
//
// An error of fn is a refusal: nothing is written and fn does not run again. A refusal is as
// current as a success: before Transact returns it, the store confirms, under the ID of the
// request, that nothing it was decided on has changed; otherwise fn runs again. The same goes
// for a fn that appends nothing. An error of Load, Create or Append is not a refusal and is
// returned at once, as is a *ForkError: the store will not answer again.
//
// If the ID is known, Transact returns the first receipt with Repeated set, whatever fn decides
// now: what fn has appended or refused this time did not happen, and its states are not those
// of the store. If the ID was used for another digest, the error is a *DuplicateError.
// Transact returns an error that is ErrUnknownOutcome only if asking again with the same commit
// gave no answer before ctx ended, or the store refused to answer.
func Transact(ctx context.Context, store Store, req Request, fn func(ctx context.Context, tx *Tx) error, opts ...Option) (Receipt, error) {
	return run(ctx, store, req, fn, settings(opts), false)
}

// Try returns what Transact would return and writes nothing: what fn appends is checked against the
// bounds of the log, and the versions it was decided on against the store. The receipt is that
// of a commit without events, unless the ID is known. Try does not wait for appends: one under the
// same ID may be on its way.
func Try(ctx context.Context, store Store, req Request, fn func(ctx context.Context, tx *Tx) error, opts ...Option) (Receipt, error) {
	return run(ctx, store, req, fn, settings(opts), true)
}

func run(ctx context.Context, store Store, req Request, fn func(context.Context, *Tx) error, c *config, dry bool) (Receipt, error) {
	if req.ID == uuid.Nil {
		return Receipt{}, &BoundsError{Field: "id", Reason: "must not be the nil UUID"}
	}
	if d, ok := ctx.Deadline(); c.timeout > 0 && (!ok || time.Until(d) > c.timeout) {
		bounded, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		ctx = bounded
	}
	var conflict *ConflictError // of the attempt before this one
	for attempt := 0; ; attempt++ {
		receipt, again, err := newTx(ctx, store, c, attempt > 0).attempt(req, fn, dry)
		if again != nil {
			if conflict, err = again, pause(ctx, attempt); err == nil {
				if c.retry != nil {
					c.retry(again, attempt+1)
				}
				continue
			}
		}
		// An unknown outcome must not look like a conflict, of which nothing was applied.
		if err != nil && conflict != nil && errors.Is(err, ctx.Err()) && !errors.Is(err, ErrUnknownOutcome) {
			err = fmt.Errorf("events: gave up after %d attempts: %w: %w", attempt+1, err, conflict)
		}
		return receipt, err
	}
}

// attempt runs the function once and sends its result to the store. A conflict that another
// attempt may resolve is returned as again.
func (tx *Tx) attempt(req Request, fn func(context.Context, *Tx) error, dry bool) (receipt Receipt, again *ConflictError, err error) {
	refusal := fn(tx.ctx, tx)
	tx.done = true
	if tx.fault != nil {
		tx.settings.cache.met(tx.fault)
		// The function may have added where it was, but not hidden what happened.
		if errors.Is(refusal, tx.fault) {
			return Receipt{}, nil, refusal
		}
		return Receipt{}, nil, tx.fault
	}
	receipt, err = tx.commit(req, dry, refusal != nil)
	tx.settings.cache.met(err)
	switch {
	case err != nil:
		if errors.As(err, &again) && !tx.moved(again) {
			again = nil
		}
		return Receipt{}, again, err
	case receipt.Repeated:
		return receipt, nil, nil
	case refusal != nil:
		return Receipt{}, nil, refusal
	case !dry:
		tx.publish()
	}
	return receipt, nil, nil
}

// commit sends the result of the attempt to the store: its batches, or guards alone for a dry
// run or a refusal.
func (tx *Tx) commit(req Request, dry, refused bool) (Receipt, error) {
	c := Commit{ID: req.ID, Digest: req.Digest}
	ask := appendKnown
	if checker, ok := tx.store.(GuardChecker); ok && dry {
		// What a dry run finds is no promise, so it need not wait for its turn.
		ask = func(ctx context.Context, _ Store, c Commit) (Receipt, error) { return checker.CheckGuards(ctx, c) }
	}
	switch {
	case len(tx.slots) == 0:
		// A commit whose ID is known is answered before its versions are looked at, so any guard
		// will do, and whether it holds means nothing.
		c.Batches = []Batch{{Stream: StreamID("commit-" + req.ID.String())}}
	case refused:
		c.Batches = tx.guards()
	case dry:
		c.Batches = tx.Batches()
		if err := c.Validate(); err != nil {
			return Receipt{}, err
		}
		c.Batches = tx.guards()
	default:
		c.Batches = tx.Batches()
	}
	receipt, err := ask(tx.ctx, tx.store, c)
	if _, conflict := errors.AsType[*ConflictError](err); conflict && len(tx.slots) == 0 {
		return Receipt{Commit: req.ID}, nil
	}
	return receipt, err
}

// appendKnown appends and, while the outcome is unknown, asks again with the same commit,
// which is harmless.
func appendKnown(ctx context.Context, store Store, c Commit) (Receipt, error) {
	var unknown error
	for asked := 0; ; asked++ {
		receipt, err := store.Append(ctx, c)
		fork := (*ForkError)(nil)
		switch {
		case errors.Is(err, ErrUnknownOutcome) && !errors.As(err, &fork):
			unknown = err
		case unknown != nil && !settles(err):
			// The store refused to answer: the outcome of the first time stays unknown.
			return Receipt{}, fmt.Errorf("%w: %w", unknown, err)
		default:
			return receipt, err
		}
		if err := pause(ctx, asked); err != nil {
			return Receipt{}, fmt.Errorf("%w: %w", unknown, err)
		}
	}
}

// settles reports whether an answer resolves an earlier unknown outcome of the same commit: it
// was applied, or it was not and never will be.
func settles(err error) bool {
	var conflict *ConflictError
	var duplicate *DuplicateError
	return err == nil || errors.As(err, &conflict) || errors.As(err, &duplicate)
}

// pause waits before another attempt, or returns the error of a context that has ended.
func pause(ctx context.Context, attempt int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bound := min(minPause<<min(attempt, 8), maxPause)
	t := time.NewTimer(rand.N(bound) + 1)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
