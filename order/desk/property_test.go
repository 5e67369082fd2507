package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/trade"
)

// rapidTrade is a trade in memory for one run of a property, with quota for all its orders.
func rapidTrade(t testing.TB, r *rapid.T, opts ...desk.Option) *fixture {
	store := memory.New()
	r.Cleanup(func() { _ = store.Close() })
	return newFixture(run{t, r}, store, opts...).opened("50000 USD").openedTo(orient, "50000 USD")
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

// script is a list of commands that were accepted, with their instants and what they ask for.
type script []scripted

type scripted struct {
	at      time.Time
	request ordertest.Request
	desk.Command
}

// record has a player make up that many commands and keeps those that were accepted.
func record(p *ordertest.Player, commands int) script {
	var s script
	for range commands {
		c := p.Next()
		if _, err := p.Desk.Do(context.Background(), c); err == nil {
			s = append(s, scripted{p.Clock.Now(), p.Request(), c})
		}
	}
	return s
}

// replay executes a script, each command at its instant.
func (tr *fixture) replay(s script) {
	tr.Helper()
	for _, c := range s {
		tr.at(c.at)
		if _, err := tr.Desk.Do(context.Background(), c.Command); err != nil {
			tr.Fatalf("%s by %s at %s: %v", c.Do, c.By.Role, c.at, err)
		}
	}
}

// merged is a random merge of both, each in its own order.
func merged(pick func(n int) int, a, b script) script {
	var all script
	for len(a) > 0 && len(b) > 0 {
		if pick(2) == 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return slices.Concat(all, a, b)
}

// rapidly picks evenly, which rapid's own numbers are not; what it can make smaller is the
// number of steps.
func rapidly(t *rapid.T) func(n int) int {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).IntN
}

// TestOrdersCommute checks I33: with enough quota for both, two orders come to the same end
// however their commands are interleaved.
func TestOrdersCommute(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pick := rapidly(r)
		var scripts [2]script
		var players [2]*ordertest.Player
		for i := range players {
			players[i] = ordertest.NewPlayer(rapidTrade(t, r).Fixture, pick, ordertest.PlayerConfig{Name: 'a' + byte(i), Orders: 1, LeaveShared: true})
			players[i].Entrustments = append(players[i].Entrustments, order.EntrustmentID(fmt.Sprint("E", i)))
			scripts[i] = record(players[i], length(r, 80))
		}
		var ends [2]*fixture
		for i, s := range []script{slices.Concat(scripts[0], scripts[1]), merged(pick, scripts[0], scripts[1])} {
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
func (tr *fixture) states(players [2]*ordertest.Player) (list []any) {
	tr.Helper()
	read := func(s any, err error) {
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			tr.Fatal(err)
		}
		list = append(list, s)
	}
	ctx := context.Background()
	for _, p := range players {
		for _, id := range p.Orders {
			o, _, err := tr.Desk.ReadOrder(ctx, platform, id)
			read(o, err)
		}
		for _, id := range p.Entrustments {
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
		covered := ordertest.NewPlayer(rapidTrade(t, r).Fixture, rapidly(r), ordertest.PlayerConfig{Orders: 1, LeaveShared: true, NoCompensation: true})
		covered.Entrustments = append(covered.Entrustments, "E-OTHER")
		s := record(covered, length(r, 80))
		bare := rapidTrade(t, r)
		before := bare.line()
		for _, c := range s {
			if ask, ok := c.request.Command.(order.Command); ok {
				c.Do = desk.OnOrder(covered.Orders[0], uncovered(ask))
			}
			bare.replay(script{c})
		}
		bare.audit()
		if after := bare.line(); !reflect.DeepEqual(after, before) {
			r.Fatalf("I3: the line went from %+v to %+v", before, after)
		}
		a, b := ended(r, covered.Desk, covered.Orders[0]), ended(r, bare.Desk, covered.Orders[0])
		a.Hold, b.Hold = order.Hold{}, order.Hold{}
		b.Coverage, b.Proposal.Coverage = a.Coverage, a.Proposal.Coverage
		if !reflect.DeepEqual(a, b) {
			r.Fatalf("I34: covered\n%+v\nbare\n%+v", a, b)
		}
	})
}

// ended is an order as it stands at the end, which may be that it was never drafted.
func ended(r *rapid.T, d *desk.Desk, id trade.ID) order.Order {
	o, _, err := d.ReadOrder(context.Background(), platform, id)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		r.Fatal(err)
	}
	return o
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
