package order_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// held and freed are the events of a hold on the order of the stories.
func held(amount string) order.HoldPlaced {
	return order.HoldPlaced{Need: money(amount), Amount: money(amount)}
}

func freed(amount string, cause order.ReleaseCause) order.HoldReleased {
	return order.HoldReleased{Amount: money(amount), Cause: cause}
}

// quotaFacts returns the events of a story that concern the line, and all others.
func quotaFacts(s story) (quota, rest []order.Event) {
	for _, r := range s.history {
		switch r.Event.(type) {
		case order.HoldPlaced, order.HoldAdjusted, order.HoldReleased, order.ClaimPosted:
			quota = append(quota, r.Event)
		default:
			rest = append(rest, r.Event)
		}
	}
	return quota, rest
}

func testA13(t *testing.T) {
	open := drafted(t)
	cmd := func(c order.Coverage, ticked bool) attempt {
		return open.when(seller, order.ChooseCoverage{Coverage: c, TermsAccepted: ticked})
	}
	t.Run("accept/none, unticked", cmd(order.CoverageNone, false).then(order.CoverageChosen{Coverage: order.CoverageNone, Revision: 1}))
	t.Run("accept/none, a tick is ignored", cmd(order.CoverageNone, true).then(order.CoverageChosen{Coverage: order.CoverageNone, Revision: 1}))
	t.Run("accept/covered, ticked", cmd(order.CoveragePreShipment, true).then(order.CoverageChosen{Coverage: order.CoveragePreShipment, Revision: 1}))
	t.Run("refuse/until shipment, unticked", cmd(order.CoveragePreShipment, false).refusedBy(rule.A13))
	t.Run("refuse/until receipt, unticked", cmd(order.CoveragePostDelivery, false).refusedBy(rule.A13))
	t.Run("refuse/chosen after submission", submitted(t, order.CoverageNone).
		when(seller, order.ChooseCoverage{Coverage: order.CoverageNone}).refusedBy(rule.A13))
	t.Run("accept/none on a line that has nothing", complete(t, order.CoverageNone).
		knowing(func(f *order.Facts) { f.Quota = order.Quota{Suspended: true} }).when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("excludes/any hold", func(t *testing.T) {
		if got, _ := quotaFacts(completed(t, order.CoverageNone)); len(got) > 0 {
			t.Errorf("the line has %+v", got)
		}
	})
	t.Run("effect/everything else is the same", func(t *testing.T) {
		_, without := quotaFacts(completed(t, order.CoverageNone))
		_, with := quotaFacts(completed(t, order.CoveragePostDelivery))
		i := slices.IndexFunc(with, func(e order.Event) bool { return e.Kind() == order.KindCoverageChosen })
		with[i] = order.CoverageChosen{Coverage: order.CoverageNone, Revision: 2}
		if !reflect.DeepEqual(without, with) {
			t.Errorf("without %+v\nwith %+v", without, with)
		}
	})
	testA13Claims(t)
}

func testA14(t *testing.T) {
	ready := shippable(t, order.CoveragePreShipment)
	t.Run("effect/released by shipment", func(t *testing.T) {
		if ready.order.Hold.Status != order.HoldOpen {
			t.Fatalf("before shipment the hold is %v", ready.order.Hold)
		}
		ready.when(seller, order.MarkShipped{}).then(
			order.Shipped{ShippedAt: ready.now, ReceiptDeadline: ready.now.Add(15 * day)}, freed("2000", order.ReleaseShipped))(t)
	})
	t.Run("excludes/a second release at receipt", ready.ships().when(buyer, order.ConfirmReceipt{}).then(order.ReceiptConfirmed{By: trade.Buyer}))
	testA14Claims(t)
}

func testA15(t *testing.T) {
	ready := shippable(t, order.CoveragePostDelivery)
	t.Run("excludes/a release at shipment", ready.when(seller, order.MarkShipped{}).then(
		order.Shipped{ShippedAt: ready.now, ReceiptDeadline: ready.now.Add(15 * day)}))
	gone := ready.ships()
	t.Run("effect/released by receipt", gone.when(buyer, order.ConfirmReceipt{}).then(
		order.ReceiptConfirmed{By: trade.Buyer}, freed("6000", order.ReleaseReceived)))
	t.Run("effect/released by automatic receipt", gone.after(15*day).when(system, order.AutoConfirmReceipt{}).then(
		order.ReceiptConfirmed{By: trade.System}, freed("6000", order.ReleaseReceived)))
	t.Run("effect/coverage ends there", func(t *testing.T) {
		s := gone.does(buyer, order.ConfirmReceipt{}).wired("4000")
		if quota, _ := quotaFacts(s); len(quota) != 2 || s.order.Hold.Status != order.HoldIsReleased {
			t.Errorf("the line has %+v, the hold %+v", quota, s.order.Hold)
		}
	})
	testA15Claims(t)
}

func testD2(t *testing.T) {
	for c, want := range map[order.Coverage][]order.Event{
		order.CoverageNone: nil, order.CoveragePreShipment: {held("1500")}, order.CoveragePostDelivery: {held("3000")},
	} {
		t.Run("effect/"+string(c), func(t *testing.T) {
			got, _ := quotaFacts(drafted(t).matched().priced("3000", "1500").covered(c).submits())
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	t.Run("excludes/the balance of a pre-shipment order", func(t *testing.T) {
		s := drafted(t).matched().priced("3000", "1500").covered(order.CoveragePreShipment)
		if need := s.order.Need(); need != money("1500") {
			t.Errorf("needs %s", need)
		}
		s = s.covered(order.CoverageNone)
		if need := s.order.Need(); !need.IsZero() {
			t.Errorf("needs %s without coverage", need)
		}
	})
}

func testD3(t *testing.T) {
	ready := complete(t, order.CoveragePostDelivery)
	having := func(amount string) story {
		return ready.knowing(func(f *order.Facts) { f.Quota.Available = money(amount) })
	}
	capped := func(s story) story { return s.under(func(p *order.Policy) { p.CapCoverage = true }) }
	suspended := func(s story) story { return s.knowing(func(f *order.Facts) { f.Quota.Suspended = true }) }
	t.Run("accept/as much as is needed", having("6000").when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("refuse/a cent less", having("5999.99").when(seller, submit).refusedBy(rule.D3, short("0.01")))
	t.Run("refuse/nothing", having("0").when(seller, submit).refusedBy(rule.D3, short("6000")))
	t.Run("refuse/no line", ready.knowing(func(f *order.Facts) { f.Quota = order.Quota{} }).
		when(seller, submit).refusedBy(rule.D3, short("6000")))
	t.Run("refuse/a suspended line", suspended(ready).when(seller, submit).refusedBy(rule.D3, short("6000")))
	t.Run("effect/capped to what the line has", func(t *testing.T) {
		got, _ := quotaFacts(capped(having("5999.99")).submits())
		want := []order.Event{order.HoldPlaced{Need: money("6000"), Amount: money("5999.99")}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("effect/capped, enough", func(t *testing.T) {
		got, _ := quotaFacts(capped(having("6000.01")).submits())
		if want := []order.Event{held("6000")}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("refuse/capped to nothing", capped(having("0")).when(seller, submit).refusedBy(rule.D3, short("6000")))
	t.Run("refuse/capped on a suspended line", suspended(capped(ready)).when(seller, submit).refusedBy(rule.D3, short("6000")))
	t.Run("effect/what was capped is what is released", func(t *testing.T) {
		s := capped(having("1")).submits().does(seller, order.Cancel{})
		if quota, _ := quotaFacts(s); !reflect.DeepEqual(quota[1], freed("1", order.ReleaseClosed)) {
			t.Errorf("the line has %+v", quota)
		}
	})
}

func testD4(t *testing.T) {
	late := func(p *order.Policy) { p.HoldAt = order.HoldAtConfirm }
	t.Run("effect/at submission", complete(t, order.CoveragePreShipment).when(seller, submit).then(
		order.Submitted{ReceivingAccount: account, Link: "/orders/" + orderID.String(), Revision: 2, ConfirmBy: newYear.Add(30 * day)}, held("2000")))
	offered := complete(t, order.CoveragePreShipment).under(late).submits()
	t.Run("effect/at confirmation, not at submission", func(t *testing.T) {
		if quota, _ := quotaFacts(offered); len(quota) > 0 {
			t.Errorf("submission held %+v", quota)
		}
		offered.when(buyer, order.Confirm{Terms: 2}).then(
			order.Confirmed{Account: buyer.Account, Terms: 2, PayBy: offered.now.Add(60 * day)}, held("2000"))(t)
	})
	t.Run("effect/a confirmation that the line cannot bear is refused",
		offered.knowing(func(f *order.Facts) { f.Quota.Available = money("1999.99") }).
			when(buyer, order.Confirm{Terms: 2}).refusedBy(rule.D3, figureless))
	t.Run("effect/a submission that the line cannot bear is not",
		complete(t, order.CoveragePreShipment).under(late).knowing(func(f *order.Facts) { f.Quota = order.Quota{} }).
			when(seller, submit).leads(order.PhaseSubmitted))
	t.Run("excludes/a hold at both", func(t *testing.T) {
		s := submitted(t, order.CoveragePreShipment)
		s.policy.HoldAt = order.HoldAtConfirm
		defer func() { s.policy.HoldAt = order.HoldAtSubmit }()
		if got := s.when(buyer, order.Confirm{Terms: 2}); got.err != nil || len(got.got) != 1 {
			t.Errorf("got %+v, %v", got.got, got.err)
		}
	})
	testD4Changes(t)
}

func testD5(t *testing.T) {
	for c, amount := range map[order.Coverage]string{order.CoveragePreShipment: "2000", order.CoveragePostDelivery: "6000"} {
		released, closedBy := freed(amount, order.ReleaseClosed), func(r order.CloseReason) order.Event { return order.Closed{Reason: r} }
		t.Run("effect/cancelled when submitted, "+string(c),
			submitted(t, c).when(seller, order.Cancel{}).then(released, closedBy(order.ClosedCancelled)))
		t.Run("effect/cancelled when confirmed, "+string(c),
			confirmed(t, c).when(buyer, order.Cancel{}).then(released, closedBy(order.ClosedCancelled)))
		t.Run("effect/not confirmed in time, "+string(c),
			submitted(t, c).after(30*day).when(system, order.Expire{}).then(released, closedBy(order.ClosedExpired)))
		t.Run("effect/not paid in time, "+string(c),
			confirmed(t, c).after(60*day).when(system, order.Expire{}).then(released, closedBy(order.ClosedExpired)))
	}
	t.Run("excludes/an order without coverage",
		submitted(t, order.CoverageNone).when(seller, order.Cancel{}).then(order.Closed{Reason: order.ClosedCancelled}))
	testD5Changes(t)
	testD5Consent(t)
}

func testD35(t *testing.T) {
	t.Run("excludes/any fact that pays the seller", func(t *testing.T) {
		s := completed(t, order.CoveragePostDelivery).after(365 * day)
		l := s.order.Ledger
		if l.Applied != money("6000") || !l.Returned.IsZero() || !l.Refunded.IsZero() {
			t.Errorf("the ledger has %+v", l)
		}
		if next := s.order.Next(system, s.now, nil); len(next) > 0 {
			t.Errorf("the system may still do %+v", next)
		}
	})
}

func testA26(t *testing.T) {
	t.Run("effect/no mechanical rule", func(t *testing.T) {
		for _, p := range order.Life().Permits() {
			if p.Rule == rule.A26 {
				t.Errorf("%s is refused by a rule that only states a purpose", p.Command)
			}
		}
		if rule.A26.Text(rule.English) == "" {
			t.Error("the rule has no text")
		}
	})
	t.Run("excludes/it makes no event and asks for nothing", func(t *testing.T) {
		for _, p := range order.Life().Permits() {
			if p.Command == "endorse" {
				t.Error("there is a command for it")
			}
		}
	})
}

func testD38(t *testing.T) {
	link := order.Link{Entrustment: "E1"}
	t.Run("accept/once confirmed, before any money", confirmed(t, order.CoverageNone).when(seller, link).then(
		order.EntrustmentLinked{Entrustment: "E1"}))
	t.Run("accept/once funded", funded(t, order.CoverageNone).when(seller, link).leads(order.PhaseReadyToShip))
	t.Run("effect/not before the buyer confirmed", submitted(t, order.CoverageNone).when(seller, link).refusedBy(rule.A21))
	t.Run("effect/not after shipment", shipped(t, order.CoverageNone).when(seller, order.Link{Entrustment: "E2"}).refusedBy(rule.A21))
}

func testD1(t *testing.T) {
	paying := confirmed(t, order.CoverageNone).does(buyer, card("C1", "10"))
	contested := funded(t, order.CoverageNone).paid("1", "10").contested("1")
	twoLinks := funded(t, order.CoverageNone).linked("E1").linked("E2")
	for _, c := range []struct {
		name         string
		s            story
		status, step string
	}{
		{"draft", drafted(t), "to_be_audited", ""},
		{"submitted", submitted(t, order.CoverageNone), "to_be_audited", ""},
		{"confirmed", confirmed(t, order.CoverageNone), "unpay", "ADVANCE"},
		{"paying", paying, "paying", "ADVANCE"},
		{"announced", confirmed(t, order.CoverageNone).does(buyer, notice("N1", "10")), "unpay", "ADVANCE"},
		{"funded", funded(t, order.CoverageNone), "undeliver", ""},
		{"no link released", twoLinks, "undeliver", ""},
		{"one of two links released", twoLinks.released("E1", twoLinks.now), "delivering", ""},
		{"all links released", twoLinks.released("E1", twoLinks.now).released("E2", twoLinks.now), "undeliver", ""},
		{"shipped", shipped(t, order.CoverageNone), "wait_confirm_receipt", ""},
		{"received", received(t, order.CoverageNone), "unpay", "BALANCE"},
		{"completed", completed(t, order.CoverageNone), "trade_success", ""},
		{"closed", cancelled(t, order.CoverageNone), "trade_close", ""},
		{"disputed", shipped(t, order.CoverageNone).disputed(), "frozen", ""},
		{"escalated", shipped(t, order.CoverageNone).escalated(), "frozen", ""},
		{"withdrawn", shipped(t, order.CoverageNone).disputed().does(buyer, order.WithdrawDispute{}), "wait_confirm_receipt", ""},
		{"charged back", contested, "charge_back", ""},
		{"charged back and disputed", contested.disputed(), "charge_back", ""},
		{"charged back when closed", contested.refunded("2000"), "charge_back", ""},
		{"contested in vain", contested.resolved("1", false), "undeliver", ""},
		{"never drafted", once(t), "", ""},
	} {
		t.Run("effect/"+c.name, func(t *testing.T) {
			if status, step := c.s.order.PlatformStatus(c.s.now); status != c.status || step != c.step {
				t.Errorf("got %s %s, want %s %s", status, step, c.status, c.step)
			}
		})
	}
	t.Run("excludes/looking at it changes nothing", func(t *testing.T) {
		o := shipped(t, order.CoverageNone).order
		before := o
		o.PlatformStatus(noon)
		if !reflect.DeepEqual(o, before) {
			t.Errorf("the order became %+v", o)
		}
	})
}

func testD61(t *testing.T) {
	s := submitted(t, order.CoverageNone)
	yes := order.Confirm{Terms: s.order.Revision}
	t.Run("accept/at the instant of the last event", s.when(buyer, yes).leads(order.PhaseConfirmed))
	t.Run("refuse/a nanosecond before it", s.after(-1).when(buyer, yes).refusedBy(rule.D61, from(s.now)))
	t.Run("refuse/the platform before it", funded(t, order.CoverageNone).after(-1).
		when(platform, order.MarkShipped{}).refusedBy(rule.D61))
	linked := funded(t, order.CoverageNone).linked("E1")
	t.Run("excludes/what another stream brings with it",
		linked.after(-time.Hour).when(deskRole, order.RecordRelease{Entrustment: "E1", ReleasedAt: newYear}).then(
			order.EntrustmentReleased{Entrustment: "E1", ReleasedAt: newYear}))
	paid := confirmed(t, order.CoverageNone).paid("P1", "1000")
	t.Run("accept/a bank's report long before it, and the last instant stays", func(t *testing.T) {
		early := paid.after(-100 * day)
		if got := early.does(platform, early.wire("1000")).order; !got.LastAt.Equal(paid.now) || !got.FundedAt.Equal(paid.now) {
			t.Errorf("the last instant is %s, funded at %s; want %s", got.LastAt, got.FundedAt, paid.now)
		}
	})
	early := paid.after(-1)
	t.Run("accept/a chargeback before it", early.when(platform, early.case1("P1")).leads(order.PhaseConfirmed))
	t.Run("accept/the end of a chargeback before it", early.contested("P1").
		when(platform, early.end1("P1", true)).leads(order.PhaseConfirmed))
	t.Run("accept/a failed payment before it", submitted(t, order.CoverageNone).confirms().does(buyer, card("P1", "1")).after(-day).
		when(platform, order.FailPayment{Payment: "P1", Reason: "declined"}).leads(order.PhaseConfirmed))
	t.Run("accept/the platform's refund before it", early.when(platform, order.Refund{Amount: money("1000")}).leads(order.PhaseClosed))
	t.Run("refuse/the seller's refund before it", early.when(seller, order.Refund{Amount: money("1000")}).refusedBy(rule.D61, from(paid.now)))
	t.Run("accept/unapplied money returned before it", submitted(t, order.CoverageNone).wired("1").after(-day).
		when(platform, order.ReturnUnapplied{Amount: money("1")}).leads(order.PhaseSubmitted))
	t.Run("accept/a cancellation before it", s.after(-day).when(seller, order.Cancel{}).leads(order.PhaseClosed))
	future := paid.wire("1")
	future.PaidAt = paid.now.Add(5 * time.Second)
	t.Run("accept/money paid five seconds from now", paid.when(platform, future).leads(order.PhaseConfirmed))
	future.PaidAt = future.PaidAt.Add(1)
	t.Run("refuse/money paid later than that", paid.when(platform, future).refusedBy(rule.D61, from(future.PaidAt)))
	t.Run("refuse/money paid in the year 2199", func(t *testing.T) {
		future := future
		future.PaidAt = time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
		paid.when(platform, future).refusedBy(rule.D61)(t)
	})
	t.Run("refuse/a chargeback in the future", func(t *testing.T) { paid.moved(t, "back:P1:a:1:@-6s!D61").moved(t, "back:P1:a:1:@-5s") })
	t.Run("refuse/an announcement before it", confirmed(t, order.CoverageNone).after(-1).when(buyer, card("P2", "1")).refusedBy(rule.D61))
	t.Run("effect/the last instant does not go back", func(t *testing.T) {
		if got := linked.after(-time.Hour).released("E1", newYear).order.LastAt; !got.Equal(linked.now) {
			t.Errorf("the last instant is %s, want %s", got, linked.now)
		}
	})
	t.Run("excludes/instants that are payload", linked.after(time.Hour).
		when(deskRole, order.RecordRelease{Entrustment: "E1", ReleasedAt: newYear}).leads(order.PhaseReadyToShip))
}
