package paylater

import (
	"context"
	"math/big"

	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// BuyerExposure is what the unpaid orders of a buyer come to in one currency.
type BuyerExposure struct {
	Currency      trade.Currency
	Orders        int         // that are not paid
	Outstanding   trade.Money // what they use of their merchants' lines
	Due           trade.Money // what the buyer has still to pay for them: Outstanding less instalments
	Overdue       trade.Money // what of Outstanding is overdue
	OverdueOrders int         // how many orders that is for
}

// ShareOverdue returns which part of what is outstanding is overdue, from 0 to 1; of nothing it is
// 0.
func (e *BuyerExposure) ShareOverdue() *big.Rat { return readmodel.Share(e.Overdue, e.Outstanding) }

// Buyer returns what the unpaid orders of a buyer come to, by currency in the order of their
// codes. The platform sees all of them, the buyer his own, and a merchant those that are his. An
// order is overdue once the system has marked it so, and what was written off is not there any
// more. A sum out of range is an *trade.MoneyError.
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

// add counts one more order.
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
