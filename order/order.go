package order

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Order is the folded state of one assurance order (信保订单). It is a value: no later step changes
// one that a caller keeps.
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
	PayBy       time.Time
	Payments    []Payment     // that the buyer announced
	Unannounced []Unannounced // the latest that came in before their announcement
	Ledger      Ledger
	// KeptReview is the part of Ledger.Review that is of payments which the first edition kept here.
	KeptReview trade.Money
	// FundedAt is the instant since which the initial payment is satisfied, PaidAt since which
	// the total is. A chargeback that leaves less makes them zero until the money is there again.
	FundedAt, PaidAt time.Time
	// Unfunded says that the initial payment was taken back after it was satisfied (D63).
	Unfunded bool

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
	ReviewReply trade.Text
	// ReviewEditedAt is when the review was edited; zero if it was not.
	ReviewEditedAt time.Time

	// change
	Proposal Proposal

	// dispute and chargeback
	Dispute         Dispute
	OpenChargebacks int // how many cases about payments are open
	// FrozenAt is the instant from which the order is frozen; zero while it is not. ThawedAt is
	// when the last freeze ended.
	FrozenAt, ThawedAt time.Time
	// StoppedAt is the instant since which the agreed time of shipment is stopped, because the order is
	// frozen or unfunded; zero while it runs. Stopped is how long it was stopped before, up to now, to
	// FundedAt and to PaidAt (D17).
	StoppedAt                               time.Time
	Stopped, StoppedToFunded, StoppedToPaid time.Duration

	// close
	CloseReason CloseReason
	ClosedAt    time.Time
}

// Command is a request to change an order. The commands are the exported types of this package
// with a method Name; other packages cannot add one.
type Command interface {
	// Name is the command's wire name, such as "mark-shipped".
	Name() string
	// decide applies the command's rules, one after another. Role, party, phase, instant and
	// freeze were checked before.
	decide(o *Order, g *trade.Given, f *Facts) ([]Event, error)
}

// checker is a command whose payload can be malformed, whatever the state of the order.
type checker interface{ check() error }

// Event is a change of an order that happened. The events are the exported types of this package
// with a method Kind; other packages cannot add one.
type Event interface {
	// Kind returns which event it is; Kind.String is the wire name, such as "order.shipped".
	Kind() Kind
	// evolve copies the event into the state. It refuses nothing, leaves the phase alone, and
	// never writes to a slice that an earlier state shares.
	evolve(o *Order, at time.Time)
}

// Decide returns the resulting events of a command, a *trade.Refusal, or a *trade.InvalidError if
// the command or the given is malformed. No events and no error mean that there is nothing to do.
//
// The order of the checks is fixed: malformed input; role, party, phase, instant and freeze, see
// machine.Life.Check; the order's own rules in the sequence of its chapter; and last the rules that
// depend on other streams: service, entrustment, line, receiving account.
func Decide(o Order, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "order")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	g.At = trade.Instant(g.At) // an event is the same before and after it is stored
	c = normalCommand(c)
	if c, ok := c.(checker); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	if err := life.Check(c.Name(), g, o.at(g.By, c.Name())); err != nil {
		return nil, err
	}
	g.At = life.Instant(c.Name(), g, o.LastAt)
	return decideCommand(c, &o, &g, &f)
}

// at returns the state of the order as far as Life needs it for the actor and the command.
func (o *Order) at(by trade.Actor, command string) machine.At[Phase] {
	return machine.At[Phase]{Phase: o.Phase, LastAt: o.LastAt, Party: o.isParty(by, command), Frozen: o.Frozen()}
}

// isParty reports whether a command is the actor's to issue on this order; to all others an order
// that exists is like one that does not (D64). Any seller may draft an order and so become its
// seller. The buyer is a party from submission on, and before it may file contracts (A9).
func (o *Order) isParty(by trade.Actor, command string) bool {
	switch {
	case by.Role != trade.Seller && by.Role != trade.Buyer:
		return true
	case o.Phase == PhaseNone:
		return command == Draft{}.Name()
	case by.Role == trade.Seller:
		return by.Account == o.Seller.Account
	case command == AttachContract{}.Name() && o.matches(by):
		return true
	}
	return o.isBuyer(by)
}

// isBuyer reports whether the actor is the buyer of an order that was submitted. One who was not
// registered when the contract was drafted is known by the verified address (D32).
func (o *Order) isBuyer(by trade.Actor) bool {
	switch {
	case by.Role != trade.Buyer || o.Link == "":
		return false
	case o.Buyer.Account != "":
		return by.Account == o.Buyer.Account
	}
	return o.Matched && by.Email.Same(o.Buyer.Email)
}

// matches reports whether the actor is the registered buyer whom the seller has matched.
func (o *Order) matches(by trade.Actor) bool {
	return by.Role == trade.Buyer && o.Phase == PhaseDraft && o.Matched && o.Buyer.Account != "" && by.Account == o.Buyer.Account
}

// withConsequences returns the events and those that they cause in the same commit: an order whose
// initial payment is satisfied is funded, one that loses it before shipment is not any longer, one that
// is received and paid is completed, and one that lacks nothing else is shipped if the policy says so.
func (o Order) withConsequences(g *trade.Given, f *Facts, made ...Event) ([]Event, error) {
	stranded := o.stranded()
	for _, e := range made {
		if err := o.Apply(e, g.At); err != nil {
			return nil, err
		}
	}
	next := o.consequences(g, f, stranded)
	if len(next) == 0 {
		return made, nil
	}
	more, err := o.withConsequences(g, f, next...)
	return append(made, more...), err
}

// consequences returns the events that the state demands next, or none. Of an order that was stranded
// before, as the first edition left it, the system takes care (see Unfund).
func (o *Order) consequences(g *trade.Given, f *Facts, stranded bool) []Event {
	switch {
	case o.Phase == PhaseConfirmed && o.Funded():
		return []Event{Funded{}}
	case o.stranded() && !stranded:
		return []Event{o.unfunded(g, f)}
	case o.Phase == PhaseReceived && o.Due().IsZero():
		return []Event{Completed{}}
	case o.Phase == PhaseReadyToShip && f.rules().AutoShip && !o.Frozen():
		return o.autoShip(g, f)
	}
	return nil
}

// stranded reports whether the order waits for a shipment that A20 refuses, because its initial payment
// was taken back (D63).
func (o *Order) stranded() bool {
	return o.Phase == PhaseReadyToShip && !o.Funded() && o.OpenChargebacks == 0
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
		return o.isBuyer(by)
	case trade.Platform, trade.System:
		return o.Phase != PhaseNone
	default:
		return false
	}
}

// ContractsFor returns the offline contracts that the actor may see, and false for a stranger: all
// of them for those who may see the order. The buyer whom the seller has matched sees in a draft
// what the buyer has filed (D64).
func (o *Order) ContractsFor(by trade.Actor) ([]ContractFile, bool) {
	switch {
	case o.VisibleTo(by):
		return slices.Clone(o.Contracts), true
	case !o.matches(by):
		return nil, false
	}
	var own []ContractFile
	for _, f := range o.Contracts {
		if f.Party == trade.Buyer {
			own = append(own, f)
		}
	}
	return own, true
}
