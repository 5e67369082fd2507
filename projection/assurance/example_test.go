package assurance_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

var (
	ctx = context.Background()
	t   viewtest.Printer // stands for the *testing.T of a test
)

// A worker builds the board from the log, and a seller finds the orders that are due next.
func ExampleBoard() {
	f := ordertest.Desk(t)
	f.OrderAt(order.PhaseDraft, ordertest.Contract{})
	f.OrderAt(order.PhaseConfirmed, ordertest.Contract{})
	f.OrderAt(order.PhaseShipped, ordertest.Contract{})

	store := viewmemory.New()
	worker, err := projection.New(f.Store, store, assurance.BoardView())
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := worker.CatchUp(ctx); err != nil { // a service calls Follow
		fmt.Println(err)
		return
	}
	orders, next, err := assurance.NewBoard(store).List(ctx, ordertest.Seller, assurance.BoardFilter{ByDeadline: true}, assurance.Page{Limit: 10})
	for _, o := range orders {
		fmt.Println(o.Phase, o.Total, "due", o.Due, "|", o.DeadlineKind, o.Deadline.Format(time.DateOnly))
	}
	fmt.Printf("next page %q, error %v\n", next, err)
	// Output:
	// shipped 6000.00 USD due 4000.00 USD | receipt 2025-01-16
	// confirmed 6000.00 USD due 6000.00 USD | pay 2025-03-02
	// next page "", error <nil>
}

// How much of a seller's line is held, how much is left, and when quota comes free.
func ExampleExposure() {
	f := ordertest.Desk(t)
	f.OrderAt(order.PhaseShipped, ordertest.Contract{Coverage: order.CoveragePostDelivery})
	f.OrderAt(order.PhaseConfirmed, ordertest.Contract{Coverage: order.CoveragePreShipment, Total: ordertest.USD("900")})
	exposure := assurance.NewExposure(viewtest.Built(f.Store, assurance.ExposureView()))

	lines, err := exposure.Lines(ctx, ordertest.Seller, ordertest.Seller.Account)
	for _, l := range lines {
		fmt.Println(l.Held, "held of", l.Limit, "by", l.OpenHolds, "orders,", l.Remaining, "left")
	}
	fmt.Println(err)
	holdings, err := exposure.Forecast(ctx, ordertest.Seller, ordertest.Seller.Account, ordertest.USD("0").Currency(), ordertest.Start.Add(90*ordertest.Day), 10)
	for _, h := range holdings {
		fmt.Println(h.Held, "of an order that is", h.Phase, "comes free on", h.FreeBy.Format(time.DateOnly), "if nobody acts")
	}
	fmt.Println(err)
	// Output:
	// 6900.00 USD held of 60000.00 USD by 2 orders, 53100.00 USD left
	// <nil>
	// 6000.00 USD of an order that is shipped comes free on 2025-01-16 if nobody acts
	// 900.00 USD of an order that is confirmed comes free on 2025-03-02 if nobody acts
	// <nil>
}

// What a buyer owes, and how much of it is overdue at an instant.
func ExampleExposure_Buyer() {
	f := ordertest.Desk(t)
	f.OrderAt(order.PhaseConfirmed, ordertest.Contract{})
	f.OrderAt(order.PhaseShipped, ordertest.Contract{})
	exposure := assurance.NewExposure(viewtest.Built(f.Store, assurance.ExposureView()))

	sums, err := exposure.Buyer(ctx, ordertest.Buyer, ordertest.Buyer.Account, ordertest.Start.Add(90*ordertest.Day))
	for _, s := range sums {
		fmt.Println(s.Orders, "orders,", s.Due, "due, of which overdue", s.Overdue, "or", s.ShareOverdue())
	}
	fmt.Println(err)
	// Output:
	// 2 orders, 10000.00 USD due, of which overdue 2000.00 USD or 1/5
	// <nil>
}

// A desk takes its deadlines from the view, so that Tick reads no streams to find them.
func ExampleDeadlines() {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{})
	deadlines := assurance.NewDeadlines(viewtest.Built(f.Store, assurance.DeadlinesView()))

	f.Clock.Advance(30 * ordertest.Day)
	for due, err := range deadlines.Due(ctx, f.Clock.Now()) {
		fmt.Println(due.Order == id, due.Kind, due.At.Format(time.DateOnly), err)
	}
	d := must(desk.New(f.Store, desk.WithSources(ordertest.Sources()), desk.WithDeadlines(deadlines), desk.WithClock(f.Clock.Now)))
	done, err := d.Tick(ctx, f.Clock.Now())
	fmt.Println(len(done), "done,", f.Order(id).Phase, err)
	// Output:
	// true receipt 2025-01-16 <nil>
	// 1 done, received <nil>
}

// A line's statement of a period: opening, movements, closing.
func ExampleLedger() {
	f := ordertest.Desk(t)
	f.ActivateSeller(ordertest.Seller, ordertest.USD("20000"))
	f.Clock.Advance(ordertest.Day)
	f.OrderAt(order.PhaseReceived, ordertest.Contract{Coverage: order.CoveragePostDelivery})
	ledger := assurance.NewLedger(viewtest.Built(f.Store, assurance.LedgerView()))

	from, to := ordertest.Start.Add(ordertest.Day), ordertest.Start.Add(2*ordertest.Day)
	s, err := ledger.Statement(ctx, ordertest.Seller, ordertest.Seller.Account, ordertest.USD("0").Currency(), from, to, assurance.Page{})
	fmt.Println("opening: used", s.Opening.Used, "of", s.Opening.Limit)
	for _, m := range s.Movements {
		fmt.Println(m.Type, m.Used, "| used", m.After.Used)
	}
	fmt.Println("closing: used", s.Closing.Used, err)
	// Output:
	// opening: used 0.00 USD of 20000.00 USD
	// credit.held 6000.00 USD | used 6000.00 USD
	// credit.released -6000.00 USD | used 0.00 USD
	// closing: used 0.00 USD <nil>
}

// The history of an order as its buyer sees it: personal data is masked.
func ExampleTimeline() {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseSubmitted, ordertest.Contract{})

	moments, err := assurance.Timeline(ctx, f.Store, ordertest.Buyer, id)
	for _, m := range moments[:3] {
		fmt.Println(m.Version, m.Event.Kind(), "by the", m.By, m.Account)
	}
	fmt.Println(moments[1].Event.(order.BuyerEntered).Email, err)
	// Output:
	// 1 order.drafted by the seller s-acme
	// 2 order.buyer-entered by the seller s-acme
	// 3 order.buyer-matched by the seller s-acme
	// b***@buyer.example <nil>
}

// Reconcile compares every figure with the events: here a row of the board has been lost.
func ExampleReconcile() {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{Coverage: order.CoveragePostDelivery})
	store := viewtest.Built(f.Store, assurance.Views()...)
	scratch := func() projection.Store { return viewmemory.New() }
	fmt.Println(assurance.Reconcile(ctx, f.Store, store, scratch))

	board := assurance.BoardView()
	lost := projection.Row{projection.Text(id.String())}
	viewtest.Commit(t, store, board, projection.TableChange{Table: board.Tables[0], Delete: []projection.Row{lost}})
	d, ok := errors.AsType[*projection.DifferenceError](assurance.Reconcile(ctx, f.Store, store, scratch))
	fmt.Println(ok, d.View, d.Table, d.Key[0] == lost[0])
	// Output:
	// <nil>
	// true board orders true
}
