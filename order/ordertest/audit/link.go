package audit

import "slices"

// linkIndex returns the index of the link to an entrustment, or -1.
func (o *orderBook) linkIndex(e *entrustmentBook) int {
	return slices.IndexFunc(o.links, func(l link) bool { return l.entrustment == e })
}

// hasReleasedGoods reports whether customs released the goods of a linked entrustment.
func (o *orderBook) hasReleasedGoods() bool {
	return slices.ContainsFunc(o.links, func(l link) bool { return l.released != 0 })
}

// namedEntrustment returns the entrustment that the event names, or nil if there is none. With OrdersOnly
// the auditor takes the entrustment from the order's event.
func (a *Auditor) namedEntrustment() *entrustmentBook {
	id := a.text("entrustment")
	e := a.entrustments[string(id)]
	if e == nil && a.ordersOnly && len(id) > 0 {
		e = &entrustmentBook{id: string(id), phase: entrustmentDeclaring}
		a.entrustments[e.id] = e
	}
	return e
}

func (a *Auditor) onEntrustmentLinked(o *orderBook) {
	e, released := a.namedEntrustment(), a.time("released_at")
	if a.ordersOnly && e != nil {
		e.seller, e.order, e.releasedAt = o.seller, o, released
	}
	switch {
	case e == nil || e.phase == entrustmentNone:
		a.failf("A21", "entrustment %s does not exist", a.text("entrustment"))
	case o.linkIndex(e) >= 0:
		a.failf("I11", "entrustment %s is linked twice", e.id)
	case released != e.releasedAt:
		a.failf("I11", "released %s, in the entrustment %s", released, e.releasedAt)
	case released != 0 && released < o.draftedAt:
		a.failf("I10", "released %s, drafted %s", released, o.draftedAt)
	case e.seller != o.seller || e.phase == entrustmentCancelled:
		a.failf("D39", "the entrustment of seller %s, cancelled %t", e.seller, e.phase == entrustmentCancelled)
	case e.currency != (currency{}) && e.currency != o.currency:
		a.failf("D39", "declared in %s, the order is in %s", e.currency, o.currency)
	}
	if a.violation != nil {
		return
	}
	o.links = append(o.links, link{entrustment: e, released: released})
	a.markChanged(&e.head, e)
	a.states(effect{what: "a link", order: o, entrustment: e})
}

func (a *Auditor) onEntrustmentUnlinked(o *orderBook) {
	e, cause := a.namedEntrustment(), a.intern(a.text("cause"))
	i := -1
	if e != nil {
		i = o.linkIndex(e)
	}
	want := map[string]string{"unlink": "unlinked"}[a.command.name]
	if a.command.name == "cancel" && o.stream != a.target || a.by.role == desk {
		want = "cancelled"
	} else if want == "" {
		want = "closed"
	}
	if i < 0 || cause != want {
		a.failf("I11", "entrustment %s is not linked, or unlinked as %s", a.text("entrustment"), cause)
		return
	}
	o.links = slices.Delete(o.links, i, i+1)
	if a.ordersOnly {
		e.order = nil
	}
	a.markChanged(&e.head, e)
	a.states(effect{what: "an unlink", order: o, entrustment: e, name: cause})
}

func (a *Auditor) onEntrustmentReleased(o *orderBook) {
	e, released := a.namedEntrustment(), a.time("released_at")
	i := -1
	if e != nil {
		i = o.linkIndex(e)
	}
	if i < 0 || o.links[i].released != 0 || released == 0 {
		a.failf("I11", "entrustment %s is not linked, or is released a second time", a.text("entrustment"))
		return
	}
	o.links[i].released = released
	a.states(effect{what: "a customs release", order: o, entrustment: e, x: int64(released)})
}
