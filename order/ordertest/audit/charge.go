package audit

import (
	"slices"

	"github.com/tradesurety/surety/events"
)

// refer checks that a payment is new (B8).
func (a *Auditor) refer(s *saleBook) {
	reference := string(a.text("reference"))
	if reference == "" || slices.Contains(s.references, reference) {
		a.failf("I20", "payment %q once more", reference)
	}
	s.references = append(s.references, reference)
	a.charged(s, reference)
}

// charged says that a payment came in. What is due and what is beyond it are two events of one payment. The
// first edition kept it on the order: so does a log until the first payment that has a stream.
func (a *Auditor) charged(s *saleBook, reference string) {
	e := effect{what: "a payment", sale: s, name: streamOf("charge", "", reference), x: a.money("amount", s.currency)}
	if !slices.Contains(a.named, e.name) {
		if a.charges {
			a.failf("D65", "payment %q without a stream of its own", reference)
		}
		if s.kept == nil {
			s.kept = make(map[string]amount)
		}
		s.kept[reference] += e.x
		return
	}
	a.charges = true
	for i := range a.mine {
		if a.mine[i].what == e.what && a.mine[i].name == e.name {
			a.mine[i].x += e.x
			return
		}
	}
	a.says(e)
}

func (a *Auditor) instalmentPaid(s *saleBook) {
	n := a.money("amount", s.currency)
	if !a.policy.Instalments || n <= 0 || n >= s.due() {
		a.failf("D51", "%d in part of %d", n, s.due())
	}
	a.refer(s)
	s.instalments += n
}

func (a *Auditor) paid(s *saleBook) {
	n, total, late := a.money("amount", s.currency), a.money("total", s.currency), a.flag("overdue")
	if n != s.due() || total != s.outstanding || late != (s.phase == saleOverdue) {
		a.failf("I20", "paid %d of %d, %d of %d outstanding, overdue %t", n, s.due(), total, s.outstanding, late)
	}
	a.refer(s)
	a.gives(s, total, "paid", late)
	s.paid, s.instalments, s.openedAt, s.pausedAt, s.pending = total, 0, 0, 0, false
	stream, err := events.Stream("funds", s.merchant+"/"+s.currency.String())
	if err != nil {
		a.failf("I20", "the merchant has no funds: %v", err)
		return
	}
	s.funds = a.balanceOf(stream)
	a.says(effect{what: "a credit", sale: s, name: s.funds.account, x: total})
	switch s.phase {
	case salePlaced:
		s.phase = salePrepaid
	case saleShipped:
		s.phase = salePrepaidShipped
	default:
		s.phase = salePaid
	}
}

// paymentUnapplied is money that the order does not take: it moves neither quota nor funds (D62).
func (a *Auditor) paymentUnapplied(s *saleBook) {
	reference, n := string(a.text("reference")), a.money("amount", s.currency)
	switch {
	case a.by.role != system:
		a.failf("I8", "reported by %q", a.by.account)
	case n <= 0 || reference == "" || slices.Contains(s.surplus, reference) || s.due() != 0:
		a.failf("D62", "%d of %q beside, %d due", n, reference, s.due())
	}
	s.surplus, s.unapplied = append(s.surplus, reference), a.plus(s.unapplied, n)
	a.charged(s, reference)
}

func (a *Auditor) saleReturnedUnapplied(s *saleBook) {
	n := a.money("amount", s.currency)
	if n <= 0 || n > s.unapplied {
		a.failf("D21", "%d returned of %d", n, s.unapplied)
	}
	s.unapplied -= n
}

func (a *Auditor) saleRefunded(s *saleBook) {
	n := a.money("amount", s.currency)
	if n <= 0 || n > s.paid-s.refunded {
		a.failf("I21", "%d refunded of %d", n, s.paid-s.refunded)
	}
	s.refunded += n
	a.says(effect{what: "a refund", sale: s, x: n})
}

func (a *Auditor) chargeRequested(s *saleBook) {
	attempt, n := a.number("attempt"), a.money("amount", s.currency)
	switch {
	case a.at < s.resumes() || s.pending:
		a.failf("D47", "asked at %s, due %s, pending %t, after-sales since %s", a.at, s.dueAt, s.pending, s.openedAt)
	case attempt != s.charges+1 || attempt > int64(a.policy.ChargeRetries)+1 || n != s.due():
		a.failf("D47", "attempt %d after %d, %d of %d", attempt, s.charges, n, s.due())
	}
	s.charges, s.pending = attempt, true
}

func (a *Auditor) chargeFailed(s *saleBook) {
	if attempt := a.number("attempt"); !s.pending || attempt != s.charges {
		a.failf("D47", "attempt %d of %d, pending %t", attempt, s.charges, s.pending)
	}
	s.pending = false
}
