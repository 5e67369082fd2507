package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Order is the folded state of one pay-later order. It is a value: its holder may keep it, and no
// later event changes it.
type Order struct {
	ID     trade.ID
	Phase  Phase
	LastAt time.Time // the latest instant of its events

	Buyer    trade.Account
	Merchant trade.Account
	PlacedAt time.Time

	// Original is the amount that was placed and deducted from the line: the sum of Paid,
	// Restored, Consumed and Outstanding. All amounts are of its currency, and none is negative.
	Original    trade.Money
	Outstanding trade.Money // what the order uses of the line
	Paid        trade.Money // what was paid in full
	Restored    trade.Money // given back to the line without a payment
	Consumed    trade.Money // written off

	// Instalments is what was paid towards Outstanding so far, always less than it; PaidBack is
	// the part of it that went back to the buyer when the order ended unpaid.
	Instalments trade.Money
	PaidBack    trade.Money
	Refunded    trade.Money // paid back to the buyer out of Paid

	ShippedAt     time.Time
	AutoReceiveAt time.Time // from when the system confirms receipt
	Extended      bool      // whether the buyer has postponed that
	ReceivedAt    time.Time
	ReceivedBy    trade.Role // Buyer or System
	DueAt         time.Time  // zero if the order was paid before it was received

	Payments []Payment // the instalments, and last the payment that completed them
	// Surplus is the charges that brought money which the order did not take, and Returned is the
	// sum of what went back of it. Neither is in the sums above.
	Surplus       []Payment
	Returned      trade.Money
	PaidAt        time.Time
	Charges       int  // how many charges the system has requested
	ChargePending bool // whether the outcome of the last one is open

	OverdueAt    time.Time // when the order became overdue, zero if it never was
	WrittenOffAt time.Time

	// AfterSalesAt is when the after-sales case that is open was opened, zero if none is.
	AfterSalesAt time.Time
	// PauseUntil is until when the open case puts off what the system does about the payment; zero
	// for one that does so until it is closed. Paused is by how much the closed ones put off the due
	// time, and AfterSales how many cases count. AfterSalesEnded says that the platform closed one.
	PauseUntil      time.Time
	Paused          time.Duration
	AfterSales      int
	AfterSalesEnded bool
	FakeFlagged     bool
	EndedAt         time.Time // when the order was cancelled or returned
}

// Payment is a payment of an order, in full or in part.
type Payment struct {
	Reference string
	Amount    trade.Money
	At        time.Time
}

// Due returns the amount of the payment that settles the order: what is outstanding less the
// instalments so far. It is zero for an order that waits for no money.
func (o *Order) Due() trade.Money { return o.Outstanding.SubUnchecked(o.Instalments) }

// Unapplied returns what charges brought, the order did not take, and was not returned.
func (o *Order) Unapplied() trade.Money {
	sum := o.zero()
	for i := range o.Surplus {
		sum = sum.AddUnchecked(o.Surplus[i].Amount)
	}
	return sum.SubUnchecked(o.Returned)
}

// Refundable returns what was paid and not refunded.
func (o *Order) Refundable() trade.Money { return o.Paid.SubUnchecked(o.Refunded) }

// AfterSalesOpen reports whether an after-sales case is open.
func (o *Order) AfterSalesOpen() bool { return !o.AfterSalesAt.IsZero() }

// VisibleTo reports whether the actor may see the order: its buyer, its merchant, the platform
// and the system.
func (o *Order) VisibleTo(by trade.Actor) bool {
	return o.Phase != PhaseNone && by.Role >= trade.Buyer && by.Role <= trade.System && o.isParty(by, "")
}

// Command is a request to a pay-later order. The commands are the exported struct types of this
// package with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "open-after-sales".
	Name() string
	// check returns a *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// decide climbs the command's ladder of rules and never writes the order. Payload, actor,
	// phase and instant were checked.
	decide(o *Order, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is an event in the life of a pay-later order. The events are the exported struct types of
// this package with a method Kind; nobody else can make one.
//
// An event has a method contradicts where the table allows it and the order's own past may not: it
// then returns a *trade.InvalidError.
type Event interface {
	// Kind distinguishes the events; its String is the wire name, such as "paylater.placed".
	Kind() Kind
	// check returns a *trade.InvalidError if no command can have made the event.
	check() error
	// evolve copies the event into the state. It refuses nothing, moves no phase, and never writes
	// through a slice that another holder of the state can see.
	evolve(o *Order, at time.Time)
}

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError if
// the command, the given or the policy is malformed.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// order's own rules as each command writes them, and then those that depend on the line.
func Decide(o Order, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "paylater")
	}
	if o.ID.IsZero() {
		return nil, trade.Invalid("order", "must not be empty")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	g.At = trade.Instant(g.At) // an event is the same before and after it is stored
	if err := f.rules().Validate(); err != nil {
		return nil, err
	}
	c = normalCommand(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := life.Check(c.Name(), g, o.at(g.By, c.Name())); err != nil {
		return nil, err
	}
	g.At = life.Instant(c.Name(), g, o.LastAt)
	return decideCommand(c, &o, &g, &f)
}

// at returns where the order stands for the actor and the command.
func (o *Order) at(by trade.Actor, command string) machine.At[Phase] {
	return machine.At[Phase]{Phase: o.Phase, LastAt: o.LastAt, Party: o.isParty(by, command)}
}

// isParty reports whether a command is the actor's to issue on this order; to all others an order
// that exists is like one that does not (D64). Any buyer may place an order and so become its buyer.
func (o *Order) isParty(by trade.Actor, command string) bool {
	switch {
	case by.Role != trade.Buyer && by.Role != trade.Seller:
		return true
	case o.Phase == PhaseNone:
		return command == Place{}.Name()
	case by.Role == trade.Buyer:
		return by.Account == o.Buyer
	}
	return by.Account == o.Merchant
}

func (o *Order) refuse(ruleID rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), o.Phase.String())
}

// otherCurrency refuses an amount that is not of the order's currency.
func (o *Order) otherCurrency(c Command, amount trade.Money) error {
	if own := o.Original.Currency(); amount.Currency() != own {
		return o.refuse(rule.D60, c).On("amount").Because("the order is in %[1]s", "订单币种为 %[1]s", own)
	}
	return nil
}

func (o *Order) zero() trade.Money { return trade.Minor(0, o.Original.Currency()) }

// The bounds of texts, in bytes. Stored: raise them, never lower them.
const (
	maxReason    = 500
	maxReference = 200
)

// checkReason returns a *trade.InvalidError unless the reason of a command is empty or well formed;
// checkStoredReason is for that of an event.
func checkReason(text trade.Text) error {
	if text == "" {
		return nil
	}
	return text.Check("reason", maxReason)
}

func checkStoredReason(text trade.Text) error {
	if text == "" {
		return nil
	}
	return text.CheckStored("reason", maxReason)
}

// checkPositive and checkNotNegative return a *trade.InvalidError that names the field unless
// the amount is one of a currency that can be stored.
func checkPositive(field string, amount trade.Money) error {
	if !amount.IsPositive() {
		return trade.Invalid(field, "must be positive")
	}
	return checkNotNegative(field, amount)
}

func checkNotNegative(field string, amount trade.Money) error {
	if amount.IsNegative() {
		return trade.Invalid(field, "must not be negative")
	}
	if _, err := trade.ParseCurrency(amount.Currency().String()); err != nil {
		return trade.Invalid(field, "must have a currency")
	}
	return nil
}

// lastDeadline is the latest that an accepted instant and the longest terms can make.
var lastDeadline = trade.MaxInstant.Add(2 * maxTerm)

func checkDeadline(field string, t time.Time) error {
	if t.Before(trade.MinInstant) || t.After(lastDeadline) {
		return trade.Invalid(field, "lies outside %s to %s", trade.MinInstant.Format(time.DateOnly), lastDeadline.Format(time.DateOnly))
	}
	return nil
}
