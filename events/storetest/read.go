package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
)

// readInOrder reads a stream that is longer than any page a store may read at once.
func readInOrder(e *env) error {
	s := e.open()
	var want []events.Record
	for _, n := range []int{1, 2, 500, 500, 500, 500, 7} {
		c := e.commit(batch("order-1", events.Version(len(want)), newEvents(n)...), batch("order-12", events.Version(len(want)), newEvents(n)...))
		if _, err := e.apply(s, c); err != nil {
			return err
		}
		want = append(want, recordsOf(c, nil)[:n]...)
	}
	for _, after := range []int{0, 1, 2, 3, 99, 100, 255, 256, 499, 500, 1023, 1024, 2009, 2010, 2011, 5000} {
		got, err := collect(s.Read(e.ctx, "order-1", events.Version(after)))
		if err != nil {
			return err
		}
		tail := want[min(after, len(want)):]
		for i := range min(len(got), len(tail)) {
			// sound checks the positions: they need not be consecutive.
			tail[i].Position = got[i].Position
		}
		if err := sameRecords(got, tail); err != nil {
			return fmt.Errorf("after version %d: %w", after, err)
		}
	}
	if err := e.stands(s, "order-2", 0); err != nil {
		return err
	}
	return e.sound(s)
}

func readAllInOrder(e *env) error {
	s := e.open()
	if log, err := all(e.ctx, s); err != nil || len(log) != 0 {
		return fmt.Errorf("an empty store yields %d records (%v)", len(log), err)
	}
	var commits []events.Commit
	for round := range 6 {
		var batches []events.Batch
		for i := range 5 {
			batches = append(batches, batch(stream("order", 4-i), events.Version(60*round), newEvents(60)...))
		}
		commits = append(commits, e.commit(batches...))
	}
	for _, o := range s.AppendEach(e.ctx, commits) {
		if o.Err != nil {
			return o.Err
		}
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	var want []events.Record
	for _, c := range commits {
		want = append(want, recordsOf(c, log[min(len(want), len(log)):])...)
	}
	if err := sameRecords(log, want); err != nil {
		return err
	}
	for _, i := range []int{0, 1, 255, 256, 257, 999, 1000, 1001, len(log) - 1} {
		got, err := collect(s.ReadAll(e.ctx, log[i].Position, events.Filter{}))
		if err != nil {
			return err
		}
		if err := sameRecords(got, log[i+1:]); err != nil {
			return fmt.Errorf("after position %d: %w", log[i].Position, err)
		}
	}
	return e.sound(s)
}

// follower reads the log as a view does: in passes, each from where the last one ended.
type follower struct {
	order *order
	seen  int64
}

func (f *follower) pass(ctx context.Context, s events.Store) error {
	for r, err := range s.ReadAll(ctx, f.order.last, events.Filter{}) {
		if err != nil {
			return err
		}
		if err := f.order.next(&r); err != nil {
			return fmt.Errorf("a reader that follows: %w", err)
		}
		f.seen++
	}
	return nil
}

// ends checks that the follower has seen everything that was written.
func (f *follower) ends(written int64) error {
	if f.seen != written {
		return fmt.Errorf("a reader that follows saw %d of %d records", f.seen, written)
	}
	return nil
}

// readAllNeverSkips follows the log with cursors while writers append; some commits conflict.
func readAllNeverSkips(e *env) error {
	if err := followScript(e); err != nil {
		return err
	}
	s := e.open()
	return e.neverSkips(s, s)
}

// followScript follows a log that grows between passes only.
func followScript(e *env) error {
	s := e.open()
	f := follower{order: newOrder()}
	for i := range events.Version(4) {
		if _, err := e.put(s, batch("order-1", 3*i, newEvents(3)...)); err != nil {
			return err
		}
		if err := f.pass(e.ctx, s); err != nil {
			return err
		}
	}
	return f.ends(12)
}

// neverSkips has writers on both handles and readers on both.
func (e *env) neverSkips(a, b events.Store) error {
	const writers, readers = 8, 4
	handles := []events.Store{a, b}
	commits := e.times(40, 20_000)
	var written atomic.Int64
	var writing atomic.Int32
	writing.Store(writers)
	return together(writers+readers, func(i int) error {
		s := handles[i%2]
		if i < writers {
			defer writing.Add(-1)
			return e.write(s, i, commits, &written)
		}
		f := follower{order: newOrder()}
		for {
			// The count is taken before the pass, which must then reach at least that far.
			finished := writing.Load() == 0
			if err := f.pass(e.ctx, s); err != nil {
				return err
			}
			if finished {
				return f.ends(written.Load())
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// write appends commits over two shared streams and one of the writer's own, and counts the
// records that were applied.
func (e *env) write(s events.Store, writer, commits int, written *atomic.Int64) error {
	source := e.source(writer + 1)
	heads := make(map[events.StreamID]events.Version)
	for range commits {
		own, shared := stream("own", writer), stream("shared", source.IntN(2))
		c := e.commit(batch(own, heads[own], newEvents(1+source.IntN(3))...), batch(shared, heads[shared], newEvents(source.IntN(2))...))
		_, err := s.Append(e.ctx, c)
		if err == nil {
			written.Add(int64(c.Events()))
			for _, b := range c.Batches {
				heads[b.Stream] += events.Version(len(b.Events))
			}
			continue
		}
		// A conflict on the shared stream is expected.
		var conflict *events.ConflictError
		if !errors.As(err, &conflict) || conflict.Stream != shared {
			return fmt.Errorf("want a *ConflictError on %s, got: %w", shared, err)
		}
		heads[shared] = conflict.Head
	}
	return nil
}

func readAllFilters(e *env) error {
	s := e.open()
	categories := []string{"order", "order2", "order_x", "orderax", "o", "line"}
	types := []string{"order.paid", "order.paid2", "order-paid", "order_paid", "orderxpaid", "o"}
	var batches []events.Batch
	for _, c := range categories {
		b := batch(events.StreamID(c+"-order-1"), 0)
		for _, typ := range types {
			event := newEvent(typ)
			event.Type = typ
			b.Events = append(b.Events, event)
		}
		batches = append(batches, b)
	}
	if _, err := e.put(s, batches...); err != nil {
		return err
	}
	log, err := all(e.ctx, s)
	if err != nil {
		return err
	}
	subsets := func(list []string) [][]string {
		out := [][]string{nil, {}, list, {"absent"}, {"order%"}, {list[0], list[0], "absent"}}
		for i := range list {
			out = append(out, list[i:i+1], list[i:])
		}
		return out
	}
	for _, cs := range subsets(categories) {
		for _, ts := range subsets(types) {
			f := events.Filter{Categories: cs, Types: ts}
			after := log[e.rand.IntN(len(log))].Position * events.Position(e.rand.IntN(2))
			var want []events.Record
			for _, r := range log {
				category := r.Stream.Category()
				if r.Position > after && (len(cs) == 0 || slices.Contains(cs, category)) && (len(ts) == 0 || slices.Contains(ts, r.Type)) {
					want = append(want, r)
				}
			}
			got, err := collect(s.ReadAll(e.ctx, after, f))
			if err != nil {
				return err
			}
			if err := sameRecords(got, want); err != nil {
				return fmt.Errorf("filter %q after %d: %w", f, after, err)
			}
		}
	}
	return nil
}

// appendInsideLoop appends, reads and looks up inside loops that are nested deeper than any
// pool has connections.
func appendInsideLoop(e *env) error {
	ctx, cancel := context.WithTimeout(e.ctx, 20*time.Second)
	defer cancel()
	s := e.open()
	if _, err := e.put(s, batch("order-1", 0, newEvents(40)...)); err != nil {
		return err
	}
	depth := events.Version(0)
	var nest func() error
	nest = func() error {
		seq := s.Read(ctx, "order-1", 0)
		if depth%2 == 1 {
			seq = s.ReadAll(ctx, 0, events.Filter{Categories: []string{"order"}})
		}
		for _, err := range seq {
			if err != nil {
				return err
			}
			c := e.commit(batch("line-1", depth, newEvents(1)...))
			if _, err := s.Append(ctx, c); err != nil {
				return fmt.Errorf("append inside %d loops: %w", depth+1, err)
			}
			if _, ok, err := s.Lookup(ctx, c.ID); !ok || err != nil {
				return fmt.Errorf("lookup inside %d loops: %t, %w", depth+1, ok, err)
			}
			if depth++; depth < 40 {
				return nest()
			}
			return nil
		}
		return fmt.Errorf("nothing to read inside %d loops", depth)
	}
	if err := nest(); err != nil {
		return err
	}
	// What is appended in the body of a loop does not make the loop endless.
	loops := events.Version(0)
	for _, err := range s.Read(ctx, "order-1", 0) {
		if err != nil {
			return err
		}
		if _, err := s.Append(ctx, e.commit(batch("order-1", 40+loops, newEvents(1)...))); err != nil {
			return err
		}
		loops++
	}
	if loops < 40 || loops > 80 {
		return fmt.Errorf("a loop over 40 records ran %d times", loops)
	}
	return e.sound(s)
}

// breakFromLoop leaves loops at every point and by every door, and looks for what is left.
func breakFromLoop(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("order-1", 0, newEvents(100)...)); err != nil {
		return err
	}
	reads := []func() iter.Seq2[events.Record, error]{
		func() iter.Seq2[events.Record, error] { return s.Read(e.ctx, "order-1", 0) },
		func() iter.Seq2[events.Record, error] { return s.ReadAll(e.ctx, 0, events.Filter{}) },
	}
	before := runtime.NumGoroutine()
	for i := range 40 {
		for _, read := range reads {
			n := 0
			for _, err := range read() {
				if err != nil {
					return err
				}
				if n++; n > 3*i {
					break
				}
			}
			next, stop := iter.Pull2(read())
			if _, err, ok := next(); !ok || err != nil {
				return fmt.Errorf("pull: %t, %w", ok, err)
			}
			stop()
			seq := read()
			for range 2 { // a sequence may be read again
				if got, err := collect(seq); err != nil || len(got) != 100 {
					return fmt.Errorf("%d records of 100: %w", len(got), err)
				}
			}
		}
		if _, err := e.put(s, batch("line-1", events.Version(i), newEvents(1)...)); err != nil {
			return err
		}
		reads[1] = func() iter.Seq2[events.Record, error] {
			return s.ReadAll(e.ctx, 0, events.Filter{Categories: []string{"order"}})
		}
	}
	return settles(before)
}

// settles waits until no more goroutines run than before.
func settles(before int) error {
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d goroutines run, %d before", runtime.NumGoroutine(), before)
		}
	}
	return nil
}
