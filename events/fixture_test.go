package events_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// noon is the instant of most events in these tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// tally is a state with everything that can go wrong in one: a slice, an instant, the stream.
type tally struct {
	Stream events.StreamID
	Sum    int64
	Items  []int64
	Last   time.Time
}

// add is the only event of a tally. One of -1 is a step that its machine does not know.
type add int64

var errStep = errors.New("a step outside the table")

// tallies is a model that keeps the laws. Schema 1 of tally.added was plain decimal.
var tallies = newTallies()

func newTallies() *events.Model[tally, add] {
	return &events.Model[tally, add]{
		Category: "tally",
		New:      func(s events.StreamID) tally { return tally{Stream: s} },
		Evolve: func(t *tally, a add, at time.Time) error {
			if a == -1 {
				return errStep
			}
			t.Sum += int64(a)
			t.Items = append(slices.Clip(t.Items), int64(a))
			t.Last = at
			return nil
		},
		Encode: func(buf []byte, a add) (string, uint16, []byte, error) {
			if a == -2 {
				return "tally.added", 2, nil, errors.New("no such number")
			}
			return "tally.added", 2, fmt.Appendf(buf, "n=%d", int64(a)), nil
		},
		Decode: decodeAdd,
	}
}

func decodeAdd(typ string, schema uint16, data []byte) (add, error) {
	if typ != "tally.added" || schema < 1 || schema > 2 {
		return 0, fmt.Errorf("%w: %s schema %d", events.ErrUnknownType, typ, schema)
	}
	if schema == 2 {
		rest, ok := bytes.CutPrefix(data, []byte("n="))
		if !ok {
			return 0, errors.New("no n=")
		}
		data = rest
	}
	n, err := strconv.ParseInt(string(data), 10, 64)
	return add(n), err
}

// counts is a tiny model: its state is the number of events, and nothing in it allocates.
var counts = &events.Model[uint64, uint64]{
	Category: "count",
	Evolve:   func(n *uint64, by uint64, _ time.Time) error { *n += by; return nil },
	Encode: func(buf []byte, by uint64) (string, uint16, []byte, error) {
		return "count.rose", 1, binary.BigEndian.AppendUint64(buf, by), nil
	},
	Decode: func(typ string, schema uint16, data []byte) (uint64, error) {
		if typ != "count.rose" || schema != 1 || len(data) != 8 {
			return 0, events.ErrUnknownType
		}
		return binary.BigEndian.Uint64(data), nil
	},
}

// asked is a new request.
func asked() events.Request { return events.Request{ID: uuid.New()} }

// adding is a function that adds numbers to a stream.
func adding(stream events.StreamID, numbers ...add) func(context.Context, *events.Tx) error {
	return func(_ context.Context, tx *events.Tx) error {
		if _, _, err := tallies.Load(tx, stream); err != nil {
			return err
		}
		tx.Stamp(noon, nil)
		return tallies.Append(tx, stream, numbers...)
	}
}

// mustAdd adds numbers to a stream in one commit.
func mustAdd(t testing.TB, store events.Store, stream events.StreamID, numbers ...add) {
	t.Helper()
	if _, err := events.Transact(t.Context(), store, asked(), adding(stream, numbers...)); err != nil {
		t.Fatalf("adding %v to %s: %v", numbers, stream, err)
	}
}

// mustReplay returns the folded state of a stream.
func mustReplay(t testing.TB, store events.Store, stream events.StreamID) (tally, events.Version) {
	t.Helper()
	state, version, err := tallies.Replay(t.Context(), store, stream)
	if err != nil {
		t.Fatalf("replay of %s: %v", stream, err)
	}
	return state, version
}

// wantItems requires the stream to hold exactly these numbers.
func wantItems(t testing.TB, store events.Store, stream events.StreamID, want ...int64) {
	t.Helper()
	if got, _ := mustReplay(t, store, stream); !slices.Equal(got.Items, want) {
		t.Errorf("%s holds %v, want %v", stream, got.Items, want)
	}
}

func wantEqual[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// wantAs requires err to be an error of type T and returns it.
func wantAs[T error](t testing.TB, err error) T {
	t.Helper()
	var target T
	if !errors.As(err, &target) {
		t.Fatalf("got error %v, want a %T", err, target)
	}
	return target
}

func wantIs(t testing.TB, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Fatalf("got error %v, want one that is %v", err, target)
		}
	}
}

// eventually waits until so returns true, for a time that only a hang exceeds.
func eventually(t testing.TB, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never happened")
		}
	}
}

// watched is a store that counts its reads, and whose answers a test can change.
type watched struct {
	events.Store
	reads   atomic.Int64 // calls of Read
	records atomic.Int64 // records that Read has yielded
	read    func() error // fails a Read
	ended   func()       // runs when a Read has yielded its last record
	append  func(ctx context.Context, c events.Commit) (events.Receipt, error)
	latest  func(s events.Snapshot, ok bool) (events.Snapshot, bool, error)
	save    func(s events.Snapshot) error // fails a SaveSnapshot, or makes it wait
}

func (w *watched) Read(ctx context.Context, s events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		w.reads.Add(1)
		if w.read != nil {
			if err := w.read(); err != nil {
				yield(events.Record{}, err)
				return
			}
		}
		for r, err := range w.Store.Read(ctx, s, after) {
			w.records.Add(1)
			if !yield(r, err) {
				return
			}
		}
		if w.ended != nil {
			w.ended()
		}
	}
}

func (w *watched) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if w.append != nil {
		return w.append(ctx, c)
	}
	return w.Store.Append(ctx, c)
}

func (w *watched) SaveSnapshot(ctx context.Context, s events.Snapshot) error {
	if w.save != nil {
		if err := w.save(s); err != nil {
			return err
		}
	}
	return w.Store.(events.Snapshots).SaveSnapshot(ctx, s)
}

func (w *watched) LatestSnapshot(ctx context.Context, s events.StreamID, fold string) (events.Snapshot, bool, error) {
	var snapshot events.Snapshot
	var ok bool
	if inner, is := w.Store.(events.Snapshots); is {
		var err error
		if snapshot, ok, err = inner.LatestSnapshot(ctx, s, fold); err != nil {
			return snapshot, ok, err
		}
	}
	if w.latest != nil {
		return w.latest(snapshot, ok)
	}
	return snapshot, ok, nil
}

// history is a store that yields the records it was made of, in this order.
type history struct {
	events.Store
	records []events.Record
	err     error // ends every sequence, if set
}

func (h history) Read(_ context.Context, _ events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return h.yield(func(r *events.Record) bool { return r.Version > after })
}

func (h history) ReadAll(_ context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return h.yield(func(r *events.Record) bool { return f.Matches(r.Stream, r.Type) })
}

func (h history) yield(match func(*events.Record) bool) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for i := range h.records {
			if match(&h.records[i]) && !yield(h.records[i], nil) {
				return
			}
		}
		if h.err != nil {
			yield(events.Record{}, h.err)
		}
	}
}

// sound returns n records of one stream as they should be, each in a commit of its own.
func sound(stream events.StreamID, n int) []events.Record {
	records := make([]events.Record, n)
	for i := range records {
		records[i] = events.Record{
			Position: events.Position(i + 1), Stream: stream, Version: events.Version(i + 1),
			Commit: uuid.UUID{15: byte(i + 1), 14: byte((i + 1) >> 8)}, Type: "tally.added", Schema: 2,
			At: noon.Add(time.Duration(i) * time.Second), Data: fmt.Appendf(nil, "n=%d", i+1),
		}
	}
	return records
}
