package order_test

import (
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

func testA24(t *testing.T) {
	gone := shipped(t, order.CoverageNone)
	there := received(t, order.CoverageNone)
	t.Run("accept/the buyer confirms receipt", gone.when(buyer, order.ConfirmReceipt{}).leads(order.PhaseReceived))
	t.Run("accept/a review after receipt", there.when(buyer, order.Review{Rating: 4}).then(order.Reviewed{Rating: 4}))
	t.Run("accept/a review of a completed order", completed(t, order.CoverageNone).when(buyer, order.Review{Rating: 1, Text: "late"}).leads(order.PhaseCompleted))
	t.Run("refuse/before shipment", shippable(t, order.CoverageNone).when(buyer, order.ConfirmReceipt{}).refusedBy(rule.A24))
	t.Run("refuse/the seller", gone.when(seller, order.ConfirmReceipt{}).refusedBy(rule.A24))
	t.Run("refuse/another buyer", gone.when(otherBuyer, order.ConfirmReceipt{}).refusedBy(rule.A24))
	t.Run("refuse/a second time", there.when(buyer, order.ConfirmReceipt{}).refusedBy(rule.A24))
	t.Run("refuse/a review before receipt", gone.when(buyer, order.Review{Rating: 5}).refusedBy(rule.A24))
	t.Run("refuse/a review by the seller", there.when(seller, order.Review{Rating: 5}).refusedBy(rule.A24))
	t.Run("excludes/having to review", there.when(platform, there.wire("4000")).leads(order.PhaseCompleted))
}

// by returns an order that was shipped by that mode.
func shippedBy(t reporter, mode order.Transport, set func(*order.Policy)) story {
	s := funded(t, order.CoverageNone).under(set).does(seller, order.SetTransport{Mode: mode}).linked("E1")
	return s.released("E1", s.now).ships()
}

func testA25(t *testing.T) {
	auto := order.AutoConfirmReceipt{}
	for mode, days := range map[order.Transport]time.Duration{order.TransportAir: 15, order.TransportLand: 30, order.TransportSea: 45} {
		s := shippedBy(t, mode, func(*order.Policy) {})
		deadline := s.now.Add(days * day)
		t.Run("refuse/a nanosecond before the deadline, "+string(mode), s.at(deadline.Add(-1)).when(system, auto).refusedBy(rule.A25, from(deadline)))
		t.Run("accept/at the deadline, "+string(mode), s.at(deadline).when(system, auto).then(order.ReceiptConfirmed{By: trade.System}))
		t.Run("accept/after the deadline, "+string(mode), s.at(deadline.Add(1)).when(system, auto).leads(order.PhaseReceived))
		t.Run("accept/the buyer after the deadline, "+string(mode), s.at(deadline.Add(day)).when(buyer, order.ConfirmReceipt{}).then(
			order.ReceiptConfirmed{By: trade.Buyer}))
	}
	s := shipped(t, order.CoverageNone)
	t.Run("refuse/the buyer was faster", s.does(buyer, order.ConfirmReceipt{}).after(15*day).when(system, auto).refusedBy(rule.A25))
	t.Run("refuse/a second time", s.after(15*day).does(system, auto).when(system, auto).refusedBy(rule.A25))
	t.Run("refuse/the platform", s.after(15*day).when(platform, auto).refusedBy(rule.A25))
	bare := funded(t, order.CoverageNone).linked("E1")
	bare = bare.released("E1", bare.now)
	t.Run("refuse/shipping without a mode of transport", bare.when(seller, ship).refusedBy(rule.A25))
}

func testD11(t *testing.T) {
	t.Run("effect/days are 24 hours", func(t *testing.T) {
		s := shipped(t, order.CoverageNone)
		if got := s.order.Shipment.ReceiptDeadline; !got.Equal(s.now.Add(15 * 24 * time.Hour)) {
			t.Errorf("the deadline is %s", got)
		}
	})
	calendar := func(p *order.Policy) { p.CalendarDays = true }
	for name, c := range map[string]struct{ shipped, deadline time.Time }{
		"in the morning of a day in China":    {time.Date(2025, 3, 1, 1, 0, 0, 0, time.UTC), time.Date(2025, 3, 16, 16, 0, 0, 0, time.UTC)},
		"the last nanosecond of that day":     {time.Date(2025, 3, 1, 15, 59, 59, 999999999, time.UTC), time.Date(2025, 3, 16, 16, 0, 0, 0, time.UTC)},
		"the first nanosecond of the next":    {time.Date(2025, 3, 1, 16, 0, 0, 0, time.UTC), time.Date(2025, 3, 17, 16, 0, 0, 0, time.UTC)},
		"over the end of a leap year's month": {time.Date(2028, 2, 20, 1, 0, 0, 0, time.UTC), time.Date(2028, 3, 6, 16, 0, 0, 0, time.UTC)},
	} {
		t.Run("effect/calendar days, shipped "+name, func(t *testing.T) {
			s := shippable(t, order.CoverageNone).under(calendar).at(c.shipped).does(seller, ship)
			if got := s.order.Shipment.ReceiptDeadline; !got.Equal(c.deadline) {
				t.Fatalf("the deadline is %s, want %s", got, c.deadline)
			}
			s.at(c.deadline.Add(-1)).when(system, order.AutoConfirmReceipt{}).refusedBy(rule.A25, from(c.deadline))(t)
			s.at(c.deadline).when(system, order.AutoConfirmReceipt{}).leads(order.PhaseReceived)(t)
		})
	}
	t.Run("effect/a mode that the policy added", func(t *testing.T) {
		s := shippedBy(t, "express", func(p *order.Policy) { p.ReceiptDays = map[order.Transport]int{"express": 3} })
		s.after(3*day-1).when(system, order.AutoConfirmReceipt{}).refusedBy(rule.A25)(t)
		s.after(3*day).when(system, order.AutoConfirmReceipt{}).leads(order.PhaseReceived)(t)
	})
	t.Run("excludes/a payment that comes later", func(t *testing.T) {
		s := shipped(t, order.CoverageNone)
		if got := s.after(5 * day).wired("4000").order.Shipment.ReceiptDeadline; !got.Equal(s.order.Shipment.ReceiptDeadline) {
			t.Errorf("the deadline moved to %s", got)
		}
	})
}

func testD31(t *testing.T) {
	done := completed(t, order.CoverageNone)
	end := done.now.Add(30 * day)
	says := order.Review{Rating: 5}
	t.Run("accept/at the end of thirty days", done.at(end).when(buyer, says).leads(order.PhaseCompleted))
	t.Run("refuse/a nanosecond later", done.at(end.Add(1)).when(buyer, says).refusedBy(rule.D31, until(end.Add(1))))
	t.Run("accept/long after receipt, the balance open", received(t, order.CoverageNone).after(999*day).when(buyer, says).leads(order.PhaseReceived))
	t.Run("refuse/a second review", done.does(buyer, says).when(buyer, order.Review{Rating: 1}).refusedBy(rule.D31))
	t.Run("refuse/a second review after completion", received(t, order.CoverageNone).does(buyer, says).wired("4000").when(buyer, says).refusedBy(rule.D31))
	t.Run("effect/the term is the policy's", done.under(func(p *order.Policy) { p.ReviewWithin = time.Hour }).after(time.Hour+1).when(buyer, says).refusedBy(rule.D31))
	testD31Answers(t)
}

func testD31Answers(t *testing.T) {
	done := completed(t, order.CoverageNone)
	told := done.after(29*day).does(buyer, order.Review{Rating: 2, Text: "late"})
	edit, reply := order.EditReview{Rating: 5}, order.Reply{Text: "thank you"}
	end := told.now.Add(30 * day)
	t.Run("accept/edited at the end of thirty days", told.at(end).when(buyer, edit).then(order.ReviewEdited{Rating: 5}))
	t.Run("refuse/edited a nanosecond later", told.at(end.Add(1)).when(buyer, edit).refusedBy(rule.D31, until(end.Add(1))))
	t.Run("refuse/edited twice", told.does(buyer, edit).when(buyer, edit).refusedBy(rule.D31))
	t.Run("refuse/edited, none is there", done.when(buyer, edit).refusedBy(rule.D31))
	t.Run("refuse/edited by the seller", told.when(seller, edit).refusedBy(rule.A24))
	t.Run("accept/replied at the end of thirty days", told.at(end).when(seller, reply).then(order.ReviewReplied{Text: "thank you"}))
	t.Run("refuse/replied a nanosecond later", told.at(end.Add(1)).when(seller, reply).refusedBy(rule.D31, until(end.Add(1))))
	edited := told.at(end).does(buyer, edit)
	t.Run("accept/replied thirty days after the edit", edited.after(30*day).when(seller, reply).leads(order.PhaseCompleted))
	t.Run("refuse/replied a nanosecond later than that", edited.after(30*day+1).when(seller, reply).refusedBy(rule.D31))
	t.Run("refuse/replied twice", told.does(seller, reply).when(seller, reply).refusedBy(rule.D31))
	t.Run("refuse/replied twice, edited in between", told.does(seller, reply).does(buyer, edit).when(seller, reply).refusedBy(rule.D31))
	t.Run("accept/edited after a reply", told.does(seller, reply).when(buyer, edit).leads(order.PhaseCompleted))
	t.Run("refuse/replied, none is there", done.when(seller, reply).refusedBy(rule.D31))
	t.Run("refuse/replied by the buyer", told.when(buyer, reply).refusedBy(rule.A24))
	t.Run("refuse/a second review after an edit", told.does(buyer, edit).when(buyer, order.Review{Rating: 1}).refusedBy(rule.D31))
	t.Run("accept/before completion", received(t, order.CoverageNone).does(buyer, order.Review{Rating: 1}).does(buyer, edit).when(seller, reply).leads(order.PhaseReceived))
	t.Run("refuse/edited before receipt", shipped(t, order.CoverageNone).when(buyer, edit).refusedBy(rule.A24))
	t.Run("effect/the edit takes the place of the review", func(t *testing.T) {
		if o := edited.order; o.Review != (order.Reviewed{Rating: 5}) || !o.ReviewedAt.Equal(told.now) || !o.ReviewEditedAt.Equal(end) {
			t.Errorf("the review is %+v of %s, edited %s", o.Review, o.ReviewedAt, o.ReviewEditedAt)
		}
	})
	card := received(t, order.CoverageNone).paid("1", "4000").contested("1")
	t.Run("accept/all of it amid a chargeback", card.does(buyer, order.Review{Rating: 1}).does(buyer, edit).when(seller, reply).leads(order.PhaseCompleted))
}

func testD60(t *testing.T) {
	s := drafted(t)
	set := func(terms order.Terms) attempt { return s.when(seller, order.SetTerms{Terms: terms}) }
	t.Run("refuse/an initial payment in another currency", set(order.Terms{Total: money("10"), Initial: money("5 EUR")}).refusedBy(rule.D60))
	t.Run("refuse/no initial payment in another currency", set(order.Terms{Total: money("10"), Initial: money("0 EUR")}).refusedBy(rule.D60))
	item := func(price, amount string) order.Item {
		return order.Item{Name: "lamp", Quantity: number("1"), Unit: "pc", Price: number(price), Amount: money(amount)}
	}
	t.Run("refuse/items in two currencies", set(order.Terms{Total: money("10"), Items: []order.Item{item("5", "5"), item("5", "5 EUR")}}).refusedBy(rule.D60))
	t.Run("refuse/a first item in another currency", set(order.Terms{Total: money("10"), Items: []order.Item{item("10", "10 EUR")}}).refusedBy(rule.D60))
	big := order.Item{Name: "lamp", Quantity: number("9000000000000"), Unit: "pc", Price: number("9000000000000"), Amount: money("1")}
	t.Run("refuse/an item that overflows", set(order.Terms{Total: money("1"), Items: []order.Item{big}}).refusedBy(rule.D60))
	half := item("9000000000000", "9000000000000")
	half.Quantity, half.Amount = number("10000"), money("90000000000000000")
	t.Run("refuse/items whose sum overflows", set(order.Terms{Total: money("1"), Items: []order.Item{half, half}}).refusedBy(rule.D60))
	t.Run("accept/the largest total", set(order.Terms{Total: money("92233720368547758.07")}).leads(order.PhaseDraft))
	bound := confirmed(t, order.CoverageNone)
	t.Run("refuse/money that overflows what came in", bound.wired("1").when(platform, bound.wired("1").wire("92233720368547758.07")).refusedBy(rule.D60))
	t.Run("accept/as much as fits", bound.when(platform, bound.wire("92233720368547758.07")).leads(order.PhaseReadyToShip))
	t.Run("refuse/a line in another currency", complete(t, order.CoveragePreShipment).
		knowing(func(f *order.Facts) { f.Quota.Available = money("10000 EUR") }).when(seller, submit).refusedBy(rule.D60))
	t.Run("refuse/a capped line in another currency", complete(t, order.CoveragePreShipment).under(func(p *order.Policy) { p.CapCoverage = true }).
		knowing(func(f *order.Facts) { f.Quota.Available = money("1 EUR") }).when(seller, submit).refusedBy(rule.D60))
}
