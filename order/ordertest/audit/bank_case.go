package audit

import (
	"slices"
	"strings"
)

// outcome is the status of a bank's case about a payment. Of two reports of one instant the one with the
// greater outcome applies.
type outcome uint8

const (
	caseOpen outcome = iota
	caseRecalled
	caseWon
	caseLost
)

// bankCase is a chargeback, or the recall of a transfer.
type bankCase struct {
	name     string // the bank's name of it; empty for a case that the first edition of the rule book recorded
	amount   amount // of its latest opening; 0 if the opening names no amount
	openedAt instant
	outcome  outcome
	at       instant // of the report with the outcome
}

// applyReport applies a bank's report about a case: its opening, a recall, or its end.
func (a *Auditor) applyReport(p *payment, r bankCase) {
	opens := r.outcome == caseOpen || r.outcome == caseRecalled
	indexOf := func(name string) int {
		return slices.IndexFunc(p.cases, func(c bankCase) bool { return c.name == name })
	}
	i := indexOf(r.name)
	if i < 0 {
		i = indexOf("") // the report names a case of the first edition
	}
	switch {
	case r.name == "" || r.amount < 0 || r.at == 0:
		a.failf("D24", "case %q of %d at %s", r.name, r.amount, r.at)
		return
	case r.at > a.at+instant(a.policy.ClockSkew):
		a.failf("D61", "case %s has an instant in the future, %s", r.name, r.at)
		return
	case i < 0 && !opens:
		a.failf("D62", "case %s ended before it was opened", r.name)
		return
	case i < 0:
		r.openedAt = r.at
		p.cases = append(p.cases, r)
		slices.SortFunc(p.cases, func(x, y bankCase) int { return strings.Compare(x.name, y.name) })
		return
	}
	c, before := &p.cases[i], p.cases[i]
	c.name = r.name
	switch {
	case opens && r.at > c.openedAt:
		c.amount, c.openedAt = r.amount, r.at
	case opens && r.at == c.openedAt && r.amount != c.amount:
		a.failf("D19", "case %s of %d was recorded with %d", r.name, r.amount, c.amount)
	}
	if r.at > c.at || r.at == c.at && r.outcome > c.outcome {
		c.outcome, c.at = r.outcome, r.at
	}
	if *c == before {
		a.failf("D24", "a report about case %s changes nothing", r.name)
	}
	slices.SortFunc(p.cases, func(x, y bankCase) int { return strings.Compare(x.name, y.name) })
}

// caseSums are the sums of the cases of one payment, or of all payments of an order.
type caseSums struct {
	taken  amount // up to the amount of each payment
	lost   amount // the part of taken whose cases have ended
	excess amount // beyond the amount of each payment
	open   int64  // the number of open cases
}

func (s caseSums) plus(t caseSums) caseSums {
	return caseSums{s.taken + t.taken, s.lost + t.lost, s.excess + t.excess, s.open + t.open}
}

func (s caseSums) minus(t caseSums) caseSums {
	return caseSums{s.taken - t.taken, s.lost - t.lost, s.excess - t.excess, s.open - t.open}
}

// takenBy returns the sum that the cases of a payment take, except those that were won, and the part of it
// whose cases have ended. The sum can exceed the amount of the payment.
func (a *Auditor) takenBy(p *payment) (take, lost amount) {
	var rest *bankCase // the first case without an amount, which takes the rest of the payment
	for i := range p.cases {
		c := &p.cases[i]
		if c.outcome == caseWon {
			continue
		}
		take = a.add(take, c.amount)
		if c.outcome != caseOpen {
			lost += c.amount
		}
		if c.amount == 0 && rest == nil {
			rest = c
		}
	}
	if rest != nil && take < p.amount {
		if rest.outcome != caseOpen {
			lost += p.amount - take
		}
		take = p.amount
	}
	return take, min(lost, p.amount)
}

// caseSumsOf returns the sums of the cases of a payment. The cases of a payment under review take only its
// own money, and a voided record counts as taken as a whole.
func (a *Auditor) caseSumsOf(p *payment) caseSums {
	if p.voided {
		return caseSums{taken: p.amount, lost: p.amount}
	}
	take, lost := a.takenBy(p)
	s := caseSums{taken: min(take, p.amount), lost: lost}
	if p.needsReview {
		s.taken = p.underReview.reversed
	}
	s.excess = take - s.taken
	for i := range p.cases {
		if p.cases[i].outcome == caseOpen {
			s.open++
		}
	}
	return s
}

// checkStatedSums checks the sums of the cases that the event states, if it states any, and that they
// account for all money that the buyer got twice (I36).
func (a *Auditor) checkStatedSums(o *orderBook, required bool) {
	m, s := &o.money, caseSums{}
	if !a.parseNested("cases") {
		if required && m.cases != s {
			a.failf("D24", "the sums of the cases are %+v, and the event states none", m.cases)
		}
		return
	}
	a.swapNested()
	defer a.swapNested()
	s = caseSums{a.money("taken", o.currency), a.money("lost", o.currency), a.money("excess", o.currency), a.number("open")}
	// The received money that is applied or reversed. Computed in this order, the sums do not overflow.
	kept := m.received - m.returned - m.unapplied
	owed := max(0, m.refunded+m.claimed-kept+s.lost)
	beyond := s.excess + s.taken - m.reversed
	if twice := m.refunded - kept + m.cases.lost - owed; twice > beyond {
		a.failf("I36", "the buyer got %d twice; stated is %d beyond and %d owed by the buyer", twice, beyond, owed)
	}
	if s != m.cases {
		a.failf("D24", "the sums of the cases are %+v, the event states %+v", m.cases, s)
	}
}
