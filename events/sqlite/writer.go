package sqlite

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// A group waits for the callers of the group before it, at most for a part of the time that it
// took: the cost of a caller who misses the group grows with that time, and the wait stays
// small beside it. The bounds are for a fast disk, and for one that was held up.
const (
	groupWaitPart = 8
	minGroupWait  = 100 * time.Microsecond
	maxGroupWait  = time.Millisecond
)

// groupWait returns the longest that a group waits for callers after one that took so long.
func groupWait(took time.Duration) time.Duration {
	return min(max(took/groupWaitPart, minGroupWait), maxGroupWait)
}

// writer passes the one writing connection from owner to owner. The owner is either a caller
// who found it idle and runs its own request, or the gathering goroutine, to which a caller
// passes it when others have queued up behind it.
type writer struct {
	log     *log // belongs to the owner
	mu      sync.Mutex
	owned   bool
	queue   []*request
	enough  int // the length of the queue at which full is signalled; 0 for never
	full    chan struct{}
	closed  bool
	closing chan struct{} // closed when closed is set
	idle    chan struct{} // closed when the writer is closed and idle
	wake    chan struct{} // makes the gathering goroutine the owner
	done    chan struct{} // closed when the gathering goroutine has ended
}

// request is what one caller wants written: commits, or a snapshot.
type request struct {
	ctx      context.Context
	commits  []events.Commit
	answers  []events.Outcome
	snapshot *events.Snapshot
	err      error // of a request that was not executed
	state    atomic.Int32
	done     chan struct{} // closed when answers and err are set; nil for a caller who is the owner
}

// The states of a request. A caller may leave while it waits; from the moment its transaction
// has begun, only the transaction decides its outcome.
const (
	waiting = iota
	taken
	left
)

func newWriter(conn *sqlite.Conn, h hooks, changed *signal) (*writer, error) {
	w := &writer{
		closing: make(chan struct{}),
		idle:    make(chan struct{}),
		full:    make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	var err error
	if w.log, err = newLog(conn, h, changed, w.closing); err != nil {
		return nil, err
	}
	go w.gather()
	return w, nil
}

// submit executes the request and returns when it is answered or its caller has left.
func (w *writer) submit(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for _, queue := range []bool{false, true} {
		own, err := w.enter(r, queue)
		if err != nil {
			return err
		}
		if own {
			w.log.run([]*request{r}, nil)
			w.release()
			return r.err
		}
		if !queue {
			// The caller may leave and reuse its bytes while the group still writes them.
			r.keep()
		}
	}
	select {
	case <-r.done:
		return r.err
	case <-r.ctx.Done():
	}
	if r.state.CompareAndSwap(waiting, left) {
		return r.ctx.Err()
	}
	select {
	case <-r.done:
		return r.err
	default:
		return fmt.Errorf("%w: %w", events.ErrUnknownOutcome, r.ctx.Err())
	}
}

// enter makes the caller the owner if the writer is idle. Otherwise, if asked to, it puts the
// request into the queue.
func (w *writer) enter(r *request, queue bool) (own bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return false, events.ErrClosed
	case !w.owned:
		w.owned = true
		return true, nil
	case queue:
		r.done = make(chan struct{})
		w.queue = append(w.queue, r)
		if len(w.queue) == w.enough {
			w.full <- struct{}{}
		}
	}
	return false, nil
}

// release ends the ownership of a caller.
func (w *writer) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		w.wake <- struct{}{}
		return
	}
	w.disown()
}

// disown leaves the writer idle. The mutex is held.
func (w *writer) disown() {
	w.owned = false
	if w.closed {
		close(w.idle)
	}
}

// gather runs groups whenever it is made the owner.
func (w *writer) gather() {
	defer close(w.done)
	p := pause{timer: time.NewTimer(0), longest: minGroupWait}
	for range w.wake {
		// As many callers are expected back as there were a moment ago. A single caller does
		// not wait.
		for callers := 1; ; {
			first := w.next(callers > 1, &p)
			if first == nil {
				break
			}
			waited, begun := false, time.Now()
			members := w.log.run(first, func(g *group) []*request {
				list := w.take(g)
				if missing := callers - len(g.requests); list == nil && missing > 0 && !waited {
					waited = true
					w.await(missing, &p)
					list = w.take(g)
				}
				return list
			})
			p.longest = groupWait(time.Since(begun))
			callers = len(members) + w.queued()
			for _, r := range members {
				r.answer()
			}
		}
	}
}

func (w *writer) queued() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// pause is how long the gathering goroutine waits for callers, and its clock.
type pause struct {
	timer   *time.Timer
	longest time.Duration
}

// await waits until so many requests are queued, at most as long as p says.
func (w *writer) await(n int, p *pause) {
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

// next takes the first requests of a group off the queue. With an empty queue it ends the
// ownership.
func (w *writer) next(wait bool, p *pause) []*request {
	if wait {
		w.await(1, p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.disown()
		return nil
	}
	return w.pop(&group{})
}

// take takes requests off the queue that may still join the group.
func (w *writer) take(g *group) []*request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pop(g)
}

// pop takes off the queue what fits into the group. The mutex is held.
func (w *writer) pop(g *group) []*request {
	members, rows, n := len(g.commits), g.rows, 0
	for _, r := range w.queue {
		members += len(r.commits)
		rows += r.rows()
		alone := n == 0 && len(g.requests) == 0
		if !alone && (r.snapshot != nil || members > events.MaxGroup || rows > events.MaxGroupEvents) {
			break
		}
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

// close refuses what waits, lets what runs finish, and ends the gathering goroutine.
func (w *writer) close() {
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

// keep copies what the request shares with its caller.
func (r *request) keep() {
	if r.ctx.Done() == nil {
		return
	}
	r.commits = slices.Clone(r.commits)
	for i := range r.commits {
		c := &r.commits[i]
		c.Batches = slices.Clone(c.Batches)
		for b := range c.Batches {
			list := slices.Clone(c.Batches[b].Events)
			for e := range list {
				list[e].Meta = slices.Clone(list[e].Meta)
				list[e].Data = slices.Clone(list[e].Data)
			}
			c.Batches[b].Events = list
		}
	}
	if r.snapshot != nil {
		s := *r.snapshot
		s.Data = slices.Clone(s.Data)
		r.snapshot = &s
	}
}

func (r *request) rows() int {
	n := 0
	for i := range r.commits {
		n += r.commits[i].Events()
	}
	return n
}

// claim takes the request for a transaction that has begun, unless its caller has left.
func (r *request) claim() bool { return r.state.CompareAndSwap(waiting, taken) }

// refuse answers a request that no transaction has claimed.
func (r *request) refuse(err error) {
	if r.claim() {
		r.err = err
		r.answer()
	}
}

// answer wakes the caller of a claimed request.
func (r *request) answer() {
	if r.done != nil {
		close(r.done)
	}
}
