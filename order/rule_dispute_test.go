package order_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func testD29(t *testing.T) {
	bound := confirmed(t, order.CoverageNone)
	opened := func(s story, claimed string) order.DisputeOpened {
		return order.DisputeOpened{
			Number: 1, Ground: order.GroundQuality, Claimed: money(claimed), EscalateFrom: s.now.Add(72 * time.Hour), EscalateBy: s.now.Add(144 * time.Hour),
		}
	}
	cent := bound.wired("0.01")
	t.Run("accept/with a cent applied", cent.when(buyer, objection("0.01")).then(opened(cent, "0.01")))
	for _, c := range []order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery} {
		ready, gone := shippable(t, c), shipped(t, c)
		t.Run("accept/ready to ship, "+string(c), ready.when(buyer, objection("2000")).then(opened(ready, "2000")))
		t.Run("accept/shipped, "+string(c), gone.when(buyer, objection("1")).then(opened(gone, "1")))
	}
	s := shipped(t, order.CoveragePostDelivery)
	t.Run("refuse/no money applied", bound.when(buyer, objection("1")).refusedBy(rule.D29))
	t.Run("refuse/money that waits", submitted(t, order.CoverageNone).wired("5").when(buyer, objection("1")).refusedBy(rule.D29))
	for _, p := range []order.Phase{order.PhaseSubmitted, order.PhaseReceived, order.PhaseCompleted, order.PhaseClosed} {
		t.Run("refuse/in phase "+p.String(), inPhase(t, p).when(buyer, objection("1")).refusedBy(rule.D29))
	}
	t.Run("refuse/the seller", s.when(seller, objection("1")).refusedBy(rule.D29))
	t.Run("refuse/another buyer", s.when(otherBuyer, objection("1")).refusedBy(rule.D29))
	t.Run("refuse/a second one meanwhile", s.disputed().when(buyer, objection("1")).refusedBy(rule.D29))
	t.Run("refuse/a claim of nothing", s.when(buyer, objection("0")).refusedBy(rule.D29))
	t.Run("refuse/a claim below zero", s.when(buyer, objection("-1")).refusedBy(rule.D29))
	t.Run("refuse/a claim in another currency", s.when(buyer, objection("1 EUR")).refusedBy(rule.D29))
	t.Run("refuse/a claim of more than was paid", s.when(buyer, objection("2000.01")).refusedBy(rule.D29, short("0.01")))
	back := s.refunded("500")
	t.Run("accept/a claim of what is left after a refund", back.when(buyer, objection("1500")).leads(order.PhaseShipped))
	t.Run("refuse/a claim of more than that", back.when(buyer, objection("1500.01")).refusedBy(rule.D29, short("0.01")))
	t.Run("accept/another after one was withdrawn", func(t *testing.T) {
		again := s.disputed().does(buyer, order.WithdrawDispute{}).disputed()
		if d := again.order.Dispute; d.Number != 2 || d.Stage != order.StageNegotiating {
			t.Errorf("the dispute is %+v", d)
		}
	})
	t.Run("refuse/a fourth, and a second after a ruling", func(t *testing.T) {
		three := s
		for range 3 {
			three = three.disputed().does(buyer, order.WithdrawDispute{})
		}
		three.when(buyer, objection("1")).refusedBy(rule.D29)(t)
		s.escalated().does(platform, order.Arbitrate{}).when(buyer, objection("1")).refusedBy(rule.D29)(t)
		s.disputed().does(seller, order.ProposeSettlement{Refund: money("1")}).does(buyer, order.AcceptSettlement{Proposal: 1}).when(buyer, objection("1")).leads(order.PhaseShipped)(t)
		none := s.under(func(p *order.Policy) { p.MaxDisputes = 0 })
		none.when(buyer, objection("1")).refusedBy(rule.D29)(t)
	})
	t.Run("accept/one more after shipment, if the ruling came before it", func(t *testing.T) {
		ready := shippable(t, order.CoverageNone).follows(t, "dispute:1 withdraw dispute:1 withdraw dispute:1 rule dispute:1!D29 mark")
		ready.follows(t, "dispute:1 withdraw dispute:1!D29")
		ready.follows(t, "dispute:1 rule dispute:1!D29")
	})
	t.Run("accept/money that comes in funds the order", func(t *testing.T) {
		open := cent.disputedOver("0.01")
		open.when(platform, open.wire("1999.99")).leads(order.PhaseReadyToShip)(t)
		if paid := open.wired("1999.99").order; paid.Dispute.Stage != order.StageNegotiating || !paid.Frozen() {
			t.Errorf("the dispute is %+v", paid.Dispute)
		}
	})
	testD29Escalation(t, s)
	testD29Settlement(t, s)
	testD29Ruling(t, s)
	testD29Waits(t)
}

// testD29Escalation holds day 4 and day 7 to the nanosecond: day k begins (k-1) times 24 hours
// after the dispute was opened.
func testD29Escalation(t *testing.T, s story) {
	escalate, open := order.Escalate{}, s.disputed()
	four, seven := open.now.Add(3*day), open.now.Add(6*day)
	for name, party := range map[string]trade.Actor{"buyer": buyer, "seller": seller} {
		done := order.DisputeEscalated{By: party.Role}
		t.Run("refuse/the "+name+" a nanosecond before day 4", open.at(four.Add(-1)).when(party, escalate).refusedBy(rule.D29, from(four)))
		t.Run("accept/the "+name+" as day 4 begins", open.at(four).when(party, escalate).then(done))
		t.Run("accept/the "+name+" later", open.at(four.Add(1)).when(party, escalate).then(done))
		t.Run("accept/the "+name+" after day 7", open.at(seven.Add(day)).when(party, escalate).then(done))
		t.Run("refuse/the "+name+" after the system", open.at(seven).does(system, escalate).when(party, escalate).refusedBy(rule.D29))
		t.Run("refuse/the "+name+", no dispute", s.after(9*day).when(party, escalate).refusedBy(rule.D29))
	}
	t.Run("refuse/the system a nanosecond before day 7", open.at(seven.Add(-1)).when(system, escalate).refusedBy(rule.D29, from(seven)))
	t.Run("accept/the system as day 7 begins", open.at(seven).when(system, escalate).then(order.DisputeEscalated{By: trade.System}))
	t.Run("accept/the system later", open.at(seven.Add(1)).when(system, escalate).leads(order.PhaseShipped))
	t.Run("refuse/the system after a party", open.at(four).does(seller, escalate).at(seven).when(system, escalate).refusedBy(rule.D29))
	t.Run("refuse/the platform", open.at(seven).when(platform, escalate).refusedBy(rule.D29))
	t.Run("effect/a second dispute counts from its own opening", open.does(buyer, order.WithdrawDispute{}).after(day).disputed().at(four).
		when(buyer, escalate).refusedBy(rule.D29, from(four.Add(day))))
	t.Run("effect/the days are those of its opening", func(t *testing.T) {
		set := func(p *order.Policy) { p.EscalateFrom, p.EscalateAfter = time.Hour, 2*time.Hour }
		quick := s.under(set).disputed()
		quick.after(time.Hour-1).when(buyer, escalate).refusedBy(rule.D29)(t)
		quick.after(time.Hour).when(buyer, escalate).leads(order.PhaseShipped)(t)
		quick.under(func(p *order.Policy) { p.EscalateFrom, p.EscalateAfter = 9*day, 9*day }).after(2*time.Hour).when(system, escalate).leads(order.PhaseShipped)(t)
		open.under(set).after(2*time.Hour).when(system, escalate).refusedBy(rule.D29, from(seven))(t)
	})
}

func testD29Settlement(t *testing.T, s story) {
	offer := func(amount string) order.ProposeSettlement { return order.ProposeSettlement{Refund: money(amount)} }
	yes := func(n uint32) order.AcceptSettlement { return order.AcceptSettlement{Proposal: n} }
	open := s.disputed()
	t.Run("accept/an offer of the buyer", open.when(buyer, offer("300")).then(order.SettlementProposed{Proposal: 1, By: trade.Buyer, Refund: money("300")}))
	t.Run("accept/an offer when escalated", s.escalated().when(seller, offer("300")).then(order.SettlementProposed{Proposal: 1, By: trade.Seller, Refund: money("300")}))
	offered := open.does(seller, offer("300")).after(day)
	ends := order.SettlementAccepted{Proposal: 1, ReceiptDeadline: offered.now.Add(15 * day)}
	t.Run("accept/by the other side", offered.when(buyer, yes(1)).then(ends, order.RefundMade{Amount: money("300"), Cause: order.RefundSettled}))
	t.Run("accept/the buyer's by the seller", open.does(buyer, offer("300")).when(seller, yes(1)).leads(order.PhaseShipped))
	t.Run("accept/all of it closes the order", open.does(seller, offer("2000")).after(day).when(buyer, yes(1)).then(
		ends, order.RefundMade{Amount: money("2000"), Cause: order.RefundSettled}, freed("6000", order.ReleaseClosed), order.Closed{Reason: order.ClosedRefunded}))
	t.Run("refuse/one's own", offered.when(seller, yes(1)).refusedBy(rule.D29))
	t.Run("refuse/nothing was offered", open.when(seller, yes(0)).refusedBy(rule.D29))
	newer := offered.does(buyer, offer("400"))
	t.Run("refuse/an offer that was replaced", newer.when(buyer, yes(1)).refusedBy(rule.D29))
	t.Run("refuse/an offer to come", newer.when(seller, yes(3)).refusedBy(rule.D29))
	t.Run("accept/the one that stands", newer.when(seller, yes(2)).leads(order.PhaseShipped))
	again := offered.does(buyer, order.WithdrawDispute{}).disputed()
	t.Run("refuse/an offer of an earlier dispute", again.when(buyer, yes(1)).refusedBy(rule.D29))
	t.Run("effect/numbers go on", again.when(seller, offer("1")).then(order.SettlementProposed{Proposal: 2, By: trade.Seller, Refund: money("1")}))
	t.Run("refuse/accepted twice", offered.does(buyer, yes(1)).when(buyer, yes(1)).refusedBy(rule.D29))
	t.Run("refuse/an offer without a dispute", s.when(seller, offer("300")).refusedBy(rule.D29))
	t.Run("refuse/an offer of the platform", open.when(platform, offer("300")).refusedBy(rule.D29))
	for _, bad := range []string{"0", "-1", "1 EUR", "2000.01"} {
		t.Run("refuse/an offer of "+bad, open.when(seller, offer(bad)).refusedBy(rule.D30))
	}
	large := open.does(seller, offer("1800")).refunded("500")
	t.Run("refuse/an offer that a refund made too large", large.when(buyer, yes(1)).refusedBy(rule.D30, short("300")))
	t.Run("effect/another is offered then", large.does(seller, offer("1500")).when(buyer, yes(2)).leads(order.PhaseClosed))
	t.Run("accept/withdrawn while negotiating", offered.when(buyer, order.WithdrawDispute{}).then(order.DisputeWithdrawn{ReceiptDeadline: offered.now.Add(15 * day)}))
	escalated := s.escalated()
	t.Run("accept/withdrawn when escalated", escalated.when(buyer, order.WithdrawDispute{}).then(order.DisputeWithdrawn{ReceiptDeadline: escalated.now.Add(15 * day)}))
	t.Run("refuse/withdrawn by the seller", open.when(seller, order.WithdrawDispute{}).refusedBy(rule.D29))
	t.Run("refuse/withdrawn twice", open.does(buyer, order.WithdrawDispute{}).when(buyer, order.WithdrawDispute{}).refusedBy(rule.D29))
}

func testD29Ruling(t *testing.T, s story) {
	open, up := s.disputed(), s.escalated()
	ruled := func(refund, claim trade.Money) order.Arbitrated {
		return order.Arbitrated{Refund: refund, Compensation: claim, ReceiptDeadline: up.now.Add(15 * day)}
	}
	for name, by := range map[string]trade.Actor{"buyer": buyer, "seller": seller, "system": system, "desk": deskRole} {
		t.Run("refuse/the "+name, up.when(by, order.Arbitrate{}).refusedBy(rule.D29))
	}
	t.Run("refuse/not escalated", open.after(9*day).when(platform, order.Arbitrate{}).refusedBy(rule.D29, from(open.now.Add(6*day))))
	t.Run("refuse/no dispute", s.when(platform, order.Arbitrate{}).refusedBy(rule.D29))
	t.Run("refuse/twice", up.does(platform, order.Arbitrate{}).when(platform, order.Arbitrate{}).refusedBy(rule.D29))
	t.Run("accept/for the seller", up.when(platform, order.Arbitrate{}).then(ruled(trade.Money{}, trade.Money{})))
	t.Run("accept/a refund", up.when(platform, order.Arbitrate{Refund: money("700")}).then(
		ruled(money("700"), trade.Money{}), order.RefundMade{Amount: money("700"), Cause: order.RefundRuled}))
	t.Run("accept/a refund of all", up.when(platform, order.Arbitrate{Refund: money("2000")}).leads(order.PhaseClosed))
	t.Run("accept/a compensation", up.when(platform, compensation("700")).then(
		ruled(trade.Money{}, money("700")), order.ClaimPosted{Amount: money("700"), Released: money("5300")}))
	for _, bad := range []string{"-1", "1 EUR", "2000.01"} {
		t.Run("refuse/a refund of "+bad, up.when(platform, order.Arbitrate{Refund: money(bad)}).refusedBy(rule.D30))
	}
	t.Run("excludes/both at once", up.when(platform, order.Arbitrate{Refund: money("1"), Compensation: money("1")}).invalid("compensation"))
	contested := shipped(t, order.CoveragePostDelivery).paid("2", "1000").escalated().contested("2")
	t.Run("refuse/money while a chargeback is open", func(t *testing.T) {
		contested.when(platform, order.Arbitrate{Refund: money("1")}).refusedBy(rule.D29)(t)
		contested.when(platform, compensation("1")).refusedBy(rule.D29)(t)
		contested.resolved("2", false).when(platform, compensation("1")).leads(order.PhaseShipped)(t)
		contested.resolved("2", true).when(platform, order.Arbitrate{Refund: money("1")}).leads(order.PhaseShipped)(t)
	})
	t.Run("accept/for the seller while a chargeback is open", contested.when(platform, order.Arbitrate{}).then(order.Arbitrated{}))
	ready := shippable(t, order.CoverageNone).under(func(p *order.Policy) { p.AutoShip = true }).escalated()
	t.Run("effect/an order that waits for nothing else ships when it is over", ready.when(platform, order.Arbitrate{}).then(
		order.Arbitrated{}, order.Shipped{ShippedAt: ready.now, ReceiptDeadline: ready.now.Add(15 * day)}))
	t.Run("effect/or when it is withdrawn", ready.when(buyer, order.WithdrawDispute{}).leads(order.PhaseShipped))
	t.Run("effect/or settled", ready.does(seller, order.ProposeSettlement{Refund: money("1")}).when(buyer, order.AcceptSettlement{Proposal: 1}).leads(order.PhaseShipped))
	t.Run("excludes/shipping by itself while it is open", func(t *testing.T) {
		wait := funded(t, order.CoverageNone).under(func(p *order.Policy) { p.AutoShip = true }).does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").disputed()
		wait = wait.released("E1", wait.now)
		if wait.order.Phase != order.PhaseReadyToShip {
			t.Fatalf("the order is %s", wait.order.Phase)
		}
		later := wait.after(time.Hour)
		later.when(buyer, order.WithdrawDispute{}).then(order.DisputeWithdrawn{}, order.Shipped{ShippedAt: later.now, ReceiptDeadline: later.now.Add(15 * day)})(t)
	})
}

// testD29Waits names what the rule names; the matrix has every command.
func testD29Waits(t *testing.T) {
	bound, ready, gone := confirmed(t, order.CoverageNone).wired("1").linked("E1").disputedOver("1"), shippable(t, order.CoverageNone).disputed(), shipped(t, order.CoverageNone).disputed()
	for _, c := range []struct {
		s   story
		by  trade.Actor
		cmd order.Command
	}{
		{ready, seller, order.MarkShipped{}}, {gone, buyer, order.ConfirmReceipt{}}, {gone.after(99 * day), system, order.AutoConfirmReceipt{}},
		{gone, seller, order.ExtendReceipt{}}, {bound, seller, order.Modify{To: bound.amendment("7000", "2000", order.CoverageNone)}},
		{ready, seller, order.ProposeChange{To: ready.amendment("7000", "2000", order.CoverageNone)}}, {ready, buyer, order.AcceptChange{Proposal: 1}},
		{ready, seller, order.Link{Entrustment: "E2"}}, {bound, seller, order.Unlink{Entrustment: "E1"}}, {gone, seller, order.AcceptShortfall{}},
		{gone, buyer, card("C1", "1")}, {bound, buyer, order.Cancel{}}, {bound.after(99 * day), system, order.Expire{}},
	} {
		t.Run("refuse/meanwhile "+c.cmd.Name(), c.s.when(c.by, c.cmd).refusedBy(rule.D29))
	}
	t.Run("accept/meanwhile a refund", gone.when(platform, order.Refund{Amount: money("1")}).leads(order.PhaseShipped))
	t.Run("accept/meanwhile money that waits goes back", gone.wired("5000").when(platform, order.ReturnUnapplied{Amount: money("1000")}).leads(order.PhaseShipped))
	t.Run("accept/meanwhile a payment fails", funded(t, order.CoverageNone).does(buyer, card("C1", "1")).disputed().
		when(platform, order.FailPayment{Payment: "C1", Reason: "declined"}).leads(order.PhaseReadyToShip))
	t.Run("effect/a full refund ends it", gone.when(seller, order.Refund{Amount: money("2000")}).leads(order.PhaseClosed))
	if o := gone.refunded("2000").order; o.Frozen() || o.Dispute.Stage != order.StageNone {
		t.Errorf("the dispute is %+v", o.Dispute)
	}
	wait := ready.does(buyer, order.WithdrawDispute{}).does(seller, order.ProposeChange{To: ready.amendment("7000", "2000", order.CoverageNone)}).disputed()
	t.Run("refuse/meanwhile a proposal is accepted", wait.when(buyer, order.AcceptChange{Proposal: 1}).refusedBy(rule.D29))
	t.Run("accept/a proposal that was open before, once it is over", wait.does(buyer, order.WithdrawDispute{}).when(buyer, order.AcceptChange{Proposal: 1}).leads(order.PhaseReadyToShip))
}

func testD13(t *testing.T) {
	s := shipped(t, order.CoveragePostDelivery).paid("2", "4000")
	deadline, auto := s.now.Add(15*day), order.AutoConfirmReceipt{}
	runs := func(s story, to time.Time) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			s.at(to.Add(-1)).when(system, auto).refusedBy(rule.A25, from(to))(t)
			s.at(to).when(system, auto).leads(order.PhaseCompleted)(t)
		}
	}
	t.Run("accept/opened a nanosecond before the deadline", s.at(deadline.Add(-1)).when(buyer, objection("1")).leads(order.PhaseShipped))
	t.Run("refuse/opened at the deadline", s.at(deadline).when(buyer, objection("1")).refusedBy(rule.D13, until(deadline)))
	t.Run("accept/received after the deadline", s.at(deadline.Add(1)).when(buyer, order.ConfirmReceipt{}).leads(order.PhaseCompleted))
	ten := s.after(10 * day).disputed()
	t.Run("effect/the clock is stopped", ten.after(99*day).when(system, auto).refusedBy(rule.D29))
	t.Run("effect/it goes on after a withdrawal", runs(ten.after(4*day).does(buyer, order.WithdrawDispute{}), s.now.Add(19*day)))
	t.Run("effect/after a ruling", runs(ten.after(6*day).does(system, order.Escalate{}).does(platform, order.Arbitrate{}), s.now.Add(21*day)))
	t.Run("effect/after a settlement", runs(ten.does(seller, order.ProposeSettlement{Refund: money("1")}).after(day).does(buyer, order.AcceptSettlement{Proposal: 1}), s.now.Add(16*day)))
	t.Run("effect/after a chargeback that was won", runs(s.after(day).contested("2").after(30*day).resolved("2", true), s.now.Add(45*day)))
	last := s.at(deadline.Add(-1)).disputed().after(50*day).does(buyer, order.WithdrawDispute{})
	t.Run("effect/a nanosecond was left", runs(last, deadline.Add(50*day)))
	t.Run("effect/an extension before it counts", runs(s.does(seller, order.ExtendReceipt{}).after(20*day).disputed().after(day).does(buyer, order.WithdrawDispute{}), s.now.Add(31*day)))
	t.Run("effect/an extension after it", runs(ten.after(4*day).does(buyer, order.WithdrawDispute{}).does(buyer, order.ExtendReceipt{}), s.now.Add(34*day)))
	t.Run("effect/two after another", runs(ten.after(4*day).does(buyer, order.WithdrawDispute{}).disputed().after(day).does(buyer, order.WithdrawDispute{}), s.now.Add(20*day)))
	// The first is opened on day 3, the last ends on day 13: ten days are added.
	three := s.after(3 * day)
	inner := three.contested("2").after(2 * day).disputed().after(2 * day)
	t.Run("effect/a dispute within a chargeback", func(t *testing.T) {
		inner.when(buyer, order.WithdrawDispute{}).then(order.DisputeWithdrawn{})(t)
		runs(inner.does(buyer, order.WithdrawDispute{}).after(6*day).resolved("2", true), s.now.Add(25*day))(t)
	})
	t.Run("effect/a dispute that outlasts the chargeback", func(t *testing.T) {
		inner.when(platform, inner.end1("2", true)).then(order.ChargebackResolved{
			Reference: "C-2", Method: order.PayCard, Won: true, Applied: money("4000"), Unapplied: money("0"), Case: "case-1", At: inner.now, Cases: noCases})(t)
		runs(inner.resolved("2", true).after(6*day).does(buyer, order.WithdrawDispute{}), s.now.Add(25*day))(t)
	})
	late := s.at(deadline).contested("2").after(day)
	t.Run("refuse/a dispute when the chargeback found the deadline passed", late.when(buyer, objection("1")).refusedBy(rule.D13, until(deadline)))
	t.Run("accept/one when it found a nanosecond left", s.at(deadline.Add(-1)).contested("2").after(day).when(buyer, objection("1")).leads(order.PhaseShipped))
	t.Run("effect/receipt is due at once when that is over", late.resolved("2", true).when(system, auto).leads(order.PhaseCompleted))
	t.Run("effect/the times to confirm and to pay are stopped too", func(t *testing.T) {
		offered := submitted(t, order.CoverageNone)
		back := offered.follows(t, "charge:1:5").contested("1").after(40*day).resolved("1", true)
		if d := back.order.ConfirmBy; !d.Equal(offered.order.ConfirmBy.Add(40 * day)) {
			t.Errorf("to be confirmed by %s, was %s", d, offered.order.ConfirmBy)
		}
		bound := confirmed(t, order.CoverageNone).paid("1", "5")
		for name, again := range map[string]story{
			"lost":      bound.contested("1").after(40*day).resolved("1", false),
			"withdrawn": bound.disputed().after(40*day).does(buyer, order.WithdrawDispute{}),
			"settled":   bound.disputed().after(40*day).does(buyer, order.ProposeSettlement{Refund: money("1")}).does(seller, order.AcceptSettlement{Proposal: 1}),
			"ruled":     bound.disputed().after(40*day).does(system, order.Escalate{}).does(platform, order.Arbitrate{}),
		} {
			if d := again.order.PayBy; !d.Equal(bound.order.PayBy.Add(40 * day)) {
				t.Errorf("%s: to be paid by %s, was %s", name, d, bound.order.PayBy)
			}
		}
		lost := bound.contested("1").after(40*day).resolved("1", false)
		lost.at(lost.order.PayBy.Add(-1)).when(system, order.Expire{}).refusedBy(rule.D28, from(lost.order.PayBy))(t)
		lost.at(lost.order.PayBy).when(system, order.Expire{}).leads(order.PhaseClosed)(t)
	})
	t.Run("excludes/a dispute before shipment", func(t *testing.T) {
		gone := shippable(t, order.CoverageNone).disputed().after(5*day).does(buyer, order.WithdrawDispute{}).ships()
		if got := gone.order.Shipment.ReceiptDeadline; !got.Equal(gone.now.Add(15 * day)) {
			t.Errorf("receipt is due %s", got)
		}
	})
}

// testD17Claims is late shipment as the ground of a dispute.
func testD17Claims(t *testing.T) {
	with := func(by order.ShipBy) story {
		s := drafted(t).matched().does(seller, order.SetTerms{Terms: order.Terms{Total: money("6000"), Initial: money("2000"), ShipBy: by}}).
			covered(order.CoverageNone).submits().confirms().after(time.Hour)
		return s.wired("2000")
	}
	late := order.OpenDispute{Ground: order.GroundLate, Claimed: money("1")}
	s := with(order.ShipBy{Days: 10, After: order.InitialPayment})
	agreed := s.now.Add(10 * day)
	t.Run("refuse/a nanosecond before the agreed time", s.at(agreed.Add(-1)).when(buyer, late).refusedBy(rule.D17, from(agreed)))
	t.Run("accept/at the agreed time", s.at(agreed).when(buyer, late).leads(order.PhaseReadyToShip))
	t.Run("accept/another ground before it", s.when(buyer, objection("1")).leads(order.PhaseReadyToShip))
	t.Run("refuse/nothing agreed", with(order.ShipBy{}).after(99*day).when(buyer, late).refusedBy(rule.D17, from(time.Time{})))
	t.Run("refuse/before the payment that it counts from", with(order.ShipBy{Days: 1, After: order.BalancePayment}).after(99*day).when(buyer, late).refusedBy(rule.D17, from(time.Time{})))
	leaves := func(at time.Time) story {
		gone := s.does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
		return gone.released("E1", gone.now).at(at).does(seller, ship).after(time.Hour)
	}
	t.Run("accept/shipped late", leaves(agreed).when(buyer, late).leads(order.PhaseShipped))
	t.Run("refuse/shipped in time", leaves(agreed.Add(-1)).after(9*day).when(buyer, late).refusedBy(rule.D17, from(time.Time{})))
	t.Run("accept/shipped in time, another ground", leaves(agreed.Add(-1)).when(buyer, objection("1")).leads(order.PhaseShipped))
	t.Run("excludes/a ground that is none", s.when(buyer, order.OpenDispute{Ground: "weather", Claimed: money("1")}).invalid("ground"))
	t.Run("effect/time in which the order is frozen does not count", func(t *testing.T) {
		thawed := s.after(day).disputed().after(5*day).does(buyer, order.WithdrawDispute{})
		thawed.at(agreed.Add(5*day-1)).when(buyer, late).refusedBy(rule.D17, from(agreed.Add(5*day)))(t)
		thawed.at(agreed.Add(5*day)).when(buyer, late).leads(order.PhaseReadyToShip)(t)
		gone := thawed.follows(t, "ready").at(agreed.Add(5*day-1)).does(seller, ship)
		if gone.order.Shipment.Late || !gone.order.Shipment.Agreed.Equal(agreed.Add(5*day)) {
			t.Errorf("the shipment is %+v", gone.order.Shipment)
		}
	})
	t.Run("effect/an agreed date moves on as well", func(t *testing.T) {
		dated := with(order.ShipBy{Date: "2025-01-10"}).after(day).disputed().after(5*day).does(buyer, order.WithdrawDispute{})
		ends := time.Date(2025, 1, 10, 16, 0, 0, 0, time.UTC).Add(5 * day)
		dated.at(ends.Add(-1)).when(buyer, late).refusedBy(rule.D17, from(ends))(t)
		dated.at(ends).when(buyer, late).leads(order.PhaseReadyToShip)(t)
	})
	t.Run("effect/time in which the order is unfunded does not count", func(t *testing.T) {
		dated := with(order.ShipBy{Date: "2025-01-10"}).follows(t, "wire:4000:W2")
		lost := dated.after(day).moved(t, "recall:W2:r").moved(t, "recall:W2:r").moved(t, "wire:4000:W3")
		if lost.order.Phase != order.PhaseReadyToShip {
			t.Fatalf("the order is %s", lost.order.Phase)
		}
		first := lost.payments[0].Reference
		fallen := lost.after(day).moved(t, "recall:"+first+":a")
		fallen = fallen.moved(t, "recall:W3:b")
		paid := fallen.after(3*day).moved(t, "wire:2000:W4")
		ends := time.Date(2025, 1, 10, 16, 0, 0, 0, time.UTC).Add(paid.now.Sub(fallen.now))
		if fallen.order.Phase != order.PhaseConfirmed || paid.order.Phase != order.PhaseReadyToShip {
			t.Fatalf("the order is %s, then %s", fallen.order.Phase, paid.order.Phase)
		}
		paid.at(ends.Add(-1)).when(buyer, late).refusedBy(rule.D17, from(ends))(t)
		paid.at(ends).when(buyer, late).leads(order.PhaseReadyToShip)(t)
	})
	paid := with(order.ShipBy{Days: 1, After: order.BalancePayment}).paid("2", "4000")
	t.Run("accept/a day after the balance", paid.after(day).when(buyer, late).leads(order.PhaseReadyToShip))
	t.Run("refuse/the balance was charged back", paid.after(day).contested("2").resolved("2", false).when(buyer, late).refusedBy(rule.D17, from(time.Time{})))
}
