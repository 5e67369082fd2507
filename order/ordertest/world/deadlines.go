package world

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tradesurety/surety/order/desk"
)

// tickEvery is how often the system looks what is due.
const tickEvery = 4 * time.Hour

// deadlines is a desk.Deadlines that lives outside of the processes, as one that is kept in a
// database would: the follower tells it which orders have moved. Looking up what is due costs no
// more than what has moved since the last time and what is due.
type deadlines struct {
	world *world
	moved []*liveOrder
	heap  dueHeap
}

// markMoved takes note that an order has moved.
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
				// It stays noted as moved until the log says what became of it: were it not
				// carried out, it would be due again.
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

// refresh learns the deadlines of the orders that have moved.
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

// deadlineOf returns the deadline that runs on an order, and whether one does.
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

// ignoreNotFound returns nil for an order that nobody has placed yet.
func ignoreNotFound(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

// yieldedDue is a deadline that was told of, and at which instant.
type yieldedDue struct{ now, at time.Time }

// dueOrder is an order that waits for an instant, in nanoseconds since 1970.
type dueOrder struct {
	at    int64
	order *liveOrder
}

// before orders by instant and then by the name of the stream: the kinds of orders are in the
// order of their categories, and the IDs in that of their texts.
func (a *dueOrder) before(b *dueOrder) bool {
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.order.payLater != b.order.payLater:
		return b.order.payLater
	}
	return bytes.Compare(a.order.id[:], b.order.id[:]) < 0
}

// dueHeap is a binary heap. What is out of date in it is known by the instant, which is then not
// that of the order any more.
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
