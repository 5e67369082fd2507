package audit

func (a *Auditor) unappliedApplied(o *orderBook) {
	m, n := &o.money, a.money("amount", o.currency)
	if a.fact.raw("reference") != nil {
		a.reviewedApplied(o, n)
		return
	}
	waits, review := a.waiting(o, n)
	if a.asked.command == "confirm" { // what is under review keeps waiting
		waits, review = m.unapplied-m.review, 0
	}
	switch reviewed := a.money("reviewed", o.currency); {
	case n <= 0 || n > waits || n > o.due():
		a.failf("I14", "%d, of which %d wait and %d are due", n, waits, o.due())
	case a.asked.command == "confirm" && n != min(waits, o.due()):
		a.failf("I14", "%d, but %d wait and %d are due", n, waits, o.due())
	case reviewed != review:
		a.failf("D19", "%d of it were under review, not %d", reviewed, review)
	}
	m.unapplied, m.review, m.applied = m.unapplied-n, m.review-review, m.applied+n
	a.movedInside(o, moves{})
	a.stated(o, false)
}

// waiting returns how much money waits that an event can move which names no payment, and how much of
// n is under review. The first edition moved all money by its sum.
func (a *Auditor) waiting(o *orderBook, n amount) (waits, review amount) {
	m := &o.money
	if !o.second && m.review > 0 && a.asked.command != "confirm" && a.fact.raw("reviewed") == nil {
		o.second = true
	}
	if o.second {
		return m.unapplied - m.review, 0
	}
	return m.unapplied, min(m.review, n)
}

// reviewedApplied applies money of a payment under review, which thereby is reviewed.
func (a *Auditor) reviewedApplied(o *orderBook, n amount) {
	o.second = true
	p := a.namedOf(o, "D19", func(p *payment) bool { return p.review })
	if p == nil {
		return
	}
	if n <= 0 || n > p.own.unapplied || n > o.due() {
		a.failf("I14", "%d, of which %d wait and %d are due", n, p.own.unapplied, o.due())
	}
	o.money.unapplied, o.money.applied = o.money.unapplied-n, o.money.applied+n
	a.reviewed(o, p, "D19")
}

func (a *Auditor) unappliedReturned(o *orderBook) {
	m, n, reviewed := &o.money, a.money("amount", o.currency), a.money("reviewed", o.currency)
	waits, review := a.waiting(o, n)
	if a.fact.raw("reference") != nil {
		o.second = true
		p := a.namedOf(o, "D21", func(p *payment) bool { return p.review })
		if p == nil {
			return
		}
		waits, review = p.own.unapplied, n
		p.own.unapplied, p.own.returned = waits-n, p.own.returned+n
		a.says(effect{what: "a return", name: p.stream, x: n})
	}
	switch {
	case n <= 0 || n > waits:
		a.failf("I14", "%d, of which %d wait", n, waits)
	case reviewed != review:
		a.failf("D19", "%d of it were under review, not %d", reviewed, review)
	}
	m.unapplied, m.review, m.returned = m.unapplied-n, m.review-reviewed, m.returned+n
}

// reviewed ends the review of a payment, if it is under review: its money is the order's.
func (a *Auditor) reviewed(o *orderBook, p *payment, breaks string) {
	v, before := moves{}, o.money.cases
	if p.review {
		if n := a.money("reviewed", o.currency); n != p.own.unapplied {
			a.failf(breaks, "%d of it were under review, not %d", p.own.unapplied, n)
		}
		o.money.review -= p.own.unapplied
		v = a.answer(o, p, func() { p.review = false })
		a.says(effect{what: "the end of a review", name: p.stream})
	}
	a.movedInside(o, v)
	a.stated(o, o.money.cases != before)
}
