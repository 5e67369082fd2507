package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// Moment is one fact in the history of an order.
type Moment struct {
	Version events.Version
	At      time.Time
	// By is in which capacity somebody asked for it, and Account is who, if he is a party of the
	// order or it is the reader himself.
	By      trade.Role
	Account trade.Account
	Command string
	Event   paylater.Event
	Phase   paylater.Phase // in which the order was then
}

// Timeline returns the history of an order as the actor may see it, whole and as current as the
// log: its buyer, its merchant and the platform may. To anybody else there is nothing, as of an
// order that does not exist.
//
// The events of pay-later orders have no names, addresses or numbers of accounts, so that nothing
// is masked but who works for the platform. References of payments, and the reasons that the
// parties and the platform have given each other, are shown as they are. A record that cannot be
// read is a *events.CorruptError.
func Timeline(ctx context.Context, log events.Store, by trade.Actor, id trade.ID) ([]Moment, error) {
	steps, err := readmodel.History(ctx, log, paylater.NewModel(), paylater.Stream(id), by)
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
