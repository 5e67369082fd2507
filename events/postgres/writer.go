package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
)

// A group waits for the callers of the group before it, at most for a part of the time that it
// took: the cost of a caller who misses the group grows with that time, and the wait stays
// small beside it. The bounds are for a server that is near, and for one that was held up.
const (
	groupWaitPart = 8
	minGroupWait  = 100 * time.Microsecond
	maxGroupWait  = time.Millisecond
)

// groupWait returns the longest that a group waits for callers after one that took so long.
func groupWait(took time.Duration) time.Duration {
	return min(max(took/groupWaitPart, minGroupWait), maxGroupWait)
}

// writer gathers the requests of all callers into groups and has one goroutine, the committer,
// commit them one after the other.
type writer struct {
	log     *log
	mu      sync.Mutex
	queue   []*request
	enough  int // the length of the queue at which full is signalled; 0 for never
	full    chan struct{}
	wake    chan struct{} // says that the queue is not empty, or that closed is set
	closed  bool
	stop    context.CancelFunc // of the log's attempts to connect
	done    chan struct{}      // closed when the committer has ended
	waiting bool               // the committer waits for wake
}

// request is what one caller wants written.
type request struct {
	ctx     context.Context
	commits []events.Commit
	answers []events.Outcome
	err     error // of a request that was not executed
	state   atomic.Int32
	done    chan struct{} // closed when answers and err are set
}

// The states of a request. A caller may leave while it waits; from the moment its group is
// sent, only the server decides its outcome.
const (
	waiting = iota
	taken
	left
)

func newWriter(d *dialer, first *link, changed *signal) *writer {
	life, stop := context.WithCancel(context.Background())
	w := &writer{
		log:  &log{dialer: d, changed: changed, life: life, heads: make(map[events.StreamID]events.Version)},
		full: make(chan struct{}, 1),
		wake: make(chan struct{}, 1),
		stop: stop,
		done: make(chan struct{}),
	}
	w.log.use(first)
	go w.commit()
	return w
}

// submit executes the request and returns when it is answered or its caller has left.
func (w *writer) submit(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	// The caller may leave and reuse its bytes while the group is still written.
	r.keep()
	r.done = make(chan struct{})
	if err := w.enter(r); err != nil {
		return err
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

// enter puts the request into the queue.
func (w *writer) enter(r *request) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return events.ErrClosed
	}
	w.queue = append(w.queue, r)
	if len(w.queue) == w.enough {
		w.full <- struct{}{}
	}
	w.rouse()
	return nil
}

// rouse wakes the committer if it waits. The mutex is held.
func (w *writer) rouse() {
	if w.waiting {
		w.waiting = false
		w.wake <- struct{}{}
	}
}

// commit is the committer. It never runs under the context of a caller: interrupting a group for
// one caller would leave all of them without an answer.
func (w *writer) commit() {
	defer close(w.done)
	defer w.log.drop()
	patience := time.NewTimer(0)
	callers, took := 0, time.Duration(0)
	for {
		w.await(callers, groupWait(took), patience)
		group, closed := w.take()
		if closed {
			return
		}
		if group == nil {
			<-w.wake
			callers = 0
			continue
		}
		begun := time.Now()
		members := w.log.run(group)
		took = time.Since(begun)
		callers = len(members) + w.queued()
		for _, r := range members {
			close(r.done)
		}
	}
}

func (w *writer) queued() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// await waits, at most for longest, until as many requests are queued as there were callers
// before the last group was answered: its members and those who queued behind them. A single
// caller does not wait.
func (w *writer) await(callers int, longest time.Duration, patience *time.Timer) {
	w.mu.Lock()
	if callers <= 1 || len(w.queue) >= callers || w.closed {
		w.mu.Unlock()
		return
	}
	w.enough = callers
	w.mu.Unlock()
	patience.Reset(longest)
	select {
	case <-w.full:
	case <-patience.C:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enough = 0
	select {
	case <-w.full:
	default:
	}
}

// take takes a group off the queue. With an empty queue it reports whether the writer is closed.
func (w *writer) take() (group []*request, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.waiting = !w.closed
		return nil, w.closed
	}
	members, rows, n := 0, 0, 0
	for _, r := range w.queue {
		members += len(r.commits)
		rows += r.rows()
		if n > 0 && (members > events.MaxGroup || rows > events.MaxGroupEvents) {
			break
		}
		n++
	}
	group = slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	return group, false
}

// close refuses what waits, lets what runs finish, and ends the committer.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	for _, r := range w.queue {
		if r.claim() {
			r.err = events.ErrClosed
			close(r.done)
		}
	}
	w.queue = nil
	w.rouse()
	w.mu.Unlock()
	w.stop()
	late := time.AfterFunc(w.log.grace, w.log.sever)
	<-w.done
	late.Stop()
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
}

func (r *request) rows() int {
	n := 0
	for i := range r.commits {
		n += r.commits[i].Events()
	}
	return n
}

// claim takes the request for a group that is about to be sent, unless its caller has left.
func (r *request) claim() bool { return r.state.CompareAndSwap(waiting, taken) }
