package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// What a call failed of is found by errors.Is in its error, beside events.ErrReadOnly for a file
// or a file system that nothing can be written to.
var (
	// ErrFull says that the disk, or the file, is full. Reads still work, and appends work again
	// once there is space.
	ErrFull = errors.New("sqlite: disk or file is full")
	// ErrIO says that the operating system failed to read, write or force the file to the disk.
	ErrIO = errors.New("sqlite: input or output failed")
	// ErrDamaged says that what is in the file is not a whole database.
	ErrDamaged = errors.New("sqlite: file is damaged")
)

// OpenError says why a path cannot be opened as a store. A file that was there before is
// left as it was.
type OpenError struct {
	Path   string
	Reason string
	Err    error // the cause below, such as a *SettingError, a *VersionError or the driver's; may be nil
}

func (e *OpenError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("sqlite: open %s: %s", e.Path, e.Reason)
	}
	return fmt.Sprintf("sqlite: open %s: %s: %v", e.Path, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Is reports whether target is what SQLite failed of, see ErrFull.
func (e *OpenError) Is(target error) bool { return target == kindOf(e.Err) && target != nil }

// SettingError says that a setting that a promise of the store depends on has no effect.
type SettingError struct {
	Setting string // the name of the pragma
	Want    string
	Found   string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("setting %s is %q, not %q", e.Setting, e.Found, e.Want)
}

// VersionError says that a file was written by a later version of this package, or that one to be
// opened for reading alone has to be migrated first.
type VersionError struct {
	Found int // the schema version of the file
	Known int // the latest schema version that this package knows
}

func (e *VersionError) Error() string {
	if e.Found < e.Known {
		return fmt.Sprintf("schema version %d is earlier than %d", e.Found, e.Known)
	}
	return fmt.Sprintf("schema version %d is later than %d", e.Found, e.Known)
}

// Error says that SQLite, or the file system, failed at an operation. After a failed append nothing was applied,
// unless the error is also events.ErrUnknownOutcome.
type Error struct {
	Op  string // such as "begin", "insert", "commit", "read"
	Err error
}

func (e *Error) Error() string { return "sqlite: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the error of the driver.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is what SQLite failed of, see ErrFull.
func (e *Error) Is(target error) bool { return target == kindOf(e.Err) && target != nil }

// kindOf returns what SQLite or the system failed of, one of the errors above, or nil.
func kindOf(err error) error {
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return map[syscall.Errno]error{syscall.ENOSPC: ErrFull, syscall.EROFS: events.ErrReadOnly, syscall.EIO: ErrIO}[no]
	}
	switch primary(err) {
	case sqlite.ResultFull:
		return ErrFull
	case sqlite.ResultIOErr:
		return ErrIO
	case sqlite.ResultReadOnly:
		return events.ErrReadOnly
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		return ErrDamaged
	}
	return nil
}

// failed wraps an error of the driver, once.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*events.CorruptError](err); ok {
		return err
	}
	if own(err) {
		return err
	}
	return &Error{Op: op, Err: err}
}

// own reports whether an error of this package says all by itself.
func own(err error) bool {
	for _, typed := range []any{new(*MovedError), new(*ExistsError), new(*DamageError), new(*events.ForkError), new(*events.PositionError)} {
		if errors.As(err, typed) {
			return true
		}
	}
	return false
}

func primary(err error) sqlite.ResultCode { return sqlite.ErrCode(err).ToPrimary() }

// isBusy reports whether another connection holds the lock, so that trying again helps.
// SQLITE_PROTOCOL says the same of the handshake on the WAL index.
func isBusy(err error) bool {
	if err == nil {
		return false
	}
	code := primary(err)
	return code == sqlite.ResultBusy || code == sqlite.ResultProtocol
}

func isUnique(err error) bool {
	return err != nil && sqlite.ErrCode(err) == sqlite.ResultConstraintUnique
}
