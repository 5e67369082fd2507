package entrustment

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// State is the folded state of one export entrustment. It is a value: whoever holds one may keep
// it, and no later step changes it.
type State struct {
	ID     order.EntrustmentID
	Phase  Phase
	LastAt time.Time // the latest instant of its events

	Seller    trade.Account
	Reference string // the seller's own number for it
	Title     string

	// Need says what the seller has to mend in PhaseNeedsChange. Note is the text that came with
	// the last request for change, return or cancellation; resubmitting clears both.
	Need Need
	Note string

	// Declaration is the one that customs have or had at the release. It is zero before the
	// declaration and after a return.
	Declaration Declaration
	ReleasedAt  time.Time // when customs released the goods; zero before
	ClosedAt    time.Time // when customs confirmed the departure; zero before

	// Order is the order that the entrustment is linked to, zero if to none. The two after it are
	// that order's, as they were when the link was made; neither ever changes.
	Order          trade.ID
	OrderDraftedAt time.Time
	OrderCurrency  trade.Currency
	// Void says that the link does not count: customs released the goods before the order was
	// drafted (D41).
	Void bool
}

// New returns the state of an entrustment that has no history yet.
func New(id order.EntrustmentID) State { return State{ID: id} }

// Fact returns what an order needs to know of the entrustment. For one that was never drafted
// that is the zero value.
func (s *State) Fact() order.Entrustment {
	if s.Phase == PhaseNone {
		return order.Entrustment{}
	}
	return order.Entrustment{
		ID:         s.ID,
		Seller:     s.Seller,
		Cancelled:  s.Phase == PhaseCancelled,
		Currency:   s.Declaration.Currency(),
		Order:      s.Order,
		ReleasedAt: s.ReleasedAt,
	}
}

// Linked reports whether the entrustment is linked to an order, by a void link or another.
func (s *State) Linked() bool { return !s.Order.IsZero() }

// Facts is what other streams say, as far as a command needs it.
type Facts struct {
	// Reservation is who has reserved the number that Declare names.
	Reservation Reservation
	// Order is the linked order; Cancel needs it where there is one.
	Order LinkedOrder
}

// Reservation says who has reserved a declaration number: the first entrustment that was
// declared under it.
type Reservation struct {
	Number DeclarationNo
	Owner  order.EntrustmentID // empty if the number is free
}

// LinkedOrder is what an entrustment needs to know of the order that it is linked to.
type LinkedOrder struct {
	ID      trade.ID
	Shipped bool // whether it was shipped, however it went on
}

// Command is what may be asked of an entrustment. The commands are the exported struct types of
// this package with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "request-change".
	Name() string
	// check returns an *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// decide climbs the command's ladder of rules. Payload, actor, phase and instant were checked.
	decide(s *State, g *order.Given, f *Facts) ([]Event, error)
}

// Event is a fact in the life of an entrustment. The events are the exported struct types of
// this package with a method Kind; nobody else can make one.
type Event interface {
	// Kind tells the events apart; its String is the wire name, such as "entrustment.released".
	Kind() Kind
	// check returns an *trade.InvalidError if no command can have made the event.
	check() error
	// evolve copies the fact into the state. It refuses nothing, moves no phase, and never writes
	// through a slice that another holder of the state can see.
	evolve(s *State)
}

// Recorded is a fact with the instant at which it was decided.
type Recorded struct {
	At    time.Time
	Event Event
}

// Decide answers a command: the facts that come of it, a *trade.Refusal, or an
// *trade.InvalidError if the command, the given or a fact that the command needs is malformed.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// entrustment's own rules as each command writes them, and then those that depend on facts.
func Decide(s State, c Command, g order.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, invalid("command", "must be a value of one of the types of this package")
	}
	if err := trade.CheckID("id", string(s.ID)); err != nil {
		return nil, err
	}
	if err := g.By.Validate(); err != nil {
		return nil, err
	}
	if err := trade.CheckInstant("at", g.At); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := s.permits(c, &g); err != nil {
		return nil, err
	}
	return c.decide(&s, &g, &f)
}

// Apply folds one fact into the state in place. An *trade.InvalidError says that the history
// cannot be that of an entrustment: the fact has no step from this phase, or contradicts what came before. The
// state is then as it was.
func (s *State) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return invalid("event", "must be a value of one of the events of an entrustment")
	}
	to, ok := lifecycle.Next(s.Phase, e.Kind())
	if !ok {
		return invalid("event", "%s has no step from phase %s", e.Kind(), s.Phase)
	}
	if err := s.contradicts(e); err != nil {
		return err
	}
	e.evolve(s)
	s.Phase = to
	if at = instant(at); at.After(s.LastAt) {
		// What an order's command writes here goes by version: its instant may lie before that of
		// the event ahead of it, and no later command of this stream before either.
		s.LastAt = at
	}
	return nil
}

// contradicts reports a link or unlink that the table allows and the present link does not: it
// would give the entrustment to two orders.
func (s *State) contradicts(e Event) error {
	switch e := e.(type) {
	case Linked:
		if s.Linked() || e.Order.IsZero() {
			return invalid("order", "linked to %q while linked to %q", e.Order, s.Order)
		}
	case Unlinked:
		if !s.Linked() || e.Order != s.Order {
			return invalid("order", "unlinked from %q while linked to %q", e.Order, s.Order)
		}
	}
	return nil
}

// Evolve returns the entrustment after one more fact; s itself is not changed.
func Evolve(s State, e Event, at time.Time) (State, error) {
	err := s.Apply(e, at)
	return s, err
}

// Replay folds a whole history. A fact that cannot be is an *events.CorruptError that names its
// version; the state is then the one before that fact.
func Replay(id order.EntrustmentID, history []Recorded) (State, error) {
	s := New(id)
	for i, r := range history {
		if err := s.Apply(r.Event, r.At); err != nil {
			stream, _ := Stream(id) // an id that names no stream is none of the fold's business
			corrupt := &events.CorruptError{Stream: stream, Version: events.Version(i + 1), Err: err}
			if isEvent(r.Event) {
				corrupt.Type = r.Event.Kind().String()
			}
			return s, corrupt
		}
	}
	return s, nil
}

func (s *State) refuse(ruleID rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), s.Phase.String())
}

func invalid(field, format string, args ...any) *trade.InvalidError {
	return &trade.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// instant strips what two equal instants may differ in.
func instant(t time.Time) time.Time { return t.Round(0).UTC() }
