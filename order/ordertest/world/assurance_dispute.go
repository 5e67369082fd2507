package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// openDispute has the buyer open a dispute.
func (a *assuranceOrder) openDispute(w *world, o *order.Order) time.Duration {
	left := o.Left()
	more := trade.Minor(left.MinorUnits()+1, left.Currency())
	w.issue(a.buyer, a.on(order.OpenDispute{Ground: order.GroundOther, Claimed: more}), never)
	a.byBuyer(w, order.OpenDispute{Ground: order.GroundQuality, Claimed: w.partOf(left), Text: "not as agreed"})
	return w.between(time.Hour, 2*day)
}

// whileFrozen takes the next step of a dispute or a chargeback, during which the order is frozen.
func (a *assuranceOrder) whileFrozen(w *world, o *order.Order) time.Duration {
	w.issue(a.seller.Actor, a.on(order.MarkShipped{}), never)
	if o.OpenChargebacks > 0 && !a.bankDecides {
		a.decideCase(w)
	}
	switch o.Dispute.Stage {
	case order.StageNegotiating:
		return a.negotiate(w, o)
	case order.StageEscalated:
		if o.OpenChargebacks > 0 {
			return 5 * day // a ruling waits for the bank
		}
		a.arbitrate(w, o)
		return w.between(time.Hour, day)
	default: // the bank decides next
		return 30 * day
	}
}

// decideCase schedules the decision of a bank on an open case. Some decisions are reversed later.
func (a *assuranceOrder) decideCase(w *world) {
	for _, key := range a.payments {
		p, _ := a.readPayment(w, key)
		for _, x := range p.Cases {
			if x.Status != order.CaseOpen {
				continue
			}
			a.bankDecides = true
			won, after := w.odds(600), w.between(2*day, 15*day)
			a.reportDecision(w, key, x.Name, won, after, func(bool) { a.bankDecides = false })
			if w.odds(150) {
				a.reportDecision(w, key, x.Name, !won, after+w.between(time.Hour, 9*day), nil)
			}
			return
		}
	}
}

// reportDecision schedules the report of a bank on how a case ended.
func (a *assuranceOrder) reportDecision(w *world, key payment.Key, name string, won bool, after time.Duration, then func(bool)) {
	c := order.ResolveChargeback{Reference: key.Reference, Case: name, Won: won, At: w.now.Add(after)}
	w.send(&message{order: &a.liveOrder, task: a, want: must, c: desk.Command{By: platform, Do: a.on(c)}, then: then},
		fmt.Sprint(a.id, "/resolve/", c.Reference, "/", name, "/", won, "/", c.At.UnixNano()), after)
}

// mayDispute reports whether the buyer may open another dispute.
func (a *assuranceOrder) mayDispute(o *order.Order) bool {
	return o.Dispute.RuledIn == order.PhaseNone && o.Dispute.Number < 3
}

// negotiate has the parties of a dispute take their next step.
func (a *assuranceOrder) negotiate(w *world, o *order.Order) time.Duration {
	x, left := &o.Dispute, o.Left()
	switch {
	case w.now.Equal(x.EscalateFrom.Add(-1)):
		w.issue(a.buyer, a.on(order.Escalate{}), never)
		return 1
	case w.now.Equal(x.EscalateFrom):
		w.issueAll(w.either(a.buyer, a.seller.Actor), a.on(order.Escalate{}))
		return time.Hour
	}
	w.issue(platform, a.on(order.Arbitrate{}), never) // the dispute is not escalated
	switch roll := w.rng.Uint32N(100); {
	case roll < 20 || a.cooperative() || !left.IsPositive():
		a.byBuyer(w, order.WithdrawDispute{})
		return time.Hour
	case roll < 60:
		a.offerSettlement(w, o, left)
		return w.between(time.Hour, day)
	case roll < 80 && w.now.Before(x.EscalateFrom.Add(-1)):
		return x.EscalateFrom.Add(-1).Sub(w.now)
	case roll < 90 && w.now.Before(x.EscalateBy): // the parties wait until the system escalates
		w.issue(system, a.on(order.Escalate{}), never)
		return w.until(x.EscalateBy.Add(tickEvery))
	}
	return w.between(time.Hour, day)
}

// offerSettlement has one party propose a settlement, which the other may accept.
func (a *assuranceOrder) offerSettlement(w *world, o *order.Order, left trade.Money) {
	first, second := a.buyer, a.seller.Actor
	if w.odds(500) {
		first, second = second, first
	}
	refund := w.partOf(left)
	if w.odds(200) {
		refund = left
	}
	number := o.Dispute.Settlement.Proposal + 1
	w.issueAll(first, a.on(order.ProposeSettlement{Refund: refund}))
	w.issue(first, a.on(order.AcceptSettlement{Proposal: number}), never)
	w.issue(second, a.on(order.AcceptSettlement{Proposal: number + 1}), never)
	if w.odds(600) {
		w.issueAll(second, a.on(order.AcceptSettlement{Proposal: number}))
	}
}

// arbitrate has the platform decide the dispute.
func (a *assuranceOrder) arbitrate(w *world, o *order.Order) {
	left := o.Left()
	w.issue(a.buyer, a.on(order.Arbitrate{Refund: left}), never)
	switch roll := w.rng.Uint32N(100); {
	case !left.IsPositive():
	case roll < 40:
		w.issueAll(platform, a.on(order.Arbitrate{Refund: w.partOf(left), Text: "a part goes back"}))
		return
	case roll < 80:
		amount := left
		if w.odds(500) {
			amount = w.partOf(left)
		}
		// Refused if the order has no open hold to pay the compensation from.
		if w.issue(platform, a.on(order.Arbitrate{Compensation: amount}), may) {
			return
		}
	}
	w.issueAll(platform, a.on(order.Arbitrate{Text: "for the seller"}))
}
