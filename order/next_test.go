package order_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestNext lists what each party may do, in the order of the table, with the refusals that the order
// alone shows.
func TestNext(t *testing.T) {
	bare := funded(t, order.CoverageNone)
	taken := confirmed(t, order.CoverageNone).does(buyer, notice("0", "1")).does(buyer, notice("1", "1"))
	gone, terse := shipped(t, order.CoveragePostDelivery), submitted(t, order.CoverageNone)
	terse = terse.does(seller, order.Modify{To: terse.amended(func(t *order.Terms) { t.TradeTerm = "-" })})
	disputed := gone.disputed()
	offered := disputed.does(seller, order.ProposeSettlement{Refund: money("1")})
	proposed := bare.does(seller, order.ProposeChange{To: bare.amendment("7000", "2000", order.CoverageNone)})
	crowded := submitted(t, order.CoverageNone)
	for range order.MaxContracts {
		crowded = crowded.does(seller, contract("a.pdf"))
	}
	byCard := confirmed(t, order.CoverageNone).paid("1", "1")
	for _, c := range []struct {
		name string
		s    story
		by   trade.Actor
		want string
	}{
		{"anybody may sell", once(t), otherSeller, "[draft]"},
		{"a buyer of nothing", once(t), buyer, "[]"},
		{"an empty draft", drafted(t), seller, "[set-buyer match-buyer attach-contract set-terms set-transport choose-coverage submit:A8 cancel]"},
		{"a complete draft", complete(t, order.CoveragePostDelivery), seller, "[set-buyer match-buyer attach-contract set-terms set-transport choose-coverage submit cancel]"},
		{"the buyer of a draft", complete(t, order.CoverageNone), buyer, "[attach-contract]"},
		{"a seller without room for files", crowded, seller, "[attach-contract:A9 set-transport unlink modify cancel]"},
		{"an offer", submitted(t, order.CoverageNone), buyer, "[attach-contract confirm cancel]"},
		{"an offer that lapsed", submitted(t, order.CoverageNone).after(30 * day), buyer, "[attach-contract confirm:D28 cancel]"},
		{"the clock of an offer", submitted(t, order.CoverageNone), system, "[expire:D28]"},
		{"the clock of an offer that lapsed", submitted(t, order.CoverageNone).after(30 * day), system, "[expire]"},
		{"a buyer who announced", taken, buyer, "[attach-contract initiate-payment accept-change:D25 reject-change:D25 open-dispute:D29 withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29 cancel:D27]"},
		{"a buyer who pays by card", confirmed(t, order.CoverageNone).does(buyer, card("C1", "1")), buyer, "[attach-contract initiate-payment accept-change:D25 reject-change:D25 open-dispute:D29 withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29 cancel:D27]"},
		{"a buyer who paid all", bare.wired("4000"), buyer, "[initiate-payment:A12 accept-change:D25 reject-change:D25 open-dispute withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29]"},
		{"a buyer whose payment came in before its announcement", bare.wired("4000").follows(t, "charge:1:500"), buyer, "[initiate-payment accept-change:D25 reject-change:D25 open-dispute withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29]"},
		{"a seller without an entrustment", bare, seller, "[set-transport accept-shortfall:D20 link unlink mark-shipped:A22 propose-change escalate:D29 propose-settlement:D29 accept-settlement:D29 refund]"},
		{"a seller who may ship", shippable(t, order.CoverageNone), seller, "[set-transport accept-shortfall:D20 link unlink mark-shipped propose-change escalate:D29 propose-settlement:D29 accept-settlement:D29 refund]"},
		{"the desk", bare, deskRole, "[unlink record-release]"},
		{"another seller", bare, otherSeller, "[]"},
		{"before the last event", bare.after(-1), seller, "[set-transport:D61 accept-shortfall:D61 link:D61 unlink:D61 mark-shipped:D61 propose-change:D61 escalate:D61 propose-settlement:D61 accept-settlement:D61 refund:D61]"},
		{"the desk before the last event", bare.after(-1), deskRole, "[unlink record-release]"},
		{"a buyer with the goods", received(t, order.CoverageNone), buyer, "[initiate-payment review edit-review:D31]"},
		{"a buyer who reviewed", completed(t, order.CoverageNone).does(buyer, order.Review{Rating: 5}), buyer, "[review:D31 edit-review]"},
		{"nobody", bare, trade.Actor{}, "[]"},
		{"a seller who may modify", confirmed(t, order.CoveragePostDelivery), seller, "[attach-contract set-transport accept-shortfall:D20 link unlink modify propose-change:D25 escalate:D29 propose-settlement:D29 accept-settlement:D29 refund:D30 cancel]"},
		{"a seller whose terms are terse", terse, seller, "[attach-contract set-transport unlink modify cancel]"},
		{"a seller who has proposed", proposed, seller, "[set-transport accept-shortfall:D20 link unlink mark-shipped:A22 propose-change:D25 escalate:D29 propose-settlement:D29 accept-settlement:D29 refund]"},
		{"a buyer to whom it was proposed", proposed, buyer, "[initiate-payment accept-change reject-change open-dispute withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29]"},
		{"a buyer who waits for the goods", gone, buyer, "[initiate-payment confirm-receipt extend-receipt open-dispute withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29]"},
		{"a buyer who waited too long", gone.after(15 * day), buyer, "[initiate-payment confirm-receipt extend-receipt:D12 open-dispute:D13 withdraw:D29 escalate:D29 propose-settlement:D29 accept-settlement:D29]"},
		{"a buyer who objects", disputed, buyer, "[attach-contract initiate-payment:D29 confirm-receipt:D29 extend-receipt:D29 open-dispute:D29 withdraw escalate:D29 propose-settlement accept-settlement:D29]"},
		{"a buyer on day 4, with an offer", offered.after(3 * day), buyer, "[attach-contract initiate-payment:D29 confirm-receipt:D29 extend-receipt:D29 open-dispute:D29 withdraw escalate propose-settlement accept-settlement]"},
		{"a seller who has offered", offered, seller, "[attach-contract accept-shortfall:D29 extend-receipt:D29 escalate:D29 propose-settlement accept-settlement:D29 refund]"},
		{"the clock of a dispute", disputed.after(6 * day), system, "[auto-confirm-receipt:D29 escalate]"},
		{"the platform amid a dispute", disputed, platform, "[record-payment fail-payment apply-unapplied:D29 arbitrate:D29 refund return-unapplied:D21 charge-back reverse-transfer resolve-chargeback void-payment]"},
		{"the platform of an escalated dispute", gone.escalated(), platform, "[record-payment fail-payment apply-unapplied:D29 arbitrate refund return-unapplied:D21 charge-back reverse-transfer resolve-chargeback void-payment]"},
		{"the platform with a card payment", byCard.wired("7000"), platform, "[record-payment fail-payment apply-unapplied:D19 mark-shipped:A22 arbitrate:D29 refund return-unapplied charge-back reverse-transfer resolve-chargeback void-payment]"},
		{"the platform amid a chargeback", byCard.contested("1"), platform, "[record-payment fail-payment apply-unapplied:D29 arbitrate:D29 refund:D30 return-unapplied:D21 charge-back reverse-transfer resolve-chargeback void-payment]"},
		{"a buyer who completed", completed(t, order.CoverageNone), buyer, "[review edit-review:D31]"},
		{"a seller who may answer", completed(t, order.CoverageNone).does(buyer, order.Review{Rating: 5}), seller, "[reply refund]"},
		{"the platform of an order that closed", cancelled(t, order.CoverageNone), platform, "[record-payment fail-payment refund:D30 return-unapplied:D21 charge-back reverse-transfer resolve-chargeback void-payment]"},
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

// TestDeadline shows the deadline of each phase.
func TestDeadline(t *testing.T) {
	offered, bound, gone := submitted(t, order.CoverageNone), confirmed(t, order.CoverageNone), shipped(t, order.CoverageNone)
	disputed, contested := gone.after(10*day).disputed(), bound.paid("1", "1").contested("1")
	ready := bound.paid("2", "2000")
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
		{"to pay while a card is in process", bound.does(buyer, card("C1", "1")), order.Deadline{At: bound.now.Add(60 * day), Kind: "pay", Command: order.Expire{}}},
		{"to pay, a card announced late", bound.after(60*day-1).does(buyer, card("C1", "1")), order.Deadline{At: bound.now.Add(61*day - 1), Kind: "pay", Command: order.Expire{}}},
		{"to pay after the initial payment was taken back", ready.contested("2").after(day).resolved("2", false), order.Deadline{At: ready.now.Add(61 * day), Kind: "pay", Command: order.Expire{}}},
		{"to fall back, as the first edition left it", stranded(t), order.Deadline{At: stranded(t).order.LastAt, Kind: "unfund", Command: order.Unfund{}}},
		{"none with a part of the money", bound.wired("1"), order.Deadline{}},
		{"none when ready to ship", shippable(t, order.CoverageNone), order.Deadline{}},
		{"to receive", gone, order.Deadline{At: gone.now.Add(15 * day), Kind: "receipt", Command: order.AutoConfirmReceipt{}}},
		{"none when received", received(t, order.CoverageNone), order.Deadline{}},
		{"none when closed", cancelled(t, order.CoverageNone), order.Deadline{}},
		{"to receive, extended", gone.does(buyer, order.ExtendReceipt{}), order.Deadline{At: gone.now.Add(30 * day), Kind: "receipt", Command: order.AutoConfirmReceipt{}}},
		{"to escalate", disputed, order.Deadline{At: disputed.now.Add(6 * day), Kind: "escalate", Command: order.Escalate{}}},
		{"none when escalated", disputed.after(3*day).does(buyer, order.Escalate{}), order.Deadline{}},
		{"to receive, when it is over", disputed.after(4*day).does(buyer, order.WithdrawDispute{}), order.Deadline{At: gone.now.Add(19 * day), Kind: "receipt", Command: order.AutoConfirmReceipt{}}},
		{"none amid a chargeback", contested, order.Deadline{}},
		{"to escalate amid a chargeback", gone.paid("1", "1").contested("1").disputed(), order.Deadline{At: gone.now.Add(6 * day), Kind: "escalate", Command: order.Escalate{}}},
		{"to pay again", contested.resolved("1", false), order.Deadline{At: bound.now.Add(60 * day), Kind: "pay", Command: order.Expire{}}},
		{"none when it was won", contested.resolved("1", true), order.Deadline{}},
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
	with, err := decided(s.order, submit, given)
	given.facts.Policy = nil
	without, err2 := decided(s.order, submit, given)
	if err != nil || err2 != nil || !reflect.DeepEqual(with, without) {
		t.Errorf("with %+v, %v; without %+v, %v", with, err, without, err2)
	}
}
