package desk_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func ruleA13Claim(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoverageNone)
	before := tr.line()
	tr.shipped(id)
	tr.disputed(id, true)
	tr.refused(rule.A13, platform, compensation(id, "1 USD"))
	tr.Do(platform, desk.OnOrder(id, order.Arbitrate{Refund: money("500 USD")}))
	if after := tr.line(); !reflect.DeepEqual(after, before) {
		t.Fatalf("the line went from %+v to %+v", before, after)
	}
	tr.audit()
}

func ruleA14Claim(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePreShipment)
	tr.shipped(id)
	tr.held("0 USD")
	tr.disputed(id, true)
	tr.refused(rule.A14, platform, compensation(id, "500 USD"))
	tr.Do(platform, desk.OnOrder(id, order.Arbitrate{}))
	// Before shipment its quota is there to be claimed.
	id = tr.confirmed("6000 USD", "2000 USD", order.CoveragePreShipment)
	tr.wire(id, "initial", "2000 USD")
	tr.disputed(id, true)
	tr.Do(platform, compensation(id, "500 USD"))
	if l := tr.line(); l.Consumed != money("500 USD") || !l.Held.IsZero() {
		t.Fatalf("consumed %s, held %s", l.Consumed, l.Held)
	}
	tr.audit()
}

func ruleA15Claim(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.shipped(id)
	tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	tr.held("0 USD")
	tr.refused(rule.D29, bruno, objection(id, "2000 USD"))
	tr.refused(rule.D29, platform, compensation(id, "2000 USD"))
	if l := tr.line(); !l.Consumed.IsZero() {
		t.Fatalf("consumed %s", l.Consumed)
	}
	// Until receipt it can be claimed, and the receipt has nothing to release then.
	id = tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.shipped(id)
	tr.disputed(id, true)
	tr.Do(platform, compensation(id, "500 USD"))
	r := tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	if streams := streamsOf(r); len(streams) != 1 {
		t.Fatalf("the hold is resolved, and the receipt is of %v", streams)
	}
	tr.phase(id, order.PhaseReceived)
	tr.audit()
}

func ruleD8(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.shipped(id)
	tr.disputed(id, true)
	r := tr.Do(platform, compensation(id, "1500 USD"))
	if !hasFact(r, order.ClaimPosted{Amount: money("1500 USD"), Released: money("4500 USD")}) || len(streamsOf(r)) != 2 {
		t.Fatalf("commit of %v, facts %+v", streamsOf(r), r.Events)
	}
	tr.held("0 USD")
	figures := func(consumed, available string) {
		t.Helper()
		if l := tr.line(); l.Consumed != money(consumed) || l.Available() != money(available) || l.OpenHolds != 0 {
			t.Fatalf("consumed %s, available %s, %d open", l.Consumed, l.Available(), l.OpenHolds)
		}
	}
	figures("1500 USD", "8500 USD")
	// The platform has ruled: there is no second dispute, and so no second claim.
	tr.refused(rule.D29, bruno, desk.OnOrder(id, order.OpenDispute{Ground: order.GroundOther, Claimed: money("100 USD")}))
	tr.Do(acme, desk.OnOrder(id, order.Refund{Amount: money("100 USD")}))
	figures("1500 USD", "8500 USD")
	// What the seller owes takes room until it is repaid.
	waiting := tr.draft("9000 USD", "9000 USD", order.CoveragePostDelivery)
	tr.refused(rule.D3, acme, submission(waiting))
	repay := func(amount string) desk.Action {
		return desk.OnLine(acme.Account, usd, credit.RepayClaim{Amount: money(amount), Reference: "R1"})
	}
	tr.refused(rule.D8, platform, repay("1500.01 USD"))
	tr.refused(rule.D8, acme, repay("1500 USD"))
	tr.Do(platform, repay("1000 USD"))
	figures("500 USD", "9500 USD")
	tr.submit(waiting)
	tr.Do(platform, repay("500 USD"))
	tr.refused(rule.D8, platform, repay("0.01 USD"))
	tr.held("9000 USD")
	// The rest of the money is the buyer's after all: refunded and claimed are all there is.
	tr.Do(acme, refund(id, "400 USD"))
	if o := tr.Order(id); o.CloseReason != order.ClosedRefunded || len(o.Links) != 1 {
		t.Fatalf("closed %q with links %v", o.CloseReason, o.Links)
	}
	tr.audit()
}

func ruleD8Capped(t *testing.T) {
	tr := inMemoryUnder(t, func(p *order.Policy) { p.CapCoverage = true }).opened("1200 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.wire(id, "initial", "2000 USD")
	tr.held("1200 USD")
	tr.disputed(id, true)
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"}))
	tr.Do(platform, compensation(id, "2000 USD"))
	if o, l := tr.Order(id), tr.line(); o.Ledger.Claimed != money("1200 USD") || l.Consumed != money("1200 USD") || o.Phase != order.PhaseReadyToShip {
		t.Fatalf("claimed %s, consumed %s, phase %s", o.Ledger.Claimed, l.Consumed, o.Phase)
	}
	tr.audit()
}

func ruleD13(t *testing.T) {
	for name, end := range map[string]func(tr *fixture, id trade.ID){
		"withdrawn": func(tr *fixture, id trade.ID) { tr.Do(bruno, desk.OnOrder(id, order.WithdrawDispute{})) },
		"settled": func(tr *fixture, id trade.ID) {
			tr.Do(acme, desk.OnOrder(id, order.ProposeSettlement{Refund: money("100 USD")}))
			tr.Do(bruno, desk.OnOrder(id, order.AcceptSettlement{Proposal: 1}))
		},
		"ruled":       func(tr *fixture, id trade.ID) { tr.Do(platform, desk.OnOrder(id, order.Arbitrate{})) },
		"compensated": func(tr *fixture, id trade.ID) { tr.Do(platform, compensation(id, "100 USD")) },
	} {
		t.Run(name, func(t *testing.T) {
			tr := inMemory(t).opened("10000 USD")
			id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
			tr.shipped(id)
			for _, by := range []trade.Actor{bruno, acme} {
				tr.Do(by, desk.OnOrder(id, order.ExtendReceipt{}))
				tr.refused(rule.D12, by, desk.OnOrder(id, order.ExtendReceipt{}))
			}
			// 15 days and two extensions are 45; of them 5 are left when the buyer objects.
			tr.at(start.Add(40*day)).disputed(id, name == "ruled" || name == "compensated")
			for _, now := range []time.Time{start.Add(44 * day), start.Add(45 * day), start.Add(45*day + time.Hour)} {
				if done := tr.tick(now); len(done) != 0 {
					t.Fatalf("while it is frozen, at %s: %+v", now, done)
				}
			}
			tr.refused(rule.D29, bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
			tr.refused(rule.D29, system, desk.OnOrder(id, order.AutoConfirmReceipt{}))
			ended := tr.Clock.Now()
			end(tr, id)
			if done := tr.tick(ended.Add(5*day - 1)); len(done) != 0 {
				t.Fatalf("a nanosecond early: %+v", done)
			}
			if done := tr.tick(ended.Add(5 * day)); len(done) != 1 || done[0].Kind != "receipt" || done[0].Err != nil {
				t.Fatalf("at the deadline: %+v", done)
			}
			tr.phase(id, order.PhaseReceived)
			tr.held("0 USD")
			tr.audit()
		})
	}
}

// ruleD13Both has a dispute and a chargeback overlap: the clock goes on when the last has ended,
// from where it stood when the first began.
func ruleD13Both(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.byCard(id, "2000 USD")
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	tr.release("E1", tr.Clock.Now())
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.at(start.Add(10*day)).disputed(id, false)
	tr.at(start.Add(12*day)).Do(platform, desk.OnOrder(id, order.ChargeBack{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}))
	tr.at(start.Add(13*day)).Do(bruno, desk.OnOrder(id, order.WithdrawDispute{}))
	if done := tr.tick(start.Add(60 * day)); len(done) != 0 {
		t.Fatalf("while the chargeback is open: %+v", done)
	}
	tr.refused(rule.D29, bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	tr.Do(platform, desk.OnOrder(id, order.ResolveChargeback{Reference: captureOf(id), Case: "D1", Won: true, At: tr.Clock.Now()}))
	if done := tr.tick(start.Add(65*day - 1)); len(done) != 0 {
		t.Fatalf("a nanosecond early: %+v", done)
	}
	if done := tr.tick(start.Add(65 * day)); len(done) != 1 || done[0].Err != nil {
		t.Fatalf("at the deadline: %+v", done)
	}
	tr.phase(id, order.PhaseReceived)
	tr.audit()
}

func ruleD24(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("2000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.byCard(id, "2000 USD")
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	tr.Do(platform, desk.OnOrder(id, order.ChargeBack{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}))
	// Customs go on whatever happens to the money; the order does not.
	tr.release("E1", tr.Clock.Now())
	tr.refused(rule.D29, acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.Do(platform, desk.OnOrder(id, order.ResolveChargeback{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}))
	tr.phase(id, order.PhaseConfirmed) // it waits for money again (D63)
	tr.refused(rule.A20, acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.held("2000 USD")
	tr.wire(id, "again", "2000 USD")
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	tr.phase(id, order.PhaseCompleted)
	tr.held("0 USD")
	tr.audit()
}

func ruleD29(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.wire(id, "initial", "2000 USD")
	opened := tr.after(time.Hour).Clock.Now()
	tr.disputed(id, false)
	escalate := desk.OnOrder(id, order.Escalate{})
	tr.at(opened.Add(3*day - 1))
	for _, by := range []trade.Actor{acme, bruno, system} {
		tr.refused(rule.D29, by, escalate)
	}
	tr.at(opened.Add(3 * day))
	tr.refused(rule.D29, system, escalate)
	if err := tr.try(acme, escalate); err != nil {
		t.Fatal(err)
	}
	if done := tr.tick(opened.Add(6*day - 1)); len(done) != 0 {
		t.Fatalf("a nanosecond early: %+v", done)
	}
	done := tr.tick(opened.Add(6 * day))
	if len(done) != 1 || done[0].Order != id || done[0].Kind != "escalate" || done[0].Err != nil {
		t.Fatalf("on day 7: %+v", done)
	}
	if o := tr.Order(id); o.Dispute.Stage != order.StageEscalated {
		t.Fatalf("stage %d", o.Dispute.Stage)
	}
	if done := tr.tick(opened.Add(60 * day)); len(done) != 0 {
		t.Fatalf("again: %+v", done)
	}
	// The next dispute has a deadline of its own.
	tr.Do(bruno, desk.OnOrder(id, order.WithdrawDispute{}))
	again := tr.after(time.Hour).Clock.Now()
	tr.disputed(id, false)
	if done := tr.tick(again.Add(6 * day)); len(done) != 1 || !done[0].At.Equal(again.Add(6*day)) || done[0].Err != nil {
		t.Fatalf("the second: %+v", done)
	}
	tr.audit()
}

// ruleD29AutoShip has customs release the last entrustment while the order is disputed: it
// ships when the dispute has ended, at that instant.
func ruleD29AutoShip(t *testing.T) {
	tr := inMemoryUnder(t, func(p *order.Policy) { p.AutoShip = true }).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePreShipment)
	tr.wire(id, "initial", "2000 USD")
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	tr.disputed(id, false)
	tr.release("E1", tr.after(time.Hour).Clock.Now())
	tr.phase(id, order.PhaseReadyToShip)
	tr.held("2000 USD")
	ended := tr.after(day).Clock.Now()
	r := tr.Do(bruno, desk.OnOrder(id, order.WithdrawDispute{}))
	if o := tr.Order(id); o.Phase != order.PhaseShipped || !o.Shipment.ShippedAt.Equal(ended) || len(streamsOf(r)) != 2 {
		t.Fatalf("phase %s, shipped at %s, commit of %v", o.Phase, o.Shipment.ShippedAt, streamsOf(r))
	}
	tr.held("0 USD")
	tr.audit()
}

func ruleD30(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id, next := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery), tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.wire(id, "initial", "2000 USD")
	for _, e := range []order.EntrustmentID{"E1", "E2"} {
		tr.entrust(e)
		tr.Do(acme, link(id, e))
	}
	tr.release("E1", tr.Clock.Now())
	tr.Do(acme, refund(id, "500 USD"))
	tr.held("6000 USD")
	tr.disputed(id, false)
	r := tr.Do(platform, refund(id, "1500 USD"))
	if streams := streamsOf(r); len(streams) != 4 {
		t.Fatalf("one commit of %v, want order, two entrustments and line", streams)
	}
	o := tr.Order(id)
	if o.CloseReason != order.ClosedRefunded || len(o.Links) != 0 || o.Frozen() {
		t.Fatalf("closed %q, links %v, frozen %t", o.CloseReason, o.Links, o.Frozen())
	}
	tr.held("0 USD")
	for _, e := range []order.EntrustmentID{"E1", "E2"} {
		if s := tr.Entrustment(e); s.Linked() {
			t.Fatalf("%s is still linked to %s", e, s.Order)
		}
		tr.Do(acme, link(next, e))
	}
	if done := tr.tick(o.Dispute.EscalateBy); len(done) != 0 {
		t.Fatalf("the dispute ended with the order: %+v", done)
	}
	tr.audit()
}

func ruleD30Shipped(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.shipped(id)
	e := tr.Order(id).Links[0].ID
	r := tr.Do(acme, refund(id, "2000 USD"))
	stream := must(credit.Stream(credit.Assurance, acme.Account, usd))
	if streams := streamsOf(r); !slices.Equal(streams, []events.StreamID{order.Stream(id), stream}) {
		t.Fatalf("one commit of %v, want order and line", streams)
	}
	if o, s := tr.Order(id), tr.Entrustment(e); o.Phase != order.PhaseClosed || len(o.Links) != 1 || s.Order != id {
		t.Fatalf("phase %s, links %v, entrustment of %s", o.Phase, o.Links, s.Order)
	}
	tr.held("0 USD")
	if done := tr.tick(start.Add(60 * day)); len(done) != 0 {
		t.Fatalf("the order has ended: %+v", done)
	}
	tr.refused(rule.A22, acme, link(tr.confirmed("100 USD", "100 USD", order.CoverageNone), e))
	tr.audit()
}

func ruleD40Disputed(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.wire(id, "initial", "2000 USD")
	tr.entrust("E1")
	tr.entrust("E2")
	tr.Do(acme, link(id, "E1"))
	tr.disputed(id, false)
	cancel := desk.OnEntrustment("E1", entrustment.Cancel{Reason: "no goods"})
	for _, do := range []desk.Action{cancel, unlink(id, "E1"), link(id, "E2")} {
		tr.refused(rule.D29, acme, do)
	}
	if e := tr.Entrustment("E1"); e.Order != id || e.Phase == entrustment.PhaseCancelled {
		t.Fatalf("%s of %s", e.Phase, e.Order)
	}
	tr.Do(bruno, desk.OnOrder(id, order.WithdrawDispute{}))
	tr.Do(acme, cancel)
	if o, e := tr.Order(id), tr.Entrustment("E1"); len(o.Links) != 0 || e.Linked() || e.Phase != entrustment.PhaseCancelled {
		t.Fatalf("order has %v, entrustment %s of %s", o.Links, e.Phase, e.Order)
	}
	tr.audit()
}
