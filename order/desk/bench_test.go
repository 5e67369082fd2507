package desk_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// BenchmarkLife takes orders through their whole lives, one after the other: 22 commands each,
// entrustment and line included.
func BenchmarkLife(b *testing.B) {
	tr := inMemory(b).opened("10000000000 USD")
	before := must(tr.Store.Settled(context.Background()))
	b.ReportAllocs()
	for b.Loop() {
		tr.life("6000 USD", "2000 USD", order.CoveragePostDelivery)
	}
	written := must(tr.Store.Settled(context.Background())) - before
	b.ReportMetric(float64(written)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkPlace submits covered orders from 32 callers at once: all on the line of one seller,
// or each on a line of its own.
func BenchmarkPlace(b *testing.B) {
	for _, lines := range []int{1, 32} {
		b.Run(fmt.Sprintf("memory/lines=%d", lines), func(b *testing.B) {
			store := memory.New()
			b.Cleanup(func() { _ = store.Close() })
			place(b, store, drafts(b, store, lines))
		})
		b.Run(fmt.Sprintf("sqlite/lines=%d", lines), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "log.db")
			fast := must(sqlite.Open(context.Background(), path, sqlite.WithDurability(events.DurabilityProcess)))
			waiting := drafts(b, fast, lines)
			if err := fast.Close(); err != nil {
				b.Fatal(err)
			}
			store := must(sqlite.Open(context.Background(), path))
			b.Cleanup(func() { _ = store.Close() })
			place(b, store, waiting)
		})
	}
}

const callers = 32

// draft is an order that waits to be submitted by its seller.
type draft struct {
	by trade.Actor
	id trade.ID
}

// drafts prepares b.N orders of as many sellers as there are to be lines.
func drafts(b *testing.B, store events.Store, lines int) []draft {
	b.Helper()
	tr := newFixture(b, store)
	sellers := make([]trade.Actor, lines)
	for i := range sellers {
		s := trade.Actor{Role: trade.Seller, Account: trade.Account(fmt.Sprintf("s-%d", i))}
		tr.Do(s, desk.OnSeller(s.Account, seller.Activate{Route: seller.RouteConsole}))
		tr.Do(platform, desk.OnLine(s.Account, usd, credit.AssessLimit{Limit: money("1000000000000 USD")}))
		sellers[i] = s
	}
	list := make([]draft, b.N)
	inParallel(len(list), func(i int) {
		list[i] = draft{by: sellers[i%lines], id: trade.NewID()}
		tr.drafted(list[i].by, list[i].id, "6000 USD", "2000 USD", order.CoveragePostDelivery)
	})
	return list
}

func place(b *testing.B, store events.Store, list []draft) {
	b.Helper()
	tr := newFixture(b, store, desk.WithTimeout(time.Minute))
	b.ResetTimer()
	inParallel(len(list), func(i int) {
		_, err := tr.Desk.Do(context.Background(), desk.Command{
			ID: desk.NewID(), By: list[i].by, Do: desk.OnOrder(list[i].id, order.Submit{OneTouchAcknowledged: true}),
		})
		if err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// inParallel calls f for 0 to n-1 from as many callers as the benchmarks have.
func inParallel(n int, f func(i int)) {
	var (
		next atomic.Int64
		all  sync.WaitGroup
	)
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}

// BenchmarkReadOrder loads an order of a dozen events as it stands: from the cache, which the
// store confirms, and from the store alone.
func BenchmarkReadOrder(b *testing.B) {
	for _, kind := range []string{"memory", "sqlite"} {
		for _, cache := range []int{1000, 0} {
			name := map[int]string{1000: "warm", 0: "cold"}[cache]
			b.Run(kind+"/"+name, func(b *testing.B) {
				tr := inMemory(b, desk.WithCache(cache))
				if kind == "sqlite" {
					tr = onSQLite(b, desk.WithCache(cache))
				}
				tr.opened("10000 USD")
				id := tr.life("6000 USD", "2000 USD", order.CoveragePostDelivery)
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := tr.Desk.ReadOrder(context.Background(), platform, id); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
