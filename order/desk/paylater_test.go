package desk_test

import (
	"context"
	"testing"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var (
	shopkeeper = trade.Actor{Role: trade.Seller, Account: "m-shop"}
	shopper    = trade.Actor{Role: trade.Buyer, Account: "b-shopper"}
	cny        = must(trade.ParseCurrency("CNY"))
)

// shop is a desk with a pay-later line of that limit for one merchant.
func shop(t testing.TB, limit string, opts ...desk.Option) *fixture {
	return inMemory(t, opts...).openShop(limit)
}

// openShop opens the pay-later line of the merchant.
func (tr *fixture) openShop(limit string) *fixture {
	tr.Helper()
	tr.Do(platform, desk.OnQuota(shopkeeper.Account, cny, credit.OpenLine{Limit: money(limit)}))
	return tr
}

// place places an order of that amount and returns it.
func (tr *fixture) place(amount string) trade.ID {
	tr.Helper()
	id := trade.NewID()
	tr.Do(shopper, desk.OnPayLater(id, paylater.Place{Merchant: shopkeeper.Account, ChosePayLater: true, Amount: money(amount)}))
	return id
}

func (tr *fixture) pay(id trade.ID, amount string) desk.Result {
	tr.Helper()
	return tr.Do(shopper, desk.OnPayLater(id, paylater.Pay{Reference: "P-" + id.String(), Amount: money(amount)}))
}

func (tr *fixture) quota() credit.Line {
	tr.Helper()
	l, _, err := tr.Desk.ReadQuota(context.Background(), shopkeeper, shopkeeper.Account, cny)
	if err != nil {
		tr.Fatal(err)
	}
	return l
}

func (tr *fixture) funds() funds.Page {
	tr.Helper()
	b, _, err := tr.Desk.ReadFunds(context.Background(), shopkeeper, shopkeeper.Account, cny)
	if err != nil {
		tr.Fatal(err)
	}
	return b.Page(tr.Clock.Now())
}

func TestPayLaterLife(t *testing.T) {
	tr := shop(t, "5000 CNY", desk.WithPayLater(&paylater.Policy{ReceiveWithin: 10 * day, Extension: 3 * day, PayWithin: day, FreezeAfterOverdue: 1}))
	id := tr.place("5000 CNY")
	if q := tr.quota(); !q.Available().IsZero() || q.Held != money("5000 CNY") {
		t.Fatalf("used %s, remaining %s", q.Held, q.Available())
	}
	tr.refused(rule.B5, shopper, desk.OnPayLater(trade.NewID(), paylater.Place{Merchant: shopkeeper.Account, ChosePayLater: true, Amount: money("0.01 CNY")}))
	tr.Do(shopkeeper, desk.OnPayLater(id, paylater.Ship{}))
	for range 3 { // receipt, charge, overdue
		tr.after(11 * day)
		if _, err := tr.Desk.Tick(t.Context(), tr.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	o, _, err := tr.Desk.ReadPayLater(t.Context(), shopkeeper, id)
	if err != nil || o.Phase != paylater.PhaseOverdue {
		t.Fatalf("phase %s, %v", o.Phase, err)
	}
	if q := tr.quota(); !q.FrozenFor(credit.ReasonOverdue) || q.Overdue != 1 {
		t.Fatalf("frozen %v, %d overdue", q.Freezes, q.Overdue)
	}
	tr.pay(id, "5000 CNY")
	if q := tr.quota(); !q.Held.IsZero() || !q.Frozen() || q.Overdue != 0 {
		t.Fatalf("used %s, frozen %t, %d overdue", q.Held, q.Frozen(), q.Overdue)
	}
	if f := tr.funds(); f.Pending != money("5000 CNY") || !f.Available.IsZero() {
		t.Fatalf("pending %s, available %s", f.Pending, f.Available)
	}
	tr.after(7 * day)
	w := funds.Withdraw{ID: "W-1", Amount: money("5000 CNY"), Dest: funds.Dest{Alipay: funds.Alipay{Account: "shop@pay.example", Holder: shopkeeper.Account}}}
	tr.Do(shopkeeper, desk.OnFunds(shopkeeper.Account, cny, w))
	if f := tr.funds(); !f.Available.IsZero() || f.InTransit != money("5000 CNY") {
		t.Fatalf("available %s, in transit %s", f.Available, f.InTransit)
	}
}
