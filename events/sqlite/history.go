package sqlite

import (
	"fmt"
	"sync/atomic"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
)

// history is what a store value remembers of the log that it has written and read.
type history struct {
	file *file
	last atomic.Pointer[events.Mark] // the last link that was acknowledged or read; nil before the first
}

// learn remembers a link that the log has.
func (h *history) learn(m events.Mark) {
	for {
		last := h.last.Load()
		if last != nil && last.Position >= m.Position || h.last.CompareAndSwap(last, &m) {
			return
		}
	}
}

// check looks whether the log has a link that the store knows. If not, the store value is dead.
func (h *history) check(l *linkReader, known *events.Mark) error {
	if known == nil {
		return nil
	}
	err := l.holds(*known)
	if fork, ok := err.(*events.ForkError); ok { //nolint:errorlint // holds makes it, unwrapped
		return h.file.die(fork)
	}
	return err
}

// remember has the store know a link at or after records that were read, which others may have
// written: what is decided on them must not go into another history.
func (r *reader) remember(read []events.Record) error {
	if len(read) == 0 {
		return nil
	}
	return r.rememberAt(read[len(read)-1].Position)
}

// rememberAt is remember of a record at that position.
func (r *reader) rememberAt(p events.Position) error {
	if known := r.history.last.Load(); known != nil && p <= known.Position {
		return nil
	}
	m, err := r.links.at(p)
	if err == nil {
		r.history.learn(m)
	}
	return err
}

// linkReader reads links through one connection.
type linkReader struct{ from, before, tip *sqlite.Stmt }

func newLinkReader(conn *sqlite.Conn) (*linkReader, error) {
	var l linkReader
	return &l, prepare(conn, map[**sqlite.Stmt]string{
		&l.from:   "SELECT position, sum FROM links WHERE position >= ? ORDER BY position",
		&l.before: "SELECT position, sum FROM links WHERE position < ? ORDER BY position DESC LIMIT 1",
		&l.tip:    "SELECT position, sum FROM links ORDER BY position DESC LIMIT 1",
	})
}

// last returns the last link.
func (l *linkReader) last() (events.Mark, error) {
	m, ok, err := markOf(l.tip)
	if err == nil && !ok {
		err = errNoLink
	}
	return m, err
}

// at returns the first link at or after a position, or the last one.
func (l *linkReader) at(p events.Position) (events.Mark, error) {
	if p <= maxInt64 {
		l.from.BindInt64(1, int64(p))
		if m, ok, err := markOf(l.from); ok || err != nil {
			return m, err
		}
	}
	return l.last()
}

// page adds links at or after a position to an empty page, and returns whether there are more.
func (l *linkReader) page(page []events.Mark, at events.Position) (_ []events.Mark, more bool, err error) {
	defer l.from.Reset()
	l.from.BindInt64(1, int64(at))
	for len(page) < pageRecords {
		if more, err = l.from.Step(); !more {
			return page, false, err
		}
		page = append(page, linkOf(l.from))
	}
	return page, true, nil
}

// linkOf returns the link of a row.
func linkOf(stmt *sqlite.Stmt) events.Mark {
	m := events.Mark{Position: events.Position(stmt.ColumnInt64(0))}
	stmt.ColumnBytes(1, m.Sum[:])
	return m
}

// markOf returns the link of a statement's first row, and whether it has one.
func markOf(stmt *sqlite.Stmt) (m events.Mark, ok bool, err error) {
	defer stmt.Reset()
	if ok, err = stmt.Step(); ok {
		m = linkOf(stmt)
	}
	return m, ok, err
}

// holds returns nil if the log has that link, and a *events.ForkError if it does not.
func (l *linkReader) holds(m events.Mark) error {
	if m.IsZero() {
		return nil
	}
	have, err := l.at(m.Position)
	if err == nil && have != m {
		err = &events.ForkError{Mark: m, Have: have}
	}
	return err
}

// covered reports an error if the last link is not where the last record is.
func (f *file) covered(last events.Position, tip events.Mark) error {
	if last == tip.Position {
		return nil
	}
	return &DamageError{Path: f.path, Findings: []string{fmt.Sprintf("the last record is at position %d, and the last link at %d", last, tip.Position)}}
}

// checkEnd recomputes the last link from the records that it covers, and has the store know it.
func (r *reader) checkEnd() error {
	last, err := r.position()
	if err != nil {
		return err
	}
	tip, err := r.links.last()
	if err == nil {
		err = r.history.file.covered(last, tip)
	}
	if err != nil {
		return err
	}
	r.history.learn(tip)
	r.links.before.BindInt64(1, int64(tip.Position))
	before, found, err := markOf(r.links.before)
	if err != nil || !found { // the first link of a log covers nothing
		return err
	}
	var group link.Hasher
	p := newPage()
	for at, n := before.Position, 0; at < last; {
		if n += len(p.records); n > events.MaxGroupEvents {
			return nil // not a group of this package, and no work for Open
		}
		if at, err = r.readAll(&p, at, last, events.Filter{}); err != nil {
			return err
		}
		for i := range p.records {
			admit.HashRecord(&group, &p.records[i])
		}
	}
	if link.Next(before.Sum, uint64(last), group.Group()) != tip.Sum {
		return &DamageError{Path: r.history.file.path, Findings: []string{fmt.Sprintf("the records after position %d are not those that link %s covers", before.Position, tip)}}
	}
	return nil
}
