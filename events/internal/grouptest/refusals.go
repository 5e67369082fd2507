// Package grouptest measures what callers of a store cost each other.
package grouptest

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Refusals has callers who append one event a commit, and as many beside them whose commands are
// refused: each appends the guard of a refusal, which holds, under an ID of its own. It reports
// how many of both are answered a second.
func Refusals(b *testing.B, s events.Store) {
	b.Helper()
	const callers, round = 32, 250 * time.Millisecond
	var versions [callers]events.Version
	var writes, refusals atomic.Int64
	append1 := func(stream events.StreamID, after events.Version, list ...events.Event) error {
		_, err := s.Append(b.Context(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{Stream: stream, After: after, Events: list}}})
		return err
	}
	event := events.Event{Type: "order.payment-received", Schema: 1, At: events.MinInstant, Meta: make([]byte, 60), Data: make([]byte, 250)}
	if err := append1("refused-1", 0, event); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		until := time.Now().Add(round)
		var group sync.WaitGroup
		errs := make([]error, 2*callers)
		for i := range callers {
			stream := events.StreamID("order-" + strconv.Itoa(i))
			group.Go(func() {
				for time.Now().Before(until) && errs[i] == nil {
					errs[i] = append1(stream, versions[i], event)
					versions[i]++
					writes.Add(1)
				}
			})
			group.Go(func() {
				for time.Now().Before(until) && errs[callers+i] == nil {
					errs[callers+i] = append1("refused-1", 1)
					refusals.Add(1)
				}
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			b.Fatal(err)
		}
	}
	seconds := float64(b.N) * round.Seconds()
	b.ReportMetric(float64(writes.Load())/seconds, "writes/s")
	b.ReportMetric(float64(refusals.Load())/seconds, "refusals/s")
	b.ReportMetric(0, "ns/op")
}
