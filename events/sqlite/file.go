package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// MovedError says that the file of a store is no longer at its path: it was removed, renamed or
// replaced. What the store had acknowledged is in that file, wherever it is. The store is dead:
// every call from then on returns this error, and nothing more is applied.
type MovedError struct {
	Path string
	Err  error // why there is no file at the path; nil if there is another one
}

func (e *MovedError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("sqlite: %s is another file than the one that was opened; the store is dead", e.Path)
	}
	return fmt.Sprintf("sqlite: %s is gone; the store is dead: %v", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *MovedError) Unwrap() error { return e.Err }

// lookEvery is how long a read relies on the last look at the path.
const lookEvery = 100 * time.Millisecond

// file is the file that a store has opened.
type file struct {
	path  string
	id    identity
	dead  atomic.Pointer[error] // why the store is dead
	start time.Time
	seen  atomic.Int64 // when the path was last looked at, since start
}

// openFiles counts the stores of this process by file.
var openFiles = struct {
	sync.Mutex
	stores map[identity]int
}{stores: make(map[identity]int)}

// register notes that this process is about to open the file.
func register(path string) (*file, error) {
	openFiles.Lock()
	defer openFiles.Unlock()
	id, err := identify(path)
	if err != nil {
		return nil, &OpenError{Path: path, Reason: "cannot be inspected", Err: err}
	}
	openFiles.stores[id]++
	return &file{path: path, id: id, start: time.Now()}, nil
}

// release notes that the connections to the file are closed.
func (f *file) release() {
	openFiles.Lock()
	defer openFiles.Unlock()
	if openFiles.stores[f.id]--; openFiles.stores[f.id] == 0 {
		delete(openFiles.stores, f.id)
	}
}

// die makes the store dead, unless it is, and returns why it is.
func (f *file) die(err error) error {
	f.dead.CompareAndSwap(nil, &err)
	return f.fate()
}

// fate returns why the store is dead, or nil.
func (f *file) fate() error {
	if err := f.dead.Load(); err != nil {
		return *err
	}
	return nil
}

// check returns an error if the store is dead or its file is no longer at its path.
func (f *file) check() error {
	if err := f.fate(); err != nil {
		return err
	}
	f.seen.Store(int64(time.Since(f.start)))
	id, err := identify(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.die(&MovedError{Path: f.path, Err: err})
	case err != nil:
		return failed("look at the path", err)
	case id != f.id:
		return f.die(&MovedError{Path: f.path})
	}
	return nil
}

// stillThere ends a transaction that has begun in a file that is no longer at its path: what would be
// acknowledged there, nobody who opens the path would find. It ends one as well for which the WAL
// has no room.
func (l *log) stillThere() error {
	err := l.file.check()
	if err != nil {
		l.undo()
	} else if err = l.keeper.room(); err != nil {
		l.undo()
		l.keeper.checkpoint(int(l.keeper.pending)) // the next one may find room again
	}
	return err
}

// look is check for reads: it looks at the path if nobody has done so a moment ago.
func (f *file) look() error {
	if int64(time.Since(f.start))-f.seen.Load() < int64(lookEvery) {
		return f.fate()
	}
	return f.check()
}

// state is what a look at a file from outside SQLite shows.
type state struct {
	ours bool // a store of this process has it open; the rest is not known then
	wal  bool // its header says that it is in WAL mode
	pid  int  // another process that has it open; 0 if none is known
}

// glance looks at the file. Closing a descriptor drops every POSIX lock that this process holds
// on the file, so it opens none if a store of this process does.
func glance(path string) (s state, err error) {
	openFiles.Lock()
	defer openFiles.Unlock()
	id, err := identify(path)
	if err != nil {
		return state{}, err
	}
	if openFiles.stores[id] > 0 {
		return state{ours: true}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return state{}, err
	}
	defer f.Close()
	var header [20]byte
	if _, err := f.ReadAt(header[:], 0); err == nil {
		s.wal = header[18] == 2 || header[19] == 2
	}
	s.pid = holder(f)
	return s, nil
}
