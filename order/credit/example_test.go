package credit_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
)

// A pay-later line is opened with what the default assessment makes of a new shop. An order uses
// all of it, a second one finds nothing, and payment restores it.
func Example() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	platform, desk := order.Actor{Role: order.Platform}, order.Actor{Role: order.Desk}
	first, second := order.ID{15: 1}, order.ID{15: 2}
	trade, _ := order.ParseMoney("0.00 CNY")
	amount, _ := order.ParseMoney("5000.00 CNY")

	l := credit.NewPayLater("acme", amount.Currency())
	history := []credit.Recorded(nil)
	ask := func(by order.Actor, c credit.Command, f credit.Facts) error {
		at = at.Add(time.Minute)
		events, err := credit.Decide(l, c, order.Given{By: by, At: at}, f)
		for _, e := range events {
			history = append(history, credit.Recorded{At: at, Event: e})
			err = errors.Join(err, l.Apply(e, at))
		}
		return err
	}

	shop := credit.Inputs{Volume: trade}
	limit, err := credit.DefaultAssessment(shop)
	fmt.Println(limit, err)
	fmt.Println(ask(platform, credit.OpenLine{Limit: limit, Inputs: shop}, credit.Facts{}))
	fmt.Println(ask(desk, credit.Deduct{Order: first, Amount: amount}, credit.Facts{}))

	var no *order.Refusal
	err = ask(desk, credit.Deduct{Order: second, Amount: amount}, credit.Facts{})
	fmt.Println(errors.As(err, &no), no.Rule == order.RuleB5, no.Missing)

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
