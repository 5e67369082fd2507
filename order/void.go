package order

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Void: the record of a payment was a mistake, and is taken back.

// VoidPayment takes back the record of a payment that was made by mistake, while its money is under
// review or the order's other unapplied money covers it. The reference is free again (D65).
type VoidPayment struct {
	Reference string `json:"reference"`
	Method    Method `json:"method,omitzero"` // of the payment, where several have the reference
}

func (c VoidPayment) check() error {
	if err := checkReference("reference", c.Reference); err != nil {
		return err
	}
	return checkMethod(c.Method, PayTT, PayCard, PayECheck)
}

func (c VoidPayment) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	p, ok := o.incoming(f, c)
	if !ok || p.Order != o.ID {
		return nil, refuse(rule.D65, c, o).On("reference").Because("no payment %[1]s is recorded on this order", "本订单没有凭证号为 %[1]s 的款项", c.Reference)
	}
	if waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review); !p.Review && waits.Less(p.Amount) {
		return nil, refuse(rule.D65, c, o).On("reference").Because("its money is applied or went back", "该款项已入账或已退还").Short(p.Amount.SubUnchecked(waits))
	}
	after := p.Voided()
	sums, moved, err := o.afterReport(c, &p, &after)
	if err != nil {
		return nil, err
	}
	on := o.resumedAt(g.At, o.Dispute.Stage != StageNone || sums.Open > 0)
	return o.afterCase(g, f, PaymentVoided{
		Reference: c.Reference, Method: p.Method, Amount: p.Amount, Moved: moved, Cases: sums,
		ReceiptDeadline: on.receiptDeadline, PayBy: on.payBy, ConfirmBy: on.confirmBy,
	})
}

// PaymentVoided says that the record of a payment was taken back: its amount counts as reversed.
// Stored: add fields, never rename or remove.
type PaymentVoided struct {
	Reference       string      `json:"reference"`
	Method          Method      `json:"method"`
	Amount          trade.Money `json:"amount"`
	Moved           Moved       `json:"moved,omitzero"`
	Cases           CaseSums    `json:"cases"`
	ReceiptDeadline time.Time   `json:"receipt_deadline,omitzero"`
	PayBy           time.Time   `json:"pay_by,omitzero"`
	ConfirmBy       time.Time   `json:"confirm_by,omitzero"`
}

func (e *PaymentVoided) contradicts(o *Order) error {
	return o.Ledger.moved(e.Moved, e.Cases).check(&o.Terms, e.Amount.IsPositive())
}

func (e PaymentVoided) evolve(o *Order, at time.Time) {
	o.Ledger = o.Ledger.moved(e.Moved, e.Cases)
	o.named(e.Method, e.Reference)
	o.forgetReceipt(e.Method, e.Reference)
	o.forgetUnannounced(e.Method, e.Reference)
	o.setOpenCases(e.Cases.Open, resumed{e.ReceiptDeadline, e.PayBy, e.ConfirmBy}, at)
	o.noteSettled(at)
}
