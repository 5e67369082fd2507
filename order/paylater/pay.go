package paylater

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Pay: the buyer's money comes in. It becomes the merchant's once the order is paid in full.

// MaxPayments is how many payments an order records. The last one pays the whole rest.
const MaxPayments = 100

// Pay records a payment of what is due, or of a part of it if the policy allows instalments. The
// buyer makes it, or the system collects it.
type Pay struct {
	// Reference names the payment where it was made, in at most 200 bytes. An order takes a
	// reference once.
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
}

func (c Pay) check() error {
	if err := trade.CheckText("reference", c.Reference, maxReference); err != nil {
		return err
	}
	return checkPositive("amount", c.Amount)
}

func (c Pay) decide(o *Order, _ *trade.Given, f *Facts) ([]Event, error) {
	if err := o.otherCurrency(c, c.Amount); err != nil {
		return nil, err
	}
	if o.knows(c.Reference) {
		return nil, o.refuse(rule.B8, c).Says("this payment is recorded already", "该笔付款已入账")
	}
	due := o.Due()
	switch {
	case c.Amount == due:
		return []Event{Paid{Reference: c.Reference, Amount: c.Amount, Total: o.Outstanding, Overdue: o.Phase == PhaseOverdue}}, nil
	case due.Less(c.Amount):
		return nil, o.refuse(rule.D51, c).Because("only %[1]s is due", "待付金额仅为 %[1]s", due)
	case !f.rules().Instalments:
		return nil, o.refuse(rule.D51, c).Because("%[1]s is due", "待付金额为 %[1]s", due).Short(due.SubUnchecked(c.Amount))
	case len(o.Payments) >= MaxPayments-1:
		return nil, o.refuse(rule.D51, c).Because("the last of %[1]d payments has to pay the whole rest", "第 %[1]d 笔付款须付清余款", MaxPayments).
			Short(due.SubUnchecked(c.Amount))
	}
	return []Event{InstalmentPaid(c)}, nil
}

// knows reports whether a payment with that reference is recorded.
func (o *Order) knows(reference string) bool {
	return slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.Reference == reference })
}

// paidWith adds a payment. The clipped slice makes append copy it: other holders of the state
// do not see the new one.
func (o *Order) paidWith(reference string, amount trade.Money, at time.Time) {
	o.Payments = append(slices.Clip(o.Payments), Payment{Reference: reference, Amount: amount, At: at})
}

// InstalmentPaid says that the buyer paid a part of what is due. It moves neither quota nor funds.
// Stored: add fields, never rename or remove.
type InstalmentPaid struct {
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
}

func (e InstalmentPaid) check() error { return Pay(e).check() }

func (e InstalmentPaid) contradicts(o *Order) error {
	switch due := o.Due(); {
	case !e.Amount.IsPositive() || !e.Amount.Less(due):
		return trade.Invalid("amount", "%s is not a part of %s", e.Amount, due)
	case len(o.Payments) >= MaxPayments-1:
		return trade.Invalid("event", "more payments than an order records")
	case o.knows(e.Reference):
		return trade.Invalid("reference", "is recorded twice")
	}
	return nil
}

func (e InstalmentPaid) evolve(o *Order, at time.Time) {
	o.paidWith(e.Reference, e.Amount, at)
	o.Instalments = o.Instalments.AddUnchecked(e.Amount)
}

// Paid says that the order is paid in full. Amount is this payment, Total its sum with the
// instalments before it: the line restores Total, and the same becomes received funds.
// Stored: add fields, never rename or remove.
type Paid struct {
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
	Total     trade.Money `json:"total"`
	Overdue   bool        `json:"overdue,omitzero"` // whether the order was overdue until then
}

func (e Paid) check() error {
	if err := (Pay{Reference: e.Reference, Amount: e.Amount}).check(); err != nil {
		return err
	}
	return checkPositive("total", e.Total)
}

func (e Paid) contradicts(o *Order) error {
	switch {
	case e.Total != o.Outstanding:
		return trade.Invalid("total", "%s of %s outstanding", e.Total, o.Outstanding)
	case e.Amount != o.Due():
		return trade.Invalid("amount", "%s of %s due", e.Amount, o.Due())
	case o.knows(e.Reference):
		return trade.Invalid("reference", "is recorded twice")
	case e.Overdue != (o.Phase == PhaseOverdue):
		return trade.Invalid("overdue", "does not agree with phase %s", o.Phase)
	}
	return nil
}

func (e Paid) evolve(o *Order, at time.Time) {
	o.paidWith(e.Reference, e.Amount, at)
	o.Paid, o.PaidAt = e.Total, at
	o.settle()
}

// Refund pays money back out of what the merchant has received. It changes no quota, which the
// payment has restored (D50). A full refund cancels an order that was not shipped.
type Refund struct {
	Amount trade.Money `json:"amount"`
	Reason trade.Text  `json:"reason,omitzero"` // at most 500 bytes
}

func (c Refund) check() error {
	if err := checkReason(c.Reason); err != nil {
		return err
	}
	return checkPositive("amount", c.Amount)
}

func (c Refund) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if err := o.otherCurrency(c, c.Amount); err != nil {
		return nil, err
	}
	rest := o.Refundable()
	if rest.Less(c.Amount) {
		return nil, o.refuse(rule.D50, c).Because("no more than %[1]s can be refunded", "最多可退 %[1]s", rest).Short(c.Amount.SubUnchecked(rest))
	}
	made := []Event{RefundMade(c)}
	if o.Phase == PhasePrepaid && c.Amount == rest {
		made = append(made, Cancelled{Restored: o.zero(), PaidBack: o.zero(), Reason: c.Reason})
	}
	return made, nil
}

// RefundMade says how much of the paid amount goes back to the buyer. It is taken from received
// funds.
// Stored: add fields, never rename or remove.
type RefundMade struct {
	Amount trade.Money `json:"amount"`
	Reason trade.Text  `json:"reason,omitzero"`
}

func (e RefundMade) check() error { return Refund(e).check() }

func (e RefundMade) contradicts(o *Order) error {
	if rest := o.Refundable(); !e.Amount.IsPositive() || !e.Amount.AtMost(rest) {
		return trade.Invalid("amount", "%s of %s that can be refunded", e.Amount, rest)
	}
	return nil
}

func (e RefundMade) evolve(o *Order, _ time.Time) { o.Refunded = o.Refunded.AddUnchecked(e.Amount) }
