package paylater_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
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
	do := func(by trade.Actor, c paylater.Command) error {
		made, err := paylater.Decide(o, c, trade.Given{By: by, At: at}, line)
		for _, e := range made {
			fmt.Println(e.Kind())
			err = errors.Join(err, o.Apply(e, at))
		}
		return err
	}

	err := do(buyer, paylater.Place{Merchant: "meilin", ChosePayLater: true, Amount: more})
	var no *trade.Refusal
	if errors.As(err, &no) {
		fmt.Println(string(no.Rule), no.Reason(rule.English))
	}
	err = errors.Join(
		do(buyer, paylater.Place{Merchant: "meilin", ChosePayLater: true, Amount: amount}),
		do(merchant, paylater.Ship{}),
		do(buyer, paylater.ConfirmReceipt{}),
	)
	due, _ := o.Deadline()
	fmt.Println(due.Kind, "at", due.At.Format(time.DateTime), err)

	at = due.At
	err = errors.Join(
		do(system, due.Command),
		do(system, paylater.Pay{Reference: "2025010222001", Amount: o.Due()}),
	)
	fmt.Println(o.Phase, o.Paid, err)
	// Output:
	// B5 the merchant cannot take the order now
	// paylater.placed
	// paylater.shipped
	// paylater.receipt-confirmed
	// charge at 2025-01-02 09:00:00 <nil>
	// paylater.charge-requested
	// paylater.paid
	// paid 5000.00 CNY <nil>
}

// sale is an order of 100 yuan under a policy that allows instalments.
type sale struct {
	order paylater.Order
	now   time.Time
	facts paylater.Facts
}

// do decides a command and folds its events; it prints a refusal.
func (s *sale) do(role trade.Role, c paylater.Command) {
	account := map[trade.Role]trade.Account{trade.Buyer: "bao", trade.Seller: "meilin"}[role]
	made, err := paylater.Decide(s.order, c, trade.Given{By: trade.Actor{Role: role, Account: account}, At: s.now}, s.facts)
	for _, e := range made {
		err = errors.Join(err, s.order.Apply(e, s.now))
	}
	if err != nil {
		fmt.Println(err)
	}
}

func received() *sale {
	p := paylater.DefaultPolicy()
	p.Instalments = true
	s := &sale{
		order: paylater.New(trade.ID{1}), now: time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC),
		facts: paylater.Facts{Policy: p, Line: paylater.Line{Active: true, Usable: yuan("5000")}},
	}
	s.do(trade.Buyer, paylater.Place{Merchant: "meilin", ChosePayLater: true, Amount: yuan("100")})
	s.do(trade.Seller, paylater.Ship{})
	s.do(trade.Buyer, paylater.ConfirmReceipt{})
	return s
}

// Instalments restore no quota before they add up to what is outstanding.
func Example_instalments() {
	s := received()
	s.do(trade.Buyer, paylater.Pay{Reference: "P1", Amount: yuan("30")})
	fmt.Println("due", s.order.Due(), "outstanding", s.order.Outstanding)
	s.do(trade.Buyer, paylater.Pay{Reference: "P2", Amount: yuan("70.01")})
	s.do(trade.Buyer, paylater.Pay{Reference: "P2", Amount: yuan("70")})
	fmt.Println(s.order.Phase, s.order.Paid, "in", len(s.order.Payments), "payments")
	// Output:
	// due 70.00 CNY outstanding 100.00 CNY
	// refused by D51: pay in phase received: A payment equals the outstanding amount, unless the policy allows instalments; these count as a payment when they add up to it. Here: only 70.00 CNY is due.
	// paid 100.00 CNY in 2 payments
}

// While an after-sales case is open, the system requests no charge: payment is due later by as long
// as the case was open.
func Example_afterSales() {
	s := received()
	due := s.order.DueAt
	s.do(trade.Buyer, paylater.OpenAfterSales{Reason: "wrong size"})
	charge, _ := s.order.Deadline()
	pause := charge.At.Sub(due)
	s.now = s.now.Add(72 * time.Hour)
	s.do(trade.Seller, paylater.LowerAmount{Amount: yuan("80")})
	s.do(trade.Seller, paylater.CloseAfterSales{Reason: "price reduced"})
	fmt.Println(pause, s.order.DueAt.Sub(due), s.order.Due(), "restored", s.order.Restored)
	// Output:
	// 720h0m0s 72h0m0s 80.00 CNY restored 20.00 CNY
}

// An order that stays unpaid is overdue, and the platform may write it off.
func Example_overdue() {
	s := received()
	for d, ok := s.order.Deadline(); ok; d, ok = s.order.Deadline() {
		s.now = d.At
		fmt.Println(d.Kind, d.At.Format(time.RFC3339Nano))
		s.do(trade.System, d.Command)
	}
	s.do(trade.Platform, paylater.WriteOff{Reason: "insolvent"})
	fmt.Println(s.order.Phase, s.order.Consumed)
	// Output:
	// charge 2025-01-02T09:00:00Z
	// overdue 2025-01-02T09:00:00.000000001Z
	// written-off 100.00 CNY
}

// Next lists what an actor may do, each with what blocks it.
func ExampleOrder_Next() {
	s := received()
	for _, c := range s.order.Next(trade.Actor{Role: trade.System}, s.now, s.facts.Policy) {
		if c.Refusal == nil {
			fmt.Println(c.Command)
		} else {
			fmt.Println(c.Command, "is blocked by", string(c.Refusal.Rule))
		}
	}
	// Output:
	// pay
	// request-charge is blocked by D47
	// fail-charge is blocked by D47
	// mark-overdue is blocked by D47
}

// A history that cannot be that of an order is named with its place.
func ExampleReplay() {
	at := time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC)
	o, err := paylater.Replay(paylater.New(trade.ID{1}), []events.Recorded[paylater.Event]{
		{At: at, Event: paylater.Placed{Buyer: "bao", Merchant: "meilin", Amount: yuan("100")}},
		{At: at, Event: paylater.Paid{Reference: "P1", Amount: yuan("90"), Total: yuan("90")}},
	})
	var corrupt *events.CorruptError
	fmt.Println(o.Phase, errors.As(err, &corrupt), corrupt.Version, corrupt.Type, corrupt.Err)
	// Output:
	// placed true 2 paylater.paid invalid total: 90.00 CNY of 100.00 CNY outstanding
}
