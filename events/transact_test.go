package events_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// Sixteen goroutines count on one stream and nothing is lost, whatever they know of it.
func TestCountToN(t *testing.T) {
	const goroutines, each = 16, 25
	shared := events.NewCache(8)
	for name, cache := range map[string]func() *events.Cache{
		"no cache":     func() *events.Cache { return nil },
		"shared cache": func() *events.Cache { return shared },
		"own caches":   func() *events.Cache { return events.NewCache(8) },
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.New()
			seen := make([]atomic.Int64, goroutines*each)
			var wg sync.WaitGroup
			for range goroutines {
				wg.Go(func() {
					opts := []events.Option{events.WithCache(cache()), events.WithTimeout(time.Minute)}
					for range each {
						var saw uint64
						if _, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) (err error) {
							if saw, _, err = counts.Load(tx, "count-a"); err != nil {
								return err
							}
							tx.Stamp(noon, nil)
							return counts.Append(tx, "count-a", 1)
						}, opts...); err != nil {
							t.Error(err)
							return
						}
						seen[saw].Add(1)
					}
				})
			}
			wg.Wait()
			n, version, err := counts.Replay(t.Context(), store, "count-a")
			if n != goroutines*each || version != goroutines*each || err != nil {
				t.Errorf("counted to %d at version %d, %v", n, version, err)
			}
			for i := range seen {
				if got := seen[i].Load(); got != 1 {
					t.Errorf("%d commits were decided on the count of %d", got, i)
				}
			}
		})
	}
}

// Two accounts, each of which may fall to zero only while the other is not: guards prevent two
// concurrent decisions on both.
func TestGuardsPreventWriteSkew(t *testing.T) {
	for range 20 {
		store := memory.New()
		mustAdd(t, store, "tally-a", 1)
		mustAdd(t, store, "tally-b", 1)
		withdraw := func(from, other events.StreamID) error {
			_, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
				mine, _, err := tallies.Load(tx, from)
				if err != nil {
					return err
				}
				others, _, err := tallies.Load(tx, other)
				if err != nil {
					return err
				}
				if mine.Sum+others.Sum < 2 {
					return errNo
				}
				tx.Stamp(noon, nil)
				return tallies.Append(tx, from, -10)
			})
			return err
		}
		var wg sync.WaitGroup
		var done atomic.Int64
		for _, s := range [][2]events.StreamID{{"tally-a", "tally-b"}, {"tally-b", "tally-a"}} {
			wg.Go(func() {
				if err := withdraw(s[0], s[1]); err == nil {
					done.Add(1)
				} else if !errors.Is(err, errNo) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantEqual(t, "withdrawals", done.Load(), 1)
	}
}

// A guard detects what happens between the load and the commit: scripted.
func TestConflictDecidesAgain(t *testing.T) {
	for _, on := range []events.StreamID{"tally-written", "tally-guarded"} {
		t.Run(string(on), func(t *testing.T) {
			store, cache := memory.New(), events.NewCache(8)
			var saw []int64
			receipt, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
				if _, _, err := tallies.Load(tx, "tally-written"); err != nil {
					return err
				}
				if _, _, err := tallies.Load(tx, "tally-guarded"); err != nil {
					return err
				}
				state, _, err := tallies.Load(tx, on)
				if err != nil {
					return err
				}
				if saw = append(saw, state.Sum); len(saw) == 1 {
					mustAdd(t, store, on, 5)
				}
				tx.Stamp(noon, nil)
				return tallies.Append(tx, "tally-written", 7)
			}, events.WithCache(cache))
			if err != nil || receipt.First != 2 || receipt.Position != 2 {
				t.Fatalf("%+v, %v", receipt, err)
			}
			wantEqual(t, "sums that were seen", saw, []int64{0, 5})
			for _, stream := range []events.StreamID{"tally-written", "tally-guarded"} {
				kept, version, err := tallies.View(t.Context(), store, stream, events.WithCache(cache), events.AllowStale())
				fresh, head := mustReplay(t, store, stream)
				wantEqual(t, "cached state", kept, fresh)
				wantEqual(t, "cached version", version, head)
				wantEqual(t, "error", err, nil)
			}
		})
	}
}

// The owner of cache B never refuses as if a commit had not happened that the owner of cache A
// has acknowledged.
func TestRefusalIsCurrent(t *testing.T) {
	store, a, b := memory.New(), events.NewCache(8), events.NewCache(8)
	spend := func(cache *events.Cache, n add) error {
		_, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
			state, _, err := tallies.Load(tx, "tally-a")
			if err != nil {
				return err
			}
			if state.Sum < int64(n) {
				return errNo
			}
			tx.Stamp(noon, nil)
			return tallies.Append(tx, "tally-a", -n)
		}, events.WithCache(cache), events.WithTimeout(time.Minute))
		return err
	}
	if err := spend(b, 1000); !errors.Is(err, errNo) {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := events.Transact(t.Context(), store, asked(), adding("tally-a", 1000), events.WithCache(a)); err != nil {
			t.Fatal(err)
		}
		stale, _, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(b), events.AllowStale())
		if err != nil || stale.Sum >= 1000 {
			t.Fatalf("round %d: cache b knows of %d, %v: it is not stale and proves nothing", i, stale.Sum, err)
		}
		// Current reads, dry runs and refusals all see what was acknowledged.
		if i%2 == 0 {
			if now, _, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(b)); err != nil || now.Sum < 1000 {
				t.Fatalf("round %d: a view of %d, %v", i, now.Sum, err)
			}
		}
		if err := spend(b, 1000); err != nil {
			t.Fatalf("round %d: refused what was there: %v", i, err)
		}
	}
}

// The same with both running at once: a token is put in and, once that is acknowledged, must
// be taken out by the other at its first attempt.
func TestRefusalIsCurrentConcurrently(t *testing.T) {
	store, a, b := memory.New(), events.NewCache(8), events.NewCache(8)
	tokens := make(chan struct{}, 200)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, err := events.Transact(t.Context(), store, asked(), adding("tally-a", 1), events.WithCache(a), events.WithTimeout(time.Minute)); err != nil {
					t.Error(err)
				}
				tokens <- struct{}{}
			}
		})
		wg.Go(func() {
			for range 50 {
				<-tokens
				if _, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
					state, _, err := tallies.Load(tx, "tally-a")
					if err != nil {
						return err
					}
					if state.Sum < 1 {
						return errNo
					}
					tx.Stamp(noon, nil)
					return tallies.Append(tx, "tally-a", -3, 2)
				}, events.WithCache(b), events.WithTimeout(time.Minute)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, version := mustReplay(t, store, "tally-a")
	wantEqual(t, "sum", got.Sum, 0)
	wantEqual(t, "version", version, 600)
}

// A function that finds nothing to do runs again when that has changed.
func TestNothingToDoIsCurrent(t *testing.T) {
	store, cache := memory.New(), events.NewCache(8)
	runs := 0
	fill := func(_ context.Context, tx *events.Tx) error {
		runs++
		state, _, err := tallies.Load(tx, "tally-a")
		if err != nil || state.Sum >= 0 {
			return err
		}
		tx.Stamp(noon, nil)
		return tallies.Append(tx, "tally-a", add(-state.Sum))
	}
	receipt, err := events.Transact(t.Context(), store, asked(), fill, events.WithCache(cache))
	if err != nil || receipt.Position != 0 || receipt.Repeated || receipt.Commit == uuid.Nil {
		t.Fatalf("%+v, %v", receipt, err)
	}
	mustAdd(t, store, "tally-a", -4)
	runs = 0
	if _, err := events.Transact(t.Context(), store, asked(), fill, events.WithCache(cache)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "runs", runs, 2)
	wantItems(t, store, "tally-a", -4, 4)
}

// ways are the possible results of a function.
var ways = map[string]func(context.Context, *events.Tx) error{
	"appends": adding("tally-b", 1),
	"refuses": func(ctx context.Context, tx *events.Tx) error {
		return errors.Join(adding("tally-b", 1)(ctx, tx), errNo)
	},
	"only loads": func(_ context.Context, tx *events.Tx) error {
		_, _, err := tallies.Load(tx, "tally-a")
		return err
	},
	"does nothing":   func(context.Context, *events.Tx) error { return nil },
	"refuses unread": func(context.Context, *events.Tx) error { return errNo },
	"creates what exists": func(_ context.Context, tx *events.Tx) error {
		_, err := tallies.Create(tx, "tally-a")
		return err
	},
}

// A known ID gets its first receipt, and with another digest a *DuplicateError, whatever the
// function decides now. Nothing is written and no cache is filled.
func TestRepeat(t *testing.T) {
	type transact = func(context.Context, events.Store, events.Request, func(context.Context, *events.Tx) error, ...events.Option) (events.Receipt, error)
	for name, verb := range map[string]transact{"Transact": events.Transact, "Try": events.Try} {
		for way, fn := range ways {
			t.Run(name+" "+way, func(t *testing.T) {
				store, cache := memory.New(), events.NewCache(8)
				mustAdd(t, store, "tally-z", 1)
				req := events.Request{ID: uuid.New(), Digest: [32]byte{1}}
				first, err := events.Transact(t.Context(), store, req, adding("tally-a", 1, 2))
				if err != nil || first != (events.Receipt{Commit: req.ID, First: 2, Position: 3}) {
					t.Fatalf("%+v, %v", first, err)
				}
				mustAdd(t, store, "tally-a", 3)

				again, err := verb(t.Context(), store, req, fn, events.WithCache(cache))
				first.Repeated = true
				if err != nil || again != first {
					t.Errorf("the same again: %+v, %v; want %+v", again, err, first)
				}
				req.Digest[0]++
				_, err = verb(t.Context(), store, req, fn, events.WithCache(cache))
				first.Repeated = false
				wantEqual(t, "the first receipt", wantAs[*events.DuplicateError](t, err).First, first)

				wantItems(t, store, "tally-a", 1, 2, 3)
				wantItems(t, store, "tally-b")
				kept, version, err := tallies.View(t.Context(), store, "tally-b", events.WithCache(cache), events.AllowStale())
				if kept.Sum != 0 || version != 0 || err != nil {
					t.Errorf("the cache has what did not happen: %+v at %d, %v", kept, version, err)
				}
			})
		}
	}
}

func TestTry(t *testing.T) {
	store, cache := memory.New(), events.NewCache(8)
	mustAdd(t, store, "tally-a", 1)
	req := asked()
	var tx *events.Tx
	receipt, err := events.Try(t.Context(), store, req, func(ctx context.Context, got *events.Tx) error {
		tx = got
		return adding("tally-a", 2, 3)(ctx, got)
	}, events.WithCache(cache))
	wantEqual(t, "receipt", receipt, events.Receipt{Commit: req.ID})
	wantEqual(t, "error", err, nil)
	want := []events.Batch{{Stream: "tally-a", After: 1, Events: []events.Event{
		{Type: "tally.added", Schema: 2, At: noon, Data: []byte("n=2")},
		{Type: "tally.added", Schema: 2, At: noon, Data: []byte("n=3")},
	}}}
	wantEqual(t, "what would be appended", tx.Batches(), want)
	wantItems(t, store, "tally-a", 1)
	kept, version, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(cache), events.AllowStale())
	if kept.Sum != 1 || version != 1 || err != nil {
		t.Errorf("the cache has %+v at %d, %v", kept, version, err)
	}
	if _, known, err := store.Lookup(t.Context(), req.ID); known || err != nil {
		t.Errorf("the dry run is known: %v, %v", known, err)
	}
	// It checks the input and the versions as the real run does.
	_, err = events.Try(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
		if _, _, err := tallies.Load(tx, "tally-a"); err != nil {
			return err
		}
		tx.Stamp(noon, make([]byte, events.MaxMeta+1))
		return tallies.Append(tx, "tally-a", 2)
	})
	wantEqual(t, "field", wantAs[*events.BoundsError](t, err).Field, "batches[0].events[0].meta")
	_, err = events.Try(t.Context(), store, asked(), func(context.Context, *events.Tx) error { return errNo })
	wantIs(t, err, errNo)
	runs := 0
	mustAdd(t, store, "tally-a", 9)
	_, err = events.Try(t.Context(), store, asked(), func(ctx context.Context, tx *events.Tx) error {
		runs++
		return adding("tally-a", 2)(ctx, tx)
	}, events.WithCache(cache))
	wantEqual(t, "error", err, nil)
	wantEqual(t, "runs on a stale cache", runs, 2)
	// After the dry run the real one is applied under the same ID.
	if receipt, err := events.Transact(t.Context(), store, req, adding("tally-a", 2, 3), events.WithCache(cache)); err != nil || receipt.Repeated {
		t.Errorf("%+v, %v", receipt, err)
	}
	wantItems(t, store, "tally-a", 1, 9, 2, 3)
}
