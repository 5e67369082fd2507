package postgres

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// TestAdmission refuses a connection that the pool has: another one is used. It refuses all of them: so does the
// store.
func TestAdmission(t *testing.T) {
	t.Parallel()
	var used, refused uint32
	errAll, all := errors.New("none is admitted"), false
	s := open(t, WithAdmission(func(_ context.Context, conn *pgconn.PgConn) error {
		if used = conn.PID(); all || used == refused {
			return errAll
		}
		return nil
	}))
	versions := func() error { _, err := s.Versions(t.Context(), "sums"); return err }
	if err := versions(); err != nil {
		t.Fatal(err)
	}
	refused = used
	if err := versions(); err != nil || used == refused {
		t.Errorf("the connection %d is used for %d, %v", used, refused, err)
	}
	all = true
	if err := versions(); !errors.Is(err, errAll) {
		t.Errorf("a pool without a connection that is admitted: %v", err)
	}
	_, err := Open(t.Context(), pgtest.Cluster(t), WithSchema(s.schema.name), WithAdmission(func(context.Context, *pgconn.PgConn) error { return errAll }))
	if _, ok := errors.AsType[*OpenError](err); !ok || !errors.Is(err, errAll) {
		t.Errorf("open: %v", err)
	}
}
