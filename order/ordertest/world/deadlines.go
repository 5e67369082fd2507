package world

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// tickEvery is how often the system executes what is due.
const tickEvery = 4 * time.Hour

// deadlines is a desk.Deadlines outside of the processes, like one that is kept in a database: the follower
// marks the orders that have moved. Due costs no more than the orders that have moved since the last call
// and those that are due.
type deadlines struct {
	world *world
	moved []*liveOrder
	heap  dueHeap
}

// markMoved notes that an order has new events, so that refresh reads its deadline.
func (d *deadlines) markMoved(l *liveOrder) {
	if !l.moved {
		l.moved = true
		d.moved = append(d.moved, l)
	}
}

// Due implements desk.Deadlines.
func (d *deadlines) Due(ctx context.Context, now time.Time) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		if err := d.refresh(ctx); err != nil {
			yield(desk.Due{}, err)
			return
		}
		var list []*liveOrder
		for len(d.heap) > 0 && d.heap[0].at <= now.UnixNano() {
			w := d.heap.pop()
			if l := w.order; !l.over && l.due == w.at {
				list = append(list, l)
				// Marked as moved, it is due again if its command is not executed.
				d.markMoved(l)
				l.due = 0
			}
		}
		for _, l := range list {
			due, runs, err := d.deadlineOf(ctx, l)
			if err != nil {
				yield(desk.Due{}, err)
				return
			}
			if !runs || due.At.After(now) || l.yielded.now.Equal(now) && !l.yielded.at.Equal(due.At) {
				continue
			}
			l.yielded = yieldedDue{now, due.At}
			if !yield(due, nil) {
				return
			}
		}
	}
}

// refresh reads the deadlines of the orders that have moved.
func (d *deadlines) refresh(ctx context.Context) error {
	for len(d.moved) > 0 {
		l := d.moved[len(d.moved)-1]
		due, runs, err := d.deadlineOf(ctx, l)
		if err != nil {
			return err
		}
		d.moved = d.moved[:len(d.moved)-1]
		l.moved = false
		before := l.due
		if l.due = 0; runs {
			l.due = due.At.UnixNano()
		}
		if runs && l.due != before {
			d.heap.push(dueOrder{l.due, l})
		}
	}
	return nil
}

// deadlineOf returns the running deadline of an order, and whether there is one.
func (d *deadlines) deadlineOf(ctx context.Context, l *liveOrder) (desk.Due, bool, error) {
	if l.over {
		return desk.Due{}, false, nil
	}
	p := d.world.processes[0].desk
	if l.payLater {
		o, _, err := p.ReadPayLater(ctx, system, l.id)
		if err != nil {
			return desk.Due{}, false, ignoreNotFound(err)
		}
		x, runs := o.Deadline()
		if !runs {
			return desk.Due{}, false, nil
		}
		return desk.Due{Order: l.id, At: x.At, Kind: x.Kind, Do: desk.OnPayLater(l.id, x.Command)}, true, nil
	}
	o, _, err := p.ReadOrder(ctx, system, l.id)
	if err != nil {
		return desk.Due{}, false, ignoreNotFound(err)
	}
	x, runs := o.Deadline()
	if !runs {
		return desk.Due{}, false, nil
	}
	return desk.Due{Order: l.id, At: x.At, Kind: x.Kind, Do: desk.OnOrder(l.id, x.Command)}, true, nil
}

// ignoreNotFound returns nil if the error says that the order does not exist yet.
func ignoreNotFound(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

// ticks is the task that has the system execute what is due.
type ticks struct{}

func (t *ticks) run(w *world, _ uint64) {
	w.tick(0)
	if w.odds(20) && !w.Config.Index {
		w.idleTick()
	}
	if w.running() {
		w.agenda.put(w.now.Add(tickEvery), t)
	}
}

// tick runs Desk.Tick at one of the processes until it returns without a fault.
func (w *world) tick(i int) {
	for w.err == nil {
		w.lastIssued = issued{by: trade.Actor{Role: trade.System}}
		done, err := w.processes[i].desk.Tick(w.ctx, w.now)
		w.follow()
		for _, x := range done {
			w.report.Commands++
			w.lastIssued = issued{trade.Actor{Role: trade.System}, x.Do}
			w.checkOutcome(may, x.Err)
		}
		if w.mustRetry(err) {
			continue
		}
		if err != nil {
			w.fail(err)
		}
		return
	}
}

// idleTick runs a tick at the other process at the same instant, which must write nothing.
func (w *world) idleTick() {
	before := w.report.Events
	w.tick(1)
	if w.report.Events != before {
		w.fail(errors.New("a second tick at the same instant has written events"))
	}
}

// yieldedDue is a deadline that Due has yielded, and the instant of that call.
type yieldedDue struct{ now, at time.Time }

// dueOrder is an order whose deadline is at an instant, in nanoseconds since 1970.
type dueOrder struct {
	at    int64
	order *liveOrder
}

// before orders by instant and then as the streams' names do: assurance orders before pay-later orders,
// then by ID.
func (a *dueOrder) before(b *dueOrder) bool {
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.order.payLater != b.order.payLater:
		return b.order.payLater
	}
	return bytes.Compare(a.order.id[:], b.order.id[:]) < 0
}

// dueHeap is a binary heap. An entry is out of date if its instant differs from the deadline of its order.
type dueHeap []dueOrder

func (h *dueHeap) push(w dueOrder) {
	*h = append(*h, w)
	list := *h
	for i := len(list) - 1; i > 0; {
		up := (i - 1) / 2
		if !list[i].before(&list[up]) {
			return
		}
		list[i], list[up] = list[up], list[i]
		i = up
	}
}

func (h *dueHeap) pop() dueOrder {
	list, last := *h, len(*h)-1
	first := list[0]
	list[0], list[last] = list[last], dueOrder{}
	list = list[:last]
	*h = list
	for i := 0; ; {
		least := i
		for _, down := range [...]int{2*i + 1, 2*i + 2} {
			if down < last && list[down].before(&list[least]) {
				least = down
			}
		}
		if least == i {
			return first
		}
		list[i], list[least] = list[least], list[i]
		i = least
	}
}
