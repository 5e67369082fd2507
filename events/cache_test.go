package events_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// A full cache drops the state that was used longest ago.
func TestCacheIsBounded(t *testing.T) {
	w, cache := &watched{Store: memory.New()}, events.NewCache(2)
	opts := []events.Option{events.WithCache(cache), events.AllowStale()}
	view := func(stream events.StreamID, wantRead int64) {
		t.Helper()
		before := w.reads.Load()
		if _, _, err := tallies.View(t.Context(), w, stream, opts...); err != nil {
			t.Fatal(err)
		}
		if got := w.reads.Load() - before; got != wantRead {
			t.Errorf("%s took %d reads, want %d", stream, got, wantRead)
		}
	}
	view("tally-a", 1)
	view("tally-b", 1)
	view("tally-a", 0)
	view("tally-b", 0)
	view("tally-a", 0)
	view("tally-c", 1) // replaces b
	view("tally-a", 0)
	view("tally-b", 1) // replaces c
	view("tally-c", 1)
	wantEqual(t, "states", cache.Len(), 2)

	opts[0] = events.WithCache(events.NewCache(0))
	view("tally-a", 1)
	view("tally-a", 1)
	opts[0] = events.WithCache(nil)
	view("tally-a", 1)
}

// Each model has its own state of a stream.
func TestCacheKeepsModelsApart(t *testing.T) {
	store, cache := memory.New(), events.NewCache(8)
	mustAdd(t, store, "tally-a", 1, 2)
	last := &events.Model[add, add]{
		Category: "tally",
		Evolve:   func(s *add, a add, _ time.Time) error { *s = a; return nil },
		Decode:   decodeAdd,
	}
	for range 2 {
		sum, _, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(cache))
		wantEqual(t, "sum", sum.Sum, 3)
		wantEqual(t, "error", err, nil)
		n, _, err := last.View(t.Context(), store, "tally-a", events.WithCache(cache))
		wantEqual(t, "last", n, 2)
		wantEqual(t, "error", err, nil)
	}
	wantEqual(t, "states", cache.Len(), 2)
}

// A view reads on from the cached version and what it finds is kept.
func TestViewReadsOn(t *testing.T) {
	w, cache := &watched{Store: memory.New()}, events.NewCache(8)
	for n := range 5 {
		mustAdd(t, w.Store, "tally-a", add(n))
		for range 2 {
			got, version, err := tallies.View(t.Context(), w, "tally-a", events.WithCache(cache))
			if err != nil || len(got.Items) != n+1 || version != events.Version(n+1) {
				t.Fatalf("%+v at %d, %v", got, version, err)
			}
		}
	}
	wantEqual(t, "records that were read", w.records.Load(), 5)
}

// A cache that is ahead of its store, because the store was restored from a backup, drops what
// it has.
func TestCacheAheadOfStore(t *testing.T) {
	cache, before, restored := events.NewCache(8), memory.New(), memory.New()
	mustAdd(t, before, "tally-a", 1, 2, 3)
	mustAdd(t, restored, "tally-a", 1, 2)
	if _, _, err := tallies.View(t.Context(), before, "tally-a", events.WithCache(cache)); err != nil {
		t.Fatal(err)
	}
	if _, err := events.Transact(t.Context(), restored, asked(), adding("tally-a", 9), events.WithCache(cache)); err != nil {
		t.Fatal(err)
	}
	wantItems(t, restored, "tally-a", 1, 2, 9)
	got, _, err := tallies.View(t.Context(), restored, "tally-a", events.WithCache(cache), events.AllowStale())
	wantEqual(t, "cached sum", got.Sum, 12)
	wantEqual(t, "error", err, nil)
}

// A view that was overtaken while it read does not replace the newer state by its older one.
func TestCacheKeepsTheNewer(t *testing.T) {
	w, cache := &watched{Store: memory.New()}, events.NewCache(8)
	mustAdd(t, w, "tally-a", 1)
	w.ended = func() {
		w.ended = nil
		if _, err := events.Transact(t.Context(), w, asked(), adding("tally-a", 2), events.WithCache(cache)); err != nil {
			t.Error(err)
		}
	}
	_, version, err := tallies.View(t.Context(), w, "tally-a", events.WithCache(cache))
	wantEqual(t, "version that was read", version, 1)
	wantEqual(t, "error", err, nil)
	_, version, err = tallies.View(t.Context(), w, "tally-a", events.WithCache(cache), events.AllowStale())
	wantEqual(t, "version that is cached", version, 2)
	wantEqual(t, "error", err, nil)
}

// Readers of a cache never see a version go back while writers move it forward.
func TestCacheOnlyMovesForward(t *testing.T) {
	store, cache := memory.New(), events.NewCache(8)
	opts := []events.Option{events.WithCache(cache), events.WithTimeout(time.Minute)}
	stale := append(opts, events.AllowStale())
	mustAdd(t, store, "tally-a", 0)
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		writers.Go(func() {
			for n := range 200 {
				if _, err := events.Transact(t.Context(), store, asked(), adding("tally-a", add(n)), opts...); err != nil {
					t.Error(err)
				}
			}
		})
		readers.Go(func() {
			var seen events.Version
			for round := 0; ; round++ {
				with := stale
				if round%2 == 0 {
					with = opts
				}
				got, version, err := tallies.View(t.Context(), store, "tally-a", with...)
				if err != nil || version < seen || len(got.Items) != int(version) {
					t.Errorf("at %d after %d: %d items, %v", version, seen, len(got.Items), err)
				}
				seen = version
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	_, version, err := tallies.View(t.Context(), store, "tally-a", stale...)
	wantEqual(t, "cached version", version, 401)
	wantEqual(t, "error", err, nil)
}
