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

// account is the total of an order and what of it is settled, in minor units.
type account struct{ total, settled int64 }

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
	case order.ChangeAccepted:
		a.total = e.Terms.Total.MinorUnits()
	case order.PaymentReceived:
		a.settled += e.Applied.MinorUnits()
	case order.UnappliedApplied:
		a.settled += e.Amount.MinorUnits()
	case order.ShortfallAccepted:
		a.settled += e.Amount.MinorUnits()
	case order.PaymentReversed:
		a.settled -= e.Applied.MinorUnits()
	case order.ChargebackResolved:
		a.settled += e.Applied.MinorUnits()
	}
	return nil
}

// Due returns what an order still lacks, in minor units.
func (b *Billing) Due(id trade.ID) int64 {
	a := b.accounts[order.Stream(id)]
	if a == nil {
		return 0
	}
	return a.total - a.settled
}
