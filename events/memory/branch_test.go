package memory_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/storetest"
)

// TestBranch cuts a log at every place around its commits, of which some fill chunks, and
// compares what the branch has; both go on by themselves.
func TestBranch(t *testing.T) {
	ctx, list := t.Context(), order()
	store := memory.New()
	var links []events.Mark
	const streams, each = 150, 5 // events a commit
	for i := range streams {
		c := events.Commit{ID: id(i + 1), Digest: [32]byte{byte(i)}, Batches: []events.Batch{{Stream: stream(i % 7), After: events.Version(i / 7 * each), Events: list[:each]}}}
		if _, err := store.Append(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	for mark, err := range store.Links(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		links = append(links, mark)
	}
	for _, at := range []events.Position{0, 1, 4, 5, 6, 255, 256, 257, 511, 512, 745, 749, 750, 751, 1<<64 - 1} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			n := int(min(at, streams*each) / each)
			branch := store.Branch(at)
			settled, err := branch.Settled(ctx)
			if err != nil || settled != events.Position(n*each) {
				t.Fatalf("a branch of %d commits ends at %d (%v)", n, settled, err)
			}
			if _, err := events.Verify(ctx, branch, nil); err != nil {
				t.Error(err)
			}
			for i, mark := range links {
				if fork := new(events.ForkError); (i > n) != errors.As(branch.Holds(ctx, mark), &fork) {
					t.Errorf("link %d: %v", i, branch.Holds(ctx, mark))
				}
			}
			for i := range streams {
				r, known, err := branch.Lookup(ctx, id(i+1))
				if err != nil || known != (i < n) || known && r.Position != events.Position(i+1)*each {
					t.Errorf("commit %d: %+v, %t, %v", i, r, known, err)
				}
			}
			// The same commit at the same position is on another history after another commit.
			again := events.Commit{ID: id(1000), Batches: []events.Batch{{Stream: "new-1", Events: list[:2]}}}
			for _, s := range []*memory.Store{branch, branch.Branch(at)} {
				if r, err := s.Append(ctx, again); err != nil || r.First != settled+1 {
					t.Fatalf("%+v, %v", r, err)
				}
				again.Batches[0].Events[0].Data = []byte("other")
			}
			if end, err := store.Settled(ctx); err != nil || end != streams*each {
				t.Errorf("the branch has moved the end to %d (%v)", end, err)
			}
			for _, mark := range links {
				if err := store.Holds(ctx, mark); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestFork puts a branch of a log under a store that is open.
func TestFork(t *testing.T) {
	storetest.Fork(t, storetest.ForkConfig{
		Open: func(testing.TB) events.Store { return storetest.NewSwitch(memory.New()) },
		Save: func(_ testing.TB, s events.Store) func(testing.TB) {
			on := s.(*storetest.Switch)
			saved := on.Log().(*memory.Store).Branch(1<<64 - 1)
			return func(t testing.TB) {
				if err := on.To(saved); err != nil {
					t.Fatal(err)
				}
			}
		},
		Second: func(_ testing.TB, s events.Store) events.Store {
			return storetest.NewSwitch(s.(*storetest.Switch).Log())
		},
	})
}
