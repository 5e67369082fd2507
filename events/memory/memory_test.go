package memory_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// commits returns what orders of 12 events are made of, one event a commit.
func commits(from, to int) []events.Commit {
	var list []events.Commit
	life := order()
	for i := from; i < to; i++ {
		name := stream(i)
		for at := range life {
			list = append(list, events.Commit{ID: id(1 + i*len(life) + at), Batches: []events.Batch{{
				Stream: name, After: events.Version(at), Events: life[at : at+1],
			}}})
		}
	}
	return list
}

func fill(t *testing.T, store *memory.Store, from, to int) {
	t.Helper()
	for _, c := range commits(from, to) {
		if _, err := store.Append(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAppendAllocates bounds an append of one event to fewer than two allocations, amortised over
// orders of 12 events with everything that grows.
func TestAppendAllocates(t *testing.T) {
	ctx, list, store := context.Background(), commits(0, 2000), memory.New()
	allocations := testing.AllocsPerRun(len(list)-1, func() {
		if _, err := store.Append(ctx, list[0]); err != nil {
			t.Fatal(err)
		}
		list = list[1:]
	})
	if allocations >= 2 { // the average is rounded down
		t.Errorf("%.0f allocations per event or more, want fewer than 2", allocations)
	}
}

// TestViewStands reads a log while it grows over many chunks: a sequence yields what was
// there when it began, and its records stay as they were.
func TestViewStands(t *testing.T) {
	ctx, store := context.Background(), memory.New()
	fill(t, store, 0, 10)
	n := 0
	var first events.Record
	for r, err := range store.ReadAll(ctx, 0, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = r
			fill(t, store, 10, 300)
		}
		n++
	}
	if n != 10*life {
		t.Errorf("a sequence over %d records yields %d", 10*life, n)
	}
	if !bytes.Equal(first.Data, make([]byte, 250)) || first.Position != 1 {
		t.Error("a record changed while the log grew")
	}
}

// TestSequenceOutlivesClose closes the store in the body of a loop, which goes on to its end.
func TestSequenceOutlivesClose(t *testing.T) {
	ctx, store := context.Background(), memory.New()
	fill(t, store, 0, 1)
	n := 0
	seq := store.Read(ctx, stream(0), 0)
	for _, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != life {
		t.Errorf("the sequence ends after %d of %d records", n, life)
	}
	for _, err := range seq {
		if !errors.Is(err, events.ErrClosed) {
			t.Errorf("read again after Close: %v, want ErrClosed", err)
		}
	}
}

// TestCancelledInLoop cancels a sequence from its body: the next step is the context's error,
// and the last.
func TestCancelledInLoop(t *testing.T) {
	store := memory.New()
	fill(t, store, 0, 1)
	for _, k := range []string{"Read", "ReadAll"} {
		ctx, cancel := context.WithCancel(context.Background())
		seq := store.Read(ctx, stream(0), 0)
		if k == "ReadAll" {
			seq = store.ReadAll(ctx, 0, events.Filter{})
		}
		var steps []string
		for _, err := range seq {
			steps = append(steps, fmt.Sprint(err))
			cancel()
		}
		cancel()
		if got, want := fmt.Sprint(steps), "[<nil> context canceled]"; got != want {
			t.Errorf("%s: %s, want %s", k, got, want)
		}
	}
}
