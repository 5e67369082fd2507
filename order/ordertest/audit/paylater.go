package audit

import "github.com/tradesurety/surety/events"

// The phases of a pay-later order.
const (
	payLaterNone phase = 1 << iota
	payLaterPlaced
	payLaterShipped
	payLaterPrepaid
	payLaterPrepaidShipped
	payLaterReceived
	payLaterOverdue
	payLaterPaid
	payLaterCancelled
	payLaterWrittenOff

	payLaterUnpaid = payLaterPlaced | payLaterShipped | payLaterReceived | payLaterOverdue
)

type payLaterStep struct {
	from, to phase
	breaks   string
	apply    func(a *Auditor, s *payLaterBook)
}

// payLaterSteps has the events of section 4.5 of the rule book. If the next phase depends on whether the
// order is paid, the handler sets it.
var payLaterSteps = map[string]payLaterStep{
	"paylater.placed":             {payLaterNone, payLaterPlaced, "I19", (*Auditor).onPayLaterPlaced},
	"paylater.cancelled":          {payLaterPlaced | payLaterPrepaid, payLaterCancelled, "D49", (*Auditor).onPayLaterCancelled},
	"paylater.shipped":            {payLaterPlaced | payLaterPrepaid, 0, "B1", (*Auditor).onPayLaterShipped},
	"paylater.receipt-extended":   {payLaterShipped | payLaterPrepaidShipped, 0, "D46", (*Auditor).onPayLaterReceiptExtended},
	"paylater.receipt-confirmed":  {payLaterShipped | payLaterPrepaidShipped, 0, "D46", (*Auditor).onPayLaterReceiptConfirmed},
	"paylater.instalment-paid":    {payLaterUnpaid, 0, "I21", (*Auditor).onInstalmentPaid},
	"paylater.paid":               {payLaterUnpaid, 0, "I20", (*Auditor).onPaid},
	"paylater.payment-unapplied":  {payLaterPrepaid | payLaterPrepaidShipped | payLaterPaid | payLaterCancelled | payLaterWrittenOff, 0, "I21", (*Auditor).onPaymentUnapplied},
	"paylater.unapplied-returned": {^payLaterNone, 0, "D21", (*Auditor).onPayLaterUnappliedReturned},
	"paylater.refund-made":        {payLaterPrepaid | payLaterPrepaidShipped | payLaterPaid, 0, "I21", (*Auditor).onPayLaterRefundMade},
	"paylater.charge-requested":   {payLaterReceived | payLaterOverdue, 0, "D47", (*Auditor).onChargeRequested},
	"paylater.charge-failed":      {payLaterReceived | payLaterOverdue, 0, "D47", (*Auditor).onChargeFailed},
	"paylater.marked-overdue":     {payLaterReceived, payLaterOverdue, "D47", (*Auditor).onMarkedOverdue},
	"paylater.written-off":        {payLaterOverdue, payLaterWrittenOff, "D52", (*Auditor).onWrittenOff},
	"paylater.after-sales-opened": {payLaterReceived, 0, "D46", (*Auditor).onAfterSalesOpened},
	"paylater.after-sales-closed": {payLaterReceived | payLaterOverdue, 0, "D46", (*Auditor).onAfterSalesClosed},
	"paylater.amount-lowered":     {payLaterUnpaid, 0, "D49", (*Auditor).onAmountLowered},
	"paylater.returned":           {payLaterShipped | payLaterReceived | payLaterOverdue, payLaterCancelled, "D49", (*Auditor).onPayLaterReturned},
	"paylater.fake-flagged":       {^payLaterNone, 0, "B19", (*Auditor).onFakeFlagged},
}

// payLaterBook is the auditor's state of a pay-later order.
type payLaterBook struct {
	head
	id              string
	phase           phase
	buyer, merchant string
	currency        currency
	line            *lineBook
	funds           *fundsBook // nil before the payment

	original, outstanding, instalments          amount
	paid, restored, consumed                    amount
	refunded, paidBack                          amount
	autoReceiveAt, dueAt, afterSalesAt          instant
	receiptExtended, chargePending, fakeFlagged bool
	pauseUntil                                  instant // the end of the pause of the open after-sales case
	pausedFor                                   instant // the time by which closed cases have moved dueAt
	afterSalesCases                             int64   // without those that the merchant closed within 72 hours
	closedByPlatform                            bool    // the platform closed an after-sales case
	chargeAttempts                              int64
	references                                  []string
	unapplied                                   amount            // money of charges that the order did not take, less what was returned
	unappliedReferences                         []string          // the references of these charges
	unadopted                                   map[string]amount // by reference, of payments that the first edition recorded and that are not adopted yet
	availableAt                                 instant           // of its credit in the funds; see lots
}

// isOpen reports whether the order can still move quota or money.
func (s *payLaterBook) isOpen() bool {
	return s.phase&(payLaterPaid|payLaterCancelled|payLaterWrittenOff) == 0
}

func (s *payLaterBook) due() amount { return s.outstanding - s.instalments }

func (a *Auditor) payLaterOf(id string) *payLaterBook {
	s := a.payLater[id]
	if s == nil {
		s = &payLaterBook{head: head{stream: a.record.Stream}, id: id, phase: payLaterNone}
		a.payLater[s.id] = s
	}
	return s
}

func (a *Auditor) bookPayLater(s *payLaterBook) {
	if !a.advance(&s.head, s) {
		return
	}
	if s.phase != payLaterNone {
		a.checkParty(s.buyer, s.merchant)
	}
	step, known := payLaterSteps[a.record.Type]
	switch {
	case !known:
		a.failf("I28", "an unknown type")
	case s.phase&step.from == 0:
		a.failf(step.breaks, "the phase does not allow it")
	}
	if a.violation != nil {
		return
	}
	step.apply(a, s)
	if step.to != 0 {
		s.phase = step.to
	}
}

// check checks I19 and I21.
func (s *payLaterBook) check(a *Auditor) {
	switch {
	case s.original != s.paid+s.restored+s.consumed+s.outstanding:
		a.failf("I19", "of %d, %d is paid, %d restored, %d consumed, %d outstanding", s.original, s.paid, s.restored, s.consumed, s.outstanding)
	case min(s.outstanding, s.instalments, s.paid, s.restored, s.consumed, s.refunded) < 0:
		a.failf("I19", "a negative sum")
	case s.refunded > s.paid || s.outstanding > 0 && s.instalments >= s.outstanding:
		a.failf("I21", "refunded %d of %d, instalments %d of %d", s.refunded, s.paid, s.instalments, s.outstanding)
	}
}

// setOutstanding changes the amount that the order uses of its line, and the sum of the orders of the line.
func (s *payLaterBook) setOutstanding(a *Auditor, n amount) {
	l := s.line
	a.markChanged(&l.head, l)
	l.heldByOrders = a.add(l.heldByOrders, n-s.outstanding)
	switch {
	case s.outstanding == 0 && n != 0:
		l.holdingOrders++
	case s.outstanding != 0 && n == 0:
		l.holdingOrders--
	}
	if n == 0 && s.phase == payLaterOverdue {
		l.overdueOrders--
	}
	s.outstanding = n
}

func (a *Auditor) onPayLaterPlaced(s *payLaterBook) {
	s.buyer, s.merchant = a.intern(a.text("buyer")), a.intern(a.text("merchant"))
	s.original, s.currency = a.anyMoney("amount")
	switch {
	case s.buyer != a.by.account:
		a.failf("I8", "placed for %q", s.buyer)
	case s.buyer == s.merchant:
		a.failf("D36", "the buyer is the merchant")
	case s.original <= 0:
		a.failf("I32", "an order of %d", s.original)
	}
	a.checkOffered(s.currency)
	stream, err := events.Stream("paylater_line", s.merchant+"/"+s.currency.String())
	if err != nil {
		a.failf("I17", "the order has no line: %v", err)
		return
	}
	s.line = a.lineOf(stream)
	s.setOutstanding(a, s.original)
	a.states(effect{what: "a deduction", payLater: s, line: s.line, x: s.original})
}

func (a *Auditor) onPayLaterShipped(s *payLaterBook) {
	if s.autoReceiveAt = a.time("auto_receive_at"); s.autoReceiveAt != a.at+instant(a.policy.ReceiveWithin) {
		a.failf("D46", "automatic receipt is due at %s", s.autoReceiveAt)
	}
	s.phase = choosePhase(s.phase == payLaterPrepaid, payLaterPrepaidShipped, payLaterShipped)
}

func choosePhase(yes bool, then, otherwise phase) phase {
	if yes {
		return then
	}
	return otherwise
}

func (a *Auditor) onPayLaterReceiptExtended(s *payLaterBook) {
	until := a.time("auto_receive_at")
	if s.receiptExtended || a.at >= s.autoReceiveAt || until != s.autoReceiveAt+instant(a.policy.PayLaterExtension) {
		a.failf("D46", "extended at %s from %s to %s, already extended: %t", a.at, s.autoReceiveAt, until, s.receiptExtended)
	}
	s.autoReceiveAt, s.receiptExtended = until, true
}

func (a *Auditor) onPayLaterReceiptConfirmed(s *payLaterBook) {
	by, due := roleOf(a.text("by")), instant(0)
	if s.phase == payLaterShipped {
		due = a.at + instant(a.policy.DueWithin)
	}
	s.dueAt = a.time("due_at")
	switch {
	case by != a.by.role:
		a.failf("I8", "receipt by the %s", a.text("by"))
	case by == system && a.at < s.autoReceiveAt:
		a.failf("D46", "automatic receipt at %s, it is due at %s", a.at, s.autoReceiveAt)
	case s.dueAt != due:
		a.failf("D46", "due %s, not %s", s.dueAt, due)
	}
	s.phase = choosePhase(s.phase == payLaterShipped, payLaterReceived, payLaterPaid)
}

// restoreQuota restores quota of the order to its line.
func (a *Auditor) restoreQuota(s *payLaterBook, n amount, cause string, late bool) {
	if n == 0 {
		return
	}
	s.setOutstanding(a, s.outstanding-n)
	a.states(effect{what: "a restoring", payLater: s, line: s.line, name: cause, x: n, flag: late})
}

func (a *Auditor) onAmountLowered(s *payLaterBook) {
	to, back := a.money("to", s.currency), a.money("restored", s.currency)
	if to <= s.instalments || to >= s.outstanding || back != s.outstanding-to {
		a.failf("D49", "from %d to %d with %d in instalments, restored %d", s.outstanding, to, s.instalments, back)
	}
	a.restoreQuota(s, back, "lowered", false)
	s.restored += back
}

func (a *Auditor) onPayLaterCancelled(s *payLaterBook) {
	if s.phase == payLaterPrepaid && s.refunded != s.paid {
		a.failf("D49", "cancelled with %d paid and %d refunded", s.paid, s.refunded)
	}
	a.endUnpaid(s, "cancelled", false)
}

func (a *Auditor) onPayLaterReturned(s *payLaterBook) {
	late := a.flag("overdue")
	if late != (s.phase == payLaterOverdue) {
		a.failf("D49", "overdue %t", late)
	}
	a.endUnpaid(s, "returned", late)
}

// endUnpaid ends an order without a payment: its quota is restored, and its instalments are paid back.
func (a *Auditor) endUnpaid(s *payLaterBook, cause string, late bool) {
	back, parts := a.money("restored", s.currency), a.money("paid_back", s.currency)
	if back != s.outstanding || parts != s.instalments {
		a.failf("I19", "restored %d of %d, paid back %d of %d", back, s.outstanding, parts, s.instalments)
	}
	a.restoreQuota(s, back, cause, late)
	s.restored, s.paidBack, s.instalments, s.afterSalesAt, s.pauseUntil, s.chargePending = s.restored+back, parts, 0, 0, 0, false
}

func (a *Auditor) onMarkedOverdue(s *payLaterBook) {
	n, freeze := a.money("amount", s.currency), a.number("freeze_after")
	switch {
	case a.at <= s.chargeableFrom():
		a.failf("D47", "overdue at %s, due at %s, after-sales case open since %s", a.at, s.dueAt, s.afterSalesAt)
	case n != s.outstanding || freeze != int64(a.policy.FreezeAfterOverdue):
		a.failf("D47", "overdue with %d of %d, the line freezes after %d", n, s.outstanding, freeze)
	}
	s.line.overdueOrders++
	a.markChanged(&s.line.head, s.line)
	a.states(effect{what: "an overdue order", payLater: s, line: s.line})
}

func (a *Auditor) onWrittenOff(s *payLaterBook) {
	n, parts := a.money("consumed", s.currency), a.money("paid_back", s.currency)
	if n != s.outstanding || parts != s.instalments {
		a.failf("D52", "%d of %d, paid back %d of %d", n, s.outstanding, parts, s.instalments)
	}
	s.setOutstanding(a, s.outstanding-n)
	s.consumed, s.paidBack, s.instalments, s.afterSalesAt, s.pauseUntil, s.chargePending = n, parts, 0, 0, 0, false
	a.states(effect{what: "a write-off", payLater: s, line: s.line, x: n})
}

func (a *Auditor) onFakeFlagged(s *payLaterBook) {
	if s.fakeFlagged {
		a.failf("B19", "flagged as fake a second time")
	}
	s.fakeFlagged = true
}
