package funds_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// A payment waits seven days and is then withdrawn for a fee. Nothing has to happen for it to
// become available, and deciding needs no store.
func Example() {
	at := time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)
	desk, merchant := trade.Actor{Role: trade.Desk}, trade.Actor{Role: trade.Seller, Account: "acme"}
	hundred, _ := trade.ParseMoney("100.00 CNY")
	policy := funds.Policy{HoldDays: 7, FeeRate: 10, Expected: 24 * time.Hour}

	b := funds.New("acme", funds.CNY())
	ask := func(by trade.Actor, at time.Time, c funds.Command, f funds.Facts) error {
		f.Policy = &policy
		made, err := funds.Decide(b, c, trade.Given{By: by, At: at}, f)
		for _, e := range made {
			fmt.Println(e.Kind())
			err = errors.Join(err, b.Apply(e, at))
		}
		return err
	}
	err := ask(desk, at, funds.Credit{Order: trade.ID{1}, Amount: hundred}, funds.Facts{Sale: funds.Sale{Paid: hundred}})
	fmt.Println(b.Pending(at), b.Available(at), err)

	withdraw := funds.Withdraw{ID: "w-1", Amount: hundred, Dest: funds.Dest{
		Alipay: funds.Alipay{Account: "acme@example.com", Holder: "acme"},
	}}
	early := ask(merchant, at.AddDate(0, 0, 6), withdraw, funds.Facts{})
	var no *trade.Refusal
	fmt.Println(errors.Is(early, rule.B17), errors.As(early, &no), no.Earliest.Format(time.DateTime))

	err = ask(merchant, no.Earliest, withdraw, funds.Facts{})
	fmt.Println(b.Withdrawals()[0].Net, err)
	// Output:
	// funds.credited
	// 100.00 CNY 0.00 CNY <nil>
	// true true 2025-03-17 09:00:00
	// funds.withdrawal-requested
	// 99.90 CNY <nil>
}
