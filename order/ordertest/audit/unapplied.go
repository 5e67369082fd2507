package audit

func (a *Auditor) onUnappliedApplied(o *orderBook) {
	m, n := &o.money, a.money("amount", o.currency)
	if a.data.raw("reference") != nil {
		a.applyUnderReview(o, n)
		return
	}
	unapplied, review := a.movable(o, n)
	if a.command.name == "confirm" { // a confirmation does not apply money under review
		unapplied, review = m.unapplied-m.review, 0
	}
	switch reviewed := a.money("reviewed", o.currency); {
	case n <= 0 || n > unapplied || n > o.due():
		a.failf("I14", "%d is applied of %d unapplied, with %d due", n, unapplied, o.due())
	case a.command.name == "confirm" && n != min(unapplied, o.due()):
		a.failf("I14", "the confirmation applies %d of %d unapplied, with %d due", n, unapplied, o.due())
	case reviewed != review:
		a.failf("D19", "%d of it is stated as under review, not %d", reviewed, review)
	}
	m.unapplied, m.review, m.applied = m.unapplied-n, m.review-review, m.applied+n
	a.checkNestedMovement(o, movement{})
	a.checkStatedSums(o, false)
}

// movable returns the unapplied money that an event without a reference can move, and how much of n is
// under review. In the first edition such an event can move the money of all payments.
func (a *Auditor) movable(o *orderBook, n amount) (unapplied, review amount) {
	m := &o.money
	if !o.secondEdition && m.review > 0 && a.command.name != "confirm" && a.data.raw("reviewed") == nil {
		o.secondEdition = true
	}
	if o.secondEdition {
		return m.unapplied - m.review, 0
	}
	return m.unapplied, min(m.review, n)
}

// applyUnderReview applies money of a payment under review, whose review ends.
func (a *Auditor) applyUnderReview(o *orderBook, n amount) {
	o.secondEdition = true
	p := a.namedPayment(o, "D19", func(p *payment) bool { return p.needsReview })
	if p == nil {
		return
	}
	if n <= 0 || n > p.underReview.unapplied || n > o.due() {
		a.failf("I14", "%d is applied of %d unapplied, with %d due", n, p.underReview.unapplied, o.due())
	}
	o.money.unapplied, o.money.applied = o.money.unapplied-n, o.money.applied+n
	a.endReview(o, p, "D19")
}

func (a *Auditor) onUnappliedReturned(o *orderBook) {
	m, n, reviewed := &o.money, a.money("amount", o.currency), a.money("reviewed", o.currency)
	unapplied, review := a.movable(o, n)
	if a.data.raw("reference") != nil {
		o.secondEdition = true
		p := a.namedPayment(o, "D21", func(p *payment) bool { return p.needsReview })
		if p == nil {
			return
		}
		unapplied, review = p.underReview.unapplied, n
		p.underReview.unapplied, p.underReview.returned = unapplied-n, p.underReview.returned+n
		a.states(effect{what: "a return", name: p.stream, x: n})
	}
	switch {
	case n <= 0 || n > unapplied:
		a.failf("I14", "%d is returned of %d unapplied", n, unapplied)
	case reviewed != review:
		a.failf("D19", "%d of it is stated as under review, not %d", reviewed, review)
	}
	m.unapplied, m.review, m.returned = m.unapplied-n, m.review-reviewed, m.returned+n
}

// endReview ends the review of a payment that is under review. Its money becomes unapplied money of the
// order.
func (a *Auditor) endReview(o *orderBook, p *payment, breaks string) {
	v, before := movement{}, o.money.cases
	if p.needsReview {
		if n := a.money("reviewed", o.currency); n != p.underReview.unapplied {
			a.failf(breaks, "%d of it is stated as under review, not %d", n, p.underReview.unapplied)
		}
		o.money.review -= p.underReview.unapplied
		v = a.changePayment(o, p, func() { p.needsReview = false })
		a.states(effect{what: "the end of a review", name: p.stream})
	}
	a.checkNestedMovement(o, v)
	a.checkStatedSums(o, o.money.cases != before)
}
