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

// fund has the buyer make the initial payment, or the parties do something else.
func (a *assuranceOrder) fund(w *world, o *order.Order) time.Duration {
	if waits := a.handleUnapplied(w, o); waits > 0 {
		return waits
	}
	if a.pending > 0 {
		return 20 * day // until the bank's report arrives
	}
	applied, roll := o.Ledger.Applied.IsPositive(), w.rng.Uint32N(1000)
	switch {
	case a.cooperative():
	case roll < 25 && !applied:
		w.issue(w.either(a.seller.Actor, a.buyer), a.on(order.Cancel{}), may)
		return time.Hour
	case roll < 40 && !applied:
		return a.modify(w, o)
	case roll < 70 && !applied: // the buyer does not pay in time, and may pay after the deadline
		if w.odds(400) {
			a.wire(w, o, o.Terms.Initial.MinorUnits(), o.Buyer.Name, w.until(o.PayBy.Add(2*day)))
		}
		return w.until(o.PayBy.Add(day))
	case roll < 400 && applied && w.issue(a.seller.Actor, a.on(order.AcceptShortfall{}), may):
		return time.Hour
	case roll < 550 && a.entrustments < a.shipments:
		return a.export(w)
	}
	if !w.now.Before(o.PayBy) && !applied {
		return tickEvery
	}
	return a.pay(w, o, o.StepDue().MinorUnits())
}

// handleUnapplied has the platform apply or return the unapplied money. It returns how long the parties
// wait after it, or zero if there was none.
func (a *assuranceOrder) handleUnapplied(w *world, o *order.Order) time.Duration {
	if a.handlePaymentReview(w, o) {
		return time.Hour
	}
	waits := o.Ledger.Unapplied.SubUnchecked(o.Ledger.Review)
	if !waits.IsPositive() {
		return 0
	}
	w.issue(platform, a.on(order.ReturnUnapplied{Amount: trade.Minor(waits.MinorUnits()+1, w.people.usd)}), never)
	due := o.Due()
	if o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseCompleted && due.IsPositive() && w.odds(700) {
		w.issueAll(platform, a.on(order.ApplyUnapplied{Amount: lesser(waits, due)}))
	} else {
		w.issueAll(platform, a.on(order.ReturnUnapplied{Amount: waits}))
	}
	return time.Hour
}

// handlePaymentReview has the platform decide on a payment under review, and reports whether there was
// one.
func (a *assuranceOrder) handlePaymentReview(w *world, o *order.Order) bool {
	if !o.Ledger.Review.IsPositive() {
		return false
	}
	for _, key := range a.payments {
		p, ok := a.readPayment(w, key)
		if !ok || !p.Review || !p.Unapplied.IsPositive() {
			continue
		}
		w.issue(platform, a.on(order.ReturnUnapplied{Reference: key.Reference, Amount: trade.Minor(p.Unapplied.MinorUnits()+1, w.people.usd)}), never)
		due := o.Due()
		if o.Phase >= order.PhaseConfirmed && o.Phase <= order.PhaseCompleted && due.IsPositive() && w.odds(700) {
			w.issueAll(platform, a.on(order.ApplyUnapplied{Reference: key.Reference, Amount: lesser(p.Unapplied, due)}))
		} else {
			w.issueAll(platform, a.on(order.ReturnUnapplied{Reference: key.Reference, Amount: p.Unapplied}))
		}
		return true
	}
	return false
}

// readPayment reads a payment, and reports whether the order has it.
func (a *assuranceOrder) readPayment(w *world, key payment.Key) (p payment.Payment, ok bool) {
	ok = w.read(func(x *desk.Desk) (err error) {
		p, _, err = x.ReadPayment(w.ctx, platform, key)
		if errors.Is(err, desk.ErrNotFound) {
			err = nil
		}
		return err
	})
	return p, ok && p.Fact().Order == a.id
}

func lesser(a, b trade.Money) trade.Money {
	if b.Less(a) {
		return b
	}
	return a
}

// pay has the buyer pay an amount by some method, sometimes short, over or under another name.
func (a *assuranceOrder) pay(w *world, o *order.Order, cents int64) time.Duration {
	if cents <= 0 {
		return day
	}
	if !a.cooperative() {
		switch roll := w.rng.Uint32N(100); {
		case roll < 18:
			return a.payOnline(w, o, order.PayCard, cents)
		case roll < 25:
			return a.payOnline(w, o, order.PayECheck, cents)
		case roll < 31 && cents > 50_00: // an intermediary bank deducts a fee
			cents -= 15_00 + w.rng.Int64N(30_00)
		case roll < 34:
			cents += 1 + w.rng.Int64N(100_00)
		case roll < 36:
			a.wire(w, o, cents, "Somebody Else", w.between(day, 4*day))
			return 6 * day
		}
	}
	a.wire(w, o, cents, o.Buyer.Name, w.between(day, 5*day))
	return 8 * day
}

// wire has the buyer send a transfer, which is reported after a while.
func (a *assuranceOrder) wire(w *world, o *order.Order, cents int64, payer string, after time.Duration) {
	a.paymentCount++
	c := order.RecordPayment{
		Reference: fmt.Sprintf("TT%d", a.paymentCount), Method: order.PayTT, ReceivingAccount: o.ReceivingAccount, Amount: w.usd(cents),
		Payer: payer, PaidAt: w.now.Add(after),
	}
	if due := o.Due(); o.Phase > order.PhaseSubmitted && cents <= due.MinorUnits() && w.odds(300) {
		notice := order.InitiatePayment{Payment: order.PaymentID(fmt.Sprintf("N%d", a.paymentCount)), Method: order.PayTT, Amount: w.usd(cents)}
		if w.issue(a.buyer, a.on(notice), may) {
			c.Payment = notice.Payment
		}
	}
	if w.odds(15) { // with the number of another account
		wrong := c
		wrong.ReceivingAccount = "TA00000000"
		w.issue(platform, a.on(wrong), never)
	}
	a.payments = append(a.payments, payment.Key{Method: order.PayTT, Account: o.ReceivingAccount, Reference: c.Reference})
	a.report(w, c, must, c.Reference, after)
}

// payOnline has the buyer pay by card or e-Checking; the acquirer reports the result later. If the payment
// cannot be initiated, the buyer sends a transfer instead.
func (a *assuranceOrder) payOnline(w *world, o *order.Order, method order.Method, cents int64) time.Duration {
	a.paymentCount++
	c := order.InitiatePayment{Payment: order.PaymentID(fmt.Sprintf("P%d", a.paymentCount)), Method: method, Amount: w.usd(cents)}
	after := w.between(time.Minute, 3*time.Hour)
	if method == order.PayECheck {
		c.BankCountry = "CA"
		w.issue(a.buyer, a.on(c), never)
		c.BankCountry = "US"
		after = w.between(4*day, 5*day)
	}
	if !w.issue(a.buyer, a.on(c), may) {
		a.wire(w, o, cents, o.Buyer.Name, w.between(day, 5*day))
		return 8 * day
	}
	key := fmt.Sprintf("%s/%d", a.id, a.paymentCount) // the processor's reference, unique to this payment
	if w.odds(80) {
		a.report(w, order.FailPayment{Payment: c.Payment, Reason: "declined"}, must, key, after)
	} else {
		a.payments = append(a.payments, payment.Key{Method: method, Reference: key})
		a.report(w, order.RecordPayment{
			Reference: key, Method: method, Payment: c.Payment, Amount: c.Amount, PaidAt: w.now.Add(after), Fee: w.usd(cents / 40),
		}, must, key, after)
	}
	return 8 * day
}

// report schedules the report of a bank or an acquirer on the order.
func (a *assuranceOrder) report(w *world, c order.Command, want want, key string, after time.Duration) {
	w.send(&message{order: &a.liveOrder, task: a, c: desk.Command{By: platform, Do: a.on(c)}, want: want},
		a.id.String()+"/"+key, after)
}

// payBalance has the buyer pay the balance after receipt.
func (a *assuranceOrder) payBalance(w *world, o *order.Order) time.Duration {
	if waits := a.handleUnapplied(w, o); waits > 0 {
		return waits
	}
	if a.pending > 0 {
		return 20 * day
	}
	if !a.cooperative() {
		if w.odds(30) && a.reversePayment(w) {
			return day
		}
		if w.odds(300) && w.issue(a.seller.Actor, a.on(order.AcceptShortfall{}), may) {
			return time.Hour
		}
		if left := o.Left(); left.IsPositive() && w.odds(30) {
			w.issueAll(a.seller.Actor, a.on(order.Refund{Amount: w.partOf(left)}))
			return time.Hour
		}
	}
	return a.pay(w, o, o.Due().MinorUnits())
}

// afterEnd has the parties of an order that has ended review it, settles what is left, and finishes it.
func (a *assuranceOrder) afterEnd(w *world, o *order.Order) time.Duration {
	if waits := a.handleUnapplied(w, o); waits > 0 {
		return waits
	}
	if a.pending > 0 {
		return 20 * day
	}
	if !a.afterEndDone {
		a.afterEndDone = true
		if o.Phase == order.PhaseCompleted && w.odds(300) {
			a.byBuyer(w, order.Review{Rating: 1 + w.rng.IntN(5), Text: "as ordered"})
			w.issue(a.buyer, a.on(order.Review{Rating: 1}), never)
			if w.odds(300) {
				a.byBuyer(w, order.EditReview{Rating: 1 + w.rng.IntN(5)})
			}
			if w.odds(500) {
				a.bySeller(w, order.Reply{Text: "thank you"})
			}
		}
		if w.odds(20) && a.reversePayment(w) {
			return day
		}
		return w.between(day, 3*day)
	}
	end := "completed"
	if o.Phase == order.PhaseClosed {
		end = string(o.CloseReason)
	}
	w.finish(&a.liveOrder, end)
	return 0
}

// reversePayment has a bank take back a payment, a part of it or more, in a new case or an earlier one, and
// reports whether it did. The report may come days after the reversal, and twice.
func (a *assuranceOrder) reversePayment(w *world) bool {
	if len(a.payments) == 0 {
		return false
	}
	key := a.payments[w.rng.IntN(len(a.payments))]
	p, ok := a.readPayment(w, key)
	if !ok {
		return false
	}
	if a.cases == 0 || w.odds(700) {
		a.cases++
	}
	name := fmt.Sprint("case/", a.cases)
	if slices.ContainsFunc(p.Cases, func(c order.Case) bool { return c.Name == name }) {
		return false // the payment has the case already
	}
	amount := trade.Money{}
	switch roll := w.rng.Uint32N(10); {
	case roll < 4:
		amount = w.partOf(p.Amount)
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
	done := w.issueAll(platform, a.on(c))
	if done && w.odds(200) {
		w.issueAll(platform, a.on(c)) // the same report twice
	}
	return done
}
