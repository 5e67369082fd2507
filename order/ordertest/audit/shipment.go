package audit

import "time"

func (a *Auditor) onShipped(o *orderBook) {
	o.shippedAt, o.deadline, o.late = a.time("shipped_at"), a.time("receipt_deadline"), a.flag("late")
	last := instant(0)
	for _, l := range o.links {
		if l.released == 0 || l.released < o.draftedAt {
			a.failf("I10", "entrustment %s was released %s, the order drafted %s", l.entrustment.id, l.released, o.draftedAt)
		}
		last = max(last, l.released)
	}
	at, auto := a.at, a.command.name != "mark-shipped"
	if auto {
		at = max(last, o.fundedAt, o.unfrozenAt)
	}
	agreed := o.agreedShipBy(a.at, true)
	if !o.secondEdition && a.time("agreed") != agreed {
		agreed = o.agreedShipBy(a.at, false)
	}
	switch {
	case len(o.links) == 0:
		a.failf("I10", "shipped without an entrustment")
	case o.settled() < o.initial:
		a.failf("I7", "%d of %d is settled", o.settled(), o.initial)
	case o.secondEdition && o.refundable() == 0:
		a.failf("D63", "nothing is refundable of %d applied", o.money.applied)
	case o.frozen():
		a.failf("D29", "shipped while a dispute or a chargeback is open")
	case auto && !a.policy.AutoShip:
		a.failf("D9", "shipped by %s without the policy AutoShip", a.command.name)
	case o.shippedAt != at || at < last || at > a.at:
		a.failf("D9", "shipped at %s, not %s; the last goods were released %s", o.shippedAt, at, last)
	case o.transport == "":
		a.failf("A25", "shipped without a mode of transport")
	case o.deadline != a.receiptDue(o):
		a.failf("I12", "receipt is due %s, not %s", o.deadline, a.receiptDue(o))
	case a.time("agreed") != agreed || o.late != (agreed != 0 && at >= agreed):
		a.failf("D17", "the agreed time is %s, not %s; late %t", a.time("agreed"), agreed, o.late)
	}
	o.proposal.open = false
}

// receiptDue returns the deadline of the receipt of a shipped order (A25, D11).
func (a *Auditor) receiptDue(o *orderBook) instant {
	days := a.policy.ReceiptDays[o.transport]
	if !a.policy.CalendarDays {
		return o.shippedAt + instant(days)*day
	}
	china := time.FixedZone("UTC+8", 8*60*60)
	y, m, d := time.Unix(0, int64(o.shippedAt)).In(china).Date()
	return instant(time.Date(y, m, d+days+1, 0, 0, 0, 0, china).UnixNano())
}

func (a *Auditor) onReceiptExtended(o *orderBook) {
	by, until := roleOf(a.text("by")), a.time("receipt_deadline")
	switch {
	case by != a.by.role || o.extended&by != 0:
		a.failf("I12", "extended by the %s, by another role or a second time", a.text("by"))
	case a.at >= o.deadline || until != o.deadline+instant(a.policy.ReceiptExtension):
		a.failf("I12", "extended at %s from %s to %s", a.at, o.deadline, until)
	}
	o.extended |= by
	o.deadline = until
}

func (a *Auditor) onReceiptConfirmed(o *orderBook) {
	by := roleOf(a.text("by"))
	switch {
	case by != a.by.role || by&(buyer|system) == 0:
		a.failf("I8", "receipt by the %s", a.text("by"))
	case by == system && a.at < o.deadline:
		a.failf("I12", "automatic receipt at %s, it is due %s", a.at, o.deadline)
	}
}

func (a *Auditor) onCompleted(o *orderBook) {
	o.completedAt = a.at
	if o.settled() != o.total {
		a.failf("I14", "%d of %d is settled", o.settled(), o.total)
	}
}
