package entrustment

import (
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Entrustment is the folded state of one export entrustment. It is a value: a caller
// may keep it, and no later step changes it.
type Entrustment struct {
	ID     order.EntrustmentID
	Phase  Phase
	LastAt time.Time // the latest instant of its events

	Seller    trade.Account
	Reference string // the seller's own number for it
	Title     string

	// Need says what the seller has to mend in PhaseNeedsChange. Note is the text that came with
	// the last request for change, return or cancellation; resubmitting clears both.
	Need Need
	Note trade.Text

	// Declaration is the one that customs have or had at the release. It is zero before the
	// declaration and after a return.
	Declaration Declaration
	ReleasedAt  time.Time // when customs released the goods; zero before
	ClosedAt    time.Time // when customs confirmed the departure; zero before
	// ReleasedBeside is when customs released the goods by a report on a draft or on a cancelled
	// entrustment. It changes nothing but that no other instant of release is accepted.
	ReleasedBeside time.Time
	// ReleasedBeforeDeclared and ClosedBeforeReleased mark reports of customs that contradict each
	// other (D44).
	ReleasedBeforeDeclared, ClosedBeforeReleased bool

	// Order is the order that the entrustment is linked to, zero if to none. The two after it are
	// that order's, as they were when the link was made; neither ever changes.
	Order          trade.ID
	OrderDraftedAt time.Time
	OrderCurrency  trade.Currency
	// Void says that the link does not count: customs released the goods before the order was
	// drafted (D41).
	Void bool
}

// Fact returns what an order needs to know of the entrustment. For one that was never drafted
// that is the zero value.
func (s *Entrustment) Fact() order.Entrustment {
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
func (s *Entrustment) Linked() bool { return !s.Order.IsZero() }

// Facts is what other streams say, as far as a command needs it.
type Facts struct {
	// Policy is what the platform may set; nil stands for the defaults. Declare needs it (D43), and
	// so do Release and CloseCustoms (D61).
	Policy *order.Policy
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
	decide(s *Entrustment, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is a fact in the life of an entrustment. The events are the exported struct types of
// this package with a method Kind; nobody else can make one.
type Event interface {
	// Kind distinguishes the events; its String is the wire name, such as "entrustment.released".
	Kind() Kind
	// check returns an *trade.InvalidError if no command can have made the event.
	check() error
	// evolve copies the fact into the state. It refuses nothing, moves no phase, and never writes
	// through a slice that another holder of the state can see.
	evolve(s *Entrustment)
}

// Decide answers a command: the resulting events, a *trade.Refusal, a *trade.EarlyError for a report
// that comes before the one it is about (D62), or a *trade.InvalidError if the command, the given or
// a fact that the command needs is malformed. No events and no error mean that there is nothing to
// do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// entrustment's own rules as each command writes them, and then those that depend on facts.
func Decide(s Entrustment, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "entrustment")
	}
	if err := trade.CheckID("entrustment", string(s.ID)); err != nil {
		return nil, err
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	c = normalCommand(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := life.Check(c.Name(), g, machine.At[Phase]{Phase: s.Phase, LastAt: s.LastAt, Party: s.isParty(g.By, c)}); err != nil {
		return nil, err
	}
	g.At = life.Instant(c.Name(), g, s.LastAt)
	return decideCommand(c, &s, &g, &f)
}

// isParty reports whether a command is the actor's to issue on this entrustment; to all others one
// that exists is like one that does not (D64). Any seller may draft one and so become its seller.
func (s *Entrustment) isParty(by trade.Actor, c Command) bool {
	if by.Role != trade.Seller {
		return true
	}
	_, drafts := c.(Draft)
	return s.Phase == PhaseNone && drafts || s.Phase != PhaseNone && by.Account == s.Seller
}

func (s *Entrustment) refuse(id rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(id, c.Name(), s.Phase.String())
}
