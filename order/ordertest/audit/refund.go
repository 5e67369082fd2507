package audit

func (a *Auditor) onRefundMade(o *orderBook) {
	n, d := a.money("amount", o.currency), &o.dispute
	switch o.phase {
	case orderClosed: // the first edition closed orders with refundable money
		if !o.closedWithMoney || a.by.role != platform {
			a.failf("I15", "%d refunded after the close", n)
		}
	case orderCompleted:
		o.secondEdition = true
	}
	if n <= 0 || n > o.refundable() {
		a.failf("I14", "%d refunded of %d refundable", n, o.refundable())
	}
	want := map[string]string{"refund": "agreed", "accept-settlement": "settlement", "arbitrate": "ruled"}[a.command.name]
	if cause := string(a.text("cause")); cause != want {
		a.failf("D30", "refunded as %s by %s", cause, a.command.name)
	}
	if a.command.name != "refund" {
		if n != d.refundDue {
			a.failf("D30", "%d refunded, %d was agreed or ruled", n, d.refundDue)
		}
		d.refundDue = 0
	}
	o.money.refunded += n
	o.money.paidBackInCommit = true
}

func (a *Auditor) onClosed(o *orderBook) {
	reason := string(a.text("reason"))
	deadline := o.confirmBy
	if o.phase == orderConfirmed {
		deadline = o.payBy
	}
	want := map[string]string{"cancel": "cancelled", "expire": "expired"}[a.command.name]
	if want == "" {
		want = "refunded"
	}
	switch {
	case reason != want:
		a.failf("D27", "closed as %s by %s", reason, a.command.name)
	case reason == "refunded" && !o.mayClose():
		a.failf("D30", "closed with %d refundable and %d cases open", o.refundable(), o.money.cases.open)
	case reason != "refunded" && (o.refundable() != 0 || o.phase&(orderDraft|orderSubmitted|orderConfirmed) == 0):
		a.failf("D27", "%s with %d refundable", reason, o.refundable())
	case reason != "refunded" && (o.processing(a.at) || o.announced(a.at)):
		a.failf("D27", "%s while a payment is in process", reason)
	case reason == "expired" && a.at < deadline:
		a.failf("D28", "expired at %s, the deadline is %s", a.at, deadline)
	case o.phase == orderDraft && a.by.role != seller:
		a.failf("I8", "a draft is closed by another role than the seller")
	}
	o.dispute.stage, o.proposal.open, o.money.paidBackInCommit, o.money.casesEndedInCommit = noDispute, false, false, false
	if !o.frozen() && o.frozenAt != 0 {
		o.frozenAt, o.unfrozenAt = 0, a.at
	}
}

// mayClose reports whether the events of this commit close the order because all of its money was paid
// back (D30).
func (o *orderBook) mayClose() bool {
	m := &o.money
	if !o.secondEdition {
		return m.paidBackInCommit && o.refundable() == 0
	}
	return m.allBack() && m.cases.open == 0 && (m.paidBackInCommit || m.casesEndedInCommit && o.phase&orderUnshipped != 0)
}
