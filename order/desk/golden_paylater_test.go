package desk_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestGoldenPayLater has the golden cases of the rule book on pay later, with their exact figures
// and instants.
func TestGoldenPayLater(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"TheWholeLimit", goldenWholeLimit},
		{"ReducedBelowUsed", goldenReduced},
		{"FrozenAndPaid", goldenFrozen},
		{"TheWaitingTime", goldenWaiting},
		{"TheFee", goldenFee},
		{"RefundWhileInTransit", goldenRefund},
		{"WithdrawFromQuota", goldenQuota},
		{"TheScoreLever", goldenScore},
		{"DueOneDayAfterReceipt", goldenDue},
		{"AfterSalesMovesTheDueTime", goldenAfterSales},
	} {
		t.Run(c.name, c.test)
	}
}

// Limit 5,000, order 5,000: accepted, remaining 0; next 0.01 refused; paid: remaining 5,000,
// funds 5,000.
func goldenWholeLimit(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("5000 CNY")
	tr.lineIs("5000", "5000", "0")
	tr.figureless(tr.refused(rule.B5, shopper, buying("0.01 CNY")))
	tr.pay(id, "5000 CNY")
	tr.lineIs("5000", "0", "5000")
	tr.fundsAre("5000", "0", "0")
}

// Limit 5,000, used 4,000, reduced to 3,000: remaining 0, used 4,000, an order of 1 refused;
// after the payment of 4,000 remaining 3,000; written off instead: limit 0, used 0.
func goldenReduced(t *testing.T) {
	reduced := func() (*fixture, trade.ID) {
		tr := shop(t, "5000 CNY")
		id := tr.received("4000 CNY")
		tr.Do(platform, assess("3000 CNY"))
		tr.lineIs("3000", "4000", "0")
		tr.figureless(tr.refused(rule.B5, shopper, buying("1 CNY")))
		return tr, id
	}
	tr, id := reduced()
	tr.pay(id, "4000 CNY")
	tr.lineIs("3000", "0", "3000")
	tr, id = reduced()
	tr.at(tr.PayLaterOrder(id).DueAt.Add(1)).on(id, paylater.MarkOverdue{}, paylater.WriteOff{})
	tr.lineIs("0", "0", "0")
}

// Frozen for an overdue order, which is then paid: it is paid, used drops, the funds are
// credited, the line is still frozen, a withdrawal is accepted.
func goldenFrozen(t *testing.T) {
	tr := shop(t, "5000 CNY", terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = 1 }))
	id := tr.late("1000 CNY")
	tr.frozenFor(credit.ReasonOverdue)
	tr.pay(id, "1000 CNY")
	tr.stands(id, paylater.PhasePaid)
	tr.lineIs("5000", "0", "5000")
	tr.fundsAre("1000", "0", "0")
	tr.frozenFor(credit.ReasonOverdue)
	tr.after(7*day).Do(shopkeeper, withdrawal("W", "1000 CNY"))
	tr.refused(rule.B5, shopper, buying("1 CNY"))
}

// 100.00 credited on day 0 with a waiting time of 7 days: a withdrawal on day 6 at 23:59 is
// refused, on day 7 at 00:00, exactly 168 hours later, accepted.
func goldenWaiting(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.sold("100.00 CNY")
	take := withdrawal("W", "100.00 CNY")
	tr.earliest(tr.at(start.Add(6*day+23*time.Hour+59*time.Minute)).refused(rule.B17, shopkeeper, take), start.Add(168*time.Hour))
	tr.at(start.Add(168*time.Hour-1)).refused(rule.B17, shopkeeper, take)
	tr.at(time.Date(2025, 1, 8, 0, 0, 0, 0, time.UTC)).Do(shopkeeper, take)
}

// 100.00 withdrawn at a fee of 0.1 %: net 99.90, fee 0.10; failed: 100.00 available again.
func goldenFee(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {FeeRate: 10}}))
	tr.sold("100 CNY")
	tr.Do(shopkeeper, withdrawal("W", "100.00 CNY"))
	w := must(tr.Desk.Withdrawals(t.Context(), shopkeeper, shopkeeper.Account, cny))[0]
	if w.Net != yuan("99.90") || w.Fee != yuan("0.10") || w.Gross != yuan("100.00") {
		t.Fatalf("net %s, fee %s of %s", w.Net, w.Fee, w.Gross)
	}
	tr.fundsAre("0", "0", "0")
	tr.Do(platform, onFunds(funds.FailWithdrawal{ID: "W", Reason: "account closed"}))
	tr.fundsAre("0", "100.00", "0")
}

// Credit 100, withdraw 100, refund 60, the withdrawal fails: available 40, debt 0.
func goldenRefund(t *testing.T) {
	tr := shop(t, "5000 CNY", payout(map[trade.Account]funds.Policy{shopkeeper.Account: {}}))
	id := tr.sold("100 CNY")
	tr.Do(shopkeeper, withdrawal("W", "100 CNY"))
	tr.on(id, paylater.Refund{Amount: money("60 CNY")})
	tr.fundsAre("0", "0", "60")
	tr.Do(platform, onFunds(funds.FailWithdrawal{ID: "W", Reason: "account closed"}))
	tr.fundsAre("0", "40", "0")
}

// A withdrawal from quota is refused always.
func goldenQuota(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.refused(rule.B6, shopkeeper, onQuota(credit.Withdraw{Amount: money("5000 CNY")}))
	tr.refused(rule.B6, shopkeeper, onFunds(funds.WithdrawQuota{Amount: money("5000 CNY"), Dest: ownAlipay}))
}

// The default assessment, other inputs equal: a score of 4.8 gives the lever, 4.79 does not; one
// shop goes from 5,000 to 20,000 after three months, the other to 100,000, both accepted.
func goldenScore(t *testing.T) {
	tr := shop(t, "5000 CNY")
	tr.Do(platform, desk.OnQuota(otherShop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	inputs := func(score, volume string) credit.Inputs {
		return credit.Inputs{Score: number(score), Volume: money(volume)}
	}
	below, at := must(credit.DefaultAssessment(inputs("4.79", "125000 CNY"))), must(credit.DefaultAssessment(inputs("4.8", "125000 CNY")))
	if below != money("12500 CNY") || at != money("20000 CNY") {
		t.Fatalf("4.79 gives %s, 4.8 gives %s", below, at)
	}
	tr.after(91 * day)
	tr.Do(platform, onQuota(credit.AssessLimit{Limit: at, Inputs: inputs("4.8", "125000 CNY")}))
	most := must(credit.DefaultAssessment(inputs("4.8", "625000 CNY")))
	tr.Do(platform, desk.OnQuota(otherShop.Account, cny, credit.AssessLimit{Limit: most, Inputs: inputs("4.8", "625000 CNY")}))
	tr.Do(shopper, desk.OnPayLater(trade.NewID(), placing(shopkeeper, "20000 CNY")))
	tr.Do(shopper, desk.OnPayLater(trade.NewID(), placing(otherShop, "100000 CNY")))
}

// Shipped at the new year: received automatically after 10 x 24 hours, charged a day later, and
// overdue in the nanosecond after that.
func goldenDue(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("100 CNY")
	tr.on(id, paylater.Ship{})
	receipt, due := time.Date(2025, 1, 11, 0, 0, 0, 0, time.UTC), time.Date(2025, 1, 12, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at    time.Time
		kind  string // what Tick does then; "" for nothing
		phase paylater.Phase
	}{
		{receipt.Add(-1), "", paylater.PhaseShipped}, {receipt, "receipt", paylater.PhaseReceived},
		{due.Add(-1), "", paylater.PhaseReceived}, {due, "charge", paylater.PhaseReceived}, {due, "", paylater.PhaseReceived},
		{due.Add(1), "overdue", paylater.PhaseOverdue}, {due.Add(day), "", paylater.PhaseOverdue},
	} {
		done := tr.tick(c.at)
		if got := kindOf(t, done, id); got != c.kind {
			t.Fatalf("at %s Tick did %q, want %q", c.at, got, c.kind)
		}
		tr.stands(id, c.phase)
	}
}

// An after-sales case opened at the due time and closed three days later moves it by three days.
func goldenAfterSales(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.received("100 CNY")
	due := start.Add(day)
	tr.at(due).on(id, paylater.OpenAfterSales{})
	if done := tr.tick(due.Add(2 * day)); len(done) != 0 {
		t.Fatalf("while the case is open: %+v", done)
	}
	tr.at(due.Add(3*day)).on(id, paylater.CloseAfterSales{})
	if o := tr.PayLaterOrder(id); !o.DueAt.Equal(due.Add(3 * day)) {
		t.Fatalf("due %s", o.DueAt)
	}
	if got := kindOf(t, tr.tick(due.Add(3*day)), id); got != "charge" {
		t.Fatalf("at the due time: %q", got)
	}
}

// kindOf is the kind of the one thing that a Tick has done, which has to be for that order.
func kindOf(t *testing.T, done []desk.Ticked, id trade.ID) string {
	t.Helper()
	switch {
	case len(done) == 0:
		return ""
	case len(done) > 1 || done[0].Order != id || done[0].Err != nil:
		t.Fatalf("%+v", done)
	}
	return done[0].Kind
}
