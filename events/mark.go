package events

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Mark is a place in the history of one log: a link of the sum that the log extends with each
// transaction, and the position of the last record that it covers. Two logs, or two branches of
// one, have the same Mark only if they have the same records up to there.
//
// The zero Mark stands for no knowledge of a log and lies on every history.
type Mark struct {
	Position Position
	Sum      [sha256.Size]byte
}

// Cursor is where a follower of a log stands: the position of the last record that it has taken,
// and a link at or after that position. Without the Mark, the position is taken on trust once.
// The zero Cursor stands before the first record of whichever log it is used with.
//
// Stored as text: see MarshalText.
type Cursor struct {
	Position Position
	Mark     Mark
}

// ForkError says that a log is on another history than the one that was remembered: a backup was
// restored, a standby that lacked the end of the log was promoted, a record was changed, or it is
// another log. What was made from the remembered history cannot be continued with this log.
type ForkError struct {
	Mark Mark // what was remembered
	Have Mark // what the log has: its first link at or after the remembered position, or its last one
	// Server says which server the log was found on, if the store is on one that says so.
	Server string
}

func (e *ForkError) Error() string {
	have := fmt.Sprintf("where the log has %x", e.Have.Sum[:8])
	switch {
	case e.Have.Position < e.Mark.Position:
		have = fmt.Sprintf("but the log ends at position %d", e.Have.Position)
	case e.Have.Position > e.Mark.Position:
		have = fmt.Sprintf("where the log has no link before position %d", e.Have.Position)
	}
	if e.Server != "" {
		have += " (" + e.Server + ")"
	}
	return fmt.Sprintf("events: the log is on another history: link %x was remembered at position %d, %s; a backup was restored, a standby was promoted, or it is another log",
		e.Mark.Sum[:8], e.Mark.Position, have)
}

// Marker is a Store that can say which history it is on. It is optional, like Signaler and
// Snapshots.
//
// The links of a log begin with one of its own random id, at position 0 or, if the log is older
// than its links, at the position of the last record that was there before them. Every
// transaction adds one, at the position of its last record, which becomes readable with its
// records.
//
// A store value dies when it finds that its log has lost a link which the store value itself has
// written or read: nothing is written, and every call, of a caller without a Mark too, returns
// the *ForkError from then on. A Mark that only its caller remembers, such as that of an old
// client, is an error of that call alone. What was made through a store value, such as a Cache,
// ends with it. Whether the other history is the one to go on with is for an operator to decide,
// who opens it anew.
type Marker interface {
	// Mark returns the first link at or after a position, or the last link of a log that ends
	// before it.
	Mark(ctx context.Context, at Position) (Mark, error)

	// Holds returns nil if the log has that link, and a *ForkError if it does not. Every log
	// has the zero Mark: Holds then says only whether the store value is alive, and asks no
	// database.
	Holds(ctx context.Context, m Mark) error

	// ReadFrom yields what ReadAll yields after c.Position, each page being read in the same
	// state of the log in which the Mark of the cursor was found. On another history the first
	// thing it yields is a *ForkError; if c has no Mark and the log ends before c.Position, a
	// *PositionError. An error ends the sequence.
	//
	// It moves c to a record before it yields the record, and past what the filter leaves out to
	// the end of what was read, so that a follower who keeps *c after each record goes on with
	// the next one. If the sequence is ranged over again, it goes on from *c. The cursor must
	// not be changed in between; after an error it stands at the last record that was yielded.
	ReadFrom(ctx context.Context, c *Cursor, f Filter) iter.Seq2[Record, error]

	// Links yields the links after a position, the first of the log included if after is 0, in
	// the order of their positions, up to the last one when the iteration began or later. An
	// error ends the sequence.
	Links(ctx context.Context, after Position) iter.Seq2[Mark, error]
}

// ReadFrom is Marker.ReadFrom for any store. Of one that is not a Marker it reads by the position
// alone: another history is then seen only if its log ends before the cursor, as a *PositionError.
func ReadFrom(ctx context.Context, store Store, c *Cursor, f Filter) iter.Seq2[Record, error] {
	if m, ok := store.(Marker); ok {
		return m.ReadFrom(ctx, c, f)
	}
	return func(yield func(Record, error) bool) {
		settled, err := store.Settled(ctx)
		if err == nil && settled < c.Position {
			err = &PositionError{After: c.Position, Settled: settled}
		}
		if err != nil {
			yield(Record{}, err)
			return
		}
		if settled == c.Position {
			return
		}
		for r, err := range store.ReadAll(ctx, c.Position, f) {
			if err != nil {
				yield(Record{}, err)
				return
			}
			c.Position = r.Position
			if !yield(r, nil) {
				return
			}
		}
		// What the filter has passed over need not be looked at again.
		c.Position = max(c.Position, settled)
	}
}

// IsZero reports whether it is the zero Mark.
func (m Mark) IsZero() bool { return m == Mark{} }

// String returns the position and the sum in hexadecimal digits, with a dot between them.
func (m Mark) String() string { return m.text(len(m.Sum)) }

func (m Mark) text(sum int) string {
	return strconv.FormatUint(uint64(m.Position), 10) + "." + hex.EncodeToString(m.Sum[:sum])
}

// String returns the position alone, or position, position of the mark and its sum as 64
// hexadecimal digits, with dots between them.
func (c Cursor) String() string { return c.text(len(c.Mark.Sum)) }

// ID returns a short form of String, with the first half of the sum, for a client that gives it
// back to Recall, such as the id of a server-sent event.
func (c Cursor) ID() string { return c.text(len(c.Mark.Sum) / 2) }

func (c Cursor) text(sum int) string {
	at := strconv.FormatUint(uint64(c.Position), 10)
	if c.Mark.IsZero() {
		return at
	}
	return at + "." + c.Mark.text(sum)
}

// MarshalText returns String.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is the inverse of MarshalText. Any other text is a *BoundsError.
func (c *Cursor) UnmarshalText(text []byte) error {
	got, err := parseCursor(string(text), Cursor.String)
	if err == nil {
		*c = got
	}
	return err
}

// parseCursor takes a text that one of these forms returns. Half a sum is filled up with zeros.
func parseCursor(text string, forms ...func(Cursor) string) (Cursor, error) {
	at, rest, marked := strings.Cut(text, ".")
	position, err := strconv.ParseUint(at, 10, 64)
	c := Cursor{Position: Position(position)}
	if marked && err == nil {
		at, digits, _ := strings.Cut(rest, ".")
		position, err = strconv.ParseUint(at, 10, 64)
		c.Mark.Position = Position(position)
		sum, _ := hex.DecodeString(digits)
		copy(c.Mark.Sum[:], sum)
	}
	if err != nil || !slices.ContainsFunc(forms, func(form func(Cursor) string) bool { return form(c) == text }) {
		return Cursor{}, &BoundsError{Field: "cursor", Reason: fmt.Sprintf("%q is not position.position.sum", text)}
	}
	return c, nil
}

// Recall returns the cursor whose ID or String a client kept. A text that is neither, nor a
// position alone, is a *BoundsError; one from another history is a *ForkError, whose Mark has
// as much of the sum as the text. Of a store that is not a Marker only the position is used.
func Recall(ctx context.Context, store Store, text string) (Cursor, error) {
	c, err := parseCursor(text, Cursor.ID, Cursor.String)
	if err != nil {
		return Cursor{}, err
	}
	m, ok := store.(Marker)
	if !ok || c.Mark.IsZero() {
		return Cursor{Position: c.Position}, nil
	}
	have, err := m.Mark(ctx, c.Mark.Position)
	if err != nil {
		return Cursor{}, err
	}
	whole := Cursor{Position: c.Position, Mark: have}
	if whole.ID() != text && whole.String() != text {
		// A store may have a reason to say neither.
		if err := m.Holds(ctx, c.Mark); err != nil && !errors.As(err, new(*ForkError)) {
			return Cursor{}, err
		}
		return Cursor{}, &ForkError{Mark: c.Mark, Have: have}
	}
	return whole, nil
}
