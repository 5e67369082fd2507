package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Dispute: the buyer objects, from the first money until receipt. The parties have some days to
// agree; then the platform rules. While a dispute or a chargeback is open the order is frozen, and
// the time until automatic receipt does not run (D13, D29).

// DisputeStage is how far a dispute has come.
type DisputeStage uint8

// The stages of a dispute. At StageNone none is open.
const (
	StageNone DisputeStage = iota
	StageNegotiating
	StageEscalated
)

// Ground is what the buyer objects to.
type Ground string

// The grounds. Late shipment is accepted only after the agreed time (D17).
const (
	GroundLate    Ground = "late-shipment"
	GroundQuality Ground = "quality"
	GroundOther   Ground = "other"
)

// Dispute is the open dispute of an order, or its last one.
type Dispute struct {
	Stage    DisputeStage
	Number   uint32 // counts the disputes of the order
	Ground   Ground
	Claimed  trade.Money
	OpenedAt time.Time
	// From EscalateFrom on either party may escalate it; at EscalateBy the system does.
	EscalateFrom, EscalateBy time.Time
	Settlement               Settlement
	// RuledIn is the phase in which the platform ruled on a dispute of the order, PhaseNone if it never
	// did, and Ruled the number of that dispute.
	RuledIn Phase
	Ruled   uint32
}

// Settlement is the last offer in a dispute: a refund that the other party may accept.
type Settlement struct {
	Proposal uint32 // counts the offers of the order, over all its disputes
	By       trade.Role
	Refund   trade.Money
}

// Frozen reports whether the order is frozen: a dispute or a chargeback is open.
func (o *Order) Frozen() bool { return o.Dispute.Stage != StageNone || o.OpenChargebacks > 0 }

// Left returns how much of the applied money refunds and claims can still take. It is never
// negative, although a bank may take back money that was refunded before.
func (o *Order) Left() trade.Money {
	left := o.Ledger.Applied.SubUnchecked(o.Ledger.Refunded).SubUnchecked(o.Ledger.Claimed)
	if left.IsNegative() {
		return trade.Minor(0, left.Currency())
	}
	return left
}

// resumed are the deadlines of an order that is no longer frozen; those that do not run are zero.
type resumed struct{ receiptDeadline, payBy, confirmBy time.Time }

// resumedAt returns the deadlines of an order that is no longer frozen: the time that was left of
// each continues at endedAt (D13). All are zero if something else still freezes the order.
func (o *Order) resumedAt(endedAt time.Time, stillFrozen bool) resumed {
	if stillFrozen || o.FrozenAt.IsZero() {
		return resumed{}
	}
	stood := endedAt.Sub(o.FrozenAt)
	switch o.Phase {
	case PhaseSubmitted:
		return resumed{confirmBy: o.ConfirmBy.Add(stood)}
	case PhaseConfirmed:
		return resumed{payBy: o.PayBy.Add(stood)}
	case PhaseShipped:
		return resumed{receiptDeadline: o.Shipment.ReceiptDeadline.Add(stood)}
	}
	return resumed{}
}

// unfreeze takes over the deadlines of an event that ends a dispute or a case, and ends the freeze if
// nothing else keeps it.
func (o *Order) unfreeze(on resumed, at time.Time) {
	resume := func(deadline *time.Time, on time.Time) {
		if !on.IsZero() {
			*deadline = on
		}
	}
	resume(&o.Shipment.ReceiptDeadline, on.receiptDeadline)
	resume(&o.PayBy, on.payBy)
	resume(&o.ConfirmBy, on.confirmBy)
	if !o.Frozen() && !o.FrozenAt.IsZero() {
		o.FrozenAt, o.ThawedAt = time.Time{}, at
	}
}

// setOpenCases notes how many cases of payments are open, which begins or ends a freeze.
func (o *Order) setOpenCases(n int, on resumed, at time.Time) {
	if n > 0 {
		o.freeze(at)
	}
	o.OpenChargebacks = n
	o.unfreeze(on, at)
}

// freeze notes the instant from which the order is frozen.
func (o *Order) freeze(at time.Time) {
	if !o.Frozen() {
		o.FrozenAt = at
	}
}

// OpenDispute opens a dispute on that ground and claims a refund.
type OpenDispute struct {
	Ground  Ground      `json:"ground"`
	Claimed trade.Money `json:"claimed"`
	Text    trade.Text  `json:"text,omitzero"`
}

func (c OpenDispute) check() error {
	switch c.Ground {
	case GroundLate, GroundQuality, GroundOther:
	default:
		return trade.Invalid("ground", "%s is not one of late-shipment, quality, other", trade.Quoted(string(c.Ground)))
	}
	if c.Text == "" {
		return nil
	}
	return c.Text.Check("text", maxFreeText)
}

func (c OpenDispute) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.Dispute.Stage != StageNone {
		return nil, refuse(rule.D29, c, o).Because("one is open already", "已有进行中的纠纷")
	}
	if o.Ledger.Applied.IsZero() {
		return nil, refuse(rule.D29, c, o).Because("no money has come in", "订单尚未收款")
	}
	if err := o.checkDisputes(c, f); err != nil {
		return nil, err
	}
	clock := g.At
	if o.Frozen() {
		clock = o.FrozenAt // an open chargeback stops the time until receipt
	}
	if o.Phase == PhaseShipped && !clock.Before(o.Shipment.ReceiptDeadline) {
		return nil, refuse(rule.D13, c, o).Until(o.Shipment.ReceiptDeadline)
	}
	if err := o.checkShare(rule.D29, c, "claimed", c.Claimed); err != nil {
		return nil, err
	}
	if c.Ground == GroundLate {
		if err := o.checkLate(c, g.At); err != nil {
			return nil, err
		}
	}
	return []Event{DisputeOpened{
		Number: o.Dispute.Number + 1, Ground: c.Ground, Claimed: c.Claimed, Text: c.Text,
		EscalateFrom: g.At.Add(f.rules().EscalateFrom), EscalateBy: g.At.Add(f.rules().EscalateAfter),
	}}, nil
}

// checkDisputes refuses one more dispute of an order that had its share of them. After a ruling none
// is opened, but for one after shipment if the ruling came before it.
func (o *Order) checkDisputes(c Command, f *Facts) error {
	d := &o.Dispute
	switch {
	case d.RuledIn == PhaseNone && int(d.Number) >= f.rules().MaxDisputes:
		return refuse(rule.D29, c, o).Because("an order has at most %[1]d disputes", "每个订单最多有 %[1]d 次纠纷", f.rules().MaxDisputes)
	case d.RuledIn != PhaseNone && (o.Phase != PhaseShipped || d.RuledIn == PhaseShipped || d.Number > d.Ruled):
		return refuse(rule.D29, c, o).Because("the platform has ruled", "平台已作出裁决")
	}
	return nil
}

// checkLate refuses the ground of late shipment if the goods left in time, or still can (D17).
func (o *Order) checkLate(c Command, at time.Time) error {
	agreed := o.agreedShipBy()
	if !agreed.IsZero() && !o.StoppedAt.IsZero() {
		agreed = agreed.Add(max(0, at.Sub(o.StoppedAt)))
	}
	switch {
	case o.Phase == PhaseShipped && !o.Shipment.Late:
		return refuse(rule.D17, c, o).On("ground").Because("the goods left in time", "货物已按时发出")
	case o.Phase == PhaseShipped:
		return nil
	case agreed.IsZero():
		return refuse(rule.D17, c, o).On("ground").Because("no agreed time of shipment applies", "没有适用的约定发货时间")
	case at.Before(agreed):
		return refuse(rule.D17, c, o).On("ground").Because("the agreed time has not passed", "尚未超过约定发货时间").From(agreed)
	}
	return nil
}

// checkShare refuses an amount that is not positive, in another currency, or more than is left
// of the applied money.
func (o *Order) checkShare(ruleID rule.ID, c Command, field string, amount trade.Money) error {
	left := zeroOf(o.Terms.Total).AddUnchecked(o.Left())
	switch {
	case !amount.IsPositive():
		return refuse(ruleID, c, o).On(field).Because("the amount is not positive", "金额不大于零")
	case !o.inCurrency(amount):
		return o.wrongCurrency(ruleID, c).On(field)
	case left.Less(amount):
		return refuse(ruleID, c, o).On(field).Because("%[1]s are left", "剩余可退金额为 %[1]s", left).Short(amount.SubUnchecked(left))
	}
	return nil
}

// DisputeOpened says what the buyer objects to and claims, from when on a party may escalate the
// dispute, and when the system will if no party has.
// Stored: add fields, never rename or remove.
type DisputeOpened struct {
	Number       uint32      `json:"number"`
	Ground       Ground      `json:"ground"`
	Claimed      trade.Money `json:"claimed"`
	Text         trade.Text  `json:"text,omitzero"`
	EscalateFrom time.Time   `json:"escalate_from"`
	EscalateBy   time.Time   `json:"escalate_by"`
}

func (e *DisputeOpened) contradicts(o *Order) error {
	if o.Dispute.Stage != StageNone || e.Number != o.Dispute.Number+1 {
		return fmt.Errorf("order: dispute %d opened after dispute %d, which is at stage %d", e.Number, o.Dispute.Number, o.Dispute.Stage)
	}
	return nil
}

func (e DisputeOpened) evolve(o *Order, at time.Time) {
	o.freeze(at)
	o.Dispute = Dispute{
		Stage: StageNegotiating, Number: e.Number, Ground: e.Ground, Claimed: e.Claimed, OpenedAt: at,
		EscalateFrom: e.EscalateFrom, EscalateBy: e.EscalateBy,
		Settlement: Settlement{Proposal: o.Dispute.Settlement.Proposal}, RuledIn: o.Dispute.RuledIn, Ruled: o.Dispute.Ruled,
	}
}

// checkDispute refuses a command on a dispute if none is open.
func (o *Order) checkDispute(c Command) error {
	if o.Dispute.Stage == StageNone {
		return refuse(rule.D29, c, o).Because("no dispute is open", "没有进行中的纠纷")
	}
	return nil
}

// checkStage returns an error for an event of a dispute at another stage: it would change the
// deadline of receipt although the order is not frozen.
func (o *Order) checkStage(stages ...DisputeStage) error {
	if !slices.Contains(stages, o.Dispute.Stage) {
		return fmt.Errorf("order: a step of a dispute that is at stage %d", o.Dispute.Stage)
	}
	return nil
}

// WithdrawDispute ends the dispute without a result.
type WithdrawDispute struct{}

// Name returns the wire name of the command, withdraw.
func (WithdrawDispute) Name() string { return "withdraw" }

func (c WithdrawDispute) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkDispute(c); err != nil {
		return nil, err
	}
	on := o.resumedAt(g.At, o.OpenChargebacks > 0)
	return o.withConsequences(g, f, DisputeWithdrawn{ReceiptDeadline: on.receiptDeadline, PayBy: on.payBy, ConfirmBy: on.confirmBy})
}

// DisputeWithdrawn says that the buyer withdrew the dispute, and the new deadline of receipt if a
// shipped order is no longer frozen.
// Stored: add fields, never rename or remove.
type DisputeWithdrawn struct {
	ReceiptDeadline time.Time `json:"receipt_deadline,omitzero"`
	PayBy           time.Time `json:"pay_by,omitzero"`
	ConfirmBy       time.Time `json:"confirm_by,omitzero"`
}

func (e *DisputeWithdrawn) contradicts(o *Order) error {
	return o.checkStage(StageNegotiating, StageEscalated)
}

func (e DisputeWithdrawn) evolve(o *Order, at time.Time) {
	o.Dispute.Stage = StageNone
	o.unfreeze(resumed{e.ReceiptDeadline, e.PayBy, e.ConfirmBy}, at)
}

// Escalate hands the dispute to the platform: either party may from day 4, the system does on
// day 7.
type Escalate struct{}

func (c Escalate) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkDispute(c); err != nil {
		return nil, err
	}
	if o.Dispute.Stage == StageEscalated {
		return nil, refuse(rule.D29, c, o).Because("it is escalated already", "纠纷已升级")
	}
	from := o.Dispute.EscalateFrom
	if g.By.Role == trade.System {
		from = o.Dispute.EscalateBy
	}
	if g.At.Before(from) {
		return nil, refuse(rule.D29, c, o).From(from)
	}
	return []Event{DisputeEscalated{By: g.By.Role}}, nil
}

// DisputeEscalated says that the platform will rule.
// Stored: add fields, never rename or remove.
type DisputeEscalated struct {
	By trade.Role `json:"by"`
}

func (e *DisputeEscalated) contradicts(o *Order) error { return o.checkStage(StageNegotiating) }

func (e DisputeEscalated) evolve(o *Order, _ time.Time) { o.Dispute.Stage = StageEscalated }

// ProposeSettlement offers a refund to end the dispute. It replaces an earlier offer.
type ProposeSettlement struct {
	Refund trade.Money `json:"refund"`
}

func (c ProposeSettlement) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkDispute(c); err != nil {
		return nil, err
	}
	if err := o.checkShare(rule.D30, c, "refund", c.Refund); err != nil {
		return nil, err
	}
	return []Event{SettlementProposed{Proposal: o.Dispute.Settlement.Proposal + 1, By: g.By.Role, Refund: c.Refund}}, nil
}

// SettlementProposed says who offers which refund.
// Stored: add fields, never rename or remove.
type SettlementProposed struct {
	Proposal uint32      `json:"proposal"`
	By       trade.Role  `json:"by"`
	Refund   trade.Money `json:"refund"`
}

func (e *SettlementProposed) contradicts(o *Order) error {
	return o.checkStage(StageNegotiating, StageEscalated)
}

func (e SettlementProposed) evolve(o *Order, _ time.Time) { o.Dispute.Settlement = Settlement(e) }

// AcceptSettlement accepts the offer of that number, which the other party made.
type AcceptSettlement struct {
	Proposal uint32 `json:"proposal"`
}

func (c AcceptSettlement) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkDispute(c); err != nil {
		return nil, err
	}
	offer := o.Dispute.Settlement
	switch {
	case offer.Refund.IsZero():
		return nil, refuse(rule.D29, c, o).Because("nothing was offered", "尚无和解方案")
	case c.Proposal != offer.Proposal:
		return nil, refuse(rule.D29, c, o).On("proposal").Because("the last offer is %[1]d, not %[2]d", "当前和解方案为 %[1]d，而非 %[2]d", offer.Proposal, c.Proposal)
	case g.By.Role == offer.By:
		return nil, refuse(rule.D29, c, o).On("proposal").Because("the other party has to accept it", "须由对方接受")
	}
	if err := o.checkShare(rule.D30, c, "proposal", offer.Refund); err != nil {
		return nil, err
	}
	on := o.resumedAt(g.At, o.OpenChargebacks > 0)
	accepted := SettlementAccepted{Proposal: c.Proposal, ReceiptDeadline: on.receiptDeadline, PayBy: on.payBy, ConfirmBy: on.confirmBy}
	return o.refund(g, f, offer.Refund, RefundSettled, accepted)
}

// SettlementAccepted says that the parties agreed and the dispute is over, and the new deadline of
// receipt if a shipped order is no longer frozen.
// Stored: add fields, never rename or remove.
type SettlementAccepted struct {
	Proposal        uint32    `json:"proposal"`
	ReceiptDeadline time.Time `json:"receipt_deadline,omitzero"`
	PayBy           time.Time `json:"pay_by,omitzero"`
	ConfirmBy       time.Time `json:"confirm_by,omitzero"`
}

func (e *SettlementAccepted) contradicts(o *Order) error {
	if e.Proposal != o.Dispute.Settlement.Proposal {
		return fmt.Errorf("order: offer %d accepted, but the last is %d", e.Proposal, o.Dispute.Settlement.Proposal)
	}
	return o.checkStage(StageNegotiating, StageEscalated)
}

func (e SettlementAccepted) evolve(o *Order, at time.Time) {
	o.Dispute.Stage = StageNone
	o.unfreeze(resumed{e.ReceiptDeadline, e.PayBy, e.ConfirmBy}, at)
}
