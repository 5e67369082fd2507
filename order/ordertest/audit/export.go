package audit

import (
	"slices"
	"time"
)

func (o *orderBook) linked(g *goodsBook) int {
	return slices.IndexFunc(o.links, func(l link) bool { return l.goods == g })
}

// anyReleased reports whether customs have released goods that are linked.
func (o *orderBook) anyReleased() bool {
	return slices.ContainsFunc(o.links, func(l link) bool { return l.released != 0 })
}

// goodsOfFact returns the entrustment that the fact names, or nil if there is none. Of an order
// that is alone it is taken to be what the order says.
func (a *Auditor) goodsOfFact() *goodsBook {
	id := a.text("entrustment")
	g := a.goods[string(id)]
	if g == nil && a.alone && len(id) > 0 {
		g = &goodsBook{id: string(id), phase: goodsDeclaring}
		a.goods[g.id] = g
	}
	return g
}

func (a *Auditor) entrustmentLinked(o *orderBook) {
	g, released := a.goodsOfFact(), a.when("released_at")
	if a.alone && g != nil {
		g.seller, g.order, g.releasedAt = o.seller, o, released
	}
	switch {
	case g == nil || g.phase == goodsNone:
		a.failf("A21", "entrustment %s does not exist", a.text("entrustment"))
	case o.linked(g) >= 0:
		a.failf("I11", "entrustment %s is linked twice", g.id)
	case released != g.releasedAt:
		a.failf("I11", "released %s, and by the entrustment %s", released, g.releasedAt)
	case released != 0 && released < o.draftedAt:
		a.failf("I10", "released %s, drafted %s", released, o.draftedAt)
	case g.seller != o.seller || g.phase == goodsCancelled:
		a.failf("D39", "of %s, cancelled %t", g.seller, g.phase == goodsCancelled)
	case g.currency != (currency{}) && g.currency != o.currency:
		a.failf("D39", "declared in %s, the order is in %s", g.currency, o.currency)
	}
	if a.fault != nil {
		return
	}
	o.links = append(o.links, link{goods: g, released: released})
	a.touch(&g.head, g)
	a.says(effect{what: "a link", order: o, goods: g})
}

func (a *Auditor) entrustmentUnlinked(o *orderBook) {
	g, cause := a.goodsOfFact(), a.keep(a.text("cause"))
	i := -1
	if g != nil {
		i = o.linked(g)
	}
	want := map[string]string{"unlink": "unlinked"}[a.asked.command]
	if a.asked.command == "cancel" && o.stream != a.target || a.by.role == elsewhere {
		want = "cancelled"
	} else if want == "" {
		want = "closed"
	}
	if i < 0 || cause != want {
		a.failf("I11", "entrustment %s is not linked, or unlinked as %s", a.text("entrustment"), cause)
		return
	}
	o.links = slices.Delete(o.links, i, i+1)
	if a.alone {
		g.order = nil
	}
	a.touch(&g.head, g)
	a.says(effect{what: "an unlink", order: o, goods: g, name: cause})
}

func (a *Auditor) entrustmentReleased(o *orderBook) {
	g, released := a.goodsOfFact(), a.when("released_at")
	i := -1
	if g != nil {
		i = o.linked(g)
	}
	if i < 0 || o.links[i].released != 0 || released == 0 {
		a.failf("I11", "entrustment %s is not linked, or released once more", a.text("entrustment"))
		return
	}
	o.links[i].released = released
	a.says(effect{what: "a customs release", order: o, goods: g, x: int64(released)})
}

func (a *Auditor) orderWasShipped(o *orderBook) {
	o.shippedAt, o.deadline, o.late = a.when("shipped_at"), a.when("receipt_deadline"), a.flag("late")
	last := instant(0)
	for _, l := range o.links {
		if l.released == 0 || l.released < o.draftedAt {
			a.failf("I10", "entrustment %s was released %s, the order drafted %s", l.goods.id, l.released, o.draftedAt)
		}
		last = max(last, l.released)
	}
	at, auto := a.at, a.asked.command != "mark-shipped"
	if auto {
		at = max(last, o.fundedAt, o.thawedAt)
	}
	agreed := o.agreed(a.at, true)
	if !o.second && a.when("agreed") != agreed {
		agreed = o.agreed(a.at, false)
	}
	switch {
	case len(o.links) == 0:
		a.failf("I10", "without an entrustment")
	case o.settled() < o.initial:
		a.failf("I7", "%d are settled of %d", o.settled(), o.initial)
	case o.second && o.left() == 0:
		a.failf("D63", "nothing is left of %d", o.money.applied)
	case o.frozen():
		a.failf("D29", "while a dispute or a chargeback is open")
	case auto && !a.policy.AutoShip:
		a.failf("D9", "by %s", a.asked.command)
	case o.shippedAt != at || at < last || at > a.at:
		a.failf("D9", "at %s, not %s; the last was released %s", o.shippedAt, at, last)
	case o.transport == "":
		a.failf("A25", "without a mode of transport")
	case o.deadline != a.receiptDue(o):
		a.failf("I12", "receipt is due %s, not %s", o.deadline, a.receiptDue(o))
	case a.when("agreed") != agreed || o.late != (agreed != 0 && at >= agreed):
		a.failf("D17", "agreed %s, not %s; late %t", a.when("agreed"), agreed, o.late)
	}
	o.proposal.open = false
}

// receiptDue returns when receipt of an order shipped like this is due (A25, D11).
func (a *Auditor) receiptDue(o *orderBook) instant {
	days := a.policy.ReceiptDays[o.transport]
	if !a.policy.CalendarDays {
		return o.shippedAt + instant(days)*day
	}
	china := time.FixedZone("UTC+8", 8*60*60)
	y, m, d := time.Unix(0, int64(o.shippedAt)).In(china).Date()
	return instant(time.Date(y, m, d+days+1, 0, 0, 0, 0, china).UnixNano())
}

func (a *Auditor) receiptExtended(o *orderBook) {
	by, until := roleOf(a.text("by")), a.when("receipt_deadline")
	switch {
	case by != a.by.role || o.extended&by != 0:
		a.failf("I12", "extended by the %s, not the first time", a.text("by"))
	case a.at >= o.deadline || until != o.deadline+instant(a.policy.ReceiptExtension):
		a.failf("I12", "extended at %s from %s to %s", a.at, o.deadline, until)
	}
	o.extended |= by
	o.deadline = until
}

func (a *Auditor) receiptConfirmed(o *orderBook) {
	by := roleOf(a.text("by"))
	switch {
	case by != a.by.role || by&(buyer|system) == 0:
		a.failf("I8", "receipt by the %s", a.text("by"))
	case by == system && a.at < o.deadline:
		a.failf("I12", "receipt at %s, it is due %s", a.at, o.deadline)
	}
}

func (a *Auditor) orderWasCompleted(o *orderBook) {
	o.completedAt = a.at
	if o.settled() != o.total {
		a.failf("I14", "%d are settled of %d", o.settled(), o.total)
	}
}

func (a *Auditor) orderReviewed(o *orderBook) {
	if o.reviewedAt != 0 || o.phase == orderCompleted && a.at > o.completedAt+instant(a.policy.ReviewWithin) {
		a.failf("D31", "reviewed at %s, before at %s; completed %s", a.at, o.reviewedAt, o.completedAt)
	}
	a.rated()
	o.reviewedAt = a.at
}

func (a *Auditor) rated() {
	if rating := a.number("rating"); rating < 1 || rating > 5 {
		a.failf("D31", "rated %d", rating)
	}
}

func (a *Auditor) reviewEdited(o *orderBook) {
	if o.reviewedAt == 0 || o.editedAt != 0 || a.at > o.reviewedAt+instant(a.policy.ReviewWithin) {
		a.failf("D31", "edited at %s, before at %s; reviewed %s", a.at, o.editedAt, o.reviewedAt)
	}
	a.rated()
	o.editedAt = a.at
}

func (a *Auditor) reviewReplied(o *orderBook) {
	from := max(o.reviewedAt, o.editedAt)
	if from == 0 || o.replied || a.at > from+instant(a.policy.ReviewWithin) {
		a.failf("D31", "replied at %s, before %t; reviewed %s", a.at, o.replied, from)
	}
	o.replied = true
}
