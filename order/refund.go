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
	if err := o.checkShare(rule.D30, c, "amount", c.Amount); err != nil {
		return nil, err
	}
	return o.refund(g, f, c.Amount, RefundAgreed)
}

// refund returns the events that lead to a refund, the refund, and the events that it causes.
func (o *Order) refund(g *trade.Given, f *Facts, amount trade.Money, cause RefundCause, before ...Event) ([]Event, error) {
	return o.closeIfRefunded(g, f, append(before, RefundMade{Amount: amount, Cause: cause})...)
}

// closeIfRefunded returns events that pay money back, and those that they cause: the close of an
// unfinished order whose applied money was all paid back, unless a case is open (D30).
func (o *Order) closeIfRefunded(g *trade.Given, f *Facts, made ...Event) ([]Event, error) {
	after := *o
	for _, e := range made {
		if err := after.Apply(e, g.At); err != nil {
			return nil, err
		}
	}
	if after.Phase <= PhaseReceived && after.paidBack() {
		return append(made, after.closeEvents(ClosedRefunded)...), nil
	}
	return o.withConsequences(g, f, made...)
}

// paidBack reports whether refunds and claims took all of the applied money, and no case is open that
// could bring more of it back.
func (o *Order) paidBack() bool {
	l := &o.Ledger
	return l.Applied.IsPositive() && l.Refunded.AddUnchecked(l.Claimed).MinorUnits() == l.Applied.MinorUnits() && o.OpenChargebacks == 0
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
// late (D21, D21b, D22). With a Reference it is that of a payment under review, without one the
// money that is not under review.
type ReturnUnapplied struct {
	Amount    trade.Money `json:"amount"`
	Reference string      `json:"reference,omitzero"` // of the payment, as it was recorded
	Method    Method      `json:"method,omitzero"`    // of the payment, where several have the reference
}

func (c ReturnUnapplied) check() error { return checkNamed(c.Reference, c.Method) }

func (c ReturnUnapplied) decide(o *Order, _ *trade.Given, f *Facts) ([]Event, error) {
	e := UnappliedReturned{Amount: c.Amount}
	waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review)
	if c.Reference != "" {
		p, err := o.underReview(rule.D21, c, f, c.Reference)
		if err != nil {
			return nil, err
		}
		waits, e.Reference, e.Method, e.Reviewed = p.Unapplied, p.Reference, p.Method, c.Amount
	}
	switch {
	case !c.Amount.IsPositive():
		return nil, refuse(rule.D21, c, o).On("amount").Because("the amount is not positive", "金额不大于零")
	case !o.inCurrency(c.Amount):
		return nil, o.wrongCurrency(rule.D21, c).On("amount")
	case waits.Less(c.Amount):
		return nil, refuse(rule.D21, c, o).On("amount").Because("only %[1]s waits", "未入账款项仅为 %[1]s", zeroOf(c.Amount).AddUnchecked(waits)).
			Short(c.Amount.SubUnchecked(waits))
	}
	return []Event{e}, nil
}

// UnappliedReturned says how much waiting money went back, and which part of it was under review:
// all of it if Reference and Method name the payment. The first edition named none.
// Stored: add fields, never rename or remove.
type UnappliedReturned struct {
	Amount    trade.Money `json:"amount"`
	Reviewed  trade.Money `json:"reviewed,omitzero"`
	Reference string      `json:"reference,omitzero"`
	Method    Method      `json:"method,omitzero"`
}

func (e *UnappliedReturned) contradicts(o *Order) error {
	return o.Ledger.returned(e).check(&o.Terms, e.Amount.IsPositive() && !e.Reviewed.IsNegative())
}

func (e UnappliedReturned) evolve(o *Order, _ time.Time) {
	o.Ledger = o.Ledger.returned(&e)
	if e.Reference == "" {
		o.lowerKeptReview(e.Reviewed)
	} else {
		o.named(e.Method, e.Reference)
	}
}
