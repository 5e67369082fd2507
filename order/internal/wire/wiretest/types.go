// Package wiretest is a package with a generated codec that has every form of field
// wiregen supports. Its tests are those of the code that wiregen generates: it agrees
// with encoding/json (TestAgreesWithJSON), accepts nothing encoding/json refuses
// (FuzzDecodeEvent), and is fast (BenchmarkEvent).
package wiretest

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix test -state Balance,snapshot

// Event is an event of the tests.
type Event interface {
	Kind() Kind
	evolve()
}

// Command is a command of the tests.
type Command interface {
	Name() string
	decide()
}

// Forms of field.
type (
	// Word is a string by another name.
	Word string
	// Level is an integer by another name.
	Level int16
	// Count is an unsigned integer by another name.
	Count uint32
	// Flag is a bool by another name.
	Flag bool
	// Words is a slice by name, of a type by another name.
	Words []Word
	// Host is an imported text type under a local name.
	Host = netip.Addr
	// Instant is a time under a local name.
	Instant = time.Time
	// Place is a struct under another name.
	Place = Address
)

// Code is a text type made from an array.
type Code [3]byte

var errCode = errors.New("a code is three capitals")

// AppendText appends the three letters.
func (c Code) AppendText(b []byte) ([]byte, error) {
	if c == (Code{}) {
		return b, errCode
	}
	return append(b, c[:]...), nil
}

// MarshalText returns the three letters.
func (c Code) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText accepts three capitals.
func (c *Code) UnmarshalText(text []byte) error {
	if len(text) != len(c) {
		return errCode
	}
	for _, letter := range text {
		if letter < 'A' || letter > 'Z' {
			return errCode
		}
	}
	copy(c[:], text)
	return nil
}

// Amount is a text type made from a struct.
type Amount struct {
	units int64
	code  Code
}

// AppendText appends the units and the code.
func (a Amount) AppendText(b []byte) ([]byte, error) {
	b = strconv.AppendInt(b, a.units, 10)
	b = append(b, ' ')
	return a.code.AppendText(b)
}

// MarshalText returns the units and the code.
func (a Amount) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText accepts the units and the code.
func (a *Amount) UnmarshalText(text []byte) error {
	units, code, _ := bytes.Cut(text, []byte(" "))
	n, err := strconv.ParseInt(string(units), 10, 64)
	if err != nil {
		return fmt.Errorf("an amount: %w", err)
	}
	a.units = n
	return a.code.UnmarshalText(code)
}

// Label is a text type whose text may need every escape.
type Label string

// AppendText appends the label.
func (l Label) AppendText(b []byte) ([]byte, error) { return append(b, l...), nil }

// MarshalText returns the label.
func (l Label) MarshalText() ([]byte, error) { return []byte(l), nil }

// UnmarshalText accepts any text.
func (l *Label) UnmarshalText(text []byte) error {
	*l = Label(text)
	return nil
}

// Remark is a string with a normal form.
type Remark string

// Normal cuts the blanks at both ends.
func (r Remark) Normal() Remark { return Remark(strings.Trim(string(r), " ")) }

// Notice is a struct of a string with a normal form.
type Notice struct {
	To     string `json:"to"`
	Remark Remark `json:"remark"`
}

// Address is a struct that two others share.
type Address struct {
	City string `json:"city"`
	Host Host   `json:"host,omitzero"`
}

// Item is a struct in a slice, with slices of its own.
type Item struct {
	HSCode   Code      `json:"hs_code"`
	Quantity uint16    `json:"quantity"`
	Price    Amount    `json:"price,omitzero"`
	Tags     []string  `json:"tags,omitzero"`
	From     []Address `json:"from"`
}

// Terms is a struct of optional fields alone, one in every form.
type Terms struct {
	Note    string      `json:"note,omitzero"`
	Word    Word        `json:"word,omitzero"`
	Flag    Flag        `json:"flag,omitzero"`
	Plain   bool        `json:"plain,omitzero"`
	Level   Level       `json:"level,omitzero"`
	Count   Count       `json:"count,omitzero"`
	Due     time.Time   `json:"due,omitzero"`
	ID      uuid.UUID   `json:"id,omitzero"`
	Price   Amount      `json:"price,omitzero"`
	Address Address     `json:"address,omitzero"`
	Items   []Item      `json:"items,omitzero"`
	Dues    []time.Time `json:"dues,omitzero"`
}
