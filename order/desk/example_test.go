package desk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// exampleDesk is a desk on a store in memory whose clock the example sets.
type exampleDesk struct {
	*desk.Desk
	now time.Time
}

func newExampleDesk() *exampleDesk {
	e := &exampleDesk{now: time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)}
	d, err := desk.New(memory.New(), desk.WithSources(desk.DemoSources()), desk.WithClock(func() time.Time { return e.now }))
	if err != nil {
		log.Fatal(err)
	}
	e.Desk = d
	return e
}

// do executes a command that is accepted.
func (e *exampleDesk) do(by trade.Actor, do desk.Action) desk.Result {
	result, err := e.Do(context.Background(), desk.Command{ID: desk.NewID(), By: by, Do: do})
	if err != nil {
		log.Fatal(err)
	}
	return result
}

// submitted is an order that waits for its buyer.
func (e *exampleDesk) submitted() trade.ID {
	id := trade.ID{15: 1}
	e.do(acme, desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole, Certification: seller.Certification{
		CompanyName: "Acme", RegistrationNo: "1", LegalRepresentative: "A. Example", RegisteredAddress: "Ningbo",
	}}))
	for _, c := range []order.Command{
		order.Draft{Mode: order.DraftOnline},
		order.SetBuyer{Email: bruno.Email, BuyerName: "Bruno"},
		order.MatchBuyer{Email: bruno.Email},
		order.SetTerms{Terms: order.Terms{Total: money("6000 USD"), Initial: money("2000 USD")}},
		order.ChooseCoverage{Coverage: order.CoverageNone},
		order.Submit{OneTouchAcknowledged: true},
	} {
		e.do(acme, desk.OnOrder(id, c))
	}
	return id
}

// A retry under the same ID returns the result of the first time.
func ExampleDesk_Do() {
	e := newExampleDesk()
	command := desk.Command{
		ID: desk.CommandID(e.now, "upload", "limit 2025-03"),
		By: platform,
		Do: desk.OnLine(acme.Account, money("0 USD").Currency(), credit.AssessLimit{Limit: money("10000 USD")}),
	}
	for range 2 {
		result, err := e.Do(context.Background(), command)
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range result.Events {
			fmt.Println(r.Stream, r.Version, r.Event.(credit.Event).Kind(), "repeated:", result.Receipt.Repeated)
		}
	}
	// Output:
	// line-s-acme~2FUSD 1 credit.limit-assessed repeated: false
	// line-s-acme~2FUSD 1 credit.limit-assessed repeated: true
}

// Try answers as Do would and writes nothing. A refusal names its rule and speaks two languages.
func ExampleDesk_Try() {
	e := newExampleDesk()
	err := e.Try(context.Background(), desk.Command{
		ID: desk.NewID(), By: acme, Do: desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline}),
	})
	if no, ok := errors.AsType[*trade.Refusal](err); ok && errors.Is(err, rule.A6) {
		fmt.Println(no.Text(rule.English))
		fmt.Println(no.Text(rule.Chinese))
	}
	// Output:
	// Only a seller whose Trade Assurance service is active can draft an order and submit it. Here: the service is not activated.
	// 只有信用保障服务处于开通状态的卖家才能起草和提交信保订单。本次：服务状态为未开通。
}

// Next lists what an actor may do with an order now, and what blocks it.
func ExampleDesk_Next() {
	e := newExampleDesk()
	id := e.submitted()
	e.now = e.now.Add(30 * 24 * time.Hour)
	choices, err := e.Next(context.Background(), bruno, id)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range choices {
		blocked := ""
		if c.Refusal != nil {
			blocked = "blocked by " + string(c.Refusal.Rule)
		}
		fmt.Println(strings.TrimSpace(c.Command + " " + blocked))
	}
	// Output:
	// attach-contract
	// confirm blocked by D28
	// cancel
}

// Tick closes an order that its buyer has not confirmed in 30 days.
func ExampleDesk_Tick() {
	e := newExampleDesk()
	id := e.submitted()
	ticked, err := e.Tick(context.Background(), e.now.Add(30*24*time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	for _, x := range ticked {
		fmt.Println(x.Kind, x.At.Format(time.DateOnly))
	}
	o, _, err := e.ReadOrder(context.Background(), acme, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(o.Phase, o.CloseReason)
	// Output:
	// confirm 2025-04-09
	// closed expired
}

// Timeline returns the history of an order, At how it stood.
func ExampleDesk_Timeline() {
	e := newExampleDesk()
	id := e.submitted()
	e.now = e.now.Add(time.Hour)
	e.do(bruno, desk.OnOrder(id, order.Confirm{Terms: 2}))
	entries, err := e.Timeline(context.Background(), acme, id)
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range entries[len(entries)-2:] {
		fmt.Println(entry.Version, entry.By.Role, entry.Event.Kind(), "->", entry.Order.Phase)
	}
	before, err := e.At(context.Background(), acme, id, e.now.Add(-time.Minute))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a minute before:", before.Phase)
	// Output:
	// 6 seller order.submitted -> submitted
	// 7 buyer order.confirmed -> confirmed
	// a minute before: submitted
}

// One command on a pay-later order writes the order, the payment, the merchant's quota and the received
// funds.
func ExampleOnPayLater() {
	e := newExampleDesk()
	shop, buyer, cny := trade.Actor{Role: trade.Seller, Account: "m-shop"}, trade.Actor{Role: trade.Buyer, Account: "b-7"}, funds.CNY()
	id := trade.ID{15: 2}
	e.do(platform, desk.OnQuota(shop.Account, cny, credit.OpenLine{Limit: money("5000 CNY")}))
	e.do(buyer, desk.OnPayLater(id, paylater.Place{Merchant: "m-shop", ChosePayLater: true, Amount: money("3000 CNY")}))
	for _, r := range e.do(buyer, desk.OnPayLater(id, paylater.Pay{Reference: "P-1", Amount: money("3000 CNY")})).Events {
		typ, _, _, err := desk.EncodeEvent(nil, r.Event)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Stream.Category(), typ)
	}
	b, _, err := e.ReadFunds(context.Background(), shop, shop.Account, cny)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("available:", b.Available(e.now))
	// Output:
	// paylater paylater.paid
	// payment payment.recorded
	// paylater_line credit.quota-restored
	// funds funds.credited
	// available: 3000.00 CNY
}
