package events_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// transact runs fn on a store and returns its error.
func transact(t *testing.T, store events.Store, fn func(tx *events.Tx) error, opts ...events.Option) error {
	t.Helper()
	_, err := events.Transact(t.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error { return fn(tx) }, opts...)
	return err
}

// Several streams are committed together, in the order of their first loads, and each load sees what
// the transaction has appended before it.
func TestAppendToSeveralStreams(t *testing.T) {
	store := memory.New()
	mustAdd(t, store, "tally-b", 1)
	var tx *events.Tx
	if err := transact(t, store, func(got *events.Tx) error {
		tx = got
		for _, stream := range []events.StreamID{"tally-a", "tally-b", "tally-guard"} {
			if _, _, err := tallies.Load(tx, stream); err != nil {
				return err
			}
		}
		tx.Stamp(noon, []byte("first"))
		if err := tallies.Append(tx, "tally-b", 2); err != nil {
			return err
		}
		if err := tallies.Append(tx, "tally-guard"); err != nil {
			return err
		}
		tx.Stamp(noon.Add(time.Hour), []byte("second"))
		if err := tallies.Append(tx, "tally-a", 3, 4); err != nil {
			return err
		}
		b, version, err := tallies.Load(tx, "tally-b")
		wantEqual(t, "sum", b.Sum, 3)
		wantEqual(t, "version", version, 2)
		if err != nil {
			return err
		}
		return tallies.Append(tx, "tally-b", add(10*b.Sum))
	}); err != nil {
		t.Fatal(err)
	}
	event := func(data, meta string, at time.Time) events.Event {
		return events.Event{Type: "tally.added", Schema: 2, At: at, Meta: []byte(meta), Data: []byte(data)}
	}
	wantEqual(t, "batches", tx.Batches(), []events.Batch{
		{Stream: "tally-a", Events: []events.Event{event("n=3", "second", noon.Add(time.Hour)), event("n=4", "second", noon.Add(time.Hour))}},
		{Stream: "tally-b", After: 1, Events: []events.Event{event("n=2", "first", noon), event("n=30", "second", noon.Add(time.Hour))}},
		{Stream: "tally-guard"},
	})
	wantItems(t, store, "tally-a", 3, 4)
	wantItems(t, store, "tally-b", 1, 2, 30)
	// Appending to the data of one event does not overwrite the next.
	first, second := tx.Batches()[0].Events[0].Data, tx.Batches()[0].Events[1].Data
	_ = append(first, "!!!"...)
	wantEqual(t, "data", string(second), "n=4")
}

// The state that a transaction leaves in the cache is the one that a replay gives, down to the
// instant's representation.
func TestStampIsWhatReplaySees(t *testing.T) {
	for _, at := range []time.Time{
		time.Now(), // has a monotonic reading
		noon.In(time.FixedZone("UTC+8", 8*3600)),
		events.MinInstant, events.MaxInstant,
	} {
		store, cache := memory.New(), events.NewCache(1)
		if err := transact(t, store, func(tx *events.Tx) error {
			if _, _, err := tallies.Load(tx, "tally-a"); err != nil {
				return err
			}
			tx.Stamp(at, nil)
			return tallies.Append(tx, "tally-a", 1)
		}, events.WithCache(cache)); err != nil {
			t.Fatal(err)
		}
		kept, _, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(cache), events.AllowStale())
		fresh, _ := mustReplay(t, store, "tally-a")
		if err != nil || kept.Last != fresh.Last || !fresh.Last.Equal(at) {
			t.Errorf("%v became %#v in the cache and %#v in the log, %v", at, kept.Last, fresh.Last, err)
		}
	}
}

// blobs is a model of raw data, to check its bytes.
var blobs = &events.Model[int, []byte]{
	Category: "blob",
	Evolve:   func(n *int, b []byte, _ time.Time) error { *n += len(b); return nil },
	Encode: func(buf []byte, b []byte) (string, uint16, []byte, error) {
		return "blob.added", 1, append(buf, b...), nil
	},
	Decode: func(_ string, _ uint16, data []byte) ([]byte, error) { return data, nil },
}

// The data of many events of any size are kept apart although they share buffers.
func TestDataOfManyEvents(t *testing.T) {
	store := memory.New()
	var want [][]byte
	for i := range 300 {
		b := make([]byte, i*i*7%2048)
		for k := range b {
			b[k] = byte(i + k)
		}
		want = append(want, b)
	}
	if err := transact(t, store, func(tx *events.Tx) error {
		tx.Stamp(noon, nil)
		if _, err := blobs.Create(tx, "blob-a"); err != nil {
			return err
		}
		return blobs.Append(tx, "blob-a", want...)
	}); err != nil {
		t.Fatal(err)
	}
	i := 0
	for r, err := range store.Read(t.Context(), "blob-a", 0) {
		if err != nil || string(r.Data) != string(want[i]) {
			t.Fatalf("event %d has %d other bytes, want %d, %v", i, len(r.Data), len(want[i]), err)
		}
		i++
	}
	wantEqual(t, "events", i, len(want))
}

func TestCreate(t *testing.T) {
	create := func(runs *int, numbers ...add) func(*events.Tx) error {
		return func(tx *events.Tx) error {
			*runs++
			state, err := tallies.Create(tx, "tally-a")
			if err != nil {
				return err
			}
			wantEqual(t, "state", state, tally{Stream: "tally-a"})
			tx.Stamp(noon, nil)
			return tallies.Append(tx, "tally-a", numbers...)
		}
	}
	w, cache, runs := &watched{Store: memory.New()}, events.NewCache(8), 0
	if err := transact(t, w, create(&runs, 1), events.WithCache(cache)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "reads", w.reads.Load(), 0)
	wantItems(t, w, "tally-a", 1)

	// The stream is not empty any more: that is final, also for one that only checks it.
	for _, numbers := range [][]add{{2}, nil} {
		runs = 0
		err := transact(t, w, create(&runs, numbers...), events.WithCache(cache))
		wantEqual(t, "conflict", *wantAs[*events.ConflictError](t, err), events.ConflictError{Stream: "tally-a", Head: 1})
		wantEqual(t, "runs", runs, 1)
	}
	// Created after it was loaded, it is known not to be empty; created twice, it is the same.
	err := transact(t, w, func(tx *events.Tx) error {
		if _, _, err := tallies.Load(tx, "tally-a"); err != nil {
			return err
		}
		_, err := tallies.Create(tx, "tally-a")
		return err
	})
	wantEqual(t, "head", wantAs[*events.ConflictError](t, err).Head, 1)
	if err := transact(t, w, func(tx *events.Tx) error {
		_, err := tallies.Create(tx, "tally-b")
		_, again := tallies.Create(tx, "tally-b")
		tx.Stamp(noon, nil)
		return errors.Join(err, again, tallies.Append(tx, "tally-b", 5))
	}); err != nil {
		t.Error(err)
	}
	wantItems(t, w, "tally-a", 1)
	wantItems(t, w, "tally-b", 5)
}

// A load that fails is not a refusal: whatever the function returns, Transact returns the load's
// error and writes nothing.
func TestLoadErrorsAreNoRefusals(t *testing.T) {
	broken := errors.New("disk on fire")
	for name, answer := range map[string]func(error) error{
		"returned":  func(err error) error { return err },
		"wrapped":   func(err error) error { return fmt.Errorf("loading: %w", err) },
		"swallowed": func(error) error { return nil },
		"hidden":    func(error) error { return errNo },
	} {
		t.Run(name, func(t *testing.T) {
			w, runs := &watched{Store: memory.New()}, 0
			w.read = func() error { return broken }
			w.append = func(context.Context, events.Commit) (events.Receipt, error) {
				t.Error("the store was asked to append")
				return events.Receipt{}, nil
			}
			err := transact(t, w, func(tx *events.Tx) error {
				runs++
				_, _, err := tallies.Load(tx, "tally-a")
				// No call on the transaction works from here on.
				_, _, again := tallies.Load(tx, "tally-b")
				_, created := tallies.Create(tx, "tally-c")
				tx.Stamp(noon, nil)
				appended := tallies.Append(tx, "tally-a", 1)
				for _, later := range []error{again, created, appended} {
					wantIs(t, later, broken)
				}
				return answer(err)
			})
			wantIs(t, err, broken)
			wantEqual(t, "is the refusal", errors.Is(err, errNo), false)
			wantEqual(t, "is wrapped", err.Error() == "loading: disk on fire", name == "wrapped")
			wantEqual(t, "runs", runs, 1)
		})
	}
}

// An event that Encode or Evolve refuses ends the whole transaction.
func TestRefusedEventWritesNothing(t *testing.T) {
	for number, cause := range map[add]string{-1: errStep.Error(), -2: "no such number"} {
		store, cache := memory.New(), events.NewCache(8)
		mustAdd(t, store, "tally-a", 1)
		err := transact(t, store, func(tx *events.Tx) error {
			if err := adding("tally-b", 5)(t.Context(), tx); err != nil {
				return err
			}
			if err := adding("tally-a", 2, number, 3)(t.Context(), tx); err == nil {
				t.Errorf("%d was taken", number)
			}
			return nil
		}, events.WithCache(cache))
		if want := fmt.Sprintf("events: append to stream tally-a version 3 type %q: %s", "tally.added", cause); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		var corrupt *events.CorruptError
		wantEqual(t, "is corrupt history", errors.As(err, &corrupt), false)
		wantItems(t, store, "tally-a", 1)
		wantItems(t, store, "tally-b")
		kept, version, err := tallies.View(t.Context(), store, "tally-a", events.WithCache(cache), events.AllowStale())
		if kept.Sum != 1 || version != 1 || err != nil {
			t.Errorf("the cache has %+v at %d, %v", kept, version, err)
		}
	}
}

func TestMisuse(t *testing.T) {
	other := newTallies()
	for name, fn := range map[string]func(tx *events.Tx) error{
		"append of stream tally-a: the stream was neither loaded nor created": func(tx *events.Tx) error {
			tx.Stamp(noon, nil)
			return tallies.Append(tx, "tally-a", 1)
		},
		"append of stream tally-a: the transaction has no instant; call Stamp first": func(tx *events.Tx) error {
			_, err := tallies.Create(tx, "tally-a")
			return errors.Join(err, tallies.Append(tx, "tally-a", 1))
		},
		"load of stream tally-a: another model of the stream was used in the same transaction": func(tx *events.Tx) error {
			_, err := tallies.Create(tx, "tally-a")
			_, _, again := other.Load(tx, "tally-a")
			return errors.Join(err, again)
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.New()
			err := transact(t, store, fn)
			wantEqual(t, "error", "events: "+name, wantAs[*events.MisuseError](t, err).Error())
			settled, err := store.Settled(t.Context())
			wantEqual(t, "records", settled, 0)
			wantEqual(t, "error", err, nil)
		})
	}
	var escaped *events.Tx
	if err := transact(t, memory.New(), func(tx *events.Tx) error {
		escaped = tx
		return adding("tally-a", 1)(t.Context(), tx)
	}); err != nil {
		t.Fatal(err)
	}
	_, _, err := tallies.Load(escaped, "tally-a")
	wantAs[*events.MisuseError](t, err)
	wantAs[*events.MisuseError](t, tallies.Append(escaped, "tally-a", 2))
	wantEqual(t, "events", len(escaped.Batches()[0].Events), 1)

	_, err = events.Transact(t.Context(), memory.New(), events.Request{}, adding("tally-a", 1))
	wantEqual(t, "field", wantAs[*events.BoundsError](t, err).Field, "id")
}

// The store refuses what is beyond the bounds of the log, and that is not retried.
func TestBoundsComeBack(t *testing.T) {
	store := memory.New()
	err := transact(t, store, func(tx *events.Tx) error {
		tx.Stamp(noon, nil)
		_, err := blobs.Create(tx, "blob-a")
		return errors.Join(err, blobs.Append(tx, "blob-a", make([]byte, events.MaxData+1)))
	})
	wantEqual(t, "field", wantAs[*events.BoundsError](t, err).Field, "batches[0].events[0].data")
}
