package paylater

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix paylater

// Category is that of the streams of pay-later orders.
const Category = "paylater"

// Stream returns the stream of a pay-later order.
func Stream(id trade.ID) events.StreamID { return events.StreamID(Category + "-" + id.String()) }

// NewModel returns how the stream of a pay-later order folds. Streams are those that Stream
// makes.
func NewModel() *events.Model[Order, Event] {
	return &events.Model[Order, Event]{
		Category: Category,
		New: func(stream events.StreamID) Order {
			key, _ := stream.Key()
			id, _ := trade.ParseID(key)
			return New(id)
		},
		Evolve: func(o *Order, e Event, at time.Time) error { return o.Apply(e, at) },
		Encode: EncodeEvent,
		Decode: DecodeEvent,
	}
}
