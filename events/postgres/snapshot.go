package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
)

// SaveSnapshot implements events.Snapshots.
func (s *Store) SaveSnapshot(ctx context.Context, snap events.Snapshot) error {
	if err := snap.Validate(); err != nil {
		return err
	}
	return s.read(ctx, "save snapshot", func(ctx context.Context) (pgx.Rows, error) {
		return s.pool.Query(ctx, s.queries.save, s.mode, string(snap.Stream), []byte(snap.Fold), int64(snap.Version), notNull(snap.Data))
	}, nil)
}

// LatestSnapshot implements events.Snapshots.
func (s *Store) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (snap events.Snapshot, found bool, err error) {
	if stream.Validate() != nil {
		return events.Snapshot{}, false, s.refuses(ctx)
	}
	err = s.read(ctx, "read snapshot", func(ctx context.Context) (pgx.Rows, error) {
		return s.pool.Query(ctx, s.queries.latest, s.mode, pgx.QueryResultFormats{1}, string(stream), []byte(fold))
	}, func(v [][]byte) error {
		snap = events.Snapshot{Stream: stream, Version: events.Version(number(v[0])), Fold: fold, Data: append([]byte(nil), v[1]...)}
		found = true
		return nil
	})
	return snap, found, err
}
