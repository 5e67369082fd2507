package sqlite

import (
	"context"
	"errors"
	"iter"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/link"
)

var _ events.Marker = (*Store)(nil)

var errNoLink = errors.New("the log has no first link")

// extend writes the link of the rows that the transaction has inserted, and returns it.
func (l *log) extend() (events.Mark, error) {
	m := events.Mark{Position: events.Position(l.last)}
	m.Sum = link.Next(l.tip.Sum, uint64(l.last), l.hasher.Group())
	l.addLink.BindInt64(1, l.last)
	l.addLink.BindBytes(2, m.Sum[:])
	return m, step(l.addLink)
}

// Mark implements events.Marker.
func (s *Store) Mark(ctx context.Context, at events.Position) (m events.Mark, err error) {
	err = s.read(ctx, "read link", func(r *reader) error {
		m, err = r.links.at(at)
		return err
	})
	if err == nil {
		s.history.learn(m)
	}
	return m, err
}

// Holds implements events.Marker.
func (s *Store) Holds(ctx context.Context, m events.Mark) error {
	if m.IsZero() {
		return s.refuses(ctx)
	}
	return s.read(ctx, "read link", func(r *reader) error { return r.links.holds(m) })
}

// refuses returns why a call cannot be served, or nil.
func (s *Store) refuses(ctx context.Context) error {
	if s.closed.Load() {
		return events.ErrClosed
	}
	if err := s.file.fate(); err != nil {
		return err
	}
	return ctx.Err()
}

// Links implements events.Marker.
func (s *Store) Links(ctx context.Context, after events.Position) iter.Seq2[events.Mark, error] {
	return func(yield func(events.Mark, error) bool) {
		var page []events.Mark
		at := after
		if at > 0 {
			at = min(at, maxInt64-1) + 1
		}
		for more := true; more; {
			err := s.read(ctx, "read links", func(r *reader) (err error) {
				page, more, err = r.links.page(page[:0], at)
				return err
			})
			if err != nil {
				yield(events.Mark{}, err)
				return
			}
			for _, m := range page {
				if (m.Position > after || after == 0) && !yield(m, nil) {
					return
				}
				if at = m.Position + 1; m.Position == maxInt64 {
					return
				}
			}
		}
	}
}

// ReadFrom implements events.Marker. A page, the link that it was asked from and the one that
// follows it are read from one state of the file.
func (s *Store) ReadFrom(ctx context.Context, c *events.Cursor, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		p := newPage()
		var end events.Position
		for first := true; first || c.Position < end; first = false {
			var next events.Cursor
			err := s.read(ctx, "read from", func(r *reader) error {
				next = *c
				return r.readPage(&p, &next, &end, f, first)
			})
			if err != nil {
				yield(events.Record{}, err)
				return
			}
			s.history.learn(next.Mark)
			for i := range p.records {
				*c = events.Cursor{Position: p.records[i].Position, Mark: next.Mark}
				if !yield(p.records[i], nil) {
					return
				}
			}
			*c = next
		}
	}
}

// readPage fills a page and moves the cursor past it. The first page sets the end.
func (r *reader) readPage(p *page, c *events.Cursor, end *events.Position, f events.Filter, first bool) error {
	p.reset()
	if err := r.links.holds(c.Mark); err != nil {
		return err
	}
	settled, err := r.position()
	if err != nil {
		return err
	}
	if first {
		*end = settled
	}
	switch {
	case c.Position > settled:
		return &events.PositionError{After: c.Position, Settled: settled}
	case c.Position < *end:
		if c.Position, err = r.readAll(p, c.Position, *end, f); err != nil {
			return err
		}
	}
	c.Mark, err = r.links.at(c.Position)
	return err
}
