package storetest

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

func groupMembersIndependent(e *env) error {
	s := e.open()
	if out := s.AppendEach(e.ctx, nil); len(out) != 0 {
		return fmt.Errorf("an empty group has %d outcomes", len(out))
	}
	old := e.commit(batch("line-1", 0, newEvents(1)...))
	first, err := e.apply(s, old)
	if err != nil {
		return err
	}
	a := e.commit(batch("order-1", 0, newEvents(2)...))
	late := e.commit(batch("order-1", 0, newEvents(1)...))
	invalid := e.commit(batch("order", 0, newEvents(1)...))
	guard := e.commit(batch("line-1", 1))
	wrongGuard := e.commit(batch("line-1", 0))
	other := a
	other.Digest = asked("something else")
	otherOld := old
	otherOld.Digest = asked("something else")
	half := e.commit(batch("order-9", 0, newEvents(1)...), batch("order-1", 1, newEvents(1)...))
	z := e.commit(batch("order-2", 0, newEvents(1)...))

	out := s.AppendEach(e.ctx, []events.Commit{a, late, invalid, guard, wrongGuard, a, other, old, otherOld, half, z})
	if len(out) != 11 {
		return fmt.Errorf("%d outcomes of 11 members", len(out))
	}
	is := func(i int, want events.Receipt) func() error {
		return func() error {
			if out[i].Err != nil || out[i].Receipt != want {
				return fmt.Errorf("member %d gets %+v, want %+v", i, out[i], want)
			}
			return nil
		}
	}
	if err := inOrder(
		func() error { return out[0].Err },
		func() error { return firstReceipt(out[0].Receipt, a) },
		func() error { return conflicts(out[1].Err, "order-1", 0, 2) },
		func() error { return outside(out[2].Err) },
		is(3, events.Receipt{Commit: guard.ID}),
		func() error { return conflicts(out[4].Err, "line-1", 0, 1) },
		is(5, again(out[0].Receipt)),
		func() error { return duplicates(out[6].Err, out[0].Receipt) },
		is(7, again(first)),
		func() error { return duplicates(out[8].Err, first) },
		func() error { return conflicts(out[9].Err, "order-1", 1, 2) },
		func() error { return out[10].Err },
		func() error { return firstReceipt(out[10].Receipt, z) },
		func() error { return e.stands(s, "order-1", 2) },
		func() error { return e.stands(s, "order-2", 1) },
		func() error { return e.stands(s, "order-9", 0) },
	); err != nil {
		return err
	}
	return e.sound(s)
}

func laterBuildsOnEarlier(e *env) error {
	s := e.open()
	group := []events.Commit{
		e.commit(batch("order-1", 0, newEvents(2)...)),
		e.commit(batch("order-1", 2, newEvents(1)...), batch("line-1", 0, newEvents(1)...)),
		e.commit(batch("order-1", 4, newEvents(1)...)),
		e.commit(batch("line-1", 1), batch("order-1", 3, newEvents(1)...)),
	}
	out := s.AppendEach(e.ctx, group)
	if len(out) != len(group) {
		return fmt.Errorf("%d outcomes of %d members", len(out), len(group))
	}
	last := events.Position(0)
	for i := range group {
		if i == 2 {
			if err := conflicts(out[i].Err, "order-1", 4, 3); err != nil {
				return err
			}
			continue
		}
		if out[i].Err != nil {
			return fmt.Errorf("member %d: %w", i, out[i].Err)
		}
		if err := firstReceipt(out[i].Receipt, group[i]); err != nil {
			return err
		}
		if out[i].Receipt.First <= last {
			return fmt.Errorf("member %d begins at position %d, not after %d", i, out[i].Receipt.First, last)
		}
		last = out[i].Receipt.Position
	}
	if err := e.stands(s, "order-1", 4); err != nil {
		return err
	}
	return e.sound(s)
}

// largeGroups has more members, and then more events, than one transaction takes.
func largeGroups(e *env) error {
	s := e.open()
	var many, long []events.Commit
	for i := range events.MaxGroup + 44 {
		many = append(many, e.commit(batch("order-1", events.Version(i), newEvent("one"))))
	}
	const each = events.MaxEvents
	for i := range events.MaxGroupEvents/each + 2 {
		long = append(long, e.commit(batch("line-1", events.Version(i*each), newEvents(each)...)))
	}
	for _, group := range [][]events.Commit{many, long} {
		out := s.AppendEach(e.ctx, group)
		if len(out) != len(group) {
			return fmt.Errorf("%d outcomes of %d members", len(out), len(group))
		}
		for i := range out {
			if out[i].Err != nil {
				return fmt.Errorf("member %d of %d: %w", i, len(group), out[i].Err)
			}
		}
		// All of them again, so that a later part meets the IDs of an earlier one.
		for i, o := range s.AppendEach(e.ctx, group) {
			if o.Err != nil || o.Receipt != again(out[i].Receipt) {
				return fmt.Errorf("member %d again: %+v, want %+v", i, o, again(out[i].Receipt))
			}
		}
	}
	return e.sound(s)
}

// model is a log that takes commits one at a time. A group must be decided like it.
type model struct {
	heads map[events.StreamID]events.Version
	asked map[uuid.UUID]events.Commit
	log   []events.Commit
}

// verdict is the model's decision on a commit: "applied", "guard", "repeated", "duplicate" or the
// stream on which it conflicts.
func (m *model) verdict(c events.Commit) string {
	if first, ok := m.asked[c.ID]; ok {
		if first.Digest == c.Digest {
			return "repeated"
		}
		return "duplicate"
	}
	for _, b := range c.Batches {
		if m.heads[b.Stream] != b.After {
			return string(b.Stream)
		}
	}
	if c.Events() == 0 {
		return "guard"
	}
	for _, b := range c.Batches {
		m.heads[b.Stream] += events.Version(len(b.Events))
	}
	m.asked[c.ID] = c
	m.log = append(m.log, c)
	return "applied"
}

// verdictOf is the decision of a store.
func verdictOf(o events.Outcome) string {
	var conflict *events.ConflictError
	var duplicate *events.DuplicateError
	switch {
	case errors.As(o.Err, &conflict):
		return string(conflict.Stream)
	case errors.As(o.Err, &duplicate):
		return "duplicate"
	case o.Err != nil:
		return o.Err.Error()
	case o.Receipt.Repeated:
		return "repeated"
	case o.Receipt.Position == 0:
		return "guard"
	default:
		return "applied"
	}
}

// groupAgreesWithModel draws groups over few streams and few IDs, so that members collide.
func groupAgreesWithModel(e *env) error {
	s := e.open()
	m := &model{heads: make(map[events.StreamID]events.Version), asked: make(map[uuid.UUID]events.Commit)}
	var ids []uuid.UUID
	for round := range e.times(60, 10_000) {
		group := make([]events.Commit, 1+e.rand.IntN(12))
		for i := range group {
			c := e.commit()
			if len(ids) > 0 && e.rand.IntN(4) == 0 {
				c.ID = ids[e.rand.IntN(len(ids))]
				c.Digest = asked(c.ID.String())
			}
			if e.rand.IntN(8) == 0 {
				c.Digest = asked("something else")
			}
			ids = append(ids, c.ID)
			for _, n := range e.rand.Perm(4)[:1+e.rand.IntN(3)] {
				after := m.heads[stream("order", n)] + events.Version(e.rand.IntN(3)/2*e.rand.IntN(4))
				c.Batches = append(c.Batches, batch(stream("order", n), after, newEvents(e.rand.IntN(3))...))
			}
			group[i] = c
		}
		for i, o := range s.AppendEach(e.ctx, group) {
			if got, want := verdictOf(o), m.verdict(group[i]); got != want {
				return fmt.Errorf("round %d member %d of %d: %q, want %q: %+v", round, i, len(group), got, want, group[i].Batches)
			}
		}
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	var want []events.Record
	for _, c := range m.log {
		want = append(want, recordsOf(c, log[min(len(want), len(log)):])...)
	}
	if err := sameRecords(log, want); err != nil {
		return err
	}
	return e.sound(s)
}
