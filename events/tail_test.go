package events_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// seenWithin is how soon the records of another process are to be seen. A tail that does not
// poll would never see them; the slack is for a machine that is busy with other tests.
const seenWithin = 100 * time.Millisecond

// mute is a store that is not a Signaler.
type mute struct{ events.Store }

// deaf is a Signaler whose signal never comes.
type deaf struct{ events.Store }

func (deaf) Changed() <-chan struct{} { return make(chan struct{}) }

// following ranges over a tail in the background and passes on what it yields.
func following(t *testing.T, tail iter.Seq2[events.Record, error]) <-chan any {
	t.Helper()
	out, stopped := make(chan any), make(chan struct{})
	go func() {
		defer close(out)
		for r, err := range tail {
			var v any = r
			if err != nil {
				v = err
			}
			select {
			case out <- v:
			case <-stopped:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stopped) })
	return out
}

// next returns what the tail yields next, within a time that only a hang exceeds.
func next(t *testing.T, out <-chan any) any {
	t.Helper()
	select {
	case v, ok := <-out:
		if !ok {
			t.Fatal("the tail has ended")
		}
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("the tail hangs")
	}
	return nil
}

func TestTailCatchesUpAndFollows(t *testing.T) {
	inner := memory.New()
	for name, store := range map[string]events.Store{"woken": inner, "polling": mute{inner}, "with a deaf signal": deaf{inner}} {
		t.Run(name, func(t *testing.T) {
			from, err := inner.Settled(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			mustAdd(t, inner, "tally-a", 1, 2)
			out := following(t, events.Tail(t.Context(), store, from, events.Filter{}))
			for i := range 5 {
				if i >= 2 {
					time.Sleep(time.Duration(i) * 3 * time.Millisecond)
					begin := time.Now()
					mustAdd(t, inner, "tally-b", add(i))
					if r := next(t, out).(events.Record); r.Position != from+events.Position(i+1) {
						t.Errorf("got %+v", r)
					}
					if took := time.Since(begin); took > 5*seenWithin {
						t.Errorf("seen after %v", took)
					}
					continue
				}
				if r := next(t, out).(events.Record); r.Position != from+events.Position(i+1) {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
}

// A signal wakes a tail whose poll is far away.
func TestTailIsWoken(t *testing.T) {
	store := memory.New()
	out := following(t, events.Tail(t.Context(), store, 0, events.Filter{}, events.PollEvery(time.Hour)))
	for n := range 100 {
		mustAdd(t, store, "tally-a", add(n))
		wantEqual(t, "position", next(t, out).(events.Record).Position, events.Position(n+1))
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	wantIs(t, next(t, out).(error), events.ErrClosed)
}

// However often a reader leaves and goes on, by itself or because the store was closed under
// it, it sees each record once and in order.
func TestTailGoesOn(t *testing.T) {
	const total = 500
	store := memory.New()
	go func() {
		for n := range total {
			mustAdd(t, store, events.StreamID(fmt.Sprintf("tally-%d", n%7)), add(n))
		}
	}()
	var seen []events.Position
	var after events.Position
	for round := 1; len(seen) < total; round++ {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		var through events.Store = store
		if round%2 == 0 {
			through = &closing{Store: store, reads: 3}
		}
		budget := round % 23
		for r, err := range events.Tail(ctx, through, after, events.Filter{}, events.PollEvery(time.Millisecond)) {
			if err != nil {
				wantIs(t, err, events.ErrClosed)
				break
			}
			seen, after = append(seen, r.Position), r.Position
			if budget--; budget <= 0 || len(seen) == total {
				break
			}
		}
		cancel()
	}
	for i, p := range seen {
		if p != events.Position(i+1) {
			t.Fatalf("record %d has position %d", i, p)
		}
	}
}

// closing is a store that closes after some reads, the last of them half done.
type closing struct {
	events.Store
	reads int
}

func (c *closing) Settled(ctx context.Context) (events.Position, error) {
	if c.reads == 0 {
		return 0, events.ErrClosed
	}
	return c.Store.Settled(ctx)
}

func (c *closing) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	c.reads--
	return func(yield func(events.Record, error) bool) {
		for r, err := range c.Store.ReadAll(ctx, after, f) {
			if !yield(r, err) {
				return
			}
			if c.reads == 0 {
				yield(events.Record{}, events.ErrClosed)
				return
			}
		}
	}
}

// overtaken is a store to which a record is added between Settled and ReadAll.
type overtaken struct {
	events.Store
	add func()
}

func (o overtaken) Settled(ctx context.Context) (events.Position, error) {
	defer o.add()
	return o.Store.Settled(ctx)
}

// A record that is added between Settled and ReadAll is seen once.
func TestTailThatIsOvertaken(t *testing.T) {
	store, n := memory.New(), 0
	mustAdd(t, store, "tally-a", 0)
	var seen []events.Position
	for r, err := range events.Tail(t.Context(), overtaken{store, func() {
		if n++; n < 10 {
			mustAdd(t, store, "tally-a", add(n))
		}
	}}, 0, events.Filter{}, events.PollEvery(time.Millisecond)) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, r.Position); r.Position == 10 {
			break
		}
	}
	wantEqual(t, "positions", seen, []events.Position{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
}

// Records that the filter rejects are scanned once.
func TestTailFilter(t *testing.T) {
	store := &scanning{Store: memory.New()}
	for n := range 10 {
		mustAdd(t, store, "tally-a", add(n))
		if _, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
			tx.Stamp(noon, nil)
			_, _, err := counts.Load(tx, "count-a")
			return errors.Join(err, counts.Append(tx, "count-a", 1))
		}); err != nil {
			t.Fatal(err)
		}
	}
	f := events.Filter{Categories: []string{"count"}, Types: []string{"count.rose"}}
	out := following(t, events.Tail(t.Context(), store, 4, f, events.PollEvery(time.Millisecond)))
	for n := range 8 {
		wantEqual(t, "position", next(t, out).(events.Record).Position, events.Position(2*n+6))
	}
	for n := range 5 {
		mustAdd(t, store, "tally-a", add(n)) // does not pass the filter
		eventually(t, func() bool { return store.last.Load() == int64(20+n) })
	}
}

// scanning is a store without a signal that knows where the last scan began.
type scanning struct {
	events.Store
	last atomic.Int64
}

func (s *scanning) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	s.last.Store(int64(after))
	return s.Store.ReadAll(ctx, after, f)
}

func TestTailStopsOnCancel(t *testing.T) {
	store := memory.New()
	mustAdd(t, store, "tally-a", 1, 2, 3)
	for name, s := range map[string]events.Store{"woken": store, "polling": mute{store}, "ignorant": ignorant{store}} {
		// While it waits.
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		out := following(t, events.Tail(ctx, s, 3, events.Filter{}, events.PollEvery(time.Hour)))
		time.AfterFunc(5*time.Millisecond, cancel)
		wantIs(t, next(t, out).(error), context.Canceled)
		if v, more := <-out; more {
			t.Errorf("%s: after its error it yields %v", name, v)
		}
		// In the body of the loop.
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		var got []any
		for r, err := range events.Tail(ctx, s, 0, events.Filter{}) {
			got = append(got, r.Position)
			if err != nil {
				got[len(got)-1] = err
			}
			leave()
		}
		if want := []any{events.Position(1), context.Canceled}; !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// ignorant is a store that ignores contexts.
type ignorant struct{ events.Store }

func (h ignorant) ReadAll(_ context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return h.Store.ReadAll(context.Background(), after, f)
}

// A log that ends before the position that was reached is another one: at the start, and if it is
// replaced on the way.
func TestTailOnAnotherLog(t *testing.T) {
	store := memory.New()
	mustAdd(t, store, "tally-a", 1, 2, 3)
	var got []error
	for r, err := range events.Tail(t.Context(), store, 4, events.Filter{}) {
		got = append(got, err)
		wantEqual(t, "record", r, events.Record{})
	}
	wantEqual(t, "errors", got, []error{&events.PositionError{After: 4, Settled: 3}})
	wantEqual(t, "text", got[0].Error(), "events: position 4 lies beyond the end of the log at position 3; it is another log or a restored one")

	restored := memory.New()
	mustAdd(t, restored, "tally-a", 1, 2)
	swap := &swapped{}
	var first events.Store = store
	swap.now.Store(&first)
	out := following(t, events.Tail(t.Context(), swap, 2, events.Filter{}, events.PollEvery(time.Millisecond)))
	wantEqual(t, "position", next(t, out).(events.Record).Position, 3)
	var second events.Store = restored
	swap.now.Store(&second)
	wantEqual(t, "error", *wantAs[*events.PositionError](t, next(t, out).(error)), events.PositionError{After: 3, Settled: 2})
}

// swapped is a store whose log is replaced by another.
type swapped struct {
	events.Store
	now atomic.Pointer[events.Store]
}

func (s *swapped) Settled(ctx context.Context) (events.Position, error) {
	return (*s.now.Load()).Settled(ctx)
}

func (s *swapped) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return (*s.now.Load()).ReadAll(ctx, after, f)
}

// A read that fails ends the tail with its error, after the records before it.
func TestTailReturnsReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	inner := memory.New()
	mustAdd(t, inner, "tally-x", 1, 2)
	var got []any
	for r, err := range events.Tail(t.Context(), history{Store: inner, records: sound("tally-a", 2), err: broken}, 0, events.Filter{}) {
		if err != nil {
			got = append(got, err)
			continue
		}
		got = append(got, r.Position)
	}
	if want := []any{events.Position(1), events.Position(2), broken}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// hearer is a store whose signal is of all commits until it says otherwise.
type hearer struct {
	events.Store
	asked atomic.Int64
	ends  chan struct{} // closed when it no longer hears
}

func (h *hearer) Changed() <-chan struct{} { return h.ends }

func (h *hearer) Hears() bool {
	select {
	case <-h.ends:
		return false
	default:
		return true
	}
}

func (h *hearer) Settled(ctx context.Context) (events.Position, error) {
	h.asked.Add(1)
	return h.Store.Settled(ctx)
}

// A store that hears of all commits is asked once in HeardPoll, and as often as others from the
// moment it no longer does. Only the number of questions counts: a slow machine asks less.
func TestTailOfAStoreThatHears(t *testing.T) {
	store := &hearer{Store: memory.New(), ends: make(chan struct{})}
	begin := time.Now()
	out := following(t, events.Tail(t.Context(), store, 0, events.Filter{}, events.PollEvery(time.Millisecond)))
	time.Sleep(events.HeardPoll / 4)
	asked, most := store.asked.Load(), 2+int64(time.Since(begin)/events.HeardPoll)
	if asked > most {
		t.Errorf("asked %d times, want at most %d", asked, most)
	}
	close(store.ends)
	eventually(t, func() bool { return store.asked.Load() > asked+20 })
	mustAdd(t, store, "tally-a", 1)
	wantEqual(t, "position", next(t, out).(events.Record).Position, 1)
}
