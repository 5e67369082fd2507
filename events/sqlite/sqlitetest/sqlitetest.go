// Package sqlitetest puts another history under a log that is open, for tests of what follows a log.
package sqlitetest

import (
	"path/filepath"
	"testing"

	driver "zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/events/storetest"
)

// Logs are what storetest.Rewinds puts on another history without a server: a log in memory and one in
// a file.
func Logs() map[string]func(testing.TB) storetest.Rewindable {
	return map[string]func(testing.TB) storetest.Rewindable{
		"memory": func(testing.TB) storetest.Rewindable { return storetest.InMemory() },
		"sqlite": Rewindable,
	}
}

// Rewindable opens a log in a new file, which the cleanup of the test closes.
func Rewindable(t testing.TB) storetest.Rewindable {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.db")
	return storetest.Rewindable{
		Store: open(t, path),
		Branch: func(t testing.TB) (events.Store, func() events.Store) {
			t.Helper()
			return Branch(t, path)
		},
	}
}

// Branch copies the log at a path, which processes may have open. The caller writes another history to
// the copy. The function put puts the copy in the place of the log in one transaction, as the command
// .restore of the sqlite3 shell does it, and returns the log opened anew.
func Branch(t testing.TB, path string) (other events.Store, put func() (opened events.Store)) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.db")
	store := open(t, path)
	if _, err := store.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	branch := open(t, copied)
	return branch, func() events.Store {
		if err := branch.Close(); err != nil {
			t.Fatal(err)
		}
		restore(t, copied, path)
		return open(t, path)
	}
}

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // it may be closed
	return s
}

func restore(t testing.TB, from, to string) {
	t.Helper()
	var conns [2]*driver.Conn
	for i, path := range []string{from, to} {
		conn, err := driver.OpenConn(path, driver.OpenReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetBlockOnBusy()
		conns[i] = conn
	}
	b, err := driver.NewBackup(conns[1], "", conns[0], "")
	if err != nil {
		t.Fatal(err)
	}
	more, err := b.Step(-1)
	if err != nil || more {
		t.Fatal(more, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}
