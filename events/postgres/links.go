package postgres

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// Mark implements events.Marker.
func (s *source) Mark(ctx context.Context, at events.Position) (m events.Mark, err error) {
	err = s.with(ctx, "read link", func(conn *pgxpool.Conn) error {
		m, _, err = s.markAt(ctx, conn.Conn(), at)
		return err
	})
	if err != nil {
		return events.Mark{}, err
	}
	return m, nil
}

// Holds implements events.Marker.
func (s *source) Holds(ctx context.Context, m events.Mark) error {
	if m.IsZero() {
		return s.refuses(ctx)
	}
	return s.forked(ctx, s.with(ctx, "read link", func(conn *pgxpool.Conn) error {
		have, standby, err := s.markAt(ctx, conn.Conn(), m.Position)
		switch {
		case err != nil || have == m:
		case standby && have.Position < m.Position:
			err = ErrBehind
		default:
			err = &events.ForkError{Mark: m, Have: have}
		}
		return err
	}))
}

// Links implements events.Marker.
func (s *source) Links(ctx context.Context, after events.Position) iter.Seq2[events.Mark, error] {
	return func(yield func(events.Mark, error) bool) {
		var page []events.Mark
		at := after // a sequence of links at or after it
		if after > 0 {
			at++
		}
		for more := true; more; more = len(page) == pageRecords {
			if at > maxInt64 || at < after {
				return
			}
			err := s.with(ctx, "read links", func(conn *pgxpool.Conn) error {
				page = page[:0]
				return ask(ctx, conn.Conn(), s.mode, func(v [][]byte) error {
					page = append(page, markOf(number(v[0]), v[1]))
					return nil
				}, s.queries.links, int64(at), pageRecords)
			})
			if err != nil {
				yield(events.Mark{}, err)
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
				at = m.Position + 1
			}
		}
	}
}

// ReadFrom implements events.Marker. A page, the link that it was asked from and the one that
// follows it are read by one statement. It is asked for up to the position that was the last one
// when the sequence began.
func (s *source) ReadFrom(ctx context.Context, c *events.Cursor, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		p := &linkedPage{page: newPage(), filter: f}
		for first := true; first || c.Position < p.end; first = false {
			next, err := s.readFrom(ctx, p, *c, first)
			if err := s.forked(ctx, err); err != nil {
				yield(events.Record{}, err)
				return
			}
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

// linkedPage is a page with the links at both its ends.
type linkedPage struct {
	*page
	filter     events.Filter
	have, next events.Mark     // at the link that the page was asked from, and at till
	till       events.Position // what the page has come to, if it has all records up to there
	settled    events.Position
	kept       bool            // the log has what the store value remembers
	end        events.Position // of the sequence
}

// readFrom fills a page and returns the cursor after it. The first page sets the end.
func (s *source) readFrom(ctx context.Context, p *linkedPage, c events.Cursor, first bool) (events.Cursor, error) {
	p.reset()
	categories, types := possible(p.filter.Categories), possible(p.filter.Types)
	width := p.limit
	if categories != nil || types != nil {
		width = pagePositions
	}
	var end *int64
	if !first {
		end = new(int64(p.end))
	}
	after, at, last := int64(min(c.Position, maxInt64)), int64(min(c.Mark.Position, maxInt64)), s.history.remembered()
	err := s.with(ctx, "read from", func(conn *pgxpool.Conn) error {
		p.clear()
		learns := s.learns(conn.Conn())
		err := ask(ctx, conn.Conn(), s.mode, p.row, s.queries.from, after, width, end, p.limit, at, categories, types, int64(last.Position), sumOf(&last))
		if err == nil && (p.have.Position < c.Mark.Position || p.settled < c.Position) {
			var standby bool
			if err = conn.QueryRow(ctx, "SELECT pg_is_in_recovery()", s.mode).Scan(&standby); standby {
				err = ErrBehind
			}
		}
		if err == nil && s.replica && !first && p.settled < p.end {
			err = ErrBehind // another standby, which would end the sequence early
		}
		if err == nil && p.kept && learns && !p.next.IsZero() {
			err = s.learn(ctx, conn.Conn(), p.next)
		}
		return err
	})
	if err == nil && !p.kept {
		err = s.recheck(ctx)
	}
	switch {
	case err != nil:
		return c, err
	case !c.Mark.IsZero() && p.have != c.Mark:
		return c, &events.ForkError{Mark: c.Mark, Have: p.have}
	case c.Position > p.settled:
		return c, &events.PositionError{After: c.Position, Settled: p.settled}
	case p.next.IsZero():
		return c, failed("read from", errNoLink)
	}
	if first {
		p.end = p.settled
	}
	p.end = min(p.end, p.settled)
	if p.more || p.rows == p.limit {
		p.till = p.records[len(p.records)-1].Position
	}
	return events.Cursor{Position: p.till, Mark: p.next}, nil
}

// row takes a row of the statement.
func (p *linkedPage) row(v [][]byte) error {
	switch position := number(v[colPosition]); position {
	case -2:
		p.have = markOf(number(v[colVersion]), v[colDigest])
	case -1:
		p.next = markOf(number(v[colVersion]), v[colDigest])
	case 0:
		p.till, p.settled = events.Position(number(v[colVersion])), events.Position(number(v[colAt]))
		p.kept = number(v[colIndex]) == 1
	default:
		return p.fits("", v)
	}
	return nil
}
