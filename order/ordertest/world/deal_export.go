package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// good is an entrustment of an order.
type good struct {
	id   order.EntrustmentID
	void bool // customs released it before the order was drafted
}

// linked is an entrustment that an order was given.
type linked struct {
	id    order.EntrustmentID
	owner *affair
}

// export takes the next entrustment to customs and links it; customs report its release later.
func (d *deal) export(w *world) time.Duration {
	g := good{id: order.EntrustmentID(fmt.Sprintf("E%s-%d", d.id.String()[4:23], len(d.goods)+1))}
	stream, err := entrustment.Stream(g.id)
	if err != nil {
		w.fail(err)
		return 0
	}
	w.owns(&d.affair, stream)
	declared := w.now
	released := w.now.Add(w.between(6*time.Hour, 5*day))
	if w.odds(12) && len(d.goods) < 10 { // goods that customs let go before the order was drafted
		g.void = true
		declared, released = d.begun.Add(-2*time.Hour), d.begun.Add(-1)
	}
	d.goods = append(d.goods, g)
	me := d.seller.Actor
	do := func(c entrustment.Command) desk.Action { return desk.OnEntrustment(g.id, c) }
	w.all(me, do(entrustment.Draft{Title: "goods of " + string(me.Account)}), do(entrustment.Submit{}))
	if w.odds(50) {
		w.all(platform, do(entrustment.RequestChange{Need: entrustment.NeedInformation, Note: "the weight"}))
		w.all(me, do(entrustment.Resubmit{}))
	}
	declaration := d.declaration(w, g.id, declared)
	w.all(platform, do(entrustment.Approve{}))
	if !w.odds(20) { // else the report of customs comes before that of the export service
		w.all(platform, do(entrustment.Declare{Declaration: declaration}))
	}
	if w.odds(30) {
		w.all(platform, do(entrustment.Return{Reason: "the HS code"}))
		w.all(me, do(entrustment.Resubmit{}))
		w.all(platform, do(entrustment.Approve{}), do(entrustment.Declare{Declaration: declaration}))
	}
	if w.odds(15) {
		w.inTwoTabs(me, d.do(order.Link{Entrustment: g.id}))
	} else {
		d.sells(w, order.Link{Entrustment: g.id})
	}
	w.linked = linked{g.id, &d.affair}
	arrives := max(released.Sub(w.now), time.Hour)
	w.tell(&message{
		about: &d.affair, task: d, want: must,
		c:    desk.Command{By: platform, Do: do(entrustment.Release{ReleasedAt: released})},
		then: func(bool) { d.depart(w, g.id, released) },
	}, string(g.id)+"/release", arrives)
	if w.odds(10) {
		w.ask(platform, do(entrustment.Release{ReleasedAt: w.now.Add(day)}), never) // in the future
		w.ask(platform, do(entrustment.CloseCustoms{ClosedAt: w.now}), never)       // not yet
	}
	return w.between(time.Minute, day)
}

// depart has customs repeat themselves, contradict themselves, and confirm the departure of goods,
// for some.
func (d *deal) depart(w *world, id order.EntrustmentID, released time.Time) {
	if w.odds(50) {
		w.all(platform, desk.OnEntrustment(id, entrustment.Release{ReleasedAt: released}),
			desk.OnEntrustment(id, entrustment.Return{Reason: "told late"}))
		w.ask(platform, desk.OnEntrustment(id, entrustment.Release{ReleasedAt: released.Add(-1)}), never)
	}
	if w.odds(300) {
		w.all(platform, desk.OnEntrustment(id, entrustment.CloseCustoms{ClosedAt: w.now}))
	}
}

func (d *deal) declaration(w *world, id order.EntrustmentID, at time.Time) entrustment.Declaration {
	no := make([]byte, 0, 24)
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z':
			no = append(no, c-'a'+'A')
		case c != '-':
			no = append(no, c)
		}
	}
	return entrustment.Declaration{
		Number: entrustment.DeclarationNo(no), DeclaringCustoms: "3101", DeparturePort: "310001", DeclaredAt: at,
		Items: []entrustment.Item{{
			No: 1, HSCode: "9001909090", Name: "lens", Quantity: w.people.one, Unit: "set", Price: w.people.price, Total: w.usd(10_00),
		}},
	}
}

// ship takes the goods through customs and marks the order as shipped.
func (d *deal) ship(w *world, o *order.Order) time.Duration {
	if waits := d.sort(w, o); waits > 0 {
		return waits
	}
	if o.FundedAt.IsZero() { // a chargeback has taken the initial payment back
		if d.pending > 0 {
			return 20 * day
		}
		return d.pay(w, o, o.Due().MinorUnits())
	}
	if len(o.Links) == 0 && w.odds(40) {
		w.ask(d.seller.Actor, d.do(order.MarkShipped{}), never) // the link is forgotten
	}
	if waits := d.disturb(w, o); waits > 0 {
		return waits
	}
	if o.Proposal.Open {
		return d.answer(w, o)
	}
	for i := range o.Links {
		if l := &o.Links[i]; !l.ReleasedAt.IsZero() && l.ReleasedAt.Before(o.DraftedAt) {
			w.ask(d.seller.Actor, d.do(order.MarkShipped{}), never)
			d.sells(w, order.Unlink{Entrustment: l.ID})
			d.shipments++
			return time.Hour
		}
	}
	if len(d.goods) < d.shipments || len(o.Links) == 0 {
		return d.export(w)
	}
	if d.pending > 0 {
		return 20 * day
	}
	if o.Transport == "" {
		w.ask(d.seller.Actor, d.do(order.MarkShipped{}), never)
		d.sells(w, order.SetTransport{Mode: d.mode(w)})
	}
	if w.odds(20) {
		w.inTwoTabs(d.seller.Actor, d.do(order.MarkShipped{}))
	} else {
		w.all(w.one(d.seller.Actor, platform), d.do(order.MarkShipped{}))
	}
	return w.between(time.Hour, 2*day)
}

// disturb lets something happen that is not a step on the way, and returns how long they wait
// then; zero if nothing has happened.
func (d *deal) disturb(w *world, o *order.Order) time.Duration {
	if d.calm() {
		return 0
	}
	left := o.Left()
	switch roll := w.rng.Uint32N(1000); {
	case roll < 25 && !o.Proposal.Open && o.Due().IsPositive():
		to := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
		to.Terms.Total = trade.Minor(o.Terms.Total.MinorUnits()+1+w.rng.Int64N(200_00), w.people.usd)
		w.ask(d.seller.Actor, d.do(order.ProposeChange{To: to}), may)
		return w.between(time.Hour, day)
	case roll < 35 && len(o.Links) > 0 && d.pending == 0:
		link := o.Links[w.rng.IntN(len(o.Links))].ID
		d.sells(w, order.Unlink{Entrustment: link})
		w.ask(d.seller.Actor, d.do(order.Link{Entrustment: link}), may) // refused if it is void
		return time.Hour
	case roll < 45 && left.IsPositive():
		w.all(w.one(d.seller.Actor, platform), d.do(order.Refund{Amount: w.part(left)}))
		return time.Hour
	case roll < 52 && left.IsPositive() && d.pending == 0:
		d.sells(w, order.Refund{Amount: left})
		return time.Hour
	case roll < 70 && left.IsPositive() && d.mayObject(o):
		return d.object(w, o)
	case roll < 80 && d.reverse(w):
		return day
	}
	return 0
}

// answer is the buyer's answer to a change that the seller has proposed.
func (d *deal) answer(w *world, o *order.Order) time.Duration {
	w.ask(d.buyer, d.do(order.AcceptChange{Proposal: o.Proposal.Number + 1}), never)
	if w.odds(500) || !w.ask(d.buyer, d.do(order.AcceptChange{Proposal: o.Proposal.Number}), may) {
		d.buys(w, order.RejectChange{Proposal: o.Proposal.Number})
	}
	return time.Hour
}

// receive is the buyer waiting for his goods and, perhaps, confirming that they have come.
func (d *deal) receive(w *world, o *order.Order) time.Duration {
	if waits := d.sort(w, o); waits > 0 {
		return waits
	}
	deadline := o.Shipment.ReceiptDeadline
	switch {
	case w.now.Equal(deadline):
		w.ask(d.buyer, d.do(order.ExtendReceipt{}), never)
		w.ask(d.buyer, d.do(order.OpenDispute{Ground: order.GroundQuality, Claimed: w.usd(1)}), never)
		if w.odds(500) {
			d.buys(w, order.ConfirmReceipt{}) // late, and in time as long as nobody else has
		} else {
			w.all(system, d.do(order.AutoConfirmReceipt{}))
		}
		return time.Hour
	case w.now.Equal(deadline.Add(-1)):
		w.ask(system, d.do(order.AutoConfirmReceipt{}), never)
		if o.Extended.Buyer {
			d.buys(w, order.ConfirmReceipt{})
		} else {
			d.buys(w, order.ExtendReceipt{})
		}
		return time.Hour
	case !w.now.Before(deadline):
		return tickEvery
	}
	roll := w.rng.Uint32N(1000)
	switch {
	case d.calm():
	case roll < 25 && !o.Extended.Seller:
		d.sells(w, order.ExtendReceipt{})
		w.ask(d.seller.Actor, d.do(order.ExtendReceipt{}), never)
	case roll < 60 && o.Left().IsPositive() && d.mayObject(o):
		return d.object(w, o)
	case roll < 75 && d.reverse(w):
		return day
	case roll < 85:
		return deadline.Sub(w.now)
	case roll < 95:
		return deadline.Add(-1).Sub(w.now)
	}
	if o.Due().IsPositive() && d.pending == 0 && w.odds(600) {
		d.pay(w, o, o.Due().MinorUnits())
	}
	switch roll = w.rng.Uint32N(100); {
	case roll < 2:
		w.inTwoTabs(d.buyer, d.do(order.ConfirmReceipt{}))
		return time.Hour
	case roll < 50:
		d.buys(w, order.ConfirmReceipt{})
		return time.Hour
	case roll < 65: // he stays silent
		return w.until(deadline.Add(tickEvery))
	}
	return w.between(day, 5*day)
}
