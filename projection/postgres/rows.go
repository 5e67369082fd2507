package postgres

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/sqlstore"
)

// maxIndexed is how many columns an index of PostgreSQL has at most.
const maxIndexed = 32

// table returns the name of a table of a version.
func (s schema) table(v *projection.Schema, t *projection.Table) string {
	return s.quoted + "." + sqlstore.Table(v, t)
}

// sqlType is the type of a parameter, and of a column but for its collation.
var sqlType = map[projection.Kind]string{projection.KindInt: "bigint", projection.KindText: "text"}

func (s schema) createTable(v *projection.Schema, t *projection.Table) string {
	types := map[projection.Kind]string{projection.KindInt: sqlType[projection.KindInt], projection.KindText: sqlType[projection.KindText] + ` COLLATE "C"`}
	return "CREATE TABLE " + s.table(v, t) + " (" + sqlstore.Definition(t, types, sqlstore.Part(v, t, ".key")) + ")"
}

// createIndex returns the statement for an index that ends with the columns of the key, which
// order the rows that are equal in its own columns.
func (s schema) createIndex(v *projection.Schema, t *projection.Table, i int) string {
	columns := slices.Clone(t.Indexes[i])
	for _, name := range sqlstore.Key(t) {
		if !slices.Contains(t.Indexes[i], name) {
			columns = append(columns, name)
		}
	}
	columns = columns[:min(len(columns), maxIndexed)]
	return "CREATE INDEX IF NOT EXISTS " + sqlstore.Part(v, t, "."+strconv.Itoa(i)) + " ON " + s.table(v, t) + " (" + sqlstore.List(columns) + ")"
}

// index returns the name of an index of a table of a version.
func (s schema) index(v *projection.Schema, t *projection.Table, i int) string {
	return s.quoted + "." + sqlstore.Part(v, t, "."+strconv.Itoa(i))
}

// arrays returns the parameters of a statement over many rows, unnest($1::text[], ...).
func arrays(columns []projection.Column) string {
	parameters := make([]string, len(columns))
	for i, c := range columns {
		parameters[i] = "$" + strconv.Itoa(i+1) + "::" + sqlType[c.Kind] + "[]"
	}
	return "unnest(" + strings.Join(parameters, ", ") + ")"
}

func (s schema) put(v *projection.Schema, t *projection.Table) string {
	key, others := sqlstore.Key(t), sqlstore.Names(t.Columns[t.Key:])
	query := "INSERT INTO " + s.table(v, t) + " SELECT * FROM " + arrays(t.Columns) + " ON CONFLICT (" + sqlstore.List(key) + ") DO "
	if len(others) == 0 {
		return query + "NOTHING"
	}
	return query + "UPDATE SET " + sqlstore.Join(others, ", ", func(name string) string { return name + " = excluded." + name })
}

func (s schema) remove(v *projection.Schema, t *projection.Table) string {
	key := sqlstore.Key(t)
	return "DELETE FROM " + s.table(v, t) + " AS r USING " + arrays(t.Columns[:t.Key]) + " AS k (" + sqlstore.List(key) + ") WHERE " +
		sqlstore.Join(key, " AND ", func(name string) string { return "r." + name + " = k." + name })
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

// split returns the values and types of parameters.
func split(list []parameter) (values [][]byte, oids []uint32) {
	for _, p := range list {
		values, oids = append(values, p.value), append(oids, p.oid)
	}
	return values, oids
}

// errWidth is returned for a table whose columns are not those of the catalog.
var errWidth = errors.New("the table has been changed by another program")

// row decodes the values that the server has sent.
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

// selection returns the query of a plan and its parameters.
func (s schema) selection(v *projection.Schema, p *projection.Plan) (string, []parameter) {
	var values []parameter
	query := sqlstore.Select(s.table(v, p.Table), p, func(v projection.Value) string {
		values = append(values, scalar(v))
		return "$" + strconv.Itoa(len(values))
	})
	return query + " LIMIT " + strconv.Itoa(p.Limit), values
}

// queries are the statements over the catalog.
type queries struct {
	find, live, all, advance, insert, lock, delete, clearLive, setLive, unready string
}

func newQueries(s schema) queries {
	const columns = "name, version, tables, turn, position, last, commit_id, ready, live, mark"
	return queries{
		find:      s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 AND version = $2"),
		live:      s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 AND live"),
		all:       s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 ORDER BY version"),
		lock:      s.in("SELECT " + columns + " FROM {schema}.versions WHERE name = $1 AND version = $2 FOR UPDATE"),
		insert:    s.in("INSERT INTO {schema}.versions VALUES ($1, $2, $3, 0, 0, 0, '00000000-0000-0000-0000-000000000000', false, false)"),
		delete:    s.in("DELETE FROM {schema}.versions WHERE name = $1 AND version = $2"),
		clearLive: s.in("UPDATE {schema}.versions SET live = false WHERE name = $1 AND live"),
		setLive:   s.in("UPDATE {schema}.versions SET live = true, ready = true WHERE name = $1 AND version = $2"),
		unready:   s.in("UPDATE {schema}.versions SET live = false, ready = false WHERE name = $1 AND version = $2"),
		advance: s.in(`UPDATE {schema}.versions SET turn = $3, position = $4, last = $5, commit_id = $6, mark = $7
WHERE name = $1 AND version = $2 AND turn = $8 AND position = $9 AND last = $10 AND commit_id = $11 AND mark = $12 RETURNING ` + columns),
	}
}
