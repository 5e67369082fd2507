package audit_test

import (
	"context"
	"iter"

	"github.com/tradesurety/surety/events"
)

// fakeLog is a store that only reads its records, and then returns its error.
type fakeLog struct {
	events.Store
	records []events.Record
	err     error
}

func newLog(records []events.Record) *fakeLog { return &fakeLog{records: records} }

func (l *fakeLog) ReadAll(context.Context, events.Position, events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for _, r := range l.records {
			if !yield(r, nil) {
				return
			}
		}
		if l.err != nil {
			yield(events.Record{}, l.err)
		}
	}
}
