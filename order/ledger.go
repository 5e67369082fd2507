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
	Reversed  trade.Money // taken back by a bank
	Shortfall trade.Money // what the seller waived; not a part of Received
	Refunded  trade.Money // the part of Applied that was paid back
	Claimed   trade.Money // the part of Applied that the platform compensated
}

// settled returns what counts towards the total: applied money and accepted shortfalls.
func (l *Ledger) settled() trade.Money { return l.Applied.AddUnchecked(l.Shortfall) }

// received returns the ledger after money came in.
func (l Ledger) received(e *PaymentReceived) Ledger {
	l.Received = l.Received.AddUnchecked(e.Amount)
	l.Applied = l.Applied.AddUnchecked(e.Applied)
	l.Unapplied = l.Unapplied.AddUnchecked(e.Unapplied)
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
	return l
}

// withShortfall returns the ledger after the seller waived an amount.
func (l Ledger) withShortfall(e *ShortfallAccepted) Ledger {
	l.Shortfall = l.Shortfall.AddUnchecked(e.Amount)
	return l
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

// reversed returns the ledger after a payment was taken back.
func (l Ledger) reversed(e *PaymentReversed) Ledger {
	l.Applied = l.Applied.SubUnchecked(e.Applied)
	l.Unapplied = l.Unapplied.SubUnchecked(e.Unapplied)
	l.Review = l.Review.SubUnchecked(e.Reviewed)
	l.Reversed = l.Reversed.AddUnchecked(e.Applied).AddUnchecked(e.Unapplied)
	return l
}

// restored returns the ledger after a chargeback was resolved.
func (l Ledger) restored(e *ChargebackResolved) Ledger {
	l.Applied = l.Applied.AddUnchecked(e.Applied)
	l.Unapplied = l.Unapplied.AddUnchecked(e.Unapplied)
	l.Review = l.Review.AddUnchecked(e.Reviewed)
	l.Reversed = l.Reversed.SubUnchecked(e.Applied).SubUnchecked(e.Unapplied)
	return l
}

// check returns an error if the event that led here was not sound, or if the ledger does not add up
// for an order of those terms.
func (l Ledger) check(terms *Terms, sound bool) error {
	if !sound {
		return errors.New("order: amounts that do not fit what came before")
	}
	total := terms.Total
	for _, m := range [...]trade.Money{l.Received, l.Applied, l.Unapplied, l.Review, l.Returned, l.Reversed, l.Shortfall, l.Refunded, l.Claimed} {
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
	if !o.collects() {
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
