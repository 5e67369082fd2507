package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// Moment is one event in the history of an order.
type Moment struct {
	Version events.Version
	At      time.Time
	// By is the role that issued the command, and Account the account, if it is a party of the
	// order or the reader.
	By      trade.Role
	Account trade.Account
	Command string
	Event   paylater.Event
	Phase   paylater.Phase // after the event
}

// Timeline returns the history of an order, complete and as current as the log, for the actors who
// may see it: its buyer, its merchant and the platform. For other callers it is empty, as for an
// order that does not exist.
//
// The events of pay-later orders have no names, addresses or numbers of accounts, so only the
// accounts of the platform's staff are hidden. References of payments, and the reasons that parties
// and platform have written to each other, are shown. A record that cannot be read is a
// *events.CorruptError.
func Timeline(ctx context.Context, log events.Store, by trade.Actor, id trade.ID) ([]Moment, error) {
	steps, err := readmodel.History(ctx, log, paylater.Model(), paylater.Stream(id), by)
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	o := &steps[len(steps)-1].State
	if !o.VisibleTo(by) {
		return nil, nil
	}
	moments := make([]Moment, len(steps))
	for i := range steps {
		s := &steps[i]
		moments[i] = Moment{
			Version: s.Version, At: s.At, By: s.By.Role, Account: s.Account(by, o.Merchant, o.Buyer), Command: s.By.Command,
			Event: s.Event, Phase: s.State.Phase,
		}
	}
	return moments, nil
}
