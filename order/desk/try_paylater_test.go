package desk_test

import (
	"testing"

	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

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
			tr := inMemory(t).openShop("5000 CNY")
			n := 0
			p := ordertest.NewPlayer(tr.Fixture, func(most int) int {
				n++
				return n % most
			}, ordertest.PlayerConfig{PayLaterOrders: 1})
			p.PayLaterOrders[0] = prepare(tr)
			tr.tryEvery(p, []trade.Actor{shopkeeper, otherShop, shopper, otherShopper, {Role: trade.Buyer, Account: "m-other"}, platform, system})
		})
	}
}
