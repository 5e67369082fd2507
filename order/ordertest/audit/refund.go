package audit

func (a *Auditor) refundMade(o *orderBook) {
	n, d := a.money("amount", o.currency), &o.dispute
	switch o.phase {
	case orderClosed: // what the first edition left
		if !o.leftover || a.by.role != platform {
			a.failf("I15", "%d refunded after the close", n)
		}
	case orderCompleted:
		o.second = true
	}
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
	case reason == "refunded" && !o.mayClose():
		a.failf("D30", "closed with %d left and %d cases open", o.left(), o.money.cases.open)
	case reason != "refunded" && (o.left() != 0 || o.phase&(orderDraft|orderSubmitted|orderConfirmed) == 0):
		a.failf("D27", "%s with %d left", reason, o.left())
	case reason != "refunded" && (o.processing(a.at) || o.announced(a.at)):
		a.failf("D27", "%s while a payment is in process", reason)
	case reason == "expired" && a.at < deadline:
		a.failf("D28", "expired at %s, the deadline is %s", a.at, deadline)
	case o.phase == orderDraft && a.by.role != seller:
		a.failf("I8", "a draft closed by another")
	}
	o.dispute.stage, o.proposal.open, o.money.paidBack, o.money.ended = noDispute, false, false, false
	if !o.frozen() && o.frozenAt != 0 {
		o.frozenAt, o.thawedAt = 0, a.at
	}
}

// mayClose reports whether what happened in this commit closes the order because all of its money was
// paid back (D30).
func (o *orderBook) mayClose() bool {
	m := &o.money
	if !o.second {
		return m.paidBack && o.left() == 0
	}
	return m.allBack() && m.cases.open == 0 && (m.paidBack || m.ended && o.phase&orderUnshipped != 0)
}
