package wire

import (
	"errors"
	"strconv"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// Schema is the version of the format of all events. A field may be added to an event as long as it
// is optional; any other change needs a new version.
const Schema = 1

// Alien returns the *trade.InvalidError for a value that is not an event or a command of the package.
func Alien(what, pkg string) error {
	return trade.Invalid(what, "must be a value of one of the %ss of package %s, not nil and not a pointer", what, pkg)
}

// CheckEvent returns events.ErrUnknownType unless type and schema are known, and a
// *trade.InvalidError for more bytes than an event may have.
func CheckEvent(known bool, schema uint16, data []byte) error {
	if !known || schema != Schema {
		return events.ErrUnknownType
	}
	return bounded("event", data, events.MaxData)
}

// CheckCommand returns a *trade.InvalidError for more bytes than a command may have.
func CheckCommand(data []byte) error { return bounded("command", data, trade.MaxCommand) }

func bounded(what string, data []byte, most int) error {
	if len(data) > most {
		return trade.Invalid(what, "%d bytes are more than %d", len(data), most)
	}
	return nil
}

// Malformed returns the *Error of a Reader as the *trade.InvalidError of an event or a command. It
// has the place in the input only where no field has a name: people look for a field by its name.
func Malformed(what string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	bad := &trade.InvalidError{Field: e.Field, Reason: e.Reason, Err: e}
	if e.Field == "" {
		bad.Field = what
		if e.Offset > 0 {
			bad.Reason += ", at byte " + strconv.Itoa(e.Offset)
		}
	}
	return bad
}
