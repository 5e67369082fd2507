package desk

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// index is the default Deadlines: it follows the log and keeps the running deadline of every
// order that has one, in memory. It reads the log once and from then on what is new. On another history
// of the log it has nothing that is due, but the *events.ForkError.
type index struct {
	desk *Desk
	busy chan struct{} // holds a token while a caller works on what is below; waiting for it can be cancelled

	at      events.Cursor             // up to where the log was read
	moved   map[events.StreamID]bool  // orders written to since they were last looked at; false: known to have ended
	broken  map[events.StreamID]error // orders that could not be folded; they are tried again
	running map[events.StreamID]Due   // the truth
	waiting waiting                   // the same by instant, with entries that are out of date
}

func newIndex(d *Desk) *index {
	return &index{
		desk: d, busy: make(chan struct{}, 1), moved: make(map[events.StreamID]bool),
		broken: make(map[events.StreamID]error), running: make(map[events.StreamID]Due),
	}
}

// Due catches up with the log and yields what is due.
func (x *index) Due(ctx context.Context, now time.Time) iter.Seq2[Due, error] {
	return func(yield func(Due, error) bool) {
		due, broken, err := x.collect(ctx, now)
		if err != nil {
			yield(Due{}, err)
			return
		}
		for _, d := range due {
			if !yield(d, nil) {
				return
			}
		}
		for _, b := range broken {
			if !yield(Due{Order: b.id}, b.err) {
				return
			}
		}
	}
}

// brokenOrder is an order whose stream cannot be folded; its id is zero if the stream has none.
type brokenOrder struct {
	stream events.StreamID
	id     trade.ID
	err    error
}

func (x *index) collect(ctx context.Context, now time.Time) ([]Due, []brokenOrder, error) {
	select {
	case x.busy <- struct{}{}:
		defer func() { <-x.busy }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if err := x.catchUp(ctx); err != nil {
		return nil, nil, err
	}
	var broken []brokenOrder
	for stream, err := range x.broken {
		id, _ := orderOf(stream)
		broken = append(broken, brokenOrder{stream, id, err})
	}
	slices.SortFunc(broken, func(a, b brokenOrder) int { return cmp.Compare(a.stream, b.stream) })
	return x.due(now), broken, nil
}

// due returns the deadlines that have passed. They stay in the index until the log shows their
// effect.
func (x *index) due(now time.Time) []Due {
	var (
		due  []Due
		kept []wait
	)
	for len(x.waiting) > 0 && !x.waiting[0].at.After(now) {
		w := heap.Pop(&x.waiting).(wait)
		d, ok := x.running[w.stream]
		if !ok || !d.At.Equal(w.at) || len(kept) > 0 && kept[len(kept)-1].stream == w.stream {
			continue // moved, met, or there twice because it moved and moved back
		}
		due, kept = append(due, d), append(kept, w)
	}
	for _, w := range kept {
		heap.Push(&x.waiting, w)
	}
	return due
}

// catchUp looks at every order that was written to since the last time. After an error it goes on
// from there the next time.
func (x *index) catchUp(ctx context.Context) error {
	for r, err := range events.ReadFrom(ctx, x.desk.store, &x.at, events.Filter{Categories: []string{order.Category, paylater.Category}}) {
		if err != nil {
			return err
		}
		x.moved[r.Stream] = !ends(r.Type)
	}
	for stream := range x.broken {
		x.moved[stream] = true
	}
	for stream, alive := range x.moved {
		if err := x.look(ctx, stream, alive); err != nil {
			return err
		}
		delete(x.moved, stream)
	}
	if len(x.waiting) > 2*len(x.running)+1000 {
		x.sweep()
	}
	return nil
}

// ends reports whether an order has no deadline after an event of that type, so that it need
// not be looked at.
func ends(typ string) bool {
	switch typ {
	case order.KindClosed.String(), order.KindReceiptConfirmed.String(), order.KindCompleted.String(),
		paylater.KindCancelled.String(), paylater.KindReturned.String(), paylater.KindWrittenOff.String():
		return true
	}
	return false
}

// look notes the deadline of an order. The error is of the store; a broken order is noted as such.
func (x *index) look(ctx context.Context, stream events.StreamID, alive bool) error {
	var deadline Due
	runs := false
	delete(x.broken, stream)
	if id, err := orderOf(stream); err != nil {
		x.broken[stream] = &events.CorruptError{Stream: stream, Err: err}
	} else if alive {
		deadline, runs, err = x.desk.deadline(ctx, stream, id)
		var corrupt *events.CorruptError
		switch {
		case errors.As(err, &corrupt):
			x.broken[stream] = err
		case err != nil:
			return err
		}
	}
	if !runs {
		delete(x.running, stream)
		return nil
	}
	before, ran := x.running[stream]
	x.running[stream] = deadline
	if !ran || !before.At.Equal(deadline.At) {
		heap.Push(&x.waiting, wait{deadline.At, stream})
	}
	return nil
}

// deadline returns the running deadline of an order of either kind, and whether there is one.
func (d *Desk) deadline(ctx context.Context, stream events.StreamID, id trade.ID) (Due, bool, error) {
	if stream.Category() == paylater.Category {
		o, _, err := payLaterOrders.model.View(ctx, d.store, stream, d.options...)
		x, runs := o.Deadline()
		return Due{Order: id, At: x.At, Kind: x.Kind, Do: OnPayLater(id, x.Command)}, runs, err
	}
	o, _, err := orders.model.View(ctx, d.store, stream, d.options...)
	x, runs := o.Deadline()
	return Due{Order: id, At: x.At, Kind: x.Kind, Do: OnOrder(id, x.Command)}, runs, err
}

// sweep drops outdated entries, once they are most of the heap.
func (x *index) sweep() {
	x.waiting = make(waiting, 0, len(x.running))
	for stream, d := range x.running {
		x.waiting = append(x.waiting, wait{d.At, stream})
	}
	heap.Init(&x.waiting)
}

func orderOf(stream events.StreamID) (trade.ID, error) {
	key, _ := stream.Key()
	return trade.ParseID(key)
}

// wait is an order and the instant of its deadline.
type wait struct {
	at     time.Time
	stream events.StreamID
}

// waiting is a heap by instant and then by id, which the stream has as its key.
type waiting []wait

func (h waiting) Len() int      { return len(h) }
func (h waiting) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h *waiting) Push(w any)   { *h = append(*h, w.(wait)) }

func (h waiting) Less(i, k int) bool {
	return cmp.Or(h[i].at.Compare(h[k].at), cmp.Compare(h[i].stream, h[k].stream)) < 0
}

func (h *waiting) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	*h = (*h)[:last]
	return w
}
