package events

import (
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
)

// The bounds of the log. A commit beyond them is refused before anything is written.
const (
	MaxData        = 64 << 10 // bytes of Event.Data
	MaxMeta        = 4 << 10  // bytes of Event.Meta
	MaxType        = 100      // bytes of Event.Type
	MaxStream      = 200      // bytes of a StreamID
	MaxCategory    = 40       // bytes of a stream's category
	MaxEvents      = 1000     // events over all batches of a commit
	MaxBatches     = 1000     // batches of a commit, guards included
	MaxGroup       = 256      // members of a group that are decided in one transaction
	MaxGroupEvents = 4096     // events of a group that are decided in one transaction, unless its first member has more
	MaxGroupBytes  = 16 << 20 // bytes of Data and Meta of a group that are decided in one transaction, unless its first member has more
	MaxSnapshot    = 16 << 20 // bytes of Snapshot.Data
)

// MinInstant and MaxInstant bound Event.At: an instant is stored as nanoseconds since 1970
// in 64 bits.
var (
	MinInstant = time.Unix(0, 0).UTC()
	MaxInstant = time.Date(2261, 12, 31, 23, 59, 59, 999999999, time.UTC)
)

// Validate returns a *BoundsError that names the first part of the commit that lies outside
// the bounds of the log, or nil. Stores call it before anything else.
func (c Commit) Validate() error {
	if c.ID == uuid.Nil {
		return &BoundsError{Field: "id", Reason: "must not be the nil UUID"}
	}
	if len(c.Batches) == 0 {
		return &BoundsError{Field: "batches", Reason: "a commit needs at least one"}
	}
	if len(c.Batches) > MaxBatches {
		return &BoundsError{Field: "batches", Reason: fmt.Sprintf("%d are more than %d", len(c.Batches), MaxBatches)}
	}
	var seen map[StreamID]struct{}
	if len(c.Batches) > fewBatches {
		seen = make(map[StreamID]struct{}, len(c.Batches))
	}
	events := 0
	for i := range c.Batches {
		b := &c.Batches[i]
		if err := b.Stream.Validate(); err != nil {
			return &BoundsError{Field: fmt.Sprintf("batches[%d].stream", i), Reason: err.Reason}
		}
		if c.twice(i, seen) {
			return &BoundsError{Field: fmt.Sprintf("batches[%d].stream", i), Reason: fmt.Sprintf("%q appears twice", b.Stream)}
		}
		if events += len(b.Events); events > MaxEvents {
			return &BoundsError{Field: "events", Reason: fmt.Sprintf("more than %d in one commit", MaxEvents)}
		}
		for k := range b.Events {
			if field, reason := b.Events[k].fault(); field != "" {
				return &BoundsError{Field: fmt.Sprintf("batches[%d].events[%d].%s", i, k, field), Reason: reason}
			}
		}
	}
	return nil
}

// fewBatches is how many batches are compared with each other: commits of the domain have a
// handful, and for those it is faster than a map.
const fewBatches = 16

// twice reports whether a batch before the ith is of the same stream. seen is nil, or holds
// the streams of those batches and gets that of the ith.
func (c Commit) twice(i int, seen map[StreamID]struct{}) bool {
	stream := c.Batches[i].Stream
	if seen != nil {
		_, ok := seen[stream]
		seen[stream] = struct{}{}
		return ok
	}
	for k := range i {
		if c.Batches[k].Stream == stream {
			return true
		}
	}
	return false
}

// IsGuard reports whether the commit only checks: none of its batches has events.
func (c Commit) IsGuard() bool { return c.Events() == 0 }

// Events returns the number of events over all batches.
func (c Commit) Events() int {
	n := 0
	for i := range c.Batches {
		n += len(c.Batches[i].Events)
	}
	return n
}

// fault names the first field of the event outside the bounds and why, or returns "".
func (e *Event) fault() (field, reason string) {
	switch {
	case e.Type == "":
		return "type", "must not be empty"
	case len(e.Type) > MaxType:
		return "type", fmt.Sprintf("%d bytes are more than %d", len(e.Type), MaxType)
	case !isType(e.Type):
		return "type", fmt.Sprintf("%q has characters other than a-z 0-9 . - _", e.Type)
	case e.Schema == 0:
		return "schema", "counts from 1"
	case e.At.Before(MinInstant) || e.At.After(MaxInstant):
		return "at", fmt.Sprintf("lies outside %s to %s", MinInstant.Format(time.DateOnly), MaxInstant.Format(time.DateOnly))
	case len(e.Meta) > MaxMeta:
		return "meta", fmt.Sprintf("%d bytes are more than %d", len(e.Meta), MaxMeta)
	case len(e.Data) > MaxData:
		return "data", fmt.Sprintf("%d bytes are more than %d", len(e.Data), MaxData)
	}
	return "", ""
}

func isType(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// Validate returns a *BoundsError that names the first part of the snapshot that lies outside
// the bounds of the log, or nil. Stores call it before anything else.
func (s Snapshot) Validate() error {
	if err := s.Stream.Validate(); err != nil {
		return err
	}
	switch {
	case s.Version == 0 || s.Version > math.MaxInt64:
		return &BoundsError{Field: "version", Reason: "is not that of a record"}
	case len(s.Data) > MaxSnapshot:
		return &BoundsError{Field: "data", Reason: fmt.Sprintf("%d bytes are more than %d", len(s.Data), MaxSnapshot)}
	}
	return nil
}
