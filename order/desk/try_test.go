package desk_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestTryEveryCommand tries, in every phase that a whole life goes through, every command as
// every actor.
func TestTryEveryCommand(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for phase := range 8 {
		tr := inMemory(t).opened("50000 USD")
		p := ordertest.NewPlayer(tr.Fixture, random.IntN, ordertest.PlayerConfig{Orders: 1})
		tr.until(p.Orders[0], p.Entrustments[0], phase)
		tr.tryEvery(p, actors)
	}
}

// tryEvery tries every command that a player knows as every actor, twice, on the player's orders
// and on what belongs to acme and to the shop, and audits the log.
func (tr *fixture) tryEvery(p *ordertest.Player, actors []trade.Actor) {
	tr.Helper()
	for range 2 {
		for _, by := range actors {
			for _, r := range p.Every() {
				switch r.Kind {
				case "service", "line":
					r.Target = string(acme.Account)
				case "quota", "funds":
					r.Target = string(shopkeeper.Account)
				}
				tr.tried(asking(by, r.Action()))
			}
		}
	}
	tr.audit()
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
	if err != nil && !errors.As(err, &no) && !errors.As(err, &invalid) && !errors.Is(err, rule.D62) {
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
