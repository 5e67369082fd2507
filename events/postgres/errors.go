package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/session"
)

// ErrFull is found by errors.Is in the error of a call that failed because the server's disk is
// full. Reads still work, and appends work again once there is space.
var ErrFull = errors.New("postgres: disk is full")

// ErrLost is found by errors.Is in the error of a call whose connection to the server was lost or
// could not be made.
var ErrLost = session.ErrLost

// ErrBehind is found by errors.Is in the error of a read from a Mark or a Cursor that a standby has not
// received yet, and of every read of a Replica whose standby has not replayed what was read before. It says
// nothing of another history: ask again, or ask the primary.
var ErrBehind = errors.New("postgres: the standby has not received that part of the log yet")

// ErrPooled is found by errors.Is in the error of Open and New behind a pooler that hands out
// connections of the server by transaction, such as pgbouncer with pool_mode = transaction. The
// store needs sessions.
var ErrPooled = session.ErrPooled

// OpenError says why a schema cannot be opened as a log, or migrated. Nothing was changed.
type OpenError struct {
	Schema string
	Reason string
	Err    error // the cause below, such as a *SettingError, a *VersionError or the driver's; may be nil
}

func (e *OpenError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("postgres: open schema %q: %s", e.Schema, e.Reason)
	}
	return fmt.Sprintf("postgres: open schema %q: %s: %v", e.Schema, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// SettingError says that a setting of the server breaks a promise of the store.
type SettingError struct {
	Setting string // such as "fsync"
	Want    string
	Found   string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("setting %s is %q, not %q", e.Setting, e.Found, e.Want)
}

// VersionError says that a schema is not of the version that this package works with. An
// earlier one is for Migrate, a later one for a later version of this package.
type VersionError struct {
	Found int // the version of the schema; 0 if there is nothing in it
	Known int // the version that this package works with
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("schema version %d, not %d", e.Found, e.Known)
}

// PrivilegeError says that the role of a connection lacks a privilege that the store needs.
type PrivilegeError struct {
	Role      string
	Privilege string // such as "INSERT on records"
}

func (e *PrivilegeError) Error() string {
	return fmt.Sprintf("role %q lacks the privilege %s", e.Role, e.Privilege)
}

// TxError says that a transaction cannot take an append. Nothing was done in it.
type TxError struct {
	Setting string // such as "transaction_isolation"
	Want    string
	Found   string
}

func (e *TxError) Error() string {
	return fmt.Sprintf("postgres: append in a transaction whose %s is %q, not %q", e.Setting, e.Found, e.Want)
}

// Error says that PostgreSQL, or the connection to it, failed at an operation. After a failed
// append nothing was applied, unless the error is also events.ErrUnknownOutcome.
type Error struct {
	Op  string // such as "connect", "append", "read"
	Err error
}

func (e *Error) Error() string { return "postgres: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the error of the driver.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is ErrFull, ErrLost or events.ErrReadOnly and that is what the operation
// failed of.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrFull:
		return code(e.Err) == diskFull
	case ErrLost:
		return session.Lost(e.Err)
	case events.ErrReadOnly:
		return code(e.Err) == readOnly
	}
	return false
}

// failed wraps an error of the driver, once.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*events.CorruptError](err); ok || isFork(err) {
		return err
	}
	return &Error{Op: op, Err: err}
}

// under is failed for a call under a caller's context, whose error takes precedence.
func under(ctx context.Context, op string, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return failed(op, err)
}

// errUnlocked says that what a transaction had looked up under the lock of the log had changed
// when it wrote.
var errUnlocked = errors.New("the log was changed without its lock")

// The codes of errors that the store knows.
const (
	uniqueViolation = "23505"
	noPrivilege     = "42501"
	undefinedColumn = "42703"
	serialization   = "40001"
	deadlock        = "40P01"
	lockTimeout     = "55P03"
	diskFull        = "53100"
	readOnly        = "25006"
)

// code returns the code that the server gave an error, or "".
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// isRefused reports whether the server says by err that it has rolled the transaction back. After
// any other error, and after one with which the server ends the connection, the outcome of a
// transaction that was sent whole is unknown.
func isRefused(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.SeverityUnlocalized == "ERROR" || errors.Is(err, errUnlocked)
}

// isTransient reports whether the same transaction may succeed when it is tried again.
func isTransient(err error) bool {
	switch code(err) {
	case serialization, deadlock, lockTimeout:
		return true
	default:
		return errors.Is(err, errUnlocked)
	}
}
