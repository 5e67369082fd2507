package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

// Fold: events become a state. Nothing is decided here.

// Apply folds one event into the state in place. An error means that the history cannot be that
// of an order: the event has no step from this phase, or contradicts the events before it. The
// state is then unchanged.
//
// An event has a method contradicts if a wrong one would bind the wrong person, move money, quota
// or a deadline twice, or let the state grow without bound, although the table has a step for it.
func (o *Order) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "order")
	}
	to, err := life.Step(o.Phase, e.Kind())
	if err != nil {
		return err
	}
	at = trade.Instant(at)
	if err := contradictsEvent(e, o); err != nil {
		return err
	}
	funded, paid := o.FundedAt, o.PaidAt
	evolveEvent(e, o, at)
	o.Phase, o.LastAt = to, trade.Later(o.LastAt, at)
	o.noteStopped(at, o.FundedAt != funded, o.PaidAt != paid)
	return nil
}

// noteStopped counts for how long the agreed time of shipment is stopped (D17).
func (o *Order) noteStopped(at time.Time, funded, paid bool) {
	switch stops := o.Frozen() || o.Unfunded; {
	case stops && o.StoppedAt.IsZero():
		o.StoppedAt = at
	case !stops && !o.StoppedAt.IsZero():
		o.Stopped += max(0, at.Sub(o.StoppedAt))
		o.StoppedAt = time.Time{}
	}
	stopped := o.Stopped
	if !o.StoppedAt.IsZero() {
		stopped += max(0, at.Sub(o.StoppedAt))
	}
	if funded {
		o.StoppedToFunded = stopped
	}
	if paid {
		o.StoppedToPaid = stopped
	}
}

// checkCount returns an error if a list of the state is as long as it may become.
func checkCount(have, most int) error {
	if have >= most {
		return fmt.Errorf("order: one more than the %d that an order holds", most)
	}
	return nil
}

// Evolve returns the order after one more event; o itself is not changed.
func Evolve(o Order, e Event, at time.Time) (Order, error) {
	err := o.Apply(e, at)
	return o, err
}

// Replay returns the order after more events, in their order; a whole history begins with New. For
// an event that cannot be there it returns an *events.CorruptError that names the place in the
// history, and the state before that event.
func Replay(o Order, history []events.Recorded[Event]) (Order, error) {
	return model.Continue(Stream(o.ID), o, history)
}

// At returns the order as it was at an instant: all that was recorded at or before it.
func At(id trade.ID, history []events.Recorded[Event], t time.Time) (Order, error) {
	n := 0
	for n < len(history) && !history[n].At.After(t) {
		n++
	}
	return Replay(New(id), history[:n])
}

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix order -view Order -dispatch evolve,contradicts,decide

// Category is the category of the streams of orders.
const Category = "order"

// Stream returns the stream of an order.
func Stream(id trade.ID) events.StreamID { return events.StreamID(Category + "-" + id.String()) }

// New returns the order that has no history yet.
func New(id trade.ID) Order { return Order{ID: id} }

// Model returns how the stream of an order folds.
func Model() *events.Model[Order, Event] { m := model; return &m }

var model = events.Model[Order, Event]{
	Category: Category,
	New: func(stream events.StreamID) Order {
		key, _ := stream.Key()
		id, _ := trade.ParseID(key)
		return New(id)
	},
	Evolve: (*Order).Apply,
	Encode: EncodeEvent,
	Decode: DecodeEvent,
}
