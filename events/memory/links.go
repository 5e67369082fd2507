package memory

import (
	"context"
	"crypto/rand"
	"iter"
	"sort"
	"sync"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
	"github.com/tradesurety/surety/events/memory/internal/parts"
)

var _ events.Marker = (*Store)(nil)

// links are the links of a log: each commit has one, at the position of its last record. They are
// computed when somebody asks for a Mark, because hashing would nearly double the cost of an
// append. A log in memory is never replaced, so that a store value never dies of a fork.
type links struct {
	mu     sync.Mutex
	id     [16]byte
	sums   parts.List[link.Sum] // of the commits, as far as somebody has asked
	hasher link.Hasher
}

func newLinks() *links {
	l := &links{}
	_, _ = rand.Read(l.id[:]) // never fails
	return l
}

// after returns the link of the nth commit of a view, counted from 1, or the first link of the
// log if n is 0.
func (l *links) after(v *view, n int) events.Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := link.Genesis(l.id, 0)
	if n == 0 {
		return events.Mark{Sum: before}
	}
	if k := l.sums.Len(); k > 0 {
		before = *l.sums.At(k - 1)
	}
	for k := l.sums.Len(); k < n; k++ {
		c := v.commits.At(k)
		for p := c.first; p <= c.last; p++ {
			admit.HashRecord(&l.hasher, v.log.record(p))
		}
		before = link.Next(before, uint64(c.last), l.hasher.Group())
		*l.sums.Add() = before
	}
	return events.Mark{Position: v.commits.At(n - 1).last, Sum: *l.sums.At(n - 1)}
}

// ended returns how many commits of a view end at or before a position.
func (v *view) ended(at events.Position) int {
	return sort.Search(v.commits.Len(), func(k int) bool { return v.commits.At(k).last > at })
}

// mark returns the first link at or after a position, or the last one.
func (l *links) mark(v *view, at events.Position) events.Mark {
	if at == 0 {
		return l.after(v, 0)
	}
	return l.after(v, min(v.ended(at-1)+1, v.commits.Len()))
}

// holds returns a *events.ForkError unless the view has the link.
func (l *links) holds(v *view, m events.Mark) error {
	if m.IsZero() {
		return nil
	}
	if have := l.mark(v, m.Position); have != m {
		return &events.ForkError{Mark: m, Have: have}
	}
	return nil
}

// Mark implements events.Marker.
func (s *Store) Mark(ctx context.Context, at events.Position) (events.Mark, error) {
	v, _, err := s.view(ctx, "")
	if err != nil {
		return events.Mark{}, err
	}
	return s.links.mark(&v, at), nil
}

// Holds implements events.Marker.
func (s *Store) Holds(ctx context.Context, m events.Mark) error {
	v, _, err := s.view(ctx, "")
	if err != nil {
		return err
	}
	return s.links.holds(&v, m)
}

// Links implements events.Marker.
func (s *Store) Links(ctx context.Context, after events.Position) iter.Seq2[events.Mark, error] {
	return func(yield func(events.Mark, error) bool) {
		v, _, err := s.view(ctx, "")
		if err != nil {
			yield(events.Mark{}, err)
			return
		}
		n := 0
		if after > 0 {
			n = v.ended(after) + 1
		}
		for ; n <= v.commits.Len(); n++ {
			if err := ctx.Err(); err != nil {
				yield(events.Mark{}, err)
				return
			}
			if !yield(s.links.after(&v, n), nil) {
				return
			}
		}
	}
}

// ReadFrom implements events.Marker. A sequence reads one state of the log.
func (s *Store) ReadFrom(ctx context.Context, c *events.Cursor, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		v, _, err := s.view(ctx, "")
		if err == nil {
			err = s.links.holds(&v, c.Mark)
		}
		if err == nil && c.Position > v.log.end() {
			err = &events.PositionError{After: c.Position, Settled: v.log.end()}
		}
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		n := v.ended(c.Position)
		for p := c.Position + 1; p <= v.log.end(); p++ {
			if err := ctx.Err(); err != nil {
				yield(events.Record{}, err)
				return
			}
			r := v.log.record(p)
			if !f.Matches(r.Stream, r.Type) {
				continue
			}
			for v.commits.At(n).last < p {
				n++
			}
			*c = events.Cursor{Position: p, Mark: s.links.after(&v, n+1)}
			if !yield(*r, nil) {
				return
			}
		}
		*c = events.Cursor{Position: v.log.end(), Mark: s.links.mark(&v, v.log.end())}
	}
}

// Branch returns a new store with the same history up to the last commit that ends at or before
// a position, and its own from there on: the log that a backup taken at that position restores.
// A position within a commit cuts the whole commit off, as one beyond the end cuts off nothing.
// Snapshots stay behind.
func (s *Store) Branch(at events.Position) *Store {
	s.shell.RLock()
	v := view{s.log, s.commits}
	s.shell.RUnlock()
	b := New()
	b.links.id = s.links.id
	n := v.ended(at)
	b.commits = v.commits.Clone(n)
	if n > 0 {
		b.log.List = v.log.Clone(int(b.commits.At(n - 1).last))
	}
	for k := range n {
		b.numbers[b.log.record(b.commits.At(k).first).Commit] = k
	}
	for p := events.Position(1); p <= b.log.end(); p++ {
		st := b.stream(b.log.record(p).Stream)
		st.positions = append(st.positions, p)
	}
	return b
}
