// Package consumer is a service as a user of the library writes one: it follows the log and
// keeps, for each order, what the buyer still has to pay.
package consumer

import (
	"fmt"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// Billing is what orders still lack.
type Billing struct {
	accounts map[events.StreamID]*account
}

// account is the total of an order, what of it is applied, and what the seller waived, in minor units.
type account struct{ total, applied, shortfall int64 }

// moved is money that a bank took back, or gave back where an amount is negative.
func (a *account) moved(applied, shortfall trade.Money) {
	a.applied -= applied.MinorUnits()
	a.shortfall -= shortfall.MinorUnits()
}

// NewBilling returns one of an empty log.
func NewBilling() *Billing { return &Billing{accounts: make(map[events.StreamID]*account)} }

// Handle takes the next record of the log.
func (b *Billing) Handle(r events.Record) error {
	if r.Stream.Category() != order.Category {
		return nil
	}
	e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return fmt.Errorf("position %d: %w", r.Position, err)
	}
	a := b.accounts[r.Stream]
	if a == nil {
		a = new(account)
		b.accounts[r.Stream] = a
	}
	switch e := e.(type) {
	case order.TermsSet:
		a.total = e.Terms.Total.MinorUnits()
	case order.TermsModified:
		a.total = e.Terms.Total.MinorUnits()
		if e.ShortfallVoid {
			a.shortfall = 0
		}
	case order.ChangeAccepted:
		a.total = e.Terms.Total.MinorUnits()
	case order.PaymentInitiated:
		a.moved(e.Moved.Applied, e.Moved.Shortfall)
	case order.PaymentReceived:
		a.applied += e.Applied.MinorUnits()
	case order.UnappliedApplied:
		a.applied += e.Amount.MinorUnits()
		a.moved(e.Moved.Applied, e.Moved.Shortfall)
	case order.ShortfallAccepted:
		a.shortfall += e.Amount.MinorUnits()
	case order.PaymentReversed:
		a.moved(e.Applied, e.Shortfall)
	case order.TransferReversed:
		a.moved(e.Applied, e.Shortfall)
	case order.PaymentVoided:
		a.moved(e.Moved.Applied, e.Moved.Shortfall)
	case order.ChargebackResolved:
		a.applied += e.Applied.MinorUnits()
		a.shortfall -= e.Shortfall.MinorUnits()
	}
	return nil
}

// Due returns what an order still lacks, in minor units.
func (b *Billing) Due(id trade.ID) int64 {
	a := b.accounts[order.Stream(id)]
	if a == nil {
		return 0
	}
	return a.total - a.applied - a.shortfall
}
