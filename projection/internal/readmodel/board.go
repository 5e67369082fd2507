package readmodel

import (
	"context"
	"time"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// Orders selects a page of the orders of a board. The table of a board has the columns id, buyer,
// phase, status and deadline, and one for the seller. A zero field does not restrict the page.
type Orders struct {
	Table         *projection.Table
	SoldBy        string // the column of the seller
	Seller, Buyer trade.Account
	Phase, Status string
	DueBefore     time.Time
	// ByDeadline selects orders with a deadline, the next one first. Otherwise the order with
	// the latest id comes first.
	ByDeadline bool
	// ToBuyers are further conditions on the rows that buyers see.
	ToBuyers []projection.Condition
	After    string // the place after which the page begins
	Limit    int
}

// Page returns the rows of the page that the actor may see, each converted by of, and the place
// of the last one if another page may follow.
func Page[T any](ctx context.Context, from Source, o *Orders, by trade.Actor, of func(Row) T) (found []T, next string, err error) {
	if err := CheckReader(by); err != nil {
		return nil, "", err
	}
	q := projection.Query{Where: o.where(by), Descending: !o.ByDeadline, Limit: o.Limit}
	if o.ByDeadline {
		q.Order = []string{"deadline"}
	}
	if q.After, err = o.after(); err != nil {
		return nil, "", err
	}
	var last Row
	found, err = Select(ctx, from, o.Table, q, func(r Row) T { last = r; return of(r) })
	if err == nil && Full(o.Limit, len(found)) {
		next = o.place(last)
	}
	return found, next, err
}

// where returns the conditions on the rows.
func (o *Orders) where(by trade.Actor) []projection.Condition {
	var list []projection.Condition
	equal := func(column, value string) {
		if value != "" {
			list = append(list, Equal(column, projection.Text(value)))
		}
	}
	equal(o.SoldBy, string(o.Seller))
	equal("buyer", string(o.Buyer))
	switch by.Role {
	case trade.Seller:
		equal(o.SoldBy, string(by.Account))
	case trade.Buyer:
		equal("buyer", string(by.Account))
		list = append(list, o.ToBuyers...)
	}
	equal("phase", o.Phase)
	equal("status", o.Status)
	if o.ByDeadline || !o.DueBefore.IsZero() {
		list = append(list, Above("deadline"))
	}
	if !o.DueBefore.IsZero() {
		list = append(list, projection.Condition{Column: "deadline", Op: projection.Less, Value: Instant(o.DueBefore)})
	}
	return list
}

// place returns the place of a row in the list.
func (o *Orders) place(r Row) string {
	if o.ByDeadline {
		return Place(r.ID("id"), r.Int("deadline"))
	}
	return Place(r.ID("id"))
}

// after is the inverse of place.
func (o *Orders) after() ([]projection.Value, error) {
	if o.After == "" {
		return nil, nil
	}
	if !o.ByDeadline {
		_, id, err := ParsePlace(o.After, 0, true)
		return []projection.Value{ID(id)}, err
	}
	at, id, err := ParsePlace(o.After, 1, true)
	if err != nil {
		return nil, err
	}
	return []projection.Value{projection.Int(at[0]), ID(id)}, nil
}
