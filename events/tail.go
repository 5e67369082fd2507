package events

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// DefaultPoll is how often Tail asks a store for records of other processes.
const DefaultPoll = 25 * time.Millisecond

// HeardPoll is how often a follower asks a store that hears of all commits: see Hearer and Watch.
const HeardPoll = time.Second

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
// also polls, so that commits of other processes are seen, but no more often than HeardPoll while
// the store hears of them.
//
// The sequence ends with exactly one error, unless the caller leaves it first: ctx.Err() once
// ctx has ended, ErrClosed once the store is closed, a *ForkError when the log of a Marker is no
// longer the one that was read, a *PositionError when the log ends before the place that was
// reached, or the error of a read. Going on from the position of the last record, with this store
// or another one on the same log, loses nothing and repeats nothing. A position alone does not
// say which history it is of: to go on in another process, use TailFrom.
func Tail(ctx context.Context, store Store, after Position, f Filter, opts ...TailOption) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		// A range over the sequence may begin more than once; each begins at after.
		TailFrom(ctx, store, &Cursor{Position: after}, f, opts...)(yield)
	}
}

// TailFrom is Tail from a cursor, which it moves as ReadFrom does: to a record before it yields
// the record, and past what the filter leaves out. The caller keeps *c after each record, and
// goes on from it later; a log that is then on another history is a *ForkError, if the store is a
// Marker.
func TailFrom(ctx context.Context, store Store, c *Cursor, f Filter, opts ...TailOption) iter.Seq2[Record, error] {
	t := tail{poll: DefaultPoll}
	for _, o := range opts {
		o(&t)
	}
	return func(yield func(Record, error) bool) {
		for {
			wait := Watch(store, t.poll)
			taken := *c
			for r, err := range ReadFrom(ctx, store, c, f) {
				if err == nil {
					if err = ctx.Err(); err != nil {
						*c = taken
					}
				}
				if err != nil {
					yield(Record{}, err)
					return
				}
				if !yield(r, nil) {
					return
				}
				taken = *c
			}
			if err := wait(ctx); err != nil {
				yield(Record{}, err)
				return
			}
		}
	}
}

// Watch is how a follower waits for commits: it calls Watch, reads the log to its end, and then calls
// the function that Watch has returned. That returns nil once there may be a commit since the call of
// Watch: the store, if it is a Signaler, says so, or poll has passed, which is HeardPoll at least while
// the store hears of all commits. It returns the error of a context that has ended. No commit between
// the two calls is missed, nor is the end of hearing.
func Watch(store Store, poll time.Duration) (wait func(context.Context) error) {
	var changed <-chan struct{} // nil never comes
	if s, ok := store.(Signaler); ok {
		changed = s.Changed()
	}
	if h, ok := store.(Hearer); ok && h.Hears() {
		poll = max(poll, HeardPoll)
	}
	return func(ctx context.Context) error {
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
}
