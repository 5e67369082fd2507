package desk_test

import (
	"context"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
)

// rapidTrade is a trade in memory for one run of a property, with quota for all its orders.
func rapidTrade(t testing.TB, r *rapid.T, opts ...desk.Option) *fixture {
	store := memory.New()
	r.Cleanup(func() { _ = store.Close() })
	return newTrade(run{t, r}, store, opts...).opened("50000 USD").openedTo(orient, "50000 USD")
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

// TestInvariants plays histories of several orders and checks after every command what holds
// between the streams: I1, I2, I4 to I8, I10 to I16, I28 and I31; and that a refused command
// leaves the log alone and an accepted one asked again gives the same result (I29).
func TestInvariants(t *testing.T) {
	reached, made := make(map[order.Phase]int), make(map[order.Kind]int)
	rapid.Check(t, func(r *rapid.T) {
		tr := under(t, r)
		p := newPlayer(tr, 'i', 4, 4, rapidly(r)).underWay()
		ctx := context.Background()
		for range length(r, 400) {
			c := p.step()
			before := must(tr.store.Settled(ctx))
			first, err := tr.desk.Do(ctx, c)
			after := must(tr.store.Settled(ctx))
			if err != nil && after != before {
				r.Fatalf("I29: %s was refused (%v) and wrote", c.Do, err)
			}
			for _, f := range first.Facts {
				if e, ok := f.Event.(order.Event); ok {
					made[e.Kind()]++
				}
			}
			if err == nil {
				again, err := tr.desk.Do(ctx, c)
				if repeated := len(first.Facts) > 0; err != nil || again.Receipt.Repeated != repeated || must(tr.store.Settled(ctx)) != after {
					r.Fatalf("I29: %s asked again: %+v, %v", c.Do, again.Receipt, err)
				}
				again.Receipt.Repeated = false
				if !reflect.DeepEqual(again, first) {
					r.Fatalf("I29: %s asked again gave\n%+v, first\n%+v", c.Do, again, first)
				}
			}
			if after != before {
				tr.audit()
			}
			for _, id := range p.orders {
				reached[p.look(id).Phase]++
			}
		}
	})
	t.Logf("orders by phase, after each step: %v; facts made: %v", reached, made)
	if testing.Short() || t.Failed() {
		return // the few runs of short mode may miss one
	}
	for phase := order.PhaseDraft; phase <= order.PhaseClosed; phase++ {
		if reached[phase] == 0 {
			t.Errorf("no order came to phase %s: the player does not play well enough", phase)
		}
	}
	for _, s := range order.Steps() {
		if made[s.Event] == 0 {
			t.Errorf("no order came to %s: the player does not play well enough", s.Event)
		}
	}
}

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
		a, b := readBooks(ends[0].store), readBooks(ends[1].store)
		for key, l := range b.lines {
			l.LastAt = a.lines[key].LastAt // on a line order goes by version
			b.lines[key] = l
		}
		if !reflect.DeepEqual(a.orders, b.orders) || !reflect.DeepEqual(a.entrustments, b.entrustments) || !reflect.DeepEqual(a.lines, b.lines) {
			r.Fatalf("I33: one after the other\n%+v\n%+v\ninterleaved\n%+v\n%+v", a.orders, a.lines, b.orders, b.lines)
		}
	})
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
				c.Do = desk.Order(covered.orders[0], uncovered(must(order.DecodeCommand(c.ask.Name, c.ask.Payload))))
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
		tr.do(bruno, desk.Order(tr.confirmed("6000 USD", "2000 USD", coverage), order.Cancel{}))
		after := tr.line()
		after.LastAt = before.LastAt
		if !reflect.DeepEqual(after, before) {
			t.Fatalf("%s: the line went from %+v to %+v", coverage, before, after)
		}
	}
}
