package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/projection"
)

// applicationID marks a file as one of this package, in its header; logID marks the log of package
// events/sqlite.
const (
	applicationID = 0x53757256
	logID         = 0x53757274
)

// catalog repeats promises as constraints of the database: a checkpoint moves only with its turn,
// and one version of a view is live.
const catalog = `
CREATE TABLE versions (
	name      TEXT    NOT NULL,
	version   INTEGER NOT NULL CHECK (version BETWEEN 1 AND 9999),
	tables    TEXT    NOT NULL,
	turn      INTEGER NOT NULL CHECK (turn >= 0),
	position  INTEGER NOT NULL CHECK (position >= 0 AND (position = 0 OR turn > 0)),
	last      INTEGER NOT NULL CHECK (last BETWEEN 0 AND position),
	commit_id BLOB    NOT NULL CHECK (length(commit_id) = 16),
	ready     INTEGER NOT NULL CHECK (ready IN (0, 1)),
	live      INTEGER NOT NULL CHECK (live IN (0, 1) AND live <= ready),
	` + markColumn + `,
	PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_is_live ON versions (name) WHERE live = 1;
CREATE TRIGGER turns_rise BEFORE UPDATE OF turn ON versions WHEN NEW.turn <= OLD.turn
BEGIN SELECT raise(ABORT, 'a checkpoint never goes back'); END;
`

// markColumn is a column that a file of an earlier build lacks.
const markColumn = "mark BLOB NOT NULL DEFAULT x'' CHECK (length(mark) IN (0, 40))"

// readerCount is how many reads run at once; more of them wait.
const readerCount = 4

// Open opens the file of views at a path, and makes it if there is none. The directory must
// exist. A file that does not hold views is refused with an *OpenError and left as it is. Open
// waits for locks of other processes until ctx ends.
func Open(ctx context.Context, path string) (*Store, error) {
	if path == "" {
		return nil, &OpenError{Path: path, Reason: "the path is empty"}
	}
	// Some names are special to SQLite; an absolute path never is.
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, &OpenError{Path: path, Reason: "cannot be resolved", Err: err}
	}
	s := &Store{writer: make(chan *sqlite.Conn, 1), readers: make(chan *sqlite.Conn, readerCount), hook: func(string) error { return nil }}
	for i := range readerCount + 1 {
		conn, err := connect(ctx, path, i == 0)
		if err != nil {
			_ = s.Close()
			return nil, err
		}
		s.conns = append(s.conns, conn)
		if i == 0 {
			s.writer <- conn
		} else {
			s.readers <- conn
		}
	}
	return s, nil
}

// connect opens one connection. The first one writes, and makes the catalog.
func connect(ctx context.Context, path string, writes bool) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, &OpenError{Path: path, Reason: "cannot be opened", Err: err}
	}
	conn.SetBusyTimeout(10 * time.Millisecond)
	refuse := func(reason string, err error) (*sqlite.Conn, error) {
		_ = conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &OpenError{Path: path, Reason: reason, Err: err}
	}
	if writes {
		// Nothing is written to a file of another application.
		var id, objects int64
		err := patiently(ctx, func() (err error) {
			if id, err = number(conn, "PRAGMA application_id"); err == nil {
				objects, err = number(conn, "SELECT count(*) FROM sqlite_schema")
			}
			return err
		})
		switch {
		case err != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultNotADB:
			return refuse("is not a SQLite database", err)
		case err != nil:
			return refuse("cannot be read", err)
		case id == logID:
			return refuse("is a log; views have a file of their own", nil)
		case id != applicationID && (id != 0 || objects != 0):
			return refuse("is a database of another application", nil)
		}
	}
	// The WAL is checkpointed rarely: each checkpoint waits for the disk, and successive batches
	// change the same pages.
	for _, s := range []struct{ name, value string }{
		{"journal_mode", "wal"}, {"synchronous", "1"}, {"trusted_schema", "0"}, {"cache_size", "-16384"},
		{"wal_autocheckpoint", "8000"}, {"journal_size_limit", "67108864"},
	} {
		found := ""
		err := patiently(ctx, func() error {
			return sqlitex.ExecuteTransient(conn, "PRAGMA "+s.name+" = "+s.value, nil)
		})
		if err == nil {
			found, err = text(conn, "PRAGMA "+s.name)
		}
		if err != nil || !strings.EqualFold(found, s.value) {
			return refuse("setting "+s.name+" is \""+found+"\", not \""+s.value+"\"", err)
		}
	}
	if writes {
		if err := patiently(ctx, func() error { return create(conn) }); err != nil {
			return refuse("cannot be made a file of views", err)
		}
	}
	return conn, nil
}

// create makes the catalog in one transaction, or what it lacks, unless another process has made it.
func create(conn *sqlite.Conn) (err error) {
	if err := sqlitex.ExecuteTransient(conn, "BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	defer func() { err = end(conn, err) }()
	id, err := number(conn, "PRAGMA application_id")
	if err != nil {
		return err
	}
	if id == applicationID {
		marks, err := number(conn, "SELECT count(*) FROM pragma_table_info('versions') WHERE name = 'mark'")
		if err == nil && marks == 0 {
			err = sqlitex.ExecuteTransient(conn, "ALTER TABLE versions ADD COLUMN "+markColumn, nil)
		}
		return err
	}
	if err := sqlitex.ExecuteScript(conn, catalog, nil); err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(conn, fmt.Sprintf("PRAGMA application_id = %d", applicationID), nil)
}

// end commits, or rolls back if there was an error.
func end(conn *sqlite.Conn, err error) error {
	if err == nil {
		// A crash before this line leaves the state before the transaction, a crash after it the
		// state after the transaction.
		err = failed("commit", sqlitex.ExecuteTransient(conn, "COMMIT", nil))
	}
	if err != nil && !conn.AutocommitEnabled() {
		if back := sqlitex.ExecuteTransient(conn, "ROLLBACK", nil); back != nil {
			return failed("rollback", back)
		}
	}
	return err
}

// patiently runs f again while another process holds the lock, until ctx ends.
func patiently(ctx context.Context, f func() error) error {
	const pause = time.Millisecond
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(); !isBusy(err) {
			return err
		}
		time.Sleep(pause)
	}
}

func number(conn *sqlite.Conn, query string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { n = stmt.ColumnInt64(0); return nil },
	})
	return n, err
}

func text(conn *sqlite.Conn, query string) (s string, err error) {
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { s = stmt.ColumnText(0); return nil },
	})
	return s, err
}

var _ projection.Store = (*Store)(nil)
