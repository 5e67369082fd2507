package sqlite

import (
	"errors"
	"testing"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// TestErrorsAreTyped finds what SQLite failed of in the error of a call and of an Open.
func TestErrorsAreTyped(t *testing.T) {
	for code, want := range map[sqlite.ResultCode]error{
		sqlite.ResultFull: ErrFull, sqlite.ResultIOErrFsync: ErrIO, sqlite.ResultReadOnlyDBMoved: events.ErrReadOnly,
		sqlite.ResultCorruptVTab: ErrDamaged, sqlite.ResultNotADB: ErrDamaged, sqlite.ResultBusy: nil,
	} {
		for _, err := range []error{failed("commit", code.ToError()), &OpenError{Err: code.ToError()}} {
			for _, kind := range []error{ErrFull, ErrIO, ErrDamaged, events.ErrReadOnly} {
				if errors.Is(err, kind) != (kind == want) {
					t.Errorf("%v is %v: %t", err, kind, kind != want)
				}
			}
		}
	}
}
