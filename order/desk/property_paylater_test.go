package desk_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// rapidMarket is a market in memory for one run of a property, whose merchants have lines.
func rapidMarket(t testing.TB, r *rapid.T, pick func(n int) int) *market {
	m := newMarket(func(opts ...desk.Option) *fixture {
		store := memory.New()
		r.Cleanup(func() { _ = store.Close() })
		return newFixture(run{t, r}, store, opts...)
	}, 8, pick)
	for _, who := range merchants {
		m.Do(platform, desk.OnQuota(who.Account, cny, credit.OpenLine{Limit: fen(5000_00)}))
	}
	return m
}

// replayed checks I28: what the desk has in its cache, and what another desk folds from the
// store, is what a replay gives.
func (m *market) replayed() {
	m.Helper()
	ctx := context.Background()
	cold := newFixture(m, m.Store, desk.WithCache(0))
	for _, id := range m.sales {
		want, _, err := paylater.Model().Replay(ctx, m.Store, paylater.Stream(id))
		if want.Phase == paylater.PhaseNone && err == nil {
			continue
		}
		if got := m.look(id); err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(cold.Sale(id), want) {
			m.Fatalf("I28: order %s is %+v, a replay gives %+v, %v", id, got, want, err)
		}
	}
	for _, who := range merchants {
		want, version, err := credit.Model(credit.PayLater).Replay(ctx, m.Store, must(credit.Stream(credit.PayLater, who.Account, cny)))
		got, at, _ := m.Desk.ReadQuota(ctx, platform, who.Account, cny)
		if err != nil || at != version || version > 0 && !reflect.DeepEqual(got, want) {
			m.Fatalf("I28: the line of %s is %+v, a replay gives %+v, %v", who.Account, got, want, err)
		}
		model := funds.Model()
		balance, version, err := model.Replay(ctx, m.Store, must(funds.Stream(who.Account, cny)))
		if err != nil {
			m.Fatal(err)
		}
		if version == 0 {
			continue
		}
		live, _, err := m.Desk.ReadFunds(ctx, platform, who.Account, cny)
		// Equal balances are saved alike, however their trees have grown.
		if a, b := must(model.Save(nil, &live)), must(model.Save(nil, &balance)); err != nil || !bytes.Equal(a, b) {
			m.Fatalf("I28: the funds of %s are %s, a replay gives %s, %v", who.Account, a, b, err)
		}
	}
}

// TestTryIsDoPayLater plays histories and asks for each command twice: Try gives the error that
// Do then gives, and leaves the log alone.
func TestTryIsDoPayLater(t *testing.T) {
	answers := make(map[bool]int)
	rapid.Check(t, func(r *rapid.T) {
		m := rapidMarket(t, r, rapidly(r))
		for range length(r, 600) {
			answers[m.tried(m.step()) == nil]++
		}
	})
	t.Logf("%d refused, %d accepted", answers[false], answers[true])
}

func TestTryIsDoPayLaterOnSQLite(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := newMarket(func(opts ...desk.Option) *fixture { return onSQLite(t, opts...) }, 20, rand.New(rand.NewPCG(seed, 0)).IntN)
	for range rounds(3000) {
		m.tried(m.step())
	}
}

// TestTryEveryPayLaterCommand tries, in every phase of an order, every command as every actor.
func TestTryEveryPayLaterCommand(t *testing.T) {
	phases := map[string]func(tr *fixture) trade.ID{
		"none":      func(*fixture) trade.ID { return trade.NewID() },
		"placed":    func(tr *fixture) trade.ID { return tr.place("100 CNY") },
		"shipped":   func(tr *fixture) trade.ID { id := tr.place("100 CNY"); tr.on(id, paylater.Ship{}); return id },
		"prepaid":   func(tr *fixture) trade.ID { return tr.sold("100 CNY") },
		"under way": func(tr *fixture) trade.ID { id := tr.sold("100 CNY"); tr.on(id, paylater.Ship{}); return id },
		"received":  func(tr *fixture) trade.ID { return tr.received("100 CNY") },
		"in after-sales": func(tr *fixture) trade.ID {
			id := tr.received("100 CNY")
			tr.on(id, paylater.OpenAfterSales{})
			return id
		},
		"overdue":     func(tr *fixture) trade.ID { return tr.late("100 CNY") },
		"paid":        func(tr *fixture) trade.ID { id := tr.received("100 CNY"); tr.pay(id, "100 CNY"); return id },
		"cancelled":   func(tr *fixture) trade.ID { id := tr.place("100 CNY"); tr.on(id, paylater.Cancel{}); return id },
		"written off": func(tr *fixture) trade.ID { id := tr.late("100 CNY"); tr.on(id, paylater.WriteOff{}); return id },
	}
	for name, prepare := range phases {
		t.Run(name, func(t *testing.T) {
			n := 0
			m := newMarket(func(opts ...desk.Option) *fixture { return inMemory(t, opts...).openShop("5000 CNY") }, 1, func(most int) int {
				n++
				return n % most
			})
			m.sales[0] = prepare(m.fixture)
			for range 2 {
				for _, by := range marketers {
					for _, c := range m.anyOfSale(m.sales[0]) {
						m.tried(asking(by, desk.OnPayLater(m.sales[0], c)))
					}
					for _, c := range m.anyOfQuota() {
						m.tried(asking(by, onQuota(c)))
					}
					for _, c := range m.anyOfFunds() {
						m.tried(asking(by, onFunds(c)))
					}
				}
			}
			m.replayed()
		})
	}
}
