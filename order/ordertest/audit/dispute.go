package audit

// stage is the stage of a dispute.
type stage uint8

const (
	noDispute stage = iota
	negotiating
	escalated
)

// dispute is the open or last dispute of an order.
type dispute struct {
	stage                    stage
	number, offers           int64 // offers counts the offers of all disputes
	offeredBy                role  // the party of the open offer; 0 if there is none
	offered                  amount
	refundDue                amount // the refund that ends the dispute, until it is made
	compensationDue          amount // the compensation that the platform ruled, until the claim is posted
	escalateFrom, escalateBy instant
}

// frozen reports whether a dispute or a chargeback freezes the order.
func (o *orderBook) frozen() bool { return o.dispute.stage != noDispute || o.money.cases.open > 0 }

// freeze records the instant of the freeze. It runs before the dispute or the case is booked.
func (a *Auditor) freeze(o *orderBook) {
	if !o.frozen() {
		o.frozenAt = a.at
	}
}

// unfreeze books the end of a dispute or a chargeback. When the last one ends, the deadlines for the
// receipt, the confirmation and the payment are extended by the time of the freeze (D13).
func (a *Auditor) unfreeze(o *orderBook) {
	over := !o.frozen() && o.frozenAt != 0
	if a.data.raw("pay_by") != nil || a.data.raw("confirm_by") != nil {
		o.secondEdition = true
	}
	a.resumeDeadline(o, "I12", "receipt_deadline", &o.deadline, over && o.phase == orderShipped)
	a.resumeDeadline(o, "D13", "pay_by", &o.payBy, over && o.secondEdition && o.phase == orderConfirmed)
	a.resumeDeadline(o, "D13", "confirm_by", &o.confirmBy, over && o.secondEdition && o.phase == orderSubmitted)
	if over {
		o.frozenAt, o.unfrozenAt = 0, a.at
	}
}

// resumeDeadline checks the deadline that the event states. With resumes it is later by the time of the
// freeze, otherwise the event states none.
func (a *Auditor) resumeDeadline(o *orderBook, breaks, key string, deadline *instant, resumes bool) {
	want := instant(0)
	if resumes {
		want = a.at + *deadline - o.frozenAt
		*deadline = want
	}
	if got := a.time(key); got != want {
		a.failf(breaks, "%s is %s, not %s", key, got, want)
	}
}

func (a *Auditor) onDisputeOpened(o *orderBook) {
	d, claimed, clock := &o.dispute, a.money("claimed", o.currency), a.at
	if o.frozen() {
		clock = o.frozenAt // the clock is stopped since a chargeback was opened
	}
	number, agreed := a.number("number"), o.agreedShipBy(a.at, o.secondEdition)
	switch {
	case d.stage != noDispute || number != d.number+1:
		a.failf("D29", "dispute %d after %d, stage %d", number, d.number, d.stage)
	case o.money.applied == 0 || claimed <= 0 || claimed > o.refundable():
		a.failf("D29", "%d claimed of %d refundable and %d applied", claimed, o.refundable(), o.money.applied)
	case o.secondEdition && o.ruledIn == 0 && number > int64(a.policy.MaxDisputes):
		a.failf("D29", "dispute %d of at most %d", number, a.policy.MaxDisputes)
	case o.secondEdition && o.ruledIn != 0 && (o.phase != orderShipped || o.ruledIn == orderShipped || o.afterRuling):
		a.failf("D29", "dispute %d after a ruling", number)
	case o.phase == orderShipped && clock >= o.deadline:
		a.failf("D13", "opened at %s, receipt was due %s", clock, o.deadline)
	case string(a.text("ground")) == "late-shipment" && o.phase == orderShipped && !o.late:
		a.failf("D17", "late shipment, but the order was shipped in time")
	case string(a.text("ground")) == "late-shipment" && o.phase != orderShipped && (agreed == 0 || a.at < agreed):
		a.failf("D17", "late shipment at %s, agreed is %s", a.at, agreed)
	}
	a.freeze(o)
	o.afterRuling = o.ruledIn != 0
	*d = dispute{
		stage: negotiating, number: number, offers: d.offers,
		escalateFrom: a.time("escalate_from"), escalateBy: a.time("escalate_by"),
	}
	if d.escalateFrom != a.at+instant(a.policy.EscalateFrom) || d.escalateBy != a.at+instant(a.policy.EscalateAfter) {
		a.failf("D29", "escalation is possible from %s, by the system from %s", d.escalateFrom, d.escalateBy)
	}
}

func (a *Auditor) onDisputeWithdrawn(o *orderBook) {
	if o.dispute.stage == noDispute {
		a.failf("D29", "no dispute is open")
	}
	o.dispute.stage = noDispute
	a.unfreeze(o)
}

func (a *Auditor) onDisputeEscalated(o *orderBook) {
	d, from := &o.dispute, o.dispute.escalateFrom
	if a.by.role == system {
		from = d.escalateBy
	}
	if d.stage != negotiating || roleOf(a.text("by")) != a.by.role || a.at < from {
		a.failf("D29", "escalated by the %s at %s, stage %d, possible from %s", a.text("by"), a.at, d.stage, from)
	}
	d.stage = escalated
}

func (a *Auditor) onSettlementProposed(o *orderBook) {
	d, number, refund := &o.dispute, a.number("proposal"), a.money("refund", o.currency)
	switch {
	case d.stage == noDispute || number != d.offers+1 || roleOf(a.text("by")) != a.by.role:
		a.failf("D29", "offer %d of the %s after %d, stage %d", number, a.text("by"), d.offers, d.stage)
	case refund <= 0 || refund > o.refundable():
		a.failf("D30", "%d offered of %d refundable", refund, o.refundable())
	}
	d.offers, d.offeredBy, d.offered = number, a.by.role, refund
}

func (a *Auditor) onSettlementAccepted(o *orderBook) {
	d, number := &o.dispute, a.number("proposal")
	if d.stage == noDispute || d.offeredBy == 0 || number != d.offers || d.offeredBy == a.by.role {
		a.failf("D29", "offer %d is accepted by the same party, or it is not the last offer %d; stage %d", number, d.offers, d.stage)
	}
	d.stage, d.refundDue = noDispute, d.offered
	a.unfreeze(o)
}

func (a *Auditor) onArbitrated(o *orderBook) {
	d := &o.dispute
	if d.stage != escalated {
		a.failf("D29", "a ruling at stage %d", d.stage)
	}
	d.stage, d.refundDue, d.compensationDue = noDispute, a.money("refund", o.currency), a.money("compensation", o.currency)
	if d.refundDue < 0 || d.compensationDue < 0 || d.refundDue > 0 && d.compensationDue > 0 {
		a.failf("D8", "a refund of %d and a compensation of %d", d.refundDue, d.compensationDue)
	}
	if o.secondEdition && o.money.cases.open > 0 && d.refundDue+d.compensationDue > 0 {
		a.failf("D29", "%d is awarded with %d cases open", d.refundDue+d.compensationDue, o.money.cases.open)
	}
	o.ruledIn, o.afterRuling = o.phase, false
	a.unfreeze(o)
}
