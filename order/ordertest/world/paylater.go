package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// payLaterOrder is a pay-later order and the plans of its merchant and buyer.
type payLaterOrder struct {
	liveOrder
	placeCommand        desk.Command // the command that placed it
	chargeReportPending bool         // the report of a charge is on its way
}

// beginPayLater begins a pay-later order.
func beginPayLater(w *world) {
	p := &payLaterOrder{liveOrder: liveOrder{
		id: trade.ID(w.newID()), payLater: true, buyer: w.people.anyBuyer(w), seller: w.people.sellers[w.rng.IntN(w.Sellers)],
	}}
	w.begin(&p.liveOrder, paylater.Stream(p.id))
	w.report.PayLater++
	w.schedule(&p.liveOrder, p, 0)
}

// on returns the action that issues a command on the order.
func (p *payLaterOrder) on(c paylater.Command) desk.Action { return desk.OnPayLater(p.id, c) }

// bySeller and byBuyer issue a command that must be accepted.
func (p *payLaterOrder) bySeller(w *world, c paylater.Command) { w.issueAll(p.seller.Actor, p.on(c)) }
func (p *payLaterOrder) byBuyer(w *world, c paylater.Command)  { w.issueAll(p.buyer, p.on(c)) }

// run has the parties look at the order and take the next step.
func (p *payLaterOrder) run(w *world, no uint64) {
	if no != p.planned || p.over {
		return
	}
	p.rounds++
	if paylater.Phase(p.phase) == paylater.PhaseNone {
		p.place(w)
		return
	}
	var o paylater.Order
	if !w.read(func(d *desk.Desk) (err error) {
		o, _, err = d.ReadPayLater(w.ctx, platform, p.id)
		return err
	}) {
		return
	}
	if w.odds(60) {
		p.attack(w, &o)
	}
	if w.err != nil {
		return
	}
	if wait := p.next(w, &o); !p.over && w.err == nil {
		w.schedule(&p.liveOrder, p, wait)
	}
}

// next takes the next step of the order and returns how long the parties wait after it.
func (p *payLaterOrder) next(w *world, o *paylater.Order) time.Duration {
	if !o.FakeFlagged && o.Phase < paylater.PhaseCancelled && w.odds(4) {
		w.issueAll(platform, p.on(paylater.FlagFake{Reason: "brushing"}))
		w.issue(platform, p.on(paylater.FlagFake{}), never)
	}
	switch o.Phase {
	case paylater.PhasePlaced, paylater.PhasePrepaid:
		return p.ship(w, o)
	case paylater.PhaseShipped, paylater.PhasePrepaidShipped:
		return p.receive(w, o)
	case paylater.PhaseReceived:
		return p.payDue(w, o)
	case paylater.PhaseOverdue:
		return p.overdue(w, o)
	default:
		return p.afterEnd(w, o)
	}
}

// place has the buyer place the order. If the quota does not suffice, the buyer tries again later, up to
// three times.
func (p *payLaterOrder) place(w *world) {
	q, ok := p.usableQuota(w)
	if !ok {
		return
	}
	place := paylater.Place{Merchant: p.seller.Account, ChosePayLater: true, Amount: w.cny(10_00 + w.rng.Int64N(390_00))}
	if w.odds(20) {
		more := place
		more.Amount = trade.Minor(q.MinorUnits()+1, w.people.cny)
		w.issue(p.buyer, p.on(more), never)
		later := place
		later.ChosePayLater = false
		w.issue(p.buyer, p.on(later), never)
		w.issue(p.seller.Actor, p.on(place), never)
	}
	want := may
	switch {
	case !q.IsPositive() || q.Less(place.Amount):
		want = never
	case w.odds(10):
		place.Amount, want = q, must // exactly the quota that is left
	}
	p.placeCommand = desk.Command{ID: w.newID(), By: p.buyer, Do: p.on(place)}
	if _, ok := w.execute(p.placeCommand, want); !ok {
		if p.rounds < 3 {
			w.schedule(&p.liveOrder, p, w.between(day, 5*day))
		} else {
			w.finish(&p.liveOrder, "refused")
		}
		return
	}
	w.schedule(&p.liveOrder, p, w.between(time.Hour, 2*day))
}

// usableQuota returns how much a new order may use of the merchant's line.
func (p *payLaterOrder) usableQuota(w *world) (usable trade.Money, ok bool) {
	ok = w.read(func(d *desk.Desk) error {
		l, _, err := d.ReadQuota(w.ctx, platform, p.seller.Account, w.people.cny)
		usable = l.Usable()
		return err
	})
	return usable, ok
}

// ship has the merchant ship the goods, or the parties do something else before.
func (p *payLaterOrder) ship(w *world, o *paylater.Order) time.Duration {
	unpaid := o.Phase == paylater.PhasePlaced
	switch roll := w.rng.Uint32N(1000); {
	case p.cooperative():
	case roll < 50 && unpaid && o.Instalments.IsZero():
		w.issueAll(w.either(p.buyer, p.seller.Actor), p.on(paylater.Cancel{Reason: "no longer wanted"}))
		return time.Hour
	case roll < 80 && unpaid && o.Instalments.IsZero():
		return p.lowerAmount(w, o)
	case roll < 160 && unpaid:
		p.pay(w, o)
		return w.between(time.Hour, day)
	case roll < 200 && !unpaid:
		p.refund(w, o)
		return w.between(time.Hour, day)
	}
	if w.odds(20) {
		w.inTwoTabs(p.seller.Actor, p.on(paylater.Ship{}))
	} else {
		p.bySeller(w, paylater.Ship{})
	}
	return w.between(day, 6*day)
}

// lowerAmount has the merchant lower the amount.
func (p *payLaterOrder) lowerAmount(w *world, o *paylater.Order) time.Duration {
	w.issue(p.seller.Actor, p.on(paylater.LowerAmount{Amount: trade.Minor(o.Outstanding.MinorUnits()+1, w.people.cny)}), never)
	if o.Outstanding.MinorUnits() > 1 {
		p.bySeller(w, paylater.LowerAmount{Amount: trade.Minor(1+w.rng.Int64N(o.Outstanding.MinorUnits()-1), w.people.cny)})
	}
	return time.Hour
}

// pay has the buyer pay what is due, sometimes in parts.
func (p *payLaterOrder) pay(w *world, o *paylater.Order) {
	due := o.Due()
	p.paymentCount++
	c := paylater.Pay{Reference: fmt.Sprintf("P%d-%s", p.paymentCount, p.id), Amount: due}
	if w.odds(30) {
		more := c
		more.Amount = trade.Minor(due.MinorUnits()+1, w.people.cny)
		w.issue(p.buyer, p.on(more), never)
	}
	switch {
	case w.odds(60) && !p.cooperative():
		c.Amount = w.partOf(due)
		p.byBuyer(w, c)
	case w.odds(30):
		w.inTwoTabs(p.buyer, p.on(c))
	default:
		p.byBuyer(w, c)
	}
	w.issue(p.buyer, p.on(c), never) // the same payment again
}

// refund has the merchant or the platform refund a part of what was paid, or all of it.
func (p *payLaterOrder) refund(w *world, o *paylater.Order) {
	rest := o.Refundable()
	if !rest.IsPositive() {
		return
	}
	more := trade.Minor(rest.MinorUnits()+1, w.people.cny)
	w.issue(platform, p.on(paylater.Refund{Amount: more}), never)
	amount := rest
	if w.odds(600) {
		amount = w.partOf(rest)
	}
	w.issueAll(w.either(p.seller.Actor, platform), p.on(paylater.Refund{Amount: amount, Reason: "agreed"}))
}

// receive has the buyer wait for the goods, confirm the receipt, or stay silent.
func (p *payLaterOrder) receive(w *world, o *paylater.Order) time.Duration {
	unpaid, deadline := o.Phase == paylater.PhaseShipped, o.AutoReceiveAt
	switch {
	case w.now.Equal(deadline.Add(-1)):
		w.issue(system, p.on(paylater.AutoConfirmReceipt{}), never)
		p.byBuyer(w, paylater.ConfirmReceipt{})
		return w.between(time.Hour, 6*time.Hour)
	case !w.now.Before(deadline):
		return tickEvery
	}
	switch roll := w.rng.Uint32N(1000); {
	case p.cooperative():
	case roll < 80 && !o.Extended:
		p.byBuyer(w, paylater.ExtendReceipt{})
		w.issue(p.buyer, p.on(paylater.ExtendReceipt{}), never)
		return w.between(day, 5*day)
	case roll < 110 && unpaid:
		w.issueAll(w.either(p.seller.Actor, platform), p.on(paylater.Return{Reason: "refused at the door"}))
		return time.Hour
	case roll < 190 && unpaid:
		p.pay(w, o)
	case roll < 210 && !unpaid:
		p.refund(w, o)
	case roll < 350: // the buyer stays silent
		return w.until(deadline.Add(tickEvery))
	case roll < 365:
		return deadline.Add(-1).Sub(w.now)
	}
	p.byBuyer(w, paylater.ConfirmReceipt{})
	return w.between(time.Hour, 20*time.Hour)
}

// payDue has the buyer of received goods pay, ask for after-sales, or wait for the charge.
func (p *payLaterOrder) payDue(w *world, o *paylater.Order) time.Duration {
	switch {
	case o.AfterSalesOpen():
		if w.odds(300) && o.Instalments.IsZero() {
			p.lowerAmount(w, o)
		}
		w.issue(system, p.on(paylater.MarkOverdue{}), never)
		actors := [...]trade.Actor{p.buyer, p.seller.Actor, platform}
		w.issueAll(actors[w.rng.IntN(3)], p.on(paylater.CloseAfterSales{Reason: "settled"}))
		return time.Hour
	case w.now.Equal(o.DueAt):
		w.issue(system, p.on(paylater.MarkOverdue{}), never)
		p.pay(w, o) // still in time
		return time.Hour
	}
	switch roll := w.rng.Uint32N(1000); {
	case roll < 50 && !p.cooperative() && !w.now.After(o.DueAt) && o.AfterSales == 0 && !o.AfterSalesEnded: // D66
		p.byBuyer(w, paylater.OpenAfterSales{Reason: "a scratch"})
		w.issue(p.buyer, p.on(paylater.OpenAfterSales{}), never)
		return w.between(time.Hour, 4*day)
	case roll < 60:
		w.issueAll(w.either(p.seller.Actor, platform), p.on(paylater.Return{Reason: "does not fit"}))
		return time.Hour
	case roll < 80 && w.now.Before(o.DueAt):
		return o.DueAt.Sub(w.now)
	case roll < 700:
		p.pay(w, o)
		return w.between(time.Hour, 10*time.Hour)
	}
	return p.awaitCharge(w, o)
}

// awaitCharge waits for the charge that the system requests at the due time, and schedules the report of
// one that is requested.
func (p *payLaterOrder) awaitCharge(w *world, o *paylater.Order) time.Duration {
	if !o.ChargePending || p.chargeReportPending {
		return w.until(o.DueAt.Add(tickEvery))
	}
	p.chargeReportPending = true
	p.paymentCount++
	var c paylater.Command = paylater.Pay{Reference: fmt.Sprintf("S%d-%s", p.paymentCount, p.id), Amount: o.Due()}
	if w.odds(400) {
		c = paylater.FailCharge{Reason: "no funds"}
	}
	w.send(&message{
		order: &p.liveOrder, task: p, want: may, c: desk.Command{By: system, Do: p.on(c)}, // refused if the buyer has paid in the meantime
		then: func(bool) { p.chargeReportPending = false },
	}, p.id.String()+"/charge/"+fmt.Sprint(p.paymentCount), w.between(time.Minute, 12*time.Hour))
	return 2 * day
}

// overdue takes the next step of an order that was not paid in time.
func (p *payLaterOrder) overdue(w *world, o *paylater.Order) time.Duration {
	if p.pending > 0 {
		return 5 * day
	}
	switch roll := w.rng.Uint32N(1000); {
	case roll < 60:
		w.issueAll(w.either(p.seller.Actor, platform), p.on(paylater.Return{Reason: "taken back"}))
	case roll < 130:
		w.issue(p.seller.Actor, p.on(paylater.WriteOff{}), never)
		w.issueAll(platform, p.on(paylater.WriteOff{Reason: "gone"}))
		if w.odds(300) { // a charge that was on its way still brings the money, and is reported twice
			amount := o.Due()
			late := paylater.Pay{Reference: "late-" + o.ID.String(), Amount: amount}
			w.issue(p.buyer, p.on(late), never)
			w.issueAll(system, p.on(late), p.on(late))
			w.issueAll(platform, p.on(paylater.ReturnUnapplied{Amount: amount}))
			w.issue(platform, p.on(paylater.ReturnUnapplied{Amount: amount}), never)
		}
		w.issue(p.buyer, p.on(paylater.Pay{Reference: "late", Amount: trade.Minor(1, w.people.cny)}), never)
	case roll < 250 && !o.ChargePending && o.Charges < 2:
		w.issueAll(system, p.on(paylater.RequestCharge{}))
	case roll < 500:
		return p.awaitCharge(w, o)
	default:
		p.pay(w, o)
	}
	return w.between(day, 5*day)
}

// afterEnd refunds some orders that have ended, and finishes them.
func (p *payLaterOrder) afterEnd(w *world, o *paylater.Order) time.Duration {
	if p.pending > 0 {
		return 5 * day
	}
	if !p.afterEndDone {
		p.afterEndDone = true
		if o.Phase == paylater.PhasePaid && w.odds(80) {
			p.refund(w, o)
		}
		return w.between(day, 3*day)
	}
	w.finish(&p.liveOrder, o.Phase.String())
	return 0
}

// attack has somebody issue a command that must be refused. The order does not change.
func (p *payLaterOrder) attack(w *world, o *paylater.Order) {
	stranger, rival, me := w.people.otherBuyer(w, p.buyer), w.people.otherSeller(p.seller).Actor, p.seller.Actor
	moves := [...]struct {
		by trade.Actor
		c  paylater.Command
	}{
		{stranger, paylater.Pay{Reference: "strange", Amount: w.cny(1)}},
		{stranger, paylater.ConfirmReceipt{}},
		{stranger, paylater.Cancel{}},
		{rival, paylater.Ship{}},
		{rival, paylater.LowerAmount{Amount: w.cny(1)}},
		{rival, paylater.Refund{Amount: w.cny(1)}},
		{me, paylater.ConfirmReceipt{}},
		{me, paylater.Pay{Reference: "mine", Amount: w.cny(1)}},
		{me, paylater.WriteOff{}},
		{me, paylater.FlagFake{}},
		{p.buyer, paylater.Ship{}},
		{p.buyer, paylater.Refund{Amount: w.cny(1)}},
		{p.buyer, paylater.LowerAmount{Amount: w.cny(1)}},
		{p.buyer, paylater.MarkOverdue{}},
		{p.buyer, paylater.Place{Merchant: me.Account, ChosePayLater: true, Amount: w.cny(1)}},
		{platform, paylater.Ship{}},
		{platform, paylater.Refund{Amount: trade.Minor(o.Refundable().MinorUnits()+1, w.people.cny)}},
		{system, paylater.WriteOff{}},
		{p.buyer, nil}, // with the wrong expected version
		{me, nil},      // with the ID of another command
	}
	m := moves[w.rng.IntN(len(moves))]
	switch {
	case m.c != nil:
		w.issue(m.by, p.on(m.c), never)
	case m.by == me:
		w.execute(desk.Command{ID: p.placeCommand.ID, By: me, Do: p.on(paylater.Ship{})}, never)
	default:
		w.execute(desk.Command{ID: w.newID(), By: p.buyer, Expect: 1 << 40, Do: p.on(paylater.Cancel{})}, never)
	}
}
