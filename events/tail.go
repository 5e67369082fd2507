package events

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// DefaultPoll is how often Tail asks a store for records of other processes.
const DefaultPoll = 25 * time.Millisecond

// PositionError says that a reader stands beyond the end of the log: the log is another one,
// or one that was restored from a backup. What the reader has made of it cannot be continued.
type PositionError struct {
	After   Position // where the reader stands
	Settled Position // where the log ends
}

func (e *PositionError) Error() string {
	return fmt.Sprintf("events: position %d lies beyond the end of the log at position %d; it is another log or a restored one", e.After, e.Settled)
}

// TailOption changes how Tail works.
type TailOption func(*tail)

type tail struct {
	poll time.Duration
}

// PollEvery sets how often the store is asked instead of DefaultPoll. Below 1 it has no effect.
func PollEvery(d time.Duration) TailOption {
	return func(t *tail) {
		if d > 0 {
			t.poll = d
		}
	}
}

// Tail yields the records that pass the filter and whose position is higher than after, and
// then, as they are committed, all that follow, each once and in position order. It waits
// without holding anything of the store. A store that is a Signaler wakes it at once; it
// also polls, so that commits of other processes are seen.
//
// The sequence ends with exactly one error, unless the caller leaves it first: ctx.Err() once
// ctx has ended, ErrClosed once the store is closed, a *PositionError when the log ends before
// the place that was reached, or the error of a read. Going on from the position
// of the last record, with this store or another one on the same log, loses nothing and
// repeats nothing.
func Tail(ctx context.Context, store Store, after Position, f Filter, opts ...TailOption) iter.Seq2[Record, error] {
	t := tail{poll: DefaultPoll}
	for _, o := range opts {
		o(&t)
	}
	return func(yield func(Record, error) bool) {
		// A range over the sequence may begin more than once; each begins at after.
		at := after
		for {
			// Taken before the store is asked: a commit between the two is not missed.
			changed := changes(store)
			settled, err := store.Settled(ctx)
			if err == nil && settled < at {
				err = &PositionError{After: at, Settled: settled}
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			if settled > at {
				last, more := readOn(ctx, store, at, f, yield)
				if !more {
					return
				}
				// What the filter has passed over need not be looked at again.
				at = max(last, settled)
			}
			if err := wait(ctx, changed, t.poll); err != nil {
				yield(Record{}, err)
				return
			}
		}
	}
}

// readOn yields what the log has after a position. It returns the last position it yielded,
// and whether the sequence goes on.
func readOn(ctx context.Context, store Store, after Position, f Filter, yield func(Record, error) bool) (Position, bool) {
	for r, err := range store.ReadAll(ctx, after, f) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(Record{}, err)
			return after, false
		}
		if !yield(r, nil) {
			return after, false
		}
		after = r.Position
	}
	return after, true
}

// changes returns the store's signal, or nil, which never comes.
func changes(store Store) <-chan struct{} {
	if s, ok := store.(Signaler); ok {
		return s.Changed()
	}
	return nil
}

// wait returns nil when the store has changed or may have, or the error of a context that has
// ended.
func wait(ctx context.Context, changed <-chan struct{}, poll time.Duration) error {
	t := time.NewTimer(poll)
	defer t.Stop()
	select {
	case <-changed:
		return ctx.Err()
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
