package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
)

// ExistsError says that a Backup or a Restore would have written over a file. Nothing was written.
type ExistsError struct {
	Path string // what is there: the path, or the same with -wal, -shm or -journal
}

func (e *ExistsError) Error() string { return "sqlite: " + e.Path + " exists" }

// Is reports whether target is fs.ErrExist.
func (e *ExistsError) Is(target error) bool { return target == fs.ErrExist }

// suffixes are those of the files that SQLite keeps beside a database.
var suffixes = []string{"-wal", "-shm", "-journal"}

// absent reports an error if there is a file at the path or one that would belong to it.
func absent(path string) error {
	for _, suffix := range append([]string{""}, suffixes...) {
		switch _, err := os.Lstat(path + suffix); {
		case err == nil:
			return &ExistsError{Path: path + suffix}
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// copyTo makes a database at the path of the state that src reads, and returns the last position
// in it. The file is in rollback mode, which no log in use is: Open and Restore tell a backup from
// the main file of a log by that.
//
// src reads in one transaction, so the copy never begins anew while others commit.
func copyTo(ctx context.Context, path string, src *sqlite.Conn, t *task) (last events.Position, err error) {
	n, err := integer(src, "SELECT max(position) FROM records")
	if err != nil {
		return 0, err
	}
	dst, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	// Nobody reads the file before it is whole and on the disk.
	for _, query := range []string{"PRAGMA locking_mode = exclusive", "PRAGMA journal_mode = off", "PRAGMA synchronous = 0"} {
		if err := exec(dst, query); err != nil {
			return 0, err
		}
	}
	pageSize, err := integer(src, "PRAGMA page_size")
	if err != nil {
		return 0, err
	}
	if err := copyPages(ctx, dst, src, pageSize, t); err != nil {
		return 0, err
	}
	return events.Position(n), exec(dst, "PRAGMA journal_mode = delete")
}

// copyPages copies a megabyte at a time.
func copyPages(ctx context.Context, dst, src *sqlite.Conn, pageSize int64, t *task) error {
	backup, err := sqlite.NewBackup(dst, "", src, "")
	if err != nil {
		return err
	}
	defer backup.Close()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		if more, err = backup.Step(max(1, int(1<<20/pageSize))); err != nil && (!more || !isBusy(err)) {
			return err
		}
		took := time.Since(began)
		total := int64(backup.PageCount()) * pageSize
		t.progress(Progress{Step: "copy", Done: total - int64(backup.Remaining())*pageSize, Total: total})
		if t.yields {
			// Without it the disk writes the copy, and commits wait for it.
			time.Sleep(took)
		}
	}
	return nil
}

// publish gives the file that write makes its name, once it is whole and on the disk. There is
// never a part of a file at the path: a crash leaves a directory named .surety-* that nothing
// reads and that can be removed.
func publish(path string, write func(file string) error) error {
	dir := filepath.Dir(path)
	room, err := os.MkdirTemp(dir, ".surety-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(room)
	file := filepath.Join(room, "log")
	if err := write(file); err != nil {
		return err
	}
	if err := syncFile(file); err != nil {
		return err
	}
	if err := absent(path); err != nil {
		return err
	}
	switch err := os.Link(file, path); {
	case errors.Is(err, fs.ErrExist):
		return &ExistsError{Path: path}
	case err != nil:
		return err
	}
	// A crash here may leave the path without the file, and never with a part of it.
	return syncDir(dir)
}

// syncFile forces a file that is not in use to the disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// integer returns the first value of the first row of a query, 0 without one.
func integer(conn *sqlite.Conn, query string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		n = stmt.ColumnInt64(0)
		return nil
	}})
	return n, failed(query, err)
}

// diskError says where a file operation around a Backup or a Restore failed.
func diskError(op string, err error) error {
	_, typed := errors.AsType[*OpenError](err)
	if err == nil || typed || own(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return failed(op, err)
}
