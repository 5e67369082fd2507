package sqlite

import (
	"context"
	"fmt"
	"os"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
)

// DamageError says what is wrong with a database. It is ErrDamaged. Keep the files as they are, see
// MoveAside, and restore a backup.
type DamageError struct {
	Path     string
	Findings []string // in the words of SQLite, at most maxFindings
}

// maxFindings bounds what a check reports: damage of one page leads to many findings.
const maxFindings = 20

func (e *DamageError) Error() string {
	return fmt.Sprintf("sqlite: %s is damaged: %s", e.Path, strings.Join(e.Findings, "; "))
}

// Is reports whether target is ErrDamaged.
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }

// Quick makes a Check leave out that the indexes agree with their tables, which halves its time.
func Quick() TaskOption { return func(t *task) { t.quick = true } }

// Deep makes a Check walk all records with events.Verify and decode, which may be nil, after the
// file was found whole.
func Deep(decode func(events.Record) error) TaskOption {
	return func(t *task) { t.deep, t.decode = true, decode }
}

// Check reads the whole file and returns the position up to which it is whole. It checks the pages,
// the order of the keys, the constraints of the columns, and that the indexes agree with their
// tables. What it finds is a *DamageError; what Deep finds is a *events.CorruptError. The report
// counts records only with Deep.
//
// Appends and reads go on meanwhile. Like Backup it reads one state of the file, and the -wal grows
// until the file was read. It ends with ctx.
func (s *Store) Check(ctx context.Context, opts ...TaskOption) (report events.Report, err error) {
	t := newTask(opts)
	err = s.beside(ctx, "check", func(_ context.Context, conn *sqlite.Conn) error {
		if err := check(conn, s.file.path, t); err != nil {
			return err
		}
		n, err := integer(conn, "SELECT max(position) FROM records")
		report.Last = events.Position(n)
		return err
	})
	if err != nil || !t.deep {
		return report, err
	}
	const every = 1000
	return events.Verify(ctx, s, t.decode, events.Progress(every, func(r events.Report) {
		t.progress(Progress{Step: "walk", Done: int64(r.Records)})
	}))
}

// check runs the b-tree check.
func check(conn *sqlite.Conn, path string, t *task) error {
	pages, err := number(conn, "page_count")
	if err != nil {
		return err
	}
	size, err := number(conn, "page_size")
	if err != nil {
		return err
	}
	total := int64(pages) * int64(size)
	t.progress(Progress{Step: "check", Total: total})
	pragma := "integrity_check"
	if t.quick {
		pragma = "quick_check"
	}
	var findings []string
	err = sqlitex.ExecuteTransient(conn, fmt.Sprintf("PRAGMA %s(%d)", pragma, maxFindings), &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			for line := range strings.Lines(stmt.ColumnText(0)) {
				if line = strings.TrimSpace(line); line != "ok" && !strings.HasPrefix(line, "***") {
					findings = append(findings, line)
				}
			}
			return nil
		},
	})
	if kindOf(err) == ErrDamaged { //nolint:errorlint // kindOf returns it as it is
		findings, err = append(findings, err.Error()), nil
	}
	if len(findings) > 0 {
		return &DamageError{Path: path, Findings: findings[:min(len(findings), maxFindings)]}
	}
	if err != nil {
		return failed("check", err)
	}
	t.progress(Progress{Step: "check", Done: total, Total: total})
	return nil
}

// maxChecked is the size of a file, in bytes, up to which Open checks it after an unclean end.
const maxChecked = 256 << 20

// belongs reports an error if the -wal that was found beside the file is not its own, or if the two
// are damaged.
//
// A file in use is in WAL mode before it has a -wal, and a backup is not. A -wal that a process
// left which did not close the file leads to the quick check, if no other process has the file open.
// That connection only reads, so it neither checkpoints the -wal nor removes it: a file that is
// refused stays as it is.
func belongs(ctx context.Context, path string) error {
	s, err := glance(path)
	switch {
	case err != nil:
		return err
	case s.ours || s.pid != 0:
		return nil
	case !s.wal:
		return &OpenError{Path: path, Reason: "is a backup, and the -wal beside it is of another file; MoveAside moves both"}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxChecked {
		return err
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = reading(ctx, conn, func(_ context.Context, conn *sqlite.Conn) error {
		if err := complete(conn, path); err != nil {
			return &OpenError{Path: path, Reason: "is truncated", Err: err}
		}
		return check(conn, path, newTask([]TaskOption{Quick()}))
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
