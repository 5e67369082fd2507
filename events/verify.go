package events

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Report says how much of a log Verify has walked.
type Report struct {
	Records int
	Streams int
	Commits int
	Last    Position // of the last record, 0 for an empty log
	// Links is the number of links that were recomputed, and Uncovered the last position that
	// no link covers: that of the last record which was there before the links began, or 0. A
	// store that is not a Marker has no links.
	Links     int
	Uncovered Position
}

// VerifyOption changes how Verify works.
type VerifyOption func(*verifier)

// Progress calls f after every so many records. Below 1 it has no effect.
func Progress(every int, f func(Report)) VerifyOption {
	return func(v *verifier) { v.every, v.progress = every, f }
}

// Verify walks the log from its first record to the last settled one and returns how much it
// has seen. The first record that is impossible is a *CorruptError that names it; the report then
// counts the records before it. Any other error is that of the store.
//
// It checks that positions rise, that the versions of each stream are 1, 2, 3 without a hole
// or a duplicate, that each commit's records have the indexes 0, 1, 2 in this order, that
// stream ids, types, digests, schema versions, instants and sizes lie within the bounds of the log, and
// that decode takes every record. A nil decode takes them all. It recomputes every link of a
// Marker from the records that the link covers, so that a record which was changed, removed or
// added is found; the first link is taken on trust.
//
// It holds one entry in memory for each stream and for each commit, some 100 and 40 bytes,
// and no record.
func Verify(ctx context.Context, store Store, decode func(Record) error, opts ...VerifyOption) (Report, error) {
	v := verifier{decode: decode, heads: make(map[StreamID]Version), next: make(map[uuid.UUID]uint16)}
	for _, o := range opts {
		o(&v)
	}
	if m, ok := store.(Marker); ok {
		l, err := newLinkVerifier(ctx, m)
		if err != nil {
			return v.report, err
		}
		defer l.stop()
		v.links, v.report.Uncovered = l, l.at.Position
	}
	var last Record
	for r, err := range store.ReadAll(ctx, 0, Filter{}) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return v.report, err
		}
		if err := v.check(&r); err != nil {
			return v.report, r.Corrupt(err)
		}
		if v.links != nil {
			if err := v.links.take(&r, &v.report); err != nil {
				return v.report, err
			}
		}
		v.count(&r)
		last = r
	}
	if v.links != nil {
		return v.report, v.links.end(ctx, store, &last)
	}
	return v.report, nil
}

// verifier is what Verify knows of the log before the next record.
type verifier struct {
	decode   func(Record) error
	every    int
	progress func(Report)
	report   Report
	links    *linkVerifier // nil for a store that is not a Marker
	heads    map[StreamID]Version
	next     map[uuid.UUID]uint16 // the index that the commit's next record has
}

// check returns what is wrong with the next record, or nil.
func (v *verifier) check(r *Record) error {
	if r.Position <= v.report.Last {
		return fmt.Errorf("the position comes after position %d", v.report.Last)
	}
	if err := r.Stream.Validate(); err != nil {
		return err
	}
	if err := follows(r, r.Stream, v.heads[r.Stream]); err != nil {
		return err
	}
	if r.Commit == uuid.Nil {
		return errors.New("the record has no commit")
	}
	if next := int(v.next[r.Commit]); r.Index != next {
		return fmt.Errorf("the record has index %d in commit %s, where %d is next", r.Index, r.Commit, next)
	}
	if r.Index >= MaxEvents {
		return fmt.Errorf("commit %s has more than %d records", r.Commit, MaxEvents)
	}
	if n := len(r.Digest); n > 0 && (r.Index > 0 || n != len(Commit{}.Digest)) {
		return fmt.Errorf("the record of index %d has a digest of %d bytes", r.Index, n)
	}
	e := Event{Type: r.Type, Schema: r.Schema, At: r.At, Meta: r.Meta, Data: r.Data}
	if field, reason := e.fault(); field != "" {
		return &BoundsError{Field: field, Reason: reason}
	}
	if v.decode == nil {
		return nil
	}
	return v.decode(*r)
}

// count adds the record to what is known.
func (v *verifier) count(r *Record) {
	if r.Version == 1 {
		v.report.Streams++
	}
	if r.Index == 0 {
		v.report.Commits++
	}
	v.report.Records++
	v.report.Last = r.Position
	v.heads[r.Stream] = r.Version
	v.next[r.Commit]++
	if v.every > 0 && v.report.Records%v.every == 0 {
		v.progress(v.report)
	}
}
