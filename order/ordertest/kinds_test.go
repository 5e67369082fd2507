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

// TestEveryCommandIsGenerated compares the generators and the player with the tables of commands: each command of a table
// must be generated.
func TestEveryCommandIsGenerated(t *testing.T) {
	first := chance(func(int) int { return 0 })
	v := values{first}
	generated := make(map[string][]string) // by kind of request
	for _, r := range NewPlayer(Desk(t), first, PlayerConfig{Orders: 1, PayLaterOrders: 1}).Every() {
		generated[r.Kind] = append(generated[r.Kind], r.Command.(interface{ Name() string }).Name())
	}
	ofPlayer := func(kind string) []string {
		return sortedNames(generated[kind], func(name string) string { return name })
	}
	for _, c := range []struct {
		what      string
		generated []string
		table     []string
	}{
		{"order commands", names(v.orderCommands()), permittedCommands(order.Life())},
		{"order commands of a player", ofPlayer("order"), permittedCommands(order.Life())},
		{"entrustment commands", names(v.entrustmentCommands()), permittedCommands(entrustment.Life())},
		{"entrustment commands of a player", ofPlayer("entrustment"), permittedCommands(entrustment.Life())},
		{"seller commands", names(v.sellerCommands()), permittedCommands(seller.Life())},
		{"seller commands of a player", ofPlayer("service"), permittedCommands(seller.Life())},
		{"line commands", names(v.lineCommands()), permittedCommands(credit.Life(credit.Assurance))},
		{"line commands of a player", ofPlayer("line"), permittedCommands(credit.Life(credit.Assurance))},
		{"quota commands", names(v.quotaCommands()), permittedCommands(credit.Life(credit.PayLater))},
		{"quota commands of a player", ofPlayer("quota"), permittedCommands(credit.Life(credit.PayLater))},
		{"pay-later commands", names(v.payLaterCommands()), permittedCommands(paylater.Life())},
		{"pay-later commands of a player", ofPlayer("sale"), permittedCommands(paylater.Life())},
		{"funds commands", names(v.fundsCommands()), permittedCommands(funds.Life())},
		{"funds commands of a player", ofPlayer("funds"), permittedCommands(funds.Life())},
	} {
		if !slices.Equal(c.generated, c.table) {
			t.Errorf("%s: the generators make %q, the table has %q", c.what, c.generated, c.table)
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

// TestRequestsAsJSON encodes every request to JSON and decodes it, as a request that is sent to another process.
func TestRequestsAsJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := NewPlayer(Desk(rt), chanceOf(rt, "player", 0), PlayerConfig{Orders: 2, PayLaterOrders: 2}).Open()
		for _, r := range p.Every() {
			text, err := json.Marshal(r)
			if err != nil {
				rt.Fatal(err)
			}
			var decoded Request
			if err := json.Unmarshal(text, &decoded); err != nil || !reflect.DeepEqual(decoded, r) || decoded.Action().String() != r.Action().String() {
				rt.Fatalf("%+v is decoded as %+v, %v", r, decoded, err)
			}
		}
	})
	for _, text := range []string{
		`{"Kind":"planet"}`, `{"Kind":"order","Target":"01000000-0000-7000-8000-000000000001","Name":"fly"}`,
		`{"Kind":"sale","Target":"E1","Name":"ship","Payload":"e30="}`, `{"Kind":`, `{"Kind":1}`,
	} {
		var r Request
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s is decoded as %+v", text, r)
		}
	}
	if _, err := json.Marshal(Request{Kind: "planet"}); err == nil {
		t.Error("a request of an unknown kind was encoded")
	}
}

func permittedCommands[P machine.Phase, K machine.Symbol](life *machine.Life[P, K]) []string {
	return sortedNames(life.Permits(), func(p machine.Permit[P, K]) string { return p.Command })
}

func names[C interface{ Name() string }](commands []C) (list []string) {
	return sortedNames(commands, func(c C) string { return c.Name() })
}

// sortedNames returns the names in a table, sorted and without duplicates.
func sortedNames[R any](table []R, name func(R) string) (list []string) {
	for _, r := range table {
		if n := name(r); n != "" {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
