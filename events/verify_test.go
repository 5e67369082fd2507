package events_test

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// decode takes the records of tallies.
func decode(r events.Record) error {
	_, err := decodeAdd(r.Type, r.Schema, r.Data)
	return err
}

func TestVerifySoundLog(t *testing.T) {
	store := memory.New()
	report, err := events.Verify(t.Context(), store, decode)
	wantEqual(t, "the empty log", report, events.Report{})
	wantEqual(t, "error", err, nil)
	for n := range 10 {
		if err := transact(t, store, func(tx *events.Tx) error {
			return errors.Join(adding("tally-a", add(n), 2)(t.Context(), tx), adding("tally-b", 3)(t.Context(), tx))
		}); err != nil {
			t.Fatal(err)
		}
	}
	mustAdd(t, store, "tally-c", 4)
	want := events.Report{Records: 31, Streams: 3, Commits: 11, Last: 31, Links: 11}
	var progress []events.Report
	for _, d := range []func(events.Record) error{decode, nil} {
		report, err = events.Verify(t.Context(), store, d, events.Progress(10, func(r events.Report) { progress = append(progress, r) }))
		wantEqual(t, "report", report, want)
		wantEqual(t, "error", err, nil)
	}
	if len(progress) != 6 || progress[2] != (events.Report{Records: 30, Streams: 2, Commits: 10, Last: 30, Links: 10}) {
		t.Errorf("progress %+v", progress)
	}
	_, err = events.Verify(t.Context(), store, decode, events.Progress(0, nil))
	wantEqual(t, "error", err, nil)
}

// The records of commits may lie between each other, and positions may leave holes.
func TestVerifyInterleavedCommits(t *testing.T) {
	records := sound("tally-a", 6)
	for i := range records {
		records[i].Position *= 3
		records[i].Commit = uuid.UUID{15: byte(1 + i%2)}
		records[i].Index = i / 2
	}
	report, err := events.Verify(t.Context(), history{Store: memory.New(), records: records}, decode)
	wantEqual(t, "report", report, events.Report{Records: 6, Streams: 1, Commits: 2, Last: 18})
	wantEqual(t, "error", err, nil)
}

func TestVerifyNamesTheFirstFault(t *testing.T) {
	other := uuid.UUID{1}
	for name, spoil := range map[string]func(r []events.Record) []events.Record{
		"position zero":          func(r []events.Record) []events.Record { r[0].Position = 0; return r },
		"position repeats":       func(r []events.Record) []events.Record { r[3].Position = 3; return r },
		"position goes back":     func(r []events.Record) []events.Record { r[3].Position = 1; return r },
		"hole":                   func(r []events.Record) []events.Record { return slices.Delete(r, 2, 3) },
		"duplicate version":      func(r []events.Record) []events.Record { r[3].Version = 3; return r },
		"version zero":           func(r []events.Record) []events.Record { r[0].Version = 0; return r },
		"first version is two":   func(r []events.Record) []events.Record { r[3].Stream = "tally-b"; return r },
		"stream id":              func(r []events.Record) []events.Record { r[3].Stream = "tally-\x00"; return r },
		"no stream id":           func(r []events.Record) []events.Record { r[3].Stream = ""; return r },
		"no commit":              func(r []events.Record) []events.Record { r[3].Commit = uuid.Nil; return r },
		"commit begins at one":   func(r []events.Record) []events.Record { r[3].Index = 1; return r },
		"index below zero":       func(r []events.Record) []events.Record { r[3].Index = -1; return r },
		"index repeats":          func(r []events.Record) []events.Record { r[3].Commit = r[0].Commit; return r },
		"index is left out":      func(r []events.Record) []events.Record { r[3].Commit, r[3].Index = r[2].Commit, 2; return r },
		"no type":                func(r []events.Record) []events.Record { r[3].Type = ""; return r },
		"type outside alphabet":  func(r []events.Record) []events.Record { r[3].Type = "Tally"; return r },
		"schema zero":            func(r []events.Record) []events.Record { r[3].Schema = 0; return r },
		"instant before 1970":    func(r []events.Record) []events.Record { r[3].At = time.Time{}; return r },
		"instant after 2261":     func(r []events.Record) []events.Record { r[3].At = events.MaxInstant.Add(1); return r },
		"data beyond the bounds": func(r []events.Record) []events.Record { r[3].Data = make([]byte, events.MaxData+1); return r },
		"meta beyond the bounds": func(r []events.Record) []events.Record { r[3].Meta = make([]byte, events.MaxMeta+1); return r },
		"undecodable":            func(r []events.Record) []events.Record { r[3].Data = nil; return r },
		"unknown type":           func(r []events.Record) []events.Record { r[3].Type = "tally.dropped"; return r },
		"two faults": func(r []events.Record) []events.Record {
			r[3].Data = nil
			r[4].Commit = other
			r[4].Version = 9
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := sound("tally-a", 6)
			records := spoil(sound("tally-a", 6))
			at := 0
			for records[at].Position == before[at].Position && decode(records[at]) == nil && same(records[at], before[at]) {
				at++
			}
			report, err := events.Verify(t.Context(), history{Store: memory.New(), records: records}, decode)
			corrupt := wantAs[*events.CorruptError](t, err)
			bad := records[at]
			if corrupt.Position != bad.Position || corrupt.Stream != bad.Stream || corrupt.Version != bad.Version || corrupt.Type != bad.Type {
				t.Errorf("%v; want it to name record %d", err, at)
			}
			want := events.Report{Records: at, Streams: min(at, 1), Commits: at, Last: events.Position(at)}
			wantEqual(t, "report", report, want)
		})
	}
}

// same reports whether two records are equal except for their data.
func same(a, b events.Record) bool {
	return a.Stream == b.Stream && a.Version == b.Version && a.Commit == b.Commit && a.Index == b.Index &&
		a.Type == b.Type && a.Schema == b.Schema && a.At.Equal(b.At) && len(a.Data) == len(b.Data) && len(a.Meta) == len(b.Meta)
}

// huge is a log of one commit with more records than a commit may have.
type huge struct{ events.Store }

func (huge) ReadAll(context.Context, events.Position, events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		r := events.Record{Stream: "count-a", Commit: uuid.UUID{1}, Type: "count.rose", Schema: 1, At: noon, Data: binary.BigEndian.AppendUint64(nil, 1)}
		for i := range 70_000 {
			r.Position, r.Version, r.Index = events.Position(i+1), events.Version(i+1), i
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestVerifyBoundsACommit(t *testing.T) {
	report, err := events.Verify(t.Context(), huge{memory.New()}, nil)
	wantEqual(t, "version", wantAs[*events.CorruptError](t, err).Version, events.MaxEvents+1)
	wantEqual(t, "report", report, events.Report{Records: events.MaxEvents, Streams: 1, Commits: 1, Last: events.MaxEvents})
}

// An error of the store is not a fault of the log, and a context that ends stops the walk.
func TestVerifyReturnsReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	report, err := events.Verify(t.Context(), history{Store: memory.New(), records: sound("tally-a", 2), err: broken}, decode)
	if err != broken { //nolint:errorlint // it must be the very error
		t.Errorf("got %v, want %v", err, broken)
	}
	wantEqual(t, "records", report.Records, 2)

	ctx, cancel := context.WithCancel(t.Context())
	store := history{Store: memory.New(), records: sound("tally-a", 5)}
	report, err = events.Verify(ctx, store, decode, events.Progress(2, func(events.Report) { cancel() }))
	wantIs(t, err, context.Canceled)
	wantEqual(t, "records", report.Records, 2)
}
