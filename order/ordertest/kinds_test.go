package ordertest

import (
	"slices"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
)

// TestEveryCommandIsMadeUp holds the generators and the game to the tables of commands: what is
// added there has to be made up here.
func TestEveryCommandIsMadeUp(t *testing.T) {
	first := chance(func(int) int { return 0 })
	v := values{first}
	tb := &table{Fixture: Desk(t), chance: first}
	p, m := newTrader(tb, 1), newMarket(tb, 1)
	for _, c := range []struct {
		what  string
		made  []string
		table []string
	}{
		{"order commands", names(v.orderCommands()), permitted(order.Life())},
		{"order commands of a game", names(p.anyOfOrder(p.orders[0])), permitted(order.Life())},
		{"entrustment commands", names(v.entrustmentCommands()), permitted(entrustment.Life())},
		{"entrustment commands of a game", names(p.anyOfGoods()), permitted(entrustment.Life())},
		{"seller commands", names(v.sellerCommands()), permitted(seller.Life())},
		{"seller commands of a game", names(p.anyOfService()), permitted(seller.Life())},
		{"line commands", names(v.lineCommands()), permitted(credit.Life(credit.Assurance))},
		{"line commands of a game", names(p.anyOfLine()), permitted(credit.Life(credit.Assurance))},
		{"quota commands", names(v.quotaCommands()), permitted(credit.Life(credit.PayLater))},
		{"quota commands of a game", names(m.anyOfQuota()), permitted(credit.Life(credit.PayLater))},
		{"pay-later commands", names(v.payLaterCommands()), permitted(paylater.Life())},
		{"pay-later commands of a game", names(m.anyOfSale(m.sales[0])), permitted(paylater.Life())},
		{"funds commands", names(v.fundsCommands()), permitted(funds.Life())},
		{"funds commands of a game", names(m.anyOfFunds()), permitted(funds.Life())},
	} {
		if !slices.Equal(c.made, c.table) {
			t.Errorf("%s: made up are %q, the table has %q", c.what, c.made, c.table)
		}
	}
	share := 0
	for _, a := range askings {
		share += a.often
	}
	if share != 100 {
		t.Errorf("the ways to ask have %d of 100", share)
	}
}

func permitted[P machine.Phase, K machine.Symbol](life *machine.Life[P, K]) []string {
	return rows(life.Permits(), func(p machine.Permit[P, K]) string { return p.Command })
}

func names[C interface{ Name() string }](commands []C) (list []string) {
	return rows(commands, func(c C) string { return c.Name() })
}

// rows are the names in a table, each once and in order.
func rows[R any](table []R, name func(R) string) (list []string) {
	for _, r := range table {
		if n := name(r); n != "" {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
