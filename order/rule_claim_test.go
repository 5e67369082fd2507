package order_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

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
	second := claimed.ships().escalated()
	t.Run("refuse/a second claim", second.when(platform, compensation("1")).refusedBy(rule.D8))
	t.Run("accept/a refund after a claim", second.when(platform, order.Arbitrate{Refund: money("5300")}).leads(order.PhaseClosed))
	up := post.escalated()
	for _, bad := range []string{"-1", "1 EUR"} {
		t.Run("refuse/a compensation of "+bad, up.when(platform, compensation(bad)).refusedBy(rule.D8))
	}
	gone := funded(t, order.CoveragePostDelivery).paid("2", "1").refunded("1").escalated()
	t.Run("accept/money is left", gone.when(platform, compensation("1")).leads(order.PhaseReadyToShip))
	none := confirmed(t, order.CoveragePostDelivery).paid("1", "100").escalated().contested("1")
	t.Run("refuse/a chargeback is open", none.when(platform, compensation("1")).refusedBy(rule.D29))
	lost := none.resolved("1", false)
	t.Run("refuse/a bank took all money back", lost.when(platform, compensation("1")).refusedBy(rule.D8))
	t.Run("accept/the ruling for the seller then", lost.when(platform, order.Arbitrate{}).leads(order.PhaseConfirmed))
	testD8Owed(t)
	t.Run("effect/the claim is no refund", func(t *testing.T) {
		if l := claimed.order.Ledger; !l.Refunded.IsZero() || l.Applied != money("6000") || claimed.order.Left() != money("5300") {
			t.Errorf("the ledger has %+v", l)
		}
	})
}

// testD8Owed is money that the buyer has twice.
func testD8Owed(t *testing.T) {
	for _, c := range []struct{ name, movements, owed string }{
		{"nothing while a case is open", "card:1:6000 refund:6000 back:1", "0"},
		{"a refund and a lost case", "card:1:6000 refund:6000 back:1 lost:1", "6000"},
		{"a part of it", "card:1:6000 refund:2500 back:1:a:5000 lost:1:a", "1500"},
		{"a return and a recall", "wire:6000:W1 wire:500:W2 return:500 recall:W2 recall:W1", "500"},
		{"a compensation and a lost case", "card:1:6000 dispute:1 rule-claim:6000 back:1 lost:1", "6000"},
		{"no more once it was won after all", "card:1:6000 refund:6000 back:1 lost:1 won:1", "0"},
		{"no more than was paid", "card:1:6000 refund:6000 back:1:a:9000 lost:1:a", "6000"},
		{"nothing that went once", "card:1:6000 back:1 lost:1", "0"},
	} {
		t.Run("effect/owed by the buyer, "+c.name, func(t *testing.T) {
			began(t, "order:post-delivery:6000:6000").follows(t, "confirm "+c.movements).has(t, "owed="+c.owed)
		})
	}
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
	claimed = claimed.does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
	claimed = claimed.released("E1", claimed.now).ships()
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
	bound := confirmed(t, order.CoveragePostDelivery).paid("1", "2000")
	back, lost := bound.case1("1"), bound.end1("1", false)
	back.At, lost.At = newYear, newYear
	ready := bound.does(seller, order.SetTransport{Mode: order.TransportAir}).linked("E1")
	ready = ready.released("E1", ready.now)
	gone := ready.ships()
	there := gone.does(buyer, order.ConfirmReceipt{})
	for name, s := range map[string]story{
		"confirmed": confirmed(t, order.CoverageNone).paid("1", "1999.99"), "ready to ship": ready, "shipped": gone, "received": there,
		"completed": there.wired("4000"), "closed": gone.refunded("2000"), "after a refund": gone.refunded("500"), "amid a dispute": gone.disputed(),
	} {
		amount := s.payments[0].Amount
		t.Run("accept/"+name, func(t *testing.T) {
			cases := order.CaseSums{Taken: amount, Lost: money("0"), Excess: money("0"), Open: 1}
			s.when(platform, back).then(order.PaymentReversed{
				Reference: "C-1", Method: order.PayCard, Amount: amount, Applied: amount, Unapplied: money("0"), Case: "case-1", At: newYear, Cases: cases})(t)
			after := s.contested("1").order
			if after.Phase != s.order.Phase || !after.Frozen() || after.Ledger.Reversed != amount {
				t.Errorf("%s, the ledger has %+v", after.Phase, after.Ledger)
			}
			if status, _ := after.PlatformStatus(s.now); status != "charge_back" {
				t.Errorf("the status is %s", status)
			}
		})
	}
	t.Run("accept/submitted", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "charge:1:500 back:1").has(t, "phase=submitted", "reversed=500", "unapplied=0")
		began(t, "order:none:6000:2000").follows(t, "charge:1:500 back:1 won:1").has(t, "reversed=0", "unapplied=500", "review=500")
	})
	check := confirmed(t, order.CoverageNone).does(buyer, order.InitiatePayment{Payment: "1", Method: order.PayECheck, Amount: money("2000"), BankCountry: "US"})
	paid := check.charged("1", "2000")
	paid.Method = order.PayECheck
	t.Run("accept/e-Checking", func(t *testing.T) { check.does(platform, paid).moved(t, "back:1").has(t, "reversed=2000") })
	early := func(s story, movements string) func(*testing.T) {
		return func(t *testing.T) { s.follows(t, movements) }
	}
	bare := confirmed(t, order.CoverageNone)
	t.Run("refuse/T/T is not yet a card payment", early(bare, "wire:2000:C-1 back:1!early"))
	t.Run("refuse/the recall of a card payment is not yet one", early(bound, "recall:C-1!early"))
	t.Run("refuse/a payment in process is not yet one that came in", early(bare, "announce:1:1 back:1!early fail:1 back:1!early"))
	t.Run("refuse/the end of a case before its opening", early(bound, "won:1!early lost:1!early back:1:a won:1:b!early won:1:a"))
	t.Run("refuse/the opening with another amount at the same instant", early(bound, "back:1:a:5 back:1:a:6:@1h!D19 back:1:a:6:@0h"))
	t.Run("refuse/a case in another currency", early(bound, "back:1:a:5_EUR!D19"))
	t.Run("refuse/an instant to come", early(bound, "back:1:a:5:@-6s!D61 back:1:a:5:@-5s"))
	t.Run("refuse/a payment of another order", bound.knowing(func(f *order.Facts) {
		f.Incoming = order.IncomingPayment{Order: otherID, Method: order.PayCard, Reference: "C-1", Amount: money("2000")}
	}).when(platform, back).refusedBy(rule.D65))
	t.Run("refuse/the buyer", bound.when(buyer, back).refusedBy(rule.D24))
	t.Run("refuse/resolved by the seller", bound.contested("1").when(seller, lost).refusedBy(rule.D24))
	t.Run("refuse/recalled by the seller", bound.when(seller, order.ReverseTransfer{Reference: "W", Case: "a", At: newYear}).refusedBy(rule.D24))
	testD24Cases(t)
	testD24Resolved(t, gone)
	testD24Amounts(t)
	testD24Again(t, ready)
}

// testD24Cases is which report of a case stands, and what it takes of a card payment of 2,000. The
// payment is the only money of an order of 6,000.
func testD24Cases(t *testing.T) {
	for _, c := range []struct{ name, movements, has string }{
		{"without an amount it takes all", "back:1:a", "reversed=2000 beyond=0 cases=1 lost=0"},
		{"with an amount it takes that", "back:1:a:500", "reversed=500 applied=1500 beyond=0"},
		{"beyond the payment is beyond", "back:1:a:2500", "reversed=2000 beyond=500 taken=2000"},
		{"one without an amount takes what the others leave", "back:1:a:500 back:1:b", "reversed=2000 beyond=0"},
		{"the others leave it when they are won", "back:1:a:500 back:1:b won:1:a", "reversed=2000 beyond=0"},
		{"what it takes comes back when it is won", "back:1:a:500 back:1:b won:1:b", "reversed=500 applied=1500"},
		{"of two without an amount the first takes the rest", "back:1:a back:1:b won:1:a", "reversed=2000"},
		{"the first of two lost, the second won", "back:1:a back:1:b lost:1:a won:1:b", "reversed=2000 lost=2000"},
		{"the second of two lost, the first open", "back:1:a back:1:b lost:1:b", "reversed=2000 lost=0 cases=1"},
		{"lost with an amount beside one without", "back:1:a:500 back:1:b lost:1:a", "reversed=2000 lost=500 cases=1"},
		{"two that take more than the payment, lost", "back:1:a:1500 back:1:b:1500 lost:1:a lost:1:b", "reversed=2000 lost=2000 beyond=1000 cases=0"},
		{"the same report again", "back:1:a:500 back:1:a:500:@1h!nothing", "reversed=500"},
		{"opened again later with another amount", "back:1:a:500 back:1:a:700", "reversed=700"},
		{"opened again earlier with another amount", "back:1:a:500 back:1:a:700:@2h!nothing", "reversed=500"},
		{"won, opened again", "back:1:a won:1:a back:1:a:700", "reversed=700 cases=1"},
		{"won, lost", "back:1:a won:1:a lost:1:a", "reversed=2000 lost=2000"},
		{"lost, won", "back:1:a lost:1:a won:1:a", "reversed=0 lost=0 phase=ready-to-ship"},
		{"the later end told first", "back:1:a lost:1:a won:1:a:@2h!nothing", "reversed=2000"},
		{"an opening later than the end, told late", "back:1:a:500:@0h won:1:a", "reversed=0 applied=2000"},
		{"at one instant an end stands before the opening", "back:1:a won:1:a:@1h back:1:a:@2h!nothing", "reversed=0"},
		{"at one instant lost stands before won", "back:1:a won:1:a lost:1:a:@1h won:1:a:@2h!nothing", "reversed=2000"},
		{"an opening of the instant of the end, told after it", "back:1:a:500 won:1:a back:1:a:700:@1h", "reversed=0 cases=0"},
		{"it still sets the amount", "back:1:a:500 won:1:a back:1:a:700:@1h lost:1:a", "reversed=700 lost=700"},
	} {
		t.Run("effect/"+c.name, func(t *testing.T) {
			began(t, "order:none:6000:2000").follows(t, "confirm card:1:2000 "+c.movements).has(t, strings.Fields(c.has)...)
		})
	}
	t.Run("effect/the first name is that of a case of the first edition", func(t *testing.T) {
		// What the desk does when it adopts the payment: its stream has the case without a name.
		old := confirmed(t, order.CoverageNone).paidFirst("1", "2000", "2000").contestedFirst("1", "2000", "2000", "0")
		if in, ok := old.order.Incoming(order.PayCard, "C-1"); !ok || len(in.Cases) != 1 || in.Cases[0].Status != order.CaseOpen || in.Cases[0].Name != "" {
			t.Fatalf("the order has %+v", in)
		}
		cases, changed, err := must2(old.order.Incoming(order.PayCard, "C-1")).Cases.With(order.CaseReport{Case: "a", Status: order.CaseLost, At: old.now.Add(1)})
		if err != nil || !changed || len(cases) != 1 || cases[0].Name != "a" || cases[0].Status != order.CaseLost {
			t.Errorf("the cases are %+v, %t, %v", cases, changed, err)
		}
	})
}

func must2[T any](v T, _ bool) T { return v }

func testD24Resolved(t *testing.T, gone story) {
	open := gone.contested("1").after(day)
	won := open.end1("1", true)
	t.Run("effect/won moves it back", open.when(platform, won).then(order.ChargebackResolved{
		Reference: "C-1", Method: order.PayCard, Won: true, Applied: money("2000"), Unapplied: money("0"), Case: "case-1", At: open.now, ReceiptDeadline: open.now.Add(15 * day), Cases: noCases,
	}))
	t.Run("effect/lost leaves it, and it is due again", func(t *testing.T) {
		open.moved(t, "lost:1").has(t, "reversed=2000", "due=6000", "phase=shipped", "lost=2000")
	})
	t.Run("effect/won when it was paid again, it waits", func(t *testing.T) {
		open.follows(t, "wire:6000 won:1").has(t, "applied=6000", "unapplied=2000")
	})
	t.Run("effect/won when a part was paid again, the rest waits", func(t *testing.T) {
		open.follows(t, "wire:5000 won:1").has(t, "applied=6000", "unapplied=1000")
	})
	t.Run("effect/after completion", func(t *testing.T) {
		done := gone.follows(t, "receive wire:4000 back:1")
		done.moved(t, "won:1").has(t, "phase=completed", "applied=6000", "unapplied=0")
		done.moved(t, "lost:1").has(t, "phase=completed", "applied=4000", "due=2000")
	})
	t.Run("effect/won completes a received order, lost does not", func(t *testing.T) {
		there := gone.follows(t, "receive back:1 wire:4000")
		there.moved(t, "won:1").has(t, "phase=completed", "applied=6000")
		there.moved(t, "lost:1").has(t, "phase=received", "due=2000")
	})
	t.Run("effect/after the close", func(t *testing.T) {
		closed := gone.follows(t, "refund:2000 back:1")
		closed.moved(t, "won:1").has(t, "phase=closed", "applied=2000", "unapplied=0", "left=0")
		closed.moved(t, "lost:1").has(t, "phase=closed", "applied=0", "owed=2000")
	})
	t.Run("effect/money that comes to a closed order is taken back first", func(t *testing.T) {
		gone.follows(t, "refund:2000 back:1 lost:1 wire:3000").has(t, "phase=closed", "unapplied=3000", "reversed=2000")
	})
	part := gone.wired("1000").contested("1")
	t.Run("refuse/a refund of more than is there meanwhile", part.when(seller, order.Refund{Amount: money("1000.01")}).refusedBy(rule.D30, short("0.01")))
	t.Run("effect/after a refund nothing is left to refund", func(t *testing.T) {
		gone.follows(t, "refund:500 back:1 lost:1 refund:0.01!D30 wire:500 refund:0.01!D30 wire:0.01 refund:0.01").has(t, "phase=closed", "owed=0")
	})
	t.Run("effect/several at once", func(t *testing.T) {
		s := gone.paid("2", "4000").contested("1").after(day).contested("2")
		s.has(t, "cases=2", "reversed=6000")
		s = s.after(day).resolved("1", true)
		if !s.order.Frozen() {
			t.Error("the order goes on while a case is open")
		}
		s = s.after(day).resolved("2", false)
		if d := s.order.Shipment.ReceiptDeadline; s.order.Frozen() || !d.Equal(s.now.Add(15*day)) {
			t.Errorf("receipt is due %s, frozen %t", d, s.order.Frozen())
		}
	})
}

// testD24Amounts is which money a report moves.
func testD24Amounts(t *testing.T) {
	for _, c := range []struct{ name, movements, has string }{
		{"what waits goes before what is applied", "card:1:6100 back:1:a:150", "applied=5950 unapplied=0 reversed=150"},
		{"a surplus that was returned in part", "card:1:6100 return:40 back:1", "applied=0 unapplied=0 reversed=6060 returned=40 beyond=40 owed=0"},
		{"a surplus that was returned, other money", "wire:2000 card:1:4100 return:100 back:1", "applied=1900 reversed=4100 beyond=0"},
		{"what is not there is beyond until money comes", "card:1:6100 return:100 back:1 wire:300", "reversed=6100 applied=200 beyond=0"},
		{"money under review is not taken", "stranger:300:S1 card:1:6100 return:100 back:1", "review=300 unapplied=300 reversed=6000 beyond=100"},
		{"it is when its review ends", "stranger:300:S1 card:1:6100 return:100 back:1 lost:1 apply:100:S1", "review=0 unapplied=100 applied=100 reversed=6100 beyond=0"},
		{"a payment under review answers with its own money", "wire:2000 charge:1:500 back:1", "applied=2000 review=0 unapplied=0 reversed=500"},
		{"in parts", "charge:1:500 back:1:a:200", "review=300 unapplied=300 reversed=200"},
		{"what of it was returned does not answer", "wire:2000 charge:1:500 return:400:C-1 back:1", "applied=2000 review=0 reversed=100 returned=400 beyond=400"},
		{"won, it is under review again", "charge:1:500 back:1 won:1", "review=500 unapplied=500 reversed=0"},
		{"returned, it answers like all others when its review ends", "wire:2000 charge:1:500 return:400:C-1 back:1 lost:1 announce:1:1", "applied=1600 reversed=500 phase=confirmed"},
		{"a shortfall accepted since gives way", "card:1:2000 wire:1 back:1 lost:1 short won:1", "applied=2001 shortfall=1999 reversed=0"},
		{"no more of it than there is no room", "card:1:5000 wire:2000 back:1 lost:1 ship receive short won:1", "applied=6000 shortfall=0 unapplied=1000 phase=completed"},
		{"one accepted before does not", "wire:1000 card:1:500 short ready back:1:a:100 lost:1:a mark!A20 won:1:a", "applied=1500 shortfall=500 reversed=0"},
	} {
		t.Run("effect/"+c.name, func(t *testing.T) {
			began(t, "order:none:6000:2000").follows(t, "confirm "+c.movements).has(t, strings.Fields(c.has)...)
		})
	}
}

// testD24Again ships after a chargeback was lost: only when the initial payment is there again.
func testD24Again(t *testing.T, ready story) {
	short1 := ready.contested("1").after(day).resolved("1", false)
	t.Run("effect/not shipped amid it", ready.contested("1").when(seller, ship).refusedBy(rule.D29))
	t.Run("effect/not shipped without the initial payment", short1.when(seller, ship).refusedBy(rule.A20))
	t.Run("effect/not with a cent less", short1.wired("1999.99").when(seller, ship).refusedBy(rule.A20))
	t.Run("effect/shipped when it is there again", short1.wired("2000").when(seller, ship).leads(order.PhaseShipped))
	t.Run("effect/shipped when it was won", ready.contested("1").resolved("1", true).when(seller, ship).leads(order.PhaseShipped))
	t.Run("effect/a shortfall of the initial payment is accepted as before", short1.wired("1999.99").when(seller, order.AcceptShortfall{}).leads(order.PhaseReadyToShip))
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
	for _, p := range []order.Phase{order.PhaseDraft, order.PhaseSubmitted, order.PhaseClosed} {
		t.Run("refuse/in phase "+p.String(), inPhase(t, p).when(seller, give("1")).refusedBy(rule.D30))
	}
	done := completed(t, order.CoveragePostDelivery)
	t.Run("accept/the seller of a completed order", done.when(seller, give("1000")).then(made("1000")))
	t.Run("accept/the platform, all of a completed order", done.when(platform, give("6000")).then(made("6000")))
	t.Run("refuse/more than is left of a completed order", done.refunded("5000").when(seller, give("1000.01")).refusedBy(rule.D30, short("0.01")))
	t.Run("refuse/the platform, nothing is left of a closed order", s.refunded("2000").when(platform, give("0.01")).refusedBy(rule.D30, short("0.01")))
	t.Run("accept/the platform, what the first edition left on a closed order", func(t *testing.T) {
		old := confirmed(t, order.CoverageNone).paidFirst("1", "2000", "2000").paidFirst("2", "1000", "1000").contestedFirst("1", "2000", "2000", "0")
		old = old.stored(seller, order.Refund{}, made("1000"), closed).resolvedFirst("1", true, "2000", "0")
		old.has(t, "phase=closed", "left=2000")
		old.when(seller, give("2000")).refusedBy(rule.D30)(t)
		old.when(platform, give("2000.01")).refusedBy(rule.D30, short("0.01"))(t)
		old.does(platform, give("2000")).has(t, "phase=closed", "left=0", "refunded=3000")
	})
	t.Run("effect/no close while a chargeback is open, and what it leads to", func(t *testing.T) {
		open := began(t, "order:post-delivery:6000:6000").follows(t, "confirm card:1:5999.99 wire:0.01 ready back:1 refund:0.01")
		open.has(t, "phase=ready-to-ship", "left=0", "held=6000")
		open.moved(t, "won:1").has(t, "phase=ready-to-ship", "left=5999.99", "held=6000")
		open.moved(t, "lost:1").has(t, "phase=closed", "held=0")
		began(t, "order:none:6000:6000").follows(t, "confirm wire:5000:W1 wire:1000:W2 refund:1000 recall:W1").has(t, "phase=closed")
	})
	t.Run("effect/after shipment money taken back closes nothing", func(t *testing.T) {
		began(t, "order:none:6000:6000").follows(t, "confirm card:1:5000 wire:1000 ship refund:1000 back:1 lost:1").has(t, "phase=shipped", "due=5000", "left=0")
	})
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
