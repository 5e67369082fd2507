package credit

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The pay-later lines and commands that the rules are tried on.
var (
	overdue  = Ground{ReasonOverdue, trade.Text(orderA.String())}
	fake     = Ground{ReasonFakeOrder, trade.Text(orderA.String())}
	busy     = Ground{ReasonOpenOrders, ""}
	audit    = Ground{ReasonOther, "audit of the shop"}
	unopened = New(PayLater, "acme", cny)
	fresh    = opened(5_000)
	asked    = opened(5_000, AssessmentRequested{})
	used     = opened(5_000, deducted(orderA, 4_000))
	lowered  = opened(5_000, deducted(orderA, 4_000), LimitReduced{From: yuan(5_000), To: yuan(3_000)})
	frozen   = opened(5_000, deducted(orderA, 4_000), Frozen(overdue))
	twice    = opened(5_000, deducted(orderA, 4_000), Frozen(overdue), Frozen(audit))
	late     = opened(5_000, deducted(orderA, 4_000), noted(orderA))
	shop     = Inputs{Grade: 80, Score: leverScore, Volume: yuan(125_000), FakeVolume: yuan(1_000), Products: 100, Profile: 100, AfterSales: 95, Month: "2025-06"}

	// everything has no zero field.
	everything = Inputs{"A", "verified", euros(250_000), 1, "2025-06", 80, leverScore, yuan(125_000), yuan(1_000), 100, 100, 95}
)

func deducted(id trade.ID, n int64) Event { return QuotaDeducted{Order: id, Amount: yuan(n)} }

func restored(n int64, cause RestoreCause) Event {
	return QuotaRestored{Order: orderA, Amount: yuan(n), Cause: cause}
}

func noted(id trade.ID) Event { return OverdueNoted{Order: id} }

// overdueEnds is the fact that orderA was overdue and is paid or returned.
func overdueEnds(n int64, cause RestoreCause) Event {
	return QuotaRestored{orderA, yuan(n), cause, true}
}

func deduct(id trade.ID, n int64) Deduct { return Deduct{id, yuan(n)} }

func restoring(n int64, cause RestoreCause) Restore {
	return Restore{Order: orderA, Amount: yuan(n), Cause: cause}
}

func endingOverdue(n int64, cause RestoreCause) Restore {
	return Restore{orderA, yuan(n), cause, true}
}

// crowded returns a line that is frozen for that many reasons.
func crowded(n int) Line {
	var history []Event
	for i := range n {
		history = append(history, Frozen{ReasonOther, trade.Text(fmt.Sprintf("reason %d", i))})
	}
	return opened(5_000, history...)
}

// usesOverdue is the fact that a pay-later order is overdue with that much.
func usesOverdue(amount int64) Facts {
	f := uses(amount)
	f.Overdue = true
	return f
}

// ended is the fact that all that the order used was restored or written off.
func ended(status order.HoldStatus) Facts {
	return Facts{Hold: order.Hold{Status: status, Amount: yuan(4_000)}}
}

// payLaterAcceptances has for each rule of the pay-later line what it lets pass.
var payLaterAcceptances = []accepted{
	{"B3/accept/opened with a limit", unopened, OpenLine{yuan(5_000), shop}, none, LineOpened{Limit: yuan(5_000), Inputs: shop}, sums{5_000, 0, 0, 5_000, 0}},
	{"B3/accept/opened with a limit of nothing", unopened, OpenLine{Limit: yuan(0)}, none, LineOpened{Limit: yuan(0)}, sums{}},
	{"B3/accept/raised", fresh, AssessLimit{yuan(5_001), shop}, none, LimitRaised{From: yuan(5_000), To: yuan(5_001), Inputs: shop}, sums{5_001, 0, 0, 5_001, 0}},
	{"B3/accept/lowered", fresh, AssessLimit{yuan(4_999), shop}, none, LimitReduced{From: yuan(5_000), To: yuan(4_999), Inputs: shop}, sums{4_999, 0, 0, 4_999, 0}},
	{"B3/accept/lowered to nothing", fresh, AssessLimit{Limit: yuan(0)}, none, LimitReduced{From: yuan(5_000), To: yuan(0)}, sums{}},
	{"B21/accept/a request of the merchant", fresh, RequestAssessment{Note: "more orders"}, none, AssessmentRequested{Note: "more orders"}, sums{5_000, 0, 0, 5_000, 0}},
	{"B21/accept/a request while the line is frozen", frozen, RequestAssessment{}, none, AssessmentRequested{}, sums{5_000, 4_000, 0, 1_000, 0}},
	{"B21/accept/a request while the line is suspended", stopped, RequestAssessment{}, Facts{Email: "shop@shop.example"}, AssessmentRequested{}, sums{10_000, 6_000, 0, 4_000, 0}},
	{"B21/accept/a request that was answered", follow(asked, LimitReduced{From: yuan(5_000), To: yuan(5_000), Stays: true}), RequestAssessment{}, none, AssessmentRequested{}, sums{5_000, 0, 0, 5_000, 0}},
	{"B21/accept/an answer by the same limit", asked, AssessLimit{Limit: yuan(5_000)}, none, LimitReduced{From: yuan(5_000), To: yuan(5_000), Stays: true}, sums{5_000, 0, 0, 5_000, 0}},
	{"D36/accept/opened with the merchant's address", unopened, OpenLine{Limit: yuan(5_000)}, Facts{Email: "shop@shop.example"}, LineOpened{Limit: yuan(5_000), Email: "shop@shop.example"}, sums{5_000, 0, 0, 5_000, 0}},
	{"D36/accept/an address taken by the next assessment", fresh, AssessLimit{Limit: yuan(5_000)}, Facts{Email: "shop@shop.example"}, LimitReduced{From: yuan(5_000), To: yuan(5_000), Stays: true, Email: "shop@shop.example"}, sums{5_000, 0, 0, 5_000, 0}},
	{"D36/accept/an address taken by a request", fresh, RequestAssessment{}, Facts{Email: "shop@shop.example"}, AssessmentRequested{Email: "shop@shop.example"}, sums{5_000, 0, 0, 5_000, 0}},
	{"D60/accept/opened in a currency that the policy names", New(PayLater, "acme", usd), OpenLine{Limit: dollars(1)}, Facts{Currencies: []trade.Currency{cny, usd}}, LineOpened{Limit: dollars(1)}, sums{1, 0, 0, 1, 0}},
	{"B5/accept/all that remains", fresh, deduct(orderA, 5_000), none, deducted(orderA, 5_000), sums{5_000, 5_000, 0, 0, 0}},
	{"B5/accept/the rest beside another order", used, deduct(orderB, 1_000), none, deducted(orderB, 1_000), sums{5_000, 5_000, 0, 0, 0}},
	{"B7/accept/deducted when the order is placed", used, deduct(orderB, 1), none, deducted(orderB, 1), sums{5_000, 4_001, 0, 999, 0}},
	{"B9/accept/restored on payment", used, restoring(4_000, RestorePaid), uses(4_000), restored(4_000, RestorePaid), sums{5_000, 0, 0, 5_000, 0}},
	{"B9/accept/restored on cancellation", used, restoring(4_000, RestoreCancelled), uses(4_000), restored(4_000, RestoreCancelled), sums{5_000, 0, 0, 5_000, 0}},
	{"B9/accept/restored on return", used, restoring(4_000, RestoreReturned), uses(4_000), restored(4_000, RestoreReturned), sums{5_000, 0, 0, 5_000, 0}},
	{"B9/accept/a part restored when the amount is lowered", used, restoring(3_999, RestoreLowered), uses(4_000), restored(3_999, RestoreLowered), sums{5_000, 1, 0, 4_999, 0}},
	{"B15/accept/frozen for open orders", used, Freeze(busy), none, Frozen(busy), sums{5_000, 4_000, 0, 1_000, 0}},
	{"B15/accept/frozen for an overdue order", used, Freeze(overdue), Facts{Overdue: true}, Frozen(overdue), sums{5_000, 4_000, 0, 1_000, 0}},
	{"B15/accept/reduced while an order is open", used, AssessLimit{Limit: yuan(4_500)}, none, LimitReduced{From: yuan(5_000), To: yuan(4_500)}, sums{4_500, 4_000, 0, 500, 0}},
	{"B15/accept/an order becomes overdue", used, NoteOverdue{orderA}, uses(4_000), noted(orderA), sums{5_000, 4_000, 0, 1_000, 0}},
	{"B15/accept/an order becomes overdue on a frozen line", frozen, NoteOverdue{orderA}, uses(4_000), noted(orderA), sums{5_000, 4_000, 0, 1_000, 0}},
	{"B15/accept/an overdue order is lowered", late, restoring(1_000, RestoreLowered), usesOverdue(4_000), restored(1_000, RestoreLowered), sums{5_000, 3_000, 0, 2_000, 0}},
	{"B15/accept/an overdue order is returned", late, endingOverdue(4_000, RestoreReturned), usesOverdue(4_000), overdueEnds(4_000, RestoreReturned), sums{5_000, 0, 0, 5_000, 0}},
	{"B18/accept/an order is named", fresh, deduct(orderB, 1), none, deducted(orderB, 1), sums{5_000, 1, 0, 4_999, 0}},
	{"B19/accept/frozen for a fake order", fresh, Freeze(fake), Facts{Fake: true}, Frozen(fake), sums{5_000, 0, 0, 5_000, 0}},
	{"B19/accept/frozen for another reason", fresh, Freeze(audit), none, Frozen(audit), sums{5_000, 0, 0, 5_000, 0}},
	{"B19/accept/paid while frozen", frozen, restoring(4_000, RestorePaid), uses(4_000), restored(4_000, RestorePaid), sums{5_000, 0, 0, 5_000, 0}},
	{"D48/accept/paid late", late, endingOverdue(4_000, RestorePaid), usesOverdue(4_000), overdueEnds(4_000, RestorePaid), sums{5_000, 0, 0, 5_000, 0}},
	{"B19/accept/lowered while frozen", frozen, restoring(1_000, RestoreLowered), uses(4_000), restored(1_000, RestoreLowered), sums{5_000, 3_000, 0, 2_000, 0}},
	{"D52/accept/written off", late, Consume{orderA, yuan(4_000)}, usesOverdue(4_000), QuotaConsumed{orderA, yuan(4_000), yuan(5_000), yuan(1_000)}, sums{1_000, 0, 0, 1_000, 0}},
	{"D52/accept/written off above the limit", follow(lowered, noted(orderA)), Consume{orderA, yuan(4_000)}, usesOverdue(4_000), QuotaConsumed{orderA, yuan(4_000), yuan(3_000), yuan(0)}, sums{}},
	{"D52/accept/written off while frozen", follow(frozen, noted(orderA)), Consume{orderA, yuan(4_000)}, usesOverdue(4_000), QuotaConsumed{orderA, yuan(4_000), yuan(5_000), yuan(1_000)}, sums{1_000, 0, 0, 1_000, 0}},
	{"D53/accept/one kind of reason for two orders", frozen, Freeze{ReasonOverdue, trade.Text(orderB.String())}, Facts{Overdue: true}, Frozen{ReasonOverdue, trade.Text(orderB.String())}, sums{5_000, 4_000, 0, 1_000, 0}},
	{"D53/accept/two reasons for one order", frozen, Freeze(fake), Facts{Fake: true}, Frozen(fake), sums{5_000, 4_000, 0, 1_000, 0}},
	{"D53/accept/unfrozen", frozen, Unfreeze(overdue), none, Unfrozen(overdue), sums{5_000, 4_000, 0, 1_000, 0}},
	{"D53/accept/one of two reasons taken away", twice, Unfreeze(overdue), none, Unfrozen(overdue), sums{5_000, 4_000, 0, 1_000, 0}},
	{"D53/accept/the hundredth reason", crowded(MaxFreezes - 1), Freeze(audit), none, Frozen(audit), sums{5_000, 0, 0, 5_000, 0}},
	{"D54/accept/reduced below what is used", used, AssessLimit{Limit: yuan(3_000)}, none, LimitReduced{From: yuan(5_000), To: yuan(3_000)}, sums{3_000, 4_000, 0, 0, 1_000}},
	{"D54/accept/reduced to nothing", used, AssessLimit{Limit: yuan(0)}, none, LimitReduced{From: yuan(5_000), To: yuan(0)}, sums{0, 4_000, 0, 0, 4_000}},
	{"D54/accept/paid above the limit", lowered, restoring(4_000, RestorePaid), uses(4_000), restored(4_000, RestorePaid), sums{3_000, 0, 0, 3_000, 0}},
	{"D55/accept/reduced while frozen", frozen, AssessLimit{Limit: yuan(4_999)}, none, LimitReduced{From: yuan(5_000), To: yuan(4_999)}, sums{4_999, 4_000, 0, 999, 0}},
}

// payLaterRefusals has for each rule of the pay-later line what it does not let pass.
var payLaterRefusals = []refused{
	{"B3/refuse/opened twice", fresh, OpenLine{Limit: yuan(5_000)}, none, rule.B3, no},
	{"B3/refuse/assessed before it is opened", unopened, AssessLimit{Limit: yuan(5_000)}, none, rule.B3, no},
	{"B3/refuse/an assurance line is not opened", never, OpenLine{Limit: dollars(5_000)}, none, rule.B3, no},
	{"B21/refuse/a second request", asked, RequestAssessment{}, none, rule.B21, no},
	{"B21/refuse/a request for a line that was never opened", unopened, RequestAssessment{}, none, rule.B21, no},
	{"D60/refuse/opened in a foreign currency", New(PayLater, "acme", usd), OpenLine{Limit: dollars(1)}, none, rule.D60, no},
	{"D60/refuse/opened in CNY where the policy names others", unopened, OpenLine{Limit: yuan(1)}, Facts{Currencies: []trade.Currency{usd}}, rule.D60, no},
	{"B5/refuse/one more than remains", fresh, deduct(orderA, 5_001), none, rule.B5, yuan(1)},
	{"B5/refuse/the smallest amount more than remains", opened(5_000, deducted(orderA, 5_000)), Deduct{orderB, fen(1)}, none, rule.B5, fen(1)},
	{"B5/refuse/a large order beside a small one", used, deduct(orderB, 5_000), none, rule.B5, yuan(4_000)},
	{"B5/refuse/a line that was never opened", unopened, deduct(orderA, 1), none, rule.B5, yuan(1)},
	{"B5/refuse/an assurance line", empty, Deduct{orderA, dollars(1)}, none, rule.B5, no},
	{"B6/refuse/withdrawn", fresh, Withdraw{yuan(1)}, none, rule.B6, no},
	{"B6/refuse/withdrawn from a line that was never opened", unopened, Withdraw{yuan(1)}, none, rule.B6, no},
	{"B6/refuse/withdrawn from a frozen line", frozen, Withdraw{yuan(1)}, none, rule.B6, no},
	{"B6/refuse/withdrawn from an assurance line", six, Withdraw{dollars(1)}, none, rule.B6, no},
	{"B6/refuse/withdrawn in another currency", fresh, Withdraw{dollars(1)}, none, rule.B6, no},
	{"B7/refuse/deducted twice", used, deduct(orderA, 1), uses(4_000), rule.B7, no},
	{"B7/refuse/deducted after payment", fresh, deduct(orderA, 1), ended(order.HoldIsReleased), rule.B7, no},
	{"B7/refuse/deducted after a write-off", fresh, deduct(orderA, 1), ended(order.HoldIsPosted), rule.B7, no},
	{"B7/refuse/deducted twice on a frozen line", frozen, deduct(orderA, 1), uses(4_000), rule.B7, no},
	{"B9/refuse/restored without a deduction", used, restoring(1, RestorePaid), none, rule.B9, no},
	{"B9/refuse/restored twice", used, restoring(4_000, RestorePaid), ended(order.HoldIsReleased), rule.B9, no},
	{"B9/refuse/more than the order uses", used, restoring(4_001, RestorePaid), uses(4_000), rule.B9, yuan(1)},
	{"B9/refuse/lowered by more than the order uses", used, restoring(4_001, RestoreLowered), uses(4_000), rule.B9, yuan(1)},
	{"B9/refuse/a part on payment", used, restoring(3_999, RestorePaid), uses(4_000), rule.B9, no},
	{"B9/refuse/a part on return", used, restoring(3_999, RestoreReturned), uses(4_000), rule.B9, no},
	{"B9/refuse/lowered by all", used, restoring(4_000, RestoreLowered), uses(4_000), rule.B9, no},
	{"B9/refuse/on a line that was never opened", unopened, restoring(1, RestorePaid), uses(1), rule.B9, no},
	{"B15/refuse/overdue without a deduction", used, NoteOverdue{orderB}, none, rule.B15, no},
	{"B15/refuse/overdue twice", late, NoteOverdue{orderA}, usesOverdue(4_000), rule.B15, no},
	{"B15/refuse/overdue after payment", fresh, NoteOverdue{orderA}, ended(order.HoldIsReleased), rule.B15, no},
	{"B15/refuse/overdue on a line that was never opened", unopened, NoteOverdue{orderA}, uses(1), rule.B15, no},
	{"B15/refuse/paid as if it were not overdue", late, restoring(4_000, RestorePaid), usesOverdue(4_000), rule.B15, no},
	{"B15/refuse/paid as if it were overdue", used, endingOverdue(4_000, RestorePaid), uses(4_000), rule.B15, no},
	{"B15/refuse/an overdue order is cancelled", late, restoring(4_000, RestoreCancelled), usesOverdue(4_000), rule.B15, no},
	{"B18/refuse/a deduction without an order", fresh, Deduct{Amount: yuan(1)}, none, rule.B18, no},
	{"B18/refuse/a deduction without an order on a frozen line", frozen, Deduct{Amount: yuan(1)}, none, rule.B18, no},
	{"B19/refuse/a new order on a frozen line", frozen, deduct(orderB, 1_000), none, rule.B19, yuan(1_000)},
	{"B19/refuse/a new order while one reason is left", follow(twice, Unfrozen(overdue)), deduct(orderB, 1), none, rule.B19, yuan(1)},
	{"B19/refuse/more than remains on a frozen line", frozen, deduct(orderB, 1_001), none, rule.B19, yuan(1_001)},
	{"D52/refuse/restored after a write-off", fresh, restoring(4_000, RestorePaid), ended(order.HoldIsPosted), rule.D52, no},
	{"D52/refuse/written off twice", fresh, Consume{orderA, yuan(4_000)}, ended(order.HoldIsPosted), rule.D52, no},
	{"D52/refuse/written off after payment", fresh, Consume{orderA, yuan(4_000)}, ended(order.HoldIsReleased), rule.D52, no},
	{"D52/refuse/written off without a deduction", fresh, Consume{orderA, yuan(4_000)}, none, rule.D52, no},
	{"D52/refuse/a part written off", used, Consume{orderA, yuan(3_999)}, uses(4_000), rule.D52, no},
	{"D52/refuse/more written off than is used", used, Consume{orderA, yuan(4_001)}, uses(4_000), rule.D52, no},
	{"D52/refuse/overdue after a write-off", fresh, NoteOverdue{orderA}, ended(order.HoldIsPosted), rule.D52, no},
	{"D52/refuse/an order that is not overdue is written off", used, Consume{orderA, yuan(4_000)}, uses(4_000), rule.D52, no},
	{"D53/refuse/frozen twice for one reason", frozen, Freeze(overdue), Facts{Overdue: true}, rule.D53, no},
	{"D53/refuse/an order that is not overdue", used, Freeze(overdue), Facts{Fake: true}, rule.D53, no},
	{"D53/refuse/an order that is not flagged", used, Freeze(fake), Facts{Overdue: true}, rule.D53, no},
	{"D53/refuse/open orders where none is open", fresh, Freeze(busy), none, rule.D53, no},
	{"D53/refuse/more reasons than a line can have", crowded(MaxFreezes), Freeze(audit), none, rule.D53, no},
	{"D53/refuse/a line that was never opened", unopened, Freeze(audit), none, rule.D53, no},
	{"D53/refuse/an assurance line", six, Freeze(audit), none, rule.D53, no},
	{"D53/refuse/unfrozen without a freeze", used, Unfreeze(overdue), none, rule.D53, no},
	{"D53/refuse/unfrozen for another order", frozen, Unfreeze{ReasonOverdue, trade.Text(orderB.String())}, none, rule.D53, no},
	{"D53/refuse/unfrozen for another kind of reason", frozen, Unfreeze(fake), none, rule.D53, no},
	{"D54/refuse/a new order on a line that was cut", lowered, deduct(orderB, 1), none, rule.B5, yuan(1)},
	{"D55/refuse/raised while frozen", frozen, AssessLimit{yuan(5_001), shop}, none, rule.D55, no},
	{"D55/refuse/raised while one reason is left", follow(twice, Unfrozen(overdue)), AssessLimit{yuan(5_001), shop}, none, rule.D55, no},
	{"D60/refuse/a first limit", unopened, OpenLine{Limit: dollars(1)}, none, rule.D60, no},
	{"D60/refuse/a pay-later limit", fresh, AssessLimit{Limit: dollars(1)}, none, rule.D60, no},
	{"D60/refuse/a deduction", fresh, Deduct{orderA, dollars(1)}, none, rule.D60, no},
	{"D60/refuse/a restoring", used, Restore{Order: orderA, Amount: dollars(4_000), Cause: RestorePaid}, uses(4_000), rule.D60, no},
	{"D60/refuse/a write-off", used, Consume{orderA, dollars(4_000)}, uses(4_000), rule.D60, no},
	{"D6/refuse/a pay-later line is not suspended", fresh, Suspend{"fraud"}, none, rule.D6, no},
	{"D3/refuse/a pay-later line takes no holds", fresh, Hold{orderA, yuan(1)}, none, rule.D3, no},
}
