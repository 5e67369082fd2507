package sqlite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	logsqlite "github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/projectiontest"
)

// catchUp folds the log into the view of the suite.
func catchUp(t testing.TB, log events.Store, store projection.Store, batch int) error {
	_, err := projectiontest.Build(t.Context(), log, store, batch)
	return err
}

// TestEarlierFile opens a file whose checkpoints have no mark yet: they take one with the next commit.
func TestEarlierFile(t *testing.T) {
	path, log := filepath.Join(t.TempDir(), "views"), memory.New()
	one := func(i int) {
		t.Helper()
		_, err := log.Append(t.Context(), events.Commit{ID: uuid.New(), Batches: []events.Batch{{
			Stream: "account-1", After: events.Version(i), Events: []events.Event{{Type: "added", Schema: 1, At: events.MinInstant, Data: []byte{1}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	one(0)
	s := open(t, path)
	if err := catchUp(t, log, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.write(t.Context(), "test", func(conn *sqlite.Conn) error { return run(conn, "test", "ALTER TABLE versions DROP COLUMN mark") }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	one(1)
	for range 2 {
		s = open(t, path)
		if err := catchUp(t, log, s, 1); err != nil {
			t.Fatal(err)
		}
		mark, err := log.Mark(t.Context(), 2)
		if list, no := s.Versions(t.Context(), "sums"); no != nil || err != nil || list[0].Checkpoint.Mark != mark {
			t.Errorf("%+v, want %v (%v, %v)", list, mark, no, err)
		}
	}
}

// TestFaultsInACommit lets each step of a commit fail, and closes the connections there as the death
// of the process would.
func TestFaultsInACommit(t *testing.T) {
	log := projectiontest.Log(60)
	errFault := errors.New("a fault of the test")
	for _, step := range []string{stepRows, stepCheckpoint, stepCommit} {
		for after := range 20 {
			path := filepath.Join(t.TempDir(), "views")
			s := open(t, path)
			n := 0
			s.hook = func(at string) error {
				// Prepare has a commit as well.
				if at != step {
					return nil
				}
				if n++; n <= after/2+1 {
					return nil
				}
				return errFault
			}
			if err := catchUp(t, log, s, 3); !errors.Is(err, errFault) {
				t.Fatalf("%s: the error is %v", step, err)
			}
			if after%2 == 0 {
				_ = s.Close()
				s = open(t, path)
			} else {
				s.hook = func(string) error { return nil }
			}
			scratch := viewmemory.New()
			if err := projectiontest.Sums().Reconcile(t.Context(), log, s, scratch); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
			if err := catchUp(t, log, s, 7); err != nil {
				t.Fatal(err)
			}
			if err := projectiontest.Sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
		}
	}
}

// TestKill kills processes that build a view, see projectiontest.Kill.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	projectiontest.Kill(t, open(t, path), path)
}

// TestOpenRefuses opens files that do not hold views, and expects them to be left as they are.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	database := func(name, script string) string {
		path := filepath.Join(dir, name)
		conn, err := sqlite.OpenConn(path)
		if err == nil {
			err = sqlitex.ExecuteScript(conn, script, nil)
			err = errors.Join(err, conn.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database at all, only words\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	logFile := filepath.Join(dir, "log")
	log, err := logsqlite.Open(t.Context(), logFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, reason string }{
		{"", "empty"}, {dir, ""}, {filepath.Join(dir, "missing", "views"), ""}, {text, "is not a SQLite database"},
		{logFile, "is a log"},
		{database("other", "CREATE TABLE things (a)"), "another application"},
		{database("id", "PRAGMA application_id = 7"), "another application"},
	} {
		before, _ := os.ReadFile(c.path)
		s, err := Open(t.Context(), c.path)
		if _, ok := errors.AsType[*OpenError](err); !ok || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%q: the error is %v", c.path, err)
		}
		if s != nil {
			t.Errorf("%q is open", c.path)
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(before, after) {
			t.Errorf("%q was changed", c.path)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, filepath.Join(dir, "views")); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Open gives %v", err)
	}
}

// TestTwoStoresOnOneFile works on one file through two stores, as two processes would.
func TestTwoStoresOnOneFile(t *testing.T) {
	log, path := projectiontest.Log(600), filepath.Join(t.TempDir(), "views")
	errs := make(chan error, 2)
	stores := []*Store{open(t, path), open(t, path)}
	for _, s := range stores {
		go func() { errs <- catchUp(t, log, s, 7) }()
	}
	for range stores {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range stores {
		if err := projectiontest.Sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnyToolReadsTheRows reads the rows of the live version with plain SQL, by an index.
func TestAnyToolReadsTheRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	s := open(t, path)
	if err := catchUp(t, projectiontest.Log(30), s, 100); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var found, plan []string
	list := func(into *[]string, column int) *sqlitex.ExecOptions {
		return &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			*into = append(*into, stmt.ColumnText(column))
			return nil
		}}
	}
	const query = `SELECT account FROM "sums@1.balances" WHERE total > 54 ORDER BY total`
	err = errors.Join(sqlitex.ExecuteTransient(conn, query, list(&found, 0)), sqlitex.ExecuteTransient(conn, "EXPLAIN QUERY PLAN "+query, list(&plan, 3)))
	if err != nil || !slices.Equal(found, []string{"account-9"}) {
		t.Fatalf("%v: %v", found, err)
	}
	if !strings.Contains(strings.Join(plan, " "), "sums@1.balances.0") {
		t.Errorf("the plan is %v", plan)
	}
}

// TestFullFile fills the file up to its limit, and expects a typed error, the view as it was, and
// the remaining records once there is space again.
func TestFullFile(t *testing.T) {
	log, s := projectiontest.Log(600), open(t, filepath.Join(t.TempDir(), "views"))
	if err := catchUp(t, projectiontest.Log(10), s, 5); err != nil {
		t.Fatal(err)
	}
	bound := func(pages string) {
		conn := <-s.writer
		defer func() { s.writer <- conn }()
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA max_page_count = "+pages, nil); err != nil {
			t.Fatal(err)
		}
	}
	bound("1")
	wide := projectiontest.Sums()
	wide.Name = "wide"
	w, err := projection.New(log, s, wide)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.CatchUp(t.Context()); err == nil {
		t.Fatal("a full file accepts a view")
	}
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrFull) {
		t.Fatalf("the error is %v (%v)", err, e)
	}
	bound("1000000")
	if _, err = w.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := wide.Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
}

// TestFullDisk fills the disk of the views: the error of the commit says so, reads go on, and so do
// commits once there is space.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).Run(); err != nil {
		storetest.Require(t, "mount", "no file system can be mounted: "+err.Error())
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	log, s, ballast := projectiontest.Log(60), open(t, filepath.Join(dir, "views")), filepath.Join(dir, "ballast")
	if err := catchUp(t, projectiontest.Log(10), s, 5); err != nil {
		t.Fatal(err)
	}
	_ = os.WriteFile(ballast, make([]byte, 1<<20), 0o600) // as much of it as there is space for
	err := catchUp(t, log, s, 1)
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrFull) || errors.Is(err, ErrIO) {
		t.Fatalf("the error is %v (%v), want ErrFull", err, e)
	}
	if list, err := s.Versions(t.Context(), "sums"); err != nil || len(list) != 1 {
		t.Errorf("%v: %v", list, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := catchUp(t, log, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := projectiontest.Sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
}

// TestErrorsAreTyped finds what SQLite failed of in the error of a commit and of an Open.
func TestErrorsAreTyped(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "views"))
	run := func(queries ...string) {
		for _, query := range queries {
			if err := sqlitex.ExecuteTransient(s.conns[0], query, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	run("PRAGMA foreign_keys = 1", "CREATE TABLE kept (id INTEGER PRIMARY KEY)",
		"CREATE TABLE owed (id INTEGER REFERENCES kept DEFERRABLE INITIALLY DEFERRED)")
	s.hook = func(at string) error {
		if at == stepCommit {
			run("INSERT INTO owed VALUES (1)") // COMMIT is what fails
		}
		return nil
	}
	err := catchUp(t, projectiontest.Log(10), s, 5)
	if e, ok := errors.AsType[*Error](err); !ok || e.Op != "commit" {
		t.Errorf("a COMMIT that fails: %v", err)
	}
	for code, want := range map[sqlite.ResultCode]error{
		sqlite.ResultFull: ErrFull, sqlite.ResultIOErrFsync: ErrIO, sqlite.ResultReadOnlyDBMoved: ErrReadOnly,
		sqlite.ResultCorruptVTab: ErrDamaged, sqlite.ResultNotADB: ErrDamaged,
	} {
		for _, err := range []error{failed("commit", code.ToError()), &OpenError{Err: code.ToError()}} {
			for _, kind := range []error{ErrFull, ErrIO, ErrReadOnly, ErrDamaged} {
				if errors.Is(err, kind) != (kind == want) {
					t.Errorf("%v is %v: %t", err, kind, kind != want)
				}
			}
		}
	}
}

// TestReadWhileCloseWaits reads within a read that Close waits for: the inner read is refused, and
// Close returns.
func TestReadWhileCloseWaits(t *testing.T) {
	store, err := Open(t.Context(), filepath.Join(t.TempDir(), "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := catchUp(t, projectiontest.Log(10), store, 10); err != nil {
		t.Fatal(err)
	}
	view, done := projectiontest.Sums(), make(chan error, 1)
	err = view.Read(t.Context(), store, func(projection.Snapshot) error {
		go func() { done <- store.Close() }()
		for {
			err := view.Read(t.Context(), store, func(projection.Snapshot) error { return nil })
			if err != nil {
				return err // Close has begun
			}
		}
	})
	if !errors.Is(err, projection.ErrClosed) {
		t.Errorf("a read within a read: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
