package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// TestMain runs the tests, or what a test wants done in a process of its own.
func TestMain(m *testing.M) {
	storetest.Child(func(args []string) error { return child(args[0], args[1], args[2]) })
	os.Exit(pgtest.Main(m))
}

// place is where a log is.
type place struct{ dsn, schema string }

// newPlace makes an empty log on the server that the tests share.
func newPlace(t testing.TB) place {
	t.Helper()
	return migrated(t, place{pgtest.Cluster(t), pgtest.Schema(t)})
}

func migrated(t testing.TB, p place) place {
	t.Helper()
	if err := Migrate(t.Context(), p.dsn, WithSchema(p.schema)); err != nil {
		t.Fatal(err)
	}
	return p
}

// open opens a store that is closed when the test ends.
func (p place) open(t testing.TB, opts ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), p.dsn, append([]Option{WithSchema(p.schema)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	return s
}

func closing(t testing.TB, s *Store) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, events.ErrClosed) {
			t.Error(err)
		}
	})
}

// plain returns the place as it is for a role that logs in and has the privileges that Migrate names, and no
// others. The server is the test's own.
func (p place) plain(t testing.TB) place {
	t.Helper()
	p.run(t, "CREATE ROLE plain LOGIN", "GRANT USAGE ON SCHEMA {schema} TO plain", "GRANT SELECT, INSERT ON {schema}.records TO plain",
		"GRANT SELECT ON {schema}.surety_migrations TO plain", "GRANT SELECT, INSERT, UPDATE ON {schema}.snapshots TO plain")
	return p.asPlain(p.dsn)
}

// asPlain returns the place of the same log for the role that plain has made, under another DSN.
func (p place) asPlain(dsn string) place {
	return place{strings.Replace(dsn, "user=postgres", "user=plain", 1), p.schema}
}

// pool opens a pool that is not the store's.
func (p place) pool(t testing.TB, conns int32) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = conns
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// connect opens a connection beside the store.
func (p place) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// run runs statements; {schema} in them stands for the log's.
func (p place) run(t testing.TB, statements ...string) {
	t.Helper()
	s, err := newSchema(p.schema)
	if err != nil {
		t.Fatal(err)
	}
	for i := range statements {
		statements[i] = s.in(statements[i])
	}
	if err := pgtest.Exec(p.dsn, statements...); err != nil {
		t.Fatal(err)
	}
}

func withHooks(h hooks) Option { return func(c *config) { c.hooks = h } }

// one makes a commit of events of one type on one stream.
func one(stream events.StreamID, after events.Version, types ...string) events.Commit {
	id := uuid.Must(uuid.NewV7())
	b := events.Batch{Stream: stream, After: after}
	for _, typ := range types {
		b.Events = append(b.Events, events.Event{Type: typ, Schema: 1, At: time.Unix(1, 0), Meta: []byte("who"), Data: []byte(typ)})
	}
	return events.Commit{ID: id, Digest: sha256.Sum256(id[:]), Batches: []events.Batch{b}}
}

func appended(t testing.TB, s *Store, c events.Commit) events.Receipt {
	t.Helper()
	r, err := s.Append(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// headOf returns the number of records of a stream, which must be readable.
func headOf(t testing.TB, s *Store, stream events.StreamID) events.Version {
	t.Helper()
	var head events.Version
	for r, err := range s.Read(context.Background(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		head = r.Version
	}
	return head
}

// chance returns a source of random numbers and logs how to draw the same again.
func chance(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d; again: SURETY_SEED=%d go test -count=1 -run '^%s$' ./events/postgres", seed, seed, t.Name())
	return rand.New(rand.NewPCG(seed, 0))
}

// times returns the count of the form that runs.
func times(short, long int) int {
	if os.Getenv("SURETY_LONG") == "1" {
		return long
	}
	return short
}

// eventually waits until f returns true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// blocked waits until a connection waits for the lock of the log.
func (p place) blocked(t testing.TB) {
	t.Helper()
	conn, key := p.connect(t), schema{name: p.schema}.lock()
	eventually(t, "a connection waits for the lock", func() bool {
		var n int
		const waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid::bigint = $1 AND objid::bigint = $2"
		err := conn.QueryRow(t.Context(), waits, int64(uint64(key)>>32), int64(uint32(key))).Scan(&n)
		return err == nil && n > 0
	})
}
