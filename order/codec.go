package order

import (
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix order -dispatch evolve,contradicts

// DecodeError says which field of an event or a command could not be read, and why.
type DecodeError = wire.Error

// schema is the version of every event's wire format so far. A field may be added to an event
// as long as it is optional; anything else makes a new version, and a step up from the old one
// in DecodeEvent.
const schema = 1

// MaxCommand is how many bytes of JSON a command may have.
const MaxCommand = 2 << 20

// EncodeEvent appends the event's JSON to buf and returns it with its wire name and the version
// of its format. What is no event of an order, nil and pointers included, is an *InvalidError.
func EncodeEvent(buf []byte, e Event) (typ string, version uint16, data []byte, err error) {
	if !isEvent(e) {
		return "", 0, buf, trade.Invalid("event", "is nil, a pointer, or no event of an order")
	}
	return e.Kind().String(), schema, appendEvent(buf, e), nil
}

// DecodeEvent reads what EncodeEvent wrote. An unknown name or version, and more bytes than an
// event may have, are an *InvalidError; anything wrong with the JSON is a *DecodeError.
func DecodeEvent(typ string, version uint16, data []byte) (Event, error) {
	kind, ok := kindOf(typ)
	if !ok {
		return nil, trade.Invalid("type", "%s is no event of an order", trade.Quoted(typ))
	}
	if version != schema {
		return nil, trade.Invalid("schema", "%d is no version of %s", version, typ)
	}
	if len(data) > events.MaxData {
		return nil, trade.Invalid("data", "%d bytes are more than %d", len(data), events.MaxData)
	}
	return decodeEvent(kind, data)
}

// EncodeCommand returns the command's wire name and its JSON. What is no command of an order,
// nil and pointers included, has no name and is null, which DecodeCommand refuses.
func EncodeCommand(c Command) (name string, data []byte) {
	if isCommand(c) {
		name = c.Name()
	}
	return name, appendCommand(nil, c)
}

// DecodeCommand reads what EncodeCommand wrote, or what a client sent. It is strict: a key that
// is unknown, missing, given twice or in another case is a *DecodeError, and more bytes than
// MaxCommand are an *InvalidError.
func DecodeCommand(name string, data []byte) (Command, error) {
	if len(data) > MaxCommand {
		return nil, trade.Invalid("command", "%d bytes are more than %d", len(data), MaxCommand)
	}
	return decodeCommand(name, data)
}

// Category is the category of the streams of orders.
const Category = "order"

// Stream returns the stream of an order.
func Stream(id trade.ID) events.StreamID { return events.StreamID(Category + "-" + id.String()) }

// NewModel returns how the stream of an order folds into an Order. The stream of an order has
// the order's ID as its key.
func NewModel() *events.Model[Order, Event] {
	return &events.Model[Order, Event]{
		Category: Category,
		New: func(stream events.StreamID) Order {
			key, _ := stream.Key()
			id, _ := trade.ParseID(key)
			return Order{ID: id}
		},
		Evolve: func(o *Order, e Event, at time.Time) error { return o.Apply(e, at) },
		Encode: EncodeEvent,
		Decode: DecodeEvent,
	}
}
