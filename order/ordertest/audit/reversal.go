package audit

// movement is money that moves from other parts of an order's ledger to the reversed money. A negative
// amount moves back.
type movement struct {
	applied, unapplied amount
	underReview        amount // the part of unapplied that was under review
	shortfall          amount // the amount by which an accepted shortfall shrinks
}

// rebalance moves money until the reversed money is the money that the cases take, as far as the order has
// money (D24), and returns the movement.
func (o *orderBook) rebalance() movement {
	m, v := &o.money, movement{}
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

func (o *orderBook) move(v movement) {
	m := &o.money
	m.applied, m.unapplied, m.review = m.applied-v.applied, m.unapplied-v.unapplied, m.review-v.underReview
	m.reversed += v.applied + v.unapplied
	m.shortfall, m.yielding = m.shortfall-v.shortfall, m.yielding-v.shortfall
	if m.reversed == 0 {
		m.yielding = 0 // no reversed money can return and reduce the shortfall
	}
}

// changePayment books a change of a payment, moves the money of its order, and returns the movement. Money
// of the payment under review moves first; then the order rebalances as a whole.
func (a *Auditor) changePayment(o *orderBook, p *payment, change func()) movement {
	before, own, v := a.caseSumsOf(p), amount(0), movement{}
	if p.needsReview {
		own = p.underReview.unapplied
	}
	change()
	switch {
	case p.needsReview: // its cases take only its own money
		take, _ := a.takenBy(p)
		all := own + p.underReview.reversed
		p.underReview.reversed = min(take, all)
		p.underReview.unapplied = all - p.underReview.reversed
		v.underReview = own - p.underReview.unapplied
	case p.voided:
		v.underReview = own
	}
	v.unapplied = v.underReview
	o.move(v)
	o.money.cases = o.money.cases.plus(a.caseSumsOf(p)).minus(before)
	w := o.rebalance()
	w.unapplied, w.underReview = w.unapplied+v.unapplied, v.underReview
	return w
}

// namedPayment returns the payment that the data names by its reference, and by its method if it has one.
// The payment must pass the filter.
func (a *Auditor) namedPayment(o *orderBook, breaks string, may func(p *payment) bool) *payment {
	reference, method := string(a.text("reference")), string(a.text("method"))
	p := o.payment(func(p *payment) bool {
		return reference != "" && p.reference == reference && (method == "" || p.method == method) && !p.voided && may(p)
	})
	switch {
	case p == nil:
		a.failf(breaks, "no payment %q allows the event", reference)
	case p.firstEdition && a.isCaseOfOtherOrder(o, p):
	case p.firstEdition && a.ordersOnly:
		o.setStream(p, streamOf(p.method, o.account, reference))
	case p.firstEdition:
		a.failf("D65", "payment %s has no stream", reference)
	}
	return p
}

// isCaseOfOtherOrder reports whether the event ends a case of a payment that belongs to another order: in
// the first edition two orders counted the payment, and this one still has the case.
func (a *Auditor) isCaseOfOtherOrder(o *orderBook, p *payment) bool {
	return a.record.Type == "order.chargeback-resolved" && len(p.cases) > 0 && a.paymentBookOf(streamOf(p.method, o.account, p.reference)).recorded
}

func isTransfer(p *payment) bool { return p.method == "tt" }

func isNotTransfer(p *payment) bool { return p.method != "tt" }

// isFirstEditionReport reports whether a report about a payment is one of the first edition, in which a
// bank takes a payment back once and as a whole.
func (a *Auditor) isFirstEditionReport(o *orderBook) bool {
	if a.data.raw("cases") != nil || a.data.raw("case") != nil {
		o.secondEdition = true
		return false
	}
	if o.secondEdition {
		a.failf("D24", "a report without a case")
	}
	return true
}

func (a *Auditor) onPaymentReversed(o *orderBook) {
	if a.isFirstEditionReport(o) {
		a.firstEditionChargeback(o)
		return
	}
	a.openCase(o, caseOpen, isNotTransfer)
}

func (a *Auditor) onTransferReversed(o *orderBook) {
	o.secondEdition = true
	a.openCase(o, caseRecalled, isTransfer)
}

func (a *Auditor) openCase(o *orderBook, as outcome, may func(p *payment) bool) {
	p := a.namedPayment(o, "D24", may)
	if p == nil {
		return
	}
	frozen := o.frozen()
	r := bankCase{name: a.intern(a.text("case")), amount: a.money("claimed", o.currency), outcome: as, at: a.time("at")}
	v := a.changePayment(o, p, func() { a.applyReport(p, r) })
	if n := a.money("amount", o.currency); n != p.amount {
		a.failf("D24", "payment %s is of %d, not %d", p.reference, p.amount, n)
	}
	a.checkMovement(o, v)
	a.checkStatedSums(o, true)
	if !frozen && o.frozen() {
		o.frozenAt = a.at
	}
	o.money.casesEndedInCommit = o.money.cases.open == 0
	a.states(effect{what: "what a bank took", name: p.stream + " " + r.name, x: r.amount, y: int64(r.at)})
}

// checkMovement checks that the event states the amounts that moved.
func (a *Auditor) checkMovement(o *orderBook, want movement) {
	got := movement{a.money("applied", o.currency), a.money("unapplied", o.currency), a.money("reviewed", o.currency), a.money("shortfall", o.currency)}
	if got != want {
		a.failf("D24", "the event moves %+v, not %+v", got, want)
	}
}

// checkNestedMovement checks an event that has these amounts in the member "moved".
func (a *Auditor) checkNestedMovement(o *orderBook, want movement) {
	if a.parseNested("moved") {
		a.swapNested()
		defer a.swapNested()
		a.checkMovement(o, want)
	} else if want != (movement{}) {
		a.failf("D24", "the event moves nothing, not %+v", want)
	}
}

// firstEditionChargeback books a chargeback of the first edition.
func (a *Auditor) firstEditionChargeback(o *orderBook) {
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
	// The chargeback takes first the applied money of the payment, then unapplied money, then other
	// applied money, and money under review last.
	own := take(min(p.appliedAtReceipt, m.applied))
	waits := take(m.unapplied - m.review)
	own += take(m.applied - own)
	reviewed := take(m.review)
	if a.money("amount", o.currency) != p.amount || applied != own || unapplied != waits+reviewed || review != reviewed {
		a.failf("D24", "the event takes %d, %d, %d of %d, not %d, %d, %d", applied, unapplied, review, p.amount, own, waits+reviewed, reviewed)
	}
	p.charged = movement{applied: applied, unapplied: unapplied, underReview: review}
	a.freeze(o)
	o.move(p.charged)
	p.cases = []bankCase{{openedAt: a.at, at: a.at}}
	m.cases = m.cases.plus(a.caseSumsOf(p))
}

func (a *Auditor) onChargebackResolved(o *orderBook) {
	if a.isFirstEditionReport(o) {
		a.firstEditionResolved(o)
		return
	}
	p := a.namedPayment(o, "D24", isNotTransfer)
	if p == nil {
		return
	}
	r := bankCase{name: a.intern(a.text("case")), outcome: caseLost, at: a.time("at")}
	if a.flag("won") {
		r.outcome = caseWon
	}
	v := a.changePayment(o, p, func() { a.applyReport(p, r) })
	a.checkMovement(o, movement{-v.applied, -v.unapplied, -v.underReview, v.shortfall})
	a.checkStatedSums(o, true)
	a.unfreeze(o)
	o.money.casesEndedInCommit = o.money.cases.open == 0
	if p.firstEdition {
		return // the stream belongs to another order
	}
	a.states(effect{what: "the end of a case", name: p.stream + " " + r.name, y: int64(r.at), flag: r.outcome == caseWon})
}

// firstEditionResolved books the end of a chargeback of the first edition.
func (a *Auditor) firstEditionResolved(o *orderBook) {
	reference := string(a.text("reference"))
	p := o.payment(func(p *payment) bool {
		return p.reference == reference && len(p.cases) == 1 && p.cases[0].outcome == caseOpen
	})
	if p == nil {
		a.failf("D24", "no chargeback of %s is open", reference)
		return
	}
	m := &o.money
	m.cases = m.cases.minus(a.caseSumsOf(p))
	c, back := &p.cases[0], movement{}
	if c.outcome, c.at = caseLost, a.at; a.flag("won") {
		c.outcome = caseWon
		again := min(p.charged.applied, o.due())
		back = movement{applied: again, unapplied: p.charged.applied + p.charged.unapplied - again, underReview: p.charged.underReview}
	}
	m.cases = m.cases.plus(a.caseSumsOf(p))
	a.checkMovement(o, back)
	o.move(movement{applied: -back.applied, unapplied: -back.unapplied, underReview: -back.underReview})
	a.unfreeze(o)
}

// onPaymentVoided takes back the record of a payment that was made by mistake. Its reference is free again
// (D65).
func (a *Auditor) onPaymentVoided(o *orderBook) {
	o.secondEdition = true
	method := a.method()
	p := a.namedPayment(o, "D65", func(p *payment) bool { return p.method == method })
	if p == nil {
		return
	}
	review := p.needsReview
	v := a.changePayment(o, p, func() { p.voided, p.needsReview = true, false })
	switch {
	case a.money("amount", o.currency) != p.amount:
		a.failf("D65", "payment %s is of %d", p.reference, p.amount)
	case !review && v.applied > 0:
		a.failf("D65", "%d of %s is applied or was paid back", v.applied, p.reference)
	}
	a.checkNestedMovement(o, v)
	a.checkStatedSums(o, true)
	a.unfreeze(o)
	o.money.casesEndedInCommit = o.money.cases.open == 0
	a.states(effect{what: "a void", name: p.stream})
}

// onUnfunded returns an order to the confirmed phase because its initial payment was taken back before
// shipment (D63).
func (a *Auditor) onUnfunded(o *orderBook) {
	o.secondEdition = true
	o.payBy = a.time("pay_by")
	switch {
	case o.funded() || o.money.cases.open > 0:
		a.failf("D63", "%d of %d is settled, %d refundable, %d cases open", o.settled(), o.initial, o.refundable(), o.money.cases.open)
	case o.payBy != a.at+instant(a.policy.PayWithin):
		a.failf("D63", "the payment is due at %s", o.payBy)
	}
	o.fundedAt, o.unfunded = 0, true
}
