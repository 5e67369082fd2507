package postgres

import (
	"errors"
	"testing"

	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/projection/projectiontest"
)

// TestPoolers builds and reads a view through pgbouncer: with sessions as on the server, and
// otherwise not at all.
func TestPoolers(t *testing.T) {
	dsn, log := pgtest.Cluster(t), projectiontest.Log(30)
	s := at(t, pgtest.Pooler(t, dsn, "session"), pgtest.Schema(t))
	if _, err := projectiontest.Build(t.Context(), log, s, 9); err != nil {
		t.Fatal(err)
	}
	if at := equalsRebuild(t, log, s); at != 30 {
		t.Errorf("the view is at %d", at)
	}
	for setting, want := range settings() {
		var value string
		if err := s.pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&value); err != nil || value != want {
			t.Errorf("%s is %q (%v), want %q", setting, value, err, want)
		}
	}
	for _, mode := range []string{"transaction", "statement"} {
		_, err := Open(t.Context(), pgtest.Pooler(t, dsn, mode), WithSchema(s.schema.name))
		if _, ok := errors.AsType[*OpenError](err); !ok || !errors.Is(err, ErrPooled) {
			t.Errorf("%s: %v", mode, err)
		}
	}
}
