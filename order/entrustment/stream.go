package entrustment

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// Category is that of the streams of entrustments.
const Category = "entrustment"

// Stream returns the stream of an entrustment. A malformed id is an *trade.InvalidError.
func Stream(id order.EntrustmentID) (events.StreamID, error) {
	if err := trade.CheckID("id", string(id)); err != nil {
		return "", err
	}
	return events.Stream(Category, string(id))
}

// NumberStream returns the stream whose first event reserves a declaration number for an
// entrustment, which is how a number stays unique (D43). A malformed number is an
// *trade.InvalidError.
func NumberStream(n DeclarationNo) (events.StreamID, error) {
	if err := n.check("number"); err != nil {
		return "", err
	}
	return events.Stream("declaration", string(n))
}

// NewModel returns how the stream of an entrustment folds. Streams are those that Stream makes.
func NewModel() *events.Model[State, Event] {
	return &events.Model[State, Event]{
		Category: Category,
		New: func(stream events.StreamID) State {
			id, _ := stream.Key()
			return New(order.EntrustmentID(id))
		},
		Evolve: func(s *State, e Event, at time.Time) error { return s.Apply(e, at) },
		Encode: EncodeEvent,
		Decode: DecodeEvent,
	}
}
