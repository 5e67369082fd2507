package desk

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// shop is what the plans of pay-later orders look at and write to: it is to them what world is
// to those of assurance orders.
type shop interface {
	sale(id trade.ID) (paylater.Order, error)
	quota(merchant trade.Account, c trade.Currency) (credit.Line, error)
	balance(merchant trade.Account, c trade.Currency) (funds.Balance, error)

	appendSale(id trade.ID, facts ...paylater.Event) error
	appendQuota(merchant trade.Account, c trade.Currency, facts ...credit.Event) error
	appendBalance(merchant trade.Account, c trade.Currency, facts ...funds.Event) error
}

// planPayLater decides a command on a pay-later order and writes what each fact brings with it:
// quota that is deducted, restored or consumed, and money that is credited or taken back. Either
// all of it is written or none.
func planPayLater(s shop, id trade.ID, c paylater.Command, g trade.Given, out outside) error {
	o, err := s.sale(id)
	if err != nil {
		return err
	}
	f := paylater.Facts{Policy: out.payLater}
	if f.Line, err = usable(s, &o, c, g.By); err != nil {
		return err
	}
	facts, err := paylater.Decide(o, c, g, f)
	if err != nil || len(facts) == 0 {
		return err
	}
	if err := s.appendSale(id, facts...); err != nil {
		return err
	}
	g.By = trade.Actor{Role: trade.Desk}
	for _, fact := range facts {
		before := o
		if err := o.Apply(fact, g.At); err != nil {
			return err
		}
		if err := followSale(s, &before, &o, fact, g, out); err != nil {
			return err
		}
	}
	return nil
}

// usable looks at the line that an order is to use when it is placed.
func usable(s shop, o *paylater.Order, c paylater.Command, by trade.Actor) (paylater.Line, error) {
	p, ok := c.(paylater.Place)
	if !ok || o.Phase != paylater.PhaseNone || by.Role != trade.Buyer ||
		trade.CheckID("merchant", p.Merchant) != nil || !p.Amount.IsPositive() {
		return paylater.Line{}, nil // it needs none, or is refused whatever the line
	}
	l, err := s.quota(trade.Account(p.Merchant), p.Amount.Currency())
	return paylater.Line{Active: l.Phase == credit.PhaseOpen, Frozen: l.Frozen(), Usable: l.Usable()}, err
}

// followSale writes to the line and the balance what a fact of a pay-later order brings with it.
// The order is given as it was before the fact and as it is after it.
func followSale(s shop, before, after *paylater.Order, fact paylater.Event, g trade.Given, out outside) error {
	switch e := fact.(type) {
	case paylater.Placed:
		return toQuota(s, before, after, credit.Deduct{Order: after.ID, Amount: e.Amount}, g)
	case paylater.Paid:
		restore := credit.Restore{Order: after.ID, Amount: e.Total, Cause: credit.RestorePaid, Overdue: e.Overdue}
		if err := toQuota(s, before, after, restore, g); err != nil {
			return err
		}
		return toBalance(s, after, funds.Credit{Order: after.ID, Amount: e.Total}, funds.Sale{Paid: e.Total}, g, out)
	case paylater.AmountLowered:
		return restored(s, before, after, e.Restored, credit.RestoreLowered, false, g)
	case paylater.Cancelled:
		return restored(s, before, after, e.Restored, credit.RestoreCancelled, false, g)
	case paylater.Returned:
		return restored(s, before, after, e.Restored, credit.RestoreReturned, e.Overdue, g)
	case paylater.RefundMade:
		sale := funds.Sale{Paid: before.Paid, Credited: before.Paid, Refunded: before.Refunded}
		return toBalance(s, after, funds.Debit{Order: after.ID, Amount: e.Amount}, sale, g, out)
	case paylater.WrittenOff:
		return toQuota(s, before, after, credit.Consume{Order: after.ID, Amount: e.Consumed}, g)
	case paylater.MarkedOverdue:
		if err := toQuota(s, before, after, credit.NoteOverdue{Order: after.ID}, g); err != nil {
			return err
		}
		return freezeOverdue(s, after, e.FreezeAfter, g)
	}
	return nil
}

// restored gives quota back, if there is any to give: an order that was paid has none.
func restored(s shop, before, after *paylater.Order, amount trade.Money, cause credit.RestoreCause, overdue bool, g trade.Given) error {
	if amount.IsZero() {
		return nil
	}
	return toQuota(s, before, after, credit.Restore{Order: after.ID, Amount: amount, Cause: cause, Overdue: overdue}, g)
}

// usage is what a pay-later order uses of its line, told in the words of a hold.
func usage(o *paylater.Order) order.Hold {
	switch {
	case o.Phase == paylater.PhaseNone:
		return order.Hold{}
	case !o.Consumed.IsZero():
		return order.Hold{Status: order.HoldIsPosted}
	case o.Outstanding.IsZero():
		return order.Hold{Status: order.HoldIsReleased}
	}
	return order.Hold{Status: order.HoldOpen, Amount: o.Outstanding}
}

// toQuota decides a counterpart command on the line of an order's merchant.
func toQuota(s shop, before, after *paylater.Order, c credit.Command, g trade.Given) error {
	return onQuota(s, after, c, g, credit.Facts{Hold: usage(before), Overdue: before.Phase == paylater.PhaseOverdue})
}

// freezeOverdue freezes the line when that many of its orders are overdue, unless it is frozen
// for overdue orders already (D53).
func freezeOverdue(s shop, o *paylater.Order, after int, g trade.Given) error {
	if after <= 0 {
		return nil
	}
	l, err := s.quota(o.Merchant, o.Original.Currency())
	if err != nil || l.Overdue < int64(after) || l.FrozenFor(credit.ReasonOverdue) {
		return err
	}
	if len(l.Freezes) >= credit.MaxFreezes {
		return nil // it is frozen as it is, and the order is overdue all the same
	}
	return onQuota(s, o, credit.Freeze{Reason: credit.ReasonOverdue, Ref: o.ID.String()}, g, credit.Facts{Overdue: true})
}

func onQuota(s shop, o *paylater.Order, c credit.Command, g trade.Given, f credit.Facts) error {
	currency := o.Original.Currency()
	l, err := s.quota(o.Merchant, currency)
	if err != nil {
		return err
	}
	facts, err := credit.Decide(l, c, g, f)
	if err != nil || len(facts) == 0 {
		return err
	}
	// The order may be newer than the line, or older, if they come from a cache: said here it is
	// decided again, where in the append it would end the command. See toLine.
	for _, fact := range facts {
		if l, err = credit.Evolve(l, fact, g.At); err != nil {
			return fmt.Errorf("desk: the line of merchant %s does not bear order %s: %w", o.Merchant, o.ID, err)
		}
	}
	return s.appendQuota(o.Merchant, currency, facts...)
}

// toBalance decides a counterpart command on the balance of an order's merchant.
func toBalance(s shop, o *paylater.Order, c funds.Command, sale funds.Sale, g trade.Given, out outside) error {
	currency := o.Original.Currency()
	b, err := s.balance(o.Merchant, currency)
	if err != nil {
		return err
	}
	facts, err := funds.Decide(b, c, g, funds.Facts{Policy: out.funds, Sale: sale})
	if err != nil || len(facts) == 0 {
		return err
	}
	for _, fact := range facts { // see onQuota
		if b, err = funds.Evolve(b, fact, g.At); err != nil {
			return fmt.Errorf("desk: the funds of merchant %s do not bear order %s: %w", o.Merchant, o.ID, err)
		}
	}
	return s.appendBalance(o.Merchant, currency, facts...)
}

// planQuota decides a command on a merchant's pay-later line. A freeze that names an order is
// decided on that order.
func planQuota(s shop, merchant trade.Account, currency trade.Currency, c credit.Command, g trade.Given) error {
	l, err := s.quota(merchant, currency)
	if err != nil {
		return err
	}
	var f credit.Facts
	if c, ok := c.(credit.Freeze); ok {
		if id := credit.Ground(c).Order(); !id.IsZero() {
			o, err := s.sale(id)
			if err != nil {
				return err
			}
			if o.Merchant == merchant && o.Original.Currency() == currency {
				f.Overdue, f.Fake = o.Phase == paylater.PhaseOverdue, o.FakeFlagged
			}
		}
	}
	facts, err := credit.Decide(l, c, g, f)
	if err != nil || len(facts) == 0 {
		return err
	}
	return s.appendQuota(merchant, currency, facts...)
}

// planFunds decides a command on a merchant's balance.
func planFunds(s shop, merchant trade.Account, currency trade.Currency, c funds.Command, g trade.Given, out outside) error {
	b, err := s.balance(merchant, currency)
	if err != nil {
		return err
	}
	facts, err := funds.Decide(b, c, g, funds.Facts{Policy: out.funds})
	if err != nil || len(facts) == 0 {
		return err
	}
	return s.appendBalance(merchant, currency, facts...)
}
