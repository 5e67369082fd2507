package paylater_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	views "github.com/tradesurety/surety/projection/paylater"
)

// asked has every question to the views.
func asked(t *testing.T, store projection.Store, log events.Store, id trade.ID, by trade.Actor, merchant, buyer trade.Account, at time.Time, p views.Page) map[string]struct {
	err   error
	found bool
} {
	t.Helper()
	ctx, x, f := t.Context(), views.NewExposure(store), views.NewFunds(store)
	answers := make(map[string]struct {
		err   error
		found bool
	})
	answer := func(name string, found bool, err error) {
		answers[name] = struct {
			err   error
			found bool
		}{err, found}
	}
	orders, _, err := views.NewBoard(store).List(ctx, by, views.BoardFilter{}, p)
	answer("board", len(orders) > 0, err)
	lines, err := x.Lines(ctx, by, merchant)
	answer("lines", len(lines) > 0, err)
	uses, err := x.Largest(ctx, by, merchant, cny, 0)
	answer("largest", len(uses) > 0, err)
	uses, err = x.Forecast(ctx, by, merchant, cny, at.Add(9*day), 0)
	answer("forecast", len(uses) > 0, err)
	owed, err := x.Buyer(ctx, by, buyer)
	answer("buyer", len(owed) > 0, err)
	quota, err := views.NewQuota(store).Statement(ctx, by, merchant, cny, time.Time{}, time.Time{}, p)
	answer("quota", len(quota.Movements) > 0 || quota.Closing != (views.QuotaFigures{}), err)
	_, found, err := f.Balance(ctx, by, merchant, cny, at)
	answer("balance", found, err)
	waiting, _, err := f.Waiting(ctx, by, merchant, cny, at, p)
	answer("waiting", len(waiting) > 0, err)
	statement, err := f.Statement(ctx, by, merchant, cny, time.Time{}, time.Time{}, p)
	answer("statement", len(statement.Movements) > 0 || statement.Closing != (views.FundsFigures{}), err)
	withdrawn, _, err := f.Withdrawals(ctx, by, merchant, cny, p)
	answer("withdrawals", len(withdrawn) > 0, err)
	moments, err := views.Timeline(ctx, log, by, id)
	answer("timeline", len(moments) > 0, err)
	return answers
}

// TestWhoSeesWhat asks every question as every actor.
func TestWhoSeesWhat(t *testing.T) {
	w, store := newWorld(t).play(), viewmemory.New()
	w.catchUp(store, views.Views())
	id := w.orders[2]
	of := []string{"lines", "largest", "forecast", "quota", "balance", "waiting", "statement", "withdrawals"}
	for _, c := range []struct {
		by   trade.Actor
		sees []string
	}{
		{platform, append([]string{"board", "buyer", "timeline"}, of...)},
		{system, append([]string{"board", "buyer", "timeline"}, of...)},
		{lin, append([]string{"board", "buyer", "timeline"}, of...)},
		{mei, []string{"board", "buyer", "timeline"}},
		{zhou, nil},
		{tom, nil},
		{stranger, nil},
		{trade.Actor{Role: trade.Seller, Account: mei.Account}, nil},
		{trade.Actor{Role: trade.Buyer, Account: lin.Account}, nil},
	} {
		sees := make(map[string]bool)
		for _, name := range c.sees {
			sees[name] = true
		}
		for name, a := range asked(t, store, w.log, id, c.by, lin.Account, mei.Account, w.clock, views.Page{}) {
			if a.err != nil || a.found != sees[name] {
				t.Errorf("%s %s sees of the %s: %t, %v", c.by.Role, c.by.Account, name, a.found, a.err)
			}
		}
	}
}

// TestBadQuestions asks malformed questions.
func TestBadQuestions(t *testing.T) {
	w, store := newWorld(t).play(), viewmemory.New()
	id := w.orders[0]
	for name, a := range asked(t, store, w.log, id, platform, lin.Account, mei.Account, w.clock, views.Page{}) {
		if name != "timeline" && !errors.Is(a.err, projection.ErrNotPrepared) {
			t.Errorf("%s, which no worker has built, gives %v", name, a.err)
		}
	}
	w.catchUp(store, views.Views())
	invalid := func(name string, err error) {
		t.Helper()
		if _, ok := errors.AsType[*trade.InvalidError](err); !ok {
			t.Errorf("%s: the error is %v, want an *trade.InvalidError", name, err)
		}
	}
	for _, by := range []trade.Actor{{}, {Role: trade.Seller}, {Role: trade.Desk}, {Role: trade.Buyer, Account: "a/b"}} {
		for name, a := range asked(t, store, w.log, id, by, lin.Account, mei.Account, w.clock, views.Page{}) {
			invalid(name, a.err)
		}
	}
	for name, a := range asked(t, store, w.log, id, platform, "a b", "a b", time.Time{}, views.Page{}) {
		if name != "board" && name != "timeline" {
			invalid(name, a.err)
		}
	}
	f := views.NewFunds(store)
	for _, at := range []time.Time{{}, trade.MaxInstant.Add(1)} {
		_, _, err := f.Balance(t.Context(), lin, lin.Account, cny, at)
		invalid("balance", err)
		_, _, err = f.Waiting(t.Context(), lin, lin.Account, cny, at, views.Page{})
		invalid("waiting", err)
	}
	for _, after := range []string{"x", "/", "1/x", "1/2/3", "1/2/" + id.String() + "/", id.String() + " ", "9223372036854775808/1", "1/1/1/1"} {
		for name, a := range asked(t, store, w.log, id, platform, lin.Account, mei.Account, w.clock, views.Page{After: after}) {
			switch name {
			case "board", "quota", "waiting", "statement", "withdrawals":
				invalid(name+" after "+after, a.err)
			}
		}
	}
	_, _, err := views.NewBoard(store).List(t.Context(), platform, views.BoardFilter{ByDeadline: true}, views.Page{After: id.String()})
	invalid("board by deadline", err)
	for name, a := range asked(t, store, w.log, id, platform, lin.Account, mei.Account, w.clock, views.Page{Limit: projection.MaxLimit + 1}) {
		switch name {
		case "board", "quota", "waiting", "statement", "withdrawals":
			if _, ok := errors.AsType[*projection.QueryError](a.err); !ok {
				t.Errorf("%s: a page that is too long gives %v", name, a.err)
			}
		}
	}
	// An unknown account, and an empty period.
	if _, found, err := f.Balance(t.Context(), zhou, zhou.Account, usd, w.clock); err != nil || found {
		t.Errorf("a balance that is not there is found: %t, %v", found, err)
	}
	for _, c := range []trade.Currency{cny, usd} {
		s, err := f.Statement(t.Context(), lin, lin.Account, c, w.clock, start, views.Page{})
		if err != nil || len(s.Movements) > 0 || s.Opening != s.Closing {
			t.Errorf("a period that ends before it begins: %+v, %v", s, err)
		}
	}
}

// TestTimeline reads histories as every actor who may see them.
func TestTimeline(t *testing.T) {
	w := newWorld(t).trade(200).play()
	for _, o := range w.replayed() {
		var records []events.Record
		w.records(paylater.Stream(o.ID), func(r *events.Record) { records = append(records, *r) })
		for _, by := range []trade.Actor{platform, system, lin, zhou, mei, tom, stranger} {
			moments, err := views.Timeline(t.Context(), w.log, by, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			if want := len(records); !o.VisibleTo(by) && len(moments) > 0 || o.VisibleTo(by) && len(moments) != want {
				t.Fatalf("%s sees %d facts of %d", by.Account, len(moments), want)
			}
			for i, m := range moments {
				if m.Version != records[i].Version || !m.At.Equal(records[i].At) || m.Event.Kind().String() != records[i].Type {
					t.Fatalf("%+v is the moment of %+v", m, records[i])
				}
				if m.Account == platform.Account && by.Role != trade.Platform {
					t.Errorf("%s sees an account of the platform", by.Account)
				}
				if m.Command == "" || m.Command == "place" && m.Account != o.Buyer {
					t.Errorf("%s sees that %q issued %q", by.Account, m.Account, m.Command)
				}
			}
			if n := len(moments); n > 0 && moments[n-1].Phase != o.Phase {
				t.Errorf("the history ends in phase %s, want %s", moments[n-1].Phase, o.Phase)
			}
		}
	}
}

// TestEventsHaveNoPersonalData looks in the source of package order/paylater for fields that can hold
// personal data: a timeline masks none.
func TestEventsHaveNoPersonalData(t *testing.T) {
	structs, kinds := viewtest.Structs(t, "../../order/paylater", "../../order/trade")
	found := 0
	for name := range kinds {
		if name == "Kind" {
			continue
		}
		for _, f := range structs[name] {
			found++
			switch f.Name {
			case "Reason", "Reference": // texts of the parties and the platform
			case "Buyer", "Merchant": // accounts of the platform
			default:
				if f.Type == "string" {
					t.Errorf("%s.%s is a text that a timeline would show", name, f.Name)
				}
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d fields were found in the source", found)
	}
}

// TestOneStoreForBoth holds that the views of both kinds of orders have names of their own.
func TestOneStoreForBoth(t *testing.T) {
	names := make(map[string]bool)
	for _, v := range append(assurance.Views(), views.Views()...) {
		if _, err := v.Schema(); err != nil || names[v.Name] {
			t.Errorf("view %s is there twice, or not well formed: %v", v.Name, err)
		}
		names[v.Name] = true
	}
}

func TestPlatformStatus(t *testing.T) {
	amount := trade.Minor(100, cny)
	for _, c := range []struct {
		order paylater.Order
		want  string
	}{
		{paylater.Order{}, ""},
		{paylater.Order{Phase: paylater.PhasePlaced}, "WAIT_SELLER_SEND_GOODS"},
		{paylater.Order{Phase: paylater.PhasePrepaid, Paid: amount}, "WAIT_SELLER_SEND_GOODS"},
		{paylater.Order{Phase: paylater.PhaseShipped}, "WAIT_BUYER_CONFIRM_GOODS"},
		{paylater.Order{Phase: paylater.PhasePrepaidShipped, Paid: amount}, "WAIT_BUYER_CONFIRM_GOODS"},
		{paylater.Order{Phase: paylater.PhaseReceived}, "WAIT_BUYER_PAY"},
		{paylater.Order{Phase: paylater.PhaseOverdue}, "WAIT_BUYER_PAY"},
		{paylater.Order{Phase: paylater.PhasePaid, Paid: amount}, "TRADE_FINISHED"},
		{paylater.Order{Phase: paylater.PhasePaid, Paid: amount, Refunded: trade.Minor(99, cny)}, "TRADE_FINISHED"},
		{paylater.Order{Phase: paylater.PhasePaid, Paid: amount, Refunded: amount}, "TRADE_CLOSED"},
		{paylater.Order{Phase: paylater.PhaseCancelled}, "TRADE_CLOSED"},
		{paylater.Order{Phase: paylater.PhaseWrittenOff}, "TRADE_CLOSED"},
	} {
		if got := views.PlatformStatus(&c.order); got != c.want {
			t.Errorf("%s, of which %s was paid and %s refunded, is %q, want %q", c.order.Phase, c.order.Paid, c.order.Refunded, got, c.want)
		}
	}
}

// TestReconcile plants wrong rows in every table and expects each to be found.
func TestReconcile(t *testing.T) {
	w, store := newWorld(t).play(), viewmemory.New()
	scratch := func() projection.Store { return viewmemory.New() }
	if err := views.Reconcile(t.Context(), w.log, store, scratch); !errors.Is(err, projection.ErrNotPrepared) {
		t.Fatalf("without views the error is %v", err)
	}
	w.catchUp(store, views.Views())
	viewtest.Reconciles(t, w.log, store, views.Views())
	if err := views.Reconcile(t.Context(), w.log, store, scratch); err != nil {
		t.Fatal(err)
	}
}

// TestReconcileComparesSums writes streams that contradict each other, without the desk, and expects
// the differences to be found.
func TestReconcileComparesSums(t *testing.T) {
	id := trade.NewID()
	amount := trade.Minor(70_00, cny)
	for _, c := range []struct {
		figure string
		stream func(w *world) events.StreamID
		event  func(w *world) (string, uint16, []byte, error)
		want   views.SumError
	}{
		{"used", func(*world) events.StreamID { return paylater.Stream(id) }, func(*world) (string, uint16, []byte, error) {
			return paylater.EncodeEvent(nil, paylater.Placed{Buyer: "b-mei", Merchant: "m-zhou", Amount: amount})
		}, views.SumError{Figure: "used", Merchant: "m-zhou", Currency: cny, Kept: 0, Orders: 7000}},
		{"overdue", func(w *world) events.StreamID { return paylater.Stream(w.orders[2]) }, func(w *world) (string, uint16, []byte, error) {
			return paylater.EncodeEvent(nil, paylater.MarkedOverdue{Amount: w.order(w.orders[2]).Outstanding})
		}, views.SumError{Figure: "overdue", Merchant: "m-lin", Currency: cny, Kept: 1, Orders: 2}},
		{"quota", func(*world) events.StreamID { return must(credit.Stream(credit.PayLater, zhou.Account, cny)) }, func(*world) (string, uint16, []byte, error) {
			return credit.EncodeEvent(nil, credit.QuotaDeducted{Order: id, Amount: amount})
		}, views.SumError{Figure: "used", Merchant: "m-zhou", Currency: cny, Kept: 7000, Orders: 0}},
		{"credited", func(*world) events.StreamID { return must(funds.Stream(zhou.Account, cny)) }, func(w *world) (string, uint16, []byte, error) {
			return funds.EncodeEvent(nil, funds.Credited{Order: id, Amount: amount, Repaid: trade.Minor(0, cny), AvailableAt: w.clock})
		}, views.SumError{Figure: "credited", Merchant: "m-zhou", Currency: cny, Kept: 7000, Orders: 0}},
		{"refunded", func(w *world) events.StreamID { return paylater.Stream(w.orders[0]) }, func(*world) (string, uint16, []byte, error) {
			return paylater.EncodeEvent(nil, paylater.RefundMade{Amount: amount})
		}, views.SumError{Figure: "refunded", Merchant: "m-lin", Currency: cny, Kept: 4000, Orders: 11000}},
	} {
		t.Run(c.figure, func(t *testing.T) {
			w, store := newWorld(t).play(), viewmemory.New()
			stream := c.stream(w)
			after := events.Version(0)
			w.records(stream, func(r *events.Record) { after = r.Version })
			typ, schema, data, err := c.event(w)
			if err == nil {
				_, err = w.log.Append(t.Context(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
					Stream: stream, After: after, Events: []events.Event{{Type: typ, Schema: schema, At: w.clock, Data: data}},
				}}})
			}
			if err != nil {
				t.Fatal(err)
			}
			w.catchUp(store, views.Views())
			err = views.Reconcile(t.Context(), w.log, store, func() projection.Store { return viewmemory.New() })
			sum, ok := errors.AsType[*views.SumError](err)
			if !ok || *sum != c.want || sum.Error() == "" {
				t.Fatalf("the error is %+v, want %+v", err, c.want)
			}
		})
	}
}
