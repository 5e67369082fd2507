package credit

import (
	"errors"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Product is what a line is for. The stream names it, and it never changes.
type Product uint8

// The two products.
const (
	// Assurance is the Trade Assurance Limit (信保额度), which covered orders hold.
	Assurance Product = iota
	// PayLater is the pay-later quota (先用后付额度), which pay-later orders use.
	PayLater
)

// String returns "assurance" or "pay-later".
func (p Product) String() string { return [...]string{"assurance", "pay-later"}[p] }

// Line is the folded state of a credit line in one currency, of a seller or of a pay-later
// merchant. It is a value of bounded size: its holder may keep it, and no later event changes it.
//
// Held and Consumed are never negative, and Held is zero exactly if OpenHolds is. Their sum is
// above Limit only after the limit was cut. On a pay-later line Held is the quota used, OpenHolds
// the number of orders that use it, Overdue how many of these are overdue, and Consumed stays zero.
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
	Reason trade.Text `json:"reason,omitzero"`
	// Freezes is why a pay-later line is frozen, the oldest reason first and none twice. It is
	// shared between states and must not be written.
	Freezes []Ground `json:"freezes,omitzero"`

	// AssessmentRequested says that the merchant waits for an assessment.
	AssessmentRequested bool `json:"assessment_requested,omitzero"`
	// Email is the address that the platform has verified for the merchant of a pay-later line;
	// empty if it is not known. It is personal data.
	Email trade.Email `json:"email,omitzero"`
}

// Available returns what is left of the limit: the limit less what is held and consumed, and
// nothing if the limit was cut below that. Suspension and freeze do not change it. On a
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
	// of it was restored, and posted once it was written off; its Cause is ignored.
	Hold order.Hold
	// Overdue says that the order is overdue before the command. NoteOverdue, Restore and
	// Consume need it, and Freeze does for ReasonOverdue.
	Overdue bool
	// Fake says that the order is flagged as fake; Freeze needs it for ReasonFakeOrder.
	Fake bool
	// Email is the address that the platform has verified for the merchant. On a pay-later line
	// OpenLine, AssessLimit and RequestAssessment keep it.
	Email trade.Email
	// Currencies are those in which a pay-later line can be opened; none stands for CNY. OpenLine
	// needs them.
	Currencies []trade.Currency
}

// Command is a request to a line. The commands are the exported struct types of this package with
// a method Name; no other package can make one.
type Command interface {
	// Name is the command's wire name, such as "assess-limit".
	Name() string
	// check returns a *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// money returns the amounts that have to be of the line's currency.
	money() [2]field
	// decide applies the command's own rules in order. Payload, actor, phase, instant and currency
	// were checked.
	decide(l *Line, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is an event in the life of a line. The events are the exported struct types of this
// package with a method Kind; no other package can make one.
type Event interface {
	// Kind distinguishes the events; its String is the wire name, such as "credit.held".
	Kind() Kind
	// check returns a *trade.InvalidError if no command can have made the event.
	check() error
	// evolve adds the event to the state and moves no phase. It refuses only sums that cannot be.
	evolve(l *Line) error
}

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError if
// the command or the given is malformed. No events and no error says that there is nothing to do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// currency, and then the command's own rules in the order of its method decide. The instant of the
// desk is not checked: what it writes belongs to an order, and is ordered by version on the line.
func Decide(l Line, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "credit")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	c = normalCommand(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := Life(l.Product).Check(c.Name(), g, machine.At[Phase]{Phase: l.Phase, LastAt: l.LastAt, Party: l.isParty(g.By)}); err != nil {
		return nil, l.explain(err, c, g.By)
	}
	for _, f := range c.money() {
		if f.amount != (trade.Money{}) && f.amount.Currency() != l.Currency {
			return nil, l.refuse(rule.D60, c).On(f.name).Because("the line is in %s", "该额度的币种为%s", l.Currency)
		}
	}
	return decideCommand(c, &l, &g, &f)
}

// explain completes what Life.Check says. A command that only lines of the other product have is
// refused by its rule there. A line that takes no orders lacks all of the amount that one needs.
func (l *Line) explain(err error, c Command, by trade.Actor) error {
	no, ok := errors.AsType[*trade.Refusal](err)
	if !ok {
		for _, p := range permits[1-l.Product] {
			if p.Command == c.Name() {
				no := l.refuse(p.Rule, c).Says("a line of this product has no such command", "此类额度没有此操作")
				if by.Role == trade.Buyer || !l.isParty(by) {
					no.Phase = "" // a stranger does not learn that the line exists (D64)
				}
				return no
			}
		}
		return err
	}
	switch c := c.(type) {
	case Hold, Deduct:
		if by.Role == trade.Desk { // whose role is permitted, so it is the phase that is not
			no.Short(c.money()[0].amount)
		}
	case Withdraw:
		if no.Rule == rule.B6 { // for the reason that it gives to everybody
			always := c.refused(l)
			always.Phase = no.Phase // none for a stranger
			return always
		}
	}
	return no
}

// isParty reports whether an actor who is a seller owns the line.
func (l *Line) isParty(by trade.Actor) bool {
	return by.Role != trade.Seller || by.Account == l.Seller
}

// field is a field of a command that has an amount.
type field struct {
	name   string
	amount trade.Money
}

func (l *Line) refuse(id rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(id, c.Name(), l.Phase.String())
}
