package events_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

func TestReplay(t *testing.T) {
	store := memory.New()
	got, version := mustReplay(t, store, "tally-a")
	wantEqual(t, "the empty stream", got, tally{Stream: "tally-a"})
	wantEqual(t, "its version", version, 0)

	mustAdd(t, store, "tally-a", 1, 2)
	mustAdd(t, store, "tally-b", 9)
	mustAdd(t, store, "tally-a", 3)
	got, version = mustReplay(t, store, "tally-a")
	wantEqual(t, "the state", got, tally{Stream: "tally-a", Sum: 6, Items: []int64{1, 2, 3}, Last: noon})
	wantEqual(t, "its version", version, 3)

	n, v, err := counts.Replay(t.Context(), store, "count-none")
	if n != 0 || v != 0 || err != nil {
		t.Errorf("a model without New: %d at %d, %v", n, v, err)
	}
}

// recorded is a history in memory, one second an event.
func recorded(numbers ...add) []events.Recorded[add] {
	history := make([]events.Recorded[add], len(numbers))
	for i, n := range numbers {
		history[i] = events.Recorded[add]{At: noon.Add(time.Duration(i) * time.Second), Event: n}
	}
	return history
}

func TestContinue(t *testing.T) {
	history := recorded(1, 2, 3, 4)
	empty := tally{Stream: "tally-a"}
	whole, err := tallies.Continue("tally-a", empty, history)
	wantEqual(t, "error", err, nil)
	wantEqual(t, "the whole", whole, tally{Stream: "tally-a", Sum: 10, Items: []int64{1, 2, 3, 4}, Last: noon.Add(3 * time.Second)})
	for cut := range len(history) + 1 {
		prefix, err := tallies.Continue("tally-a", empty, history[:cut])
		wantEqual(t, "error", err, nil)
		kept := slices.Clone(prefix.Items)
		rest, err := tallies.Continue("tally-a", prefix, history[cut:])
		wantEqual(t, "error", err, nil)
		wantEqual(t, "a prefix and the rest", rest, whole)
		wantEqual(t, "the prefix afterwards", prefix.Items, kept)
	}
}

// TestContinueStopsAtCorruptHistory also has an Evolve that changes the state and then refuses.
func TestContinueStopsAtCorruptHistory(t *testing.T) {
	spoils := newTallies()
	spoils.Evolve = func(s *tally, a add, at time.Time) error {
		if a < 0 {
			*s = tally{Sum: -1}
			return errStep
		}
		return tallies.Evolve(s, a, at)
	}
	spoils.Encode = func(buf []byte, a add) (string, uint16, []byte, error) {
		if a == -3 {
			return "", 0, nil, errors.New("no event")
		}
		return tallies.Encode(buf, a)
	}
	for _, c := range []struct {
		model *events.Model[tally, add]
		bad   add
		typ   string
	}{
		{tallies, -1, "tally.added"},
		{spoils, -1, "tally.added"},
		{spoils, -2, "tally.added"}, // Encode fails, but knows the type
		{spoils, -3, "unknown"},
	} {
		start, _ := c.model.Continue("tally-a", tally{Stream: "tally-a"}, recorded(7))
		for at := range 3 {
			numbers := slices.Insert([]add{1, 2, 3}, at, c.bad)
			got, err := c.model.Continue("tally-a", start, recorded(numbers...))
			want, _ := c.model.Continue("tally-a", start, recorded(numbers[:at]...))
			wantEqual(t, "the state before", got, want)
			wantEqual(t, "the error", wantAs[*events.CorruptError](t, err),
				&events.CorruptError{Stream: "tally-a", Version: events.Version(at + 1), Type: c.typ, Err: errStep})
		}
	}
}

// Folding a history in memory allocates the state and nothing else, however long it is.
func TestContinueAllocations(t *testing.T) {
	history := make([]events.Recorded[uint64], 1000)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := counts.Continue("count-a", 0, history); err != nil {
			t.Error(err)
		}
	})
	if allocs > 1 {
		t.Errorf("%v allocations, want 1", allocs)
	}
}

// An old schema version is decoded into the current event.
func TestReplayOldSchema(t *testing.T) {
	records := sound("tally-a", 3)
	records[0].Schema, records[0].Data = 1, []byte("41")
	got, _ := mustReplay(t, history{Store: memory.New(), records: records}, "tally-a")
	wantEqual(t, "items", got.Items, []int64{41, 2, 3})
}

func TestModelOwnsItsCategory(t *testing.T) {
	store, cache := memory.New(), events.NewCache(8)
	for _, stream := range []events.StreamID{"order-1", "tally", "tally-", "tally2-x", ""} {
		_, _, err := tallies.Replay(t.Context(), store, stream)
		wantEqual(t, "replay of "+string(stream), wantAs[*events.BoundsError](t, err).Field, "stream")
		_, _, err = tallies.View(t.Context(), store, stream, events.WithCache(cache))
		wantAs[*events.BoundsError](t, err)
		_, err = events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
			_, _, err := tallies.Load(tx, stream)
			return err
		})
		wantAs[*events.BoundsError](t, err)
		_, err = events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
			_, err := tallies.Create(tx, stream)
			return err
		})
		wantAs[*events.BoundsError](t, err)
	}
}

// TestHostileHistory folds impossible records: the error names the record, and no state is
// returned, enters a cache or lets a transaction go on.
func TestHostileHistory(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(r []events.Record) []events.Record
		at    events.Version // that the error names
		cause error          // that the error wraps, if it is known
	}{
		{"hole", func(r []events.Record) []events.Record { return slices.Delete(r, 2, 3) }, 4, nil},
		{"duplicate version", func(r []events.Record) []events.Record { r[3].Version = 3; return r }, 3, nil},
		{"version goes back", func(r []events.Record) []events.Record { r[3].Version = 1; return r }, 1, nil},
		{"first is missing", func(r []events.Record) []events.Record { return r[1:] }, 2, nil},
		{"wrong stream", func(r []events.Record) []events.Record { r[3].Stream = "tally-b"; return r }, 4, nil},
		{"unknown type", func(r []events.Record) []events.Record { r[3].Type = "tally.dropped"; return r }, 4, events.ErrUnknownType},
		{"unknown schema", func(r []events.Record) []events.Record { r[3].Schema = 3; return r }, 4, events.ErrUnknownType},
		{"schema zero", func(r []events.Record) []events.Record { r[3].Schema = 0; return r }, 4, events.ErrUnknownType},
		{"undecodable data", func(r []events.Record) []events.Record { r[3].Data = []byte("n=x"); return r }, 4, nil},
		{"no data", func(r []events.Record) []events.Record { r[3].Data = nil; return r }, 4, nil},
		{"step outside the table", func(r []events.Record) []events.Record { r[3].Data = []byte("n=-1"); return r }, 4, errStep},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			records := c.spoil(sound("tally-a", 5))
			store, cache := history{Store: memory.New(), records: records}, events.NewCache(8)
			check := func(err error) {
				t.Helper()
				corrupt := wantAs[*events.CorruptError](t, err)
				i := slices.IndexFunc(records, func(r events.Record) bool { return r.Position == corrupt.Position })
				if i < 0 || corrupt.Version != c.at || corrupt.Stream != records[i].Stream || corrupt.Type != records[i].Type {
					t.Errorf("%v names %+v, want version %d", err, corrupt, c.at)
				}
				if c.cause != nil {
					wantIs(t, err, c.cause)
				}
			}
			state, version, err := tallies.Replay(t.Context(), store, "tally-a")
			check(err)
			wantEqual(t, "state", state, tally{})
			wantEqual(t, "version", version, 0)

			_, _, err = tallies.View(t.Context(), store, "tally-a", events.WithCache(cache))
			check(err)
			_, err = events.Transact(t.Context(), store, asked(), adding("tally-a", 7), events.WithCache(cache))
			check(err)
			wantEqual(t, "cached states", cache.Len(), 0)
			settled, err := store.Settled(t.Context())
			wantEqual(t, "records written", settled, 0)
			wantEqual(t, "error", err, nil)
		})
	}
}

// A fault that appears after a cached version leaves the cached state as it was.
func TestHostileTailLeavesCache(t *testing.T) {
	store, cache := memory.New(), events.NewCache(8)
	mustAdd(t, store, "tally-a", 1, 2)
	if _, _, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(cache)); err != nil {
		t.Fatal(err)
	}
	spoilt := sound("tally-a", 4)
	spoilt[3].Type = "tally.dropped"
	_, _, err := tallies.View(t.Context(), history{Store: store, records: spoilt}, "tally-a", events.WithCache(cache))
	wantEqual(t, "version", wantAs[*events.CorruptError](t, err).Version, 4)
	got, version, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(cache), events.AllowStale())
	wantEqual(t, "items", got.Items, []int64{1, 2})
	wantEqual(t, "version", version, 2)
	wantEqual(t, "error", err, nil)
}

// An error of the store is not corrupt history: it is returned as it is.
func TestReplayReturnsReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	store := history{Store: memory.New(), records: sound("tally-a", 2), err: broken}
	if _, _, err := tallies.Replay(t.Context(), store, "tally-a"); err != broken { //nolint:errorlint // it must be the very error
		t.Errorf("got %v, want %v", err, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := tallies.Replay(ctx, memory.New(), "tally-a")
	wantIs(t, err, context.Canceled)
}

// endless is a store whose streams have a number of records that no memory holds.
type endless struct {
	events.Store
	records int
}

func (e endless) Read(_ context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		r := events.Record{Stream: stream, Version: after, Type: "count.rose", Schema: 1, At: noon, Data: binary.BigEndian.AppendUint64(nil, 1)}
		for range e.records {
			r.Position++
			r.Version++
			if !yield(r, nil) {
				return
			}
		}
	}
}

// A fold takes the same few allocations for a million records as for one.
func TestMillionEventsInConstantMemory(t *testing.T) {
	const million = 1_000_000
	store := endless{Store: memory.New(), records: million}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, version, err := counts.Replay(t.Context(), store, "count-a")
	runtime.ReadMemStats(&after)
	if n != million || version != million || err != nil {
		t.Fatalf("got %d at %d, %v", n, version, err)
	}
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 64<<10 {
		t.Errorf("folding %d records allocated %d bytes", million, bytes)
	}
}

// continuations takes one cached state through two continuations and a dry run, and returns
// the first of them that a replay does not confirm.
func continuations(t *testing.T, m *events.Model[tally, add]) error {
	store, cache := memory.New(), events.NewCache(8)
	opts := []events.Option{events.WithCache(cache)}
	mustAdd(t, store, "tally-a", 1, 2, 3)
	held, _, err := m.View(t.Context(), store, "tally-a", opts...)
	if err != nil {
		return err
	}
	// grow appends numbers and gives what the transaction then sees to seen.
	grow := func(seen *tally, refusal error, numbers ...add) func(context.Context, *events.Tx) error {
		return func(_ context.Context, tx *events.Tx) error {
			if _, _, err := m.Load(tx, "tally-a"); err != nil {
				return err
			}
			tx.Stamp(noon, nil)
			if err := m.Append(tx, "tally-a", numbers...); err != nil {
				return err
			}
			state, _, err := m.Load(tx, "tally-a")
			*seen = state
			return errors.Join(err, refusal)
		}
	}
	var dry, refused, done tally
	if _, err := events.Try(t.Context(), store, asked(), grow(&dry, nil, 40, 41), opts...); err != nil {
		return err
	}
	if _, err := events.Transact(t.Context(), store, asked(), grow(&refused, errNo, 50), opts...); !errors.Is(err, errNo) {
		return fmt.Errorf("the refusal: %w", err)
	}
	if _, err := events.Transact(t.Context(), store, asked(), grow(&done, nil, 60, 61), opts...); err != nil {
		return err
	}
	kept, _, err := m.View(t.Context(), store, "tally-a", append(opts, events.AllowStale())...)
	if err != nil {
		return err
	}
	fresh, _ := mustReplay(t, store, "tally-a")
	for _, c := range []struct {
		name string
		got  tally
		want []int64
	}{
		{"the state held from before", held, []int64{1, 2, 3}},
		{"the dry run's", dry, []int64{1, 2, 3, 40, 41}},
		{"the refused one's", refused, []int64{1, 2, 3, 50}},
		{"the committed one", done, []int64{1, 2, 3, 60, 61}},
		{"the cached one", kept, []int64{1, 2, 3, 60, 61}},
		{"the replayed one", fresh, []int64{1, 2, 3, 60, 61}},
	} {
		if !slices.Equal(c.got.Items, c.want) {
			return fmt.Errorf("%s has %v, want %v", c.name, c.got.Items, c.want)
		}
	}
	return nil
}

var errNo = errors.New("no")

func TestContinuationsOfOneState(t *testing.T) {
	if err := continuations(t, newTallies()); err != nil {
		t.Error(err)
	}
	// A model that breaks the law by appending beyond the end of a shared slice is detected.
	lawless := newTallies()
	lawless.Evolve = func(s *tally, a add, at time.Time) error {
		if cap(s.Items) == 0 {
			s.Items = make([]int64, 0, 16)
		}
		s.Items = append(s.Items, int64(a))
		return nil
	}
	if err := continuations(t, lawless); err == nil {
		t.Error("a model that writes into shared states passed the test")
	}
}

// A view from a warm cache costs the settings of the call and nothing else.
func TestWarmLoadAllocations(t *testing.T) {
	store := memory.New()
	mustAdd(t, store, "tally-a", 1, 2, 3)
	opts := []events.Option{events.WithCache(events.NewCache(8)), events.AllowStale()}
	allocs := testing.AllocsPerRun(100, func() {
		if _, _, err := tallies.View(t.Context(), store, "tally-a", opts...); err != nil {
			t.Error(err)
		}
	})
	if allocs > 1 {
		t.Errorf("%v allocations, want 1", allocs)
	}
}
