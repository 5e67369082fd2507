package credit

import (
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix credit -state Line -view Line,Page,Statement -dispatch decide

// The categories of the streams of credit lines.
const (
	Category         = "line"          // assurance lines
	PayLaterCategory = "paylater_line" // pay-later lines
)

// category returns the category of the streams of the product's lines.
func (p Product) category() string { return [...]string{Category, PayLaterCategory}[p] }

// Stream returns the stream of the account's line of that product and currency. A malformed
// account or currency is a *trade.InvalidError.
func Stream(p Product, account trade.Account, c trade.Currency) (events.StreamID, error) {
	if err := trade.CheckID([...]string{"seller", "merchant"}[p], string(account)); err != nil {
		return "", err
	}
	if _, err := trade.ParseCurrency(c.String()); err != nil {
		return "", err
	}
	return events.Stream(p.category(), string(account)+"/"+c.String())
}

// New returns the account's line of that product and currency as it is before its first event: its
// limit is zero.
func New(p Product, account trade.Account, c trade.Currency) Line {
	zero := trade.Minor(0, c)
	return Line{Product: p, Seller: account, Currency: c, Limit: zero, Held: zero, Consumed: zero}
}

// Apply folds one event into the state in place. A *trade.InvalidError or a *trade.MoneyError says
// that the history cannot be that of a line: the event has no step from this phase, is of another
// currency, or takes away more than is there. The state is then as it was.
func (l *Line) Apply(e Event, at time.Time) error {
	if !isEvent(e) {
		return wire.Alien("event", "credit")
	}
	to, err := Life(l.Product).Step(l.Phase, e.Kind())
	if err != nil {
		return err
	}
	before := *l
	if err = e.evolve(l); err == nil {
		err = l.sound()
	}
	if err != nil {
		*l = before
		return err
	}
	l.Phase, l.LastAt = to, trade.Later(l.LastAt, at)
	return nil
}

// sound returns what is wrong with the sums of a line, or nil.
func (l *Line) sound() error {
	switch c := l.Currency; {
	case l.Limit.Currency() != c || l.Held.Currency() != c || l.Consumed.Currency() != c:
		return trade.Invalid("line", "an amount is not in the currency of the line")
	case l.Limit.IsNegative():
		return trade.Invalid("limit", "must not be negative")
	case l.Held.IsNegative():
		return trade.Invalid("held", "more is taken from the holds than there is")
	case l.Consumed.IsNegative():
		return trade.Invalid("consumed", "more is repaid than was claimed")
	case l.OpenHolds < 0 || (l.OpenHolds == 0) != l.Held.IsZero():
		return trade.Invalid("open_holds", "does not agree with what is held")
	case l.Overdue < 0 || l.Overdue > l.OpenHolds || l.Overdue > 0 && l.Product != PayLater:
		return trade.Invalid("overdue", "does not agree with the number of orders")
	}
	_, err := l.Held.Add(l.Consumed)
	return err
}

// Evolve returns the line after one more event; l itself is not changed.
func Evolve(l Line, e Event, at time.Time) (Line, error) {
	err := l.Apply(e, at)
	return l, err
}

// Replay returns the line after more events, in their order; New is where a whole history begins.
// An event that cannot be is an *events.CorruptError that names its place in the history; the
// state is then the one before it.
func Replay(l Line, history []events.Recorded[Event]) (Line, error) {
	stream, _ := Stream(l.Product, l.Seller, l.Currency) // a line without a stream folds the same
	return Model(l.Product).Continue(stream, l, history)
}

// Model returns how the streams of the product's lines fold. On a stream that Stream does not make
// every event is refused.
func Model(p Product) *events.Model[Line, Event] {
	return &events.Model[Line, Event]{
		Category: p.category(),
		New: func(stream events.StreamID) Line {
			key, _ := stream.Key()
			account, code, _ := strings.Cut(key, "/")
			c, err := trade.ParseCurrency(code)
			if err != nil {
				return Line{Product: p}
			}
			return New(p, trade.Account(account), c)
		},
		Evolve:  (*Line).Apply,
		Encode:  EncodeEvent,
		Decode:  DecodeEvent,
		Fold:    "credit." + p.category() + ".1",
		Save:    save,
		Restore: restore,
	}
}

// save appends the JSON of the line to buf.
func save(buf []byte, l *Line) ([]byte, error) { return l.appendJSON(buf), nil }

// restore sets l, the line that New made, to the one that save wrote. After an error l is to be
// discarded.
func restore(data []byte, l *Line) error {
	r := wire.NewReader(data)
	l.decodeJSON(r)
	if err := r.End(); err != nil {
		return err
	}
	if !slices.Contains(Life(l.Product).Table().Phases(), l.Phase) {
		return trade.Invalid("phase", "is not one of a line of that product")
	}
	if err := l.checkFreezes(); err != nil {
		return err
	}
	return l.sound()
}
