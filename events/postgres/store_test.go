package postgres_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// TestStore checks the promises of events.Store on a pool of the store's own and, in its long
// form, on one that a caller has, with a single connection: see TestPoolOfOne for the short.
func TestStore(t *testing.T) {
	t.Run("postgres", func(t *testing.T) { storetest.Run(t, suite(pgtest.Cluster(t))) })
	if os.Getenv("SURETY_LONG") != "1" {
		return
	}
	t.Run("one connection", func(t *testing.T) {
		config, err := pgxpool.ParseConfig(pgtest.Cluster(t))
		if err != nil {
			t.Fatal(err)
		}
		config.MaxConns = 1
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		storetest.Run(t, suiteOn(func(t testing.TB, schema string) (events.Store, error) {
			return postgres.New(t.Context(), pool, postgres.WithSchema(schema))
		}))
	})
}

// suite returns how to open, reopen and share a schema.
func suite(dsn string) storetest.Config {
	return suiteOn(func(t testing.TB, schema string) (events.Store, error) {
		return postgres.Open(t.Context(), dsn, postgres.WithSchema(schema))
	})
}

func suiteOn(open func(testing.TB, string) (events.Store, error)) storetest.Config {
	var schemas sync.Map // events.Store -> string
	at := func(t testing.TB, schema string) events.Store {
		t.Helper()
		s, err := open(t, schema)
		if err != nil {
			t.Fatal(err)
		}
		schemas.Store(s, schema)
		return s
	}
	same := func(t testing.TB, s events.Store) events.Store {
		t.Helper()
		schema, _ := schemas.Load(s)
		return at(t, schema.(string))
	}
	return storetest.Config{
		Open: func(t testing.TB) events.Store {
			t.Helper()
			schema := pgtest.Schema(t)
			if err := postgres.Migrate(t.Context(), pgtest.Cluster(t), postgres.WithSchema(schema)); err != nil {
				t.Fatal(err)
			}
			return at(t, schema)
		},
		Reopen: func(t testing.TB, s events.Store) events.Store {
			if err := s.Close(); err != nil && !errors.Is(err, events.ErrClosed) {
				t.Fatal(err)
			}
			return same(t, s)
		},
		Second: same,
	}
}
