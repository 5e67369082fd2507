package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/events/postgres/session"
)

var (
	// ErrFull is found by errors.Is in the error of a call that failed because the server's
	// disk is full. Reads continue to work, and commits do once there is space again.
	ErrFull = errors.New("postgres: views: disk is full")
	// ErrLost is found by errors.Is in the error of a call whose connection to the server was lost
	// or could not be made.
	ErrLost = session.ErrLost
	// ErrReadOnly is found by errors.Is in the error of a call that writes on a server that does
	// not, such as a standby.
	ErrReadOnly = errors.New("postgres: views: the server is read-only")
	// ErrPooled is found by errors.Is in the error of Open behind a pooler that hands out
	// connections of the server by transaction, such as pgbouncer with pool_mode = transaction.
	// The store needs sessions: its settings would stay behind for other clients.
	ErrPooled = session.ErrPooled
	// ErrPrivilege is found by errors.Is in the error of a call that the role may not make.
	ErrPrivilege = errors.New("postgres: views: the role lacks a privilege")
)

// OpenError reports why a schema cannot be opened as a store of views. The database is left as it
// was.
type OpenError struct {
	Schema string
	Reason string
	Err    error // the cause below, such as a *SettingError or the driver's; may be nil
}

func (e *OpenError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("postgres: open views in schema %q: %s", e.Schema, e.Reason)
	}
	return fmt.Sprintf("postgres: open views in schema %q: %s: %v", e.Schema, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Is reports whether target is ErrPrivilege and the role lacks one.
func (e *OpenError) Is(target error) bool {
	return target == ErrPrivilege && code(e.Err) == noPrivilege
}

// SettingError reports that a server or its database is not what the store needs.
type SettingError struct {
	Setting string // such as "server_encoding"
	Want    string
	Found   string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("setting %s is %q, not %q", e.Setting, e.Found, e.Want)
}

// PrivilegeError reports that the role of a connection lacks a privilege for reading views.
type PrivilegeError struct {
	Role      string
	Privilege string // such as "SELECT on versions"
}

func (e *PrivilegeError) Error() string {
	return fmt.Sprintf("role %q lacks the privilege %s", e.Role, e.Privilege)
}

// Is reports whether target is ErrPrivilege.
func (e *PrivilegeError) Is(target error) bool { return target == ErrPrivilege }

// Error reports that PostgreSQL or the connection to it failed in an operation. After a commit the
// outcome is then unknown until the checkpoint is read. Unwrap returns the error of the driver.
type Error struct {
	Op  string // such as "commit", "read"
	Err error
}

func (e *Error) Error() string { return "postgres: views: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the error of the driver.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is ErrFull, ErrLost, ErrReadOnly or ErrPrivilege and that is what the
// operation failed of.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrFull:
		return code(e.Err) == diskFull
	case ErrLost:
		return session.Lost(e.Err)
	case ErrReadOnly:
		return code(e.Err) == readOnly || code(e.Err) == notHere
	case ErrPrivilege:
		return code(e.Err) == noPrivilege
	}
	return false
}

// The error codes that the store distinguishes.
const (
	diskFull       = "53100"
	readOnly       = "25006"
	notHere        = "0A000" // with which a standby refuses to begin a transaction that writes
	noPrivilege    = "42501"
	undefinedTable = "42P01"
)

// code returns the server's code of an error, or "".
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// failed wraps an error of the driver. If the context of the call has ended, its error is returned
// instead.
func failed(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &Error{Op: op, Err: err}
}
