package entrustment

import "github.com/tradesurety/surety/events"

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix entrustment

// schema is the schema version that every event of this package is written with.
const schema = 1

// EncodeEvent appends the JSON of the event to buf and returns the extended buffer with the
// event's type and schema version. It fails, with an *trade.InvalidError, only for an event that
// is nil or a pointer.
func EncodeEvent(buf []byte, e Event) (typ string, version uint16, data []byte, err error) {
	if !isEvent(e) {
		return "", 0, buf, invalid("event", "must be a value of one of the events of an entrustment")
	}
	return e.Kind().String(), schema, appendEvent(buf, e), nil
}

// DecodeEvent is the inverse of EncodeEvent. A type or schema version that it does not know is
// events.ErrUnknownType; for data that EncodeEvent cannot have written the error names the field
// and the reason. It keeps no reference to data.
func DecodeEvent(typ string, version uint16, data []byte) (Event, error) {
	kind, ok := kindOf(typ)
	if !ok || version != schema {
		return nil, events.ErrUnknownType
	}
	e, err := decodeEvent(kind, data)
	if err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	return e, nil
}

// EncodeCommand returns the wire name of the command and its JSON. For a command that is nil or
// a pointer, which Decide takes for malformed, they are empty and null.
func EncodeCommand(c Command) (name string, data []byte) {
	if isCommand(c) {
		name = c.Name()
	}
	return name, appendCommand(nil, c)
}

// DecodeCommand is the inverse of EncodeCommand. For a name that it does not know and for
// malformed data the error names the field and the reason. It keeps no reference to data.
func DecodeCommand(name string, data []byte) (Command, error) {
	c, err := decodeCommand(name, data)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}
