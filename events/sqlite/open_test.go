package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// picture returns the names, modes and hashes of all that is below a directory.
func picture(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s", path, info.Mode())
		if d.Type().IsRegular() {
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(body))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOpenRefusesAndLeavesAlone opens paths at which there is no store of this version.
func TestOpenRefusesAndLeavesAlone(t *testing.T) {
	filled := func(t *testing.T, path string) {
		s := openAt(t, path)
		for i := range events.Version(50) {
			appended(t, s, one("order-1", i, "order.drafted"))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cut := func(size func(int64) int64) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			filled(t, path)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, size(info.Size())); err != nil {
				t.Fatal(err)
			}
		}
	}
	database := func(queries ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			conn := foreign(t, path)
			run(t, conn, queries...)
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	content := func(body []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		make   func(*testing.T, string)
		reason string
	}{
		{"directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}, "is a directory"},
		{"empty file", content(nil), "is an empty file"},
		{"text", content([]byte("the orders of last year\n")), "is not a SQLite database"},
		{"garbage", content(bytes.Repeat([]byte{0xA5, 0, 0xFF}, 9999)), "is not a SQLite database"},
		{"header alone", content([]byte("SQLite format 3\x00")), "is not a SQLite database"},
		{"other application", database("PRAGMA application_id = 7", "CREATE TABLE t (x)"), "is a database of another application"},
		{"no application", database("CREATE TABLE records (position INTEGER PRIMARY KEY)"), "is a database of another application"},
		{"other application in WAL mode", database("PRAGMA journal_mode = wal", "CREATE TABLE t (x)"), "is a database of another application"},
		{"last page lost", cut(func(n int64) int64 { return n - 4096 }), "is truncated"},
		{"last byte lost", cut(func(n int64) int64 { return n - 1 }), "is truncated"},
		{"half lost", cut(func(n int64) int64 { return n / 2 }), "is truncated"},
		{"all but the header lost", cut(func(int64) int64 { return 100 }), "is truncated or damaged"},
		{"later version", database(fmt.Sprintf("PRAGMA application_id = %d", applicationID), "PRAGMA user_version = 99"), "was written by a later version"},
		{"read-only file", func(t *testing.T, path string) {
			filled(t, path)
			if err := os.Chmod(path, 0o444); err != nil {
				t.Fatal(err)
			}
		}, "is read-only"},
		{"no file in a read-only directory", func(t *testing.T, path string) {
			if err := os.Chmod(filepath.Dir(path), 0o555); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o755) })
		}, "its directory is read-only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "log")
			tt.make(t, path)
			before := picture(t, dir)
			_, err := Open(t.Context(), path)
			refused, ok := errors.AsType[*OpenError](err)
			if !ok || refused.Path != path || !strings.HasPrefix(refused.Reason, tt.reason) {
				t.Errorf("Open: %v, want an *OpenError %q", err, tt.reason)
			}
			if after := picture(t, dir); after != before {
				t.Errorf("before:\n%safter:\n%s", before, after)
			}
		})
	}
}

// TestOpenRefusesALaterVersion names both versions, also when the WAL alone knows of it.
func TestOpenRefusesALaterVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	openAt(t, path).Close()
	conn := foreign(t, path)
	run(t, conn, "PRAGMA wal_autocheckpoint = 0", "PRAGMA user_version = 3")
	_, err := Open(t.Context(), path)
	var v *VersionError
	if !errors.As(err, &v) || *v != (VersionError{Found: 3, Known: 2}) {
		t.Fatalf("Open: %v, want version 3 refused, 2 known", err)
	}
}

// TestOpenRefusesMissingPages cuts a file whose WAL is there but cannot hold what is missing.
func TestOpenRefusesMissingPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	for i := range events.Version(200) {
		appended(t, s, one("order-1", i, "order.drafted"))
	}
	s.Close()
	s = openAt(t, path)
	appended(t, s, one("order-1", 200, "order.drafted"))
	copied := filepath.Join(t.TempDir(), "log")
	for _, suffix := range []string{"", "-wal"} {
		body, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "" {
			body = body[:4096]
		}
		if err := os.WriteFile(copied+suffix, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(t.Context(), copied)
	if refused, ok := errors.AsType[*OpenError](err); !ok || refused.Reason != "is truncated" {
		t.Fatalf("Open: %v, want it truncated", err)
	}
}

func TestOpenOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for name, open := range map[string]func() (*Store, error){
		"durability": func() (*Store, error) { return Open(t.Context(), path, WithDurability(events.DurabilityNone)) },
		"readers":    func() (*Store, error) { return Open(t.Context(), path, WithReaders(0)) },
		"path":       func() (*Store, error) { return Open(t.Context(), "") },
	} {
		_, err := open()
		var bounds *events.BoundsError
		if _, ok := errors.AsType[*OpenError](err); !ok || !errors.As(err, &bounds) || bounds.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused option leaves a file: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(path, "missing", "log")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, path); err != context.Canceled {
		t.Errorf("a cancelled context: %v", err)
	}
}

// TestOpenTogether creates one file from many goroutines: one makes it, all use it.
func TestOpenTogether(t *testing.T) {
	const n = 6
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			s := openAt(t, path, WithReaders(1))
			if _, err := s.Append(t.Context(), one(events.StreamID(fmt.Sprintf("order-%d", i)), 0, "order.drafted")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if p, err := openAt(t, path).Settled(t.Context()); err != nil || p != n {
		t.Errorf("settled at %d (%v), want %d", p, err, n)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".surety-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestStrangeNames opens files whose names have a special meaning for SQLite.
func TestStrangeNames(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{":memory:", "file:x?mode=memory", "a b%20#?&=ö", "-wal"} {
		s := openAt(t, name)
		appended(t, s, one("order-1", 0, "order.drafted"))
		s.Close()
		if n := headOf(t, openAt(t, name), "order-1"); n != 1 {
			t.Errorf("%s: %d records after it was opened again", name, n)
		}
	}
}

// TestMigrate brings an older file to the latest version in one transaction or not at all.
func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := openAt(t, path)
	appended(t, s, one("order-1", 0, "order.drafted"))
	s.Close()
	steps := func(last string) Option {
		return func(c *config) { c.migrations = append(c.migrations, "CREATE TABLE second (x INT) STRICT;", last) }
	}
	before := picture(t, filepath.Dir(path))
	if _, err := Open(t.Context(), path, steps("BROKEN;")); err == nil {
		t.Fatal("a migration that fails opens the file")
	}
	if after := picture(t, filepath.Dir(path)); after != before {
		t.Errorf("a migration that fails leaves a trace:\n%s%s", before, after)
	}
	for range 2 {
		s = openAt(t, path, steps("CREATE TABLE third (x INT) STRICT;"))
		if n := headOf(t, s, "order-1"); n != 1 {
			t.Errorf("%d records after the migration", n)
		}
		version, err := schemaVersion(s.conns[0])
		if err != nil || version != 4 {
			t.Errorf("schema version %d (%v), want 4", version, err)
		}
		s.Close()
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "schema version 4 is later than 2") {
		t.Errorf("the migrated file opened by the first version: %v", err)
	}
}

// TestSettingsAreReadBack changes one setting after the other on each kind of connection.
func TestSettingsAreReadBack(t *testing.T) {
	for _, tt := range []struct{ query, setting, want, found string }{
		{"PRAGMA synchronous = OFF", "synchronous", "2", "0"},
		{"PRAGMA synchronous = NORMAL", "synchronous", "2", "1"},
		{"PRAGMA fullfsync = 0", "fullfsync", "1", "0"},
		{"PRAGMA checkpoint_fullfsync = 0", "checkpoint_fullfsync", "1", "0"},
	} {
		for spoiled := range 2 { // the writer first, then a reader
			connections := 0
			_, err := Open(t.Context(), filepath.Join(t.TempDir(), "log"), withHooks(hooks{connected: func(conn *sqlite.Conn) error {
				if connections++; connections-1 != spoiled {
					return nil
				}
				return exec(conn, tt.query)
			}}))
			var s *SettingError
			if _, ok := errors.AsType[*OpenError](err); !ok || !errors.As(err, &s) || *s != (SettingError{tt.setting, tt.want, tt.found}) {
				t.Errorf("%s on connection %d: %v", tt.query, spoiled, err)
			}
		}
	}
}

// TestSettings checks every connection of stores of both durabilities.
func TestSettings(t *testing.T) {
	for d, synchronous := range map[events.Durability]string{events.DurabilityFsync: "2", events.DurabilityProcess: "1"} {
		s := openNew(t, WithDurability(d))
		if s.Durability() != d {
			t.Errorf("durability %v, want %v", s.Durability(), d)
		}
		for i, conn := range s.conns {
			for name, want := range map[string]string{
				"journal_mode": "wal", "synchronous": synchronous,
				"busy_timeout": map[bool]string{true: "0", false: "10"}[i == 0],
				"query_only":   map[bool]string{true: "0", false: "1"}[i == 0],
			} {
				if found, err := pragma(conn, name); err != nil || found != want {
					t.Errorf("%v connection %d: %s is %q (%v), want %q", d, i, name, found, err, want)
				}
			}
		}
	}
}
