package readmodel

import (
	"context"
	"time"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// Period selects the events that were booked on an account at From or later and before To. A zero
// instant does not bound the period.
type Period struct {
	// Table is a ledger: it has a row for each event of the streams of accounts of some kind. The
	// two columns of an Account and then "version" are its key; "booked" is the instant at which
	// an event is booked, which never falls from one version to the next. An index has account
	// and booked.
	Table    *projection.Table
	Account  Account
	From, To time.Time
	// After is the Next of the page before; empty begins at the first.
	After string
	Limit int
}

// Part is a page of a period. A row that does not exist is nil.
type Part struct {
	Opening projection.Row // the last row before the period
	Before  projection.Row // the last row before the page
	Rows    []projection.Row
	Closing projection.Row // the last row before the end of the period
	Next    string         // the After of the next page; empty on the last one
}

// Read returns a page of the period, and whether the actor may see the account. An After that is
// not a place is an *trade.InvalidError.
func (p *Period) Read(ctx context.Context, from Source, by trade.Actor) (part Part, may bool, err error) {
	if may, err = Owns(by, p.owner(), p.Account.Owner); err != nil || !may {
		return Part{}, false, err
	}
	err = from.Read(ctx, func(s projection.Snapshot) error {
		part, err = p.page(s)
		return err
	})
	return part, err == nil, err
}

func (p *Period) page(s projection.Snapshot) (part Part, err error) {
	q := projection.Query{Table: p.Table.Name, Where: p.where(), Order: []string{"booked"}, Limit: p.Limit}
	after := projection.Value{}
	if p.After != "" {
		place, _, err := ParsePlace(p.After, 2, false)
		if err != nil {
			return part, err
		}
		after = projection.Int(place[1])
		q.After = append([]projection.Value{projection.Int(place[0])}, p.Account.Key(after)...)
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
		end := Row{p.Table, part.Rows[n-1]}
		part.Next = Place(trade.ID{}, end.Int("booked"), end.Int("version"))
	}
	return part, nil
}

// owner returns the name of the column of an account's owner.
func (p *Period) owner() string { return p.Table.Columns[0].Name }

// where returns the conditions that select the account, and others.
func (p *Period) where(more ...projection.Condition) []projection.Condition {
	return p.Account.Where(p.owner(), more...)
}

// Last returns the last row of the account for which the conditions hold, or nil.
func (p *Period) Last(s projection.Snapshot, conditions ...projection.Condition) (projection.Row, error) {
	rows, err := s.Select(projection.Query{
		Table: p.Table.Name, Where: p.where(conditions...), Order: []string{"booked"}, Descending: true, Limit: 1,
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// Movements returns the movements of a page: one for each row whose figures differ from those of
// the row before. The function figures returns the figures of a row, and zeros for nil.
func Movements[F comparable, M any](part *Part, figures func(projection.Row) F, movement func(row projection.Row, before, after F) M) (list []M) {
	before := figures(part.Before)
	for _, row := range part.Rows {
		after := figures(row)
		if after != before {
			list = append(list, movement(row, before, after))
		}
		before = after
	}
	return list
}
