package audit

import "github.com/tradesurety/surety/events"

// holding is what an order holds of its seller's line, and what became of it.
type holding struct {
	open                    amount
	placed, raised, lowered amount
	released, claimed       amount
	shut                    bool // it was released for good
	posted                  bool // it was claimed
	capped                  bool // less than is needed, in this commit
	short                   bool // less than is needed, since it was placed or adjusted last
	changes                 int  // how many events were about it
}

// need is what the coverage asks for (D2).
func (o *orderBook) need() amount {
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

// holds changes what the order holds, and with it what the orders of its line hold together.
func (a *Auditor) holds(o *orderBook, n amount) *lineBook {
	l, before := a.lineOfOrder(o), o.hold.open
	a.touch(&l.head, l)
	l.byOrders = a.plus(l.byOrders, n-before)
	switch {
	case before == 0 && n != 0:
		l.orders++
	case before != 0 && n == 0:
		l.orders--
	}
	o.hold.open = n
	o.hold.changes++
	return l
}

func (a *Auditor) holdPlaced(o *orderBook) {
	h, need, n := &o.hold, a.money("need", o.currency), a.money("amount", o.currency)
	switch {
	case o.coverage == none:
		a.failf("I3", "a hold without coverage")
	case h.open != 0 || h.shut:
		a.failf("I5", "a hold of %d beside one of %d", n, h.open)
	case h.posted:
		a.failf("I16", "a hold after a claim")
	case n <= 0 || n > need || need != o.need() || n < need && !a.policy.CapCoverage:
		a.failf("D2", "%d held of %d, needed are %d", n, need, o.need())
	}
	h.placed += n
	h.capped, h.short = n < need, n < need
	a.says(effect{what: "a hold", order: o, line: a.holds(o, n), x: n})
}

func (a *Auditor) holdAdjusted(o *orderBook) {
	h, from, to := &o.hold, a.money("from", o.currency), a.money("to", o.currency)
	switch {
	case h.open == 0 || from != h.open || to <= 0 || to == from:
		a.failf("I5", "a hold of %d adjusted from %d to %d", h.open, from, to)
	case to > o.need() || to < o.need() && !a.policy.CapCoverage:
		a.failf("D2", "adjusted to %d, needed are %d", to, o.need())
	}
	h.raised, h.lowered = h.raised+max(0, to-from), h.lowered+max(0, from-to)
	h.capped, h.short = to < o.need(), to < o.need()
	a.says(effect{what: "an adjusted hold", order: o, line: a.holds(o, to), x: from, y: to})
}

func (a *Auditor) holdReleased(o *orderBook) {
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
	h.shut = cause != "uncovered"
	a.says(effect{what: "a release", order: o, line: a.holds(o, 0), name: a.keep(a.text("cause")), x: n})
}

func (a *Auditor) claimPosted(o *orderBook) {
	h, n, rest := &o.hold, a.money("amount", o.currency), a.money("released", o.currency)
	switch {
	case o.coverage == none || h.posted:
		a.failf("I16", "a claim with coverage %s, or a second one", o.coverage)
	case n <= 0 || n > h.open || n > o.left() || n != min(o.dispute.ruled, h.open, o.left()):
		a.failf("I16", "%d claimed of a hold of %d and %d that are left, ruled %d", n, h.open, o.left(), o.dispute.ruled)
	case rest < 0 || n+rest != h.open:
		a.failf("I5", "%d claimed and %d released of a hold of %d", n, rest, h.open)
	}
	h.claimed, h.released, h.posted = h.claimed+n, h.released+rest, true
	o.money.claimed += n
	o.money.paidBack, o.dispute.ruled = true, 0
	a.says(effect{what: "a claim", order: o, line: a.holds(o, 0), x: n, y: rest})
}

// settleHold checks I3, I4 and I5.
func (a *Auditor) settleHold(o *orderBook) {
	h := &o.hold
	from := orderSubmitted
	if a.policy.HoldAtConfirm {
		from = orderConfirmed
	}
	open := o.phase >= from && !h.posted
	switch o.coverage {
	case preShipment:
		open = open && o.phase <= orderReady
	case postDelivery:
		open = open && o.phase <= orderShipped
	default:
		open = false
	}
	switch {
	case !o.covered && h.changes > 0:
		a.failf("I3", "%d changes of a hold without coverage", h.changes)
	case h.placed+h.raised-h.lowered != h.released+h.claimed+h.open:
		a.failf("I5", "%+v", *h)
	case o.phase&orderEnded != 0 && h.open != 0:
		a.failf("I5", "the order has ended and holds %d", h.open)
	case open != (h.open > 0):
		a.failf("I4", "holds %d with coverage %s", h.open, o.coverage)
	case h.open > o.need() || open && h.open < o.need() && !h.short && !a.policy.CapCoverage:
		a.failf("D2", "holds %d, needed are %d", h.open, o.need())
	case h.capped && o.line.available() != 0:
		a.failf("D3", "holds %d of %d, and %d are available", h.open, o.need(), o.line.available())
	case o.dispute.owed != 0 || o.dispute.ruled != 0:
		a.failf("D30", "a refund of %d or a compensation of %d was not made", o.dispute.owed, o.dispute.ruled)
	}
	h.capped = false
}
