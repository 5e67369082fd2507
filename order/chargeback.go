package order

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Chargeback: banks take money back, all of a payment or a part, more than once, and the reports
// about it arrive in any order. It has happened whatever the order's phase is, so it is recorded in
// every phase; while a case is open the order is frozen (D13, D24, D29).

// ChargeBack reports that a bank opened a case about a card or e-Checking payment.
type ChargeBack struct {
	Reference string `json:"reference"`       // of the payment, as it was recorded
	Method    Method `json:"method,omitzero"` // of the payment, where both have the reference
	Case      string `json:"case,omitzero"`   // the bank's name of the case; it must not be empty
	// Amount is how much the case takes; zero if the bank names none: all that other cases leave of
	// the payment.
	Amount trade.Money `json:"amount,omitzero"`
	// At is the bank's instant, by which the reports of a case are ordered; it must not be zero.
	At time.Time `json:"at,omitzero"`
}

func (c ChargeBack) check() error { return checkCase(c.Reference, c.Method, c.Case, c.Amount, c.At) }

// checkCase checks the fields of a report about a case.
func checkCase(reference string, method Method, name string, amount trade.Money, at time.Time) error {
	if err := checkReference("reference", reference); err != nil {
		return err
	}
	if err := checkMethod(method, PayCard, PayECheck); err != nil {
		return err
	}
	if err := checkReference("case", name); err != nil {
		return err
	}
	if err := trade.CheckMoney("amount", amount); err != nil {
		return err
	}
	if amount.IsNegative() {
		return trade.Invalid("amount", "%s is negative", amount)
	}
	return trade.CheckInstant("at", at)
}

func (c ChargeBack) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	r := CaseReport{Case: c.Case, Amount: c.Amount, Status: CaseOpen, At: trade.Instant(c.At)}
	return o.takeBack(c, g, f, r, c.Reference)
}

// ReverseTransfer reports that a bank took a T/T credit back, all of it or a part.
type ReverseTransfer struct {
	Reference string      `json:"reference"`       // of the transfer, as it was recorded
	Case      string      `json:"case"`            // the bank's name of the recall
	Amount    trade.Money `json:"amount,omitzero"` // as in ChargeBack
	At        time.Time   `json:"at"`
}

func (c ReverseTransfer) check() error { return checkCase(c.Reference, "", c.Case, c.Amount, c.At) }

func (c ReverseTransfer) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	r := CaseReport{Case: c.Case, Amount: c.Amount, Status: CaseRecalled, At: trade.Instant(c.At)}
	return o.takeBack(c, g, f, r, c.Reference)
}

// takeBack returns what the opening of a case or a recall does to the order.
func (o *Order) takeBack(c Command, g *trade.Given, f *Facts, r CaseReport, reference string) ([]Event, error) {
	p, after, err := o.reported(c, g, f, r, reference)
	if err != nil || after == nil {
		return nil, err
	}
	sums, moved, err := o.afterReport(c, p, after)
	if err != nil {
		return nil, err
	}
	zero := zeroOf(p.Amount)
	e := PaymentReversed{
		Reference: reference, Method: p.Method, Amount: p.Amount, Applied: zero.AddUnchecked(moved.Applied), Unapplied: zero.AddUnchecked(moved.Unapplied),
		Reviewed: moved.Reviewed,
		Case:     r.Case, Claimed: r.Amount, At: r.At, Shortfall: moved.Shortfall, Cases: sums,
	}
	if r.Status == CaseRecalled {
		return o.afterCase(g, f, TransferReversed(e))
	}
	return o.afterCase(g, f, e)
}

// reported returns the payment that a report is about, before and after the report; the latter is nil
// if the report changes nothing.
func (o *Order) reported(c Command, g *trade.Given, f *Facts, r CaseReport, reference string) (*IncomingPayment, *IncomingPayment, error) {
	if err := checkNotFuture(c, o, g, f, "at", r.At); err != nil {
		return nil, nil, err
	}
	if !r.Amount.IsZero() && !o.inCurrency(r.Amount) {
		return nil, nil, o.wrongCurrency(rule.D19, c).On("amount")
	}
	p, ok := o.incoming(f, c)
	if !ok {
		return nil, nil, &trade.EarlyError{Command: c.Name(), Awaited: RecordPayment{}.Name(), ID: reference}
	}
	if p.Order != o.ID {
		return nil, nil, refuse(rule.D65, c, o).On("reference").Because("%[1]s is recorded on another order", "凭证号 %[1]s 已登记于其他订单", reference)
	}
	after, changed, err := p.Reported(r)
	switch {
	case errors.Is(err, ErrCaseNotOpened):
		return nil, nil, &trade.EarlyError{Command: c.Name(), Awaited: ChargeBack{}.Name(), ID: r.Case}
	case err != nil:
		return nil, nil, refuse(rule.D19, c, o).On("case").Because("case %[1]s is recorded with another amount", "案件 %[1]s 已按其他金额登记", r.Case)
	case !changed:
		return nil, nil, nil
	}
	return &p, &after, nil
}

// afterReport returns the sums of the cases after one of the payments has changed, and what money
// moves.
func (o *Order) afterReport(c Command, before, after *IncomingPayment) (CaseSums, Moved, error) {
	sums := o.sumsAfter(before, after)
	if err := o.checkSums(c, sums); err != nil {
		return sums, Moved{}, err
	}
	// Of a payment under review the cases take its own money.
	own := Moved{}
	if before.Review {
		own.Unapplied = before.Unapplied.SubUnchecked(after.Unapplied)
		own.Reviewed = own.Unapplied
		if !after.Review { // the record was taken back
			own.Reviewed = before.Unapplied
			own.Unapplied = before.Unapplied
		}
	}
	moved := o.balance(o.Ledger.moved(own, sums))
	moved.Unapplied, moved.Reviewed = moved.Unapplied.AddUnchecked(own.Unapplied), own.Reviewed
	return sums, moved, nil
}

// checkSums refuses sums of cases that overflow (D60).
func (o *Order) checkSums(c Command, s CaseSums) error {
	if s.Taken.IsNegative() || s.Lost.IsNegative() || s.Excess.IsNegative() || s.Excess.AddUnchecked(s.Taken).IsNegative() {
		return refuse(rule.D60, c, o).Because("the sum of the cases overflows", "案件金额之和溢出")
	}
	return nil
}

// afterCase returns the event and what it causes: before shipment the close of an order all of whose
// money was paid back, once no case is open (D30).
func (o *Order) afterCase(g *trade.Given, f *Facts, e Event) ([]Event, error) {
	after := *o
	if err := after.Apply(e, g.At); err != nil {
		return nil, err
	}
	if (after.Phase == PhaseConfirmed || after.Phase == PhaseReadyToShip) && after.paidBack() {
		return append([]Event{e}, after.closeEvents(ClosedRefunded)...), nil
	}
	return o.withConsequences(g, f, e)
}

// PaymentReversed says that a bank opened a case about a card or e-Checking payment, and which money
// moved: from the applied and the unapplied money, or to it where an amount is negative because the
// case takes less than was known. In the first edition a payment was taken back once, as a whole.
// Stored: add fields, never rename or remove.
type PaymentReversed struct {
	Reference string      `json:"reference"`
	Method    Method      `json:"method,omitzero"` // the first edition named none
	Amount    trade.Money `json:"amount"`          // of the payment
	Applied   trade.Money `json:"applied"`
	Unapplied trade.Money `json:"unapplied"`
	Reviewed  trade.Money `json:"reviewed,omitzero"` // the part of Unapplied that was under review
	Case      string      `json:"case,omitzero"`
	Claimed   trade.Money `json:"claimed,omitzero"` // the amount of the case, if it names one
	At        time.Time   `json:"at,omitzero"`      // the bank's instant
	// Shortfall is how much of an accepted shortfall gave way to money that came back.
	Shortfall trade.Money `json:"shortfall,omitzero"`
	Cases     CaseSums    `json:"cases,omitzero"` // the first edition has none
}

func (e *PaymentReversed) moved() Moved {
	return Moved{Applied: e.Applied, Unapplied: e.Unapplied, Reviewed: e.Reviewed, Shortfall: e.Shortfall}
}

// first reports whether the event is one of the first edition.
func (e *PaymentReversed) first() bool { return e.Cases == CaseSums{} }

// sums returns the sums of the cases after the event. In the first edition a case took all of its
// payment.
func (e *PaymentReversed) sums(o *Order) CaseSums {
	if !e.first() {
		return e.Cases
	}
	l := &o.Ledger
	return CaseSums{Taken: l.Taken.AddUnchecked(e.Amount), Lost: l.Lost, Excess: l.Excess, Open: o.OpenChargebacks + 1}
}

func (e *PaymentReversed) contradicts(o *Order) error {
	sound := true
	if e.first() {
		i := o.receiptIndex(e.Method, e.Reference)
		if i < 0 || o.Payments[i].Method == PayTT || o.Payments[i].Chargeback.Status != ChargebackNone {
			return fmt.Errorf("order: %s cannot be charged back", trade.Quoted(e.Reference))
		}
		sound = e.Amount == o.Payments[i].Receipt.Amount && !e.Applied.IsNegative() && !e.Unapplied.IsNegative() &&
			!e.Reviewed.IsNegative() && e.Applied.AtMost(e.Amount.SubUnchecked(e.Unapplied))
	}
	return o.Ledger.moved(e.moved(), e.sums(o)).check(&o.Terms, sound)
}

func (e PaymentReversed) evolve(o *Order, at time.Time) {
	sums := e.sums(o)
	if !e.first() {
		o.named(e.Method, e.Reference)
	} else {
		i := o.receiptIndex(e.Method, e.Reference)
		o.lowerKeptReview(e.Reviewed)
		o.Payments = slices.Clone(o.Payments)
		o.Payments[i].Chargeback = Chargeback{
			Status: ChargebackOpen, Applied: e.Applied, Unapplied: e.Unapplied, Review: e.Reviewed, OpenedAt: at, At: at,
		}
	}
	o.Ledger = o.Ledger.moved(e.moved(), sums)
	o.setOpenCases(sums.Open, resumed{}, at)
	o.noteSettled(at)
}

// TransferReversed says that a bank took a T/T credit back, and which money moved.
// Stored: add fields, never rename or remove.
type TransferReversed struct {
	Reference string      `json:"reference"`
	Method    Method      `json:"method,omitzero"` // the first edition named none
	Amount    trade.Money `json:"amount"`          // of the transfer
	Applied   trade.Money `json:"applied"`
	Unapplied trade.Money `json:"unapplied"`
	Reviewed  trade.Money `json:"reviewed,omitzero"`
	Case      string      `json:"case,omitzero"`
	Claimed   trade.Money `json:"claimed,omitzero"`
	At        time.Time   `json:"at,omitzero"`
	Shortfall trade.Money `json:"shortfall,omitzero"`
	Cases     CaseSums    `json:"cases,omitzero"`
}

func (e *TransferReversed) contradicts(o *Order) error {
	r := PaymentReversed(*e)
	return o.Ledger.moved(r.moved(), e.Cases).check(&o.Terms, !r.first())
}

func (e TransferReversed) evolve(o *Order, at time.Time) { PaymentReversed(e).evolve(o, at) }

// ResolveChargeback reports how a case ended. What is won comes back. What is lost stays reversed: it
// is due again as long as the order is unfinished. A case may end the other way later, or be opened
// again: the report of the latest instant stands.
type ResolveChargeback struct {
	Reference string    `json:"reference"`       // of the payment, as it was recorded
	Method    Method    `json:"method,omitzero"` // of the payment, where both have the reference
	Case      string    `json:"case,omitzero"`
	Won       bool      `json:"won"`
	At        time.Time `json:"at,omitzero"` // the bank's instant
}

func (c ResolveChargeback) check() error {
	return checkCase(c.Reference, c.Method, c.Case, trade.Money{}, c.At)
}

func (c ResolveChargeback) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	r := CaseReport{Case: c.Case, Status: CaseLost, At: trade.Instant(c.At)}
	if c.Won {
		r.Status = CaseWon
	}
	p, after, err := o.reported(c, g, f, r, c.Reference)
	if err != nil || after == nil {
		return nil, err
	}
	sums, moved, err := o.afterReport(c, p, after)
	if err != nil {
		return nil, err
	}
	on := o.resumedAt(g.At, o.Dispute.Stage != StageNone || sums.Open > 0)
	none := trade.Money{}
	return o.afterCase(g, f, ChargebackResolved{
		Reference: c.Reference, Method: p.Method, Won: c.Won, Case: r.Case, At: r.At, Shortfall: moved.Shortfall, Cases: sums,
		Applied: none.SubUnchecked(moved.Applied), Unapplied: none.SubUnchecked(moved.Unapplied), Reviewed: none.SubUnchecked(moved.Reviewed),
		ReceiptDeadline: on.receiptDeadline, PayBy: on.payBy, ConfirmBy: on.confirmBy,
	})
}

// ChargebackResolved says how a case ended, which money came back to which part of the ledger, or
// left it where an amount is negative, and the new deadlines of an order that is no longer frozen.
// Stored: add fields, never rename or remove.
type ChargebackResolved struct {
	Reference       string      `json:"reference"`
	Method          Method      `json:"method,omitzero"` // the first edition named none
	Won             bool        `json:"won"`
	Applied         trade.Money `json:"applied,omitzero"`
	Unapplied       trade.Money `json:"unapplied,omitzero"`
	Reviewed        trade.Money `json:"reviewed,omitzero"`
	ReceiptDeadline time.Time   `json:"receipt_deadline,omitzero"`
	PayBy           time.Time   `json:"pay_by,omitzero"`
	ConfirmBy       time.Time   `json:"confirm_by,omitzero"`
	Case            string      `json:"case,omitzero"`
	At              time.Time   `json:"at,omitzero"`
	Shortfall       trade.Money `json:"shortfall,omitzero"`
	Cases           CaseSums    `json:"cases,omitzero"` // the first edition has none
}

func (e *ChargebackResolved) first() bool { return e.Cases == CaseSums{} }

func (e *ChargebackResolved) moved() Moved {
	none := trade.Money{}
	return Moved{
		Applied: none.SubUnchecked(e.Applied), Unapplied: none.SubUnchecked(e.Unapplied), Reviewed: none.SubUnchecked(e.Reviewed),
		Shortfall: e.Shortfall,
	}
}

// sums returns the sums of the cases after the event.
func (e *ChargebackResolved) sums(o *Order) CaseSums {
	if !e.first() {
		return e.Cases
	}
	l, amount := &o.Ledger, o.Payments[o.receiptIndex(e.Method, e.Reference)].Amount
	if e.Won {
		return CaseSums{Taken: l.Taken.SubUnchecked(amount), Lost: l.Lost, Excess: l.Excess, Open: o.OpenChargebacks - 1}
	}
	return CaseSums{Taken: l.Taken, Lost: l.Lost.AddUnchecked(amount), Excess: l.Excess, Open: o.OpenChargebacks - 1}
}

func (e *ChargebackResolved) contradicts(o *Order) error {
	sound := true
	if e.first() {
		i := o.receiptIndex(e.Method, e.Reference)
		if i < 0 || o.Payments[i].Chargeback.Status != ChargebackOpen {
			return fmt.Errorf("order: no chargeback of %s is open", trade.Quoted(e.Reference))
		}
		b, back := &o.Payments[i].Chargeback, trade.Money{}
		if e.Won {
			back = b.Applied.AddUnchecked(b.Unapplied)
		}
		sound = !e.Applied.IsNegative() && !e.Unapplied.IsNegative() && !e.Reviewed.IsNegative() &&
			e.Applied.AddUnchecked(e.Unapplied).MinorUnits() == back.MinorUnits()
	}
	return o.Ledger.moved(e.moved(), e.sums(o)).check(&o.Terms, sound)
}

func (e ChargebackResolved) evolve(o *Order, at time.Time) {
	sums := e.sums(o)
	if e.first() {
		o.lowerKeptReview(trade.Money{}.SubUnchecked(e.Reviewed))
	} else {
		o.named(e.Method, e.Reference)
	}
	// What the first edition kept of the payment is noted whether or not the payment has a stream.
	if i := o.receiptIndex(e.Method, e.Reference); i >= 0 && o.Payments[i].Chargeback.ends(e.Case) {
		o.Payments = slices.Clone(o.Payments)
		b := &o.Payments[i].Chargeback
		b.Status, b.Case, b.At = ChargebackLost, e.Case, at
		if e.Won {
			b.Status = ChargebackWon
		}
		if !e.first() {
			b.At = e.At
		}
	}
	o.Ledger = o.Ledger.moved(e.moved(), sums)
	o.setOpenCases(sums.Open, resumed{e.ReceiptDeadline, e.PayBy, e.ConfirmBy}, at)
	o.noteSettled(at)
}
