package world

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/trade"
)

// fund brings the initial payment in.
func (d *deal) fund(w *world, o *order.Order) time.Duration {
	if waits := d.sort(w, o); waits > 0 {
		return waits
	}
	if d.pending > 0 {
		return 20 * day // until the bank has something to say
	}
	applied, roll := o.Ledger.Applied.IsPositive(), w.rng.Uint32N(1000)
	switch {
	case d.calm():
	case roll < 25 && !applied:
		w.ask(w.one(d.seller.Actor, d.buyer), d.do(order.Cancel{}), may)
		return time.Hour
	case roll < 40 && !applied:
		return d.modify(w, o)
	case roll < 70 && !applied: // he forgets to pay, and may remember when it is too late
		if w.odds(400) {
			d.wire(w, o, o.Terms.Initial.MinorUnits(), o.Buyer.Name, w.until(o.PayBy.Add(2*day)))
		}
		return w.until(o.PayBy.Add(day))
	case roll < 400 && applied && w.ask(d.seller.Actor, d.do(order.AcceptShortfall{}), may):
		return time.Hour
	case roll < 550 && len(d.goods) < d.shipments:
		return d.export(w)
	}
	if !w.now.Before(o.PayBy) && !applied {
		return tickEvery
	}
	return d.pay(w, o, o.StepDue().MinorUnits())
}

// sort looks after money that waits: it is applied where it is due, or paid back. It returns how
// long they wait if there was any.
func (d *deal) sort(w *world, o *order.Order) time.Duration {
	if d.review(w, o) {
		return time.Hour
	}
	waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review)
	if !waits.IsPositive() {
		return 0
	}
	w.ask(platform, d.do(order.ReturnUnapplied{Amount: trade.Minor(waits.MinorUnits()+1, w.people.usd)}), never)
	due := o.Due()
	if o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseCompleted && due.IsPositive() && w.odds(700) {
		w.all(platform, d.do(order.ApplyUnapplied{Amount: least(waits, due)}))
	} else {
		w.all(platform, d.do(order.ReturnUnapplied{Amount: waits}))
	}
	return time.Hour
}

// review decides on a payment under review, and reports whether there was one.
func (d *deal) review(w *world, o *order.Order) bool {
	if !o.Ledger.Review.IsPositive() {
		return false
	}
	for _, key := range d.came {
		p, ok := d.payment(w, key)
		if !ok || !p.Review || !p.Unapplied.IsPositive() {
			continue
		}
		w.ask(platform, d.do(order.ReturnUnapplied{Reference: key.Reference, Amount: trade.Minor(p.Unapplied.MinorUnits()+1, w.people.usd)}), never)
		due := o.Due()
		if o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseCompleted && due.IsPositive() && w.odds(700) {
			w.all(platform, d.do(order.ApplyUnapplied{Reference: key.Reference, Amount: least(p.Unapplied, due)}))
		} else {
			w.all(platform, d.do(order.ReturnUnapplied{Reference: key.Reference, Amount: p.Unapplied}))
		}
		return true
	}
	return false
}

// payment reads a payment of the order.
func (d *deal) payment(w *world, key payment.Key) (p payment.Payment, ok bool) {
	ok = w.read(func(x *desk.Desk) (err error) {
		p, _, err = x.ReadPayment(w.ctx, platform, key)
		if errors.Is(err, desk.ErrNotFound) {
			err = nil
		}
		return err
	})
	return p, ok && p.Fact().Order == d.id
}

func least(a, b trade.Money) trade.Money {
	if b.Less(a) {
		return b
	}
	return a
}

// pay sends an amount by some method, now and then not quite as it should be.
func (d *deal) pay(w *world, o *order.Order, cents int64) time.Duration {
	if cents <= 0 {
		return day
	}
	if !d.calm() {
		switch roll := w.rng.Uint32N(100); {
		case roll < 18:
			return d.charge(w, o, order.PayCard, cents)
		case roll < 25:
			return d.charge(w, o, order.PayECheck, cents)
		case roll < 31 && cents > 50_00: // a bank on the way keeps something
			cents -= 15_00 + w.rng.Int64N(30_00)
		case roll < 34:
			cents += 1 + w.rng.Int64N(100_00)
		case roll < 36:
			d.wire(w, o, cents, "Somebody Else", w.between(day, 4*day))
			return 6 * day
		}
	}
	d.wire(w, o, cents, o.Buyer.Name, w.between(day, 5*day))
	return 8 * day
}

// wire has a transfer arrive after a while.
func (d *deal) wire(w *world, o *order.Order, cents int64, payer string, after time.Duration) {
	d.wires++
	c := order.RecordPayment{
		Reference: fmt.Sprintf("TT%d", d.wires), Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: w.usd(cents),
		Payer: payer, PaidAt: w.now.Add(after),
	}
	if due := o.Due(); o.Phase > order.PhaseSubmitted && cents <= due.MinorUnits() && w.odds(300) {
		notice := order.InitiatePayment{Payment: order.PaymentID(fmt.Sprintf("N%d", d.wires)), Method: order.PayTT, Amount: w.usd(cents)}
		if w.ask(d.buyer, d.do(notice), may) {
			c.Payment = notice.Payment
		}
	}
	if w.odds(15) { // somebody types another account's number
		wrong := c
		wrong.ReceivingAccount = "TA00000000"
		w.ask(platform, d.do(wrong), never)
	}
	d.came = append(d.came, payment.Key{Method: order.PayTT, Account: o.ReceivingAccount, Reference: c.Reference})
	d.tell(w, c, must, c.Reference, after)
}

// charge pays by card or e-Checking, which is under way until the acquirer reports. Where one
// cannot be begun a transfer takes its place.
func (d *deal) charge(w *world, o *order.Order, method order.Method, cents int64) time.Duration {
	d.wires++
	c := order.InitiatePayment{Payment: order.PaymentID(fmt.Sprintf("P%d", d.wires)), Method: method, Amount: w.usd(cents)}
	after := w.between(time.Minute, 3*time.Hour)
	if method == order.PayECheck {
		c.BankCountry = "CA"
		w.ask(d.buyer, d.do(c), never)
		c.BankCountry = "US"
		after = w.between(4*day, 5*day)
	}
	if !w.ask(d.buyer, d.do(c), may) {
		d.wire(w, o, cents, o.Buyer.Name, w.between(day, 5*day))
		return 8 * day
	}
	key := fmt.Sprintf("%s/%d", d.id, d.wires) // the processor's, which no other payment has
	if w.odds(80) {
		d.tell(w, order.FailPayment{Payment: c.Payment, Reason: "declined"}, must, key, after)
	} else {
		d.came = append(d.came, payment.Key{Method: method, Reference: key})
		d.tell(w, order.RecordPayment{
			Reference: key, Method: method, Payment: c.Payment, Amount: c.Amount, PaidAt: w.now.Add(after), Fee: w.usd(cents / 40),
		}, must, key, after)
	}
	return 8 * day
}

// tell has a bank or an acquirer report something about the order.
func (d *deal) tell(w *world, c order.Command, want want, key string, after time.Duration) {
	w.tell(&message{about: &d.affair, task: d, c: desk.Command{By: platform, Do: d.do(c)}, want: want},
		d.id.String()+"/"+key, after)
}

// settle brings the balance in after receipt.
func (d *deal) settle(w *world, o *order.Order) time.Duration {
	if waits := d.sort(w, o); waits > 0 {
		return waits
	}
	if d.pending > 0 {
		return 20 * day
	}
	if !d.calm() {
		if w.odds(30) && d.reverse(w) {
			return day
		}
		if w.odds(300) && w.ask(d.seller.Actor, d.do(order.AcceptShortfall{}), may) {
			return time.Hour
		}
		if left := o.Left(); left.IsPositive() && w.odds(30) {
			w.all(d.seller.Actor, d.do(order.Refund{Amount: w.part(left)}))
			return time.Hour
		}
	}
	return d.pay(w, o, o.Due().MinorUnits())
}

// after winds an order up that has ended, and lets its people say what they think of it.
func (d *deal) after(w *world, o *order.Order) time.Duration {
	if waits := d.sort(w, o); waits > 0 {
		return waits
	}
	if d.pending > 0 {
		return 20 * day
	}
	if !d.told {
		d.told = true
		if o.Phase == order.PhaseCompleted && w.odds(300) {
			d.buys(w, order.Review{Rating: 1 + w.rng.IntN(5), Text: "as ordered"})
			w.ask(d.buyer, d.do(order.Review{Rating: 1}), never)
			if w.odds(300) {
				d.buys(w, order.EditReview{Rating: 1 + w.rng.IntN(5)})
			}
			if w.odds(500) {
				d.sells(w, order.Reply{Text: "thank you"})
			}
		}
		if w.odds(20) && d.reverse(w) {
			return day
		}
		return w.between(day, 3*day)
	}
	end := "completed"
	if o.Phase == order.PhaseClosed {
		end = string(o.CloseReason)
	}
	w.finish(&d.affair, end)
	return 0
}

// reverse has a bank take a payment back, all of it, a part or more, in a new case or in one of before,
// and reports whether there was a payment. The report may come a while after the fact, and again.
func (d *deal) reverse(w *world) bool {
	if len(d.came) == 0 {
		return false
	}
	key := d.came[w.rng.IntN(len(d.came))]
	p, ok := d.payment(w, key)
	if !ok {
		return false
	}
	if d.cases == 0 || w.odds(700) {
		d.cases++
	}
	name := fmt.Sprint("case/", d.cases)
	if slices.ContainsFunc(p.Cases, func(c order.Case) bool { return c.Name == name }) {
		return false // it says nothing new
	}
	amount := trade.Money{}
	switch roll := w.rng.Uint32N(10); {
	case roll < 4:
		amount = w.part(p.Amount)
	case roll < 6:
		amount = p.Amount
	case roll < 7:
		amount = trade.Minor(p.Amount.MinorUnits()+1+w.rng.Int64N(100_00), w.people.usd)
	}
	at := w.now.Add(-time.Duration(w.rng.Int64N(int64(3 * day))))
	c := order.Command(order.ChargeBack{Reference: key.Reference, Case: name, Amount: amount, At: at})
	if key.Method == order.PayTT {
		c = order.ReverseTransfer{Reference: key.Reference, Case: name, Amount: amount, At: at}
	}
	done := w.all(platform, d.do(c))
	if done && w.odds(200) {
		w.all(platform, d.do(c)) // the same report again
	}
	return done
}
