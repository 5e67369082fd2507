package funds

import (
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Category is that of the streams of balances.
const Category = "funds"

// Stream returns the stream of a merchant's balance in that currency, of which the zero value
// stands for CNY. An account or currency that is malformed is an *trade.InvalidError.
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

// NewModel returns how the stream of a balance folds. Streams are those that Stream makes; on any
// other no credit is accepted.
func NewModel() *events.Model[Balance, Event] {
	return &events.Model[Balance, Event]{
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
		Evolve:  func(b *Balance, e Event, at time.Time) error { return b.Apply(e, at) },
		Encode:  EncodeEvent,
		Decode:  DecodeEvent,
		Fold:    "funds.balance.1",
		Save:    save,
		Restore: restore,
	}
}
