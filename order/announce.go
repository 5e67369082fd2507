package order

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Announce: the buyer says that a payment is under way, or late, that one which came in is theirs.

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
		return nil, refuse(rule.A19, c, o).On("method")
	}
	if came, ok := o.cameUnannounced(c.Payment, c.Method); ok && !o.announced(c.Payment) {
		return c.announceLate(o, g, f, came)
	}
	if c.Method == PayECheck && c.BankCountry != "US" {
		return nil, refuse(rule.A19, c, o).On("bank_country").Because("the bank is not in the United States", "付款银行不在美国")
	}
	if o.Phase == PhaseConfirmed && o.Left().IsZero() && !g.At.Before(o.PayBy) {
		return nil, refuse(rule.D28, c, o).Until(o.PayBy)
	}
	if c.Method != PayTT && o.processing(g.At) {
		return nil, refuse(rule.D18, c, o).Because("another payment is in process", "另有一笔付款正在处理中")
	}
	if o.announced(c.Payment) {
		return nil, refuse(rule.D18, c, o).On("payment").Because("payment %[1]s exists already", "付款 %[1]s 已存在", c.Payment)
	}
	if err := o.checkAmount(c, c.Amount); err != nil {
		return nil, err
	}
	if due := o.Due(); due.Less(c.Amount) {
		return nil, refuse(rule.A12, c, o).On("amount").Because("only %[1]s is due", "待付金额仅为 %[1]s", due)
	}
	if o.announcements() >= MaxAnnounced || len(o.Payments) >= MaxPayments {
		return nil, trade.Invalid("payment", "an order takes at most %d announcements", MaxAnnounced)
	}
	return []Event{c.event(g, f)}, nil
}

// event returns the announcement, with the instant until which the payment counts as in process.
func (c InitiatePayment) event(g *trade.Given, f *Facts) PaymentInitiated {
	return PaymentInitiated{
		Payment: c.Payment, Method: c.Method, Amount: c.Amount, BankCountry: c.BankCountry,
		NoticeUntil: g.At.Add(f.rules().ProcessingLife.of(c.Method)),
	}
}

// cameUnannounced returns the payment of that id that came in before its announcement, by that method
// if there is one, and true; or false if there is none.
func (o *Order) cameUnannounced(id PaymentID, method Method) (Unannounced, bool) {
	i := slices.IndexFunc(o.Unannounced, func(u Unannounced) bool { return u.ID == id && u.Method == method })
	if i < 0 {
		i = slices.IndexFunc(o.Unannounced, func(u Unannounced) bool { return u.ID == id })
	}
	if i < 0 {
		return Unannounced{}, false
	}
	return o.Unannounced[i], true
}

// announceLate ends the review of a payment that came in before its announcement: its money is the
// order's, and is applied up to what is due (D18).
func (c InitiatePayment) announceLate(o *Order, g *trade.Given, f *Facts, came Unannounced) ([]Event, error) {
	if came.Method != c.Method {
		return nil, refuse(rule.D18, c, o).On("method").Because("payment %[1]s came in by %[2]s", "付款 %[1]s 的付款方式为 %[2]s", c.Payment, came.Method)
	}
	if !o.inCurrency(c.Amount) {
		return nil, o.wrongCurrency(rule.D19, c).On("amount")
	}
	e := c.event(g, f)
	p, ok := o.incoming(f, c)
	if !ok || !p.Review { // applied by the platform meanwhile: nothing is left to do but to note it
		e.Reference = came.Reference
		return []Event{e}, nil
	}
	e.Reference, e.Reviewed = p.Reference, p.Unapplied
	reviewed := p.Reviewed()
	e.Cases = o.sumsAfter(&p, &reviewed)
	if err := o.checkSums(c, e.Cases); err != nil {
		return nil, err
	}
	e.Moved = o.balance(o.Ledger.announced(&e))
	after := *o
	if err := after.Apply(e, g.At); err != nil {
		return nil, err
	}
	return o.withConsequences(g, f, append([]Event{e}, after.applyWaiting()...)...)
}

// PaymentInitiated says that the buyer announced a payment, which counts as in process until NoticeUntil.
// With a Reference the payment had come in before: its money is not under review any longer.
// Stored: add fields, never rename or remove.
type PaymentInitiated struct {
	Payment     PaymentID   `json:"payment"`
	Method      Method      `json:"method"`
	Amount      trade.Money `json:"amount"`
	BankCountry string      `json:"bank_country,omitzero"`
	NoticeUntil time.Time   `json:"notice_until,omitzero"` // the first edition had it for T/T alone

	Reference string      `json:"reference,omitzero"`
	Reviewed  trade.Money `json:"reviewed,omitzero"` // the unapplied money that was under review
	Moved     Moved       `json:"moved,omitzero"`
	Cases     CaseSums    `json:"cases,omitzero"`
}

func (e *PaymentInitiated) contradicts(o *Order) error {
	if err := checkCount(len(o.Payments), MaxPayments); err != nil {
		return err
	}
	return o.Ledger.announced(e).check(&o.Terms, !e.Reviewed.IsNegative())
}

func (e PaymentInitiated) evolve(o *Order, at time.Time) {
	p := Payment{ID: e.Payment, Method: e.Method, Status: PaymentPending, Amount: e.Amount, NoticeUntil: e.NoticeUntil, InitiatedAt: at}
	if e.Reference != "" {
		p.Status = PaymentIsReceived
		o.forgetUnannounced(e.Method, e.Reference)
		o.Ledger = o.Ledger.announced(&e)
		o.noteSettled(at)
	}
	o.Payments = appended(o.Payments, p)
}

// forgetUnannounced removes a payment from those that can still be announced.
func (o *Order) forgetUnannounced(method Method, reference string) {
	named := func(u Unannounced) bool { return u.Reference == reference && (method == "" || u.Method == method) }
	if slices.ContainsFunc(o.Unannounced, named) {
		o.Unannounced = slices.DeleteFunc(slices.Clone(o.Unannounced), named)
	}
}
