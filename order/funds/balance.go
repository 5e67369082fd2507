package funds

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// CNY returns the currency of a balance unless its stream names another one (D60).
func CNY() trade.Currency { return trade.Currency{'C', 'N', 'Y'} }

// Balance is the folded state of a merchant's funds in one currency. It is a value: whoever holds
// one may keep it, and no later event changes it. New makes the one to which nothing has
// happened.
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
// None is negative, nor is any greater than all that was credited.
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

// New returns the balance of a merchant to which nothing has happened.
func New(merchant trade.Account, c trade.Currency) Balance {
	return Balance{Merchant: merchant, Currency: c}
}

// Facts is what the platform and the stream of a pay-later order say, as far as a command needs
// it.
type Facts struct {
	// Policy is that of the merchant; nil stands for the defaults. Credit and Withdraw need it.
	Policy *Policy
	// Sale is the order that Credit and Debit name.
	Sale Sale
}

func (f *Facts) policy(c trade.Currency) (Policy, error) {
	if f.Policy == nil {
		return DefaultPolicy(), nil
	}
	return *f.Policy, f.Policy.Validate(c)
}

// Sale is what the stream of a pay-later order says of its money. What the command adds that the
// counterpart belongs to counts for Paid, and not yet for the other two.
type Sale struct {
	Paid     trade.Money // what the buyer has paid; nothing until he has paid in full
	Credited trade.Money // what was credited to the merchant for it before
	Refunded trade.Money // what was taken from the merchant for it before
}

// Command is what may be asked of a balance. The commands are the exported types of this package
// with a method Name; nobody else can make one.
type Command interface {
	// Name is the command's wire name, such as "bind-card".
	Name() string
	// check returns an *trade.InvalidError if the payload is malformed, whatever the state.
	check() error
	// money is the amount of the command, which has to be of the balance's currency, or the zero
	// Money.
	money() trade.Money
	// decide climbs the command's ladder of rules. Actor, phase, instant and currency were
	// checked.
	decide(b Balance, at time.Time, f Facts) ([]Event, error)
}

// Event is a fact in the life of a balance. The events are the exported types of this package
// with a method Kind; nobody else can make one.
type Event interface {
	// Kind tells the events apart; its String is the wire name, such as "funds.credited".
	Kind() Kind
	// check returns an *trade.InvalidError if no command can have made the event. All its
	// amounts are of one currency.
	check() error
	// money is an amount of the event, or the zero Money if it has none.
	money() trade.Money
	// evolve adds the fact to the state and moves no phase. It refuses only what contradicts
	// the state; Apply sees to the sums.
	evolve(b *Balance, at time.Time) error
}

// Recorded is a fact with the instant at which it was decided.
type Recorded struct {
	At    time.Time
	Event Event
}

// Decide answers a command: the facts that come of it, a *trade.Refusal, or an
// *trade.InvalidError if the command, the given or a fact that the command needs is malformed. No
// facts and no error says that there is nothing to do.
//
// The order of the checks is fixed: malformed input, the actor, the phase, the instant, the
// currency, and then the command's own rules as its chapter writes them. The instant is not asked
// of the desk: what it writes is addressed to an order, and here goes by version.
func Decide(b Balance, c Command, g trade.Given, f Facts) ([]Event, error) {
	if !isCommand(c) {
		return nil, invalid("command", "must be a value of one of the commands of a balance")
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
	if err := b.permits(c, &g); err != nil {
		return nil, err
	}
	return c.decide(b, g.At, f)
}

// permits checks actor, phase and instant against the table of commands, and the currency.
func (b *Balance) permits(c Command, g *trade.Given) error {
	p := permissionOf(c.Name())
	switch amount := c.money(); {
	case !slices.Contains(p.Roles, g.By.Role):
		return b.refuse(p.Rule, c).Says("the actor's role may not ask for it", "操作者的角色无权执行此操作")
	case g.By.Role == trade.Seller && g.By.Account != b.Merchant:
		return b.refuse(p.Rule, c).Says("the balance is another merchant's", "该账户属于其他商家")
	case !slices.Contains(p.Phases, b.Phase):
		return b.elsewhere(p.Rule, c)
	case g.By.Role != trade.Desk && g.At.Before(b.LastAt):
		return b.refuse(rule.D61, c).From(b.LastAt)
	case amount != trade.Money{} && amount.Currency() != b.Currency:
		return b.refuse(rule.D60, c).Because("the balance is in %[1]s", "该账户的币种为%[1]s", b.Currency)
	}
	return nil
}

// elsewhere is the refusal of a command in a phase that does not allow it. Of a balance to which
// nothing has happened, all that is asked for is missing.
func (b *Balance) elsewhere(ruleID rule.ID, c Command) *trade.Refusal {
	if c, ok := c.(WithdrawQuota); ok {
		return c.refused(b)
	}
	no := b.refuse(ruleID, c).Says("the balance has received nothing", "该账户尚未收到任何货款")
	if amount := c.money(); amount.IsPositive() {
		no.Short(amount)
	}
	return no
}

func (b *Balance) refuse(ruleID rule.ID, c Command) *trade.Refusal {
	return trade.Refuse(ruleID, c.Name(), b.Phase.String())
}

// short is the refusal of more than is available: it says how much is missing, and from when on
// it is not, if what waits will make up for it.
func (b *Balance) short(ruleID rule.ID, c Command, need trade.Money, at time.Time) *trade.Refusal {
	available := b.Available(at)
	no := b.refuse(ruleID, c).Because("needed %[1]s, available %[2]s", "需要%[1]s，可用%[2]s", need, available).
		Short(b.amount(need.MinorUnits() - available.MinorUnits()))
	if when, ok := b.waiting.reach(need.MinorUnits() - b.sums.Available); ok {
		return no.From(time.Unix(0, when).UTC())
	}
	return no
}

// amount returns so many minor units of the balance's currency.
func (b *Balance) amount(minor int64) trade.Money { return trade.Minor(minor, b.Currency) }

// Apply folds one fact into the state in place. An error, an *trade.InvalidError, says that the
// history cannot be that of a balance: the fact has no step from the present phase, is of another
// currency or contradicts what came before. The state is then as it was.
//
// An instant before the last event's is recorded of a counterpart and is taken for the last
// event's here.
func (b *Balance) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return notAnEvent()
	}
	to, ok := lifecycle.Next(b.Phase, e.Kind())
	if !ok {
		return invalid("event", "%s has no step from phase %s", e.Kind(), b.Phase)
	}
	if err := trade.CheckInstant("at", at); err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	if amount := e.money(); amount != (trade.Money{}) && amount.Currency() != b.Currency {
		return invalid("event", "%s is not in the currency of the balance, %q", amount, b.Currency)
	}
	before := *b
	b.pass(at)
	err := e.evolve(b, at)
	if err == nil {
		err = b.sound()
	}
	if err != nil {
		*b = before
		return err
	}
	b.Phase = to
	return nil
}

// pass moves the balance on to an instant, unless it is there already: what has become available
// folds into one sum.
func (b *Balance) pass(at time.Time) {
	if at.After(b.LastAt) {
		b.LastAt = instant(at)
	}
	still := b.waiting.after(nanos(b.LastAt))
	b.sums.Available += b.waiting.total() - still.total()
	b.waiting = still
}

// sound returns what is wrong with the sums of a balance, or nil: each unit that was credited is
// in exactly one place, and a debt has used up all that there is.
func (b *Balance) sound() error {
	s, pending := &b.sums, b.waiting.total()
	switch {
	case s.Credited < 0:
		return invalid("credited", "more than an amount can hold")
	case s.Refunded < 0 || s.Refunded > s.Credited:
		return invalid("refunded", "more than was credited")
	case s.Debt < 0 || s.Debt > s.Refunded:
		return invalid("debt", "more is settled than is owed, or more is owed than was refunded")
	case s.Debt > 0 && (pending != 0 || s.Available != 0):
		return invalid("debt", "owed while there are funds")
	}
	// Taking one after the other away cannot overflow, where adding them up could.
	rest := s.Credited - s.Refunded + s.Debt
	for _, part := range [...]int64{pending, s.Available, s.InTransit, s.PaidOut, s.Fees, s.Spent} {
		if part < 0 || part > rest {
			return invalid("funds", "more is taken away than there is")
		}
		rest -= part
	}
	if rest != 0 {
		return invalid("funds", "some of what was credited is nowhere")
	}
	return nil
}

func invalid(field, format string, args ...any) *trade.InvalidError {
	return &trade.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

func notAnEvent() error {
	return invalid("event", "must be a value of one of the events of a balance")
}

// instant strips what two equal instants may differ in.
func instant(t time.Time) time.Time { return t.Round(0).UTC() }

// Evolve returns the balance after one more fact; b itself is not changed.
func Evolve(b Balance, e Event, at time.Time) (Balance, error) {
	err := b.Apply(e, at)
	return b, err
}

// Replay returns the balance after more facts, in their order; New is where a whole history
// begins. It stops at the first fact that Apply refuses and returns its error with the state
// before that fact.
func Replay(b Balance, history []Recorded) (Balance, error) {
	for _, r := range history {
		if err := b.Apply(r.Event, r.At); err != nil {
			return b, err
		}
	}
	return b, nil
}
