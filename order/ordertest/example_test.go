package ordertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// printer replaces the *testing.T in the examples and prints failures.
type printer struct{}

func (printer) Helper()                  {}
func (printer) Cleanup(func())           {}
func (printer) Context() context.Context { return context.Background() }

func (printer) Errorf(format string, args ...any) { fmt.Printf(format, args...) }
func (printer) Fatalf(format string, args ...any) { fmt.Printf(format, args...) }

var t printer

// The buyer of a confirmed order may cancel it before any payment is received. A stranger may not.
func ExampleGiven() {
	confirmed := ordertest.GivenOrder(t, order.PhaseConfirmed, ordertest.Contract{})

	confirmed.When(ordertest.Stranger, order.Cancel{}).Refused(rule.D27)
	closed := confirmed.When(ordertest.Buyer, order.Cancel{}).Then(order.Closed{Reason: order.ClosedCancelled})
	closed.When(ordertest.Buyer, order.Cancel{}).Refused(rule.D27)

	// A story can also begin with events, and continue with commands.
	drafted := ordertest.Given(t, order.Drafted{Seller: ordertest.Seller.Account, Mode: order.DraftOnline, DraftedAt: ordertest.Start}).
		And(ordertest.Seller, order.SetTransport{Mode: order.TransportAir})
	fmt.Println(drafted.Order().Phase, drafted.Order().Transport, closed.Order().Phase)
	// Output: draft air closed
}

// If the result differs, the failure shows both sides.
func ExampleGivenOrder_failing() {
	ordertest.GivenOrder(t, order.PhaseShipped, ordertest.Contract{Transport: order.TransportSea}).
		When(ordertest.Seller, order.ExtendReceipt{}).
		Then(order.ReceiptExtended{By: trade.Buyer, ReceiptDeadline: ordertest.Start.Add(60 * ordertest.Day)})
	// Output:
	// extend-receipt by the seller s-acme at 2025-01-01T00:00:00Z, of an order that is shipped
	//   wanted                                       got
	//   order.receipt-extended                     | order.receipt-extended
	//     by: "buyer"                              !   by: "seller"
	//     receipt_deadline: "2025-03-02T00:00:00Z" |   receipt_deadline: "2025-03-02T00:00:00Z"
}

// A desk in one line. The test sets its clock.
func ExampleDesk() {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{Coverage: order.CoveragePostDelivery})
	fmt.Println(f.Order(id).Phase, f.Line(ordertest.Seller).Held)

	f.Clock.Advance(15 * ordertest.Day)
	f.Tick() // the deadline has passed: the system confirms receipt
	fmt.Println(f.Order(id).Phase, f.Line(ordertest.Seller).Held)
	// Output:
	// shipped 6000.00 USD
	// received 0.00 USD
}

// A command that writes several streams. The events are in the order of the log.
func ExampleFixture_When() {
	f := ordertest.Desk(t, desk.WithSources(desk.Sources{Funds: func(context.Context, trade.Account) (funds.Policy, error) {
		return funds.Policy{HoldDays: 7, Expected: ordertest.Day}, nil
	}}))
	id := f.PayLaterOrderAt(paylater.PhaseReceived, ordertest.CNY("100"))
	f.When(ordertest.Shopper, desk.OnPayLater(id, paylater.Pay{Reference: "P1", Amount: ordertest.CNY("100")})).Then(
		paylater.Paid{Reference: "P1", Amount: ordertest.CNY("100"), Total: ordertest.CNY("100")},
		payment.Recorded{Order: id, Method: payment.Charge, Reference: "P1", Amount: ordertest.CNY("100")},
		credit.QuotaRestored{Order: id, Amount: ordertest.CNY("100"), Cause: credit.RestorePaid},
		funds.Credited{Order: id, Amount: ordertest.CNY("100"), Repaid: ordertest.CNY("0"), HoldDays: 7, AvailableAt: ordertest.Start.Add(7 * ordertest.Day)},
	)
	f.When(ordertest.Merchant, desk.OnFunds(ordertest.Merchant.Account, funds.CNY(), funds.Withdraw{
		ID: "W1", Amount: ordertest.CNY("100"), Dest: ordertest.OwnAlipay(ordertest.Merchant),
	})).Refused(rule.B17).From(ordertest.Start.Add(7 * ordertest.Day))
	fmt.Println(f.Funds(ordertest.Merchant).Pending)
	// Output: 100.00 CNY
}

// A service's own handler gets whole histories, and the test checks a property of the handler.
func ExampleHistories() {
	history := ordertest.Histories().Example(1) // a test draws it: .Draw(rt, "history")
	versions := make(map[events.StreamID]events.Version)
	for _, r := range history.Records() {
		if r.Version != versions[r.Stream]+1 {
			fmt.Println("a hole in", r.Stream)
		}
		versions[r.Stream] = r.Version
	}
	fmt.Println("as many streams as were begun:", len(versions) == len(history.Streams()))
	// Output: as many streams as were begun: true
}

// A player generates commands for a service under test. A request can be sent to another process, or stored in a
// file, as JSON.
func ExamplePlayer() {
	f := ordertest.Desk(t)
	p := ordertest.NewPlayer(f, rand.New(rand.NewPCG(1, 2)).IntN, ordertest.PlayerConfig{Orders: 3, PayLaterOrders: 2}).Open()
	accepted := 0
	for range 200 {
		if _, err := f.Desk.Do(context.Background(), p.Next()); err == nil {
			accepted++
		}
	}
	fmt.Println("accepted some:", accepted > 20, "and the log is sound:", ordertest.Audit(context.Background(), f.Desk, f.Store) == nil)

	sent, _ := json.Marshal(ordertest.Request{Kind: "order", Target: p.Orders[0].String(), Command: order.Confirm{Terms: 2}})
	var heard ordertest.Request
	err := json.Unmarshal(sent, &heard)
	fmt.Println(heard.Action(), err)
	// Output:
	// accepted some: true and the log is sound: true
	// confirm of order-01000000-0000-7000-8000-000000000001 <nil>
}

// Play on the caller's own store, with a check of every commit.
func ExamplePlay() {
	t := new(quiet) // replaces the *testing.T of the test
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New() // or another store
		defer store.Close()
		ordertest.Play(rt, store, ordertest.Check(func(commit []events.Record) error {
			if len(commit) > 1000 {
				return fmt.Errorf("%d events in one commit", len(commit))
			}
			return nil
		}), ordertest.Commands(10))
	})
	fmt.Println("failed:", t.Failed())
	// Output: failed: false
}
