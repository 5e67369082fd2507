package order

import (
	"slices"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is how far an order has come in its life.
type Phase uint8

const (
	// PhaseNone is the phase of an order that was never drafted.
	PhaseNone Phase = iota
	// PhaseDraft: the seller is writing it.
	PhaseDraft
	// PhaseSubmitted: the buyer may confirm it.
	PhaseSubmitted
	// PhaseConfirmed: both sides are bound; the order waits for the initial payment.
	PhaseConfirmed
	// PhaseReadyToShip: the initial payment is satisfied.
	PhaseReadyToShip
	// PhaseShipped: the goods are on their way; the order waits for receipt.
	PhaseShipped
	// PhaseReceived: the goods have arrived; the balance is still open.
	PhaseReceived
	// PhaseCompleted: received and paid in full.
	PhaseCompleted
	// PhaseClosed: ended before completion.
	PhaseClosed
)

// phases names the phases: on the wire, and for people in both languages.
var phases = machine.Names{
	{"none", "not drafted yet", "尚未起草"},
	{"draft", "a draft", "草稿"},
	{"submitted", "submitted", "待买家确认"},
	{"confirmed", "confirmed", "待付款"},
	{"ready-to-ship", "ready to ship", "待发货"},
	{"shipped", "shipped", "已发货"},
	{"received", "received", "已收货"},
	{"completed", "completed", "已完成"},
	{"closed", "closed", "已关闭"},
}

// String returns the phase's name, such as "ready-to-ship".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it, such as "ready to ship" or "待发货".
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

// submitted are the phases from submission on, in which money can move; disputable those in
// which the buyer may object; bound those after the buyer confirmed.
var (
	submitted  = in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived, PhaseCompleted, PhaseClosed)
	disputable = in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped)
	bound      = submitted[1:]
)

// steps is the life of an order: which event leads from which phase to which, chapter by chapter.
// It is the only place that defines this; the machine and the diagrams are made from it.
var steps = []machine.Step[Phase, Kind]{
	// draft
	{Event: KindDrafted, From: in(PhaseNone), To: PhaseDraft},
	{Event: KindBuyerEntered, From: in(PhaseDraft), Stay: true},
	{Event: KindBuyerMatched, From: in(PhaseDraft), Stay: true},
	{Event: KindContractAttached, From: append(in(PhaseDraft), submitted...), Stay: true},
	{Event: KindTermsSet, From: in(PhaseDraft), Stay: true},
	{Event: KindTransportSet, From: in(PhaseDraft, PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindCoverageChosen, From: in(PhaseDraft), Stay: true},
	{Event: KindSubmitted, From: in(PhaseDraft), To: PhaseSubmitted},

	// quota
	{Event: KindHoldPlaced, From: in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindHoldAdjusted, From: in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindHoldReleased, From: in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), Stay: true},

	// confirm
	{Event: KindConfirmed, From: in(PhaseSubmitted), To: PhaseConfirmed},

	// pay
	{Event: KindPaymentInitiated, From: in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), Stay: true},
	{Event: KindPaymentReceived, From: submitted, Stay: true},
	{Event: KindPaymentFailed, From: submitted, Stay: true},
	{Event: KindUnappliedApplied, From: in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived, PhaseCompleted), Stay: true},
	{Event: KindShortfallAccepted, From: in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), Stay: true},
	{Event: KindFunded, From: in(PhaseConfirmed), To: PhaseReadyToShip},
	{Event: KindUnfunded, From: in(PhaseReadyToShip), To: PhaseConfirmed},

	// export
	{Event: KindEntrustmentLinked, From: in(PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindEntrustmentUnlinked, From: in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindEntrustmentReleased, From: in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindShipped, From: in(PhaseReadyToShip), To: PhaseShipped},

	// receipt
	{Event: KindReceiptConfirmed, From: in(PhaseShipped), To: PhaseReceived},
	{Event: KindCompleted, From: in(PhaseReceived), To: PhaseCompleted},
	{Event: KindReviewed, From: in(PhaseReceived, PhaseCompleted), Stay: true},
	{Event: KindReviewEdited, From: in(PhaseReceived, PhaseCompleted), Stay: true},
	{Event: KindReviewReplied, From: in(PhaseReceived, PhaseCompleted), Stay: true},

	// change
	{Event: KindTermsModified, From: in(PhaseSubmitted), Stay: true},
	{Event: KindTermsModified, From: in(PhaseConfirmed), To: PhaseSubmitted},
	{Event: KindChangeProposed, From: in(PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindChangeAccepted, From: in(PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindChangeRejected, From: in(PhaseConfirmed, PhaseReadyToShip), Stay: true},
	{Event: KindReceiptExtended, From: in(PhaseShipped), Stay: true},

	// dispute
	{Event: KindDisputeOpened, From: disputable, Stay: true},
	{Event: KindDisputeWithdrawn, From: disputable, Stay: true},
	{Event: KindDisputeEscalated, From: disputable, Stay: true},
	{Event: KindSettlementProposed, From: disputable, Stay: true},
	{Event: KindSettlementAccepted, From: disputable, Stay: true},
	{Event: KindArbitrated, From: disputable, Stay: true},
	{Event: KindClaimPosted, From: disputable, Stay: true},

	// refund and chargeback
	{Event: KindRefundMade, From: bound, Stay: true},
	{Event: KindUnappliedReturned, From: submitted, Stay: true},
	{Event: KindPaymentReversed, From: submitted, Stay: true},
	{Event: KindTransferReversed, From: submitted, Stay: true},
	{Event: KindChargebackResolved, From: submitted, Stay: true},
	{Event: KindPaymentVoided, From: submitted, Stay: true},

	// close
	{Event: KindClosed, From: in(PhaseDraft, PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), To: PhaseClosed},
}

// permits says which role may issue which command in which phases, which rule refuses it
// otherwise, and which events may result, chapter by chapter. What it does not allow is denied. See
// TestMatrix.
var permits = slices.Concat([]machine.Permit[Phase, Kind]{
	// draft
	permit(Draft{}, by(trade.Seller), in(PhaseNone), rule.A6, KindDrafted),
	permit(SetBuyer{}, by(trade.Seller), in(PhaseDraft), rule.A8, KindBuyerEntered),
	permit(MatchBuyer{}, by(trade.Seller), in(PhaseDraft), rule.A8, KindBuyerMatched),
	permit(AttachContract{}, by(trade.Buyer, trade.Seller), in(PhaseDraft, PhaseSubmitted, PhaseConfirmed), rule.A9, KindContractAttached).EvenFrozen(),
	permit(AttachContract{}, by(trade.Buyer, trade.Seller), submitted[2:], rule.A9, KindContractAttached).WhenFrozen(),
	permit(SetTerms{}, by(trade.Seller), in(PhaseDraft), rule.A12, KindTermsSet),
	permit(SetTransport{}, by(trade.Seller), in(PhaseDraft, PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), rule.D14,
		KindTransportSet, KindShipped, KindHoldReleased),
	permit(ChooseCoverage{}, by(trade.Seller), in(PhaseDraft), rule.A13, KindCoverageChosen),
	permit(Submit{}, by(trade.Seller), in(PhaseDraft), rule.A16, KindSubmitted, KindHoldPlaced),

	// confirm
	permit(Confirm{}, by(trade.Buyer), in(PhaseSubmitted), rule.A18,
		KindConfirmed, KindHoldPlaced, KindUnappliedApplied, KindFunded, KindShipped, KindHoldReleased),

	// pay
	permit(InitiatePayment{}, by(trade.Buyer), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.A1,
		KindPaymentInitiated, KindUnappliedApplied, KindFunded, KindUnfunded, KindCompleted, KindShipped, KindHoldReleased).Unless(rule.D27, bound),
	permit(RecordPayment{}, by(trade.Platform), submitted, rule.A1,
		KindPaymentReceived, KindFunded, KindCompleted, KindShipped, KindHoldReleased).Unless(rule.D27, bound).EvenFrozen().AsFact(),
	permit(FailPayment{}, by(trade.Platform), submitted, rule.A1,
		KindPaymentFailed).Unless(rule.D27, bound).EvenFrozen().AsFact(),
	permit(ApplyUnapplied{}, by(trade.Platform), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived, PhaseCompleted), rule.D21,
		KindUnappliedApplied, KindFunded, KindUnfunded, KindUnfunded, KindCompleted, KindShipped, KindHoldReleased),
	permit(AcceptShortfall{}, by(trade.Seller), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.D20,
		KindShortfallAccepted, KindFunded, KindCompleted, KindShipped, KindHoldReleased),
	permit(Unfund{}, by(trade.System), in(PhaseReadyToShip), rule.D63, KindUnfunded),

	// export
	permit(Link{}, by(trade.Seller), in(PhaseConfirmed, PhaseReadyToShip), rule.A21,
		KindEntrustmentLinked, KindShipped, KindHoldReleased),
	permit(Unlink{}, by(trade.Seller, trade.Desk), in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), rule.D40, KindEntrustmentUnlinked),
	permit(RecordRelease{}, by(trade.Desk), in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), rule.A21,
		KindEntrustmentReleased, KindShipped, KindHoldReleased).EvenFrozen(),
	permit(MarkShipped{}, by(trade.Seller, trade.Platform), in(PhaseReadyToShip), rule.A20, KindShipped, KindHoldReleased),

	// receipt
	permit(ConfirmReceipt{}, by(trade.Buyer), in(PhaseShipped), rule.A24,
		KindReceiptConfirmed, KindHoldReleased, KindCompleted),
	permit(AutoConfirmReceipt{}, by(trade.System), in(PhaseShipped), rule.A25,
		KindReceiptConfirmed, KindHoldReleased, KindCompleted),
	permit(Review{}, by(trade.Buyer), in(PhaseReceived, PhaseCompleted), rule.A24, KindReviewed).EvenFrozen(),
	permit(EditReview{}, by(trade.Buyer), in(PhaseReceived, PhaseCompleted), rule.A24, KindReviewEdited).EvenFrozen(),
	permit(Reply{}, by(trade.Seller), in(PhaseReceived, PhaseCompleted), rule.A24, KindReviewReplied).EvenFrozen(),

	// change
	permit(Modify{}, by(trade.Seller), in(PhaseSubmitted, PhaseConfirmed), rule.D25,
		KindTermsModified, KindHoldPlaced, KindHoldAdjusted, KindHoldReleased),
	permit(ProposeChange{}, by(trade.Seller), in(PhaseConfirmed, PhaseReadyToShip), rule.D25, KindChangeProposed),
	permit(AcceptChange{}, by(trade.Buyer), in(PhaseConfirmed, PhaseReadyToShip), rule.D25,
		KindChangeAccepted, KindHoldPlaced, KindHoldAdjusted, KindHoldReleased, KindFunded, KindShipped),
	permit(RejectChange{}, by(trade.Buyer), in(PhaseConfirmed, PhaseReadyToShip), rule.D25, KindChangeRejected),
	permit(ExtendReceipt{}, by(trade.Buyer, trade.Seller), in(PhaseShipped), rule.D12, KindReceiptExtended),

	// dispute
	permit(OpenDispute{}, by(trade.Buyer), disputable, rule.D29, KindDisputeOpened).EvenFrozen(),
	permit(WithdrawDispute{}, by(trade.Buyer), disputable, rule.D29, KindDisputeWithdrawn, KindShipped, KindHoldReleased).EvenFrozen(),
	permit(Escalate{}, by(trade.Buyer, trade.Seller, trade.System), disputable, rule.D29, KindDisputeEscalated).EvenFrozen(),
	permit(ProposeSettlement{}, by(trade.Buyer, trade.Seller), disputable, rule.D29, KindSettlementProposed).EvenFrozen(),
	permit(AcceptSettlement{}, by(trade.Buyer, trade.Seller), disputable, rule.D29, KindSettlementAccepted, KindRefundMade,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).EvenFrozen(),
	permit(Arbitrate{}, by(trade.Platform), disputable, rule.D29, KindArbitrated, KindRefundMade, KindClaimPosted,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).EvenFrozen(),

	// refund and chargeback
	permit(Refund{}, by(trade.Seller, trade.Platform), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.D30,
		KindRefundMade, KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).EvenFrozen().AsFact(trade.Platform),
	permit(Refund{}, by(trade.Seller), in(PhaseCompleted), rule.D30, KindRefundMade).EvenFrozen(),
	permit(Refund{}, by(trade.Platform), in(PhaseCompleted, PhaseClosed), rule.D30, KindRefundMade).EvenFrozen().AsFact(),
	permit(ReturnUnapplied{}, by(trade.Platform), submitted, rule.D21, KindUnappliedReturned).EvenFrozen().AsFact(),

	// close
	permit(Cancel{}, by(trade.Seller), in(PhaseDraft), rule.D27, KindClosed).AsFact(),
	permit(Cancel{}, by(trade.Buyer, trade.Seller), in(PhaseSubmitted, PhaseConfirmed), rule.D27,
		KindClosed, KindEntrustmentUnlinked, KindHoldReleased).AsFact(),
	permit(Expire{}, by(trade.System), in(PhaseSubmitted, PhaseConfirmed), rule.D28,
		KindClosed, KindEntrustmentUnlinked, KindHoldReleased),
},
	// money that banks took back, or gave back
	permitReport(ChargeBack{}, rule.D24, KindPaymentReversed),
	permitReport(ReverseTransfer{}, rule.D24, KindTransferReversed),
	permitReport(ResolveChargeback{}, rule.D24, KindChargebackResolved),
	permitReport(VoidPayment{}, rule.D65, KindPaymentVoided),
)

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, id rule.ID, makes ...Kind) machine.Permit[Phase, Kind] {
	return machine.Permit[Phase, Kind]{Command: c.Name(), Roles: roles, Phases: phases, Rule: id, Makes: makes}
}

// permitReport allows the platform to report what became of a payment, in every phase from submission
// on. Before shipment that can take the initial payment away, or bring it back.
func permitReport(c Command, id rule.ID, makes Kind) []machine.Permit[Phase, Kind] {
	report := func(phases []Phase, next ...Kind) machine.Permit[Phase, Kind] {
		return permit(c, by(trade.Platform), phases, id, append([]Kind{makes}, next...)...).EvenFrozen().AsFact()
	}
	return []machine.Permit[Phase, Kind]{
		report(in(PhaseSubmitted, PhaseShipped, PhaseCompleted, PhaseClosed)),
		report(in(PhaseConfirmed), KindFunded, KindShipped, KindHoldReleased, KindEntrustmentUnlinked, KindClosed),
		report(in(PhaseReadyToShip), KindUnfunded, KindShipped, KindHoldReleased, KindEntrustmentUnlinked, KindClosed),
		report(in(PhaseReceived), KindCompleted),
	}
}

var life = machine.Must(machine.NewLife("order", "订单", PhaseNone, steps, permits))

// Life returns the two tables of an order, and the machine and the diagram made from them.
func Life() *machine.Life[Phase, Kind] { return life }
