package forgetful_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory/forgetful"
	"github.com/tradesurety/surety/events/storetest"
)

// TestStore runs the conformance suite on a store of which nothing is forgotten.
func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Config{Open: func(testing.TB) events.Store { return forgetful.New() }})
}

// order returns events of one order: each has 250 bytes of data and 60 of meta.
func order() []events.Event {
	event := events.Event{Type: "order.payment-received", Schema: 1, At: events.MinInstant, Meta: make([]byte, 60), Data: make([]byte, 250)}
	return []events.Event{event, event}
}

// id returns the nth commit ID, time-ordered as a version 7 UUID is.
func id(n int) uuid.UUID {
	return uuid.UUID{2: byte(n >> 24), 3: byte(n >> 16), 4: byte(n >> 8), 5: byte(n), 6: 0x70, 8: 0x80, 15: byte(n)}
}

func stream(n int) events.StreamID {
	return events.StreamID(fmt.Sprintf("order-0193a4c8-7c1e-7d3a-b4a5-%012d", n))
}

// written is a store with streams of three commits with two events each, commit by commit across
// the streams, and the receipts by number.
func written(t testing.TB, streams int) (*forgetful.Store, []events.Receipt) {
	t.Helper()
	store := forgetful.New()
	t.Cleanup(func() { _ = store.Close() })
	var receipts []events.Receipt
	for round := range 3 {
		for n := range streams {
			receipts = append(receipts, put(t, store, n, round, streams))
		}
	}
	return store, receipts
}

func commitOf(n, round, streams int) events.Commit {
	return events.Commit{
		ID: id(round*streams + n + 1), Digest: [32]byte{byte(n), byte(round), 7},
		Batches: []events.Batch{{Stream: stream(n), After: events.Version(2 * round), Events: order()}},
	}
}

func put(t testing.TB, store events.Store, n, round, streams int) events.Receipt {
	t.Helper()
	r, err := store.Append(context.Background(), commitOf(n, round, streams))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// count reads a stream and returns how many records there were, and the error at their end.
func count(store events.Store, n int, after events.Version) (records int, err error) {
	for _, err := range store.Read(context.Background(), stream(n), after) {
		if err != nil {
			return records, err
		}
		records++
	}
	return records, nil
}

func forget(t testing.TB, store *forgetful.Store, n int, through events.Version) {
	t.Helper()
	if err := store.Forget(t.Context(), stream(n), through); err != nil {
		t.Fatal(err)
	}
}

// TestForgottenIsReported: a read that would have to yield a forgotten record is an error that
// names it, and every other read is unchanged.
func TestForgottenIsReported(t *testing.T) {
	store, _ := written(t, 3)
	forget(t, store, 1, 4)
	for _, c := range []struct {
		stream  int
		after   events.Version
		records int
		fails   bool
	}{
		{0, 0, 6, false}, {1, 0, 0, true}, {1, 3, 0, true}, {1, 4, 2, false}, {1, 6, 0, false}, {1, 9, 0, false}, {2, 5, 1, false},
	} {
		records, err := count(store, c.stream, c.after)
		var forgotten *forgetful.ForgottenError
		if records != c.records || errors.As(err, &forgotten) != c.fails || (err != nil) != c.fails {
			t.Errorf("stream %d after %d: %d records, %v", c.stream, c.after, records, err)
		}
		if c.fails && (forgotten.Stream != stream(1) || forgotten.Through != 4) {
			t.Errorf("stream %d after %d: %+v", c.stream, c.after, forgotten)
		}
	}
	forget(t, store, 1, math.MaxUint64)
	if _, err := count(store, 1, 5); err == nil {
		t.Error("the end of a stream that is forgotten was read")
	}
	if records, err := count(store, 1, 6); records != 0 || err != nil {
		t.Errorf("after its head a forgotten stream has %d records, %v", records, err)
	}
}

// TestForgottenInTheLog: reading the whole log stops at the first record that is forgotten, and
// behind the last one it goes on.
func TestForgottenInTheLog(t *testing.T) {
	store, receipts := written(t, 200)
	forget(t, store, 0, math.MaxUint64)
	forget(t, store, 5, 2)
	for _, c := range []struct {
		after, stops events.Position
	}{{0, 1}, {1, 2}, {2, 11}, {10, 11}, {12, 401}, {receipts[400].Position, 0}} {
		at, last := c.after, c.after
		var forgotten *forgetful.ForgottenError
		for r, err := range store.ReadAll(t.Context(), c.after, events.Filter{}) {
			if err != nil {
				if !errors.As(err, &forgotten) {
					t.Fatal(err)
				}
				break
			}
			if r.Position != at+1 {
				t.Fatalf("position %d after %d", r.Position, at)
			}
			at, last = r.Position, r.Position
		}
		switch {
		case c.stops == 0 && (forgotten != nil || last != receipts[599].Position):
			t.Errorf("after %d: %v at %d", c.after, forgotten, last)
		case c.stops != 0 && (forgotten == nil || forgotten.Position != c.stops || last != c.stops-1):
			t.Errorf("after %d: %+v at %d, want an error at %d", c.after, forgotten, last, c.stops)
		}
	}
	settled, err := store.Settled(t.Context())
	if err != nil || settled != receipts[599].Position {
		t.Errorf("settled %d, %v", settled, err)
	}
}

// TestForgottenIsKnown: a forgotten stream still refuses other versions, answers a retry, and
// refuses a known ID for something else.
func TestForgottenIsKnown(t *testing.T) {
	store, receipts := written(t, 50)
	for n := range 50 {
		forget(t, store, n, math.MaxUint64)
	}
	for i, first := range receipts {
		c := commitOf(i%50, i/50, 50)
		first.Repeated = true
		if r, err := store.Append(t.Context(), c); err != nil || r != first {
			t.Fatalf("again: %+v, %v, want %+v", r, err, first)
		}
		first.Repeated = false
		if r, known, err := store.Lookup(t.Context(), c.ID); err != nil || !known || r != first {
			t.Fatalf("lookup: %+v, %t, %v", r, known, err)
		}
		c.Digest[31]++
		var duplicate *events.DuplicateError
		if _, err := store.Append(t.Context(), c); !errors.As(err, &duplicate) || duplicate.First != first {
			t.Fatalf("other content: %v", err)
		}
	}
	for _, after := range []events.Version{0, 5, 7} {
		c := commitOf(3, 0, 50)
		c.ID, c.Batches[0].After = id(1000), after
		var conflict *events.ConflictError
		if _, err := store.Append(t.Context(), c); !errors.As(err, &conflict) || conflict.Head != 6 {
			t.Fatalf("after %d: %v", after, err)
		}
		c.Batches[0].Events = nil
		if _, err := store.Append(t.Context(), c); !errors.As(err, &conflict) || conflict.Head != 6 {
			t.Fatalf("guard at %d: %v", after, err)
		}
	}
	guard := events.Commit{ID: id(1001), Batches: []events.Batch{{Stream: stream(3), After: 6}}}
	if _, err := store.Append(t.Context(), guard); err != nil {
		t.Fatal(err)
	}
	put(t, store, 3, 3, 50)
	if records, err := count(store, 3, 6); records != 2 || err != nil {
		t.Fatalf("a forgotten stream that goes on has %d records, %v", records, err)
	}
	forget(t, store, 3, math.MaxUint64)
	c := commitOf(3, 3, 50)
	c.ID = id(1002)
	var conflict *events.ConflictError
	if _, err := store.Append(t.Context(), c); !errors.As(err, &conflict) || conflict.Head != 8 {
		t.Fatalf("forgotten twice: %v", err)
	}
}

// TestForgetBeside: a reader that has begun goes on, snapshots are dropped with the end of their
// stream, forgetting what is not there does nothing, and a closed store refuses.
func TestForgetBeside(t *testing.T) {
	store, _ := written(t, 2)
	for n, after := range []events.Version{6, 2} {
		if err := store.SaveSnapshot(t.Context(), events.Snapshot{Stream: stream(n), Version: after, Fold: "f", Data: []byte("s")}); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for r, err := range store.Read(t.Context(), stream(0), 0) {
		if err != nil || len(r.Data) != 250 {
			t.Fatal(err, len(r.Data))
		}
		if seen++; seen == 1 {
			forget(t, store, 0, 9)
		}
	}
	forget(t, store, 0, 9)
	forget(t, store, 1, 3)
	forget(t, store, 77, 9)
	if seen != 6 {
		t.Errorf("a reader that had begun saw %d records", seen)
	}
	for n, want := range []bool{false, true} {
		if _, kept, err := store.LatestSnapshot(t.Context(), stream(n), "f"); kept != want || err != nil {
			t.Errorf("snapshot of stream %d: %t, %v", n, kept, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Forget(gone, stream(1), 6); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Forget(t.Context(), stream(1), 6); !errors.Is(err, events.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestForgottenBytes: what is left of an order of 22 commits, 33 events and 4 streams fits in 1,500
// bytes, most of it the IDs, the digests and the receipts of the commits.
func TestForgottenBytes(t *testing.T) {
	const orders, commits, streams = 4000, 22, 4
	before := heap()
	store := forgetful.New()
	list, next := order(), 0
	for n := range orders {
		var heads [streams]events.Version
		for k := range commits {
			next++
			c := events.Commit{ID: id(next), Digest: [32]byte{byte(k)}}
			for s := range 1 + k%2 {
				at := (k + s) % streams
				c.Batches = append(c.Batches, events.Batch{
					Stream: events.StreamID(fmt.Sprintf("%s-%d", stream(n), at)), After: heads[at], Events: list[:1],
				})
				heads[at]++
			}
			if _, err := store.Append(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		for at := range streams {
			if err := store.Forget(t.Context(), events.StreamID(fmt.Sprintf("%s-%d", stream(n), at)), math.MaxUint64); err != nil {
				t.Fatal(err)
			}
		}
	}
	each := (int64(heap()) - int64(before)) / orders
	runtime.KeepAlive(store)
	t.Logf("%d bytes an order", each)
	if each > 1500 {
		t.Errorf("%d bytes are left of an order", each)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
