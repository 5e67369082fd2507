package desk_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// TestIndexForgetsWhatEnded has a few thousand deadlines come and go beside a few that stay,
// with a Tick in between: what is due is always what a new desk would say.
func TestIndexForgetsWhatEnded(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	var stay []trade.ID
	for i := range 1200 {
		if i%50 == 0 {
			stay = append(stay, tr.placed("100 USD", "100 USD", order.CoverageNone))
			tr.after(time.Second)
		}
		id := tr.placed("1 USD", "1 USD", order.CoverageNone)
		if done := tr.tick(tr.Clock.Now()); len(done) != 0 {
			t.Fatalf("%+v", done)
		}
		tr.Do(acme, desk.OnOrder(id, order.Cancel{}))
	}
	for _, d := range []*desk.Desk{tr.Desk, newFixture(t, tr.Store).Desk} {
		if done, err := d.Tick(background, start.Add(30*day-1)); err != nil || len(done) != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	for i, id := range stay {
		due := start.Add(30*day + time.Duration(i)*time.Second)
		if done := tr.tick(due); len(done) != 1 || done[0].Order != id || !done[0].At.Equal(due) {
			t.Fatalf("at %s: %+v", due, done)
		}
	}
}

// TestIndexGoesOn has the context end while the index reads a log for the first time: it keeps
// what it has read.
func TestIndexGoesOn(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	const orders = 50
	for range orders {
		tr.placed("1 USD", "1 USD", order.CoverageNone)
	}
	store := &counting{Store: tr.Store}
	late := newFixture(t, store)
	now := start.Add(30 * day)
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithCancel(background)
		store.after, store.cancel = 120, cancel
		done, err := late.at(now).Desk.Tick(ctx, now)
		cancel()
		if err == nil {
			if len(done) == 0 || attempt < 3 {
				t.Fatalf("attempt %d: %d done", attempt, len(done))
			}
			break
		}
		if !errors.Is(err, context.Canceled) || attempt > 50 {
			t.Fatalf("attempt %d: %v", attempt, err)
		}
	}
	left := 0
	for r, err := range tr.Store.ReadAll(background, 0, events.Filter{Types: []string{order.KindClosed.String()}}) {
		if err != nil || r.Position == 0 {
			t.Fatal(err)
		}
		left++
	}
	if left != orders {
		t.Fatalf("%d closed, want %d", left, orders)
	}
}

// counting is a store that ends a context after so many records.
type counting struct {
	events.Store
	after  int
	cancel context.CancelFunc
}

func (c *counting) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range c.Store.ReadAll(ctx, after, f) {
			if c.after--; c.after == 0 {
				c.cancel()
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// BenchmarkFirstTick has a desk learn what is due from a log of that many orders, a tenth of
// which wait for something, and reports what it keeps in memory for those.
func BenchmarkFirstTick(b *testing.B) {
	store := memory.New()
	defer store.Close()
	tr := newFixture(b, store).opened("0 USD")
	template := tr.life("100 USD", "100 USD", order.CoverageNone)
	var life []events.Event
	for r, err := range store.Read(background, order.Stream(template), 0) {
		if err != nil {
			b.Fatal(err)
		}
		life = append(life, events.Event{Type: r.Type, Schema: r.Schema, At: r.At, Meta: r.Meta, Data: r.Data})
	}
	const orders = 70_000
	for i := range orders {
		n := len(life)
		if i%10 == 0 {
			n -= 2 // shipped, and nothing heard since
		}
		_, err := store.Append(background, events.Commit{ID: desk.NewID(), Batches: []events.Batch{
			{Stream: order.Stream(orderOfRound(i, 0)), Events: life[:n]},
		}})
		if err != nil {
			b.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		tr = newFixture(b, store, desk.WithCache(0))
		if done := tr.tick(start.Add(time.Hour)); len(done) != 0 {
			b.Fatal(len(done))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(orders/10), "B/waiting")
	b.ReportMetric(float64(must(store.Settled(background))), "events")
	if done := tr.tick(start.Add(time.Hour)); len(done) != 0 {
		b.Fatal(len(done))
	}
}
