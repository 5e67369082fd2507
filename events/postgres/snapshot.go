package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// SaveSnapshot implements events.Snapshots. The statement that saves looks whether the log still has
// what this store value has written or read.
func (s *Store) SaveSnapshot(ctx context.Context, snap events.Snapshot) error {
	if err := snap.Validate(); err != nil {
		return err
	}
	kept, last := false, s.history.remembered()
	return s.with(ctx, "save snapshot", func(conn *pgxpool.Conn) error {
		err := ask(ctx, conn.Conn(), s.mode, func(v [][]byte) error {
			kept = v[0][0] == 1
			return nil
		}, s.queries.save, string(snap.Stream), []byte(snap.Fold), int64(snap.Version), notNull(snap.Data), int64(last.Position), sumOf(&last))
		if err == nil && !kept {
			err = s.lost(ctx, s.queries, conn.Conn(), last)
		}
		return err
	})
}

// LatestSnapshot implements events.Snapshots.
func (s *source) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (snap events.Snapshot, found bool, err error) {
	if stream.Validate() != nil {
		return events.Snapshot{}, false, s.refuses(ctx)
	}
	err = s.with(ctx, "read snapshot", func(conn *pgxpool.Conn) error {
		snap, found = events.Snapshot{}, false
		err := ask(ctx, conn.Conn(), s.mode, func(v [][]byte) error {
			snap = events.Snapshot{Stream: stream, Version: events.Version(number(v[0])), Fold: fold, Data: append([]byte(nil), v[1]...)}
			found = true
			return nil
		}, s.queries.latest, string(stream), []byte(fold))
		if err == nil && found {
			_, _, err = s.markAt(ctx, conn.Conn(), maxInt64) // it is of a record up to the last one
		}
		return err
	})
	if err != nil {
		return events.Snapshot{}, false, err
	}
	return snap, found, nil
}
