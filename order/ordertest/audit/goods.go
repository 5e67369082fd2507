package audit

import (
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// The phases of an entrustment.
const (
	goodsNone phase = 1 << iota
	goodsDrafted
	goodsReview
	goodsNeedsChange
	goodsAccepted
	goodsDeclaring
	goodsReturned
	goodsReleased
	goodsClosed
	goodsCancelled

	goodsOpen  = goodsDrafted | goodsReview | goodsNeedsChange | goodsAccepted | goodsDeclaring | goodsReturned
	goodsAlive = goodsOpen | goodsReleased | goodsClosed

	// goodsUnderway are the phases in which a report of customs releases the goods.
	goodsUnderway = goodsReview | goodsNeedsChange | goodsAccepted | goodsDeclaring | goodsReturned
)

type goodsStep struct {
	from, to phase
	says     func(a *Auditor, g *goodsBook)
}

// goodsSteps is section 4.3 of the rule book.
var goodsSteps = map[string]goodsStep{
	"entrustment.drafted":          {goodsNone, goodsDrafted, (*Auditor).goodsWereDrafted},
	"entrustment.submitted":        {goodsDrafted, goodsReview, nil},
	"entrustment.cancelled":        {goodsOpen, goodsCancelled, (*Auditor).goodsWereCancelled},
	"entrustment.change-requested": {goodsReview, goodsNeedsChange, nil},
	"entrustment.resubmitted":      {goodsNeedsChange | goodsReturned, goodsReview, nil},
	"entrustment.approved":         {goodsReview, goodsAccepted, nil},
	"entrustment.declared":         {goodsAccepted, goodsDeclaring, (*Auditor).goodsWereDeclared},
	"entrustment.returned":         {goodsAccepted | goodsDeclaring, goodsReturned, (*Auditor).goodsWereReturned},
	"entrustment.released":         {goodsUnderway, goodsReleased, (*Auditor).goodsWereReleased},
	"entrustment.released-beside":  {goodsDrafted | goodsCancelled, 0, (*Auditor).releasedBeside},
	"entrustment.customs-closed":   {goodsReleased, goodsClosed, (*Auditor).customsClosed},
	"entrustment.linked":           {goodsAlive, 0, (*Auditor).goodsWereLinked},
	"entrustment.unlinked":         {goodsAlive, 0, (*Auditor).goodsWereUnlinked},
}

// goodsBook is what is kept of an export entrustment.
type goodsBook struct {
	head
	id         string
	phase      phase
	seller     string
	order      *orderBook // that it is linked to
	spent      bool       // its order was shipped and forgotten
	currency   currency   // in which it is declared
	declaredAt instant
	releasedAt instant
	besideAt   instant  // of a release while it was a draft or cancelled
	numbers    []string // the declaration numbers that are its own
}

func (a *Auditor) goodsOf(stream events.StreamID) *goodsBook {
	_, id, _ := strings.Cut(string(stream), "-")
	if strings.Contains(id, "~") {
		id, _ = stream.Key()
	}
	g := a.goods[id]
	if g == nil {
		g = &goodsBook{head: head{stream: stream}, id: id, phase: goodsNone}
		a.goods[g.id] = g
	}
	return g
}

func (a *Auditor) seeGoods(g *goodsBook) {
	fresh := g.stamp != a.commit
	if !a.enter(&g.head, g) {
		return
	}
	step, known := goodsSteps[a.record.Type]
	switch {
	case !known:
		a.failf("I28", "an unknown type")
	case g.phase&step.from == 0:
		a.failf("D37", "not in this phase")
	case fresh && g.phase != goodsNone && g.stream == a.target:
		a.is("", g.seller)
	}
	if a.fault == nil && step.says != nil {
		step.says(a, g)
	}
	if step.to != 0 {
		g.phase = step.to
	}
}

// settle checks that an order which is linked knows of it (I11).
func (g *goodsBook) settle(a *Auditor) {
	if g.order != nil && g.order.linked(g) < 0 {
		a.failf("I11", "order %s is not linked to the entrustment", g.order.id)
	}
}

func (a *Auditor) goodsWereDrafted(g *goodsBook) {
	if g.seller = a.keep(a.text("seller")); g.seller != a.by.account {
		a.failf("I8", "drafted for %q", g.seller)
	}
}

func (a *Auditor) goodsWereCancelled(g *goodsBook) {
	if g.order != nil {
		a.failf("D40", "linked to order %s", g.order.id)
	}
}

func (a *Auditor) goodsWereDeclared(g *goodsBook) {
	if !a.nested("declaration") {
		a.failf("D42", "no declaration")
		return
	}
	a.turn()
	defer a.turn()
	number := string(a.text("number"))
	g.declaredAt, g.currency = a.when("declared_at"), currency{}
	count, outer := 0, a.fact
	err := items(a.fact.raw("items"), func(value []byte) {
		count++
		if a.fact, _ = parse(value, nil); a.fault != nil {
			return
		}
		n, c := a.anyMoney("total")
		if n <= 0 || len(a.text("hs_code")) == 0 || g.currency != (currency{}) && g.currency != c {
			a.failf("D42", "an item of %d %s, HS code %q", n, c, a.text("hs_code"))
		}
		g.currency = c
	})
	a.fact = outer
	switch {
	case err != nil || count == 0 || number == "" || g.declaredAt == 0:
		a.failf("D42", "number %q with %d items", number, count)
	case g.order != nil && g.order.currency != g.currency:
		a.failf("D39", "declared in %s, the order is in %s", g.currency, g.order.currency)
	case slices.Contains(g.numbers, number):
		return // it declares again under its own number
	}
	g.numbers = append(g.numbers, number)
	a.says(effect{what: "a declaration number", goods: g, name: number})
}

func (a *Auditor) goodsWereReturned(g *goodsBook) { g.declaredAt, g.currency = 0, currency{} }

func (a *Auditor) goodsWereReleased(g *goodsBook) {
	g.releasedAt = a.when("released_at")
	void := g.order != nil && g.releasedAt < g.order.draftedAt
	switch {
	case g.releasedAt == 0 || g.besideAt != 0 && g.besideAt != g.releasedAt || a.flag("before_declared") != (g.releasedAt < g.declaredAt):
		a.failf("D44", "released %s, declared %s, beside %s", g.releasedAt, g.declaredAt, g.besideAt)
	case a.inFuture(g.releasedAt):
		a.failf("D61", "released %s, recorded %s", g.releasedAt, a.at)
	case a.flag("void") != void:
		a.failf("D41", "void %t, released %s", !void, g.releasedAt)
	}
	if g.order != nil {
		a.confirms(effect{what: "a customs release", order: g.order, goods: g, x: int64(g.releasedAt)})
	}
}

func (a *Auditor) customsClosed(g *goodsBook) {
	switch at := a.when("closed_at"); {
	case a.flag("before_released") != (at < g.releasedAt):
		a.failf("D44", "closed %s, released %s", at, g.releasedAt)
	case a.inFuture(at):
		a.failf("D61", "closed %s, recorded %s", at, a.at)
	}
}

func (a *Auditor) releasedBeside(g *goodsBook) {
	at := a.when("released_at")
	switch {
	case at == 0 || g.besideAt != 0:
		a.failf("D44", "released beside at %s, and at %s before", at, g.besideAt)
	case a.inFuture(at):
		a.failf("D61", "released beside %s, recorded %s", at, a.at)
	}
	g.besideAt = at
}

// inFuture reports whether an instant that was observed outside lies beyond that of the record (D61).
func (a *Auditor) inFuture(at instant) bool { return at > a.at+instant(a.policy.ClockSkew) }

func (a *Auditor) goodsWereLinked(g *goodsBook) {
	o := a.orders[string(a.text("order"))]
	switch {
	case o == nil || g.order != nil || g.spent:
		a.failf("I11", "linked to %s beside another", a.text("order"))
		return
	case a.when("drafted_at") != o.draftedAt || string(a.text("currency")) != o.currency.String():
		a.failf("I11", "the order is in %s, drafted %s", o.currency, o.draftedAt)
	}
	g.order = o
	a.confirms(effect{what: "a link", order: o, goods: g})
}

func (a *Auditor) goodsWereUnlinked(g *goodsBook) {
	o, cause := g.order, a.keep(a.text("cause"))
	switch {
	case o == nil || string(a.text("order")) != o.id:
		a.failf("I11", "it is not linked to %s", a.text("order"))
		return
	case o.phase&(orderShipped|orderReceived|orderCompleted) != 0 || o.phase == orderClosed && o.shippedAt != 0:
		a.failf("D40", "the order was shipped")
	}
	g.order = nil
	a.confirms(effect{what: "an unlink", order: o, goods: g, name: cause})
}

// seeReserved checks that a number is reserved once for all time (I6, D43).
func (a *Auditor) seeReserved(category string) {
	r := a.record
	number, _ := r.Stream.Key()
	set, owner := a.accounts, a.text("owner")
	e := effect{what: "an account", name: number}
	breaks := "I6"
	if category == "declaration" {
		set, breaks = a.numbers, "D43"
		e.what, e.goods = "a declaration number", a.goods[string(owner)]
	} else {
		e.order = a.orders[string(owner)]
	}
	if a.has(set, number) || r.Version != 1 {
		a.failf(breaks, "%s is reserved a second time, for %s", number, owner)
	}
	a.put(set, number)
	a.confirms(e)
}
