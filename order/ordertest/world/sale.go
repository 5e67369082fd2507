package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// sale is a pay-later order.
type sale struct {
	affair
	placed desk.Command
	asked  bool // the outcome of a charge is on its way
}

// newSale begins one.
func newSale(w *world) {
	s := &sale{affair: affair{
		id: trade.ID(w.newID()), sale: true, buyer: w.people.anyone(w), seller: w.people.sellers[w.rng.IntN(w.Sellers)],
	}}
	w.begin(&s.affair, paylater.Stream(s.id))
	w.report.PayLater++
	w.sleep(&s.affair, s, 0)
}

// do addresses a command to the order.
func (s *sale) do(c paylater.Command) desk.Action { return desk.OnPayLater(s.id, c) }

func (s *sale) sells(w *world, c paylater.Command) { w.all(s.seller.Actor, s.do(c)) }
func (s *sale) buys(w *world, c paylater.Command)  { w.all(s.buyer, s.do(c)) }

// run lets the people of the order look at it and do what they think is next.
func (s *sale) run(w *world, no uint64) {
	if no != s.turn || s.over {
		return
	}
	s.turns++
	if paylater.Phase(s.phase) == paylater.PhaseNone {
		s.place(w)
		return
	}
	var o paylater.Order
	if !w.read(func(d *desk.Desk) (err error) {
		o, _, err = d.ReadPayLater(w.ctx, platform, s.id)
		return err
	}) {
		return
	}
	if w.odds(60) {
		s.attack(w, &o)
	}
	if w.err != nil {
		return
	}
	if wait := s.next(w, &o); !s.over && w.err == nil {
		w.sleep(&s.affair, s, wait)
	}
}

// next does what is next and returns how long they wait then.
func (s *sale) next(w *world, o *paylater.Order) time.Duration {
	if !o.FakeFlagged && o.Phase < paylater.PhaseCancelled && w.odds(4) {
		w.all(platform, s.do(paylater.FlagFake{Reason: "brushing"}))
		w.ask(platform, s.do(paylater.FlagFake{}), never)
	}
	switch o.Phase {
	case paylater.PhasePlaced, paylater.PhasePrepaid:
		return s.ship(w, o)
	case paylater.PhaseShipped, paylater.PhasePrepaidShipped:
		return s.receive(w, o)
	case paylater.PhaseReceived:
		return s.due(w, o)
	case paylater.PhaseOverdue:
		return s.overdue(w, o)
	default:
		return s.after(w, o)
	}
}

// place orders, for the first time or, when the quota did not suffice, the last.
func (s *sale) place(w *world) {
	q, ok := s.quota(w)
	if !ok {
		return
	}
	place := paylater.Place{Merchant: s.seller.Account, ChosePayLater: true, Amount: w.cny(10_00 + w.rng.Int64N(390_00))}
	if w.odds(20) {
		more := place
		more.Amount = trade.Minor(q.MinorUnits()+1, w.people.cny)
		w.ask(s.buyer, s.do(more), never)
		later := place
		later.ChosePayLater = false
		w.ask(s.buyer, s.do(later), never)
		w.ask(s.seller.Actor, s.do(place), never)
	}
	want := may
	switch {
	case !q.IsPositive() || q.Less(place.Amount):
		want = never
	case w.odds(10):
		place.Amount, want = q, must // to the last fen
	}
	s.placed = desk.Command{ID: w.newID(), By: s.buyer, Do: s.do(place)}
	if _, ok := w.carry(s.placed, want); !ok {
		if s.turns < 3 {
			w.sleep(&s.affair, s, w.between(day, 5*day))
		} else {
			w.finish(&s.affair, "refused")
		}
		return
	}
	w.sleep(&s.affair, s, w.between(time.Hour, 2*day))
}

// quota is what the merchant's line would let a new order use.
func (s *sale) quota(w *world) (usable trade.Money, ok bool) {
	ok = w.read(func(d *desk.Desk) error {
		l, _, err := d.ReadQuota(w.ctx, platform, s.seller.Account, w.people.cny)
		usable = l.Usable()
		return err
	})
	return usable, ok
}

// ship is the merchant before shipment.
func (s *sale) ship(w *world, o *paylater.Order) time.Duration {
	unpaid := o.Phase == paylater.PhasePlaced
	switch roll := w.rng.Uint32N(1000); {
	case s.calm():
	case roll < 50 && unpaid && o.Instalments.IsZero():
		w.all(w.one(s.buyer, s.seller.Actor), s.do(paylater.Cancel{Reason: "changed his mind"}))
		return time.Hour
	case roll < 80 && unpaid && o.Instalments.IsZero():
		return s.lower(w, o)
	case roll < 160 && unpaid:
		s.pay(w, o)
		return w.between(time.Hour, day)
	case roll < 200 && !unpaid:
		s.refund(w, o)
		return w.between(time.Hour, day)
	}
	if w.odds(20) {
		w.inTwoTabs(s.seller.Actor, s.do(paylater.Ship{}))
	} else {
		s.sells(w, paylater.Ship{})
	}
	return w.between(day, 6*day)
}

// lower takes something off the price.
func (s *sale) lower(w *world, o *paylater.Order) time.Duration {
	w.ask(s.seller.Actor, s.do(paylater.LowerAmount{Amount: trade.Minor(o.Outstanding.MinorUnits()+1, w.people.cny)}), never)
	if o.Outstanding.MinorUnits() > 1 {
		s.sells(w, paylater.LowerAmount{Amount: trade.Minor(1+w.rng.Int64N(o.Outstanding.MinorUnits()-1), w.people.cny)})
	}
	return time.Hour
}

// pay pays what is due, in parts now and then.
func (s *sale) pay(w *world, o *paylater.Order) {
	due := o.Due()
	s.wires++
	c := paylater.Pay{Reference: fmt.Sprintf("P%d-%s", s.wires, s.id), Amount: due}
	if w.odds(30) {
		more := c
		more.Amount = trade.Minor(due.MinorUnits()+1, w.people.cny)
		w.ask(s.buyer, s.do(more), never)
	}
	switch {
	case w.odds(60) && !s.calm():
		c.Amount = w.part(due)
		s.buys(w, c)
	case w.odds(30):
		w.inTwoTabs(s.buyer, s.do(c))
	default:
		s.buys(w, c)
	}
	w.ask(s.buyer, s.do(c), never) // the same payment again
}

// refund pays something back that was paid.
func (s *sale) refund(w *world, o *paylater.Order) {
	rest := o.Refundable()
	if !rest.IsPositive() {
		return
	}
	more := trade.Minor(rest.MinorUnits()+1, w.people.cny)
	w.ask(platform, s.do(paylater.Refund{Amount: more}), never)
	amount := rest
	if w.odds(600) {
		amount = w.part(rest)
	}
	w.all(w.one(s.seller.Actor, platform), s.do(paylater.Refund{Amount: amount, Reason: "agreed"}))
}

// receive is the buyer waiting for his goods.
func (s *sale) receive(w *world, o *paylater.Order) time.Duration {
	unpaid, deadline := o.Phase == paylater.PhaseShipped, o.AutoReceiveAt
	switch {
	case w.now.Equal(deadline.Add(-1)):
		w.ask(system, s.do(paylater.AutoConfirmReceipt{}), never)
		s.buys(w, paylater.ConfirmReceipt{})
		return w.between(time.Hour, 6*time.Hour)
	case !w.now.Before(deadline):
		return tickEvery
	}
	switch roll := w.rng.Uint32N(1000); {
	case s.calm():
	case roll < 80 && !o.Extended:
		s.buys(w, paylater.ExtendReceipt{})
		w.ask(s.buyer, s.do(paylater.ExtendReceipt{}), never)
		return w.between(day, 5*day)
	case roll < 110 && unpaid:
		w.all(w.one(s.seller.Actor, platform), s.do(paylater.Return{Reason: "refused at the door"}))
		return time.Hour
	case roll < 190 && unpaid:
		s.pay(w, o)
	case roll < 210 && !unpaid:
		s.refund(w, o)
	case roll < 350: // he stays silent
		return w.until(deadline.Add(tickEvery))
	case roll < 365:
		return deadline.Add(-1).Sub(w.now)
	}
	s.buys(w, paylater.ConfirmReceipt{})
	return w.between(time.Hour, 20*time.Hour)
}

// due is the buyer who has his goods and has not paid them.
func (s *sale) due(w *world, o *paylater.Order) time.Duration {
	switch {
	case o.AfterSalesOpen():
		if w.odds(300) && o.Instalments.IsZero() {
			s.lower(w, o)
		}
		w.ask(system, s.do(paylater.MarkOverdue{}), never)
		actors := [...]trade.Actor{s.buyer, s.seller.Actor, platform}
		w.all(actors[w.rng.IntN(3)], s.do(paylater.CloseAfterSales{Reason: "settled"}))
		return time.Hour
	case w.now.Equal(o.DueAt):
		w.ask(system, s.do(paylater.MarkOverdue{}), never)
		s.pay(w, o) // in time
		return time.Hour
	}
	switch roll := w.rng.Uint32N(1000); {
	case roll < 50 && !s.calm() && !w.now.After(o.DueAt) && o.AfterSales == 0 && !o.AfterSalesEnded: // D66
		s.buys(w, paylater.OpenAfterSales{Reason: "a scratch"})
		w.ask(s.buyer, s.do(paylater.OpenAfterSales{}), never)
		return w.between(time.Hour, 4*day)
	case roll < 60:
		w.all(w.one(s.seller.Actor, platform), s.do(paylater.Return{Reason: "does not fit"}))
		return time.Hour
	case roll < 80 && w.now.Before(o.DueAt):
		return o.DueAt.Sub(w.now)
	case roll < 700:
		s.pay(w, o)
		return w.between(time.Hour, 10*time.Hour)
	}
	return s.charged(w, o)
}

// charged waits for the charge that the system asks for at the due time, and says what became of
// one that it has asked for.
func (s *sale) charged(w *world, o *paylater.Order) time.Duration {
	if !o.ChargePending || s.asked {
		return w.until(o.DueAt.Add(tickEvery))
	}
	s.asked = true
	s.wires++
	var c paylater.Command = paylater.Pay{Reference: fmt.Sprintf("S%d-%s", s.wires, s.id), Amount: o.Due()}
	if w.odds(400) {
		c = paylater.FailCharge{Reason: "no funds"}
	}
	w.tell(&message{
		about: &s.affair, task: s, want: may, c: desk.Command{By: system, Do: s.do(c)}, // he may have paid by hand
		then: func(bool) { s.asked = false },
	}, s.id.String()+"/charge/"+fmt.Sprint(s.wires), w.between(time.Minute, 12*time.Hour))
	return 2 * day
}

// overdue is what becomes of an order that was not paid in time.
func (s *sale) overdue(w *world, o *paylater.Order) time.Duration {
	if s.pending > 0 {
		return 5 * day
	}
	switch roll := w.rng.Uint32N(1000); {
	case roll < 60:
		w.all(w.one(s.seller.Actor, platform), s.do(paylater.Return{Reason: "taken back"}))
	case roll < 130:
		w.ask(s.seller.Actor, s.do(paylater.WriteOff{}), never)
		w.all(platform, s.do(paylater.WriteOff{Reason: "gone"}))
		if w.odds(300) { // a charge that was on its way brings the money all the same, and it is told twice
			amount := o.Due()
			late := paylater.Pay{Reference: "late-" + o.ID.String(), Amount: amount}
			w.ask(s.buyer, s.do(late), never)
			w.all(system, s.do(late), s.do(late))
			w.all(platform, s.do(paylater.ReturnUnapplied{Amount: amount}))
			w.ask(platform, s.do(paylater.ReturnUnapplied{Amount: amount}), never)
		}
		w.ask(s.buyer, s.do(paylater.Pay{Reference: "late", Amount: trade.Minor(1, w.people.cny)}), never)
	case roll < 250 && !o.ChargePending && o.Charges < 2:
		w.all(system, s.do(paylater.RequestCharge{}))
	case roll < 500:
		return s.charged(w, o)
	default:
		s.pay(w, o)
	}
	return w.between(day, 5*day)
}

// after winds an order up.
func (s *sale) after(w *world, o *paylater.Order) time.Duration {
	if s.pending > 0 {
		return 5 * day
	}
	if !s.told {
		s.told = true
		if o.Phase == paylater.PhasePaid && w.odds(80) {
			s.refund(w, o)
		}
		return w.between(day, 3*day)
	}
	w.finish(&s.affair, o.Phase.String())
	return 0
}

// attack lets somebody ask for what he must not get. The order stays as it is.
func (s *sale) attack(w *world, o *paylater.Order) {
	stranger, rival, me := w.people.other(w, s.buyer), w.people.rival(s.seller).Actor, s.seller.Actor
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
		{s.buyer, paylater.Ship{}},
		{s.buyer, paylater.Refund{Amount: w.cny(1)}},
		{s.buyer, paylater.LowerAmount{Amount: w.cny(1)}},
		{s.buyer, paylater.MarkOverdue{}},
		{s.buyer, paylater.Place{Merchant: me.Account, ChosePayLater: true, Amount: w.cny(1)}},
		{platform, paylater.Ship{}},
		{platform, paylater.Refund{Amount: trade.Minor(o.Refundable().MinorUnits()+1, w.people.cny)}},
		{system, paylater.WriteOff{}},
		{s.buyer, nil}, // the version that is expected is another
		{me, nil},      // the ID of another command
	}
	m := moves[w.rng.IntN(len(moves))]
	switch {
	case m.c != nil:
		w.ask(m.by, s.do(m.c), never)
	case m.by == me:
		w.carry(desk.Command{ID: s.placed.ID, By: me, Do: s.do(paylater.Ship{})}, never)
	default:
		w.carry(desk.Command{ID: w.newID(), By: s.buyer, Expect: 1 << 40, Do: s.do(paylater.Cancel{})}, never)
	}
}
