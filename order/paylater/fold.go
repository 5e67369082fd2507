package paylater

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix paylater -view Order -dispatch evolve,contradicts,decide

// Category is the category of the streams of pay-later orders.
const Category = "paylater"

// Stream returns the stream of a pay-later order.
func Stream(id trade.ID) events.StreamID { return events.StreamID(Category + "-" + id.String()) }

// New returns the order of that id before it is placed.
func New(id trade.ID) Order { return Order{ID: id} }

// Apply folds one event into the state in place. A *trade.InvalidError says that the history
// cannot be that of a pay-later order: the event has no step from this phase, or contradicts what
// came before. The state is then as it was.
func (o *Order) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "paylater")
	}
	to, err := life.Step(o.Phase, e.Kind())
	if err != nil {
		return err
	}
	if err := contradictsEvent(e, o); err != nil {
		return err
	}
	at = trade.Instant(at)
	evolveEvent(e, o, at)
	o.Phase, o.LastAt = to, trade.Later(o.LastAt, at)
	return nil
}

// Evolve returns the order after one more event; o itself is not changed.
func Evolve(o Order, e Event, at time.Time) (Order, error) {
	err := o.Apply(e, at)
	return o, err
}

// Replay returns the order after more events, in their order; New is where a whole history begins.
// An event that cannot be is an *events.CorruptError that names its place in the history; the
// state is then the one before it.
func Replay(o Order, history []events.Recorded[Event]) (Order, error) {
	return model.Continue(Stream(o.ID), o, history)
}

// Model returns how the stream of a pay-later order folds.
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
