package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
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
	if err := readmodel.CheckReader(by); err != nil {
		return nil, err
	}
	var (
		moments []Moment
		o       = paylater.New(id)
	)
	for r, err := range log.Read(ctx, paylater.Stream(id), 0) {
		if err != nil {
			return nil, err
		}
		e, err := paylater.DecodeEvent(r.Type, r.Schema, r.Data)
		if err == nil {
			err = o.Apply(e, r.At)
		}
		if err != nil {
			return nil, r.Corrupt(err)
		}
		m := Moment{Version: r.Version, At: r.At, Event: e, Phase: o.Phase}
		if len(r.Meta) > 0 {
			meta, err := desk.DecodeMeta(r.Meta)
			if err != nil {
				return nil, r.Corrupt(err)
			}
			m.By, m.Account, m.Command = meta.Role, trade.Account(meta.Account), meta.Command
		}
		moments = append(moments, m)
	}
	if !o.VisibleTo(by) {
		return nil, nil
	}
	for i := range moments {
		// Who works for the platform is its own affair.
		if a := moments[i].Account; by.Role != trade.Platform && a != by.Account && a != o.Merchant && a != o.Buyer {
			moments[i].Account = ""
		}
	}
	return moments, nil
}
