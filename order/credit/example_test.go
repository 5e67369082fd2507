package credit_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// A pay-later line is opened with what the default assessment makes of a new shop. An order uses
// all of it, a second one finds nothing, and payment restores it.
func Example() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	platform, desk := trade.Actor{Role: trade.Platform}, trade.Actor{Role: trade.Desk}
	first, second := trade.ID{15: 1}, trade.ID{15: 2}
	volume, _ := trade.ParseMoney("0.00 CNY")
	amount, _ := trade.ParseMoney("5000.00 CNY")

	l := credit.NewPayLater("acme", amount.Currency())
	history := []credit.Recorded(nil)
	ask := func(by trade.Actor, c credit.Command, f credit.Facts) error {
		at = at.Add(time.Minute)
		events, err := credit.Decide(l, c, trade.Given{By: by, At: at}, f)
		for _, e := range events {
			history = append(history, credit.Recorded{At: at, Event: e})
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

	statement, err := credit.Ledger(credit.NewPayLater("acme", amount.Currency()), history)
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
