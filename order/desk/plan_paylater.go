package desk

import (
	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// planPayLater decides a command on a pay-later order and writes what each resulting event brings
// with it: quota that is deducted, restored or consumed, and money that is credited or taken
// back. Either all of it is written or none.
func (x *execution) planPayLater(c paylater.Command) error {
	o, err := payLaterOrders.load(x, x.stream)
	if err != nil {
		return err
	}
	f := paylater.Facts{Policy: x.desk.payLater}
	if f.Line, err = x.usable(&o, c); err != nil {
		return err
	}
	if f.PaidOn, err = x.paidOn(&o, c); err != nil {
		return err
	}
	made, err := paylater.Decide(o, c, x.given, f)
	if err != nil {
		return err
	}
	if err := payLaterOrders.write(x, x.stream, made); err != nil {
		return err
	}
	if pay, ok := c.(paylater.Pay); ok && len(made) > 0 {
		if err := x.toCharge(payment.Record{Order: o.ID, Method: payment.Charge, Reference: pay.Reference, Amount: pay.Amount}); err != nil {
			return err
		}
	}
	for _, e := range made {
		before := o
		if err := o.Apply(e, x.given.At); err != nil {
			return err
		}
		if err := x.spreadPayLater(&before, &o, e); err != nil {
			return err
		}
	}
	return nil
}

// usable loads the line that an order is to use when it is placed.
func (x *execution) usable(o *paylater.Order, c paylater.Command) (paylater.Line, error) {
	p, ok := c.(paylater.Place)
	if !ok || o.Phase != paylater.PhaseNone || x.given.By.Role != trade.Buyer ||
		trade.CheckID("merchant", string(p.Merchant)) != nil || !p.Amount.IsPositive() {
		return paylater.Line{}, nil // it needs none, or is refused whatever the line
	}
	stream, err := credit.Stream(credit.PayLater, p.Merchant, p.Amount.Currency())
	if err != nil {
		return paylater.Line{}, err
	}
	l, err := quotas.load(x, stream)
	return paylater.Line{Active: l.Phase == credit.PhaseOpen, Frozen: l.Frozen(), Usable: l.Usable(), Email: l.Email}, err
}

// paidOn loads which order has the payment that the command names (D65).
func (x *execution) paidOn(o *paylater.Order, c paylater.Command) (trade.ID, error) {
	pay, ok := c.(paylater.Pay)
	if !ok || x.given.By.Role != trade.System && (x.given.By.Role != trade.Buyer || x.given.By.Account != o.Buyer) {
		return trade.ID{}, nil // it names none, or is refused in any case
	}
	p, err := payments.load(x, charge(pay.Reference).Stream())
	return p.Fact().Order, err
}

// charge is what a payment of a pay-later order is known by.
func charge(reference string) payment.Key {
	return payment.Key{Method: payment.Charge, Reference: reference}
}

// toCharge writes the stream of a payment of a pay-later order, in the commit of the order's command.
func (x *execution) toCharge(r payment.Record) error {
	return payments.counterpart(x, charge(r.Reference).Stream(), r, payment.Facts{})
}

// spreadPayLater writes to the line and the balance what an event of a pay-later order brings with
// it. The order is given as it was before the event and as it is after it.
func (x *execution) spreadPayLater(before, after *paylater.Order, event paylater.Event) error {
	switch e := event.(type) {
	case paylater.Placed:
		return x.toQuota(before, after, credit.Deduct{Order: after.ID, Amount: e.Amount})
	case paylater.Paid:
		restore := credit.Restore{Order: after.ID, Amount: e.Total, Cause: credit.RestorePaid, Overdue: e.Overdue}
		if err := x.toQuota(before, after, restore); err != nil {
			return err
		}
		return x.toBalance(after, funds.Credit{Order: after.ID, Amount: e.Total}, funds.Sale{Paid: e.Total})
	case paylater.AmountLowered:
		return x.restore(before, after, e.Restored, credit.RestoreLowered, false)
	case paylater.Cancelled:
		return x.restore(before, after, e.Restored, credit.RestoreCancelled, false)
	case paylater.Returned:
		return x.restore(before, after, e.Restored, credit.RestoreReturned, e.Overdue)
	case paylater.RefundMade:
		sale := funds.Sale{Paid: before.Paid, Credited: before.Paid, Refunded: before.Refunded}
		return x.toBalance(after, funds.Debit{Order: after.ID, Amount: e.Amount}, sale)
	case paylater.WrittenOff:
		return x.toQuota(before, after, credit.Consume{Order: after.ID, Amount: e.Consumed})
	case paylater.MarkedOverdue:
		if err := x.toQuota(before, after, credit.NoteOverdue{Order: after.ID}); err != nil {
			return err
		}
		return x.freezeOverdue(after, e.FreezeAfter)
	}
	return nil
}

// restore gives quota back, if there is any to give: an order that was paid has none.
func (x *execution) restore(before, after *paylater.Order, amount trade.Money, cause credit.RestoreCause, overdue bool) error {
	if amount.IsZero() {
		return nil
	}
	return x.toQuota(before, after, credit.Restore{Order: after.ID, Amount: amount, Cause: cause, Overdue: overdue})
}

// usage returns what a pay-later order uses of its line, in the words of a hold.
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

// quotaStream returns the stream of the line that a pay-later order uses.
func quotaStream(o *paylater.Order) (events.StreamID, error) {
	return credit.Stream(credit.PayLater, o.Merchant, o.Original.Currency())
}

// toQuota decides a counterpart command on the line of an order's merchant.
func (x *execution) toQuota(before, after *paylater.Order, c credit.Command) error {
	stream, err := quotaStream(after)
	if err != nil {
		return err
	}
	return quotas.counterpart(x, stream, c, credit.Facts{Hold: usage(before), Overdue: before.Phase == paylater.PhaseOverdue})
}

// freezeOverdue freezes the line when that many of its orders are overdue, unless it is frozen
// for overdue orders already (D53).
func (x *execution) freezeOverdue(o *paylater.Order, after int) error {
	if after <= 0 {
		return nil
	}
	stream, err := quotaStream(o)
	if err != nil {
		return err
	}
	l, err := quotas.load(x, stream)
	if err != nil || l.Overdue < int64(after) || l.FrozenFor(credit.ReasonOverdue) {
		return err
	}
	if len(l.Freezes) >= credit.MaxFreezes {
		return nil // it is frozen already, and the order is overdue just the same
	}
	return quotas.counterpart(x, stream, credit.Freeze{Reason: credit.ReasonOverdue, Ref: trade.Text(o.ID.String())}, credit.Facts{Overdue: true})
}

// toBalance decides a counterpart command on the balance of an order's merchant.
func (x *execution) toBalance(o *paylater.Order, c funds.Command, sale funds.Sale) error {
	stream, err := funds.Stream(o.Merchant, o.Original.Currency())
	if err != nil {
		return err
	}
	return balances.counterpart(x, stream, c, funds.Facts{Policy: x.lookedUp.funds, Sale: sale})
}

// planQuota decides a command on a merchant's pay-later line. A freeze that names an order is
// decided on that order.
func (x *execution) planQuota(merchant trade.Account, currency trade.Currency, c credit.Command) error {
	f := credit.Facts{Email: x.lookedUp.email, Currencies: x.desk.payLater.Currencies}
	if freeze, ok := c.(credit.Freeze); ok {
		if id := credit.Ground(freeze).Order(); !id.IsZero() {
			o, err := payLaterOrders.load(x, paylater.Stream(id))
			if err != nil {
				return err
			}
			if o.Merchant == merchant && o.Original.Currency() == currency {
				f.Overdue, f.Fake = o.Phase == paylater.PhaseOverdue, o.FakeFlagged
			}
		}
	}
	return quotas.execute(x, x.stream, c, f)
}
