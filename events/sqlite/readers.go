package sqlite

import (
	"context"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// readers is a pool of reading connections. The one returned last is used first: what it read is
// still in its cache.
type readers struct {
	free   chan struct{} // holds a token for every reader in the stack
	closed chan struct{}
	mu     sync.Mutex
	stack  []*reader
}

// reader is one reading connection with its statements. It belongs to its borrower.
type reader struct {
	probe                        *probe
	links                        *linkReader
	history                      *history // of the store
	dataVersion                  *sqlite.Stmt
	seen                         int64 // the data_version at which the history was checked
	stream, all, settled, latest *sqlite.Stmt
	noop                         *sqlite.Stmt
	pageSize                     int64
	types                        map[string]string // one string per type instead of one per record
	scratch                      []byte
}

const columns = "position, version, type, schema, at, commit_id, idx, digest, meta, data"

// digestRoom is a byte more than a digest has, so that a longer one is seen to be wrong.
const digestRoom = 33

// maxTypes bounds the types that a reader remembers.
const maxTypes = 1024

func newReaders(conns []*sqlite.Conn, h *history) (*readers, error) {
	rs := &readers{free: make(chan struct{}, len(conns)), closed: make(chan struct{})}
	for _, conn := range conns {
		r, err := newReader(conn, h)
		if err != nil {
			return nil, err
		}
		rs.giveBack(r)
	}
	return rs, nil
}

func newReader(conn *sqlite.Conn, h *history) (*reader, error) {
	r := &reader{history: h, types: make(map[string]string), scratch: make([]byte, events.MaxMeta+events.MaxData+1+digestRoom)}
	size, err := number(conn, "page_size")
	if err != nil {
		return nil, err
	}
	r.pageSize = int64(size)
	if r.probe, err = newProbe(conn); err != nil {
		return nil, err
	}
	if r.links, err = newLinkReader(conn); err != nil {
		return nil, err
	}
	return r, prepare(conn, map[**sqlite.Stmt]string{
		&r.dataVersion: "PRAGMA data_version",
		&r.noop:        countPages,
		&r.stream:      "SELECT " + columns + " FROM log WHERE stream = ? AND version > ? ORDER BY version",
		&r.all:         "SELECT " + columns + ", stream FROM log WHERE position > ? AND position <= ? ORDER BY position",
		&r.settled:     "SELECT max(position) FROM log",
		&r.latest:      "SELECT version, data FROM snapshots WHERE stream = ? AND fold = ?",
	})
}

// borrow waits for a reader.
func (rs *readers) borrow(ctx context.Context) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-rs.closed:
		return nil, events.ErrClosed
	default:
	}
	select {
	case <-rs.free:
		return rs.pop(), nil
	default:
	}
	select {
	case <-rs.free:
		return rs.pop(), nil
	case <-rs.closed:
		return nil, events.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pop takes the reader that a token stands for.
func (rs *readers) pop() *reader {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	last := len(rs.stack) - 1
	r := rs.stack[last]
	rs.stack = rs.stack[:last]
	return r
}

func (rs *readers) giveBack(r *reader) {
	rs.mu.Lock()
	rs.stack = append(rs.stack, r)
	rs.mu.Unlock()
	rs.free <- struct{}{}
}

// close refuses new borrowers and waits until every reader is returned.
func (rs *readers) close() {
	close(rs.closed)
	for range cap(rs.free) {
		<-rs.free
	}
}

// read runs f with a reader on one state of the log, which is of the history that the store knows.
// f must begin anew each time that it runs.
func (s *Store) read(ctx context.Context, op string, f func(*reader) error) error {
	return s.borrowed(ctx, op, func(r *reader) error {
		return r.snapshot(func() error { return f(r) })
	})
}

// borrowed runs f with a reader. While f finds the file locked, which in WAL mode is only during a
// recovery, f runs again until ctx ends.
func (s *Store) borrowed(ctx context.Context, op string, f func(*reader) error) error {
	r, err := s.readers.borrow(ctx)
	if err != nil {
		return err
	}
	defer s.readers.giveBack(r)
	if err := s.file.look(); err != nil {
		return err
	}
	var wait backoff
	for {
		err := f(r)
		if !isBusy(err) {
			return failed(op, err)
		}
		select {
		case <-s.readers.closed:
			return events.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		default:
			wait.pause()
		}
	}
}

// snapshot runs f on one state of the log. It looks whether that has the link that the store knows, if
// others have committed since the reader was used last.
func (r *reader) snapshot(f func() error) error {
	known := r.history.last.Load() // whatever is remembered later may not be in this state yet
	// As long as this statement has its row, all others read what it has read: BEGIN and ROLLBACK
	// would cost a tenth of a read.
	defer r.dataVersion.Reset()
	if _, err := r.dataVersion.Step(); err != nil {
		return err
	}
	if now := r.dataVersion.ColumnInt64(0); now != r.seen {
		if err := r.history.check(r.links, known); err != nil {
			return err
		}
		if r.history.last.Load() == known {
			r.seen = now
		}
	}
	return f()
}

// Settled implements events.Store.
func (s *Store) Settled(ctx context.Context) (p events.Position, err error) {
	err = s.read(ctx, "settled", func(r *reader) error {
		p, err = r.position()
		return err
	})
	return p, err
}

// position returns the highest position. Writing transactions follow each other, and each takes
// positions above all that are there, so no hole below can still be filled.
func (r *reader) position() (events.Position, error) {
	defer r.settled.Reset()
	if _, err := r.settled.Step(); err != nil {
		return 0, err
	}
	return events.Position(r.settled.ColumnInt64(0)), nil
}
