package storetest

import (
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// naive is a Marker that knows a history by its records one at a time: by what identify makes of
// the record at a position, and by nothing before it.
type naive struct {
	*Switch
	identify func(events.Record) [32]byte
}

func (n naive) Mark(ctx context.Context, at events.Position) (events.Mark, error) {
	var mark events.Mark
	for r, err := range n.ReadAll(ctx, 0, events.Filter{}) {
		if err != nil {
			return mark, err
		}
		if mark = (events.Mark{Position: r.Position, Sum: n.identify(r)}); r.Position >= at {
			break
		}
	}
	return mark, nil
}

func (n naive) Holds(ctx context.Context, m events.Mark) error {
	if have, err := n.Mark(ctx, m.Position); err != nil || have != m && !m.IsZero() {
		return &events.ForkError{Mark: m, Have: have}
	}
	return nil
}

func (n naive) ReadFrom(ctx context.Context, c *events.Cursor, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		if err := n.Holds(ctx, c.Mark); err != nil {
			yield(events.Record{}, err)
			return
		}
		for r, err := range n.ReadAll(ctx, c.Position, f) {
			if err != nil {
				yield(r, err)
				return
			}
			if *c = (events.Cursor{Position: r.Position, Mark: events.Mark{Position: r.Position, Sum: n.identify(r)}}); !yield(r, nil) {
				return
			}
		}
	}
}

// blindly is a log whose store values do not die.
func blindly(identify func(events.Record) [32]byte) ForkConfig {
	return ForkConfig{
		Open: func(testing.TB) events.Store { return naive{&Switch{log: memory.New(), blind: true}, identify} },
		Save: func(_ testing.TB, s events.Store) func(testing.TB) {
			on := s.(naive).Switch
			saved := on.Log().(*memory.Store).Branch(1<<64 - 1)
			return func(t testing.TB) {
				if err := on.To(saved); err != nil {
					t.Fatal(err)
				}
			}
		},
		Second: func(_ testing.TB, s events.Store) events.Store {
			return naive{&Switch{log: s.(naive).Log(), blind: true}, identify}
		},
	}
}

// TestForkControls shows which other histories a follower goes on with that remembers less than
// a link, and that Fork says so. All of them see a log that has become shorter.
func TestForkControls(t *testing.T) {
	position := func(events.Record) [32]byte { return [32]byte{1} }
	commit := func(r events.Record) (sum [32]byte) {
		copy(sum[:], r.Commit[:])
		return sum
	}
	content := func(r events.Record) (sum [32]byte) {
		copy(sum[:], string(r.Commit[:])+string(r.Stream)+string(r.Data))
		return sum
	}
	const goesOn = "goes on with position"
	for _, k := range []struct {
		name, branch string
		identify     func(events.Record) [32]byte
	}{
		{"Position", "Level", position},
		{"Position", "Overtaken", position},
		{"Position", "RetriedAndOvertaken", position},
		{"PositionAndCommit", "Retried", commit},
		{"PositionAndCommit", "RetriedAndOvertaken", commit},
		{"LastRecord", "Retried", content},
		{"LastRecord", "RetriedAndOvertaken", content},
	} {
		t.Run(k.name+"/"+k.branch, func(t *testing.T) {
			f := newFork(t, blindly(k.identify))
			for _, b := range branches() {
				if b.name != k.branch {
					continue
				}
				if err := f.run(b, "Follower"); err == nil || !strings.Contains(err.Error(), goesOn) {
					t.Errorf("the check does not see the fault: %v, want %q", err, goesOn)
				}
			}
		})
	}
}

// TestOnlyReadControl shows that a commit which was decided on a lost record goes into the other
// history, by a store value that remembers only what it has written.
func TestOnlyReadControl(t *testing.T) {
	f := newFork(t, blindly(func(events.Record) [32]byte { return [32]byte{1} }))
	const want = "a commit that was decided on what was lost: <nil>"
	if err := f.onlyRead("Read"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the check does not see the fault: %v, want %q", err, want)
	}
}
