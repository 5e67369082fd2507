package seller

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Category is that of the streams of services.
const Category = "service"

// Stream returns the stream of a seller's service. An account that is malformed is an
// *trade.InvalidError.
func Stream(account trade.Account) (events.StreamID, error) {
	if err := trade.CheckID("seller", string(account)); err != nil {
		return "", err
	}
	return events.Stream(Category, string(account))
}

// NewModel returns how the stream of a service folds. Streams are those that Stream makes.
func NewModel() *events.Model[Service, Event] {
	return &events.Model[Service, Event]{
		Category: Category,
		New: func(stream events.StreamID) Service {
			account, _ := stream.Key()
			return New(trade.Account(account))
		},
		Evolve: func(s *Service, e Event, at time.Time) error { return s.Apply(e, at) },
		Encode: EncodeEvent,
		Decode: DecodeEvent,
	}
}
