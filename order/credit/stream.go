package credit

import (
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
)

// Category is that of the streams of credit lines.
const Category = "line"

// Stream returns the stream of a seller's line in that currency. An account or currency that is
// malformed is an *order.InvalidError.
func Stream(account order.Account, c order.Currency) (events.StreamID, error) {
	if err := order.CheckID("seller", string(account)); err != nil {
		return "", err
	}
	if _, err := order.ParseCurrency(c.String()); err != nil {
		return "", err
	}
	return events.Stream(Category, string(account)+"/"+c.String())
}

// NewModel returns how the stream of a line folds. Streams are those that Stream makes; on any
// other every event is refused.
func NewModel() *events.Model[Line, Event] {
	return &events.Model[Line, Event]{
		Category: Category,
		New: func(stream events.StreamID) Line {
			key, _ := stream.Key()
			account, code, _ := strings.Cut(key, "/")
			c, err := order.ParseCurrency(code)
			if err != nil {
				return Line{}
			}
			return New(order.Account(account), c)
		},
		Evolve:  func(l *Line, e Event, at time.Time) error { return l.Apply(e, at) },
		Encode:  EncodeEvent,
		Decode:  DecodeEvent,
		Fold:    "credit.line.1",
		Save:    save,
		Restore: restore,
	}
}
