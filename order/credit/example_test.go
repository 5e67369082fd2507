package credit_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// An order holds a part of an assurance line, and a second one finds too little. The platform
// claims on the hold to compensate the buyer, and the seller repays.
func Example_assurance() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	platform, desk := trade.Actor{Role: trade.Platform}, trade.Actor{Role: trade.Desk}
	first, second := trade.ID{15: 1}, trade.ID{15: 2}
	usd := func(amount string) trade.Money {
		m, _ := trade.ParseMoney(amount + " USD")
		return m
	}

	l := credit.New(credit.Assurance, "acme", usd("0").Currency())
	do := func(by trade.Actor, c credit.Command, f credit.Facts) {
		made, err := credit.Decide(l, c, trade.Given{By: by, At: at}, f)
		if no, ok := errors.AsType[*trade.Refusal](err); ok {
			fmt.Println(c.Name(), "is refused by", no.Rule, "and misses", no.Missing)
			return
		}
		for _, e := range made {
			err = errors.Join(err, l.Apply(e, at))
		}
		fmt.Println(c.Name(), "leaves", l.Available(), err)
	}

	do(platform, credit.AssessLimit{Limit: usd("10000")}, credit.Facts{})
	do(desk, credit.Hold{Order: first, Amount: usd("6000")}, credit.Facts{})
	do(desk, credit.Hold{Order: second, Amount: usd("5000")}, credit.Facts{})
	holds := credit.Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: usd("6000")}}
	do(desk, credit.Claim{Order: first, Open: usd("6000"), Amount: usd("2500")}, holds)
	do(platform, credit.RepayClaim{Amount: usd("2500"), Reference: "TT-1"}, credit.Facts{})
	// Output:
	// assess-limit leaves 10000.00 USD <nil>
	// hold leaves 4000.00 USD <nil>
	// hold is refused by D3 and misses 1000.00 USD
	// claim leaves 7500.00 USD <nil>
	// repay-claim leaves 10000.00 USD <nil>
}

// While a pay-later line is frozen its page says why, and nothing is usable.
func ExampleLine_Page() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	limit, _ := trade.ParseMoney("5000.00 CNY")
	l, err := credit.Replay(credit.New(credit.PayLater, "acme", limit.Currency()), []events.Recorded[credit.Event]{
		{At: at, Event: credit.LineOpened{Limit: limit}},
		{At: at, Event: credit.Frozen{Reason: credit.ReasonOther, Ref: "audit of the shop"}},
	})
	page := l.Page()
	fmt.Println(page.Remaining, page.Usable, page.Why, err)
	// Output:
	// 5000.00 CNY 0.00 CNY [{other audit of the shop}] <nil>
}

// A pay-later line is opened with what the default assessment makes of a new shop. An order uses
// all of it, a second one finds nothing, and payment restores it.
func Example() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	platform, desk := trade.Actor{Role: trade.Platform}, trade.Actor{Role: trade.Desk}
	first, second := trade.ID{15: 1}, trade.ID{15: 2}
	volume, _ := trade.ParseMoney("0.00 CNY")
	amount, _ := trade.ParseMoney("5000.00 CNY")

	l := credit.New(credit.PayLater, "acme", amount.Currency())
	history := []events.Recorded[credit.Event](nil)
	ask := func(by trade.Actor, c credit.Command, f credit.Facts) error {
		at = at.Add(time.Minute)
		made, err := credit.Decide(l, c, trade.Given{By: by, At: at}, f)
		for _, e := range made {
			history = append(history, events.Recorded[credit.Event]{At: at, Event: e})
			err = errors.Join(err, l.Apply(e, at))
		}
		return err
	}

	shop := credit.Inputs{Volume: volume}
	limit, err := credit.DefaultAssessment(shop)
	fmt.Println(limit, err)
	fmt.Println(ask(platform, credit.OpenLine{Limit: limit, Inputs: shop}, credit.Facts{}))
	fmt.Println(ask(desk, credit.Deduct{Order: first, Amount: amount}, credit.Facts{}))

	var no *trade.Refusal
	err = ask(desk, credit.Deduct{Order: second, Amount: amount}, credit.Facts{})
	fmt.Println(errors.As(err, &no), no.Rule == rule.B5, no.Missing)

	uses := credit.Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: amount}}
	fmt.Println(ask(desk, credit.Restore{Order: first, Amount: amount, Cause: credit.RestorePaid}, uses))

	statement, err := credit.Ledger(credit.New(credit.PayLater, "acme", amount.Currency()), history)
	for _, m := range statement.Movements {
		fmt.Println(m.Kind, m.Used)
	}
	fmt.Println(statement.Closing.Usable, err)
	// Output:
	// 5000.00 CNY <nil>
	// <nil>
	// <nil>
	// true true 5000.00 CNY
	// <nil>
	// credit.line-opened 0.00 CNY
	// credit.quota-deducted 5000.00 CNY
	// credit.quota-restored -5000.00 CNY
	// 5000.00 CNY <nil>
}
