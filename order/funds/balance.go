package funds

import (
	"errors"
	"time"

	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// CNY returns the currency of a balance unless its stream names another one (D60).
func CNY() trade.Currency { return trade.Currency{'C', 'N', 'Y'} }

// Balance is the folded state of a merchant's funds in one currency. It is a value: its holder may
// keep it, and no later event changes it.
type Balance struct {
	Merchant trade.Account
	Currency trade.Currency
	Phase    Phase
	LastAt   time.Time // the latest instant of its events

	sums    sums
	waiting waiting // as of LastAt, after which all of it becomes available
	open    *tree[Withdrawal]
	done    *tree[past] // withdrawals that were settled or have failed
	charges *tree[past]
	cards   *tree[card]
}

// sums is what a balance amounts to, in minor units of its currency; what waits comes on top.
// None is negative or greater than all that was credited.
// Stored: add fields, never rename or remove.
type sums struct {
	Credited  int64 `json:"credited"`
	Available int64 `json:"available"` // as of the last event
	InTransit int64 `json:"in_transit"`
	PaidOut   int64 `json:"paid_out"`
	Fees      int64 `json:"fees"`
	Spent     int64 `json:"spent"`
	Refunded  int64 `json:"refunded"`
	Debt      int64 `json:"debt"`
}

// Facts is what a command needs to know from the platform and the stream of a pay-later order.
type Facts struct {
	// Policy is that of the merchant; nil stands for the defaults. Credit and Withdraw need it.
	Policy *Policy
	// Sale is the order that Credit and Debit name.
	Sale Sale
	// Currencies are those in which a merchant can begin received funds; none stands for CNY.
	// BindCard needs them. What a payment brings is credited whatever they are.
	Currencies []trade.Currency
}

func (f *Facts) policy(c trade.Currency) (Policy, error) {
	if f.Policy == nil {
		return DefaultPolicy(), nil
	}
	return *f.Policy, f.Policy.Validate(c)
}

// Sale is what the stream of a pay-later order says about its money. Paid includes the events of
// the command that the counterpart belongs to; the other two do not.
type Sale struct {
	Paid     trade.Money // what the buyer has paid; nothing before it is paid in full
	Credited trade.Money // what was credited to the merchant for it before
	Refunded trade.Money // what was taken from the merchant for it before
}

// Command is a request to a balance. The commands are the exported types of this package with a
// method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "bind-card".
	Name() string
	// check returns a *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// money is the amount of the command, which has to be in the balance's currency, or the zero
	// Money.
	money() trade.Money
	// decide climbs the command's ladder of rules and never writes the balance. Payload, actor,
	// phase, instant and currency were checked.
	decide(b *Balance, g *trade.Given, f *Facts) ([]Event, error)
}

// Event is an event in the life of a balance. The events are the exported types of this package
// with a method Kind; nobody else can make one.
type Event interface {
	// Kind distinguishes the events; its String is the wire name, such as "funds.credited".
	Kind() Kind
	// check returns a *trade.InvalidError if no command can have made the event. All its amounts
	// are of one currency.
	check() error
	// money is an amount of the event, or the zero Money if it has none.
	money() trade.Money
	// evolve adds the event to the state and moves no phase. It refuses only what contradicts the
	// state; Apply checks the sums.
	evolve(b *Balance, at time.Time) error
}

// Decide answers a command: the resulting events, a *trade.Refusal, or a *trade.InvalidError if
// the command, the given or a fact that the command needs is malformed. No events and no error
// says that there is nothing to do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// currency, and then the command's own rules as its chapter writes them.
func Decide(b Balance, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, wire.Alien("command", "funds")
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	g.At = trade.Instant(g.At) // an event is the same before and after it is stored
	c = normalCommand(c)
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := b.permitted(c, g); err != nil {
		return nil, err
	}
	g.At = life.Instant(c.Name(), g, b.LastAt)
	if amount := c.money(); amount != (trade.Money{}) && amount.Currency() != b.Currency {
		return nil, b.refuse(rule.D60, c).On("amount").Because("the balance is in %[1]s", "该账户的币种为%[1]s", b.Currency)
	}
	return decideCommand(c, &b, &g, &f)
}

// permitted returns the refusal of a command by the actor, the phase or the instant. If it is the
// phase, nothing was received, and all that the command needs is missing.
func (b *Balance) permitted(c Command, g trade.Given) error {
	at := machine.At[Phase]{Phase: b.Phase, LastAt: b.LastAt, Party: g.By.Role != trade.Seller || g.By.Account == b.Merchant}
	if _, never := c.(WithdrawQuota); never {
		at.LastAt = time.Time{} // its own rule refuses it at every instant
	}
	err := life.Check(c.Name(), g, at)
	if no, ok := errors.AsType[*trade.Refusal](err); ok && b.Phase == PhaseNone && c.money().IsPositive() {
		at.Phase = PhaseOpen
		if life.Check(c.Name(), g, at) == nil {
			return no.Short(c.money())
		}
	}
	return err
}

func (b *Balance) refuse(ruleID rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), b.Phase.String())
}

// short refuses more than is available: it says how much is missing, and from when on it will be
// available, if what waits is enough.
func (b *Balance) short(ruleID rule.ID, c Command, need trade.Money, at time.Time) *trade.Refusal {
	available := b.Available(at)
	no := b.refuse(ruleID, c).On("amount").Because("needed %[1]s, available %[2]s", "需要%[1]s，可用%[2]s", need, available).
		Short(b.amount(need.MinorUnits() - available.MinorUnits()))
	if when, ok := b.waiting.reach(need.MinorUnits() - b.sums.Available); ok {
		return no.From(time.Unix(0, when).UTC())
	}
	return no
}

// amount returns so many minor units of the balance's currency.
func (b *Balance) amount(minor int64) trade.Money { return trade.Minor(minor, b.Currency) }

// pass moves the balance on to an instant, unless that is in its past: what has become available
// is added to one sum.
func (b *Balance) pass(at time.Time) {
	b.LastAt = trade.Later(b.LastAt, at)
	still := b.waiting.after(nanos(b.LastAt))
	b.sums.Available += b.waiting.total() - still.total()
	b.waiting = still
}

// sound returns what is wrong with the sums of a balance, or nil: each unit that was credited is
// in exactly one place, and while there is a debt nothing waits and nothing is available.
func (b *Balance) sound() error {
	s, pending := &b.sums, b.waiting.total()
	switch {
	case s.Credited < 0:
		return trade.Invalid("credited", "more than an amount can hold")
	case s.Refunded < 0 || s.Refunded > s.Credited:
		return trade.Invalid("refunded", "more than was credited")
	case s.Debt < 0 || s.Debt > s.Refunded:
		return trade.Invalid("debt", "more is settled than owed, or more is owed than was refunded")
	case s.Debt > 0 && (pending != 0 || s.Available != 0):
		return trade.Invalid("debt", "owed while there are funds")
	}
	// Taking one after the other away cannot overflow, where adding them up could.
	rest := s.Credited - s.Refunded + s.Debt
	for _, part := range [...]int64{pending, s.Available, s.InTransit, s.PaidOut, s.Fees, s.Spent} {
		if part < 0 || part > rest {
			return trade.Invalid("funds", "more is taken away than there is")
		}
		rest -= part
	}
	if rest != 0 {
		return trade.Invalid("funds", "the parts do not add up to what was credited")
	}
	return nil
}
