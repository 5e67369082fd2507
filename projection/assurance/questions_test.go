package assurance_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// TestTickOnDeadlines runs two desks on copies of one world, one with the deadlines of a view and
// one with its own index, and requires them to do the same.
func TestTickOnDeadlines(t *testing.T) {
	viewtest.Stores(t, func(t *testing.T, store projection.Store) {
		w := newWorld(t)
		w.trade(200)
		w.catchUp(store, []*projection.View{assurance.DeadlinesView()})
		clock := func() time.Time { return w.clock }
		byView := must(desk.New(w.log, desk.WithSources(desk.DemoSources()), desk.WithClock(clock), desk.WithDeadlines(assurance.NewDeadlines(store))))
		w.clock = w.clock.Add(40 * day)
		done, err := byView.Tick(context.Background(), w.clock)
		if err != nil || len(done) == 0 {
			t.Fatalf("the tick did %v: %v", done, err)
		}
		for _, d := range done {
			if d.Err != nil {
				t.Errorf("%+v", d)
			}
		}
		if rest, err := w.desk.Tick(context.Background(), w.clock); err != nil || len(rest) != 0 {
			t.Fatalf("the view has left over %+v: %v", rest, err)
		}
		w.catchUp(store, []*projection.View{assurance.DeadlinesView()})
		w.checkDeadlines(store)
	})
}

// TestBadQuestions asks malformed questions, and questions by actors who may not see the answer.
func TestBadQuestions(t *testing.T) {
	w, store, ctx := newWorld(t).trade(80), viewmemory.New(), context.Background()
	board, exposure, ledger := assurance.NewBoard(store), assurance.NewExposure(store), assurance.NewLedger(store)
	_, _, err := board.List(ctx, platform, assurance.BoardFilter{}, assurance.Page{})
	if !errors.Is(err, projection.ErrNotPrepared) {
		t.Errorf("a board that no worker has built gives %v", err)
	}
	w.catchUp(store, assurance.Views())
	invalid := func(err error) {
		t.Helper()
		if _, ok := errors.AsType[*trade.InvalidError](err); !ok {
			t.Errorf("the error is %v, want an *trade.InvalidError", err)
		}
	}
	for _, by := range []trade.Actor{{}, {Role: trade.Seller}, {Role: trade.Desk}, {Role: trade.Buyer, Account: "a/b"}} {
		_, _, err := board.List(ctx, by, assurance.BoardFilter{}, assurance.Page{})
		invalid(err)
		_, err = exposure.Lines(ctx, by, acme.Account)
		invalid(err)
		_, err = exposure.Buyer(ctx, by, bruno.Account, w.clock)
		invalid(err)
		_, err = ledger.Statement(ctx, by, acme.Account, usd, time.Time{}, time.Time{}, assurance.Page{})
		invalid(err)
		_, err = assurance.Timeline(ctx, w.log, by, w.orders[0])
		invalid(err)
	}
	for _, after := range []string{"x", "1/2", "/", w.orders[0].String() + " ", "9223372036854775808/1"} {
		_, _, err := board.List(ctx, platform, assurance.BoardFilter{ByDeadline: len(after)%2 == 0}, assurance.Page{After: after})
		invalid(err)
	}
	for _, after := range []string{"x", "1", "/", "1/x"} {
		_, err := ledger.Statement(ctx, platform, acme.Account, usd, time.Time{}, time.Time{}, assurance.Page{After: after})
		invalid(err)
	}
	_, err = exposure.Lines(ctx, platform, "")
	invalid(err)
	_, err = exposure.Buyer(ctx, platform, "a b", w.clock)
	invalid(err)
	_, _, err = board.List(ctx, platform, assurance.BoardFilter{}, assurance.Page{Limit: projection.MaxLimit + 1})
	if _, ok := errors.AsType[*projection.QueryError](err); !ok {
		t.Errorf("a page that is too long gives %v", err)
	}
	zero := assurance.Figures{Limit: trade.Minor(0, usd), Used: trade.Minor(0, usd), Consumed: trade.Minor(0, usd)}
	if s, err := ledger.Statement(ctx, acme, acme.Account, usd, time.Time{}, start.Add(-1), assurance.Page{}); err != nil || s.Opening != zero || s.Closing != zero {
		t.Errorf("before its first event a line was %+v: %v", s, err)
	}
	if list, err := exposure.Lines(ctx, orient, acme.Account); err != nil || len(list) > 0 {
		t.Errorf("another seller sees %v: %v", list, err)
	}
	if list, err := exposure.Buyer(ctx, stranger, bruno.Account, w.clock); err != nil || len(list) > 0 {
		t.Errorf("a buyer sees of another one %v: %v", list, err)
	}
	if list, err := exposure.Largest(ctx, bruno, acme.Account, usd, 5); err != nil || len(list) > 0 {
		t.Errorf("a buyer sees of a line %v: %v", list, err)
	}
	if s, err := ledger.Statement(ctx, orient, acme.Account, usd, time.Time{}, time.Time{}, assurance.Page{}); err != nil || len(s.Movements) > 0 || s.Closing != (assurance.Figures{}) {
		t.Errorf("another seller sees %v: %v", s, err)
	}
}

// TestDeadlinesOfBrokenOrders parks an order that cannot be read, and expects it to be reported.
func TestDeadlinesOfBrokenOrders(t *testing.T) {
	w, store, ctx := newWorld(t).trade(100), viewmemory.New(), context.Background()
	id := trade.NewID()
	_, err := w.log.Append(ctx, events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
		Stream: order.Stream(id), Events: []events.Event{{Type: "order.unheard-of", Schema: 1, At: w.clock, Data: []byte("{}")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.catchUp(store, []*projection.View{assurance.DeadlinesView()}, projection.OnPoison(projection.Park))
	d := must(desk.New(w.log, desk.WithSources(desk.DemoSources()), desk.WithDeadlines(assurance.NewDeadlines(store))))
	done, err := d.Tick(ctx, w.clock.Add(100*day))
	broken, ok := errors.AsType[*events.CorruptError](err)
	if !ok || broken.Stream != order.Stream(id) || len(done) < 2 {
		t.Fatalf("the tick did %d things: %v", len(done), err)
	}
}

// TestReconcile plants wrong rows in every table and expects each to be found.
func TestReconcile(t *testing.T) {
	w, store := newWorld(t), viewmemory.New()
	w.submitted()
	w.catchUp(store, assurance.Views())
	viewtest.Reconciles(t, w.log, store, assurance.Views())
}

// submitted writes an order that holds quota and waits for its buyer.
func (w *world) submitted() trade.ID {
	w.Helper()
	for {
		id := w.draft(acme)
		w.ask(acme, desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true}))
		if o := w.order(id); o.Hold.Status == order.HoldOpen {
			return id
		}
	}
}

// TestReconcileComparesSums writes an order with a hold that its line does not have, without the
// desk, and expects the difference to be found.
func TestReconcileComparesSums(t *testing.T) {
	w, store, ctx := newWorld(t), viewmemory.New(), context.Background()
	scratch := func() projection.Store { return viewmemory.New() }
	if err := assurance.Reconcile(ctx, w.log, store, scratch); !errors.Is(err, projection.ErrNotPrepared) {
		t.Fatalf("without views the error is %v", err)
	}
	id := w.submitted()
	w.catchUp(store, assurance.Views())
	if err := assurance.Reconcile(ctx, w.log, store, scratch); err != nil {
		t.Fatal(err)
	}
	b := events.Batch{Stream: order.Stream(trade.NewID())}
	for r, err := range w.log.Read(ctx, order.Stream(id), 0) {
		if err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, events.Event{Type: r.Type, Schema: r.Schema, At: r.At, Meta: r.Meta, Data: r.Data})
	}
	if _, err := w.log.Append(ctx, events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	w.catchUp(store, assurance.Views())
	err := assurance.Reconcile(ctx, w.log, store, scratch)
	if sum, ok := errors.AsType[*assurance.SumError](err); !ok || sum.Seller != acme.Account || sum.Holding != sum.Holds+1 {
		t.Fatalf("the error is %v", err)
	}
}
