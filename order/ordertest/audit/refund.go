package audit

func (a *Auditor) refundMade(o *orderBook) {
	n, d := a.money("amount", o.currency), &o.dispute
	if n <= 0 || n > o.left() {
		a.failf("I14", "%d refunded of %d that are left", n, o.left())
	}
	want := map[string]string{"refund": "agreed", "accept-settlement": "settlement", "arbitrate": "ruled"}[a.asked.command]
	if cause := string(a.text("cause")); cause != want {
		a.failf("D30", "refunded as %s by %s", cause, a.asked.command)
	}
	if a.asked.command != "refund" {
		if n != d.owed {
			a.failf("D30", "%d refunded, %d were agreed or ruled", n, d.owed)
		}
		d.owed = 0
	}
	o.money.refunded += n
	o.money.paidBack = true
}

func (a *Auditor) paymentReversed(o *orderBook) {
	reference := string(a.text("reference"))
	p := o.payment(func(p *payment) bool { return p.reference == reference && reference != "" })
	if p == nil || p.method == "tt" || p.reversed {
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
	p.reversed, p.tookApplied, p.tookUnapplied, p.tookReview = true, applied, unapplied, review
	m.applied, m.unapplied, m.review, m.reversed = m.applied-applied, m.unapplied-unapplied, m.review-review, m.reversed+applied+unapplied
	a.freeze(o)
	o.contested++
}

func (a *Auditor) chargebackResolved(o *orderBook) {
	reference := string(a.text("reference"))
	p := o.payment(func(p *payment) bool { return p.reference == reference && p.reversed && !p.settled })
	if p == nil {
		a.failf("D24", "no chargeback of %s is open", reference)
		return
	}
	p.settled = true
	applied, unapplied, review := a.money("applied", o.currency), a.money("unapplied", o.currency), a.money("reviewed", o.currency)
	back, again, looked := amount(0), amount(0), amount(0)
	if a.flag("won") {
		again, looked = min(p.tookApplied, o.due()), p.tookReview
		back = p.tookApplied + p.tookUnapplied - again
	}
	if applied != again || unapplied != back || review != looked {
		a.failf("D24", "brought %d, %d, %d back; it is %d, %d, %d", applied, unapplied, review, again, back, looked)
	}
	m := &o.money
	m.applied, m.unapplied, m.review, m.reversed = m.applied+applied, m.unapplied+unapplied, m.review+review, m.reversed-applied-unapplied
	o.contested--
	a.thaw(o)
}

func (a *Auditor) orderWasClosed(o *orderBook) {
	reason := string(a.text("reason"))
	deadline := o.confirmBy
	if o.phase == orderConfirmed {
		deadline = o.payBy
	}
	want := map[string]string{"cancel": "cancelled", "expire": "expired"}[a.asked.command]
	if want == "" {
		want = "refunded"
	}
	switch {
	case reason != want:
		a.failf("D27", "closed as %s by %s", reason, a.asked.command)
	case reason == "refunded" && (o.left() != 0 || !o.money.paidBack):
		a.failf("D30", "closed with %d left", o.left())
	case reason != "refunded" && (o.money.applied != 0 || o.phase&(orderDraft|orderSubmitted|orderConfirmed) == 0):
		a.failf("D27", "%s with %d applied", reason, o.money.applied)
	case reason != "refunded" && (o.processing() || o.announced(a.at)):
		a.failf("D27", "%s while a payment is in process", reason)
	case reason == "expired" && a.at < deadline:
		a.failf("D28", "expired at %s, the deadline is %s", a.at, deadline)
	case o.phase == orderDraft && a.by.role != seller:
		a.failf("I8", "a draft closed by another")
	}
	o.dispute.stage, o.proposal.open, o.money.paidBack = noDispute, false, false
	if !o.frozen() && o.frozenAt != 0 {
		o.frozenAt, o.thawedAt = 0, a.at
	}
}
