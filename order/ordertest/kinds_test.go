package ordertest

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
)

// TestEveryCommandIsMadeUp compares the generators and the player with the tables of commands: each command of a table
// must be generated.
func TestEveryCommandIsMadeUp(t *testing.T) {
	first := chance(func(int) int { return 0 })
	v := values{first}
	made := make(map[string][]string) // by kind of request
	for _, r := range NewPlayer(Desk(t), first, PlayerConfig{Orders: 1, Sales: 1}).Every() {
		made[r.Kind] = append(made[r.Kind], r.Command.(interface{ Name() string }).Name())
	}
	played := func(kind string) []string { return rows(made[kind], func(name string) string { return name }) }
	for _, c := range []struct {
		what  string
		made  []string
		table []string
	}{
		{"order commands", names(v.orderCommands()), permitted(order.Life())},
		{"order commands of a player", played("order"), permitted(order.Life())},
		{"entrustment commands", names(v.entrustmentCommands()), permitted(entrustment.Life())},
		{"entrustment commands of a player", played("entrustment"), permitted(entrustment.Life())},
		{"seller commands", names(v.sellerCommands()), permitted(seller.Life())},
		{"seller commands of a player", played("service"), permitted(seller.Life())},
		{"line commands", names(v.lineCommands()), permitted(credit.Life(credit.Assurance))},
		{"line commands of a player", played("line"), permitted(credit.Life(credit.Assurance))},
		{"quota commands", names(v.quotaCommands()), permitted(credit.Life(credit.PayLater))},
		{"quota commands of a player", played("quota"), permitted(credit.Life(credit.PayLater))},
		{"pay-later commands", names(v.payLaterCommands()), permitted(paylater.Life())},
		{"pay-later commands of a player", played("sale"), permitted(paylater.Life())},
		{"funds commands", names(v.fundsCommands()), permitted(funds.Life())},
		{"funds commands of a player", played("funds"), permitted(funds.Life())},
	} {
		if !slices.Equal(c.made, c.table) {
			t.Errorf("%s: generated are %q, the table has %q", c.what, c.made, c.table)
		}
	}
	share := 0
	for _, a := range attempts {
		share += a.share
	}
	if share != 100 {
		t.Errorf("the shares of the attempts add up to %d, want 100", share)
	}
}

// TestRequestsGoToOtherProcesses encodes every request to JSON and decodes it.
func TestRequestsGoToOtherProcesses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := NewPlayer(Desk(rt), chanceOf(rt, "player", 0), PlayerConfig{Orders: 2, Sales: 2}).Open()
		for _, r := range p.Every() {
			text, err := json.Marshal(r)
			if err != nil {
				rt.Fatal(err)
			}
			var back Request
			if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, r) || back.Action().String() != r.Action().String() {
				rt.Fatalf("%+v came back as %+v, %v", r, back, err)
			}
		}
	})
	for _, text := range []string{
		`{"Kind":"planet"}`, `{"Kind":"order","Target":"01000000-0000-7000-8000-000000000001","Name":"fly"}`,
		`{"Kind":"sale","Target":"E1","Name":"ship","Payload":"e30="}`, `{"Kind":`, `{"Kind":1}`,
	} {
		var r Request
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s is %+v", text, r)
		}
	}
	if _, err := json.Marshal(Request{Kind: "planet"}); err == nil {
		t.Error("a request of an unknown kind was encoded")
	}
}

func permitted[P machine.Phase, K machine.Symbol](life *machine.Life[P, K]) []string {
	return rows(life.Permits(), func(p machine.Permit[P, K]) string { return p.Command })
}

func names[C interface{ Name() string }](commands []C) (list []string) {
	return rows(commands, func(c C) string { return c.Name() })
}

// rows returns the names in a table, sorted and without duplicates.
func rows[R any](table []R, name func(R) string) (list []string) {
	for _, r := range table {
		if n := name(r); n != "" {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
