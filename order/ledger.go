package order

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Ledger is the money of one order. Received never falls and is always the sum of Applied,
// Unapplied, Returned and Reversed; none of them is ever negative.
type Ledger struct {
	Received  trade.Money // everything that came in
	Applied   trade.Money // counted towards the total
	Unapplied trade.Money // waits: too much, too early, too late, or under review
	Review    trade.Money // the part of Unapplied that the platform has to review first (D19)
	Returned  trade.Money // unapplied money that was paid back
	Reversed  trade.Money // taken back by banks, or never there: of a record that was taken back
	Shortfall trade.Money // what the seller waived; not a part of Received
	Refunded  trade.Money // the part of Applied that was paid back
	Claimed   trade.Money // the part of Applied that the platform compensated
	// Taken, Lost and Excess are the sums over the cases of the payments, see CaseSums. Reversed is
	// what the order could give of Taken.
	Taken, Lost, Excess trade.Money
	// Yielding is the part of Shortfall that was accepted while money was reversed: it gives way to
	// money that comes back (D24).
	Yielding trade.Money
}

// Beyond returns what the cases take beyond the money of the order: the platform's loss.
func (l *Ledger) Beyond() trade.Money {
	return l.Excess.AddUnchecked(l.Taken).SubUnchecked(l.Reversed)
}

// OwedByBuyer returns how much the buyer got back beyond what came in: by a refund, a return or a
// compensation as well as by a chargeback (D8).
func (l *Ledger) OwedByBuyer() trade.Money {
	// What is applied or reversed came in and did not go back; in this order no sum overflows.
	there := l.Received.SubUnchecked(l.Returned).SubUnchecked(l.Unapplied)
	owed := l.Refunded.AddUnchecked(l.Claimed).SubUnchecked(there).AddUnchecked(l.Lost)
	if owed.IsNegative() {
		return zeroOf(owed)
	}
	return owed
}

// settled returns what counts towards the total: applied money and accepted shortfalls.
func (l *Ledger) settled() trade.Money { return l.Applied.AddUnchecked(l.Shortfall) }

// received returns the ledger after money came in.
func (l Ledger) received(e *PaymentReceived) Ledger {
	l.Received = l.Received.AddUnchecked(e.Amount)
	l.Applied = l.Applied.AddUnchecked(e.Applied)
	l.Unapplied = l.Unapplied.AddUnchecked(e.Unapplied)
	l.Reversed = l.Reversed.AddUnchecked(e.Reversed)
	if e.NeedsReview {
		l.Review = l.Review.AddUnchecked(e.Unapplied)
	}
	return l
}

// applied returns the ledger after waiting money was applied.
func (l Ledger) applied(e *UnappliedApplied) Ledger {
	l.Unapplied = l.Unapplied.SubUnchecked(e.Amount)
	l.Review = l.Review.SubUnchecked(e.Reviewed)
	l.Applied = l.Applied.AddUnchecked(e.Amount)
	return l.moved(e.Moved, e.Cases)
}

// withShortfall returns the ledger after the seller waived an amount.
func (l Ledger) withShortfall(e *ShortfallAccepted) Ledger {
	l.Shortfall = l.Shortfall.AddUnchecked(e.Amount)
	if l.Reversed.IsPositive() {
		l.Yielding = l.Yielding.AddUnchecked(e.Amount)
	}
	return l
}

// announced returns the ledger after a payment that came in before its announcement was announced.
func (l Ledger) announced(e *PaymentInitiated) Ledger {
	l.Review = l.Review.SubUnchecked(e.Reviewed)
	return l.moved(e.Moved, e.Cases)
}

// Moved is money that a report moved into the reversed money, or out of it where an amount is
// negative.
type Moved struct {
	Applied   trade.Money `json:"applied,omitzero"`   // from the applied money
	Unapplied trade.Money `json:"unapplied,omitzero"` // from the unapplied money
	Reviewed  trade.Money `json:"reviewed,omitzero"`  // the part of Unapplied that was under review
	// Shortfall is how much of an accepted shortfall gave way to money that came back.
	Shortfall trade.Money `json:"shortfall,omitzero"`
}

// moved returns the ledger after money was moved, and with the sums of the cases if the event has
// them.
func (l Ledger) moved(m Moved, cases CaseSums) Ledger {
	l.Applied = l.Applied.SubUnchecked(m.Applied)
	l.Unapplied = l.Unapplied.SubUnchecked(m.Unapplied)
	l.Review = l.Review.SubUnchecked(m.Reviewed)
	l.Reversed = l.Reversed.AddUnchecked(m.Applied).AddUnchecked(m.Unapplied)
	l.Shortfall = l.Shortfall.SubUnchecked(m.Shortfall)
	l.Yielding = l.Yielding.SubUnchecked(m.Shortfall)
	if l.Reversed.IsZero() {
		l.Yielding = trade.Money{}
	}
	if cases != (CaseSums{}) {
		l.Taken, l.Lost, l.Excess = cases.Taken, cases.Lost, cases.Excess
	}
	return l
}

// balance returns what has to move so that the reversed money is what the cases take, as far as the
// order has money (D24). The ledger is the order's, with the sums of the cases after the report.
func (o *Order) balance(l Ledger) Moved {
	m := Moved{}
	switch gap := l.Taken.SubUnchecked(l.Reversed); {
	case gap.IsPositive():
		m.Unapplied = smaller(gap, l.Unapplied.SubUnchecked(l.Review))
		m.Applied = smaller(gap.SubUnchecked(m.Unapplied), l.Applied)
	case gap.IsNegative():
		back, room := zeroOf(gap).SubUnchecked(gap), zeroOf(gap)
		switch {
		case o.Phase >= PhaseConfirmed && o.Phase <= PhaseCompleted:
			room = o.Terms.Total.SubUnchecked(l.Applied).SubUnchecked(l.Shortfall.SubUnchecked(l.Yielding))
		case o.Phase == PhaseClosed:
			room = l.Refunded.AddUnchecked(l.Claimed).SubUnchecked(l.Applied)
		}
		if room.IsNegative() {
			room = zeroOf(gap)
		}
		m.Applied = zeroOf(gap).SubUnchecked(smaller(back, room))
		m.Unapplied = gap.SubUnchecked(m.Applied)
		if o.Phase != PhaseClosed {
			if over := l.Applied.SubUnchecked(m.Applied).AddUnchecked(l.Shortfall).SubUnchecked(o.Terms.Total); over.IsPositive() {
				m.Shortfall = over
			}
		}
	}
	return m
}

// refunded returns the ledger after applied money was paid back.
func (l Ledger) refunded(e *RefundMade) Ledger {
	l.Refunded = l.Refunded.AddUnchecked(e.Amount)
	return l
}

// claimed returns the ledger after the platform compensated the buyer.
func (l Ledger) claimed(e *ClaimPosted) Ledger {
	l.Claimed = l.Claimed.AddUnchecked(e.Amount)
	return l
}

// returned returns the ledger after waiting money was paid back.
func (l Ledger) returned(e *UnappliedReturned) Ledger {
	l.Unapplied = l.Unapplied.SubUnchecked(e.Amount)
	l.Review = l.Review.SubUnchecked(e.Reviewed)
	l.Returned = l.Returned.AddUnchecked(e.Amount)
	return l
}

// check returns an error if the event that led here was not sound, or if the ledger does not add up
// for an order of those terms.
func (l Ledger) check(terms *Terms, sound bool) error {
	if !sound {
		return errors.New("order: amounts that do not fit what came before")
	}
	total := terms.Total
	for _, m := range [...]trade.Money{l.Received, l.Applied, l.Unapplied, l.Review, l.Returned, l.Reversed, l.Shortfall, l.Refunded, l.Claimed, l.Taken, l.Lost, l.Excess, l.Yielding} {
		if m.IsNegative() || m != (trade.Money{}) && m.Currency() != total.Currency() {
			return fmt.Errorf("order: the ledger has %s on an order of %s", m, total)
		}
	}
	// A sum of two amounts that overflows is negative, so each sum is checked.
	sum := trade.Money{}
	for _, m := range [...]trade.Money{l.Applied, l.Unapplied, l.Returned, l.Reversed} {
		if sum = sum.AddUnchecked(m); sum.IsNegative() {
			return errors.New("order: the parts of the ledger overflow")
		}
	}
	if sum.MinorUnits() != l.Received.MinorUnits() {
		return fmt.Errorf("order: received %s but accounted for %s", l.Received, sum)
	}
	if l.Unapplied.Less(l.Review) {
		return fmt.Errorf("order: %s are under review, but only %s wait", l.Review, l.Unapplied)
	}
	if l.Taken.Less(l.Reversed) || l.Shortfall.Less(l.Yielding) {
		return fmt.Errorf("order: %s are reversed of %s taken, %s of a shortfall of %s give way", l.Reversed, l.Taken, l.Yielding, l.Shortfall)
	}
	if settled := l.settled(); settled.IsNegative() || total.Less(settled) {
		return fmt.Errorf("order: %s are settled on an order of %s", settled, total)
	}
	return nil
}

// Due returns what is still due: the total less what is settled.
func (o *Order) Due() trade.Money { return o.Terms.Total.SubUnchecked(o.Ledger.settled()) }

// StepDue returns what the step of payment now due still lacks: the rest of the initial payment
// until it is satisfied, then the rest of the total.
func (o *Order) StepDue() trade.Money {
	if o.Phase <= PhaseConfirmed {
		return o.Terms.Initial.SubUnchecked(o.Ledger.settled())
	}
	return o.Due()
}

// noteSettled updates since when the initial payment and the total are settled. Once the order has
// ended, both instants stay.
func (o *Order) noteSettled(at time.Time) {
	if o.Phase < PhaseConfirmed || o.Phase > PhaseReceived {
		return
	}
	if o.Phase != PhaseConfirmed { // until then Funded sets it
		o.FundedAt = settledSince(o.FundedAt, at, o.Terms.Initial.AtMost(o.Ledger.settled()))
	}
	o.PaidAt = settledSince(o.PaidAt, at, o.Due().IsZero())
}

// settledSince returns the instant since which an amount is settled: at, unless it was settled
// before; zero if it is not.
func settledSince(before, at time.Time, settled bool) time.Time {
	switch {
	case !settled:
		return time.Time{}
	case before.IsZero():
		return at
	default:
		return before
	}
}

// smaller returns the smaller of two amounts of one order.
func smaller(a, b trade.Money) trade.Money {
	if b.Less(a) {
		return b
	}
	return a
}
