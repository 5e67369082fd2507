package desk_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
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
		return newTrade(run{t, r}, store, opts...)
	}, 8, pick)
	for _, who := range merchants {
		m.do(platform, desk.Quota(who.Account, cny, credit.OpenLine{Limit: fen(5000_00)}))
	}
	return m
}

// TestInvariantsPayLater plays histories of several merchants and checks after every command what
// holds between the streams: I17 to I27 and I31; that a refused command leaves the log alone
// and an accepted one asked again gives the same result (I29); and that what the desk shows is
// what a replay gives (I28).
func TestInvariantsPayLater(t *testing.T) {
	reached := make(map[paylater.Phase]int)
	rapid.Check(t, func(r *rapid.T) {
		m := rapidMarket(t, r, rapidly(r))
		books := newShopBooks()
		log, after, err := entriesAfter(m.store, 0)
		if err = errors.Join(err, books.enter(log)); err != nil {
			r.Fatal(err)
		}
		for range length(r, 500) {
			c := m.step()
			place, placing := m.ask.(paylater.Place)
			may := placing && books.takes(c.By, m.id, place)
			figures := m.figures()
			first, err := m.desk.Do(context.Background(), c)
			m.again(c, first, err, &after, books)
			if placing && may != (err == nil) {
				r.Fatalf("%s by %s: %v, the books say %t", c.Do, c.By.Account, err, may)
			}
			if frozen(m.ask) && !slices.Equal(figures, m.figures()) {
				r.Fatalf("I25: %s changed %v to %v", c.Do, figures, m.figures())
			}
			if err := books.shown(m.fixture); err != nil {
				r.Fatal(err)
			}
			for _, id := range m.sales {
				reached[m.look(id).Phase]++
			}
		}
		m.replayed()
	})
	t.Logf("orders by phase, after each step: %v", reached)
	for phase := paylater.PhasePlaced; phase <= paylater.PhaseWrittenOff && !t.Failed() && !testing.Short(); phase++ {
		if reached[phase] == 0 {
			t.Errorf("no order came to phase %s: the market is not lively enough", phase)
		}
	}
}

// again asks for a command once more, and enters what the first time wrote in the books.
func (m *market) again(c desk.Command, first desk.Result, err error, after *events.Position, books *shopBooks) {
	m.Helper()
	log, now, broken := entriesAfter(m.store, *after)
	if broken == nil {
		broken = books.enter(log)
	}
	if broken != nil {
		m.Fatal(broken)
	}
	*after = now
	switch {
	case err != nil && len(log) > 0:
		m.Fatalf("I29: %s was refused (%v) and wrote", c.Do, err)
	case err != nil:
		return
	}
	again, err := m.desk.Do(context.Background(), c)
	if err != nil || again.Receipt.Repeated != (len(first.Facts) > 0) || must(m.store.Settled(context.Background())) != now {
		m.Fatalf("I29: %s asked again: %+v, %v", c.Do, again.Receipt, err)
	}
	if again.Receipt.Repeated = false; !reflect.DeepEqual(again, first) {
		m.Fatalf("I29: %s asked again gave\n%+v, first\n%+v", c.Do, again, first)
	}
}

// takes says whether the books let the order be placed (B5, B7, B19, D36).
func (b *shopBooks) takes(by trade.Actor, id trade.ID, p paylater.Place) bool {
	l := b.shops[p.Merchant+"/CNY"]
	return b.sales[id] == nil && by.Role == trade.Buyer && p.ChosePayLater && p.Merchant != string(by.Account) &&
		l != nil && l.opened && len(l.freezes) == 0 && p.Amount.MinorUnits() <= l.limit-l.used
}

// frozen reports whether the command is a freeze or a thaw.
func frozen(c any) bool {
	switch c.(type) {
	case credit.Freeze, credit.Unfreeze:
		return true
	}
	return false
}

// figures are limits, used quota and funds of all merchants.
func (m *market) figures() []trade.Money {
	m.Helper()
	var list []trade.Money
	for _, who := range merchants {
		l, _, err := m.desk.ReadQuota(context.Background(), platform, who.Account, cny)
		if err != nil {
			m.Fatal(err)
		}
		b, _, err := m.desk.ReadFunds(context.Background(), platform, who.Account, cny)
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			m.Fatal(err)
		}
		list = append(list, l.Limit, l.Held, b.Available(m.now()), b.Pending(m.now()), b.Debt())
	}
	return list
}

// replayed checks I28: what the desk has in its cache, and what another desk folds from the
// store, is what a replay gives.
func (m *market) replayed() {
	m.Helper()
	ctx := context.Background()
	cold := newTrade(m, m.store, desk.WithCache(0))
	for _, id := range m.sales {
		want, _, err := paylater.NewModel().Replay(ctx, m.store, paylater.Stream(id))
		if want.Phase == paylater.PhaseNone && err == nil {
			continue
		}
		if got := m.look(id); err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(cold.sale(id), want) {
			m.Fatalf("I28: order %s is %+v, a replay gives %+v, %v", id, got, want, err)
		}
	}
	for _, who := range merchants {
		want, version, err := credit.NewPayLaterModel().Replay(ctx, m.store, must(credit.PayLaterStream(who.Account, cny)))
		got, at, _ := m.desk.ReadQuota(ctx, platform, who.Account, cny)
		if err != nil || at != version || version > 0 && !reflect.DeepEqual(got, want) {
			m.Fatalf("I28: the line of %s is %+v, a replay gives %+v, %v", who.Account, got, want, err)
		}
		model := funds.NewModel()
		balance, version, err := model.Replay(ctx, m.store, must(funds.Stream(who.Account, cny)))
		if err != nil {
			m.Fatal(err)
		}
		if version == 0 {
			continue
		}
		live, _, err := m.desk.ReadFunds(ctx, platform, who.Account, cny)
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
						m.tried(asking(by, desk.PayLater(m.sales[0], c)))
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
