package audit

// stage is how far a dispute has come.
type stage uint8

const (
	noDispute stage = iota
	negotiating
	escalated
)

// dispute is the dispute of an order, or its last one.
type dispute struct {
	stage                    stage
	number, offers           int64 // offers are counted over all disputes
	by                       role  // whose offer stands; 0 if none does
	refund                   amount
	owed                     amount // what the end of the dispute makes the seller refund
	ruled                    amount // what the platform ruled to compensate
	escalateFrom, escalateBy instant
}

// frozen reports whether the order stands still.
func (o *orderBook) frozen() bool { return o.dispute.stage != noDispute || o.money.cases.open > 0 }

// freeze keeps since when the order stands still. It comes before what freezes it is counted.
func (a *Auditor) freeze(o *orderBook) {
	if !o.frozen() {
		o.frozenAt = a.at
	}
}

// thaw is the end of a dispute or chargeback. When the last one ends, what was left of the time for
// receipt goes on, and of the times to confirm and to pay (D13).
func (a *Auditor) thaw(o *orderBook) {
	over := !o.frozen() && o.frozenAt != 0
	if a.fact.raw("pay_by") != nil || a.fact.raw("confirm_by") != nil {
		o.second = true
	}
	a.goesOn(o, "I12", "receipt_deadline", &o.deadline, over && o.phase == orderShipped)
	a.goesOn(o, "D13", "pay_by", &o.payBy, over && o.second && o.phase == orderConfirmed)
	a.goesOn(o, "D13", "confirm_by", &o.confirmBy, over && o.second && o.phase == orderSubmitted)
	if over {
		o.frozenAt, o.thawedAt = 0, a.at
	}
}

// goesOn checks the deadline that the fact states, which has moved by the time that it stood still.
func (a *Auditor) goesOn(o *orderBook, breaks, key string, deadline *instant, moves bool) {
	want := instant(0)
	if moves {
		want = a.at + *deadline - o.frozenAt
		*deadline = want
	}
	if got := a.when(key); got != want {
		a.failf(breaks, "%s is %s, not %s", key, got, want)
	}
}

func (a *Auditor) disputeOpened(o *orderBook) {
	d, claimed, clock := &o.dispute, a.money("claimed", o.currency), a.at
	if o.frozen() {
		clock = o.frozenAt // it stands still since a chargeback was opened
	}
	number, agreed := a.number("number"), o.agreed(a.at, o.second)
	switch {
	case d.stage != noDispute || number != d.number+1:
		a.failf("D29", "dispute %d after %d, stage %d", number, d.number, d.stage)
	case o.money.applied == 0 || claimed <= 0 || claimed > o.left():
		a.failf("D29", "%d claimed of %d that are left of %d", claimed, o.left(), o.money.applied)
	case o.second && o.ruledIn == 0 && number > int64(a.policy.MaxDisputes):
		a.failf("D29", "dispute %d of at most %d", number, a.policy.MaxDisputes)
	case o.second && o.ruledIn != 0 && (o.phase != orderShipped || o.ruledIn == orderShipped || o.afterRuling):
		a.failf("D29", "dispute %d after a ruling", number)
	case o.phase == orderShipped && clock >= o.deadline:
		a.failf("D13", "opened at %s, receipt was due %s", clock, o.deadline)
	case string(a.text("ground")) == "late-shipment" && o.phase == orderShipped && !o.late:
		a.failf("D17", "late shipment, but the goods left in time")
	case string(a.text("ground")) == "late-shipment" && o.phase != orderShipped && (agreed == 0 || a.at < agreed):
		a.failf("D17", "late shipment at %s, agreed is %s", a.at, agreed)
	}
	a.freeze(o)
	o.afterRuling = o.ruledIn != 0
	*d = dispute{
		stage: negotiating, number: number, offers: d.offers,
		escalateFrom: a.when("escalate_from"), escalateBy: a.when("escalate_by"),
	}
	if d.escalateFrom != a.at+instant(a.policy.EscalateFrom) || d.escalateBy != a.at+instant(a.policy.EscalateAfter) {
		a.failf("D29", "to be escalated from %s, by the system from %s", d.escalateFrom, d.escalateBy)
	}
}

func (a *Auditor) disputeWithdrawn(o *orderBook) {
	if o.dispute.stage == noDispute {
		a.failf("D29", "no dispute is open")
	}
	o.dispute.stage = noDispute
	a.thaw(o)
}

func (a *Auditor) disputeEscalated(o *orderBook) {
	d, from := &o.dispute, o.dispute.escalateFrom
	if a.by.role == system {
		from = d.escalateBy
	}
	if d.stage != negotiating || roleOf(a.text("by")) != a.by.role || a.at < from {
		a.failf("D29", "escalated by the %s at %s, stage %d, possible from %s", a.text("by"), a.at, d.stage, from)
	}
	d.stage = escalated
}

func (a *Auditor) settlementProposed(o *orderBook) {
	d, number, refund := &o.dispute, a.number("proposal"), a.money("refund", o.currency)
	switch {
	case d.stage == noDispute || number != d.offers+1 || roleOf(a.text("by")) != a.by.role:
		a.failf("D29", "offer %d of the %s after %d, stage %d", number, a.text("by"), d.offers, d.stage)
	case refund <= 0 || refund > o.left():
		a.failf("D30", "%d offered of %d that are left", refund, o.left())
	}
	d.offers, d.by, d.refund = number, a.by.role, refund
}

func (a *Auditor) settlementAccepted(o *orderBook) {
	d, number := &o.dispute, a.number("proposal")
	if d.stage == noDispute || d.by == 0 || number != d.offers || d.by == a.by.role {
		a.failf("D29", "accepted offer %d, of which %d stands, stage %d, or his own", number, d.offers, d.stage)
	}
	d.stage, d.owed = noDispute, d.refund
	a.thaw(o)
}

func (a *Auditor) orderArbitrated(o *orderBook) {
	d := &o.dispute
	if d.stage != escalated {
		a.failf("D29", "a ruling at stage %d", d.stage)
	}
	d.stage, d.owed, d.ruled = noDispute, a.money("refund", o.currency), a.money("compensation", o.currency)
	if d.owed < 0 || d.ruled < 0 || d.owed > 0 && d.ruled > 0 {
		a.failf("D8", "a refund of %d and a compensation of %d", d.owed, d.ruled)
	}
	if o.second && o.money.cases.open > 0 && d.owed+d.ruled > 0 {
		a.failf("D29", "%d are awarded with %d cases open", d.owed+d.ruled, o.money.cases.open)
	}
	o.ruledIn, o.afterRuling = o.phase, false
	a.thaw(o)
}
