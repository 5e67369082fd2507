package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Place: the buyer orders and chooses to pay later; before shipment the order can be cancelled.

// Place orders goods for Amount from a merchant. The actor is the buyer of the order for good.
type Place struct {
	Merchant trade.Account `json:"merchant"`
	// ChosePayLater says that the buyer chose to pay later; quota is used only then (B7).
	ChosePayLater bool        `json:"chose_pay_later,omitzero"`
	Amount        trade.Money `json:"amount"`
}

func (c Place) check() error {
	if err := trade.CheckID("merchant", string(c.Merchant)); err != nil {
		return err
	}
	return checkPositive("amount", c.Amount)
}

func (c Place) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !c.ChosePayLater {
		return nil, o.refuse(rule.B7, c).On("chose_pay_later").Says("the buyer did not choose to pay later", "买家未选择先用后付")
	}
	if c.Merchant == g.By.Account {
		return nil, o.refuse(rule.D36, c).On("merchant").Says("the buyer is the merchant", "买家就是商家")
	}
	if f.Line.Email.Same(g.By.Email) {
		return nil, o.refuse(rule.D36, c).On("merchant").Says("the buyer has the merchant's e-mail address", "买家与商家的邮箱相同")
	}
	if currency := c.Amount.Currency(); !trade.PayLaterIn(f.rules().Currencies, currency) {
		return nil, o.refuse(rule.D60, c).On("amount").Because("pay later is not offered in %[1]s", "先用后付不支持%[1]s", currency)
	}
	// The line is not the buyer's: that there is none, that it is frozen (B19) and that it has too
	// little look the same (D64).
	missing, err := c.Amount.Sub(f.Line.Usable)
	if f.Line.Active && err != nil {
		return nil, o.refuse(rule.D60, c).On("amount").Says("the line is in another currency", "该额度为其他币种")
	}
	if !f.Line.Active || f.Line.Frozen || missing.IsPositive() {
		return nil, o.refuse(rule.B5, c).Says("the merchant cannot take the order now", "商家目前无法接受该订单")
	}
	return []Event{Placed{Buyer: g.By.Account, Merchant: c.Merchant, Amount: c.Amount}}, nil
}

// Placed says that the buyer placed the order. The line deducts Amount.
// Stored: add fields, never rename or remove.
type Placed struct {
	Buyer    trade.Account `json:"buyer"`
	Merchant trade.Account `json:"merchant"`
	Amount   trade.Money   `json:"amount"`
}

func (e Placed) check() error {
	if err := trade.CheckID("buyer", string(e.Buyer)); err != nil {
		return err
	}
	return Place{Merchant: e.Merchant, Amount: e.Amount}.check()
}

func (e Placed) contradicts(*Order) error {
	if e.Buyer == e.Merchant {
		return trade.Invalid("merchant", "is the buyer")
	}
	return checkPositive("amount", e.Amount)
}

func (e Placed) evolve(o *Order, at time.Time) {
	o.Buyer, o.Merchant, o.PlacedAt = e.Buyer, e.Merchant, at
	o.Original, o.Outstanding = e.Amount, e.Amount
	zero := o.zero()
	o.Paid, o.Restored, o.Consumed = zero, zero, zero
	o.Instalments, o.PaidBack, o.Refunded, o.Returned = zero, zero, zero, zero
}

// Cancel ends an order that was neither shipped nor paid.
type Cancel struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c Cancel) check() error { return checkReason(c.Reason) }

func (c Cancel) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	return []Event{Cancelled{Restored: o.Outstanding, PaidBack: o.Instalments, Reason: c.Reason}}, nil
}

// Cancelled says that the order ended before shipment. The line restores Restored, which is zero
// if the order was paid and refunded; PaidBack is the sum of the instalments that go back to the
// buyer.
// Stored: add fields, never rename or remove.
type Cancelled struct {
	Restored trade.Money `json:"restored"`
	PaidBack trade.Money `json:"paid_back"`
	Reason   trade.Text  `json:"reason,omitzero"`
}

func (e Cancelled) check() error { return checkEnd(e.Restored, e.PaidBack, e.Reason) }

func (e Cancelled) contradicts(o *Order) error {
	if o.Phase == PhasePrepaid && o.Refunded != o.Paid {
		return trade.Invalid("event", "cancelled with %s paid and %s refunded", o.Paid, o.Refunded)
	}
	return o.endsWith(e.Restored, e.PaidBack)
}

func (e Cancelled) evolve(o *Order, at time.Time) { o.end(e.Restored, e.PaidBack, at) }

func checkEnd(restored, paidBack trade.Money, reason trade.Text) error {
	if err := checkNotNegative("restored", restored); err != nil {
		return err
	}
	if err := checkNotNegative("paid_back", paidBack); err != nil {
		return err
	}
	return checkStoredReason(reason)
}

// endsWith returns an error unless ending the order gives back exactly what it uses of the line
// and the instalments it has.
func (o *Order) endsWith(restored, paidBack trade.Money) error {
	switch {
	case restored != o.Outstanding:
		return trade.Invalid("restored", "%s of %s outstanding", restored, o.Outstanding)
	case paidBack != o.Instalments:
		return trade.Invalid("paid_back", "%s of %s paid in instalments", paidBack, o.Instalments)
	}
	return nil
}

// end settles an order that is cancelled or returned.
func (o *Order) end(restored, paidBack trade.Money, at time.Time) {
	o.Restored, o.PaidBack = o.Restored.AddUnchecked(restored), paidBack
	o.EndedAt = at
	o.settle()
}

// settle leaves an order that waits for no more money.
func (o *Order) settle() {
	o.Outstanding, o.Instalments = o.zero(), o.zero()
	o.ChargePending, o.AfterSalesAt, o.PauseUntil = false, time.Time{}, time.Time{}
}
