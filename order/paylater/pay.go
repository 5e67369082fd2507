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
// buyer makes it, or the system reports what a charge brought. That is a fact (D62): what the order
// does not take, because it has ended, is paid, or waits for less, is recorded beside as
// PaymentUnapplied, and the same report again changes nothing.
type Pay struct {
	// Reference names the payment where it was made, in at most 200 bytes. It is known for the whole
	// store: one order takes it, and once (D65).
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
}

func (c Pay) check() error {
	if err := trade.CheckText("reference", c.Reference, maxReference); err != nil {
		return err
	}
	return checkPositive("amount", c.Amount)
}

func (c Pay) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.otherCurrency(c, c.Amount); err != nil {
		return nil, err
	}
	if _, err := o.Unapplied().Add(c.Amount); err != nil {
		return nil, o.refuse(rule.D60, c).On("amount").Says("more than an amount can hold", "超出金额可表示的范围")
	}
	charge, due := g.By.Role == trade.System, o.Due()
	if known := o.Brought(c.Reference); !known.IsZero() {
		switch {
		case charge && known == c.Amount:
			return nil, nil
		case charge:
			return nil, o.refuse(rule.D19, c).On("amount").Because("it is recorded with %[1]s", "该笔付款已按 %[1]s 入账", known)
		}
		return nil, o.refuse(rule.B8, c).On("reference").Says("this payment is recorded already", "该笔付款已入账")
	}
	if !f.PaidOn.IsZero() && f.PaidOn != o.ID {
		return nil, o.refuse(rule.D65, c).Because("%[1]s is recorded on another order", "凭证号 %[1]s 已登记于其他订单", c.Reference)
	}
	paid := Paid{Reference: c.Reference, Amount: due, Total: o.Outstanding, Overdue: o.Phase == PhaseOverdue}
	switch {
	case due.IsZero():
		return []Event{PaymentUnapplied(c)}, nil
	case c.Amount == due:
		return []Event{paid}, nil
	case due.Less(c.Amount) && charge:
		return []Event{paid, PaymentUnapplied{Reference: c.Reference, Amount: c.Amount.SubUnchecked(due)}}, nil
	case due.Less(c.Amount):
		return nil, o.refuse(rule.D51, c).On("amount").Because("only %[1]s is due", "待付金额仅为 %[1]s", due)
	case !f.rules().Instalments:
		return nil, o.refuse(rule.D51, c).On("amount").Because("%[1]s is due", "待付金额为 %[1]s", due).Short(due.SubUnchecked(c.Amount))
	case len(o.Payments) >= MaxPayments-1:
		return nil, o.refuse(rule.D51, c).On("amount").Because("the last of %[1]d payments has to pay the whole rest", "第 %[1]d 笔付款须付清余款", MaxPayments).
			Short(due.SubUnchecked(c.Amount))
	}
	return []Event{InstalmentPaid(c)}, nil
}

// knows reports whether a payment with that reference is recorded.
func (o *Order) knows(reference string) bool { return !o.Brought(reference).IsZero() }

// Brought returns what the payment of that reference brought, applied or not; zero if it is not
// recorded on the order.
func (o *Order) Brought(reference string) trade.Money {
	sum := o.zero()
	for _, list := range [...][]Payment{o.Payments, o.Surplus} {
		for i := range list {
			if list[i].Reference == reference {
				sum = sum.AddUnchecked(list[i].Amount)
			}
		}
	}
	return sum
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

// PaymentUnapplied says that a charge brought money which the order does not take. It moves neither
// quota nor funds, and is the buyer's.
// Stored: add fields, never rename or remove.
type PaymentUnapplied struct {
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
}

func (e PaymentUnapplied) check() error { return Pay(e).check() }

func (e PaymentUnapplied) contradicts(o *Order) error {
	switch {
	case e.Amount.Currency() != o.Original.Currency():
		return trade.Invalid("amount", "%s of an order in %s", e.Amount, o.Original.Currency())
	case !o.Due().IsZero():
		return trade.Invalid("event", "not applied while %s is due", o.Due())
	case slices.ContainsFunc(o.Surplus, func(p Payment) bool { return p.Reference == e.Reference }):
		return trade.Invalid("reference", "is recorded twice")
	}
	_, err := o.Unapplied().Add(e.Amount)
	return err
}

func (e PaymentUnapplied) evolve(o *Order, at time.Time) {
	o.Surplus = append(slices.Clip(o.Surplus), Payment{Reference: e.Reference, Amount: e.Amount, At: at})
}

// ReturnUnapplied reports that money which the order did not take went back to the buyer.
type ReturnUnapplied struct {
	Amount trade.Money `json:"amount"`
}

func (c ReturnUnapplied) check() error { return checkPositive("amount", c.Amount) }

func (c ReturnUnapplied) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if err := o.otherCurrency(c, c.Amount); err != nil {
		return nil, err
	}
	if rest := o.Unapplied(); rest.Less(c.Amount) {
		return nil, o.refuse(rule.D21, c).On("amount").Because("%[1]s is not applied", "未入账金额为 %[1]s", rest).Short(c.Amount.SubUnchecked(rest))
	}
	return []Event{UnappliedReturned(c)}, nil
}

// UnappliedReturned says how much of what the order did not take went back to the buyer.
// Stored: add fields, never rename or remove.
type UnappliedReturned struct {
	Amount trade.Money `json:"amount"`
}

func (e UnappliedReturned) check() error { return ReturnUnapplied(e).check() }

func (e UnappliedReturned) contradicts(o *Order) error {
	if rest := o.Unapplied(); !e.Amount.IsPositive() || !e.Amount.AtMost(rest) {
		return trade.Invalid("amount", "%s of %s that is not applied", e.Amount, rest)
	}
	return nil
}

func (e UnappliedReturned) evolve(o *Order, _ time.Time) {
	o.Returned = o.Returned.AddUnchecked(e.Amount)
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
		return nil, o.refuse(rule.D50, c).On("amount").Because("no more than %[1]s can be refunded", "最多可退 %[1]s", rest).Short(c.Amount.SubUnchecked(rest))
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
