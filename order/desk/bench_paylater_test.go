package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// history appends n events to a stream that is empty, in large commits.
func history[E any](t testing.TB, store events.Store, stream events.StreamID,
	encode func(buf []byte, e E) (string, uint16, []byte, error), n int, event func(i int) (E, time.Time)) {
	t.Helper()
	var (
		group   []events.Commit
		batch   []events.Event
		version events.Version
	)
	flush := func() {
		for _, o := range store.AppendEach(context.Background(), group) {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		group = nil
	}
	for i := range n {
		e, at := event(i)
		typ, schema, data, err := encode(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, events.Event{Type: typ, Schema: schema, At: at, Data: data})
		if len(batch) == 500 || i == n-1 {
			group = append(group, events.Commit{ID: desk.NewID(), Batches: []events.Batch{{Stream: stream, After: version, Events: batch}}})
			version += events.Version(len(batch))
			batch = nil
		}
		if len(group) == 8 {
			flush()
		}
	}
	flush()
}

// longLine is a store in which the line of the shop has that many events of history, all of whose
// orders are paid.
func longLine(t testing.TB, entries int) *memory.Store {
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	history(t, store, must(credit.Stream(credit.PayLater, shopkeeper.Account, cny)), credit.EncodeEvent, entries,
		func(i int) (credit.Event, time.Time) {
			n := (i + 1) / 2
			id := trade.ID{0: 3, 6: 0x70, 8: 0x80, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
			switch {
			case i == 0:
				return credit.LineOpened{Limit: fen(5000_00)}, start
			case i%2 == 1:
				return credit.QuotaDeducted{Order: id, Amount: fen(100_00)}, start
			default:
				return credit.QuotaRestored{Order: id, Amount: fen(100_00), Cause: credit.RestorePaid}, start
			}
		})
	return store
}

// crowdedFunds is a store in which that many credits of the shop wait, one a second, beside one
// that is available; its line is open.
func crowdedFunds(t testing.TB, waiting int) *memory.Store {
	store := longLine(t, 1)
	history(t, store, must(funds.Stream(shopkeeper.Account, cny)), funds.EncodeEvent, waiting+1,
		func(i int) (funds.Event, time.Time) {
			id := trade.ID{0: 4, 6: 0x70, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
			at := start.Add(time.Duration(i) * time.Second)
			if i == 0 {
				return funds.Credited{Order: id, Amount: fen(1_000_000_00), Repaid: fen(0), AvailableAt: at}, at
			}
			return funds.Credited{Order: id, Amount: fen(10_00), Repaid: fen(0), HoldDays: 7, AvailableAt: at.Add(7 * day)}, at
		})
	return store
}

// snapshot lets a desk that keeps snapshots write once to the line and once to the funds, if
// they have anything.
func snapshot(t testing.TB, store events.Store) {
	t.Helper()
	s := events.NewSnapshotter(8, func(stream events.StreamID, err error) { t.Errorf("%s: %v", stream, err) })
	tr := newFixture(t, store, desk.WithSnapshots(s)).at(start.Add(4 * time.Hour))
	tr.sold("1 CNY")
	s.Close()
}

// bare is a store that has no snapshots.
type bare struct{ events.Store }

// TestLoadOfALongHistory loads a line with many entries of history and funds with many waiting
// credits warm, from a snapshot, and without one: the state is the same.
func TestLoadOfALongHistory(t *testing.T) {
	entries, waiting := 200_001, 10_000
	if testing.Short() {
		entries, waiting = 20_001, 1_000
	}
	ctx := t.Context()
	for _, c := range []struct {
		name  string
		store *memory.Store
		load  func(tr *fixture) any
		touch func(tr *fixture)
	}{
		{"line", longLine(t, entries), func(tr *fixture) any { return tr.quota() }, func(tr *fixture) { tr.quota() }},
		{"funds", crowdedFunds(t, waiting), func(tr *fixture) any {
			b, _, err := tr.Desk.ReadFunds(ctx, platform, shopkeeper.Account, cny)
			if err != nil {
				t.Fatal(err)
			}
			return must(funds.Model().Save(nil, &b))
		}, func(tr *fixture) { tr.funds() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshot(t, c.store)
			warm, cold, lost := newFixture(t, c.store), newFixture(t, c.store, desk.WithCache(0)), newFixture(t, bare{c.store}, desk.WithCache(0))
			want := c.load(lost)
			for name, tr := range map[string]*fixture{"warm": warm, "from a snapshot": cold} {
				if got := c.load(tr); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s it is %.500s, a replay gives %.500s", name, got, want)
				}
			}
			// How long it takes is for the benchmarks to judge; the best of a few tries is what it
			// takes when nobody else is at work.
			t.Logf("warm %s, from a snapshot %s", best(30, func() { c.touch(warm) }), best(30, func() { c.touch(cold) }))
		})
	}
}

func best(tries int, f func()) time.Duration {
	least := time.Hour
	for range tries {
		begin := time.Now()
		f()
		least = min(least, time.Since(begin))
	}
	return least
}

// forgetful is a store that loses its snapshots at some point.
type forgetful struct {
	*memory.Store
	lost bool
}

func (s *forgetful) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	if s.lost {
		return events.Snapshot{}, false, nil
	}
	return s.Store.LatestSnapshot(ctx, stream, fold)
}

// TestSnapshotsOnOffAndLost plays one history on a store that keeps snapshots, on one that has
// none, and on one that loses them midway: the merchant ends alike (I28).
func TestSnapshotsOnOffAndLost(t *testing.T) {
	var (
		ends [][]byte
		mine = &forgetful{Store: memory.New()}
	)
	for _, store := range []events.Store{memory.New(), bare{memory.New()}, mine} {
		s := events.NewSnapshotter(100, func(stream events.StreamID, err error) { t.Errorf("%s: %v", stream, err) })
		tr := newFixture(t, store, desk.WithCache(0), desk.WithSnapshots(s)).openShop("5000 CNY")
		for i := range 300 {
			id := orderOfRound(i, 0)
			tr.after(time.Hour).Do(shopper, desk.OnPayLater(id, placing(shopkeeper, "100 CNY")))
			tr.Do(shopper, desk.OnPayLater(id, paylater.Pay{Reference: fmt.Sprint("P-", i), Amount: money("100 CNY")}))
			if i%3 == 0 {
				tr.on(id, paylater.Refund{Amount: money("30 CNY")})
			}
			if i > 200 && i%40 == 0 {
				tr.Do(shopkeeper, withdrawal(fmt.Sprint("W-", i), "500 CNY"))
			}
			mine.lost = i > 250
		}
		s.Close()
		if kept, ok := store.(events.Snapshots); ok {
			mine.lost = false
			_, found, err := kept.LatestSnapshot(t.Context(), must(credit.Stream(credit.PayLater, shopkeeper.Account, cny)), credit.Model(credit.PayLater).Fold)
			if err != nil || !found {
				t.Fatalf("no snapshot was saved: %v", err)
			}
		}
		l, b := tr.quota(), must2(tr.Desk.ReadFunds(t.Context(), platform, shopkeeper.Account, cny))
		ends = append(ends, append(must(credit.Model(credit.PayLater).Save(nil, &l)), must(funds.Model().Save(nil, &b))...))
		tr.audit()
		_ = store.Close()
	}
	for _, end := range ends[1:] {
		if !bytes.Equal(end, ends[0]) {
			t.Errorf("%s\n%s", ends[0], end)
		}
	}
}

// BenchmarkQuotaLoad reads a line of a million entries of history: from the cache, which the
// store confirms, from a snapshot, and by a replay.
func BenchmarkQuotaLoad(b *testing.B) {
	store := longLine(b, 1_000_001)
	snapshot(b, store)
	loads(b, store, func(tr *fixture) { _ = tr.quota() })
}

// BenchmarkFundsLoad does the same with funds on which credits wait.
func BenchmarkFundsLoad(b *testing.B) {
	for _, waiting := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			store := crowdedFunds(b, waiting)
			snapshot(b, store)
			loads(b, store, func(tr *fixture) { _ = tr.funds() })
		})
	}
}

func loads(b *testing.B, store *memory.Store, load func(tr *fixture)) {
	for _, kind := range []struct {
		name string
		on   events.Store
		kept int
	}{{"warm", store, 100}, {"snapshot", store, 0}, {"replay", bare{store}, 0}} {
		b.Run(kind.name, func(b *testing.B) {
			tr := newFixture(b, kind.on, desk.WithCache(kind.kept)).at(start.Add(4 * time.Hour))
			if kind.kept > 0 {
				load(tr)
			}
			b.ReportAllocs()
			for b.Loop() {
				load(tr)
			}
		})
	}
}

// BenchmarkQuotaNext places orders on a line with so many entries of history, and cancels them.
func BenchmarkQuotaNext(b *testing.B) {
	for _, entries := range []int{1, 1_000_001} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			tr := newFixture(b, longLine(b, entries))
			_ = tr.quota()
			b.ReportAllocs()
			for b.Loop() {
				tr.on(tr.place("100 CNY"), paylater.Cancel{})
			}
		})
	}
}

// BenchmarkFundsNext takes money out of funds on which so many credits wait.
func BenchmarkFundsNext(b *testing.B) {
	for _, waiting := range []int{1, 1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			tr := newFixture(b, crowdedFunds(b, waiting)).at(start.Add(4 * time.Hour))
			_ = tr.funds()
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i++
				tr.Do(shopkeeper, withdrawal(fmt.Sprint("W-", i), "0.01 CNY"))
			}
		})
	}
}

// BenchmarkPayLaterLife takes pay-later orders of one merchant from their placing to the payment:
// four commands and eight facts on three streams.
func BenchmarkPayLaterLife(b *testing.B) {
	tr := shop(b, "5000 CNY")
	b.ReportAllocs()
	for b.Loop() {
		tr.pay(tr.received("100 CNY"), "100 CNY")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
