package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/projectiontest"
)

// TestFaultsInACommit lets each step of a commit fail, and ends the server's process of the
// connection there, as the death of either side would.
func TestFaultsInACommit(t *testing.T) {
	log, errFault := projectiontest.Log(60), errors.New("a fault of the test")
	for _, step := range []string{stepCheckpoint, stepRows, stepCommit} {
		for after := range 6 {
			s := open(t)
			if err := s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())); err != nil {
				t.Fatal(err)
			}
			n := 0
			s.hook = func(at string, conn *pgx.Conn) error {
				if at != step {
					return nil
				}
				if n++; n <= after/2+1 {
					return nil
				}
				if after%2 == 0 {
					return errFault
				}
				n = -1 << 30
				return terminate(s, conn)
			}
			_, err := projectiontest.Build(t.Context(), log, s, 3)
			if _, typed := errors.AsType[*Error](err); !typed && !errors.Is(err, errFault) || typed && !errors.Is(err, ErrLost) {
				t.Fatalf("%s: the error is %v", step, err)
			}
			s.hook = func(string, *pgx.Conn) error { return nil }
			if at := equalsRebuild(t, log, s); at != 3*events.Position(after/2+1) {
				t.Fatalf("%s: the view is at %d", step, at)
			}
			if _, err := projectiontest.Build(t.Context(), log, s, 7); err != nil {
				t.Fatal(err)
			}
			if at := equalsRebuild(t, log, s); at != 60 {
				t.Fatalf("%s: the view is at %d", step, at)
			}
		}
	}
}

// terminate ends the server's process at the other end of a connection.
func terminate(s *Store, conn *pgx.Conn) error {
	return pgtest.Exec(s.pool.Config().ConnString(), fmt.Sprintf("SELECT pg_terminate_backend(%d, 10000)", conn.PgConn().PID()))
}

// TestFullDisk has the server fail for want of space, when it writes rows and when it commits. The
// code is the one that it has for that.
func TestFullDisk(t *testing.T) {
	log, s := projectiontest.Log(60), open(t)
	if err := s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())); err != nil {
		t.Fatal(err)
	}
	do := func(statement string) {
		t.Helper()
		if err := pgtest.Exec(pgtest.Cluster(t), s.schema.in(statement)); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE FUNCTION {schema}.full() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no space'' USING ERRCODE = ''53100''; END'")
	for _, on := range []struct{ kind, table, when string }{
		{"TRIGGER full_disk BEFORE", `"sums@1.balances"`, ""},
		{"CONSTRAINT TRIGGER full_disk AFTER", "versions", "DEFERRABLE INITIALLY DEFERRED"},
	} {
		do("CREATE " + on.kind + " INSERT OR UPDATE ON {schema}." + on.table + " " + on.when + " FOR EACH ROW EXECUTE FUNCTION {schema}.full()")
		_, err := projectiontest.Build(t.Context(), log, s, 5)
		if _, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrFull) || errors.Is(err, ErrLost) {
			t.Errorf("%s: %v is not an *Error of a full disk", on.kind, err)
		}
		do("DROP TRIGGER full_disk ON {schema}." + on.table)
	}
	if _, err := projectiontest.Build(t.Context(), log, s, 5); err != nil {
		t.Fatal(err)
	}
	if at := equalsRebuild(t, log, s); at != 60 {
		t.Errorf("the view is at %d", at)
	}
}

// TestStandby reads views on a standby of the server, which cannot be written to.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, "fsync=off")
	log, s := projectiontest.Log(30), at(t, primary.DSN(), "views")
	if _, err := projectiontest.Build(t.Context(), log, s, 9); err != nil {
		t.Fatal(err)
	}
	other := at(t, primary.Standby(t, "second").DSN(), "views")
	if at := equalsRebuild(t, log, other); at != 30 {
		t.Errorf("the view is at %d", at)
	}
	err := other.Commit(t.Context(), &projection.Change{Name: "sums", Version: 1})
	if _, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrReadOnly) {
		t.Errorf("a commit: %v", err)
	}
}

// TestCancelledInACommit cancels a commit at each of its steps. The error is correct: either nothing
// was applied, or everything.
func TestCancelledInACommit(t *testing.T) {
	log, s := projectiontest.Log(60), open(t)
	if err := s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{stepCheckpoint, stepRows, stepCommit} {
		before := equalsRebuild(t, log, s)
		ctx, cancel := context.WithCancel(t.Context())
		s.hook = func(at string, _ *pgx.Conn) error {
			if at == step {
				cancel()
			}
			return nil
		}
		_, err := projectiontest.Build(ctx, log, s, 5)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: the error is %v", step, err)
		}
		want := before
		if step == stepCommit {
			want += 5 // COMMIT was sent
		}
		if at := equalsRebuild(t, log, s); at != want {
			t.Errorf("%s: the view has gone from %d to %d", step, before, at)
		}
	}
}

// TestServerGoesAway kills the server while a worker runs; the store works again when it is back.
func TestServerGoesAway(t *testing.T) {
	server := pgtest.Start(t)
	log, s := projectiontest.Log(300), at(t, server.DSN(), "views")
	if err := s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())); err != nil {
		t.Fatal(err)
	}
	n := 0
	s.hook = func(step string, _ *pgx.Conn) error {
		if n++; n != 10 {
			return nil
		}
		return server.Kill()
	}
	_, err := projectiontest.Build(t.Context(), log, s, 5)
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("a worker under whom the server dies gets %v", err)
	}
	for what, err := range map[string]error{
		"read":      s.Read(t.Context(), "sums", 1, func(projection.Snapshot) error { return nil }),
		"versions":  func() error { _, err := s.Versions(t.Context(), "sums"); return err }(),
		"take over": s.TakeOver(t.Context(), "sums", 1, 0),
		"drop":      s.Drop(t.Context(), "sums", 1),
		"prepare":   s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())),
	} {
		if e, ok := errors.AsType[*Error](err); !ok || e.Op == "" || !errors.Is(err, ErrLost) || errors.Is(err, ErrFull) {
			t.Errorf("%s without a server: %v is not an *Error of a lost connection", what, err)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	recovers(t, log, s, 300)
}

// recovers requires that a view can be built up to a position once the server is back.
func recovers(t *testing.T, log events.Store, s *Store, want events.Position) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := projectiontest.Build(t.Context(), log, s, 5)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if at := equalsRebuild(t, log, s); at != want {
		t.Errorf("the view is at %d", at)
	}
}

// TestCatalogSurvivesACrash kills the server as soon as the store is open; the store works when the
// server is back.
func TestCatalogSurvivesACrash(t *testing.T) {
	server := pgtest.Start(t)
	s := at(t, server.DSN(), "views")
	if err := errors.Join(server.Kill(), server.Start()); err != nil {
		t.Fatal(err)
	}
	recovers(t, projectiontest.Log(20), s, 20)
}

// TestDroppedUnderAReader drops a version and prepares it again between the beginning of a read and
// its first query: the drop waits, and the read sees one state.
func TestDroppedUnderAReader(t *testing.T) {
	log, s := projectiontest.Log(60), open(t)
	if err := s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())); err != nil {
		t.Fatal(err)
	}
	w, err := projection.New(log, s, projectiontest.Sums(), projection.Standby())
	if err == nil {
		_, err = w.CatchUp(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	other, dropped := again(t, s), make(chan error, 1)
	err = s.Read(t.Context(), "sums", 1, func(snap projection.Snapshot) error {
		go func() {
			err := other.Drop(context.Background(), "sums", 1)
			if err == nil {
				err = other.Prepare(context.Background(), schemaOf(t, projectiontest.Sums()))
			}
			dropped <- err
		}()
		select {
		case err := <-dropped:
			t.Errorf("the version was dropped while it was read: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		rows, err := snap.Select(projection.Query{Table: "balances"})
		if at := snap.Status().Checkpoint.Position; at != 60 || len(rows) != 10 {
			t.Errorf("at position %d there are %d rows", at, len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-dropped; err != nil {
		t.Fatal(err)
	}
	if at := equalsRebuild(t, log, s); at != 0 {
		t.Errorf("the version that was prepared again is at %d", at)
	}
}

// TestRemovedByHand reads and writes a version whose table was removed with plain SQL.
func TestRemovedByHand(t *testing.T) {
	log, s := projectiontest.Log(60), open(t)
	if _, err := projectiontest.Build(t.Context(), log, s, 20); err != nil {
		t.Fatal(err)
	}
	if err := pgtest.Exec(pgtest.Cluster(t), s.schema.in(`DROP TABLE {schema}."sums@1.balances"`)); err != nil {
		t.Fatal(err)
	}
	err := s.Read(t.Context(), "sums", 1, func(projection.Snapshot) error { return nil })
	if e, ok := errors.AsType[*Error](err); !ok || code(e.Err) != undefinedTable {
		t.Errorf("a read gives %v", err)
	}
	row := projection.Row{projection.Text("a"), projection.Int(1)}
	list, err := s.Versions(t.Context(), "sums")
	if err != nil {
		t.Fatal(err)
	}
	from := list[0].Checkpoint
	to := from
	to.Turn++
	err = s.Commit(t.Context(), &projection.Change{Name: "sums", Version: 1, From: from, To: to, Tables: []projection.TableChange{{Table: projectiontest.Balances, Put: []projection.Row{row}}}})
	if e, ok := errors.AsType[*Error](err); !ok || e.Op != "rows" {
		t.Errorf("a commit gives %v", err)
	}
}

// TestPoolOfOne reads, writes and takes over through a single connection, from several callers
// at once.
func TestPoolOfOne(t *testing.T) {
	log := projectiontest.Log(300)
	s := at(t, pgtest.Cluster(t)+" pool_max_conns=1", pgtest.Schema(t))
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			_, err := projectiontest.Build(context.Background(), log, s, 7)
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if at := equalsRebuild(t, log, s); at != 300 {
		t.Errorf("the view is at %d", at)
	}
	if n := s.pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are in use while no call runs", n)
	}
}
