package order

import (
	"slices"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is where an order stands in its life.
type Phase uint8

const (
	// PhaseNone is the phase of an order that was never drafted.
	PhaseNone Phase = iota
	// PhaseDraft: the seller is writing it.
	PhaseDraft
	// PhaseSubmitted: the buyer may confirm it.
	PhaseSubmitted
	// PhaseConfirmed: both sides are bound; the initial payment is awaited.
	PhaseConfirmed
	// PhaseReadyToShip: the initial payment is satisfied.
	PhaseReadyToShip
	// PhaseShipped: the goods are on their way; receipt is awaited.
	PhaseShipped
	// PhaseReceived: the goods have arrived; the balance is still open.
	PhaseReceived
	// PhaseCompleted: received and paid in full.
	PhaseCompleted
	// PhaseClosed: ended before completion.
	PhaseClosed
)

var phaseNames = [...]string{"none", "draft", "submitted", "confirmed", "ready-to-ship", "shipped", "received", "completed", "closed"}

// String returns the phase's name, such as "ready-to-ship".
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// submitted are the phases from submission on, in which money can move; disputable those in
// which the buyer may object.
var (
	submitted  = in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived, PhaseCompleted, PhaseClosed)
	disputable = in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped)
)

// steps is the life of an order: which fact moves it from where to where, chapter by chapter.
// It is the only place that says so. The machine, the diagrams and Next are made from it. See
// TestStepsAreTheMachine.
var steps = []machine.Step[Phase, Kind]{
	// draft
	{Event: KindDrafted, From: in(PhaseNone), To: PhaseDraft},
	{Event: KindBuyerEntered, From: in(PhaseDraft), Stay: true},
	{Event: KindBuyerMatched, From: in(PhaseDraft), Stay: true},
	{Event: KindContractAttached, From: in(PhaseDraft, PhaseSubmitted, PhaseConfirmed), Stay: true},
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
	{Event: KindUnappliedApplied, From: in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), Stay: true},
	{Event: KindShortfallAccepted, From: in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), Stay: true},
	{Event: KindFunded, From: in(PhaseConfirmed), To: PhaseReadyToShip},

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
	{Event: KindRefundMade, From: in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), Stay: true},
	{Event: KindUnappliedReturned, From: submitted, Stay: true},
	{Event: KindPaymentReversed, From: submitted, Stay: true},
	{Event: KindChargebackResolved, From: submitted, Stay: true},

	// close
	{Event: KindClosed, From: in(PhaseDraft, PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), To: PhaseClosed},
}

// Permission says who may ask for a command, in which phases, which rule refuses it elsewhere
// and to others, and which facts may come of it. A command may have several.
type Permission struct {
	Command string
	Roles   []trade.Role
	Phases  []Phase
	Rule    rule.ID
	Makes   []Kind

	amid  bool                 // it is accepted while a dispute or a chargeback is open (D29)
	later rule.ID              // the rule that refuses once the order was confirmed, where it is another
	probe func(*Order) Command // the command as Next tries it, for one whose refusals the order alone tells
}

// permissions is what may be asked of an order, chapter by chapter. What it does not allow is
// denied. See TestMatrix.
var permissions = []Permission{
	// draft
	permit(Draft{}, by(trade.Seller), in(PhaseNone), rule.A6, KindDrafted),
	permit(SetBuyer{}, by(trade.Seller), in(PhaseDraft), rule.A8, KindBuyerEntered),
	permit(MatchBuyer{}, by(trade.Seller), in(PhaseDraft), rule.A8, KindBuyerMatched),
	permit(AttachContract{}, by(trade.Seller), in(PhaseDraft, PhaseSubmitted), rule.A9, KindContractAttached),
	permit(AttachContract{}, by(trade.Buyer), in(PhaseSubmitted, PhaseConfirmed), rule.A9, KindContractAttached),
	permit(SetTerms{}, by(trade.Seller), in(PhaseDraft), rule.A12, KindTermsSet),
	permit(SetTransport{}, by(trade.Seller), in(PhaseDraft, PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), rule.D14,
		KindTransportSet, KindShipped, KindHoldReleased),
	permit(ChooseCoverage{}, by(trade.Seller), in(PhaseDraft), rule.A13, KindCoverageChosen),
	permit(Submit{}, by(trade.Seller), in(PhaseDraft), rule.A16, KindSubmitted, KindHoldPlaced).probed(probeSubmit),

	// confirm
	permit(Confirm{}, by(trade.Buyer), in(PhaseSubmitted), rule.A18,
		KindConfirmed, KindHoldPlaced, KindUnappliedApplied, KindFunded, KindShipped, KindHoldReleased).probed(probeConfirm),

	// pay
	permit(InitiatePayment{}, by(trade.Buyer), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.A1,
		KindPaymentInitiated).thereafter(rule.D27).probed(probePayment),
	permit(RecordPayment{}, by(trade.Platform), submitted, rule.A1,
		KindPaymentReceived, KindFunded, KindCompleted, KindShipped, KindHoldReleased).thereafter(rule.D27).amidst(),
	permit(FailPayment{}, by(trade.Platform), submitted, rule.A1,
		KindPaymentFailed).thereafter(rule.D27).amidst(),
	permit(ApplyUnapplied{}, by(trade.Platform), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.D21,
		KindUnappliedApplied, KindFunded, KindCompleted, KindShipped, KindHoldReleased).probed(probeApplication),
	permit(AcceptShortfall{}, by(trade.Seller), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.D20,
		KindShortfallAccepted, KindFunded, KindCompleted, KindShipped, KindHoldReleased).probed(probeShortfall),

	// export
	permit(Link{}, by(trade.Seller), in(PhaseConfirmed, PhaseReadyToShip), rule.A21,
		KindEntrustmentLinked, KindShipped, KindHoldReleased),
	permit(Unlink{}, by(trade.Seller, trade.Desk), in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), rule.D40, KindEntrustmentUnlinked),
	permit(RecordRelease{}, by(trade.Desk), in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), rule.A21,
		KindEntrustmentReleased, KindShipped, KindHoldReleased).amidst(),
	permit(MarkShipped{}, by(trade.Seller, trade.Platform), in(PhaseReadyToShip), rule.A20, KindShipped, KindHoldReleased).probed(probeShipment),

	// receipt
	permit(ConfirmReceipt{}, by(trade.Buyer), in(PhaseShipped), rule.A24,
		KindReceiptConfirmed, KindHoldReleased, KindCompleted).probed(probeReceipt),
	permit(AutoConfirmReceipt{}, by(trade.System), in(PhaseShipped), rule.A25,
		KindReceiptConfirmed, KindHoldReleased, KindCompleted).probed(probeAutoReceipt),
	permit(Review{}, by(trade.Buyer), in(PhaseReceived, PhaseCompleted), rule.A24, KindReviewed).probed(probeReview),
	permit(EditReview{}, by(trade.Buyer), in(PhaseReceived, PhaseCompleted), rule.A24, KindReviewEdited).probed(probeEdit),
	permit(Reply{}, by(trade.Seller), in(PhaseReceived, PhaseCompleted), rule.A24, KindReviewReplied).probed(probeReply),

	// change
	permit(Modify{}, by(trade.Seller), in(PhaseSubmitted, PhaseConfirmed), rule.D25,
		KindTermsModified, KindHoldPlaced, KindHoldAdjusted, KindHoldReleased).probed(probeModification),
	permit(ProposeChange{}, by(trade.Seller), in(PhaseConfirmed, PhaseReadyToShip), rule.D25, KindChangeProposed).probed(probeProposal),
	permit(AcceptChange{}, by(trade.Buyer), in(PhaseConfirmed, PhaseReadyToShip), rule.D25,
		KindChangeAccepted, KindHoldPlaced, KindHoldAdjusted, KindHoldReleased, KindFunded, KindShipped).probed(probeAccept),
	permit(RejectChange{}, by(trade.Buyer), in(PhaseConfirmed, PhaseReadyToShip), rule.D25, KindChangeRejected).probed(probeReject),
	permit(ExtendReceipt{}, by(trade.Buyer, trade.Seller), in(PhaseShipped), rule.D12, KindReceiptExtended).probed(probeExtend),

	// dispute
	permit(OpenDispute{}, by(trade.Buyer), disputable, rule.D29, KindDisputeOpened).amidst().probed(probeDispute),
	permit(Withdraw{}, by(trade.Buyer), disputable, rule.D29, KindDisputeWithdrawn, KindShipped, KindHoldReleased).amidst().probed(probeWithdraw),
	permit(Escalate{}, by(trade.Buyer, trade.Seller, trade.System), disputable, rule.D29, KindDisputeEscalated).amidst().probed(probeEscalate),
	permit(ProposeSettlement{}, by(trade.Buyer, trade.Seller), disputable, rule.D29, KindSettlementProposed).amidst().probed(probeSettlement),
	permit(AcceptSettlement{}, by(trade.Buyer, trade.Seller), disputable, rule.D29, KindSettlementAccepted, KindRefundMade,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).amidst().probed(probeAcceptance),
	permit(Arbitrate{}, by(trade.Platform), disputable, rule.D29, KindArbitrated, KindRefundMade, KindClaimPosted,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).amidst().probed(probeRuling),

	// refund and chargeback
	permit(Refund{}, by(trade.Seller, trade.Platform), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), rule.D30, KindRefundMade,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).amidst().probed(probeRefund),
	permit(ReturnUnapplied{}, by(trade.Platform), submitted, rule.D21, KindUnappliedReturned).amidst().probed(probeReturn),
	permit(ChargeBack{}, by(trade.Platform), submitted, rule.D24, KindPaymentReversed).amidst().probed(probeReversal),
	permit(ResolveChargeback{}, by(trade.Platform), submitted, rule.D24, KindChargebackResolved, KindFunded, KindCompleted,
		KindShipped, KindHoldReleased).amidst().probed(probeResolution),

	// close
	permit(Cancel{}, by(trade.Seller), in(PhaseDraft), rule.D27, KindClosed),
	permit(Cancel{}, by(trade.Buyer, trade.Seller), in(PhaseSubmitted, PhaseConfirmed), rule.D27,
		KindClosed, KindEntrustmentUnlinked, KindHoldReleased).probed(probeCancel),
	permit(Expire{}, by(trade.System), in(PhaseSubmitted, PhaseConfirmed), rule.D28,
		KindClosed, KindEntrustmentUnlinked, KindHoldReleased).probed(probeExpire),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, ruleID rule.ID, makes ...Kind) Permission {
	return Permission{Command: c.Name(), Roles: roles, Phases: phases, Rule: ruleID, Makes: makes}
}

func (p Permission) thereafter(ruleID rule.ID) Permission { p.later = ruleID; return p }

func (p Permission) amidst() Permission { p.amid = true; return p }

func (p Permission) probed(probe func(*Order) Command) Permission { p.probe = probe; return p }

// refuses returns the rule that refuses the command to others and in other phases.
func (p *Permission) refuses(phase Phase) rule.ID {
	if p.later != "" && phase >= PhaseConfirmed {
		return p.later
	}
	return p.Rule
}

// Permissions returns a copy of the table of commands.
func Permissions() []Permission {
	table := slices.Clone(permissions)
	for i := range table {
		p := &table[i]
		p.Roles, p.Phases, p.Makes = slices.Clone(p.Roles), slices.Clone(p.Phases), slices.Clone(p.Makes)
	}
	return table
}

// Steps returns a copy of the table of facts.
func Steps() []machine.Step[Phase, Kind] {
	table := slices.Clone(steps)
	for i := range table {
		table[i].From = slices.Clone(table[i].From)
	}
	return table
}

// lifecycle is the machine of an order; permitted finds a command's rows. Both are made once
// from the tables above and never change.
var (
	lifecycle = mustTable(machine.New(PhaseNone, steps))
	permitted = func() map[string][]*Permission {
		rows := make(map[string][]*Permission)
		for i := range permissions {
			p := &permissions[i]
			rows[p.Command] = append(rows[p.Command], p)
		}
		return rows
	}()
)

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[Phase, Kind], err error) *machine.Table[Phase, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of an order.
func Table() *machine.Table[Phase, Kind] { return lifecycle }

// Diagram returns the phases of an order as a Mermaid state diagram.
func Diagram() string { return lifecycle.Mermaid() }
