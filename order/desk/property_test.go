package desk_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// rapidTrade is a trade in memory for one run of a property, with quota for all its orders.
func rapidTrade(t testing.TB, r *rapid.T, opts ...desk.Option) *fixture {
	store := memory.New()
	r.Cleanup(func() { _ = store.Close() })
	return newFixture(run{t, r}, store, opts...).opened("50000 USD").openedTo(orient, "50000 USD")
}

// under draws a policy, mostly the default one, and returns a trade under it.
func under(t testing.TB, r *rapid.T) *fixture {
	policy := order.DefaultPolicy()
	switch rapid.SampledFrom([]string{"", "", "", "at confirm", "capped", "auto ship"}).Draw(r, "policy") {
	case "at confirm":
		policy.HoldAt = order.HoldAtConfirm
	case "capped":
		policy.CapCoverage = true
	case "auto ship":
		policy.AutoShip = true
	}
	tr := rapidTrade(t, r, desk.WithPolicy(policy))
	tr.policy = policy
	return tr
}

// run fails a run of a property where a test would fail the whole, so that it can be made
// smaller.
type run struct {
	testing.TB
	r *rapid.T
}

func (t run) Fatal(args ...any)                 { t.r.Fatal(args...) }
func (t run) Fatalf(format string, args ...any) { t.r.Fatalf(format, args...) }

// length draws a number of steps up to the most there are to be.
func length(r *rapid.T, most int) int {
	return rapid.SampledFrom([]int{most / 10, most / 5, most / 2, most}).Draw(r, "steps")
}

// TestOrdersCommute checks I33: with enough quota for both, two orders come to the same end
// however their commands are interleaved.
func TestOrdersCommute(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pick := rapidly(r)
		var scripts [2]script
		var players [2]*player
		for i, name := range []byte{'a', 'b'} {
			players[i] = newPlayer(rapidTrade(t, r), name, 1, 2, pick)
			players[i].alone = true
			scripts[i] = players[i].record(length(r, 80))
		}
		var ends [2]*fixture
		for i, s := range []script{append(append(script{}, scripts[0]...), scripts[1]...), merged(pick, scripts[0], scripts[1])} {
			ends[i] = rapidTrade(t, r)
			ends[i].replay(s)
			ends[i].audit()
		}
		if a, b := ends[0].states(players), ends[1].states(players); !reflect.DeepEqual(a, b) {
			r.Fatalf("I33: one after the other\n%+v\ninterleaved\n%+v", a, b)
		}
	})
}

// states are the orders and entrustments that the players play with, and the lines. A line is
// ordered by version: the instant of its last event is not compared.
func (tr *fixture) states(players [2]*player) (list []any) {
	tr.Helper()
	read := func(s any, err error) {
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			tr.Fatal(err)
		}
		list = append(list, s)
	}
	ctx := context.Background()
	for _, p := range players {
		for _, id := range p.orders {
			o, _, err := tr.Desk.ReadOrder(ctx, platform, id)
			read(o, err)
		}
		for _, id := range p.goods {
			e, _, err := tr.Desk.ReadEntrustment(ctx, platform, id)
			read(e, err)
		}
	}
	for _, who := range []trade.Actor{acme, orient} {
		l, _, err := tr.Desk.ReadLine(ctx, platform, who.Account, usd)
		l.LastAt = time.Time{}
		read(l, err)
	}
	return list
}

// TestCoverageChangesOnlyQuota checks I34: the same commands with and without coverage differ
// only in the figures of quota, as long as nobody is compensated out of it; and I3: without it
// the line is as if the order had never been.
func TestCoverageChangesOnlyQuota(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		covered := newPlayer(rapidTrade(t, r), 'c', 1, 2, rapidly(r))
		covered.alone, covered.bare = true, true
		s := covered.record(length(r, 80))
		bare := rapidTrade(t, r)
		before := bare.line()
		for _, c := range s {
			if c.ask.Kind == "order" {
				c.Do = desk.OnOrder(covered.orders[0], uncovered(must(order.DecodeCommand(c.ask.Name, c.ask.Payload))))
			}
			bare.replay(script{c})
		}
		bare.audit()
		if after := bare.line(); !reflect.DeepEqual(after, before) {
			r.Fatalf("I3: the line went from %+v to %+v", before, after)
		}
		a, b := covered.look(covered.orders[0]), newPlayer(bare, 'c', 1, 2, nil).look(covered.orders[0])
		a.Hold, b.Hold = order.Hold{}, order.Hold{}
		b.Coverage, b.Proposal.Coverage = a.Coverage, a.Proposal.Coverage
		if !reflect.DeepEqual(a, b) {
			r.Fatalf("I34: covered\n%+v\nbare\n%+v", a, b)
		}
	})
}

// uncovered is the command without the coverage that it may ask for.
func uncovered(c order.Command) order.Command {
	switch c := c.(type) {
	case order.ChooseCoverage:
		return order.ChooseCoverage{Coverage: order.CoverageNone}
	case order.Modify:
		c.To.Coverage = order.CoverageNone
		return c
	case order.ProposeChange:
		c.To.Coverage = order.CoverageNone
		return c
	}
	return c
}

// TestCancelledOrderLeavesQuotaAlone checks I34: an order that is cancelled leaves the figures
// of the line as they were.
func TestCancelledOrderLeavesQuotaAlone(t *testing.T) {
	for _, coverage := range []order.Coverage{order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery} {
		tr := inMemory(t).opened("10000 USD")
		tr.placed("500 USD", "500 USD", order.CoveragePostDelivery)
		before := tr.line()
		tr.Do(bruno, desk.OnOrder(tr.confirmed("6000 USD", "2000 USD", coverage), order.Cancel{}))
		after := tr.line()
		after.LastAt = before.LastAt
		if !reflect.DeepEqual(after, before) {
			t.Fatalf("%s: the line went from %+v to %+v", coverage, before, after)
		}
	}
}
