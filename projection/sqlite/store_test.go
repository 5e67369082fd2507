package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	logsqlite "github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

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

// logOf makes the same log each time: n events of ten streams.
func logOf(t testing.TB, n int) events.Store {
	log := memory.New()
	t.Cleanup(func() { _ = log.Close() })
	for i := range n {
		_, err := log.Append(context.Background(), events.Commit{ID: uuid.UUID{0: byte(i >> 8), 1: byte(i), 2: 1}, Batches: []events.Batch{{
			Stream: events.StreamID(fmt.Sprintf("account-%d", i%10)), After: events.Version(i / 10),
			Events: []events.Event{{Type: "added", Schema: 1, At: events.MinInstant, Data: []byte{byte(i)}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return log
}

func catchUp(t testing.TB, log events.Store, store projection.Store, batch int) error {
	t.Helper()
	w, err := projection.New(log, store, sums(), projection.WithBatch(batch))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.CatchUp(t.Context())
	return err
}

// TestFaultsInACommit lets each step of a commit fail, and takes the connections away like a
// process that dies there.
func TestFaultsInACommit(t *testing.T) {
	log := logOf(t, 60)
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
			if err := sums().Reconcile(t.Context(), log, s, scratch); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
			if err := catchUp(t, log, s, 7); err != nil {
				t.Fatal(err)
			}
			if err := sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
		}
	}
}

const killed = "SURETY_VIEWS_KILLED"

// TestKill kills a process that builds a view each time it has come a little further, and lets the
// last one go to the end; after each death the view is what the records up to its checkpoint make
// of it.
func TestKill(t *testing.T) {
	const size, further = 4000, 200
	log := logOf(t, size)
	if path := os.Getenv(killed); path != "" {
		if err := catchUp(t, log, open(t, path), 5); err != nil {
			t.Fatal(err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "views")
	s := open(t, path)
	at := func() events.Position {
		list, err := s.Versions(t.Context(), "sums")
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return 0
		}
		return list[0].Checkpoint.Position
	}
	worker := func() (*exec.Cmd, chan error) {
		cmd, done := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.count=1"), make(chan error, 1)
		cmd.Env = append(os.Environ(), killed+"="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { done <- cmd.Wait() }()
		return cmd, done
	}
	begun := 0
	for next := events.Position(further); next < size; next += further {
		cmd, done := worker()
		for at() < next && len(done) == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err) // it has ended by itself
		}
		<-done
		if err := sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
			t.Fatal(err)
		}
		if at() < size {
			begun++
		}
	}
	if begun == 0 {
		t.Error("no process died in the middle")
	}
	_, done := worker()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := at(); got != size {
		t.Errorf("the view is at %d", got)
	}
	t.Logf("%d processes died in the middle", begun)
}

// TestOpenRefuses gives Open what is no file of views, and expects it to be left alone.
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
	log, path := logOf(t, 600), filepath.Join(t.TempDir(), "views")
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
		if err := sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnyToolReadsTheRows reads the rows of the live version with plain SQL, by an index.
func TestAnyToolReadsTheRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	s := open(t, path)
	if err := catchUp(t, logOf(t, 30), s, 100); err != nil {
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

// TestFullFile fills the file up to its bound, and expects a typed error, the view as it was, and
// the rest once there is space again.
func TestFullFile(t *testing.T) {
	log, s := logOf(t, 600), open(t, filepath.Join(t.TempDir(), "views"))
	if err := catchUp(t, logOf(t, 10), s, 5); err != nil {
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
	wide := sums()
	wide.Name = "wide"
	w, err := projection.New(log, s, wide)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.CatchUp(t.Context()); err == nil {
		t.Fatal("a full file takes a view")
	}
	if e, ok := errors.AsType[*Error](err); !ok || sqlite.ErrCode(e.Err) != sqlite.ResultFull {
		t.Fatalf("the error is %v", err)
	}
	bound("1000000")
	if _, err = w.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := wide.Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
		t.Fatal(err)
	}
}

// TestReadWhileCloseWaits reads within a reading that Close waits for: it is refused, and Close
// comes to its end.
func TestReadWhileCloseWaits(t *testing.T) {
	store, err := Open(t.Context(), filepath.Join(t.TempDir(), "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := catchUp(t, logOf(t, 10), store, 10); err != nil {
		t.Fatal(err)
	}
	view, done := sums(), make(chan error, 1)
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
		t.Errorf("reading within a reading: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
