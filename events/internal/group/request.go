package group

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// Request is what one caller wants written: commits, or a snapshot.
type Request struct {
	ctx      context.Context
	commits  []events.Commit
	answers  []events.Outcome
	snapshot *events.Snapshot
	size     admit.Size
	since    time.Time // when it was asked, for an observer
	err      error     // of a request that was not executed
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

// keep copies what the request shares with its caller, who may leave and reuse its bytes while
// the group still writes them.
func (r *Request) keep() {
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

// claim takes the request for a transaction that has begun, unless its caller has left.
func (r *Request) claim() bool { return r.state.CompareAndSwap(waiting, taken) }

// leave lets the caller go, unless the request was claimed.
func (r *Request) leave() bool { return r.state.CompareAndSwap(waiting, left) }

// refuse answers a request that no transaction has claimed.
func (r *Request) refuse(err error) {
	if r.claim() {
		r.err = err
		r.answer()
	}
}

// answer wakes the caller of a claimed request.
func (r *Request) answer() {
	if r.done != nil {
		close(r.done)
	}
}
