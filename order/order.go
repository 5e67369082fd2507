package order

import (
	"time"

	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Order is the folded state of one assurance order (信保订单). It is a value: whoever holds one
// may keep it, and no later step changes it.
type Order struct {
	ID     trade.ID
	Phase  Phase
	LastAt time.Time // the latest instant of its events

	// draft
	Seller           Party
	Buyer            Party // Account is empty as long as the buyer is not known to be registered
	Matched          bool
	DraftedAt        time.Time
	Mode             DraftMode
	Contracts        []ContractFile
	Terms            Terms
	Revision         Revision
	Transport        Transport
	Coverage         Coverage
	ReceivingAccount ReceivingAccount
	Link             string
	ConfirmBy        time.Time

	// quota
	Hold Hold

	// pay
	PayBy    time.Time
	Payments []Payment
	Ledger   Ledger
	// FundedAt is the instant since which the initial payment is satisfied, PaidAt since which
	// the total is. A chargeback that leaves less makes them zero until the money is there again.
	FundedAt, PaidAt time.Time

	// export
	Links    []LinkedEntrustment
	Shipment Shipped

	// receipt
	ReceiptBy   trade.Role // who confirmed receipt: Buyer or System
	ReceivedAt  time.Time
	CompletedAt time.Time
	Extended    Extended
	Review      Reviewed
	ReviewedAt  time.Time
	ReviewReply string
	// ReviewEditedAt is when the review was edited; zero if it was not.
	ReviewEditedAt time.Time

	// change
	Proposal Proposal

	// dispute and chargeback
	Dispute         Dispute
	OpenChargebacks int // how many of the payments are contested
	// FrozenAt is the instant from which the order stands still; zero while it does not.
	// ThawedAt is when it last went on.
	FrozenAt, ThawedAt time.Time

	// close
	CloseReason CloseReason
	ClosedAt    time.Time
}

// Command is what may be asked of an order. The commands are the exported types of this
// package with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "mark-shipped".
	Name() string
	// decide climbs the command's ladder of rules. Actor, role and phase were checked.
	decide(o *Order, g *trade.Given, f *Facts) ([]Event, error)
}

// checker is a command with a payload that can be malformed, whatever the order.
type checker interface{ check() error }

// Event is a fact in the life of an order. The events are the exported types of this package
// with a method Kind; nobody else can make one.
type Event interface {
	// Kind tells the events apart; its String is the wire name, such as "order.shipped".
	Kind() Kind
	// evolve copies the fact into the state. It refuses nothing, moves no phase, and never
	// writes through a slice that another holder of the state can see.
	evolve(o *Order, at time.Time)
}

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError if
// the command or the given is malformed. No events and no error says that there is nothing to do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// order's own rules as its chapter writes them, and then those that depend on other streams:
// service, entrustment, line, account.
func Decide(o Order, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "order")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	g.At = trade.Instant(g.At) // an event is the same before and after it is stored
	if c, ok := c.(checker); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	if err := life.Check(c.Name(), g, o.at(g.By)); err != nil {
		return nil, err
	}
	return c.decide(&o, &g, &f)
}

// at returns where the order stands for the actor.
func (o *Order) at(by trade.Actor) machine.At[Phase] {
	return machine.At[Phase]{Phase: o.Phase, LastAt: o.LastAt, Party: o.isParty(by), Frozen: o.Frozen()}
}

// isParty reports whether a buyer or seller is the one of this order. A buyer who was not
// registered when the contract was drafted is known by his verified address (D32). Before the
// order is drafted anybody may become its seller.
func (o *Order) isParty(by trade.Actor) bool {
	switch by.Role {
	case trade.Seller:
		return o.Phase == PhaseNone || by.Account == o.Seller.Account
	case trade.Buyer:
		if o.Buyer.Account != "" {
			return by.Account == o.Buyer.Account
		}
		return o.Matched && by.Email.Same(o.Buyer.Email)
	default:
		return true
	}
}

// withConsequences returns the events and those that they cause in the same commit: an order whose
// initial payment is satisfied is funded, one that is received and paid is completed, and one that
// waits for nothing else is shipped if the policy says so.
func (o Order) withConsequences(g *trade.Given, f *Facts, made ...Event) ([]Event, error) {
	for _, e := range made {
		if err := o.Apply(e, g.At); err != nil {
			return nil, err
		}
	}
	next := o.consequences(g, f)
	if len(next) == 0 {
		return made, nil
	}
	more, err := o.withConsequences(g, f, next...)
	return append(made, more...), err
}

// consequences returns the events that the state demands next, or none.
func (o *Order) consequences(g *trade.Given, f *Facts) []Event {
	switch {
	case o.Phase == PhaseConfirmed && o.Terms.Initial.AtMost(o.Ledger.settled()):
		return []Event{Funded{}}
	case o.Phase == PhaseReceived && o.Due().IsZero():
		return []Event{Completed{}}
	case o.Phase == PhaseReadyToShip && f.Rules().AutoShip && !o.Frozen():
		return o.autoShip(g, f)
	}
	return nil
}

func refuse(ruleID rule.ID, c Command, o *Order) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), o.Phase.String())
}

// VisibleTo reports whether the actor may see the order: its seller, its buyer from submission
// on, the platform and the system.
func (o *Order) VisibleTo(by trade.Actor) bool {
	switch by.Role {
	case trade.Seller:
		return o.Phase != PhaseNone && by.Account == o.Seller.Account
	case trade.Buyer:
		return o.Link != "" && o.isParty(by)
	case trade.Platform, trade.System:
		return o.Phase != PhaseNone
	default:
		return false
	}
}
