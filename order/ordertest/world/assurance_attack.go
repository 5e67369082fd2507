package world

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// attack has somebody issue a command that must be refused. The order does not change.
func (a *assuranceOrder) attack(w *world, o *order.Order) {
	stranger, rival := w.people.otherBuyer(w, a.buyer), w.people.otherSeller(a.seller).Actor
	me := a.seller.Actor
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
		{a.buyer, order.Confirm{Terms: o.Revision + 1}},
		{a.buyer, order.MarkShipped{}},
		{a.buyer, order.Refund{Amount: w.usd(1)}},
		{a.buyer, order.Reply{Text: "not mine to say"}},
		{platform, order.Refund{Amount: more}},
		{platform, order.ConfirmReceipt{}},
		{platform, order.Draft{Mode: order.DraftOnline}},
		{system, order.Confirm{Terms: o.Revision}},
		{trade.Actor{Role: trade.Desk}, order.Unlink{Entrustment: "E"}},
		{me, order.Draft{Mode: order.DraftOnline}},
		{me, nil},       // with the wrong expected version
		{rival, nil},    // with the ID of another command
		{platform, nil}, // with the reference of another payment
		{stranger, nil}, // with the entrustment of another order
	}
	m := moves[w.rng.IntN(len(moves))]
	switch {
	case m.c != nil:
		w.issue(m.by, a.on(m.c), never)
	case m.by == me:
		w.execute(desk.Command{ID: w.newID(), By: me, Expect: 1 << 40, Do: a.on(order.Cancel{})}, never)
	case m.by == rival:
		w.execute(desk.Command{ID: a.draftCommand.ID, By: me, Do: a.on(order.Cancel{})}, never)
	case m.by == platform:
		a.reuseReference(w)
	default:
		a.useForeignEntrustment(w)
	}
}

// reuseReference reports a payment again with another amount.
func (a *assuranceOrder) reuseReference(w *world) {
	for _, key := range a.payments {
		if p, ok := a.readPayment(w, key); ok {
			w.issue(platform, a.on(order.RecordPayment{
				Reference: key.Reference, Method: key.Method, ReceivingAccount: key.Account, PaidAt: w.now,
				Amount: trade.Minor(p.Amount.MinorUnits()+1, p.Amount.Currency()),
			}), never)
			return
		}
	}
}

// useForeignEntrustment tries to use the entrustment that was linked last, if it belongs to another
// seller.
func (a *assuranceOrder) useForeignEntrustment(w *world) {
	if link := w.lastLink; link.owner != nil && link.owner.seller != a.seller && !link.owner.over {
		w.issue(a.seller.Actor, a.on(order.Link{Entrustment: link.id}), never)
		w.issue(a.seller.Actor, desk.OnEntrustment(link.id, entrustment.Cancel{}), never)
	}
}
