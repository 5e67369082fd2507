package group

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tradesurety/surety/events"
)

// TestObserver counts what a group was asked and what became of it.
func TestObserver(t *testing.T) {
	var seen []events.GroupDone
	failing := errors.New("this store keeps no snapshots")
	w := New(true, func(g *Group) {
		g.Claim()
		if g.Snapshot != nil {
			g.Fail(failing)
			return
		}
		for i := range g.Commits {
			switch c := &g.Commits[i]; c.Batches[0].After {
			case 0:
			case 1:
				g.Answers[i].Receipt.Repeated = true
			case 2:
				g.Answers[i].Err = &events.ConflictError{}
			case 3:
				g.Answers[i].Err = &events.DuplicateError{}
			case 4:
				g.Answers[i].Err = events.ErrUnknownOutcome
			default:
				g.Answers[i].Err = failing
			}
		}
	}, func(d events.GroupDone) { seen = append(seen, d) })
	var group []events.Commit
	for after := range events.Version(6) {
		c := one(1)
		c.Batches[0].After = after
		group = append(group, c)
	}
	guard := one(1)
	guard.Batches[0].Events = nil
	w.AppendEach(t.Context(), append(group, guard))
	if err := w.Save(t.Context(), events.Snapshot{}); err != failing {
		t.Error(err)
	}
	w.Close()
	if len(seen) != 2 {
		t.Fatalf("%d groups were reported, want 2", len(seen))
	}
	d := seen[0]
	want := events.Outcomes{Applied: 1, Guards: 1, Repeated: 1, Conflicts: 1, Duplicates: 1, Unknown: 1, Failed: 1}
	if d.Members != 7 || d.Events != 1 || d.Outcomes != want || d.Wait < 0 || d.Took <= 0 || d.Snapshot || d.Err != nil {
		t.Errorf("%+v", d)
	}
	if d := seen[1]; !d.Snapshot || d.Err != failing || d.Members != 0 || d.Outcomes != (events.Outcomes{}) {
		t.Errorf("a snapshot: %+v", d)
	}
}

// TestObserverBesideCallers has callers reuse what they had written as soon as they have their answer,
// which the race detector watches.
func TestObserverBesideCallers(t *testing.T) {
	var written atomic.Int64
	w := New(false, func(g *Group) { g.Claim() }, func(d events.GroupDone) { written.Add(int64(d.Events)) })
	const n = 200
	for range n {
		c := one(1)
		if _, err := w.Append(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		c.Batches[0] = events.Batch{}
	}
	w.Close()
	if written.Load() != n {
		t.Errorf("%d events were reported, want %d", written.Load(), n)
	}
}
