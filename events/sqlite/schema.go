package sqlite

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events/internal/link"
)

// applicationID marks a file as a log of this package, at a fixed place of its header.
const applicationID = 0x53757274

// schema1 repeats the promises of the log where the database can hold them: a version of a
// stream and an index of a commit exist once, and records are never changed or removed, so
// that a position, being one more than the highest, is never used twice.
//
// The columns of the filter come before the payload: a row that does not pass is skipped
// without reading its overflow pages.
const schema1 = `
CREATE TABLE records (
	position  INTEGER PRIMARY KEY,
	stream    TEXT    NOT NULL CHECK (length(stream) BETWEEN 3 AND 200),
	version   INTEGER NOT NULL CHECK (version >= 1),
	type      TEXT    NOT NULL CHECK (length(type) BETWEEN 1 AND 100),
	schema    INTEGER NOT NULL CHECK (schema BETWEEN 1 AND 65535),
	at        INTEGER NOT NULL CHECK (at >= 0),
	commit_id BLOB    NOT NULL CHECK (length(commit_id) = 16),
	idx       INTEGER NOT NULL CHECK (idx BETWEEN 0 AND 999),
	digest    BLOB             CHECK ((idx = 0) = (digest IS NOT NULL) AND (digest IS NULL OR length(digest) = 32)),
	meta      BLOB    NOT NULL CHECK (length(meta) <= 4096),
	data      BLOB    NOT NULL CHECK (length(data) <= 65536),
	UNIQUE (stream, version),
	UNIQUE (commit_id, idx)
) STRICT;
CREATE TRIGGER records_never_change BEFORE UPDATE ON records
BEGIN SELECT raise(ABORT, 'records are never changed'); END;
CREATE TRIGGER records_never_go BEFORE DELETE ON records
BEGIN SELECT raise(ABORT, 'records are never removed'); END;
CREATE TABLE snapshots (
	id      INTEGER PRIMARY KEY,
	stream  TEXT    NOT NULL,
	fold    TEXT    NOT NULL,
	version INTEGER NOT NULL CHECK (version >= 1),
	data    BLOB    NOT NULL,
	UNIQUE (stream, fold)
) STRICT;
`

// schema2 begins the links of a log, whichever records it has: none is read or rewritten. {last}
// stands for the last position, {sum} for the first link.
//
// The table of the records gets another name, so that the database refuses the rows of a process
// that has the file open with a build that knows no links. What reads, reads the view of the old
// name, which that process and others still do.
const schema2 = `
ALTER TABLE records RENAME TO log;
CREATE VIEW records AS SELECT * FROM log;
CREATE TABLE links (
	position INTEGER PRIMARY KEY,
	sum      BLOB    NOT NULL CHECK (length(sum) = 32)
) STRICT;
CREATE TRIGGER links_never_change BEFORE UPDATE ON links
BEGIN SELECT raise(ABORT, 'links are never changed'); END;
CREATE TRIGGER links_never_go BEFORE DELETE ON links
BEGIN SELECT raise(ABORT, 'links are never removed'); END;
INSERT INTO links (position, sum) VALUES ({last}, x'{sum}');
`

// migrations returns the steps of the schema: step i leads from version i to i+1.
func migrations() []string { return []string{schema1, schema2} }

// filled puts the values of this log in the place of what stands for them in a step.
func filled(conn *sqlite.Conn, step string) (string, error) {
	if !strings.Contains(step, "{last}") {
		return step, nil
	}
	var last int64
	err := sqlitex.ExecuteTransient(conn, "SELECT coalesce(max(position), 0) FROM records", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { last = stmt.ColumnInt64(0); return nil },
	})
	if err != nil {
		return "", err
	}
	sum := link.Genesis(uuid.New(), uint64(last))
	return strings.NewReplacer("{last}", strconv.FormatInt(last, 10), "{sum}", hex.EncodeToString(sum[:])).Replace(step), nil
}

// migrate brings the schema to the latest version in one transaction, or leaves the file as
// it is.
func migrate(conn *sqlite.Conn, steps []string) (err error) {
	if err := exec(conn, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if !conn.AutocommitEnabled() {
			if back := exec(conn, "ROLLBACK"); err == nil {
				err = back
			}
		}
	}()
	version, err := schemaVersion(conn)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return &VersionError{Found: version, Known: len(steps)}
	}
	if version == len(steps) {
		return nil
	}
	for _, step := range steps[version:] {
		step, err := filled(conn, step)
		if err == nil {
			err = sqlitex.ExecuteScript(conn, step, nil)
		}
		if err != nil {
			return failed(fmt.Sprintf("migrate from version %d", version), err)
		}
	}
	if err := exec(conn, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if err := exec(conn, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
		return err
	}
	// A crash before this line leaves the old version, a crash after it the new one.
	return exec(conn, "COMMIT")
}

func schemaVersion(conn *sqlite.Conn) (int, error) { return number(conn, "user_version") }

// number reads a pragma whose value is a number.
func number(conn *sqlite.Conn, name string) (int, error) {
	text, err := pragma(conn, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	return n, failed("read "+name, err)
}

func exec(conn *sqlite.Conn, query string) error {
	return failed(query, sqlitex.ExecuteTransient(conn, query, nil))
}
