package desk

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/internal/wire"
	"github.com/tradesurety/surety/order/trade"
)

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -state Meta -view Entry

// Command is a request: who issues which command, under which ID.
type Command struct {
	// ID names the request. Keep it: the same command with the same ID again is harmless and
	// gives the same result; another command with the same ID is a *events.DuplicateError, unless
	// it is not the actor's to issue, which is refused under any ID (D64).
	// Another payload, stream, role or account makes another command; Expect and what is
	// kept with the events do not.
	ID uuid.UUID
	// By is who issues it, as the caller has authenticated them.
	By trade.Actor
	// Expect, if it is not 0, is the version that the addressed stream must have.
	Expect events.Version
	// Do is the command and its stream, made by OnOrder, OnSeller, OnEntrustment, OnLine,
	// OnPayLater, OnQuota or OnFunds.
	Do Action
	// Correlation, Causation and Trace are kept with the events for those who follow them; at
	// most 200 bytes each.
	Correlation, Causation, Trace string
}

// request checks the command and returns the name and the digest under which the log keeps it.
func (c *Command) request() (events.Request, error) {
	if err := c.Do.check(); err != nil {
		return events.Request{}, err
	}
	if c.ID == uuid.Nil || c.ID.Variant() != uuid.RFC4122 {
		return events.Request{}, trade.Invalid("command.id", "must be a UUID of RFC 9562 and not the nil UUID")
	}
	if err := c.By.Validate(); err != nil {
		return events.Request{}, err
	}
	if c.By.Role == trade.Desk {
		return events.Request{}, errClaimsDesk()
	}
	for _, kept := range [...]struct{ field, text string }{
		{"command.correlation", c.Correlation}, {"command.causation", c.Causation}, {"command.trace", c.Trace},
	} {
		if kept.text == "" {
			continue
		}
		if err := trade.CheckText(kept.field, kept.text, 200); err != nil {
			return events.Request{}, err
		}
	}
	return events.Request{ID: c.ID, Digest: c.digest()}, nil
}

func errClaimsDesk() error { return trade.Invalid("actor.role", "nobody outside may act as the desk") }

// digest is of what is requested, from which stream, and by whom; never of the answer.
func (c *Command) digest() [32]byte {
	var room [1024]byte // for most commands
	b := room[:0]
	for _, part := range [...]string{c.Do.name, string(c.Do.payload), string(c.Do.stream), c.By.Role.String(), string(c.By.Account)} {
		// The length before each part keeps two lists of parts from running together alike.
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}

// Meta is what the log keeps beside each event of a command: who issued it, and the caller's
// references. Stored: add fields, never rename or remove.
type Meta struct {
	Role        trade.Role    `json:"role"`
	Account     trade.Account `json:"account,omitzero"`
	Command     string        `json:"command"`
	Correlation string        `json:"correlation,omitzero"`
	Causation   string        `json:"causation,omitzero"`
	Trace       string        `json:"trace,omitzero"`
}

func (c *Command) meta() []byte {
	m := Meta{
		Role: c.By.Role, Account: c.By.Account, Command: c.Do.name,
		Correlation: c.Correlation, Causation: c.Causation, Trace: c.Trace,
	}
	return m.appendJSON(nil)
}

// DecodeMeta reads what a desk wrote into an event's Meta.
func DecodeMeta(data []byte) (Meta, error) {
	var m Meta
	r := wire.NewReader(data)
	m.decodeJSON(r)
	if err := r.End(); err != nil {
		return m, wire.Malformed("meta", err)
	}
	return m, nil
}
