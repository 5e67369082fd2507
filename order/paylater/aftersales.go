package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// After-sales: complaints about the goods, and changes of an order that is not paid.

// OpenAfterSales opens an after-sales case, until payment is due. It puts off what the system does
// about the payment until it is closed, but no longer than the policy's MaxPause, all cases of the
// order together (D66); the buyer may still pay.
type OpenAfterSales struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c OpenAfterSales) check() error { return checkReason(c.Reason) }

func (c OpenAfterSales) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.AfterSalesOpen() {
		return nil, o.refuse(rule.D46, c).Says("an after-sales case is open already", "已有售后正在处理")
	}
	if g.At.After(o.DueAt) {
		return nil, o.refuse(rule.D46, c).Says("payment is past due", "付款已到期").Until(o.DueAt.Add(1))
	}
	if o.AfterSalesEnded {
		return nil, o.refuse(rule.D66, c).Says("the platform has closed one", "平台已关闭过售后")
	}
	if most := f.rules().MaxAfterSales; o.AfterSales >= most {
		return nil, o.refuse(rule.D66, c).Because("the order has had %[1]d", "该订单已有 %[1]d 次售后", o.AfterSales)
	}
	left := max(0, f.rules().MaxPause-o.Paused)
	return []Event{AfterSalesOpened{Reason: c.Reason, PauseUntil: g.At.Add(left)}}, nil
}

// AfterSalesOpened says that the buyer opened an after-sales case, and until when it puts off what the
// system does about the payment. A case without PauseUntil, as the first edition of the rules wrote
// it, does so until it is closed.
// Stored: add fields, never rename or remove.
type AfterSalesOpened struct {
	Reason     trade.Text `json:"reason,omitzero"`
	PauseUntil time.Time  `json:"pause_until,omitzero"`
}

func (e AfterSalesOpened) check() error {
	if !e.PauseUntil.IsZero() {
		if err := checkDeadline("pause_until", e.PauseUntil); err != nil {
			return err
		}
	}
	return checkStoredReason(e.Reason)
}

func (AfterSalesOpened) contradicts(o *Order) error {
	if o.AfterSalesOpen() {
		return trade.Invalid("event", "an after-sales case is open already")
	}
	return nil
}

func (e AfterSalesOpened) evolve(o *Order, at time.Time) {
	o.AfterSalesAt, o.PauseUntil = at, trade.Instant(e.PauseUntil)
	o.AfterSales++
}

// briefly is how soon a merchant closes a case that does not count.
const briefly = 72 * time.Hour

// resumesAt returns from when the system acts on the payment: the due time, put off by the pause of a
// case that is open. There is no such instant while a case without an end of its pause is open.
func (o *Order) resumesAt() (time.Time, bool) {
	switch {
	case !o.AfterSalesOpen():
		return o.DueAt, true
	case o.PauseUntil.IsZero():
		return time.Time{}, false
	}
	return o.DueAt.Add(o.PauseUntil.Sub(o.AfterSalesAt)), true
}

// CloseAfterSales closes the after-sales case: the merchant or the platform has settled it, or the
// buyer withdraws it. Payment is due later by as long as the case was open, at most by its pause.
// None is opened after the platform closed one.
type CloseAfterSales struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c CloseAfterSales) check() error { return checkReason(c.Reason) }

func (c CloseAfterSales) decide(o *Order, g *trade.Given, _ *Facts) ([]Event, error) {
	if !o.AfterSalesOpen() {
		return nil, o.refuse(rule.D46, c).Says("no after-sales case is open", "没有正在处理的售后")
	}
	until := g.At
	if end := o.PauseUntil; !end.IsZero() && end.Before(until) {
		until = end
	}
	return []Event{AfterSalesClosed{By: g.By.Role, DueAt: o.DueAt.Add(until.Sub(o.AfterSalesAt)), Reason: c.Reason}}, nil
}

// AfterSalesClosed says who closed the after-sales case and when payment is due.
// Stored: add fields, never rename or remove.
type AfterSalesClosed struct {
	By     trade.Role `json:"by"`
	DueAt  time.Time  `json:"due_at"`
	Reason trade.Text `json:"reason,omitzero"`
}

func (e AfterSalesClosed) check() error {
	if e.By != trade.Buyer && e.By != trade.Seller && e.By != trade.Platform {
		return trade.Invalid("by", "must be buyer, seller or platform")
	}
	if err := checkDeadline("due_at", e.DueAt); err != nil {
		return err
	}
	return checkStoredReason(e.Reason)
}

func (e AfterSalesClosed) contradicts(o *Order) error {
	switch {
	case !o.AfterSalesOpen():
		return trade.Invalid("event", "no after-sales case is open")
	case e.DueAt.Before(o.DueAt):
		return trade.Invalid("due_at", "is before %s", o.DueAt.Format(time.RFC3339Nano))
	}
	return nil
}

func (e AfterSalesClosed) evolve(o *Order, at time.Time) {
	if e.By == trade.Seller && !at.After(o.AfterSalesAt.Add(briefly)) {
		o.AfterSales--
	}
	o.AfterSalesEnded = o.AfterSalesEnded || e.By == trade.Platform
	o.Paused += e.DueAt.Sub(o.DueAt)
	o.DueAt, o.AfterSalesAt, o.PauseUntil = trade.Instant(e.DueAt), time.Time{}, time.Time{}
}

// LowerAmount lowers what is outstanding to Amount: a refund before payment (D49). Amount stays
// above what was paid in instalments.
type LowerAmount struct {
	Amount trade.Money `json:"amount"`
}

func (c LowerAmount) check() error { return checkPositive("amount", c.Amount) }

func (c LowerAmount) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if err := o.otherCurrency(c, c.Amount); err != nil {
		return nil, err
	}
	if !c.Amount.Less(o.Outstanding) {
		return nil, o.refuse(rule.D47, c).On("amount").Because("it is not less than %[1]s", "不低于未付金额 %[1]s", o.Outstanding)
	}
	if c.Amount.AtMost(o.Instalments) {
		return nil, o.refuse(rule.D51, c).On("amount").Because("%[1]s is paid in instalments", "已分期支付 %[1]s", o.Instalments)
	}
	return []Event{AmountLowered{To: c.Amount, Restored: o.Outstanding.SubUnchecked(c.Amount)}}, nil
}

// AmountLowered says that To is outstanding. The line restores Restored.
// Stored: add fields, never rename or remove.
type AmountLowered struct {
	To       trade.Money `json:"to"`
	Restored trade.Money `json:"restored"`
}

func (e AmountLowered) check() error {
	if err := checkPositive("to", e.To); err != nil {
		return err
	}
	return checkPositive("restored", e.Restored)
}

func (e AmountLowered) contradicts(o *Order) error {
	switch {
	case !o.Instalments.Less(e.To) || !e.To.Less(o.Outstanding):
		return trade.Invalid("to", "%s is not between %s and %s", e.To, o.Instalments, o.Outstanding)
	case e.Restored != o.Outstanding.SubUnchecked(e.To):
		return trade.Invalid("restored", "%s, lowered from %s to %s", e.Restored, o.Outstanding, e.To)
	}
	return nil
}

func (e AmountLowered) evolve(o *Order, _ time.Time) {
	o.Outstanding, o.Restored = e.To, o.Restored.AddUnchecked(e.Restored)
}

// Return ends an unpaid order whose goods are back with the merchant.
type Return struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c Return) check() error { return checkReason(c.Reason) }

func (c Return) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	return []Event{Returned{
		Restored: o.Outstanding, PaidBack: o.Instalments, Overdue: o.Phase == PhaseOverdue, Reason: c.Reason,
	}}, nil
}

// Returned says that the goods are back and the order has ended. The line restores Restored;
// PaidBack is the sum of the instalments that go back to the buyer.
// Stored: add fields, never rename or remove.
type Returned struct {
	Restored trade.Money `json:"restored"`
	PaidBack trade.Money `json:"paid_back"`
	Overdue  bool        `json:"overdue,omitzero"` // whether the order was overdue until then
	Reason   trade.Text  `json:"reason,omitzero"`
}

func (e Returned) check() error { return checkEnd(e.Restored, e.PaidBack, e.Reason) }

func (e Returned) contradicts(o *Order) error {
	if e.Overdue != (o.Phase == PhaseOverdue) {
		return trade.Invalid("overdue", "does not agree with phase %s", o.Phase)
	}
	return o.endsWith(e.Restored, e.PaidBack)
}

func (e Returned) evolve(o *Order, at time.Time) { o.end(e.Restored, e.PaidBack, at) }

// FlagFake records that the platform considers the order fake (恶意刷单), made to look like trade.
// The order itself goes on.
type FlagFake struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c FlagFake) check() error { return checkReason(c.Reason) }

func (c FlagFake) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if o.FakeFlagged {
		return nil, o.refuse(rule.B19, c).Says("it is flagged already", "该订单已被标记")
	}
	return []Event{FakeFlagged(c)}, nil
}

// FakeFlagged says that the platform considers the order fake.
// Stored: add fields, never rename or remove.
type FakeFlagged struct {
	Reason trade.Text `json:"reason,omitzero"`
}

func (e FakeFlagged) check() error { return checkStoredReason(e.Reason) }

func (FakeFlagged) contradicts(o *Order) error {
	if o.FakeFlagged {
		return trade.Invalid("event", "the order was flagged before")
	}
	return nil
}

func (FakeFlagged) evolve(o *Order, _ time.Time) { o.FakeFlagged = true }
