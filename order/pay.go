package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Pay: money comes in, by one of three methods, in any number of parts. What counts towards the
// total is applied; everything else waits as unapplied money and never becomes the seller's.

// InitiatePayment announces a payment. A card or e-Checking payment is in process from then on
// until it is received or fails; a T/T notice only says that money was sent.
type InitiatePayment struct {
	Payment     PaymentID   `json:"payment"`
	Method      Method      `json:"method"`
	Amount      trade.Money `json:"amount"`
	BankCountry string      `json:"bank_country,omitzero"` // ISO 3166 alpha-2, of the buyer's bank
}

func (c InitiatePayment) check() error {
	if c.BankCountry != "" && !isCountry(c.BankCountry) {
		return trade.Invalid("bank_country", "%s is not two upper-case letters", trade.Quoted(c.BankCountry))
	}
	return trade.CheckID("payment", string(c.Payment))
}

func isCountry(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

func (c InitiatePayment) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !c.Method.known() {
		return nil, refuse(rule.A19, c, o)
	}
	if c.Method == PayECheck && c.BankCountry != "US" {
		return nil, refuse(rule.A19, c, o).Because("the bank is not in the United States", "付款银行不在美国")
	}
	if o.Phase == PhaseConfirmed && o.Ledger.Applied.IsZero() && !g.At.Before(o.PayBy) {
		return nil, refuse(rule.D28, c, o).Until(o.PayBy)
	}
	if c.Method != PayTT && o.processing() {
		return nil, refuse(rule.D18, c, o).Because("another payment is in process", "另有一笔付款正在处理中")
	}
	announced := 0
	for i := range o.Payments {
		switch o.Payments[i].ID {
		case "":
		case c.Payment:
			return nil, refuse(rule.D18, c, o).Because("payment %[1]s exists already", "付款 %[1]s 已存在", c.Payment)
		default:
			announced++
		}
	}
	due := o.Due()
	if err := o.checkAmount(c, c.Amount); err != nil {
		return nil, err
	}
	if due.Less(c.Amount) {
		return nil, refuse(rule.A12, c, o).Because("only %[1]s is due", "待付金额仅为 %[1]s", due)
	}
	if announced >= MaxAnnounced || len(o.Payments) >= MaxPayments {
		return nil, trade.Invalid("payment", "an order takes at most %d announcements", MaxAnnounced)
	}
	e := PaymentInitiated{Payment: c.Payment, Method: c.Method, Amount: c.Amount, BankCountry: c.BankCountry}
	if c.Method == PayTT {
		e.NoticeUntil = g.At.Add(f.rules().NoticeLife)
	}
	return []Event{e}, nil
}

// checkAmount refuses an amount that is not positive (A12) or in another currency (D19).
func (o *Order) checkAmount(c Command, amount trade.Money) error {
	if !amount.IsPositive() {
		return refuse(rule.A12, c, o).Because("the amount is not positive", "金额不大于零")
	}
	if amount.Currency() != o.Terms.Total.Currency() {
		return refuse(rule.D19, c, o).Because("the order is in %[1]s", "订单币种为 %[1]s", o.Terms.Total.Currency())
	}
	return nil
}

// PaymentInitiated says that the buyer announced a payment. A T/T notice counts until NoticeUntil.
// Stored: add fields, never rename or remove.
type PaymentInitiated struct {
	Payment     PaymentID   `json:"payment"`
	Method      Method      `json:"method"`
	Amount      trade.Money `json:"amount"`
	BankCountry string      `json:"bank_country,omitzero"`
	NoticeUntil time.Time   `json:"notice_until,omitzero"`
}

func (e *PaymentInitiated) contradicts(o *Order) error {
	return checkCount(len(o.Payments), MaxPayments)
}

func (e PaymentInitiated) evolve(o *Order, _ time.Time) {
	o.Payments = appended(o.Payments, Payment{
		ID: e.Payment, Method: e.Method, Status: PaymentPending, Amount: e.Amount, NoticeUntil: e.NoticeUntil,
	})
}

// RecordPayment reports money that came in. It is accepted in every phase from submission on; the
// phase only decides whether the money is applied. A repeated Reference with the same content
// changes nothing.
type RecordPayment struct {
	Reference        string           `json:"reference"` // of the bank or the acquirer, unique on the order
	Method           Method           `json:"method"`
	Payment          PaymentID        `json:"payment,omitzero"` // the announced payment; a transfer may have none
	ReceivingAccount ReceivingAccount `json:"account,omitzero"` // T/T: the account that was credited
	Amount           trade.Money      `json:"amount"`           // net of the fees of the payer's bank or card
	Payer            string           `json:"payer,omitzero"`   // T/T: the name on the transfer
	PaidAt           time.Time        `json:"paid_at"`          // when it was credited
	Fee              trade.Money      `json:"fee,omitzero"`     // paid by the payer on top (D23); not included in any sum
}

func (c RecordPayment) check() error {
	if err := trade.CheckID("reference", c.Reference); err != nil {
		return err
	}
	if c.Payment != "" {
		if err := trade.CheckID("payment", string(c.Payment)); err != nil {
			return err
		}
	}
	if c.ReceivingAccount != "" {
		if err := trade.CheckID("account", string(c.ReceivingAccount)); err != nil {
			return err
		}
	}
	if c.Payer != "" {
		if err := trade.CheckText("payer", c.Payer, 200); err != nil {
			return err
		}
	}
	if err := trade.CheckMoney("fee", c.Fee); err != nil {
		return err
	}
	if c.Fee.IsNegative() {
		return trade.Invalid("fee", "%s is negative", c.Fee)
	}
	return trade.CheckInstant("paid_at", c.PaidAt)
}

func (c RecordPayment) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !c.Method.known() {
		return nil, refuse(rule.A19, c, o)
	}
	for i := range o.Payments {
		if r := &o.Payments[i].Receipt; r.Reference == c.Reference {
			if r.matches(c) {
				return nil, nil
			}
			return nil, refuse(rule.D19, c, o).Because("reference %[1]s was recorded with other content", "凭证号 %[1]s 已登记且内容不同", c.Reference)
		}
	}
	if c.Method == PayTT && (c.ReceivingAccount != o.ReceivingAccount || o.ReceivingAccount == "") {
		return nil, refuse(rule.D19, c, o).Because("the account is not this order's", "收款账号不属于本订单")
	}
	pending := o.pendingIndex(c.Payment, c.Method) >= 0
	if (c.Method != PayTT || c.Payment != "") && !pending {
		return nil, refuse(rule.D18, c, o).Because("no such payment is in process", "没有对应的处理中付款")
	}
	if err := o.checkAmount(c, c.Amount); err != nil {
		return nil, err
	}
	if _, err := o.Ledger.Received.Add(c.Amount); err != nil {
		return nil, refuse(rule.D60, c, o).Says(err.Error(), "金额溢出").With(err)
	}
	if len(o.Payments) >= MaxPayments && !pending {
		return nil, trade.Invalid("payment", "an order records at most %d", MaxPayments)
	}
	e := PaymentReceived{
		Reference: c.Reference, Method: c.Method, Payment: c.Payment, ReceivingAccount: c.ReceivingAccount,
		Amount: c.Amount, Payer: c.Payer, PaidAt: c.PaidAt.UTC(), Fee: c.Fee,
		NeedsReview: c.Method == PayTT && !sameName(c.Payer, o.Buyer.Name),
	}
	e.Applied = trade.Minor(0, c.Amount.Currency())
	if o.collects() && !e.NeedsReview {
		e.Applied = smaller(c.Amount, o.Due())
	}
	e.Unapplied = c.Amount.SubUnchecked(e.Applied)
	return o.withConsequences(g, f, e)
}

// collects reports whether money is applied in this phase; in the others it waits (D21b, D22).
func (o *Order) collects() bool {
	return o.Phase >= PhaseConfirmed && o.Phase <= PhaseReceived
}

// PaymentReceived says what came in and which part of it is applied. NeedsReview marks a transfer
// whose payer is not the contract's buyer.
// Stored: add fields, never rename or remove.
type PaymentReceived struct {
	Reference        string           `json:"reference"`
	Method           Method           `json:"method"`
	Payment          PaymentID        `json:"payment,omitzero"`
	ReceivingAccount ReceivingAccount `json:"account,omitzero"`
	Amount           trade.Money      `json:"amount"`
	Applied          trade.Money      `json:"applied"`
	Unapplied        trade.Money      `json:"unapplied"`
	Payer            string           `json:"payer,omitzero"`
	PaidAt           time.Time        `json:"paid_at"`
	Fee              trade.Money      `json:"fee,omitzero"`
	NeedsReview      bool             `json:"needs_review,omitzero"`
}

// matches reports whether the command says the same as this receipt.
func (e *PaymentReceived) matches(c RecordPayment) bool {
	return c.Reference == e.Reference && c.Method == e.Method && c.Payment == e.Payment && c.ReceivingAccount == e.ReceivingAccount &&
		c.Amount == e.Amount && c.Payer == e.Payer && c.PaidAt.Equal(e.PaidAt) && c.Fee == e.Fee
}

func (e *PaymentReceived) contradicts(o *Order) error {
	if len(o.Payments) >= MaxPayments && o.pendingIndex(e.Payment, e.Method) < 0 {
		return checkCount(len(o.Payments), MaxPayments)
	}
	sound := e.Amount.IsPositive() && !e.Applied.IsNegative() && !e.Unapplied.IsNegative()
	return o.Ledger.received(e).check(&o.Terms, sound)
}

func (e PaymentReceived) evolve(o *Order, at time.Time) {
	if i := o.pendingIndex(e.Payment, e.Method); i >= 0 {
		o.Payments = slices.Clone(o.Payments)
		p := &o.Payments[i]
		p.Status, p.Amount, p.Receipt = PaymentIsReceived, e.Amount, e
	} else {
		o.Payments = appended(o.Payments, Payment{Method: e.Method, Status: PaymentIsReceived, Amount: e.Amount, Receipt: e})
	}
	o.Ledger = o.Ledger.received(&e)
	o.noteSettled(at)
}

// FailPayment reports that an announced payment failed.
type FailPayment struct {
	Payment PaymentID  `json:"payment"`
	Reason  trade.Text `json:"reason"`
}

func (c FailPayment) check() error {
	if err := trade.CheckID("payment", string(c.Payment)); err != nil {
		return err
	}
	return c.Reason.Check("reason", 500)
}

func (c FailPayment) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.ID == c.Payment && p.Status == PaymentPending {
			return []Event{PaymentFailed(c)}, nil
		}
	}
	return nil, refuse(rule.D18, c, o).Because("no such payment is in process", "没有对应的处理中付款")
}

// PaymentFailed says that an announced payment failed.
// Stored: add fields, never rename or remove.
type PaymentFailed struct {
	Payment PaymentID  `json:"payment"`
	Reason  trade.Text `json:"reason"`
}

func (e PaymentFailed) evolve(o *Order, _ time.Time) {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.ID == e.Payment && p.Status == PaymentPending {
			o.Payments = slices.Clone(o.Payments)
			o.Payments[i].Status = PaymentHasFailed
			return
		}
	}
}

// ApplyUnapplied applies waiting money to what is due, after the platform reviewed it (D19, D21).
type ApplyUnapplied struct {
	Amount trade.Money `json:"amount"`
}

func (c ApplyUnapplied) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkAmount(c, c.Amount); err != nil {
		return nil, err
	}
	if most := smaller(o.Ledger.Unapplied, o.Due()); most.Less(c.Amount) {
		return nil, refuse(rule.D19, c, o).
			Because("at most %[1]s can be applied", "可转入金额最多为 %[1]s", most).Short(c.Amount.SubUnchecked(most))
	}
	return o.withConsequences(g, f, UnappliedApplied{Amount: c.Amount, Reviewed: smaller(o.Ledger.Review, c.Amount)})
}

// applyWaiting returns the application of money that came in before the buyer confirmed (D21b).
// Money under review still waits.
func (o *Order) applyWaiting() []Event {
	amount := smaller(o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review), o.Due())
	if !amount.IsPositive() {
		return nil
	}
	return []Event{UnappliedApplied{Amount: amount}}
}

// UnappliedApplied says that waiting money is applied. Reviewed is the part of it that was under
// review.
// Stored: add fields, never rename or remove.
type UnappliedApplied struct {
	Amount   trade.Money `json:"amount"`
	Reviewed trade.Money `json:"reviewed,omitzero"`
}

func (e *UnappliedApplied) contradicts(o *Order) error {
	return o.Ledger.applied(e).check(&o.Terms, e.Amount.IsPositive() && !e.Reviewed.IsNegative())
}

func (e UnappliedApplied) evolve(o *Order, at time.Time) {
	o.Ledger = o.Ledger.applied(&e)
	o.noteSettled(at)
}

// AcceptShortfall waives what the step of payment now due still lacks, such as the charges that
// banks deducted (D20).
type AcceptShortfall struct{}

func (c AcceptShortfall) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	before := trade.Money{}
	if o.Phase != PhaseConfirmed {
		before = o.Terms.Initial
	}
	if o.Ledger.settled().AtMost(before) {
		return nil, refuse(rule.D20, c, o).Because("no money has come in for the step now due", "当前应付阶段尚未收到款项")
	}
	short := o.StepDue()
	if !short.IsPositive() {
		return nil, refuse(rule.D20, c, o).Because("there is no shortfall", "没有短款")
	}
	if o.processing() {
		return nil, refuse(rule.D20, c, o).Because("a payment is in process", "有付款正在处理中")
	}
	return o.withConsequences(g, f, ShortfallAccepted{Amount: short})
}

// ShortfallAccepted says which amount the seller waives. The total does not change.
// Stored: add fields, never rename or remove.
type ShortfallAccepted struct {
	Amount trade.Money `json:"amount"`
}

func (e *ShortfallAccepted) contradicts(o *Order) error {
	return o.Ledger.withShortfall(e).check(&o.Terms, e.Amount.IsPositive())
}

func (e ShortfallAccepted) evolve(o *Order, at time.Time) {
	o.Ledger = o.Ledger.withShortfall(&e)
	o.noteSettled(at)
}

// Funded says that the initial payment is satisfied: the seller may ship.
// Stored: add fields, never rename or remove.
type Funded struct{}

func (e *Funded) contradicts(o *Order) error {
	if !o.Terms.Initial.AtMost(o.Ledger.settled()) {
		return fmt.Errorf("order: funded with %s of %s", o.Ledger.settled(), o.Terms.Initial)
	}
	return nil
}

func (e Funded) evolve(o *Order, at time.Time) { o.FundedAt = at }
