package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// object opens a dispute.
func (d *deal) object(w *world, o *order.Order) time.Duration {
	left := o.Left()
	more := trade.Minor(left.MinorUnits()+1, left.Currency())
	w.ask(d.buyer, d.do(order.OpenDispute{Ground: order.GroundOther, Claimed: more}), never)
	d.buys(w, order.OpenDispute{Ground: order.GroundQuality, Claimed: w.part(left), Text: "not as agreed"})
	return w.between(time.Hour, 2*day)
}

// quarrel goes on with a dispute or a chargeback, during which the order stands still.
func (d *deal) quarrel(w *world, o *order.Order) time.Duration {
	w.ask(d.seller.Actor, d.do(order.MarkShipped{}), never)
	if o.OpenChargebacks > 0 && !d.contested {
		d.contest(w)
	}
	switch o.Dispute.Stage {
	case order.StageNegotiating:
		return d.negotiate(w, o)
	case order.StageEscalated:
		if o.OpenChargebacks > 0 {
			return 5 * day // a ruling waits for the bank
		}
		d.rule(w, o)
		return w.between(time.Hour, day)
	default: // the bank has the word
		return 30 * day
	}
}

// contest lets the bank decide on a case that is open. What it decided may turn out the other way
// later.
func (d *deal) contest(w *world) {
	for _, key := range d.came {
		p, _ := d.payment(w, key)
		for _, x := range p.Cases {
			if x.Status != order.CaseOpen {
				continue
			}
			d.contested = true
			won, after := w.odds(600), w.between(2*day, 15*day)
			d.ends(w, key, x.Name, won, after, func(bool) { d.contested = false })
			if w.odds(150) {
				d.ends(w, key, x.Name, !won, after+w.between(time.Hour, 9*day), nil)
			}
			return
		}
	}
}

// ends has the bank report how a case ended.
func (d *deal) ends(w *world, key payment.Key, name string, won bool, after time.Duration, then func(bool)) {
	c := order.ResolveChargeback{Reference: key.Reference, Case: name, Won: won, At: w.now.Add(after)}
	w.tell(&message{about: &d.affair, task: d, want: must, c: desk.Command{By: platform, Do: d.do(c)}, then: then},
		fmt.Sprint(d.id, "/resolve/", c.Reference, "/", name, "/", won, "/", c.At.UnixNano()), after)
}

// mayObject reports whether the buyer may open one more dispute.
func (d *deal) mayObject(o *order.Order) bool {
	return o.Dispute.RuledIn == order.PhaseNone && o.Dispute.Number < 3
}

// negotiate is a turn of the parties of a dispute.
func (d *deal) negotiate(w *world, o *order.Order) time.Duration {
	x, left := &o.Dispute, o.Left()
	switch {
	case w.now.Equal(x.EscalateFrom.Add(-1)):
		w.ask(d.buyer, d.do(order.Escalate{}), never)
		return 1
	case w.now.Equal(x.EscalateFrom):
		w.all(w.one(d.buyer, d.seller.Actor), d.do(order.Escalate{}))
		return time.Hour
	}
	w.ask(platform, d.do(order.Arbitrate{}), never) // nobody has asked it to
	switch roll := w.rng.Uint32N(100); {
	case roll < 20 || d.calm() || !left.IsPositive():
		d.buys(w, order.WithdrawDispute{})
		return time.Hour
	case roll < 60:
		d.settleDispute(w, o, left)
		return w.between(time.Hour, day)
	case roll < 80 && w.now.Before(x.EscalateFrom.Add(-1)):
		return x.EscalateFrom.Add(-1).Sub(w.now)
	case roll < 90 && w.now.Before(x.EscalateBy): // nobody moves until the system does
		w.ask(system, d.do(order.Escalate{}), never)
		return w.until(x.EscalateBy.Add(tickEvery))
	}
	return w.between(time.Hour, day)
}

// settleDispute has one side make an offer, and the other take it or not.
func (d *deal) settleDispute(w *world, o *order.Order, left trade.Money) {
	first, second := d.buyer, d.seller.Actor
	if w.odds(500) {
		first, second = second, first
	}
	refund := w.part(left)
	if w.odds(200) {
		refund = left
	}
	number := o.Dispute.Settlement.Proposal + 1
	w.all(first, d.do(order.ProposeSettlement{Refund: refund}))
	w.ask(first, d.do(order.AcceptSettlement{Proposal: number}), never)
	w.ask(second, d.do(order.AcceptSettlement{Proposal: number + 1}), never)
	if w.odds(600) {
		w.all(second, d.do(order.AcceptSettlement{Proposal: number}))
	}
}

// rule is the platform's decision.
func (d *deal) rule(w *world, o *order.Order) {
	left := o.Left()
	w.ask(d.buyer, d.do(order.Arbitrate{Refund: left}), never)
	switch roll := w.rng.Uint32N(100); {
	case !left.IsPositive():
	case roll < 40:
		w.all(platform, d.do(order.Arbitrate{Refund: w.part(left), Text: "a part goes back"}))
		return
	case roll < 80:
		amount := left
		if w.odds(500) {
			amount = w.part(left)
		}
		// Without a hold that is open there is nothing to advance it from.
		if w.ask(platform, d.do(order.Arbitrate{Compensation: amount}), may) {
			return
		}
	}
	w.all(platform, d.do(order.Arbitrate{Text: "for the seller"}))
}
