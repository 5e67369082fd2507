package events

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrUnknownOutcome says that a commit may or may not have been applied: ask again with the
// same ID and Digest, or look the ID up.
var ErrUnknownOutcome = errors.New("events: outcome unknown; ask again with the same commit id")

// ErrClosed says that the store is closed; nothing was applied.
var ErrClosed = errors.New("events: store is closed")

// ErrReadOnly says that the store, or what it is kept on, can only be read; nothing was applied.
var ErrReadOnly = errors.New("events: store is read-only")

// ConflictError says that a stream is not at the version that a commit named: another commit
// was first. Nothing of the commit was applied.
type ConflictError struct {
	Stream StreamID
	After  Version // the version the commit named
	Head   Version // the current version
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("events: conflict on stream %s: it is at version %d, not %d", e.Stream, e.Head, e.After)
}

// DuplicateError says that the ID of a commit was used before for something else. Nothing of
// the commit was applied.
type DuplicateError struct {
	Commit uuid.UUID
	First  Receipt // the receipt of the commit that has the ID
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("events: commit id %s was used before for something else, at position %d", e.Commit, e.First.Position)
}

// BoundsError says that a part of the input lies outside the bounds of the log. Nothing was
// written.
type BoundsError struct {
	Field  string // such as "batches[0].events[2].data"
	Reason string
}

func (e *BoundsError) Error() string { return "events: " + e.Field + ": " + e.Reason }

// CorruptError says that stored history is impossible: a hole, a version twice, a record that
// cannot be decoded, or a step that its machine does not know.
type CorruptError struct {
	Stream   StreamID
	Version  Version
	Position Position
	Type     string
	Err      error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("events: corrupt history: stream %s version %d position %d type %q: %v", e.Stream, e.Version, e.Position, e.Type, e.Err)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Corrupt wraps err as a *CorruptError of that record.
func (r *Record) Corrupt(err error) *CorruptError {
	return &CorruptError{Stream: r.Stream, Version: r.Version, Position: r.Position, Type: r.Type, Err: err}
}
