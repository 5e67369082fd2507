package desk

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -state Meta

// declarationOwner looks up which entrustment a declaration number belongs to (D43). Nobody has
// one that is malformed; that it is, the entrustment says.
func declarationOwner(w world, n entrustment.DeclarationNo) (entrustment.Reservation, error) {
	stream, err := reservation.Stream(reservation.DeclarationNumber, string(n))
	if err != nil {
		return entrustment.Reservation{}, nil
	}
	r, err := w.reservation(stream)
	return entrustment.Reservation{Number: n, Owner: order.EntrustmentID(r.Owner)}, err
}

// reserve gives a number to its owner, in the commit of the command that needs it.
func reserve(w world, use reservation.Use, number, owner string, g trade.Given) error {
	stream, err := reservation.Stream(use, number)
	if err != nil {
		return err
	}
	r, err := w.reservation(stream)
	if err != nil {
		return err
	}
	made, err := reservation.Decide(r, reservation.Reserve{Owner: owner}, g, reservation.Facts{})
	if err != nil || len(made) == 0 {
		return err
	}
	return w.reserve(stream, made...)
}
