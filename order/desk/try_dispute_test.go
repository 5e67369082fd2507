package desk_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/trade"
)

// situations are where changes, disputes, refunds and chargebacks can bring an order.
var situations = []struct {
	name    string
	prepare func(tr *fixture, id trade.ID, e order.EntrustmentID)
}{
	{"MoneyWaitsForTheBuyer", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 2)
		tr.wire(id, "early", "2000 USD")
	}},
	{"Modified", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 3)
		tr.Do(acme, modification(tr.Order(id), "7000 USD"))
	}},
	{"CardInProcess", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 3)
		tr.Do(bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money("30 USD")}))
	}},
	{"ProposalOpen", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 5)
		tr.Do(acme, desk.OnOrder(id, order.ProposeChange{To: amendmentOf(tr.Order(id), "7000 USD")}))
	}},
	{"Negotiating", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 5)
		tr.disputed(id, false)
		tr.after(3*day).Do(acme, desk.OnOrder(id, order.ProposeSettlement{Refund: money("100 USD")}))
	}},
	{"Escalated", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 5)
		tr.disputed(id, true)
	}},
	{"EscalatedOnItsWay", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 6)
		tr.disputed(id, true)
	}},
	{"Claimed", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 5)
		tr.disputed(id, true)
		tr.Do(platform, compensation(id, "500 USD"))
	}},
	{"ClaimedOnItsWay", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 6)
		tr.disputed(id, true)
		tr.Do(platform, compensation(id, "500 USD"))
	}},
	{"RuledAndDisputedAgain", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 5)
		tr.disputed(id, true)
		tr.Do(platform, compensation(id, "500 USD"))
		tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
		tr.disputed(id, true)
	}},
	{"ChargedBack", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 3)
		tr.byCard(id, "2000 USD")
		tr.Do(platform, desk.OnOrder(id, order.ChargeBack{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}))
	}},
	{"ChargebackLost", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 3)
		tr.byCard(id, "2000 USD")
		tr.Do(platform, desk.OnOrder(id, order.ChargeBack{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}))
		tr.Do(platform, desk.OnOrder(id, order.ResolveChargeback{Reference: captureOf(id), Case: "D1", At: tr.Clock.Now()}))
	}},
	{"ReceivedWithABalance", func(tr *fixture, id trade.ID, e order.EntrustmentID) { tr.until(id, e, 7) }},
	{"Reviewed", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 7)
		tr.wire(id, "balance", "4100 USD")
		tr.Do(bruno, desk.OnOrder(id, order.Review{Rating: 5}))
	}},
	{"RefundedBeforeShipment", func(tr *fixture, id trade.ID, e order.EntrustmentID) {
		tr.until(id, e, 5)
		tr.wire(id, "rest", "4100 USD")
		tr.Do(acme, refund(id, "6000 USD"))
	}},
}

// TestTryInEverySituation tries every command as every actor, each in an order that was brought
// there for it: Try gives the error that Do then gives.
func TestTryInEverySituation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	accepted := make(map[string]bool)
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			all := 1
			for n := 0; n < rounds(3)*all; n++ {
				tr := inMemory(t).opened("50000 USD")
				p := ordertest.NewPlayer(tr.Fixture, random.IntN, ordertest.PlayerConfig{Orders: 1})
				s.prepare(tr, p.Orders[0], p.Entrustments[0])
				commands := slices.DeleteFunc(p.Every(), func(r ordertest.Request) bool { return r.Kind != "order" })
				commands = append(commands, ordertest.Request{Kind: "order", Target: p.Orders[0].String(), Command: order.ResolveChargeback{
					Reference: captureOf(p.Orders[0]), Case: "D1", At: tr.Clock.Now(), // of the payment that was made for the situation
				}})
				all = len(commands)
				r := commands[n%all]
				for _, by := range actors {
					if tr.tried(asking(by, r.Action())) == nil {
						accepted[r.Command.(order.Command).Name()] = true
					}
				}
				tr.audit()
			}
		})
	}
	for _, name := range []string{
		order.Modify{}.Name(), order.AcceptChange{}.Name(), order.RejectChange{}.Name(), order.ExtendReceipt{}.Name(),
		order.WithdrawDispute{}.Name(), order.Escalate{}.Name(), order.AcceptSettlement{}.Name(), order.Arbitrate{}.Name(),
		order.ResolveChargeback{}.Name(), order.Reply{}.Name(), order.ConfirmReceipt{}.Name(), order.MarkShipped{}.Name(),
	} {
		if !accepted[name] && !testing.Short() {
			t.Errorf("%s was accepted nowhere", name)
		}
	}
}
