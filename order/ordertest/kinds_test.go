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
		{"order commands", names(v.orderCommands()), rows(order.Life().Permits(), func(p machine.Permit[order.Phase, order.Kind]) string { return p.Command })},
		{"order commands of a game", names(p.anyOfOrder(p.orders[0])), rows(order.Life().Permits(), func(p machine.Permit[order.Phase, order.Kind]) string { return p.Command })},
		{"entrustment commands", names(v.entrustmentCommands()), rows(entrustment.Life().Permits(), func(p machine.Permit[entrustment.Phase, entrustment.Kind]) string { return p.Command })},
		{"entrustment commands of a game", names(p.anyOfGoods()), rows(entrustment.Life().Permits(), func(p machine.Permit[entrustment.Phase, entrustment.Kind]) string { return p.Command })},
		{"seller commands", names(v.sellerCommands()), rows(seller.Life().Permits(), func(p machine.Permit[order.Service, seller.Kind]) string { return p.Command })},
		{"seller commands of a game", names(p.anyOfService()), rows(seller.Life().Permits(), func(p machine.Permit[order.Service, seller.Kind]) string { return p.Command })},
		{"line commands", names(v.lineCommands()), rows(credit.Permissions(), of(credit.Assurance))},
		{"line commands of a game", names(p.anyOfLine()), rows(credit.Permissions(), of(credit.Assurance))},
		{"quota commands", names(v.quotaCommands()), rows(credit.Permissions(), of(credit.PayLater))},
		{"quota commands of a game", names(m.anyOfQuota()), rows(credit.Permissions(), of(credit.PayLater))},
		{"pay-later commands", names(v.payLaterCommands()), rows(paylater.Life().Permits(), func(p machine.Permit[paylater.Phase, paylater.Kind]) string { return p.Command })},
		{"pay-later commands of a game", names(m.anyOfSale(m.sales[0])), rows(paylater.Life().Permits(), func(p machine.Permit[paylater.Phase, paylater.Kind]) string { return p.Command })},
		{"funds commands", names(v.fundsCommands()), rows(funds.Life().Permits(), func(p machine.Permit[funds.Phase, funds.Kind]) string { return p.Command })},
		{"funds commands of a game", names(m.anyOfFunds()), rows(funds.Life().Permits(), func(p machine.Permit[funds.Phase, funds.Kind]) string { return p.Command })},
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

func of(product credit.Product) func(credit.Permission) string {
	return func(p credit.Permission) string {
		if p.Product != product {
			return ""
		}
		return p.Command
	}
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
