package credit

import (
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// The categories of the streams of credit lines.
const (
	Category         = "line"          // assurance lines
	PayLaterCategory = "paylater_line" // pay-later lines
)

// Stream returns the stream of a seller's assurance line in that currency. An account or
// currency that is malformed is an *trade.InvalidError.
func Stream(account trade.Account, c trade.Currency) (events.StreamID, error) {
	return stream(Category, "seller", account, c)
}

// PayLaterStream returns the stream of a merchant's pay-later line in that currency. An account
// or currency that is malformed is an *trade.InvalidError.
func PayLaterStream(merchant trade.Account, c trade.Currency) (events.StreamID, error) {
	return stream(PayLaterCategory, "merchant", merchant, c)
}

func stream(category, field string, account trade.Account, c trade.Currency) (events.StreamID, error) {
	if err := trade.CheckID(field, string(account)); err != nil {
		return "", err
	}
	if _, err := trade.ParseCurrency(c.String()); err != nil {
		return "", err
	}
	return events.Stream(category, string(account)+"/"+c.String())
}

// NewModel returns how the stream of an assurance line folds. Streams are those that Stream
// makes; on any other every event is refused.
func NewModel() *events.Model[Line, Event] { return model(Category, "credit.line.1", New) }

// NewPayLaterModel returns how the stream of a pay-later line folds. Streams are those that
// PayLaterStream makes; on any other every event is refused.
func NewPayLaterModel() *events.Model[Line, Event] {
	return model(PayLaterCategory, "credit.paylater_line.1", NewPayLater)
}

func model(category, fold string, begin func(trade.Account, trade.Currency) Line) *events.Model[Line, Event] {
	return &events.Model[Line, Event]{
		Category: category,
		New: func(stream events.StreamID) Line {
			key, _ := stream.Key()
			account, code, _ := strings.Cut(key, "/")
			c, err := trade.ParseCurrency(code)
			if err != nil {
				return Line{}
			}
			return begin(trade.Account(account), c)
		},
		Evolve:  func(l *Line, e Event, at time.Time) error { return l.Apply(e, at) },
		Encode:  EncodeEvent,
		Decode:  DecodeEvent,
		Fold:    fold,
		Save:    save,
		Restore: restore,
	}
}
