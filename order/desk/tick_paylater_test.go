package desk_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestTickPayLater leads orders that nobody acts on to their end: each step at its instant and
// not a nanosecond before, with what it writes.
func TestTickPayLater(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(tr *fixture, id trade.ID)
		steps   []string // the kinds of deadlines, in their order
		end     paylater.Phase
	}{
		"silent buyer": {func(*fixture, trade.ID) {}, []string{"receipt", "charge", "overdue"}, paylater.PhaseOverdue},
		"put off":      {func(tr *fixture, id trade.ID) { tr.on(id, paylater.ExtendReceipt{}) }, []string{"receipt", "charge", "overdue"}, paylater.PhaseOverdue},
		"prepaid":      {func(tr *fixture, id trade.ID) { tr.pay(id, "100 CNY") }, []string{"receipt"}, paylater.PhasePaid},
		"received":     {func(tr *fixture, id trade.ID) { tr.on(id, paylater.ConfirmReceipt{}) }, []string{"charge", "overdue"}, paylater.PhaseOverdue},
		"returned":     {func(tr *fixture, id trade.ID) { tr.on(id, paylater.Return{}) }, nil, paylater.PhaseCancelled},
		"after-sales": {func(tr *fixture, id trade.ID) {
			tr.on(id, paylater.ConfirmReceipt{}, paylater.OpenAfterSales{})
			tr.after(5*day).on(id, paylater.CloseAfterSales{})
		}, []string{"charge", "overdue"}, paylater.PhaseOverdue},
		"after-sales for ever": {func(tr *fixture, id trade.ID) {
			tr.on(id, paylater.ConfirmReceipt{}, paylater.OpenAfterSales{})
		}, []string{"charge", "overdue"}, paylater.PhaseOverdue}, // its pause ends after 30 days (D66)
	} {
		t.Run(name, func(t *testing.T) {
			tr := shop(t, "5000 CNY")
			id := tr.place("100 CNY")
			if done := tr.tick(tr.Clock.Now().Add(1000 * day)); len(done) != 0 {
				t.Fatalf("an order that was not shipped waits for the merchant: %+v", done)
			}
			tr.at(start).on(id, paylater.Ship{})
			c.prepare(tr, id)
			for _, kind := range c.steps {
				o := tr.PayLaterOrder(id)
				due, runs := o.Deadline()
				if !runs || due.Kind != kind {
					t.Fatalf("%+v runs, want %s", due, kind)
				}
				if done := tr.tick(due.At.Add(-1)); len(done) != 0 {
					t.Fatalf("a nanosecond before %s: %+v", kind, done)
				}
				done := tr.tick(due.At)
				if got := kindOf(t, done, id); got != kind || !done[0].At.Equal(due.At) {
					t.Fatalf("at the time of %s: %+v", kind, done)
				}
			}
			if done := tr.tick(tr.Clock.Now().Add(1000 * day)); len(done) != 0 {
				t.Fatalf("at the end: %+v", done)
			}
			tr.stands(id, c.end)
		})
	}
}

// TestTickPayLaterLate: receipt counts from when Tick came, and payment is due a day after that.
func TestTickPayLaterLate(t *testing.T) {
	tr := shop(t, "5000 CNY")
	id := tr.place("100 CNY")
	tr.on(id, paylater.Ship{})
	late := start.Add(40*day + 5*time.Hour)
	if got := kindOf(t, tr.tick(late), id); got != "receipt" {
		t.Fatal(got)
	}
	if o := tr.PayLaterOrder(id); !o.ReceivedAt.Equal(late) || !o.DueAt.Equal(late.Add(day)) {
		t.Fatalf("received %s, due %s", o.ReceivedAt, o.DueAt)
	}
	if done := tr.tick(late); len(done) != 0 {
		t.Fatalf("%+v", done)
	}
}

// TestTickMeetsABuyer has the buyer pay between the moment at which Tick learned what is due and
// that at which it acts.
func TestTickMeetsABuyer(t *testing.T) {
	tr := shop(t, "5000 CNY")
	var due fixed
	var ids []trade.ID
	for range 2 {
		id := tr.received("100 CNY")
		ids = append(ids, id)
		o := tr.PayLaterOrder(id)
		x := desk.Due{Order: id, At: o.DueAt.Add(1), Kind: "overdue", Do: desk.OnPayLater(id, paylater.MarkOverdue{})}
		due = append(due, x)
	}
	late := newFixture(t, tr.Store, desk.WithDeadlines(due))
	tr.at(due[0].At).pay(ids[0], "100 CNY")
	done := late.tick(due[0].At)
	if len(done) != 2 || !refusedBy(done[0].Err, rule.D47) || done[1].Err != nil {
		t.Fatalf("%+v", done)
	}
	tr.stands(ids[0], paylater.PhasePaid)
	tr.stands(ids[1], paylater.PhaseOverdue)
	if l := tr.quota(); l.Overdue != 1 || l.OpenHolds != 1 {
		t.Fatalf("%d of %d orders are overdue", l.Overdue, l.OpenHolds)
	}
}

// TestTickPayLaterTwiceAtOnce has two desks, each with a store of its own on one file, do what is
// due at the same time, each of them twice: assurance orders and pay-later orders of one log.
func TestTickPayLaterTwiceAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	open := func() *fixture {
		return newFixture(t, openFile(t, path), terms(func(p *paylater.Policy) { p.FreezeAfterOverdue = 3 }))
	}
	tr, other := open(), open()
	tr.opened("10000 USD").openShop("5000 CNY")
	var ids []trade.ID
	for range 20 {
		ids = append(ids, tr.received("100 CNY"))
	}
	assurance := tr.placed("100 USD", "100 USD", order.CoverageNone)
	tr.tick(start.Add(day)) // the charges
	before := must(tr.Store.Settled(context.Background()))
	now := start.Add(30 * day)
	var all sync.WaitGroup
	for _, side := range []*fixture{tr, tr, other, other} {
		all.Go(func() {
			done, err := side.Desk.Tick(context.Background(), now)
			for _, d := range done {
				if d.Err != nil && !refusedBy(d.Err, rule.D47) && !refusedBy(d.Err, rule.D28) {
					t.Error(d.Err)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		tr.stands(id, paylater.PhaseOverdue)
	}
	tr.phase(assurance, order.PhaseClosed)
	if l := tr.quota(); l.Overdue != 20 || len(l.Freezes) != 1 {
		t.Fatalf("%d overdue, frozen for %v", l.Overdue, l.Freezes)
	}
	if wrote := must(tr.Store.Settled(context.Background())) - before; wrote != 2*20+1+1 {
		t.Fatalf("%d events, want two of each of 20 orders, one freeze and one close", wrote)
	}
}

// TestTickPayLaterInOrder has orders of both kinds be due: they come by instant and then by
// stream.
func TestTickPayLaterInOrder(t *testing.T) {
	tr := shop(t, "5000 CNY").opened("10000 USD")
	for i := range 20 {
		id := tr.place("1 CNY")
		tr.on(id, paylater.Ship{})
		if i%3 == 0 {
			tr.placed("1 USD", "1 USD", order.CoverageNone)
			tr.after(time.Second)
		}
	}
	done := tr.tick(tr.Clock.Now().Add(30 * day))
	if len(done) != 27 || !slices.IsSortedFunc(done, func(a, b desk.Ticked) int { return a.At.Compare(b.At) }) {
		t.Fatalf("%d done", len(done))
	}
	for _, d := range done {
		if d.Err != nil || d.Kind != "receipt" && d.Kind != "confirm" {
			t.Fatalf("%+v", d)
		}
	}
}
