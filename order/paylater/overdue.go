package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Overdue: the system requests a charge when payment is due, and the order is overdue when the due
// time has passed without a payment.

// RequestCharge requests a charge of what is due, at the due time or later. The outcome comes from
// outside, as Pay or FailCharge. The policy says how often it may be repeated.
type RequestCharge struct{}

func (RequestCharge) check() error { return nil }

func (c RequestCharge) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	from, ends := o.resumesAt()
	if o.AfterSalesOpen() && (!ends || g.At.Before(from)) {
		return nil, o.refuseOpenCase(c).From(from)
	}
	if g.At.Before(from) {
		return nil, o.refuse(rule.D47, c).Says("payment is not due yet", "付款尚未到期").From(from)
	}
	if o.ChargePending {
		return nil, o.refuse(rule.D47, c).Says("a charge is pending", "扣款正在处理中")
	}
	if o.Charges > f.rules().ChargeRetries {
		return nil, o.refuse(rule.D47, c).Because("%[1]d charges were requested", "已发起 %[1]d 次扣款", o.Charges)
	}
	return []Event{ChargeRequested{Attempt: o.Charges + 1, Amount: o.Due()}}, nil
}

func (o *Order) refuseOpenCase(c Command) *trade.Refusal {
	return o.refuse(rule.D47, c).Says("an after-sales case is open", "售后处理中")
}

// ChargeRequested says that the system requested a charge of Amount. Attempts count from 1.
// Stored: add fields, never rename or remove.
type ChargeRequested struct {
	Attempt int         `json:"attempt"`
	Amount  trade.Money `json:"amount"`
}

func (e ChargeRequested) check() error {
	if err := checkAttempt(e.Attempt); err != nil {
		return err
	}
	return checkPositive("amount", e.Amount)
}

func checkAttempt(n int) error {
	if n < 1 || n > 1+maxRetries {
		return trade.Invalid("attempt", "%d lies outside 1 to %d", n, 1+maxRetries)
	}
	return nil
}

func (e ChargeRequested) contradicts(o *Order) error {
	switch {
	case o.ChargePending || o.AfterSalesOpen() && o.PauseUntil.IsZero():
		return trade.Invalid("event", "a charge while another is pending or an after-sales case is open")
	case e.Attempt != o.Charges+1:
		return trade.Invalid("attempt", "%d after %d", e.Attempt, o.Charges)
	case e.Amount != o.Due():
		return trade.Invalid("amount", "%s of %s due", e.Amount, o.Due())
	}
	return nil
}

func (e ChargeRequested) evolve(o *Order, _ time.Time) { o.Charges, o.ChargePending = e.Attempt, true }

// FailCharge reports that the pending charge failed.
type FailCharge struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c FailCharge) check() error { return checkReason(c.Reason) }

func (c FailCharge) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if !o.ChargePending {
		return nil, o.refuse(rule.D47, c).Says("no charge is pending", "没有正在处理的扣款")
	}
	return []Event{ChargeFailed{Attempt: o.Charges, Reason: c.Reason}}, nil
}

// ChargeFailed says that a charge failed.
// Stored: add fields, never rename or remove.
type ChargeFailed struct {
	Attempt int        `json:"attempt"`
	Reason  trade.Text `json:"reason,omitzero"`
}

func (e ChargeFailed) check() error {
	if err := checkAttempt(e.Attempt); err != nil {
		return err
	}
	return checkStoredReason(e.Reason)
}

func (e ChargeFailed) contradicts(o *Order) error {
	if !o.ChargePending || e.Attempt != o.Charges {
		return trade.Invalid("attempt", "%d is not pending", e.Attempt)
	}
	return nil
}

func (ChargeFailed) evolve(o *Order, _ time.Time) { o.ChargePending = false }

// MarkOverdue records that the due time has passed without a payment.
type MarkOverdue struct{}

func (MarkOverdue) check() error { return nil }

func (c MarkOverdue) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	from, ends := o.resumesAt()
	if o.AfterSalesOpen() && !ends {
		return nil, o.refuseOpenCase(c)
	}
	if o.AfterSalesOpen() && !g.At.After(from) {
		return nil, o.refuseOpenCase(c).From(from.Add(1))
	}
	if !g.At.After(from) {
		return nil, o.refuse(rule.D47, c).Says("a payment at this instant is still in time", "此时付款仍算按时").From(from.Add(1))
	}
	return []Event{MarkedOverdue{Amount: o.Outstanding, FreezeAfter: f.rules().FreezeAfterOverdue}}, nil
}

// MarkedOverdue says that the order is overdue with Amount outstanding. FreezeAfter is the policy
// that applied: how many overdue orders freeze the merchant's line, or 0 if they never do.
// Stored: add fields, never rename or remove.
type MarkedOverdue struct {
	Amount      trade.Money `json:"amount"`
	FreezeAfter int         `json:"freeze_after,omitzero"`
}

func (e MarkedOverdue) check() error {
	if e.FreezeAfter < 0 || e.FreezeAfter > maxFreeze {
		return trade.Invalid("freeze_after", "%d lies outside 0 to %d", e.FreezeAfter, maxFreeze)
	}
	return checkPositive("amount", e.Amount)
}

func (e MarkedOverdue) contradicts(o *Order) error {
	switch {
	case o.AfterSalesOpen() && o.PauseUntil.IsZero():
		return trade.Invalid("event", "overdue while an after-sales case is open")
	case e.Amount != o.Outstanding:
		return trade.Invalid("amount", "%s of %s outstanding", e.Amount, o.Outstanding)
	}
	return nil
}

func (MarkedOverdue) evolve(o *Order, at time.Time) { o.OverdueAt = at }

// WriteOff gives up the payment of an overdue order. It makes no funds, and the order accepts no
// payment after it.
type WriteOff struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c WriteOff) check() error { return checkReason(c.Reason) }

func (c WriteOff) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	return []Event{WrittenOff{Consumed: o.Outstanding, PaidBack: o.Instalments, Reason: c.Reason}}, nil
}

// WrittenOff says that the payment is given up. The line consumes Consumed; PaidBack is the sum of
// the instalments that go back to the buyer.
// Stored: add fields, never rename or remove.
type WrittenOff struct {
	Consumed trade.Money `json:"consumed"`
	PaidBack trade.Money `json:"paid_back"`
	Reason   trade.Text  `json:"reason,omitzero"`
}

func (e WrittenOff) check() error {
	if err := checkPositive("consumed", e.Consumed); err != nil {
		return err
	}
	return checkEnd(e.Consumed, e.PaidBack, e.Reason)
}

func (e WrittenOff) contradicts(o *Order) error {
	switch {
	case e.Consumed != o.Outstanding:
		return trade.Invalid("consumed", "%s of %s outstanding", e.Consumed, o.Outstanding)
	case e.PaidBack != o.Instalments:
		return trade.Invalid("paid_back", "%s of %s paid in instalments", e.PaidBack, o.Instalments)
	}
	return nil
}

func (e WrittenOff) evolve(o *Order, at time.Time) {
	o.Consumed, o.PaidBack, o.WrittenOffAt = e.Consumed, e.PaidBack, at
	o.settle()
}
