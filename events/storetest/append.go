package storetest

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/tradesurety/surety/events"
)

func allOrNone(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("order-1", 0, newEvents(2)...), batch("line-1", 0, newEvents(1)...), batch("funds-1", 0, newEvents(3)...)); err != nil {
		return err
	}
	heads := map[events.StreamID]events.Version{"order-1": 2, "line-1": 1, "funds-1": 3}
	order := []events.StreamID{"order-1", "line-1", "funds-1"}
	for wrong := range order {
		var batches []events.Batch
		for i, stream := range order {
			after := heads[stream]
			if i == wrong {
				after--
			}
			batches = append(batches, batch(stream, after, newEvents(1)...))
		}
		c := e.commit(batches...)
		_, err := s.Append(e.ctx, c)
		if err := conflicts(err, order[wrong], heads[order[wrong]]-1, heads[order[wrong]]); err != nil {
			return err
		}
		if err := e.unknown(s, c.ID); err != nil {
			return err
		}
		for stream, want := range heads {
			if err := e.stands(s, stream, want); err != nil {
				return fmt.Errorf("after a conflict on %s: %w", order[wrong], err)
			}
		}
	}
	return e.sound(s)
}

func exactVersions(e *env) error {
	s := e.open()
	for n := range events.Version(3) {
		for _, after := range []events.Version{n + 1, n + 2, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
			_, err := s.Append(e.ctx, e.commit(batch("order-1", after, newEvents(1)...)))
			if err := conflicts(err, "order-1", after, n); err != nil {
				return err
			}
		}
		for after := range n {
			_, err := s.Append(e.ctx, e.commit(batch("order-1", after, newEvents(1)...)))
			if err := conflicts(err, "order-1", after, n); err != nil {
				return err
			}
		}
		if _, err := e.put(s, batch("order-1", n, newEvents(1)...)); err != nil {
			return err
		}
	}
	return e.sound(s)
}

// guardsHold has two parts: guards one at a time, and the write skew that only a guard prevents,
// when each of two writers relies on the stream that the other writes.
func guardsHold(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("line-1", 0, newEvents(2)...)); err != nil {
		return err
	}
	for _, after := range []events.Version{0, 1, 3} {
		_, err := s.Append(e.ctx, e.commit(batch("order-1", 0, newEvents(1)...), batch("line-1", after)))
		if err := conflicts(err, "line-1", after, 2); err != nil {
			return err
		}
	}
	if err := e.stands(s, "order-1", 0); err != nil {
		return err
	}
	if _, err := e.put(s, batch("line-1", 2), batch("order-1", 0, newEvents(1)...), batch("empty-1", 0)); err != nil {
		return err
	}
	if err := e.stands(s, "line-1", 2); err != nil {
		return err
	}
	for round := range e.times(20, 2000) {
		a, b := stream("skew", 2*round), stream("skew", 2*round+1)
		var won atomic.Int32
		err := together(2, func(i int) error {
			mine, other := a, b
			if i == 1 {
				mine, other = b, a
			}
			_, err := s.Append(e.ctx, e.commit(batch(mine, 0, newEvents(1)...), batch(other, 0)))
			if err == nil {
				won.Add(1)
				return nil
			}
			return conflicts(err, other, 0, 1)
		})
		if err != nil {
			return err
		}
		if won.Load() != 1 {
			return fmt.Errorf("round %d: %d of two writers that guard each other were applied, want 1", round, won.Load())
		}
	}
	return e.sound(s)
}

func guardsAloneWriteNothing(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("line-1", 0, newEvents(1)...)); err != nil {
		return err
	}
	before, err := s.Settled(e.ctx)
	if err != nil {
		return err
	}
	guard := e.commit(batch("line-1", 1), batch("line-2", 0))
	for range 2 {
		if _, err := e.apply(s, guard); err != nil {
			return err
		}
	}
	if err := e.unknown(s, guard.ID); err != nil {
		return err
	}
	if after, err := s.Settled(e.ctx); err != nil || after != before {
		return fmt.Errorf("settled moved from %d to %d (%v)", before, after, err)
	}
	// Nothing was written, so the ID is still free, for anything.
	c := events.Commit{ID: guard.ID, Digest: asked("something else"), Batches: []events.Batch{batch("line-1", 1, newEvents(1)...)}}
	if _, err := e.apply(s, c); err != nil {
		return err
	}
	_, err = s.Append(e.ctx, e.commit(batch("line-1", 1)))
	if err := conflicts(err, "line-1", 1, 2); err != nil {
		return err
	}
	return e.sound(s)
}

// oneWriterWins begins with two writers one after the other, so that a store without the
// check fails every time, and goes on with many at once.
func oneWriterWins(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("order-1", 0, newEvents(1)...)); err != nil {
		return err
	}
	_, err := s.Append(e.ctx, e.commit(batch("order-1", 0, newEvents(1)...)))
	if err := conflicts(err, "order-1", 0, 1); err != nil {
		return err
	}
	const writers = 16
	for version := range events.Version(e.times(10, 1000)) {
		var won atomic.Int32
		err := together(writers, func(int) error {
			_, err := s.Append(e.ctx, e.commit(batch("line-1", version, newEvent("mine"))))
			if err == nil {
				won.Add(1)
				return nil
			}
			return conflicts(err, "line-1", version, version+1)
		})
		if err != nil {
			return err
		}
		if won.Load() != 1 {
			return fmt.Errorf("at version %d %d of %d writers were applied, want 1", version, won.Load(), writers)
		}
	}
	return e.sound(s)
}

// manyAtOnce has many callers on streams of their own: all are applied.
func manyAtOnce(e *env) error {
	s := e.open()
	n := e.times(20, 1000)
	err := together(16, func(i int) error {
		for version := range events.Version(n) {
			if _, err := e.put(s, batch(stream("order", i), version, newEvent("mine"))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range 16 {
		if err := e.stands(s, stream("order", i), events.Version(n)); err != nil {
			return err
		}
	}
	return e.sound(s)
}

// stream names the stream of that category and number.
func stream(category string, n int) events.StreamID {
	return events.StreamID(fmt.Sprintf("%s-%d", category, n))
}
