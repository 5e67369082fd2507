package audit

import (
	"slices"
	"strings"
)

// outcome is how far a bank's case about a payment has come. Of two reports of one instant the greater
// one stands.
type outcome uint8

const (
	caseOpen outcome = iota
	caseRecalled
	caseWon
	caseLost
)

// bankCase is a chargeback, or the recall of a transfer, under the bank's name of it.
type bankCase struct {
	name     string // empty for the one of a payment that the first edition of the rule book recorded
	amount   amount // of its latest opening; 0 if that named none
	openedAt instant
	outcome  outcome
	at       instant // of the report that stands
}

// report is what a bank says about a case: that it is open or recalled, or how it ended.
func (a *Auditor) report(p *payment, r bankCase) {
	opens := r.outcome == caseOpen || r.outcome == caseRecalled
	named := func(name string) int {
		return slices.IndexFunc(p.cases, func(c bankCase) bool { return c.name == name })
	}
	i := named(r.name)
	if i < 0 {
		i = named("") // the first name is that of the case that had none
	}
	switch {
	case r.name == "" || r.amount < 0 || r.at == 0:
		a.failf("D24", "case %q of %d at %s", r.name, r.amount, r.at)
		return
	case r.at > a.at+instant(a.policy.ClockSkew):
		a.failf("D61", "case %s has an instant to come, %s", r.name, r.at)
		return
	case i < 0 && !opens:
		a.failf("D62", "case %s ended and was not opened", r.name)
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
		a.failf("D19", "case %s of %d, recorded is %d", r.name, r.amount, c.amount)
	}
	if r.at > c.at || r.at == c.at && r.outcome > c.outcome {
		c.outcome, c.at = r.outcome, r.at
	}
	if *c == before {
		a.failf("D24", "a report about case %s that changes nothing", r.name)
	}
	slices.SortFunc(p.cases, func(x, y bankCase) int { return strings.Compare(x.name, y.name) })
}

// caseSums is what the cases of one payment take, or those of all payments of an order.
type caseSums struct {
	taken  amount // up to the amount of each payment
	lost   amount // the part of it that is lost for good
	excess amount // beyond the amount of each payment
	open   int64  // how many cases are open
}

func (s caseSums) plus(t caseSums) caseSums {
	return caseSums{s.taken + t.taken, s.lost + t.lost, s.excess + t.excess, s.open + t.open}
}

func (s caseSums) minus(t caseSums) caseSums {
	return caseSums{s.taken - t.taken, s.lost - t.lost, s.excess - t.excess, s.open - t.open}
}

// take returns what the standing cases of a payment take, which can be more than its amount, and how
// much of that is lost for good.
func (a *Auditor) take(p *payment) (take, lost amount) {
	var rest *bankCase // the first that takes what the others leave
	for i := range p.cases {
		c := &p.cases[i]
		if c.outcome == caseWon {
			continue
		}
		take = a.plus(take, c.amount)
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

// sumsOf returns what the cases of a payment take of its order. Of a payment under review they take
// its own money only, and a record that was made by mistake is taken as a whole.
func (a *Auditor) sumsOf(p *payment) caseSums {
	if p.voided {
		return caseSums{taken: p.amount, lost: p.amount}
	}
	take, lost := a.take(p)
	s := caseSums{taken: min(take, p.amount), lost: lost}
	if p.review {
		s.taken = p.own.reversed
	}
	s.excess = take - s.taken
	for i := range p.cases {
		if p.cases[i].outcome == caseOpen {
			s.open++
		}
	}
	return s
}

// stated checks the sums of the cases that the fact states, where it states any, and that they hide
// nothing that the buyer has twice (I36).
func (a *Auditor) stated(o *orderBook, required bool) {
	m, s := &o.money, caseSums{}
	if !a.nested("cases") {
		if required && m.cases != s {
			a.failf("D24", "the cases take %+v, and the event does not say so", m.cases)
		}
		return
	}
	a.turn()
	defer a.turn()
	s = caseSums{a.money("taken", o.currency), a.money("lost", o.currency), a.money("excess", o.currency), a.number("open")}
	// What is applied or reversed came in and did not go back. Amounts may be the largest that there are:
	// no sum overflows in this order.
	there := m.received - m.returned - m.unapplied
	owed := max(0, m.refunded+m.claimed-there+s.lost)
	beyond := s.excess + s.taken - m.reversed
	if twice := m.refunded - there + m.cases.lost - owed; twice > beyond {
		a.failf("I36", "%d went twice; stated are %d beyond and %d owed by the buyer", twice, beyond, owed)
	}
	if s != m.cases {
		a.failf("D24", "the cases take %+v, stated are %+v", m.cases, s)
	}
}
