package credit

import (
	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

// schema is the schema version that every event of this package is written with.
const schema = 1

// EncodeEvent appends the JSON of the event to buf and returns the extended buffer with the
// event's type and schema version. It fails, with an *trade.InvalidError, only for an event
// that is nil or a pointer.
func EncodeEvent(buf []byte, e Event) (typ string, version uint16, data []byte, err error) {
	if !isEvent(e) {
		return "", 0, buf, notAnEvent()
	}
	return e.Kind().String(), schema, appendEvent(buf, e), nil
}

// DecodeEvent is the inverse of EncodeEvent. A type or schema version that it does not know is
// events.ErrUnknownType; data that EncodeEvent cannot have written names the field and the
// reason. It keeps no reference to data.
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

// DecodeCommand is the inverse of EncodeCommand. A name that it does not know and malformed
// data are errors that name the field and the reason.
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

// save appends the JSON of the line to buf.
func save(buf []byte, l *Line) ([]byte, error) { return l.appendJSON(buf), nil }

// restore sets l, the line that New made, to the one that save wrote. After an error l is to be
// discarded.
func restore(data []byte, l *Line) error {
	r := wire.NewReader(data)
	l.decodeJSON(r)
	if err := r.End(); err != nil {
		return err
	}
	if int(l.Phase) >= len(phaseNames) || !l.Phase.of(l.Product) {
		return &trade.InvalidError{Field: "phase", Reason: "is no phase of such a line"}
	}
	if err := l.checkFreezes(); err != nil {
		return err
	}
	return l.sound()
}
