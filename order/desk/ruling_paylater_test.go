package desk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestRulingPayLater has the rulings on pay later as they show across streams.
func TestRulingPayLater(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"D36/NobodyBuysFromHimself", ruleD36},
		{"D36/NobodyBuysFromHimselfByASecondAccount", ruleD36Address},
		{"B21/OneRequestAtATime", ruleB21Request},
		{"D46/ReceiptStartsTheTimeToPay", ruleD46},
		{"D47/ACharge", ruleD47},
		{"D48/PaidLate", ruleD48},
		{"D49/AnEndBeforePayment", ruleD49},
		{"D50/RefundAfterPayment", ruleD50},
		{"D50/ItsOwnCreditFirst", ruleD50Own},
		{"D50/AFullRefundBeforeShipment", ruleD50Full},
		{"D51/PaidInFull", ruleD51},
		{"D51/Instalments", ruleD51Instalments},
		{"D52/WriteOff", ruleD52},
		{"D53/AfterSoManyOverdue", ruleD53},
		{"D53/FrozenOnce", ruleD53Once},
		{"D53/ThePlatformNamesAnOrder", ruleD53Names},
		{"D54/LimitBelowUsed", ruleD54},
		{"D55/NoRaiseWhileFrozen", ruleD55},
		{"D56/TheWaitingTimeIsFixed", ruleD56},
		{"D57/AWithdrawalFails", ruleD57},
		{"D57/TheSameAgain", ruleD57Again},
		{"D58/TheFeeIsRounded", ruleD58},
		{"D59/AFreezeIsNotOfMoney", ruleD59},
		{"D60/Currencies", ruleD60},
		{"D61/CounterpartsGoByVersion", ruleD61PayLater},
		{"D65/APaymentIsOfOneOrder", ruleD65PayLater},
	} {
		t.Run(c.name, c.test)
	}
}

func ruleD65PayLater(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.Instalments = true }))
	tr.payLater = paylater.DefaultPolicy()
	tr.payLater.Instalments = true
	first, second := tr.received("100 CNY"), tr.received("100 CNY")
	key := payment.Key{Method: payment.Charge, Reference: "P/1 of 2"}
	pay := paylater.Pay{Reference: key.Reference, Amount: money("30 CNY")}
	owner := func(want trade.ID, fault error) {
		t.Helper()
		if got, err := tr.Desk.PaymentOwner(t.Context(), platform, key); got != want || !errors.Is(err, fault) {
			t.Fatalf("the payment is of %s, %v", got, err)
		}
	}
	owner(trade.ID{}, desk.ErrNotFound)
	tr.wrote(tr.Do(shopper, desk.OnPayLater(first, pay)), "paylater.instalment-paid", "payment.recorded")
	owner(first, nil)
	for _, by := range []trade.Actor{shopper, system} {
		tr.refused(rule.D65, by, desk.OnPayLater(second, pay))
	}
	tr.refused(rule.B8, otherShopper, desk.OnPayLater(second, pay)) // a stranger does not learn of it
	tr.refused(rule.B8, shopper, desk.OnPayLater(first, pay))
	tr.wrote(tr.Do(system, desk.OnPayLater(first, pay)))
	tr.refused(rule.D19, system, desk.OnPayLater(first, paylater.Pay{Reference: key.Reference, Amount: money("31 CNY")}))

	// A charge that brings more than is due is one payment.
	key.Reference = "P/2 of 2"
	pay = paylater.Pay{Reference: key.Reference, Amount: money("90 CNY")}
	tr.wrote(tr.Do(system, desk.OnPayLater(first, pay)),
		"paylater.paid 100.00 CNY", "paylater.payment-unapplied", "payment.recorded", "credit.quota-restored 100.00 CNY paid", "funds.credited 100.00 CNY")
	owner(first, nil)
	if p, _, err := tr.Desk.ReadPayment(t.Context(), platform, key); err != nil || p.Amount != money("90 CNY") || p.Method != payment.Charge {
		t.Errorf("the payment is %+v, %v", p, err)
	}
	tr.wrote(tr.Do(system, desk.OnPayLater(first, pay)))
	tr.refused(rule.D65, system, desk.OnPayLater(second, pay))
	// What was not applied goes back without a word on the payment.
	tr.wrote(tr.Do(platform, desk.OnPayLater(first, paylater.ReturnUnapplied{Amount: money("20 CNY")})), "paylater.unapplied-returned")
	// The same reference by card is another payment.
	id := tr.opened("10000 USD").confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.Do(platform, desk.OnOrder(id, order.RecordPayment{Reference: key.Reference, Method: order.PayCard, Amount: money("100 USD"), PaidAt: start}))
	owner(first, nil)
	tr.audit()
}

func ruleD36(t *testing.T) {
	tr := shop(t, "5000 CNY")
	self := trade.Actor{Role: trade.Buyer, Account: shopkeeper.Account}
	tr.refused(rule.D36, self, buying("1 CNY"))
	tr.refused(rule.D36, self, buying("9999 CNY")) // before the line is asked
	tr.lineIs("5000", "0", "5000")
	tr.Do(platform, desk.OnQuota(otherShop.Account, cny, credit.OpenLine{Limit: money("1 CNY")}))
	tr.Do(self, desk.OnPayLater(trade.NewID(), placing(otherShop, "1 CNY"))) // but from another merchant
}

// ruleD36Address: a merchant's second account has the same verified address, which the line keeps
// from its opening, or from the next assessment or request if it was opened without one.
func ruleD36Address(t *testing.T) {
	known := false
	asked := 0
	tr := inMemory(t, desk.WithSources(desk.Sources{Email: func(_ context.Context, merchant trade.Account) (trade.Email, error) {
		asked++
		if !known && merchant != otherShop.Account {
			return "", nil
		}
		return trade.Email(merchant + "@shop.example"), nil
	}}))
	tr.Do(platform, onQuota(credit.OpenLine{Limit: money("5000 CNY")}))
	tr.Do(platform, desk.OnQuota(otherShop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	second := trade.Actor{Role: trade.Buyer, Account: "m-second", Email: "M-Shop@shop.example"}
	tr.Do(second, buying("1 CNY"))
	twin := trade.Actor{Role: trade.Buyer, Account: "m-twin", Email: "m-other@SHOP.example"}
	tr.refused(rule.D36, twin, desk.OnPayLater(trade.NewID(), placing(otherShop, "1 CNY")))
	known = true
	tr.Do(second, buying("1 CNY")) // the line does not know it yet
	before := asked
	tr.refused(rule.B21, otherShop, onQuota(credit.RequestAssessment{}))
	if asked != before {
		t.Error("a stranger had an address looked up")
	}
	tr.Do(shopkeeper, onQuota(credit.RequestAssessment{}))
	tr.refused(rule.D36, second, buying("1 CNY"))
	tr.refused(rule.D36, second, buying("9999 CNY"))
	l, _, err := tr.Desk.ReadQuota(t.Context(), shopkeeper, shopkeeper.Account, cny)
	if err != nil || l.Email != "m-shop@shop.example" || !l.AssessmentRequested || l.Limit != money("5000 CNY") {
		t.Fatalf("%+v, %v", l, err)
	}
	tr.Do(shopper, buying("1 CNY"))
}

// ruleB21Request: one request at a time, answered by the next assessment, on a frozen and a suspended line too.
func ruleB21Request(t *testing.T) {
	tr := shop(t, "5000 CNY").opened("100 USD")
	tr.Do(platform, onQuota(credit.Freeze{Reason: credit.ReasonOther, Ref: "audit"}))
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"}))
	for _, x := range []struct {
		by      trade.Actor
		request desk.Action
		answer  desk.Action
	}{
		{shopkeeper, onQuota(credit.RequestAssessment{}), assess("5000 CNY")},
		{shopkeeper, onQuota(credit.RequestAssessment{}), assess("4000 CNY")},
		{acme, desk.OnLine(acme.Account, usd, credit.RequestAssessment{}), desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money("100 USD")})},
	} {
		if r := tr.Do(x.by, x.request); len(r.Events) != 1 {
			t.Fatalf("%+v", r.Events)
		}
		tr.refused(rule.B21, x.by, x.request)
		tr.refused(rule.B21, platform, x.request)
		if r := tr.Do(platform, x.answer); len(r.Events) != 1 {
			t.Fatalf("%+v", r.Events)
		}
	}
	if r := tr.Do(platform, assess("4000 CNY")); len(r.Events) != 0 {
		t.Fatalf("the same limit without a request: %+v", r.Events)
	}
}

func ruleD46(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("100 CNY")
	tr.on(id, paylater.Ship{})
	shipped := tr.Clock.Now()
	auto := desk.OnPayLater(id, paylater.AutoConfirmReceipt{})
	tr.earliest(tr.at(shipped.Add(10*day-1)).refused(rule.D46, system, auto), shipped.Add(10*day))
	tr.on(id, paylater.ExtendReceipt{})
	tr.at(shipped.Add(10*day)).refused(rule.D46, system, auto)
	tr.refused(rule.D46, shopper, desk.OnPayLater(id, paylater.ExtendReceipt{}))
	late := shipped.Add(13*day + time.Hour)
	tr.at(late).Do(system, auto)
	if o := tr.PayLaterOrder(id); !o.ReceivedAt.Equal(late) || !o.DueAt.Equal(late.Add(day)) || o.ReceivedBy != trade.System {
		t.Fatalf("received %s by %s, due %s", o.ReceivedAt, o.ReceivedBy, o.DueAt)
	}
	// An after-sales case moves the due time by as long as it was open, and holds the system up.
	due := tr.PayLaterOrder(id).DueAt
	tr.at(due).on(id, paylater.OpenAfterSales{Reason: "wrong size"})
	tr.at(due.Add(3*day)).refused(rule.D47, system, desk.OnPayLater(id, paylater.RequestCharge{}))
	tr.refused(rule.D47, system, desk.OnPayLater(id, paylater.MarkOverdue{}))
	tr.on(id, paylater.CloseAfterSales{})
	tr.refused(rule.D47, system, desk.OnPayLater(id, paylater.MarkOverdue{}))
	tr.on(id, paylater.RequestCharge{})
	tr.after(1).on(id, paylater.MarkOverdue{})
	tr.stands(id, paylater.PhaseOverdue)
}

func ruleD47(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.ChargeRetries = 1 }))
	id := tr.received("100 CNY")
	due := tr.PayLaterOrder(id).DueAt
	charge, fail := desk.OnPayLater(id, paylater.RequestCharge{}), desk.OnPayLater(id, paylater.FailCharge{Reason: "no money"})
	tr.earliest(tr.at(due.Add(-1)).refused(rule.D47, system, charge), due)
	tr.at(due).wrote(tr.Do(system, charge), "paylater.charge-requested")
	tr.refused(rule.D47, system, charge)
	tr.wrote(tr.Do(system, fail), "paylater.charge-failed")
	tr.Do(system, charge)
	tr.Do(system, fail)
	tr.refused(rule.D47, system, charge)
	tr.refused(rule.D47, shopkeeper, desk.OnPayLater(id, paylater.LowerAmount{Amount: money("100.01 CNY")}))
	tr.lineIs("5000", "100", "4900")
	tr.wrote(tr.Do(system, desk.OnPayLater(id, paying("100 CNY"))),
		"paylater.paid 100.00 CNY", "payment.recorded", "credit.quota-restored 100.00 CNY paid", "funds.credited 100.00 CNY")
}

func ruleD48(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = 1 }))
	id := tr.late("100 CNY")
	tr.pay(id, "100 CNY")
	o := tr.PayLaterOrder(id)
	if o.Phase != paylater.PhasePaid || o.OverdueAt.IsZero() || tr.quota().Overdue != 0 {
		t.Fatalf("%s, overdue at %s, %d overdue", o.Phase, o.OverdueAt, tr.quota().Overdue)
	}
	tr.lineIs("5000", "0", "5000")
	tr.fundsAre("100", "0", "0")
	tr.frozenFor(credit.ReasonOverdue)
}

func ruleD49(t *testing.T) {
	tr := shop(t, "5000 CNY")
	cancelled := tr.place("100 CNY")
	tr.Do(platform, freeze(credit.ReasonOther, "audit")) // which stops no end of an order
	tr.refused(rule.D49, platform, desk.OnPayLater(cancelled, paylater.Cancel{}))
	tr.wrote(tr.on(cancelled, paylater.Cancel{}), "paylater.cancelled", "credit.quota-restored 100.00 CNY cancelled")
	tr.Do(platform, unfreeze(credit.ReasonOther, "audit"))
	for name, id := range map[string]trade.ID{"received": tr.received("200 CNY"), "overdue": tr.late("200 CNY")} {
		tr.refused(rule.D49, shopper, desk.OnPayLater(id, paylater.Cancel{}))
		tr.refused(rule.D49, shopper, desk.OnPayLater(id, paylater.Return{}))
		used := tr.quota().Held
		tr.wrote(tr.on(id, paylater.LowerAmount{Amount: money("150 CNY")}), "paylater.amount-lowered", "credit.quota-restored 50.00 CNY lowered")
		tr.wrote(tr.on(id, paylater.Return{}), "paylater.returned", "credit.quota-restored 150.00 CNY returned")
		if rest := tr.quota().Held; rest != must(used.Sub(yuan("200"))) {
			t.Fatalf("%s: used went from %s to %s", name, used, rest)
		}
	}
	if l := tr.quota(); l.Overdue != 0 || l.OpenHolds != 0 {
		t.Fatalf("%d orders open, %d overdue", l.OpenHolds, l.Overdue)
	}
	tr.lineIs("5000", "0", "5000")
	if _, _, err := tr.Desk.ReadFunds(t.Context(), shopkeeper, shopkeeper.Account, cny); !errors.Is(err, desk.ErrNotFound) {
		t.Fatalf("funds of orders that were not paid: %v", err)
	}
}

func ruleD50(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.sold("100 CNY")
	refund := func(amount string) desk.Action {
		return desk.OnPayLater(id, paylater.Refund{Amount: money(amount)})
	}
	tr.on(id, paylater.Ship{})
	tr.missing(tr.refused(rule.D50, shopkeeper, refund("100.01 CNY")), "0.01 CNY")
	tr.refused(rule.D50, shopper, refund("1 CNY"))
	tr.wrote(tr.Do(shopkeeper, refund("10 CNY")), "paylater.refund-made 10.00 CNY", "funds.debited 10.00 CNY")
	tr.fundsAre("90", "0", "0")
	tr.after(7 * day)
	tr.fundsAre("0", "90", "0")
	tr.Do(platform, refund("20 CNY"))
	tr.fundsAre("0", "70", "0")
	tr.Do(shopkeeper, withdrawal("W", "60 CNY"))
	tr.Do(shopkeeper, refund("70 CNY"))
	tr.fundsAre("0", "0", "60")
	tr.missing(tr.refused(rule.D50, shopkeeper, refund("0.01 CNY")), "0.01 CNY")
	tr.lineIs("5000", "0", "5000")
	// The debt comes out of the next credit, also one that would wait.
	tr.sold("100 CNY")
	tr.fundsAre("40", "0", "0")
}

func ruleD50Own(t *testing.T) {
	tr := shop(t, "5000 CNY")
	first := tr.sold("100 CNY")
	tr.after(day).sold("50 CNY")
	tr.on(first, paylater.Refund{Amount: money("60 CNY")})
	tr.after(6 * day) // 40 of the first are available, all of the second waits
	tr.fundsAre("50", "40", "0")
	tr.on(first, paylater.Refund{Amount: money("40 CNY")}) // its own waits no more: the second's is taken
	tr.fundsAre("10", "40", "0")
}

func ruleD50Full(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.sold("100 CNY")
	tr.on(id, paylater.Refund{Amount: money("30 CNY")})
	tr.stands(id, paylater.PhasePrepaid)
	tr.wrote(tr.on(id, paylater.Refund{Amount: money("70 CNY")}), "paylater.refund-made 70.00 CNY", "paylater.cancelled", "funds.debited 70.00 CNY")
	tr.stands(id, paylater.PhaseCancelled)
	tr.lineIs("5000", "0", "5000")
	tr.fundsAre("0", "0", "0")
	tr.refused(rule.B1, shopkeeper, desk.OnPayLater(id, paylater.Ship{}))
}

func ruleD51(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.received("100 CNY")
	tr.missing(tr.refused(rule.D51, shopper, desk.OnPayLater(id, paying("99.99 CNY"))), "0.01 CNY")
	tr.refused(rule.D51, shopper, desk.OnPayLater(id, paying("100.01 CNY")))
	tr.refused(rule.D51, system, desk.OnPayLater(id, paying("0.01 CNY")))
	tr.lineIs("5000", "100", "4900")
}

func ruleD51Instalments(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.Instalments = true }))
	id := tr.received("100 CNY")
	for _, part := range []string{"30 CNY", "69.99 CNY"} {
		tr.wrote(tr.on(id, paying(part)), "paylater.instalment-paid", "payment.recorded")
		tr.lineIs("5000", "100", "4900")
	}
	tr.wrote(tr.on(id, paying("0.01 CNY")), "paylater.paid 100.00 CNY", "payment.recorded", "credit.quota-restored 100.00 CNY paid", "funds.credited 100.00 CNY")
	tr.lineIs("5000", "0", "5000")
	tr.fundsAre("100", "0", "0")

	given := tr.received("100 CNY")
	tr.on(given, paying("30 CNY"))
	tr.refused(rule.D51, shopkeeper, desk.OnPayLater(given, paylater.LowerAmount{Amount: money("30 CNY")}))
	tr.on(given, paylater.LowerAmount{Amount: money("40 CNY")}, paylater.Return{})
	if o := tr.PayLaterOrder(given); o.PaidBack != yuan("30") {
		t.Fatalf("%s go back to the buyer", o.PaidBack)
	}
	tr.lineIs("5000", "0", "5000")
	tr.fundsAre("100", "0", "0")
}

func ruleD52(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = 1 }))
	id := tr.received("1000 CNY")
	write := desk.OnPayLater(id, paylater.WriteOff{})
	tr.refused(rule.D52, platform, write) // not overdue
	tr.at(tr.PayLaterOrder(id).DueAt.Add(1)).on(id, paylater.MarkOverdue{})
	tr.refused(rule.D52, shopkeeper, write)
	tr.wrote(tr.Do(platform, write), "paylater.written-off", "credit.quota-consumed 1000.00 CNY")
	tr.lineIs("4000", "0", "4000")
	tr.frozenFor(credit.ReasonOverdue)
	tr.refused(rule.D52, shopper, desk.OnPayLater(id, paying("1000 CNY")))
	tr.refused(rule.D52, platform, write)
	if _, _, err := tr.Desk.ReadFunds(t.Context(), shopkeeper, shopkeeper.Account, cny); !errors.Is(err, desk.ErrNotFound) || tr.quota().Overdue != 0 {
		t.Fatalf("funds: %v; %d overdue", err, tr.quota().Overdue)
	}
}
