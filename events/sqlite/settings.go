package sqlite

import (
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
)

// patience is how long SQLite itself waits for a lock on a reading connection before the store
// checks the caller's context and tries again.
const patience = 10 * time.Millisecond

// setting is a pragma that a connection sets and reads back.
type setting struct{ name, value string }

// settings lists the settings that the promises depend on, for a connection of that kind.
func settings(d events.Durability, writer bool) []setting {
	var list []setting
	if d == events.DurabilityFsync {
		// On macOS only F_FULLFSYNC reaches the disk. Elsewhere both flags mean nothing.
		list = append(list, setting{"synchronous", "2"}, setting{"fullfsync", "1"}, setting{"checkpoint_fullfsync", "1"})
	} else {
		list = append(list, setting{"synchronous", "1"})
	}
	// A backup becomes a log in use here: its header must be on the disk before the first frame is.
	list = append(list,
		setting{"journal_mode", "wal"},
		setting{"locking_mode", "normal"},
		setting{"trusted_schema", "0"},
		setting{"cache_size", "-8192"},
	)
	if writer {
		// The writer asks for the lock in steps finer than SQLite's own, see start. It also runs the
		// checkpoints, see keeper; SQLite's own would fail in silence. No reader keeps a state of the
		// log for longer than a page, so the WAL can soon begin anew; after a burst it is truncated then.
		return append(list, setting{"busy_timeout", "0"}, setting{"wal_autocheckpoint", "0"}, setting{"journal_size_limit", "67108864"})
	}
	return append(list, setting{"busy_timeout", "10"}, setting{"query_only", "1"})
}

// configure sets every setting on the connection and then reads every one back. The hook runs
// in between.
func configure(conn *sqlite.Conn, list []setting, hook func(*sqlite.Conn) error) error {
	for _, s := range list {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+s.name+" = "+s.value, nil); err != nil {
			return failed("set "+s.name, err)
		}
	}
	if hook != nil {
		if err := hook(conn); err != nil {
			return err
		}
	}
	for _, s := range list {
		found, err := pragma(conn, s.name)
		if err != nil {
			return err
		}
		if !strings.EqualFold(found, s.value) {
			return &SettingError{Setting: s.name, Want: s.value, Found: found}
		}
	}
	return nil
}

// pragma reads one value.
func pragma(conn *sqlite.Conn, name string) (string, error) {
	var value string
	err := sqlitex.ExecuteTransient(conn, "PRAGMA "+name, &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			value = stmt.ColumnText(0)
			return nil
		},
	})
	return value, failed("read "+name, err)
}
