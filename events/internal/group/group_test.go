package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// store executes groups in memory: each commit gets the position after the one before.
type store struct {
	*Writer
	mu     sync.Mutex
	end    events.Position
	groups [][]events.Commit
	begun  chan struct{} // if not nil, a group says here that it has claimed
	pass   chan struct{} // and waits here
}

func newStore(t *testing.T, local, stopped bool) *store {
	s := new(store)
	if stopped {
		s.begun, s.pass = make(chan struct{}), make(chan struct{})
	}
	s.Writer = New(local, s.execute, nil)
	t.Cleanup(func() {
		if !s.closed {
			s.Close()
		}
	})
	return s
}

func (s *store) execute(g *Group) {
	claimed := g.Claim()
	if s.begun != nil {
		s.begun <- struct{}{}
		<-s.pass
	}
	if !claimed {
		return
	}
	if g.Snapshot != nil {
		g.Fail(errSnapshot)
		return
	}
	for from := 0; from < len(g.Commits); {
		for i := from; i < len(g.Commits); i++ {
			s.end++
			g.Answers[i].Receipt = events.Receipt{Commit: g.Commits[i].ID, First: s.end, Position: s.end}
		}
		from = len(g.Commits)
		if s.local {
			g.Join()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, slices.Clone(g.Commits))
}

var errSnapshot = errors.New("this store keeps no snapshots")

// room is what all events share.
var room [5 * events.MaxGroupBytes / 4]byte

// one returns a commit with events of so many bytes each.
func one(bytes ...int) events.Commit {
	c := events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{Stream: "order-1"}}}
	for _, n := range bytes {
		c.Batches[0].Events = append(c.Batches[0].Events, events.Event{Type: "a", Schema: 1, At: events.MinInstant, Data: room[:n]})
	}
	return c
}

// later appends in the background and sends the error.
func (s *store) later(ctx context.Context, c events.Commit) <-chan error {
	done := make(chan error, 1)
	go func() {
		r, err := s.Append(ctx, c)
		if err == nil && r.Commit != c.ID {
			err = fmt.Errorf("the answer is that of %s", r.Commit)
		}
		done <- err
	}()
	return done
}

func (s *store) waitQueued(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); s.Queued() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are queued, want %d", s.Queued(), n)
		}
	}
}

func both(t *testing.T, f func(*testing.T, bool)) {
	t.Run("local", func(t *testing.T) { f(t, true) })
	t.Run("remote", func(t *testing.T) { f(t, false) })
}

// TestEveryCallerIsAnsweredOnce has many callers, of whom some leave.
func TestEveryCallerIsAnsweredOnce(t *testing.T) {
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, false)
		var wg sync.WaitGroup
		var answered, unknown, gone atomic.Int64
		for caller := range 16 {
			wg.Go(func() {
				for i := range 200 {
					ctx, cancel := context.WithCancel(context.Background())
					if (caller+i)%3 == 0 {
						time.AfterFunc(time.Duration(i)*time.Microsecond, cancel)
					}
					c := one(10)
					r, err := s.Append(ctx, c)
					switch {
					case err == nil && r.Commit == c.ID && r.Position > 0:
						answered.Add(1)
					case errors.Is(err, events.ErrUnknownOutcome) && errors.Is(err, context.Canceled):
						unknown.Add(1)
					case err == context.Canceled:
						gone.Add(1)
					default:
						t.Errorf("%+v, %v", r, err)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		s.Close()
		if n := answered.Load() + unknown.Load() + gone.Load(); n != 16*200 {
			t.Errorf("%d calls of %d were answered", n, 16*200)
		}
		if n := int64(s.end); n != answered.Load()+unknown.Load() {
			t.Errorf("%d commits were decided; %d answers and %d unknown outcomes", n, answered.Load(), unknown.Load())
		}
	})
}

// TestCallersShareGroups queues callers behind one whose group runs.
func TestCallersShareGroups(t *testing.T) {
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, true)
		const n = events.MaxGroup + 20
		list := []<-chan error{s.later(t.Context(), one(1))}
		<-s.begun
		for range n {
			list = append(list, s.later(t.Context(), one(1)))
		}
		saved := make(chan error, 1)
		s.waitQueued(t, n)
		go func() { saved <- s.Save(t.Context(), events.Snapshot{}) }()
		s.waitQueued(t, n+1)
		go func() {
			for {
				s.pass <- struct{}{}
				<-s.begun
			}
		}()
		for _, done := range list {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := <-saved; err != errSnapshot {
			t.Errorf("the snapshot: %v", err)
		}
		var sizes []int
		for _, g := range s.groups {
			sizes = append(sizes, len(g))
		}
		if !slices.Equal(sizes, []int{1, events.MaxGroup, 20}) {
			t.Errorf("groups of %v", sizes)
		}
	})
}

// TestGroupsAreBoundedInBytes queues more than a group takes, from many callers and in one call:
// no group is larger than the bound, except for one whose first member is.
func TestGroupsAreBoundedInBytes(t *testing.T) {
	const part = events.MaxGroupBytes / 4
	sizes := []int{part, 5 * part, part, part, part, part, 1, 3 * part, part}
	want := []int{1, 1, 4, 2, 1}
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, true)
		first := s.later(t.Context(), one(1))
		<-s.begun
		var list []<-chan error
		for i, n := range sizes {
			list = append(list, s.later(context.Background(), one(n)))
			s.waitQueued(t, i+1)
		}
		go func() {
			for {
				s.pass <- struct{}{}
				<-s.begun
			}
		}()
		for _, done := range append(list, first) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		s.fits(t, s.groups[1:], want)
	})
	s := newStore(t, true, false)
	var pile []events.Commit
	for _, n := range sizes {
		// A single event is bounded; many of them make a large commit.
		c := one(n % events.MaxData)
		for range n / events.MaxData {
			c.Batches[0].Events = append(c.Batches[0].Events, one(events.MaxData).Batches[0].Events...)
		}
		pile = append(pile, c)
	}
	for i, out := range s.AppendEach(t.Context(), pile) {
		if out.Err != nil || out.Receipt.Commit != pile[i].ID {
			t.Errorf("member %d: %+v", i, out)
		}
	}
	s.fits(t, s.groups, want)
}

// fits checks how many members the groups have, and their bytes.
func (s *store) fits(t *testing.T, groups [][]events.Commit, want []int) {
	t.Helper()
	var members []int
	for _, g := range groups {
		bytes := 0
		for _, c := range g {
			for _, e := range c.Batches[0].Events {
				bytes += len(e.Data)
			}
		}
		if members = append(members, len(g)); bytes > events.MaxGroupBytes && len(g) > 1 {
			t.Errorf("a group of %d members has %d bytes", len(g), bytes)
		}
	}
	if !slices.Equal(members, want) {
		t.Errorf("groups of %v members, want %v", members, want)
	}
}

// TestLeaving cancels a caller in the queue, whose request is then no part of a group, and one
// whose group runs.
func TestLeaving(t *testing.T) {
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, true)
		first := s.later(t.Context(), one(1))
		<-s.begun
		ctx, cancel := context.WithCancel(t.Context())
		leaves := s.later(ctx, one(1))
		s.waitQueued(t, 1)
		cancel()
		if err := <-leaves; err != context.Canceled {
			t.Errorf("in the queue: %v", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		stays := s.later(ctx, one(1))
		s.waitQueued(t, 2)
		s.pass <- struct{}{}
		if err := <-first; err != nil {
			t.Error(err)
		}
		<-s.begun
		cancel()
		if err := <-stays; !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
			t.Errorf("in a group that runs: %v", err)
		}
		s.pass <- struct{}{}
		s.Close()
		if s.end != 2 {
			t.Errorf("%d commits were decided, want 2", s.end)
		}
	})
}

// TestKeptBytes reuses the bytes of a caller who has left.
func TestKeptBytes(t *testing.T) {
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, true)
		first := s.later(t.Context(), one(1))
		<-s.begun
		ctx, cancel := context.WithCancel(t.Context())
		c := one(1)
		c.Batches[0].Events[0].Data = []byte{0}
		stays := s.later(ctx, c)
		s.waitQueued(t, 1)
		s.pass <- struct{}{}
		<-s.begun
		cancel()
		if err := errors.Join(<-first, <-stays); !errors.Is(err, events.ErrUnknownOutcome) {
			t.Error(err)
		}
		e := &c.Batches[0].Events[0]
		e.Data[0], e.Type, c.Batches[0].Stream = 7, "b", "order-2"
		s.pass <- struct{}{}
		s.Close()
		b := s.groups[1][0].Batches[0]
		if b.Stream != "order-1" || b.Events[0].Type != "a" || b.Events[0].Data[0] != 0 {
			t.Errorf("the group has %+v", b)
		}
	})
}

// TestQuestions asks for an ID behind the group that has it, and leaves while a group runs: what
// writes nothing has no unknown outcome, and a question has no answer.
func TestQuestions(t *testing.T) {
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, true)
		guard := events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{Stream: "order-1"}}}
		first := s.later(t.Context(), one(1))
		<-s.begun
		ctx, cancel := context.WithCancel(t.Context())
		leaves := s.later(ctx, guard)
		asks := make(chan error, 1)
		go func() {
			_, _, err := s.Lookup(ctx, guard.ID)
			asks <- err
		}()
		each := make(chan []events.Outcome, 1)
		go func() { each <- s.AppendEach(ctx, []events.Commit{guard, one(1)}) }()
		s.waitQueued(t, 3)
		s.pass <- struct{}{}
		if err := <-first; err != nil {
			t.Error(err)
		}
		<-s.begun
		cancel()
		if err := <-leaves; err != context.Canceled {
			t.Errorf("a guard: %v", err)
		}
		if err := <-asks; !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
			t.Errorf("a question: %v", err)
		}
		if out := <-each; out[0].Err != context.Canceled || !errors.Is(out[1].Err, events.ErrUnknownOutcome) {
			t.Errorf("a group: %+v", out)
		}
		s.pass <- struct{}{}
		s.Close()
		if _, _, err := s.Lookup(t.Context(), guard.ID); err != events.ErrClosed {
			t.Errorf("after close: %v", err)
		}
	})
}

// TestClose refuses the queue, waits for the group that runs, and leaves no goroutine.
func TestClose(t *testing.T) {
	both(t, func(t *testing.T, local bool) {
		s := newStore(t, local, true)
		first := s.later(t.Context(), one(1))
		<-s.begun
		waits := s.later(t.Context(), one(1))
		s.waitQueued(t, 1)
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		if err := <-waits; err != events.ErrClosed {
			t.Errorf("in the queue: %v", err)
		}
		<-s.Closing()
		if _, err := s.Append(t.Context(), one(1)); err != events.ErrClosed {
			t.Errorf("after close: %v", err)
		}
		select {
		case <-closed:
			t.Error("close did not wait for the group")
		default:
		}
		s.pass <- struct{}{}
		if err := <-first; err != nil {
			t.Error(err)
		}
		<-closed
	})
}

// TestGone has a group that waits end when all of its callers have left, and not before.
func TestGone(t *testing.T) {
	here := context.Background()
	there, cancel := context.WithCancel(here)
	cancel()
	list := func(contexts ...context.Context) *Group {
		g := &Group{}
		for _, ctx := range contexts {
			g.first = append(g.first, &Request{ctx: ctx})
		}
		return g
	}
	if err := list(there, here).Gone(); err != nil {
		t.Error(err)
	}
	if err := list(there, there).Gone(); err != context.Canceled {
		t.Error(err)
	}
}

// TestGroupWait bounds how long a group waits for callers by what the last one took.
func TestGroupWait(t *testing.T) {
	for _, tt := range []struct{ took, want time.Duration }{
		{0, minGroupWait}, {minGroupWait, minGroupWait}, {4 * time.Millisecond, 500 * time.Microsecond}, {time.Hour, maxGroupWait},
	} {
		if got := groupWait(tt.took); got != tt.want {
			t.Errorf("after %s a group waits %s, want %s", tt.took, got, tt.want)
		}
	}
}
