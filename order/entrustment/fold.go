package entrustment

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix entrustment -view Entrustment -dispatch decide

// Category is the category of the streams of entrustments.
const Category = "entrustment"

// Stream returns the stream of an entrustment. A malformed id is a *trade.InvalidError.
func Stream(id order.EntrustmentID) (events.StreamID, error) {
	if err := trade.CheckID("entrustment", string(id)); err != nil {
		return "", err
	}
	return events.Stream(Category, string(id))
}

// New returns the state of an entrustment that has no history yet.
func New(id order.EntrustmentID) Entrustment { return Entrustment{ID: id} }

// Apply folds one event into the state in place. A *trade.InvalidError says that the history
// cannot be that of an entrustment: the event has no step from this phase, or contradicts what
// came before. The state is then as it was.
func (s *Entrustment) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "entrustment")
	}
	to, err := life.Step(s.Phase, e.Kind())
	if err != nil {
		return err
	}
	if err := s.contradicts(e); err != nil {
		return err
	}
	e.evolve(s)
	s.Phase, s.LastAt = to, trade.Later(s.LastAt, at)
	return nil
}

// contradicts reports a link or unlink that the table allows and the present link does not: it
// would give the entrustment to two orders.
func (s *Entrustment) contradicts(e Event) error {
	switch e := e.(type) {
	case Linked:
		if s.Linked() || e.Order.IsZero() {
			return trade.Invalid("order", "linked to %q while linked to %q", e.Order, s.Order)
		}
	case Unlinked:
		if !s.Linked() || e.Order != s.Order {
			return trade.Invalid("order", "unlinked from %q while linked to %q", e.Order, s.Order)
		}
	}
	return nil
}

// Evolve returns the entrustment after one more event; s itself is not changed.
func Evolve(s Entrustment, e Event, at time.Time) (Entrustment, error) {
	err := s.Apply(e, at)
	return s, err
}

// Replay returns the entrustment after more events, in their order; New is where a whole history
// begins. An event that cannot be is an *events.CorruptError that names its place in the history;
// the state is then the one before it.
func Replay(s Entrustment, history []events.Recorded[Event]) (Entrustment, error) {
	stream, _ := Stream(s.ID) // an id that names no stream does not matter to the fold
	return model.Continue(stream, s, history)
}

// Model returns how the stream of an entrustment folds.
func Model() *events.Model[Entrustment, Event] { m := model; return &m }

var model = events.Model[Entrustment, Event]{
	Category: Category,
	New: func(stream events.StreamID) Entrustment {
		id, _ := stream.Key()
		return New(order.EntrustmentID(id))
	},
	Evolve: (*Entrustment).Apply,
	Encode: EncodeEvent,
	Decode: DecodeEvent,
}
