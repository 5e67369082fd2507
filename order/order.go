package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
)

// Order is the folded state of one assurance order (信保订单). It is a value: whoever holds one
// may keep it, and no later step changes it.
type Order struct {
	ID     ID
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
	// FundedAt is when the initial payment was satisfied, PaidAt when the total was.
	FundedAt, PaidAt time.Time

	// export
	Links    []LinkedEntrustment
	Shipment Shipped

	// receipt
	ReceiptBy   Role // who confirmed receipt: Buyer or System
	ReceivedAt  time.Time
	CompletedAt time.Time
	Review      Reviewed
	ReviewedAt  time.Time

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
		return nil, invalid("command", "is nil, a pointer, or no command of an order")
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
	return CheckInstant("at", g.At)
}

// permits checks actor, phase and instant against the table of commands.
func (o *Order) permits(c Command, g *Given) error {
	rows := permitted[c.Name()]
	role, here := false, false
	for _, p := range rows {
		mine, phase := contains(p.Roles, g.By.Role), contains(p.Phases, o.Phase)
		role, here = role || mine, here || mine && phase
	}
	switch {
	case !role:
		return refuse(rows[0].refuses(o.Phase), c, o).
			Says("the "+g.By.Role.Text(English)+" cannot ask for it", g.By.Role.Text(Chinese)+"无权执行此操作")
	case !o.isParty(g.By):
		return refuse(rows[0].refuses(o.Phase), c, o).Because("the account is no party of this order", "该账号不是本订单的当事人")
	case !here:
		return refuse(rows[0].refuses(o.Phase), c, o).Because("not in this phase", "订单当前阶段不允许此操作")
	case g.By.Role != Desk && g.At.Before(o.LastAt):
		return refuse(RuleD61, c, o).From(o.LastAt)
	}
	return nil
}

// isParty reports whether a buyer or seller is the one of this order. A buyer who was not
// registered when the contract was drafted is known by his verified address (D32). Before the
// order is drafted anybody may become its seller.
func (o *Order) isParty(by Actor) bool {
	switch by.Role {
	case Seller:
		return o.Phase == PhaseNone || by.Account == o.Seller.Account
	case Buyer:
		if o.Buyer.Account != "" {
			return by.Account == o.Buyer.Account
		}
		return o.Matched && by.Email.Same(o.Buyer.Email)
	default:
		return true
	}
}

// Apply folds one fact into the state in place. An error says that the history cannot be
// that of an order: the fact has no step from this phase, or contradicts what came before.
// The state is then as it was.
func (o *Order) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return invalid("event", "is nil, a pointer, or no event of an order")
	}
	to, ok := lifecycle.Next(o.Phase, e.Kind())
	if !ok {
		return fmt.Errorf("order: %s has no step from phase %s", e.Kind(), o.Phase)
	}
	if err := o.contradicts(e); err != nil {
		return err
	}
	at = at.UTC()
	e.evolve(o, at)
	o.Phase = to
	if at.After(o.LastAt) {
		// What a command on another stream writes here goes by version: its instant may lie
		// before that of the event ahead of it.
		o.LastAt = at
	}
	return nil
}

// contradicts reports a fact that the table allows and the order's own past does not: one
// whose misreading would bind the wrong person, move money or quota twice, or let the state
// grow without bound.
func (o *Order) contradicts(e Event) error {
	switch e := e.(type) {
	case ContractAttached:
		return bounded(len(o.Contracts), MaxContracts)
	case HoldPlaced, HoldReleased:
		return o.Hold.contradicts(e)
	case Confirmed:
		if o.Buyer.Account != "" && e.Account != o.Buyer.Account || e.Account == o.Seller.Account {
			return fmt.Errorf("order: confirmed by %q, which is not the contract's buyer", e.Account)
		}
		if e.Terms != o.Revision {
			return fmt.Errorf("order: confirmed terms %d, but revision %d was submitted", e.Terms, o.Revision)
		}
	case PaymentInitiated:
		return bounded(len(o.Payments), MaxPayments)
	case PaymentReceived:
		if o.pending(e.Payment, e.Method) < 0 && len(o.Payments) >= MaxPayments {
			return bounded(len(o.Payments), MaxPayments)
		}
		return o.Ledger.received(&e).check(&o.Terms, e.Amount.IsPositive() && !e.Applied.IsNegative() && !e.Unapplied.IsNegative())
	case UnappliedApplied:
		return o.Ledger.applied(&e).check(&o.Terms, e.Amount.IsPositive() && !e.Reviewed.IsNegative())
	case ShortfallAccepted:
		return o.Ledger.without(&e).check(&o.Terms, e.Amount.IsPositive())
	case Funded:
		if !o.Terms.Initial.AtMost(o.Ledger.settled()) {
			return fmt.Errorf("order: funded with %s of %s", o.Ledger.settled(), o.Terms.Initial)
		}
	case EntrustmentLinked:
		if o.link(e.Entrustment) >= 0 {
			return fmt.Errorf("order: entrustment %q is linked twice", e.Entrustment)
		}
		return bounded(len(o.Links), MaxLinks)
	case Completed:
		if !o.Due().IsZero() {
			return fmt.Errorf("order: completed with %s due", o.Due())
		}
	}
	return nil
}

func bounded(have, most int) error {
	if have >= most {
		return fmt.Errorf("order: one more than the %d that an order holds", most)
	}
	return nil
}

// Evolve returns the order after one more fact; o itself is not changed.
func Evolve(o Order, r Recorded) (Order, error) {
	err := o.Apply(r.Event, r.At)
	return o, err
}

// Replay folds a whole history. A fact that cannot be is a *events.CorruptError that names its
// version.
func Replay(id ID, history []Recorded) (Order, error) {
	o := Order{ID: id}
	for i, r := range history {
		if err := o.Apply(r.Event, r.At); err != nil {
			return o, &events.CorruptError{
				Stream: Stream(id), Version: events.Version(i + 1), Type: kindName(r.Event), Err: err,
			}
		}
	}
	return o, nil
}

func kindName(e Event) string {
	if !isEvent(e) {
		return Kind(0).String()
	}
	return e.Kind().String()
}

// At returns the order as it stood at an instant: what was recorded at or before it.
func At(id ID, history []Recorded, t time.Time) (Order, error) {
	n := 0
	for n < len(history) && !history[n].At.After(t) {
		n++
	}
	return Replay(id, history[:n])
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
	case o.Phase == PhaseReadyToShip && g.Rules().AutoShip:
		return o.autoShip(g)
	}
	return nil
}

func refuse(rule Rule, c Command, o *Order) *Refusal { return Refuse(rule, c.Name(), o.Phase.String()) }

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
func (o *Order) VisibleTo(by Actor) bool {
	switch by.Role {
	case Seller:
		return o.Phase != PhaseNone && by.Account == o.Seller.Account
	case Buyer:
		return o.Link != "" && o.isParty(by)
	case Platform, System:
		return o.Phase != PhaseNone
	default:
		return false
	}
}
