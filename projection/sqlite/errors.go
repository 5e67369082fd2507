package sqlite

import (
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
)

// What a call failed of is found by errors.Is in its error. After a commit that failed the checkpoint
// says whether it is in the views.
var (
	// ErrFull says that the disk, or the file, is full. Reads continue to work, and commits do once
	// there is space again.
	ErrFull = errors.New("sqlite: views: disk or file is full")
	// ErrIO says that the operating system failed to read or write the file.
	ErrIO = errors.New("sqlite: views: input or output failed")
	// ErrReadOnly says that the file or its file system cannot be written to.
	ErrReadOnly = errors.New("sqlite: views: file is read-only")
	// ErrDamaged says that what is in the file is not a whole database. Remove the file and the ones
	// with the suffixes -wal and -shm, and build the views again.
	ErrDamaged = errors.New("sqlite: views: file is damaged")
)

// OpenError reports why a path cannot be opened as a store of views. An existing file is left as
// it was.
type OpenError struct {
	Path   string
	Reason string
	Err    error // the cause below; may be nil
}

func (e *OpenError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("sqlite: open views %s: %s", e.Path, e.Reason)
	}
	return fmt.Sprintf("sqlite: open views %s: %s: %v", e.Path, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Is reports whether target is what SQLite failed of, see ErrFull.
func (e *OpenError) Is(target error) bool { return target == kindOf(e.Err) && target != nil }

// Error reports that SQLite failed in an operation. Unwrap returns the driver's error.
type Error struct {
	Op  string // such as "commit", "read"
	Err error
}

func (e *Error) Error() string { return "sqlite: views: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the error of the driver.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is what SQLite failed of, see ErrFull.
func (e *Error) Is(target error) bool { return target == kindOf(e.Err) && target != nil }

// kindOf returns what SQLite failed of, one of the errors above, or nil.
func kindOf(err error) error {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull:
		return ErrFull
	case sqlite.ResultIOErr:
		return ErrIO
	case sqlite.ResultReadOnly:
		return ErrReadOnly
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		return ErrDamaged
	}
	return nil
}

// failed wraps an error of the driver.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Err: err}
}

// isBusy reports whether another process holds the lock, so that the call can be tried again.
func isBusy(err error) bool {
	if err == nil {
		return false
	}
	code := sqlite.ErrCode(err).ToPrimary()
	return code == sqlite.ResultBusy || code == sqlite.ResultProtocol
}
