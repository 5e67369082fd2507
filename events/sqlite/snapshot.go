package sqlite

import (
	"context"

	"github.com/tradesurety/surety/events"
)

// SaveSnapshot implements events.Snapshots.
func (s *Store) SaveSnapshot(ctx context.Context, snap events.Snapshot) error {
	if err := snap.Validate(); err != nil {
		return err
	}
	if err := s.writable(); err != nil {
		return err
	}
	return s.writer.Save(ctx, snap)
}

// LatestSnapshot implements events.Snapshots.
func (s *Store) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (snap events.Snapshot, found bool, err error) {
	err = s.read(ctx, "read snapshot", func(r *reader) error {
		defer r.latest.Reset()
		r.latest.BindText(1, string(stream))
		r.latest.BindText(2, fold)
		if found, err = r.latest.Step(); !found {
			return err
		}
		data := make([]byte, r.latest.ColumnLen(1))
		r.latest.ColumnBytes(1, data)
		snap = events.Snapshot{Stream: stream, Version: events.Version(r.latest.ColumnInt64(0)), Fold: fold, Data: data}
		return r.rememberAt(maxInt64) // it is of a record up to the last one
	})
	return snap, found, err
}

// snapshot saves in the transaction that has begun and ends it.
func (l *log) snapshot(s *events.Snapshot) error {
	if err := l.refresh(); err != nil {
		l.undo()
		return failed("save snapshot", err)
	}
	l.save.BindText(1, string(s.Stream))
	l.save.BindText(2, s.Fold)
	l.save.BindInt64(3, int64(s.Version))
	l.save.BindBytes(4, s.Data)
	err := failed("save snapshot", step(l.save))
	// What is bound stays with the statement, and a snapshot may be large.
	if cleared := l.save.ClearBindings(); err == nil {
		err = failed("save snapshot", cleared)
	}
	if err == nil {
		err = l.finish(nil)
	}
	if err != nil {
		l.undo()
	}
	return err
}
