package order

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Refund: applied money goes back to the buyer, all of it or a part. A refund is not a price cut:
// it does not change what is still due. Unapplied money does not belong to the order; returning it
// is not a refund.

// RefundCause says why a refund was made.
type RefundCause string

// The causes of a refund.
const (
	RefundAgreed  RefundCause = "agreed"     // the seller agreed, or the platform for the seller
	RefundSettled RefundCause = "settlement" // both sides agreed to end a dispute by it
	RefundRuled   RefundCause = "ruled"      // the platform ruled for it
)

// Refund pays applied money back.
type Refund struct {
	Amount trade.Money `json:"amount"`
}

func (c Refund) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkShare(rule.D30, c, c.Amount); err != nil {
		return nil, err
	}
	return o.refund(g, f, c.Amount, RefundAgreed)
}

// refund returns the events that lead to a refund, the refund, and the events that it causes.
func (o *Order) refund(g *trade.Given, f *Facts, amount trade.Money, cause RefundCause, before ...Event) ([]Event, error) {
	return o.closeIfRefunded(g, f, append(before, RefundMade{Amount: amount, Cause: cause})...)
}

// closeIfRefunded returns events that pay money back, and those that they cause: the close of the
// order if none of the applied money is left.
func (o *Order) closeIfRefunded(g *trade.Given, f *Facts, made ...Event) ([]Event, error) {
	after := *o
	for _, e := range made {
		if err := after.Apply(e, g.At); err != nil {
			return nil, err
		}
	}
	if after.Left().IsZero() {
		return append(made, after.closeEvents(ClosedRefunded)...), nil
	}
	return o.withConsequences(g, f, made...)
}

// RefundMade says how much of the applied money went back to the buyer.
// Stored: add fields, never rename or remove.
type RefundMade struct {
	Amount trade.Money `json:"amount"`
	Cause  RefundCause `json:"cause"`
}

func (e *RefundMade) contradicts(o *Order) error {
	return o.Ledger.refunded(e).check(&o.Terms, e.Amount.IsPositive() && e.Amount.AtMost(o.Left()))
}

func (e RefundMade) evolve(o *Order, _ time.Time) { o.Ledger = o.Ledger.refunded(&e) }

// ReturnUnapplied pays back money that was not applied because it was too much, too early or too
// late (D21, D21b, D22).
type ReturnUnapplied struct {
	Amount trade.Money `json:"amount"`
}

func (c ReturnUnapplied) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	waits := o.Ledger.Unapplied
	switch {
	case !c.Amount.IsPositive():
		return nil, refuse(rule.D21, c, o).Because("the amount is not positive", "金额不大于零")
	case c.Amount.Currency() != o.Terms.Total.Currency():
		return nil, refuse(rule.D21, c, o).Because("the order is in %[1]s", "订单币种为 %[1]s", o.Terms.Total.Currency())
	case waits.Less(c.Amount):
		return nil, refuse(rule.D21, c, o).Because("only %[1]s waits", "未入账款项仅为 %[1]s", c.Amount.SubUnchecked(c.Amount).AddUnchecked(waits)).
			Short(c.Amount.SubUnchecked(waits))
	}
	return []Event{UnappliedReturned{Amount: c.Amount, Reviewed: smaller(o.Ledger.Review, c.Amount)}}, nil
}

// UnappliedReturned says how much waiting money went back, and which part of it was under review.
// Stored: add fields, never rename or remove.
type UnappliedReturned struct {
	Amount   trade.Money `json:"amount"`
	Reviewed trade.Money `json:"reviewed,omitzero"`
}

func (e *UnappliedReturned) contradicts(o *Order) error {
	return o.Ledger.returned(e).check(&o.Terms, e.Amount.IsPositive() && !e.Reviewed.IsNegative())
}

func (e UnappliedReturned) evolve(o *Order, _ time.Time) { o.Ledger = o.Ledger.returned(&e) }
