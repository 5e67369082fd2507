package paylater

import (
	"context"
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// SumError reports that a figure of a merchant's line or funds is not the sum of the orders.
type SumError struct {
	Figure   string // "used", "orders" or "overdue" of the line, "credited" or "refunded" of the funds
	Merchant trade.Account
	Currency trade.Currency
	Kept     int64 // the figure of the line or the funds: minor units, or a number of orders
	Orders   int64 // the sum of the orders
}

func (e *SumError) Error() string {
	return fmt.Sprintf("paylater: of %s in %s, %s is %d, and the orders add up to %d", e.Merchant, e.Currency, e.Figure, e.Kept, e.Orders)
}

// Reconcile recomputes every figure of every view of this package from the events, each in a
// scratch store of its own, and returns the first difference, a *projection.DifferenceError. Then
// it compares, at the end of the log, the figures of lines and funds with the sums of the orders:
// the quota used, the number of orders and of overdue orders, the amounts credited and refunded.
// The first figure that differs is a *SumError.
//
// The store must have all views; a missing one is a *projection.ViewError.
func Reconcile(ctx context.Context, log events.Store, store projection.Store, scratch func() projection.Store) error {
	return readmodel.Reconcile(ctx, log, store, scratch, Views(), map[string]readmodel.Check{
		ExposureView().Name: compareUses, FundsView().Name: compareSales,
	})
}

// compareUses compares lines with the orders that use them.
func compareUses(s projection.Snapshot) error {
	kept, err := readmodel.SumUp(s, lines, "merchant", func(r readmodel.Row) [3]int64 {
		return [3]int64{r.Int("used"), r.Int("orders"), r.Int("overdue")}
	})
	if err != nil {
		return err
	}
	summed, err := readmodel.SumUp(s, uses, "merchant", func(r readmodel.Row) [3]int64 {
		return [3]int64{r.Int("outstanding"), 1, r.Count("overdue_at")}
	})
	if err != nil {
		return err
	}
	return difference(kept, summed, "used", "orders", "overdue")
}

// compareSales compares funds with the orders that were paid.
func compareSales(s projection.Snapshot) error {
	kept := make(readmodel.Sums)
	err := projection.Each(s, movements, projection.Query{}, func(row projection.Row) error {
		r := readmodel.Row{Table: movements, Row: row} // in the order of versions: the last row stays
		kept[readmodel.Account{Owner: r.Account("merchant"), Currency: r.Currency()}] = [3]int64{r.Int("credited"), r.Int("refunded")}
		return nil
	})
	if err != nil {
		return err
	}
	summed, err := readmodel.SumUp(s, sales, "merchant", func(r readmodel.Row) [3]int64 {
		return [3]int64{r.Int("paid"), r.Int("refunded")}
	})
	if err != nil {
		return err
	}
	return difference(kept, summed, "credited", "refunded")
}

// difference returns a *SumError about the first figure that differs, or nil.
func difference(kept, summed readmodel.Sums, figures ...string) error {
	of, differ := kept.Difference(summed)
	if !differ {
		return nil
	}
	for i, figure := range figures {
		if have, want := kept[of][i], summed[of][i]; have != want {
			return &SumError{Figure: figure, Merchant: of.Owner, Currency: of.Currency, Kept: have, Orders: want}
		}
	}
	return nil
}
