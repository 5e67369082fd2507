package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

var (
	planShopkeeper = trade.Actor{Role: trade.Seller, Account: "m-shop"}
	planShopper    = trade.Actor{Role: trade.Buyer, Account: "b-shopper"}
	planCNY        = planMust(trade.ParseCurrency("CNY"))
)

func onSale(by trade.Actor, c paylater.Command) asked {
	return asked{by: by, do: OnPayLater(planOrder1, c)}
}

func onQuota(c credit.Command) asked {
	return asked{by: planOps, do: OnQuota(planShopkeeper.Account, planCNY, c)}
}

// selling is a line of 5,000 yuan, and then the list.
func selling(list ...asked) func() []asked {
	return func() []asked {
		return append([]asked{onQuota(credit.OpenLine{Limit: planMoney("5000 CNY")})}, list...)
	}
}

var (
	planPlace   = onSale(planShopper, paylater.Place{Merchant: "m-shop", ChosePayLater: true, Amount: planMoney("4000 CNY")})
	planPay     = onSale(planShopper, paylater.Pay{Reference: "P-1", Amount: planMoney("4000 CNY")})
	planShip    = onSale(planShopkeeper, paylater.Ship{})
	planReceive = onSale(planShopper, paylater.ConfirmReceipt{})
	planOverdue = asked{by: planClock, do: OnPayLater(planOrder1, paylater.MarkOverdue{}), wait: 25 * time.Hour}
	planLower   = onSale(planShopkeeper, paylater.LowerAmount{Amount: planMoney("1000 CNY")})
	planReturn  = onSale(planShopkeeper, paylater.Return{})
	planFlag    = onSale(planOps, paylater.FlagFake{})
)

func planRefund(amount string) asked {
	return onSale(planShopkeeper, paylater.Refund{Amount: planMoney(amount)})
}

// payLaterPlans are the commands of pay-later orders, with what they write.
var payLaterPlans = []plan{
	{"place: order and line", selling(), planPlace, []string{"paylater.placed", "credit.quota-deducted"}},
	{"ship: order alone", selling(planPlace), planShip, []string{"paylater.shipped"}},
	{"pay: order, payment, line and funds", selling(planPlace), planPay,
		[]string{"paylater.paid", "payment.recorded", "credit.quota-restored", "funds.credited"}},
	{"lower: order and line", selling(planPlace), planLower, []string{"paylater.amount-lowered", "credit.quota-restored"}},
	{"cancel: order and line", selling(planPlace), onSale(planShopper, paylater.Cancel{}),
		[]string{"paylater.cancelled", "credit.quota-restored"}},
	{"return: order and line", selling(planPlace, planShip), planReturn, []string{"paylater.returned", "credit.quota-restored"}},
	{"return of an overdue order: order and line", selling(planPlace, planShip, planReceive, planOverdue), planReturn,
		[]string{"paylater.returned", "credit.quota-restored"}},
	{"part of a refund: order and funds", selling(planPlace, planPay), planRefund("1 CNY"),
		[]string{"paylater.refund-made", "funds.debited"}},
	{"a full refund before shipment: order and funds, and nothing is restored", selling(planPlace, planPay), planRefund("4000 CNY"),
		[]string{"paylater.refund-made", "paylater.cancelled", "funds.debited"}},
	{"overdue: order and line, which it freezes", selling(planPlace, planShip, planReceive), planOverdue,
		[]string{"paylater.marked-overdue", "credit.overdue-noted", "credit.frozen"}},
	{"write-off: order and line", selling(planPlace, planShip, planReceive, planOverdue), onSale(planOps, paylater.WriteOff{}),
		[]string{"paylater.written-off", "credit.quota-consumed"}},
	{"freeze for a fake order: line alone", selling(planPlace, planFlag),
		onQuota(credit.Freeze{Reason: credit.ReasonFakeOrder, Ref: trade.Text(planOrder1.String())}), []string{"credit.frozen"}},
	{"withdraw: funds alone", selling(planPlace, planPay), asked{by: planShopkeeper, wait: 7 * 24 * time.Hour, do: OnFunds(planShopkeeper.Account, planCNY, funds.Withdraw{
		ID: "W-1", Amount: planMoney("4000 CNY"), Dest: funds.Dest{Alipay: funds.Alipay{Account: "a", Holder: "m-shop"}},
	})}, []string{"funds.withdrawal-requested"}},
}

// TestPlanPayLaterCounterpart shows the line and the funds as they were at another time than the
// order: nothing is appended to them, and the error can be confirmed like a refusal.
func TestPlanPayLaterCounterpart(t *testing.T) {
	line, balance := planMust(credit.Stream(credit.PayLater, "m-shop", planCNY)), planMust(funds.Stream("m-shop", planCNY))
	unfit := " does not fit " + string(paylater.Stream(planOrder1))
	for _, c := range []struct {
		name   string
		given  func() []asked
		ask    asked
		lie    func(t *testing.T, w *planner)
		reason string
	}{
		{"the line does not know of the order", selling(planPlace), planPay, func(t *testing.T, w *planner) {
			w.hide(t, line, 1)
		}, "desk: " + string(line) + unfit},
		{"the line was never opened", selling(planPlace), planPay, func(t *testing.T, w *planner) {
			w.hide(t, line, 0)
		}, "B9"},
		{"the line has counted it as overdue", selling(planPlace, planShip, planReceive), planOverdue, func(t *testing.T, w *planner) {
			w.hide(t, line, 2, credit.OverdueNoted{Order: planOrder1})
		}, "desk: " + string(line) + unfit},
		{"the funds have the credit already", selling(planPlace), planPay, func(t *testing.T, w *planner) {
			w.hide(t, balance, 0, funds.Credited{
				Order: planOrder1, Amount: planMoney("4000 CNY"), Repaid: planMoney("0 CNY"), HoldDays: 1, AvailableAt: planStart.Add(24 * time.Hour),
			})
		}, "desk: " + string(balance) + unfit},
		{"the funds do not have the credit", selling(planPlace, planPay), planRefund("1 CNY"), func(t *testing.T, w *planner) {
			w.hide(t, balance, 0)
		}, "D50"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newPlanner(t, c.given()...)
			c.lie(t, w)
			err := w.plan(c.ask)
			no, refused := errors.AsType[*trade.Refusal](err)
			_, invalid := errors.AsType[*trade.InvalidError](err)
			if !(refused && string(no.Rule) == c.reason) && !(invalid && strings.HasPrefix(err.Error(), c.reason)) {
				t.Fatalf("%v, want %q", err, c.reason)
			}
		})
	}
}

// TestPlanOverdueWithAllReasons has an order become overdue on a line that is frozen for as many
// reasons as a line can have: no freeze is added, and the order is overdue just the same.
func TestPlanOverdueWithAllReasons(t *testing.T) {
	given := selling(planPlace, planShip, planReceive)()
	for i := range credit.MaxFreezes {
		given = append(given, onQuota(credit.Freeze{Reason: credit.ReasonOther, Ref: trade.Text(fmt.Sprint("audit ", i))}))
	}
	w := newPlanner(t, given...)
	if err := w.plan(planOverdue); err != nil {
		t.Fatal(err)
	}
	l, _, err := w.desk.ReadQuota(t.Context(), planOps, "m-shop", planCNY)
	if err != nil || l.Overdue != 1 || len(l.Freezes) != credit.MaxFreezes || l.FrozenFor(credit.ReasonOverdue) {
		t.Fatalf("%d overdue, frozen for %v, %v", l.Overdue, l.Freezes, err)
	}
}

// TestPlanPayLaterReads: a command that is refused by the order alone does not meet those of the
// line in the log.
func TestPlanPayLaterReads(t *testing.T) {
	change := func(by trade.Actor, f func(p *paylater.Place)) asked {
		p := paylater.Place{Merchant: "m-shop", ChosePayLater: true, Amount: planMoney("4000 CNY")}
		f(&p)
		return onSale(by, p)
	}
	for name, c := range map[string]struct {
		given func() []asked
		ask   asked
	}{
		"placed twice":          {selling(planPlace), planPlace},
		"placed by a merchant":  {selling(), change(planShopkeeper, func(*paylater.Place) {})},
		"without a merchant":    {selling(), change(planShopper, func(p *paylater.Place) { p.Merchant = "" })},
		"a malformed merchant":  {selling(), change(planShopper, func(p *paylater.Place) { p.Merchant = "m/shop" })},
		"without an amount":     {selling(), change(planShopper, func(p *paylater.Place) { p.Amount = trade.Money{} })},
		"an amount of zero":     {selling(), change(planShopper, func(p *paylater.Place) { p.Amount = planMoney("0 CNY") })},
		"of an order not there": {selling(), planPay},
	} {
		w := newPlanner(t, c.given()...)
		if err := w.plan(c.ask); err == nil || w.calls != 2 {
			t.Errorf("%s: %v after %d reads and commits, want one of each", name, err, w.calls)
		}
	}
}
