package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
)

// Backup writes a copy of the log to a path at which there is no file, and returns the last
// position in it: the copy holds what was committed up to there, all of it and nothing else.
//
// Appends and reads go on meanwhile, through this store and through others, and the copy does not
// begin anew when they do. It rests half of its time, so that the disk is not its own. It reads one state of the file; the -wal can begin anew only when it
// has ended, and grows until then by what is appended. The copy is one file that needs nothing
// beside it. It is forced to the disk, with its directory, before it has its name: a Backup that
// is cut off leaves nothing at the path, and at most a directory named .surety-* beside it.
//
// The error is an *ExistsError, the plain one of ctx, events.ErrClosed, a *MovedError, or of a
// kind that errors.Is finds: ErrFull, ErrIO, ErrDamaged.
func (s *Store) Backup(ctx context.Context, path string, opts ...TaskOption) (last events.Position, err error) {
	t := newTask(opts)
	t.yields = true
	if path, err = filepath.Abs(path); err != nil {
		return 0, diskError("backup", err)
	}
	if err := absent(path); err != nil {
		return 0, diskError("backup", err)
	}
	err = s.beside(ctx, "backup", func(ctx context.Context, conn *sqlite.Conn) error {
		return publish(path, func(file string) (err error) {
			last, err = copyTo(ctx, file, conn, t)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	return last, nil
}

// Restore puts a copy of a backup to a path at which there is no file, and returns the last
// position in it. The copy is checked as Store.Check does, and forced to the disk with its
// directory before it has its name; Open then opens it as any other log.
//
// Restore writes over nothing and deletes nothing. While there is a file at the path, or one with
// the suffixes -wal, -shm or -journal, it returns an *ExistsError that names it; MoveAside moves
// them away. What processes remember of the log that was there is not true of this one: end them
// first.
//
// A backup is what Backup or SQLite's VACUUM INTO has written. The main file of a log is none: what
// was in its -wal is missing, which nothing in the file shows. Restore refuses it with an
// *OpenError, like a file that is damaged (ErrDamaged), in use, or no log. To restore from all files
// of a log, open them and take a Backup. Other errors are those of Backup.
func Restore(ctx context.Context, backup, path string, opts ...TaskOption) (last events.Position, err error) {
	t := newTask(opts)
	if backup, err = filepath.Abs(backup); err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return 0, diskError("restore", err)
	}
	if err := absent(path); err != nil {
		return 0, diskError("restore", err)
	}
	if err := isBackup(backup); err != nil {
		return 0, err
	}
	src, err := alone(backup)
	if err != nil {
		return 0, openError(backup, err)
	}
	defer src.Close()
	err = publish(path, func(file string) error {
		if last, err = copyTo(ctx, file, src, t); err != nil {
			return err
		}
		if err := checkFile(ctx, file, t); err != nil {
			return openError(backup, err)
		}
		return nil
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, diskError("restore", err)
	}
	return last, nil
}

// isBackup reports an error if the file is not what Backup writes.
func isBackup(path string) error {
	refuse := func(reason string, err error) error { return &OpenError{Path: path, Reason: reason, Err: err} }
	for _, suffix := range suffixes {
		info, err := os.Stat(path + suffix)
		if err == nil && suffix != "-shm" && info.Size() > 0 {
			return refuse("is no backup: a file with the suffix "+suffix+" belongs to it", nil)
		}
	}
	exists, err := inspect(path, len(migrations()), false)
	switch {
	case err != nil:
		return err
	case !exists:
		return refuse("does not exist", fs.ErrNotExist)
	}
	s, err := glance(path)
	switch {
	case err != nil:
		return refuse("cannot be inspected", err)
	case s.ours || s.pid != 0:
		return refuse("is open", &InUseError{Path: path, PID: s.pid})
	case s.wal:
		return refuse("is the main file of a log and no backup: what was in its -wal may be missing", nil)
	}
	return nil
}

// checkFile runs the b-tree check on a file that nobody else uses.
func checkFile(ctx context.Context, path string, t *task) error {
	conn, err := alone(path)
	if err != nil {
		return err
	}
	conn.SetInterrupt(ctx.Done())
	err = check(conn, path, t)
	conn.SetInterrupt(nil)
	return errors.Join(err, conn.Close())
}
