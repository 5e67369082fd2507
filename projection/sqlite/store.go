package sqlite

import (
	"context"
	"errors"
	"sync"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/sqlstore"
)

// Store keeps views in one SQLite file. Open returns one, which must be closed. Any number of
// Stores, in one process or in several, may be open on one file.
type Store struct {
	life    sync.Mutex // of closed, after which nothing begins
	closed  bool
	running sync.WaitGroup
	conns   []*sqlite.Conn
	writer  chan *sqlite.Conn // holds the writing connection while it is idle
	readers chan *sqlite.Conn // holds the idle reading connections
	schemas sqlstore.Schemas
	hook    func(step string) error
}

// The steps of a commit between which the tests of this package inject faults.
const (
	stepRows       = "rows"
	stepCheckpoint = "checkpoint"
	stepCommit     = "commit"
)

// Close waits for the running calls and releases the file. Every later call returns
// projection.ErrClosed.
func (s *Store) Close() error {
	s.life.Lock()
	closed := s.closed
	s.closed = true
	s.life.Unlock()
	if closed {
		return projection.ErrClosed
	}
	s.running.Wait()
	var errs []error
	for i := len(s.conns) - 1; i >= 0; i-- {
		errs = append(errs, s.conns[i].Close())
	}
	return failed("close", errors.Join(errs...))
}

// begin counts a running call, unless the store is closed. A read within a read is refused while
// Close waits, so that the two do not wait for each other.
func (s *Store) begin() bool {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// use lends a connection to f. While f runs, the end of ctx interrupts it.
func (s *Store) use(ctx context.Context, from chan *sqlite.Conn, f func(*sqlite.Conn) error) error {
	if !s.begin() {
		return projection.ErrClosed
	}
	defer s.running.Done()
	var conn *sqlite.Conn
	select {
	case conn = <-from:
		defer func() { from <- conn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	conn.SetInterrupt(ctx.Done())
	defer conn.SetInterrupt(nil)
	err := f(conn)
	if err != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultInterrupt && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// write runs f in a transaction: all that it does or nothing.
func (s *Store) write(ctx context.Context, op string, f func(*sqlite.Conn) error) error {
	return s.use(ctx, s.writer, func(conn *sqlite.Conn) (err error) {
		err = patiently(ctx, func() error { return sqlitex.ExecuteTransient(conn, "BEGIN IMMEDIATE", nil) })
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return failed(op, err)
		}
		err = f(conn)
		if err == nil {
			err = ctx.Err()
		}
		// An interrupt from here on would leave the outcome unknown.
		conn.SetInterrupt(nil)
		if err == nil {
			err = s.hook(stepCommit)
		}
		return end(conn, err)
	})
}

// Prepare implements projection.Store. The tables have no index but their key until the version
// takes over.
func (s *Store) Prepare(ctx context.Context, schema *projection.Schema) error {
	raw, err := schema.MarshalText()
	if err != nil {
		return err
	}
	return s.write(ctx, "prepare", func(conn *sqlite.Conn) error {
		v, err := s.version(conn, schema.Name, schema.Version)
		switch {
		case err == nil && v.Text != string(raw):
			return sqlstore.Fault(schema.Name, schema.Version, projection.ErrOtherTables)
		case err == nil || !errors.Is(err, projection.ErrNotPrepared):
			return err
		}
		if err := createTables(conn, "prepare", schema); err != nil {
			return err
		}
		return run(conn, "prepare", "INSERT INTO versions VALUES (?, ?, ?, 0, 0, 0, zeroblob(16), 0, 0, x'')",
			schema.Name, schema.Version, string(raw))
	})
}

// createTables makes the tables of a version.
func createTables(conn *sqlite.Conn, op string, schema *projection.Schema) error {
	for _, t := range schema.Tables {
		if err := run(conn, op, createTable(schema, t)); err != nil {
			return err
		}
	}
	return nil
}

// dropTables removes the tables of a version.
func dropTables(conn *sqlite.Conn, op string, schema *projection.Schema) error {
	for _, t := range schema.Tables {
		if err := run(conn, op, "DROP TABLE "+sqlstore.Table(schema, t)); err != nil {
			return err
		}
	}
	return nil
}

// Commit implements projection.Store.
func (s *Store) Commit(ctx context.Context, c *projection.Change) error {
	return s.write(ctx, "commit", func(conn *sqlite.Conn) error {
		v, err := s.at(conn, c.Name, c.Version, c.From)
		if err != nil {
			return err
		}
		for i := range c.Tables {
			if err := apply(conn, v.Schema, &c.Tables[i]); err != nil {
				return err
			}
		}
		if err := s.hook(stepRows); err != nil {
			return err
		}
		return s.advance(conn, c.Name, c.Version, c.To)
	})
}

// at returns a version that is at a checkpoint.
func (s *Store) at(conn *sqlite.Conn, name string, number int, from projection.Checkpoint) (sqlstore.Version, error) {
	if number == 0 {
		return sqlstore.Version{}, sqlstore.Fault(name, number, projection.ErrNotPrepared)
	}
	v, err := s.version(conn, name, number)
	if err == nil && v.Status.Checkpoint != from {
		err = sqlstore.Fault(name, number, projection.ErrBehind)
	}
	return v, err
}

// advance moves the checkpoint of a version.
func (s *Store) advance(conn *sqlite.Conn, name string, number int, to projection.Checkpoint) error {
	err := run(conn, "checkpoint", "UPDATE versions SET turn = ?, position = ?, last = ?, commit_id = ?, mark = ? WHERE name = ? AND version = ?",
		int64(to.Turn), int64(to.Position), int64(to.Last), to.Commit[:], sqlstore.Mark(to.Mark), name, number)
	if err != nil {
		return err
	}
	return s.hook(stepCheckpoint)
}

// Read implements projection.Store.
func (s *Store) Read(ctx context.Context, name string, number int, f func(projection.Snapshot) error) error {
	return s.use(ctx, s.readers, func(conn *sqlite.Conn) (err error) {
		if err := patiently(ctx, func() error { return sqlitex.ExecuteTransient(conn, "BEGIN", nil) }); err != nil {
			return failed("read", err)
		}
		defer func() {
			conn.SetInterrupt(nil)
			if conn.AutocommitEnabled() {
				return
			}
			if back := sqlitex.ExecuteTransient(conn, "ROLLBACK", nil); err == nil {
				err = failed("read", back)
			}
		}()
		v, err := s.version(conn, name, number)
		if err != nil {
			return err
		}
		return f(&snapshot{conn, v})
	})
}

// TakeOver implements projection.Store. It makes the indexes of the version.
func (s *Store) TakeOver(ctx context.Context, name string, number, from int) error {
	return s.write(ctx, "take over", func(conn *sqlite.Conn) error {
		v, err := s.version(conn, name, number)
		if err != nil {
			return err
		}
		live, err := s.version(conn, name, 0)
		if err != nil && !errors.Is(err, projection.ErrNotPrepared) {
			return err
		}
		if live.Status.Version != from {
			return sqlstore.Fault(name, number, projection.ErrOtherLive)
		}
		for _, t := range v.Schema.Tables {
			for i := range t.Indexes {
				if err := run(conn, "take over", createIndex(v.Schema, t, i)); err != nil {
					return err
				}
			}
		}
		if err := run(conn, "take over", "UPDATE versions SET live = 0 WHERE name = ? AND live = 1", name); err != nil {
			return err
		}
		return run(conn, "take over", "UPDATE versions SET live = 1, ready = 1 WHERE name = ? AND version = ?", name, number)
	})
}

// Clear implements projection.Store. The indexes go with the rows, and come back when the version takes
// over.
func (s *Store) Clear(ctx context.Context, name string, number int, from projection.Checkpoint) error {
	return s.write(ctx, "clear", func(conn *sqlite.Conn) error {
		v, err := s.at(conn, name, number, from)
		if err == nil {
			err = dropTables(conn, "clear", v.Schema)
		}
		if err == nil {
			err = createTables(conn, "clear", v.Schema)
		}
		if err == nil {
			err = s.hook(stepRows)
		}
		if err == nil {
			err = run(conn, "clear", "UPDATE versions SET ready = 0, live = 0 WHERE name = ? AND version = ?", name, number)
		}
		if err != nil {
			return err
		}
		return s.advance(conn, name, number, from.Cleared())
	})
}

// Drop implements projection.Store.
func (s *Store) Drop(ctx context.Context, name string, number int) error {
	return s.write(ctx, "drop", func(conn *sqlite.Conn) error {
		v, err := s.version(conn, name, number)
		switch {
		case number == 0 || errors.Is(err, projection.ErrNotPrepared):
			return nil
		case err != nil:
			return err
		case v.Status.Live:
			return sqlstore.Fault(name, number, projection.ErrLive)
		}
		if err := dropTables(conn, "drop", v.Schema); err != nil {
			return err
		}
		return run(conn, "drop", "DELETE FROM versions WHERE name = ? AND version = ?", name, number)
	})
}

// Versions implements projection.Store.
func (s *Store) Versions(ctx context.Context, name string) (list []projection.Status, err error) {
	err = s.use(ctx, s.readers, func(conn *sqlite.Conn) error {
		return patiently(ctx, func() error {
			list = nil
			return s.catalog(conn, "WHERE name = ? ORDER BY version", func(v sqlstore.Version) { list = append(list, v.Status) }, name)
		})
	})
	return list, err
}

// version returns a version of a view; 0 is the live one.
func (s *Store) version(conn *sqlite.Conn, name string, number int) (found sqlstore.Version, err error) {
	keep := func(v sqlstore.Version) { found = v }
	if number == 0 {
		err = s.catalog(conn, "WHERE name = ? AND live = 1", keep, name)
	} else {
		err = s.catalog(conn, "WHERE name = ? AND version = ?", keep, name, number)
	}
	if err == nil && found.Text == "" {
		err = sqlstore.Fault(name, number, projection.ErrNotPrepared)
	}
	return found, err
}

// catalog calls f for the rows of the catalog that the rest of the query selects.
func (s *Store) catalog(conn *sqlite.Conn, rest string, f func(sqlstore.Version), args ...any) error {
	stmt, err := bind(conn, "catalog", "SELECT name, version, tables, turn, position, last, commit_id, ready, live, mark FROM versions "+rest, args...)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return failed("catalog", err)
		}
		v := sqlstore.Version{Text: stmt.ColumnText(2), Status: projection.Status{
			Name: stmt.ColumnText(0), Version: stmt.ColumnInt(1), Ready: stmt.ColumnBool(7), Live: stmt.ColumnBool(8),
			Checkpoint: projection.Checkpoint{
				Turn: uint64(stmt.ColumnInt64(3)), Position: position(stmt, 4), Last: position(stmt, 5),
			},
		}}
		stmt.ColumnBytes(6, v.Status.Checkpoint.Commit[:])
		mark := make([]byte, stmt.ColumnLen(9))
		stmt.ColumnBytes(9, mark)
		if v.Status.Checkpoint.Mark, err = sqlstore.ParseMark(mark); err != nil {
			return failed("catalog", err)
		}
		if v.Schema, err = s.schemas.Parse(v.Text); err != nil {
			return failed("catalog", err)
		}
		f(v)
	}
}
