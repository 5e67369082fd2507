package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// A group waits for the callers of the group before it, at most for a part of the time that it
// took: the cost of a caller who misses the group grows with that time, and the wait stays
// small beside it. The bounds are for a store that is near and fast, and for one that was held up.
const (
	groupWaitPart = 8
	minGroupWait  = 100 * time.Microsecond
	maxGroupWait  = time.Millisecond
)

// groupWait returns the longest that a group waits for callers after one that took so long.
func groupWait(took time.Duration) time.Duration {
	return min(max(took/groupWaitPart, minGroupWait), maxGroupWait)
}

// Writer passes the right to write from owner to owner. The owner is the gathering goroutine,
// which is made the owner when requests are queued, or, with a local store, a caller who found
// the writer idle.
type Writer struct {
	run     func(*Group)
	local   bool
	observe func(events.GroupDone) // may be nil
	mu      sync.Mutex
	owned   bool
	running *Group // that of the owner; nil while there is none
	queue   []*Request
	enough  int // the length of the queue at which full is signalled; 0 for never
	full    chan struct{}
	closed  bool
	closing chan struct{} // closed when closed is set
	idle    chan struct{} // closed when the writer is closed and idle
	wake    chan struct{} // makes the gathering goroutine the owner
	done    chan struct{} // closed when the gathering goroutine has ended
}

// New returns a writer that has run execute one group at a time. The function fills in the
// answers or fails the group; it never runs under the context of a caller, since an interrupt for
// one would fail all.
//
// A local store lies in this process. A caller who finds its writer idle runs its own request on
// its own goroutine and gets the outcome even if its context ends first, and requests may join a
// group while it runs. The groups of any other store run on the gathering goroutine alone, since
// a call over the network must not keep a caller whose context has ended, and are gathered before
// they run.
//
// observe, if not nil, is called after each group.
func New(local bool, run func(*Group), observe func(events.GroupDone)) *Writer {
	w := &Writer{
		run:     run,
		local:   local,
		observe: observe,
		closing: make(chan struct{}),
		idle:    make(chan struct{}),
		full:    make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	go w.gather()
	return w
}

// Append has one valid commit decided. It is Append of events.Store.
func (w *Writer) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	r := &struct {
		Request
		commit [1]events.Commit
		answer [1]events.Outcome
	}{Request: Request{ctx: ctx}, commit: [1]events.Commit{c}}
	r.commits, r.answers = r.commit[:], r.answer[:]
	if err := w.submit(&r.Request); err != nil {
		return events.Receipt{}, err
	}
	return r.answer[0].Receipt, r.answer[0].Err
}

// AppendEach has commits decided in order, those that fit together in one group. It is AppendEach
// of events.Store.
func (w *Writer) AppendEach(ctx context.Context, commits []events.Commit) []events.Outcome {
	answers := make([]events.Outcome, len(commits))
	valid, places := make([]events.Commit, 0, len(commits)), make([]int, 0, len(commits))
	for i := range commits {
		if answers[i].Err = commits[i].Validate(); answers[i].Err == nil {
			valid, places = append(valid, commits[i]), append(places, i)
		}
	}
	for len(valid) > 0 {
		n := admit.Part(valid)
		// A group whose caller has left still writes answers, so they are the request's own.
		r := &Request{ctx: ctx, commits: valid[:n], answers: make([]events.Outcome, n)}
		err := w.submit(r)
		for i, place := range places[:n] {
			switch {
			case err == nil:
				answers[place] = r.answers[i]
			case r.commits[i].IsGuard() && errors.Is(err, events.ErrUnknownOutcome):
				answers[place].Err = ctx.Err() // it writes nothing, whatever becomes of the group
			default:
				answers[place].Err = err
			}
		}
		valid, places = valid[n:], places[n:]
	}
	return answers
}

// Save has a valid snapshot saved.
func (w *Writer) Save(ctx context.Context, s events.Snapshot) error {
	return w.submit(&Request{ctx: ctx, snapshot: &s})
}

// Lookup returns the first receipt of a commit ID and whether it is known, as it is decided in a
// group: under the lock of the store, and after every group that was begun before. That an ID is
// not known is final for what this writer was asked before. While that cannot be decided, and when
// the context ends, the error is events.ErrUnknownOutcome.
func (w *Writer) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	// A guard whose ID is known is answered by the ID, whatever its digest and its version are.
	r, err := w.Append(ctx, events.Commit{ID: id, Batches: []events.Batch{{Stream: "lookup-id"}}})
	if duplicate, ok := errors.AsType[*events.DuplicateError](err); ok {
		return duplicate.First, true, nil
	}
	if _, ok := errors.AsType[*events.ConflictError](err); err == nil || ok {
		known := r.Repeated
		if r.Repeated = false; !known {
			r = events.Receipt{}
		}
		return r, known, nil
	}
	_, fork := errors.AsType[*events.ForkError](err)
	if !fork && !errors.Is(err, events.ErrClosed) && !errors.Is(err, events.ErrUnknownOutcome) {
		err = fmt.Errorf("%w: %w", events.ErrUnknownOutcome, err)
	}
	return events.Receipt{}, false, err
}

// Closing is closed when Close has begun.
func (w *Writer) Closing() <-chan struct{} { return w.closing }

// Runs reports whether the group that runs has claimed a commit with that ID.
func (w *Writer) Runs(id uuid.UUID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return false
	}
	for _, r := range w.running.requests {
		for i := range r.commits {
			if r.commits[i].ID == id {
				return true
			}
		}
	}
	return false
}

// execute runs a group.
func (w *Writer) execute(g *Group) {
	note := func(g *Group) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.running = g
	}
	note(g)
	w.run(g)
	note(nil)
}

func (w *Writer) observes() bool { return w.observe != nil }

// report returns what tells the observer of a group that has run, unless all of its callers had left.
// It looks at the commits before their callers are woken, who may reuse them.
func (w *Writer) report(g *Group) (tell func()) {
	if !w.observes() || len(g.requests) == 0 {
		return func() {}
	}
	done := g.done()
	return func() { w.observe(done) }
}

// Queued returns how many requests wait in the queue.
func (w *Writer) Queued() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// Close refuses what waits with events.ErrClosed, lets what runs finish, and ends the gathering
// goroutine. It may be called once.
func (w *Writer) Close() {
	w.mu.Lock()
	w.closed = true
	close(w.closing)
	for _, r := range w.queue {
		r.refuse(events.ErrClosed)
	}
	w.queue = nil
	if !w.owned {
		close(w.idle)
	}
	w.mu.Unlock()
	<-w.idle
	close(w.wake)
	<-w.done
}

// submit executes the request and returns when it is answered or its caller has left.
func (w *Writer) submit(r *Request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for i := range r.commits {
		r.size.Add(&r.commits[i])
	}
	if w.observes() {
		r.since = time.Now()
	}
	if w.local {
		switch own, err := w.enter(r, false); {
		case err != nil:
			return err
		case own:
			g := Group{writer: w, first: []*Request{r}}
			w.execute(&g)
			tell := w.report(&g)
			g.deliver()
			w.release()
			tell()
			return r.err
		}
	}
	r.keep()
	r.done = make(chan struct{})
	own, err := w.enter(r, true)
	if err != nil {
		return err
	}
	if own {
		w.wake <- struct{}{}
	}
	select {
	case <-r.done:
		return r.err
	case <-r.ctx.Done():
	}
	if r.leave() {
		return r.ctx.Err()
	}
	select {
	case <-r.done:
		return r.err
	default:
		if r.snapshot == nil && r.size.Events == 0 {
			return r.ctx.Err() // it writes nothing, whatever becomes of the group
		}
		return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, r.ctx.Err())
	}
}

// enter takes the ownership if the writer is idle, and puts the request into the queue if it is
// asked to.
func (w *Writer) enter(r *Request, queue bool) (own bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false, events.ErrClosed
	}
	if queue {
		w.queue = append(w.queue, r)
		if len(w.queue) == w.enough {
			w.full <- struct{}{}
		}
	}
	own = !w.owned
	w.owned = true
	return own, nil
}

// release ends the ownership of a caller.
func (w *Writer) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		w.wake <- struct{}{}
		return
	}
	w.disown()
}

// disown leaves the writer idle. The mutex is held.
func (w *Writer) disown() {
	w.owned = false
	if w.closed {
		close(w.idle)
	}
}

// gather runs groups whenever it is made the owner.
func (w *Writer) gather() {
	defer close(w.done)
	p := pause{timer: time.NewTimer(0), longest: minGroupWait}
	for range w.wake {
		// As many callers are expected back as there were a moment ago: the members of the last
		// group and those who queued behind them. A single caller does not wait.
		for callers := 1; ; {
			g := w.next(callers, &p)
			if g == nil {
				break
			}
			begun := time.Now()
			w.execute(g)
			p.longest = groupWait(time.Since(begun))
			callers = len(g.requests) + w.Queued()
			tell := w.report(g)
			g.deliver()
			tell()
		}
	}
}

// pause is how long the gathering goroutine waits for callers, and its clock.
type pause struct {
	timer   *time.Timer
	longest time.Duration
}

// await waits until so many requests are queued, at most as long as p says.
func (w *Writer) await(n int, p *pause) {
	w.mu.Lock()
	if len(w.queue) >= n {
		w.mu.Unlock()
		return
	}
	w.enough = n
	w.mu.Unlock()
	// Blocking, unlike a loop, leaves the processor to those it waits for.
	p.timer.Reset(p.longest)
	select {
	case <-w.full:
	case <-p.timer.C:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enough = 0
	select {
	case <-w.full:
	default:
	}
}

// next begins a group with the first requests of the queue. With an empty queue it ends the
// ownership.
func (w *Writer) next(callers int, p *pause) *Group {
	if callers > 1 {
		enough := callers
		if w.local {
			enough = 1 // the others join
		}
		w.await(enough, p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.disown()
		return nil
	}
	g := &Group{writer: w, callers: callers, pause: p}
	g.first = w.pop(g)
	return g
}

// take takes requests off the queue that may still join the group.
func (w *Writer) take(g *Group) []*Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pop(g)
}

// pop takes off the queue what fits into the group. The mutex is held.
func (w *Writer) pop(g *Group) []*Request {
	n := 0
	for _, r := range w.queue {
		size := g.size.Plus(r.size)
		alone := n == 0 && len(g.requests) == 0
		if !alone && (r.snapshot != nil || !size.Fits()) {
			break
		}
		g.size = size
		n++
		if r.snapshot != nil {
			break
		}
	}
	if n == 0 {
		return nil
	}
	list := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	return list
}
