package order

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Pay: money comes in, by one of three methods, in any number of parts. What counts towards the
// total is applied; everything else waits as unapplied money and never becomes the seller's.

// RecordPayment reports money that came in. It is a fact, accepted in every phase from submission on;
// the phase only decides whether the money is applied. The same reference with the same amount again
// changes nothing.
type RecordPayment struct {
	// Reference is the one that the receiving bank or the processor gave, never one that the payer
	// chose. It is known for the whole store: a T/T credit by account and reference, any other payment
	// by method and reference (D65). Where a bank gives none that is unique, the recorder makes one for
	// each credit: two equal transfers are two transfers.
	Reference        string           `json:"reference"`
	Method           Method           `json:"method"`
	Payment          PaymentID        `json:"payment,omitzero"` // the announced payment; a transfer may have none
	ReceivingAccount ReceivingAccount `json:"account,omitzero"` // T/T: the account that was credited
	Amount           trade.Money      `json:"amount"`           // net of the fees of the payer's bank or card
	Payer            string           `json:"payer,omitzero"`   // T/T: the name on the transfer
	PaidAt           time.Time        `json:"paid_at"`          // when it was credited
	Fee              trade.Money      `json:"fee,omitzero"`     // paid by the payer on top (D23); not included in any sum
}

// checkReference returns a *trade.InvalidError unless it is one line of 1 to 140 bytes.
func checkReference(field, reference string) error { return trade.CheckText(field, reference, 140) }

func (c RecordPayment) check() error {
	if err := checkReference("reference", c.Reference); err != nil {
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
		return nil, refuse(rule.A19, c, o).On("method")
	}
	if c.Method == PayTT && (c.ReceivingAccount != o.ReceivingAccount || o.ReceivingAccount == "") {
		return nil, refuse(rule.D19, c, o).On("account").Because("the account is not this order's", "收款账号不属于本订单")
	}
	if p, ok := o.incoming(f, c); ok {
		switch {
		case p.Order != o.ID:
			return nil, refuse(rule.D65, c, o).On("reference").Because("%[1]s is recorded on another order", "凭证号 %[1]s 已登记于其他订单", c.Reference)
		case p.Amount != c.Amount:
			return nil, refuse(rule.D19, c, o).On("amount").Because("%[1]s is recorded with %[2]s", "凭证号 %[1]s 已按 %[2]s 登记", c.Reference, p.Amount)
		}
		return nil, nil
	}
	if err := o.checkAmount(c, c.Amount); err != nil {
		return nil, err
	}
	if err := checkNotFuture(c, o, g, f, "paid_at", c.PaidAt); err != nil {
		return nil, err
	}
	if _, err := o.Ledger.Received.Add(c.Amount); err != nil {
		return nil, refuse(rule.D60, c, o).On("amount").Says("the sum of all payments is out of range", "累计收款金额超出范围")
	}
	e := PaymentReceived{
		Reference: c.Reference, Method: c.Method, Payment: c.Payment, ReceivingAccount: c.ReceivingAccount,
		Amount: c.Amount, Payer: c.Payer, PaidAt: c.PaidAt.UTC(), Fee: c.Fee, OwnStream: true,
		NeedsReview: c.Method == PayTT && !sameName(c.Payer, o.Buyer.Name) ||
			c.Method != PayTT && o.announcedIndex(c.Payment, c.Method) < 0,
	}
	e.Applied = zeroOf(c.Amount)
	if !e.NeedsReview {
		// What the cases of other payments take comes out of this one, as far as they lacked it.
		if lack := o.Ledger.Taken.SubUnchecked(o.Ledger.Reversed); lack.IsPositive() {
			e.Reversed = smaller(lack, c.Amount)
		}
		if o.collects() {
			e.Applied = smaller(c.Amount.SubUnchecked(e.Reversed), o.Due())
		}
	}
	e.Unapplied = c.Amount.SubUnchecked(e.Applied).SubUnchecked(e.Reversed)
	return o.withConsequences(g, f, e)
}

// Named returns the reference by which a command names a payment that came in, and by which methods it
// may have come; an empty one if the command names none.
func (o *Order) Named(c Command) (reference string, methods []Method) {
	switch c := c.(type) {
	case InitiatePayment:
		came, _ := o.cameUnannounced(c.Payment, c.Method)
		return came.Reference, []Method{came.Method}
	case RecordPayment:
		return c.Reference, []Method{c.Method}
	case ChargeBack:
		return c.Reference, among(c.Method, PayCard, PayECheck)
	case ResolveChargeback:
		return c.Reference, among(c.Method, PayCard, PayECheck)
	case ReverseTransfer:
		return c.Reference, []Method{PayTT}
	case VoidPayment:
		return c.Reference, among(c.Method, PayCard, PayECheck, PayTT)
	case ApplyUnapplied:
		return c.Reference, among(c.Method, PayCard, PayECheck, PayTT)
	case ReturnUnapplied:
		return c.Reference, among(c.Method, PayCard, PayECheck, PayTT)
	}
	return "", nil
}

// among returns that method, or all of them if none is named.
func among(m Method, all ...Method) []Method {
	if m == "" {
		return all
	}
	return []Method{m}
}

// incoming returns the payment that the command names, and true; or false if none came in. Its own
// stream knows it, or the order itself if the first edition recorded it.
func (o *Order) incoming(f *Facts, c Command) (IncomingPayment, bool) {
	reference, methods := o.Named(c)
	if p := &f.Incoming; p.Reference == reference && slices.Contains(methods, p.Method) {
		return *p, !p.Order.IsZero()
	}
	for _, m := range methods {
		if p, ok := o.Incoming(m, reference); ok {
			return p, true
		}
	}
	return IncomingPayment{}, false
}

// checkNotFuture refuses a report about an instant that lies after that of the desk (D61).
func checkNotFuture(c Command, o *Order, g *trade.Given, f *Facts, field string, at time.Time) error {
	if f.Policy.InFuture(at, g.At) {
		return refuse(rule.D61, c, o).On(field).Because("%[1]s lies in the future", "%[1]s 晚于当前时间", at.UTC().Format(time.RFC3339Nano)).From(at)
	}
	return nil
}

// collects reports whether money is applied in this phase; in the others it waits (D21b, D22).
func (o *Order) collects() bool {
	return o.Phase >= PhaseConfirmed && o.Phase <= PhaseCompleted
}

// PaymentReceived says what came in and which part of it is applied. NeedsReview marks a transfer
// whose payer is not the contract's buyer, and a card or e-Checking payment that was not announced.
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
	Reversed         trade.Money      `json:"reversed,omitzero"` // what the cases of other payments took of it
	// OwnStream says that the payment has a stream of its own, and that the order does not keep it.
	OwnStream bool `json:"own_stream,omitzero"`
}

func (e *PaymentReceived) contradicts(o *Order) error {
	if !e.OwnStream && len(o.Payments) >= MaxPayments && o.announcedIndex(e.Payment, e.Method) < 0 {
		return checkCount(len(o.Payments), MaxPayments)
	}
	sound := e.Amount.IsPositive() && !e.Applied.IsNegative() && !e.Unapplied.IsNegative() && !e.Reversed.IsNegative()
	return o.Ledger.received(e).check(&o.Terms, sound)
}

func (e PaymentReceived) evolve(o *Order, at time.Time) {
	i := o.announcedIndex(e.Payment, e.Method)
	switch {
	case i >= 0:
		o.Payments = slices.Clone(o.Payments)
		p := &o.Payments[i]
		p.Status, p.Amount = PaymentIsReceived, e.Amount
		if !e.OwnStream {
			p.Receipt = e
		}
	case !e.OwnStream:
		o.Payments = appended(o.Payments, Payment{Method: e.Method, Status: PaymentIsReceived, Amount: e.Amount, Receipt: e})
	case e.NeedsReview && e.Method != PayTT && e.Payment != "" && !o.announced(e.Payment):
		latest := o.Unannounced
		if len(latest) >= maxUnannounced {
			latest = latest[1:]
		}
		o.Unannounced = appended(latest, Unannounced{ID: e.Payment, Method: e.Method, Reference: e.Reference})
	}
	if e.NeedsReview && !e.OwnStream {
		o.KeptReview = o.KeptReview.AddUnchecked(e.Unapplied)
	}
	o.Ledger = o.Ledger.received(&e)
	o.noteSettled(at)
}

// FailPayment reports that an announced payment failed. If it is not in process, or came in, the
// report changes nothing; if it comes in later, it still counts (D18).
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

func (c FailPayment) decide(o *Order, g *trade.Given, _ *Facts) ([]Event, error) {
	for i := range o.Payments {
		if p := &o.Payments[i]; p.ID == c.Payment && p.inProcess(g.At) {
			return []Event{PaymentFailed(c)}, nil
		}
	}
	return nil, nil
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

// AcceptShortfall waives what the step of payment now due still lacks, such as the charges that
// banks deducted, or, once the goods are received, all that is still due (D20).
type AcceptShortfall struct{}

func (c AcceptShortfall) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.Phase != PhaseReceived {
		before := trade.Money{}
		if o.Phase != PhaseConfirmed {
			before = o.Terms.Initial
		}
		if o.Ledger.settled().AtMost(before) || o.Left().IsZero() {
			return nil, refuse(rule.D20, c, o).Because("no money has come in for the step now due", "当前应付阶段尚未收到款项")
		}
	}
	short := o.StepDue()
	if !short.IsPositive() {
		return nil, refuse(rule.D20, c, o).Because("there is no shortfall", "没有短款")
	}
	if err := o.checkNotProcessing(rule.D20, c, g.At); err != nil {
		return nil, err
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

// inCurrency reports whether an amount is in the currency of the order.
func (o *Order) inCurrency(m trade.Money) bool { return m.Currency() == o.Terms.Total.Currency() }

// wrongCurrency refuses an amount in another currency than that of the order, which has none before its
// terms are set.
func (o *Order) wrongCurrency(id rule.ID, c Command) *trade.Refusal {
	if own := o.Terms.Total.Currency(); own != (trade.Currency{}) {
		return refuse(id, c, o).Because("the order is in %[1]s", "订单币种为 %[1]s", own)
	}
	return refuse(id, c, o).Because("the order has no terms", "订单尚无条款")
}

// checkAmount refuses an amount that is not positive (A12) or in another currency (D19).
func (o *Order) checkAmount(c Command, amount trade.Money) error {
	if !amount.IsPositive() {
		return refuse(rule.A12, c, o).On("amount").Because("the amount is not positive", "金额不大于零")
	}
	if !o.inCurrency(amount) {
		return o.wrongCurrency(rule.D19, c).On("amount")
	}
	return nil
}
