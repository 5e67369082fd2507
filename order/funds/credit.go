package funds

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Credit: what a buyer paid for a pay-later order becomes received funds (已收货款).

// Credit is the counterpart of the payment of a pay-later order. The amount settles a debt first;
// the rest is available after the merchant's waiting time.
type Credit struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (c Credit) check() error { return checkAmount(c.Order, c.Amount) }

// checkAmount refuses an amount of an order that is not positive or of no order.
func checkAmount(id trade.ID, amount trade.Money) error {
	switch {
	case id.IsZero():
		return trade.Invalid("order", "must not be empty")
	case !amount.IsPositive():
		return trade.Invalid("amount", "must be positive")
	}
	return nil
}

func (c Credit) money() trade.Money { return c.Amount }

func (c Credit) decide(b *Balance, g *trade.Given, f *Facts) ([]Event, error) {
	policy, err := f.policy(b.Currency)
	if err != nil {
		return nil, err
	}
	if f.Sale.Paid.IsZero() {
		return nil, b.refuse(rule.B2, c).On("order").Says("the buyer has not paid", "买家尚未付款")
	}
	if f.Sale.Paid != c.Amount {
		return nil, b.refuse(rule.B8, c).On("amount").Because("the buyer has paid %[1]s", "买家已付款%[1]s", f.Sale.Paid)
	}
	if !f.Sale.Credited.IsZero() {
		return nil, b.refuse(rule.B8, c).On("order").Because("%[1]s was credited for the order already", "该订单已入账%[1]s", f.Sale.Credited)
	}
	if _, err := c.Amount.Add(b.amount(b.sums.Credited)); err != nil {
		return nil, b.refuse(rule.D60, c).On("amount").Says("all credits together are too large", "累计入账金额溢出")
	}
	return []Event{Credited{
		Order: c.Order, Amount: c.Amount, Repaid: b.repaid(c.Amount.MinorUnits()),
		HoldDays: policy.HoldDays, AvailableAt: g.At.Add(time.Duration(policy.HoldDays) * day),
	}}, nil
}

// repaid returns how much of an incoming amount settles the debt.
func (b *Balance) repaid(minor int64) trade.Money { return b.amount(min(minor, b.sums.Debt)) }

// Credited says that an order's payment was received: Repaid of it, which may be nothing, settled
// a debt, and the rest waits until AvailableAt, HoldDays after it was credited.
// Stored: add fields, never rename or remove.
type Credited struct {
	Order       trade.ID    `json:"order"`
	Amount      trade.Money `json:"amount"`
	Repaid      trade.Money `json:"repaid"`
	HoldDays    int         `json:"hold_days"`
	AvailableAt time.Time   `json:"available_at"`
}

func (e Credited) check() error {
	if err := checkAmount(e.Order, e.Amount); err != nil {
		return err
	}
	if err := checkPart("repaid", e.Repaid, e.Amount); err != nil {
		return err
	}
	if e.HoldDays < 0 || e.HoldDays > maxHoldDays {
		return trade.Invalid("hold_days", "%d lies outside 0 to %d", e.HoldDays, maxHoldDays)
	}
	return trade.CheckInstant("available_at", e.AvailableAt.Add(-time.Duration(e.HoldDays)*day))
}

// checkPart refuses a part that is not between nothing and the whole.
func checkPart(field string, part, whole trade.Money) error {
	if part.IsNegative() || !part.AtMost(whole) || part.Currency() != whole.Currency() {
		return trade.Invalid(field, "is not a part of %s", whole)
	}
	return nil
}

func (e Credited) money() trade.Money { return e.Amount }

func (e Credited) evolve(b *Balance, _ time.Time) error {
	b.sums.Credited += e.Amount.MinorUnits()
	b.sums.Debt -= e.Repaid.MinorUnits()
	rest := e.Amount.MinorUnits() - e.Repaid.MinorUnits()
	switch when := nanos(e.AvailableAt); {
	case rest == 0:
		return nil
	case when <= nanos(b.LastAt):
		b.sums.Available += rest
		return nil
	default:
		var ok bool
		if b.waiting, ok = b.waiting.add(e.Order, when, rest); !ok {
			return trade.Invalid("order", "%s was credited already", e.Order)
		}
		return nil
	}
}

// Debit: a refund after payment is taken from received funds (付款后退款).

// Debit is the counterpart of the refund of a paid order. The amount is taken from what waits of
// this order's own credit, then from what waits of others, the latest to become available first,
// and then from what is available. What is missing becomes a debt.
type Debit struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (c Debit) check() error { return checkAmount(c.Order, c.Amount) }

func (c Debit) money() trade.Money { return c.Amount }

func (c Debit) decide(b *Balance, _ *trade.Given, f *Facts) ([]Event, error) {
	left, err := f.Sale.Credited.Sub(f.Sale.Refunded)
	if err == nil {
		// What is left of one sale is at most what is left of all of them, whatever the facts say.
		left, err = left.Min(b.amount(b.sums.Credited - b.sums.Refunded))
	}
	if err != nil {
		return nil, trade.Invalid("facts.sale", "%w", err)
	}
	if left.Less(c.Amount) {
		return nil, b.refuse(rule.D50, c).On("amount").
			Because("%[1]s was credited for the order and not refunded", "该订单已入账而未退款的金额为%[1]s", left).
			Short(b.amount(c.Amount.MinorUnits() - left.MinorUnits()))
	}
	debt := max(0, c.Amount.MinorUnits()-b.waiting.total()-b.sums.Available)
	return []Event{Debited{Order: c.Order, Amount: c.Amount, Debt: b.amount(debt)}}, nil
}

// Debited says that Amount was refunded of an order after payment, and that Debt of it, which may
// be nothing, was missing.
// Stored: add fields, never rename or remove.
type Debited struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
	Debt   trade.Money `json:"debt"`
}

func (e Debited) check() error {
	if err := checkAmount(e.Order, e.Amount); err != nil {
		return err
	}
	return checkPart("debt", e.Debt, e.Amount)
}

func (e Debited) money() trade.Money { return e.Amount }

func (e Debited) evolve(b *Balance, _ time.Time) error {
	var rest int64
	b.waiting, rest = b.waiting.drain(e.Order, e.Amount.MinorUnits()-e.Debt.MinorUnits())
	b.sums.Available -= rest
	b.sums.Refunded += e.Amount.MinorUnits()
	b.sums.Debt += e.Debt.MinorUnits()
	return nil
}
