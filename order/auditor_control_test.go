package order_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestAuditorFindsFaults tells stories that no order can have, and requires the auditor to name
// what is wrong with each.
func TestAuditorFindsFaults(t *testing.T) {
	whole := completed(t, order.CoveragePostDelivery).does(buyer, order.Review{Rating: 5})
	ended := confirmed(t, order.CoveragePreShipment).linked("E1").does(buyer, order.Cancel{})
	silent := shipped(t, order.CoverageNone).after(15*day).does(system, order.AutoConfirmReceipt{})
	checked := confirmed(t, order.CoverageNone).does(buyer, order.InitiatePayment{Payment: "P1", Method: order.PayECheck, Amount: money("1"), BankCountry: "US"})
	card := confirmed(t, order.CoveragePostDelivery).paid("1", "2000")
	taken, won := card.contested("1"), card.contested("1").after(day).resolved("1", true)
	gone := shipped(t, order.CoveragePostDelivery)
	quarrel := gone.disputed().after(day).does(seller, order.ProposeSettlement{Refund: money("1")}).does(buyer, order.AcceptSettlement{Proposal: 1})
	ruled := gone.escalated().does(platform, compensation("2000"))
	changed := submitted(t, order.CoveragePostDelivery)
	changed = changed.does(seller, order.Modify{To: changed.amendment("5000", "2000", order.CoveragePostDelivery)}).confirms().wired("2000")
	changed = changed.does(seller, order.ProposeChange{To: changed.amendment("4000", "2000", order.CoveragePostDelivery)}).does(buyer, order.AcceptChange{Proposal: 1})
	answered := whole.does(buyer, order.EditReview{Rating: 4}).does(seller, order.Reply{Text: "thank you"})
	back := card.refunded("500").wired("6000").does(platform, order.ReturnUnapplied{Amount: money("100")})
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
		{"D2", changed, "modify", drop(order.KindHoldAdjusted)},
		{"I5", changed, "modify", swap(order.KindHoldAdjusted, adjusted("6000", "6000"))},
		{"D2", changed, "accept-change", swap(order.KindHoldAdjusted, adjusted("5000", "4001"))},
		{"D25", changed, "accept-change", swap(order.KindChangeAccepted, order.ChangeAccepted{Proposal: 1, Terms: order.Terms{Total: money("3999"), Initial: money("2000")}, Coverage: order.CoveragePostDelivery})},
		{"D25", changed, "accept-change", swap(order.KindChangeAccepted, order.ChangeAccepted{Proposal: 2, Terms: order.Terms{Total: money("4000"), Initial: money("2000")}, Coverage: order.CoveragePostDelivery})},
		{"D25", changed, "propose-change", add(order.ChangeRejected{Proposal: 1})},
		{"D12", gone.does(buyer, order.ExtendReceipt{}), "extend-receipt", add(order.ReceiptExtended{By: trade.Buyer})},
		{"D31", answered, "edit-review", add(order.ReviewEdited{Rating: 1})},
		{"D31", answered, "reply", add(order.ReviewReplied{Text: "again"})},
		{"D24", taken, "charge-back", replace(order.PaymentReversed{Reference: "C-1", Amount: money("2000"), Applied: money("1999"), Unapplied: money("0")})},
		{"D24", taken, "charge-back", add(order.PaymentReversed{Reference: "C-1", Amount: money("2000"), Applied: money("0"), Unapplied: money("0")})},
		{"I14", taken, "charge-back", replace(order.PaymentReversed{Reference: "C-1", Amount: money("2000"), Applied: money("2001"), Unapplied: money("-1")})},
		{"I28", won, "resolve-chargeback", replace(order.ChargebackResolved{Reference: "C-1", Won: true, Applied: money("1999"), Unapplied: money("1")})},
		{"D24", won, "resolve-chargeback", replace(order.ChargebackResolved{Reference: "C-1", Applied: money("2000")})},
		{"D29", taken, "charge-back", add(order.DisputeEscalated{By: trade.Buyer})},
		{"D29", won.linked("E1"), "resolve-chargeback", drop(order.KindChargebackResolved)},
		{"I12", quarrel, "accept-settlement", swap(order.KindSettlementAccepted, order.SettlementAccepted{Proposal: 1, ReceiptDeadline: noon})},
		{"D29", quarrel, "accept-settlement", swap(order.KindSettlementAccepted, order.SettlementAccepted{Proposal: 2, ReceiptDeadline: noon})},
		{"D29", quarrel, "open-dispute", add(order.DisputeOpened{Number: 2, Claimed: money("1")})},
		{"D29", ruled, "escalate", drop(order.KindDisputeEscalated)},
		{"I5", ruled, "arbitrate", swap(order.KindClaimPosted, order.ClaimPosted{Amount: money("2000"), Released: money("0")})},
		{"I14", ruled, "arbitrate", swap(order.KindClaimPosted, order.ClaimPosted{Amount: money("2001"), Released: money("3999")})},
		{"D30", ruled, "arbitrate", drop(order.KindClosed)},
		{"D30", back, "refund", add(order.Closed{Reason: order.ClosedRefunded})},
		{"D30", back, "refund", replace(order.RefundMade{Amount: money("2000")})},
		{"I14", back, "refund", replace(order.RefundMade{Amount: money("2000.01")})},
		{"I14", back, "return-unapplied", replace(order.UnappliedReturned{Amount: money("2000.01")})},
		{"I28", back, "return-unapplied", replace(order.UnappliedReturned{Amount: money("99")})},
		{"I15", ruled, "arbitrate", add(order.RefundMade{Amount: money("1")})},
		{"I16", gone.escalated().does(platform, compensation("1")), "arbitrate", add(held("1"))},
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
