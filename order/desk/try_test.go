package desk_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// TestTryIsDo plays histories and asks for each command twice: Try gives the error that Do then
// gives, and leaves the log alone.
func TestTryIsDo(t *testing.T) {
	answers := make(map[bool]int)
	rapid.Check(t, func(r *rapid.T) {
		tr := under(t, r)
		tr.tryEach(newPlayer(tr, 't', 4, 4, rapidly(r)).underWay(), length(r, 300), answers)
	})
	t.Logf("%d refused, %d accepted", answers[false], answers[true])
}

func TestTryIsDoOnSQLite(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	tr := onSQLite(t).opened("50000 USD").openedTo(orient, "50000 USD")
	tr.tryEach(newPlayer(tr, 't', 6, 6, random.IntN).underWay(), rounds(1500), make(map[bool]int))
}

// TestTryEveryCommand tries, in every phase that a whole life goes through, every command as
// every actor.
func TestTryEveryCommand(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for phase := range 8 {
		tr := inMemory(t).opened("50000 USD")
		p := newPlayer(tr, 'e', 1, 1, random.IntN)
		take := func(times int) {
			for range times {
				for _, by := range actors {
					for _, c := range p.anyOfOrder(p.orders[0]) {
						c := asking(by, desk.OnOrder(p.orders[0], c))
						tr.tried(c)
					}
					for _, c := range p.anyOfGoods() {
						tr.tried(asking(by, desk.OnEntrustment(p.goods[0], c)))
					}
					for _, c := range p.anyOfLine() {
						tr.tried(asking(by, desk.OnLine(acme.Account, usd, c)))
					}
					for _, c := range p.anyOfService() {
						tr.tried(asking(by, desk.OnSeller(acme.Account, c)))
					}
				}
			}
		}
		tr.until(p.orders[0], p.goods[0], phase)
		take(2)
		tr.audit()
	}
}

// until takes an order through the first so many stages of its life.
func (tr *fixture) until(id trade.ID, e order.EntrustmentID, stages int) {
	tr.Helper()
	for i, stage := range []func(){
		func() { tr.drafted(acme, id, "6000 USD", "2000 USD", order.CoveragePostDelivery) },
		func() { tr.submit(id) },
		func() { tr.confirm(id) },
		func() { tr.wire(id, "initial", "2000 USD") },
		func() { tr.entrust(e); tr.Do(acme, link(id, e)); tr.release(e, tr.Clock.Now()) },
		func() {
			if tr.Order(id).Phase == order.PhaseReadyToShip { // the policy may have shipped it
				tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
			}
		},
		func() { tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{})) },
	} {
		if i < stages {
			stage()
		}
	}
}

func (tr *fixture) tryEach(p *player, steps int, answers map[bool]int) {
	tr.Helper()
	for range steps {
		answers[tr.tried(p.step()) == nil]++
	}
}

// tried asks for the command both ways and returns the answer.
func (tr *fixture) tried(c desk.Command) error {
	tr.Helper()
	ctx := context.Background()
	before := must(tr.Store.Settled(ctx))
	dry := tr.Desk.Try(ctx, c)
	if after := must(tr.Store.Settled(ctx)); after != before {
		tr.Fatalf("%s: Try took the log from %d to %d", c.Do, before, after)
	}
	_, err := tr.Desk.Do(ctx, c)
	if !reflect.DeepEqual(dry, err) {
		tr.Fatalf("%s by %s: Try says %v, Do says %v", c.Do, c.By.Role, dry, err)
	}
	// Once it is done the same command is known, and Try says so as Do would.
	if err == nil {
		if err := tr.Desk.Try(ctx, c); err != nil {
			tr.Fatalf("%s by %s is done, and Try says %v", c.Do, c.By.Role, err)
		}
	}
	var no *trade.Refusal
	var invalid *trade.InvalidError
	if err != nil && !errors.As(err, &no) && !errors.As(err, &invalid) {
		tr.Fatalf("%s by %s: %v", c.Do, c.By.Role, err)
	}
	return err
}

// rounds returns how many rounds to play: a few in short mode, never none.
func rounds(n int) int {
	if testing.Short() {
		return max(n/10, 1)
	}
	return n
}
