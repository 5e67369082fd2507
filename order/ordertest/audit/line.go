package audit

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// lineBook is what is kept of a credit line: what its own events say, and what its orders say.
type lineBook struct {
	head
	account  string
	currency currency
	payLater bool

	open, suspended         bool
	requested               bool // an assessment
	limit, held, consumed   amount
	holds, overdue          int64
	grounds                 []ground // for which it is frozen
	byOrders                amount   // what its orders hold or use together
	orders, late            int64    // how many do, and how many of them are overdue
	granted, claimed, repay amount   // over all time
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

// available is what is left of the limit.
func (l *lineBook) available() amount { return max(0, l.limit-l.held-l.consumed) }

// settle checks that a line says what its orders say (I1, I17), and that its sums are sound (I2).
func (l *lineBook) settle(a *Auditor) {
	sum, all := "I1", a.plus(l.held, l.consumed)
	if l.payLater {
		sum = "I17"
	}
	switch {
	case a.alone: // its own events are not in the log
	case l.held != l.byOrders || l.holds != l.orders:
		a.failf(sum, "it holds %d for %d orders, the orders say %d for %d", l.held, l.holds, l.byOrders, l.orders)
	case l.overdue != l.late:
		a.failf("D53", "it counts %d overdue orders, %d are", l.overdue, l.late)
	case l.limit < 0 || l.held < 0 || l.consumed < 0 || l.consumed != l.claimed-l.repay:
		a.failf("I2", "limit %d, held %d, consumed %d of %d claimed and %d repaid", l.limit, l.held, l.consumed, l.claimed, l.repay)
	case l.available()-max(0, all-l.limit)+all != l.limit:
		a.failf("I2", "available %d, held %d, consumed %d, limit %d", l.available(), l.held, l.consumed, l.limit)
	}
}

func (a *Auditor) seeLine(l *lineBook) {
	if !a.enter(&l.head, l) {
		return
	}
	name := a.record.Type
	opening := name == "credit.limit-assessed" || name == "credit.line-opened"
	switch {
	case !l.open && !opening:
		a.failf("I2", "the line was never assessed")
	case name == "credit.line-opened" && l.open:
		a.failf("I2", "the line is open")
	case l.payLater:
		a.seeQuota(l, name)
	default:
		a.seeAssurance(l, name)
	}
	l.open = true
}

// seeAssurance is section 4.4 of the rule book.
func (a *Auditor) seeAssurance(l *lineBook, name string) {
	order := func() *orderBook { return a.orders[string(a.text("order"))] }
	switch name {
	case "credit.assessment-requested":
		a.assessmentRequested(l)
	case "credit.limit-assessed":
		l.limit, l.requested = a.money("limit", l.currency), false
		l.granted = max(l.granted, l.limit)
	case "credit.line-suspended", "credit.line-resumed":
		if suspend := name == "credit.line-suspended"; suspend == l.suspended {
			a.failf("D33", "suspended %t already", suspend)
		}
		l.suspended = !l.suspended
	case "credit.held":
		n := a.money("amount", l.currency)
		a.confirms(effect{what: "a hold", order: order(), line: l, x: n})
		a.grows(l, n)
		l.holds++
	case "credit.hold-adjusted":
		from, to := a.money("from", l.currency), a.money("to", l.currency)
		a.confirms(effect{what: "an adjusted hold", order: order(), line: l, x: from, y: to})
		if to > from {
			a.grows(l, to-from)
		} else {
			l.held += to - from
		}
	case "credit.released":
		n := a.money("amount", l.currency)
		a.confirms(effect{what: "a release", order: order(), line: l, name: a.keep(a.text("cause")), x: n})
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
			a.failf("D8", "%d repaid, owed are %d", n, l.consumed)
		}
		l.consumed, l.repay = l.consumed-n, l.repay+n
	default:
		a.failf("I28", "an unknown type")
	}
}

// grows is a hold or a deduction: it has to fit in what is available (I2), because nothing but a
// cut of the limit may leave more held than that.
func (a *Auditor) grows(l *lineBook, n amount) {
	rule := "I2"
	if l.payLater {
		rule = "I18"
	}
	switch {
	case n <= 0 || n > l.available():
		a.failf(rule, "%d, available are %d", n, l.available())
	case l.suspended:
		a.failf("D3", "the line is suspended")
	case len(l.grounds) > 0:
		a.failf("I24", "the line is frozen for %v", l.grounds)
	}
	l.held = a.plus(l.held, n)
}

// assessmentRequested notes a request, of which a line has one at a time (B21).
func (a *Auditor) assessmentRequested(l *lineBook) {
	if l.requested || a.by.account != l.account {
		a.failf("B21", "requested %t already, by %q", l.requested, a.by.account)
	}
	l.requested = true
}

// offered checks that pay later is offered in a currency (D60).
func (a *Auditor) offered(c currency) {
	if list := a.policy.Currencies; !slices.Contains(list, c.String()) && (len(list) > 0 || c.String() != "CNY") {
		a.failf("D60", "pay later is not offered in %s", c)
	}
}

// seeQuota is section 4.6 of the rule book.
func (a *Auditor) seeQuota(l *lineBook, name string) {
	sale := func() *saleBook { return a.sales[string(a.text("order"))] }
	switch name {
	case "credit.assessment-requested":
		a.assessmentRequested(l)
	case "credit.line-opened":
		a.offered(l.currency)
		l.limit = a.money("limit", l.currency)
		l.granted = l.limit
	case "credit.limit-raised", "credit.limit-reduced":
		from, to := a.money("from", l.currency), a.money("to", l.currency)
		switch raised := name == "credit.limit-raised"; {
		case from != l.limit || (to > from) != raised || (to == from) != a.flag("stays"):
			a.failf("I18", "from %d to %d, the limit is %d", from, to, l.limit)
		case to == from && !l.requested && len(a.text("email")) == 0:
			a.failf("B21", "an assessment that says nothing new")
		case raised && len(l.grounds) > 0:
			a.failf("D55", "raised while frozen for %v", l.grounds)
		}
		l.limit, l.granted, l.requested = to, max(l.granted, to), false
	case "credit.quota-deducted":
		n := a.money("amount", l.currency)
		a.confirms(effect{what: "a deduction", sale: sale(), line: l, x: n})
		a.grows(l, n)
		l.holds++
	case "credit.quota-restored":
		a.restored(l, sale())
	case "credit.quota-consumed":
		n, from, to := a.money("amount", l.currency), a.money("limit_from", l.currency), a.money("limit_to", l.currency)
		if from != l.limit || to != max(0, from-n) {
			a.failf("D52", "from %d to %d by %d, the limit is %d", from, to, n, l.limit)
		}
		a.confirms(effect{what: "a write-off", sale: sale(), line: l, x: n})
		l.limit, l.held, l.overdue = to, l.held-n, l.overdue-1
		l.holds--
	case "credit.overdue-noted":
		a.noted(l, sale())
	case "credit.frozen":
		a.froze(l)
	case "credit.unfrozen":
		i := slices.Index(l.grounds, ground{string(a.text("reason")), string(a.text("ref"))})
		if i < 0 {
			a.failf("D53", "it is not frozen for %s %s", a.text("reason"), a.text("ref"))
			return
		}
		l.grounds = slices.Delete(l.grounds, i, i+1)
	default:
		a.failf("I28", "an unknown type")
	}
}

func (a *Auditor) restored(l *lineBook, s *saleBook) {
	n, cause, late := a.money("amount", l.currency), a.keep(a.text("cause")), a.flag("overdue")
	a.confirms(effect{what: "a restoring", sale: s, line: l, name: cause, x: n, flag: late})
	l.held -= n
	if cause != "lowered" {
		l.holds--
	}
	if late {
		l.overdue--
	}
}

func (a *Auditor) noted(l *lineBook, s *saleBook) {
	a.confirms(effect{what: "an overdue order", sale: s, line: l})
	l.overdue++
	frozen := slices.ContainsFunc(l.grounds, func(g ground) bool { return g.reason == "overdue" })
	if n := int64(a.policy.FreezeAfterOverdue); n > 0 && l.overdue >= n && !frozen && len(l.grounds) < 100 {
		a.expected = freezing{line: l, sale: s}
	}
}

// froze checks that the reason is true, and new.
func (a *Auditor) froze(l *lineBook) {
	g := ground{string(a.text("reason")), string(a.text("ref"))}
	s := a.sales[g.ref]
	mine := s != nil && s.line == l
	truth := false
	switch g.reason {
	case "overdue":
		truth = mine && s.phase == saleOverdue
	case "fake-order":
		truth = mine && s.flagged
	case "open-orders":
		truth = g.ref == "" && l.holds > 0
	case "other":
		truth = g.ref != ""
	}
	itself := l.stream != a.target
	if !truth || slices.Contains(l.grounds, g) || itself && (a.expected.line != l || a.expected.sale != s) {
		a.failf("D53", "frozen for %s %s, by itself %t, which is not so or not new", g.reason, g.ref, itself)
	}
	if itself {
		a.expected = freezing{}
	}
	l.grounds = append(l.grounds, g)
}
