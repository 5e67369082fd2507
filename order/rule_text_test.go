package order_test

import (
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

func testD67(t *testing.T) {
	const typed, recorded = trade.Text("\t late\r\nand broken:\r\n\ttwo lamps \r\n"), trade.Text("late\nand broken:\n\ttwo lamps")
	done := completed(t, order.CoverageNone)
	told := done.does(buyer, order.Review{Rating: 2})
	paid := confirmed(t, order.CoverageNone).wired("2000")
	claim := order.OpenDispute{Ground: order.GroundQuality, Claimed: money("1")}
	open := paid.does(buyer, claim).after(7*day).does(system, order.Escalate{})
	start := order.InitiatePayment{Payment: "P1", Method: order.PayCard, Amount: money("1")}
	pending := confirmed(t, order.CoverageNone).does(buyer, start)
	type made func(order.Event) trade.Text
	for name, c := range map[string]struct {
		field string
		with  func(trade.Text) attempt
		made  made
	}{
		"a review": {"text", func(s trade.Text) attempt { return done.when(buyer, order.Review{Rating: 1, Text: s}) },
			func(e order.Event) trade.Text { return e.(order.Reviewed).Text }},
		"an edited review": {"text", func(s trade.Text) attempt { return told.when(buyer, order.EditReview{Rating: 1, Text: s}) },
			func(e order.Event) trade.Text { return e.(order.ReviewEdited).Text }},
		"a reply": {"text", func(s trade.Text) attempt { return told.when(seller, order.Reply{Text: s}) },
			func(e order.Event) trade.Text { return e.(order.ReviewReplied).Text }},
		"a dispute": {"text", func(s trade.Text) attempt { c := claim; c.Text = s; return paid.when(buyer, c) },
			func(e order.Event) trade.Text { return e.(order.DisputeOpened).Text }},
		"a ruling": {"text", func(s trade.Text) attempt { return open.when(platform, order.Arbitrate{Text: s}) },
			func(e order.Event) trade.Text { return e.(order.Arbitrated).Text }},
		"a failed payment": {"reason", func(s trade.Text) attempt {
			return pending.when(platform, order.FailPayment{Payment: "P1", Reason: s})
		}, func(e order.Event) trade.Text { return e.(order.PaymentFailed).Reason }},
	} {
		t.Run("accept/"+name, func(t *testing.T) {
			a := c.with(typed)
			a.accept(t)
			if got := c.made(a.got[0]); got != recorded {
				t.Errorf("recorded %q", got)
			}
		})
		for _, bad := range []trade.Text{"a\rb", "a\u2028b", "a\u2029b", "a\vb", "a\x00b", "a\u202eb"} {
			t.Run("refuse/"+name, c.with(bad).invalid(c.field))
		}
	}
	t.Run("accept/4000 bytes without the white space around them", done.when(buyer, order.Review{
		Rating: 1, Text: trade.Text(strings.Repeat("\r\n", 100) + strings.Repeat("x", 4000) + strings.Repeat(" ", 100)),
	}).leads(order.PhaseCompleted))
	t.Run("accept/a text of white space is none", done.when(buyer, order.Review{Rating: 1, Text: " \r\n"}).then(order.Reviewed{Rating: 1}))
	t.Run("refuse/a reply of white space", told.when(seller, order.Reply{Text: " \r\n"}).invalid("text"))
	draft := drafted(t)
	for _, bad := range []string{"a\nb", "a\r\nb", "a\tb", "a\u2028b", "a\u2029b"} {
		t.Run("refuse/a name", draft.when(seller, order.SetBuyer{Email: buyer.Email, BuyerName: bad}).invalid("name"))
		t.Run("refuse/a file name", draft.when(seller, contract(bad)).invalid("file_name"))
	}
}
