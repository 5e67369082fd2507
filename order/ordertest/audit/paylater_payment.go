package audit

import (
	"slices"

	"github.com/tradesurety/surety/events"
)

// addReference checks that the reference of a payment is new (B8), and records it.
func (a *Auditor) addReference(s *payLaterBook) {
	reference := string(a.text("reference"))
	if reference == "" || slices.Contains(s.references, reference) {
		a.failf("I20", "payment %q is recorded a second time", reference)
	}
	s.references = append(s.references, reference)
	a.statePayment(s, reference)
}

// statePayment states a received payment, which its stream must confirm. The part of a payment that is due
// and the part beyond it are two events. Payments have no streams in a log of the first edition, which ends
// with the first payment that has one.
func (a *Auditor) statePayment(s *payLaterBook, reference string) {
	e := effect{what: "a payment", payLater: s, name: streamOf("charge", "", reference), x: a.money("amount", s.currency)}
	if !slices.Contains(a.commitPayments, e.name) {
		if a.chargeStreams {
			a.failf("D65", "payment %q has no stream", reference)
		}
		if s.unadopted == nil {
			s.unadopted = make(map[string]amount)
		}
		s.unadopted[reference] += e.x
		return
	}
	a.chargeStreams = true
	for i := range a.stated {
		if a.stated[i].what == e.what && a.stated[i].name == e.name {
			a.stated[i].x += e.x
			return
		}
	}
	a.states(e)
}

func (a *Auditor) onInstalmentPaid(s *payLaterBook) {
	n := a.money("amount", s.currency)
	if !a.policy.Instalments || n <= 0 || n >= s.due() {
		a.failf("D51", "an instalment of %d of %d", n, s.due())
	}
	a.addReference(s)
	s.instalments += n
}

func (a *Auditor) onPaid(s *payLaterBook) {
	n, total, late := a.money("amount", s.currency), a.money("total", s.currency), a.flag("overdue")
	if n != s.due() || total != s.outstanding || late != (s.phase == payLaterOverdue) {
		a.failf("I20", "paid %d of %d, %d of %d outstanding, overdue %t", n, s.due(), total, s.outstanding, late)
	}
	a.addReference(s)
	a.restoreQuota(s, total, "paid", late)
	s.paid, s.instalments, s.afterSalesAt, s.pauseUntil, s.chargePending = total, 0, 0, 0, false
	stream, err := events.Stream("funds", s.merchant+"/"+s.currency.String())
	if err != nil {
		a.failf("I20", "the merchant has no funds: %v", err)
		return
	}
	s.funds = a.balanceOf(stream)
	a.states(effect{what: "a credit", payLater: s, name: s.funds.account, x: total})
	switch s.phase {
	case payLaterPlaced:
		s.phase = payLaterPrepaid
	case payLaterShipped:
		s.phase = payLaterPrepaidShipped
	default:
		s.phase = payLaterPaid
	}
}

// onPaymentUnapplied books money that the order does not take. It moves neither quota nor funds (D62).
func (a *Auditor) onPaymentUnapplied(s *payLaterBook) {
	reference, n := string(a.text("reference")), a.money("amount", s.currency)
	switch {
	case a.by.role != system:
		a.failf("I8", "unapplied money is reported by %q, not by the system", a.by.account)
	case n <= 0 || reference == "" || slices.Contains(s.unappliedReferences, reference) || s.due() != 0:
		a.failf("D62", "%d of payment %q is unapplied, %d is due", n, reference, s.due())
	}
	s.unappliedReferences, s.unapplied = append(s.unappliedReferences, reference), a.add(s.unapplied, n)
	a.statePayment(s, reference)
}

func (a *Auditor) onPayLaterUnappliedReturned(s *payLaterBook) {
	n := a.money("amount", s.currency)
	if n <= 0 || n > s.unapplied {
		a.failf("D21", "%d returned of %d unapplied", n, s.unapplied)
	}
	s.unapplied -= n
}

func (a *Auditor) onPayLaterRefundMade(s *payLaterBook) {
	n := a.money("amount", s.currency)
	if n <= 0 || n > s.paid-s.refunded {
		a.failf("I21", "%d refunded of %d refundable", n, s.paid-s.refunded)
	}
	s.refunded += n
	a.states(effect{what: "a refund", payLater: s, x: n})
}

func (a *Auditor) onChargeRequested(s *payLaterBook) {
	attempt, n := a.number("attempt"), a.money("amount", s.currency)
	switch {
	case a.at < s.chargeableFrom() || s.chargePending:
		a.failf("D47", "charged at %s, due at %s, pending %t, after-sales case open since %s", a.at, s.dueAt, s.chargePending, s.afterSalesAt)
	case attempt != s.chargeAttempts+1 || attempt > int64(a.policy.ChargeRetries)+1 || n != s.due():
		a.failf("D47", "attempt %d after %d, %d of %d", attempt, s.chargeAttempts, n, s.due())
	}
	s.chargeAttempts, s.chargePending = attempt, true
}

func (a *Auditor) onChargeFailed(s *payLaterBook) {
	if attempt := a.number("attempt"); !s.chargePending || attempt != s.chargeAttempts {
		a.failf("D47", "attempt %d of %d, pending %t", attempt, s.chargeAttempts, s.chargePending)
	}
	s.chargePending = false
}
