package order_test

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

var noon = time.Date(2025, 6, 30, 12, 0, 0, 123456789, time.UTC)

// fullTerms are terms without a zero field.
var fullTerms = order.Terms{
	Total: money("6000"), Initial: money("2000.50"),
	Items: []order.Item{{
		Name: "台灯 <LED> & \"shade\"", HSCode: "9405210090", Quantity: number("12.5"), Unit: "pc", Price: number("480"), Amount: money("6000"),
	}},
	ShipBy:    order.ShipBy{Days: 10, After: order.BalancePayment},
	TradeTerm: "FOB Ningbo",
}

// firstEvents has an event of every kind of the first edition of the rule book without a zero field
// that it had, as far as its fields go together.
var firstEvents = []order.Event{
	order.Drafted{Seller: seller.Account, Email: seller.Email, Mode: order.DraftAttachment, DraftedAt: noon},
	order.BuyerEntered{Email: buyer.Email, BuyerName: "Jane Doe"},
	order.BuyerMatched{Email: buyer.Email, Account: buyer.Account, Registered: true},
	order.ContractAttached{Party: trade.Buyer, FileName: "合同.pdf", SHA256: digest, Size: 1 << 40},
	order.TermsSet{Terms: fullTerms, Revision: 3},
	order.TransportSet{Mode: order.TransportSea},
	order.CoverageChosen{Coverage: order.CoveragePreShipment, Revision: 4},
	order.Submitted{ReceivingAccount: account, Link: "/orders/" + orderID.String(), Revision: 4, ConfirmBy: noon},
	order.HoldPlaced{Need: money("2000.50"), Amount: money("0.01")},
	order.HoldReleased{Amount: money("0.01"), Cause: order.ReleaseShipped},
	order.Confirmed{Account: buyer.Account, Terms: 4, PayBy: noon},
	order.PaymentInitiated{Payment: "P1", Method: order.PayTT, Amount: money("1980"), BankCountry: "US", NoticeUntil: noon},
	order.PaymentReceived{
		Reference: "TT-2025.001", Method: order.PayTT, Payment: "P1", ReceivingAccount: account, Amount: money("1980"),
		Applied: money("1900"), Unapplied: money("80"), Payer: "JANE DOE", PaidAt: noon, Fee: money("15"), NeedsReview: true,
	},
	order.PaymentFailed{Payment: "P1", Reason: "declined"},
	order.UnappliedApplied{Amount: money("80"), Reviewed: money("79.99")},
	order.ShortfallAccepted{Amount: money("20.50")},
	order.Funded{},
	order.EntrustmentLinked{Entrustment: "OT-1", ReleasedAt: noon},
	order.EntrustmentUnlinked{Entrustment: "OT-1", Cause: order.UnlinkClosed},
	order.EntrustmentReleased{Entrustment: "OT-1", ReleasedAt: noon},
	order.Shipped{ShippedAt: noon, ReceiptDeadline: noon.Add(15 * day), Agreed: noon, Late: true},
	order.ReceiptConfirmed{By: trade.System},
	order.Completed{},
	order.Reviewed{Rating: 5, Text: "好 & quick"},
	order.Closed{Reason: order.ClosedExpired},
	order.HoldAdjusted{From: money("2000.50"), To: money("3000")},
	order.TermsModified{Terms: fullTerms, Coverage: order.CoveragePostDelivery, BuyerName: "Jane Doe", Changes: []string{"total", "ship_by"}, Revision: 5, ConfirmBy: noon},
	order.ChangeProposed{Proposal: 1, Terms: fullTerms, Coverage: order.CoverageNone, Changes: []string{"coverage"}},
	order.ChangeAccepted{Proposal: 1, Terms: fullTerms, Coverage: order.CoverageNone, Revision: 6},
	order.ChangeRejected{Proposal: 2},
	order.ReceiptExtended{By: trade.Seller, ReceiptDeadline: noon},
	order.ReviewEdited{Rating: 4, Text: "still 好"},
	order.ReviewReplied{Text: "thank you"},
	order.DisputeOpened{
		Number: 1, Ground: order.GroundLate, Claimed: money("2000"), Text: "three weeks\nlate", EscalateFrom: noon.Add(3 * day), EscalateBy: noon.Add(6 * day),
	},
	order.DisputeWithdrawn{ReceiptDeadline: noon},
	order.DisputeEscalated{By: trade.System},
	order.SettlementProposed{Proposal: 1, By: trade.Buyer, Refund: money("500")},
	order.SettlementAccepted{Proposal: 1, ReceiptDeadline: noon},
	order.Arbitrated{Refund: money("500"), Compensation: money("1000"), Text: "the goods are late", ReceiptDeadline: noon},
	order.ClaimPosted{Amount: money("1000"), Released: money("1000.50")},
	order.RefundMade{Amount: money("500"), Cause: order.RefundSettled},
	order.UnappliedReturned{Amount: money("80"), Reviewed: money("79.99")},
	order.PaymentReversed{Reference: "C-1", Amount: money("2100"), Applied: money("2000"), Unapplied: money("100"), Reviewed: money("0.01")},
	order.ChargebackResolved{Reference: "C-1", Won: true, Applied: money("1900"), Unapplied: money("200"), Reviewed: money("0.01"), ReceiptDeadline: noon},
}

// sparseEvents are events as they are stored with fields left out, and those of other values that
// decide something. The first firstSparse of them were stored between the chapters of a contract and
// those of its changes, see storedEvents.
var sparseEvents = []order.Event{
	order.Drafted{Seller: seller.Account, Mode: order.DraftOnline, DraftedAt: newYear},
	order.BuyerMatched{Email: buyer.Email},
	order.ContractAttached{Party: trade.Seller, FileName: "contract.pdf", SHA256: digest, Size: 1},
	order.TermsSet{Terms: order.Terms{Total: money("1000000 JPY"), Initial: money("1 JPY"), ShipBy: order.ShipBy{Date: "2025-03-31"}}, Revision: 1},
	order.TransportSet{Mode: order.TransportAir},
	order.TransportSet{Mode: order.TransportLand},
	order.CoverageChosen{Coverage: order.CoverageNone, Revision: 1},
	order.CoverageChosen{Coverage: order.CoveragePostDelivery, Revision: 2},
	order.HoldReleased{Amount: money("1.250 KWD"), Cause: order.ReleaseReceived},
	order.HoldReleased{Amount: money("6000"), Cause: order.ReleaseClosed},
	order.HoldReleased{Amount: money("6000"), Cause: order.ReleaseUncovered},
	order.PaymentInitiated{Payment: "P1", Method: order.PayCard, Amount: money("0.01")},
	order.PaymentInitiated{Payment: "P2", Method: order.PayECheck, Amount: money("2000"), BankCountry: "US"},
	order.PaymentReceived{Reference: "R1", Method: order.PayCard, Payment: "P1", Amount: money("2000"), Applied: money("2000"), Unapplied: money("0"), PaidAt: newYear},
	order.UnappliedApplied{Amount: money("500")},
	order.EntrustmentLinked{Entrustment: "OT-2"},
	order.EntrustmentUnlinked{Entrustment: "OT-1", Cause: order.UnlinkAsked},
	order.EntrustmentUnlinked{Entrustment: "OT-1", Cause: order.UnlinkCancelled},
	order.Shipped{ShippedAt: newYear, ReceiptDeadline: newYear.Add(15 * day)},
	order.ReceiptConfirmed{By: trade.Buyer},
	order.Reviewed{Rating: 1},
	order.Closed{Reason: order.ClosedCancelled},

	order.TermsModified{Terms: order.Terms{Total: money("10"), Initial: money("10")}, Coverage: order.CoverageNone, BuyerName: "Jane Doe", Changes: []string{"buyer_name"}, Revision: 2, ConfirmBy: newYear},
	order.ReceiptExtended{By: trade.Buyer, ReceiptDeadline: newYear},
	order.ReviewEdited{Rating: 1},
	order.DisputeOpened{Number: 2, Ground: order.GroundQuality, Claimed: money("0.01"), EscalateFrom: newYear, EscalateBy: newYear},
	order.DisputeOpened{Number: 3, Ground: order.GroundOther, Claimed: money("0.01"), EscalateFrom: newYear, EscalateBy: newYear},
	order.DisputeWithdrawn{},
	order.DisputeEscalated{By: trade.Seller},
	order.SettlementAccepted{Proposal: 2},
	order.Arbitrated{},
	order.Arbitrated{Refund: money("1")},
	order.Arbitrated{Compensation: money("1")},
	order.ClaimPosted{Amount: money("2000"), Released: money("0")},
	order.RefundMade{Amount: money("1"), Cause: order.RefundAgreed},
	order.RefundMade{Amount: money("1"), Cause: order.RefundRuled},
	order.UnappliedReturned{Amount: money("100")},
	order.PaymentReversed{Reference: "C-2", Amount: money("5"), Applied: money("0"), Unapplied: money("5")},
	order.ChargebackResolved{Reference: "C-2"},
	order.Closed{Reason: order.ClosedRefunded},
}

const firstSparse = 22

// secondEvents are the kinds that the second edition added or that have more fields since then, without
// a zero field.
var secondEvents = []order.Event{
	order.PaymentInitiated{
		Payment: "P1", Method: order.PayECheck, Amount: money("1980"), BankCountry: "US", NoticeUntil: noon.Add(14 * day),
		Reference: "E 1/2", Reviewed: money("80"), Moved: fullMoved, Cases: fullCases,
	},
	order.PaymentReceived{
		Reference: "TT/2025: 001", Method: order.PayTT, Payment: "P1", ReceivingAccount: account, Amount: money("1980"), Applied: money("1800"), Unapplied: money("80"),
		Payer: "JANE DOE", PaidAt: noon, Fee: money("15"), NeedsReview: true, Reversed: money("100"), OwnStream: true,
	},
	order.UnappliedApplied{Amount: money("80"), Reviewed: money("79.99"), Reference: "TT/2025: 001", Method: order.PayTT, Moved: fullMoved, Cases: fullCases},
	order.UnappliedReturned{Amount: money("80"), Reviewed: money("80"), Reference: "TT/2025: 001", Method: order.PayTT},
	order.TermsModified{
		Terms: fullTerms, Coverage: order.CoveragePostDelivery, BuyerName: "Jane Doe", Changes: []string{"total", "ship_by"}, Revision: 5, ConfirmBy: noon, ShortfallVoid: true,
	},
	order.DisputeWithdrawn{ReceiptDeadline: noon, PayBy: noon, ConfirmBy: noon},
	order.SettlementAccepted{Proposal: 1, ReceiptDeadline: noon, PayBy: noon, ConfirmBy: noon},
	order.Arbitrated{Refund: money("500"), Compensation: money("1000"), Text: "the goods are late", ReceiptDeadline: noon, PayBy: noon, ConfirmBy: noon},
	order.PaymentReversed{
		Reference: "C-1", Method: order.PayCard, Amount: money("2100"), Applied: money("2000"), Unapplied: money("100"), Reviewed: money("0.01"),
		Case: "case 1/2", Claimed: money("2200"), At: noon, Shortfall: money("0.02"), Cases: fullCases,
	},
	order.ChargebackResolved{
		Reference: "C-1", Method: order.PayCard, Won: true, Applied: money("1900"), Unapplied: money("200"), Reviewed: money("0.01"), ReceiptDeadline: noon, PayBy: noon, ConfirmBy: noon,
		Case: "case 1/2", At: noon, Shortfall: money("0.02"), Cases: fullCases,
	},
	order.Unfunded{PayBy: noon},
	order.TransferReversed{
		Reference: "TT/2025: 001", Method: order.PayTT, Amount: money("1980"), Applied: money("1900"), Unapplied: money("80"), Reviewed: money("79.99"),
		Case: "recall 1", Claimed: money("1980"), At: noon, Shortfall: money("0.02"), Cases: fullCases,
	},
	order.PaymentVoided{
		Reference: "TT/2025: 001", Method: order.PayTT, Amount: money("1980"), Moved: fullMoved, Cases: fullCases, ReceiptDeadline: noon, PayBy: noon, ConfirmBy: noon,
	},
}

var (
	fullMoved = order.Moved{Applied: money("-1900"), Unapplied: money("80"), Reviewed: money("79.99"), Shortfall: money("20")}
	fullCases = order.CaseSums{Taken: money("2100"), Lost: money("2000"), Excess: money("100"), Open: 1}
)

// secondSparse are events of the second edition as they are stored with fields left out.
var secondSparse = []order.Event{
	order.PaymentInitiated{Payment: "P1", Method: order.PayCard, Amount: money("0.01"), NoticeUntil: newYear},
	order.PaymentReceived{
		Reference: "R1", Method: order.PayCard, Payment: "P1", Amount: money("2000"), Applied: money("2000"), Unapplied: money("0"), PaidAt: newYear, OwnStream: true,
	},
	order.UnappliedApplied{Amount: money("80"), Reviewed: money("80"), Reference: "R1", Method: order.PayCard, Cases: noCases},
	order.PaymentReversed{Reference: "R1", Method: order.PayCard, Amount: money("2000"), Applied: money("2000"), Unapplied: money("0"), Case: "case-1", At: newYear, Cases: order.CaseSums{
		Taken: money("2000"), Lost: money("0"), Excess: money("0"), Open: 1,
	}},
	order.ChargebackResolved{Reference: "R1", Method: order.PayCard, Won: true, Applied: money("2000"), Case: "case-1", At: newYear, Cases: noCases},
	order.PaymentVoided{Reference: "R1", Method: order.PayCard, Amount: money("2000"), Cases: noCases},
}

var noCases = order.CaseSums{Taken: money("0"), Lost: money("0"), Excess: money("0")}

// allEvents has an event of every kind without a zero field, as far as its fields go together.
var allEvents = slices.Concat(slices.DeleteFunc(slices.Clone(firstEvents), func(e order.Event) bool {
	return slices.ContainsFunc(secondEvents, func(later order.Event) bool { return later.Kind() == e.Kind() })
}), secondEvents)

// storedEvents are all samples in the order of testdata/events.golden, which grew in five parts.
func storedEvents() []order.Event {
	const contract = 25 // the kinds from order.drafted to order.closed
	return slices.Concat(firstEvents[:contract], sparseEvents[:firstSparse], firstEvents[contract:], sparseEvents[firstSparse:], secondEvents, secondSparse)
}

// fullAmendment is one without a zero field.
var fullAmendment = order.Amendment{
	Terms: fullTerms, Coverage: order.CoveragePreShipment, BuyerName: "Jane Doe", Seller: seller.Account, BuyerEmail: buyer.Email, Mode: order.DraftOnline,
}

// allCommands has every command without a zero field, as far as its fields go together.
var allCommands = []order.Command{
	order.Draft{Mode: order.DraftOnline},
	order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"},
	order.MatchBuyer{Email: buyer.Email},
	order.AttachContract{FileName: "合同.pdf", SHA256: digest, Size: 1, StatesAccount: true, Text: "line one\nline two"},
	order.SetTerms{Terms: fullTerms},
	order.SetTransport{Mode: order.TransportAir},
	order.ChooseCoverage{Coverage: order.CoveragePostDelivery, TermsAccepted: true},
	order.Submit{OneTouchAcknowledged: true},
	order.Confirm{Terms: 4},
	order.InitiatePayment{Payment: "P1", Method: order.PayECheck, Amount: money("1980"), BankCountry: "US"},
	order.RecordPayment{
		Reference: "TT-2025.001", Method: order.PayTT, Payment: "P1", ReceivingAccount: account, Amount: money("1980"),
		Payer: "JANE DOE", PaidAt: noon, Fee: money("15"),
	},
	order.FailPayment{Payment: "P1", Reason: "declined"},
	order.ApplyUnapplied{Amount: money("80"), Reference: "TT-2025.001", Method: order.PayTT},
	order.AcceptShortfall{},
	order.Link{Entrustment: "OT-1"},
	order.Unlink{Entrustment: "OT-1"},
	order.RecordRelease{Entrustment: "OT-1", ReleasedAt: noon},
	order.MarkShipped{},
	order.ConfirmReceipt{},
	order.AutoConfirmReceipt{},
	order.Review{Rating: 5, Text: "好 & quick"},
	order.Cancel{},
	order.Expire{},
	order.Modify{To: fullAmendment, TermsAccepted: true},
	order.ProposeChange{To: fullAmendment, TermsAccepted: true},
	order.AcceptChange{Proposal: 1},
	order.RejectChange{Proposal: 1},
	order.ExtendReceipt{},
	order.EditReview{Rating: 4, Text: "still 好"},
	order.Reply{Text: "thank you"},
	order.OpenDispute{Ground: order.GroundQuality, Claimed: money("2000"), Text: "half of them are broken"},
	order.WithdrawDispute{},
	order.Escalate{},
	order.ProposeSettlement{Refund: money("500")},
	order.AcceptSettlement{Proposal: 1},
	order.Arbitrate{Refund: money("500"), Compensation: money("1000"), Text: "the goods are late"},
	order.Refund{Amount: money("500")},
	order.ReturnUnapplied{Amount: money("100"), Reference: "TT-2025.001", Method: order.PayTT},
	order.ChargeBack{Reference: "C-1", Method: order.PayCard, Case: "case 1/2", Amount: money("500"), At: noon},
	order.ResolveChargeback{Reference: "C-1", Method: order.PayCard, Case: "case 1/2", Won: true, At: noon},
	order.ReverseTransfer{Reference: "TT-2025.001", Case: "recall 1", Amount: money("80"), At: noon},
	order.VoidPayment{Reference: "TT-2025.001", Method: order.PayTT},
	order.Unfund{},
}
