package ordertest

import (
	"fmt"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// exception returns the next step of a change, a dispute, a refund or a chargeback of the order, or the first step
// of a new one. If it picks neither, the command is nil.
func (p *Player) exception(o *order.Order) (trade.Actor, order.Command) {
	owner, buyer := ownerOf(o), buyerOf(o)
	switch {
	case o.Phase == order.PhaseDraft && o.Matched && o.Buyer.Account != "" && p.chance(8) == 0:
		return buyer, p.contract("as we discussed")
	case o.Phase <= order.PhaseDraft:
		return owner, nil
	case o.Dispute.Stage == order.StageEscalated && p.chance(4) > 0:
		return Platform, p.ruling(o)
	case o.Dispute.Stage == order.StageNegotiating && p.chance(4) > 0:
		return p.negotiating(o)
	case o.Proposal.Open && !o.Frozen() && p.chance(4) > 0:
		if p.chance(3) == 0 {
			return buyer, order.RejectChange{Proposal: o.Proposal.Number}
		}
		return buyer, order.AcceptChange{Proposal: o.Proposal.Number}
	case o.Frozen() && p.chance(6) == 0:
		return one(p.chance, buyer, owner), p.contract("photographs of the goods")
	case o.Ledger.Unapplied.IsPositive() && p.chance(3) == 0:
		waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review)
		if !waits.IsPositive() {
			return Platform, p.bankReport(o)
		}
		if o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseCompleted && o.Due().IsPositive() && !o.Frozen() {
			return Platform, order.ApplyUnapplied{Amount: least(p.part(waits), o.Due())}
		}
		return Platform, order.ReturnUnapplied{Amount: p.part(waits)}
	}
	if c := p.cardReport(o); c != nil {
		return Platform, c
	}
	if p.chance(5) == 0 {
		if c := p.bankReport(o); c != nil {
			return Platform, c
		}
	}
	if i := len(o.Unannounced); i > 0 && o.Phase <= order.PhaseReceived && p.chance(2) == 0 {
		u := o.Unannounced[i-1]
		return buyer, order.InitiatePayment{Payment: u.ID, Method: u.Method, Amount: USD("1")}
	}
	if o.Frozen() || p.chance(2) > 0 {
		return owner, nil
	}
	return p.startException(o)
}

func least(a, b trade.Money) trade.Money {
	if b.Less(a) {
		return b
	}
	return a
}

// startException returns the first step of a change, a dispute, a refund or a chargeback that an order can have
// in its phase, or a nil command.
func (p *Player) startException(o *order.Order) (trade.Actor, order.Command) {
	owner, buyer := ownerOf(o), buyerOf(o)
	left, paid, due := o.Left(), o.Ledger.Applied.IsPositive(), o.StepDue()
	collects := o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseReceived
	switch n := p.chance(6); {
	case o.Phase == order.PhaseSubmitted, o.Phase == order.PhaseConfirmed && !paid && n < 2:
		return owner, order.Modify{To: p.amendment(o), TermsAccepted: true}
	case collects && n < 1 && due.IsPositive() && paid:
		return owner, order.AcceptShortfall{}
	case o.Phase == order.PhaseConfirmed && n < 2 && !paid:
		return Platform, p.report(o.ID, Wired(o, "R"+p.named(p.serial), p.part(due), p.Clock.Now()))
	case collects && n < 4 && due.IsPositive():
		return buyer, order.InitiatePayment{Payment: order.PaymentID("C" + p.named(p.serial)), Method: one(p.chance, order.PayCard, order.PayECheck), BankCountry: "US", Amount: due}
	case collects && o.Phase <= order.PhaseShipped && n < 5 && left.IsPositive():
		return buyer, order.OpenDispute{Ground: order.GroundQuality, Claimed: left}
	case o.Phase == order.PhaseConfirmed && paid, o.Phase == order.PhaseReadyToShip && n < 6 && p.chance(3) > 0:
		return owner, order.ProposeChange{To: p.amendment(o), TermsAccepted: true}
	case o.Phase == order.PhaseReadyToShip && len(o.Links) > 0 && p.chance(2) == 0:
		return owner, order.Unlink{Entrustment: o.Links[0].ID}
	case o.Phase == order.PhaseShipped && n < 6 && !o.Extended.Buyer:
		return buyer, order.ExtendReceipt{}
	case collects && left.IsPositive() && p.chance(2) == 0:
		return one(p.chance, owner, Platform), order.Refund{Amount: p.part(left)}
	case o.Phase == order.PhaseCompleted && o.Review.Rating != 0:
		if o.ReviewReply == "" {
			return owner, order.Reply{Text: "thank you"}
		}
		return buyer, order.EditReview{Rating: 1 + p.chance(5)}
	}
	return owner, nil
}

// amendment returns terms that differ in the trade term, and often in something else that may change.
func (p *Player) amendment(o *order.Order) order.Amendment {
	a := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
	a.Terms.TradeTerm = fmt.Sprintf("FOB Ningbo %d", p.serial)
	if o.Due().IsZero() || p.chance(4) == 0 {
		return a
	}
	a.Coverage = one(p.chance, o.Coverage, order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery)
	if total := USD(one(p.chance, "100", "600", "2500", "6000.01")); !total.Less(o.Ledger.Applied) {
		a.Terms.Total = total
	}
	if total := a.Terms.Total; o.Phase != order.PhaseReadyToShip || total.Less(a.Terms.Initial) {
		a.Terms.Initial = p.part(total)
	}
	return a
}

// part returns all of an amount or a part of it, at least one minor unit.
func (p *Player) part(m trade.Money) trade.Money {
	return trade.Minor(max(m.MinorUnits()/int64(one(p.chance, 1, 1, 2, 3)), 1), m.Currency())
}

// negotiating returns a step of a dispute that is not escalated. For the escalation it sets the clock to the first
// instant at which the dispute can be escalated.
func (p *Player) negotiating(o *order.Order) (trade.Actor, order.Command) {
	owner, buyer := ownerOf(o), buyerOf(o)
	offer := o.Dispute.Settlement
	other := owner
	if offer.By == trade.Seller {
		other = buyer
	}
	switch n := p.chance(8); {
	case n < 1:
		return buyer, order.WithdrawDispute{}
	case n < 6 && offer.Refund.IsPositive():
		return other, order.AcceptSettlement{Proposal: offer.Proposal}
	case n < 6 && o.Left().IsPositive():
		return one(p.chance, owner, buyer), order.ProposeSettlement{Refund: p.part(o.Left())}
	}
	if at := o.Dispute.EscalateFrom; p.Clock.Now().Before(at) {
		p.Clock.Set(at)
	}
	return one(p.chance, owner, buyer), order.Escalate{}
}

// ruling returns a ruling for either party.
func (p *Player) ruling(o *order.Order) order.Command {
	if left := o.Left(); left.IsPositive() {
		switch n := p.chance(6); {
		case n < 5 && !p.config.NoCompensation && o.Hold.Status == order.HoldOpen:
			return order.Arbitrate{Compensation: p.part(o.Terms.Total), Text: "compensated"}
		case n < 5:
			return order.Arbitrate{Refund: p.part(left)}
		}
	}
	return order.Arbitrate{}
}
