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

	cases    caseSums // of all payments
	yielding amount   // the part of the shortfall that was accepted while money was reversed
	unknown  amount   // the part of review of which no event says to which payments it belongs

	paidBack bool // applied money went back in this commit
	ended    bool // in this commit a report about a case left none open
}

// beyond returns what the cases take beyond the money of the order: the platform's loss.
func (m *ledger) beyond() amount { return m.cases.excess + m.cases.taken - m.reversed }

// owed returns what the buyer got back beyond what came in (D8).
func (m *ledger) owed() amount {
	return max(0, m.refunded+m.claimed-(m.received-m.returned-m.unapplied)+m.cases.lost) // in this order no sum overflows
}

// allBack reports whether the applied money was paid back to the cent (D30).
func (m *ledger) allBack() bool { return m.applied > 0 && m.refunded+m.claimed == m.applied }

// payment is one that was announced, and once it has come in what came in.
type payment struct {
	id, method, reference string
	pending, announced    bool
	notice                instant // until when it counts as in process
	amount                amount

	stream string                                         // its own; empty while it is announced, or first
	first  bool                                           // recorded by the first edition of the rule book, and not adopted since
	review bool                                           // its money waits for the platform's review
	own    struct{ unapplied, returned, reversed amount } // what became of its money, while under review
	cases  []bankCase
	voided bool

	applied amount // of the first edition: when it came in
	took    moves  // of the first edition: by the chargeback
}

func (o *orderBook) settled() amount { return o.money.applied + o.money.shortfall }

func (o *orderBook) due() amount { return o.total - o.settled() }

// left is what refunds and claims can still take of the applied money.
func (o *orderBook) left() amount {
	return max(0, o.money.applied-o.money.refunded-o.money.claimed)
}

// funded reports whether the initial payment is settled and money is left (D63).
func (o *orderBook) funded() bool { return o.settled() >= o.initial && o.left() > 0 }

// processing reports whether a card or e-Checking payment is under way.
func (o *orderBook) processing(at instant) bool {
	return slices.ContainsFunc(o.payments, func(p payment) bool { return p.pending && p.method != "tt" && at < p.notice })
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

// unknownOf returns what a payment that the first edition recorded has under review. Of that money
// events show the sum only; the oldest is taken to have gone first.
func (o *orderBook) unknownOf(p *payment) amount {
	rest := o.money.unknown
	for i := len(o.payments) - 1; i >= 0; i-- {
		q := &o.payments[i]
		if !q.first || !q.review {
			continue
		}
		n := min(rest, q.own.unapplied)
		if rest -= n; q == p {
			return n
		}
	}
	return 0
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

// life returns how long a payment counts as in process (D18).
func (a *Auditor) life(method string) instant {
	switch method {
	case "card":
		return instant(a.policy.CardLife)
	case "e-check":
		return instant(a.policy.ECheckLife)
	default:
		return instant(a.policy.NoticeLife)
	}
}

func (a *Auditor) paymentInitiated(o *orderBook) {
	p := payment{id: string(a.text("payment")), method: a.method(), pending: true, announced: true, notice: a.when("notice_until"), amount: a.money("amount", o.currency)}
	notice := a.at + a.life(p.method)
	switch {
	case p.method == "tt":
	case p.notice != 0:
		o.second = true
	case !o.second: // the first edition did not store it
		p.notice = notice
	}
	if p.notice != notice {
		a.failf("D18", "in process until %s, not %s", p.notice, notice)
	}
	if a.fact.raw("reference") != nil {
		a.announcedLate(o, &p)
		return
	}
	unpaid := o.money.applied == 0 || o.second && o.left() == 0
	switch {
	case p.id == "" || o.payment(func(q *payment) bool { return q.id == p.id && q.announced }) != nil:
		a.failf("D18", "payment %q once more", p.id)
	case p.method == "e-check" && string(a.text("bank_country")) != "US":
		a.failf("I9", "e-Checking of a bank in %q", a.text("bank_country"))
	case p.method != "tt" && o.processing(a.at):
		a.failf("D18", "a second payment is in process")
	case p.amount <= 0 || p.amount > o.due():
		a.failf("A12", "%d, due are %d", p.amount, o.due())
	case o.phase == orderConfirmed && unpaid && a.at >= o.payBy:
		a.failf("D28", "at %s, to be paid until %s", a.at, o.payBy)
	}
	o.payments = append(o.payments, p)
}

// announcedLate is the announcement of a payment that had come in without one: its review ends (D18).
func (a *Auditor) announcedLate(o *orderBook, as *payment) {
	o.second = true
	p := a.namedOf(o, "D18", func(q *payment) bool { return q.id == as.id && q.method == as.method })
	if p == nil {
		return
	}
	p.announced = true
	a.reviewed(o, p, "D18")
}

func (a *Auditor) paymentReceived(o *orderBook) {
	if a.flag("own_stream") {
		o.second = true
	} else if o.second {
		a.failf("D65", "a payment without a stream of its own")
	}
	method, reference := a.method(), string(a.text("reference"))
	p := a.receiptOf(o, method, reference)
	unapplied, review, reversed := a.money("unapplied", o.currency), a.flag("needs_review"), a.money("reversed", o.currency)
	applied, into := a.money("applied", o.currency), orderCollects
	p.pending, p.reference, p.amount = false, reference, a.money("amount", o.currency)
	m, want, back := &o.money, amount(0), amount(0)
	if p.review = review; o.second && !review { // what cases of other payments lacked comes out of this one
		into |= orderCompleted
		back = min(m.cases.taken-m.reversed, p.amount)
	}
	if o.phase&into != 0 && !review {
		want = min(p.amount-back, o.due())
	}
	switch {
	case p.amount <= 0 || unapplied < 0 || p.amount != a.plus(a.plus(applied, unapplied), reversed):
		a.failf("I14", "of %d are applied %d, not applied %d and taken %d", p.amount, applied, unapplied, reversed)
	case o.phase == orderClosed && o.second && applied > want:
		a.failf("I35", "%d are applied to an order that is closed", applied)
	case applied != want || reversed != back:
		a.failf("I14", "of %d are applied %d, not %d, and taken %d, not %d; review %t", p.amount, applied, want, reversed, back, review)
	case method == "tt" && review != !sameName(string(a.text("payer")), o.buyerName):
		a.failf("D19", "review %t of a payment by %s from %q to %q", review, method, a.text("payer"), o.buyerName)
	case method != "tt" && review == p.announced:
		a.failf("D18", "review %t of a payment that was announced: %t", review, p.announced)
	}
	m.received, m.applied, m.unapplied, m.reversed = a.plus(m.received, p.amount), m.applied+applied, m.unapplied+unapplied, m.reversed+reversed
	if review {
		m.review += unapplied
		p.own.unapplied = unapplied
	}
	p.applied = applied
}

// receiptOf returns the payment that came in: the one that was announced, or a new one.
func (a *Auditor) receiptOf(o *orderBook, method, reference string) *payment {
	id := a.text("payment")
	p := o.payment(func(p *payment) bool {
		return p.announced && p.reference == "" && p.method == method && p.id == string(id) && (p.pending || o.second)
	})
	again := func(q *payment) bool {
		return q.reference == reference && !q.voided && (q.method == method || !o.second)
	}
	switch {
	case reference == "" || o.payment(again) != nil:
		a.failf("D19", "reference %q once more", reference)
	case method == "tt" && string(a.text("account")) != o.account:
		a.failf("D19", "into account %s, the order's is %s", a.text("account"), o.account)
	case p == nil && !o.second && (method != "tt" || len(id) > 0):
		a.failf("D18", "payment %q is not in process", id)
	}
	if p == nil {
		o.payments = append(o.payments, payment{id: string(id), method: method})
		p = &o.payments[len(o.payments)-1]
	}
	if p.first = !o.second; p.first {
		return p
	}
	switch paidAt := a.when("paid_at"); {
	case !oneLine(reference):
		a.failf("D19", "a reference of %d bytes: %q", len(reference), reference)
	case paidAt == 0 || paidAt > a.at+instant(a.policy.ClockSkew):
		a.failf("D61", "paid at %s", paidAt)
	}
	p.stream = streamOf(method, string(a.text("account")), reference)
	a.says(effect{what: "a payment", order: o, name: p.stream, x: a.money("amount", o.currency), flag: a.flag("needs_review")})
	return p
}

// oneLine reports whether a reference is 1 to 140 bytes of text in one line.
func oneLine(s string) bool {
	return len(s) > 0 && len(s) <= 140 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// sameName compares names without regard to case and spacing.
func sameName(x, y string) bool {
	return x == y || strings.EqualFold(strings.Join(strings.Fields(x), " "), strings.Join(strings.Fields(y), " "))
}

func (a *Auditor) paymentFailed(o *orderBook) {
	id := string(a.text("payment"))
	p := o.payment(func(p *payment) bool { return p.pending && p.id == id && id != "" })
	if p == nil || o.second && a.at >= p.notice {
		a.failf("D18", "payment %q is not in process", id)
		return
	}
	p.pending = false
}

func (a *Auditor) shortfallAccepted(o *orderBook) {
	n, before, step := a.money("amount", o.currency), amount(0), o.initial
	if o.phase != orderConfirmed {
		before, step = o.initial, o.total
	}
	switch {
	case n <= 0 || n != step-o.settled():
		a.failf("D20", "%d, the step lacks %d", n, step-o.settled())
	case o.phase != orderReceived && o.settled() <= before:
		a.failf("D20", "%d are settled, nothing of it for the step now due", o.settled())
	case o.phase != orderReceived && o.second && o.left() == 0:
		a.failf("D20", "nothing is left of %d", o.money.applied)
	case o.processing(a.at) || o.second && o.announced(a.at):
		a.failf("D20", "a payment is in process")
	}
	m := &o.money
	if m.shortfall += n; m.reversed > 0 {
		m.yielding += n
	}
}

func (a *Auditor) orderFunded(o *orderBook) {
	switch {
	case o.settled() < o.initial:
		a.failf("I7", "%d are settled of %d", o.settled(), o.initial)
	case o.second && o.left() == 0:
		a.failf("D63", "nothing is left of %d", o.money.applied)
	}
	o.fundedAt, o.unfunded = a.at, false
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

// noteStopped keeps for how long the agreed time of shipment stood still (D17).
func (a *Auditor) noteStopped(o *orderBook, funded, paid bool) {
	switch stops := o.frozen() || o.unfunded; {
	case stops && o.stoppedAt == 0:
		o.stoppedAt = a.at
	case !stops && o.stoppedAt != 0:
		o.stopped, o.stoppedAt = o.stood(a.at), 0
	}
	if funded {
		o.stoodToFunded = o.stood(a.at)
	}
	if paid {
		o.stoodToPaid = o.stood(a.at)
	}
}

// stood returns for how long it has stood still up to that instant.
func (o *orderBook) stood(at instant) instant {
	if o.stoppedAt == 0 {
		return o.stopped
	}
	return o.stopped + max(0, at-o.stoppedAt)
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

// settleMoney checks I14, I35 and D30.
func (a *Auditor) settleMoney(o *orderBook) {
	m := &o.money
	switch {
	case m.received != m.applied+m.unapplied+m.returned+m.reversed:
		a.failf("I14", "received %d, accounted for %+v", m.received, *m)
	case min(m.applied, m.unapplied, m.review, m.returned, m.reversed, m.shortfall, m.refunded, m.claimed) < 0 || m.review > m.unapplied:
		a.failf("I14", "%+v", *m)
	case m.reversed > m.cases.taken || m.yielding > m.shortfall:
		a.failf("I14", "%d are reversed of %d that was taken; %d of a shortfall of %d give way", m.reversed, m.cases.taken, m.yielding, m.shortfall)
	case o.settled() > o.total:
		a.failf("I14", "%d are settled of %d", o.settled(), o.total)
	case m.paidBack && o.left() == 0 && o.phase&orderCollects != 0 && m.cases.open == 0:
		a.failf("D30", "all that was applied went back, and the order is not closed")
	case m.ended && m.allBack() && o.phase&orderUnshipped != 0 && m.cases.open == 0:
		a.failf("D30", "all that is applied went back, no case is open, and the order is not closed")
	case o.phase == orderClosed && o.left() > 0 && o.second && !o.leftover:
		a.failf("I35", "closed with %d left", o.left())
	case a.asked.command == "confirm" && o.stream == a.target && m.unapplied > m.review && o.due() > 0:
		a.failf("I14", "confirmed with %d waiting and %d due", m.unapplied-m.review, o.due())
	}
	if m.paidBack && m.cases.open > 0 && o.phase&orderCollects != 0 && o.left() == 0 {
		o.second = true // the first edition would have closed it
	}
	o.leftover = o.phase == orderClosed && o.left() > 0
	m.paidBack, m.ended = false, false
}
