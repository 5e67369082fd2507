package audit

import "github.com/tradesurety/surety/events"

// hold is the quota that an order holds of its seller's line, with the sums of its changes.
type hold struct {
	open                    amount
	placed, raised, lowered amount
	released, claimed       amount
	final                   bool // released, and cannot be placed again
	claimPosted             bool
	cappedInCommit          bool // this commit held less than the coverage requires
	capped                  bool // the last placement or adjustment held less than the coverage requires
	changes                 int  // the number of its events
}

// requiredHold returns the amount that the coverage requires (D2).
func (o *orderBook) requiredHold() amount {
	switch o.coverage {
	case preShipment:
		return o.initial
	case postDelivery:
		return o.total
	}
	return 0
}

// lineOfOrder returns the line that an order holds quota of.
func (a *Auditor) lineOfOrder(o *orderBook) *lineBook {
	if o.line == nil {
		stream, err := events.Stream("line", o.seller+"/"+o.currency.String())
		if err != nil {
			a.failf("I1", "the order has no line: %v", err)
		}
		o.line = a.lineOf(stream)
	}
	return o.line
}

// setHold changes the amount that the order holds, and the sum of the orders of its line.
func (a *Auditor) setHold(o *orderBook, n amount) *lineBook {
	l, before := a.lineOfOrder(o), o.hold.open
	a.markChanged(&l.head, l)
	l.heldByOrders = a.add(l.heldByOrders, n-before)
	switch {
	case before == 0 && n != 0:
		l.holdingOrders++
	case before != 0 && n == 0:
		l.holdingOrders--
	}
	o.hold.open = n
	o.hold.changes++
	return l
}

func (a *Auditor) onHoldPlaced(o *orderBook) {
	h, need, n := &o.hold, a.money("need", o.currency), a.money("amount", o.currency)
	switch {
	case o.coverage == none:
		a.failf("I3", "a hold without coverage")
	case h.open != 0 || h.final:
		a.failf("I5", "a hold of %d is placed while %d is held or after the final release", n, h.open)
	case h.claimPosted:
		a.failf("I16", "a hold after a claim")
	case n <= 0 || n > need || need != o.requiredHold() || n < need && !a.policy.CapCoverage:
		a.failf("D2", "%d held of %d, required is %d", n, need, o.requiredHold())
	}
	h.placed += n
	h.cappedInCommit, h.capped = n < need, n < need
	a.states(effect{what: "a hold", order: o, line: a.setHold(o, n), x: n})
}

func (a *Auditor) onHoldAdjusted(o *orderBook) {
	h, from, to := &o.hold, a.money("from", o.currency), a.money("to", o.currency)
	switch {
	case h.open == 0 || from != h.open || to <= 0 || to == from:
		a.failf("I5", "a hold of %d adjusted from %d to %d", h.open, from, to)
	case to > o.requiredHold() || to < o.requiredHold() && !a.policy.CapCoverage:
		a.failf("D2", "adjusted to %d, required is %d", to, o.requiredHold())
	}
	h.raised, h.lowered = h.raised+max(0, to-from), h.lowered+max(0, from-to)
	h.cappedInCommit, h.capped = to < o.requiredHold(), to < o.requiredHold()
	a.states(effect{what: "an adjusted hold", order: o, line: a.setHold(o, to), x: from, y: to})
}

func (a *Auditor) onHoldReleased(o *orderBook) {
	h, n, cause := &o.hold, a.money("amount", o.currency), string(a.text("cause"))
	if h.open == 0 || n != h.open {
		a.failf("I5", "%d released of a hold of %d", n, h.open)
	}
	fits := false
	switch cause {
	case "shipped":
		fits = o.coverage == preShipment && o.phase == orderShipped
	case "received":
		fits = o.coverage == postDelivery && o.phase == orderReceived
	case "closed":
		fits = true
	case "uncovered":
		fits = o.coverage == none || a.policy.HoldAtConfirm && o.phase == orderSubmitted
	}
	if !fits {
		a.failf("I4", "released as %s with coverage %s", cause, o.coverage)
	}
	h.released += n
	h.final = cause != "uncovered"
	a.states(effect{what: "a release", order: o, line: a.setHold(o, 0), name: a.intern(a.text("cause")), x: n})
}

func (a *Auditor) onClaimPosted(o *orderBook) {
	h, n, rest := &o.hold, a.money("amount", o.currency), a.money("released", o.currency)
	switch {
	case o.coverage == none || h.claimPosted:
		a.failf("I16", "a claim with coverage %s, or a second claim", o.coverage)
	case n <= 0 || n > h.open || n > o.refundable() || n != min(o.dispute.compensationDue, h.open, o.refundable()):
		a.failf("I16", "%d claimed of a hold of %d and %d refundable, ruled %d", n, h.open, o.refundable(), o.dispute.compensationDue)
	case rest < 0 || n+rest != h.open:
		a.failf("I5", "%d claimed and %d released of a hold of %d", n, rest, h.open)
	}
	h.claimed, h.released, h.claimPosted = h.claimed+n, h.released+rest, true
	o.money.claimed += n
	o.money.paidBackInCommit, o.dispute.compensationDue = true, 0
	a.states(effect{what: "a claim", order: o, line: a.setHold(o, 0), x: n, y: rest})
}

// checkHold checks I3, I4 and I5.
func (a *Auditor) checkHold(o *orderBook) {
	h := &o.hold
	from := orderSubmitted
	if a.policy.HoldAtConfirm {
		from = orderConfirmed
	}
	open := o.phase >= from && !h.claimPosted
	switch o.coverage {
	case preShipment:
		open = open && o.phase <= orderReady
	case postDelivery:
		open = open && o.phase <= orderShipped
	default:
		open = false
	}
	switch {
	case !o.hadCoverage && h.changes > 0:
		a.failf("I3", "%d changes of a hold without coverage", h.changes)
	case h.placed+h.raised-h.lowered != h.released+h.claimed+h.open:
		a.failf("I5", "%+v", *h)
	case o.phase&orderEnded != 0 && h.open != 0:
		a.failf("I5", "the order has ended and still holds %d", h.open)
	case open != (h.open > 0):
		a.failf("I4", "holds %d with coverage %s", h.open, o.coverage)
	case h.open > o.requiredHold() || open && h.open < o.requiredHold() && !h.capped && !a.policy.CapCoverage:
		a.failf("D2", "holds %d, required is %d", h.open, o.requiredHold())
	case h.cappedInCommit && o.line.available() != 0:
		a.failf("D3", "holds %d of %d, and %d is still available", h.open, o.requiredHold(), o.line.available())
	case o.dispute.refundDue != 0 || o.dispute.compensationDue != 0:
		a.failf("D30", "a refund of %d or a compensation of %d is missing", o.dispute.refundDue, o.dispute.compensationDue)
	}
	h.cappedInCommit = false
}
