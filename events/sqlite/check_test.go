package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
	"github.com/tradesurety/surety/events/internal/link"
)

// TestCheckFindsWhatVerifyDoesNot takes a row out of an index: every record is still read, and the
// commit of the row is not found.
func TestCheckFindsWhatVerifyDoesNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	for i := range events.Version(100) {
		appended(t, s, one("order-1", i, "a"))
	}
	report, err := s.Check(t.Context(), Deep(nil))
	if err != nil || report.Records != 100 || report.Last != 100 {
		t.Fatalf("a whole log: %+v, %v", report, err)
	}
	s.Close()
	conn := foreign(t, path)
	// The table is declared without its index while one row goes in.
	run(t, conn, "PRAGMA writable_schema = 1",
		"CREATE TABLE kept AS SELECT rowid AS n, * FROM sqlite_schema WHERE name = 'sqlite_autoindex_log_2'",
		"DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_log_2'",
		"UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (commit_id, idx)', 'CHECK (1)') WHERE name = 'log'")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	conn = foreign(t, path)
	run(t, conn, "INSERT INTO log SELECT 101, stream, 101, type, schema, at, randomblob(16), idx, digest, meta, data FROM log WHERE position = 100",
		"PRAGMA writable_schema = 1",
		"UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (1)', 'UNIQUE (commit_id, idx)') WHERE name = 'log'",
		"INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql) SELECT n, type, name, tbl_name, rootpage, sql FROM kept",
		"DROP TABLE kept")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrDamaged) {
		t.Fatalf("Open of a log whose last record has no link: %v", err)
	}
	forgeLink(t, path, 101)
	s = openAt(t, path)
	if report, err := events.Verify(t.Context(), s, nil); err != nil || report.Records != 101 {
		t.Fatalf("Verify: %+v, %v", report, err)
	}
	var steps []Progress
	_, err = s.Check(t.Context(), OnProgress(func(p Progress) { steps = append(steps, p) }))
	damage, ok := errors.AsType[*DamageError](err)
	if !ok || !errors.Is(err, ErrDamaged) || !slices.ContainsFunc(damage.Findings, func(f string) bool {
		return strings.Contains(f, "row 101 missing from index sqlite_autoindex_log_2")
	}) {
		t.Errorf("Check: %v", err)
	}
	if len(steps) != 1 || steps[0].Step != "check" || steps[0].Total == 0 {
		t.Errorf("progress: %+v", steps)
	}
}

// forgeLink adds the link of the record at a position, as somebody can who knows the formula.
func forgeLink(t *testing.T, path string, at events.Position) {
	t.Helper()
	conn := foreign(t, path)
	r, err := newReader(conn, new(history))
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.links.last()
	if err != nil {
		t.Fatal(err)
	}
	p := newPage()
	if _, err := r.readAll(&p, before.Position, at, events.Filter{}); err != nil || len(p.records) != 1 {
		t.Fatal(len(p.records), err)
	}
	var h link.Hasher
	admit.HashRecord(&h, &p.records[0])
	run(t, conn, fmt.Sprintf("INSERT INTO links (position, sum) VALUES (%d, x'%x')", at, link.Next(before.Sum, uint64(at), h.Group())))
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckGoesOnBesideAppends checks under load, ends with its context, and walks with decode.
func TestCheckGoesOnBesideAppends(t *testing.T) {
	s := openNew(t)
	for i := range 300 {
		c := one(events.StreamID(fmt.Sprintf("order-%d", i)), 0, "a", "b")
		c.Batches[0].Events[0].Data = make([]byte, 60_000)
		appended(t, s, c)
	}
	during := OnProgress(func(p Progress) {
		if p.Done == 0 {
			appended(t, s, one("order-during-"+events.StreamID(p.Step), 0, "a"))
		}
	})
	if _, err := s.Check(t.Context(), during, Quick()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := OnProgress(func(Progress) { cancel() })
	if _, err := s.Check(ctx, ended); err != context.Canceled {
		t.Errorf("a Check that was cancelled: %v", err)
	}
	no := errors.New("no such type")
	report, err := s.Check(t.Context(), Deep(func(r events.Record) error {
		if r.Type == "b" && r.Position > 100 {
			return no
		}
		return nil
	}))
	if c, ok := errors.AsType[*events.CorruptError](err); !ok || !errors.Is(err, no) || c.Position != 102 || report.Records != 101 {
		t.Errorf("a record that decode refuses: %v, %+v", err, report)
	}
}

// TestOpenAfterAnUncleanEnd opens a file after an unclean end, for which the file is checked.
func TestOpenAfterAnUncleanEnd(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "log"), filepath.Join(dir, "target")
	s := openAt(t, path)
	for i := range events.Version(30) {
		appended(t, s, one("order-1", i, "a"))
	}
	copied(t, path, target, "", "-wal")
	if n := headOf(t, openAt(t, target), "order-1"); n != 30 {
		t.Errorf("%d records", n)
	}
}
