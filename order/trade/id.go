package trade

import "github.com/google/uuid"

// ID names an order. It is a UUID; new ones are version 7, so that they sort by time.
type ID uuid.UUID

// NewID returns a new ID.
func NewID() ID {
	// The source of randomness never fails: Go ends the process if the machine has none.
	return ID(uuid.Must(uuid.NewV7()))
}

// ParseID reads the canonical text of an ID: 36 characters, lower case, with hyphens.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, Invalid("id", "%s is not a canonical UUID", Quoted(s))
	}
	id, err := uuid.Parse(s)
	if err != nil || id.String() != s || id == uuid.Nil {
		return ID{}, Invalid("id", "%s is not a canonical UUID", Quoted(s))
	}
	return ID(id), nil
}

// String returns the canonical text.
func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether the ID names no order.
func (id ID) IsZero() bool { return id == ID{} }

// AppendText appends the canonical text; the zero ID is empty text.
func (id ID) AppendText(b []byte) ([]byte, error) {
	if id.IsZero() {
		return b, nil
	}
	return append(b, id.String()...), nil
}

// MarshalText returns the canonical text; the zero ID is empty text.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText reads what AppendText wrote.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	if len(text) > 36 {
		text = text[:37]
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
