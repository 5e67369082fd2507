package order_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var ship = order.MarkShipped{}

func testA20(t *testing.T) {
	bound := confirmed(t, order.CoverageNone)
	ready := shippable(t, order.CoverageNone)
	t.Run("accept/after the initial payment", ready.when(seller, ship).leads(order.PhaseShipped))
	t.Run("accept/by the platform", ready.when(platform, ship).leads(order.PhaseShipped))
	t.Run("refuse/before any money", bound.when(seller, ship).refusedBy(rule.A20))
	t.Run("refuse/a payment is in process", bound.does(buyer, card("C1", "2000")).when(seller, ship).refusedBy(rule.A20))
	t.Run("refuse/a transfer is announced", bound.does(buyer, notice("N1", "2000")).when(seller, ship).refusedBy(rule.A20))
	t.Run("refuse/a cent short", bound.wired("1999.99").when(seller, ship).refusedBy(rule.A20))
	t.Run("refuse/money that has gone since", func(t *testing.T) {
		o := ready.order
		o.Ledger.Applied, o.Ledger.Reversed = money("1999.99"), money("0.01")
		_, err := decided(o, ship, ready.given(seller, ship))
		var no *trade.Refusal
		if !errors.As(err, &no) || no.Rule != rule.A20 || no.Missing != money("0.01") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuse/the buyer", ready.when(buyer, ship).refusedBy(rule.A20))
	t.Run("refuse/a second time", ready.ships().when(seller, ship).refusedBy(rule.A20))
}

func testA21(t *testing.T) {
	s := funded(t, order.CoverageNone)
	link := order.Link{Entrustment: "E1"}
	knows := func(e order.Entrustment) story { return s.knowing(func(f *order.Facts) { f.Entrustment = e }) }
	t.Run("accept/an entrustment of OneTouch", s.when(seller, link).then(order.EntrustmentLinked{Entrustment: "E1"}))
	t.Run("refuse/a paper that OneTouch does not know", knows(order.Entrustment{ID: "E2", Seller: seller.Account}).when(seller, link).refusedBy(rule.A21))
	t.Run("refuse/the buyer", s.when(buyer, link).refusedBy(rule.A21))
	t.Run("refuse/another seller", s.when(otherSeller, link).refusedBy(rule.A21))
	t.Run("refuse/before the buyer confirmed", submitted(t, order.CoverageNone).when(seller, link).refusedBy(rule.A21))
	free := order.RecordRelease{Entrustment: "E1", ReleasedAt: newYear}
	t.Run("refuse/a release of what is not linked", s.when(deskRole, free).refusedBy(rule.A21))
	t.Run("refuse/a release by the platform itself", s.linked("E1").when(platform, free).refusedBy(rule.A21))
	t.Run("refuse/a second release", s.linked("E1").released("E1", newYear).when(deskRole, free).refusedBy(rule.A21))
}

func testA22(t *testing.T) {
	s := funded(t, order.CoverageNone)
	t.Run("accept/a second and a third entrustment", s.linked("E1").linked("E2").when(seller, order.Link{Entrustment: "E3"}).leads(order.PhaseReadyToShip))
	t.Run("refuse/one of another order", s.knowing(func(f *order.Facts) {
		f.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, Order: otherID}
	}).when(seller, order.Link{Entrustment: "E1"}).refusedBy(rule.A22))
	t.Run("refuse/shipping without one", s.when(seller, ship).refusedBy(rule.A22))
	t.Run("refuse/shipping after the last was unlinked",
		shippable(t, order.CoverageNone).does(seller, order.Unlink{Entrustment: "E1"}).when(seller, ship).refusedBy(rule.A22))
}

func testA23(t *testing.T) {
	s := funded(t, order.CoverageNone).does(seller, order.SetTransport{Mode: order.TransportAir})
	link := order.Link{Entrustment: "E1"}
	released := func(at time.Time) story {
		return s.knowing(func(f *order.Facts) {
			f.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, Currency: usd, ReleasedAt: at}
		})
	}
	t.Run("refuse/released a nanosecond before drafting, then linked", released(newYear.Add(-1)).when(seller, link).refusedBy(rule.A23))
	for name, at := range map[string]time.Time{"at": newYear, "a nanosecond after": newYear.Add(1), "long after": s.now} {
		t.Run("accept/released "+name+" drafting, then linked",
			released(at).does(seller, link).when(seller, ship).leads(order.PhaseShipped))
		t.Run("accept/linked, then released "+name+" drafting", s.linked("E1").released("E1", at).when(seller, ship).leads(order.PhaseShipped))
	}
	t.Run("refuse/linked, then released a nanosecond before drafting, then shipped",
		s.linked("E1").released("E1", newYear.Add(-1)).when(seller, ship).refusedBy(rule.A23))
}

func testD9(t *testing.T) {
	s := funded(t, order.CoverageNone).does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").linked("E2")
	at := s.now.Add(time.Hour)
	both := s.released("E1", s.now).released("E2", at)
	t.Run("refuse/a nanosecond before the last release", both.at(at.Add(-1)).when(seller, ship).refusedBy(rule.D9, from(at)))
	t.Run("accept/at the last release", both.at(at).when(seller, ship).then(order.Shipped{ShippedAt: at, ReceiptDeadline: at.Add(15 * day)}))
	auto := s.under(func(p *order.Policy) { p.AutoShip = true })
	t.Run("effect/shipped by the last release", func(t *testing.T) {
		one := auto.released("E1", s.now)
		if one.order.Phase != order.PhaseReadyToShip {
			t.Fatalf("shipped by the first release")
		}
		one.after(2*time.Hour).when(deskRole, order.RecordRelease{Entrustment: "E2", ReleasedAt: at}).then(
			order.EntrustmentReleased{Entrustment: "E2", ReleasedAt: at}, order.Shipped{ShippedAt: at, ReceiptDeadline: at.Add(15 * day)})(t)
	})
	waits := confirmed(t, order.CoveragePreShipment).under(func(p *order.Policy) { p.AutoShip = true }).
		does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
	waits = waits.released("E1", waits.now).after(time.Hour)
	gone := order.Shipped{ShippedAt: waits.now, ReceiptDeadline: waits.now.Add(15 * day)}
	t.Run("effect/shipped by the money", func(t *testing.T) {
		paid := waits.when(platform, waits.wire("2000"))
		if n := len(paid.got); paid.err != nil || n != 4 || paid.got[1] != (order.Funded{}) || paid.got[2] != gone || paid.got[3] != freed("2000", order.ReleaseShipped) {
			t.Fatalf("got %+v, %v", paid.got, paid.err)
		}
		paid.accept(t)
	})
	t.Run("effect/shipped by the mode of transport", func(t *testing.T) {
		s := funded(t, order.CoverageNone).under(func(p *order.Policy) { p.AutoShip = true }).linked("E1")
		s = s.released("E1", s.now).after(time.Hour)
		s.when(seller, order.SetTransport{Mode: order.TransportAir}).then(order.TransportSet{Mode: order.TransportAir},
			order.Shipped{ShippedAt: s.now.Add(-time.Hour), ReceiptDeadline: s.now.Add(15*day - time.Hour)})(t)
	})
	t.Run("effect/shipped by a link", func(t *testing.T) {
		s := funded(t, order.CoverageNone).under(func(p *order.Policy) { p.AutoShip = true }).
			does(seller, order.SetTransport{Mode: order.TransportAir}).after(time.Hour)
		s = s.knowing(func(f *order.Facts) {
			f.Entrustment = order.Entrustment{ID: "E1", Seller: seller.Account, ReleasedAt: newYear}
		})
		funding := s.order.FundedAt
		s.when(seller, order.Link{Entrustment: "E1"}).then(order.EntrustmentLinked{Entrustment: "E1", ReleasedAt: newYear},
			order.Shipped{ShippedAt: funding, ReceiptDeadline: funding.Add(15 * day)})(t)
	})
	t.Run("effect/shipped by the end of a chargeback", func(t *testing.T) {
		s := funded(t, order.CoverageNone).under(func(p *order.Policy) { p.AutoShip = true }).paid("1", "1").does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").contested("1")
		s = s.released("E1", s.now)
		if s.order.Phase != order.PhaseReadyToShip {
			t.Fatalf("the order is %s while a chargeback is open", s.order.Phase)
		}
		for _, won := range []bool{true, false} {
			over := s.after(day).resolved("1", won)
			if at := over.order.Shipment.ShippedAt; over.order.Phase != order.PhaseShipped || !at.Equal(over.now) {
				t.Errorf("the order is %s, shipped at %s, want %s", over.order.Phase, at, over.now)
			}
		}
	})
	t.Run("excludes/shipping by itself without the initial payment", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone).under(func(p *order.Policy) { p.AutoShip = true }).paid("1", "2000").does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").contested("1")
		s = s.released("E1", s.now).after(day)
		s.resolved("1", false).has(t, "phase=confirmed")
		again := s.resolved("1", false).after(day).wired("2000").order
		if !again.Shipment.ShippedAt.Equal(s.now.Add(day)) {
			t.Errorf("shipped at %s", again.Shipment.ShippedAt)
		}
	})
	t.Run("excludes/shipping by itself with a void link", auto.released("E1", s.now).
		when(deskRole, order.RecordRelease{Entrustment: "E2", ReleasedAt: newYear.Add(-1)}).leads(order.PhaseReadyToShip))
	t.Run("excludes/shipping by itself before a release that is still to come", auto.released("E1", s.now).
		when(deskRole, order.RecordRelease{Entrustment: "E2", ReleasedAt: at}).leads(order.PhaseReadyToShip))
	t.Run("excludes/shipping by itself under the default policy", s.released("E1", s.now).
		when(deskRole, order.RecordRelease{Entrustment: "E2", ReleasedAt: s.now}).leads(order.PhaseReadyToShip))
}

func testD10(t *testing.T) {
	s := funded(t, order.CoverageNone).does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").linked("E2")
	one := s.released("E1", s.now)
	t.Run("refuse/none is released", s.when(seller, ship).refusedBy(rule.D10))
	t.Run("refuse/one of two is released", one.when(seller, ship).refusedBy(rule.D10))
	t.Run("accept/both are released", one.released("E2", s.now).when(seller, ship).leads(order.PhaseShipped))
	t.Run("accept/the other is unlinked", one.does(seller, order.Unlink{Entrustment: "E2"}).when(seller, ship).leads(order.PhaseShipped))
}

func testD14(t *testing.T) {
	s := complete(t, order.CoverageNone)
	for _, m := range []order.Transport{order.TransportAir, order.TransportLand, order.TransportSea} {
		t.Run("accept/"+string(m), s.when(seller, order.SetTransport{Mode: m}).then(order.TransportSet{Mode: m}))
	}
	for _, m := range []order.Transport{"express", "post", "rail", "multimodal", "", "AIR"} {
		t.Run("refuse/"+string(m), s.when(seller, order.SetTransport{Mode: m}).refusedBy(rule.D14))
	}
	extra := func(p *order.Policy) {
		p.ReceiptDays = map[order.Transport]int{"express": 15, "postal": 60, "never": 0}
	}
	t.Run("accept/express, where the policy has it", s.under(extra).when(seller, order.SetTransport{Mode: "express"}).leads(order.PhaseDraft))
	t.Run("refuse/air, where the policy lacks it", s.under(extra).when(seller, order.SetTransport{Mode: order.TransportAir}).refusedBy(rule.D14))
	t.Run("refuse/a mode of no days", s.under(extra).when(seller, order.SetTransport{Mode: "never"}).refusedBy(rule.D14))
	for _, p := range []order.Phase{order.PhaseDraft, order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip} {
		t.Run("accept/in phase "+p.String(), inPhase(t, p).when(seller, order.SetTransport{Mode: order.TransportSea}).leads(p))
	}
	t.Run("refuse/after shipment", shipped(t, order.CoverageNone).when(seller, order.SetTransport{Mode: order.TransportSea}).refusedBy(rule.D14))
	t.Run("effect/it voids nothing", submitted(t, order.CoverageNone).does(seller, order.SetTransport{Mode: order.TransportSea}).
		when(buyer, order.Confirm{Terms: 2}).leads(order.PhaseConfirmed))
	t.Run("refuse/shipping by a mode that the policy has no longer", shippable(t, order.CoverageNone).under(extra).when(seller, ship).refusedBy(rule.D14))
}

func testD17(t *testing.T) {
	with := func(by order.ShipBy) story {
		s := drafted(t).matched().does(seller, order.SetTerms{Terms: order.Terms{Total: money("6000"), Initial: money("2000"), ShipBy: by}}).
			covered(order.CoverageNone).submits().confirms().after(time.Hour).wired("2000").
			does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
		return s.released("E1", s.now)
	}
	gone := func(s story, late bool, agreed time.Time) func(*testing.T) {
		return s.when(seller, ship).then(order.Shipped{ShippedAt: s.now, ReceiptDeadline: s.now.Add(15 * day), Agreed: agreed, Late: late})
	}
	// A date ends when the next day begins in China, eight hours before it does in UTC.
	dated := with(order.ShipBy{Date: "2025-01-31"})
	end := time.Date(2025, 1, 31, 16, 0, 0, 0, time.UTC)
	t.Run("effect/a nanosecond before the date ends", gone(dated.at(end.Add(-1)), false, end))
	t.Run("effect/when the date ends", gone(dated.at(end), true, end))
	days := with(order.ShipBy{Days: 10, After: order.InitialPayment})
	due := days.order.FundedAt.Add(10 * day)
	t.Run("effect/a nanosecond before ten days after the initial payment", gone(days.at(due.Add(-1)), false, due))
	t.Run("effect/ten days after the initial payment", gone(days.at(due), true, due))
	balance := with(order.ShipBy{Days: 1, After: order.BalancePayment})
	t.Run("effect/nothing is late before the balance payment", gone(balance.after(99*day), false, time.Time{}))
	paid := balance.after(time.Hour).wired("4000")
	t.Run("effect/a day after the balance payment", gone(paid.after(day), true, paid.now.Add(day)))
	t.Run("effect/a nanosecond before", gone(paid.after(day-1), false, paid.now.Add(day)))
	t.Run("effect/nothing agreed, nothing late", gone(with(order.ShipBy{}).after(999*day), false, time.Time{}))
	testD17Claims(t)
	testD17Extension(t)
}

func testD39(t *testing.T) {
	s := funded(t, order.CoverageNone)
	link := order.Link{Entrustment: "E1"}
	knows := func(change func(*order.Entrustment)) story {
		e := order.Entrustment{ID: "E1", Seller: seller.Account, Currency: usd}
		change(&e)
		return s.knowing(func(f *order.Facts) { f.Entrustment = e })
	}
	t.Run("accept/the same seller and currency", knows(func(*order.Entrustment) {}).when(seller, link).leads(order.PhaseReadyToShip))
	t.Run("accept/nothing declared yet", knows(func(e *order.Entrustment) { e.Currency = trade.Currency{} }).when(seller, link).leads(order.PhaseReadyToShip))
	t.Run("refuse/another seller's", knows(func(e *order.Entrustment) { e.Seller = "rival" }).when(seller, link).refusedBy(rule.A21))
	t.Run("refuse/another currency", knows(func(e *order.Entrustment) { e.Currency = eur }).when(seller, link).refusedBy(rule.D39))
	t.Run("refuse/cancelled", knows(func(e *order.Entrustment) { e.Cancelled = true }).when(seller, link).refusedBy(rule.D39))
}

func testD40(t *testing.T) {
	unlink := order.Unlink{Entrustment: "E1"}
	gone := order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkAsked}
	bound := confirmed(t, order.CoverageNone).linked("E1")
	t.Run("accept/when confirmed", bound.when(seller, unlink).then(gone))
	t.Run("accept/when ready to ship", shippable(t, order.CoverageNone).when(seller, unlink).then(gone))
	t.Run("accept/linked again after it", bound.does(seller, unlink).when(seller, order.Link{Entrustment: "E1"}).leads(order.PhaseConfirmed))
	t.Run("accept/an entrustment that was cancelled", bound.when(deskRole, unlink).then(
		order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkCancelled}))
	t.Run("refuse/after shipment", shipped(t, order.CoverageNone).when(seller, unlink).refusedBy(rule.D40))
	t.Run("refuse/what is not linked", bound.when(seller, order.Unlink{Entrustment: "E2"}).refusedBy(rule.D40))
	t.Run("refuse/twice", bound.does(seller, unlink).when(seller, unlink).refusedBy(rule.D40))
	t.Run("refuse/a second link of the same pair", bound.when(seller, order.Link{Entrustment: "E1"}).refusedBy(rule.D40))
	t.Run("refuse/the buyer", bound.when(buyer, unlink).refusedBy(rule.D40))
	t.Run("effect/an order that closes frees them all", bound.linked("E2").when(buyer, order.Cancel{}).then(
		order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkClosed},
		order.EntrustmentUnlinked{Entrustment: "E2", Cause: order.UnlinkClosed},
		order.Closed{Reason: order.ClosedCancelled}))
	t.Run("effect/an order that expires frees them all", bound.after(60*day).when(system, order.Expire{}).then(
		order.EntrustmentUnlinked{Entrustment: "E1", Cause: order.UnlinkClosed}, order.Closed{Reason: order.ClosedExpired}))
}

func testD41(t *testing.T) {
	s := funded(t, order.CoverageNone).does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1").linked("E2")
	early := newYear.Add(-1)
	void := s.released("E2", s.now)
	t.Run("effect/an early release is recorded", void.when(deskRole, order.RecordRelease{Entrustment: "E1", ReleasedAt: early}).then(
		order.EntrustmentReleased{Entrustment: "E1", ReleasedAt: early}))
	void = void.released("E1", early)
	t.Run("effect/the order shows why", func(t *testing.T) {
		if l := void.order.Links; !void.order.Void(l[0]) || void.order.Void(l[1]) {
			t.Errorf("the links are %+v", l)
		}
	})
	t.Run("effect/shipping is refused", void.when(seller, ship).refusedBy(rule.A23))
	t.Run("effect/until it is unlinked", void.does(seller, order.Unlink{Entrustment: "E1"}).when(seller, ship).leads(order.PhaseShipped))
}
