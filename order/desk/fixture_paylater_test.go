package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var (
	otherShop    = trade.Actor{Role: trade.Seller, Account: "m-other"}
	otherShopper = trade.Actor{Role: trade.Buyer, Account: "b-other"}
)

// terms is the default policy with changes.
func terms(change func(p *paylater.Policy)) desk.Option {
	p := paylater.DefaultPolicy()
	change(p)
	return desk.WithPayLater(p)
}

// payout sets the policies of received funds by merchant; others have the default.
func payout(policies map[trade.Account]funds.Policy) desk.Option {
	return desk.WithSources(desk.Sources{Funds: func(_ context.Context, merchant trade.Account) (funds.Policy, error) {
		if p, ok := policies[merchant]; ok {
			return p, nil
		}
		return weekly(), nil
	}})
}

func placing(merchant trade.Actor, amount string) paylater.Place {
	return paylater.Place{Merchant: merchant.Account, ChosePayLater: true, Amount: money(amount)}
}

// buying places a new order of the shop.
func buying(amount string) desk.Action {
	return desk.OnPayLater(trade.NewID(), placing(shopkeeper, amount))
}

func onQuota(c credit.Command) desk.Action { return desk.OnQuota(shopkeeper.Account, cny, c) }

func onFunds(c funds.Command) desk.Action { return desk.OnFunds(shopkeeper.Account, cny, c) }

// paying is a payment of that amount, each time another one.
func paying(amount string) paylater.Pay {
	return paylater.Pay{Reference: "P-" + trade.NewID().String(), Amount: money(amount)}
}

func assess(amount string) desk.Action { return onQuota(credit.AssessLimit{Limit: money(amount)}) }

// ownAlipay is the Alipay account of the shop's merchant.
var ownAlipay = funds.Dest{Alipay: funds.Alipay{Account: "shop@pay.example", Holder: "m-shop"}}

func withdrawal(id, amount string) desk.Action {
	return onFunds(funds.Withdraw{ID: funds.WithdrawalID(id), Amount: money(amount), Dest: ownAlipay})
}

func freeze(reason credit.Reason, ref string) desk.Action {
	return onQuota(credit.Freeze{Reason: reason, Ref: trade.Text(ref)})
}

func unfreeze(reason credit.Reason, ref string) desk.Action {
	return onQuota(credit.Unfreeze{Reason: reason, Ref: trade.Text(ref)})
}

// on executes commands on an order that have to be accepted, each by the actor that usually issues it.
func (tr *fixture) on(id trade.ID, commands ...paylater.Command) desk.Result {
	tr.Helper()
	var last desk.Result
	for _, c := range commands {
		last = tr.Do(usually(c), desk.OnPayLater(id, c))
	}
	return last
}

func usually(c paylater.Command) trade.Actor {
	switch c.(type) {
	case paylater.Ship, paylater.LowerAmount, paylater.Return, paylater.Refund, paylater.CloseAfterSales:
		return shopkeeper
	case paylater.FlagFake, paylater.WriteOff:
		return platform
	case paylater.AutoConfirmReceipt, paylater.RequestCharge, paylater.FailCharge, paylater.MarkOverdue:
		return system
	}
	return shopper
}

// received places an order of that amount that has arrived, and late one that is overdue.
func (tr *fixture) received(amount string) trade.ID {
	tr.Helper()
	id := tr.place(amount)
	tr.on(id, paylater.Ship{}, paylater.ConfirmReceipt{})
	return id
}

func (tr *fixture) late(amount string) trade.ID {
	tr.Helper()
	id := tr.received(amount)
	tr.at(tr.PayLaterOrder(id).DueAt.Add(1)).on(id, paylater.MarkOverdue{})
	return id
}

// sold places an order of that amount and has it paid.
func (tr *fixture) sold(amount string) trade.ID {
	tr.Helper()
	id := tr.place(amount)
	tr.pay(id, amount)
	return id
}

// stands checks the phase of an order.
func (tr *fixture) stands(id trade.ID, want paylater.Phase) {
	tr.Helper()
	if o := tr.PayLaterOrder(id); o.Phase != want {
		tr.Fatalf("phase %s, want %s", o.Phase, want)
	}
}

// lineIs checks limit, used and remaining of the shop's line, in yuan.
func (tr *fixture) lineIs(limit, used, remaining string) {
	tr.Helper()
	l := tr.quota()
	if p := l.Page(); p.Limit != yuan(limit) || p.Used != yuan(used) || p.Remaining != yuan(remaining) {
		tr.Fatalf("limit %s, used %s, remaining %s; want %s, %s, %s", p.Limit, p.Used, p.Remaining, limit, used, remaining)
	}
}

// fundsAre checks what waits, what is available and what is owed, in yuan.
func (tr *fixture) fundsAre(pending, available, debt string) {
	tr.Helper()
	if p := tr.funds(); p.Pending != yuan(pending) || p.Available != yuan(available) || p.Debt != yuan(debt) {
		tr.Fatalf("pending %s, available %s, debt %s; want %s, %s, %s", p.Pending, p.Available, p.Debt, pending, available, debt)
	}
}

func fen(n int64) trade.Money { return trade.Minor(n, cny) }

func yuan(amount string) trade.Money { return money(amount + " CNY") }

// wrote checks the facts of a command, in the order of the log, and that they are of one commit.
func (tr *fixture) wrote(r desk.Result, want ...string) {
	tr.Helper()
	var got []string
	for _, f := range r.Events {
		got = append(got, told(f))
	}
	if !slices.Equal(got, want) {
		tr.Fatalf("wrote %q, want %q", got, want)
	}
	n := 0
	for record, err := range tr.Store.ReadAll(context.Background(), r.Receipt.First-1, events.Filter{}) {
		if err != nil {
			tr.Fatal(err)
		}
		if record.Commit == r.Receipt.Commit {
			n++
		}
	}
	if n != len(want) {
		tr.Fatalf("%d facts in the commit, want %d", n, len(want))
	}
}

// told is a fact in a few words: its kind and the amount that it moves.
func told(f desk.Recorded) string {
	switch e := f.Event.(type) {
	case paylater.Placed:
		return fmt.Sprint(e.Kind(), " ", e.Amount)
	case paylater.Paid:
		return fmt.Sprint(e.Kind(), " ", e.Total)
	case paylater.RefundMade:
		return fmt.Sprint(e.Kind(), " ", e.Amount)
	case paylater.Event:
		return e.Kind().String()
	case credit.QuotaDeducted:
		return fmt.Sprint(e.Kind(), " ", e.Amount)
	case credit.QuotaRestored:
		return fmt.Sprint(e.Kind(), " ", e.Amount, " ", e.Cause)
	case credit.QuotaConsumed:
		return fmt.Sprint(e.Kind(), " ", e.Amount)
	case credit.Frozen:
		return fmt.Sprint(e.Kind(), " ", e.Reason)
	case credit.Event:
		return e.Kind().String()
	case funds.Credited:
		return fmt.Sprint(e.Kind(), " ", e.Amount)
	case funds.Debited:
		return fmt.Sprint(e.Kind(), " ", e.Amount)
	case funds.Event:
		return e.Kind().String()
	case payment.Event:
		return e.Kind().String()
	}
	return fmt.Sprintf("%T", f.Event)
}

// frozenFor checks the kinds of reasons for which the shop's line is frozen.
func (tr *fixture) frozenFor(want ...credit.Reason) {
	tr.Helper()
	l := tr.quota()
	var got []credit.Reason
	for _, g := range l.Freezes {
		got = append(got, g.Reason)
	}
	if !slices.Equal(got, want) {
		tr.Fatalf("frozen for %v, want %v", got, want)
	}
}

// missing checks how much a refusal says is missing.
func (tr *fixture) missing(no *trade.Refusal, want string) {
	tr.Helper()
	if no.Missing != money(want) {
		tr.Fatalf("%v: %s is missing, want %s", no, no.Missing, want)
	}
}

// figureless checks that a refusal says nothing of the figures of a line (D64).
func (tr *fixture) figureless(no *trade.Refusal) {
	tr.Helper()
	if !no.Missing.IsZero() || strings.ContainsFunc(no.Reason(rule.English)+no.Reason(rule.Chinese), unicode.IsDigit) {
		tr.Fatalf("%v: %s is missing", no, no.Missing)
	}
}

// earliest checks from when on a refusal says that it would not be one.
func (tr *fixture) earliest(no *trade.Refusal, want time.Time) {
	tr.Helper()
	if !no.Earliest.Equal(want) {
		tr.Fatalf("%v: from %s, want %s", no, no.Earliest, want)
	}
}
