package order

import (
	"slices"

	"github.com/tradesurety/surety/order/machine"
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
	Roles   []Role
	Phases  []Phase
	Rule    Rule
	Makes   []Kind

	amid  bool                 // it is accepted while a dispute or a chargeback is open (D29)
	later Rule                 // the rule that refuses once the order was confirmed, where it is another
	probe func(*Order) Command // the command as Next tries it, for one whose refusals the order alone tells
}

// permissions is what may be asked of an order, chapter by chapter. What it does not allow is
// denied. See TestMatrix.
var permissions = []Permission{
	// draft
	permit(Draft{}, by(Seller), in(PhaseNone), RuleA6, KindDrafted),
	permit(SetBuyer{}, by(Seller), in(PhaseDraft), RuleA8, KindBuyerEntered),
	permit(MatchBuyer{}, by(Seller), in(PhaseDraft), RuleA8, KindBuyerMatched),
	permit(AttachContract{}, by(Seller), in(PhaseDraft, PhaseSubmitted), RuleA9, KindContractAttached),
	permit(AttachContract{}, by(Buyer), in(PhaseSubmitted, PhaseConfirmed), RuleA9, KindContractAttached),
	permit(SetTerms{}, by(Seller), in(PhaseDraft), RuleA12, KindTermsSet),
	permit(SetTransport{}, by(Seller), in(PhaseDraft, PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), RuleD14,
		KindTransportSet, KindShipped, KindHoldReleased),
	permit(ChooseCoverage{}, by(Seller), in(PhaseDraft), RuleA13, KindCoverageChosen),
	permit(Submit{}, by(Seller), in(PhaseDraft), RuleA16, KindSubmitted, KindHoldPlaced).probed(probeSubmit),

	// confirm
	permit(Confirm{}, by(Buyer), in(PhaseSubmitted), RuleA18,
		KindConfirmed, KindHoldPlaced, KindUnappliedApplied, KindFunded, KindShipped, KindHoldReleased).probed(probeConfirm),

	// pay
	permit(InitiatePayment{}, by(Buyer), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), RuleA1,
		KindPaymentInitiated).thereafter(RuleD27).probed(probePayment),
	permit(RecordPayment{}, by(Platform), submitted, RuleA1,
		KindPaymentReceived, KindFunded, KindCompleted, KindShipped, KindHoldReleased).thereafter(RuleD27).amidst(),
	permit(FailPayment{}, by(Platform), submitted, RuleA1,
		KindPaymentFailed).thereafter(RuleD27).amidst(),
	permit(ApplyUnapplied{}, by(Platform), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), RuleD21,
		KindUnappliedApplied, KindFunded, KindCompleted, KindShipped, KindHoldReleased).probed(probeApplication),
	permit(AcceptShortfall{}, by(Seller), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), RuleD20,
		KindShortfallAccepted, KindFunded, KindCompleted, KindShipped, KindHoldReleased).probed(probeShortfall),

	// export
	permit(Link{}, by(Seller), in(PhaseConfirmed, PhaseReadyToShip), RuleA21,
		KindEntrustmentLinked, KindShipped, KindHoldReleased),
	permit(Unlink{}, by(Seller, Desk), in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), RuleD40, KindEntrustmentUnlinked),
	permit(RecordRelease{}, by(Desk), in(PhaseSubmitted, PhaseConfirmed, PhaseReadyToShip), RuleA21,
		KindEntrustmentReleased, KindShipped, KindHoldReleased).amidst(),
	permit(MarkShipped{}, by(Seller, Platform), in(PhaseReadyToShip), RuleA20, KindShipped, KindHoldReleased).probed(probeShipment),

	// receipt
	permit(ConfirmReceipt{}, by(Buyer), in(PhaseShipped), RuleA24,
		KindReceiptConfirmed, KindHoldReleased, KindCompleted).probed(probeReceipt),
	permit(AutoConfirmReceipt{}, by(System), in(PhaseShipped), RuleA25,
		KindReceiptConfirmed, KindHoldReleased, KindCompleted).probed(probeAutoReceipt),
	permit(Review{}, by(Buyer), in(PhaseReceived, PhaseCompleted), RuleA24, KindReviewed).probed(probeReview),
	permit(EditReview{}, by(Buyer), in(PhaseReceived, PhaseCompleted), RuleA24, KindReviewEdited).probed(probeEdit),
	permit(Reply{}, by(Seller), in(PhaseReceived, PhaseCompleted), RuleA24, KindReviewReplied).probed(probeReply),

	// change
	permit(Modify{}, by(Seller), in(PhaseSubmitted, PhaseConfirmed), RuleD25,
		KindTermsModified, KindHoldPlaced, KindHoldAdjusted, KindHoldReleased).probed(probeModification),
	permit(ProposeChange{}, by(Seller), in(PhaseConfirmed, PhaseReadyToShip), RuleD25, KindChangeProposed).probed(probeProposal),
	permit(AcceptChange{}, by(Buyer), in(PhaseConfirmed, PhaseReadyToShip), RuleD25,
		KindChangeAccepted, KindHoldPlaced, KindHoldAdjusted, KindHoldReleased, KindFunded, KindShipped).probed(probeAccept),
	permit(RejectChange{}, by(Buyer), in(PhaseConfirmed, PhaseReadyToShip), RuleD25, KindChangeRejected).probed(probeReject),
	permit(ExtendReceipt{}, by(Buyer, Seller), in(PhaseShipped), RuleD12, KindReceiptExtended).probed(probeExtend),

	// dispute
	permit(OpenDispute{}, by(Buyer), disputable, RuleD29, KindDisputeOpened).amidst().probed(probeDispute),
	permit(Withdraw{}, by(Buyer), disputable, RuleD29, KindDisputeWithdrawn, KindShipped, KindHoldReleased).amidst().probed(probeWithdraw),
	permit(Escalate{}, by(Buyer, Seller, System), disputable, RuleD29, KindDisputeEscalated).amidst().probed(probeEscalate),
	permit(ProposeSettlement{}, by(Buyer, Seller), disputable, RuleD29, KindSettlementProposed).amidst().probed(probeSettlement),
	permit(AcceptSettlement{}, by(Buyer, Seller), disputable, RuleD29, KindSettlementAccepted, KindRefundMade,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).amidst().probed(probeAcceptance),
	permit(Arbitrate{}, by(Platform), disputable, RuleD29, KindArbitrated, KindRefundMade, KindClaimPosted,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).amidst().probed(probeRuling),

	// refund and chargeback
	permit(Refund{}, by(Seller, Platform), in(PhaseConfirmed, PhaseReadyToShip, PhaseShipped, PhaseReceived), RuleD30, KindRefundMade,
		KindEntrustmentUnlinked, KindHoldReleased, KindClosed, KindShipped).amidst().probed(probeRefund),
	permit(ReturnUnapplied{}, by(Platform), submitted, RuleD21, KindUnappliedReturned).amidst().probed(probeReturn),
	permit(ChargeBack{}, by(Platform), submitted, RuleD24, KindPaymentReversed).amidst().probed(probeReversal),
	permit(ResolveChargeback{}, by(Platform), submitted, RuleD24, KindChargebackResolved, KindFunded, KindCompleted,
		KindShipped, KindHoldReleased).amidst().probed(probeResolution),

	// close
	permit(Cancel{}, by(Seller), in(PhaseDraft), RuleD27, KindClosed),
	permit(Cancel{}, by(Buyer, Seller), in(PhaseSubmitted, PhaseConfirmed), RuleD27,
		KindClosed, KindEntrustmentUnlinked, KindHoldReleased).probed(probeCancel),
	permit(Expire{}, by(System), in(PhaseSubmitted, PhaseConfirmed), RuleD28,
		KindClosed, KindEntrustmentUnlinked, KindHoldReleased).probed(probeExpire),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...Role) []Role { return roles }

func permit(c Command, roles []Role, phases []Phase, rule Rule, makes ...Kind) Permission {
	return Permission{Command: c.Name(), Roles: roles, Phases: phases, Rule: rule, Makes: makes}
}

func (p Permission) thereafter(rule Rule) Permission { p.later = rule; return p }

func (p Permission) amidst() Permission { p.amid = true; return p }

func (p Permission) probed(probe func(*Order) Command) Permission { p.probe = probe; return p }

// refuses returns the rule that refuses the command to others and in other phases.
func (p *Permission) refuses(phase Phase) Rule {
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
