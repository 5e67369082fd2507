package sqlite

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// Progress is how far a Backup, a Restore or a Check is. The units are bytes of the file, or
// records in the walk of Deep.
type Progress struct {
	Step  string // "copy", "check" or "walk"
	Done  int64
	Total int64 // 0 if it is not known
}

// TaskOption changes how a Backup, a Restore or a Check works.
type TaskOption func(*task)

type task struct {
	progress func(Progress)
	yields   bool // gives half of its time to those who write
	quick    bool
	deep     bool
	decode   func(events.Record) error
}

// OnProgress calls f from time to time, on the goroutine of the caller.
func OnProgress(f func(Progress)) TaskOption { return func(t *task) { t.progress = f } }

func newTask(opts []TaskOption) *task {
	t := &task{progress: func(Progress) {}}
	for _, opt := range opts {
		opt(t)
	}
	return t
}

// tasks counts the Backups and Checks of a store, which Close ends.
type tasks struct {
	mu      sync.Mutex
	closed  bool
	closing chan struct{}
	running sync.WaitGroup
}

func newTasks() *tasks { return &tasks{closing: make(chan struct{})} }

func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.running.Add(1)
	}
	return !t.closed
}

func (t *tasks) close() {
	t.mu.Lock()
	t.closed = true
	close(t.closing)
	t.mu.Unlock()
	t.running.Wait()
}

// beside runs f with a connection of its own that only reads, so that neither the writer nor the
// readers wait for it. It ends with ctx and when the store is closed.
func (s *Store) beside(ctx context.Context, op string, f func(context.Context, *sqlite.Conn) error) error {
	if !s.tasks.begin() {
		return events.ErrClosed
	}
	defer s.tasks.running.Done()
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.tasks.closing:
			cancel()
		case <-within.Done():
		}
	}()
	if err := s.file.check(); err != nil {
		return err
	}
	conn, err := sqlite.OpenConn(s.file.path, sqlite.OpenReadOnly)
	if err != nil {
		return failed(op, err)
	}
	defer conn.Close()
	// What was opened is the file of the store if that is still at its path.
	if err := s.file.check(); err != nil {
		return err
	}
	err = reading(within, conn, f)
	switch {
	case ctx.Err() != nil && err != nil:
		return ctx.Err()
	case within.Err() != nil && err != nil:
		return events.ErrClosed
	}
	return failed(op, err)
}

// reading runs f on one state of the file. The end of ctx interrupts it.
func reading(ctx context.Context, conn *sqlite.Conn, f func(context.Context, *sqlite.Conn) error) error {
	conn.SetBusyTimeout(patience)
	if err := exec(conn, "BEGIN"); err != nil {
		return err
	}
	// The state is chosen with the first statement that reads.
	if err := patiently(ctx, func() error { return exec(conn, "SELECT 1 FROM sqlite_schema") }); err != nil {
		return err
	}
	conn.SetInterrupt(ctx.Done())
	err := f(ctx, conn)
	conn.SetInterrupt(nil)
	return errors.Join(err, exec(conn, "ROLLBACK"))
}

// alone opens a file that no other process changes: without a lock, a log or an index beside it.
func alone(path string) (*sqlite.Conn, error) {
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "mode=ro&immutable=1"}
	return sqlite.OpenConn(uri.String(), sqlite.OpenReadOnly, sqlite.OpenURI)
}
