package paylater

import (
	"context"
	"math/big"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// BuyerExposure is the sum of the unpaid orders of a buyer in one currency.
type BuyerExposure struct {
	Currency      trade.Currency
	Orders        int         // that are not paid
	Outstanding   trade.Money // what they use of their merchants' lines
	Due           trade.Money // what the buyer still has to pay for them: Outstanding less instalments
	Overdue       trade.Money // the part of Outstanding that is overdue
	OverdueOrders int         // the number of overdue orders
}

// ShareOverdue returns Overdue divided by Outstanding, from 0 to 1, and 0 if nothing is
// outstanding.
func (e *BuyerExposure) ShareOverdue() *big.Rat { return readmodel.Share(e.Overdue, e.Outstanding) }

// Buyer returns the sums of the unpaid orders of a buyer, in the order of currency codes. The
// platform sees all orders, the buyer their own, and a merchant those with that merchant. An order
// is overdue once the system has marked it overdue; orders that were written off are not included.
// A sum out of range is a *trade.MoneyError.
func (x *Exposure) Buyer(ctx context.Context, by trade.Actor, buyer trade.Account) ([]BuyerExposure, error) {
	var found []BuyerExposure
	err := x.source.OfBuyer(ctx, uses, "merchant", by, buyer, func(r readmodel.Row) error {
		if n := len(found); n == 0 || found[n-1].Currency != r.Currency() {
			zero := trade.Minor(0, r.Currency())
			found = append(found, BuyerExposure{Currency: r.Currency(), Outstanding: zero, Due: zero, Overdue: zero})
		}
		return found[len(found)-1].add(r)
	})
	return found, err
}

// add adds an order.
func (e *BuyerExposure) add(r readmodel.Row) (err error) {
	e.Orders++
	outstanding := r.Money("outstanding")
	if e.Outstanding, err = e.Outstanding.Add(outstanding); err != nil {
		return err
	}
	if e.Due, err = e.Due.Add(r.Money("due")); err != nil {
		return err
	}
	if r.Bool("overdue_at") {
		e.OverdueOrders++
		e.Overdue, err = e.Overdue.Add(outstanding)
	}
	return err
}
