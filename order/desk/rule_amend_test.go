package desk_test

import (
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// coverage is a change of nothing but the coverage.
func coverage(o order.Order, c order.Coverage) desk.Action {
	return desk.OnOrder(o.ID, order.Modify{To: order.Amendment{Terms: o.Terms, Coverage: c}, TermsAccepted: true})
}

// adjusted is the change of an order's hold in a result, on the order and on the line, in one
// commit.
func (tr *fixture) adjusted(r desk.Result, from, to string) {
	tr.Helper()
	mine := order.HoldAdjusted{From: money(from), To: money(to)}
	for _, f := range r.Events {
		if e, ok := f.Event.(credit.HoldAdjusted); ok && e.From == mine.From && e.To == mine.To && hasFact(r, mine) {
			tr.held(to)
			return
		}
	}
	tr.Fatalf("the hold did not go from %s to %s: %+v", from, to, r.Events)
}

func ruleD5Adjusted(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.adjusted(tr.Do(acme, modification(tr.Order(id), "9000 USD")), "6000 USD", "9000 USD")
	tr.adjusted(tr.Do(acme, modification(tr.Order(id), "10000 USD")), "9000 USD", "10000 USD")
	tr.adjusted(tr.Do(acme, modification(tr.Order(id), "2500.01 USD")), "10000 USD", "2500.01 USD")
	// Before shipment the initial payment is enough.
	tr.adjusted(tr.Do(acme, coverage(tr.Order(id), order.CoveragePreShipment)), "2500.01 USD", "2000 USD")
	r := tr.Do(acme, modification(tr.Order(id), "3000 USD"))
	if streams := streamsOf(r); len(streams) != 1 {
		t.Fatalf("nothing more is needed, and the commit is of %v", streams)
	}
	// Once money has come in, the buyer's consent does it.
	tr.confirm(id)
	tr.wire(id, "initial", "2000 USD")
	o := tr.Order(id)
	change := order.Amendment{Terms: o.Terms, Coverage: order.CoveragePostDelivery}
	tr.Do(acme, desk.OnOrder(id, order.ProposeChange{To: change}))
	tr.held("2000 USD")
	tr.adjusted(tr.Do(bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1})), "2000 USD", "3000 USD")
	tr.audit()
}

func ruleD5Refused(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	other := tr.placed("3000 USD", "3000 USD", order.CoveragePostDelivery)
	no := tr.refused(rule.D5, acme, modification(tr.Order(id), "7000.01 USD"))
	if no.Missing != money("0.01 USD") || no.Command != "modify" {
		t.Fatalf("%s is short of %s", no.Command, no.Missing)
	}
	if o := tr.Order(id); o.Terms.Total != money("6000 USD") || o.Revision != 2 {
		t.Fatalf("revision %d of %s", o.Revision, o.Terms.Total)
	}
	tr.held("9000 USD")
	tr.Do(acme, modification(tr.Order(id), "7000 USD"))
	tr.held("10000 USD")
	// A line that is suspended or cut takes no raise, and gives back as before.
	suspend := desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"})
	tr.Do(acme, desk.OnOrder(other, order.Cancel{}))
	tr.Do(platform, suspend)
	tr.refused(rule.D5, acme, modification(tr.Order(id), "7001 USD"))
	tr.Do(acme, modification(tr.Order(id), "6999 USD"))
	tr.held("6999 USD")
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Resume{}))
	tr.Do(acme, modification(tr.Order(id), "7001 USD"))
	tr.held("7001 USD")
	tr.audit()
}

func ruleD5Acceptance(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.wire(id, "initial", "2000 USD")
	propose := func(total string) desk.Action {
		return desk.OnOrder(id, order.ProposeChange{To: amendmentOf(tr.Order(id), total)})
	}
	tr.refused(rule.D5, acme, propose("10000.01 USD"))
	tr.Do(acme, propose("9000 USD"))
	other := tr.placed("2000 USD", "2000 USD", order.CoveragePostDelivery)
	accept := desk.OnOrder(id, order.AcceptChange{Proposal: 1})
	tr.figureless(tr.refused(rule.D5, bruno, accept))
	if o := tr.Order(id); !o.Proposal.Open || o.Terms.Total != money("6000 USD") {
		t.Fatalf("the refused proposal is %+v, the total %s", o.Proposal, o.Terms.Total)
	}
	tr.held("8000 USD")
	tr.Do(acme, desk.OnOrder(other, order.Cancel{}))
	tr.adjusted(tr.Do(bruno, accept), "6000 USD", "9000 USD")
	// An order without coverage gets one that way as well.
	id = tr.confirmed("1000 USD", "100 USD", order.CoverageNone)
	tr.wire(id, "initial", "100 USD")
	cover := order.ProposeChange{To: order.Amendment{Terms: tr.Order(id).Terms, Coverage: order.CoveragePostDelivery}, TermsAccepted: true}
	tr.Do(acme, desk.OnOrder(id, cover))
	tr.Do(bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1}))
	tr.held("10000 USD")
	tr.audit()
}

// ruleD9Change has the buyer accept a smaller initial payment than was paid already: the
// order is funded and ships at once, and all that it holds then is released.
func ruleD9Change(t *testing.T) {
	tr := inMemoryUnder(t, func(p *order.Policy) { p.AutoShip = true }).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePreShipment)
	tr.wire(id, "initial", "1500 USD")
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	tr.release("E1", tr.Clock.Now())
	change := amendmentOf(tr.Order(id), "6000 USD")
	change.Terms.Initial = money("1500 USD")
	tr.Do(acme, desk.OnOrder(id, order.ProposeChange{To: change}))
	r := tr.Do(bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1}))
	if !hasFact(r, order.HoldReleased{Amount: money("1500 USD"), Cause: order.ReleaseShipped}) || len(streamsOf(r)) != 2 {
		t.Fatalf("commit of %v, facts %+v", streamsOf(r), r.Events)
	}
	tr.phase(id, order.PhaseShipped)
	tr.held("0 USD")
	tr.audit()
}

func ruleD5Capped(t *testing.T) {
	tr := inMemoryUnder(t, func(p *order.Policy) { p.CapCoverage = true }).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.placed("3000 USD", "3000 USD", order.CoveragePostDelivery)
	tr.Do(acme, modification(tr.Order(id), "8000 USD"))
	tr.held("10000 USD")
	if o := tr.Order(id); o.Hold.Amount != money("7000 USD") || o.Terms.Total != money("8000 USD") {
		t.Fatalf("hold %s of %s", o.Hold.Amount, o.Terms.Total)
	}
	// With nothing left the price may rise further and the hold stays what it is.
	r := tr.Do(acme, modification(tr.Order(id), "9000 USD"))
	if streams := streamsOf(r); len(streams) != 1 {
		t.Fatalf("the line has nothing left, and the commit is of %v", streams)
	}
	tr.held("10000 USD")
	tr.Do(acme, modification(tr.Order(id), "5000 USD"))
	tr.held("8000 USD")
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"}))
	tr.Do(acme, modification(tr.Order(id), "5500 USD"))
	tr.held("8000 USD")
	tr.audit()
}

func ruleD5Uncovered(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	r := tr.Do(acme, coverage(tr.Order(id), order.CoverageNone))
	if !hasFact(r, order.HoldReleased{Amount: money("6000 USD"), Cause: order.ReleaseUncovered}) {
		t.Fatalf("facts %+v", r.Events)
	}
	tr.held("0 USD")
	if l := tr.line(); l.OpenHolds != 0 {
		t.Fatalf("%d open holds", l.OpenHolds)
	}
	untick := desk.OnOrder(id, order.Modify{To: order.Amendment{Terms: tr.Order(id).Terms, Coverage: order.CoveragePreShipment}})
	tr.refused(rule.A13, acme, untick)
	again := tr.Do(acme, coverage(tr.Order(id), order.CoveragePreShipment))
	if !hasFact(again, order.HoldPlaced{Need: money("2000 USD"), Amount: money("2000 USD")}) {
		t.Fatalf("facts %+v", again.Events)
	}
	tr.held("2000 USD")
	// Covered again it needs room like any other order.
	tr.Do(acme, coverage(tr.Order(id), order.CoverageNone))
	tr.placed("9000 USD", "9000 USD", order.CoveragePostDelivery)
	if no := tr.refused(rule.D5, acme, coverage(tr.Order(id), order.CoveragePreShipment)); no.Missing != money("1000 USD") {
		t.Fatalf("missing %s", no.Missing)
	}
	tr.confirm(id)
	tr.Do(bruno, desk.OnOrder(id, order.Cancel{}))
	tr.held("9000 USD")
	tr.audit()
}

func ruleD5HoldAtConfirm(t *testing.T) {
	tr := inMemoryUnder(t, func(p *order.Policy) { p.HoldAt = order.HoldAtConfirm }).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	// Until it is confirmed nothing is held, whatever the terms.
	tr.Do(acme, modification(tr.Order(id), "20000 USD"))
	tr.held("0 USD")
	tr.refused(rule.D3, bruno, desk.OnOrder(id, order.Confirm{Terms: tr.Order(id).Revision}))
	tr.Do(acme, modification(tr.Order(id), "8000 USD"))
	tr.confirm(id)
	tr.held("8000 USD")
	// The confirmation is void, and so is what was held for it.
	tr.Do(acme, modification(tr.Order(id), "9000 USD"))
	tr.held("0 USD")
	tr.confirm(id)
	tr.held("9000 USD")
	tr.audit()
}

func ruleD7Change(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.Do(platform, limit("4000 USD"))
	tr.refused(rule.D5, acme, modification(tr.Order(id), "6000.01 USD"))
	// Less than before is always possible, also where it is more than the limit.
	tr.Do(acme, modification(tr.Order(id), "5000 USD"))
	if l := tr.line(); l.Held != money("5000 USD") || l.Overcommitted() != money("1000 USD") {
		t.Fatalf("held %s, overcommitted %s", l.Held, l.Overcommitted())
	}
	tr.confirm(id)
	tr.wire(id, "initial", "2000 USD")
	tr.disputed(id, true)
	tr.Do(platform, compensation(id, "1500 USD"))
	if l := tr.line(); !l.Held.IsZero() || l.Consumed != money("1500 USD") || l.Available() != money("2500 USD") || !l.Overcommitted().IsZero() {
		t.Fatalf("held %s, consumed %s, available %s", l.Held, l.Consumed, l.Available())
	}
	// What is consumed counts against the limit like what is held.
	tr.Do(platform, limit("1000 USD"))
	if l := tr.line(); l.Overcommitted() != money("500 USD") || !l.Available().IsZero() {
		t.Fatalf("overcommitted %s, available %s", l.Overcommitted(), l.Available())
	}
	tr.audit()
}

func ruleD25(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	// A command on an order that is not there is refused by its own rule, and looks at no line.
	for _, c := range []order.Command{
		order.Modify{To: order.Amendment{Terms: order.Terms{Total: money("1 USD")}, Coverage: order.CoveragePostDelivery}},
		order.ProposeChange{To: order.Amendment{Terms: order.Terms{Total: money("1 USD")}, Coverage: order.CoveragePostDelivery}},
	} {
		tr.refused(rule.D25, acme, desk.OnOrder(trade.NewID(), c))
	}
	tr.refused(rule.D25, bruno, desk.OnOrder(trade.NewID(), order.AcceptChange{Proposal: 1}))
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	// A change keeps the links, and the buyer confirms anew.
	tr.Do(acme, modification(tr.Order(id), "7000 USD"))
	if o, e := tr.Order(id), tr.Entrustment("E1"); o.Phase != order.PhaseSubmitted || len(o.Links) != 1 || e.Order != id {
		t.Fatalf("phase %s, links %v, entrustment of %s", o.Phase, o.Links, e.Order)
	}
	tr.release("E1", tr.Clock.Now())
	tr.refused(rule.A18, bruno, desk.OnOrder(id, order.Confirm{Terms: 2}))
	tr.confirm(id)
	tr.wire(id, "initial", "2000 USD")
	tr.refused(rule.D25, acme, modification(tr.Order(id), "8000 USD"))
	tr.Do(acme, desk.OnOrder(id, order.ProposeChange{To: amendmentOf(tr.Order(id), "8000 USD")}))
	tr.refused(rule.D25, acme, desk.OnOrder(id, order.ProposeChange{To: amendmentOf(tr.Order(id), "9000 USD")}))
	tr.refused(rule.D25, bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 2}))
	tr.refused(rule.D25, acme, desk.OnOrder(id, order.AcceptChange{Proposal: 1}))
	// The goods leave under the old terms; the proposal goes with them.
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.refused(rule.D25, bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1}))
	tr.held("7000 USD")
	tr.audit()
}
