package postgres

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/projectiontest"
)

// TestMain runs the tests, or builds a view in a child process, whose arguments are the name of
// the schema and the DSN.
func TestMain(m *testing.M) {
	storetest.Child(func(args []string) error {
		s, err := Open(context.Background(), args[1], WithSchema(args[0]))
		if err != nil {
			return err
		}
		return errors.Join(projectiontest.Victim(s), s.Close())
	})
	os.Exit(pgtest.Main(m))
}

// at opens the views of a schema; they are closed when the test ends.
func at(t testing.TB, dsn, schema string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, append([]Option{WithSchema(schema)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// open opens views in a new schema.
func open(t testing.TB, opts ...Option) *Store {
	t.Helper()
	return at(t, pgtest.Cluster(t), pgtest.Schema(t), opts...)
}

// again opens another store on the same schema.
func again(t testing.TB, s *Store) *Store {
	t.Helper()
	return at(t, s.pool.Config().ConnString(), s.schema.name)
}

// connect opens a connection beside the store.
func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// TestStore checks the promises of projection.Store with the driver's default pool, and with a pool
// of one.
func TestStore(t *testing.T) {
	t.Run("postgres", func(t *testing.T) { projectiontest.Run(t, suite("")) })
	if os.Getenv("SURETY_LONG") == "1" {
		t.Run("one connection", func(t *testing.T) { projectiontest.Run(t, suite(" pool_max_conns=1")) })
	}
}

func suite(settings string) projectiontest.Config {
	var schemas sync.Map // *Store -> string
	reach := func(t testing.TB, schema string) projection.Store {
		t.Helper()
		s := at(t, pgtest.Cluster(t)+settings, schema)
		schemas.Store(s, schema)
		return s
	}
	return projectiontest.Config{
		Open: func(t testing.TB) projection.Store {
			t.Helper()
			return reach(t, pgtest.Schema(t))
		},
		Reopen: func(t testing.TB, s projection.Store) projection.Store {
			t.Helper()
			if err := s.(*Store).Close(); err != nil {
				t.Fatal(err)
			}
			schema, _ := schemas.Load(s)
			return reach(t, schema.(string))
		},
		Sample: 5,
	}
}

// equalsRebuild requires that the view equals a rebuild up to its checkpoint, which it returns.
func equalsRebuild(t testing.TB, log events.Store, s *Store) events.Position {
	t.Helper()
	if err := projectiontest.Sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
	list, err := s.Versions(t.Context(), "sums")
	if err != nil || len(list) != 1 {
		t.Fatalf("%d versions: %v", len(list), err)
	}
	return list[0].Checkpoint.Position
}
