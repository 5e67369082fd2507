package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/sqlstore"
)

const (
	beginWrite = "BEGIN READ WRITE, ISOLATION LEVEL READ COMMITTED"
	beginRead  = "BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ"
)

// Prepare implements projection.Store. The tables have no index but their key until the version
// takes over. A key of more columns than an index of PostgreSQL can have is a
// *projection.DefinitionError.
func (s *Store) Prepare(ctx context.Context, schema *projection.Schema) error {
	raw, err := schema.MarshalText()
	if err != nil {
		return err
	}
	prepared := func(conn *pgx.Conn) (bool, error) {
		v, err := s.version(ctx, conn, "prepare", s.queries.find, schema.Name, schema.Version)
		switch {
		case errors.Is(err, projection.ErrNotPrepared):
			return false, nil
		case err == nil && v.Text != string(raw):
			err = sqlstore.Fault(schema.Name, schema.Version, projection.ErrOtherTables)
		}
		return err == nil, err
	}
	done := false
	err = s.use(ctx, "prepare", func(conn *pgx.Conn) (err error) {
		done, err = prepared(conn)
		return err
	})
	if err != nil || done {
		return err
	}
	for i, t := range schema.Tables {
		if t.Key > maxIndexed {
			return &projection.DefinitionError{
				View: schema.Name, Field: fmt.Sprintf("tables[%d].key", i), Reason: fmt.Sprintf("%d columns are more than the %d of an index", t.Key, maxIndexed),
			}
		}
	}
	return s.write(ctx, "prepare", func(conn *pgx.Conn) error {
		if err := s.alone(ctx, conn, "prepare", schema.Name); err != nil {
			return err
		}
		if done, err := prepared(conn); done || err != nil {
			return err
		}
		var script strings.Builder
		for _, t := range schema.Tables {
			script.WriteString(s.schema.createTable(schema, t) + ";\n")
		}
		if err := run(ctx, conn, "prepare", script.String()); err != nil {
			return err
		}
		return run(ctx, conn, "prepare", s.queries.insert, schema.Name, schema.Version, string(raw))
	})
}

// Commit implements projection.Store.
func (s *Store) Commit(ctx context.Context, c *projection.Change) error {
	return s.use(ctx, "commit", func(conn *pgx.Conn) error {
		return s.finish(ctx, "commit", conn, s.apply(ctx, conn, c))
	})
}

// advance begins a transaction, moves the checkpoint of a version in it, and returns the version.
func (s *Store) advance(ctx context.Context, conn *pgx.Conn, name string, number int, from, to projection.Checkpoint) (v sqlstore.Version, err error) {
	// Of two workers at one checkpoint, one waits here for the other's commit, and then finds
	// the checkpoint moved.
	found, err := s.first(ctx, conn, []string{beginWrite}, s.queries.advance, name, number,
		int64(to.Turn), int64(to.Position), int64(to.Last), [16]byte(to.Commit), sqlstore.Mark(to.Mark),
		int64(from.Turn), int64(from.Position), int64(from.Last), [16]byte(from.Commit), sqlstore.Mark(from.Mark))
	if err != nil {
		return v, failed(ctx, "checkpoint", err)
	}
	if len(found) == 0 {
		if _, err := s.version(ctx, conn, "checkpoint", s.queries.find, name, number); err != nil {
			return v, err
		}
		return v, sqlstore.Fault(name, number, projection.ErrBehind)
	}
	return found[0], s.hook(stepCheckpoint, conn)
}

// apply makes a change in a transaction that it begins.
func (s *Store) apply(ctx context.Context, conn *pgx.Conn, c *projection.Change) error {
	v, err := s.advance(ctx, conn, c.Name, c.Version, c.From, c.To)
	if err != nil {
		return err
	}
	var b pgconn.Batch
	for i := range c.Tables {
		change := &c.Tables[i]
		t := v.Schema.Table(change.Table.Name)
		if t == nil {
			return sqlstore.Fault(c.Name, c.Version, projection.ErrOtherTables)
		}
		if len(change.Delete) > 0 {
			queue(&b, s.schema.remove(v.Schema, t), columns(t.Columns[:t.Key], change.Delete))
		}
		if len(change.Put) > 0 {
			queue(&b, s.schema.put(v.Schema, t), columns(t.Columns, change.Put))
		}
	}
	if _, err := conn.PgConn().ExecBatch(ctx, &b).ReadAll(); err != nil {
		return failed(ctx, "rows", err)
	}
	return s.hook(stepRows, conn)
}

func queue(b *pgconn.Batch, query string, parameters []parameter) {
	values, oids := split(parameters)
	b.ExecParams(query, values, oids, binaryFormat, nil)
}

// Read implements projection.Store.
func (s *Store) Read(ctx context.Context, name string, number int, f func(projection.Snapshot) error) error {
	return s.use(ctx, "read", func(conn *pgx.Conn) error {
		defer s.rollback(ctx, conn)
		v, err := s.enter(ctx, conn, name, number)
		if err == nil {
			err = s.hook(stepRead, conn)
		}
		if err != nil {
			return err
		}
		return f(&snapshot{ctx, s, conn, v})
	})
}

// enter begins a transaction that sees one state of a version.
//
// It locks a table before its first query, which fixes the state: from then on the version cannot
// be dropped, and a version that was dropped before is not in the state.
func (s *Store) enter(ctx context.Context, conn *pgx.Conn, name string, number int) (sqlstore.Version, error) {
	// A remembered version may have been dropped, and another version may have become live.
	const attempts = 100
	var failure error
	for range attempts {
		v, err := s.look(ctx, conn, name, number)
		if err != nil {
			return sqlstore.Version{}, err
		}
		table := s.schema.in("{schema}.versions")
		if len(v.Schema.Tables) > 0 {
			table = s.schema.table(v.Schema, v.Schema.Tables[0])
		}
		found, err := s.first(ctx, conn, []string{beginRead, "LOCK TABLE " + table + " IN ACCESS SHARE MODE"}, s.queries.find, name, v.Status.Version)
		if err != nil && code(err) != undefinedTable {
			return sqlstore.Version{}, failed(ctx, "read", err)
		}
		if len(found) == 1 && found[0].Text == v.Text && (number != 0 || found[0].Status.Live) {
			return found[0], nil
		}
		failure = err
		s.known.Delete(place{name, v.Status.Version})
		s.rollback(ctx, conn)
	}
	if failure == nil {
		failure = errors.New("the version changes too often")
	}
	return sqlstore.Version{}, failed(ctx, "read", failure)
}

// place identifies a version of a view.
type place struct {
	name    string
	version int
}

// look returns a version as it is remembered, or as the catalog has it.
func (s *Store) look(ctx context.Context, conn *pgx.Conn, name string, number int) (sqlstore.Version, error) {
	if v, ok := s.known.Load(place{name, number}); ok {
		return v.(sqlstore.Version), nil
	}
	if number == 0 {
		return s.version(ctx, conn, "read", s.queries.live, name, 0)
	}
	v, err := s.version(ctx, conn, "read", s.queries.find, name, number)
	if err == nil {
		s.known.Store(place{name, number}, v)
	}
	return v, err
}

// TakeOver implements projection.Store. It makes the indexes of the version. Commits to it wait;
// those to the live version do not.
func (s *Store) TakeOver(ctx context.Context, name string, number, from int) error {
	const op = "take over"
	return s.write(ctx, op, func(conn *pgx.Conn) error {
		if err := s.alone(ctx, conn, op, name); err != nil {
			return err
		}
		v, err := s.version(ctx, conn, op, s.queries.lock, name, number)
		if err != nil {
			return err
		}
		live, err := s.version(ctx, conn, op, s.queries.live, name, 0)
		if err != nil && !errors.Is(err, projection.ErrNotPrepared) {
			return err
		}
		if live.Status.Version != from {
			return sqlstore.Fault(name, number, projection.ErrOtherLive)
		}
		var script strings.Builder
		for _, t := range v.Schema.Tables {
			for i := range t.Indexes {
				script.WriteString(s.schema.createIndex(v.Schema, t, i) + ";\n")
			}
			script.WriteString("ANALYZE " + s.schema.table(v.Schema, t) + ";\n")
		}
		if err := run(ctx, conn, op, script.String()); err != nil {
			return err
		}
		if err := run(ctx, conn, op, s.queries.clearLive, name); err != nil {
			return err
		}
		return run(ctx, conn, op, s.queries.setLive, name, number)
	})
}

// Clear implements projection.Store. It waits for the readers of the version. The tables stay, with what
// others have granted on them or made of them; the indexes come back when the version takes over.
func (s *Store) Clear(ctx context.Context, name string, number int, from projection.Checkpoint) error {
	return s.use(ctx, "clear", func(conn *pgx.Conn) error {
		return s.finish(ctx, "clear", conn, s.empty(ctx, conn, name, number, from))
	})
}

// empty clears a version in a transaction that it begins.
func (s *Store) empty(ctx context.Context, conn *pgx.Conn, name string, number int, from projection.Checkpoint) error {
	v, err := s.advance(ctx, conn, name, number, from, from.Cleared())
	if err != nil {
		return err
	}
	// A reader has locked the first table before it sees anything.
	var script strings.Builder
	for _, t := range v.Schema.Tables {
		script.WriteString("TRUNCATE " + s.schema.table(v.Schema, t) + ";\n")
		for i := range t.Indexes {
			script.WriteString("DROP INDEX IF EXISTS " + s.schema.index(v.Schema, t, i) + ";\n")
		}
	}
	if err := run(ctx, conn, "clear", script.String()); err != nil {
		return err
	}
	if err := run(ctx, conn, "clear", s.queries.unready, name, number); err != nil {
		return err
	}
	return s.hook(stepRows, conn)
}

// Drop implements projection.Store. It waits for the readers of the version.
func (s *Store) Drop(ctx context.Context, name string, number int) error {
	const op = "drop"
	return s.write(ctx, op, func(conn *pgx.Conn) error {
		if err := s.alone(ctx, conn, op, name); err != nil {
			return err
		}
		v, err := s.version(ctx, conn, op, s.queries.lock, name, number)
		switch {
		case errors.Is(err, projection.ErrNotPrepared):
			return nil
		case err != nil:
			return err
		case v.Status.Live:
			return sqlstore.Fault(name, number, projection.ErrLive)
		}
		var script strings.Builder
		for _, t := range v.Schema.Tables {
			script.WriteString("DROP TABLE " + s.schema.table(v.Schema, t) + ";\n")
		}
		if err := run(ctx, conn, op, script.String()); err != nil {
			return err
		}
		return run(ctx, conn, op, s.queries.delete, name, number)
	})
}

// Versions implements projection.Store.
func (s *Store) Versions(ctx context.Context, name string) (list []projection.Status, err error) {
	err = s.use(ctx, "versions", func(conn *pgx.Conn) error {
		if !possible(name) {
			return nil
		}
		rows, err := conn.Query(ctx, s.queries.all, name)
		found, err := s.scan(rows, err)
		for _, v := range found {
			list = append(list, v.Status)
		}
		return failed(ctx, "versions", err)
	})
	return list, err
}

// write runs f in a transaction: all that it does or nothing.
func (s *Store) write(ctx context.Context, op string, f func(*pgx.Conn) error) error {
	return s.use(ctx, op, func(conn *pgx.Conn) error {
		err := run(ctx, conn, op, beginWrite)
		if err == nil {
			err = f(conn)
		}
		return s.finish(ctx, op, conn, err)
	})
}

// finish commits, or rolls back if there was an error.
func (s *Store) finish(ctx context.Context, op string, conn *pgx.Conn, err error) error {
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = s.hook(stepCommit, conn)
	}
	if err != nil {
		s.rollback(ctx, conn)
		return err
	}
	// If ctx ended from here on, the outcome would be unknown, so the server gets some time to
	// answer. A crash before the server has read COMMIT leaves the state before the transaction, a
	// crash after it the state after the transaction.
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.grace, cancel) })()
	tag, err := conn.Exec(patient, "COMMIT")
	if err == nil && tag.String() != "COMMIT" {
		err = errors.New("the server has rolled the transaction back")
	}
	return failed(patient, op, err)
}

// rollback ends a transaction, if there is one. If that fails, the pool drops the connection, and
// the server rolls back.
func (s *Store) rollback(ctx context.Context, conn *pgx.Conn) {
	if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	_, _ = conn.Exec(ctx, "ROLLBACK")
}

// alone waits until no other process makes or removes tables of the view, and then keeps them out.
func (s *Store) alone(ctx context.Context, conn *pgx.Conn, op, name string) error {
	return run(ctx, conn, op, "SELECT pg_advisory_xact_lock($1)", s.schema.key(name))
}

// run executes a statement, or several that have no values.
func run(ctx context.Context, conn *pgx.Conn, op, query string, args ...any) error {
	if len(args) == 0 {
		_, err := conn.PgConn().Exec(ctx, query).ReadAll()
		return failed(ctx, op, err)
	}
	_, err := conn.Exec(ctx, query, args...)
	return failed(ctx, op, err)
}
