package admit_test

import (
	"fmt"
	"maps"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// log is the naive model: a log that takes one commit at a time.
type log struct {
	heads    map[events.StreamID]events.Version
	digests  map[uuid.UUID][32]byte
	receipts map[uuid.UUID]events.Receipt
	end      events.Position
}

func newLog() *log {
	return &log{
		heads:    make(map[events.StreamID]events.Version),
		digests:  make(map[uuid.UUID][32]byte),
		receipts: make(map[uuid.UUID]events.Receipt),
	}
}

func (l *log) append(c events.Commit) (events.Receipt, error) {
	if err := c.Validate(); err != nil {
		return events.Receipt{}, err
	}
	if digest, ok := l.digests[c.ID]; ok {
		if digest != c.Digest {
			return events.Receipt{}, &events.DuplicateError{Commit: c.ID, First: l.receipts[c.ID]}
		}
		r := l.receipts[c.ID]
		r.Repeated = true
		return r, nil
	}
	for _, b := range c.Batches {
		if l.heads[b.Stream] != b.After {
			return events.Receipt{}, &events.ConflictError{Stream: b.Stream, After: b.After, Head: l.heads[b.Stream]}
		}
	}
	r := events.Receipt{Commit: c.ID}
	for _, b := range c.Batches {
		for range b.Events {
			l.end++
			l.heads[b.Stream]++
			if r.First == 0 {
				r.First = l.end
			}
			r.Position = l.end
		}
	}
	if r.First > 0 {
		l.digests[c.ID], l.receipts[c.ID] = c.Digest, r
	}
	return r, nil
}

// known is what a store would read of the IDs of a group.
func (l *log) known(group []events.Commit) map[uuid.UUID]admit.Known {
	known := make(map[uuid.UUID]admit.Known)
	for _, c := range group {
		if r, ok := l.receipts[c.ID]; ok {
			known[c.ID] = admit.Known{Digest: l.digests[c.ID], Receipt: r}
		}
	}
	return known
}

// outcomes turns verdicts into outcomes as a store does: what is admitted is inserted at the
// end, and what refers to an earlier member takes that member's receipt.
func outcomes(group []events.Commit, verdicts []admit.Verdict, end events.Position) []events.Outcome {
	out := make([]events.Outcome, len(group))
	for i, v := range verdicts {
		if !v.Admit {
			out[i] = v.Outcome(out)
			continue
		}
		n := events.Position(group[i].Events())
		out[i].Receipt = events.Receipt{Commit: group[i].ID, First: end + 1, Position: end + n}
		end += n
	}
	return out
}

// drawCommit draws from few streams, versions, IDs and digests, so that members
// collide, and sometimes a commit that is out of bounds.
func drawCommit(t *rapid.T) events.Commit {
	c := events.Commit{
		ID:     uuid.UUID{15: byte(rapid.IntRange(0, 6).Draw(t, "id"))},
		Digest: [32]byte{byte(rapid.IntRange(0, 1).Draw(t, "digest"))},
	}
	for range rapid.IntRange(0, 3).Draw(t, "batches") {
		b := events.Batch{
			Stream: events.StreamID(rapid.SampledFrom([]string{"a-1", "a-2", "b-1", "b"}).Draw(t, "stream")),
			After:  events.Version(rapid.IntRange(0, 4).Draw(t, "after")),
		}
		for range rapid.IntRange(0, 2).Draw(t, "events") {
			b.Events = append(b.Events, events.Event{Type: "t", Schema: 1, At: events.MinInstant})
		}
		c.Batches = append(c.Batches, b)
	}
	return c
}

// groupIsSequence is the law of Group, checked on a log that grows from group to group.
func groupIsSequence(t *rapid.T) {
	naive := newLog()
	heads := make(map[events.StreamID]events.Version)
	for range rapid.IntRange(1, 4).Draw(t, "groups") {
		group := rapid.SliceOfN(rapid.Custom(drawCommit), 0, 8).Draw(t, "group")
		known, end := naive.known(group), naive.end
		given, knew := copied(group), maps.Clone(known)
		verdicts := admit.Group(group, heads, known)

		if !reflect.DeepEqual(group, given) || !maps.Equal(known, knew) {
			t.Fatal("Group changed what it was given")
		}
		var want []events.Outcome
		for _, c := range group {
			r, err := naive.append(c)
			want = append(want, events.Outcome{Receipt: r, Err: err})
		}
		for i, got := range outcomes(group, verdicts, end) {
			if !reflect.DeepEqual(got, want[i]) {
				t.Fatalf("member %d: %+v, want %+v", i, got, want[i])
			}
		}
		for stream, head := range naive.heads {
			if heads[stream] != head {
				t.Fatalf("stream %s is at %d, want %d", stream, heads[stream], head)
			}
		}
		refusedChangesNothing(t, group)
	}
}

// refusedChangesNothing leaves out one refused member of a group on an empty log.
func refusedChangesNothing(t *rapid.T, group []events.Commit) {
	decide := func(group []events.Commit) []admit.Verdict {
		return admit.Group(group, make(map[events.StreamID]events.Version), nil)
	}
	all := decide(group)
	for i := range all {
		if all[i].Err == nil {
			continue
		}
		without := decide(append(copied(group[:i]), group[i+1:]...))
		with := append(append([]admit.Verdict(nil), all[:i]...), all[i+1:]...)
		for k := range with {
			if with[k].Admit != without[k].Admit || (with[k].Err == nil) != (without[k].Err == nil) {
				t.Fatalf("member %d is decided differently without the refused member %d", k, i)
			}
		}
	}
}

func copied(group []events.Commit) []events.Commit {
	list := append([]events.Commit{}, group...)
	for i := range list {
		list[i].Batches = append([]events.Batch(nil), list[i].Batches...)
	}
	return list
}

func TestGroupIsSequence(t *testing.T) { rapid.Check(t, groupIsSequence) }

func FuzzGroup(f *testing.F) { f.Fuzz(rapid.MakeFuzz(groupIsSequence)) }

// TestGroup spells out the answers that stores rely on and the model cannot see: which fields
// of a verdict are set.
func TestGroup(t *testing.T) {
	id, first := uuid.UUID{15: 1}, events.Receipt{Commit: uuid.UUID{15: 1}, First: 3, Position: 5}
	fact := events.Event{Type: "t", Schema: 1, At: events.MinInstant}
	write := func(after events.Version) []events.Batch {
		return []events.Batch{{Stream: "a-1", After: after, Events: []events.Event{fact}}}
	}
	repeated := first
	repeated.Repeated = true
	for name, k := range map[string]struct {
		group []events.Commit
		known map[uuid.UUID]admit.Known
		want  admit.Verdict // of the last member
	}{
		"admitted":          {[]events.Commit{{ID: id, Batches: write(2)}}, nil, admit.Verdict{Admit: true, Same: -1, Other: -1}},
		"guard":             {[]events.Commit{{ID: id, Batches: []events.Batch{{Stream: "a-1", After: 2}}}}, nil, admit.Verdict{Same: -1, Other: -1, Receipt: events.Receipt{Commit: id}}},
		"conflict":          {[]events.Commit{{ID: id, Batches: write(1)}}, nil, admit.Verdict{Same: -1, Other: -1, Err: &events.ConflictError{Stream: "a-1", After: 1, Head: 2}}},
		"known":             {[]events.Commit{{ID: id, Batches: write(1)}}, map[uuid.UUID]admit.Known{id: {Receipt: first}}, admit.Verdict{Same: -1, Other: -1, Receipt: repeated}},
		"known, other":      {[]events.Commit{{ID: id, Digest: [32]byte{1}, Batches: write(1)}}, map[uuid.UUID]admit.Known{id: {Receipt: first}}, admit.Verdict{Same: -1, Other: -1, Err: &events.DuplicateError{Commit: id, First: first}}},
		"same in the group": {[]events.Commit{{ID: id, Batches: write(2)}, {ID: id, Batches: write(7)}}, nil, admit.Verdict{Same: 0, Other: -1}},
		"other in the group": {
			[]events.Commit{{ID: uuid.UUID{15: 9}, Batches: write(0)}, {ID: id, Batches: write(2)}, {ID: id, Digest: [32]byte{1}, Batches: write(3)}},
			nil, admit.Verdict{Same: -1, Other: 1, Err: &events.DuplicateError{Commit: id}},
		},
		"after a refused one of the same id": {[]events.Commit{{ID: id, Batches: write(1)}, {ID: id, Batches: write(2)}}, nil, admit.Verdict{Admit: true, Same: -1, Other: -1}},
		"after a guard of the same id": {
			[]events.Commit{{ID: id, Batches: []events.Batch{{Stream: "a-1", After: 2}}}, {ID: id, Batches: write(2)}},
			nil, admit.Verdict{Admit: true, Same: -1, Other: -1},
		},
		"bounds before id": {
			[]events.Commit{{ID: id, Batches: write(2)}, {ID: id}},
			nil, admit.Verdict{Same: -1, Other: -1, Err: &events.BoundsError{Field: "batches", Reason: "a commit needs at least one"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			verdicts := admit.Group(k.group, map[events.StreamID]events.Version{"a-1": 2}, k.known)
			if got := verdicts[len(verdicts)-1]; !reflect.DeepEqual(got, k.want) {
				t.Errorf("got %+v, want %+v", got, k.want)
			}
		})
	}
}

func TestPart(t *testing.T) {
	sized := func(sizes ...int) []events.Commit {
		group := make([]events.Commit, len(sizes))
		for i, n := range sizes {
			group[i].Batches = []events.Batch{{Stream: "a-1", Events: make([]events.Event, n)}}
		}
		return group
	}
	for _, k := range []struct {
		group []events.Commit
		want  int
	}{
		{nil, 0},
		{sized(0), 1},
		{make([]events.Commit, events.MaxGroup), events.MaxGroup},
		{make([]events.Commit, events.MaxGroup+1), events.MaxGroup},
		{sized(1000, 1000, 1000, 1000, 96, 1), 5},
		{sized(1000, 1000, 1000, 1000, 96), 5},
		{sized(1000, 1000, 1000, 1000, 97), 4},
		{sized(events.MaxGroupEvents+1, 1), 1},
		{sized(events.MaxGroupEvents + 1), 1},
		{sized(0, events.MaxGroupEvents+1), 1},
	} {
		if got := admit.Part(k.group); got != k.want {
			t.Errorf("of %d members %d are decided in one transaction, want %d", len(k.group), got, k.want)
		}
	}
}

// BenchmarkGroup decides full groups of members with one event each on streams of their own.
func BenchmarkGroup(b *testing.B) {
	for _, n := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			group := make([]events.Commit, n)
			heads := make(map[events.StreamID]events.Version, n)
			for i := range group {
				stream := events.StreamID(fmt.Sprintf("order-%036d", i))
				group[i] = events.Commit{ID: uuid.UUID{0: 1, 14: byte(i >> 8), 15: byte(i)}, Batches: []events.Batch{
					{Stream: stream, Events: []events.Event{{Type: "order.confirmed", Schema: 1, At: events.MinInstant}}},
				}}
			}
			b.ReportAllocs()
			for b.Loop() {
				clear(heads)
				admit.Group(group, heads, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/member")
		})
	}
}
