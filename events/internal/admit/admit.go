// Package admit decides which commits of a group go into a log. It is one pure function that
// every store calls under its writer lock, so that all stores decide alike.
//
// Its laws, which FuzzGroup checks against a log that takes the members one at a time:
//
//   - Deciding a group is deciding its members one after the other, each as a group of one.
//   - A member that is refused changes nothing: without it, the others are decided the same.
//   - Per stream, the members that are admitted form a chain: each begins at the version at
//     which the one before it ended.
//   - Per ID, at most one member is admitted, and none whose ID the log knows.
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

// Verdict is the decision on one member of a group.
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

// Outcome returns the outcome of a member that is not admitted. before holds those of the
// members before it.
func (v *Verdict) Outcome(before []events.Outcome) events.Outcome {
	if v.Same >= 0 {
		r := before[v.Same].Receipt
		r.Repeated = true
		return events.Outcome{Receipt: r}
	}
	if duplicate, ok := v.Err.(*events.DuplicateError); ok && v.Other >= 0 { //nolint:errorlint // Group makes it, unwrapped
		duplicate.First = before[v.Other].Receipt
	}
	return events.Outcome{Receipt: v.Receipt, Err: v.Err}
}

// Group decides the members in order. heads holds the version of every stream that a member
// names, a missing stream being empty; known holds every commit of the log whose ID a member
// has. Group moves heads forward as it admits and changes neither group nor known.
//
// For each member it looks first at the bounds, then at the ID, then at the versions in the
// order of the batches, so that a retry is answered as a retry, whatever has happened since.
func Group(group []events.Commit, heads map[events.StreamID]events.Version, known map[uuid.UUID]Known) []Verdict {
	verdicts := make([]Verdict, len(group))
	var admitted map[uuid.UUID]int
	for i := range group {
		c := &group[i]
		v := &verdicts[i]
		v.Same, v.Other = -1, -1
		if err := c.Validate(); err != nil {
			v.Err = err
			continue
		}
		if k, ok := admitted[c.ID]; ok {
			v.repeat(c, &group[k], k)
			continue
		}
		if k, ok := known[c.ID]; ok {
			v.retry(c, k)
			continue
		}
		if err := conflict(c, heads); err != nil {
			v.Err = err
			continue
		}
		if c.IsGuard() {
			v.Receipt.Commit = c.ID
			continue
		}
		v.Admit = true
		for b := range c.Batches {
			heads[c.Batches[b].Stream] += events.Version(len(c.Batches[b].Events))
		}
		if admitted == nil && len(group) > 1 {
			admitted = make(map[uuid.UUID]int, len(group))
		}
		if admitted != nil {
			admitted[c.ID] = i
		}
	}
	return verdicts
}

// ValidateGuards is Validate of a commit that must consist of guards alone.
func ValidateGuards(c *events.Commit) error {
	if !c.IsGuard() {
		return &events.BoundsError{Field: "batches", Reason: "must be guards alone"}
	}
	return c.Validate()
}

// Size is what bounds a group.
type Size struct{ Members, Events, Bytes int }

// Add counts a member.
func (s *Size) Add(c *events.Commit) {
	s.Members++
	for b := range c.Batches {
		list := c.Batches[b].Events
		s.Events += len(list)
		for e := range list {
			s.Bytes += len(list[e].Meta) + len(list[e].Data)
		}
	}
}

// Plus returns the size of both.
func (s Size) Plus(o Size) Size {
	return Size{s.Members + o.Members, s.Events + o.Events, s.Bytes + o.Bytes}
}

// Fits reports whether a group of more than one member may be so large: MaxGroup, MaxGroupEvents
// and MaxGroupBytes say.
func (s Size) Fits() bool {
	return s.Members <= events.MaxGroup && s.Events <= events.MaxGroupEvents && s.Bytes <= events.MaxGroupBytes
}

// Part returns how many members from the front of a group are decided in one transaction: as
// many as fit, and at least one of a group that has any.
func Part(group []events.Commit) int {
	var size Size
	for i := range group {
		if size.Add(&group[i]); i > 0 && !size.Fits() {
			return i
		}
	}
	return len(group)
}

// repeat answers a member whose ID an earlier member of the group has.
func (v *Verdict) repeat(c, first *events.Commit, k int) {
	if c.Digest == first.Digest {
		v.Same = k
		return
	}
	v.Other, v.Err = k, &events.DuplicateError{Commit: c.ID}
}

// retry answers a member whose ID the log knows.
func (v *Verdict) retry(c *events.Commit, k Known) {
	if c.Digest != k.Digest {
		v.Err = &events.DuplicateError{Commit: c.ID, First: k.Receipt}
		return
	}
	v.Receipt = k.Receipt
	v.Receipt.Repeated = true
}

// conflict returns a *events.ConflictError for the first batch whose stream is elsewhere.
func conflict(c *events.Commit, heads map[events.StreamID]events.Version) error {
	for b := range c.Batches {
		stream, after := c.Batches[b].Stream, c.Batches[b].After
		if head := heads[stream]; head != after {
			return &events.ConflictError{Stream: stream, After: after, Head: head}
		}
	}
	return nil
}
