package events_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// valid returns a commit of three batches, the last of which has three events.
func valid() events.Commit {
	event := events.Event{Type: "order.confirmed", Schema: 1, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return events.Commit{
		ID: uuid.NameSpaceOID,
		Batches: []events.Batch{
			{Stream: "line-1", After: 4},
			{Stream: "order-1", Events: []events.Event{event}},
			{Stream: "order-2", After: 7, Events: []events.Event{event, event, event}},
		},
	}
}

func TestCommitValidate(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Fatalf("a valid commit: %v", err)
	}
	last := func(change func(*events.Event)) func(*events.Commit) {
		return func(c *events.Commit) { change(&c.Batches[2].Events[2]) }
	}
	batches := func(n int) func(*events.Commit) {
		return func(c *events.Commit) {
			c.Batches = nil
			for i := range n {
				c.Batches = append(c.Batches, events.Batch{Stream: events.StreamID(fmt.Sprintf("line-%d", i))})
			}
		}
	}
	many := func(n int) func(*events.Commit) {
		return func(c *events.Commit) {
			one := c.Batches[1].Events[0]
			for c.Events() < n {
				c.Batches[1].Events = append(c.Batches[1].Events, one)
			}
		}
	}
	for _, k := range []struct {
		name   string
		change func(*events.Commit)
		field  string // of the error; empty where there is none
		reason string
	}{
		{"nil id", func(c *events.Commit) { c.ID = uuid.Nil }, "id", "must not be the nil UUID"},
		{"no batches", func(c *events.Commit) { c.Batches = nil }, "batches", "a commit needs at least one"},
		{"batches at the bound", batches(events.MaxBatches), "", ""},
		{"batches beyond", batches(events.MaxBatches + 1), "batches", "1001 are more than 1000"},
		{"stream", func(c *events.Commit) { c.Batches[1].Stream = "order" }, "batches[1].stream", `"order" has no hyphen between category and key`},
		{"stream twice", func(c *events.Commit) { c.Batches[2].Stream = "line-1" }, "batches[2].stream", `"line-1" appears twice`},
		{"stream twice among many", func(c *events.Commit) { batches(events.MaxBatches)(c); c.Batches[999].Stream = "line-0" }, "batches[999].stream", `"line-0" appears twice`},
		{"events at the bound", many(events.MaxEvents), "", ""},
		{"events beyond", many(events.MaxEvents + 1), "events", "more than 1000 in one commit"},
		{"type empty", last(func(e *events.Event) { e.Type = "" }), "batches[2].events[2].type", "must not be empty"},
		{"type alphabet", last(func(e *events.Event) { e.Type = "a.b-c_9" }), "", ""},
		{"type upper case", last(func(e *events.Event) { e.Type = "Order" }), "batches[2].events[2].type", `"Order" has characters other than a-z 0-9 . - _`},
		{"type at the bound", last(func(e *events.Event) { e.Type = strings.Repeat("t", events.MaxType) }), "", ""},
		{"type beyond", last(func(e *events.Event) { e.Type = strings.Repeat("t", events.MaxType+1) }), "batches[2].events[2].type", "101 bytes are more than 100"},
		{"schema", last(func(e *events.Event) { e.Schema = 0 }), "batches[2].events[2].schema", "counts from 1"},
		{"first instant", last(func(e *events.Event) { e.At = events.MinInstant }), "", ""},
		{"before it", last(func(e *events.Event) { e.At = events.MinInstant.Add(-1) }), "batches[2].events[2].at", "lies outside 1970-01-01 to 2261-12-31"},
		{"last instant", last(func(e *events.Event) { e.At = events.MaxInstant }), "", ""},
		{"after it", last(func(e *events.Event) { e.At = events.MaxInstant.Add(1) }), "batches[2].events[2].at", "lies outside 1970-01-01 to 2261-12-31"},
		{"zero instant", last(func(e *events.Event) { e.At = time.Time{} }), "batches[2].events[2].at", "lies outside 1970-01-01 to 2261-12-31"},
		{"meta at the bound", last(func(e *events.Event) { e.Meta = make([]byte, events.MaxMeta) }), "", ""},
		{"meta beyond", last(func(e *events.Event) { e.Meta = make([]byte, events.MaxMeta+1) }), "batches[2].events[2].meta", "4097 bytes are more than 4096"},
		{"data at the bound", last(func(e *events.Event) { e.Data = make([]byte, events.MaxData) }), "", ""},
		{"data beyond", last(func(e *events.Event) { e.Data = make([]byte, events.MaxData+1) }), "batches[2].events[2].data", "65537 bytes are more than 65536"},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := valid()
			k.change(&c)
			err := c.Validate()
			if k.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var bounds *events.BoundsError
			if !errors.As(err, &bounds) {
				t.Fatalf("got %v, want a *BoundsError", err)
			}
			if bounds.Field != k.field || bounds.Reason != k.reason {
				t.Errorf("got %q: %q; want %q: %q", bounds.Field, bounds.Reason, k.field, k.reason)
			}
		})
	}
}

// TestInstantsFit holds the bounds of instants to the 64 bits in which stores keep them.
func TestInstantsFit(t *testing.T) {
	for _, at := range []time.Time{events.MinInstant, events.MaxInstant} {
		if back := time.Unix(0, at.UnixNano()).UTC(); back != at {
			t.Errorf("%s comes back from nanoseconds as %s", at, back)
		}
	}
}

func TestCommitCounts(t *testing.T) {
	c := valid()
	if c.Events() != 4 || c.IsGuard() {
		t.Errorf("Events() = %d, IsGuard() = %t; want 4, false", c.Events(), c.IsGuard())
	}
	c.Batches = c.Batches[:1]
	if c.Events() != 0 || !c.IsGuard() {
		t.Errorf("of guards alone: Events() = %d, IsGuard() = %t; want 0, true", c.Events(), c.IsGuard())
	}
}

func TestFilterMatches(t *testing.T) {
	for _, k := range []struct {
		filter events.Filter
		want   bool
	}{
		{events.Filter{}, true},
		{events.Filter{Categories: []string{}, Types: []string{}}, true},
		{events.Filter{Categories: []string{"order"}}, true},
		{events.Filter{Categories: []string{"line", "order"}}, true},
		{events.Filter{Categories: []string{"orde"}}, false},
		{events.Filter{Categories: []string{"order-1"}}, false},
		{events.Filter{Categories: []string{""}}, false},
		{events.Filter{Types: []string{"order.paid"}}, true},
		{events.Filter{Types: []string{"order"}}, false},
		{events.Filter{Types: []string{"ORDER.PAID"}}, false},
		{events.Filter{Categories: []string{"order"}, Types: []string{"order.paid"}}, true},
		{events.Filter{Categories: []string{"order"}, Types: []string{"order.shipped"}}, false},
		{events.Filter{Categories: []string{"line"}, Types: []string{"order.paid"}}, false},
	} {
		if got := k.filter.Matches("order-1-order", "order.paid"); got != k.want {
			t.Errorf("%+v matches: %t, want %t", k.filter, got, k.want)
		}
	}
}

func TestDurabilityString(t *testing.T) {
	for d, want := range map[events.Durability]string{
		0: "unknown", events.DurabilityNone: "none", events.DurabilityProcess: "process", events.DurabilityFsync: "fsync", events.DurabilityReplicated: "replicated", 9: "unknown",
	} {
		if d.String() != want {
			t.Errorf("Durability(%d) is %q, want %q", d, d, want)
		}
	}
	if !(events.DurabilityNone < events.DurabilityProcess && events.DurabilityProcess < events.DurabilityFsync && events.DurabilityFsync < events.DurabilityReplicated) {
		t.Error("a higher level must compare as higher")
	}
}

// BenchmarkValidate checks a commit of the domain and the widest one there may be.
func BenchmarkValidate(b *testing.B) {
	for _, batches := range []int{1, 3, events.MaxBatches} {
		b.Run(fmt.Sprintf("batches=%d", batches), func(b *testing.B) {
			c := valid()
			event := c.Batches[1].Events
			c.Batches = nil
			for i := range batches {
				c.Batches = append(c.Batches, events.Batch{Stream: events.StreamID(fmt.Sprintf("order-0193a4c8-7c1e-7d3a-b4a5-%012d", i)), Events: event})
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Validate(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
