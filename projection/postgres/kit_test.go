package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/projectiontest"
)

// TestMain runs the tests, or what a test wants done in a process of its own.
func TestMain(m *testing.M) {
	if task := os.Getenv(childEnv); task != "" {
		if err := child(task); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
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

// open opens views in a schema of their own.
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

// TestStore checks the promises of projection.Store with a pool of as many connections as the
// driver sees fit, and with a pool of one.
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

var balances = &projection.Table{
	Name: "balances", Key: 1, Indexes: [][]string{{"total"}},
	Columns: []projection.Column{{Name: "account", Kind: projection.KindText}, {Name: "total", Kind: projection.KindInt}},
}

// sums adds up the first bytes of the events of each stream.
func sums() *projection.View {
	return &projection.View{
		Name: "sums", Version: 1, Tables: []*projection.Table{balances}, ByStream: true,
		New: func(events.Store) projection.Folder {
			return projection.Func(func(rows *projection.Rows, r *events.Record) error {
				total := int64(r.Data[0])
				if row := rows.Get(balances, projection.Text(r.Stream)); row != nil {
					total += row[1].Int()
				}
				rows.Put(balances, projection.Text(r.Stream), projection.Int(total))
				return nil
			})
		},
	}
}

// logOf makes the same log each time, in each process: n events of ten streams.
func logOf(n int) (events.Store, error) {
	log := memory.New()
	for i := range n {
		_, err := log.Append(context.Background(), events.Commit{ID: uuid.UUID{0: byte(i >> 8), 1: byte(i), 2: 1}, Batches: []events.Batch{{
			Stream: events.StreamID(fmt.Sprintf("account-%d", i%10)), After: events.Version(i / 10),
			Events: []events.Event{{Type: "added", Schema: 1, At: events.MinInstant, Data: []byte{byte(i)}}},
		}}})
		if err != nil {
			return nil, errors.Join(err, log.Close())
		}
	}
	return log, nil
}

func mustLog(t testing.TB, n int) events.Store {
	t.Helper()
	log, err := logOf(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func catchUp(ctx context.Context, log events.Store, store projection.Store, batch int) (projection.Progress, error) {
	w, err := projection.New(log, store, sums(), projection.WithBatch(batch))
	if err != nil {
		return projection.Progress{}, err
	}
	return w.CatchUp(ctx)
}

// equalsRebuild requires that the view is what its log makes of it, up to its checkpoint, which
// it returns.
func equalsRebuild(t testing.TB, log events.Store, s *Store) events.Position {
	t.Helper()
	if err := sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
	list, err := s.Versions(t.Context(), "sums")
	if err != nil || len(list) != 1 {
		t.Fatalf("%d versions: %v", len(list), err)
	}
	return list[0].Checkpoint.Position
}
