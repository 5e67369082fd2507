package paylater_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// A pay-later order is decided on and folded without a store. Its events carry the amounts that
// the merchant's line and funds need.
func Example() {
	at := time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC)
	buyer := trade.Actor{Role: trade.Buyer, Account: "bao"}
	merchant := trade.Actor{Role: trade.Seller, Account: "meilin"}
	system := trade.Actor{Role: trade.System}
	amount, _ := trade.ParseMoney("5000.00 CNY")
	more, _ := trade.ParseMoney("5000.01 CNY")
	line := paylater.Facts{Line: paylater.Line{Active: true, Usable: amount}}

	o := paylater.New(trade.ID{1})
	ask := func(by trade.Actor, c paylater.Command) error {
		made, err := paylater.Decide(o, c, trade.Given{By: by, At: at}, line)
		for _, e := range made {
			fmt.Println(e.Kind())
			err = errors.Join(err, o.Apply(e, at))
		}
		return err
	}

	err := ask(buyer, paylater.Place{Merchant: "meilin", ChosePayLater: true, Amount: more})
	var no *trade.Refusal
	if errors.As(err, &no) {
		fmt.Println(string(no.Rule), "misses", no.Missing)
	}
	err = errors.Join(
		ask(buyer, paylater.Place{Merchant: "meilin", ChosePayLater: true, Amount: amount}),
		ask(merchant, paylater.Ship{}),
		ask(buyer, paylater.ConfirmReceipt{}),
	)
	due, _ := o.Deadline()
	fmt.Println(due.Kind, "at", due.At.Format(time.DateTime), err)

	at = due.At
	err = errors.Join(
		ask(system, due.Command),
		ask(system, paylater.Pay{Reference: "2025010222001", Amount: o.Due()}),
	)
	fmt.Println(o.Phase, o.Paid, err)
	// Output:
	// B5 misses 0.01 CNY
	// paylater.placed
	// paylater.shipped
	// paylater.receipt-confirmed
	// charge at 2025-01-02 09:00:00 <nil>
	// paylater.charge-requested
	// paylater.paid
	// paid 5000.00 CNY <nil>
}
