package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// lastLink is the entrustment that was linked last, and its order.
type lastLink struct {
	id    order.EntrustmentID
	owner *liveOrder
}

// export has the seller entrust the next goods, takes them to customs and links the entrustment. Customs
// report the release later.
func (a *assuranceOrder) export(w *world) time.Duration {
	id := order.EntrustmentID(fmt.Sprintf("E%s-%d", a.id.String()[4:23], a.entrustments+1))
	stream, err := entrustment.Stream(id)
	if err != nil {
		w.fail(err)
		return 0
	}
	w.addStream(&a.liveOrder, stream)
	declared := w.now
	released := w.now.Add(w.between(6*time.Hour, 5*day))
	if w.odds(12) && a.entrustments < 10 { // a release before the order was drafted, which voids the entrustment
		declared, released = a.begun.Add(-2*time.Hour), a.begun.Add(-1)
	}
	a.entrustments++
	me := a.seller.Actor
	do := func(c entrustment.Command) desk.Action { return desk.OnEntrustment(id, c) }
	w.issueAll(me, do(entrustment.Draft{Title: "goods of " + string(me.Account)}), do(entrustment.Submit{}))
	if w.odds(50) {
		w.issueAll(platform, do(entrustment.RequestChange{Need: entrustment.NeedInformation, Note: "the weight"}))
		w.issueAll(me, do(entrustment.Resubmit{}))
	}
	declaration := a.declaration(w, id, declared)
	w.issueAll(platform, do(entrustment.Approve{}))
	if !w.odds(20) { // else the report of customs comes before the declaration
		w.issueAll(platform, do(entrustment.Declare{Declaration: declaration}))
	}
	if w.odds(30) {
		w.issueAll(platform, do(entrustment.Return{Reason: "the HS code"}))
		w.issueAll(me, do(entrustment.Resubmit{}))
		w.issueAll(platform, do(entrustment.Approve{}), do(entrustment.Declare{Declaration: declaration}))
	}
	if w.odds(15) {
		w.inTwoTabs(me, a.on(order.Link{Entrustment: id}))
	} else {
		a.bySeller(w, order.Link{Entrustment: id})
	}
	w.lastLink = lastLink{id, &a.liveOrder}
	arrives := max(released.Sub(w.now), time.Hour)
	w.send(&message{
		order: &a.liveOrder, task: a, want: must,
		c:    desk.Command{By: platform, Do: do(entrustment.Release{ReleasedAt: released})},
		then: func(bool) { a.afterRelease(w, id, released) },
	}, string(id)+"/release", arrives)
	if w.odds(10) {
		w.issue(platform, do(entrustment.Release{ReleasedAt: w.now.Add(day)}), never) // a release in the future
		w.issue(platform, do(entrustment.CloseCustoms{ClosedAt: w.now}), never)       // before its release
	}
	return w.between(time.Minute, day)
}

// afterRelease has customs repeat or contradict the release of some goods, and close others.
func (a *assuranceOrder) afterRelease(w *world, id order.EntrustmentID, released time.Time) {
	if w.odds(50) {
		w.issueAll(platform, desk.OnEntrustment(id, entrustment.Release{ReleasedAt: released}),
			desk.OnEntrustment(id, entrustment.Return{Reason: "told late"}))
		w.issue(platform, desk.OnEntrustment(id, entrustment.Release{ReleasedAt: released.Add(-1)}), never)
	}
	if w.odds(300) {
		w.issueAll(platform, desk.OnEntrustment(id, entrustment.CloseCustoms{ClosedAt: w.now}))
	}
}

func (a *assuranceOrder) declaration(w *world, id order.EntrustmentID, at time.Time) entrustment.Declaration {
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
			No: 1, HSCode: "9001909090", Name: "lens", Quantity: w.people.quantity, Unit: "set", Price: w.people.price, Total: w.usd(10_00),
		}},
	}
}

// ship exports the goods and has the order marked as shipped.
func (a *assuranceOrder) ship(w *world, o *order.Order) time.Duration {
	if waits := a.handleUnapplied(w, o); waits > 0 {
		return waits
	}
	if o.FundedAt.IsZero() { // a chargeback has taken the initial payment back
		if a.pending > 0 {
			return 20 * day
		}
		return a.pay(w, o, o.Due().MinorUnits())
	}
	if len(o.Links) == 0 && w.odds(40) {
		w.issue(a.seller.Actor, a.on(order.MarkShipped{}), never) // no entrustment is linked
	}
	if waits := a.interrupt(w, o); waits > 0 {
		return waits
	}
	if o.Proposal.Open {
		return a.answerProposal(w, o)
	}
	for i := range o.Links {
		if l := &o.Links[i]; !l.ReleasedAt.IsZero() && l.ReleasedAt.Before(o.DraftedAt) {
			w.issue(a.seller.Actor, a.on(order.MarkShipped{}), never)
			a.bySeller(w, order.Unlink{Entrustment: l.ID})
			a.shipments++
			return time.Hour
		}
	}
	if a.entrustments < a.shipments || len(o.Links) == 0 {
		return a.export(w)
	}
	if a.pending > 0 {
		return 20 * day
	}
	if o.Transport == "" {
		w.issue(a.seller.Actor, a.on(order.MarkShipped{}), never)
		a.bySeller(w, order.SetTransport{Mode: a.mode(w)})
	}
	if w.odds(20) {
		w.inTwoTabs(a.seller.Actor, a.on(order.MarkShipped{}))
	} else {
		w.issueAll(w.either(a.seller.Actor, platform), a.on(order.MarkShipped{}))
	}
	return w.between(time.Hour, 2*day)
}

// interrupt lets something happen that is not a step towards shipment, and returns how long the parties
// wait after it, or zero if nothing happened.
func (a *assuranceOrder) interrupt(w *world, o *order.Order) time.Duration {
	if a.cooperative() {
		return 0
	}
	left := o.Left()
	switch roll := w.rng.Uint32N(1000); {
	case roll < 25 && !o.Proposal.Open && o.Due().IsPositive():
		to := order.Amendment{Terms: o.Terms, Coverage: o.Coverage}
		to.Terms.Total = trade.Minor(o.Terms.Total.MinorUnits()+1+w.rng.Int64N(200_00), w.people.usd)
		w.issue(a.seller.Actor, a.on(order.ProposeChange{To: to}), may)
		return w.between(time.Hour, day)
	case roll < 35 && len(o.Links) > 0 && a.pending == 0:
		link := o.Links[w.rng.IntN(len(o.Links))].ID
		a.bySeller(w, order.Unlink{Entrustment: link})
		w.issue(a.seller.Actor, a.on(order.Link{Entrustment: link}), may) // refused if the entrustment is void
		return time.Hour
	case roll < 45 && left.IsPositive():
		w.issueAll(w.either(a.seller.Actor, platform), a.on(order.Refund{Amount: w.partOf(left)}))
		return time.Hour
	case roll < 52 && left.IsPositive() && a.pending == 0:
		a.bySeller(w, order.Refund{Amount: left})
		return time.Hour
	case roll < 70 && left.IsPositive() && a.mayDispute(o):
		return a.openDispute(w, o)
	case roll < 80 && a.reversePayment(w):
		return day
	}
	return 0
}

// answerProposal has the buyer accept or reject the change that the seller has proposed.
func (a *assuranceOrder) answerProposal(w *world, o *order.Order) time.Duration {
	w.issue(a.buyer, a.on(order.AcceptChange{Proposal: o.Proposal.Number + 1}), never)
	if w.odds(500) || !w.issue(a.buyer, a.on(order.AcceptChange{Proposal: o.Proposal.Number}), may) {
		a.byBuyer(w, order.RejectChange{Proposal: o.Proposal.Number})
	}
	return time.Hour
}

// receive has the buyer wait for the goods, confirm the receipt, or stay silent.
func (a *assuranceOrder) receive(w *world, o *order.Order) time.Duration {
	if waits := a.handleUnapplied(w, o); waits > 0 {
		return waits
	}
	deadline := o.Shipment.ReceiptDeadline
	switch {
	case w.now.Equal(deadline):
		w.issue(a.buyer, a.on(order.ExtendReceipt{}), never)
		w.issue(a.buyer, a.on(order.OpenDispute{Ground: order.GroundQuality, Claimed: w.usd(1)}), never)
		if w.odds(500) {
			a.byBuyer(w, order.ConfirmReceipt{}) // at the deadline, and accepted because the system has not confirmed yet
		} else {
			w.issueAll(system, a.on(order.AutoConfirmReceipt{}))
		}
		return time.Hour
	case w.now.Equal(deadline.Add(-1)):
		w.issue(system, a.on(order.AutoConfirmReceipt{}), never)
		if o.Extended.Buyer {
			a.byBuyer(w, order.ConfirmReceipt{})
		} else {
			a.byBuyer(w, order.ExtendReceipt{})
		}
		return time.Hour
	case !w.now.Before(deadline):
		return tickEvery
	}
	roll := w.rng.Uint32N(1000)
	switch {
	case a.cooperative():
	case roll < 25 && !o.Extended.Seller:
		a.bySeller(w, order.ExtendReceipt{})
		w.issue(a.seller.Actor, a.on(order.ExtendReceipt{}), never)
	case roll < 60 && o.Left().IsPositive() && a.mayDispute(o):
		return a.openDispute(w, o)
	case roll < 75 && a.reversePayment(w):
		return day
	case roll < 85:
		return deadline.Sub(w.now)
	case roll < 95:
		return deadline.Add(-1).Sub(w.now)
	}
	if o.Due().IsPositive() && a.pending == 0 && w.odds(600) {
		a.pay(w, o, o.Due().MinorUnits())
	}
	switch roll = w.rng.Uint32N(100); {
	case roll < 2:
		w.inTwoTabs(a.buyer, a.on(order.ConfirmReceipt{}))
		return time.Hour
	case roll < 50:
		a.byBuyer(w, order.ConfirmReceipt{})
		return time.Hour
	case roll < 65: // the buyer stays silent
		return w.until(deadline.Add(tickEvery))
	}
	return w.between(day, 5*day)
}
