package audit

import "github.com/tradesurety/surety/events"

// The phases of a pay-later order.
const (
	saleNone phase = 1 << iota
	salePlaced
	saleShipped
	salePrepaid
	salePrepaidShipped
	saleReceived
	saleOverdue
	salePaid
	saleCancelled
	saleWrittenOff

	saleUnpaid = salePlaced | saleShipped | saleReceived | saleOverdue
)

type saleStep struct {
	from, to phase
	breaks   string
	says     func(a *Auditor, s *saleBook)
}

// saleSteps is section 4.5 of the rule book. Where an event leads depends on whether the order is
// paid: those without a target move it themselves.
var saleSteps = map[string]saleStep{
	"paylater.placed":             {saleNone, salePlaced, "I19", (*Auditor).placed},
	"paylater.cancelled":          {salePlaced | salePrepaid, saleCancelled, "D49", (*Auditor).saleCancelled},
	"paylater.shipped":            {salePlaced | salePrepaid, 0, "B1", (*Auditor).saleWasShipped},
	"paylater.receipt-extended":   {saleShipped | salePrepaidShipped, 0, "D46", (*Auditor).saleExtended},
	"paylater.receipt-confirmed":  {saleShipped | salePrepaidShipped, 0, "D46", (*Auditor).saleReceipt},
	"paylater.instalment-paid":    {saleUnpaid, 0, "I21", (*Auditor).instalmentPaid},
	"paylater.paid":               {saleUnpaid, 0, "I20", (*Auditor).paid},
	"paylater.payment-unapplied":  {salePrepaid | salePrepaidShipped | salePaid | saleCancelled | saleWrittenOff, 0, "I21", (*Auditor).paymentUnapplied},
	"paylater.unapplied-returned": {^saleNone, 0, "D21", (*Auditor).saleReturnedUnapplied},
	"paylater.refund-made":        {salePrepaid | salePrepaidShipped | salePaid, 0, "I21", (*Auditor).saleRefunded},
	"paylater.charge-requested":   {saleReceived | saleOverdue, 0, "D47", (*Auditor).chargeRequested},
	"paylater.charge-failed":      {saleReceived | saleOverdue, 0, "D47", (*Auditor).chargeFailed},
	"paylater.marked-overdue":     {saleReceived, saleOverdue, "D47", (*Auditor).markedOverdue},
	"paylater.written-off":        {saleOverdue, saleWrittenOff, "D52", (*Auditor).writtenOff},
	"paylater.after-sales-opened": {saleReceived, 0, "D46", (*Auditor).afterSalesOpened},
	"paylater.after-sales-closed": {saleReceived | saleOverdue, 0, "D46", (*Auditor).afterSalesClosed},
	"paylater.amount-lowered":     {saleUnpaid, 0, "D49", (*Auditor).amountLowered},
	"paylater.returned":           {saleShipped | saleReceived | saleOverdue, saleCancelled, "D49", (*Auditor).saleReturned},
	"paylater.fake-flagged":       {^saleNone, 0, "B19", (*Auditor).fakeFlagged},
}

// saleBook is what is kept of a pay-later order.
type saleBook struct {
	head
	id              string
	phase           phase
	buyer, merchant string
	currency        currency
	line            *lineBook
	funds           *fundsBook // nil until it is paid

	original, outstanding, instalments amount
	paid, restored, consumed           amount
	refunded, paidBack                 amount
	autoAt, dueAt, openedAt            instant
	extended, pending, flagged         bool
	pausedAt                           instant // the end of the pause of the open case
	paused                             instant // by how much closed cases have put off the due time
	cases                              int64   // that count
	ended                              bool    // the platform has closed one
	charges                            int64
	references                         []string
	unapplied                          amount            // what charges brought beside, less what went back
	surplus                            []string          // the references of these charges
	kept                               map[string]amount // what payments brought that the first edition recorded, and that are not adopted since
	waitsUntil                         instant           // in the funds; see lots
}

// waiting reports whether the order may still move quota or money.
func (s *saleBook) waiting() bool {
	return s.phase&(salePaid|saleCancelled|saleWrittenOff) == 0
}

func (s *saleBook) due() amount { return s.outstanding - s.instalments }

func (a *Auditor) saleOf(id string) *saleBook {
	s := a.sales[id]
	if s == nil {
		s = &saleBook{head: head{stream: a.record.Stream}, id: id, phase: saleNone}
		a.sales[s.id] = s
	}
	return s
}

func (a *Auditor) seeSale(s *saleBook) {
	if !a.enter(&s.head, s) {
		return
	}
	if s.phase != saleNone {
		a.is(s.buyer, s.merchant)
	}
	step, known := saleSteps[a.record.Type]
	switch {
	case !known:
		a.failf("I28", "an unknown type")
	case s.phase&step.from == 0:
		a.failf(step.breaks, "not in this phase")
	}
	if a.fault != nil {
		return
	}
	step.says(a, s)
	if step.to != 0 {
		s.phase = step.to
	}
}

// settle checks I19 and I21.
func (s *saleBook) settle(a *Auditor) {
	switch {
	case s.original != s.paid+s.restored+s.consumed+s.outstanding:
		a.failf("I19", "of %d are paid %d, restored %d, consumed %d, outstanding %d", s.original, s.paid, s.restored, s.consumed, s.outstanding)
	case min(s.outstanding, s.instalments, s.paid, s.restored, s.consumed, s.refunded) < 0:
		a.failf("I19", "a sum below nothing")
	case s.refunded > s.paid || s.outstanding > 0 && s.instalments >= s.outstanding:
		a.failf("I21", "refunded %d of %d, instalments %d of %d", s.refunded, s.paid, s.instalments, s.outstanding)
	}
}

// uses changes what the order uses of its line, and with it what the orders of the line use.
func (s *saleBook) uses(a *Auditor, n amount) {
	l := s.line
	a.touch(&l.head, l)
	l.byOrders = a.plus(l.byOrders, n-s.outstanding)
	switch {
	case s.outstanding == 0 && n != 0:
		l.orders++
	case s.outstanding != 0 && n == 0:
		l.orders--
	}
	if n == 0 && s.phase == saleOverdue {
		l.late--
	}
	s.outstanding = n
}

func (a *Auditor) placed(s *saleBook) {
	s.buyer, s.merchant = a.keep(a.text("buyer")), a.keep(a.text("merchant"))
	s.original, s.currency = a.anyMoney("amount")
	switch {
	case s.buyer != a.by.account:
		a.failf("I8", "placed for %q", s.buyer)
	case s.buyer == s.merchant:
		a.failf("D36", "the buyer is the merchant")
	case s.original <= 0:
		a.failf("I32", "an order of %d", s.original)
	}
	a.offered(s.currency)
	stream, err := events.Stream("paylater_line", s.merchant+"/"+s.currency.String())
	if err != nil {
		a.failf("I17", "the order has no line: %v", err)
		return
	}
	s.line = a.lineOf(stream)
	s.uses(a, s.original)
	a.says(effect{what: "a deduction", sale: s, line: s.line, x: s.original})
}

func (a *Auditor) saleWasShipped(s *saleBook) {
	if s.autoAt = a.when("auto_receive_at"); s.autoAt != a.at+instant(a.policy.ReceiveWithin) {
		a.failf("D46", "received by itself from %s", s.autoAt)
	}
	s.phase = after(s.phase == salePrepaid, salePrepaidShipped, saleShipped)
}

func after(yes bool, then, otherwise phase) phase {
	if yes {
		return then
	}
	return otherwise
}

func (a *Auditor) saleExtended(s *saleBook) {
	until := a.when("auto_receive_at")
	if s.extended || a.at >= s.autoAt || until != s.autoAt+instant(a.policy.SaleExtension) {
		a.failf("D46", "extended at %s from %s to %s, before %t", a.at, s.autoAt, until, s.extended)
	}
	s.autoAt, s.extended = until, true
}

func (a *Auditor) saleReceipt(s *saleBook) {
	by, due := roleOf(a.text("by")), instant(0)
	if s.phase == saleShipped {
		due = a.at + instant(a.policy.DueWithin)
	}
	s.dueAt = a.when("due_at")
	switch {
	case by != a.by.role:
		a.failf("I8", "receipt by the %s", a.text("by"))
	case by == system && a.at < s.autoAt:
		a.failf("D46", "received by itself at %s, possible from %s", a.at, s.autoAt)
	case s.dueAt != due:
		a.failf("D46", "due %s, not %s", s.dueAt, due)
	}
	s.phase = after(s.phase == saleShipped, saleReceived, salePaid)
}

// gives is quota that the order restores to its line.
func (a *Auditor) gives(s *saleBook, n amount, cause string, late bool) {
	if n == 0 {
		return
	}
	s.uses(a, s.outstanding-n)
	a.says(effect{what: "a restoring", sale: s, line: s.line, name: cause, x: n, flag: late})
}

func (a *Auditor) amountLowered(s *saleBook) {
	to, back := a.money("to", s.currency), a.money("restored", s.currency)
	if to <= s.instalments || to >= s.outstanding || back != s.outstanding-to {
		a.failf("D49", "from %d to %d with %d in instalments, restored %d", s.outstanding, to, s.instalments, back)
	}
	a.gives(s, back, "lowered", false)
	s.restored += back
}

func (a *Auditor) saleCancelled(s *saleBook) {
	if s.phase == salePrepaid && s.refunded != s.paid {
		a.failf("D49", "cancelled with %d paid and %d refunded", s.paid, s.refunded)
	}
	a.ends(s, "cancelled", false)
}

func (a *Auditor) saleReturned(s *saleBook) {
	late := a.flag("overdue")
	if late != (s.phase == saleOverdue) {
		a.failf("D49", "overdue %t", late)
	}
	a.ends(s, "returned", late)
}

// ends is an order that ends without a payment: what it uses is restored, what was paid in part
// goes back.
func (a *Auditor) ends(s *saleBook, cause string, late bool) {
	back, parts := a.money("restored", s.currency), a.money("paid_back", s.currency)
	if back != s.outstanding || parts != s.instalments {
		a.failf("I19", "restored %d of %d, paid back %d of %d", back, s.outstanding, parts, s.instalments)
	}
	a.gives(s, back, cause, late)
	s.restored, s.paidBack, s.instalments, s.openedAt, s.pausedAt, s.pending = s.restored+back, parts, 0, 0, 0, false
}

func (a *Auditor) markedOverdue(s *saleBook) {
	n, freeze := a.money("amount", s.currency), a.number("freeze_after")
	switch {
	case a.at <= s.resumes():
		a.failf("D47", "overdue at %s, due %s, after-sales since %s", a.at, s.dueAt, s.openedAt)
	case n != s.outstanding || freeze != int64(a.policy.FreezeAfterOverdue):
		a.failf("D47", "overdue with %d of %d, frozen after %d", n, s.outstanding, freeze)
	}
	s.line.late++
	a.touch(&s.line.head, s.line)
	a.says(effect{what: "an overdue order", sale: s, line: s.line})
}

func (a *Auditor) writtenOff(s *saleBook) {
	n, parts := a.money("consumed", s.currency), a.money("paid_back", s.currency)
	if n != s.outstanding || parts != s.instalments {
		a.failf("D52", "%d of %d, paid back %d of %d", n, s.outstanding, parts, s.instalments)
	}
	s.uses(a, s.outstanding-n)
	s.consumed, s.paidBack, s.instalments, s.openedAt, s.pausedAt, s.pending = n, parts, 0, 0, 0, false
	a.says(effect{what: "a write-off", sale: s, line: s.line, x: n})
}

func (a *Auditor) fakeFlagged(s *saleBook) {
	if s.flagged {
		a.failf("B19", "flagged twice")
	}
	s.flagged = true
}
