package desk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestRulePayLater has the rules of source B as they show across the streams of an order, its
// merchant's line and funds. The rulings on them are in TestRulingPayLater.
func TestRulePayLater(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"B1/TheGoodsFirst", ruleB1},
		{"B2/NoMoneyBeforePayment", ruleB2},
		{"B3/TheLimitIsAssessed", ruleB3},
		{"B4/ThePageOfTheLine", ruleB4},
		{"B5/NoQuotaNoOrder", ruleB5},
		{"B6/QuotaIsNotWithdrawn", ruleB6},
		{"B7/DeductedWhenPlaced", ruleB7},
		{"B8/PaidOnceAndInFull", ruleB8},
		{"B9/RestoredByItself", ruleB9},
		{"B10/ToHisOwnAccounts", ruleB10},
		{"B11/RequestedIsNotPaidOut", ruleB11},
		{"B12/B13/ALimitGrows", ruleB12},
		{"B14/OtherChargesFromTheBalance", ruleB14},
		{"B15/OpenOrdersMayFreezeOrReduce", ruleB15},
		{"B16/TheFee", ruleB16},
		{"B17/TheWaitingTimeOfAMerchant", ruleB17},
		{"B18/QuotaOnlyPaysOrders", ruleB18},
		{"B19/AFreezeIsForLaterOrders", ruleB19},
		{"B20/CanThisOrderBeTaken", ruleB20},
		{"B21/AssessedAgain", ruleB21},
		{"B22/TheHistoryOfWithdrawals", ruleB22},
	} {
		t.Run(c.name, c.test)
	}
}

func ruleB1(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("100 CNY")
	tr.on(id, paylater.Ship{}, paylater.ConfirmReceipt{})
	tr.stands(id, paylater.PhaseReceived)
	due := tr.PayLaterOrder(id).DueAt
	tr.at(due).refused(rule.D47, system, desk.OnPayLater(id, paylater.MarkOverdue{}))
	tr.at(due.Add(1)).on(id, paylater.MarkOverdue{})
	tr.stands(id, paylater.PhaseOverdue)
}

func ruleB2(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("100 CNY")
	none := func() {
		t.Helper()
		if _, _, err := tr.Desk.ReadFunds(t.Context(), shopkeeper, shopkeeper.Account, cny); !errors.Is(err, desk.ErrNotFound) {
			t.Fatalf("funds before the payment: %v", err)
		}
	}
	none()
	for _, c := range []paylater.Command{paylater.Ship{}, paylater.ConfirmReceipt{}} {
		tr.on(id, c)
		none()
	}
	for _, by := range []trade.Actor{shopkeeper, shopper, platform, system} {
		tr.refused(rule.B8, by, onFunds(funds.Credit{Order: id, Amount: money("100 CNY")}))
	}
	tr.at(tr.PayLaterOrder(id).DueAt.Add(1)).on(id, paylater.MarkOverdue{}, paylater.WriteOff{})
	none()
}

func ruleB3(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.refused(rule.B3, platform, onQuota(credit.OpenLine{Limit: money("6000 CNY")}))
	tr.refused(rule.B3, shopkeeper, assess("6000 CNY"))
	tr.Do(platform, assess("6000 CNY"))
	tr.lineIs("6000", "0", "6000")
	tr.Do(platform, assess("0 CNY"))
	tr.lineIs("0", "0", "0")
	tr.refused(rule.B5, shopper, buying("0.01 CNY"))
	tr.refused(rule.B3, platform, desk.OnQuota(otherShop.Account, cny, credit.AssessLimit{Limit: money("1 CNY")}))
}

func ruleB4(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.place("1200 CNY")
	tr.Do(platform, freeze(credit.ReasonOther, "audit"))
	for _, by := range []trade.Actor{shopkeeper, platform} {
		l, _, err := tr.Desk.ReadQuota(t.Context(), by, shopkeeper.Account, cny)
		if p := l.Page(); err != nil || p.Limit != yuan("5000") || p.Used != yuan("1200") || p.Remaining != yuan("3800") || !p.Usable.IsZero() || !p.Frozen {
			t.Fatalf("%s: %+v, %v", by.Role, p, err)
		}
	}
	for _, by := range []trade.Actor{shopper, otherShop} {
		if _, _, err := tr.Desk.ReadQuota(t.Context(), by, shopkeeper.Account, cny); !errors.Is(err, desk.ErrNotFound) {
			t.Fatalf("%s: %v", by.Account, err)
		}
	}
}

func ruleB5(t *testing.T) {
	tr := shop(t, "5000 CNY")
	no := tr.refused(rule.B5, shopper, buying("5000.01 CNY"))
	if tr.figureless(no); no.Command != (paylater.Place{}).Name() {
		t.Fatalf("%s is refused", no.Command)
	}
	tr.place("4000 CNY")
	tr.figureless(tr.refused(rule.B5, shopper, buying("1000.01 CNY")))
	tr.place("1000 CNY")
	tr.lineIs("5000", "5000", "0")
	tr.figureless(tr.refused(rule.B5, shopper, buying("0.01 CNY")))
	no = tr.refused(rule.B5, shopper, desk.OnPayLater(trade.NewID(), placing(otherShop, "7 CNY")))
	tr.figureless(no)
}

func ruleB6(t *testing.T) {
	tr := inMemory(t)
	for _, step := range []func(){
		func() {},
		func() { tr.Do(platform, onQuota(credit.OpenLine{Limit: money("5000 CNY")})) },
		func() { tr.sold("100 CNY") },
		func() { tr.Do(platform, freeze(credit.ReasonOther, "audit")) },
		func() { tr.after(8 * day) },
	} {
		step()
		for _, by := range []trade.Actor{shopkeeper, otherShop, shopper, platform, system} {
			tr.refused(rule.B6, by, onQuota(credit.Withdraw{Amount: money("1 CNY")}))
			tr.refused(rule.B6, by, onFunds(funds.WithdrawQuota{Amount: money("1 CNY"), Dest: ownAlipay}))
		}
	}
	tr.fundsAre("0", "100", "0")
}

func ruleB7(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := trade.NewID()
	tr.wrote(tr.Do(shopper, desk.OnPayLater(id, placing(shopkeeper, "1200 CNY"))),
		"paylater.placed 1200.00 CNY", "credit.quota-deducted 1200.00 CNY")
	tr.lineIs("5000", "1200", "3800")
	now := placing(shopkeeper, "100 CNY")
	now.ChosePayLater = false
	tr.refused(rule.B7, shopper, desk.OnPayLater(trade.NewID(), now))
	for _, by := range []trade.Actor{shopkeeper, platform, system} {
		tr.refused(rule.B7, by, buying("100 CNY"))
	}
	tr.refused(rule.B7, shopper, desk.OnPayLater(id, placing(shopkeeper, "1200 CNY")))
	tr.wrote(tr.on(id, paylater.Ship{}), "paylater.shipped")
	tr.lineIs("5000", "1200", "3800")
}

func ruleB8(t *testing.T) {
	for name, prepare := range map[string]func(tr *fixture) trade.ID{
		"before shipment": func(tr *fixture) trade.ID { return tr.place("1200.05 CNY") },
		"under way": func(tr *fixture) trade.ID {
			id := tr.place("1200.05 CNY")
			tr.on(id, paylater.Ship{})
			return id
		},
		"in time": func(tr *fixture) trade.ID { return tr.received("1200.05 CNY") },
		"late":    func(tr *fixture) trade.ID { return tr.late("1200.05 CNY") },
	} {
		t.Run(name, func(t *testing.T) {
			tr := shop(t, "5000 CNY")
			id := prepare(tr)
			tr.wrote(tr.pay(id, "1200.05 CNY"),
				"paylater.paid 1200.05 CNY", "payment.recorded", "credit.quota-restored 1200.05 CNY paid", "funds.credited 1200.05 CNY")
			tr.lineIs("5000", "0", "5000")
			tr.fundsAre("1200.05", "0", "0")
			tr.refused(rule.B8, shopper, desk.OnPayLater(id, paying("1200.05 CNY")))
			charge := desk.OnPayLater(id, paying("0.01 CNY"))
			tr.wrote(tr.Do(system, charge), "paylater.payment-unapplied", "payment.recorded") // D62
			tr.lineIs("5000", "0", "5000")
			tr.fundsAre("1200.05", "0", "0")
			if r := tr.Do(system, charge); len(r.Events) != 0 {
				t.Errorf("the same again: %+v", r.Events)
			}
			tr.wrote(tr.Do(platform, desk.OnPayLater(id, paylater.ReturnUnapplied{Amount: money("0.01 CNY")})), "paylater.unapplied-returned")
		})
	}
}

func ruleB9(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("1200 CNY")
	for _, c := range []paylater.Command{nil, paylater.Ship{}, paylater.ConfirmReceipt{}} {
		if c != nil {
			tr.on(id, c)
		}
		for _, by := range []trade.Actor{shopkeeper, shopper, platform, system} {
			tr.refused(rule.B9, by, onQuota(credit.Restore{Order: id, Amount: money("1200 CNY"), Cause: credit.RestorePaid}))
		}
		tr.lineIs("5000", "1200", "3800")
	}
	tr.pay(id, "1200 CNY")
	tr.lineIs("5000", "0", "5000")
	tr.place("5000 CNY")
}

func ruleB10(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}}))
	tr.sold("100 CNY")
	to := func(amount string, dest funds.Dest) desk.Action {
		return onFunds(funds.Withdraw{ID: "W", Amount: money(amount), Dest: dest})
	}
	card := funds.Dest{Card: "6222-01"}
	tr.refused(rule.B10, shopkeeper, to("1 CNY", funds.Dest{Alipay: funds.Alipay{Account: "x", Holder: "m-other"}}))
	tr.refused(rule.B10, shopkeeper, to("1 CNY", card))
	tr.refused(rule.B10, shopkeeper, onFunds(funds.BindCard{Card: "6222-01", Holder: "m-other"}))
	tr.refused(rule.B10, otherShop, to("1 CNY", ownAlipay))
	tr.Do(shopkeeper, onFunds(funds.BindCard{Card: "6222-01", Holder: "m-shop"}))
	tr.missing(tr.refused(rule.B10, shopkeeper, to("100.01 CNY", card)), "0.01 CNY")
	tr.refused(rule.B10, shopkeeper, to("0 CNY", card))
	tr.refused(rule.B10, shopkeeper, to("-1 CNY", card))
	tr.Do(shopkeeper, to("60 CNY", card))
	tr.refused(rule.B10, shopkeeper, onFunds(funds.UnbindCard{Card: "6222-01"}))
	tr.Do(shopkeeper, withdrawal("W-2", "40 CNY"))
	tr.fundsAre("0", "0", "0")
}

func ruleB11(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.sold("100 CNY")
	tr.after(7*day).Do(shopkeeper, withdrawal("W", "100 CNY"))
	b, _, err := tr.Desk.ReadFunds(t.Context(), shopkeeper, shopkeeper.Account, cny)
	if open := b.Withdrawals(); err != nil || len(open) != 1 || !open[0].ExpectedAt.Equal(tr.Clock.Now().Add(day)) || open[0].Status != funds.Requested {
		t.Fatalf("%+v, %v", open, err)
	}
	if p := tr.funds(); p.InTransit != yuan("100") || !p.PaidOut.IsZero() {
		t.Fatalf("in transit %s, paid out %s", p.InTransit, p.PaidOut)
	}
	settle := onFunds(funds.SettleWithdrawal{ID: "W"})
	tr.refused(rule.D57, shopkeeper, settle)
	tr.after(10*day).Do(platform, settle)
	if p := tr.funds(); !p.InTransit.IsZero() || p.PaidOut != yuan("100") {
		t.Fatalf("in transit %s, paid out %s", p.InTransit, p.PaidOut)
	}
}

// ruleB12 has the shops of the source grow by the assessment that is the default: a score of
// 4.8 counts, and one of 4.79 does not.
func ruleB12(t *testing.T) {
	tr := shop(t, "5000 CNY")
	big := buying("12500.01 CNY")
	tr.refused(rule.B5, shopper, big)
	assessed := func(score string, volume string) {
		t.Helper()
		shop := credit.Inputs{Score: number(score), Volume: money(volume)}
		tr.Do(platform, onQuota(credit.AssessLimit{Limit: must(credit.DefaultAssessment(shop)), Inputs: shop}))
	}
	assessed("4.79", "125000 CNY")
	tr.refused(rule.B5, shopper, big)
	assessed("4.8", "125000 CNY")
	tr.lineIs("20000", "0", "20000")
	tr.Do(shopper, big)
	assessed("4.8", "625000 CNY")
	tr.lineIs("100000", "12500.01", "87499.99")
}

func ruleB14(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}}))
	charge := func(id, amount string) desk.Action {
		return onFunds(funds.PayCharge{ID: funds.ChargeID(id), Amount: money(amount), What: "promotion"})
	}
	tr.refused(rule.B14, shopkeeper, charge("C", "1 CNY")) // with all the quota there is
	tr.sold("100 CNY")
	tr.Do(shopkeeper, charge("C", "30 CNY"))
	tr.missing(tr.refused(rule.B14, shopkeeper, charge("D", "70.01 CNY")), "0.01 CNY")
	if p := tr.funds(); p.Spent != yuan("30") || p.Available != yuan("70") {
		t.Fatalf("spent %s, available %s", p.Spent, p.Available)
	}
	tr.lineIs("5000", "0", "5000")
}

func ruleB15(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.refused(rule.D53, platform, freeze(credit.ReasonOpenOrders, ""))
	tr.place("1000 CNY")
	tr.frozenFor() // not by itself
	tr.Do(platform, freeze(credit.ReasonOpenOrders, ""))
	tr.refused(rule.B5, shopper, buying("1 CNY"))
	tr.Do(platform, unfreeze(credit.ReasonOpenOrders, ""))
	tr.Do(platform, assess("1500 CNY"))
	tr.figureless(tr.refused(rule.B5, shopper, buying("500.01 CNY")))
}

func ruleB16(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{
		shopkeeper.Account: {FeeRate: 10, FeeMin: money("0.02 CNY"), MinWithdrawal: money("0.01 CNY")},
	}))
	tr.sold("200 CNY")
	tr.Do(shopkeeper, withdrawal("W-1", "100 CNY"))
	tr.Do(shopkeeper, withdrawal("W-2", "0.03 CNY"))
	tr.refused(rule.D58, shopkeeper, withdrawal("W-3", "0.02 CNY"))
	list := must(tr.Desk.Withdrawals(t.Context(), shopkeeper, shopkeeper.Account, cny))
	if len(list) != 2 || list[0].Fee != yuan("0.10") || list[0].Net != yuan("99.90") || list[1].Fee != yuan("0.02") || list[1].Net != yuan("0.01") {
		t.Fatalf("%+v", list)
	}
}

func ruleB17(t *testing.T) {
	policies := map[trade.Account]funds.Policy{"m-0": {}, "m-7": {HoldDays: 7}, "m-15": {HoldDays: 15}, "m-3": {HoldDays: 3}}
	tr := inMemory(t, payout(policies))
	for account, policy := range policies {
		merchant := trade.Actor{Role: trade.Seller, Account: account}
		tr.Do(platform, desk.OnQuota(account, cny, credit.OpenLine{Limit: money("100 CNY")}))
		id := trade.NewID()
		tr.Do(shopper, desk.OnPayLater(id, placing(merchant, "100 CNY")))
		tr.Do(shopper, desk.OnPayLater(id, paying("100 CNY")))
		ready := tr.Clock.Now().Add(time.Duration(policy.HoldDays) * day)
		take := desk.OnFunds(account, cny, funds.Withdraw{ID: "W", Amount: money("100 CNY"), Dest: funds.Dest{Alipay: funds.Alipay{Account: "a", Holder: account}}})
		if policy.HoldDays > 0 {
			tr.earliest(tr.at(ready.Add(-1)).refused(rule.B17, merchant, take), ready)
		}
		tr.at(ready).Do(merchant, take)
	}
}

func ruleB18(t *testing.T) {
	tr := shop(t, "5000 CNY")
	// The line is deducted by orders only: nobody can ask it to be, for an order or without one.
	for _, by := range []trade.Actor{shopkeeper, shopper, platform, system} {
		tr.refused(rule.B5, by, onQuota(credit.Deduct{Amount: money("1 CNY")}))
		tr.refused(rule.B5, by, onQuota(credit.Deduct{Order: trade.NewID(), Amount: money("1 CNY")}))
		tr.refused(rule.D3, by, onQuota(credit.Hold{Order: trade.NewID(), Amount: money("1 CNY")}))
	}
	tr.lineIs("5000", "0", "5000")
}

func ruleB19(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}}))
	first, second, third := tr.sold("100 CNY"), tr.received("200 CNY"), tr.place("300 CNY")
	tr.refused(rule.D53, platform, freeze(credit.ReasonFakeOrder, first.String())) // not flagged yet
	tr.on(first, paylater.FlagFake{})
	tr.refused(rule.D53, shopkeeper, freeze(credit.ReasonFakeOrder, first.String()))
	tr.wrote(tr.Do(platform, freeze(credit.ReasonFakeOrder, first.String())), "credit.frozen fake-order")
	if no := tr.refused(rule.B5, shopper, buying("1 CNY")); no.Command != (paylater.Place{}).Name() {
		t.Fatalf("%s is refused", no.Command)
	}
	tr.lineIs("5000", "500", "4500")

	tr.on(third, paylater.Ship{}, paylater.LowerAmount{Amount: money("250 CNY")}, paylater.Return{})
	tr.pay(second, "200 CNY")
	tr.Do(shopkeeper, withdrawal("W", "300 CNY"))
	tr.lineIs("5000", "0", "5000")
	tr.frozenFor(credit.ReasonFakeOrder)
	tr.Do(platform, unfreeze(credit.ReasonFakeOrder, first.String()))
	tr.place("5000 CNY")
}

func ruleB20(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.place("4000 CNY")
	before := must(tr.Store.Settled(context.Background()))
	if err := tr.try(shopper, buying("1000 CNY")); err != nil {
		t.Fatal(err)
	}
	if err := tr.try(shopper, buying("1000.01 CNY")); !refusedBy(err, rule.B5) {
		t.Fatal(err)
	}
	if after := must(tr.Store.Settled(context.Background())); after != before {
		t.Fatalf("the dry runs took the log from %d to %d", before, after)
	}
	tr.place("1000 CNY") // it still can
}

func ruleB21(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.place("4000 CNY")
	big := buying("3000 CNY")
	tr.figureless(tr.refused(rule.B5, shopper, big))
	tr.Do(platform, assess("7000 CNY"))
	tr.Do(shopper, big)
	tr.lineIs("7000", "7000", "0")
}

func ruleB22(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {Expected: day}}))
	tr.sold("100 CNY")
	var requested []time.Time
	for _, id := range []string{"W-1", "W-2", "W-3"} {
		requested = append(requested, tr.Clock.Now())
		tr.Do(shopkeeper, withdrawal(id, "10 CNY"))
		tr.after(time.Hour)
	}
	tr.Do(platform, onFunds(funds.SettleWithdrawal{ID: "W-1"}))
	tr.Do(platform, onFunds(funds.FailWithdrawal{ID: "W-2", Reason: "account closed"}))
	for _, by := range []trade.Actor{shopkeeper, platform} {
		list, err := tr.Desk.Withdrawals(t.Context(), by, shopkeeper.Account, cny)
		if err != nil || len(list) != 3 {
			t.Fatalf("%+v, %v", list, err)
		}
		for i, want := range []funds.Status{funds.Settled, funds.Failed, funds.Requested} {
			if w := list[i]; w.Status != want || !w.RequestedAt.Equal(requested[i]) || (w.Reason == "account closed") != (want == funds.Failed) {
				t.Fatalf("withdrawal %d is %+v", i, w)
			}
		}
	}
	for _, by := range []trade.Actor{otherShop, shopper} {
		if _, err := tr.Desk.Withdrawals(t.Context(), by, shopkeeper.Account, cny); !errors.Is(err, desk.ErrNotFound) {
			t.Fatalf("%s: %v", by.Account, err)
		}
	}
}
