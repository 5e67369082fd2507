package seller

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Service is the folded state of one seller's Trade Assurance service. It is a value: whoever
// holds one may keep it, and no later event changes it. New makes that of a seller who has
// never asked for it.
type Service struct {
	Seller trade.Account
	Phase  order.Service
	LastAt time.Time // the instant of the last event

	// Route, Membership and Certification are those of the activation. Certification is empty
	// for a paid member.
	Route         Route
	Membership    Membership
	Certification Certification
	// Reason says why the service was rejected or suspended; it is empty otherwise.
	Reason string
}

// New returns the service of a seller who has never asked for it.
func New(account trade.Account) Service { return Service{Seller: account} }

// Fact returns what an order needs to know of the service.
func (s *Service) Fact() order.Service { return s.Phase }

// Findings is what the platform knows of a seller's store when he asks for the service. Only
// Activate needs it. The zero value is a store that does not operate.
type Findings struct {
	// Operating says that the store is actually in operation.
	Operating bool
	// Membership is the seller's membership; a store that operates has one.
	Membership Membership
	// Verdict is the answer to the certification that the command files. It is asked for only
	// when Decide returns ErrVerdictNeeded.
	Verdict Verdict
}

// Command is what may be asked of a service. The commands are the exported types of this
// package with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "activate".
	Name() string
	// check returns an *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// decide climbs the command's ladder of rules. Actor, phase and instant were checked.
	decide(s Service, f Findings) ([]Event, error)
}

// Event is a fact in the life of a service. The events are the exported types of this package
// with a method Kind; nobody else can make one.
type Event interface {
	// Kind tells the events apart; its String is the wire name, such as "service.activated".
	Kind() Kind
	// check returns an *trade.InvalidError if no command can have made the event.
	check() error
	// evolve copies the fact into the state. It refuses nothing and moves no phase.
	evolve(s *Service)
}

// Recorded is a fact with the instant at which it was decided.
type Recorded struct {
	At    time.Time
	Event Event
}

// Decide answers a command: the facts that come of it, a *trade.Refusal, or an
// *trade.InvalidError if the command, the given or the findings are malformed. ErrVerdictNeeded
// says that every other rule has passed and the answer depends on f.Verdict.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, and
// then the command's own rules as its chapter writes them.
func Decide(s Service, c Command, g trade.Given, f Findings) ([]Event, error) {
	if !isCommand(c) {
		return nil, &trade.InvalidError{Field: "command", Reason: "must be a value of one of the commands of a service"}
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
	return c.decide(s, f)
}

// permits checks actor, phase and instant against the table of commands.
func (s *Service) permits(c Command, g *trade.Given) error {
	p := permissionOf(c.Name())
	no := trade.Refuse(p.Rule, p.Command, s.Phase.String())
	switch {
	case !slices.Contains(p.Roles, g.By.Role):
		return no.Because("the actor's role may not ask for it", "操作者的角色无权执行此操作")
	case g.By.Role == trade.Seller && g.By.Account != s.Seller:
		return no.Because("the service is another seller's", "该服务属于其他卖家")
	case !slices.Contains(p.Phases, s.Phase):
		return no.Because("not in this phase of the service", "服务当前状态不允许此操作")
	case g.At.Before(s.LastAt):
		return trade.Refuse(rule.D61, p.Command, s.Phase.String()).From(s.LastAt)
	}
	return nil
}

func refuse(ruleID rule.ID, c Command, phase order.Service) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), phase.String())
}

// Apply folds one fact into the state in place. An error, an *trade.InvalidError, says that
// the fact has no step from the present phase: the history cannot be that of a service. The
// state is then as it was.
func (s *Service) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return notAnEvent()
	}
	to, ok := lifecycle.Next(s.Phase, e.Kind())
	if !ok {
		return &trade.InvalidError{Field: "event", Reason: e.Kind().String() + " has no step from phase " + s.Phase.String()}
	}
	e.evolve(s)
	s.Phase, s.LastAt = to, at
	return nil
}

func notAnEvent() error {
	return &trade.InvalidError{Field: "event", Reason: "must be a value of one of the events of a service"}
}

// Evolve returns the service after one more fact; s itself is not changed.
func Evolve(s Service, e Event, at time.Time) (Service, error) {
	err := s.Apply(e, at)
	return s, err
}

// Replay returns the service after more facts, in their order; New is where a whole history
// begins. It stops at the first fact that Apply refuses and returns its error with the state
// before that fact.
func Replay(s Service, history []Recorded) (Service, error) {
	for _, r := range history {
		if err := s.Apply(r.Event, r.At); err != nil {
			return s, err
		}
	}
	return s, nil
}
