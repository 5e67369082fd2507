package audit

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
)

// Totals are the sums over all booked streams, forgotten ones included.
type Totals struct {
	// Orders and PayLaterOrders count the assurance orders and the pay-later orders by their phase, such as
	// "completed", "closed" or "shipped".
	Orders, PayLaterOrders map[string]int
	// Money has the sums by currency.
	Money map[string]Sums
}

// Sums are the sums of one currency.
type Sums struct {
	// The money of the assurance orders: Received is the sum of Applied, Unapplied, Returned and
	// Reversed. Refunded and Claimed are the parts of the received money that buyers got back.
	Received, Applied, Unapplied, Returned, Reversed, Shortfall, Refunded, Claimed decimal.Decimal
	// Taken is the money that banks took back, up to the amount of each payment. Beyond is the money
	// that they took beyond the money of the orders. Owed is the money that buyers got back beyond
	// their payments.
	Taken, Beyond, Owed decimal.Decimal

	// The assurance lines: the limits, the holds of the orders, the claims that sellers owe, and the
	// claims that they have repaid.
	Limit, Held, Consumed, Repaid decimal.Decimal

	// The pay-later orders: Ordered is the sum of Paid, Restored, WrittenOff and Outstanding.
	Ordered, Paid, Restored, WrittenOff, Outstanding, PaidBack decimal.Decimal

	// The pay-later lines: the limits and the used amounts.
	Quota, Used decimal.Decimal

	// The received funds: Credited and Debt, less Debited, is the sum of Waiting, Available, InTransit,
	// PaidOut, Fees and Spent.
	Credited, Debited, Debt, Waiting, Available, InTransit, PaidOut, Fees, Spent decimal.Decimal
}

// Err returns the first sum that does not balance, or nil.
func (t Totals) Err() error {
	for code, s := range t.Money {
		for _, c := range [...]struct {
			what        string
			left, right decimal.Decimal
		}{
			{"received by orders", s.Received, decimal.Sum(s.Applied, s.Unapplied, s.Returned, s.Reversed)},
			{"claimed by orders", s.Claimed, s.Consumed.Add(s.Repaid)},
			{"ordered to pay later", s.Ordered, decimal.Sum(s.Paid, s.Restored, s.WrittenOff, s.Outstanding)},
			{"used of quotas", s.Used, s.Outstanding},
			{"credited to merchants", s.Credited, s.Paid},
			{"taken back from merchants", s.Debited, s.PaidBack},
			{"funds", s.Credited.Add(s.Debt).Sub(s.Debited), decimal.Sum(s.Waiting, s.Available, s.InTransit, s.PaidOut, s.Fees, s.Spent)},
		} {
			if !c.left.Equal(c.right) {
				return fmt.Errorf("audit: %s: %s %s, accounted for %s", c.what, c.left, code, c.right)
			}
		}
	}
	return nil
}

// Totals returns the sums so far. Its cost grows with the number of streams that are not forgotten.
func (a *Auditor) Totals() Totals {
	all := newSums()
	all.add(&a.sums)
	for _, o := range a.orders {
		all.addOrder(o)
	}
	for _, s := range a.payLater {
		all.addPayLater(s)
	}
	for _, l := range a.lines {
		t := all.of(l.currency)
		if l.payLater {
			t.plus(quota, l.limit).plus(used, l.held)
			continue
		}
		t.plus(limit, l.limit).plus(held, l.held).plus(consumed, l.consumed).plus(repaid, l.repaid)
	}
	for _, b := range a.balances {
		all.of(b.currency).plus(credited, b.credited).plus(debited, b.refunded).plus(debt, b.debt).plus(waiting, b.lots.total).
			plus(available, b.available).plus(inTransit, b.inTransit).plus(paidOut, b.paidOut).plus(fees, b.fees).plus(spent, b.spent)
	}
	return all.totals(a.digits)
}

// The cells of a tally.
const (
	received = iota
	applied
	unapplied
	returned
	reversed
	shortfall
	refunded
	claimed
	taken
	beyond
	owed
	limit
	held
	consumed
	repaid
	ordered
	paid
	restored
	writtenOff
	outstanding
	paidBack
	quota
	used
	credited
	debited
	debt
	waiting
	available
	inTransit
	paidOut
	fees
	spent
	cells
)

// tally has the sums of one currency in minor units. The sums of many orders exceed an int64.
type tally [cells]big.Int

func (t *tally) plus(cell int, n amount) *tally {
	if n != 0 {
		t[cell].Add(&t[cell], big.NewInt(n))
	}
	return t
}

// sums are tallies by currency, and counts of orders by phase.
type sums struct {
	orders, payLater map[phase]int
	money            map[currency]*tally
}

func newSums() sums {
	return sums{orders: make(map[phase]int), payLater: make(map[phase]int), money: make(map[currency]*tally)}
}

func (s *sums) of(c currency) *tally {
	t := s.money[c]
	if t == nil {
		t = new(tally)
		s.money[c] = t
	}
	return t
}

func (s *sums) add(o *sums) {
	for p, n := range o.orders {
		s.orders[p] += n
	}
	for p, n := range o.payLater {
		s.payLater[p] += n
	}
	for c, t := range o.money {
		mine := s.of(c)
		for i := range t {
			mine[i].Add(&mine[i], &t[i])
		}
	}
}

func (s *sums) addOrder(o *orderBook) {
	s.orders[o.phase]++
	if m := &o.money; o.currency != (currency{}) {
		s.of(o.currency).plus(received, m.received).plus(applied, m.applied).plus(unapplied, m.unapplied).plus(returned, m.returned).
			plus(reversed, m.reversed).plus(shortfall, m.shortfall).plus(refunded, m.refunded).plus(claimed, m.claimed).
			plus(taken, m.cases.taken).plus(beyond, m.beyond()).plus(owed, m.owed())
	}
}

func (s *sums) addPayLater(x *payLaterBook) {
	s.payLater[x.phase]++
	if x.currency != (currency{}) {
		s.of(x.currency).plus(ordered, x.original).plus(paid, x.paid).plus(restored, x.restored).plus(writtenOff, x.consumed).
			plus(outstanding, x.outstanding).plus(paidBack, x.refunded)
	}
}

var orderPhases = [...]string{"none", "draft", "submitted", "confirmed", "ready-to-ship", "shipped", "received", "completed", "closed"}

var payLaterPhases = [...]string{"none", "placed", "shipped", "prepaid", "prepaid-shipped", "received", "overdue", "paid", "cancelled", "written-off"}

func (s *sums) totals(digits map[currency]int) Totals {
	t := Totals{Orders: make(map[string]int), PayLaterOrders: make(map[string]int), Money: make(map[string]Sums)}
	for i, name := range orderPhases {
		if n := s.orders[1<<i]; n > 0 {
			t.Orders[name] = n
		}
	}
	for i, name := range payLaterPhases {
		if n := s.payLater[1<<i]; n > 0 {
			t.PayLaterOrders[name] = n
		}
	}
	for c, x := range s.money {
		v := func(cell int) decimal.Decimal { return decimal.NewFromBigInt(&x[cell], -int32(digits[c])) }
		t.Money[c.String()] = Sums{
			Received: v(received), Applied: v(applied), Unapplied: v(unapplied), Returned: v(returned), Reversed: v(reversed),
			Shortfall: v(shortfall), Refunded: v(refunded), Claimed: v(claimed),
			Taken: v(taken), Beyond: v(beyond), Owed: v(owed),
			Limit: v(limit), Held: v(held), Consumed: v(consumed), Repaid: v(repaid),
			Ordered: v(ordered), Paid: v(paid), Restored: v(restored), WrittenOff: v(writtenOff), Outstanding: v(outstanding), PaidBack: v(paidBack),
			Quota: v(quota), Used: v(used),
			Credited: v(credited), Debited: v(debited), Debt: v(debt), Waiting: v(waiting), Available: v(available),
			InTransit: v(inTransit), PaidOut: v(paidOut), Fees: v(fees), Spent: v(spent),
		}
	}
	return t
}
