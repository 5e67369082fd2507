package order

import (
	"time"

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
	Seller    Party
	Buyer     Party // Account is empty as long as the buyer is not known to be registered
	Matched   bool
	DraftedAt time.Time
	Mode      DraftMode
	Contracts []ContractFile
	Terms     Terms
	Revision  Revision
	Transport Transport
	Coverage  Coverage
	Account   ReceivingAccount
	Link      string
	ConfirmBy time.Time

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
	decide(o *Order, g *Given) ([]Event, error)
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

// Recorded is a fact with the instant at which it was decided.
type Recorded struct {
	At    time.Time
	Event Event
}

// Decide answers a command: the facts that come of it, a *Refusal, or an *InvalidError if the
// command or the given is malformed. No facts and no error says that there is nothing to do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// order's own rules as its chapter writes them, and then those that depend on other streams:
// service, entrustment, line, account.
func Decide(o Order, c Command, g Given) ([]Event, error) {
	if !isCommand(c) {
		return nil, trade.Invalid("command", "is nil, a pointer, or no command of an order")
	}
	if err := g.validate(); err != nil {
		return nil, err
	}
	// What is stored comes back in UTC: a fact must be the same before and after.
	g.At = g.At.UTC()
	if c, ok := c.(checker); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	if err := o.permits(c, &g); err != nil {
		return nil, err
	}
	return c.decide(&o, &g)
}

func (g *Given) validate() error {
	if err := g.By.Validate(); err != nil {
		return err
	}
	return trade.CheckInstant("at", g.At)
}

// permits checks actor, phase and instant against the table of commands.
func (o *Order) permits(c Command, g *Given) error {
	rows := permitted[c.Name()]
	role, here, amid := false, false, false
	for _, p := range rows {
		mine, phase := contains(p.Roles, g.By.Role), contains(p.Phases, o.Phase)
		role, here = role || mine, here || mine && phase
		amid = amid || p.amid
	}
	switch {
	case !role:
		return refuse(rows[0].refuses(o.Phase), c, o).
			Says("the "+g.By.Role.Text(rule.English)+" cannot ask for it", g.By.Role.Text(rule.Chinese)+"无权执行此操作")
	case !o.isParty(g.By):
		return refuse(rows[0].refuses(o.Phase), c, o).Because("the account is no party of this order", "该账号不是本订单的当事人")
	case !here:
		return refuse(rows[0].refuses(o.Phase), c, o).Because("not in this phase", "订单当前阶段不允许此操作")
	}
	if no := o.halts(c.Name(), amid, g); no != nil {
		return no
	}
	return nil
}

// halts returns the refusal of a command that is earlier than what came before it (D61), or
// that must wait until no dispute and no chargeback is open (D29).
func (o *Order) halts(command string, amid bool, g *Given) *trade.Refusal {
	switch {
	case g.By.Role != trade.Desk && g.At.Before(o.LastAt):
		return trade.Refuse(rule.D61, command, o.Phase.String()).From(o.LastAt)
	case !amid && o.Frozen():
		return trade.Refuse(rule.D29, command, o.Phase.String()).Because("a dispute or a chargeback is open", "有进行中的纠纷或拒付")
	}
	return nil
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

// follow returns facts and what they bring with them at once: an order whose initial payment
// is satisfied is funded, one that is received and paid is completed, and one that waits for
// nothing else is shipped if the policy says so.
func (o Order) follow(g *Given, facts ...Event) ([]Event, error) {
	for _, e := range facts {
		if err := o.Apply(e, g.At); err != nil {
			return nil, err
		}
	}
	next := o.consequence(g)
	if len(next) == 0 {
		return facts, nil
	}
	more, err := o.follow(g, next...)
	return append(facts, more...), err
}

// consequence returns what the state demands next, or nothing.
func (o *Order) consequence(g *Given) []Event {
	switch {
	case o.Phase == PhaseConfirmed && o.Terms.Initial.AtMost(o.Ledger.settled()):
		return []Event{Funded{}}
	case o.Phase == PhaseReceived && o.Due().IsZero():
		return []Event{Completed{}}
	case o.Phase == PhaseReadyToShip && g.Rules().AutoShip && !o.Frozen():
		return o.autoShip(g)
	}
	return nil
}

func refuse(ruleID rule.ID, c Command, o *Order) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), o.Phase.String())
}

func contains[T comparable](list []T, v T) bool {
	for i := range list {
		if list[i] == v {
			return true
		}
	}
	return false
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
