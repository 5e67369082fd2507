package seller

import (
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Service is the folded state of one seller's Trade Assurance service. It is a value: its holder
// may keep it, and no later event changes it.
type Service struct {
	Seller trade.Account
	Phase  order.Service
	LastAt time.Time // the latest instant of its events

	// Route, Membership and Certification are those of the activation. Certification is empty
	// for a paid member.
	Route         Route
	Membership    Membership
	Certification Certification
	// Reason says why the service was rejected or suspended; it is empty otherwise.
	Reason trade.Text
}

// Fact returns what an order needs to know of the service.
func (s *Service) Fact() order.Service { return s.Phase }

// Facts is what the platform knows of a seller's store when the seller asks for the service. Only
// Activate needs it. The zero value is a store that does not operate.
type Facts struct {
	// Operating says that the store is actually in operation.
	Operating bool
	// Membership is the seller's membership; a store that operates has one.
	Membership Membership
	// Verdict is the answer to the certification that the command files. It is needed only when
	// Decide returns ErrVerdictNeeded.
	Verdict Verdict
}

// Command is a request to a service. The commands are the exported struct types of this package
// with a method Name; no other package can make one.
type Command interface {
	// Name is the command's wire name, such as "activate".
	Name() string
	// check returns a *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// decide applies the command's own rules in order. Payload, actor, phase and instant were
	// checked.
	decide(s *Service, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is an event in the life of a service. The events are the exported struct types of this
// package with a method Kind; no other package can make one.
type Event interface {
	// Kind distinguishes the events; its String is the wire name, such as "service.activated".
	Kind() Kind
	// check returns a *trade.InvalidError if no command can have made the event.
	check() error
	// evolve copies the event into the state. It refuses nothing and moves no phase.
	evolve(s *Service)
}

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError if
// the command, the given or a fact is malformed. ErrVerdictNeeded says that every other rule has
// passed and the answer depends on f.Verdict.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, and then
// the command's own rules in the order of its method decide.
func Decide(s Service, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "seller")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	c = normalCommand(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	party := g.By.Role != trade.Seller || g.By.Account == s.Seller
	if err := life.Check(c.Name(), g, machine.At[order.Service]{Phase: s.Phase, LastAt: s.LastAt, Party: party}); err != nil {
		return nil, err
	}
	return decideCommand(c, &s, &g, &f)
}

func (s *Service) refuse(id rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(id, c.Name(), s.Phase.String())
}
