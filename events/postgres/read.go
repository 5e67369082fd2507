package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// A page ends when it has that many records or bytes, or when that many positions were scanned.
// This bounds the memory of a read and the time for which it keeps a connection.
const (
	pageRecords   = 1024
	pageBytes     = 1 << 20
	pagePositions = 16384
	minRecords    = 16
)

// page is a run of records, and where the next one begins.
type page struct {
	records []events.Record
	limit   int // of rows to ask for
	bytes   int
	rows    int
	more    bool              // the page ended before the rows did
	spare   []byte            // what is left of the last allocation for bytes
	types   map[string]string // one string per type instead of one per record
	link    events.Mark       // the last one of a record beyond what the store value remembers
	open    events.Position   // of the last record, if it is beyond that and has no link of its own
	lost    bool              // the log has not what the store value remembers
}

func newPage() *page { return &page{limit: pageRecords / 4} }

// reset empties the page. Its limit is the number of rows that fit, by the size of those before.
func (p *page) reset() {
	if p.rows > 0 {
		average := max(p.bytes/p.rows, 1)
		p.limit = min(max(pageBytes/average, minRecords), pageRecords)
	}
	p.clear()
}

// clear empties the page.
func (p *page) clear() {
	p.records, p.bytes, p.rows, p.more = p.records[:0], 0, 0, false
	p.link, p.open, p.lost = events.Mark{}, 0, false
}

// Read implements events.Store. It reads pages of some hundred records; what is appended to
// the stream after the first page was read is not yielded.
func (s *source) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		if err := s.refuses(ctx); err != nil {
			yield(events.Record{}, err)
			return
		}
		if stream.Validate() != nil || after > maxInt64 {
			return // there is no such stream, or no such version
		}
		p := newPage()
		var end events.Version
		at := after // the sequence may be ranged over again
		for first := true; first || p.more; first = false {
			p.reset()
			err := s.fill(ctx, p, stream, s.queries.stream, string(stream), int64(at), p.limit)
			if err == nil && first && p.more {
				// Without an end, a loop that appends to the stream it reads would never end.
				end, err = s.version(ctx, stream)
			}
			if err != nil {
				yield(events.Record{}, err)
				return
			}
			var goOn bool
			if at, goOn = p.yield(at, end, yield); !goOn {
				return
			}
		}
	}
}

// yield yields the records of a page that follow a version, up to an end if there is one. It
// returns the last version and whether the caller wants more.
func (p *page) yield(at, end events.Version, yield func(events.Record, error) bool) (events.Version, bool) {
	for i := range p.records {
		r := &p.records[i]
		if end > 0 && r.Version > end {
			return at, false
		}
		if r.Version != at+1 {
			yield(events.Record{}, r.Corrupt(fmt.Errorf("follows version %d", at)))
			return at, false
		}
		at = r.Version
		if !yield(*r, nil) {
			return at, false
		}
	}
	return at, true
}

// version returns the version of a stream.
func (s *source) version(ctx context.Context, stream events.StreamID) (events.Version, error) {
	p := &plan{members: []events.Commit{{Batches: []events.Batch{{Stream: stream}}}}}
	if _, err := s.survey(ctx, p); err != nil {
		return 0, err
	}
	return p.heads[0], nil
}

// ReadAll implements events.Store.
//
// A writer holds the lock of the log from before it draws positions until they can be seen. So
// positions appear in their order, a page never has a record without the ones before it, and
// what is at or below the end, which is taken before the first page, was committed whole.
func (s *source) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		at := after // the sequence may be ranged over again
		end, err := s.Settled(ctx)
		if err != nil {
			yield(events.Record{}, err)
			return
		}
		categories, types := possible(f.Categories), possible(f.Types)
		p := newPage()
		for at < end {
			p.reset()
			to := end
			if categories == nil && types == nil {
				err = s.fill(ctx, p, "", s.queries.all, int64(at), int64(end), p.limit)
			} else {
				to = min(end, at+pagePositions)
				err = s.fill(ctx, p, "", s.queries.filtered, int64(at), int64(to), p.limit, categories, types)
			}
			if err == nil && p.rows == 0 && to < end {
				// A window of nothing may be the first of many: the next begins where there is a record.
				to, err = s.before(ctx, to, end)
			}
			if err != nil {
				yield(events.Record{}, err)
				return
			}
			if at = to; p.more {
				at = p.records[len(p.records)-1].Position
			}
			for i := range p.records {
				if !yield(p.records[i], nil) {
					return
				}
			}
		}
	}
}

// before returns the position before the first record after a position, or end if there is none.
func (s *source) before(ctx context.Context, after, end events.Position) (p events.Position, err error) {
	err = s.read(ctx, "read", func(v [][]byte) error {
		p = events.Position(number(v[0]))
		return nil
	}, s.queries.next, int64(after), int64(end))
	return p, err
}

// possible returns the part of a filter's list that the database can hold: the rest matches no
// record. It is nil only for a list that selects everything.
func possible(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	some := make([]string, 0, len(list))
	for _, v := range list {
		if utf8.ValidString(v) && !strings.ContainsRune(v, 0) {
			some = append(some, v)
		}
	}
	return some
}

// Settled implements events.Store.
func (s *source) Settled(ctx context.Context) (p events.Position, err error) {
	err = s.read(ctx, "settled", func(v [][]byte) error {
		p = events.Position(number(v[0]))
		return nil
	}, s.queries.settled)
	return p, err
}

// fill fills a page with the records of a query, all of one stream or each with its own. What is
// decided on records that others have written must not go into another history, so that the store
// value remembers a link at or after them.
func (s *source) fill(ctx context.Context, p *page, stream events.StreamID, query string, args ...any) error {
	last := s.history.remembered()
	args = append(args, int64(last.Position), sumOf(&last))
	err := s.with(ctx, "read", func(conn *pgxpool.Conn) error {
		p.clear()
		learns := s.learns(conn.Conn())
		err := ask(ctx, conn.Conn(), s.mode, func(v [][]byte) error { return p.fits(stream, v) }, query, args...)
		if err != nil || !learns || p.lost {
			return err
		}
		if p.open > 0 {
			return s.learnAt(ctx, conn.Conn(), p.open)
		}
		if !p.link.IsZero() {
			return s.learn(ctx, conn.Conn(), p.link)
		}
		return nil
	})
	if err == nil && p.lost {
		err = s.recheck(ctx)
	}
	p.more = p.more || p.rows == p.limit
	return err
}

// fits adds a row to the page unless the page is full: the rest is for the next one.
func (p *page) fits(stream events.StreamID, v [][]byte) error {
	if p.bytes >= pageBytes {
		p.more = true
		return nil
	}
	return p.record(stream, v)
}

// The places of the columns in an answer.
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
	colLink
	colStream
)

// record adds a row to the page.
func (p *page) record(stream events.StreamID, v [][]byte) error {
	p.rows++
	if stream == "" {
		stream = events.StreamID(v[colStream])
	}
	p.records = append(p.records, events.Record{
		Position: events.Position(number(v[colPosition])),
		Stream:   stream,
		Version:  events.Version(number(v[colVersion])),
		Index:    int(number(v[colIndex])),
		Type:     p.typ(v[colType]),
		Schema:   uint16(number(v[colSchema])),
		At:       time.Unix(0, number(v[colAt])).UTC(),
	})
	r := &p.records[len(p.records)-1]
	if copy(r.Commit[:], v[colCommit]) != len(r.Commit) {
		return r.Corrupt(errors.New("the commit id is not a UUID"))
	}
	switch link := v[colLink]; {
	case link == nil:
	case len(link) == 0:
		p.open = r.Position
	case len(link) == 1:
		p.lost = true
	default:
		p.link, p.open = markOf(number(v[colPosition]), link), 0
	}
	meta, data, digest := v[colMeta], v[colData], v[colDigest]
	kept := p.keep(len(meta) + len(data) + len(digest))
	take := func(b []byte) []byte {
		n := copy(kept, b)
		taken := kept[:n:n]
		kept = kept[n:]
		return taken
	}
	r.Meta, r.Data = take(meta), take(data)
	if digest != nil {
		r.Digest = take(digest)
	}
	return nil
}

// keep returns room for that many bytes. Neighbours share an allocation, a small one, so that
// a record that a caller keeps does not keep a whole page alive.
func (p *page) keep(n int) []byte {
	const block = 4 << 10
	p.bytes += n
	if len(p.spare) < n {
		p.spare = make([]byte, max(block, n))
	}
	kept := p.spare[:n:n]
	p.spare = p.spare[n:]
	return kept
}

// maxTypes bounds the types that a page remembers.
const maxTypes = 1024

// typ returns a type, without making a string of one that was seen before.
func (p *page) typ(b []byte) string {
	if s, ok := p.types[string(b)]; ok {
		return s
	}
	if p.types == nil || len(p.types) >= maxTypes {
		p.types = make(map[string]string)
	}
	s := string(b)
	p.types[s] = s
	return s
}
