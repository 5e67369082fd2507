package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Chargeback: the payer's bank takes a card or e-Checking payment back. This has happened whatever
// the order's phase is, so it is accepted in every phase; the order is frozen until the platform
// has contested it.

// ChargebackStatus is whether a payment was charged back, and how the contest about it ended.
type ChargebackStatus uint8

// The states of a chargeback. A payment has at most one.
const (
	ChargebackNone ChargebackStatus = iota
	ChargebackOpen
	ChargebackWon
	ChargebackLost
)

// Chargeback is what a bank took back of one payment.
type Chargeback struct {
	Status    ChargebackStatus
	Applied   trade.Money // the part taken from the applied money
	Unapplied trade.Money // the part taken from the unapplied money
	Review    trade.Money // the part of Unapplied that was under review
}

// ChargeBack reports that a bank took a payment back. It can happen once to each payment; several
// chargebacks may be open at the same time.
type ChargeBack struct {
	Reference string `json:"reference"` // of the payment, as it was recorded
}

func (c ChargeBack) check() error { return trade.CheckID("reference", c.Reference) }

func (c ChargeBack) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	i := o.receiptIndex(c.Reference)
	if i < 0 || o.Payments[i].Method == PayTT {
		return nil, refuse(rule.D24, c, o).Because("no card or e-Checking payment has reference %[1]s", "没有凭证号为 %[1]s 的信用卡或e-Checking付款", c.Reference)
	}
	if o.Payments[i].Chargeback.Status != ChargebackNone {
		return nil, refuse(rule.D24, c, o).Because("%[1]s was charged back already", "付款 %[1]s 已被拒付过", c.Reference)
	}
	return []Event{o.reversal(&o.Payments[i].Receipt)}, nil
}

// receiptIndex returns the index of the payment that came in under that reference, or -1.
func (o *Order) receiptIndex(reference string) int {
	for i := range o.Payments {
		if o.Payments[i].Receipt.Reference == reference && reference != "" {
			return i
		}
	}
	return -1
}

// reversal returns from which parts of the ledger a payment is taken back. First come the parts to
// which the payment went, as far as the money is still there. Then comes other money of the order:
// if this payment was returned to the payer, the bank has paid the payer a second time. Money under
// review may belong to somebody else and is taken last. It takes no more than there is.
func (o *Order) reversal(p *PaymentReceived) PaymentReversed {
	l, rest := &o.Ledger, p.Amount
	take := func(from trade.Money) trade.Money {
		m := trade.Minor(0, p.Amount.Currency()).AddUnchecked(smaller(rest, from))
		rest = rest.SubUnchecked(m)
		return m
	}
	e := PaymentReversed{Reference: p.Reference, Amount: p.Amount}
	e.Applied = take(smaller(p.Applied, l.Applied))
	e.Unapplied = take(l.Unapplied.SubUnchecked(l.Review))
	e.Applied = e.Applied.AddUnchecked(take(l.Applied.SubUnchecked(e.Applied)))
	if rest.IsPositive() && l.Review.IsPositive() {
		e.Reviewed = take(l.Review)
		e.Unapplied = e.Unapplied.AddUnchecked(e.Reviewed)
	}
	return e
}

// PaymentReversed says that a payment was taken back, and from which parts of the ledger. Applied
// and Unapplied add up to less than Amount only if the order had no more.
// Stored: add fields, never rename or remove.
type PaymentReversed struct {
	Reference string      `json:"reference"`
	Amount    trade.Money `json:"amount"`
	Applied   trade.Money `json:"applied"`
	Unapplied trade.Money `json:"unapplied"`
	Reviewed  trade.Money `json:"reviewed,omitzero"`
}

func (e *PaymentReversed) contradicts(o *Order) error {
	i := o.receiptIndex(e.Reference)
	if i < 0 || o.Payments[i].Method == PayTT || o.Payments[i].Chargeback.Status != ChargebackNone {
		return fmt.Errorf("order: %s cannot be charged back", trade.Quoted(e.Reference))
	}
	sound := e.Amount == o.Payments[i].Receipt.Amount && !e.Applied.IsNegative() && !e.Unapplied.IsNegative() &&
		!e.Reviewed.IsNegative() && e.Applied.AtMost(e.Amount.SubUnchecked(e.Unapplied))
	return o.Ledger.reversed(e).check(&o.Terms, sound)
}

func (e PaymentReversed) evolve(o *Order, at time.Time) {
	o.freeze(at)
	i := o.receiptIndex(e.Reference)
	o.Payments = slices.Clone(o.Payments)
	o.Payments[i].Chargeback = Chargeback{Status: ChargebackOpen, Applied: e.Applied, Unapplied: e.Unapplied, Review: e.Reviewed}
	o.OpenChargebacks++
	o.Ledger = o.Ledger.reversed(&e)
	o.noteSettled(at)
}

// ResolveChargeback reports how the platform's contest about a payment ended. If it was won, the
// money comes back; if not, it stays reversed and is due again as long as the order is unfinished.
type ResolveChargeback struct {
	Reference string `json:"reference"` // of the payment, as it was recorded
	Won       bool   `json:"won"`
}

func (c ResolveChargeback) check() error { return trade.CheckID("reference", c.Reference) }

func (c ResolveChargeback) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	i := o.receiptIndex(c.Reference)
	if i < 0 || o.Payments[i].Chargeback.Status != ChargebackOpen {
		return nil, refuse(rule.D24, c, o).Because("no chargeback of %[1]s is open", "付款 %[1]s 没有待处理的拒付", c.Reference)
	}
	e := ChargebackResolved{
		Reference: c.Reference, Won: c.Won,
		ReceiptDeadline: o.deadlineAfterFreeze(g.At, o.Dispute.Stage != StageNone || o.OpenChargebacks > 1),
	}
	if c.Won {
		// If the buyer has paid again meanwhile, what is too much waits.
		b := &o.Payments[i].Chargeback
		e.Applied = smaller(b.Applied, o.Due())
		e.Unapplied = b.Unapplied.AddUnchecked(b.Applied).SubUnchecked(e.Applied)
		e.Reviewed = b.Review
	}
	return o.withConsequences(g, f, e)
}

// ChargebackResolved says how a chargeback ended, which money came back to which part of the
// ledger, and the new deadline of receipt if a shipped order is no longer frozen.
// Stored: add fields, never rename or remove.
type ChargebackResolved struct {
	Reference       string      `json:"reference"`
	Won             bool        `json:"won"`
	Applied         trade.Money `json:"applied,omitzero"`
	Unapplied       trade.Money `json:"unapplied,omitzero"`
	Reviewed        trade.Money `json:"reviewed,omitzero"`
	ReceiptDeadline time.Time   `json:"receipt_deadline,omitzero"`
}

func (e *ChargebackResolved) contradicts(o *Order) error {
	i := o.receiptIndex(e.Reference)
	if i < 0 || o.Payments[i].Chargeback.Status != ChargebackOpen {
		return fmt.Errorf("order: no chargeback of %s is open", trade.Quoted(e.Reference))
	}
	b, back := &o.Payments[i].Chargeback, trade.Money{}
	if e.Won {
		back = b.Applied.AddUnchecked(b.Unapplied)
	}
	sound := !e.Applied.IsNegative() && !e.Unapplied.IsNegative() && !e.Reviewed.IsNegative() &&
		e.Applied.AddUnchecked(e.Unapplied).MinorUnits() == back.MinorUnits()
	return o.Ledger.restored(e).check(&o.Terms, sound)
}

func (e ChargebackResolved) evolve(o *Order, at time.Time) {
	i := o.receiptIndex(e.Reference)
	o.Payments = slices.Clone(o.Payments)
	o.Payments[i].Chargeback.Status = ChargebackLost
	if e.Won {
		o.Payments[i].Chargeback.Status = ChargebackWon
	}
	o.OpenChargebacks--
	o.Ledger = o.Ledger.restored(&e)
	o.unfreeze(e.ReceiptDeadline, at)
	o.noteSettled(at)
}
