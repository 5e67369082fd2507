package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// A page ends when it has that many records or bytes, or when that many rows were scanned. This
// bounds the memory of a read and the time for which it keeps a connection.
const (
	pageRecords = 512
	pageBytes   = 512 << 10
	pageRows    = 4096
)

// page is a run of records, and where the next one begins.
type page struct {
	records []events.Record
	bytes   int
	rows    int
	more    bool   // the page ended before the rows did
	spare   []byte // what is left of the last allocation for bytes
}

// newPage has room for a stream of ordinary length.
func newPage() page { return page{records: make([]events.Record, 0, 16)} }

func (p *page) reset() { *p = page{records: p.records[:0], spare: p.spare} }

func (p *page) full() bool {
	return len(p.records) >= pageRecords || p.bytes >= pageBytes || p.rows >= pageRows
}

// Read implements events.Store. It reads pages of some hundred records; what is appended to
// the stream after the first page was read is not yielded.
func (s *Store) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		p := newPage()
		var head events.Version
		after := after // the sequence may be ranged over again
		for first := true; first || p.more; first = false {
			err := s.read(ctx, "read", func(r *reader) (err error) {
				if err = r.readStream(&p, stream, after); err == nil && p.more && first {
					// Without an end, a loop that appends to the stream it reads would never end.
					head, err = r.probe.version(stream)
				}
				return cmp.Or(err, r.remember(p.records))
			})
			if err != nil {
				yield(events.Record{}, err)
				return
			}
			for i := range p.records {
				r := &p.records[i]
				if head > 0 && r.Version > head {
					return
				}
				if r.Version != after+1 {
					yield(events.Record{}, r.Corrupt(fmt.Errorf("follows version %d", after)))
					return
				}
				after = r.Version
				if !yield(*r, nil) {
					return
				}
			}
		}
	}
}

// ReadAll implements events.Store.
//
// Positions rise in the order of commits and every page is read from one state of the file,
// so a page never has a record without the ones before it, and the end is taken before the
// first page: what is at or below it was committed whole.
func (s *Store) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		after := after // the sequence may be ranged over again
		end, err := s.Settled(ctx)
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		p := newPage()
		for after < end {
			var next events.Position
			err := s.read(ctx, "read all", func(r *reader) (err error) {
				if next, err = r.readAll(&p, after, end, f); err == nil {
					err = r.remember(p.records)
				}
				return err
			})
			if err != nil {
				yield(events.Record{}, err)
				return
			}
			after = next
			for i := range p.records {
				if !yield(p.records[i], nil) {
					return
				}
			}
		}
	}
}

// readStream fills a page with records of a stream.
func (r *reader) readStream(p *page, stream events.StreamID, after events.Version) error {
	p.reset()
	defer r.stream.Reset()
	r.stream.BindText(1, string(stream))
	r.stream.BindInt64(2, int64(min(after, maxInt64)))
	for {
		row, err := r.stream.Step()
		if err != nil || !row {
			return err
		}
		if p.full() {
			p.more = true
			return nil
		}
		p.rows++
		if err := r.record(r.stream, p, stream); err != nil {
			return err
		}
	}
}

// readAll fills a page with records that pass the filter, and returns the position from
// which to go on.
func (r *reader) readAll(p *page, after, end events.Position, f events.Filter) (events.Position, error) {
	p.reset()
	defer r.all.Reset()
	r.all.BindInt64(1, int64(after))
	r.all.BindInt64(2, int64(end))
	every := len(f.Categories) == 0 && len(f.Types) == 0
	next := after
	for !p.full() {
		row, err := r.all.Step()
		if err != nil {
			return after, err
		}
		if !row {
			return end, nil
		}
		p.rows++
		stream := events.StreamID(r.all.ColumnText(colStream))
		if every || f.Matches(stream, r.typ(r.all)) {
			if err := r.record(r.all, p, stream); err != nil {
				return after, err
			}
		}
		next = events.Position(r.all.ColumnInt64(colPosition))
	}
	return next, nil
}

// The places of the columns in the statements of a reader.
const (
	colPosition = iota
	colVersion
	colType
	colSchema
	colAt
	colCommit
	colIndex
	colDigest
	colMeta
	colData
	colStream
)

const maxInt64 = 1<<63 - 1

// record adds the row to the page.
func (r *reader) record(stmt *sqlite.Stmt, p *page, stream events.StreamID) error {
	p.records = append(p.records, events.Record{
		Position: events.Position(stmt.ColumnInt64(colPosition)),
		Stream:   stream,
		Version:  events.Version(stmt.ColumnInt64(colVersion)),
		Index:    stmt.ColumnInt(colIndex),
		Type:     r.typ(stmt),
		Schema:   uint16(stmt.ColumnInt64(colSchema)),
		At:       time.Unix(0, stmt.ColumnInt64(colAt)).UTC(),
	})
	rec := &p.records[len(p.records)-1]
	stmt.ColumnBytes(colCommit, rec.Commit[:])
	meta := stmt.ColumnBytes(colMeta, r.scratch)
	data := stmt.ColumnBytes(colData, r.scratch[meta:len(r.scratch)-digestRoom])
	if meta > events.MaxMeta || meta+data > events.MaxMeta+events.MaxData {
		return rec.Corrupt(errors.New("meta or data are longer than those of an event can be"))
	}
	end := meta + data
	if rec.Index == 0 {
		end += stmt.ColumnBytes(colDigest, r.scratch[end:])
	}
	kept := p.keep(r.scratch[:end])
	rec.Meta, rec.Data = kept[:meta:meta], kept[meta:meta+data:meta+data]
	if rec.Index == 0 {
		rec.Digest = kept[meta+data:]
	}
	return nil
}

// keep returns a copy of b. Copies of neighbours share an allocation, a small one, so that a
// record that a caller keeps does not keep a whole page alive.
func (p *page) keep(b []byte) []byte {
	const block = 6 << 10 // a stream of ordinary length
	p.bytes += len(b)
	if len(p.spare) < len(b) {
		p.spare = make([]byte, max(block, len(b)))
	}
	kept := p.spare[:len(b):len(b)]
	p.spare = p.spare[len(b):]
	copy(kept, b)
	return kept
}

// typ returns the type of the row, without making a string of a type that was seen before.
func (r *reader) typ(stmt *sqlite.Stmt) string {
	b := r.scratch[:stmt.ColumnBytes(colType, r.scratch)]
	if s, ok := r.types[string(b)]; ok {
		return s
	}
	if len(r.types) >= maxTypes {
		clear(r.types)
	}
	s := string(b)
	r.types[s] = s
	return s
}
