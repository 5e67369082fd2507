package order_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
)

func testD8(t *testing.T) {
	post := funded(t, order.CoveragePostDelivery)
	for _, c := range []struct {
		name         string
		s            story
		ruled        string
		claim, freed string
		to           order.Phase
	}{
		{"the ruled amount is the least", post.escalated(), "700", "700", "5300", order.PhaseReadyToShip},
		{"what is left is the least", post.refunded("500").escalated(), "9000", "1500", "4500", order.PhaseClosed},
		{"the hold is the least", funded(t, order.CoveragePreShipment).wired("4000").escalated(), "5000", "2000", "0", order.PhaseReadyToShip},
		{"all three are equal", funded(t, order.CoveragePreShipment).escalated(), "2000", "2000", "0", order.PhaseClosed},
		{"the hold was capped", complete(t, order.CoveragePostDelivery).capped().having("900").submits().confirms().wired("2000").escalated(), "1000", "900", "0", order.PhaseReadyToShip},
		{"a partly paid order that waits", confirmed(t, order.CoveragePreShipment).wired("300").escalated(), "200", "200", "1800", order.PhaseConfirmed},
		{"the goods are on their way", shipped(t, order.CoveragePostDelivery).escalated(), "2000", "2000", "4000", order.PhaseClosed},
	} {
		t.Run("effect/"+c.name, func(t *testing.T) {
			a := c.s.when(platform, compensation(c.ruled))
			a.leads(c.to)(t)
			if want := (order.ClaimPosted{Amount: money(c.claim), Released: money(c.freed)}); len(a.got) < 2 || a.got[1] != order.Event(want) {
				t.Errorf("got %+v, want %+v", a.got, want)
			}
			if o := a.accept(t).order; o.Hold.Status != order.HoldIsPosted || o.Ledger.Claimed != money(c.claim) || o.Frozen() {
				t.Errorf("the hold is %+v, the ledger %+v", o.Hold, o.Ledger)
			}
		})
	}
	t.Run("effect/an order that closes frees its links, not its hold", func(t *testing.T) {
		s := post.linked("E1").escalated()
		s.when(platform, compensation("2000")).then(
			order.Arbitrated{Compensation: money("2000")}, order.ClaimPosted{Amount: money("2000"), Released: money("4000")},
			order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkClosed}, order.Closed{Reason: order.ClosedRefunded})(t)
	})
	claimed := shippable(t, order.CoveragePreShipment).wired("4000").escalated().does(platform, compensation("700"))
	t.Run("effect/the rest of the order goes on without a hold", func(t *testing.T) {
		claimed.when(seller, ship).then(order.Shipped{ShippedAt: claimed.now, ReceiptDeadline: claimed.now.Add(15 * day)})(t)
		done := claimed.ships().does(buyer, order.ConfirmReceipt{})
		if quota, _ := quotaFacts(done); done.order.Phase != order.PhaseCompleted || len(quota) != 2 {
			t.Errorf("%s, the line has %+v", done.order.Phase, quota)
		}
	})
	second := claimed.escalated()
	t.Run("refuse/a second claim", second.when(platform, compensation("1")).refusedBy(rule.D8))
	t.Run("accept/a refund after a claim", second.when(platform, order.Arbitrate{Refund: money("5300")}).leads(order.PhaseClosed))
	up := post.escalated()
	for _, bad := range []string{"-1", "1 EUR"} {
		t.Run("refuse/a compensation of "+bad, up.when(platform, compensation(bad)).refusedBy(rule.D8))
	}
	gone := funded(t, order.CoveragePostDelivery).paid("2", "1").refunded("1").escalated()
	t.Run("accept/money is left", gone.when(platform, compensation("1")).leads(order.PhaseReadyToShip))
	none := confirmed(t, order.CoveragePostDelivery).paid("1", "100").escalated().contested("1")
	t.Run("refuse/a bank took all money back", none.when(platform, compensation("1")).refusedBy(rule.D8))
	t.Run("accept/the ruling for the seller then", none.when(platform, order.Arbitrate{}).leads(order.PhaseConfirmed))
	t.Run("effect/the claim is no refund", func(t *testing.T) {
		if l := claimed.order.Ledger; !l.Refunded.IsZero() || l.Applied != money("6000") || claimed.order.Left() != money("5300") {
			t.Errorf("the ledger has %+v", l)
		}
	})
}

// testA13Claims, testA14Claims and testA15Claims are the ends of coverage.
func testA13Claims(t *testing.T) {
	t.Run("effect/without a compensation everything else is the same", func(t *testing.T) {
		tell := func(c order.Coverage) []order.Event {
			s := shipped(t, c).paid("1", "1000").does(buyer, order.ExtendReceipt{}).disputed().refunded("300").contested("1").after(day)
			s = s.does(seller, order.ProposeSettlement{Refund: money("50")}).does(buyer, order.AcceptSettlement{Proposal: 1}).resolved("1", true)
			s = s.escalated().does(platform, order.Arbitrate{Refund: money("25")}).does(buyer, order.ConfirmReceipt{}).wired("3100")
			_, rest := quotaFacts(s.does(platform, order.ReturnUnapplied{Amount: money("100")}))
			i := slices.IndexFunc(rest, func(e order.Event) bool { return e.Kind() == order.KindCoverageChosen })
			return slices.Delete(rest, i, i+1)
		}
		without := tell(order.CoverageNone)
		for _, c := range []order.Coverage{order.CoveragePreShipment, order.CoveragePostDelivery} {
			if with := tell(c); !reflect.DeepEqual(without, with) {
				t.Errorf("without %+v\nwith %s %+v", without, c, with)
			}
		}
	})
	up := funded(t, order.CoverageNone).escalated()
	t.Run("refuse/a compensation", up.when(platform, compensation("1")).refusedBy(rule.A13))
	t.Run("accept/a refund ruled", up.when(platform, order.Arbitrate{Refund: money("1")}).leads(order.PhaseReadyToShip))
	bare := funded(t, order.CoveragePreShipment)
	bare = bare.does(seller, order.ProposeChange{To: bare.amendment("6000", "2000", order.CoverageNone)}).does(buyer, order.AcceptChange{Proposal: 1})
	t.Run("refuse/a compensation once the coverage was changed to none", bare.escalated().when(platform, compensation("1")).refusedBy(rule.A13))
	claimed := funded(t, order.CoveragePreShipment).escalated().does(platform, compensation("1"))
	claimed = claimed.does(seller, order.ProposeChange{To: claimed.amendment("6000", "2000", order.CoverageNone)}).does(buyer, order.AcceptChange{Proposal: 1})
	t.Run("refuse/a compensation after a claim and the change to none", claimed.escalated().when(platform, compensation("1")).refusedBy(rule.A13))
}

func testA14Claims(t *testing.T) {
	ready := shippable(t, order.CoveragePreShipment)
	t.Run("accept/a compensation before shipment", ready.escalated().when(platform, compensation("1")).leads(order.PhaseReadyToShip))
	t.Run("refuse/a compensation after shipment", ready.ships().escalated().when(platform, compensation("1")).refusedBy(rule.A14))
	t.Run("accept/a refund ruled after shipment", ready.ships().escalated().when(platform, order.Arbitrate{Refund: money("1")}).leads(order.PhaseShipped))
}

func testA15Claims(t *testing.T) {
	gone := shipped(t, order.CoveragePostDelivery)
	t.Run("accept/a compensation until receipt", gone.escalated().when(platform, compensation("1")).leads(order.PhaseShipped))
	there := received(t, order.CoveragePostDelivery)
	t.Run("refuse/a dispute after receipt", there.when(buyer, objection("1")).refusedBy(rule.D29))
	t.Run("refuse/a compensation after receipt", there.when(platform, compensation("1")).refusedBy(rule.D29))
	t.Run("effect/a refund after receipt leaves the quota alone", there.when(seller, order.Refund{Amount: money("1")}).then(
		order.RefundMade{Amount: money("1"), Cause: order.RefundAgreed}))
}

func testD24(t *testing.T) {
	back := order.ChargeBack{Reference: "C-1"}
	bound := confirmed(t, order.CoveragePostDelivery).paid("1", "2000")
	took := func(amount, applied, unapplied string) order.PaymentReversed {
		return order.PaymentReversed{Reference: "C-1", Amount: money(amount), Applied: money(applied), Unapplied: money(unapplied)}
	}
	ready := bound.does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
	ready = ready.released("E1", ready.now)
	gone := ready.ships()
	there := gone.does(buyer, order.ConfirmReceipt{})
	for name, s := range map[string]story{
		"confirmed": confirmed(t, order.CoverageNone).paid("1", "1999.99"), "ready to ship": ready, "shipped": gone, "received": there,
		"completed": there.wired("4000"), "closed": gone.refunded("2000"), "after a refund": gone.refunded("500"), "amid a dispute": gone.disputed(),
	} {
		amount := s.order.Payments[0].Amount
		t.Run("accept/"+name, func(t *testing.T) {
			s.when(platform, back).then(order.PaymentReversed{Reference: "C-1", Amount: amount, Applied: amount, Unapplied: money("0")})(t)
			after := s.contested("1").order
			if after.Phase != s.order.Phase || !after.Frozen() || after.Ledger.Reversed != amount {
				t.Errorf("%s, the ledger has %+v", after.Phase, after.Ledger)
			}
			if status, _ := after.PlatformStatus(); status != "charge_back" {
				t.Errorf("the status is %s", status)
			}
		})
	}
	check := confirmed(t, order.CoverageNone).does(buyer, order.InitiatePayment{Payment: "1", Method: order.PayECheck, Amount: money("2000"), BankCountry: "US"})
	paid := check.charged("1", "2000")
	paid.Method = order.PayECheck
	t.Run("accept/e-Checking", check.does(platform, paid).when(platform, back).then(took("2000", "2000", "0")))
	wired := confirmed(t, order.CoverageNone).wired("2000")
	t.Run("refuse/T/T", wired.when(platform, order.ChargeBack{Reference: wired.order.Payments[0].Receipt.Reference}).refusedBy(rule.D24))
	t.Run("refuse/no such payment", bound.when(platform, order.ChargeBack{Reference: "C-2"}).refusedBy(rule.D24))
	t.Run("refuse/a payment in process", confirmed(t, order.CoverageNone).does(buyer, card("1", "1")).when(platform, back).refusedBy(rule.D24))
	t.Run("refuse/a failed payment", confirmed(t, order.CoverageNone).does(buyer, card("1", "1")).
		does(platform, order.FailPayment{Payment: "1", Reason: "declined"}).when(platform, back).refusedBy(rule.D24))
	t.Run("refuse/twice", bound.contested("1").when(platform, back).refusedBy(rule.D24))
	for name, won := range map[string]bool{"won": true, "lost": false} {
		t.Run("refuse/again after it was "+name, bound.contested("1").resolved("1", won).when(platform, back).refusedBy(rule.D24))
		t.Run("refuse/resolved again after it was "+name, bound.contested("1").resolved("1", won).
			when(platform, order.ResolveChargeback{Reference: "C-1", Won: won}).refusedBy(rule.D24))
	}
	t.Run("refuse/the buyer", bound.when(buyer, back).refusedBy(rule.D24))
	t.Run("refuse/resolved by the seller", bound.contested("1").when(seller, order.ResolveChargeback{Reference: "C-1", Won: true}).refusedBy(rule.D24))
	t.Run("refuse/resolved, none is open", bound.when(platform, order.ResolveChargeback{Reference: "C-1"}).refusedBy(rule.D24))
	t.Run("refuse/resolved, another is open", bound.contested("1").when(platform, order.ResolveChargeback{Reference: "C-2"}).refusedBy(rule.D24))
	testD24Resolved(t, gone, there)
	testD24Amounts(t)
	testD24Again(t, ready)
}

func testD24Resolved(t *testing.T, gone, there story) {
	won := order.ResolveChargeback{Reference: "C-1", Won: true}
	lost := order.ResolveChargeback{Reference: "C-1"}
	back := func(applied, unapplied string, deadline time.Time) order.ChargebackResolved {
		return order.ChargebackResolved{Reference: "C-1", Won: true, Applied: money(applied), Unapplied: money(unapplied), ReceiptDeadline: deadline}
	}
	open := gone.contested("1").after(day)
	t.Run("effect/won moves it back", open.when(platform, won).then(back("2000", "0", open.now.Add(15*day))))
	t.Run("effect/lost leaves it", open.when(platform, lost).then(order.ChargebackResolved{Reference: "C-1", ReceiptDeadline: open.now.Add(15 * day)}))
	t.Run("effect/lost makes it due again", func(t *testing.T) {
		after := open.does(platform, lost)
		if due := after.order.Due(); due != money("6000") {
			t.Errorf("due are %s", due)
		}
	})
	again := open.wired("6000")
	t.Run("effect/won when it was paid again, it waits", again.when(platform, won).then(back("0", "2000", again.now.Add(15*day))))
	part := open.wired("5000")
	t.Run("effect/won when a part was paid again, the rest waits", part.when(platform, won).then(back("1000", "1000", part.now.Add(15*day))))
	done := there.wired("4000")
	t.Run("effect/won after completion", done.contested("1").when(platform, won).then(back("2000", "0", time.Time{})))
	t.Run("effect/lost after completion, nothing else moves", func(t *testing.T) {
		o := done.contested("1").does(platform, lost).order
		if o.Phase != order.PhaseCompleted || o.Ledger.Applied != money("4000") || o.Frozen() {
			t.Errorf("%s, the ledger has %+v", o.Phase, o.Ledger)
		}
	})
	paid := there.contested("1").wired("4000")
	t.Run("effect/won completes a received order", paid.when(platform, won).then(back("2000", "0", time.Time{}), order.Completed{}))
	t.Run("effect/lost does not", paid.when(platform, lost).leads(order.PhaseReceived))
	closed := gone.refunded("2000").contested("1")
	t.Run("effect/won after the close", closed.when(platform, won).then(back("2000", "0", time.Time{})))
	t.Run("effect/lost after the close", closed.when(platform, lost).leads(order.PhaseClosed))
	part2 := gone.wired("1000").contested("1")
	t.Run("effect/a full refund meanwhile closes, the chargeback goes on", func(t *testing.T) {
		s := part2.refunded("1000")
		if s.order.Phase != order.PhaseClosed || !s.order.Frozen() || !s.order.Left().IsZero() {
			t.Fatalf("%s, the ledger has %+v", s.order.Phase, s.order.Ledger)
		}
		s.when(platform, won).then(back("2000", "0", time.Time{}))(t)
	})
	t.Run("effect/a refund of more than is there meanwhile", part2.when(seller, order.Refund{Amount: money("1000.01")}).refusedBy(rule.D30, short("0.01")))
	after := gone.refunded("500").contested("1").does(platform, lost)
	t.Run("effect/after a refund nothing is left to refund", func(t *testing.T) {
		after.when(seller, order.Refund{Amount: money("0.01")}).refusedBy(rule.D30, short("0.01"))(t)
		after.wired("500").when(seller, order.Refund{Amount: money("0.01")}).refusedBy(rule.D30)(t)
		after.wired("500.01").when(seller, order.Refund{Amount: money("0.01")}).leads(order.PhaseClosed)(t)
	})
	t.Run("effect/several at once", func(t *testing.T) {
		s := gone.paid("2", "4000").contested("1").after(day).contested("2")
		if s.order.OpenChargebacks != 2 || s.order.Ledger.Reversed != money("6000") {
			t.Fatalf("the ledger has %+v", s.order.Ledger)
		}
		s = s.after(day)
		s.when(platform, won).then(back("2000", "0", time.Time{}))(t)
		s = s.resolved("1", true).after(day)
		s.when(platform, order.ResolveChargeback{Reference: "C-2"}).then(
			order.ChargebackResolved{Reference: "C-2", ReceiptDeadline: s.now.Add(15 * day)})(t)
	})
}

// testD24Amounts is what a chargeback takes of which money.
func testD24Amounts(t *testing.T) {
	back := order.ChargeBack{Reference: "C-1"}
	took := func(amount, applied, unapplied, reviewed string) order.PaymentReversed {
		e := order.PaymentReversed{Reference: "C-1", Amount: money(amount), Applied: money(applied), Unapplied: money(unapplied)}
		if reviewed != "" {
			e.Reviewed = money(reviewed)
		}
		return e
	}
	over := func(s story, amount string) story {
		return s.does(buyer, card("1", "1")).does(platform, s.charged("1", amount))
	}
	bound := confirmed(t, order.CoverageNone)
	s := over(bound, "6100")
	give := order.ReturnUnapplied{Amount: money("100")}
	t.Run("effect/applied and surplus", s.when(platform, back).then(took("6100", "6000", "100", "")))
	t.Run("effect/a surplus that was returned in part", s.does(platform, order.ReturnUnapplied{Amount: money("40")}).when(platform, back).then(took("6100", "6000", "60", "")))
	t.Run("effect/a surplus that was returned, no other money", s.does(platform, give).when(platform, back).then(took("6100", "6000", "0", "")))
	mixed := over(bound.wired("2000"), "4100").does(platform, give)
	t.Run("effect/a surplus that was returned, other money", mixed.when(platform, back).then(took("4100", "4100", "0", "")))
	late := received(t, order.CoverageNone).does(buyer, card("1", "100")).wired("4000")
	late = late.does(platform, late.charged("1", "100"))
	t.Run("effect/money that came after completion", late.when(platform, back).then(took("100", "0", "100", "")))
	stranger := bound.wire("300")
	stranger.Payer, stranger.Reference = "John Doe", "S-1"
	later := s.does(platform, give)
	t.Run("effect/a surplus that was returned, a stranger's money", later.does(platform, stranger).when(platform, back).then(took("6100", "6000", "100", "100")))
	t.Run("effect/a stranger's money after other money of the buyer", mixed.does(platform, stranger).when(platform, back).then(took("4100", "4100", "0", "")))
	review := over(bound.does(platform, stranger).wired("5000"), "1500")
	t.Run("effect/what is under review is taken last", review.when(platform, back).then(took("1500", "1000", "500", "")))
	less := review.does(platform, order.ReturnUnapplied{Amount: money("400")})
	t.Run("effect/what was under review is returned first", less.when(platform, back).then(took("1500", "1100", "400", "")))
}

// testD24Again ships after a chargeback was lost: only when the initial payment is there again.
func testD24Again(t *testing.T, ready story) {
	short1 := ready.contested("1").after(day).resolved("1", false)
	t.Run("effect/not shipped amid it", ready.contested("1").when(seller, ship).refusedBy(rule.D29))
	t.Run("effect/not shipped without the initial payment", short1.when(seller, ship).refusedBy(rule.A20, short("2000")))
	t.Run("effect/not with a cent less", short1.wired("1999.99").when(seller, ship).refusedBy(rule.A20, short("0.01")))
	t.Run("effect/shipped when it is there again", short1.wired("2000").when(seller, ship).leads(order.PhaseShipped))
	t.Run("effect/shipped when it was won", ready.contested("1").resolved("1", true).when(seller, ship).leads(order.PhaseShipped))
	t.Run("effect/no shortfall of a step that nothing came in for", short1.wired("1999.99").when(seller, order.AcceptShortfall{}).refusedBy(rule.D20))
	t.Run("effect/a lower initial payment is what is there", func(t *testing.T) {
		part := short1.wired("1500").after(day)
		agreed := part.does(seller, order.ProposeChange{To: part.amendment("6000", "1500", order.CoveragePostDelivery)}).does(buyer, order.AcceptChange{Proposal: 1})
		agreed.when(seller, ship).leads(order.PhaseShipped)(t)
		if !agreed.order.FundedAt.Equal(part.now) {
			t.Errorf("funded at %s, want %s", agreed.order.FundedAt, part.now)
		}
	})
	auto := short1.under(func(p *order.Policy) { p.AutoShip = true }).after(day)
	t.Run("effect/by itself, when the money is there again", func(t *testing.T) {
		got := auto.wired("2000").order
		if !got.Shipment.ShippedAt.Equal(auto.now) || !got.FundedAt.Equal(auto.now) {
			t.Errorf("shipped at %s, funded at %s, want %s", got.Shipment.ShippedAt, got.FundedAt, auto.now)
		}
	})
	bound := confirmed(t, order.CoveragePostDelivery).paid("1", "1999")
	taken := bound.contested("1").after(day).resolved("1", false)
	t.Run("effect/a confirmed order is unpaid again", func(t *testing.T) {
		taken.when(seller, order.Cancel{}).leads(order.PhaseClosed)(t)
		taken.when(seller, order.Modify{To: taken.amendment("7000", "2000", order.CoveragePostDelivery)}).leads(order.PhaseSubmitted)(t)
		payBy := taken.order.PayBy
		taken.at(payBy.Add(-1)).when(system, order.Expire{}).refusedBy(rule.D28, from(payBy))(t)
		taken.at(payBy).when(system, order.Expire{}).leads(order.PhaseClosed)(t)
		taken.at(payBy).when(buyer, card("2", "1")).refusedBy(rule.D28, until(payBy))(t)
		taken.at(payBy).when(platform, taken.wire("2000")).leads(order.PhaseReadyToShip)(t)
	})
	t.Run("effect/it does not end while the chargeback is open", func(t *testing.T) {
		open := bound.contested("1").at(bound.order.PayBy)
		open.when(system, order.Expire{}).refusedBy(rule.D29)(t)
		open.when(buyer, order.Cancel{}).refusedBy(rule.D29)(t)
	})
}

func testD30(t *testing.T) {
	s := funded(t, order.CoveragePostDelivery)
	give := func(amount string) order.Refund { return order.Refund{Amount: money(amount)} }
	made := func(amount string) order.Event {
		return order.RefundMade{Amount: money(amount), Cause: order.RefundAgreed}
	}
	closed := order.Closed{Reason: order.ClosedRefunded}
	t.Run("accept/the seller, a part", s.when(seller, give("0.01")).then(made("0.01")))
	t.Run("accept/the platform, a part", s.when(platform, give("500")).then(made("500")))
	t.Run("accept/all but a cent", s.when(seller, give("1999.99")).then(made("1999.99")))
	t.Run("accept/all of it closes", s.linked("E1").when(seller, give("2000")).then(
		made("2000"), order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkClosed}, freed("6000", order.ReleaseClosed), closed))
	t.Run("accept/the rest closes", s.refunded("1999.99").when(seller, give("0.01")).then(made("0.01"), freed("6000", order.ReleaseClosed), closed))
	gone := shipped(t, order.CoveragePostDelivery)
	t.Run("accept/all of a shipped order, links stay", gone.when(seller, give("2000")).then(made("2000"), freed("6000", order.ReleaseClosed), closed))
	there := received(t, order.CoveragePostDelivery)
	t.Run("accept/all of a received order", there.when(seller, give("2000")).then(made("2000"), closed))
	part := confirmed(t, order.CoverageNone).wired("1")
	t.Run("accept/a confirmed order", part.when(seller, give("1")).then(made("1"), closed))
	for name, bad := range map[string]string{"nothing": "0", "less than nothing": "-0.01", "another currency": "1 EUR", "more than was paid": "2000.01"} {
		t.Run("refuse/"+name, s.when(seller, give(bad)).refusedBy(rule.D30))
	}
	t.Run("refuse/more than is left", s.refunded("1500").when(seller, give("500.01")).refusedBy(rule.D30, short("0.01")))
	claimed := s.escalated().does(platform, compensation("700"))
	t.Run("refuse/more than is left after a claim", claimed.when(seller, give("1300.01")).refusedBy(rule.D30, short("0.01")))
	t.Run("accept/what is left after a claim closes", claimed.when(seller, give("1300")).then(made("1300"), closed))
	t.Run("refuse/money that waits", submitted(t, order.CoverageNone).wired("5").confirms().wired("7000").when(seller, give("6000.01")).refusedBy(rule.D30))
	t.Run("refuse/no money", confirmed(t, order.CoverageNone).when(seller, give("1")).refusedBy(rule.D30, short("1")))
	for _, p := range []order.Phase{order.PhaseDraft, order.PhaseSubmitted, order.PhaseCompleted, order.PhaseClosed} {
		t.Run("refuse/in phase "+p.String(), inPhase(t, p).when(seller, give("1")).refusedBy(rule.D30))
	}
	t.Run("refuse/the buyer", s.when(buyer, give("1")).refusedBy(rule.D30))
	t.Run("refuse/another seller", s.when(otherSeller, give("1")).refusedBy(rule.D30))
	t.Run("effect/what is still to be collected stays", func(t *testing.T) {
		after := s.refunded("500")
		if after.order.Due() != money("4000") || after.order.Terms.Total != money("6000") {
			t.Errorf("due %s of %s", after.order.Due(), after.order.Terms.Total)
		}
		after.wired("4000").linked("E1").when(seller, order.AcceptShortfall{}).refusedBy(rule.D20)(t)
	})
	t.Run("effect/a refunded order still completes", there.refunded("500").when(platform, there.wire("4000")).leads(order.PhaseCompleted))
	t.Run("excludes/money that waits goes back apart, and moves no phase", func(t *testing.T) {
		over := confirmed(t, order.CoverageNone).wired("6100")
		over.when(platform, order.ReturnUnapplied{Amount: money("100")}).then(order.UnappliedReturned{Amount: money("100")})(t)
		over.refunded("6000").when(platform, order.ReturnUnapplied{Amount: money("100")}).leads(order.PhaseClosed)(t)
	})
}

// testReturns is ReturnUnapplied in a phase: the paying back of D21, D21b and D22.
func testReturns(t *testing.T, s story, waits string) {
	give := func(amount string) order.ReturnUnapplied { return order.ReturnUnapplied{Amount: money(amount)} }
	name := " when " + s.order.Phase.String()
	t.Run("accept/all that waits"+name, s.when(platform, give(waits)).then(order.UnappliedReturned{Amount: money(waits)}))
	t.Run("accept/a cent of it"+name, s.when(platform, give("0.01")).leads(s.order.Phase))
	more := must(money(waits).Add(money("0.01")))
	t.Run("refuse/a cent more"+name, s.when(platform, order.ReturnUnapplied{Amount: more}).refusedBy(rule.D21, short("0.01")))
	t.Run("refuse/twice"+name, s.does(platform, give(waits)).when(platform, give("0.01")).refusedBy(rule.D21, short("0.01")))
	for _, bad := range []string{"0", "-1", "1 EUR"} {
		t.Run("refuse/"+bad+name, s.when(platform, give(bad)).refusedBy(rule.D21))
	}
	t.Run("refuse/by the seller"+name, s.when(seller, give("0.01")).refusedBy(rule.D21))
	t.Run("effect/what was returned is no longer there"+name, func(t *testing.T) {
		after := s.does(platform, give(waits)).order
		l := after.Ledger
		if after.Phase != s.order.Phase || !l.Unapplied.IsZero() || l.Returned != money(waits) || l.Received != s.order.Ledger.Received || !l.Refunded.IsZero() {
			t.Errorf("%s, the ledger has %+v", after.Phase, l)
		}
	})
}
