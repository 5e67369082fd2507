package assurance

import (
	"context"
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// SumError reports that a line and the orders that hold quota on it do not agree.
type SumError struct {
	Seller   trade.Account
	Currency trade.Currency
	Line     trade.Money // what is held according to the line
	Orders   trade.Money // what is held according to the orders
	Holds    int64       // how many open holds the line has
	Holding  int64       // how many orders hold quota on it
}

func (e *SumError) Error() string {
	return fmt.Sprintf("assurance: the line of %s in %s has %d holds of %s, and %d orders hold %s on it",
		e.Seller, e.Currency, e.Holds, e.Line, e.Holding, e.Orders)
}

// Reconcile recomputes every figure of every view of this package from the events, each in a
// scratch store of its own, and returns the first difference, a *projection.DifferenceError. Then
// it compares, at the end of the log, the lines with the sums of their orders; the first line that
// differs is a *SumError.
//
// The store must have all views; a missing one is a *projection.ViewError.
func Reconcile(ctx context.Context, log events.Store, store projection.Store, scratch func() projection.Store) error {
	return readmodel.Reconcile(ctx, log, store, scratch, Views(), map[string]readmodel.Check{"exposure": compareSums})
}

// compareSums compares the two tables of an exposure.
func compareSums(s projection.Snapshot) error {
	kept, err := readmodel.SumUp(s, lines, "seller", func(r readmodel.Row) [3]int64 {
		return [3]int64{r.Int("held"), r.Int("open_holds")}
	})
	if err != nil {
		return err
	}
	summed, err := readmodel.SumUp(s, risks, "seller", func(r readmodel.Row) [3]int64 {
		return [3]int64{r.Int("held"), r.Count("held")}
	})
	if err != nil {
		return err
	}
	of, differ := kept.Difference(summed)
	if !differ {
		return nil
	}
	have, want := kept[of], summed[of]
	return &SumError{
		Seller: of.Owner, Currency: of.Currency, Holds: have[1], Holding: want[1],
		Line: trade.Minor(have[0], of.Currency), Orders: trade.Minor(want[0], of.Currency),
	}
}
