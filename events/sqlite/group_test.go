package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tradesurety/surety/events"
)

// TestCallersAreGrouped queues callers behind one that writes: they share transactions, none
// of them larger than the bound, and each gets an answer of its own.
func TestCallersAreGrouped(t *testing.T) {
	const n = events.MaxGroup + 50
	var sizes []int
	hold, held := make(chan struct{}), make(chan struct{})
	s := openNew(t, withHooks(hooks{committing: func(group []events.Commit) error {
		if sizes = append(sizes, len(group)); len(sizes) == 1 {
			close(held)
			<-hold
		}
		return nil
	}}))
	errs := make(chan error)
	put := func(i int) {
		_, err := s.Append(t.Context(), one(events.StreamID(fmt.Sprintf("order-%d", i/2)), 0, "a"))
		errs <- err
	}
	go put(-2)
	<-held
	for i := range n {
		go put(i)
	}
	snapshot := events.Snapshot{Stream: "order-1", Version: 1, Fold: "f", Data: []byte("folded")}
	go func() { errs <- s.SaveSnapshot(t.Context(), snapshot) }()
	stopped{Store: s}.waitQueued(t, n+1)
	close(hold)

	won, lost := 0, 0
	for range n + 2 {
		err := <-errs
		if _, conflict := errors.AsType[*events.ConflictError](err); conflict {
			lost++
		} else if err == nil {
			won++
		} else {
			t.Error(err)
		}
	}
	// Two callers want each stream; the caller who was first and the snapshot have no rival.
	if won != n/2+2 || lost != n/2 {
		t.Errorf("%d won and %d lost, want %d and %d", won, lost, n/2+2, n/2)
	}
	if got, ok, err := s.LatestSnapshot(t.Context(), "order-1", "f"); !ok || err != nil || string(got.Data) != "folded" {
		t.Errorf("the snapshot among them: %+v, %t, %v", got, ok, err)
	}
	for _, size := range sizes {
		if size > events.MaxGroup {
			t.Errorf("a transaction of %d commits", size)
		}
	}
	// The first, the snapshot, and the callers before and behind it, split at the bound.
	if len(sizes) > 6 {
		t.Errorf("%d transactions, of %v commits", len(sizes), sizes)
	}
}

// TestAppendEachIsSplitAtTheBounds appends more members, and more events, than one transaction
// takes.
func TestAppendEachIsSplitAtTheBounds(t *testing.T) {
	for _, c := range []struct{ members, events, most int }{
		{2*events.MaxGroup + 3, 1, events.MaxGroup},
		{6, events.MaxEvents, events.MaxGroupEvents / events.MaxEvents},
	} {
		var got []int
		s := openNew(t, WithDurability(events.DurabilityProcess), withHooks(hooks{committing: func(group []events.Commit) error {
			got = append(got, len(group))
			return nil
		}}))
		types := slices.Repeat([]string{"a"}, c.events)
		group := make([]events.Commit, c.members)
		for i := range group {
			group[i] = one("order-1", events.Version(i*c.events), types...)
		}
		for i, out := range s.AppendEach(t.Context(), group) {
			if out.Err != nil {
				t.Errorf("member %d: %v", i, out.Err)
			}
		}
		var want []int
		for n := c.members; n > 0; n -= c.most {
			want = append(want, min(n, c.most))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d members of %d events: transactions of %v members, want %v", c.members, c.events, got, want)
		}
	}
}
