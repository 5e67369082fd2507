package paylater_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	views "github.com/tradesurety/surety/projection/paylater"
)

var (
	ctx = context.Background()
	t   viewtest.Printer // stands for the *testing.T of a test
)

// A worker builds the board from the log, and a merchant finds the orders that are due next.
func ExampleBoard() {
	f := ordertest.Desk(t)
	f.PayLaterOrderAt(paylater.PhasePlaced, ordertest.CNY("300"))
	f.PayLaterOrderAt(paylater.PhaseReceived, ordertest.CNY("120"))

	store := viewmemory.New()
	worker, err := projection.New(f.Store, store, views.BoardView())
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := worker.CatchUp(ctx); err != nil { // a service calls Follow
		fmt.Println(err)
		return
	}
	orders, next, err := views.NewBoard(store).List(ctx, ordertest.Merchant, views.BoardFilter{ByDeadline: true}, views.Page{Limit: 10})
	for _, o := range orders {
		fmt.Println(o.Phase, o.Status, o.Due, "due |", o.DeadlineKind, o.Deadline.Format(time.DateOnly))
	}
	fmt.Printf("next page %q, error %v\n", next, err)
	// Output:
	// received WAIT_BUYER_PAY 120.00 CNY due | charge 2025-01-02
	// next page "", error <nil>
}

// How much of a merchant's quota is used, and when it comes free if the buyers pay in time.
func ExampleExposure() {
	f := ordertest.Desk(t)
	f.PayLaterOrderAt(paylater.PhaseShipped, ordertest.CNY("300"))
	f.PayLaterOrderAt(paylater.PhaseReceived, ordertest.CNY("120"))
	exposure := views.NewExposure(viewtest.Built(f.Store, views.ExposureView()))

	lines, err := exposure.Lines(ctx, ordertest.Merchant, ordertest.Merchant.Account)
	for _, l := range lines {
		fmt.Println(l.Used, "used of", l.Limit, "by", l.Orders, "orders,", l.Usable, "usable")
	}
	fmt.Println(err)
	uses, err := exposure.Forecast(ctx, ordertest.Merchant, ordertest.Merchant.Account, funds.CNY(), ordertest.Start.Add(90*ordertest.Day), 10)
	for _, u := range uses {
		fmt.Println(u.Outstanding, "comes free on", u.FreeBy.Format(time.DateOnly))
	}
	fmt.Println(err)
	// Output:
	// 420.00 CNY used of 3000.00 CNY by 2 orders, 2580.00 CNY usable
	// <nil>
	// 120.00 CNY comes free on 2025-01-02
	// <nil>
}

// What a buyer owes, and how much of it is overdue.
func ExampleExposure_Buyer() {
	f := ordertest.Desk(t)
	f.PayLaterOrderAt(paylater.PhaseOverdue, ordertest.CNY("120"))
	f.PayLaterOrderAt(paylater.PhaseShipped, ordertest.CNY("360"))
	exposure := views.NewExposure(viewtest.Built(f.Store, views.ExposureView()))

	sums, err := exposure.Buyer(ctx, ordertest.Shopper, ordertest.Shopper.Account)
	for _, s := range sums {
		fmt.Println(s.Orders, "orders,", s.Due, "due, of which overdue", s.Overdue, "or", s.ShareOverdue())
	}
	fmt.Println(err)
	// Output:
	// 2 orders, 480.00 CNY due, of which overdue 120.00 CNY or 1/4
	// <nil>
}

// A desk with both kinds of orders takes the deadlines of both from their views.
func ExampleDeadlines_With() {
	f := ordertest.Desk(t)
	sale := f.PayLaterOrderAt(paylater.PhaseShipped, ordertest.CNY("300"))
	contract := f.OrderAt(order.PhaseShipped, ordertest.Contract{})
	store := viewtest.Built(f.Store, views.DeadlinesView(), assurance.DeadlinesView())
	deadlines := views.NewDeadlines(store).With(assurance.NewDeadlines(store))

	f.Clock.Advance(30 * ordertest.Day)
	d := must(desk.New(f.Store, desk.WithSources(ordertest.Sources()), desk.WithDeadlines(deadlines), desk.WithClock(f.Clock.Now)))
	done, err := d.Tick(ctx, f.Clock.Now())
	fmt.Println(len(done), "done:", f.PayLaterOrder(sale).Phase, "and", f.Order(contract).Phase, err)
	// Output:
	// 2 done: received and received <nil>
}

// The statement of a merchant's quota: opening, movements, closing.
func ExampleQuota() {
	f := ordertest.Desk(t)
	f.OpenQuota(ordertest.Merchant, ordertest.CNY("2000"))
	f.Clock.Advance(ordertest.Day)
	f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("300"))
	quota := views.NewQuota(viewtest.Built(f.Store, views.QuotaView()))

	from, to := ordertest.Start.Add(ordertest.Day), ordertest.Start.Add(2*ordertest.Day)
	s, err := quota.Statement(ctx, ordertest.Merchant, ordertest.Merchant.Account, funds.CNY(), from, to, views.Page{})
	fmt.Println("opening: used", s.Opening.Used, "of", s.Opening.Limit)
	for _, m := range s.Movements {
		fmt.Println(m.Type, m.Cause, m.Used, "| used", m.After.Used)
	}
	fmt.Println("closing: used", s.Closing.Used, err)
	// Output:
	// opening: used 0.00 CNY of 2000.00 CNY
	// credit.quota-deducted  300.00 CNY | used 300.00 CNY
	// credit.quota-restored paid -300.00 CNY | used 0.00 CNY
	// closing: used 0.00 CNY <nil>
}

// What a merchant received: a balance at an instant, and the statement, in which waiting funds are
// released by time alone.
func ExampleFunds() {
	f := ordertest.Desk(t, desk.WithSources(desk.Sources{Funds: func(context.Context, trade.Account) (funds.Policy, error) {
		return funds.Policy{HoldDays: 7, Expected: 24 * time.Hour}, nil
	}}))
	f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("300"))
	f.Clock.Advance(10 * ordertest.Day)
	f.Do(ordertest.Merchant, desk.OnFunds(ordertest.Merchant.Account, funds.CNY(), funds.Withdraw{
		ID: "W1", Amount: ordertest.CNY("100"), Dest: ordertest.OwnAlipay(ordertest.Merchant),
	}))
	received := views.NewFunds(viewtest.Built(f.Store, views.FundsView()))

	for _, day := range []time.Duration{1, 8, 11} {
		b, found, err := received.Balance(ctx, ordertest.Merchant, ordertest.Merchant.Account, funds.CNY(), ordertest.Start.Add(day*ordertest.Day))
		fmt.Println(b.Pending, "pending,", b.Available, "available,", b.InTransit, "in transit", found, err)
	}
	s, err := received.Statement(ctx, ordertest.Merchant, ordertest.Merchant.Account, funds.CNY(), time.Time{}, time.Time{}, views.Page{})
	for _, m := range s.Movements {
		fmt.Println(m.At.Format(time.DateOnly), m.Type, "| available", m.After.Available)
	}
	fmt.Println(err)
	// Output:
	// 300.00 CNY pending, 0.00 CNY available, 0.00 CNY in transit true <nil>
	// 0.00 CNY pending, 300.00 CNY available, 0.00 CNY in transit true <nil>
	// 0.00 CNY pending, 200.00 CNY available, 100.00 CNY in transit true <nil>
	// 2025-01-01 funds.credited | available 0.00 CNY
	// 2025-01-08 funds.released | available 300.00 CNY
	// 2025-01-11 funds.withdrawal-requested | available 200.00 CNY
	// <nil>
}

// The history of an order as its buyer sees it.
func ExampleTimeline() {
	f := ordertest.Desk(t)
	id := f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("300"))

	moments, err := views.Timeline(ctx, f.Store, ordertest.Shopper, id)
	for _, m := range moments {
		fmt.Println(m.Version, m.Event.Kind(), "by the", m.By, m.Account, "|", m.Phase)
	}
	fmt.Println(err)
	// Output:
	// 1 paylater.placed by the buyer b-shopper | placed
	// 2 paylater.shipped by the seller m-shop | shipped
	// 3 paylater.receipt-confirmed by the buyer b-shopper | received
	// 4 paylater.paid by the buyer b-shopper | paid
	// <nil>
}

// Reconcile compares every figure with the events: here a row of the board has been lost.
func ExampleReconcile() {
	f := ordertest.Desk(t)
	id := f.PayLaterOrderAt(paylater.PhaseReceived, ordertest.CNY("300"))
	store := viewtest.Built(f.Store, views.Views()...)
	scratch := func() projection.Store { return viewmemory.New() }
	fmt.Println(views.Reconcile(ctx, f.Store, store, scratch))

	board := views.BoardView()
	lost := projection.Row{projection.Text(id.String())}
	viewtest.Commit(t, store, board, projection.TableChange{Table: board.Tables[0], Delete: []projection.Row{lost}})
	d, ok := errors.AsType[*projection.DifferenceError](views.Reconcile(ctx, f.Store, store, scratch))
	fmt.Println(ok, d.View, d.Table, d.Key[0] == lost[0])
	// Output:
	// <nil>
	// true paylater_board orders true
}
