package sqlite

import (
	"fmt"
	"strconv"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
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

// migrations returns the steps of the schema: step i leads from version i to i+1.
func migrations() []string { return []string{schema1} }

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
		if err := sqlitex.ExecuteScript(conn, step, nil); err != nil {
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
