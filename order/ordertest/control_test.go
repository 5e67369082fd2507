package ordertest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
)

// quiet is a test that records its failure and its output.
type quiet struct {
	said   strings.Builder
	failed bool
}

func (q *quiet) Helper()                       {}
func (q *quiet) Name() string                  { return "control" }
func (q *quiet) Logf(format string, a ...any)  { fmt.Fprintf(&q.said, format+"\n", a...) }
func (q *quiet) Log(a ...any)                  { fmt.Fprintln(&q.said, a...) }
func (q *quiet) Skipf(format string, a ...any) { q.Logf(format, a...); q.SkipNow() }
func (q *quiet) Skip(a ...any)                 { q.Log(a...); q.SkipNow() }
func (q *quiet) SkipNow()                      { runtime.Goexit() }
func (q *quiet) Errorf(format string, a ...any) {
	q.Logf(format, a...)
	q.failed = true
}
func (q *quiet) Error(a ...any)                 { q.Log(a...); q.failed = true }
func (q *quiet) Fatalf(format string, a ...any) { q.Errorf(format, a...); runtime.Goexit() }
func (q *quiet) Fatal(a ...any)                 { q.Error(a...); runtime.Goexit() }
func (q *quiet) FailNow()                       { q.failed = true; runtime.Goexit() }
func (q *quiet) Fail()                          { q.failed = true }
func (q *quiet) Failed() bool                   { return q.failed }

// twisted is a store that changes or drops commits.
type twisted struct {
	events.Store
	twist func(s events.Store, c events.Commit) (events.Commit, bool) // false drops the commit
}

func (s twisted) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	c, ok := s.twist(s.Store, c)
	if !ok {
		return events.Receipt{Commit: c.ID, First: 1, Position: 1}, nil
	}
	return s.Store.Append(ctx, c)
}

func (s twisted) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	out := make([]events.Outcome, len(group))
	for i, c := range group {
		out[i].Receipt, out[i].Err = s.Append(ctx, c)
	}
	return out
}

// lying is a store that returns another mode of transport when a single stream is read.
type lying struct{ events.Store }

func (s lying) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range s.Store.Read(ctx, stream, after) {
			if r.Type == "order.transport-set" {
				r.Data = []byte(`{"mode":"land"}`)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// TestPlayHoldsTheDeskToTheBooks plays on a store that returns wrong records to the desk and correct ones to the
// auditor.
func TestPlayHoldsTheDeskToTheBooks(t *testing.T) {
	said, failed := playOn(t, func(s events.Store) events.Store { return lying{s} }, ordertest.OnlyAssurance(), ordertest.WithDesk(desk.WithCache(0)))
	if want := "what the desk shows of order-"; !failed || !strings.Contains(said, want) || !strings.Contains(said, "transport is land, in the books") {
		t.Errorf("failed %t, want %q:\n%.2000s", failed, want, said)
	}
}

// playOn plays games with a fixed seed on such a store, and returns their output and whether one failed.
func playOn(t *testing.T, wrap func(events.Store) events.Store, opts ...ordertest.PlayOption) (said string, failed bool) {
	t.Helper()
	set(t, "rapid.seed", "1")
	set(t, "rapid.checks", "150")
	set(t, "rapid.steps", "40")
	set(t, "rapid.shrinktime", "1ns")
	set(t, "rapid.nofailfile", "true")
	q := new(quiet)
	over := make(chan struct{})
	go func() { // a failed run ends its goroutine
		defer close(over)
		rapid.Check(q, func(rt *rapid.T) {
			store := memory.New()
			defer store.Close()
			ordertest.Play(rt, wrap(store), opts...)
		})
	}()
	<-over
	return q.said.String(), q.failed
}

// writes returns the number of batches of a commit that are not guards.
func writes(c events.Commit) (batches int) {
	for _, b := range c.Batches {
		if len(b.Events) > 0 {
			batches++
		}
	}
	return batches
}

// TestPlayFindsFaults plays on stores that have one fault each, and with a check that returns an error: the games must
// fail, and the failure must say what is wrong.
func TestPlayFindsFaults(t *testing.T) {
	object := errors.New("the checker objects")
	for _, c := range []struct {
		name  string
		says  string
		twist func(s events.Store, c events.Commit) (events.Commit, bool)
		opts  []ordertest.PlayOption
	}{
		{"nothing", "", func(_ events.Store, c events.Commit) (events.Commit, bool) { return c, true }, nil},
		{"the checker", object.Error(), func(_ events.Store, c events.Commit) (events.Commit, bool) { return c, true },
			[]ordertest.PlayOption{ordertest.Check(func(records []events.Record) error {
				if records[0].Position > 60 {
					return object
				}
				return nil
			})}},
		{"commits are known by another ID", "and in the log", func(_ events.Store, c events.Commit) (events.Commit, bool) {
			if writes(c) > 0 {
				c.ID = desk.NewID()
			}
			return c, true
		}, nil},
		{"a known ID is not recognised", "I29", func(s events.Store, c events.Commit) (events.Commit, bool) {
			if _, known, _ := s.Lookup(context.Background(), c.ID); known {
				c.ID = desk.NewID()
			}
			return c, true
		}, nil},
		{"what is acknowledged is lost", "", func(_ events.Store, c events.Commit) (events.Commit, bool) { return c, writes(c) == 0 }, nil},
		{"the last stream of a commit is left out", "", func(_ events.Store, c events.Commit) (events.Commit, bool) {
			if n := len(c.Batches) - 1; writes(c) > 1 {
				c.Batches = c.Batches[:n:n]
			}
			return c, true
		}, nil},
		{"a cent is lost on the way to the funds", "audit: ", func(_ events.Store, c events.Commit) (events.Commit, bool) {
			batches := make([]events.Batch, len(c.Batches))
			for i, b := range c.Batches {
				list := make([]events.Event, len(b.Events))
				for j, e := range b.Events {
					if e.Type == "funds.credited" {
						e.Data = bytes.Replace(e.Data, []byte(`.00 CNY"`), []byte(`.01 CNY"`), 1)
					}
					list[j] = e
				}
				b.Events = list
				batches[i] = b
			}
			c.Batches = batches
			return c, true
		}, []ordertest.PlayOption{ordertest.OnlyPayLater()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said, failed := playOn(t, func(s events.Store) events.Store { return twisted{s, c.twist} }, c.opts...)
			if wrong := c.name != "nothing"; failed != wrong || !strings.Contains(said, c.says) {
				t.Errorf("failed %t, want %t and %q:\n%.2000s", failed, wrong, c.says, said)
			}
		})
	}
}
