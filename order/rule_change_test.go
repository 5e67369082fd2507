package order_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// having is the story on a line that has so much left.
func (s story) having(amount string) story {
	return s.knowing(func(f *order.Facts) { f.Quota.Available = money(amount) })
}

func (s story) suspended() story {
	return s.knowing(func(f *order.Facts) { f.Quota.Suspended = true })
}

func (s story) capped() story { return s.under(func(p *order.Policy) { p.CapCoverage = true }) }

// modified returns the events of a change: the first as the order makes it, and those that follow.
func modified(s story, a order.Amendment, changes []string, more ...order.Event) []order.Event {
	return append([]order.Event{order.TermsModified{
		Terms: a.Terms, Coverage: a.Coverage, BuyerName: s.order.Buyer.Name, Changes: changes,
		Revision: s.order.Revision + 1, ConfirmBy: s.now.Add(30 * day),
	}}, more...)
}

func adjusted(from, to string) order.HoldAdjusted {
	return order.HoldAdjusted{From: money(from), To: money(to)}
}

// testD5Changes is what a change of price or coverage makes of the hold.
func testD5Changes(t *testing.T) {
	post, pre, none := submitted(t, order.CoveragePostDelivery), submitted(t, order.CoveragePreShipment), submitted(t, order.CoverageNone)
	for _, c := range []struct {
		name    string
		s       story
		total   string
		initial string
		to      order.Coverage
		changes []string
		want    []order.Event // about the hold
	}{
		{"a lower total needs no line", post.having("0").suspended(), "5000", "2000", order.CoveragePostDelivery, []string{"total"}, []order.Event{adjusted("6000", "5000")}},
		{"another initial payment, the total held", post.having("0"), "6000", "1000", order.CoveragePostDelivery, []string{"initial"}, nil},
		{"another total, the initial payment held", pre.having("0"), "9000", "2000", order.CoveragePreShipment, []string{"total"}, nil},
		{"a raise that fits to the cent", post.having("1000"), "7000", "2000", order.CoveragePostDelivery, []string{"total"}, []order.Event{adjusted("6000", "7000")}},
		{"a raise that is capped", post.capped().having("400"), "7000", "2000", order.CoveragePostDelivery, []string{"total"}, []order.Event{adjusted("6000", "6400")}},
		{"a raise that is capped to nothing", post.capped().having("0"), "7000", "2000", order.CoveragePostDelivery, []string{"total"}, nil},
		{"a raise that is capped on a suspended line", post.capped().suspended(), "7000", "2000", order.CoveragePostDelivery, []string{"total"}, nil},
		{"less coverage", post.having("0"), "6000", "2000", order.CoveragePreShipment, []string{"coverage"}, []order.Event{adjusted("6000", "2000")}},
		{"more coverage", pre.having("4000"), "6000", "2000", order.CoveragePostDelivery, []string{"coverage"}, []order.Event{adjusted("2000", "6000")}},
		{"no coverage", post.having("0"), "6000", "2000", order.CoverageNone, []string{"coverage"}, []order.Event{freed("6000", order.ReleaseUncovered)}},
		{"coverage where there was none", none.having("2000"), "6000", "2000", order.CoveragePreShipment, []string{"coverage"}, []order.Event{held("2000")}},
		{"coverage where there was none, capped", none.capped().having("1"), "6000", "2000", order.CoveragePreShipment, []string{"coverage"},
			[]order.Event{order.HoldPlaced{Need: money("2000"), Amount: money("1")}}},
		{"price and coverage at once", pre.having("6000"), "8000", "3000", order.CoveragePostDelivery, []string{"total", "initial", "coverage"}, []order.Event{adjusted("2000", "8000")}},
	} {
		a := c.s.amendment(c.total, c.initial, c.to)
		t.Run("effect/"+c.name, c.s.when(seller, ticked(a)).then(modified(c.s, a, c.changes, c.want...)...))
	}
	dearer := ticked(post.amendment("7000", "2000", order.CoveragePostDelivery))
	t.Run("refuse/a raise that lacks a cent", post.having("999.99").when(seller, dearer).refusedBy(rule.D5, short("0.01")))
	t.Run("refuse/a raise on a suspended line", post.suspended().when(seller, dearer).refusedBy(rule.D5, short("1000")))
	t.Run("refuse/coverage that lacks a cent", pre.having("3999.99").
		when(seller, ticked(pre.amendment("6000", "2000", order.CoveragePostDelivery))).refusedBy(rule.D5, short("0.01")))
	covered := ticked(none.amendment("6000", "2000", order.CoveragePreShipment))
	t.Run("refuse/coverage on no line", none.knowing(func(f *order.Facts) { f.Quota = order.Quota{} }).when(seller, covered).refusedBy(rule.D5, short("2000")))
	t.Run("refuse/coverage that is capped to nothing", none.capped().having("0").when(seller, covered).refusedBy(rule.D5, short("2000")))
	t.Run("refuse/a line in another currency", post.having("9000 EUR").when(seller, dearer).refusedBy(rule.D60))
	small := complete(t, order.CoveragePostDelivery).capped().having("1000").submits()
	later := small.under(func(p *order.Policy) { p.CapCoverage = false }).having("9000")
	a := later.amended(func(t *order.Terms) { t.TradeTerm = "FOB Ningbo" })
	t.Run("effect/neither price nor coverage, the capped hold stays", later.when(seller, order.Modify{To: a}).then(modified(later, a, []string{"trade_term"})...))
	t.Run("effect/a price change of a capped hold", func(t *testing.T) {
		a := later.amendment("6500", "2000", order.CoveragePostDelivery)
		later.when(seller, order.Modify{To: a}).then(modified(later, a, []string{"total"}, adjusted("1000", "6500"))...)(t)
	})
}

// testD5Consent looks at the quota when a change is proposed, and again when it is accepted.
func testD5Consent(t *testing.T) {
	s := funded(t, order.CoveragePostDelivery)
	to := s.amendment("7000", "2000", order.CoveragePostDelivery)
	t.Run("refuse/proposed without quota", s.having("999").when(seller, order.ProposeChange{To: to}).refusedBy(rule.D5, short("1")))
	open := s.does(seller, order.ProposeChange{To: to})
	yes := order.AcceptChange{Proposal: 1}
	t.Run("refuse/accepted when the quota is gone", open.having("999").when(buyer, yes).refusedBy(rule.D5, figureless))
	t.Run("accept/the quota is there", open.having("1000").when(buyer, yes).then(
		order.ChangeAccepted{Proposal: 1, Terms: to.Terms, Coverage: to.Coverage, Revision: 3}, adjusted("6000", "7000")))
	t.Run("effect/a full refund releases", s.when(seller, order.Refund{Amount: money("2000")}).then(
		order.RefundMade{Amount: money("2000"), Cause: order.RefundAgreed}, freed("6000", order.ReleaseClosed), order.Closed{Reason: order.ClosedRefunded}))
	claimed := s.escalated().does(platform, compensation("500"))
	dearer := order.ProposeChange{To: claimed.amendment("7000", "2000", order.CoveragePostDelivery)}
	t.Run("effect/after a claim the price changes without a hold", claimed.having("0").does(seller, dearer).when(buyer, yes).then(
		order.ChangeAccepted{Proposal: 1, Terms: dearer.To.Terms, Coverage: order.CoveragePostDelivery, Revision: 3}))
	t.Run("refuse/other coverage after a claim", claimed.
		when(seller, order.ProposeChange{To: claimed.amendment("6000", "2000", order.CoveragePreShipment)}).refusedBy(rule.D8))
	none := order.ProposeChange{To: claimed.amendment("6000", "2000", order.CoverageNone)}
	t.Run("effect/no coverage after a claim", claimed.does(seller, none).when(buyer, yes).then(
		order.ChangeAccepted{Proposal: 1, Terms: none.To.Terms, Coverage: order.CoverageNone, Revision: 3}))
	t.Run("excludes/a second hold after a claim", func(t *testing.T) {
		bare := confirmed(t, order.CoveragePostDelivery).paid("1", "1000").escalated().does(platform, compensation("500")).contested("1").resolved("1", false)
		again := bare.does(seller, order.Modify{To: bare.amended(func(t *order.Terms) { t.TradeTerm = "FOB Ningbo" })})
		if quota, _ := quotaFacts(again.confirms()); len(quota) != 2 {
			t.Errorf("the line has %+v", quota)
		}
	})
}

// testD4Changes modifies under a policy that holds at confirmation.
func testD4Changes(t *testing.T) {
	offered := complete(t, order.CoveragePreShipment).under(func(p *order.Policy) { p.HoldAt = order.HoldAtConfirm }).submits()
	a := offered.amendment("9000", "3000", order.CoveragePreShipment)
	t.Run("effect/a change before the confirmation needs no line", offered.knowing(func(f *order.Facts) { f.Quota = order.Quota{} }).
		when(seller, order.Modify{To: a}).then(modified(offered, a, []string{"total", "initial"})...))
	bound := offered.confirms()
	t.Run("effect/a change releases", bound.knowing(func(f *order.Facts) { f.Quota = order.Quota{} }).
		when(seller, order.Modify{To: a}).then(modified(bound, a, []string{"total", "initial"}, freed("2000", order.ReleaseUncovered))...))
	t.Run("effect/the confirmation holds anew", func(t *testing.T) {
		again := bound.does(seller, order.Modify{To: a}).having("3000")
		again.when(buyer, order.Confirm{Terms: 3}).then(
			order.Confirmed{Account: buyer.Account, Terms: 3, PayBy: again.now.Add(60 * day)}, held("3000"))(t)
		again.having("2999.99").when(buyer, order.Confirm{Terms: 3}).refusedBy(rule.D3, figureless)(t)
	})
	t.Run("effect/a change that is agreed on holds more", func(t *testing.T) {
		paid := bound.wired("2000").does(seller, order.ProposeChange{To: bound.amendment("9000", "2000", order.CoveragePostDelivery)})
		if got, _ := quotaFacts(paid.having("7000").does(buyer, order.AcceptChange{Proposal: 1})); got[1] != adjusted("2000", "9000") {
			t.Errorf("the line has %+v", got)
		}
	})
}

func testD12(t *testing.T) {
	more := order.ExtendReceipt{}
	s := shipped(t, order.CoveragePostDelivery)
	deadline := s.now.Add(15 * day)
	by := func(r trade.Role, to time.Time) order.Event {
		return order.ReceiptExtended{By: r, ReceiptDeadline: to}
	}
	t.Run("accept/the buyer", s.when(buyer, more).then(by(trade.Buyer, deadline.Add(15*day))))
	t.Run("accept/the seller", s.when(seller, more).then(by(trade.Seller, deadline.Add(15*day))))
	t.Run("accept/both, thirty days in all", s.does(buyer, more).when(seller, more).then(by(trade.Seller, deadline.Add(30*day))))
	t.Run("accept/a nanosecond before the deadline", s.at(deadline.Add(-1)).when(buyer, more).then(by(trade.Buyer, deadline.Add(15*day))))
	t.Run("refuse/at the deadline", s.at(deadline).when(buyer, more).refusedBy(rule.D12, until(deadline)))
	t.Run("refuse/after it", s.at(deadline.Add(1)).when(seller, more).refusedBy(rule.D12, until(deadline)))
	t.Run("accept/before the deadline that the other party put off", s.does(buyer, more).at(deadline).when(seller, more).leads(order.PhaseShipped))
	t.Run("refuse/the buyer twice", s.does(buyer, more).when(buyer, more).refusedBy(rule.D12))
	t.Run("refuse/the seller twice", s.does(seller, more).does(buyer, more).when(seller, more).refusedBy(rule.D12))
	t.Run("refuse/the platform", s.when(platform, more).refusedBy(rule.D12))
	t.Run("refuse/before shipment", shippable(t, order.CoverageNone).when(buyer, more).refusedBy(rule.D12))
	t.Run("refuse/after receipt", received(t, order.CoverageNone).when(buyer, more).refusedBy(rule.D12))
	t.Run("refuse/while a dispute is open", s.disputed().when(buyer, more).refusedBy(rule.D29))
	t.Run("effect/automatic receipt waits", func(t *testing.T) {
		late := s.does(buyer, more)
		late.at(deadline.Add(15*day-1)).when(system, order.AutoConfirmReceipt{}).refusedBy(rule.A25, from(deadline.Add(15*day)))(t)
		late.at(deadline.Add(15*day)).when(system, order.AutoConfirmReceipt{}).leads(order.PhaseReceived)(t)
	})
	t.Run("effect/the days are the policy's", s.under(func(p *order.Policy) { p.ReceiptExtension = time.Hour }).when(buyer, more).then(by(trade.Buyer, deadline.Add(time.Hour))))
}

// testD17Extension puts the agreed time off by consent, up to ninety days after the initial payment.
func testD17Extension(t *testing.T) {
	with := func(by order.ShipBy) story {
		return drafted(t).matched().does(seller, order.SetTerms{Terms: order.Terms{Total: money("6000"), Initial: money("2000"), ShipBy: by}}).
			covered(order.CoverageNone).submits().confirms()
	}
	days := func(n int) order.ShipBy { return order.ShipBy{Days: n, After: order.InitialPayment} }
	propose := func(s story, to order.ShipBy) attempt {
		return s.when(seller, order.ProposeChange{To: s.amended(func(t *order.Terms) { t.ShipBy = to })})
	}
	s := with(days(30)).wired("2000")
	t.Run("accept/put off to ninety days", propose(s, days(90)).leads(order.PhaseReadyToShip))
	t.Run("refuse/put off to ninety-one", propose(s, days(91)).refusedBy(rule.D17))
	t.Run("accept/brought forward", propose(s, days(1)).leads(order.PhaseReadyToShip))
	t.Run("accept/brought forward to more than ninety", propose(with(days(200)).wired("2000"), days(100)).leads(order.PhaseReadyToShip))
	t.Run("accept/the agreed time is dropped", propose(s, order.ShipBy{}).leads(order.PhaseReadyToShip))
	part := with(days(30)).wired("1")
	t.Run("accept/ninety days before the initial payment is satisfied", propose(part, days(90)).leads(order.PhaseConfirmed))
	t.Run("refuse/ninety-one before it is", propose(part, days(91)).refusedBy(rule.D17))
	// The initial payment came in on New Year's Day at 02:00; the ninetieth day after ends on 1 April at 02:00,
	// and 31 March ends in China at 16:00 UTC.
	t.Run("accept/a date that ends before", propose(s, order.ShipBy{Date: "2025-03-31"}).leads(order.PhaseReadyToShip))
	t.Run("refuse/a date that ends after", propose(s, order.ShipBy{Date: "2025-04-01"}).refusedBy(rule.D17))
	t.Run("accept/a date before the payment that it is bounded by", propose(part, order.ShipBy{Date: "2026-01-01"}).leads(order.PhaseConfirmed))
	t.Run("refuse/accepted too late", func(t *testing.T) {
		open := part.does(seller, order.ProposeChange{To: part.amended(func(t *order.Terms) { t.ShipBy = order.ShipBy{Date: "2026-01-01"} })}).wired("1999")
		open.when(buyer, order.AcceptChange{Proposal: 1}).refusedBy(rule.D17)(t)
	})
	t.Run("refuse/a lower initial payment with a date beyond ninety days of it", func(t *testing.T) {
		a := part.amended(func(t *order.Terms) { t.Initial, t.ShipBy = money("1"), order.ShipBy{Date: "2026-01-01"} })
		part.when(seller, order.ProposeChange{To: a}).refusedBy(rule.D17)(t)
	})
}

func testD25(t *testing.T) {
	offered, bound := submitted(t, order.CoverageNone), confirmed(t, order.CoverageNone)
	a := func(s story) order.Amendment { return s.amendment("7000", "1000", order.CoverageNone) }
	fob := func(t *order.Terms) { t.TradeTerm = "FOB Ningbo" }
	t.Run("accept/a submitted order", offered.when(seller, order.Modify{To: a(offered)}).then(modified(offered, a(offered), []string{"total", "initial"})...))
	t.Run("accept/a confirmed order falls back", bound.when(seller, order.Modify{To: a(bound)}).leads(order.PhaseSubmitted))
	t.Run("accept/without an initial payment it is the total", func(t *testing.T) {
		to := order.Amendment{Terms: order.Terms{Total: money("10")}, Coverage: order.CoverageNone}
		if got := offered.does(seller, order.Modify{To: to}).order.Terms; got.Initial != money("10") || got.ShipBy != (order.ShipBy{}) {
			t.Errorf("the terms are %+v", got)
		}
	})
	t.Run("effect/the buyer confirms anew, under the new revision", func(t *testing.T) {
		again := bound.does(seller, order.Modify{To: a(bound)}).after(time.Hour)
		again.when(buyer, order.Confirm{Terms: 2}).refusedBy(rule.A18)(t)
		again.when(buyer, order.Confirm{Terms: 3}).then(order.Confirmed{Account: buyer.Account, Terms: 3, PayBy: again.now.Add(60 * day)})(t)
		again.at(bound.now.Add(30*day)).when(buyer, order.Confirm{Terms: 3}).refusedBy(rule.D28, until(bound.now.Add(30*day)))(t)
	})
	t.Run("effect/a shortfall that was accepted does not count any longer", func(t *testing.T) {
		s := began(t, "order:none:6000:2000").follows(t, "confirm card:1:1900 short back:1 lost:1")
		want := modified(s, a(s), []string{"total", "initial"})
		voids := want[0].(order.TermsModified)
		voids.ShortfallVoid = true
		s.when(seller, order.Modify{To: a(s)}).then(voids)(t)
		s.follows(t, "modify:1500:1500").has(t, "shortfall=0", "due=1500")
	})
	t.Run("refuse/while any announced payment is in process", func(t *testing.T) {
		for _, method := range []order.Method{order.PayTT, order.PayCard, order.PayECheck} {
			bound.does(buyer, order.InitiatePayment{Payment: "P1", Method: method, Amount: money("1"), BankCountry: "US"}).
				when(seller, order.Modify{To: a(bound)}).refusedBy(rule.D27)(t)
		}
	})
	t.Run("effect/links and transport stay", func(t *testing.T) {
		o := bound.linked("E1").does(seller, order.SetTransport{Mode: order.TransportSea}).does(seller, order.Modify{To: a(bound)}).order
		if len(o.Links) != 1 || o.Transport != order.TransportSea || !o.DraftedAt.Equal(newYear) {
			t.Errorf("the order is %+v", o)
		}
	})
	renamed := offered.amended(func(*order.Terms) {})
	renamed.BuyerName = "Jane Roe"
	t.Run("accept/the buyer's name", offered.when(seller, order.Modify{To: renamed}).leads(order.PhaseSubmitted))
	t.Run("effect/the new name is the one that pays", func(t *testing.T) {
		s := offered.does(seller, order.Modify{To: renamed}).confirms().wired("2000")
		if l := s.order.Ledger; l.Review != money("2000") {
			t.Errorf("the ledger has %+v", l)
		}
	})
	for name, change := range map[string]func(*order.Amendment){
		"the seller":          func(a *order.Amendment) { a.Seller = "rival" },
		"the buyer's address": func(a *order.Amendment) { a.BuyerEmail = "other@example.com" },
		"the drafting mode":   func(a *order.Amendment) { a.Mode = order.DraftAttachment },
		"the currency":        func(a *order.Amendment) { a.Terms.Total, a.Terms.Initial = money("6000 EUR"), money("2000 EUR") },
	} {
		to, paid := a(offered), funded(t, order.CoverageNone)
		change(&to)
		t.Run("refuse/"+name, offered.when(seller, order.Modify{To: to}).refusedBy(rule.D25))
		t.Run("refuse/proposing "+name, paid.when(seller, order.ProposeChange{To: to}).refusedBy(rule.D25))
	}
	same := a(offered)
	same.Seller, same.BuyerEmail, same.Mode = seller.Account, "Buyer@Example.com", order.DraftOnline
	t.Run("accept/what is fixed, named as it is", offered.when(seller, order.Modify{To: same}).leads(order.PhaseSubmitted))
	t.Run("refuse/nothing", offered.when(seller, order.Modify{To: offered.amended(func(*order.Terms) {})}).refusedBy(rule.D25))
	t.Run("refuse/coverage without the tick", offered.when(seller, order.Modify{To: offered.amendment("6000", "2000", order.CoveragePreShipment)}).refusedBy(rule.A13))
	t.Run("refuse/terms that cannot stand", offered.when(seller, order.Modify{To: offered.amendment("6000", "6000.01", order.CoverageNone)}).refusedBy(rule.A12))
	t.Run("refuse/with a cent applied", bound.wired("0.01").when(seller, order.Modify{To: a(bound)}).refusedBy(rule.D25))
	t.Run("accept/with money that waits", offered.wired("500").when(seller, order.Modify{To: a(offered)}).leads(order.PhaseSubmitted))
	t.Run("refuse/while a card is in process", bound.does(buyer, card("C1", "1")).when(seller, order.Modify{To: a(bound)}).refusedBy(rule.D27))
	told := bound.does(buyer, notice("N1", "1"))
	t.Run("refuse/a nanosecond before a notice ends", told.after(7*day-1).when(seller, order.Modify{To: a(bound)}).refusedBy(rule.D27))
	t.Run("accept/when a notice ends", told.after(7*day).when(seller, order.Modify{To: a(bound)}).leads(order.PhaseSubmitted))
	t.Run("refuse/the buyer", offered.when(buyer, order.Modify{To: a(offered)}).refusedBy(rule.D25))
	for _, p := range []order.Phase{order.PhaseDraft, order.PhaseReadyToShip, order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted, order.PhaseClosed} {
		s := inPhase(t, p)
		t.Run("refuse/in phase "+p.String(), s.when(seller, order.Modify{To: s.amended(fob)}).refusedBy(rule.D25))
	}
	testD25Consent(t)
}

// testD25Consent is the second half: proposal and consent once money has come in.
func testD25Consent(t *testing.T) {
	bound, s := confirmed(t, order.CoverageNone), funded(t, order.CoverageNone)
	propose := func(s story, total, initial string) attempt {
		return s.when(seller, order.ProposeChange{To: s.amendment(total, initial, s.order.Coverage)})
	}
	yes, no := order.AcceptChange{Proposal: 1}, order.RejectChange{Proposal: 1}
	to := s.amendment("7000", "2000", order.CoverageNone)
	t.Run("accept/proposed", propose(s, "7000", "2000").then(
		order.ChangeProposed{Proposal: 1, Terms: to.Terms, Coverage: to.Coverage, Changes: []string{"total"}}))
	open := propose(s, "7000", "2000").accept(t)
	t.Run("accept/accepted", open.when(buyer, yes).then(order.ChangeAccepted{Proposal: 1, Terms: to.Terms, Coverage: to.Coverage, Revision: 3}))
	t.Run("accept/rejected", open.when(buyer, no).then(order.ChangeRejected{Proposal: 1}))
	t.Run("effect/a proposal changes nothing yet", func(t *testing.T) {
		if open.order.Terms.Total != money("6000") || open.order.Revision != 2 {
			t.Errorf("the terms are %+v", open.order.Terms)
		}
	})
	t.Run("effect/it goes on after a rejection", propose(open.does(buyer, no), "8000", "2000").leads(order.PhaseReadyToShip))
	second := propose(open.does(buyer, no), "8000", "2000").accept(t)
	t.Run("refuse/an earlier proposal", second.when(buyer, yes).refusedBy(rule.D25))
	t.Run("refuse/rejecting an earlier proposal", second.when(buyer, no).refusedBy(rule.D25))
	t.Run("refuse/a later proposal", open.when(buyer, order.AcceptChange{Proposal: 2}).refusedBy(rule.D25))
	t.Run("refuse/a second one", propose(open, "8000", "2000").refusedBy(rule.D25))
	t.Run("refuse/accepted twice", open.does(buyer, yes).when(buyer, yes).refusedBy(rule.D25))
	t.Run("refuse/rejected twice", open.does(buyer, no).when(buyer, no).refusedBy(rule.D25))
	t.Run("refuse/none is open", s.when(buyer, order.AcceptChange{}).refusedBy(rule.D25))
	t.Run("refuse/the seller accepts", open.when(seller, yes).refusedBy(rule.D25))
	t.Run("refuse/the buyer proposes", s.when(buyer, order.ProposeChange{To: to}).refusedBy(rule.D25))
	t.Run("refuse/before any money", propose(bound, "7000", "2000").refusedBy(rule.D25))
	t.Run("refuse/after shipment", propose(shipped(t, order.CoverageNone), "7000", "2000").refusedBy(rule.D25))
	t.Run("refuse/what is open at shipment", func(t *testing.T) {
		ready := shippable(t, order.CoverageNone)
		ready = propose(ready, "7000", "2000").accept(t).ships()
		ready.when(buyer, yes).refusedBy(rule.D25)(t)
	})
	t.Run("refuse/proposing nothing", propose(s, "6000", "2000").refusedBy(rule.D25))
	t.Run("refuse/proposing the buyer's name", func(t *testing.T) {
		a := to
		a.BuyerName = "Jane Roe"
		s.when(seller, order.ProposeChange{To: a}).refusedBy(rule.D25)(t)
	})
	part := bound.wired("500")
	t.Run("accept/the total as low as what is settled", propose(part, "500", "500").leads(order.PhaseConfirmed))
	t.Run("refuse/a cent lower", propose(part, "499.99", "499.99").refusedBy(rule.D25))
	less := bound.wired("1980").does(seller, order.AcceptShortfall{})
	t.Run("accept/a shortfall counts as settled", propose(less, "2000", "2000").leads(order.PhaseReadyToShip))
	t.Run("refuse/a cent lower than with the shortfall", propose(less, "1999.99", "1999.99").refusedBy(rule.D25))
	t.Run("accept/an initial payment as high as what is settled", propose(s, "7000", "1999.99").leads(order.PhaseReadyToShip))
	t.Run("refuse/a cent higher when ready to ship", propose(s, "7000", "2000.01").refusedBy(rule.D25))
	t.Run("accept/any initial payment when confirmed", propose(part, "7000", "7000").leads(order.PhaseConfirmed))
	full := bound.wired("6000")
	t.Run("refuse/another total after full payment", propose(full, "6000.01", "2000").refusedBy(rule.D25))
	t.Run("accept/another initial payment after full payment", propose(full, "6000", "6000").leads(order.PhaseReadyToShip))
	cover := func(s story) attempt {
		return s.when(seller, order.ProposeChange{To: s.amendment("6000", "2000", order.CoveragePreShipment), TermsAccepted: true})
	}
	t.Run("accept/coverage until the balance is paid", cover(bound.wired("5999.99")).leads(order.PhaseReadyToShip))
	t.Run("refuse/coverage once it is", cover(full).refusedBy(rule.D25))
	t.Run("refuse/accepted when the balance was paid meanwhile", cover(bound.wired("5999.99")).accept(t).wired("0.01").when(buyer, yes).refusedBy(rule.D25))
	t.Run("refuse/accepted when more came in than the total would be", propose(part, "1000", "1000").accept(t).wired("501").when(buyer, yes).refusedBy(rule.D25))
	t.Run("effect/a lower initial payment funds", func(t *testing.T) {
		got := propose(part, "6000", "500").accept(t).when(buyer, yes)
		got.leads(order.PhaseReadyToShip)(t)
		if o := got.accept(t).order; !o.FundedAt.Equal(part.now) || o.Due() != money("5500") {
			t.Errorf("funded at %s, due %s", o.FundedAt, o.Due())
		}
	})
	t.Run("effect/a lower total settles", func(t *testing.T) {
		if o := propose(part, "500", "500").accept(t).does(buyer, yes).order; !o.PaidAt.Equal(part.now) || !o.Due().IsZero() {
			t.Errorf("paid at %s, due %s", o.PaidAt, o.Due())
		}
	})
	taken := propose(bound.paid("1", "1000"), "7000", "2000").accept(t).contested("1").resolved("1", false)
	t.Run("refuse/accepted when a bank took all money back", taken.when(buyer, yes).refusedBy(rule.D25))
	t.Run("effect/a modification ends the proposal", func(t *testing.T) {
		again := taken.does(seller, order.Modify{To: taken.amendment("9000", "2000", order.CoverageNone)}).confirms().wired("10")
		again.when(buyer, yes).refusedBy(rule.D25)(t)
	})
}
