package desk

import (
	"errors"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// A reservation is a stream of one event, and that is how a number stays unique: its first
// event names the owner. The owner who meets his own reservation goes on; anybody else is
// refused by the rule that wants the number unique (A11, D43).

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix reservation -state Meta

// Reservation is the folded state of a number: who owns it, or nobody.
type Reservation struct {
	Owner string
}

// order returns the order that owns a receiving account, or the zero ID.
func (r Reservation) order() trade.ID {
	id, _ := trade.ParseID(r.Owner)
	return id
}

// ReservationEvent is a fact in the life of a number. There is one: it is Reserved.
type ReservationEvent interface {
	Kind() Kind
	evolve(r *Reservation)
}

// Reserved says who owns the number for good.
// Stored: add fields, never rename or remove.
type Reserved struct {
	Owner string `json:"owner"`
}

func (e Reserved) evolve(r *Reservation) { r.Owner = e.Owner }

// Event is what wiregen calls a fact of this package.
type Event = ReservationEvent

// accountCategory is the category of the streams of receiving accounts.
const accountCategory = "receiving_account"

func accountStream(a order.ReceivingAccount) (events.StreamID, error) {
	if err := trade.CheckID("account", string(a)); err != nil {
		return "", err
	}
	return events.Stream(accountCategory, string(a))
}

// reserveAccount gives a receiving account to the order that was submitted with it (A11).
func reserveAccount(w world, a order.ReceivingAccount, id trade.ID) error {
	stream, err := accountStream(a)
	if err != nil {
		return err
	}
	return reserve(w, stream, id.String())
}

// declarationOwner looks up which entrustment a declaration number belongs to (D43). Nobody has
// one that is malformed; that it is, the entrustment says.
func declarationOwner(w world, n entrustment.DeclarationNo) (entrustment.Reservation, error) {
	stream, err := entrustment.NumberStream(n)
	if err != nil {
		return entrustment.Reservation{}, nil
	}
	r, err := w.reservation(stream)
	return entrustment.Reservation{Number: n, Owner: order.EntrustmentID(r.Owner)}, err
}

func reserveNumber(w world, n entrustment.DeclarationNo, id order.EntrustmentID) error {
	stream, err := entrustment.NumberStream(n)
	if err != nil {
		return err
	}
	return reserve(w, stream, string(id))
}

// reserve makes the reservation unless the owner has it. That nobody else has it was decided
// on the same state of the stream, which the commit guards.
func reserve(w world, stream events.StreamID, owner string) error {
	r, err := w.reservation(stream)
	if err != nil || r.Owner == owner {
		return err
	}
	return w.reserve(stream, Reserved{Owner: owner})
}

// orderOwns and entrustmentOwns refuse an owner that none of the kind can be: nobody could
// meet his own reservation then.
func orderOwns(owner string) error {
	_, err := trade.ParseID(owner)
	return err
}

func entrustmentOwns(owner string) error { return trade.CheckID("owner", owner) }

// newReservations returns how a stream of that category folds into a Reservation, whose owners
// are those that owns takes.
func newReservations(category string, owns func(owner string) error) *events.Model[Reservation, Event] {
	return &events.Model[Reservation, Event]{
		Category: category,
		Evolve: func(r *Reservation, e Event, _ time.Time) error {
			if r.Owner != "" {
				return errors.New("desk: a number is reserved twice")
			}
			e.evolve(r)
			return owns(r.Owner)
		},
		Encode: func(buf []byte, e Event) (string, uint16, []byte, error) {
			return e.Kind().String(), 1, appendEvent(buf, e), nil
		},
		Decode: func(typ string, schema uint16, data []byte) (Event, error) {
			kind, ok := kindOf(typ)
			if !ok || schema != 1 {
				return nil, events.ErrUnknownType
			}
			return decodeEvent(kind, data)
		},
	}
}
