package sqlite

import (
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
)

// The names in the statements below are those of a schema, which has only letters, digits and
// underscores in them; values are always bound.

func tableName(s *projection.Schema, t *projection.Table) string {
	return quoted(s.Name + "@" + strconv.Itoa(s.Version) + "." + t.Name)
}

func quoted(name string) string { return `"` + name + `"` }

// list enumerates what f makes of columns.
func list(columns []projection.Column, f func(name string) string) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f(quoted(c.Name)))
	}
	return b.String()
}

func itself(name string) string { return name }

func createTable(s *projection.Schema, t *projection.Table) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + tableName(s, t) + " (")
	for _, c := range t.Columns {
		kind := "INTEGER"
		if c.Kind == projection.KindText {
			kind = "TEXT"
		}
		b.WriteString(quoted(c.Name) + " " + kind + " NOT NULL, ")
	}
	b.WriteString("PRIMARY KEY (" + list(t.Columns[:t.Key], itself) + ")) STRICT, WITHOUT ROWID")
	return b.String()
}

func createIndex(s *projection.Schema, t *projection.Table, i int) string {
	columns := make([]projection.Column, 0, len(t.Indexes[i]))
	for _, name := range t.Indexes[i] {
		columns = append(columns, projection.Column{Name: name})
	}
	name := quoted(s.Name + "@" + strconv.Itoa(s.Version) + "." + t.Name + "." + strconv.Itoa(i))
	return "CREATE INDEX IF NOT EXISTS " + name + " ON " + tableName(s, t) + " (" + list(columns, itself) + ")"
}

// apply makes the change of a table.
func apply(conn *sqlite.Conn, s *projection.Schema, c *projection.TableChange) error {
	t := s.Table(c.Table.Name)
	if t == nil {
		return fault(s.Name, s.Version, projection.ErrOtherTables)
	}
	if len(c.Delete) > 0 {
		query := "DELETE FROM " + tableName(s, t) + " WHERE (" + list(t.Columns[:t.Key], itself) + ") = (" + marks(t.Key) + ")"
		if err := each(conn, "delete", query, c.Delete); err != nil {
			return err
		}
	}
	if len(c.Put) == 0 {
		return nil
	}
	// While there is no index but the key, this overwrites the row in its place.
	query := "INSERT OR REPLACE INTO " + tableName(s, t) + " VALUES (" + marks(len(t.Columns)) + ")"
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

// run carries out a statement that returns no rows.
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
	version version
}

// Status implements projection.Snapshot.
func (s *snapshot) Status() projection.Status { return s.version.status }

// Select implements projection.Snapshot.
func (s *snapshot) Select(q projection.Query) ([]projection.Row, error) {
	p, err := s.version.schema.Plan(q)
	if err != nil {
		return nil, err
	}
	query, values := statement(s.version.schema, p)
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

// statement returns the query of a plan and the values that are bound to it.
func statement(s *projection.Schema, p *projection.Plan) (string, []projection.Value) {
	var (
		b      strings.Builder
		values []projection.Value
	)
	b.WriteString("SELECT " + list(p.Table.Columns, itself) + " FROM " + tableName(s, p.Table))
	word := " WHERE "
	for _, w := range p.Where {
		b.WriteString(word + quoted(p.Table.Columns[w.Column].Name) + " " + w.Op.String() + " ?")
		values, word = append(values, w.Value), " AND "
	}
	order := make([]projection.Column, 0, len(p.Order))
	for _, c := range p.Order {
		order = append(order, p.Table.Columns[c])
	}
	direction, beyond := "", " > "
	if p.Descending {
		direction, beyond = " DESC", " < "
	}
	if p.After != nil {
		b.WriteString(word + "(" + list(order, itself) + ")" + beyond + "(" + marks(len(p.After)) + ")")
		values = append(values, p.After...)
	}
	b.WriteString(" ORDER BY " + list(order, func(name string) string { return name + direction }) + " LIMIT ?")
	return b.String(), append(values, projection.Int(int64(p.Limit)))
}
