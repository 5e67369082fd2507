package events_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// BenchmarkReplay folds a stream of a thousand records from memory.
func BenchmarkReplay(b *testing.B) {
	const records = 1000
	store := memory.New()
	if _, err := events.Transact(b.Context(), store, asked(), func(_ context.Context, tx *events.Tx) error {
		if _, err := counts.Create(tx, "count-a"); err != nil {
			return err
		}
		tx.Stamp(noon, nil)
		return counts.Append(tx, "count-a", make([]uint64, records)...)
	}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, version, err := counts.Replay(b.Context(), store, "count-a"); err != nil || version != records {
			b.Fatal(version, err)
		}
	}
	b.ReportMetric(float64(b.N)*records/b.Elapsed().Seconds(), "events/s")
}

// commitID is the id of the nth commit.
func commitID(n uint64) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

// BenchmarkAppend is what the memory store takes for one event by itself.
func BenchmarkAppend(b *testing.B) {
	store, n := memory.New(), uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		if _, err := store.Append(b.Context(), events.Commit{ID: commitID(n), Batches: []events.Batch{{
			Stream: "count-a", After: events.Version(n - 1),
			Events: []events.Event{{Type: "count.rose", Schema: 1, At: noon, Data: binary.BigEndian.AppendUint64(nil, 1)}},
		}}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransact is the same event by way of a transaction with a warm cache.
func BenchmarkTransact(b *testing.B) {
	for name, bound := range map[string]events.Option{
		"default":  events.WithTimeout(events.DefaultTimeout),
		"no bound": events.WithTimeout(0),
	} {
		b.Run(name, func(b *testing.B) {
			store, n := memory.New(), uint64(0)
			opts := []events.Option{events.WithCache(events.NewCache(8)), bound}
			b.ReportAllocs()
			for b.Loop() {
				n++
				if _, err := events.Transact(b.Context(), store, events.Request{ID: commitID(n)}, func(_ context.Context, tx *events.Tx) error {
					if _, _, err := counts.Load(tx, "count-a"); err != nil {
						return err
					}
					tx.Stamp(noon, nil)
					return counts.Append(tx, "count-a", 1)
				}, opts...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkView reads one state of ten thousand from a warm cache.
func BenchmarkView(b *testing.B) {
	store, n := memory.New(), 0
	streams := make([]events.StreamID, 10_000)
	for i := range streams {
		streams[i] = events.StreamID("count-" + commitID(uint64(i)).String())
	}
	opts := []events.Option{events.WithCache(events.NewCache(len(streams))), events.AllowStale()}
	b.ReportAllocs()
	for b.Loop() {
		n++
		if _, _, err := counts.View(b.Context(), store, streams[n%len(streams)], opts...); err != nil {
			b.Fatal(err)
		}
	}
}
