package order_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tradesurety/surety/order"
)

// TestNext lists what each party may do, in the order of the table, with the refusals that are
// known already.
func TestNext(t *testing.T) {
	bare := funded(t, order.CoverageNone)
	taken := confirmed(t, order.CoverageNone).does(buyer, notice("0", "1")).does(buyer, notice("1", "1"))
	for _, c := range []struct {
		name string
		s    story
		by   order.Actor
		want string
	}{
		{"anybody may sell", once(t), otherSeller, "[draft]"},
		{"a buyer of nothing", once(t), buyer, "[]"},
		{"an empty draft", drafted(t), seller, "[set-buyer match-buyer attach-contract set-terms set-transport choose-coverage submit:A8 cancel]"},
		{"a complete draft", complete(t, order.CoveragePostDelivery), seller, "[set-buyer match-buyer attach-contract set-terms set-transport choose-coverage submit cancel]"},
		{"the buyer of a draft", complete(t, order.CoverageNone), buyer, "[]"},
		{"an offer", submitted(t, order.CoverageNone), buyer, "[attach-contract confirm cancel]"},
		{"an offer that lapsed", submitted(t, order.CoverageNone).after(30 * day), buyer, "[attach-contract confirm:D28 cancel]"},
		{"the clock of an offer", submitted(t, order.CoverageNone), system, "[expire:D28]"},
		{"the clock of an offer that lapsed", submitted(t, order.CoverageNone).after(30 * day), system, "[expire]"},
		{"a buyer who announced", taken, buyer, "[attach-contract initiate-payment cancel:D27]"},
		{"a buyer who pays by card", confirmed(t, order.CoverageNone).does(buyer, card("C1", "1")), buyer, "[attach-contract initiate-payment cancel:D27]"},
		{"a buyer who paid all", bare.wired("4000"), buyer, "[initiate-payment:A12]"},
		{"a seller without an entrustment", bare, seller, "[set-transport accept-shortfall:D20 link unlink mark-shipped:A22]"},
		{"a seller who may ship", shippable(t, order.CoverageNone), seller, "[set-transport accept-shortfall:D20 link unlink mark-shipped]"},
		{"the desk", bare, deskRole, "[unlink record-release]"},
		{"another seller", bare, otherSeller, "[]"},
		{"before the last event", bare.after(-1), seller, "[set-transport:D61 accept-shortfall:D61 link:D61 unlink:D61 mark-shipped:D61]"},
		{"the desk before the last event", bare.after(-1), deskRole, "[unlink record-release]"},
		{"a buyer with the goods", received(t, order.CoverageNone), buyer, "[initiate-payment review]"},
		{"a buyer who reviewed", completed(t, order.CoverageNone).does(buyer, order.Review{Rating: 5}), buyer, "[review:D31]"},
		{"nobody", bare, order.Actor{}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := []string{}
			for _, option := range c.s.order.Next(c.by, c.s.now, c.s.policy) {
				text := option.Command
				if option.Refusal != nil {
					text += ":" + string(option.Refusal.Rule)
				}
				got = append(got, text)
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

// TestDeadline tells what runs in each phase.
func TestDeadline(t *testing.T) {
	offered, bound, gone := submitted(t, order.CoverageNone), confirmed(t, order.CoverageNone), shipped(t, order.CoverageNone)
	early, late := bound.does(buyer, notice("N1", "1")), bound.after(58*day).does(buyer, notice("N1", "1"))
	for _, c := range []struct {
		name string
		s    story
		want order.Deadline
	}{
		{"none", drafted(t), order.Deadline{}},
		{"to confirm", offered, order.Deadline{At: offered.now.Add(30 * day), Kind: "confirm", Command: order.Expire{}}},
		{"to pay", bound, order.Deadline{At: bound.now.Add(60 * day), Kind: "pay", Command: order.Expire{}}},
		{"to pay, announced early", early, order.Deadline{At: bound.now.Add(60 * day), Kind: "pay", Command: order.Expire{}}},
		{"to pay, announced late", late, order.Deadline{At: late.now.Add(7 * day), Kind: "pay", Command: order.Expire{}}},
		{"none while a card is in process", bound.does(buyer, card("C1", "1")), order.Deadline{}},
		{"none with a part of the money", bound.wired("1"), order.Deadline{}},
		{"none when ready to ship", shippable(t, order.CoverageNone), order.Deadline{}},
		{"to receive", gone, order.Deadline{At: gone.now.Add(15 * day), Kind: "receipt", Command: order.AutoConfirmReceipt{}}},
		{"none when received", received(t, order.CoverageNone), order.Deadline{}},
		{"none when closed", cancelled(t, order.CoverageNone), order.Deadline{}},
	} {
		got, runs := c.s.order.Deadline()
		if !reflect.DeepEqual(got, c.want) || runs != (c.want.Command != nil) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestNoPolicyIsTheDefault decides without a policy.
func TestNoPolicyIsTheDefault(t *testing.T) {
	s := complete(t, order.CoveragePostDelivery)
	given := s.given(seller, submit)
	with, err := order.Decide(s.order, submit, given)
	given.Policy = nil
	without, err2 := order.Decide(s.order, submit, given)
	if err != nil || err2 != nil || !reflect.DeepEqual(with, without) {
		t.Errorf("with %+v, %v; without %+v, %v", with, err, without, err2)
	}
}
