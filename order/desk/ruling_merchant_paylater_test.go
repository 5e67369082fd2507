package desk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The rulings on a merchant's line and funds, which TestRulingPayLater runs.

func ruleD53(t *testing.T) {
	for n, want := range map[int][]int{0: {0, 0, 0, 0}, 1: {1, 1, 1, 1}, 3: {0, 0, 1, 1}} {
		tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = n }))
		var ids []trade.ID
		for range want {
			ids = append(ids, tr.received("100 CNY"))
		}
		tr.at(tr.PayLaterOrder(ids[0]).DueAt.Add(1))
		for i, reasons := range want {
			tr.on(ids[i], paylater.MarkOverdue{})
			if l := tr.quota(); len(l.Freezes) != reasons || l.Overdue != int64(i+1) {
				t.Fatalf("after %d of %d overdue: %d counted, frozen for %v", i+1, n, l.Overdue, l.Freezes)
			}
		}
	}
}

func ruleD53Once(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = 2 }))
	var ids []trade.ID
	for range 5 {
		ids = append(ids, tr.received("100 CNY"))
	}
	tr.at(tr.PayLaterOrder(ids[0]).DueAt.Add(1)).on(ids[0], paylater.MarkOverdue{})
	tr.pay(ids[0], "100 CNY") // it is not overdue any more, and does not count
	tr.on(ids[1], paylater.MarkOverdue{})
	tr.frozenFor()
	tr.wrote(tr.on(ids[2], paylater.MarkOverdue{}), "paylater.marked-overdue", "credit.overdue-noted", "credit.frozen overdue")
	tr.wrote(tr.on(ids[3], paylater.MarkOverdue{}), "paylater.marked-overdue", "credit.overdue-noted")
	tr.Do(platform, unfreeze(credit.ReasonOverdue, ids[2].String()))
	tr.frozenFor() // with three overdue, until the next one
	tr.on(ids[4], paylater.MarkOverdue{})
	tr.frozenFor(credit.ReasonOverdue)
}

func ruleD53Names(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.Do(platform, desk.OnQuota(otherShop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	mine := tr.received("100 CNY")
	theirs := trade.NewID()
	tr.Do(shopper, desk.OnPayLater(theirs, placing(otherShop, "100 CNY")))
	tr.Do(platform, desk.OnPayLater(theirs, paylater.FlagFake{}))
	tr.refused(rule.D53, platform, freeze(credit.ReasonOverdue, mine.String())) // in time
	tr.refused(rule.D53, platform, freeze(credit.ReasonOverdue, trade.NewID().String()))
	tr.refused(rule.D53, platform, freeze(credit.ReasonFakeOrder, theirs.String()))
	tr.at(tr.PayLaterOrder(mine).DueAt.Add(1)).on(mine, paylater.MarkOverdue{})
	tr.frozenFor() // the policy asks for none
	tr.refused(rule.D53, system, freeze(credit.ReasonOverdue, mine.String()))
	tr.refused(rule.D53, platform, desk.OnQuota(otherShop.Account, cny, credit.Freeze{Reason: credit.ReasonOverdue, Ref: trade.Text(mine.String())}))
	tr.Do(platform, freeze(credit.ReasonOverdue, mine.String()))
	tr.refused(rule.D53, platform, freeze(credit.ReasonOverdue, mine.String()))
	tr.Do(platform, freeze(credit.ReasonOther, "audit"))
	tr.refused(rule.D53, platform, unfreeze(credit.ReasonOther, "another audit"))
	tr.refused(rule.D53, shopkeeper, unfreeze(credit.ReasonOther, "audit"))
	tr.Do(platform, unfreeze(credit.ReasonOther, "audit"))
	tr.refused(rule.B5, shopper, buying("1 CNY")) // one reason is left
	tr.pay(mine, "100 CNY")
	tr.refused(rule.D53, platform, freeze(credit.ReasonOverdue, mine.String()))
	tr.Do(platform, unfreeze(credit.ReasonOverdue, mine.String()))
	tr.place("5000 CNY")
}

func ruleD54(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("4000 CNY")
	tr.Do(platform, assess("3000 CNY"))
	l := tr.quota()
	if p := l.Page(); !p.Remaining.IsZero() || p.Excess != yuan("1000") || p.Used != yuan("4000") {
		t.Fatalf("%+v", p)
	}
	tr.refused(rule.B5, shopper, buying("0.01 CNY"))
	tr.on(id, paylater.Ship{}) // the order goes on
	tr.on(id, paylater.LowerAmount{Amount: money("2500 CNY")})
	tr.place("500 CNY")
	tr.refused(rule.B5, shopper, buying("0.01 CNY"))
}

func ruleD55(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.Do(platform, freeze(credit.ReasonOther, "audit"))
	tr.refused(rule.D55, platform, assess("5000.01 CNY"))
	tr.Do(platform, assess("4000 CNY"))
	tr.refused(rule.D55, platform, assess("5000 CNY"))
	tr.Do(platform, unfreeze(credit.ReasonOther, "audit"))
	tr.Do(platform, assess("5000 CNY"))
	tr.lineIs("5000", "0", "5000")
}

func ruleD56(t *testing.T) {
	policies := map[trade.Account]funds.Policy{shopkeeper.Account: {HoldDays: 15}}
	tr := shop(t, "5000 CNY", payout(policies))
	tr.sold("100 CNY")
	first := tr.Clock.Now()
	policies[shopkeeper.Account] = funds.Policy{HoldDays: 1}
	tr.sold("20 CNY")
	tr.at(first.Add(day))
	tr.fundsAre("100", "20", "0")
	policies[shopkeeper.Account] = funds.Policy{HoldDays: 100}
	tr.at(first.Add(15*day - 1))
	tr.fundsAre("100", "20", "0")
	tr.at(first.Add(15 * day))
	tr.fundsAre("0", "120", "0")
	tr.Do(shopkeeper, withdrawal("W", "120 CNY"))
}

func ruleD57(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {FeeRate: 100, Expected: day}}))
	id := tr.sold("100 CNY")
	take := withdrawal("W", "100 CNY")
	fail := onFunds(funds.FailWithdrawal{ID: "W", Reason: "account closed"})
	tr.refused(rule.D57, platform, fail)
	tr.Do(shopkeeper, take)
	tr.fundsAre("0", "0", "0")
	tr.missing(tr.refused(rule.B10, shopkeeper, withdrawal("W-2", "0.01 CNY")), "0.01 CNY")
	tr.refused(rule.D57, shopkeeper, fail)
	tr.on(id, paylater.Refund{Amount: money("60 CNY")})
	tr.fundsAre("0", "0", "60")
	tr.Do(platform, fail)
	tr.fundsAre("0", "40", "0")
	tr.refused(rule.D57, platform, fail)
	tr.refused(rule.D57, platform, onFunds(funds.SettleWithdrawal{ID: "W"}))
	if p := tr.funds(); !p.Fees.IsZero() || !p.PaidOut.IsZero() || !p.InTransit.IsZero() {
		t.Fatalf("%+v", p)
	}
}

func ruleD57Again(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}}))
	tr.sold("100 CNY")
	tr.wrote(tr.Do(shopkeeper, withdrawal("W", "60 CNY")), "funds.withdrawal-requested")
	if r := tr.Do(shopkeeper, withdrawal("W", "60 CNY")); len(r.Events) != 0 {
		t.Fatalf("the same withdrawal again wrote %+v", r.Events)
	}
	tr.refused(rule.D57, shopkeeper, withdrawal("W", "40 CNY"))
	tr.fundsAre("0", "40", "0")
}

func ruleD58(t *testing.T) {
	policies := map[trade.Account]funds.Policy{}
	tr := shop(t, "5000 CNY", payout(policies))
	policies[shopkeeper.Account] = funds.Policy{}
	tr.sold("5000 CNY")
	for _, c := range []struct {
		rate             int
		least, most      string
		gross, fee, rest string
	}{
		{10, "0", "0", "100", "0.10", "99.90"},
		{10, "0", "0", "4.99", "0", "4.99"},
		{10, "0", "0", "5", "0.01", "4.99"}, // 0.005, half up
		{10, "2", "0", "100", "2", "98"},
		{100, "0", "1.50", "1000", "1.50", "998.50"},
		{10_000, "0", "1", "50", "1", "49"},
	} {
		policies[shopkeeper.Account] = funds.Policy{FeeRate: c.rate, FeeMin: yuan(c.least), FeeMax: yuan(c.most)}
		tr.Do(shopkeeper, withdrawal("W-"+trade.NewID().String(), c.gross+" CNY"))
		list := must(tr.Desk.Withdrawals(t.Context(), shopkeeper, shopkeeper.Account, cny))
		if w := list[len(list)-1]; w.Fee != yuan(c.fee) || w.Net != yuan(c.rest) {
			t.Errorf("of %s: fee %s, net %s; want %s, %s", c.gross, w.Fee, w.Net, c.fee, c.rest)
		}
	}
	policies[shopkeeper.Account] = funds.Policy{FeeRate: 10_000}
	tr.refused(rule.D58, shopkeeper, withdrawal("W-all", "1 CNY"))
	policies[shopkeeper.Account] = funds.Policy{MinWithdrawal: yuan("10")}
	tr.missing(tr.refused(rule.D57, shopkeeper, withdrawal("W-min", "9.99 CNY")), "0.01 CNY")
}

func ruleD59(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.sold("100 CNY")
	tr.on(id, paylater.FlagFake{})
	tr.Do(platform, freeze(credit.ReasonFakeOrder, id.String()))
	tr.Do(platform, freeze(credit.ReasonOther, "audit"))
	tr.after(7*day).Do(shopkeeper, withdrawal("W", "60 CNY"))
	tr.Do(shopkeeper, onFunds(funds.PayCharge{ID: "C", Amount: money("40 CNY"), What: "promotion"}))
	tr.fundsAre("0", "0", "0")
}

func ruleD60(t *testing.T) {
	eur := must(trade.ParseCurrency("EUR"))
	strict := shop(t, "5000 CNY")
	strict.refused(rule.D60, shopper, buying("1 EUR"))
	strict.refused(rule.D60, platform, desk.OnQuota(shopkeeper.Account, eur, credit.OpenLine{Limit: money("10 EUR")}))
	strict.refused(rule.D60, shopkeeper, desk.OnFunds(shopkeeper.Account, eur, funds.BindCard{Card: "6222-01", Holder: "m-shop"}))

	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.Currencies = []trade.Currency{cny, eur} }))
	tr.refused(rule.B5, shopper, buying("1 EUR")) // there is no line in euros
	tr.Do(platform, desk.OnQuota(shopkeeper.Account, eur, credit.OpenLine{Limit: money("10 EUR")}))
	id := trade.NewID()
	tr.Do(shopper, desk.OnPayLater(id, placing(shopkeeper, "10 EUR")))
	tr.lineIs("5000", "0", "5000")
	tr.refused(rule.D60, shopper, desk.OnPayLater(id, paying("10 CNY")))
	tr.refused(rule.D60, shopkeeper, desk.OnPayLater(id, paylater.LowerAmount{Amount: money("1 CNY")}))
	tr.refused(rule.D60, platform, onQuota(credit.AssessLimit{Limit: money("1 EUR")}))
	tr.Do(shopper, desk.OnPayLater(id, paying("10 EUR")))
	if _, _, err := tr.Desk.ReadFunds(t.Context(), shopkeeper, shopkeeper.Account, cny); !errors.Is(err, desk.ErrNotFound) {
		t.Fatalf("euros became yuan: %v", err)
	}
	b, _, err := tr.Desk.ReadFunds(t.Context(), shopkeeper, shopkeeper.Account, eur)
	if p := b.Page(tr.Clock.Now()); err != nil || p.Pending != money("10 EUR") {
		t.Fatalf("%+v, %v", p, err)
	}
	tr.refused(rule.D60, shopkeeper, desk.OnFunds(shopkeeper.Account, eur, funds.Withdraw{ID: "W", Amount: money("1 CNY"), Dest: ownAlipay}))
	// A balance whose currency is not named is one in yuan.
	tr.sold("7 CNY")
	tr.Do(shopkeeper, desk.OnFunds(shopkeeper.Account, trade.Currency{}, funds.BindCard{Card: "6222-01", Holder: "m-shop"}))
	s, err := tr.Desk.FundsLedger(t.Context(), shopkeeper, shopkeeper.Account, trade.Currency{})
	if err != nil || s.Closing != yuan("7") || len(s.Movements) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, amount := range []string{"0.001 CNY", "1e3 CNY", "92233720368547758.08 CNY"} {
		if _, err := trade.ParseMoney(amount); err == nil {
			t.Errorf("%s is an amount", amount)
		}
	}
}

// ruleD61PayLater has orders be paid at instants before the last one of the line and of the
// funds, where order goes by version.
func ruleD61PayLater(t *testing.T) {
	tr := shop(t, "5000 CNY")
	early, late := tr.place("100 CNY"), tr.place("200 CNY")
	tr.at(start.Add(2*day)).pay(late, "200 CNY")
	tr.at(start.Add(day)).pay(early, "100 CNY")
	tr.lineIs("5000", "0", "5000")
	tr.at(start.Add(8 * day))
	tr.fundsAre("200", "100", "0")
	tr.at(start).earliest(tr.refused(rule.D61, platform, assess("6000 CNY")), start.Add(2*day))
	tr.earliest(tr.refused(rule.D61, shopkeeper, withdrawal("W", "1 CNY")), start.Add(2*day))
	tr.at(start.Add(day-order.DefaultPolicy().ClockSkew)).on(early, paylater.Ship{})
	tr.earliest(tr.at(start.Add(day-order.DefaultPolicy().ClockSkew-1)).refused(rule.D61, shopper, desk.OnPayLater(early, paylater.ConfirmReceipt{})), start.Add(day))
	// What can be asked for is told by the same clock.
	tr.at(start.Add(day - time.Second))
	options, err := tr.Desk.NextPayLater(t.Context(), shopper, early)
	if err != nil || len(options) == 0 {
		t.Fatal(options, err)
	}
	for _, x := range options {
		if x.Refusal != nil && x.Refusal.Rule == rule.D61 {
			t.Errorf("%s: %v", x.Command, x.Refusal)
		}
	}
}
