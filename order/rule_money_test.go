package order_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// testD62 reports facts in the wrong order, or before what they are about: none is refused.
func testD62(t *testing.T) {
	for _, c := range []struct{ name, movements string }{
		{"a chargeback of what did not come in", "back:1!early"},
		{"a recall of what did not come in", "recall:W1!early"},
		{"the end of a chargeback of what did not come in", "lost:1!early"},
		{"the end of a case that was not opened", "card:1:1 won:1!early back:1:a won:1!early"},
		{"a failure of what was not announced", "fail:1!nothing"},
	} {
		t.Run("refuse/not yet: "+c.name, func(t *testing.T) { confirmed(t, order.CoverageNone).follows(t, c.movements) })
	}
	t.Run("effect/what comes too early names what it waits for", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone)
		early, ok := errors.AsType[*trade.EarlyError](s.when(platform, s.case1("1")).err)
		if !ok || early.Awaited != "record-payment" || early.ID != "C-1" || early.Command != "charge-back" {
			t.Errorf("got %+v", early)
		}
		early, ok = errors.AsType[*trade.EarlyError](s.paid("1", "1").when(platform, s.end1("1", true)).err)
		if !ok || early.Awaited != "charge-back" || early.ID != "case-1" || early.Command != "resolve-chargeback" {
			t.Errorf("got %+v", early)
		}
	})
	t.Run("accept/the same reports in any order end alike", func(t *testing.T) {
		for _, arrival := range []string{
			"charge:1:2000 back:1:a:@0h won:1:a", "back:1:a!early charge:1:2000 won:1:a!early back:1:a:@0h won:1:a",
			"charge:1:2000 won:1:a!early back:1:a:@0h won:1:a won:1:a:@1h!nothing",
		} {
			confirmed(t, order.CoverageNone).follows(t, "announce:1:2000 "+arrival).has(t, "phase=ready-to-ship", "applied=2000", "reversed=0", "cases=0")
		}
	})
	t.Run("accept/in every phase", func(t *testing.T) {
		for _, p := range []order.Phase{order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip, order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted, order.PhaseClosed} {
			inPhase(t, p).follows(t, "wire:1:W1 recall:W1 charge:1:5 back:1 lost:1 won:1 fail:1!nothing")
		}
	})
}

// testD63 takes the initial payment back before shipment.
func testD63(t *testing.T) {
	unfund := order.Unfund{}
	ready := began(t, "order:post-delivery:6000:2000").follows(t, "confirm card:1:2000 ready")
	open := ready.contested("1").after(day)
	falls := order.Unfunded{PayBy: open.now.Add(60 * day)}
	t.Run("effect/the end of the last chargeback moves the order back", open.when(platform, open.end1("1", false)).then(
		order.ChargebackResolved{Reference: "C-1", Method: order.PayCard, Case: "case-1", At: open.now, Cases: order.CaseSums{Taken: money("2000"), Lost: money("2000"), Excess: money("0")}}, falls))
	t.Run("excludes/its opening", open.when(system, unfund).refusedBy(rule.D29))
	lost := open.resolved("1", false)
	t.Run("effect/links and hold stay, and the time to pay begins anew", func(t *testing.T) {
		lost.has(t, "phase=confirmed", "held=6000")
		if o := lost.order; len(o.Links) != 1 || !o.Unfunded || !o.FundedAt.IsZero() || !o.PayBy.Equal(falls.PayBy) {
			t.Errorf("links %+v, unfunded %t since %s, to be paid by %s", o.Links, o.Unfunded, o.FundedAt, o.PayBy)
		}
	})
	t.Run("effect/money funds it again", lost.when(platform, lost.wire("2000")).leads(order.PhaseReadyToShip))
	t.Run("effect/so does the case, when it was won after all", func(t *testing.T) { lost.moved(t, "won:1").has(t, "phase=ready-to-ship") })
	t.Run("refuse/the buyer cancels when the goods are released", lost.when(buyer, order.Cancel{}).refusedBy(rule.D63))
	t.Run("accept/the seller cancels", lost.when(seller, order.Cancel{}).leads(order.PhaseClosed))
	bare := began(t, "order:none:6000:2000").follows(t, "confirm card:1:2000 link:E1 back:1 lost:1")
	t.Run("accept/the buyer cancels before they are", bare.when(buyer, order.Cancel{}).leads(order.PhaseClosed))
	t.Run("accept/the buyer cancels an order that was never funded", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm link:E1 release:E1 cancel").has(t, "phase=closed")
	})
	t.Run("effect/a recall moves it back at once", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm wire:2000:W1 recall:W1:a:0.01").has(t, "phase=confirmed", "left=1999.99")
	})
	t.Run("effect/an earlier opening told late moves it back", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:2000 back:1:a:0.01 won:1:a lost:1:b!early back:1:a:2000:@1h").has(t, "phase=ready-to-ship")
	})
	t.Run("excludes/what is still enough", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:3000 back:1:a:1000 lost:1:a").has(t, "phase=ready-to-ship", "applied=2000")
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:1900 short back:1:a:100 lost:1:a").has(t, "phase=confirmed", "shortfall=100")
	})
	t.Run("excludes/a shipped order", func(t *testing.T) { ready.follows(t, "mark back:1 lost:1").has(t, "phase=shipped", "due=6000") })
	t.Run("excludes/one that closes because all was paid back", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:1500 wire:500 refund:500 back:1 lost:1").has(t, "phase=closed")
	})
	t.Run("effect/a shortfall stays, and a modification voids it and the proposal", func(t *testing.T) {
		s := began(t, "order:none:6000:2000").follows(t, "confirm card:1:1900 short propose:7000:2000 back:1 lost:1")
		s.has(t, "phase=confirmed", "shortfall=100", "left=0")
		if !s.order.Proposal.Open {
			t.Error("the proposal is not open")
		}
		changed := s.moved(t, "modify:4000:2000")
		changed.has(t, "phase=submitted", "shortfall=0", "due=4000")
		if changed.order.Proposal.Open {
			t.Error("the proposal is open")
		}
		changed.follows(t, "confirm wire:1999.99").has(t, "phase=confirmed")
		changed.follows(t, "confirm wire:2000").has(t, "phase=ready-to-ship")
	})
	old := stranded(t)
	t.Run("effect/what the first edition left so falls back by itself", old.when(system, unfund).then(order.Unfunded{PayBy: old.now.Add(60 * day)}))
	t.Run("excludes/doing so twice", old.does(system, unfund).when(system, unfund).refusedBy(rule.D63))
	t.Run("effect/money comes before it does", func(t *testing.T) {
		if o := old.wired("500").order; o.Phase != order.PhaseReadyToShip || o.Unfunded {
			t.Errorf("the order is %s", o.Phase)
		}
		old.wired("2000").when(system, unfund).refusedBy(rule.D63)(t)
	})
	t.Run("refuse/of a funded order", funded(t, order.CoverageNone).when(system, unfund).refusedBy(rule.D63))
	t.Run("refuse/by the platform", old.when(platform, unfund).refusedBy(rule.D63))
	t.Run("refuse/shipping it before", old.follows(t, "transport link:E1 release:E1 mark!A20").when(seller, ship).refusedBy(rule.A20))
}

// testD65 is that a payment belongs to one order. That its stream is written in the same commit is the
// desk's affair.
func testD65(t *testing.T) {
	s := confirmed(t, order.CoverageNone)
	elsewhere := func(method order.Method, reference string) func(*order.Facts) {
		return func(f *order.Facts) {
			f.Incoming = order.IncomingPayment{Order: otherID, Method: method, Reference: reference, Amount: money("2000"), Review: true, Unapplied: money("2000"), Returned: money("0"), Reversed: money("0")}
		}
	}
	wire := s.wireAs("2000", "W", "Jane Doe")
	for _, c := range []struct {
		cmd  order.Command
		rule rule.ID
	}{
		{wire, rule.D65}, {s.charged("1", "2000"), rule.D65}, {s.case1("1"), rule.D65}, {s.end1("1", true), rule.D65}, {order.VoidPayment{Reference: "C-1"}, rule.D65},
		{order.ApplyUnapplied{Amount: money("1"), Reference: "C-1"}, rule.D19}, {order.ReturnUnapplied{Amount: money("1"), Reference: "C-1"}, rule.D21},
	} {
		known := s.knowing(elsewhere(order.PayCard, "C-1"))
		if c.cmd == order.Command(wire) {
			known = s.knowing(elsewhere(order.PayTT, "W"))
		}
		t.Run("refuse/"+c.cmd.Name()+" of a payment of another order", known.when(platform, c.cmd).refusedBy(c.rule))
	}
	t.Run("accept/the same reference by another method", func(t *testing.T) {
		s.follows(t, "wire:1000:C-1 charge:1:1000").has(t, "received=2000", "applied=1000", "review=1000")
	})
	t.Run("effect/the order's event and the payment's agree", func(t *testing.T) {
		made := s.follows(t, "charge:1:1000 return:400:C-1 back:1:a:100").payments[0]
		if made.Stream != (payment.Key{Method: order.PayCard, Reference: "C-1"}).Stream() || made.Order != orderID || made.Unapplied != money("500") || made.Returned != money("400") || made.Reversed != money("100") {
			t.Errorf("the payment is %+v", made)
		}
	})
	t.Run("effect/of two payments with one reference the method says which is meant", func(t *testing.T) {
		two := s.follows(t, "stranger:1000:C-1 charge:1:500")
		two.follows(t, "apply:501:C-1:card!D19 apply:501:C-1:tt announce:1:500").has(t, "applied=1500", "review=0", "received=1500")
		two.follows(t, "announce:1:500 apply:1000:C-1").has(t, "applied=1500", "review=0")
		two.follows(t, "announce:1:500 return:1000:C-1").has(t, "applied=500", "review=0", "returned=1000")
		two.follows(t, "void:C-1:tt announce:1:500").has(t, "applied=500", "reversed=1000")
		two.follows(t, "void:C-1:card announce:1:500").has(t, "applied=0", "review=1000", "reversed=500")
		check := s.charged("1", "500")
		check.Method = order.PayECheck
		both := two.does(platform, check)
		report := order.ChargeBack{Reference: "C-1", Method: order.PayECheck, Case: "a", At: both.now}
		taken := both.does(platform, report)
		if c := taken.payments[2]; len(c.Cases) != 1 || c.Reversed != money("500") || len(taken.payments[1].Cases) != 0 {
			t.Errorf("the payments are %+v", taken.payments)
		}
		end := order.ResolveChargeback{Reference: "C-1", Case: "a", Won: true, At: both.now}
		if _, early := errors.AsType[*trade.EarlyError](taken.when(platform, end).err); !early {
			t.Error("the card payment has no case")
		}
		end.Method = order.PayECheck
		taken.does(platform, end).has(t, "cases=0", "reversed=0")
	})
	t.Run("refuse/a chargeback of a transfer", func(t *testing.T) {
		report := order.ChargeBack{Reference: "C-1", Method: order.PayTT, Case: "a", At: s.now}
		if bad, ok := errors.AsType[*trade.InvalidError](s.when(platform, report).err); !ok || bad.Field != "method" {
			t.Errorf("the error is %v", s.when(platform, report).err)
		}
	})
	testD65Void(t, s)
	t.Run("effect/what the first edition kept under review, once a report names one", func(t *testing.T) {
		old := s
		for reference, amount := range map[string]string{"W-1": "100", "W-2": "50"} {
			old = old.stored(platform, order.RecordPayment{}, order.PaymentReceived{
				Reference: reference, Method: order.PayTT, ReceivingAccount: account, Amount: money(amount), Applied: money("0"), Unapplied: money(amount),
				Payer: "Somebody", PaidAt: old.now, NeedsReview: true,
			})
		}
		kept := func(o order.Order, reference, unapplied string) {
			t.Helper()
			if in, ok := o.Incoming(order.PayTT, reference); !ok || !in.Review || in.Unapplied != money(unapplied) {
				t.Errorf("the order has %+v, %t", in, ok)
			}
		}
		sums := order.CaseSums{Taken: money("50"), Lost: money("50"), Excess: money("0")}
		for _, c := range [][2]string{{"W-1", "W-2"}, {"W-2", "W-1"}} {
			first, _ := old.order.Incoming(order.PayTT, c[0])
			second, _ := old.order.Incoming(order.PayTT, c[1])
			amount, rest := first.Amount, second.Amount.String()
			kept(old.order, c[1], rest)
			kept(must(order.Evolve(old.order, order.UnappliedApplied{Amount: amount, Reviewed: amount, Reference: c[0], Method: order.PayTT}, old.now)), c[1], rest)
			kept(must(order.Evolve(old.order, order.UnappliedReturned{Amount: money("20"), Reviewed: money("20"), Reference: c[0], Method: order.PayTT}, old.now)), c[1], rest)
		}
		void := must(order.Evolve(old.order, order.PaymentVoided{
			Reference: "W-2", Method: order.PayTT, Amount: money("50"), Moved: order.Moved{Unapplied: money("50"), Reviewed: money("50")}, Cases: sums,
		}, old.now))
		if kept(void, "W-1", "100"); void.KeptReview != money("100") {
			t.Errorf("%s are under review", void.KeptReview)
		}
		if in, ok := void.Incoming(order.PayTT, "W-2"); ok {
			t.Errorf("the order has %+v", in)
		}
	})
	t.Run("effect/what the first edition stored is answered from the order's state", func(t *testing.T) {
		old := s.paidFirst("1", "2000", "2000")
		again := old.charged("1", "2000")
		old.when(platform, again).then()(t)
		again.Amount = money("1999")
		old.when(platform, again).refusedBy(rule.D19)(t)
		if in, ok := old.order.Incoming(order.PayCard, "C-1"); !ok || in.Order != orderID || in.Amount != money("2000") || in.Review {
			t.Errorf("the order has %+v, %t", in, ok)
		}
		if in, ok := old.order.Incoming(order.PayCard, "C-2"); ok {
			t.Errorf("the order has %+v", in)
		}
	})
}

func testD65Void(t *testing.T, s story) {
	for _, c := range []struct{ name, movements, has string }{
		{"while it is under review", "stranger:2000:W1 void:W1", "received=2000 unapplied=0 review=0 reversed=2000 owed=0"},
		{"while other money that waits covers it", "wire:6000:W1 wire:500:W2 void:W2", "applied=6000 unapplied=0 reversed=500"},
		{"the reference is free", "stranger:2000:W1 void:W1 wire:1999:W1", "received=3999 applied=1999 reversed=2000"},
		{"a case about it ends", "wire:6000:W1 charge:1:500 back:1:a:200 void:C-1", "reversed=500 cases=0 unapplied=0 applied=6000"},
		{"after it was taken back as a whole", "charge:1:500 back:1 void:C-1", "reversed=500 cases=0"},
	} {
		t.Run("accept/void "+c.name, func(t *testing.T) { s.follows(t, c.movements).has(t, strings.Fields(c.has)...) })
	}
	t.Run("refuse/void once it is applied", func(t *testing.T) {
		s.follows(t, "wire:2000:W1 void:W1!D65")
		s.follows(t, "wire:6000:W1 wire:500:W2 return:0.01 void:W2!D65")
	})
	t.Run("refuse/void of nothing", func(t *testing.T) { s.follows(t, "void:W1!D65 stranger:1:W1 void:W1 void:W1!D65") })
	t.Run("refuse/void by the seller", s.when(seller, order.VoidPayment{Reference: "W1"}).refusedBy(rule.D65))
	t.Run("effect/a payment that was void can be charged back when it came in again", func(t *testing.T) {
		s.follows(t, "charge:1:500 void:C-1 back:1!early charge:1:500 back:1").has(t, "reversed=1000", "received=1000")
	})
	t.Run("effect/its announcement comes too late", func(t *testing.T) {
		s.follows(t, "charge:1:500 void:C-1 announce:1:500").has(t, "applied=0", "review=0", "reversed=500")
	})
	t.Run("effect/times that stood still go on", func(t *testing.T) {
		open := s.follows(t, "charge:1:500 back:1").after(40 * day)
		stood := open.order.FrozenAt
		void := open.does(platform, order.VoidPayment{Reference: "C-1"})
		if want := s.order.PayBy.Add(void.now.Sub(stood)); void.order.Frozen() || !void.order.PayBy.Equal(want) {
			t.Errorf("to be paid by %s, want %s", void.order.PayBy, want)
		}
	})
}
