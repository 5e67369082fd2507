package order_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
)

// TestAuditorFindsFaults tells stories that no order can have, and requires the auditor to name
// what is wrong with each.
func TestAuditorFindsFaults(t *testing.T) {
	whole := completed(t, order.CoveragePostDelivery).does(buyer, order.Review{Rating: 5})
	ended := confirmed(t, order.CoveragePreShipment).linked("E1").does(buyer, order.Cancel{})
	silent := shipped(t, order.CoverageNone).after(15*day).does(system, order.AutoConfirmReceipt{})
	checked := confirmed(t, order.CoverageNone).does(buyer, order.InitiatePayment{Payment: "P1", Method: order.PayECheck, Amount: money("1"), BankCountry: "US"})
	for _, c := range []struct {
		fault string
		s     story
		in    string // the command whose facts are changed
		to    func([]order.Event) []order.Event
	}{
		{"I3", whole, "choose-coverage", replace(order.CoverageChosen{Coverage: order.CoverageNone, Revision: 2})},
		{"I4", whole, "submit", drop(order.KindHoldPlaced)},
		{"I4", whole, "confirm-receipt", drop(order.KindHoldReleased)},
		{"I4", whole, "mark-shipped", add(freed("6000", order.ReleaseShipped))},
		{"I5", whole, "submit", add(held("1"))},
		{"I5", whole, "confirm-receipt", add(freed("6000", order.ReleaseReceived))},
		{"I5", ended, "cancel", swap(order.KindHoldReleased, freed("1999", order.ReleaseClosed))},
		{"I6", whole, "submit", add(order.Submitted{Account: account})},
		{"I7", completed(t, order.CoverageNone), "submit", drop(order.KindSubmitted)},
		{"I7", whole, "mark-shipped", drop(order.KindShipped)},
		{"I7", whole, "review", add(order.Reviewed{Rating: 1})},
		{"I8", whole, "confirm", replace(order.Confirmed{Account: "b-2000", Terms: 2})},
		{"I9", checked, "initiate-payment", replace(order.PaymentInitiated{Payment: "P1", Method: order.PayECheck, Amount: money("1"), BankCountry: "CA"})},
		{"I10", whole, "record-release", drop(order.KindEntrustmentReleased)},
		{"I11", whole, "link", drop(order.KindEntrustmentLinked)},
		{"I10", whole, "record-release", replace(order.EntrustmentReleased{Entrustment: "E1", ReleasedAt: newYear.Add(-1)})},
		{"I11", whole, "link", add(order.EntrustmentLinked{Entrustment: "E1"})},
		{"I12", silent, "mark-shipped", replace(order.Shipped{ShippedAt: silent.now})},
		{"I13", whole, "confirm", add(order.BuyerEntered{Email: "other@example.com"})},
		{"I14", whole, "record-payment", swap(order.KindPaymentReceived, order.PaymentReceived{
			Reference: "R", Method: order.PayTT, Amount: money("2001"), Applied: money("2000")})},
		{"I15", whole, "review", add(order.Closed{Reason: order.ClosedCancelled})},
		{"D40", ended, "cancel", drop(order.KindEntrustmentUnlinked)},
	} {
		steps := slices.Clone(c.s.steps)
		for i := range steps {
			if steps[i].ask.Name() == c.in {
				steps[i].events = c.to(slices.Clone(steps[i].events))
			}
		}
		err := audit(steps, &c.s.order, c.s.policy)
		if err == nil || !strings.HasPrefix(err.Error(), c.fault) {
			t.Errorf("%s: the facts of %s were changed, and the auditor says %v", c.fault, c.in, err)
		}
	}
}

func replace(e order.Event) func([]order.Event) []order.Event {
	return func([]order.Event) []order.Event { return []order.Event{e} }
}

func add(e order.Event) func([]order.Event) []order.Event {
	return func(list []order.Event) []order.Event { return append(list, e) }
}

func drop(kind order.Kind) func([]order.Event) []order.Event {
	return func(list []order.Event) []order.Event {
		return slices.DeleteFunc(list, func(e order.Event) bool { return e.Kind() == kind })
	}
}

func swap(kind order.Kind, with order.Event) func([]order.Event) []order.Event {
	return func(list []order.Event) []order.Event {
		list[slices.IndexFunc(list, func(e order.Event) bool { return e.Kind() == kind })] = with
		return list
	}
}
