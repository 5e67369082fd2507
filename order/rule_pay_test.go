package order_test

import (
	"strings"
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
	t.Run("accept/card", by(order.PayCard, "").then(order.PaymentInitiated{
		Payment: "P1", Method: order.PayCard, Amount: money("10"), NoticeUntil: s.now.Add(day)}))
	t.Run("accept/T/T", by(order.PayTT, "CA").then(order.PaymentInitiated{
		Payment: "P1", Method: order.PayTT, Amount: money("10"), BankCountry: "CA", NoticeUntil: s.now.Add(7 * day)}))
	t.Run("accept/e-Checking of a US bank", by(order.PayECheck, "US").then(
		order.PaymentInitiated{Payment: "P1", Method: order.PayECheck, Amount: money("10"), BankCountry: "US", NoticeUntil: s.now.Add(14 * day)}))
	t.Run("excludes/the bank's country of money that came in", func(t *testing.T) {
		came := s.charged("E1", "10")
		came.Method = order.PayECheck
		announced := order.InitiatePayment{Payment: "E1", Method: order.PayECheck, Amount: money("10"), BankCountry: "CA"}
		s.does(platform, came).when(buyer, announced).leads(order.PhaseConfirmed)(t)
	})
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
	t.Run("effect/an order keeps what was announced, and no payment that came in", func(t *testing.T) {
		many := s.does(buyer, notice("N1", "1"))
		for range 20 {
			many = many.wired("0.01")
		}
		if n := len(many.order.Payments); n != 1 {
			t.Errorf("the order keeps %d payments", n)
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
	t.Run("accept/money of no payment waits for review", func(t *testing.T) {
		came := s.moved(t, "charge:C1:1999")
		came.has(t, "phase=confirmed", "unapplied=1999", "review=1999", "applied=0")
		came.when(platform, order.ApplyUnapplied{Amount: money("1999")}).refusedBy(rule.D19)(t)
		came.follows(t, "apply:1999:C-C1").has(t, "applied=1999", "review=0", "unapplied=0")
		came.follows(t, "return:1999:C-C1").has(t, "returned=1999", "review=0")
		came.follows(t, "announce:C1:1").has(t, "applied=1999", "review=0", "phase=confirmed")
		came.follows(t, "announce:C1:1 announce:C1:1!D18 announce:C2:1")
	})
	t.Run("accept/its announcement while another is in process, and after the time to pay", func(t *testing.T) {
		came := paying.moved(t, "charge:C9:5")
		came.moved(t, "announce:C9:5").has(t, "applied=5")
		s.moved(t, "charge:C9:5").at(s.order.PayBy).moved(t, "announce:C9:5").has(t, "applied=5")
	})
	t.Run("accept/its announcement applies what is due, the rest waits", func(t *testing.T) {
		s.follows(t, "charge:C1:7000 announce:C1:1").has(t, "phase=ready-to-ship", "applied=6000", "unapplied=1000", "review=0")
	})
	t.Run("refuse/its announcement by another method, or in another currency", func(t *testing.T) {
		came := s.moved(t, "charge:C1:1")
		came.when(buyer, order.InitiatePayment{Payment: "C1", Method: order.PayECheck, Amount: money("1"), BankCountry: "US"}).refusedBy(rule.D18)(t)
		came.when(buyer, card("C1", "1 EUR")).refusedBy(rule.D19)(t)
	})
	t.Run("effect/a capture in every phase", func(t *testing.T) {
		for _, p := range []order.Phase{order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip, order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted, order.PhaseClosed} {
			inPhase(t, p).moved(t, "charge:C1:5").has(t, "phase="+p.String(), "review=5", "unapplied=5")
		}
	})
	t.Run("accept/money of a payment by another method waits for review", func(t *testing.T) {
		c := paying.charged("C1", "1")
		c.Method = order.PayECheck
		paying.does(platform, c).has(t, "review=1", "applied=0")
	})
	failed := paying.does(platform, fail)
	t.Run("accept/money of a failed payment", failed.when(platform, failed.charged("C1", "2000")).leads(order.PhaseReadyToShip))
	t.Run("accept/money of a failed payment after the close", func(t *testing.T) {
		failed.follows(t, "cancel charge:C1:2000").has(t, "phase=closed", "unapplied=2000", "review=0")
	})
	expired := paying.after(day)
	t.Run("accept/money of an expired payment", expired.when(platform, expired.charged("C1", "2000")).leads(order.PhaseReadyToShip))
	t.Run("accept/money of a payment twice waits for review", func(t *testing.T) {
		c := paying.charged("C1", "1")
		c.Reference = "another"
		twice := paying.does(platform, paying.charged("C1", "2000")).does(platform, c)
		twice.has(t, "applied=2000", "review=1")
		twice.when(buyer, card("C1", "1")).refusedBy(rule.D18)(t)
	})
	t.Run("effect/a failure of no payment changes nothing", s.when(platform, fail).then())
	t.Run("effect/a failure twice changes nothing", failed.when(platform, fail).then())
	t.Run("effect/a failure of an expired payment changes nothing", expired.when(platform, fail).then())
	t.Run("effect/a failure of one that came in changes nothing", paying.does(platform, paying.charged("C1", "2000")).when(platform, fail).then())
	lives := func(method order.Method, life time.Duration) func(*testing.T) {
		return func(t *testing.T) {
			told := s.does(buyer, order.InitiatePayment{Payment: "L1", Method: method, Amount: money("1"), BankCountry: "US"})
			ends := told.now.Add(life)
			told.at(ends.Add(-1)).when(buyer, order.Cancel{}).refusedBy(rule.D27, from(ends))(t)
			told.at(ends).when(buyer, order.Cancel{}).leads(order.PhaseClosed)(t)
		}
	}
	t.Run("effect/a transfer is in process for seven days", lives(order.PayTT, 7*day))
	t.Run("effect/a card payment for a day", lives(order.PayCard, day))
	t.Run("effect/e-Checking for fourteen days", lives(order.PayECheck, 14*day))
	t.Run("accept/another card when one has expired", expired.when(buyer, card("C2", "1")).leads(order.PhaseConfirmed))
	t.Run("refuse/another card a nanosecond before", expired.after(-1).when(buyer, card("C2", "1")).refusedBy(rule.D18))
	t.Run("effect/a life of the first edition counts from its event", func(t *testing.T) {
		old := s.stored(buyer, order.InitiatePayment{}, order.PaymentInitiated{Payment: "C1", Method: order.PayCard, Amount: money("1")})
		old.after(day-1).when(buyer, order.Cancel{}).refusedBy(rule.D27, from(s.now.Add(day)))(t)
		old.after(day).when(buyer, order.Cancel{}).leads(order.PhaseClosed)(t)
	})
	t.Run("effect/the lives are the policy's", func(t *testing.T) {
		quick := s.under(func(p *order.Policy) { p.ProcessingLife.Card = time.Hour }).does(buyer, card("C1", "1"))
		quick.after(time.Hour).when(buyer, order.Cancel{}).leads(order.PhaseClosed)(t)
	})
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
	t.Run("accept/a notice that was not given", func(t *testing.T) {
		c := s.wire("1")
		c.Payment = "N1"
		s.does(platform, c).has(t, "applied=1")
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
			seen.when(platform, order.ApplyUnapplied{Amount: money("2000"), Reference: seen.latest()}).then(
				order.UnappliedApplied{Amount: money("2000"), Reviewed: money("2000"), Reference: seen.latest(), Method: order.PayTT, Cases: noCases}, order.Funded{})(t)
			seen.when(platform, order.ApplyUnapplied{Amount: money("2000")}).refusedBy(rule.D19, short("2000"))(t)
			seen.when(platform, order.ApplyUnapplied{Amount: money("1"), Reference: "W-none"}).refusedBy(rule.D19)(t)
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
		"account": func(c *order.RecordPayment) { c.ReceivingAccount = "RA-2" },
	} {
		c := s.wire("5")
		change(&c)
		t.Run("refuse/the same reference with another "+name, once.when(platform, c).refusedBy(rule.D19))
	}
	for name, change := range map[string]func(*order.RecordPayment){
		"payer":   func(c *order.RecordPayment) { c.Payer = "John Doe" },
		"instant": func(c *order.RecordPayment) { c.PaidAt = c.PaidAt.Add(-1) },
		"fee":     func(c *order.RecordPayment) { c.Fee = money("1") },
		"notice":  func(c *order.RecordPayment) { c.Payment = "N1" },
	} {
		c := s.wire("5")
		change(&c)
		t.Run("effect/the same reference with another "+name+" is harmless", once.when(platform, c).then())
	}
	for name, reference := range map[string]string{
		"of 140 bytes": strings.Repeat("x", 140), "with / : and blanks": "2025/12 : 7 a", "in Chinese": "汇款 第7号",
	} {
		c := s.wire("5")
		c.Reference = reference
		t.Run("accept/a reference "+name, s.when(platform, c).leads(order.PhaseConfirmed))
	}
	for name, reference := range map[string]string{
		"of 141 bytes": strings.Repeat("x", 141), "of nothing": "", "of two lines": "a\nb", "of no text": "a\xff", "with a tab": "a\tb",
	} {
		c := s.wire("5")
		c.Reference = reference
		t.Run("excludes/a reference "+name, s.when(platform, c).invalid("reference"))
	}
	t.Run("effect/references differ in every byte", once.when(platform, s.wireAs("5", "w-"+strings.TrimPrefix(once.latest(), "W-"), "Jane Doe")).leads(order.PhaseConfirmed))
	t.Run("accept/a thousand small transfers leave room for a real one", func(t *testing.T) {
		many := confirmed(t, order.CoverageNone)
		for range 1000 {
			many = many.wired("0.01")
		}
		many.wired("5990").has(t, "phase=ready-to-ship", "applied=6000", "due=0")
	})
	waiting := s.wired("6100")
	t.Run("refuse/counting more than is due", waiting.when(platform, order.ApplyUnapplied{Amount: money("1")}).refusedBy(rule.D19, short("1")))
	seen := s.does(platform, by("John Doe"))
	t.Run("refuse/counting more than waits", seen.when(platform, order.ApplyUnapplied{Amount: money("2000.01"), Reference: seen.latest()}).refusedBy(rule.D19, short("0.01")))
	t.Run("refuse/counting another currency", seen.when(platform, order.ApplyUnapplied{Amount: money("1 EUR")}).refusedBy(rule.D19))
	t.Run("effect/money under review goes back by its reference, other money without one", func(t *testing.T) {
		mixed := seen.wired("6100")
		give := func(amount, reference string) attempt {
			return mixed.when(platform, order.ReturnUnapplied{Amount: money(amount), Reference: reference})
		}
		give("2000", seen.latest()).then(order.UnappliedReturned{Amount: money("2000"), Reviewed: money("2000"), Reference: seen.latest(), Method: order.PayTT})(t)
		give("2000.01", seen.latest()).refusedBy(rule.D21, short("0.01"))(t)
		give("100", "").then(order.UnappliedReturned{Amount: money("100")})(t)
		give("100.01", "").refusedBy(rule.D21, short("0.01"))(t)
		give("1", mixed.latest()).refusedBy(rule.D21)(t)
	})
	t.Run("effect/what is not applied of a payment under review waits with the rest", func(t *testing.T) {
		part := seen.does(platform, order.ApplyUnapplied{Amount: money("500"), Reference: seen.latest()})
		part.has(t, "applied=500", "unapplied=1500", "review=0")
		part.when(platform, order.ApplyUnapplied{Amount: money("1500")}).leads(order.PhaseReadyToShip)(t)
		part.when(platform, order.ApplyUnapplied{Amount: money("1"), Reference: seen.latest()}).refusedBy(rule.D19)(t)
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
	told := s.wired("1980").does(buyer, notice("N1", "20"))
	t.Run("refuse/a transfer is announced", told.when(seller, does).refusedBy(rule.D20, from(told.now.Add(7*day))))
	t.Run("accept/a transfer was announced a week ago", told.after(7*day).when(seller, does).leads(order.PhaseReadyToShip))
	there := received(t, order.CoverageNone)
	t.Run("accept/nothing of the balance came, and the goods are received", there.when(seller, does).then(
		order.ShortfallAccepted{Amount: money("4000")}, order.Completed{}))
	t.Run("accept/all was lost to a chargeback, and the goods are received", func(t *testing.T) {
		shippedByCard(t).follows(t, "back:1 lost:1 receive short").has(t, "phase=completed", "shortfall=6000", "applied=0")
	})
	t.Run("refuse/nothing is left before receipt", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:1000 wire:500 back:1 refund:500 short!D29 lost:1").has(t, "phase=closed")
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:1500 wire:400 refund:400 back:1 lost:1 short!D20").has(t, "phase=closed")
	})
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
	t.Run("accept/counting in phase completed, when money was taken back", func(t *testing.T) {
		began(t, "order:none:6000:6000").follows(t, "confirm card:1:6000 ship receive back:1 lost:1 stranger:6000:W1 apply:6000:W1").
			has(t, "phase=completed", "applied=6000", "due=0", "reversed=6000")
	})
	t.Run("refuse/counting in phase completed, when nothing is due",
		inPhase(t, order.PhaseCompleted).wired("1").when(platform, order.ApplyUnapplied{Amount: money("1")}).refusedBy(rule.D19))
	for _, p := range []order.Phase{order.PhaseSubmitted, order.PhaseClosed} {
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
	t.Run("effect/money after completion, when money was taken back, is applied", func(t *testing.T) {
		began(t, "order:none:6000:6000").follows(t, "confirm card:1:6000 ship receive back:1 lost:1 wire:7000").
			has(t, "phase=completed", "applied=6000", "unapplied=1000", "reversed=6000")
	})
	testReturns(t, inPhase(t, order.PhaseClosed).wired("100"), "100")
}

func testD23(t *testing.T) {
	t.Run("effect/a fee is not included", func(t *testing.T) {
		s := confirmed(t, order.CoverageNone).does(buyer, card("C1", "2000"))
		c := s.charged("C1", "2000")
		c.Fee = money("59")
		paid := s.does(platform, c).order
		if paid.Ledger.Received != money("2000") {
			t.Errorf("the ledger has %+v", paid.Ledger)
		}
		if a := s.when(platform, c); a.got[0].(order.PaymentReceived).Fee != money("59") {
			t.Errorf("recorded %+v", a.got)
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
	t.Run("accept/when all that came in was paid back or taken back", func(t *testing.T) {
		began(t, "order:none:6000:2000").follows(t, "confirm card:1:1000 back:1 lost:1 cancel").has(t, "phase=closed")
		began(t, "order:none:6000:6000").follows(t, "confirm card:1:5000 wire:1000 refund:2500 back:1 lost:1 revoke").has(t, "phase=closed")
	})
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
	lost := bound.after(day).follows(t, "card:1:2000 back:1 lost:1")
	t.Run("effect/an order that lost its initial payment has the time to pay again", func(t *testing.T) {
		again := lost.now.Add(60 * day)
		lost.at(again.Add(-1)).when(system, expire).refusedBy(rule.D28, from(again))(t)
		lost.at(again).when(system, expire).leads(order.PhaseClosed)(t)
		lost.at(again).when(buyer, card("C9", "1")).refusedBy(rule.D28, until(again))(t)
		lost.at(again.Add(-1)).when(buyer, card("C9", "1")).leads(order.PhaseConfirmed)(t)
	})
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
