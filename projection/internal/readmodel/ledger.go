package readmodel

import (
	"time"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// Ledger is a table with a row for each event of the streams of accounts of some kind. The columns
// of an account come first in its key, "version" last; "booked" is the instant that an event is
// booked at, which never falls from one version to the next. An index has account and booked.
type Ledger struct{ *projection.Table }

// account are the columns that name an account.
func (l Ledger) account() []projection.Column { return l.Columns[:l.Key-1] }

// Period asks for what was booked on an account from an instant on and before another one. The
// zero instant does not bound.
type Period struct {
	Ledger   Ledger
	Account  []projection.Value
	From, To time.Time
	// After is the Next of the page before; empty begins at the first.
	After string
	Limit int
}

// Part is a page of a period. Rows that are not there are nil.
type Part struct {
	Opening projection.Row // the last row before the period
	Before  projection.Row // the last row before the page
	Rows    []projection.Row
	Closing projection.Row // the last row of the period, or the one before it
	Next    string         // the After of the next page; empty on the last one
}

// Select returns a page of a period. A place that is none is an *trade.InvalidError.
func (p *Period) Select(s projection.Snapshot) (part Part, err error) {
	q := projection.Query{Table: p.Ledger.Name, Where: p.where(), Order: []string{"booked"}, Limit: p.Limit}
	after := projection.Value{}
	if p.After != "" {
		place, _, err := ParsePlace(p.After, 2, false)
		if err != nil {
			return part, err
		}
		after = projection.Int(place[1])
		q.After = append(append([]projection.Value{projection.Int(place[0])}, p.Account...), after)
	}
	if !p.From.IsZero() {
		q.Where = append(q.Where, projection.Condition{Column: "booked", Op: projection.AtLeast, Value: Instant(p.From)})
		if part.Opening, err = p.Last(s, projection.Condition{Column: "booked", Op: projection.Less, Value: Instant(p.From)}); err != nil {
			return part, err
		}
	}
	var end []projection.Condition
	if !p.To.IsZero() {
		end = append(end, projection.Condition{Column: "booked", Op: projection.Less, Value: Instant(p.To)})
		q.Where = append(q.Where, end...)
	}
	if part.Closing, err = p.Last(s, end...); err != nil {
		return part, err
	}
	if part.Before = part.Opening; p.After != "" {
		if part.Before, err = p.Last(s, Equal("version", after)); err != nil {
			return part, err
		}
	}
	if part.Rows, err = s.Select(q); err != nil {
		return part, err
	}
	if n := len(part.Rows); Full(p.Limit, n) {
		end := Row{p.Ledger.Table, part.Rows[n-1]}
		part.Next = Place(trade.ID{}, end.Int("booked"), end.Int("version"))
	}
	return part, nil
}

// where returns the conditions that name the account, in a slice of their own.
func (p *Period) where() []projection.Condition {
	var list []projection.Condition
	for i, c := range p.Ledger.account() {
		list = append(list, Equal(c.Name, p.Account[i]))
	}
	return list
}

// Last returns the last row of the account for which the conditions hold, or nil.
func (p *Period) Last(s projection.Snapshot, conditions ...projection.Condition) (projection.Row, error) {
	rows, err := s.Select(projection.Query{
		Table: p.Ledger.Name, Where: append(p.where(), conditions...), Order: []string{"booked"}, Descending: true, Limit: 1,
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}
