package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/link"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// save keeps a copy of the records and returns what puts it in their place, while all connections
// stay.
func (p place) save(t testing.TB) (restore func(testing.TB)) {
	t.Helper()
	p.run(t, "DROP TABLE IF EXISTS {schema}.backup", "CREATE TABLE {schema}.backup AS SELECT * FROM {schema}.records")
	return func(t testing.TB) {
		t.Helper()
		p.run(t, "BEGIN", "SET LOCAL session_replication_role = replica", // without triggers
			"DELETE FROM {schema}.records", "INSERT INTO {schema}.records SELECT * FROM {schema}.backup", "COMMIT")
	}
}

// TestFork puts the rows of a copy back into a log that is open.
func TestFork(t *testing.T) {
	places := make(map[events.Store]place)
	at := func(t testing.TB, p place) events.Store {
		s, err := Open(t.Context(), p.dsn, WithSchema(p.schema))
		if err != nil {
			t.Fatal(err)
		}
		places[s] = p
		return s
	}
	storetest.Fork(t, storetest.ForkConfig{
		Open:   func(t testing.TB) events.Store { return at(t, newPlace(t)) },
		Save:   func(t testing.TB, s events.Store) func(testing.TB) { return places[s].save(t) },
		Second: func(t testing.TB, s events.Store) events.Store { return at(t, places[s]) },
	})
}

// wantFork checks that a call is refused because the log is on another history.
func wantFork(t testing.TB, what string, err error) {
	t.Helper()
	if !isFork(err) {
		t.Errorf("%s: %v, want a *events.ForkError", what, err)
	}
}

// TestFirstToMeetTheFork has each kind of call be the first of a store value whose log was rewound,
// and that others have then written to. It is refused and writes nothing, and the store value is
// dead. What reads records alone meets it on a new connection.
func TestFirstToMeetTheFork(t *testing.T) {
	snap := events.Snapshot{Stream: "order-1", Version: 3, Fold: "f", Data: []byte("of what was lost")}
	for _, tt := range []struct {
		name string
		call func(*testing.T, *Store, *pgx.Conn) error
	}{
		{"Append", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			_, err := s.Append(t.Context(), one("order-9", 0, "a"))
			return err
		}},
		{"a large group", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			out := s.AppendEach(t.Context(), []events.Commit{one("order-8", 0, "a", "b", "c", "d", "e"), one("order-9", 0, "a")})
			return errors.Join(out[0].Err, out[1].Err)
		}},
		{"a guard", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			_, err := s.Append(t.Context(), one("order-9", 0))
			return err
		}},
		{"Lookup", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			_, _, err := s.Lookup(t.Context(), uuid.New())
			return err
		}},
		{"SaveSnapshot", func(t *testing.T, s *Store, _ *pgx.Conn) error { return s.SaveSnapshot(t.Context(), snap) }},
		{"AppendTx", func(t *testing.T, s *Store, conn *pgx.Conn) error {
			var err error
			inTx(t, conn, pgx.TxOptions{}, func(tx pgx.Tx) error {
				_, err = s.AppendTx(t.Context(), tx, one("order-9", 0, "a"))
				_, used := tx.Exec(t.Context(), s.schema.in("CREATE TABLE {schema}.goes_on ()"))
				return used
			})
			if _, gone := conn.Exec(t.Context(), s.schema.in("DROP TABLE {schema}.goes_on")); gone != nil {
				t.Errorf("the transaction of the caller: %v", gone)
			}
			return err
		}},
		{"ReadFrom the beginning", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			return firstError(s.ReadFrom(t.Context(), new(events.Cursor), events.Filter{}))
		}},
		{"Mark", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			_, err := s.Mark(t.Context(), maxInt64)
			return err
		}},
		{"CheckGuards", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			_, err := s.CheckGuards(t.Context(), one("order-9", 0))
			return err
		}},
		{"Read", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			s.pool.Reset()
			return firstError(s.Read(t.Context(), "order-1", 0))
		}},
		{"LatestSnapshot", func(t *testing.T, s *Store, _ *pgx.Conn) error {
			s.pool.Reset()
			_, _, err := s.LatestSnapshot(t.Context(), "order-1", "f")
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			s, other := p.open(t), p.open(t)
			appended(t, s, one("order-1", 0, "a", "b"))
			restore := p.save(t)
			appended(t, s, one("order-1", 2, "lost"))
			if _, err := s.Settled(t.Context()); err != nil { // the pool has a connection
				t.Fatal(err)
			}
			restore(t)
			appended(t, other, one("order-1", 2, "other", "more"))
			wantFork(t, "the first call", tt.call(t, s, p.connect(t)))
			_, err := s.Append(t.Context(), one("order-7", 0, "a"))
			wantFork(t, "an append after it", err)
			_, err = s.Settled(t.Context())
			wantFork(t, "a read after it", err)
			if at, err := other.Settled(t.Context()); at != 4 || err != nil {
				t.Errorf("the log has come to %d (%v): something was written", at, err)
			}
			if got, found, err := other.LatestSnapshot(t.Context(), snap.Stream, snap.Fold); found || err != nil {
				t.Errorf("a snapshot of what was lost: %+v, %v", got, err)
			}
		})
	}
}

// TestFirstVersion holds the first version of the schema to what logs were made with.
func TestFirstVersion(t *testing.T) {
	const want = "daf3b31cb2f4fb07d1c2efcca3d037f13b365e1f6962ff23dba2126bb526e29a"
	if sum := sha256.Sum256([]byte(step1)); hex.EncodeToString(sum[:]) != want {
		t.Errorf("migrations/0001.sql has changed: %x", sum)
	}
}

// TestGenesis holds the first link of a log, which the server computes, to its formula.
func TestGenesis(t *testing.T) {
	p := place{pgtest.Cluster(t), pgtest.Schema(t)}
	id := uuid.New()
	const random = "gen_random_uuid()"
	if strings.Count(step2, random) != 1 {
		t.Fatal("the log has not one random id")
	}
	fixed := func(c *config) { c.migrations[1] = strings.Replace(step2, random, "uuid '"+id.String()+"'", 1) }
	if err := Migrate(t.Context(), p.dsn, WithSchema(p.schema), fixed); err != nil {
		t.Fatal(err)
	}
	want := events.Mark{Sum: link.Genesis(id, 0)}
	if m, err := p.open(t).Mark(t.Context(), 0); err != nil || m != want {
		t.Errorf("%s (%v), want %s", m, err, want)
	}
}

// insertOfVersion1 is a statement with which the build before links inserted a commit of one event.
const insertOfVersion1 = `INSERT INTO {schema}.records (position, stream, version, type, schema, at, commit_id, idx, digest, meta, data)
SELECT last.position + e.n, stream, version, type, schema, at, commit_id, idx, digest, meta, data
FROM (SELECT coalesce((SELECT max(position) FROM {schema}.records), 0) AS position
	WHERE coalesce((SELECT max(version) FROM {schema}.records WHERE stream = $1), 0) = $2 AND NOT EXISTS (SELECT FROM {schema}.records WHERE commit_id = $3 AND idx = 0)) AS last,
	(VALUES (1, $4::text, $5::bigint, $6::text, $7::int4, $8::bigint, $9::uuid, $10::int2, $11::bytea, $12::bytea, $13::bytea)) AS e(n, stream, version, type, schema, at, commit_id, idx, digest, meta, data)
RETURNING position - 1`

// TestMigrateLinks migrates a log of the first version to which processes of the build before links
// append all the while: no record is read or rewritten, none of those processes adds one after the
// first link, and Verify says what no link covers.
func TestMigrateLinks(t *testing.T) {
	p := place{pgtest.Cluster(t), pgtest.Schema(t)}
	first := func(c *config) { c.migrations = c.migrations[:1] }
	if err := Migrate(t.Context(), p.dsn, WithSchema(p.schema), first); err != nil {
		t.Fatal(err)
	}
	const processes = 3
	refused := make(chan error, processes)
	counts := make(chan events.Version, processes)
	begun := make(chan struct{}, 100)
	for n := range processes {
		old := p.connect(t)
		go func() {
			version, err := appendAsVersion1(t.Context(), p, old, fmt.Sprint("order-", n), begun)
			counts <- version
			refused <- err
		}()
	}
	for range cap(begun) {
		<-begun
	}
	migrated(t, p)
	total := events.Version(0)
	for range processes {
		total += <-counts
		if err := <-refused; code(err) != "23514" || !strings.Contains(err.Error(), "records_sum") {
			t.Errorf("an append of the build before: %v, want it refused by the database", err)
		}
	}
	s := p.open(t)
	bare := events.Cursor{Position: 2}
	appended(t, s, one("line-1", 0, "b", "c"))
	appended(t, s, one("line-1", 2, "d"))
	report, err := events.Verify(t.Context(), s, nil)
	if err != nil || report.Uncovered != events.Position(total) || report.Links != 2 || report.Records != int(total)+3 {
		t.Errorf("%d records were there; %+v, %v", total, report, err)
	}
	if base, err := s.Mark(t.Context(), 1); err != nil || base.Position != events.Position(total) {
		t.Errorf("the first link is %s (%v)", base, err)
	}
	n := events.Version(0)
	for _, err := range s.ReadFrom(t.Context(), &bare, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != total+3-2 || bare.Mark.Position != events.Position(total)+3 {
		t.Errorf("%d records after position 2, and then %s", n, bare)
	}
}

// appendAsVersion1 appends as the build before links did, until it is refused, and returns how often
// it was not.
func appendAsVersion1(ctx context.Context, p place, conn *pgx.Conn, stream string, begun chan<- struct{}) (version events.Version, err error) {
	log, err := newSchema(p.schema)
	if err != nil {
		return 0, err
	}
	for ; ; version++ {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', true), pg_advisory_xact_lock($1)", log.lock()); err != nil {
				return err
			}
			id := uuid.New()
			return tx.QueryRow(ctx, log.in(insertOfVersion1), stream, int64(version), id,
				stream, int64(version)+1, "a", 1, 1, id, 0, make([]byte, 32), []byte{}, []byte{}).Scan(new(int64))
		})
		if err != nil {
			return version, err
		}
		select {
		case begun <- struct{}{}:
		default:
		}
	}
}

// TestReadWhileTheStoreMoves has a store connect anew, as to another server, while it reads what another has
// written: it reads again, through a connection on which the history was checked since.
func TestReadWhileTheStoreMoves(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	writer := p.open(t)
	var s *Store
	moves, tries := 0, 0
	s = p.open(t, withHooks(hooks{learning: func() {
		if tries++; moves > 0 {
			moves--
			s.primary.lines.Add(1)
		}
	}}))
	reads := map[string]func() error{
		"Read":     func() error { return firstError(s.Read(t.Context(), "order-1", 0)) },
		"ReadAll":  func() error { return firstError(s.ReadAll(t.Context(), 0, events.Filter{})) },
		"ReadFrom": func() error { return firstError(s.ReadFrom(t.Context(), new(events.Cursor), events.Filter{})) },
	}
	head := events.Version(0)
	for what, read := range reads {
		last := appended(t, writer, one("order-1", head, "a"))
		head++
		moves, tries = 1, 0
		if err := read(); err != nil || tries < 2 || s.history.remembered().Position != last.Position {
			t.Errorf("%s: %v; it was read %d times up to %s, want position %d", what, err, tries, s.history.remembered(), last.Position)
		}
	}
	appended(t, writer, one("order-1", head, "a"))
	moves = 1000
	if err := reads["Read"](); !errors.Is(err, errMoved) {
		t.Errorf("a store that never stays where it is: %v", err)
	}
}
