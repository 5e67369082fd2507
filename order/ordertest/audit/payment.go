package audit

import (
	"slices"
	"strings"
)

// ledger is the money of an order.
type ledger struct {
	received, applied, unapplied, review, returned, reversed amount

	shortfall, refunded, claimed amount

	paidBack bool // applied money went back in this commit
}

// payment is one that was announced, and once it has come in what came in.
type payment struct {
	id, method, reference      string
	pending, reversed, settled bool // settled: the chargeback was resolved
	notice                     instant
	amount, applied            amount
	tookApplied, tookUnapplied amount // by the chargeback
	tookReview                 amount
}

func (o *orderBook) settled() amount { return o.money.applied + o.money.shortfall }

func (o *orderBook) due() amount { return o.total - o.settled() }

// left is what refunds and claims can still take of the applied money.
func (o *orderBook) left() amount {
	return max(0, o.money.applied-o.money.refunded-o.money.claimed)
}

// processing reports whether a card or e-Checking payment is under way.
func (o *orderBook) processing() bool {
	return slices.ContainsFunc(o.payments, func(p payment) bool { return p.pending && p.method != "tt" })
}

// announced reports whether a notice of a transfer counts at that instant.
func (o *orderBook) announced(at instant) bool {
	return slices.ContainsFunc(o.payments, func(p payment) bool { return p.pending && p.method == "tt" && at < p.notice })
}

func (o *orderBook) payment(of func(p *payment) bool) *payment {
	for i := range o.payments {
		if of(&o.payments[i]) {
			return &o.payments[i]
		}
	}
	return nil
}

// method returns the fact's method of payment, and checks that it is one of the three (I9).
func (a *Auditor) method() string {
	switch text := a.text("method"); string(text) {
	case "tt", "card", "e-check":
		return a.keep(text)
	default:
		a.failf("I9", "paid by %q", text)
		return ""
	}
}

func (a *Auditor) paymentInitiated(o *orderBook) {
	p := payment{id: string(a.text("payment")), method: a.method(), pending: true, notice: a.when("notice_until"), amount: a.money("amount", o.currency)}
	notice := instant(0)
	if p.method == "tt" {
		notice = a.at + instant(a.policy.NoticeLife)
	}
	switch {
	case p.method == "e-check" && string(a.text("bank_country")) != "US":
		a.failf("I9", "e-Checking of a bank in %q", a.text("bank_country"))
	case p.method != "tt" && o.processing():
		a.failf("D18", "a second payment is in process")
	case p.id == "" || o.payment(func(q *payment) bool { return q.id == p.id }) != nil:
		a.failf("D18", "payment %q once more", p.id)
	case p.amount <= 0 || p.amount > o.due():
		a.failf("A12", "%d, due are %d", p.amount, o.due())
	case o.phase == orderConfirmed && o.money.applied == 0 && a.at >= o.payBy:
		a.failf("D28", "at %s, to be paid until %s", a.at, o.payBy)
	case p.notice != notice:
		a.failf("D18", "a notice until %s, not %s", p.notice, notice)
	}
	o.payments = append(o.payments, p)
}

func (a *Auditor) paymentReceived(o *orderBook) {
	id, method, reference := a.text("payment"), a.method(), string(a.text("reference"))
	p := o.payment(func(p *payment) bool {
		return p.pending && p.method == method && len(id) > 0 && p.id == string(id)
	})
	switch {
	case reference == "" || o.payment(func(p *payment) bool { return p.reference == reference }) != nil:
		a.failf("D19", "reference %q once more", reference)
	case method == "tt" && string(a.text("account")) != o.account:
		a.failf("D19", "into account %s, the order's is %s", a.text("account"), o.account)
	case p == nil && (method != "tt" || len(id) > 0):
		a.failf("D18", "payment %q is not in process", id)
	}
	if p == nil {
		o.payments = append(o.payments, payment{method: method})
		p = &o.payments[len(o.payments)-1]
	}
	unapplied, review := a.money("unapplied", o.currency), a.flag("needs_review")
	p.pending, p.reference = false, reference
	p.amount, p.applied = a.money("amount", o.currency), a.money("applied", o.currency)
	want := amount(0)
	if o.phase&orderCollects != 0 && !review {
		want = min(p.amount, o.due())
	}
	switch {
	case p.amount <= 0 || unapplied < 0 || p.amount != a.plus(p.applied, unapplied):
		a.failf("I14", "of %d are applied %d and not applied %d", p.amount, p.applied, unapplied)
	case p.applied != want:
		a.failf("I14", "of %d are applied %d, not %d; review %t", p.amount, p.applied, want, review)
	case review != (method == "tt" && !sameName(string(a.text("payer")), o.buyerName)):
		a.failf("D19", "review %t of a payment by %s from %q to %q", review, method, a.text("payer"), o.buyerName)
	}
	m := &o.money
	m.received, m.applied, m.unapplied = a.plus(m.received, p.amount), m.applied+p.applied, m.unapplied+unapplied
	if review {
		m.review += unapplied
	}
}

// sameName compares names without regard to case and spacing.
func sameName(x, y string) bool {
	return x == y || strings.EqualFold(strings.Join(strings.Fields(x), " "), strings.Join(strings.Fields(y), " "))
}

func (a *Auditor) paymentFailed(o *orderBook) {
	id := string(a.text("payment"))
	p := o.payment(func(p *payment) bool { return p.pending && p.id == id && id != "" })
	if p == nil {
		a.failf("D18", "payment %q is not in process", id)
		return
	}
	p.pending = false
}

func (a *Auditor) unappliedApplied(o *orderBook) {
	m, n, reviewed := &o.money, a.money("amount", o.currency), a.money("reviewed", o.currency)
	waits, review := m.unapplied, min(m.review, n)
	if a.asked.command == "confirm" { // what is under review keeps waiting
		waits, review = m.unapplied-m.review, 0
	}
	switch {
	case n <= 0 || n > waits || n > o.due():
		a.failf("I14", "%d, of which %d wait and %d are due", n, waits, o.due())
	case a.asked.command == "confirm" && n != min(waits, o.due()):
		a.failf("I14", "%d, but %d wait and %d are due", n, waits, o.due())
	case reviewed != review:
		a.failf("D19", "%d of it were under review, not %d", reviewed, review)
	}
	m.unapplied, m.review, m.applied = m.unapplied-n, m.review-reviewed, m.applied+n
}

func (a *Auditor) shortfallAccepted(o *orderBook) {
	n, before, step := a.money("amount", o.currency), amount(0), o.initial
	if o.phase != orderConfirmed {
		before, step = o.initial, o.total
	}
	switch {
	case n <= 0 || n != step-o.settled():
		a.failf("D20", "%d, the step lacks %d", n, step-o.settled())
	case o.settled() <= before:
		a.failf("D20", "%d are settled, nothing of it for the step now due", o.settled())
	case o.processing():
		a.failf("D20", "a payment is in process")
	}
	o.money.shortfall += n
}

func (a *Auditor) orderFunded(o *orderBook) {
	if o.settled() < o.initial {
		a.failf("I7", "%d are settled of %d", o.settled(), o.initial)
	}
	o.fundedAt = a.at
}

func (a *Auditor) unappliedReturned(o *orderBook) {
	m, n, reviewed := &o.money, a.money("amount", o.currency), a.money("reviewed", o.currency)
	switch {
	case n <= 0 || n > m.unapplied:
		a.failf("I14", "%d, of which %d wait", n, m.unapplied)
	case reviewed != min(m.review, n):
		a.failf("D19", "%d of it were under review, not %d", reviewed, min(m.review, n))
	}
	m.unapplied, m.review, m.returned = m.unapplied-n, m.review-reviewed, m.returned+n
}

// noteSettled keeps since when the payments are settled, as long as the order collects them.
func (a *Auditor) noteSettled(o *orderBook) {
	if o.phase&orderCollects == 0 {
		return
	}
	if o.phase != orderConfirmed {
		o.fundedAt = a.since(o.fundedAt, o.settled() >= o.initial)
	}
	o.paidAt = a.since(o.paidAt, o.due() == 0)
}

func (a *Auditor) since(before instant, holds bool) instant {
	switch {
	case !holds:
		return 0
	case before == 0:
		return a.at
	}
	return before
}

// settleMoney checks I14.
func (a *Auditor) settleMoney(o *orderBook) {
	m := &o.money
	switch {
	case m.received != m.applied+m.unapplied+m.returned+m.reversed:
		a.failf("I14", "received %d, accounted for %+v", m.received, *m)
	case min(m.applied, m.unapplied, m.review, m.returned, m.reversed, m.shortfall, m.refunded, m.claimed) < 0 || m.review > m.unapplied:
		a.failf("I14", "%+v", *m)
	case o.settled() > o.total:
		a.failf("I14", "%d are settled of %d", o.settled(), o.total)
	case m.paidBack && o.left() == 0:
		a.failf("D30", "all that was applied went back, and the order is not closed")
	}
	m.paidBack = false
}
