package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// ErrHeld says that a checkpoint could not move everything from the -wal to the main file, because
// something reads an older state of it: a Backup, a Check, or a transaction of another program.
var ErrHeld = errors.New("sqlite: a reader holds the -wal")

// Health is how the checkpoints of a store go, which move what is in the -wal to the main file.
type Health struct {
	WAL     int64     // bytes of the file with the suffix -wal, which is used again and seldom shrinks
	Pending int64     // bytes in it that are not in the main file yet
	Last    time.Time // when this store last moved everything; zero if it has not yet
	Err     error     // what its last checkpoint failed of, ErrHeld among others; nil if it worked
}

// Health reports how the checkpoints go. Its error says that the store is of no use any more: a
// *MovedError, events.ErrClosed, or an *Error. Checkpoints that fail lose nothing, and the -wal
// grows by what is appended; watch Pending and Err.
func (s *Store) Health(ctx context.Context) (Health, error) {
	var h Health
	if s.log != nil {
		h = s.log.keeper.health()
	}
	err := s.borrowed(ctx, "health", func(r *reader) error {
		frames, done, err := checkpoint(r.noop)
		h.Pending = int64(frames-done) * r.pageSize
		return err
	})
	if err != nil {
		return Health{}, err
	}
	info, err := os.Stat(s.file.path + "-wal")
	if err == nil {
		h.WAL = info.Size()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Health{}, failed("health", err)
	}
	return h, nil
}

// WithLogger has the store log when checkpoints begin to fail, and when they work again.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithMaxWAL bounds the -wal of a store whose checkpoints fail: while more than n bytes of it are
// not in the main file, appends are refused with the error of the last checkpoint. The default is
// 1 GiB. A -wal that a reader holds, see ErrHeld, is not bounded.
func WithMaxWAL(n int64) Option { return func(c *config) { c.maxWAL = n } }

const (
	// A checkpoint runs when so many pages are in the WAL, and after one that did not move them all
	// when so many more are.
	checkpointPages = 1000
	// The pages in the WAL are counted after so many rows. A snapshot counts as snapshotRows.
	countEvery   = 64
	snapshotRows = 16
	// heldPages is how many pages a reader may hold before that is logged.
	heldPages = 16 * checkpointPages
)

// keeper runs the checkpoints on the writing connection, between transactions, where they move all
// that is there: on a connection of its own they would seldom meet the end of a WAL that is
// written to. It belongs to the owner of the connection; health may be called by all.
type keeper struct {
	pageSize  int64
	maxPages  int64
	logger    *slog.Logger
	observe   func(events.CheckpointDone) // may be nil
	hook      func() error                // fails a checkpoint in tests; may be nil
	noop, run *sqlite.Stmt
	rows      int   // since the pages were counted
	next      int   // pages at which the next checkpoint runs
	pending   int64 // pages that the last checkpoint left

	mu   sync.Mutex
	last time.Time
	err  error
}

func newKeeper(conn *sqlite.Conn, c *config) (*keeper, error) {
	size, err := number(conn, "page_size")
	if err != nil {
		return nil, err
	}
	k := &keeper{pageSize: int64(size), maxPages: c.maxWAL / int64(size), logger: c.logger, observe: c.observer.Checkpoint, hook: c.hooks.checkpoint, next: checkpointPages}
	return k, prepare(conn, map[**sqlite.Stmt]string{
		&k.noop: countPages,
		&k.run:  "PRAGMA wal_checkpoint(PASSIVE)",
	})
}

// countPages counts the pages in the WAL, and moves none.
const countPages = "PRAGMA wal_checkpoint(NOOP)"

// committed counts a transaction that is in the WAL, and runs a checkpoint if it is time.
func (k *keeper) committed(members []events.Commit) {
	if members == nil {
		k.rows += snapshotRows
	}
	for i := range members {
		k.rows += members[i].Events()
	}
	if k.rows < countEvery {
		return
	}
	k.rows = 0
	if pages, _, err := checkpoint(k.noop); err != nil || pages >= k.next {
		k.checkpoint(pages)
	}
}

// checkpoint moves what is in the WAL to the main file. If it dies in between, the pages are still
// in the WAL, and the next one moves them again.
func (k *keeper) checkpoint(pages int) {
	begun, err := time.Now(), error(nil)
	if k.hook != nil {
		err = k.hook()
	}
	pages, done := max(pages, int(k.pending)), 0
	if err == nil {
		var n int
		if n, done, err = checkpoint(k.run); err == nil {
			pages = n
		}
	}
	k.next, k.pending = checkpointPages, int64(pages-done)
	if k.pending > 0 {
		k.next = pages + checkpointPages
	}
	if err == nil && k.pending > 0 {
		err = ErrHeld
	}
	err = failed("checkpoint", err)
	k.note(err)
	if k.observe != nil {
		k.observe(events.CheckpointDone{Took: time.Since(begun), Bytes: int64(pages) * k.pageSize, Pending: k.pending * k.pageSize, Err: err})
	}
}

// note keeps how a checkpoint went, and logs what is new about it.
func (k *keeper) note(err error) {
	k.mu.Lock()
	before := k.err
	k.err = err
	if err == nil {
		k.last = time.Now()
	}
	k.mu.Unlock()
	if k.logger == nil {
		return
	}
	bad := func(err error) bool { return err != nil && (!errors.Is(err, ErrHeld) || k.pending > heldPages) }
	switch bytes := slog.Int64("pending_bytes", k.pending*k.pageSize); {
	case bad(err) && (before == nil || before.Error() != err.Error() || errors.Is(err, ErrHeld)):
		k.logger.Warn("sqlite: checkpoint failed, the -wal grows", slog.Any("err", err), bytes)
	case err == nil && before != nil && !errors.Is(before, ErrHeld):
		k.logger.Info("sqlite: checkpoints work again")
	}
}

func (k *keeper) health() Health {
	k.mu.Lock()
	defer k.mu.Unlock()
	return Health{Last: k.last, Err: k.err}
}

// room reports an error while checkpoints fail and the WAL is as large as it may be.
func (k *keeper) room() error {
	if k.pending <= k.maxPages {
		return nil
	}
	if err := k.health().Err; !errors.Is(err, ErrHeld) {
		return err
	}
	return nil
}

// checkpoint runs a statement that is one, and returns how many pages are in the WAL and how many
// of them are in the main file.
func checkpoint(stmt *sqlite.Stmt) (pages, done int, err error) {
	defer stmt.Reset()
	if _, err := stmt.Step(); err != nil {
		return 0, 0, err
	}
	// Without a WAL both are -1.
	return max(0, stmt.ColumnInt(1)), max(0, stmt.ColumnInt(2)), nil
}
