package order_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func testA19(t *testing.T) {
	s := confirmed(t, order.CoverageNone)
	by := func(m order.Method, country string) attempt {
		return s.when(buyer, order.InitiatePayment{Payment: "P1", Method: m, Amount: money("10"), BankCountry: country})
	}
	t.Run("accept/card", by(order.PayCard, "").then(order.PaymentInitiated{Payment: "P1", Method: order.PayCard, Amount: money("10")}))
	t.Run("accept/T/T", by(order.PayTT, "CA").then(order.PaymentInitiated{
		Payment: "P1", Method: order.PayTT, Amount: money("10"), BankCountry: "CA", NoticeUntil: s.now.Add(7 * day)}))
	t.Run("accept/e-Checking of a US bank", by(order.PayECheck, "US").then(
		order.PaymentInitiated{Payment: "P1", Method: order.PayECheck, Amount: money("10"), BankCountry: "US"}))
	t.Run("refuse/e-Checking of a Canadian bank", by(order.PayECheck, "CA").refusedBy(rule.A19))
	t.Run("refuse/e-Checking of no bank", by(order.PayECheck, "").refusedBy(rule.A19))
	t.Run("refuse/a fourth method", by("western-union", "US").refusedBy(rule.A19))
	t.Run("refuse/no method", by("", "US").refusedBy(rule.A19))
	fourth := s.wire("10")
	fourth.Method = "cash"
	t.Run("refuse/money by a fourth method", s.when(platform, fourth).refusedBy(rule.A19))
	t.Run("excludes/a country that is none", by(order.PayECheck, "us").invalid("bank_country"))
}

func testD15(t *testing.T) {
	t.Run("effect/without a split the initial payment is the total", func(t *testing.T) {
		s := drafted(t).does(seller, order.SetTerms{Terms: order.Terms{Total: money("10")}})
		if s.order.Terms.Initial != money("10") {
			t.Errorf("the initial payment is %s", s.order.Terms.Initial)
		}
	})
	s := confirmed(t, order.CoverageNone)
	t.Run("accept/all of it in one transfer", func(t *testing.T) {
		paid := s.wired("6000").order
		if paid.Phase != order.PhaseReadyToShip || !paid.Due().IsZero() || !paid.PaidAt.Equal(s.now) || !paid.FundedAt.Equal(s.now) {
			t.Errorf("%s, due %s, paid %s", paid.Phase, paid.Due(), paid.PaidAt)
		}
	})
	t.Run("accept/any number of transfers", func(t *testing.T) {
		many := s
		for range 20 {
			many = many.wired("100")
		}
		if many.order.Phase != order.PhaseReadyToShip || many.order.StepDue() != money("4000") {
			t.Errorf("%s, due %s", many.order.Phase, many.order.StepDue())
		}
	})
	t.Run("accept/two cards", func(t *testing.T) {
		first := s.does(buyer, card("C1", "2000")).does(platform, s.charged("C1", "2000"))
		second := first.does(buyer, card("C2", "4000"))
		second.when(platform, second.charged("C2", "4000")).leads(order.PhaseReadyToShip)(t)
	})
	t.Run("effect/the step due", func(t *testing.T) {
		part := s.wired("500").order
		if due := part.StepDue(); due != money("1500") {
			t.Errorf("due are %s", due)
		}
	})
	t.Run("excludes/a balance that was not agreed", func(t *testing.T) {
		s := drafted(t).matched().does(seller, order.SetTerms{Terms: order.Terms{Total: money("6000")}}).covered(order.CoverageNone).submits().confirms().wired("6000")
		if s.order.Phase != order.PhaseReadyToShip || !s.order.Due().IsZero() {
			t.Errorf("%s with %s due", s.order.Phase, s.order.Due())
		}
	})
}

func testD16(t *testing.T) {
	t.Run("accept/shipped with the balance open", shippable(t, order.CoverageNone).when(seller, order.MarkShipped{}).leads(order.PhaseShipped))
	gone := shipped(t, order.CoverageNone)
	t.Run("effect/received, not paid", gone.when(buyer, order.ConfirmReceipt{}).then(order.ReceiptConfirmed{By: trade.Buyer}))
	t.Run("effect/paid, not received", gone.when(platform, gone.wire("4000")).leads(order.PhaseShipped))
	t.Run("effect/received, then paid", received(t, order.CoverageNone).when(platform, received(t, order.CoverageNone).wire("4000")).leads(order.PhaseCompleted))
	t.Run("effect/paid, then received", gone.wired("4000").when(buyer, order.ConfirmReceipt{}).then(
		order.ReceiptConfirmed{By: trade.Buyer}, order.Completed{}))
	t.Run("effect/paid, then received by the system", gone.wired("4000").after(15*day).when(system, order.AutoConfirmReceipt{}).then(
		order.ReceiptConfirmed{By: trade.System}, order.Completed{}))
	t.Run("excludes/receipt alone, and payment alone", func(t *testing.T) {
		if o := received(t, order.CoverageNone).order; !o.CompletedAt.IsZero() {
			t.Errorf("completed at %s with %s due", o.CompletedAt, o.Due())
		}
		if o := shipped(t, order.CoverageNone).wired("4000").order; !o.CompletedAt.IsZero() {
			t.Errorf("completed at %s in phase %s", o.CompletedAt, o.Phase)
		}
	})
}

func testD18(t *testing.T) {
	s := confirmed(t, order.CoverageNone)
	paying := s.does(buyer, card("C1", "2000"))
	check := order.InitiatePayment{Payment: "E1", Method: order.PayECheck, Amount: money("1"), BankCountry: "US"}
	fail := order.FailPayment{Payment: "C1", Reason: "declined"}
	t.Run("refuse/a second card meanwhile", paying.when(buyer, card("C2", "1")).refusedBy(rule.D18))
	t.Run("refuse/e-Checking meanwhile", paying.when(buyer, check).refusedBy(rule.D18))
	t.Run("refuse/a card while e-Checking is under way", s.does(buyer, check).when(buyer, card("C1", "1")).refusedBy(rule.D18))
	t.Run("accept/a notice meanwhile", paying.when(buyer, notice("N1", "1")).leads(order.PhaseConfirmed))
	t.Run("accept/a card after a notice", s.does(buyer, notice("N1", "1")).when(buyer, card("C1", "1")).leads(order.PhaseConfirmed))
	t.Run("accept/a card after one failed", paying.does(platform, fail).when(buyer, card("C2", "2000")).leads(order.PhaseConfirmed))
	t.Run("accept/a card after one came in",
		paying.does(platform, paying.charged("C1", "2000")).when(buyer, card("C2", "1")).leads(order.PhaseReadyToShip))
	t.Run("refuse/an id twice", paying.does(platform, fail).when(buyer, card("C1", "1")).refusedBy(rule.D18))
	t.Run("refuse/an id of a notice", s.does(buyer, notice("C1", "1")).when(buyer, card("C1", "1")).refusedBy(rule.D18))
	t.Run("refuse/money of no payment", s.when(platform, s.charged("C1", "1")).refusedBy(rule.D18))
	t.Run("refuse/money of a payment by another method", func(t *testing.T) {
		c := paying.charged("C1", "1")
		c.Method = order.PayECheck
		paying.when(platform, c).refusedBy(rule.D18)(t)
	})
	t.Run("refuse/money of a failed payment", paying.does(platform, fail).when(platform, paying.charged("C1", "1")).refusedBy(rule.D18))
	t.Run("refuse/money of a payment twice", func(t *testing.T) {
		c := paying.charged("C1", "1")
		c.Reference = "another"
		paying.does(platform, paying.charged("C1", "2000")).when(platform, c).refusedBy(rule.D18)(t)
	})
	t.Run("refuse/a failure of no payment", s.when(platform, fail).refusedBy(rule.D18))
	t.Run("refuse/a failure twice", paying.does(platform, fail).when(platform, fail).refusedBy(rule.D18))
	t.Run("effect/failed", paying.when(platform, fail).then(order.PaymentFailed{Payment: "C1", Reason: "declined"}))
	t.Run("effect/a notice that is met", func(t *testing.T) {
		told := s.does(buyer, notice("N1", "500"))
		c := told.wire("480")
		c.Payment = "N1"
		met := told.does(platform, c)
		if p := met.order.Payments; len(p) != 1 || p[0].Status != order.PaymentIsReceived || p[0].Amount != money("480") {
			t.Errorf("the payments are %+v", p)
		}
		met.when(seller, order.Cancel{}).refusedBy(rule.D27)(t)
	})
	t.Run("refuse/a notice that was not given", func(t *testing.T) {
		c := s.wire("1")
		c.Payment = "N1"
		s.when(platform, c).refusedBy(rule.D18)(t)
	})
}

func testD19(t *testing.T) {
	s := confirmed(t, order.CoverageNone)
	by := func(payer string) order.RecordPayment { c := s.wire("2000"); c.Payer = payer; return c }
	t.Run("accept/the buyer's name in another spelling", s.when(platform, by("jane DOE")).leads(order.PhaseReadyToShip))
	for _, payer := range []string{"John Doe", "", "JaneDoe"} {
		t.Run("effect/the payer "+payer+" is looked at first", func(t *testing.T) {
			seen := s.does(platform, by(payer))
			if l := seen.order.Ledger; l.Unapplied != money("2000") || l.Review != money("2000") || !l.Applied.IsZero() {
				t.Errorf("the ledger has %+v", l)
			}
			seen.when(platform, order.ApplyUnapplied{Amount: money("2000")}).then(
				order.UnappliedApplied{Amount: money("2000"), Reviewed: money("2000")}, order.Funded{})(t)
		})
	}
	t.Run("effect/a card has no payer to look at", func(t *testing.T) {
		paying := s.does(buyer, card("C1", "2000"))
		paying.when(platform, paying.charged("C1", "2000")).leads(order.PhaseReadyToShip)(t)
	})
	into := func(a order.ReceivingAccount) order.RecordPayment { c := s.wire("1"); c.ReceivingAccount = a; return c }
	t.Run("refuse/into another account", s.when(platform, into("RA-2")).refusedBy(rule.D19))
	t.Run("refuse/into no account", s.when(platform, into("")).refusedBy(rule.D19))
	t.Run("refuse/an order that never had an account",
		complete(t, order.CoverageNone).does(seller, order.Cancel{}).when(platform, into("")).refusedBy(rule.D19))
	t.Run("refuse/money in another currency", s.when(platform, s.wire("1 EUR")).refusedBy(rule.D19))
	t.Run("refuse/an announcement in another currency", s.when(buyer, card("C1", "1 EUR")).refusedBy(rule.D19))
	once := s.does(platform, s.wire("5"))
	t.Run("effect/the same reference and content is harmless", once.after(time.Hour).when(platform, s.wire("5")).then())
	for name, change := range map[string]func(*order.RecordPayment){
		"amount":  func(c *order.RecordPayment) { c.Amount = money("6") },
		"payer":   func(c *order.RecordPayment) { c.Payer = "John Doe" },
		"instant": func(c *order.RecordPayment) { c.PaidAt = c.PaidAt.Add(1) },
		"account": func(c *order.RecordPayment) { c.ReceivingAccount = "RA-2" },
		"fee":     func(c *order.RecordPayment) { c.Fee = money("1") },
	} {
		c := s.wire("5")
		change(&c)
		t.Run("refuse/the same reference with another "+name, once.when(platform, c).refusedBy(rule.D19))
	}
	waiting := s.wired("6100")
	t.Run("refuse/counting more than is due", waiting.when(platform, order.ApplyUnapplied{Amount: money("1")}).refusedBy(rule.D19, short("1")))
	seen := s.does(platform, by("John Doe"))
	t.Run("refuse/counting more than waits", seen.when(platform, order.ApplyUnapplied{Amount: money("2000.01")}).refusedBy(rule.D19, short("0.01")))
	t.Run("refuse/counting another currency", seen.when(platform, order.ApplyUnapplied{Amount: money("1 EUR")}).refusedBy(rule.D19))
	t.Run("effect/money under review goes back first", func(t *testing.T) {
		mixed := seen.wired("6100")
		mixed.when(platform, order.ReturnUnapplied{Amount: money("2050")}).then(order.UnappliedReturned{Amount: money("2050"), Reviewed: money("2000")})(t)
		mixed.when(platform, order.ReturnUnapplied{Amount: money("50")}).then(order.UnappliedReturned{Amount: money("50"), Reviewed: money("50")})(t)
	})
	testReturns(t, submitted(t, order.CoverageNone).wired("3"), "3")
}

func testD20(t *testing.T) {
	s := confirmed(t, order.CoverageNone)
	does := order.AcceptShortfall{}
	t.Run("accept/what the initial payment lacks", s.wired("1980").when(seller, does).then(
		order.ShortfallAccepted{Amount: money("20")}, order.Funded{}))
	balance := s.wired("2000").wired("3900")
	t.Run("accept/what the total lacks", balance.when(seller, does).then(order.ShortfallAccepted{Amount: money("100")}))
	last := received(t, order.CoverageNone).wired("3999.99")
	t.Run("accept/the last cent of a received order", last.when(seller, does).then(
		order.ShortfallAccepted{Amount: money("0.01")}, order.Completed{}))
	t.Run("effect/the total stays", func(t *testing.T) {
		after := s.wired("1980").does(seller, does)
		if after.order.Terms.Total != money("6000") || after.order.Due() != money("4000") {
			t.Errorf("total %s, due %s", after.order.Terms.Total, after.order.Due())
		}
	})
	t.Run("effect/money that comes later counts up to what is due", func(t *testing.T) {
		after := s.wired("1980").does(seller, does).wired("4020")
		if l := after.order.Ledger; l.Applied != money("5980") || l.Unapplied != money("20") {
			t.Errorf("the ledger has %+v", l)
		}
	})
	t.Run("refuse/no money has come", s.when(seller, does).refusedBy(rule.D20))
	t.Run("refuse/only money that waits", func(t *testing.T) {
		c := s.wire("10")
		c.Payer = "John Doe"
		s.does(platform, c).when(seller, does).refusedBy(rule.D20)(t)
	})
	t.Run("refuse/no money for the balance yet", s.wired("2000").when(seller, does).refusedBy(rule.D20))
	t.Run("refuse/no money for the balance after a shortfall", s.wired("1980").does(seller, does).when(seller, does).refusedBy(rule.D20))
	t.Run("refuse/nothing is short", s.wired("6000").when(seller, does).refusedBy(rule.D20))
	t.Run("refuse/a payment is in process", s.wired("1980").does(buyer, card("C1", "20")).when(seller, does).refusedBy(rule.D20))
	t.Run("accept/a transfer is announced", s.wired("1980").does(buyer, notice("N1", "20")).when(seller, does).leads(order.PhaseReadyToShip))
	t.Run("refuse/the platform", s.wired("1980").when(platform, does).refusedBy(rule.D20))
	t.Run("refuse/before the buyer confirmed", submitted(t, order.CoverageNone).when(seller, does).refusedBy(rule.D20))
}

func testD21(t *testing.T) {
	s := confirmed(t, order.CoverageNone)
	t.Run("effect/too much waits", func(t *testing.T) {
		paid := s.wired("6100").order
		if l := paid.Ledger; l.Applied != money("6000") || l.Unapplied != money("100") || paid.Terms.Total != money("6000") {
			t.Errorf("the ledger has %+v, the total is %s", l, paid.Terms.Total)
		}
	})
	for _, p := range []order.Phase{order.PhaseSubmitted, order.PhaseCompleted, order.PhaseClosed} {
		t.Run("refuse/counting in phase "+p.String(),
			inPhase(t, p).when(platform, order.ApplyUnapplied{Amount: money("1")}).refusedBy(rule.D21))
	}
	t.Run("refuse/counting by the seller", s.wired("6100").when(seller, order.ApplyUnapplied{Amount: money("1")}).refusedBy(rule.D21))
	for _, p := range []order.Phase{order.PhaseConfirmed, order.PhaseReadyToShip, order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted} {
		over := inPhase(t, p)
		testReturns(t, over.wired(must(over.order.Due().Add(money("100"))).Amount()), "100")
	}
}

func testD21b(t *testing.T) {
	s := submitted(t, order.CoverageNone)
	yes := order.Confirm{Terms: s.order.Revision}
	bound := order.Confirmed{Account: buyer.Account, Terms: 2, PayBy: s.now.Add(60 * day)}
	t.Run("effect/money before the confirmation waits", func(t *testing.T) {
		paid := s.wired("500").order
		if l := paid.Ledger; paid.Phase != order.PhaseSubmitted || l.Unapplied != money("500") || !l.Applied.IsZero() {
			t.Errorf("%s, the ledger has %+v", paid.Phase, l)
		}
	})
	t.Run("effect/the confirmation counts it", s.wired("500").when(buyer, yes).then(bound, order.UnappliedApplied{Amount: money("500")}))
	t.Run("effect/the confirmation funds the order", s.wired("2000").when(buyer, yes).then(
		bound, order.UnappliedApplied{Amount: money("2000")}, order.Funded{}))
	t.Run("effect/no more than is due", s.wired("6500").when(buyer, yes).then(
		bound, order.UnappliedApplied{Amount: money("6000")}, order.Funded{}))
	t.Run("excludes/money under review", func(t *testing.T) {
		c := s.wire("300")
		c.Payer = "John Doe"
		s.does(platform, c).wired("500").when(buyer, yes).then(bound, order.UnappliedApplied{Amount: money("500")})(t)
		s.does(platform, c).when(buyer, yes).then(bound)(t)
	})
	t.Run("excludes/taking money for a confirmation", s.wired("6000").when(seller, order.MarkShipped{}).refusedBy(rule.A20))
	testReturns(t, s.wired("500"), "500")
}

func testD22(t *testing.T) {
	for _, p := range []order.Phase{order.PhaseCompleted, order.PhaseClosed} {
		t.Run("effect/money after "+p.String(), func(t *testing.T) {
			s := inPhase(t, p)
			after := s.wired("100")
			if l := after.order.Ledger; after.order.Phase != p || l.Unapplied != money("100") || l.Applied.MinorUnits() != s.order.Ledger.Applied.MinorUnits() {
				t.Errorf("%s, the ledger has %+v", after.order.Phase, l)
			}
		})
	}
	testReturns(t, inPhase(t, order.PhaseClosed).wired("100"), "100")
}

func testD23(t *testing.T) {
	t.Run("effect/a fee counts for nothing", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone).does(buyer, card("C1", "2000"))
		c := s.charged("C1", "2000")
		c.Fee = money("59")
		paid := s.does(platform, c).order
		if paid.Ledger.Received != money("2000") || paid.Payments[0].Receipt.Fee != money("59") {
			t.Errorf("the ledger has %+v", paid.Ledger)
		}
		c.Fee = money("-0.01")
		s.when(platform, c).invalid("fee")(t)
	})
	t.Run("excludes/a fee from what is due", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone).does(buyer, card("C1", "2000"))
		c := s.charged("C1", "2000")
		c.Fee = money("59")
		paid := s.does(platform, c).order
		if due := paid.Due(); due != money("4000") {
			t.Errorf("%s are due", due)
		}
	})
}

func testD27(t *testing.T) {
	cancel := order.Cancel{}
	bound := confirmed(t, order.CoverageNone)
	ended := order.Closed{Reason: order.ClosedCancelled}
	t.Run("accept/the seller of a draft", complete(t, order.CoverageNone).when(seller, cancel).then(ended))
	t.Run("accept/the seller before the confirmation", submitted(t, order.CoverageNone).when(seller, cancel).then(ended))
	t.Run("accept/the buyer before the confirmation", submitted(t, order.CoverageNone).when(buyer, cancel).then(ended))
	t.Run("accept/the seller before payment", bound.when(seller, cancel).then(ended))
	t.Run("accept/the buyer before payment", bound.when(buyer, cancel).then(ended))
	t.Run("accept/money that waits does not count", submitted(t, order.CoverageNone).wired("500").when(buyer, cancel).then(ended))
	t.Run("refuse/the buyer of a draft", complete(t, order.CoverageNone).when(buyer, cancel).refusedBy(rule.D27))
	for name, party := range map[string]trade.Actor{"buyer": buyer, "seller": seller} {
		t.Run("refuse/the "+name+" while a card is in process", bound.does(buyer, card("C1", "1")).when(party, cancel).refusedBy(rule.D27))
		t.Run("refuse/the "+name+" after a part came in", bound.wired("0.01").when(party, cancel).refusedBy(rule.D27))
		t.Run("refuse/the "+name+" of a funded order", funded(t, order.CoverageNone).when(party, cancel).refusedBy(rule.D27))
		for _, p := range []order.Phase{order.PhaseShipped, order.PhaseCompleted, order.PhaseClosed} {
			t.Run("refuse/the "+name+" when "+p.String(), inPhase(t, p).when(party, cancel).refusedBy(rule.D27))
		}
	}
	told := bound.does(buyer, notice("N1", "1"))
	week := told.now.Add(7 * day)
	t.Run("refuse/a nanosecond before a notice ends", told.at(week.Add(-1)).when(seller, cancel).refusedBy(rule.D27, from(week)))
	t.Run("accept/when a notice ends", told.at(week).when(seller, cancel).then(ended))
	t.Run("accept/after a payment failed", bound.does(buyer, card("C1", "1")).
		does(platform, order.FailPayment{Payment: "C1", Reason: "declined"}).when(buyer, cancel).then(ended))
	done := completed(t, order.CoverageNone)
	t.Run("refuse/announcing a payment after the end", done.when(buyer, card("C1", "1")).refusedBy(rule.D27))
	t.Run("refuse/the platform", bound.when(platform, cancel).refusedBy(rule.D27))
}

func testD28(t *testing.T) {
	expire := order.Expire{}
	ended := order.Closed{Reason: order.ClosedExpired}
	offered := submitted(t, order.CoverageNone)
	yes := order.Confirm{Terms: offered.order.Revision}
	confirmBy := offered.now.Add(30 * day)
	t.Run("accept/confirm a nanosecond before the deadline", offered.at(confirmBy.Add(-1)).when(buyer, yes).leads(order.PhaseConfirmed))
	t.Run("refuse/confirm at the deadline", offered.at(confirmBy).when(buyer, yes).refusedBy(rule.D28, until(confirmBy)))
	t.Run("refuse/confirm after it", offered.at(confirmBy.Add(1)).when(buyer, yes).refusedBy(rule.D28, until(confirmBy)))
	t.Run("refuse/expire a nanosecond before it", offered.at(confirmBy.Add(-1)).when(system, expire).refusedBy(rule.D28, from(confirmBy)))
	t.Run("accept/expire at it", offered.at(confirmBy).when(system, expire).then(ended))
	t.Run("accept/expire after it", offered.at(confirmBy.Add(1)).when(system, expire).then(ended))
	t.Run("accept/expire with money that waits", offered.wired("500").at(confirmBy).when(system, expire).then(ended))
	bound := confirmed(t, order.CoverageNone)
	payBy := bound.now.Add(60 * day)
	t.Run("accept/announce a nanosecond before the deadline", bound.at(payBy.Add(-1)).when(buyer, card("C1", "1")).leads(order.PhaseConfirmed))
	t.Run("refuse/announce at the deadline", bound.at(payBy).when(buyer, card("C1", "1")).refusedBy(rule.D28, until(payBy)))
	t.Run("refuse/expire unpaid a nanosecond before it", bound.at(payBy.Add(-1)).when(system, expire).refusedBy(rule.D28, from(payBy)))
	t.Run("accept/expire unpaid at it", bound.at(payBy).when(system, expire).then(ended))
	t.Run("excludes/money that comes in at the deadline", bound.at(payBy).when(platform, bound.wire("2000")).leads(order.PhaseReadyToShip))
	t.Run("refuse/expire with a cent", bound.wired("0.01").at(payBy).when(system, expire).refusedBy(rule.D28))
	t.Run("excludes/announcing the rest after the deadline", bound.wired("0.01").at(payBy).when(buyer, card("C1", "1")).leads(order.PhaseConfirmed))
	paying := bound.at(payBy.Add(-1)).does(buyer, card("C1", "1"))
	t.Run("refuse/expire while a card is in process", paying.at(payBy).when(system, expire).refusedBy(rule.D28))
	told := bound.at(payBy.Add(-1)).does(buyer, notice("N1", "1"))
	t.Run("refuse/expire while a notice lasts", told.at(payBy).when(system, expire).refusedBy(rule.D28, from(payBy.Add(7*day-1))))
	t.Run("accept/expire when the notice ends", told.at(payBy.Add(7*day-1)).when(system, expire).then(ended))
	t.Run("excludes/an order that waits to be shipped", shippable(t, order.CoverageNone).after(10*365*day).when(system, expire).refusedBy(rule.D28))
	t.Run("refuse/by the platform", offered.at(confirmBy).when(platform, expire).refusedBy(rule.D28))
	t.Run("effect/the deadlines are the policy's", func(t *testing.T) {
		s := complete(t, order.CoverageNone).under(func(p *order.Policy) { p.ConfirmWithin, p.PayWithin = time.Hour, 2*time.Hour }).submits()
		again := s.under(func(p *order.Policy) { p.ConfirmWithin = 99 * day })
		again.after(time.Hour).when(buyer, yes).refusedBy(rule.D28)(t)
		if got := s.does(buyer, yes).order.PayBy; !got.Equal(s.now.Add(2 * time.Hour)) {
			t.Errorf("to be paid by %s", got)
		}
	})
}
