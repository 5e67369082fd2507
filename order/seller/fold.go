package seller

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix service -view Service -dispatch decide

// Category is the category of the streams of services.
const Category = "service"

// Stream returns the stream of a seller's service. A malformed account is a *trade.InvalidError.
func Stream(account trade.Account) (events.StreamID, error) {
	if err := trade.CheckID("seller", string(account)); err != nil {
		return "", err
	}
	return events.Stream(Category, string(account))
}

// New returns the service of a seller who has never asked for it.
func New(account trade.Account) Service { return Service{Seller: account} }

// Apply folds one event into the state in place. A *trade.InvalidError says that the history
// cannot be that of a service: the event has no step from this phase. The state is then as it was.
func (s *Service) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "seller")
	}
	to, err := life.Step(s.Phase, e.Kind())
	if err != nil {
		return err
	}
	e.evolve(s)
	s.Phase, s.LastAt = to, trade.Later(s.LastAt, at)
	return nil
}

// Evolve returns the service after one more event; s itself is not changed.
func Evolve(s Service, e Event, at time.Time) (Service, error) {
	err := s.Apply(e, at)
	return s, err
}

// Replay returns the service after more events, in their order; New is where a whole history
// begins. An event that cannot be is an *events.CorruptError that names its place in the history;
// the state is then the one before it.
func Replay(s Service, history []events.Recorded[Event]) (Service, error) {
	stream, _ := Stream(s.Seller) // an account that names no stream does not matter to the fold
	return model.Continue(stream, s, history)
}

// Model returns how the stream of a service folds.
func Model() *events.Model[Service, Event] { m := model; return &m }

var model = events.Model[Service, Event]{
	Category: Category,
	New: func(stream events.StreamID) Service {
		account, _ := stream.Key()
		return New(trade.Account(account))
	},
	Evolve: (*Service).Apply,
	Encode: EncodeEvent,
	Decode: DecodeEvent,
}
