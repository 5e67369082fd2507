package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"
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

// Error reports that SQLite failed in an operation. Unwrap returns the driver's error.
type Error struct {
	Op  string // such as "commit", "read"
	Err error
}

func (e *Error) Error() string { return "sqlite: views: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the error of the driver.
func (e *Error) Unwrap() error { return e.Err }

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
