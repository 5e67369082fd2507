package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/storetest"
)

// TestFork restores a copy into a file that is open.
func TestFork(t *testing.T) {
	paths := make(map[events.Store]string)
	at := func(t testing.TB, path string) events.Store {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		paths[s] = path
		return s
	}
	storetest.Fork(t, storetest.ForkConfig{
		Open: func(t testing.TB) events.Store { return at(t, filepath.Join(t.TempDir(), "log")) },
		Save: func(t testing.TB, s events.Store) func(testing.TB) {
			path, backup := paths[s], filepath.Join(t.TempDir(), "backup")
			conn := foreign(t, path)
			run(t, conn, "VACUUM INTO '"+backup+"'")
			conn.Close()
			// As the command .restore of the sqlite3 shell does.
			return func(t testing.TB) {
				dst, src := foreign(t, path), foreign(t, backup)
				defer dst.Close()
				defer src.Close()
				copied, err := sqlite.NewBackup(dst, "", src, "")
				if err != nil {
					t.Fatal(err)
				}
				if more, err := copied.Step(-1); more || err != nil {
					t.Fatal(more, err)
				}
				if err := copied.Close(); err != nil {
					t.Fatal(err)
				}
			}
		},
		Second: func(t testing.TB, s events.Store) events.Store { return at(t, paths[s]) },
	})
}

// TestMigrateLinks opens a file of the first schema that another process still has open: no row is
// rewritten, rows of that process are refused by the database, and Verify says what no link covers.
func TestMigrateLinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	old, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := migrate(old, migrations()[:1]); err != nil {
		t.Fatal(err)
	}
	run(t, old, "PRAGMA journal_mode = wal")
	// The literal INSERT of the first schema, with the position left to SQLite and given.
	const columns, values = "stream, version, type, schema, at, commit_id, idx, digest, meta, data", ", 'a', 1, 1, randomblob(16), 0, randomblob(32), x'', x''"
	var inserts [2]*sqlite.Stmt
	for i, q := range []string{
		"INSERT INTO records (" + columns + ") VALUES ('order-1', ?" + values + ")",
		"INSERT INTO records (position, " + columns + ") VALUES ((SELECT coalesce(max(position), 0) + 1 FROM records), 'order-1', ?" + values + ")",
	} {
		if inserts[i], err = old.Prepare(q); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(version int) error {
		inserts[version%2].BindInt64(1, int64(version))
		return step(inserts[version%2])
	}
	const want = 6
	for v := 1; v <= want; v++ {
		if err := insert(v); err != nil {
			t.Fatal(err)
		}
	}
	s := openAt(t, path)
	for v := int(want) + 1; v <= int(want)+2; v++ {
		if err := insert(v); err == nil || !strings.Contains(err.Error(), "records because it is a view") {
			t.Errorf("a row of the first schema: %v", err)
		}
	}
	bare := events.Cursor{Position: 2}
	appended(t, s, one("order-1", want, "b", "c"))
	report, err := events.Verify(t.Context(), s, nil)
	if err != nil || report.Uncovered != events.Position(want) || report.Links != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	n := 0
	for _, err := range s.ReadFrom(t.Context(), &bare, events.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != int(want) || bare.Mark.Position != events.Position(want)+2 {
		t.Errorf("%d records after position 2, and then %s", n, bare)
	}
	var result string
	if err := sqlitex.ExecuteTransient(s.conns[0], "PRAGMA integrity_check", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { result = stmt.ColumnText(0); return nil },
	}); err != nil || result != "ok" {
		t.Errorf("integrity: %s, %v", result, err)
	}
}

// TestReplacedRecordIsFound replaces records by a statement that passes the triggers.
func TestReplacedRecordIsFound(t *testing.T) {
	for _, c := range []struct {
		position events.Position
		opens    bool // the last link is the only one that Open recomputes
	}{{3, true}, {10, false}} {
		path := filepath.Join(t.TempDir(), "log")
		s := openAt(t, path)
		for i := range events.Version(10) {
			appended(t, s, one("order-1", i, "a"))
		}
		run(t, foreign(t, path), fmt.Sprintf("INSERT OR REPLACE INTO log SELECT position, stream, version, type, schema, at, commit_id, idx, digest, meta, x'01' FROM log WHERE position = %d", c.position))
		for name, check := range map[string]func() (events.Report, error){
			"Verify": func() (events.Report, error) { return events.Verify(t.Context(), s, nil) },
			"Check":  func() (events.Report, error) { return s.Check(t.Context(), Deep(nil)) },
		} {
			if _, err := check(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("the records after position %d are not those", c.position-1)) {
				t.Errorf("%s after record %d was replaced: %v", name, c.position, err)
			}
		}
		s.Close()
		if _, err := Open(t.Context(), path, WithReadOnly()); (err == nil) != c.opens || err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("Open after record %d was replaced: %v", c.position, err)
		}
	}
}

// TestRestoreFirstSchema restores a backup of the first schema.
func TestRestoreFirstSchema(t *testing.T) {
	dir := t.TempDir()
	backup, path := filepath.Join(dir, "backup"), filepath.Join(dir, "log")
	old := foreign(t, backup)
	if err := migrate(old, migrations()[:1]); err != nil {
		t.Fatal(err)
	}
	run(t, old, "INSERT INTO records VALUES (1, 'order-1', 1, 'a', 1, 1, randomblob(16), 0, randomblob(32), x'', x'')")
	old.Close()
	if last, err := Restore(t.Context(), backup, path); last != 1 || err != nil {
		t.Fatal(last, err)
	}
	if _, err := Open(t.Context(), path, WithReadOnly()); !errors.As(err, new(*VersionError)) {
		t.Errorf("read without a migration: %v", err)
	}
	s := openAt(t, path)
	appended(t, s, one("order-1", 1, "b"))
	if report, err := events.Verify(t.Context(), s, nil); err != nil || report.Uncovered != 1 || report.Links != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}
