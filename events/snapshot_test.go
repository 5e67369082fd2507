package events_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// savedTallies is the model of tallies with a snapshot every three records.
func savedTallies() *events.Model[tally, add] {
	m := newTallies()
	m.Fold, m.SaveEvery = "tally/1", 3
	m.Save = func(buf []byte, s *tally) ([]byte, error) {
		data, err := json.Marshal(s)
		return append(buf, data...), err
	}
	m.Restore = func(data []byte, s *tally) error { return json.Unmarshal(data, s) }
	return m
}

// adds appends numbers through a model and its snapshotter, in one commit.
func adds(t *testing.T, store events.Store, m *events.Model[tally, add], opts []events.Option, numbers ...add) {
	t.Helper()
	if err := transact(t, store, func(tx *events.Tx) error {
		if _, _, err := m.Load(tx, "tally-a"); err != nil {
			return err
		}
		tx.Stamp(noon, nil)
		return m.Append(tx, "tally-a", numbers...)
	}, opts...); err != nil {
		t.Fatal(err)
	}
}

// latest is the version of the snapshot that a store has, 0 if it has none.
func latest(t *testing.T, store events.Store) events.Version {
	t.Helper()
	s, _, err := store.(events.Snapshots).LatestSnapshot(t.Context(), "tally-a", "tally/1")
	if err != nil {
		t.Fatal(err)
	}
	return s.Version
}

// I28: live states, views and replays are the same with snapshots on, off, and vanishing at
// any time, with a cache and without.
func TestSnapshotsChangeNoState(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		on, off := savedTallies(), newTallies()
		w := &watched{Store: memory.New()}
		w.latest = func(s events.Snapshot, ok bool) (events.Snapshot, bool, error) {
			return s, ok && random.IntN(3) > 0, nil // deleted midway
		}
		cache := events.NewCache(1)
		for range 20 {
			snapshotter := events.NewSnapshotter(4, func(_ events.StreamID, err error) { t.Error(err) })
			opts := []events.Option{events.WithSnapshots(snapshotter)}
			if random.IntN(2) == 0 {
				opts = append(opts, events.WithCache(cache))
			}
			adds(t, w, on, opts, make([]add, 1+random.IntN(4))...)
			snapshotter.Close()
			want, head := mustReplay(t, w, "tally-a")
			for name, m := range map[string]*events.Model[tally, add]{"on": on, "off": off} {
				got, version, err := m.View(t.Context(), w, "tally-a", opts...)
				wantEqual(t, "state with snapshots "+name, got, want)
				wantEqual(t, "version", version, head)
				wantEqual(t, "error", err, nil)
			}
		}
		if latest(t, w.Store) == 0 {
			t.Fatal("no snapshot was ever made")
		}
	}
}

// A load reads the record its snapshot ends with and those after it, no more.
func TestLoadStartsFromSnapshot(t *testing.T) {
	w, m := &watched{Store: memory.New()}, savedTallies()
	snapshotter := events.NewSnapshotter(1, nil)
	opts := []events.Option{events.WithSnapshots(snapshotter)}
	adds(t, w, m, opts, 1, 2)
	snapshotter.Close()
	wantEqual(t, "no snapshot is due", latest(t, w), 0)
	snapshotter = events.NewSnapshotter(1, nil)
	opts[0] = events.WithSnapshots(snapshotter)
	adds(t, w, m, opts, 3, 4, 5)
	snapshotter.Close()
	wantEqual(t, "snapshot", latest(t, w), 5)
	adds(t, w, m, opts, 6, 7)
	adds(t, w, m, opts, 8)
	wantEqual(t, "a closed snapshotter takes nothing", latest(t, w), 5)

	before := w.records.Load()
	got, version, err := m.View(t.Context(), w, "tally-a")
	wantEqual(t, "sum", got.Sum, 36)
	wantEqual(t, "version", version, 8)
	wantEqual(t, "error", err, nil)
	wantEqual(t, "records that were read", w.records.Load()-before, 4)
}

// A snapshot is made when the distance to the one before it is reached, not sooner, whether
// the states come from the cache or from the snapshot before.
func TestSnapshotsKeepTheirDistance(t *testing.T) {
	for name, cache := range map[string]*events.Cache{"cached": events.NewCache(1), "restored": nil} {
		w, m := &watched{Store: memory.New()}, savedTallies()
		var saved []events.Version
		w.save = func(s events.Snapshot) error { saved = append(saved, s.Version); return nil }
		for n := range 10 {
			snapshotter := events.NewSnapshotter(1, nil)
			adds(t, w, m, []events.Option{events.WithSnapshots(snapshotter), events.WithCache(cache)}, add(n))
			snapshotter.Close()
		}
		wantEqual(t, name, saved, []events.Version{3, 6, 9})
	}
}

// A snapshot that cannot be used is ignored, and replaced by the next one.
func TestUnusableSnapshots(t *testing.T) {
	good, err := savedTallies().Save(nil, &tally{Stream: "tally-a", Sum: 99, Items: []int64{99}})
	if err != nil {
		t.Fatal(err)
	}
	for name, snapshot := range map[string]events.Snapshot{
		"unreadable":            {Stream: "tally-a", Version: 2, Fold: "tally/1", Data: []byte(`{"Stream":"tally-a","Sum":7,"Items":[1,`)},
		"half read":             {Stream: "tally-a", Version: 2, Fold: "tally/1", Data: []byte(`{"Sum":7,"Items":"x"}`)},
		"empty":                 {Stream: "tally-a", Version: 2, Fold: "tally/1"},
		"newer than the stream": {Stream: "tally-a", Version: 5, Fold: "tally/1", Data: good},
		"far newer":             {Stream: "tally-a", Version: ^events.Version(0), Fold: "tally/1", Data: good},
		"of version zero":       {Stream: "tally-a", Fold: "tally/1", Data: good},
		"of another fold":       {Stream: "tally-a", Version: 2, Fold: "tally/0", Data: good},
		"of another stream":     {Stream: "tally-b", Version: 2, Fold: "tally/1", Data: good},
	} {
		t.Run(name, func(t *testing.T) {
			w, m := &watched{Store: memory.New()}, savedTallies()
			mustAdd(t, w.Store, "tally-a", 1, 2, 3, 4)
			if snapshot.Validate() == nil && snapshot.Stream == "tally-a" && snapshot.Fold == m.Fold && snapshot.Version <= 5 {
				if err := w.SaveSnapshot(t.Context(), snapshot); err != nil {
					t.Fatal(err)
				}
			} else { // a store would not give this one for that stream and fold
				w.latest = func(events.Snapshot, bool) (events.Snapshot, bool, error) { return snapshot, true, nil }
			}
			got, version, err := m.View(t.Context(), w, "tally-a")
			want, head := mustReplay(t, w, "tally-a")
			wantEqual(t, "state", got, want)
			wantEqual(t, "version", version, head)
			wantEqual(t, "error", err, nil)

			snapshotter := events.NewSnapshotter(1, func(_ events.StreamID, err error) { t.Error(err) })
			adds(t, w, m, []events.Option{events.WithSnapshots(snapshotter)}, 5)
			snapshotter.Close()
			w.latest = nil
			wantEqual(t, "the snapshot in its place", latest(t, w), 5)
			before := w.records.Load()
			again, _, err := m.View(t.Context(), w, "tally-a")
			wantEqual(t, "state", again.Items, []int64{1, 2, 3, 4, 5})
			wantEqual(t, "error", err, nil)
			wantEqual(t, "records that were read", w.records.Load()-before, 1)
		})
	}
	// So is one that the store fails to return.
	w := &watched{Store: memory.New()}
	mustAdd(t, w.Store, "tally-a", 1, 2)
	w.latest = func(events.Snapshot, bool) (events.Snapshot, bool, error) {
		return events.Snapshot{}, false, errors.New("table is gone")
	}
	got, _, err := savedTallies().View(t.Context(), w, "tally-a")
	wantEqual(t, "sum", got.Sum, 3)
	wantEqual(t, "error", err, nil)
}

// Corrupt history after a snapshot, or at its last record, is found.
func TestHostileHistoryAfterSnapshot(t *testing.T) {
	good, err := savedTallies().Save(nil, &tally{Stream: "tally-a", Sum: 3, Items: []int64{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for at, spoil := range map[events.Version]func([]events.Record){
		2: func(r []events.Record) { r[1].Stream = "tally-b" },
		3: func(r []events.Record) { r[2].Data = nil },
		4: func(r []events.Record) { r[2].Version = 4 },
	} {
		records := sound("tally-a", 3)
		spoil(records)
		w := &watched{Store: history{Store: memory.New(), records: records}}
		w.latest = func(events.Snapshot, bool) (events.Snapshot, bool, error) {
			return events.Snapshot{Stream: "tally-a", Version: 2, Fold: "tally/1", Data: good}, true, nil
		}
		_, _, err := savedTallies().View(t.Context(), w, "tally-a")
		wantEqual(t, "version", wantAs[*events.CorruptError](t, err).Version, at)
	}
	broken := errors.New("disk on fire")
	w := &watched{Store: history{Store: memory.New(), records: sound("tally-a", 2), err: broken}}
	w.latest = func(events.Snapshot, bool) (events.Snapshot, bool, error) {
		return events.Snapshot{Stream: "tally-a", Version: 2, Fold: "tally/1", Data: good}, true, nil
	}
	_, _, err = savedTallies().View(t.Context(), w, "tally-a")
	wantIs(t, err, broken)
}

// A snapshotter without room skips a snapshot, delays no commit, and gets the next one.
func TestBusySnapshotterSkips(t *testing.T) {
	w, m := &watched{Store: memory.New()}, savedTallies()
	begun, proceed := make(chan struct{}, 8), make(chan struct{})
	w.save = func(events.Snapshot) error { begun <- struct{}{}; <-proceed; return nil }
	snapshotter := events.NewSnapshotter(1, func(_ events.StreamID, err error) { t.Error(err) })
	opts := []events.Option{events.WithSnapshots(snapshotter), events.WithCache(events.NewCache(1))}
	adds(t, w, m, opts, 1, 2, 3) // being written
	<-begun
	adds(t, w, m, opts, 4, 5, 6) // waiting
	adds(t, w, m, opts, 7, 8, 9) // skipped
	wantEqual(t, "snapshots in the store", latest(t, w), 0)
	close(proceed)
	<-begun
	eventually(t, func() bool { return latest(t, w) == 6 })
	adds(t, w, m, opts, 10) // due since the one that was skipped
	snapshotter.Close()
	snapshotter.Close()
	wantEqual(t, "snapshot", latest(t, w), 10)
	wantEqual(t, "snapshots that were written", len(begun), 1)
}

// An error of saving is reported and changes nothing else.
func TestSnapshotsThatFail(t *testing.T) {
	full := errors.New("disk full")
	for name, c := range map[string]struct {
		spoil func(w *watched, m *events.Model[tally, add])
		want  string
	}{
		"in Save": {func(_ *watched, m *events.Model[tally, add]) {
			m.Save = func([]byte, *tally) ([]byte, error) { return nil, full }
		}, "events: snapshot of stream tally-a version 3: disk full"},
		"in the store": {func(w *watched, _ *events.Model[tally, add]) { w.save = func(events.Snapshot) error { return full } }, "disk full"},
		"too large": {func(_ *watched, m *events.Model[tally, add]) {
			m.Save = func(buf []byte, _ *tally) ([]byte, error) { return make([]byte, events.MaxSnapshot+1), nil }
		}, "snapshot: 16777217 bytes are more than 16777216"},
	} {
		for _, reported := range []bool{true, false} {
			w, m := &watched{Store: memory.New()}, savedTallies()
			c.spoil(w, m)
			var failed []string
			report := func(stream events.StreamID, err error) { failed = append(failed, string(stream)+": "+err.Error()) }
			if !reported {
				report = nil
			}
			snapshotter := events.NewSnapshotter(1, report)
			adds(t, w, m, []events.Option{events.WithSnapshots(snapshotter)}, 1, 2, 3)
			snapshotter.Close()
			if reported && (len(failed) != 1 || !strings.HasPrefix(failed[0], "tally-a: ") || !strings.HasSuffix(failed[0], c.want)) {
				t.Errorf("%s: reported %q, want %q", name, failed, c.want)
			}
			wantEqual(t, name, latest(t, w), 0)
			wantItems(t, w, "tally-a", 1, 2, 3)
		}
	}
}

// Without a store for them, or without a name for the fold, no snapshot is made; the default
// distance applies unless the model says otherwise.
func TestWhenSnapshotsAreDue(t *testing.T) {
	plain := struct{ events.Store }{memory.New()}
	nameless, sparse := savedTallies(), savedTallies()
	nameless.Fold, sparse.SaveEvery = "", 0
	kept := memory.New()
	snapshotter := events.NewSnapshotter(0, func(_ events.StreamID, err error) { t.Error(err) })
	opts := []events.Option{events.WithSnapshots(snapshotter)}
	adds(t, plain, savedTallies(), opts, 1, 2, 3, 4)
	wantItems(t, plain, "tally-a", 1, 2, 3, 4)
	adds(t, kept, nameless, opts, 1, 2, 3, 4)
	adds(t, kept, savedTallies(), opts) // only a guard
	adds(t, kept, sparse, opts, make([]add, events.DefaultSaveEvery-5)...)
	snapshotter.Close()
	wantEqual(t, "snapshot", latest(t, kept), 0)
	snapshotter = events.NewSnapshotter(1, nil)
	opts[0] = events.WithSnapshots(snapshotter)
	adds(t, kept, sparse, opts, 1)
	snapshotter.Close()
	wantEqual(t, "snapshot", latest(t, kept), events.DefaultSaveEvery)
}
