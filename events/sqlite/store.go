package sqlite

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/group"
)

var (
	_ events.Store        = (*Store)(nil)
	_ events.Signaler     = (*Store)(nil)
	_ events.Snapshots    = (*Store)(nil)
	_ events.GuardChecker = (*Store)(nil)
)

// Store is a log in one SQLite file. Open makes one; it must be closed. Any number of Stores,
// in one process or in several, may be open on one file.
type Store struct {
	durability events.Durability
	file       *file
	readers    *readers
	log        *log          // belongs to the owner of the writer
	writer     *group.Writer // nil if the store is read-only
	tasks      *tasks
	changed    *signal
	conns      []*sqlite.Conn
	history    history
	closed     atomic.Bool
}

// Option changes how a store is opened.
type Option func(*config)

type config struct {
	durability events.Durability
	readers    int
	readOnly   bool
	maxWAL     int64
	logger     *slog.Logger // nil for none
	observer   events.Observer
	migrations []string
	hooks      hooks
}

// hooks let the tests of this package act at the points where something can fail.
type hooks struct {
	connected  func(*sqlite.Conn) error    // after the settings are made and before they are read back
	begun      func()                      // after a transaction has begun
	committing func([]events.Commit) error // before COMMIT; an error stands for one of COMMIT
	checkpoint func() error                // before a checkpoint; an error stands for one of it
}

// WithDurability sets what an acknowledged commit must survive:
// events.DurabilityFsync, the default, or events.DurabilityProcess, which is faster.
func WithDurability(d events.Durability) Option { return func(c *config) { c.durability = d } }

// WithObserver has the store report its groups and its checkpoints.
func WithObserver(o events.Observer) Option { return func(c *config) { c.observer = o } }

// WithReaders bounds the connections that reads use, 1 to 64. The default is twice the
// number of processors and at least 4.
func WithReaders(n int) Option { return func(c *config) { c.readers = n } }

// Open opens the store at the path and creates it when there is no file. The directory must
// exist. An empty file is refused like any other that this package did not make. Open waits
// for locks of other processes until ctx ends; its errors are *OpenError and the
// plain one of ctx.
//
// A file with the suffix -wal that does not belong to the one at the path is refused: without a file
// there, or beside a backup. After an unclean end, when a -wal is left and no other process is known
// to have the file open, Open runs Check with Quick on a file of up to 256 MB; one that is damaged is
// refused with ErrDamaged and left as it is. Otherwise Open takes the same time for a large file as
// for a small one: it recomputes the last link from the records that it covers.
func Open(ctx context.Context, path string, opts ...Option) (*Store, error) {
	c := config{
		durability: events.DurabilityFsync,
		maxWAL:     1 << 30,
		readers:    min(64, max(4, 2*runtime.GOMAXPROCS(0))),
		migrations: migrations(),
	}
	for _, opt := range opts {
		opt(&c)
	}
	if err := c.validate(path); err != nil {
		return nil, openError(path, err)
	}
	// SQLite gives some names a special meaning; an absolute path is not one of them.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, openError(path, err)
	}
	left := frames(path, 512) > 0 // before the file is looked at: another process may create it and write
	exists, err := inspect(path, len(c.migrations), !c.readOnly)
	switch {
	case err != nil:
		return nil, err
	case exists && left:
		if err := belongs(ctx, path); err != nil {
			return nil, openError(path, err)
		}
	case !exists && left:
		return nil, &OpenError{Path: path, Reason: "does not exist, but a -wal of it does; MoveAside moves it", Err: fs.ErrNotExist}
	case !exists && c.readOnly:
		return nil, &OpenError{Path: path, Reason: "does not exist", Err: fs.ErrNotExist}
	case !exists:
		if err := create(path, &c); err != nil {
			return nil, err
		}
	}
	return open(ctx, path, &c)
}

func (c *config) validate(path string) error {
	switch {
	case path == "":
		return &events.BoundsError{Field: "path", Reason: "must not be empty"}
	case c.durability != events.DurabilityFsync && c.durability != events.DurabilityProcess:
		return &events.BoundsError{Field: "durability", Reason: c.durability.String() + " is neither fsync nor process"}
	case c.readers < 1 || c.readers > 64:
		return &events.BoundsError{Field: "readers", Reason: "must be 1 to 64"}
	}
	return nil
}

// open opens the connections to a file that exists.
func open(ctx context.Context, path string, c *config) (_ *Store, err error) {
	f, err := register(path)
	if err != nil {
		return nil, err
	}
	s := &Store{durability: c.durability, file: f, tasks: newTasks(), changed: new(signal)}
	defer func() {
		if err != nil {
			_ = closeAll(s.conns) // err says what matters
			f.release()
		}
	}()
	writers := 1
	if c.readOnly {
		writers = 0
	}
	for i := range writers + c.readers {
		var conn *sqlite.Conn
		err := patiently(ctx, func() (err error) {
			conn, err = connect(path, c, i < writers)
			return err
		})
		if err != nil {
			return nil, openError(path, err)
		}
		s.conns = append(s.conns, conn)
		if i > 0 {
			continue
		}
		if err := prepareFile(ctx, conn, path, c); err != nil {
			return nil, err
		}
	}
	// Every connection has opened the path for itself.
	if err := f.check(); err != nil {
		return nil, &OpenError{Path: path, Reason: "was replaced while it was opened", Err: err}
	}
	s.history.file = f
	if s.readers, err = newReaders(s.conns[writers:], &s.history); err != nil {
		return nil, openError(path, err)
	}
	if err := s.read(ctx, "read", (*reader).checkEnd); err != nil {
		return nil, openError(path, err)
	}
	if c.readOnly {
		return s, nil
	}
	if s.log, err = newLog(s.conns[0], c, f, s.changed, &s.history); err != nil {
		return nil, openError(path, err)
	}
	s.writer = group.New(true, s.log.run, c.observer.Group)
	s.log.closing = s.writer.Closing()
	return s, nil
}

// prepareFile checks and migrates the file through its first connection.
func prepareFile(ctx context.Context, conn *sqlite.Conn, path string, c *config) error {
	refuse := func(reason string, err error) error {
		return &OpenError{Path: path, Reason: reason, Err: err}
	}
	id, err := number(conn, "application_id")
	if err != nil {
		return openError(path, err)
	}
	if id != applicationID {
		return refuse("is a database of another application", nil)
	}
	if err := complete(conn, path); err != nil {
		return refuse("is truncated", err)
	}
	if c.readOnly {
		err = patiently(ctx, func() error { return current(conn, len(c.migrations)) })
	} else {
		err = patiently(ctx, func() error { return migrate(conn, c.migrations) })
	}
	if err != nil {
		return openError(path, err)
	}
	return nil
}

// closeAll closes the connections and returns the first error. The writing one, which is the
// first, goes last: the last connection to a file folds the WAL into it.
func closeAll(conns []*sqlite.Conn) (first error) {
	for i := len(conns) - 1; i >= 0; i-- {
		if err := conns[i].Close(); first == nil {
			first = err
		}
	}
	return first
}

// Durability implements events.Store.
func (s *Store) Durability() events.Durability { return s.durability }

// Changed implements events.Signaler.
func (s *Store) Changed() <-chan struct{} { return s.changed.next() }

// Close implements events.Store. It waits for pages that are being read, and ends Backups and
// Checks with events.ErrClosed.
func (s *Store) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		return events.ErrClosed
	}
	s.tasks.close()
	if s.writer != nil {
		s.writer.Close()
	}
	s.readers.close()
	s.changed.end()
	err := closeAll(s.conns)
	s.file.release()
	return failed("close", err)
}

// signal wakes those who wait for the next change.
type signal struct {
	mu    sync.Mutex
	ch    chan struct{} // nil while nobody waits
	ended bool
}

func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
		if s.ended {
			close(s.ch)
		}
	}
	return s.ch
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil && !s.ended {
		close(s.ch)
		s.ch = nil
	}
}

func (s *signal) end() {
	s.fire()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
