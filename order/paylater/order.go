package paylater

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Order is the folded state of one pay-later order. It is a value: whoever holds one may keep
// it, and no later step changes it.
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
	// what of it went back to the buyer when the order ended unpaid.
	Instalments trade.Money
	PaidBack    trade.Money
	Refunded    trade.Money // paid back to the buyer out of Paid

	ShippedAt     time.Time
	AutoReceiveAt time.Time // from when the system confirms receipt
	Extended      bool      // whether the buyer has put that off
	ReceivedAt    time.Time
	ReceivedBy    trade.Role // Buyer or System
	DueAt         time.Time  // zero if the order was paid before it was received

	Payments      []Payment // the instalments, and last the payment that completed them
	PaidAt        time.Time
	Charges       int  // how many charges the system has asked for
	ChargePending bool // whether the outcome of the last one is open

	OverdueAt    time.Time // when the order became overdue, zero if it never was
	WrittenOffAt time.Time

	// AfterSalesAt is when the after-sales case that is open was opened, zero if none is.
	AfterSalesAt time.Time
	FakeFlagged  bool
	EndedAt      time.Time // when the order was cancelled or returned
}

// Payment is a payment of an order, in full or in part.
type Payment struct {
	Reference string
	Amount    trade.Money
	At        time.Time
}

// New returns the order of that id before it is placed.
func New(id trade.ID) Order { return Order{ID: id} }

// Due returns what a payment has to be to settle the order: what is outstanding less the
// instalments so far. It is zero for an order that waits for no money.
func (o *Order) Due() trade.Money { return minus(o.Outstanding, o.Instalments) }

// Refundable returns what was paid and not refunded.
func (o *Order) Refundable() trade.Money { return minus(o.Paid, o.Refunded) }

// AfterSalesOpen reports whether an after-sales case is open.
func (o *Order) AfterSalesOpen() bool { return !o.AfterSalesAt.IsZero() }

// VisibleTo reports whether the actor may see the order: its buyer, its merchant, the platform
// and the system.
func (o *Order) VisibleTo(by trade.Actor) bool {
	return o.Phase != PhaseNone && by.Role >= trade.Buyer && by.Role <= trade.System && o.isParty(by)
}

// Command is what may be asked of a pay-later order. The commands are the exported struct types
// of this package with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "open-after-sales".
	Name() string
	// check returns an *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// decide climbs the command's ladder of rules. Payload, actor, phase and instant were checked.
	decide(o *Order, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is a fact in the life of a pay-later order. The events are the exported struct types of
// this package with a method Kind; nobody else can make one.
type Event interface {
	// Kind tells the events apart; its String is the wire name, such as "paylater.placed".
	Kind() Kind
	// check returns an *trade.InvalidError if no command can have made the event.
	check() error
	// fits returns an *trade.InvalidError if the event contradicts what came before it, though
	// the phase has a step for it.
	fits(o *Order) error
	// evolve copies the fact into the state. It refuses nothing, moves no phase, and never writes
	// through a slice that another holder of the state can see.
	evolve(o *Order, at time.Time)
}

// Recorded is a fact with the instant at which it was decided.
type Recorded struct {
	At    time.Time
	Event Event
}

// Decide answers a command: the facts that come of it, a *trade.Refusal, or an
// *trade.InvalidError if the command, the given or the policy is malformed.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// order's own rules as each command writes them, and then those that depend on the line.
func Decide(o Order, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, invalid("command", "must be a value of one of the commands of a pay-later order")
	}
	if o.ID.IsZero() {
		return nil, invalid("id", "must not be empty")
	}
	if err := g.By.Validate(); err != nil {
		return nil, err
	}
	if err := trade.CheckInstant("at", g.At); err != nil {
		return nil, err
	}
	if err := f.rules().Validate(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	g.At = instant(g.At)
	if err := o.permits(c, &g); err != nil {
		return nil, err
	}
	return c.decide(&o, &g, &f)
}

// Apply folds one fact into the state in place. An *trade.InvalidError says that the history
// cannot be that of a pay-later order: the fact has no step from this phase, or contradicts what
// came before. The state is then as it was.
func (o *Order) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return notAnEvent()
	}
	to, ok := lifecycle.Next(o.Phase, e.Kind())
	if !ok {
		return invalid("event", "%s has no step from phase %s", e.Kind(), o.Phase)
	}
	if err := e.fits(o); err != nil {
		return err
	}
	at = instant(at)
	e.evolve(o, at)
	o.Phase = to
	if at.After(o.LastAt) {
		o.LastAt = at
	}
	return nil
}

// Evolve returns the order after one more fact; o itself is not changed.
func Evolve(o Order, e Event, at time.Time) (Order, error) {
	err := o.Apply(e, at)
	return o, err
}

// Replay folds a whole history. A fact that cannot be is an *events.CorruptError that names its
// version; the state is then the one before that fact.
func Replay(id trade.ID, history []Recorded) (Order, error) {
	o := New(id)
	for i, r := range history {
		if err := o.Apply(r.Event, r.At); err != nil {
			corrupt := &events.CorruptError{Stream: Stream(id), Version: events.Version(i + 1), Err: err}
			if isEvent(r.Event) {
				corrupt.Type = r.Event.Kind().String()
			}
			return o, corrupt
		}
	}
	return o, nil
}

func (o *Order) refuse(ruleID rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), o.Phase.String())
}

// otherCurrency refuses an amount that is not of the order's currency.
func (o *Order) otherCurrency(c Command, amount trade.Money) error {
	if own := o.Original.Currency(); amount.Currency() != own {
		return o.refuse(rule.D60, c).Because("the order is in %[1]s", "订单币种为 %[1]s", own)
	}
	return nil
}

func (o *Order) zero() trade.Money { return trade.Minor(0, o.Original.Currency()) }

func invalid(field, format string, args ...any) *trade.InvalidError {
	return &trade.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

func notAnEvent() error {
	return invalid("event", "must be a value of one of the events of a pay-later order")
}

// plus and minus are for amounts of one order, none of which is negative or more than its
// original amount: there is nothing that could go wrong.
func plus(a, b trade.Money) trade.Money {
	sum, _ := a.Add(b)
	return sum
}

func minus(a, b trade.Money) trade.Money {
	difference, _ := a.Sub(b)
	return difference
}

// instant strips what two equal instants may differ in.
func instant(t time.Time) time.Time { return t.Round(0).UTC() }

// The bounds of texts, in bytes. Stored: raise them, never lower them.
const (
	maxReason    = 500
	maxReference = 200
)

// checkReason returns an *trade.InvalidError unless the reason is empty or one that
// trade.CheckText takes.
func checkReason(text string) error {
	if text == "" {
		return nil
	}
	return trade.CheckText("reason", text, maxReason)
}

// checkPositive and checkNotNegative return an *trade.InvalidError that names the field unless
// the amount is one of a currency that can be stored.
func checkPositive(field string, amount trade.Money) error {
	if !amount.IsPositive() {
		return invalid(field, "must be positive")
	}
	return checkNotNegative(field, amount)
}

func checkNotNegative(field string, amount trade.Money) error {
	if amount.IsNegative() {
		return invalid(field, "must not be negative")
	}
	if _, err := trade.ParseCurrency(amount.Currency().String()); err != nil {
		return invalid(field, "must have a currency")
	}
	return nil
}

// lastDeadline is the latest that an accepted instant and the longest terms can make.
var lastDeadline = trade.MaxInstant.Add(2 * maxTerm)

func checkDeadline(field string, t time.Time) error {
	if t.Before(trade.MinInstant) || t.After(lastDeadline) {
		return invalid(field, "lies outside %s to %s", trade.MinInstant.Format(time.DateOnly), lastDeadline.Format(time.DateOnly))
	}
	return nil
}
