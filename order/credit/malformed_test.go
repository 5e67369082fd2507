package credit

import (
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestMalformed is the table of input that is malformed whatever the rules say.
func TestMalformed(t *testing.T) {
	long := string(make([]byte, 1<<20))
	ok := Hold{Order: orderA, Amount: dollars(1)}
	with := func(i Inputs) Command { return AssessLimit{Limit: dollars(1), Inputs: i} }
	for _, c := range []struct {
		field string
		by    trade.Actor
		at    time.Time
		ask   Command
	}{
		{"command", desk, noon, nil},
		{"actor.role", trade.Actor{}, noon, ok},
		{"actor.role", trade.Actor{Role: 99}, noon, ok},
		{"actor.account", trade.Actor{Role: trade.Desk, Account: "a b"}, noon, ok},
		{"at", desk, time.Time{}, ok},
		{"at", desk, time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), ok},
		{"at", desk, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), ok},
		{"order", desk, noon, Hold{Amount: dollars(1)}},
		{"amount", desk, noon, Hold{Order: orderA}},
		{"amount", desk, noon, Hold{Order: orderA, Amount: dollars(0)}},
		{"amount", desk, noon, Hold{Order: orderA, Amount: dollars(-1)}},
		{"order", desk, noon, Adjust{From: dollars(1), To: dollars(2)}},
		{"from", desk, noon, Adjust{Order: orderA, To: dollars(2)}},
		{"to", desk, noon, Adjust{Order: orderA, From: dollars(1)}},
		{"to", desk, noon, Adjust{Order: orderA, From: dollars(1), To: dollars(-1)}},
		{"order", desk, noon, Release{Amount: dollars(1), Cause: order.ReleaseClosed}},
		{"amount", desk, noon, Release{Order: orderA, Cause: order.ReleaseClosed}},
		{"cause", desk, noon, Release{Order: orderA, Amount: dollars(1)}},
		{"cause", desk, noon, Release{Order: orderA, Amount: dollars(1), Cause: "Shipped"}},
		{"order", desk, noon, Claim{Open: dollars(1), Amount: dollars(1)}},
		{"open", desk, noon, Claim{Order: orderA, Amount: dollars(1)}},
		{"amount", desk, noon, Claim{Order: orderA, Open: dollars(1)}},
		{"amount", platform, noon, RepayClaim{Reference: "TT-1"}},
		{"amount", platform, noon, RepayClaim{Amount: dollars(-1), Reference: "TT-1"}},
		{"reference", platform, noon, RepayClaim{Amount: dollars(1)}},
		{"reference", platform, noon, RepayClaim{Amount: dollars(1), Reference: long}},
		{"limit", platform, noon, AssessLimit{}},
		{"limit", platform, noon, AssessLimit{Limit: dollars(-1)}},
		{"inputs.qualification", platform, noon, with(Inputs{Qualification: long})},
		{"inputs.ability", platform, noon, with(Inputs{Ability: "a\x00"})},
		{"inputs.trade_flow", platform, noon, with(Inputs{TradeFlow: euros(-1)})},
		{"inputs.penalties", platform, noon, with(Inputs{Penalties: -1})},
		{"inputs.month", platform, noon, with(Inputs{Month: "2025-13"})},
		{"inputs.month", platform, noon, with(Inputs{Month: "2025-6"})},
		{"inputs.month", platform, noon, with(Inputs{Month: long})},
		{"inputs.grade", platform, noon, with(Inputs{Grade: -1})},
		{"inputs.products", platform, noon, with(Inputs{Products: 101})},
		{"inputs.profile", platform, noon, with(Inputs{Profile: 101})},
		{"inputs.after_sales", platform, noon, with(Inputs{AfterSales: 101})},
		{"inputs.score", platform, noon, with(Inputs{Score: mustNumber("-0.000001")})},
		{"inputs.score", platform, noon, with(Inputs{Score: mustNumber("5.000001")})},
		{"inputs.volume", platform, noon, with(Inputs{Volume: yuan(-1)})},
		{"inputs.fake_volume", platform, noon, with(Inputs{Volume: yuan(1), FakeVolume: yuan(-1)})},
		{"inputs.fake_volume", platform, noon, with(Inputs{Volume: yuan(1), FakeVolume: yuan(2)})},
		{"inputs.fake_volume", platform, noon, with(Inputs{Volume: yuan(2), FakeVolume: euros(1)})},
		{"limit", platform, noon, OpenLine{}},
		{"limit", platform, noon, OpenLine{Limit: yuan(-1)}},
		{"inputs.month", platform, noon, OpenLine{Limit: yuan(1), Inputs: Inputs{Month: "June"}}},
		{"amount", desk, noon, Deduct{Order: orderA}},
		{"amount", desk, noon, Deduct{Order: orderA, Amount: yuan(-1)}},
		{"order", desk, noon, Restore{Amount: yuan(1), Cause: RestorePaid}},
		{"amount", desk, noon, Restore{Order: orderA, Cause: RestorePaid}},
		{"cause", desk, noon, Restore{Order: orderA, Amount: yuan(1)}},
		{"cause", desk, noon, Restore{Order: orderA, Amount: yuan(1), Cause: "Paid"}},
		{"overdue", desk, noon, Restore{orderA, yuan(1), RestoreCancelled, true}},
		{"overdue", desk, noon, Restore{orderA, yuan(1), RestoreLowered, true}},
		{"order", desk, noon, NoteOverdue{}},
		{"order", desk, noon, Consume{Amount: yuan(1)}},
		{"amount", desk, noon, Consume{Order: orderA}},
		{"amount", merchant, noon, Withdraw{}},
		{"reason", platform, noon, Freeze{}},
		{"reason", platform, noon, Freeze{Reason: "bankrupt", Ref: "x"}},
		{"ref", platform, noon, Freeze{Reason: ReasonOverdue}},
		{"ref", platform, noon, Freeze{Reason: ReasonFakeOrder, Ref: trade.Text("{" + orderA.String() + "}")}},
		{"ref", platform, noon, Freeze{Reason: ReasonOpenOrders, Ref: "x"}},
		{"ref", platform, noon, Freeze{Reason: ReasonOther}},
		{"ref", platform, noon, Unfreeze{Reason: ReasonOther, Ref: trade.Text(long)}},
		{"reason", platform, noon, Suspend{}},
		{"reason", platform, noon, Suspend{Reason: trade.Text(long)}},
	} {
		_, err := Decide(after(assessed(10)), c.ask, trade.Given{By: c.by, At: c.at}, Facts{})
		var bad *trade.InvalidError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Reason == "" {
			t.Errorf("%s of %.60v: got %v", c.field, c.ask, err)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", c.field, len(err.Error()))
		}
	}
}
