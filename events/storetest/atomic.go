package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
)

// width is the number of streams that every commit of commitsAppearWhole writes together.
const width = 4

// wide is one round of commitsAppearWhole: a handful of streams that are only ever written
// together, and where in the log they begin.
type wide struct {
	*env
	store    events.Store
	category string
	begin    events.Position
}

// commitsAppearWhole writes one event to each of a few streams, always together, while
// readers look: a commit must be there whole or not at all, in the log and across streams.
func commitsAppearWhole(e *env) error {
	if err := wholeScript(e); err != nil {
		return err
	}
	s := e.open()
	for n := range e.times(1, 500) {
		begin, err := s.Settled(e.ctx)
		if err != nil {
			return err
		}
		w := &wide{e, s, fmt.Sprintf("wide%d", n), begin}
		if err := w.play(); err != nil {
			return err
		}
	}
	return e.sound(s)
}

// wholeScript looks after each step of a commit, if a control shows the steps, and at the end.
func wholeScript(e *env) error {
	s := e.open()
	w := &wide{e, inner(s), "wide", 0}
	var seen error
	if p, ok := s.(*splits); ok {
		p.between = func() { seen = errors.Join(seen, w.look(0)) }
	}
	if _, err := s.Append(e.ctx, w.commit(0, 0)); err != nil {
		return err
	}
	return errors.Join(seen, w.look(0))
}

func (w *wide) play() error {
	const writers, readers, rounds = 4, 4, 15
	var writing atomic.Int32
	writing.Store(writers)
	return together(writers+readers, func(i int) error {
		if i >= writers {
			for writing.Load() > 0 {
				if err := w.look(i); err != nil {
					return err
				}
				time.Sleep(200 * time.Microsecond)
			}
			return w.look(i)
		}
		defer writing.Add(-1)
		for range rounds {
			if err := w.write(i); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *wide) stream(n int) events.StreamID { return stream(w.category, n%width) }

// commit returns a commit of one event on each stream. Its events carry the ID of the request,
// which must be seen whole, whatever ID the store gives it.
func (w *wide) commit(after events.Version, from int) events.Commit {
	c := w.env.commit()
	for i := range width {
		c.Batches = append(c.Batches, batch(w.stream(from+i), after, newEvent(c.ID.String())))
	}
	return c
}

func (w *wide) write(from int) error {
	for {
		at, err := head(w.ctx, w.store, w.stream(from))
		if err != nil {
			return err
		}
		_, err = w.store.Append(w.ctx, w.commit(at, from))
		if err == nil {
			return nil
		}
		var conflict *events.ConflictError
		if !errors.As(err, &conflict) {
			return fmt.Errorf("want a *ConflictError, got: %w", err)
		}
	}
}

// look looks once: in the log each request is there with all its events, and a stream that is
// read later is at least as long as one that was read before it.
func (w *wide) look(from int) error {
	log, err := collect(w.store.ReadAll(w.ctx, w.begin, events.Filter{}))
	if err != nil {
		return err
	}
	seen := make(map[string]int)
	for _, r := range log {
		seen[string(r.Data)]++
	}
	for request, n := range seen {
		if n != width {
			return fmt.Errorf("of request %s %d of %d events can be read", request, n, width)
		}
	}
	last := events.Version(0)
	for i := range width {
		at, err := head(w.ctx, w.store, w.stream(from+i))
		if err != nil {
			return err
		}
		if at < last {
			return fmt.Errorf("stream %s is at version %d after another of the same commits was seen at %d", w.stream(from+i), at, last)
		}
		last = at
	}
	return nil
}
