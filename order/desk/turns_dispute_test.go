package desk_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestDesksAgreeInADispute has two desks with caches of their own take turns on changes and
// disputes: what one has acknowledged the other takes as done, on the order, on its line and on
// its entrustment.
func TestDesksAgreeInADispute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	desks := [2]*fixture{newFixture(t, openFile(t, path)), newFixture(t, openFile(t, path))}
	desks[0].opened("10000 USD")
	for round := range rounds(60) {
		var now = start
		next := func() *fixture { return desks[rand.IntN(2)].at(now) }
		id, e := desks[0].raceOrder(round, 4)
		change := desk.OnOrder(id, order.ProposeChange{To: amendmentOf(next().Order(id), "7000 USD")})
		next().Do(acme, change)
		next().refused(rule.D25, acme, change)
		next().Do(bruno, desk.OnOrder(id, order.AcceptChange{Proposal: 1}))
		next().held("7000 USD")
		next().refused(rule.D5, acme, desk.OnOrder(id, order.ProposeChange{To: amendmentOf(next().Order(id), "10000.01 USD")}))
		next().Do(acme, desk.OnEntrustment(e, entrustment.Draft{Title: "goods"}))
		next().Do(acme, link(id, e))
		next().Do(bruno, objection(id, "2000 USD"))
		next().refused(rule.D29, bruno, objection(id, "2000 USD"))
		next().refused(rule.D29, acme, unlink(id, e))
		next().refused(rule.D29, acme, desk.OnEntrustment(e, entrustment.Cancel{}))
		now = start.Add(3 * day)
		next().Do(acme, desk.OnOrder(id, order.Escalate{}))
		next().Do(platform, compensation(id, "1500 USD"))
		next().refused(rule.D29, platform, compensation(id, "1500 USD"))
		next().held("0 USD")
		repaid := desk.OnLine(acme.Account, usd, credit.RepayClaim{Amount: money("1500 USD"), Reference: "R"})
		next().Do(platform, repaid)
		next().refused(rule.D8, platform, repaid)
		next().Do(acme, refund(id, "500 USD"))
		next().phase(id, order.PhaseClosed)
		if s := next().Entrustment(e); s.Linked() {
			t.Fatalf("still linked to %s", s.Order)
		}
	}
	desks[0].audit()
	desks[1].audit()
}

// TestTickEscalatesOnce has two desks do what is due at the same time, each of them twice: every
// dispute is escalated once.
func TestTickEscalatesOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	tr := newFixture(t, openFile(t, path)).opened("1000000 USD")
	other := newFixture(t, openFile(t, path))
	const disputes = 20
	for n := range disputes {
		id, _ := tr.raceOrder(n, 4)
		tr.disputed(id, false)
	}
	now := tr.Clock.Now().Add(6 * day)
	before := must(tr.Store.Settled(context.Background()))
	var all sync.WaitGroup
	for _, side := range []*fixture{tr, tr, other, other} {
		all.Go(func() {
			done, err := side.Desk.Tick(context.Background(), now)
			for _, d := range done {
				if d.Err != nil && !refusedBy(d.Err, rule.D29) {
					t.Error(d.Err)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for n := range disputes {
		if o := tr.Order(orderOfRound(n, 0)); o.Dispute.Stage != order.StageEscalated {
			t.Fatalf("order %d is at stage %d", n, o.Dispute.Stage)
		}
	}
	if wrote := must(tr.Store.Settled(context.Background())) - before; wrote != disputes {
		t.Fatalf("%d events, want one of each of %d orders", wrote, disputes)
	}
	tr.audit()
}

// TestEndedOrderLeavesQuotaAlone checks I34 for the other ends of an order: refunded, or claimed
// and repaid, and changed before in either case, it leaves the figures of the line as they were.
func TestEndedOrderLeavesQuotaAlone(t *testing.T) {
	for name, end := range map[string]func(tr *fixture, id trade.ID){
		"refunded": func(tr *fixture, id trade.ID) { tr.Do(acme, refund(id, "2000 USD")) },
		"claimed": func(tr *fixture, id trade.ID) {
			tr.disputed(id, true)
			tr.Do(platform, compensation(id, "2000 USD"))
			if !tr.line().Consumed.IsZero() {
				tr.Do(platform, desk.OnLine(acme.Account, usd, credit.RepayClaim{Amount: tr.line().Consumed, Reference: "R"}))
			}
		},
	} {
		for _, c := range []order.Coverage{order.CoveragePreShipment, order.CoveragePostDelivery} {
			t.Run(name+"/"+string(c), func(t *testing.T) {
				tr := inMemory(t).opened("10000 USD")
				tr.placed("500 USD", "500 USD", order.CoveragePostDelivery)
				before := tr.line()
				id := tr.placed("6000 USD", "2000 USD", c)
				tr.Do(acme, modification(tr.Order(id), "7000 USD"))
				tr.confirm(id)
				tr.wire(id, "initial", "2000 USD")
				end(tr, id)
				tr.phase(id, order.PhaseClosed)
				after := tr.line()
				after.LastAt = before.LastAt
				if !reflect.DeepEqual(after, before) {
					t.Fatalf("the line went from %+v to %+v", before, after)
				}
			})
		}
	}
}
