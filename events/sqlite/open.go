package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// inspect looks at what is at the path without changing it, and reports whether there is a
// file at all. A nil error says that the file is worth opening.
//
// It opens the file only through SQLite: closing a descriptor drops every POSIX lock that this
// process holds on the file, also those of another Store, and SQLite defers the close.
func inspect(path string, known int, writes bool) (exists bool, err error) {
	refuse := func(reason string, err error) (bool, error) {
		return true, &OpenError{Path: path, Reason: reason, Err: err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return refuse("cannot be inspected", err)
	case info.IsDir():
		return refuse("is a directory", nil)
	case !info.Mode().IsRegular():
		return refuse("is not a regular file", nil)
	case info.Size() == 0:
		return refuse("is an empty file", nil)
	case writes && info.Mode().Perm()&0o222 == 0:
		return refuse("is read-only", events.ErrReadOnly)
	}
	logged := frames(path, 512) > 0 // before the header is read: a checkpoint may end in between
	conn, err := alone(path)
	if err != nil {
		return refuse("cannot be opened", err)
	}
	defer conn.Close()
	id, err := number(conn, "application_id")
	switch {
	case err != nil && primary(err) == sqlite.ResultNotADB:
		return refuse("is not a SQLite database", err)
	case err != nil && primary(err) == sqlite.ResultCorrupt && logged:
		// A checkpoint that a crash interrupted leaves a file shorter than its header says; the
		// rest is in the WAL. complete checks that once SQLite has read the WAL.
		return true, nil
	case err != nil && primary(err) == sqlite.ResultCorrupt:
		return refuse("is truncated or damaged", err)
	case err != nil:
		return refuse("cannot be read", err)
	case id != applicationID:
		return refuse(fmt.Sprintf("is a database of another application (application_id %#x, not %#x)", uint32(id), applicationID), nil)
	}
	version, err := schemaVersion(conn)
	if err != nil {
		return refuse("cannot be read", err)
	}
	if !logged {
		if err := complete(conn, path); err != nil {
			return refuse("is truncated", err)
		}
	}
	if version > known {
		return refuse("was written by a later version of this package", &VersionError{Found: version, Known: known})
	}
	return true, nil
}

// frames returns how many pages of that size the WAL beside the file can hold at most.
func frames(path string, pageSize int64) int64 {
	const header, frameHeader = 32, 24
	info, err := os.Stat(path + "-wal")
	if err != nil || info.Size() <= header {
		return 0
	}
	return (info.Size() - header) / (frameHeader + pageSize)
}

// complete reports an error if pages are missing that the file and its WAL together cannot
// hold. The order of the three looks makes it safe while others write and checkpoint: a page
// that was there at the first look is in the WAL at the second or in the file at the third.
func complete(conn *sqlite.Conn, path string) error {
	pages, err := number(conn, "page_count")
	if err != nil {
		return err
	}
	size, err := number(conn, "page_size")
	if err != nil {
		return err
	}
	inLog := frames(path, int64(size))
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if inFile := info.Size() / int64(size); inFile+inLog < int64(pages) {
		return fmt.Errorf("%d pages of %d are there", inFile+inLog, pages)
	}
	return nil
}

// create makes a store at the path unless there is a file by now.
//
// The file is made in a directory of its own and linked to its name when it is complete. A
// crash before the link leaves a directory that is never read; there is never half a store at
// the path. Of two processes that create at once one makes the link, and both open its file.
func create(path string, c *config) (err error) {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o222 == 0 {
		return &OpenError{Path: path, Reason: "its directory is read-only", Err: fs.ErrPermission}
	}
	room, err := os.MkdirTemp(dir, ".surety-*")
	if err != nil {
		return &OpenError{Path: path, Reason: "cannot be created", Err: err}
	}
	defer os.RemoveAll(room)
	file := filepath.Join(room, "log")
	if err := build(file, c); err != nil {
		return &OpenError{Path: path, Reason: "cannot be created", Err: err}
	}
	if err := os.Link(file, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return &OpenError{Path: path, Reason: "cannot be created", Err: err}
	}
	if err := syncDir(dir); err != nil {
		return &OpenError{Path: path, Reason: "its directory cannot be forced to the disk", Err: err}
	}
	return nil
}

// build writes an empty store and forces it to the disk.
func build(file string, c *config) (err error) {
	conn, err := sqlite.OpenConn(file, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return err
	}
	defer func() {
		if shut := conn.Close(); err == nil {
			err = shut
		}
	}()
	for _, query := range []string{"PRAGMA synchronous = 2", "PRAGMA fullfsync = 1"} {
		if err := exec(conn, query); err != nil {
			return err
		}
	}
	if err := migrate(conn, c.migrations); err != nil {
		return err
	}
	return exec(conn, "PRAGMA journal_mode = wal")
}

// syncDir forces the entries of a directory to the disk. Windows does it by itself and knows
// no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// connect opens one connection to a store that exists, sets it up and reads it back.
func connect(path string, c *config, writer bool) (*sqlite.Conn, error) {
	flag, list := sqlite.OpenReadWrite, settings(c.durability, writer)
	if c.readOnly {
		flag, list = sqlite.OpenReadOnly, readOnlySettings
	}
	conn, err := sqlite.OpenConn(path, flag)
	if err != nil {
		return nil, &OpenError{Path: path, Reason: "cannot be opened", Err: err}
	}
	conn.SetBusyTimeout(patience)
	if err := configure(conn, list, c.hooks.connected); err != nil {
		conn.Close()
		return nil, openError(path, err)
	}
	return conn, nil
}

// openError adds the reason to an error of opening a store. The error of
// a context stays as it is.
func openError(path string, err error) error {
	if _, ok := errors.AsType[*OpenError](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	reason := "SQLite failed"
	if _, ok := errors.AsType[*SettingError](err); ok {
		reason = "a setting did not take"
	} else if version, ok := errors.AsType[*VersionError](err); ok {
		reason = "was written by a later version of this package"
		if version.Found < version.Known {
			reason = "has to be migrated by a store that writes"
		}
	} else if _, ok := errors.AsType[*events.BoundsError](err); ok {
		reason = "an option is out of bounds"
	} else if errors.Is(err, ErrDamaged) {
		reason = "is damaged"
	}
	return &OpenError{Path: path, Reason: reason, Err: err}
}
