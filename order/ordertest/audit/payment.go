package audit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ledger is the money of an order.
type ledger struct {
	received, applied, unapplied, review, returned, reversed amount

	shortfall, refunded, claimed amount

	cases        caseSums // of all payments
	yielding     amount   // the part of the shortfall that was accepted while money was reversed
	unattributed amount   // the part of review that no event attributes to a payment

	paidBackInCommit   bool // applied money went back in this commit
	casesEndedInCommit bool // after a report about a case in this commit no case is open
}

// beyond returns the money that the cases take beyond the money of the order, which is the platform's loss.
func (m *ledger) beyond() amount { return m.cases.excess + m.cases.taken - m.reversed }

// owed returns the money that the buyer got back beyond the received money (D8).
func (m *ledger) owed() amount {
	return max(0, m.refunded+m.claimed-(m.received-m.returned-m.unapplied)+m.cases.lost) // added in this order, the terms do not overflow
}

// allBack reports whether the applied money was paid back to the cent (D30).
func (m *ledger) allBack() bool { return m.applied > 0 && m.refunded+m.claimed == m.applied }

// payment is a payment that the buyer announced, that was received, or both.
type payment struct {
	id, method, reference string
	pending, announced    bool
	noticeUntil           instant // the end of the time for which it counts as in process
	amount                amount

	stream       string                                         // the key of its stream; empty before the receipt and with firstEdition
	firstEdition bool                                           // recorded by the first edition of the rule book, and not adopted yet
	needsReview  bool                                           // its money waits for the platform's review
	underReview  struct{ unapplied, returned, reversed amount } // its money, while needsReview
	cases        []bankCase
	voided       bool

	appliedAtReceipt amount   // used by chargebacks of the first edition
	charged          movement // the money that a chargeback of the first edition took
}

func (o *orderBook) settled() amount { return o.money.applied + o.money.shortfall }

func (o *orderBook) due() amount { return o.total - o.settled() }

// refundable returns the part of the applied money that refunds and claims can still take.
func (o *orderBook) refundable() amount {
	return max(0, o.money.applied-o.money.refunded-o.money.claimed)
}

// funded reports whether the initial payment is settled and money is refundable (D63).
func (o *orderBook) funded() bool { return o.settled() >= o.initial && o.refundable() > 0 }

// processing reports whether a card or e-Checking payment is in process at that instant.
func (o *orderBook) processing(at instant) bool {
	return slices.ContainsFunc(o.payments, func(p payment) bool { return p.pending && p.method != "tt" && at < p.noticeUntil })
}

// announced reports whether an announced transfer counts as in process at that instant.
func (o *orderBook) announced(at instant) bool {
	return slices.ContainsFunc(o.payments, func(p payment) bool { return p.pending && p.method == "tt" && at < p.noticeUntil })
}

func (o *orderBook) payment(of func(p *payment) bool) *payment {
	for i := range o.payments {
		if of(&o.payments[i]) {
			return &o.payments[i]
		}
	}
	return nil
}

// unattributedOf returns the money under review of a payment that the first edition recorded. Events show
// only the sum of that money over all payments; the auditor assumes that the oldest is returned first.
func (o *orderBook) unattributedOf(p *payment) amount {
	rest := o.money.unattributed
	for i := len(o.payments) - 1; i >= 0; i-- {
		q := &o.payments[i]
		if !q.firstEdition || !q.needsReview {
			continue
		}
		n := min(rest, q.underReview.unapplied)
		if rest -= n; q == p {
			return n
		}
	}
	return 0
}

// method returns the method of payment and checks that it is one of the three (I9).
func (a *Auditor) method() string {
	switch text := a.text("method"); string(text) {
	case "tt", "card", "e-check":
		return a.intern(text)
	default:
		a.failf("I9", "paid by %q", text)
		return ""
	}
}

// processingLife returns how long a payment counts as in process (D18).
func (a *Auditor) processingLife(method string) instant {
	switch method {
	case "card":
		return instant(a.policy.CardLife)
	case "e-check":
		return instant(a.policy.ECheckLife)
	default:
		return instant(a.policy.NoticeLife)
	}
}

func (a *Auditor) onPaymentInitiated(o *orderBook) {
	p := payment{id: string(a.text("payment")), method: a.method(), pending: true, announced: true, noticeUntil: a.time("notice_until"), amount: a.money("amount", o.currency)}
	notice := a.at + a.processingLife(p.method)
	switch {
	case p.method == "tt":
	case p.noticeUntil != 0:
		o.secondEdition = true
	case !o.secondEdition: // the first edition does not store it
		p.noticeUntil = notice
	}
	if p.noticeUntil != notice {
		a.failf("D18", "in process until %s, not %s", p.noticeUntil, notice)
	}
	if a.data.raw("reference") != nil {
		a.announcedAfterReceipt(o, &p)
		return
	}
	unpaid := o.money.applied == 0 || o.secondEdition && o.refundable() == 0
	switch {
	case p.id == "" || o.payment(func(q *payment) bool { return q.id == p.id && q.announced }) != nil:
		a.failf("D18", "payment %q is announced a second time", p.id)
	case p.method == "e-check" && string(a.text("bank_country")) != "US":
		a.failf("I9", "e-Checking of a bank in %q", a.text("bank_country"))
	case p.method != "tt" && o.processing(a.at):
		a.failf("D18", "a second payment is in process")
	case p.amount <= 0 || p.amount > o.due():
		a.failf("A12", "a payment of %d with %d due", p.amount, o.due())
	case o.phase == orderConfirmed && unpaid && a.at >= o.payBy:
		a.failf("D28", "announced at %s, the payment was due at %s", a.at, o.payBy)
	}
	o.payments = append(o.payments, p)
}

// announcedAfterReceipt books the announcement of a payment that was received before it. The review of the
// payment ends (D18).
func (a *Auditor) announcedAfterReceipt(o *orderBook, as *payment) {
	o.secondEdition = true
	p := a.namedPayment(o, "D18", func(q *payment) bool { return q.id == as.id && q.method == as.method })
	if p == nil {
		return
	}
	p.announced = true
	a.endReview(o, p, "D18")
}

func (a *Auditor) onPaymentReceived(o *orderBook) {
	if a.flag("own_stream") {
		o.secondEdition = true
	} else if o.secondEdition {
		a.failf("D65", "a payment without its own stream")
	}
	method, reference := a.method(), string(a.text("reference"))
	p := a.receivedPayment(o, method, reference)
	unapplied, review, reversed := a.money("unapplied", o.currency), a.flag("needs_review"), a.money("reversed", o.currency)
	applied, into := a.money("applied", o.currency), orderCollects
	p.pending, p.reference, p.amount = false, reference, a.money("amount", o.currency)
	m, want, back := &o.money, amount(0), amount(0)
	if p.needsReview = review; o.secondEdition && !review { // the cases of other payments take from this one what the order lacks
		into |= orderCompleted
		back = min(m.cases.taken-m.reversed, p.amount)
	}
	if o.phase&into != 0 && !review {
		want = min(p.amount-back, o.due())
	}
	switch {
	case p.amount <= 0 || unapplied < 0 || p.amount != a.add(a.add(applied, unapplied), reversed):
		a.failf("I14", "of %d, %d is applied, %d unapplied and %d reversed", p.amount, applied, unapplied, reversed)
	case o.phase == orderClosed && o.secondEdition && applied > want:
		a.failf("I35", "%d is applied to a closed order", applied)
	case applied != want || reversed != back:
		a.failf("I14", "of %d, %d is applied, not %d, and %d reversed, not %d; review %t", p.amount, applied, want, reversed, back, review)
	case method == "tt" && review != !sameName(string(a.text("payer")), o.buyerName):
		a.failf("D19", "review %t of a transfer from %q, the buyer is %q", review, a.text("payer"), o.buyerName)
	case method != "tt" && review == p.announced:
		a.failf("D18", "review %t of a payment that was announced: %t", review, p.announced)
	}
	m.received, m.applied, m.unapplied, m.reversed = a.add(m.received, p.amount), m.applied+applied, m.unapplied+unapplied, m.reversed+reversed
	if review {
		m.review += unapplied
		p.underReview.unapplied = unapplied
	}
	p.appliedAtReceipt = applied
}

// receivedPayment returns the payment that was received: the announced one, or a new one.
func (a *Auditor) receivedPayment(o *orderBook, method, reference string) *payment {
	id := a.text("payment")
	p := o.payment(func(p *payment) bool {
		return p.announced && p.reference == "" && p.method == method && p.id == string(id) && (p.pending || o.secondEdition)
	})
	again := func(q *payment) bool {
		return q.reference == reference && !q.voided && (q.method == method || !o.secondEdition)
	}
	switch {
	case reference == "" || o.payment(again) != nil:
		a.failf("D19", "reference %q is recorded a second time", reference)
	case method == "tt" && string(a.text("account")) != o.account:
		a.failf("D19", "received on account %s, the order's account is %s", a.text("account"), o.account)
	case p == nil && !o.secondEdition && (method != "tt" || len(id) > 0):
		a.failf("D18", "payment %q is not in process", id)
	}
	if p == nil {
		o.payments = append(o.payments, payment{id: string(id), method: method})
		p = &o.payments[len(o.payments)-1]
	}
	if p.firstEdition = !o.secondEdition; p.firstEdition {
		return p
	}
	switch paidAt := a.time("paid_at"); {
	case !oneLine(reference):
		a.failf("D19", "a reference of %d bytes: %q", len(reference), reference)
	case paidAt == 0 || paidAt > a.at+instant(a.policy.ClockSkew):
		a.failf("D61", "paid at %s, recorded at %s", paidAt, a.at)
	}
	p.stream = streamOf(method, string(a.text("account")), reference)
	a.states(effect{what: "a payment", order: o, name: p.stream, x: a.money("amount", o.currency), flag: a.flag("needs_review")})
	return p
}

// oneLine reports whether a reference is 1 to 140 bytes of text in one line.
func oneLine(s string) bool {
	return len(s) > 0 && len(s) <= 140 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// sameName reports whether two names differ only in case and spacing.
func sameName(x, y string) bool {
	return x == y || strings.EqualFold(strings.Join(strings.Fields(x), " "), strings.Join(strings.Fields(y), " "))
}

func (a *Auditor) onPaymentFailed(o *orderBook) {
	id := string(a.text("payment"))
	p := o.payment(func(p *payment) bool { return p.pending && p.id == id && id != "" })
	if p == nil || o.secondEdition && a.at >= p.noticeUntil {
		a.failf("D18", "payment %q is not in process", id)
		return
	}
	p.pending = false
}

func (a *Auditor) onShortfallAccepted(o *orderBook) {
	n, before, step := a.money("amount", o.currency), amount(0), o.initial
	if o.phase != orderConfirmed {
		before, step = o.initial, o.total
	}
	switch {
	case n <= 0 || n != step-o.settled():
		a.failf("D20", "a shortfall of %d, %d is missing for the step", n, step-o.settled())
	case o.phase != orderReceived && o.settled() <= before:
		a.failf("D20", "%d is settled, and nothing of the step that is due", o.settled())
	case o.phase != orderReceived && o.secondEdition && o.refundable() == 0:
		a.failf("D20", "nothing is refundable of %d applied", o.money.applied)
	case o.processing(a.at) || o.secondEdition && o.announced(a.at):
		a.failf("D20", "a payment is in process")
	}
	m := &o.money
	if m.shortfall += n; m.reversed > 0 {
		m.yielding += n
	}
}

func (a *Auditor) onFunded(o *orderBook) {
	switch {
	case o.settled() < o.initial:
		a.failf("I7", "%d of %d is settled", o.settled(), o.initial)
	case o.secondEdition && o.refundable() == 0:
		a.failf("D63", "nothing is refundable of %d applied", o.money.applied)
	}
	o.fundedAt, o.unfunded = a.at, false
}

// updateSettledSince updates fundedAt and paidAt while the order collects payments.
func (a *Auditor) updateSettledSince(o *orderBook) {
	if o.phase&orderCollects == 0 {
		return
	}
	if o.phase != orderConfirmed {
		o.fundedAt = a.since(o.fundedAt, o.settled() >= o.initial)
	}
	o.paidAt = a.since(o.paidAt, o.due() == 0)
}

// updateClock stops and starts the clock of the agreed time of shipment (D17).
func (a *Auditor) updateClock(o *orderBook, funded, paid bool) {
	switch stop := o.frozen() || o.unfunded; {
	case stop && o.clockStoppedAt == 0:
		o.clockStoppedAt = a.at
	case !stop && o.clockStoppedAt != 0:
		o.clockStopped, o.clockStoppedAt = o.stoppedFor(a.at), 0
	}
	if funded {
		o.stoppedToFunded = o.stoppedFor(a.at)
	}
	if paid {
		o.stoppedToPaid = o.stoppedFor(a.at)
	}
}

// stoppedFor returns how long the clock was stopped up to that instant.
func (o *orderBook) stoppedFor(at instant) instant {
	if o.clockStoppedAt == 0 {
		return o.clockStopped
	}
	return o.clockStopped + max(0, at-o.clockStoppedAt)
}

// since returns the start of the time for which a condition holds, or 0 if it does not hold.
func (a *Auditor) since(before instant, holds bool) instant {
	switch {
	case !holds:
		return 0
	case before == 0:
		return a.at
	}
	return before
}

// checkMoney checks I14, I35 and D30.
func (a *Auditor) checkMoney(o *orderBook) {
	m := &o.money
	switch {
	case m.received != m.applied+m.unapplied+m.returned+m.reversed:
		a.failf("I14", "received %d, which is not the sum of %+v", m.received, *m)
	case min(m.applied, m.unapplied, m.review, m.returned, m.reversed, m.shortfall, m.refunded, m.claimed) < 0 || m.review > m.unapplied:
		a.failf("I14", "a negative amount, or more under review than unapplied: %+v", *m)
	case m.reversed > m.cases.taken || m.yielding > m.shortfall:
		a.failf("I14", "%d of %d taken is reversed; %d of a shortfall of %d is yielding", m.reversed, m.cases.taken, m.yielding, m.shortfall)
	case o.settled() > o.total:
		a.failf("I14", "%d of %d is settled", o.settled(), o.total)
	case m.paidBackInCommit && o.refundable() == 0 && o.phase&orderCollects != 0 && m.cases.open == 0:
		a.failf("D30", "all applied money was paid back, and the order is not closed")
	case m.casesEndedInCommit && m.allBack() && o.phase&orderUnshipped != 0 && m.cases.open == 0:
		a.failf("D30", "all applied money was paid back, no case is open, and the order is not closed")
	case o.phase == orderClosed && o.refundable() > 0 && o.secondEdition && !o.closedWithMoney:
		a.failf("I35", "closed with %d refundable", o.refundable())
	case a.command.name == "confirm" && o.stream == a.target && m.unapplied > m.review && o.due() > 0:
		a.failf("I14", "confirmed with %d unapplied and %d due", m.unapplied-m.review, o.due())
	}
	if m.paidBackInCommit && m.cases.open > 0 && o.phase&orderCollects != 0 && o.refundable() == 0 {
		o.secondEdition = true // the first edition closes it
	}
	o.closedWithMoney = o.phase == orderClosed && o.refundable() > 0
	m.paidBackInCommit, m.casesEndedInCommit = false, false
}
