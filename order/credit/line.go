package credit

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Product is what a line is for. It is named by the stream and never changes.
type Product uint8

// The two products.
const (
	// Assurance is the Trade Assurance Limit (信保额度), which covered orders hold.
	Assurance Product = iota
	// PayLater is the pay-later quota (先用后付额度), which pay-later orders use.
	PayLater
)

// String returns "assurance" or "pay-later".
func (p Product) String() string {
	if p == PayLater {
		return "pay-later"
	}
	return "assurance"
}

// Line is the folded state of a credit line in one currency, of a seller or of a pay-later
// merchant. It is a value of bounded size: whoever holds one may keep it, and no later event
// changes it. New and NewPayLater make the one that nothing has happened to.
//
// Held and Consumed are never negative, and Held is zero exactly if OpenHolds is. Their sum is
// above Limit only after the limit was cut. On a pay-later line Held is the quota used,
// OpenHolds the number of orders that use it, Overdue how many of these are overdue, and
// Consumed stays zero.
// Stored: add fields, never rename or remove.
type Line struct {
	Product  Product        `json:"-"` // named by the stream
	Seller   trade.Account  `json:"-"` // named by the stream
	Currency trade.Currency `json:"-"` // named by the stream
	Phase    Phase          `json:"phase"`
	LastAt   time.Time      `json:"last_at,omitzero"` // the latest instant of its events

	Limit     trade.Money `json:"limit"`            // what the platform assessed
	Held      trade.Money `json:"held"`             // the sum of what orders hold or use
	Consumed  trade.Money `json:"consumed"`         // what was claimed and not repaid yet
	OpenHolds int64       `json:"open_holds"`       // the number of orders that hold or use something
	Overdue   int64       `json:"overdue,omitzero"` // the number of those that are overdue

	// Reason says why the line is suspended; it is empty otherwise.
	Reason string `json:"reason,omitzero"`
	// Freezes is why a pay-later line is frozen, the oldest reason first and none twice. It is
	// shared between states and must not be written.
	Freezes []Ground `json:"freezes,omitzero"`
}

// New returns the assurance line of a seller that was never assessed. Its limit is zero.
func New(account trade.Account, c trade.Currency) Line { return newLine(Assurance, account, c) }

// NewPayLater returns the pay-later line of a merchant that was never opened. Its limit is zero.
func NewPayLater(merchant trade.Account, c trade.Currency) Line {
	return newLine(PayLater, merchant, c)
}

func newLine(p Product, account trade.Account, c trade.Currency) Line {
	zero := trade.Minor(0, c)
	return Line{Product: p, Seller: account, Currency: c, Limit: zero, Held: zero, Consumed: zero}
}

// Available returns what is left of the limit: the limit less what is held and consumed, and
// nothing if the limit was cut below that. It regards neither suspension nor freeze. On a
// pay-later line it is the remaining quota.
func (l *Line) Available() trade.Money { return trade.Minor(max(0, l.room()), l.Currency) }

// Overcommitted returns by how much what is held and consumed exceeds the limit.
func (l *Line) Overcommitted() trade.Money { return trade.Minor(max(0, -l.room()), l.Currency) }

// room is the limit less what is held and consumed. It cannot overflow, because none of the
// three is negative and sound has added the latter two.
func (l *Line) room() int64 {
	return l.Limit.MinorUnits() - l.Held.MinorUnits() - l.Consumed.MinorUnits()
}

// Usable returns what a new order may take now: what is available, or nothing while the line is
// suspended or frozen.
func (l *Line) Usable() trade.Money {
	if l.Suspended() || l.Frozen() {
		return trade.Minor(0, l.Currency)
	}
	return l.Available()
}

// Suspended reports whether the platform has suspended the line.
func (l *Line) Suspended() bool { return l.Phase == PhaseSuspended }

// Frozen reports whether a pay-later line has at least one reason to be frozen.
func (l *Line) Frozen() bool { return len(l.Freezes) > 0 }

// Fact returns what an order needs to know of the line. A frozen line counts as suspended.
func (l *Line) Fact() order.Quota {
	return order.Quota{Available: l.Available(), Suspended: l.Suspended() || l.Frozen()}
}

// Facts is what the stream of the order that a command names says.
type Facts struct {
	// Hold is what the order holds on this line before the command, and how its last hold
	// ended. Hold, Adjust, Release, Claim, Deduct, Restore, NoteOverdue and Consume need it. For a
	// pay-later order it is open with the amount that the order still uses, released once all
	// of it was restored, and posted once it was written off; Cause is not regarded.
	Hold order.Hold
	// Overdue says that the order is overdue before the command. NoteOverdue, Restore and
	// Consume need it, and Freeze does for ReasonOverdue.
	Overdue bool
	// Fake says that the order is flagged as fake; Freeze needs it for ReasonFakeOrder.
	Fake bool
}

// Command is what may be asked of a line. The commands are the exported types of this package
// with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "assess-limit".
	Name() string
	// check returns an *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// money lists the amounts of the command, which have to be of the line's currency.
	money() [2]trade.Money
	// decide climbs the command's ladder of rules. Actor, phase, instant and currency were
	// checked.
	decide(l Line, by trade.Role, f Facts) ([]Event, error)
}

// Event is a fact in the life of a line. The events are the exported types of this package with
// a method Kind; nobody else can make one.
type Event interface {
	// Kind tells the events apart; its String is the wire name, such as "credit.held".
	Kind() Kind
	// check returns an *trade.InvalidError if no command can have made the event.
	check() error
	// evolve adds the fact to the state and moves no phase. It refuses only sums that cannot
	// be.
	evolve(l *Line) error
}

// Recorded is a fact with the instant at which it was decided.
type Recorded struct {
	At    time.Time
	Event Event
}

// Decide answers a command: the facts that come of it, a *trade.Refusal, or an
// *trade.InvalidError if the command or the given is malformed. No facts and no error says that
// there is nothing to do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// currency, and then the command's own rules as its chapter writes them. The instant is not
// asked of the desk: what it writes is addressed to an order, and on the line goes by version.
func Decide(l Line, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, &trade.InvalidError{Field: "command", Reason: "must be a value of one of the commands of a credit line"}
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
	if err := l.permits(c, &g); err != nil {
		return nil, err
	}
	return c.decide(l, g.By.Role, f)
}

// permits checks actor, phase and instant against the table of commands, and the currency.
func (l *Line) permits(c Command, g *trade.Given) error {
	p := permissionOf(l.Product, c.Name())
	switch {
	case !slices.Contains(p.Roles, g.By.Role):
		return refuse(p.Rule, c, l.Phase).Because("the actor's role may not ask for it", "操作者的角色无权执行此操作")
	case p.Product != l.Product || !slices.Contains(p.Phases, l.Phase):
		return l.elsewhere(p, c)
	case g.By.Role != trade.Desk && g.At.Before(l.LastAt):
		return refuse(rule.D61, c, l.Phase).From(l.LastAt)
	}
	for _, amount := range c.money() {
		if amount != (trade.Money{}) && amount.Currency() != l.Currency {
			return refuse(rule.D60, c, l.Phase).Because("the line is in %s", "该额度的币种为%s", l.Currency)
		}
	}
	return nil
}

// elsewhere is the refusal of a command in a phase, or on a product, that does not have it. A
// line that takes no orders lacks all of the amount.
func (l *Line) elsewhere(p *Permission, c Command) *trade.Refusal {
	no := refuse(p.Rule, c, l.Phase)
	switch {
	case p.Product != l.Product && l.Product == PayLater:
		return no.Because("a pay-later line has no such command", "先用后付额度没有此操作")
	case p.Product != l.Product:
		return no.Because("an assurance line has no such command", "信保额度没有此操作")
	case l.Phase == PhaseNone && l.Product == PayLater:
		no.Because("the line was never opened; its limit is zero", "先用后付额度尚未开通，可用额度为零")
	case l.Phase == PhaseNone:
		no.Because("the line was never assessed; its limit is zero", "额度尚未评定，可用额度为零")
	case l.Phase == PhaseOpen:
		no.Because("the line was opened already", "先用后付额度已经开通")
	case l.Phase == PhaseSuspended:
		no.Because("the line is suspended", "信保额度已暂停")
	default:
		no.Because("the line is not suspended", "信保额度未被暂停")
	}
	switch c := c.(type) {
	case Hold:
		no.Short(c.Amount)
	case Deduct:
		no.Short(c.Amount)
	}
	return no
}

func refuse(ruleID rule.ID, c Command, phase Phase) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), phase.String())
}

// Apply folds one fact into the state in place. An error, an *trade.InvalidError or an
// *trade.MoneyError, says that the history cannot be that of a line: the fact has no step from
// the present phase, is of another currency, or takes away more than is there. The state is
// then as it was.
func (l *Line) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return notAnEvent()
	}
	to, ok := lifecycle.Next(l.Phase, e.Kind())
	if !ok || !to.of(l.Product) {
		return &trade.InvalidError{Field: "event", Reason: e.Kind().String() + " has no step from phase " + l.Phase.String() + " of a line of " + l.Product.String()}
	}
	before := *l
	err := e.evolve(l)
	if err == nil {
		err = l.sound()
	}
	if err != nil {
		*l = before
		return err
	}
	l.Phase = to
	if at.After(l.LastAt) {
		l.LastAt = at
	}
	return nil
}

// sound returns what is wrong with the sums of a line, or nil.
func (l *Line) sound() error {
	wrong := func(field, reason string) error { return &trade.InvalidError{Field: field, Reason: reason} }
	switch c := l.Currency; {
	case l.Limit.Currency() != c || l.Held.Currency() != c || l.Consumed.Currency() != c:
		return wrong("line", "an amount is not in the currency of the line")
	case l.Limit.IsNegative():
		return wrong("limit", "must not be negative")
	case l.Held.IsNegative():
		return wrong("held", "more is taken from the holds than there is")
	case l.Consumed.IsNegative():
		return wrong("consumed", "more is repaid than was claimed")
	case l.OpenHolds < 0 || (l.OpenHolds == 0) != l.Held.IsZero():
		return wrong("open_holds", "does not agree with what is held")
	case l.Overdue < 0 || l.Overdue > l.OpenHolds || l.Overdue > 0 && l.Product != PayLater:
		return wrong("overdue", "does not agree with the number of orders")
	}
	_, err := l.Held.Add(l.Consumed)
	return err
}

func notAnEvent() error {
	return &trade.InvalidError{Field: "event", Reason: "must be a value of one of the events of a credit line"}
}

// Evolve returns the line after one more fact; l itself is not changed.
func Evolve(l Line, e Event, at time.Time) (Line, error) {
	err := l.Apply(e, at)
	return l, err
}

// Replay returns the line after more facts, in their order; New is where a whole history
// begins. It stops at the first fact that Apply refuses and returns its error with the state
// before that fact.
func Replay(l Line, history []Recorded) (Line, error) {
	for _, r := range history {
		if err := l.Apply(r.Event, r.At); err != nil {
			return l, err
		}
	}
	return l, nil
}
