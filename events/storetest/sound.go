package storetest

import (
	"bytes"
	"fmt"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// sound is an independent audit of a store at rest: the log by position, the streams by
// version, the commits by index, and Settled must agree.
func (e *env) sound(s events.Store) error {
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	if err := ordered(log); err != nil {
		return err
	}
	streams := make(map[events.StreamID][]events.Record)
	last := events.Position(0)
	for _, r := range log {
		streams[r.Stream] = append(streams[r.Stream], r)
		last = r.Position
	}
	for stream, want := range streams {
		got, err := collect(s.Read(e.ctx, stream, 0))
		if err != nil {
			return err
		}
		if err := sameRecords(got, want); err != nil {
			return fmt.Errorf("stream %s differs from the log: %w", stream, err)
		}
	}
	settled, err := s.Settled(e.ctx)
	if err != nil {
		return fmt.Errorf("settled: %w", err)
	}
	if settled < last || last == 0 && settled != 0 {
		return fmt.Errorf("settled at %d, but the last record is at %d", settled, last)
	}
	return nil
}

// ordered checks records that were read from the beginning.
func ordered(log []events.Record) error {
	o := newOrder()
	for i := range log {
		if err := o.next(&log[i]); err != nil {
			return err
		}
	}
	return nil
}

// order is what a reader of a log knows so far, and checks of the next record: positions rise, versions count from
// 1 without holes in each stream, indexes count from 0 without holes in each commit.
type order struct {
	last     events.Position
	versions map[events.StreamID]events.Version
	indexes  map[uuid.UUID]int
}

func newOrder() *order {
	return &order{versions: make(map[events.StreamID]events.Version), indexes: make(map[uuid.UUID]int)}
}

func (o *order) next(r *events.Record) error {
	if r.Position <= o.last {
		return fmt.Errorf("position %d comes after %d", r.Position, o.last)
	}
	if r.Version != o.versions[r.Stream]+1 {
		return fmt.Errorf("stream %s: version %d comes after %d", r.Stream, r.Version, o.versions[r.Stream])
	}
	if r.Index != o.indexes[r.Commit] {
		return fmt.Errorf("commit %s: index %d comes where %d should", r.Commit, r.Index, o.indexes[r.Commit])
	}
	o.last = r.Position
	o.versions[r.Stream]++
	o.indexes[r.Commit]++
	return nil
}

// sameRecords compares records in every field.
func sameRecords(got, want []events.Record) error {
	for i := range min(len(got), len(want)) {
		if err := sameRecord(got[i], want[i]); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d records, want %d", len(got), len(want))
	}
	return nil
}

func sameRecord(got, want events.Record) error {
	if !bytes.Equal(got.Meta, want.Meta) || !bytes.Equal(got.Data, want.Data) {
		return fmt.Errorf("%s version %d: meta or data are not the bytes that were given", want.Stream, want.Version)
	}
	// A store may leave all Digests out: digestKept looks at that.
	if len(got.Digest) > 0 && !bytes.Equal(got.Digest, want.Digest) {
		return fmt.Errorf("%s version %d: the digest is %x, want %x", want.Stream, want.Version, got.Digest, want.Digest)
	}
	got.Meta, got.Data, want.Meta, want.Data, got.Digest, want.Digest = nil, nil, nil, nil, nil, nil
	// Instants compare with ==, so that a stray zone or monotonic reading is a fault.
	if got.Position != want.Position || got.Stream != want.Stream || got.Version != want.Version || got.Commit != want.Commit ||
		got.Index != want.Index || got.Type != want.Type || got.Schema != want.Schema || got.At != want.At {
		return fmt.Errorf("%+v, want %+v", got, want)
	}
	return nil
}

// recordsOf returns the records of a commit that was applied. Their positions are taken from got,
// as far as it goes.
func recordsOf(c events.Commit, got []events.Record) []events.Record {
	var list []events.Record
	for _, b := range c.Batches {
		for i, event := range b.Events {
			r := events.Record{
				Stream: b.Stream, Version: b.After + events.Version(i) + 1, Commit: c.ID, Index: len(list),
				Type: event.Type, Schema: event.Schema, At: event.At.UTC(), Meta: event.Meta, Data: event.Data,
			}
			if len(list) == 0 {
				r.Digest = c.Digest[:]
			}
			if len(list) < len(got) {
				r.Position = got[len(list)].Position
			}
			list = append(list, r)
		}
	}
	return list
}
