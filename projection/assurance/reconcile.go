package assurance

import (
	"context"
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/projection"
)

// SumError says that a line does not hold what the orders that hold on it say.
type SumError struct {
	Seller   order.Account
	Currency order.Currency
	Line     order.Money // what the line says is held
	Orders   order.Money // what the orders say
	Holds    int64       // how many open holds the line has
	Holding  int64       // how many orders hold on it
}

func (e *SumError) Error() string {
	return fmt.Sprintf("assurance: the line of %s in %s has %d holds of %s, and %d orders hold %s on it",
		e.Seller, e.Currency, e.Holds, e.Line, e.Holding, e.Orders)
}

// Reconcile recomputes every figure of every view of this package from the events, each in a
// scratch store of its own, and returns the first difference, a *projection.DifferenceError. Then
// it compares what lines hold with what orders say that they hold; the first line where the two
// differ is a *SumError.
//
// It asks for the views that the store has; one that is not there is a *projection.ViewError.
func Reconcile(ctx context.Context, log events.Store, store projection.Store, scratch func() projection.Store) error {
	for _, v := range Views() {
		if err := v.Reconcile(ctx, log, store, scratch()); err != nil {
			return err
		}
	}
	return ExposureView().Read(ctx, store, compareSums)
}

// line names an assurance line.
type line struct {
	seller   string
	currency string
}

// compareSums compares the two tables of an exposure.
func compareSums(s projection.Snapshot) error {
	type sum struct{ held, holds int64 }
	sums := make(map[line]sum)
	err := projection.Each(s, risks, projection.Query{}, func(row projection.Row) error {
		r := reading{risks, row}
		if held := r.value("held").Int(); held != 0 {
			key := line{r.text("seller"), r.text("currency")}
			sums[key] = sum{sums[key].held + held, sums[key].holds + 1}
		}
		return nil
	})
	if err != nil {
		return err
	}
	compare := func(seller string, c order.Currency, held, holds int64, of sum) error {
		if held == of.held && holds == of.holds {
			return nil
		}
		return &SumError{
			Seller: order.Account(seller), Currency: c, Holds: holds, Holding: of.holds,
			Line: order.Minor(held, c), Orders: order.Minor(of.held, c),
		}
	}
	q := projection.Query{Where: []projection.Condition{equal("product", projection.Text(credit.Assurance.String()))}}
	err = projection.Each(s, lines, q, func(row projection.Row) error {
		r := reading{lines, row}
		key := line{r.text("seller"), r.text("currency")}
		of := sums[key]
		delete(sums, key)
		return compare(key.seller, r.money("held").Currency(), r.value("held").Int(), r.value("open_holds").Int(), of)
	})
	if err != nil {
		return err
	}
	for key, of := range sums {
		c, err := order.ParseCurrency(key.currency)
		if err != nil {
			return err
		}
		return compare(key.seller, c, 0, 0, of)
	}
	return nil
}
