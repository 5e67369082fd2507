package wiretest

import (
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// PaymentReceived is an event like most.
type PaymentReceived struct {
	Payment   uuid.UUID `json:"payment"`
	Amount    Amount    `json:"amount"`
	Method    Word      `json:"method"`
	Reference string    `json:"reference"`
	Received  time.Time `json:"received"`
	Deadline  time.Time `json:"deadline,omitzero"`
	Revision  uint32    `json:"revision"`
}

func (PaymentReceived) evolve() {}

// Closed is an event without fields.
type Closed struct{}

func (Closed) evolve() {}

// HSCodeAgreed is an event with structs in structs.
type HSCodeAgreed struct {
	Terms  Terms    `json:"terms"`
	Later  Terms    `json:"later,omitzero"`
	Items  []Item   `json:"items"`
	Where  Place    `json:"where"`
	Hidden chan int `json:"-"`
	AtAll  Flag     `json:"at-all"`
}

func (HSCodeAgreed) evolve() {}

// Measured is an event with the scalars and the slices of each form.
type Measured struct {
	Int     int            `json:"int"`
	Int8    int8           `json:"int8"`
	Int16   int16          `json:"int16"`
	Int32   int32          `json:"int32"`
	Rune    rune           `json:"rune"`
	Int64   int64          `json:"int64"`
	Uint    uint           `json:"uint"`
	Uint8   uint8          `json:"uint8"`
	Byte    byte           `json:"byte"`
	Uint16  uint16         `json:"uint16"`
	Uint32  uint32         `json:"uint32"`
	Uint64  uint64         `json:"uint64"`
	Bool    bool           `json:"bool"`
	Label   Label          `json:"label"`
	Words   Words          `json:"words"`
	Levels  []Level        `json:"levels"`
	Counts  []Count        `json:"counts"`
	Flags   []Flag         `json:"flags"`
	Labels  []Label        `json:"labels"`
	Nets    []netip.Prefix `json:"nets"`
	IDs     []uuid.UUID    `json:"ids"`
	Times   []Instant      `json:"times"`
	Matrix  [][]int64      `json:"matrix"`
	Grouped [][]Word       `json:"grouped,omitzero"`
}

func (Measured) evolve() {}

// Kind is written by hand: the generated one gives way to it.
func (Measured) Kind() Kind { return KindMeasured }

// MarkShipped is a command.
type MarkShipped struct {
	Items []string  `json:"items"`
	At    time.Time `json:"at"`
}

func (MarkShipped) decide() {}

// Cancel is a command that is all optional.
type Cancel struct {
	Reason string `json:"reason,omitzero"`
	Remark Remark `json:"remark,omitzero"`
	Notice Notice `json:"notice,omitzero"`
}

func (Cancel) decide() {}

// Balance is neither event nor command.
type Balance struct {
	Total Amount `json:"total"`
	Parts []Item `json:"parts,omitzero"`
}

// evolve on a pointer does not make an event.
func (b *Balance) evolve() { b.Parts = nil }

var _ interface{ evolve() } = (*Balance)(nil)

// snapshot is a state that the package keeps to itself.
type snapshot struct {
	Balance Balance `json:"balance"`
}
