package audit

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// lineBook is the auditor's state of a credit line: the sums of its own events, and those of its orders.
type lineBook struct {
	head
	account  string
	currency currency
	payLater bool

	open, suspended              bool
	assessmentRequested          bool
	limit, held, consumed        amount
	holds, overdue               int64
	grounds                      []ground // for which it is frozen
	heldByOrders                 amount   // the sum that its orders hold or use, by their own events
	holdingOrders, overdueOrders int64    // the number of these orders, and of the overdue ones
	claimed, repaid              amount   // over all time
}

// ground is a reason for which a pay-later line is frozen.
type ground struct{ reason, ref string }

func (a *Auditor) lineOf(stream events.StreamID) *lineBook {
	l := a.lines[stream]
	if l == nil {
		key, _ := stream.Key()
		account, code, _ := strings.Cut(key, "/")
		l = &lineBook{head: head{stream: stream}, account: account, payLater: stream.Category() == "paylater_line"}
		copy(l.currency[:], code)
		a.lines[stream] = l
	}
	return l
}

// available returns the unused part of the limit.
func (l *lineBook) available() amount { return max(0, l.limit-l.held-l.consumed) }

// check checks that the line and its orders agree (I1, I17), and that the sums of the line balance (I2).
func (l *lineBook) check(a *Auditor) {
	sum, all := "I1", a.add(l.held, l.consumed)
	if l.payLater {
		sum = "I17"
	}
	switch {
	case a.ordersOnly: // its own events are not in the log
	case l.held != l.heldByOrders || l.holds != l.holdingOrders:
		a.failf(sum, "the line holds %d for %d orders; by their events %d orders hold %d", l.held, l.holds, l.holdingOrders, l.heldByOrders)
	case l.overdue != l.overdueOrders:
		a.failf("D53", "the line counts %d overdue orders, and %d orders are overdue", l.overdue, l.overdueOrders)
	case l.limit < 0 || l.held < 0 || l.consumed < 0 || l.consumed != l.claimed-l.repaid:
		a.failf("I2", "limit %d, held %d, consumed %d of %d claimed and %d repaid", l.limit, l.held, l.consumed, l.claimed, l.repaid)
	case l.available()-max(0, all-l.limit)+all != l.limit:
		a.failf("I2", "available %d, held %d, consumed %d, limit %d", l.available(), l.held, l.consumed, l.limit)
	}
}

func (a *Auditor) bookLine(l *lineBook) {
	if !a.advance(&l.head, l) {
		return
	}
	name := a.record.Type
	opening := name == "credit.limit-assessed" || name == "credit.line-opened"
	switch {
	case !l.open && !opening:
		a.failf("I2", "the line was never assessed")
	case name == "credit.line-opened" && l.open:
		a.failf("I2", "the line is already open")
	case l.payLater:
		a.bookPayLaterLine(l, name)
	default:
		a.bookAssuranceLine(l, name)
	}
	l.open = true
}

// bookAssuranceLine books an event of an assurance line (section 4.4 of the rule book).
func (a *Auditor) bookAssuranceLine(l *lineBook, name string) {
	order := func() *orderBook { return a.orders[string(a.text("order"))] }
	switch name {
	case "credit.assessment-requested":
		a.onAssessmentRequested(l)
	case "credit.limit-assessed":
		l.limit, l.assessmentRequested = a.money("limit", l.currency), false
	case "credit.line-suspended", "credit.line-resumed":
		if suspend := name == "credit.line-suspended"; suspend == l.suspended {
			a.failf("D33", "suspended is already %t", suspend)
		}
		l.suspended = !l.suspended
	case "credit.held":
		n := a.money("amount", l.currency)
		a.confirms(effect{what: "a hold", order: order(), line: l, x: n})
		a.hold(l, n)
		l.holds++
	case "credit.hold-adjusted":
		from, to := a.money("from", l.currency), a.money("to", l.currency)
		a.confirms(effect{what: "an adjusted hold", order: order(), line: l, x: from, y: to})
		if to > from {
			a.hold(l, to-from)
		} else {
			l.held += to - from
		}
	case "credit.released":
		n := a.money("amount", l.currency)
		a.confirms(effect{what: "a release", order: order(), line: l, name: a.intern(a.text("cause")), x: n})
		l.held -= n
		l.holds--
	case "credit.claim-posted":
		n, rest := a.money("amount", l.currency), a.money("released", l.currency)
		a.confirms(effect{what: "a claim", order: order(), line: l, x: n, y: rest})
		l.held, l.consumed, l.claimed = l.held-n-rest, l.consumed+n, l.claimed+n
		l.holds--
	case "credit.claim-repaid":
		n := a.money("amount", l.currency)
		if n <= 0 || n > l.consumed {
			a.failf("D8", "%d repaid of a claim of %d", n, l.consumed)
		}
		l.consumed, l.repaid = l.consumed-n, l.repaid+n
	default:
		a.failf("I28", "an unknown type")
	}
}

// hold books a hold or a deduction. The amount must fit in the available amount (I2): only a cut of the
// limit may leave more held than the limit.
func (a *Auditor) hold(l *lineBook, n amount) {
	rule := "I2"
	if l.payLater {
		rule = "I18"
	}
	switch {
	case n <= 0 || n > l.available():
		a.failf(rule, "an amount of %d with %d available", n, l.available())
	case l.suspended:
		a.failf("D3", "the line is suspended")
	case len(l.grounds) > 0:
		a.failf("I24", "the line is frozen for %v", l.grounds)
	}
	l.held = a.add(l.held, n)
}

// onAssessmentRequested checks that no other request of the line is open (B21).
func (a *Auditor) onAssessmentRequested(l *lineBook) {
	if l.assessmentRequested || a.by.account != l.account {
		a.failf("B21", "an assessment requested by %q; already requested: %t", a.by.account, l.assessmentRequested)
	}
	l.assessmentRequested = true
}

// checkOffered checks that the platform offers pay later in a currency (D60).
func (a *Auditor) checkOffered(c currency) {
	if list := a.policy.Currencies; !slices.Contains(list, c.String()) && (len(list) > 0 || c.String() != "CNY") {
		a.failf("D60", "pay later is not offered in %s", c)
	}
}

// bookPayLaterLine books an event of a pay-later line (section 4.6 of the rule book).
func (a *Auditor) bookPayLaterLine(l *lineBook, name string) {
	order := func() *payLaterBook { return a.payLater[string(a.text("order"))] }
	switch name {
	case "credit.assessment-requested":
		a.onAssessmentRequested(l)
	case "credit.line-opened":
		a.checkOffered(l.currency)
		l.limit = a.money("limit", l.currency)
	case "credit.limit-raised", "credit.limit-reduced":
		from, to := a.money("from", l.currency), a.money("to", l.currency)
		switch raised := name == "credit.limit-raised"; {
		case from != l.limit || (to > from) != raised || (to == from) != a.flag("stays"):
			a.failf("I18", "from %d to %d, the limit is %d", from, to, l.limit)
		case to == from && !l.assessmentRequested && len(a.text("email")) == 0:
			a.failf("B21", "an assessment without a request or a mail keeps the limit")
		case raised && len(l.grounds) > 0:
			a.failf("D55", "raised while frozen for %v", l.grounds)
		}
		l.limit, l.assessmentRequested = to, false
	case "credit.quota-deducted":
		n := a.money("amount", l.currency)
		a.confirms(effect{what: "a deduction", payLater: order(), line: l, x: n})
		a.hold(l, n)
		l.holds++
	case "credit.quota-restored":
		a.onQuotaRestored(l, order())
	case "credit.quota-consumed":
		n, from, to := a.money("amount", l.currency), a.money("limit_from", l.currency), a.money("limit_to", l.currency)
		if from != l.limit || to != max(0, from-n) {
			a.failf("D52", "from %d to %d by %d, the limit is %d", from, to, n, l.limit)
		}
		a.confirms(effect{what: "a write-off", payLater: order(), line: l, x: n})
		l.limit, l.held, l.overdue = to, l.held-n, l.overdue-1
		l.holds--
	case "credit.overdue-noted":
		a.onOverdueNoted(l, order())
	case "credit.frozen":
		a.onFrozen(l)
	case "credit.unfrozen":
		i := slices.Index(l.grounds, ground{string(a.text("reason")), string(a.text("ref"))})
		if i < 0 {
			a.failf("D53", "the line is not frozen for %s %s", a.text("reason"), a.text("ref"))
			return
		}
		l.grounds = slices.Delete(l.grounds, i, i+1)
	default:
		a.failf("I28", "an unknown type")
	}
}

func (a *Auditor) onQuotaRestored(l *lineBook, s *payLaterBook) {
	n, cause, late := a.money("amount", l.currency), a.intern(a.text("cause")), a.flag("overdue")
	a.confirms(effect{what: "a restoring", payLater: s, line: l, name: cause, x: n, flag: late})
	l.held -= n
	if cause != "lowered" {
		l.holds--
	}
	if late {
		l.overdue--
	}
}

func (a *Auditor) onOverdueNoted(l *lineBook, s *payLaterBook) {
	a.confirms(effect{what: "an overdue order", payLater: s, line: l})
	l.overdue++
	frozen := slices.ContainsFunc(l.grounds, func(g ground) bool { return g.reason == "overdue" })
	if n := int64(a.policy.FreezeAfterOverdue); n > 0 && l.overdue >= n && !frozen && len(l.grounds) < 100 {
		a.expectedFreeze = lineFreeze{line: l, payLater: s}
	}
}

// onFrozen checks that the reason holds and that the line is not frozen for it yet.
func (a *Auditor) onFrozen(l *lineBook) {
	g := ground{string(a.text("reason")), string(a.text("ref"))}
	s := a.payLater[g.ref]
	onLine := s != nil && s.line == l
	holds := false
	switch g.reason {
	case "overdue":
		holds = onLine && s.phase == payLaterOverdue
	case "fake-order":
		holds = onLine && s.fakeFlagged
	case "open-orders":
		holds = g.ref == "" && l.holds > 0
	case "other":
		holds = g.ref != ""
	}
	automatic := l.stream != a.target
	if !holds || slices.Contains(l.grounds, g) || automatic && (a.expectedFreeze.line != l || a.expectedFreeze.payLater != s) {
		a.failf("D53", "frozen for %s %s, automatically %t: the reason does not hold, or the line is already frozen for it", g.reason, g.ref, automatic)
	}
	if automatic {
		a.expectedFreeze = lineFreeze{}
	}
	l.grounds = append(l.grounds, g)
}
