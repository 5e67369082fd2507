package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// Probe returns why an append would fail, or would still wait when ctx ends, or nil. It waits as an append
// does: for the writer, for the lock of the log, and for the standbys that a commit waits for. It writes
// nothing but a message in the server's write-ahead log, so that it does not see that the disk of the tables
// is full.
func (s *Store) Probe(ctx context.Context) error {
	guard := events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{Stream: "health-probe"}}}
	if _, err := s.writer.Append(ctx, guard); err != nil {
		return err
	}
	// Not on the connection of the writer, and without the lock: appends must not wait for it.
	return s.with(ctx, "probe", func(conn *pgxpool.Conn) error {
		var readOnly string
		err := conn.QueryRow(ctx, message+`, set_config('synchronous_commit',
	CASE WHEN NOT $1 THEN 'off' WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true),
	current_setting('transaction_read_only')`, s.mode, s.durability >= events.DurabilityFsync).Scan(nil, nil, &readOnly)
		if err == nil && readOnly != "off" {
			err = &SettingError{Setting: "transaction_read_only", Want: "off", Found: readOnly}
		}
		return err
	})
}

// Admits returns a *TimelineError for a connection to a primary from before a failover: see TimelineError. A
// pool beside that of the store, such as one of views in the same database, asks it in its PrepareConn and its
// ValidateConnect, so that all of a process works with one server.
func (s *Store) Admits(ctx context.Context, conn *pgconn.PgConn) error { return s.admit(ctx, conn) }
