package world

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// attack lets somebody ask for what he must not get. The order stays as it is.
func (d *deal) attack(w *world, o *order.Order) {
	stranger, rival := w.people.other(w, d.buyer), w.people.rival(d.seller).Actor
	me := d.seller.Actor
	more := trade.Minor(o.Left().MinorUnits()+1, w.people.usd)
	moves := [...]struct {
		by trade.Actor
		c  order.Command
	}{
		{stranger, order.Confirm{Terms: o.Revision}},
		{stranger, order.ConfirmReceipt{}},
		{stranger, order.Cancel{}},
		{stranger, order.OpenDispute{Ground: order.GroundOther, Claimed: w.usd(1)}},
		{rival, order.MarkShipped{}},
		{rival, order.Cancel{}},
		{rival, order.Submit{OneTouchAcknowledged: true}},
		{me, order.Confirm{Terms: o.Revision}},
		{me, order.ConfirmReceipt{}},
		{me, order.RecordPayment{Reference: "mine", Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: w.usd(1), PaidAt: w.now}},
		{me, order.Refund{Amount: more}},
		{d.buyer, order.Confirm{Terms: o.Revision + 1}},
		{d.buyer, order.MarkShipped{}},
		{d.buyer, order.Refund{Amount: w.usd(1)}},
		{d.buyer, order.Reply{Text: "not mine to say"}},
		{platform, order.Refund{Amount: more}},
		{platform, order.ConfirmReceipt{}},
		{platform, order.Draft{Mode: order.DraftOnline}},
		{system, order.Confirm{Terms: o.Revision}},
		{trade.Actor{Role: trade.Desk}, order.Unlink{Entrustment: "E"}},
		{me, order.Draft{Mode: order.DraftOnline}},
		{me, nil},       // the version that is expected is another
		{rival, nil},    // the ID of another command
		{platform, nil}, // the reference of another payment
		{stranger, nil}, // the entrustment of another order
	}
	m := moves[w.rng.IntN(len(moves))]
	switch {
	case m.c != nil:
		w.ask(m.by, d.do(m.c), never)
	case m.by == me:
		w.carry(desk.Command{ID: w.newID(), By: me, Expect: 1 << 40, Do: d.do(order.Cancel{})}, never)
	case m.by == rival:
		w.carry(desk.Command{ID: d.drafted.ID, By: me, Do: d.do(order.Cancel{})}, never)
	case m.by == platform:
		d.misreport(w)
	default:
		d.steal(w)
	}
}

// misreport records a payment under the reference of one that came in, with another amount.
func (d *deal) misreport(w *world) {
	for _, key := range d.came {
		if p, ok := d.payment(w, key); ok {
			w.ask(platform, d.do(order.RecordPayment{
				Reference: key.Reference, Method: key.Method, ReceivingAccount: key.Account, PaidAt: w.now,
				Amount: trade.Minor(p.Amount.MinorUnits()+1, p.Amount.Currency()),
			}), never)
			return
		}
	}
}

// steal tries to use the entrustment that was linked last, where it is another seller's.
func (d *deal) steal(w *world) {
	if a := w.linked; a.owner != nil && a.owner.seller != d.seller && !a.owner.over {
		w.ask(d.seller.Actor, d.do(order.Link{Entrustment: a.id}), never)
		w.ask(d.seller.Actor, desk.OnEntrustment(a.id, entrustment.Cancel{}), never)
	}
}
