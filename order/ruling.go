package order

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Ruling: the parties did not agree, and the platform decides. It may order a refund, or advance a
// compensation from the order's hold on the seller's quota.

// Arbitrate is the platform's ruling on an escalated dispute: for the buyer, with a refund that the
// seller makes or a compensation that the platform advances from the seller's quota (D8); or for
// the seller, who keeps the money, with neither.
type Arbitrate struct {
	Refund       trade.Money `json:"refund,omitzero"`
	Compensation trade.Money `json:"compensation,omitzero"`
	Text         trade.Text  `json:"text,omitzero"`
}

func (c Arbitrate) check() error {
	if !c.Refund.IsZero() && !c.Compensation.IsZero() {
		return trade.Invalid("compensation", "a ruling is a refund or a compensation, not both")
	}
	if c.Text == "" {
		return nil
	}
	return c.Text.Check("text", maxFreeText)
}

func (c Arbitrate) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkDispute(c); err != nil {
		return nil, err
	}
	if o.Dispute.Stage != StageEscalated {
		return nil, refuse(rule.D29, c, o).Because("it is not escalated", "纠纷尚未升级").From(o.Dispute.EscalateBy)
	}
	if o.OpenChargebacks > 0 && (!c.Refund.IsZero() || !c.Compensation.IsZero()) {
		return nil, refuse(rule.D29, c, o).Because("a chargeback is open: the ruling waits for its end", "拒付尚未结束，裁决须待其结束")
	}
	on := o.resumedAt(g.At, o.OpenChargebacks > 0)
	ruled := Arbitrated{
		Refund: c.Refund, Compensation: c.Compensation, Text: c.Text,
		ReceiptDeadline: on.receiptDeadline, PayBy: on.payBy, ConfirmBy: on.confirmBy,
	}
	switch {
	case !c.Refund.IsZero():
		if err := o.checkShare(rule.D30, c, "refund", c.Refund); err != nil {
			return nil, err
		}
		return o.refund(g, f, c.Refund, RefundRuled, ruled)
	case !c.Compensation.IsZero():
		claim, err := o.claim(c, c.Compensation)
		if err != nil {
			return nil, err
		}
		return o.closeIfRefunded(g, f, ruled, claim)
	}
	return o.withConsequences(g, f, ruled)
}

// claim returns what the platform advances of a compensation: no more than the order holds of the
// quota, and no more than is left of its money. If either is nothing, only a refund can be ruled.
func (o *Order) claim(c Command, ruled trade.Money) (Event, error) {
	switch {
	case !ruled.IsPositive() || ruled.Currency() != o.Terms.Total.Currency():
		return nil, refuse(rule.D8, c, o).On("compensation").Because("the amount is not positive, or not in %[1]s", "金额不大于零或币种不是 %[1]s", o.Terms.Total.Currency())
	case o.Coverage == CoverageNone:
		return nil, refuse(rule.A13, c, o).On("compensation").Because("the order has no coverage", "订单为0保障")
	case o.Hold.Status == HoldIsPosted:
		return nil, refuse(rule.D8, c, o).On("compensation").Because("the hold was claimed already", "额度已被垫付占用")
	case o.Hold.Status != HoldOpen:
		// Until receipt nothing but shipment ends the coverage of an order that has one.
		return nil, refuse(rule.A14, c, o).On("compensation").Because("the coverage ended at shipment", "保障已于发货后结束")
	}
	amount := smaller(smaller(ruled, o.Hold.Amount), o.Left())
	if !amount.IsPositive() {
		return nil, refuse(rule.D8, c, o).On("compensation").Because("all money was paid back", "款项已全部退回")
	}
	return ClaimPosted{Amount: amount, Released: o.Hold.Amount.SubUnchecked(amount)}, nil
}

// Arbitrated says how the platform ruled; the dispute is over.
// Stored: add fields, never rename or remove.
type Arbitrated struct {
	Refund          trade.Money `json:"refund,omitzero"`
	Compensation    trade.Money `json:"compensation,omitzero"`
	Text            trade.Text  `json:"text,omitzero"`
	ReceiptDeadline time.Time   `json:"receipt_deadline,omitzero"`
	PayBy           time.Time   `json:"pay_by,omitzero"`
	ConfirmBy       time.Time   `json:"confirm_by,omitzero"`
}

func (e *Arbitrated) contradicts(o *Order) error { return o.checkStage(StageEscalated) }

func (e Arbitrated) evolve(o *Order, at time.Time) {
	o.Dispute.Stage, o.Dispute.RuledIn, o.Dispute.Ruled = StageNone, o.Phase, o.Dispute.Number
	o.unfreeze(resumed{e.ReceiptDeadline, e.PayBy, e.ConfirmBy}, at)
}

// ClaimPosted says that the platform compensated the buyer from the order's hold, and how much of
// the hold is free again. The seller owes the platform the amount.
// Stored: add fields, never rename or remove.
type ClaimPosted struct {
	Amount   trade.Money `json:"amount"`
	Released trade.Money `json:"released"`
}

func (e *ClaimPosted) contradicts(o *Order) error {
	sound := o.Hold.Status == HoldOpen && e.Amount.IsPositive() && !e.Released.IsNegative() &&
		e.Amount.AddUnchecked(e.Released) == o.Hold.Amount && e.Amount.AtMost(o.Left())
	return o.Ledger.claimed(e).check(&o.Terms, sound)
}

func (e ClaimPosted) evolve(o *Order, _ time.Time) {
	o.Ledger = o.Ledger.claimed(&e)
	o.Hold.Status = HoldIsPosted
}
