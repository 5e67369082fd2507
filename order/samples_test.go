package order_test

import (
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

// allEvents has an event of every kind without a zero field, as far as its fields go together.
var allEvents = []order.Event{
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
	order.ApplyUnapplied{Amount: money("80")},
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
	order.ReturnUnapplied{Amount: money("100")},
	order.ChargeBack{Reference: "C-1"},
	order.ResolveChargeback{Reference: "C-1", Won: true},
}
