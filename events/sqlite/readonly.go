package sqlite

import (
	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// WithReadOnly opens a log for reading alone. The store never creates, migrates or checkpoints the
// file, and works beside a process that writes, and on a file that no process has open. Append,
// AppendEach and SaveSnapshot return events.ErrReadOnly. Lookup answers for the commits that are in
// the log; it cannot deny one, which another process may be about to commit, and returns
// events.ErrReadOnly.
//
// A file that is missing is refused with fs.ErrNotExist, one of an earlier schema with a
// *VersionError until a store that writes has migrated it. The main file of a log in WAL mode needs a
// directory in which SQLite can keep the file with the suffix -shm; a backup needs nothing.
func WithReadOnly() Option { return func(c *config) { c.readOnly = true } }

// readOnlySettings are those of every connection of a store that is read-only.
var readOnlySettings = []setting{
	{"locking_mode", "normal"},
	{"trusted_schema", "0"},
	{"cache_size", "-8192"},
	{"busy_timeout", "10"},
	{"query_only", "1"},
}

// current reports an error unless the schema is the latest version.
func current(conn *sqlite.Conn, known int) error {
	version, err := schemaVersion(conn)
	if err == nil && version != known {
		err = &VersionError{Found: version, Known: known}
	}
	return err
}

// writable reports why the store takes nothing: it is read-only or dead.
func (s *Store) writable() error {
	if s.writer == nil {
		return events.ErrReadOnly
	}
	return s.file.fate()
}
