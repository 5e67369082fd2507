package postgres

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tradesurety/surety/projection"
)

// The names in the statements below are those of a view, which have only letters, digits and
// underscores in them and are too short to be cut, and that of the schema, which is quoted;
// values are never part of a statement.

// maxIndexed is how many columns an index of PostgreSQL has at most.
const maxIndexed = 32

// relation is the name of a table of a version, or of what belongs to it.
func relation(s *projection.Schema, t *projection.Table, suffix string) string {
	return quoted(s.Name + "@" + strconv.Itoa(s.Version) + "." + t.Name + suffix)
}

func (s schema) table(v *projection.Schema, t *projection.Table) string {
	return s.quoted + "." + relation(v, t, "")
}

func quoted(name string) string { return `"` + name + `"` }

// list joins what f makes of columns.
func list(columns []projection.Column, separator string, f func(name string) string) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(f(quoted(c.Name)))
	}
	return b.String()
}

func itself(name string) string { return name }

func sqlType(k projection.Kind) string {
	if k == projection.KindText {
		return "text"
	}
	return "bigint"
}

func (s schema) createTable(v *projection.Schema, t *projection.Table) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + s.table(v, t) + " (")
	for _, c := range t.Columns {
		b.WriteString(quoted(c.Name) + " " + sqlType(c.Kind))
		if c.Kind == projection.KindText {
			b.WriteString(` COLLATE "C"`)
		}
		b.WriteString(" NOT NULL, ")
	}
	b.WriteString("CONSTRAINT " + relation(v, t, ".key") + " PRIMARY KEY (" + list(t.Columns[:t.Key], ", ", itself) + "))")
	return b.String()
}

// createIndex makes an index that goes on with the columns of the key, by which the rows are
// ordered that are equal in its own.
func (s schema) createIndex(v *projection.Schema, t *projection.Table, i int) string {
	columns := make([]projection.Column, 0, len(t.Indexes[i])+t.Key)
	for _, name := range t.Indexes[i] {
		columns = append(columns, projection.Column{Name: name})
	}
	own := len(columns)
	for _, c := range t.Columns[:t.Key] {
		if !contains(columns[:own], c.Name) {
			columns = append(columns, projection.Column{Name: c.Name})
		}
	}
	columns = columns[:min(len(columns), maxIndexed)]
	return "CREATE INDEX IF NOT EXISTS " + relation(v, t, "."+strconv.Itoa(i)) + " ON " + s.table(v, t) + " (" + list(columns, ", ", itself) + ")"
}

func contains(columns []projection.Column, name string) bool {
	for _, c := range columns {
		if c.Name == name {
			return true
		}
	}
	return false
}

// arrays returns the parameters of a statement over many rows, unnest($1::text[], ...).
func arrays(columns []projection.Column) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1) + "::" + sqlType(c.Kind) + "[]")
	}
	return "unnest(" + b.String() + ")"
}

func (s schema) put(v *projection.Schema, t *projection.Table) string {
	query := "INSERT INTO " + s.table(v, t) + " SELECT * FROM " + arrays(t.Columns) +
		" ON CONFLICT (" + list(t.Columns[:t.Key], ", ", itself) + ") DO "
	if len(t.Columns) == t.Key {
		return query + "NOTHING"
	}
	return query + "UPDATE SET " + list(t.Columns[t.Key:], ", ", func(name string) string { return name + " = excluded." + name })
}

func (s schema) remove(v *projection.Schema, t *projection.Table) string {
	key := t.Columns[:t.Key]
	return "DELETE FROM " + s.table(v, t) + " AS r USING " + arrays(key) + " AS k (" + list(key, ", ", itself) + ") WHERE " +
		list(key, " AND ", func(name string) string { return "r." + name + " = k." + name })
}

// parameter is a value, or the values of a column, in PostgreSQL's binary format.
type parameter struct {
	value []byte
	oid   uint32
}

// columns makes a parameter of each column of rows.
func columns(of []projection.Column, rows []projection.Row) []parameter {
	list := make([]parameter, len(of))
	for i, c := range of {
		oid, array, size := uint32(pgtype.Int8OID), uint32(pgtype.Int8ArrayOID), 12*len(rows)
		if c.Kind == projection.KindText {
			oid, array, size = pgtype.TextOID, pgtype.TextArrayOID, 4*len(rows)
			for _, row := range rows {
				size += len(row[i].Text())
			}
		}
		// One dimension, no nulls, the type of the elements, their number, the index of the first.
		b := make([]byte, 0, 20+size)
		for _, n := range []uint32{1, 0, oid, uint32(len(rows)), 1} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		for _, row := range rows {
			if c.Kind == projection.KindText {
				b = binary.BigEndian.AppendUint32(b, uint32(len(row[i].Text())))
				b = append(b, row[i].Text()...)
			} else {
				b = binary.BigEndian.AppendUint32(b, 8)
				b = binary.BigEndian.AppendUint64(b, uint64(row[i].Int()))
			}
		}
		list[i] = parameter{b, array}
	}
	return list
}

func scalar(v projection.Value) parameter {
	if v.Kind() == projection.KindText {
		return parameter{[]byte(v.Text()), pgtype.TextOID}
	}
	return parameter{binary.BigEndian.AppendUint64(nil, uint64(v.Int())), pgtype.Int8OID}
}

// binaryFormat says that all values, or all columns, are in PostgreSQL's binary format.
var binaryFormat = []int16{pgtype.BinaryFormatCode}

// split returns values and types as the driver takes them.
func split(list []parameter) (values [][]byte, oids []uint32) {
	for _, p := range list {
		values, oids = append(values, p.value), append(oids, p.oid)
	}
	return values, oids
}

// errWidth says that a table does not have the columns that the catalog says it has.
var errWidth = errors.New("the table has been changed by somebody else")

// row makes a row of what the server has sent.
func row(t *projection.Table, values [][]byte) (projection.Row, error) {
	r := make(projection.Row, len(t.Columns))
	for i, c := range t.Columns {
		switch {
		case c.Kind == projection.KindText:
			r[i] = projection.Text(string(values[i]))
		case len(values[i]) == 8:
			r[i] = projection.Int(int64(binary.BigEndian.Uint64(values[i])))
		default:
			return nil, errWidth
		}
	}
	return r, nil
}

// selection returns the query of a plan and the values that it is asked with.
func (s schema) selection(v *projection.Schema, p *projection.Plan) (string, []parameter) {
	var (
		b      strings.Builder
		values []parameter
	)
	mark := func(v projection.Value) string {
		values = append(values, scalar(v))
		return "$" + strconv.Itoa(len(values))
	}
	b.WriteString("SELECT " + list(p.Table.Columns, ", ", itself) + " FROM " + s.table(v, p.Table))
	word := " WHERE "
	for _, w := range p.Where {
		b.WriteString(word + quoted(p.Table.Columns[w.Column].Name) + " " + w.Op.String() + " " + mark(w.Value))
		word = " AND "
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
		marks := make([]string, 0, len(p.After))
		for _, v := range p.After {
			marks = append(marks, mark(v))
		}
		b.WriteString(word + "(" + list(order, ", ", itself) + ")" + beyond + "(" + strings.Join(marks, ", ") + ")")
	}
	b.WriteString(" ORDER BY " + list(order, ", ", func(name string) string { return name + direction }) + " LIMIT " + strconv.Itoa(p.Limit))
	return b.String(), values
}

// queries are the statements over the catalog.
type queries struct {
	find, live, all, advance, insert, lock, delete, dismiss, enthrone string
}

func newQueries(s schema) queries {
	const columns = "name, version, tables, turn, position, last, commit_id, ready, live"
	return queries{
		find:     s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 AND version = $2"),
		live:     s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 AND live"),
		all:      s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 ORDER BY version"),
		lock:     s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 AND version = $2 FOR UPDATE"),
		insert:   s.in("INSERT INTO {schema}.versions VALUES ($1, $2, $3, 0, 0, 0, '00000000-0000-0000-0000-000000000000', false, false)"),
		delete:   s.in("DELETE FROM {schema}.versions WHERE name = $1 AND version = $2"),
		dismiss:  s.in("UPDATE {schema}.versions SET live = false WHERE name = $1 AND live"),
		enthrone: s.in("UPDATE {schema}.versions SET live = true, ready = true WHERE name = $1 AND version = $2"),
		advance: s.in(`UPDATE {schema}.versions SET turn = $3, position = $4, last = $5, commit_id = $6
WHERE name = $1 AND version = $2 AND turn = $7 AND position = $8 AND last = $9 AND commit_id = $10 RETURNING ` + columns),
	}
}
