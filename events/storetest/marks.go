package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
)

// markedLog appends commits alone and in groups.
func (e *env) markedLog(s events.Store) error {
	for i := range events.Version(4) {
		group := []events.Commit{
			e.commit(batch("order-1", 2*i, newEvents(2)...), batch("line-1", i, newEvents(1)...)),
			e.commit(batch("order-1", 99)), // conflicts
			e.commit(batch(stream("order", int(10+i)), 0, samples()[3*i:3*i+3]...)),
		}
		alone := e.commit(batch("line-2", 3*i, newEvents(3)...))
		if _, err := e.apply(s, alone); err != nil {
			return err
		}
		for k, o := range s.AppendEach(e.ctx, group) {
			if (o.Err != nil) != (k == 1) {
				return fmt.Errorf("member %d of a group: %w", k, o.Err)
			}
		}
	}
	return nil
}

// linksOf reads the links after a position.
func linksOf(ctx context.Context, m events.Marker, after events.Position) ([]events.Mark, error) {
	var list []events.Mark
	for mark, err := range m.Links(ctx, after) {
		if err != nil {
			return list, fmt.Errorf("links: %w", err)
		}
		list = append(list, mark)
	}
	return list, nil
}

// linksCoverTheLog recomputes every link from the records, of which each commit lies between two
// links.
func linksCoverTheLog(e *env) error {
	s := e.open()
	m := s.(events.Marker)
	empty, err := linksOf(e.ctx, m, 0)
	if err != nil || len(empty) != 1 || empty[0].Position != 0 {
		return fmt.Errorf("an empty log has the links %v (%v)", empty, err)
	}
	if other, err := linksOf(e.ctx, e.open().(events.Marker), 0); err != nil || len(other) != 1 || other[0] == empty[0] {
		return fmt.Errorf("two logs begin with the links %v and %v (%v)", empty, other, err)
	}
	if err := e.markedLog(s); err != nil {
		return err
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	links, err := linksOf(e.ctx, m, 0)
	if err != nil {
		return err
	}
	if links[0] != empty[0] {
		return fmt.Errorf("the first link is %s, and was %s", links[0], empty[0])
	}
	var h link.Hasher
	for i, mark := range links[1:] {
		n := slices.IndexFunc(log, func(r events.Record) bool { return r.Position > mark.Position })
		if n < 0 {
			n = len(log)
		}
		if n == 0 || log[n-1].Position != mark.Position || n < len(log) && log[n].Index > 0 {
			return fmt.Errorf("link %s is not where a commit ends", mark)
		}
		for k := range log[:n] {
			admit.HashRecord(&h, &log[k])
		}
		if want := link.Next(links[i].Sum, uint64(mark.Position), h.Group()); mark.Sum != want {
			return fmt.Errorf("link %s; after link %s its records give %x", mark, links[i], want)
		}
		log = log[n:]
	}
	if len(log) > 0 {
		return fmt.Errorf("position %d comes after the last link, at %d", log[0].Position, links[len(links)-1].Position)
	}
	return nil
}

// marksAreFound asks for the link at every position, and whether the log has it and others.
func marksAreFound(e *env) error {
	s := e.open()
	m := s.(events.Marker)
	if err := e.markedLog(s); err != nil {
		return err
	}
	links, err := linksOf(e.ctx, m, 0)
	if err != nil {
		return err
	}
	end := links[len(links)-1]
	if settled, err := s.Settled(e.ctx); err != nil || settled != end.Position {
		return fmt.Errorf("settled at %d (%v), but the last link is at %d", settled, err, end.Position)
	}
	ahead := []events.Position{end.Position + 1, 1 << 40, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for at := range end.Position + 1 {
		ahead = append(ahead, at)
	}
	for _, at := range ahead {
		want, n := end, slices.IndexFunc(links, func(l events.Mark) bool { return l.Position >= at })
		if n >= 0 {
			want = links[n]
		}
		if got, err := m.Mark(e.ctx, at); err != nil || got != want {
			return fmt.Errorf("the link at or after position %d is %s (%v), want %s", at, got, err, want)
		}
		wrong := events.Mark{Position: at, Sum: want.Sum}
		wrong.Sum[31]++
		if err := forked(m.Holds(e.ctx, wrong), wrong, want); err != nil {
			return err
		}
		later := slices.Clone(links) // after 0 the first link of the log is one of them
		if at > 0 {
			later = slices.DeleteFunc(later, func(l events.Mark) bool { return l.Position <= at })
		}
		if got, err := linksOf(e.ctx, m, at); err != nil || !slices.Equal(got, later) {
			return fmt.Errorf("the links after position %d are %v (%v), want %v", at, got, err, later)
		}
	}
	for _, mark := range append(links, events.Mark{}) {
		if err := m.Holds(e.ctx, mark); err != nil {
			return fmt.Errorf("link %s of the log: %w", mark, err)
		}
	}
	for _, c := range []events.Cursor{{Mark: links[1]}, {Position: links[1].Position, Mark: links[1]}, {Position: 2}, {}} {
		for _, text := range []string{c.ID(), c.String()} {
			if got, err := events.Recall(e.ctx, s, text); err != nil || got != c {
				return fmt.Errorf("%q recalls %s (%v), want %s", text, got, err, c)
			}
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	return e.closedMarker(m, end)
}

// closedMarker makes every call of a store that is closed.
func (e *env) closedMarker(m events.Marker, end events.Mark) error {
	_, marked := m.Mark(e.ctx, 0)
	_, linked := linksOf(e.ctx, m, 0)
	_, read := collect(m.ReadFrom(e.ctx, new(events.Cursor), events.Filter{}))
	for _, err := range []error{m.Holds(e.ctx, events.Mark{}), m.Holds(e.ctx, end), marked, linked, read} {
		if !errors.Is(err, events.ErrClosed) {
			return fmt.Errorf("after Close: %v, want %w", err, events.ErrClosed)
		}
	}
	return nil
}

// forked checks that err is the *events.ForkError of that Mark on a log with that link.
func forked(err error, mark, have events.Mark) error {
	fork, ok := errors.AsType[*events.ForkError](err)
	if want := (events.ForkError{Mark: mark, Have: have}); !ok || *fork != want {
		return fmt.Errorf("%w, want %w", err, &want)
	}
	return nil
}

// readFromCursor follows a log with a cursor, which a reader keeps after each record.
func readFromCursor(e *env) error {
	s := e.open()
	m := s.(events.Marker)
	var c events.Cursor
	if got, err := collect(m.ReadFrom(e.ctx, &c, events.Filter{})); err != nil || len(got) > 0 || c.Position != 0 || m.Holds(e.ctx, c.Mark) != nil || c.Mark.IsZero() {
		return fmt.Errorf("an empty log yields %d records (%v) and the cursor %s", len(got), err, c)
	}
	if err := e.markedLog(s); err != nil {
		return err
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	end := log[len(log)-1].Position
	filters := []events.Filter{{}, {Categories: []string{"line"}}, {Types: []string{"0.-_"}}, {Types: []string{"none"}}}
	for _, f := range filters {
		var want []events.Record
		for _, r := range log {
			if f.Matches(r.Stream, r.Type) {
				want = append(want, r)
			}
		}
		for leave := range len(want) + 1 {
			if err := e.leaves(m, f, leave, want, end); err != nil {
				return err
			}
		}
	}
	return e.badCursors(m, log)
}

// leaves has a reader leave after so many records and come back.
func (e *env) leaves(m events.Marker, f events.Filter, leave int, want []events.Record, end events.Position) error {
	c, n := events.Cursor{}, 0
	for range 2 {
		for r, err := range m.ReadFrom(e.ctx, &c, f) {
			if err != nil {
				return err
			}
			if n == len(want) {
				return fmt.Errorf("%+v after the last record", r)
			}
			if err := sameRecord(r, want[n]); err != nil {
				return fmt.Errorf("record %d from a cursor: %w", n, err)
			}
			if err := e.at(m, c, r.Position); err != nil {
				return err
			}
			if n++; n == leave {
				break
			}
		}
	}
	if n != len(want) || c.Position != end {
		return fmt.Errorf("from a cursor: %d of %d records, and then it stands at %s, where the log ends at %d", n, len(want), c, end)
	}
	return nil
}

// at checks that a cursor stands at a position, with a link of the log at or after it.
func (e *env) at(m events.Marker, c events.Cursor, position events.Position) error {
	if c.Position != position || c.Mark.Position < position {
		return fmt.Errorf("the cursor of the record at position %d is %s", position, c)
	}
	return m.Holds(e.ctx, c.Mark)
}

// badCursors reads from cursors that lie beyond the end or have a link of no log, and with a
// context that has ended: the cursor stays.
func (e *env) badCursors(m events.Marker, log []events.Record) error {
	end := log[len(log)-1].Position
	read := func(ctx context.Context, c events.Cursor) error {
		was := c
		got, err := collect(m.ReadFrom(ctx, &c, events.Filter{}))
		if len(got) > 0 || c != was {
			return fmt.Errorf("%d records from cursor %s, which became %s (%v)", len(got), was, c, err)
		}
		return err
	}
	for _, at := range []events.Position{end + 1, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		err := read(e.ctx, events.Cursor{Position: at})
		if lost, ok := errors.AsType[*events.PositionError](err); !ok || *lost != (events.PositionError{After: at, Settled: end}) {
			return fmt.Errorf("from position %d of a log that ends at %d: %w", at, end, err)
		}
	}
	for _, at := range []events.Position{0, 1, end, end + 1, 1<<64 - 1} {
		mark := events.Mark{Position: at, Sum: [32]byte{1}}
		have, err := m.Mark(e.ctx, at)
		if err != nil {
			return err
		}
		if err := forked(read(e.ctx, events.Cursor{Position: 1, Mark: mark}), mark, have); err != nil {
			return fmt.Errorf("from another history: %w", err)
		}
	}
	ended, cancel := context.WithCancel(e.ctx)
	cancel()
	if err := read(ended, events.Cursor{}); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("with a context that has ended: %w", err)
	}
	return nil
}

// readFromNeverSkips follows the log with cursors while writers append, and appends from the
// body of a loop.
func readFromNeverSkips(e *env) error {
	const writers, readers = 4, 3
	s := e.open()
	m := s.(events.Marker)
	var written atomic.Int64
	var writing atomic.Int32
	writing.Store(writers)
	err := together(writers+readers, func(i int) error {
		if i < writers {
			defer writing.Add(-1)
			return e.write(s, i, e.times(20, 5_000), &written)
		}
		var c events.Cursor
		seen, o := int64(0), newOrder()
		for {
			finished := writing.Load() == 0
			for r, err := range m.ReadFrom(e.ctx, &c, events.Filter{}) {
				if err != nil {
					return err
				}
				if err := inOrder(func() error { return o.next(&r) }, func() error { return e.at(m, c, r.Position) }); err != nil {
					return fmt.Errorf("a reader with a cursor: %w", err)
				}
				seen++
			}
			if finished {
				if all := written.Load(); seen != all {
					return fmt.Errorf("a reader with a cursor saw %d of %d records", seen, all)
				}
				return nil
			}
		}
	})
	if err != nil {
		return err
	}
	var c events.Cursor
	next, stop := iter.Pull2(m.ReadFrom(e.ctx, &c, events.Filter{}))
	defer stop()
	for i := range events.Version(2) {
		if _, err, ok := next(); err != nil || !ok {
			return fmt.Errorf("in a loop that appends: %w", err)
		}
		if _, err := e.put(s, batch("inside-1", i, newEvents(1)...)); err != nil {
			return err
		}
	}
	return nil
}
