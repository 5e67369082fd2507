package desk

import (
	"context"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/trade"
)

// AccountOwner returns the order that owns a receiving account, for a report that names the account
// alone. Only the platform may ask. An account that no order has is ErrNotFound.
func (d *Desk) AccountOwner(ctx context.Context, by trade.Actor, account order.ReceivingAccount) (trade.ID, error) {
	owner, err := d.owner(ctx, by, accounts, reservation.ReceivingAccount, string(account))
	if err != nil {
		return trade.ID{}, err
	}
	return trade.ParseID(owner) // as the fold has checked it
}

// DeclarationOwner returns the entrustment that was first declared under a customs declaration number.
// Only the platform may ask. A number that no entrustment has is ErrNotFound.
func (d *Desk) DeclarationOwner(ctx context.Context, by trade.Actor, n entrustment.DeclarationNo) (order.EntrustmentID, error) {
	owner, err := d.owner(ctx, by, declarations, reservation.DeclarationNumber, string(n))
	return order.EntrustmentID(owner), err
}

// owner returns who has reserved a number.
func (d *Desk) owner(ctx context.Context, by trade.Actor,
	f *family[reservation.Reservation, reservation.Command, reservation.Event, reservation.Facts], use reservation.Use, number string) (string, error) {
	stream, err := reservation.Stream(use, number)
	if err == nil {
		err = d.reader(by)
	}
	if err != nil {
		return "", err
	}
	if by.Role != trade.Platform {
		return "", ErrNotFound
	}
	r, v, err := f.model.View(ctx, d.store, stream, events.WithCache(d.cache))
	if err == nil && v == 0 {
		err = ErrNotFound
	}
	return r.Owner, err
}
