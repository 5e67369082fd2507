package memory_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// life is the number of events of an order in these benchmarks.
const life = 12

// order returns the events of one order: each has 250 bytes of data and 60 of meta.
func order() []events.Event {
	list := make([]events.Event, life)
	for i := range list {
		list[i] = events.Event{Type: "order.payment-received", Schema: 1, At: events.MinInstant, Meta: make([]byte, 60), Data: make([]byte, 250)}
	}
	return list
}

// id returns the nth commit ID, time-ordered as a version 7 UUID is.
func id(n int) uuid.UUID {
	return uuid.UUID{2: byte(n >> 24), 3: byte(n >> 16), 4: byte(n >> 8), 5: byte(n), 6: 0x70, 8: 0x80, 15: byte(n)}
}

func stream(n int) events.StreamID {
	return events.StreamID(fmt.Sprintf("order-0193a4c8-7c1e-7d3a-b4a5-%012d", n))
}

// BenchmarkAppend appends orders of 12 events, several events a call. The store is replaced
// regularly, so that the benchmark does not measure the memory of the machine.
func BenchmarkAppend(b *testing.B) {
	for _, each := range []int{1, 2, life} {
		b.Run(fmt.Sprintf("each=%d", each), func(b *testing.B) {
			ctx, list := context.Background(), order()
			const orders = 20_000
			names := make([]events.StreamID, orders)
			for i := range names {
				names[i] = stream(i)
			}
			b.ReportAllocs()
			var store *memory.Store
			n, commits := 0, 0
			for b.Loop() {
				if n%(orders*life) == 0 {
					store = memory.New()
				}
				at := n % life
				c := events.Commit{ID: id(commits + 1), Batches: []events.Batch{{
					Stream: names[n/life%orders], After: events.Version(at), Events: list[at : at+each],
				}}}
				if _, err := store.Append(ctx, c); err != nil {
					b.Fatal(err)
				}
				n, commits = n+each, commits+1
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
		})
	}
}

// BenchmarkLoad reads the 12 events of one order among many.
func BenchmarkLoad(b *testing.B) {
	for _, orders := range []int{1, 100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("streams=%d", orders), func(b *testing.B) {
			ctx, list, store := context.Background(), order(), memory.New()
			names := make([]events.StreamID, orders)
			for i := range names {
				names[i] = stream(i)
				c := events.Commit{ID: id(i + 1), Batches: []events.Batch{{Stream: names[i], Events: list}}}
				if _, err := store.Append(ctx, c); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for _, err := range store.Read(ctx, names[n*7919%orders], 0) {
					if err != nil {
						b.Fatal(err)
					}
				}
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*life), "ns/event")
		})
	}
}

// BenchmarkScan reads a log of 120,000 records.
func BenchmarkScan(b *testing.B) {
	ctx, list, store := context.Background(), order(), memory.New()
	for i := range 10_000 {
		c := events.Commit{ID: id(i + 1), Batches: []events.Batch{{Stream: stream(i), Events: list}}}
		if _, err := store.Append(ctx, c); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		for _, err := range store.ReadAll(ctx, 0, events.Filter{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
}
