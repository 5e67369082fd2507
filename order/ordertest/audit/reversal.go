package audit

// moves is money that moves from other parts of an order's ledger to the reversed money, or back from
// it where an amount is below nothing.
type moves struct {
	applied, unapplied amount
	reviewed           amount // the part of unapplied that was under review
	shortfall          amount // by how much an accepted shortfall gives way
}

// balance moves what is reversed towards what the cases take, as far as the order has money (D24).
func (o *orderBook) balance() moves {
	m, v := &o.money, moves{}
	switch gap := m.cases.taken - m.reversed; {
	case gap > 0:
		v.unapplied = min(gap, m.unapplied-m.review)
		v.applied = min(gap-v.unapplied, m.applied)
	case gap < 0:
		room := amount(0)
		switch {
		case o.phase&(orderCollects|orderCompleted) != 0:
			room = o.total - m.applied - (m.shortfall - m.yielding)
		case o.phase == orderClosed:
			room = m.refunded + m.claimed - m.applied
		}
		back := min(-gap, max(0, room))
		v.applied, v.unapplied = -back, gap+back
		if o.phase != orderClosed {
			v.shortfall = max(0, m.applied+back+m.shortfall-o.total)
		}
	}
	o.move(v)
	return v
}

func (o *orderBook) move(v moves) {
	m := &o.money
	m.applied, m.unapplied, m.review = m.applied-v.applied, m.unapplied-v.unapplied, m.review-v.reviewed
	m.reversed += v.applied + v.unapplied
	m.shortfall, m.yielding = m.shortfall-v.shortfall, m.yielding-v.shortfall
	if m.reversed == 0 {
		m.yielding = 0 // all of the money that it could give way to is back
	}
}

// answer books a change of a payment and what the order answers to it. Money of the payment that is
// under review comes first; for the others the order answers as a whole.
func (a *Auditor) answer(o *orderBook, p *payment, change func()) moves {
	before, own, v := a.sumsOf(p), amount(0), moves{}
	if p.review {
		own = p.own.unapplied
	}
	change()
	switch {
	case p.review: // its own money answers, and no other
		take, _ := a.take(p)
		all := own + p.own.reversed
		p.own.reversed = min(take, all)
		p.own.unapplied = all - p.own.reversed
		v.reviewed = own - p.own.unapplied
	case p.voided:
		v.reviewed = own
	}
	v.unapplied = v.reviewed
	o.move(v)
	o.money.cases = o.money.cases.plus(a.sumsOf(p)).minus(before)
	w := o.balance()
	w.unapplied, w.reviewed = w.unapplied+v.unapplied, v.reviewed
	return w
}

// namedOf returns the payment that the fact names by its reference, with its method where it has one,
// and that the filter lets pass.
func (a *Auditor) namedOf(o *orderBook, breaks string, may func(p *payment) bool) *payment {
	reference, method := string(a.text("reference")), string(a.text("method"))
	p := o.payment(func(p *payment) bool {
		return reference != "" && p.reference == reference && (method == "" || p.method == method) && !p.voided && may(p)
	})
	switch {
	case p == nil:
		a.failf(breaks, "%q is no payment for that", reference)
	case p.first && a.contested(o, p):
	case p.first && a.alone:
		o.adopts(p, streamOf(p.method, o.account, reference))
	case p.first:
		a.failf("D65", "payment %s has no stream of its own", reference)
	}
	return p
}

// contested reports whether the fact is the end of a case of a payment that another order has: two orders
// of the first edition have counted it, and this one was left with the case.
func (a *Auditor) contested(o *orderBook, p *payment) bool {
	return a.record.Type == "order.chargeback-resolved" && len(p.cases) > 0 && a.incomingOf(streamOf(p.method, o.account, p.reference)).held
}

func byBank(p *payment) bool { return p.method == "tt" }

func byProcessor(p *payment) bool { return p.method != "tt" }

// ofFirst reports whether a report about a payment is one of the first edition, in which a payment was
// taken back once and as a whole.
func (a *Auditor) ofFirst(o *orderBook) bool {
	if a.fact.raw("cases") != nil || a.fact.raw("case") != nil {
		o.second = true
		return false
	}
	if o.second {
		a.failf("D24", "a report without a case")
	}
	return true
}

func (a *Auditor) paymentReversed(o *orderBook) {
	if a.ofFirst(o) {
		a.chargedBack(o)
		return
	}
	a.takenBack(o, caseOpen, byProcessor)
}

func (a *Auditor) transferReversed(o *orderBook) {
	o.second = true
	a.takenBack(o, caseRecalled, byBank)
}

func (a *Auditor) takenBack(o *orderBook, as outcome, may func(p *payment) bool) {
	p := a.namedOf(o, "D24", may)
	if p == nil {
		return
	}
	frozen := o.frozen()
	r := bankCase{name: a.keep(a.text("case")), amount: a.money("claimed", o.currency), outcome: as, at: a.when("at")}
	v := a.answer(o, p, func() { a.report(p, r) })
	if n := a.money("amount", o.currency); n != p.amount {
		a.failf("D24", "%s is of %d, not %d", p.reference, p.amount, n)
	}
	a.moved(o, v)
	a.stated(o, true)
	if !frozen && o.frozen() {
		o.frozenAt = a.at
	}
	o.money.ended = o.money.cases.open == 0
	a.says(effect{what: "what a bank took", name: p.stream + " " + r.name, x: r.amount, y: int64(r.at)})
}

// moved checks the amounts of a report: what moves has to be what moved.
func (a *Auditor) moved(o *orderBook, want moves) {
	got := moves{a.money("applied", o.currency), a.money("unapplied", o.currency), a.money("reviewed", o.currency), a.money("shortfall", o.currency)}
	if got != want {
		a.failf("D24", "took %+v; it is %+v", got, want)
	}
}

// movedInside does so where the amounts are nested.
func (a *Auditor) movedInside(o *orderBook, want moves) {
	if a.nested("moved") {
		a.turn()
		defer a.turn()
		a.moved(o, want)
	} else if want != (moves{}) {
		a.failf("D24", "took nothing; it is %+v", want)
	}
}

// chargedBack is a chargeback of the first edition.
func (a *Auditor) chargedBack(o *orderBook) {
	reference := string(a.text("reference"))
	p := o.payment(func(p *payment) bool { return p.reference == reference && reference != "" })
	if p == nil || p.method == "tt" || p.cases != nil {
		a.failf("D24", "%s cannot be charged back", reference)
		return
	}
	applied, unapplied, review := a.money("applied", o.currency), a.money("unapplied", o.currency), a.money("reviewed", o.currency)
	m, rest := &o.money, p.amount
	take := func(from amount) amount {
		n := min(rest, from)
		rest -= n
		return n
	}
	// First where the payment itself went, then what waits, then other applied money, and money
	// under review last.
	own := take(min(p.applied, m.applied))
	waits := take(m.unapplied - m.review)
	own += take(m.applied - own)
	reviewed := take(m.review)
	if a.money("amount", o.currency) != p.amount || applied != own || unapplied != waits+reviewed || review != reviewed {
		a.failf("D24", "took %d, %d, %d of %d; it is %d, %d, %d", applied, unapplied, review, p.amount, own, waits+reviewed, reviewed)
	}
	p.took = moves{applied: applied, unapplied: unapplied, reviewed: review}
	a.freeze(o)
	o.move(p.took)
	p.cases = []bankCase{{openedAt: a.at, at: a.at}}
	m.cases = m.cases.plus(a.sumsOf(p))
}

func (a *Auditor) chargebackResolved(o *orderBook) {
	if a.ofFirst(o) {
		a.firstResolved(o)
		return
	}
	p := a.namedOf(o, "D24", byProcessor)
	if p == nil {
		return
	}
	r := bankCase{name: a.keep(a.text("case")), outcome: caseLost, at: a.when("at")}
	if a.flag("won") {
		r.outcome = caseWon
	}
	v := a.answer(o, p, func() { a.report(p, r) })
	a.moved(o, moves{-v.applied, -v.unapplied, -v.reviewed, v.shortfall})
	a.stated(o, true)
	a.thaw(o)
	o.money.ended = o.money.cases.open == 0
	if p.first {
		return // the stream is another order's
	}
	a.says(effect{what: "the end of a case", name: p.stream + " " + r.name, y: int64(r.at), flag: r.outcome == caseWon})
}

// firstResolved is the end of a chargeback of the first edition.
func (a *Auditor) firstResolved(o *orderBook) {
	reference := string(a.text("reference"))
	p := o.payment(func(p *payment) bool {
		return p.reference == reference && len(p.cases) == 1 && p.cases[0].outcome == caseOpen
	})
	if p == nil {
		a.failf("D24", "no chargeback of %s is open", reference)
		return
	}
	m := &o.money
	m.cases = m.cases.minus(a.sumsOf(p))
	c, back := &p.cases[0], moves{}
	if c.outcome, c.at = caseLost, a.at; a.flag("won") {
		c.outcome = caseWon
		again := min(p.took.applied, o.due())
		back = moves{applied: again, unapplied: p.took.applied + p.took.unapplied - again, reviewed: p.took.reviewed}
	}
	m.cases = m.cases.plus(a.sumsOf(p))
	a.moved(o, back)
	o.move(moves{applied: -back.applied, unapplied: -back.unapplied, reviewed: -back.reviewed})
	a.thaw(o)
}

// paymentVoided is the record of a payment that was made by mistake. Its reference is free again (D65).
func (a *Auditor) paymentVoided(o *orderBook) {
	o.second = true
	method := a.method()
	p := a.namedOf(o, "D65", func(p *payment) bool { return p.method == method })
	if p == nil {
		return
	}
	review := p.review
	v := a.answer(o, p, func() { p.voided, p.review = true, false })
	switch {
	case a.money("amount", o.currency) != p.amount:
		a.failf("D65", "%s is of %d", p.reference, p.amount)
	case !review && v.applied > 0:
		a.failf("D65", "%d of %s are applied or went back", v.applied, p.reference)
	}
	a.movedInside(o, v)
	a.stated(o, true)
	a.thaw(o)
	o.money.ended = o.money.cases.open == 0
	a.says(effect{what: "a void", name: p.stream})
}

// orderUnfunded is the way back of an order whose initial payment was taken back before shipment (D63).
func (a *Auditor) orderUnfunded(o *orderBook) {
	o.second = true
	o.payBy = a.when("pay_by")
	switch {
	case o.funded() || o.money.cases.open > 0:
		a.failf("D63", "%d are settled of %d, %d left, %d cases open", o.settled(), o.initial, o.left(), o.money.cases.open)
	case o.payBy != a.at+instant(a.policy.PayWithin):
		a.failf("D63", "to be paid until %s", o.payBy)
	}
	o.fundedAt, o.unfunded = 0, true
}
