package sqlite

import (
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/sqlstore"
)

var sqlType = map[projection.Kind]string{projection.KindInt: "INTEGER", projection.KindText: "TEXT"}

func createTable(s *projection.Schema, t *projection.Table) string {
	return "CREATE TABLE " + sqlstore.Table(s, t) + " (" + sqlstore.Definition(t, sqlType, "") + ") STRICT, WITHOUT ROWID"
}

func createIndex(s *projection.Schema, t *projection.Table, i int) string {
	return "CREATE INDEX IF NOT EXISTS " + sqlstore.Part(s, t, "."+strconv.Itoa(i)) + " ON " + sqlstore.Table(s, t) + " (" + sqlstore.List(t.Indexes[i]) + ")"
}

// apply makes the change of a table.
func apply(conn *sqlite.Conn, s *projection.Schema, c *projection.TableChange) error {
	t := s.Table(c.Table.Name)
	if t == nil {
		return sqlstore.Fault(s.Name, s.Version, projection.ErrOtherTables)
	}
	if len(c.Delete) > 0 {
		query := "DELETE FROM " + sqlstore.Table(s, t) + " WHERE (" + sqlstore.List(sqlstore.Key(t)) + ") = (" + marks(t.Key) + ")"
		if err := each(conn, "delete", query, c.Delete); err != nil {
			return err
		}
	}
	if len(c.Put) == 0 {
		return nil
	}
	// As long as the key is the only index, this overwrites the row where it is.
	query := "INSERT OR REPLACE INTO " + sqlstore.Table(s, t) + " VALUES (" + marks(len(t.Columns)) + ")"
	return each(conn, "put", query, c.Put)
}

func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }

// each runs a statement for each row.
func each(conn *sqlite.Conn, op, query string, rows []projection.Row) error {
	stmt, err := conn.Prepare(query)
	if err != nil {
		return failed(op, err)
	}
	for _, row := range rows {
		for i, v := range row {
			bindValue(stmt, i+1, v)
		}
		if _, err := stmt.Step(); err != nil {
			_ = stmt.Reset()
			return failed(op, err)
		}
		if err := stmt.Reset(); err != nil {
			return failed(op, err)
		}
	}
	return nil
}

func bindValue(stmt *sqlite.Stmt, at int, v projection.Value) {
	if v.Kind() == projection.KindText {
		stmt.BindText(at, v.Text())
	} else {
		stmt.BindInt64(at, v.Int())
	}
}

// bind prepares a statement and binds numbers, texts and bytes to it.
func bind(conn *sqlite.Conn, op, query string, args ...any) (*sqlite.Stmt, error) {
	stmt, err := conn.Prepare(query)
	if err != nil {
		return nil, failed(op, err)
	}
	for i, a := range args {
		switch a := a.(type) {
		case int:
			stmt.BindInt64(i+1, int64(a))
		case int64:
			stmt.BindInt64(i+1, a)
		case string:
			stmt.BindText(i+1, a)
		case []byte:
			stmt.BindBytes(i+1, a)
		}
	}
	return stmt, nil
}

// run executes a statement that returns no rows.
func run(conn *sqlite.Conn, op, query string, args ...any) error {
	stmt, err := bind(conn, op, query, args...)
	if err != nil {
		return err
	}
	_, err = stmt.Step()
	if reset := stmt.Reset(); err == nil {
		err = reset
	}
	return failed(op, err)
}

func position(stmt *sqlite.Stmt, column int) events.Position {
	return events.Position(stmt.ColumnInt64(column))
}

// snapshot is a version in a reading transaction.
type snapshot struct {
	conn    *sqlite.Conn
	version sqlstore.Version
}

// Status implements projection.Snapshot.
func (s *snapshot) Status() projection.Status { return s.version.Status }

// Select implements projection.Snapshot.
func (s *snapshot) Select(q projection.Query) ([]projection.Row, error) {
	p, err := s.version.Schema.Plan(q)
	if err != nil {
		return nil, err
	}
	var values []projection.Value
	mark := func(v projection.Value) string { values = append(values, v); return "?" }
	query := sqlstore.Select(sqlstore.Table(s.version.Schema, p.Table), p, mark) + " LIMIT " + mark(projection.Int(int64(p.Limit)))
	stmt, err := s.conn.Prepare(query)
	if err != nil {
		return nil, failed("select", err)
	}
	defer stmt.Reset()
	for i, v := range values {
		bindValue(stmt, i+1, v)
	}
	var rows []projection.Row
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return rows, failed("select", err)
		}
		row := make(projection.Row, len(p.Table.Columns))
		for i, c := range p.Table.Columns {
			if c.Kind == projection.KindText {
				row[i] = projection.Text(stmt.ColumnText(i))
			} else {
				row[i] = projection.Int(stmt.ColumnInt64(i))
			}
		}
		rows = append(rows, row)
	}
}
