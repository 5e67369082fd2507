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
	world   *world
	moved   []*affair
	waiting waiting
}

// note takes note that an order has moved.
func (d *deadlines) note(a *affair) {
	if !a.moved {
		a.moved = true
		d.moved = append(d.moved, a)
	}
}

// Due implements desk.Deadlines.
func (d *deadlines) Due(ctx context.Context, now time.Time) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		if err := d.look(ctx); err != nil {
			yield(desk.Due{}, err)
			return
		}
		var list []*affair
		for len(d.waiting) > 0 && d.waiting[0].at <= now.UnixNano() {
			w := d.waiting.pop()
			if a := w.affair; !a.over && a.due == w.at {
				list = append(list, a)
				// It stays noted as moved until the log says what became of it: were it not
				// carried out, it would be due again.
				d.note(a)
				a.due = 0
			}
		}
		for _, a := range list {
			due, runs, err := d.of(ctx, a)
			if err != nil {
				yield(desk.Due{}, err)
				return
			}
			if !runs || due.At.After(now) || a.served.now.Equal(now) && !a.served.at.Equal(due.At) {
				continue
			}
			a.served = served{now, due.At}
			if !yield(due, nil) {
				return
			}
		}
	}
}

// look learns the deadlines of the orders that have moved.
func (d *deadlines) look(ctx context.Context) error {
	for len(d.moved) > 0 {
		a := d.moved[len(d.moved)-1]
		due, runs, err := d.of(ctx, a)
		if err != nil {
			return err
		}
		d.moved = d.moved[:len(d.moved)-1]
		a.moved = false
		before := a.due
		if a.due = 0; runs {
			a.due = due.At.UnixNano()
		}
		if runs && a.due != before {
			d.waiting.push(wait{a.due, a})
		}
	}
	return nil
}

// of returns the deadline that runs on an order, and whether one does.
func (d *deadlines) of(ctx context.Context, a *affair) (desk.Due, bool, error) {
	if a.over {
		return desk.Due{}, false, nil
	}
	p := d.world.processes[0].desk
	if a.sale {
		o, _, err := p.ReadPayLater(ctx, system, a.id)
		if err != nil {
			return desk.Due{}, false, absent(err)
		}
		x, runs := o.Deadline()
		if !runs {
			return desk.Due{}, false, nil
		}
		return desk.Due{Order: a.id, At: x.At, Kind: x.Kind, Do: desk.OnPayLater(a.id, x.Command)}, true, nil
	}
	o, _, err := p.ReadOrder(ctx, system, a.id)
	if err != nil {
		return desk.Due{}, false, absent(err)
	}
	x, runs := o.Deadline()
	if !runs {
		return desk.Due{}, false, nil
	}
	return desk.Due{Order: a.id, At: x.At, Kind: x.Kind, Do: desk.OnOrder(a.id, x.Command)}, true, nil
}

// absent returns nil for an order that nobody has placed yet.
func absent(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

// served is a deadline that was told of, and at which instant.
type served struct{ now, at time.Time }

// wait is an order that waits for an instant, in nanoseconds since 1970.
type wait struct {
	at     int64
	affair *affair
}

// before orders by instant and then by the name of the stream: the kinds of orders are in the
// order of their categories, and the IDs in that of their texts.
func (a *wait) before(b *wait) bool {
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.affair.sale != b.affair.sale:
		return b.affair.sale
	}
	return bytes.Compare(a.affair.id[:], b.affair.id[:]) < 0
}

// waiting is a binary heap. What is out of date in it is known by the instant, which is then not
// that of the order any more.
type waiting []wait

func (h *waiting) push(w wait) {
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

func (h *waiting) pop() wait {
	list, last := *h, len(*h)-1
	first := list[0]
	list[0], list[last] = list[last], wait{}
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
