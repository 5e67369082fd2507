package desk_test

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// underWay takes most orders to where something can be changed, disputed or refunded.
func (p *player) underWay() *player {
	for i, id := range p.orders {
		if i%4 > 0 {
			p.until(id, p.goods[i], 2+p.pick(6))
		}
	}
	return p
}

// trouble is a step of a change, a dispute, a refund or a chargeback, if the order is in one or
// gets into one now; otherwise nil.
func (p *player) trouble(o *order.Order, owner trade.Actor) (trade.Actor, order.Command) {
	switch {
	case o.Phase <= order.PhaseDraft:
		return owner, nil
	case o.Dispute.Stage == order.StageEscalated && p.pick(4) > 0:
		return platform, p.ruling(o)
	case o.Dispute.Stage == order.StageNegotiating && p.pick(4) > 0:
		return p.negotiating(o, owner)
	case o.Proposal.Open && p.pick(4) > 0:
		return bruno, one[order.Command](p,
			order.AcceptChange{Proposal: o.Proposal.Number}, order.AcceptChange{Proposal: o.Proposal.Number}, order.RejectChange{Proposal: o.Proposal.Number})
	case o.Ledger.Unapplied.IsPositive() && p.pick(3) == 0:
		if o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseReceived && o.Due().IsPositive() {
			return platform, order.ApplyUnapplied{Amount: p.part(o.Ledger.Unapplied)}
		}
		return platform, order.ReturnUnapplied{Amount: p.part(o.Ledger.Unapplied)}
	}
	if c := p.card(o); c != nil {
		return platform, c
	}
	if p.pick(3) > 0 {
		return owner, nil
	}
	return p.beginning(o, owner)
}

// card is what becomes of a card payment: it comes in or fails, and later it may be taken back.
func (p *player) card(o *order.Order) order.Command {
	for _, x := range o.Payments {
		if x.Method == order.PayTT {
			continue
		}
		switch {
		case x.Status == order.PaymentPending && p.pick(8) == 0:
			return order.FailPayment{Payment: x.ID, Reason: "declined"}
		case x.Status == order.PaymentPending && p.pick(2) == 0:
			return order.RecordPayment{Reference: "K-" + string(x.ID), Method: x.Method, Payment: x.ID, Amount: x.Amount, PaidAt: p.Clock.Now()}
		case x.Chargeback.Status == order.ChargebackOpen && p.pick(2) == 0:
			return order.ResolveChargeback{Reference: x.Receipt.Reference, Won: p.pick(2) == 0}
		case x.Status == order.PaymentIsReceived && x.Chargeback.Status == order.ChargebackNone && p.pick(12) == 0:
			return order.ChargeBack{Reference: x.Receipt.Reference}
		}
	}
	return nil
}

// beginning is the first step of what troubles an order in that phase, or nil.
func (p *player) beginning(o *order.Order, owner trade.Actor) (trade.Actor, order.Command) {
	left, paid := o.Left(), o.Ledger.Applied.IsPositive()
	switch n := p.pick(6); {
	case o.Phase == order.PhaseSubmitted, o.Phase == order.PhaseConfirmed && !paid && n < 2:
		return owner, order.Modify{To: p.amendment(o), TermsAccepted: true}
	case o.Phase <= order.PhaseReceived && n < 1 && o.StepDue().IsPositive() && paid:
		return owner, order.AcceptShortfall{}
	case o.Phase <= order.PhaseReceived && n < 3 && o.StepDue().IsPositive():
		return bruno, order.InitiatePayment{Payment: order.PaymentID(fmt.Sprintf("C%d", p.serial)), Method: order.PayCard, Amount: o.StepDue()}
	case o.Phase <= order.PhaseShipped && n < 4 && left.IsPositive():
		return bruno, order.OpenDispute{Ground: order.GroundQuality, Claimed: left}
	case o.Phase == order.PhaseConfirmed && paid, o.Phase == order.PhaseReadyToShip && n < 5:
		return owner, order.ProposeChange{To: p.amendment(o), TermsAccepted: true}
	case o.Phase == order.PhaseReadyToShip && len(o.Links) > 0 && p.pick(3) == 0:
		return owner, order.Unlink{Entrustment: o.Links[0].ID}
	case o.Phase == order.PhaseShipped && n < 6 && o.Extended != (order.Extended{Buyer: true, Seller: true}):
		return one(p, owner, bruno), order.ExtendReceipt{}
	case o.Phase <= order.PhaseReceived && left.IsPositive() && p.pick(2) == 0:
		return one(p, owner, platform), order.Refund{Amount: p.part(left)}
	case o.Phase == order.PhaseCompleted && o.Review.Rating != 0:
		if o.ReviewReply == "" {
			return owner, order.Reply{Text: "thank you"}
		}
		return bruno, order.EditReview{Rating: 1 + p.pick(5)}
	}
	return owner, nil
}

// amendment changes something that can be changed, and the trade term in any case.
func (p *player) amendment(o *order.Order) order.Amendment {
	a := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
	a.Terms.TradeTerm = fmt.Sprintf("FOB Ningbo %d", p.serial)
	if o.Due().IsZero() || p.pick(4) == 0 {
		return a
	}
	a.Coverage = one(p, o.Coverage, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery)
	if total := money(one(p, "100 USD", "600 USD", "2500 USD", "6000.01 USD")); !total.Less(o.Ledger.Applied) {
		a.Terms.Total = total
	}
	if total := a.Terms.Total; o.Phase != order.PhaseReadyToShip || total.Less(a.Terms.Initial) {
		a.Terms.Initial = p.part(total)
	}
	return a
}

// part is all of an amount or less of it, and never nothing.
func (p *player) part(m trade.Money) trade.Money {
	return trade.Minor(max(m.MinorUnits()/int64(one(p, 1, 1, 2, 3)), 1), m.Currency())
}

// negotiating is a step of a dispute before it is escalated.
func (p *player) negotiating(o *order.Order, owner trade.Actor) (trade.Actor, order.Command) {
	offer := o.Dispute.Settlement
	other := owner
	if offer.By == trade.Seller {
		other = bruno
	}
	switch n := p.pick(8); {
	case n < 1:
		return bruno, order.WithdrawDispute{}
	case n < 5 && offer.Refund.IsPositive():
		return other, order.AcceptSettlement{Proposal: offer.Proposal}
	case n < 6 && o.Left().IsPositive():
		return one(p, owner, bruno), order.ProposeSettlement{Refund: p.part(o.Left())}
	default:
		if p.pick(2) == 0 {
			p.at(o.Dispute.EscalateBy)
		}
		return one(p, owner, bruno, system), order.Escalate{}
	}
}

// ruling is a ruling for either side.
func (p *player) ruling(o *order.Order) order.Command {
	if left := o.Left(); left.IsPositive() {
		switch n := p.pick(6); {
		case n < 5 && !p.bare && o.Hold.Status == order.HoldOpen:
			return order.Arbitrate{Compensation: p.part(o.Terms.Total), Text: "compensated"}
		case n < 5:
			return order.Arbitrate{Refund: p.part(left)}
		}
	}
	return order.Arbitrate{}
}

// anyAfterTerms has one of each command of a change, a dispute, a refund and a chargeback.
func (p *player) anyAfterTerms(o *order.Order) []order.Command {
	reference := one(p, "K1", "K-C1", fmt.Sprintf("R%d", p.pick(40)))
	amount := money(one(p, "30 USD", "100 USD", "0 USD", "0.01 USD", "6000.01 USD"))
	proposal, offer := o.Proposal.Number, o.Dispute.Settlement.Proposal
	if p.pick(4) == 0 {
		proposal, offer = proposal-1, offer-1
	}
	list := []order.Command{
		order.Modify{To: p.amendment(o), TermsAccepted: p.pick(4) > 0},
		order.ProposeChange{To: p.amendment(o), TermsAccepted: p.pick(4) > 0},
		order.AcceptChange{Proposal: proposal}, order.RejectChange{Proposal: proposal}, order.ExtendReceipt{},
		order.OpenDispute{Ground: one(p, order.GroundLate, order.GroundQuality, order.GroundOther), Claimed: amount},
		order.WithdrawDispute{}, order.Escalate{}, order.ProposeSettlement{Refund: amount},
		order.AcceptSettlement{Proposal: offer},
		order.Refund{Amount: amount}, order.ReturnUnapplied{Amount: amount},
		order.ChargeBack{Reference: reference}, order.ResolveChargeback{Reference: reference, Won: p.pick(2) == 0},
		order.EditReview{Rating: p.pick(7)}, order.Reply{Text: "thank you"},
	}
	if p.bare {
		return append(list, order.Arbitrate{Refund: amount})
	}
	return append(list, one(p, order.Arbitrate{}, order.Arbitrate{Refund: amount}, order.Arbitrate{Compensation: amount}))
}
