package audit

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// The phases of an entrustment.
const (
	entrustmentNone phase = 1 << iota
	entrustmentDrafted
	entrustmentInReview
	entrustmentNeedsChange
	entrustmentAccepted
	entrustmentDeclaring
	entrustmentReturned
	entrustmentReleased
	entrustmentCustomsClosed
	entrustmentCancelled

	entrustmentCancellable = entrustmentDrafted | entrustmentInReview | entrustmentNeedsChange | entrustmentAccepted | entrustmentDeclaring | entrustmentReturned
	entrustmentLinkable    = entrustmentCancellable | entrustmentReleased | entrustmentCustomsClosed

	// entrustmentReleasable are the phases in which a report of customs releases the entrustment.
	entrustmentReleasable = entrustmentInReview | entrustmentNeedsChange | entrustmentAccepted | entrustmentDeclaring | entrustmentReturned
)

type entrustmentStep struct {
	from, to phase
	apply    func(a *Auditor, e *entrustmentBook)
}

// entrustmentSteps has the events of section 4.3 of the rule book.
var entrustmentSteps = map[string]entrustmentStep{
	"entrustment.drafted":          {entrustmentNone, entrustmentDrafted, (*Auditor).onEntrustmentDrafted},
	"entrustment.submitted":        {entrustmentDrafted, entrustmentInReview, nil},
	"entrustment.cancelled":        {entrustmentCancellable, entrustmentCancelled, (*Auditor).onEntrustmentCancelled},
	"entrustment.change-requested": {entrustmentInReview, entrustmentNeedsChange, nil},
	"entrustment.resubmitted":      {entrustmentNeedsChange | entrustmentReturned, entrustmentInReview, nil},
	"entrustment.approved":         {entrustmentInReview, entrustmentAccepted, nil},
	"entrustment.declared":         {entrustmentAccepted, entrustmentDeclaring, (*Auditor).onDeclared},
	"entrustment.returned":         {entrustmentAccepted | entrustmentDeclaring, entrustmentReturned, (*Auditor).onEntrustmentReturned},
	"entrustment.released":         {entrustmentReleasable, entrustmentReleased, (*Auditor).onCustomsReleased},
	"entrustment.released-beside":  {entrustmentDrafted | entrustmentCancelled, 0, (*Auditor).onReleasedBeside},
	"entrustment.customs-closed":   {entrustmentReleased, entrustmentCustomsClosed, (*Auditor).onCustomsClosed},
	"entrustment.linked":           {entrustmentLinkable, 0, (*Auditor).onOrderLinked},
	"entrustment.unlinked":         {entrustmentLinkable, 0, (*Auditor).onOrderUnlinked},
}

// entrustmentBook is the auditor's state of an export entrustment.
type entrustmentBook struct {
	head
	id                 string
	phase              phase
	seller             string
	order              *orderBook // the linked order, or nil
	shipped            bool       // its order ended and was forgotten
	currency           currency   // of the declaration
	declaredAt         instant
	releasedAt         instant
	releasedBesideAt   instant  // of a customs release while it was a draft or cancelled
	declarationNumbers []string // its own
}

func (a *Auditor) entrustmentOf(stream events.StreamID) *entrustmentBook {
	_, id, _ := strings.Cut(string(stream), "-")
	if strings.Contains(id, "~") {
		id, _ = stream.Key()
	}
	e := a.entrustments[id]
	if e == nil {
		e = &entrustmentBook{head: head{stream: stream}, id: id, phase: entrustmentNone}
		a.entrustments[e.id] = e
	}
	return e
}

func (a *Auditor) bookEntrustment(e *entrustmentBook) {
	fresh := e.writtenIn != a.commit
	if !a.advance(&e.head, e) {
		return
	}
	step, known := entrustmentSteps[a.record.Type]
	switch {
	case !known:
		a.failf("I28", "an unknown type")
	case e.phase&step.from == 0:
		a.failf("D37", "the phase does not allow it")
	case fresh && e.phase != entrustmentNone && e.stream == a.target:
		a.checkParty("", e.seller)
	}
	if a.violation == nil && step.apply != nil {
		step.apply(a, e)
	}
	if step.to != 0 {
		e.phase = step.to
	}
}

// check checks that a linked order has the link as well (I11).
func (e *entrustmentBook) check(a *Auditor) {
	if e.order != nil && e.order.linkIndex(e) < 0 {
		a.failf("I11", "order %s is not linked to the entrustment", e.order.id)
	}
}

func (a *Auditor) onEntrustmentDrafted(e *entrustmentBook) {
	if e.seller = a.intern(a.text("seller")); e.seller != a.by.account {
		a.failf("I8", "drafted for %q", e.seller)
	}
}

func (a *Auditor) onEntrustmentCancelled(e *entrustmentBook) {
	if e.order != nil {
		a.failf("D40", "linked to order %s", e.order.id)
	}
}

func (a *Auditor) onDeclared(e *entrustmentBook) {
	if !a.parseNested("declaration") {
		a.failf("D42", "no declaration")
		return
	}
	a.swapNested()
	defer a.swapNested()
	number := string(a.text("number"))
	e.declaredAt, e.currency = a.time("declared_at"), currency{}
	count := 0
	a.eachObject("items", func() {
		count++
		n, c := a.anyMoney("total")
		if n <= 0 || len(a.text("hs_code")) == 0 || e.currency != (currency{}) && e.currency != c {
			a.failf("D42", "an item of %d %s, HS code %q", n, c, a.text("hs_code"))
		}
		e.currency = c
	})
	switch {
	case count == 0 || number == "" || e.declaredAt == 0:
		a.failf("D42", "number %q with %d items", number, count)
	case e.order != nil && e.order.currency != e.currency:
		a.failf("D39", "declared in %s, the order is in %s", e.currency, e.order.currency)
	case slices.Contains(e.declarationNumbers, number):
		return // the number is already reserved for this entrustment
	}
	e.declarationNumbers = append(e.declarationNumbers, number)
	a.states(effect{what: "a declaration number", entrustment: e, name: number})
}

func (a *Auditor) onEntrustmentReturned(e *entrustmentBook) { e.declaredAt, e.currency = 0, currency{} }

func (a *Auditor) onCustomsReleased(e *entrustmentBook) {
	e.releasedAt = a.time("released_at")
	void := e.order != nil && e.releasedAt < e.order.draftedAt
	switch {
	case e.releasedAt == 0 || e.releasedBesideAt != 0 && e.releasedBesideAt != e.releasedAt || a.flag("before_declared") != (e.releasedAt < e.declaredAt):
		a.failf("D44", "released %s, declared %s, released beside %s", e.releasedAt, e.declaredAt, e.releasedBesideAt)
	case a.inFuture(e.releasedAt):
		a.failf("D61", "released %s, recorded %s", e.releasedAt, a.at)
	case a.flag("void") != void:
		a.failf("D41", "void %t, released %s", !void, e.releasedAt)
	}
	if e.order != nil {
		a.confirms(effect{what: "a customs release", order: e.order, entrustment: e, x: int64(e.releasedAt)})
	}
}

func (a *Auditor) onCustomsClosed(e *entrustmentBook) {
	switch at := a.time("closed_at"); {
	case a.flag("before_released") != (at < e.releasedAt):
		a.failf("D44", "closed %s, released %s", at, e.releasedAt)
	case a.inFuture(at):
		a.failf("D61", "closed %s, recorded %s", at, a.at)
	}
}

func (a *Auditor) onReleasedBeside(e *entrustmentBook) {
	at := a.time("released_at")
	switch {
	case at == 0 || e.releasedBesideAt != 0:
		a.failf("D44", "released beside at %s, and at %s before", at, e.releasedBesideAt)
	case a.inFuture(at):
		a.failf("D61", "released beside %s, recorded %s", at, a.at)
	}
	e.releasedBesideAt = at
}

// inFuture reports whether a reported instant is after the instant of the record and the clock skew (D61).
func (a *Auditor) inFuture(at instant) bool { return at > a.at+instant(a.policy.ClockSkew) }

func (a *Auditor) onOrderLinked(e *entrustmentBook) {
	o := a.orders[string(a.text("order"))]
	switch {
	case o == nil || e.order != nil || e.shipped:
		a.failf("I11", "linked to order %s, which does not exist or is not the first", a.text("order"))
		return
	case a.time("drafted_at") != o.draftedAt || string(a.text("currency")) != o.currency.String():
		a.failf("I11", "the order is in %s, drafted %s", o.currency, o.draftedAt)
	}
	e.order = o
	a.confirms(effect{what: "a link", order: o, entrustment: e})
}

func (a *Auditor) onOrderUnlinked(e *entrustmentBook) {
	o, cause := e.order, a.intern(a.text("cause"))
	switch {
	case o == nil || string(a.text("order")) != o.id:
		a.failf("I11", "the entrustment is not linked to order %s", a.text("order"))
		return
	case o.phase&(orderShipped|orderReceived|orderCompleted) != 0 || o.phase == orderClosed && o.shippedAt != 0:
		a.failf("D40", "the order was shipped")
	}
	e.order = nil
	a.confirms(effect{what: "an unlink", order: o, entrustment: e, name: cause})
}
