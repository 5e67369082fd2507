package projection

import (
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
)

var (
	// ErrNotPrepared is the cause of a *ViewError about a version that the store does not
	// have: it was never prepared, or it was dropped.
	ErrNotPrepared = errors.New("the store does not have this version")
	// ErrNotReady is the cause of a *ViewError about a version that has not caught up yet.
	ErrNotReady = errors.New("this version has not caught up with the log yet")
	// ErrOtherTables is the cause of a *ViewError about a version that was prepared with other
	// tables: the tables of the view have changed, and its version has not.
	ErrOtherTables = errors.New("this version was prepared with other tables")
	// ErrLive is the cause of a *ViewError about a version that cannot be dropped because
	// readers see it.
	ErrLive = errors.New("this version is live")
	// ErrOtherLive is the cause of a *ViewError about a version that could not take over
	// because another one did so first.
	ErrOtherLive = errors.New("another version has taken over first")
	// ErrBehind is the cause of a *ViewError about a commit whose From is not the checkpoint:
	// another worker was first. Nothing of the commit was applied.
	ErrBehind = errors.New("another worker has moved the checkpoint")
	// ErrManyParked is the cause of a *ViewError about a version that would park more than
	// MaxParked streams.
	ErrManyParked = errors.New("too many streams are parked")
	// ErrClosed is returned by every method of a store of views that is closed.
	ErrClosed = errors.New("projection: store is closed")
)

// ViewError reports what is wrong with a version of a view. Err is one of the causes above or the
// error of a driver.
type ViewError struct {
	Name    string
	Version int
	Err     error
}

func (e *ViewError) Error() string {
	return fmt.Sprintf("projection: view %s version %d: %v", clip(e.Name), e.Version, e.Err)
}

// Unwrap returns the cause.
func (e *ViewError) Unwrap() error { return e.Err }

// DefinitionError reports that a view, a table or an option is malformed. Nothing was written.
type DefinitionError struct {
	View   string
	Field  string // such as "tables[0].columns[2]"
	Reason string
}

func (e *DefinitionError) Error() string {
	return fmt.Sprintf("projection: definition of view %q: %s: %s", clip(e.View), e.Field, e.Reason)
}

// QueryError reports that a query does not fit its table.
type QueryError struct {
	Table  string
	Field  string
	Reason string
}

func (e *QueryError) Error() string {
	return fmt.Sprintf("projection: query of table %q: %s: %s", clip(e.Table), e.Field, e.Reason)
}

// RowError reports that the function of a view made a row that does not fit its table. It is an
// error of the program; the view stops before the batch.
type RowError struct {
	View   string
	Table  string
	Reason string
}

func (e *RowError) Error() string {
	return fmt.Sprintf("projection: view %s: row of table %q: %s", clip(e.View), clip(e.Table), e.Reason)
}

// OverlapError reports that two streams wrote one row in a view that is ByStream. It is an error
// of the program; the view stops before the batch.
type OverlapError struct {
	View  string
	Table string
	Key   Row
}

func (e *OverlapError) Error() string {
	return fmt.Sprintf("projection: view %s: table %s: two streams write row %v", e.View, e.Table, e.Key)
}

// PoisonError reports that a record cannot be folded. Everything before it is in the view, nothing
// after it is; the next attempt begins with this record.
type PoisonError struct {
	View    string
	Version int
	Record  *events.CorruptError // names stream, version, position and type, and wraps the reason
}

func (e *PoisonError) Error() string {
	return fmt.Sprintf("projection: view %s version %d stops: %v", e.View, e.Version, e.Record)
}

// Unwrap returns the error about the record.
func (e *PoisonError) Unwrap() error { return e.Record }

// LogError reports that the checkpoint of a view is not from this log: the log is on another history,
// ends before the checkpoint, or has a different record there. It is another log, or a backup was
// restored, or a standby was promoted, and the view cannot be continued; build it anew with
// WithRebuildOnFork, or drop the version.
type LogError struct {
	View       string
	Version    int
	Checkpoint Checkpoint
	Err        error // a *events.ForkError of a log that is an events.Marker, or a *events.PositionError if another log ends before the checkpoint
}

func (e *LogError) Error() string {
	return fmt.Sprintf("projection: view %s version %d: the checkpoint is not from this log: %v", e.View, e.Version, e.Err)
}

// Unwrap returns the cause.
func (e *LogError) Unwrap() error { return e.Err }

// unavailable marks an error that is not about a record.
type unavailable struct{ err error }

func (e *unavailable) Error() string { return e.err.Error() }

func (e *unavailable) Unwrap() error { return e.err }

// Unavailable marks an error of a source that a Folder reads from: the error is not about the
// record, so the view stops and the record is not poison. It returns nil for nil. A
// *events.CorruptError is about a record and is returned as it is.
func Unavailable(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*events.CorruptError](err); ok {
		return err
	}
	return &unavailable{err}
}
