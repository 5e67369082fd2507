package desk

import (
	"fmt"
	"strings"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
)

// DecodeEvent reads an event of any stream that the desk writes: an order.Event, a seller.Event,
// an entrustment.Event, a credit.Event, a paylater.Event, a funds.Event, or a reservation.Event.
func DecodeEvent(typ string, schema uint16, data []byte) (any, error) {
	switch prefix, _, _ := strings.Cut(typ, "."); prefix {
	case "order":
		return order.DecodeEvent(typ, schema, data)
	case "service":
		return seller.DecodeEvent(typ, schema, data)
	case "entrustment":
		return entrustment.DecodeEvent(typ, schema, data)
	case "credit":
		return credit.DecodeEvent(typ, schema, data)
	case "paylater":
		return paylater.DecodeEvent(typ, schema, data)
	case "funds":
		return funds.DecodeEvent(typ, schema, data)
	case "reservation":
		return reservation.DecodeEvent(typ, schema, data)
	}
	return nil, fmt.Errorf("desk: %w", events.ErrUnknownType)
}

// DecodeMeta reads what a desk wrote into an event's Meta.
func DecodeMeta(data []byte) (Meta, error) {
	var m Meta
	r := wire.NewReader(data)
	m.decodeJSON(r)
	return m, r.End()
}
