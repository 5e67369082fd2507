package funds

import (
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix funds -state snapshot -view Page,Statement,Withdrawal -dispatch decide

// Category is the category of the streams of balances.
const Category = "funds"

// Stream returns the stream of a merchant's balance in that currency, of which the zero value
// stands for CNY. An account or currency that is malformed is a *trade.InvalidError.
func Stream(merchant trade.Account, c trade.Currency) (events.StreamID, error) {
	if c.IsZero() {
		c = CNY()
	}
	if err := trade.CheckID("merchant", string(merchant)); err != nil {
		return "", err
	}
	if _, err := trade.ParseCurrency(c.String()); err != nil {
		return "", err
	}
	return events.Stream(Category, string(merchant)+"/"+c.String())
}

// New returns the balance of a merchant that has no history yet.
func New(merchant trade.Account, c trade.Currency) Balance {
	return Balance{Merchant: merchant, Currency: c}
}

// Apply folds one event into the state in place. A *trade.InvalidError says that the history
// cannot be that of a balance: the event has no step from this phase, is in another currency or
// contradicts what came before. The state is then as it was.
//
// An event of a counterpart may have an instant before the last event's; it then happens at the
// last event's.
func (b *Balance) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "funds")
	}
	to, err := life.Step(b.Phase, e.Kind())
	if err != nil {
		return err
	}
	if err := trade.CheckInstant("at", at); err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	if amount := e.money(); amount != (trade.Money{}) && amount.Currency() != b.Currency {
		return trade.Invalid("event", "%s is not in the currency of the balance, %q", amount, b.Currency)
	}
	before := *b
	b.pass(at)
	err = e.evolve(b, at)
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

// Evolve returns the balance after one more event; b itself is not changed.
func Evolve(b Balance, e Event, at time.Time) (Balance, error) {
	err := b.Apply(e, at)
	return b, err
}

// Replay returns the balance after more events, in their order; New is where a whole history
// begins. An event that cannot be is an *events.CorruptError that names its place in the history;
// the state is then the one before it.
func Replay(b Balance, history []events.Recorded[Event]) (Balance, error) {
	stream, _ := Stream(b.Merchant, b.Currency) // names that make no stream do not matter to the fold
	return model.Continue(stream, b, history)
}

// Model returns how the stream of a balance folds. Streams are those that Stream makes; on any
// other no credit is accepted.
func Model() *events.Model[Balance, Event] { m := model; return &m }

var model = events.Model[Balance, Event]{
	Category: Category,
	New: func(stream events.StreamID) Balance {
		key, _ := stream.Key()
		merchant, code, _ := strings.Cut(key, "/")
		c, err := trade.ParseCurrency(code)
		if err != nil {
			return Balance{}
		}
		return New(trade.Account(merchant), c)
	},
	Evolve:  (*Balance).Apply,
	Encode:  EncodeEvent,
	Decode:  DecodeEvent,
	Fold:    "funds.balance.1",
	Save:    save,
	Restore: restore,
}
