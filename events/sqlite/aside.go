package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// InUseError says that a file cannot be moved or copied because a process has it open.
type InUseError struct {
	Path string
	PID  int // the process; 0 for this one, below 0 where the system does not say
}

func (e *InUseError) Error() string {
	switch {
	case e.PID == 0:
		return "sqlite: " + e.Path + " is open in this process"
	case e.PID < 0:
		return "sqlite: " + e.Path + " is open in another process"
	}
	return fmt.Sprintf("sqlite: %s is open in process %d", e.Path, e.PID)
}

// MoveAside renames the file of a log, and the ones with the suffixes -wal, -shm and -journal, into
// a new directory beside them, and returns their new paths. It makes room for Restore. Nothing is
// deleted or written over: what was moved opens as the log that it was.
//
// It refuses, with an *InUseError, a file that a store of this process has open. On Linux, macOS and
// the BSDs that holds for other processes as well, if they are on the same machine: SQLite's locks
// show them. A process that opens the file at the same instant is not seen here. Its store finds
// with the next group that the file is gone, see MovedError.
//
// Without any of the files the error is fs.ErrNotExist. After another error the paths are those that
// were moved before it; the main file goes first, so that what is left is never a log that
// lacks its -wal.
func MoveAside(path string) (moved []string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, diskError("move aside", err)
	}
	s, err := glance(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, diskError("move aside", err)
	case err == nil && (s.ours || s.pid != 0):
		return nil, &InUseError{Path: path, PID: s.pid}
	}
	var there []string
	for _, suffix := range append([]string{""}, suffixes...) {
		if _, err := os.Lstat(path + suffix); err == nil {
			there = append(there, path+suffix)
		}
	}
	if len(there) == 0 {
		return nil, diskError("move aside", &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist})
	}
	// The directory is new, so that a rename into it replaces nothing.
	room := path + ".aside-" + time.Now().UTC().Format("20060102T150405.000000000Z")
	if err := os.Mkdir(room, 0o755); err != nil { //nolint:gosec // the files in it have the permissions that matter
		return nil, diskError("move aside", err)
	}
	for _, old := range there {
		now := filepath.Join(room, filepath.Base(old))
		if err := os.Rename(old, now); err != nil {
			return moved, diskError("move aside", err)
		}
		moved = append(moved, now)
	}
	return moved, diskError("move aside", errors.Join(syncDir(room), syncDir(filepath.Dir(path))))
}
