package funds

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Available returns what can be withdrawn or spent at that instant if nothing else happens: what
// was credited and has waited long enough. It never falls as time passes. Here and in the methods
// below, an instant before the last event's counts as the last event's.
func (b *Balance) Available(at time.Time) trade.Money {
	return b.amount(b.sums.Available + b.waiting.until(b.nanos(at)))
}

// Pending returns what was credited and still waits at that instant.
func (b *Balance) Pending(at time.Time) trade.Money {
	return b.amount(b.waiting.total() - b.waiting.until(b.nanos(at)))
}

// Debt returns what refunds lacked and is not settled yet.
func (b *Balance) Debt() trade.Money { return b.amount(b.sums.Debt) }

// nanos returns the later of the instant and the last event's.
func (b *Balance) nanos(at time.Time) int64 {
	if at.Before(b.LastAt) {
		at = b.LastAt
	}
	return nanos(at)
}

// own is what the merchant has left, waiting or available, less the debt.
func (b *Balance) own() int64 { return b.waiting.total() + b.sums.Available - b.sums.Debt }

// Page is a balance as its merchant sees it at an instant. Credited is
//
//	Pending + Available + InTransit + PaidOut + Fees + Spent + Refunded - Debt
type Page struct {
	At        time.Time   // the given instant, or the last event's if that is later
	Credited  trade.Money // all that was ever credited
	Pending   trade.Money // in its waiting time
	Available trade.Money // to withdraw or to spend
	InTransit trade.Money // gross, of withdrawals that were requested and are open
	PaidOut   trade.Money // net, of withdrawals that were settled
	Fees      trade.Money // of withdrawals that were settled
	Spent     trade.Money // on other charges
	Refunded  trade.Money // debited for refunds
	Debt      trade.Money // what refunds lacked and is not settled
	NextAt    time.Time   // when more becomes available; zero if nothing waits
}

// Page returns all sums at that instant.
func (b *Balance) Page(at time.Time) Page {
	if at.Before(b.LastAt) {
		at = b.LastAt
	}
	p := Page{
		At: trade.Instant(at), Credited: b.amount(b.sums.Credited),
		Pending: b.Pending(at), Available: b.Available(at), InTransit: b.amount(b.sums.InTransit),
		PaidOut: b.amount(b.sums.PaidOut), Fees: b.amount(b.sums.Fees), Spent: b.amount(b.sums.Spent),
		Refunded: b.amount(b.sums.Refunded), Debt: b.Debt(),
	}
	if next, ok := b.waiting.after(nanos(at)).next(); ok {
		p.NextAt = time.Unix(0, next).UTC()
	}
	return p
}

// Waiting is what is left of an order's credit in its waiting time.
type Waiting struct {
	Order       trade.ID
	Amount      trade.Money
	AvailableAt time.Time
}

// Waiting returns what still waits at that instant, the earliest to become available first. It
// takes time in proportion to how much that is.
func (b *Balance) Waiting(at time.Time) []Waiting {
	var list []Waiting
	for d := range b.waiting.after(b.nanos(at)).byTime.all() {
		list = append(list, Waiting{Order: d.order, Amount: b.amount(d.amount), AvailableAt: time.Unix(0, d.at).UTC()})
	}
	return list
}

// Withdrawals returns the open withdrawals in the order of their ids.
func (b *Balance) Withdrawals() []Withdrawal { return slices.Collect(b.open.all()) }

// Cards returns the bound cards in their order.
func (b *Balance) Cards() []CardNo {
	var list []CardNo
	for c := range b.cards.all() {
		list = append(list, c.no)
	}
	return list
}
