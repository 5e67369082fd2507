// Package admit decides which commits of a group go into a log. It is one pure function that
// every store calls under its writer lock, so that all stores decide alike.
package admit

import (
	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Known is what a store keeps of a commit: what was asked and the first receipt.
type Known struct {
	Digest  [32]byte
	Receipt events.Receipt
}

// Verdict is what becomes of one member of a group.
type Verdict struct {
	// Admit says that the member's events are to be inserted.
	Admit bool
	// Same is the index of the earlier member of this group whose receipt this one repeats,
	// or -1.
	Same int
	// Receipt and Err are the answer of a member that is neither admitted nor Same.
	Receipt events.Receipt
	// Err is a *events.ConflictError, a *events.DuplicateError, a *events.BoundsError, or nil.
	// The First receipt of a DuplicateError against a member of this group is still empty;
	// Other is then that member's index, and -1 otherwise.
	Err   error
	Other int
}

// Group decides the members in order. heads holds the version of every stream that a member
// names, a missing stream being empty; known holds every commit of the log whose ID a member
// has. Group moves heads forward as it admits and changes neither group nor known.
//
// For each member it looks first at the bounds, then at the ID, then at the versions in the
// order of the batches, so that a retry is answered as a retry whatever has happened since.
func Group(group []events.Commit, heads map[events.StreamID]events.Version, known map[uuid.UUID]Known) []Verdict {
	verdicts := make([]Verdict, len(group))
	var admitted map[uuid.UUID]int
	for i := range group {
		c := &group[i]
		v := one(c, heads, known)
		if k, ok := admitted[c.ID]; ok && c.Validate() == nil {
			v = repeats(c, &group[k], k)
		}
		if v.Admit {
			if admitted == nil {
				admitted = make(map[uuid.UUID]int, len(group))
			}
			admitted[c.ID] = i
			for b := range c.Batches {
				heads[c.Batches[b].Stream] = c.Batches[b].After + events.Version(len(c.Batches[b].Events))
			}
		}
		verdicts[i] = v
	}
	return verdicts
}

// repeats answers a member whose ID an earlier member of the group has.
func repeats(c, first *events.Commit, k int) Verdict {
	if c.Digest == first.Digest {
		return Verdict{Same: k, Other: -1}
	}
	return Verdict{Same: -1, Other: k, Err: &events.DuplicateError{Commit: c.ID}}
}

// one answers a member by the log alone.
func one(c *events.Commit, heads map[events.StreamID]events.Version, known map[uuid.UUID]Known) Verdict {
	v := Verdict{Same: -1, Other: -1}
	if err := c.Validate(); err != nil {
		v.Err = err
		return v
	}
	if k, ok := known[c.ID]; ok {
		if k.Digest != c.Digest {
			v.Err = &events.DuplicateError{Commit: c.ID, First: k.Receipt}
			return v
		}
		v.Receipt = k.Receipt
		v.Receipt.Repeated = true
		return v
	}
	for b := range c.Batches {
		stream, after := c.Batches[b].Stream, c.Batches[b].After
		if head := heads[stream]; head != after {
			v.Err = &events.ConflictError{Stream: stream, After: after, Head: head}
			return v
		}
	}
	if c.IsGuard() {
		v.Receipt = events.Receipt{Commit: c.ID}
		return v
	}
	v.Admit = true
	return v
}
