package projection_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// TestBatchesAreInOrder folds a log that is longer than a chunk, in batches of different sizes, with
// filters that let many records through, few, or none: every record is folded once and in order, and
// no commit has more than a batch.
func TestBatchesAreInOrder(t *testing.T) {
	const commits, each = 25, 1000
	log := memory.New()
	t.Cleanup(func() { _ = log.Close() })
	for n := range commits {
		b := events.Batch{Stream: events.StreamID(fmt.Sprintf("account-%d", n))}
		for i := range each {
			typ := "often"
			if i == n && n%4 == 0 {
				typ = "seldom"
			}
			b.Events = append(b.Events, events.Event{Type: typ, Schema: 1, At: start})
		}
		if _, err := log.Append(context.Background(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{b}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		types []string
		want  int
	}{{nil, commits * each}, {[]string{"often"}, commits*each - 7}, {[]string{"seldom"}, 7}, {[]string{"never"}, 0}} {
		for _, batch := range []int{0, 99, 700, 1000, 8191, 100_000} {
			var seen []events.Position
			v := view(func(rows *projection.Rows, r *events.Record) error {
				seen = append(seen, r.Position)
				rows.Put(names, projection.Text(r.Stream), projection.Int(int64(r.Version)))
				return nil
			})
			v.Filter.Types = c.types
			var last projection.Progress
			progress := func(p projection.Progress) {
				if batch > 0 && p.Records-last.Records > uint64(batch) || p.Checkpoint.Position < last.Checkpoint.Position {
					t.Errorf("after %+v comes %+v", last, p)
				}
				last = p
			}
			if err := catchUp(t, log, viewmemory.New(), v, projection.WithBatch(batch), projection.OnProgress(progress)); err != nil {
				t.Fatal(err)
			}
			if len(seen) != c.want || last.Records != uint64(c.want) || last.Lag() != 0 {
				t.Errorf("batches of %d, types %v: %d records, want %d, at %+v", batch, c.types, len(seen), c.want, last)
			}
			for i := 1; i < len(seen); i++ {
				if seen[i] <= seen[i-1] {
					t.Fatalf("position %d comes after %d", seen[i], seen[i-1])
				}
			}
		}
	}
}

// counting counts how often a store is read.
type counting struct {
	projection.Store
	times atomic.Int64
}

func (a *counting) Read(ctx context.Context, name string, version int, f func(projection.Snapshot) error) error {
	a.times.Add(1)
	return a.Store.Read(ctx, name, version, f)
}

// TestFirstBuildReadsNoRows builds a view that reads its rows: a worker that begins with an empty
// view does not read rows that were never put, and one that continues reads each row once.
func TestFirstBuildReadsNoRows(t *testing.T) {
	var streams []string
	for n := range 300 {
		streams = append(streams, fmt.Sprintf("account-%d", n%100))
	}
	count := view(func(rows *projection.Rows, r *events.Record) error {
		n := int64(1)
		if row := rows.Get(names, projection.Text(r.Stream)); row != nil {
			n += row[1].Int()
		}
		rows.Put(names, projection.Text(r.Stream), projection.Int(n))
		return nil
	})
	store := &counting{Store: viewmemory.New()}
	build := func(log events.Store) int64 {
		t.Helper()
		before := store.times.Load()
		if err := catchUp(t, log, store, count, projection.WithBatch(40)); err != nil {
			t.Fatal(err)
		}
		return store.times.Load() - before
	}
	log := logOf(t, "opened", streams...)
	const checkpoint = 1 // each worker reads it
	if n := build(log); n != checkpoint {
		t.Errorf("the store was read %d times by the first worker", n)
	}
	for n := range 100 {
		_, err := log.Append(context.Background(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
			Stream: events.StreamID(streams[n]), After: 3, Events: []events.Event{{Type: "opened", Schema: 1, At: start}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := build(log); n != checkpoint+100 {
		t.Errorf("the store was read %d times by the second worker", n)
	}
	if err := count.Reconcile(context.Background(), log, store, viewmemory.New()); err != nil {
		t.Error(err)
	}
}
