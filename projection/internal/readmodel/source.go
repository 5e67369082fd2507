package readmodel

import (
	"context"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// View returns a view that is ByStream, over the categories of the folds.
func View(name string, version int, tables []*projection.Table, folds ...projection.CategoryFolder) *projection.View {
	v := &projection.View{Name: name, Version: version, Tables: tables, ByStream: true, New: projection.Folds(folds...)}
	for _, f := range folds {
		v.Filter.Categories = append(v.Filter.Categories, f.Category())
	}
	return v
}

// Source is a view in a store.
type Source struct {
	Store projection.Store
	View  *projection.View
}

// Read runs f on one state of the view.
func (s Source) Read(ctx context.Context, f func(projection.Snapshot) error) error {
	return s.View.Read(ctx, s.Store, f)
}

// Each calls f for all rows of a query, whatever its Limit.
func (s Source) Each(ctx context.Context, t *projection.Table, q projection.Query, f func(Row) error) error {
	return s.Read(ctx, func(snap projection.Snapshot) error {
		return projection.Each(snap, t, q, func(row projection.Row) error { return f(Row{t, row}) })
	})
}

// OfBuyer calls f for the rows of a buyer that the actor may see, in the order of currency codes:
// the platform sees all of them, a buyer those of that buyer, and a seller those with that seller in
// the column soldBy.
func (s Source) OfBuyer(ctx context.Context, t *projection.Table, soldBy string, by trade.Actor, buyer trade.Account, f func(Row) error) error {
	if err := CheckReader(by); err != nil {
		return err
	}
	if err := trade.CheckID("buyer", string(buyer)); err != nil {
		return err
	}
	q := projection.Query{Where: []projection.Condition{Equal("buyer", projection.Text(buyer))}, Order: []string{"currency"}}
	switch {
	case by.Role == trade.Seller:
		q.Where = append(q.Where, Equal(soldBy, projection.Text(by.Account)))
	case by.Role == trade.Buyer && by.Account != buyer:
		return nil
	}
	return s.Each(ctx, t, q, f)
}

// Select returns the rows of a query, each converted by of.
func Select[T any](ctx context.Context, s Source, t *projection.Table, q projection.Query, of func(Row) T) (list []T, err error) {
	q.Table = t.Name
	err = s.Read(ctx, func(snap projection.Snapshot) error {
		rows, err := snap.Select(q)
		for _, row := range rows {
			list = append(list, of(Row{t, row}))
		}
		return err
	})
	return list, err
}
