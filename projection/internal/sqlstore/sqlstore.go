// Package sqlstore is what the stores of views in SQL databases share: the names of tables, the
// query of a plan and the rows of the catalog.
//
// The names in a statement are those of a schema, which consist of letters, digits and underscores
// and are too short to be cut. Values are never part of a statement.
package sqlstore

import (
	"strconv"
	"strings"
	"sync"

	"github.com/tradesurety/surety/projection"
)

// Table returns the quoted name of a table of a version of a view.
func Table(s *projection.Schema, t *projection.Table) string { return Part(s, t, "") }

// Part returns the quoted name of a part of a table, such as an index: the name of the table with a
// suffix.
func Part(s *projection.Schema, t *projection.Table, suffix string) string {
	return quoted(s.Name + "@" + strconv.Itoa(s.Version) + "." + t.Name + suffix)
}

func quoted(name string) string { return `"` + name + `"` }

// Names returns the names of columns.
func Names(columns []projection.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// Key returns the names of the columns of a table's key.
func Key(t *projection.Table) []string { return Names(t.Columns[:t.Key]) }

// Definition returns the columns of a table with the types of a database, and its key, for CREATE
// TABLE. The key has a constraint of that name, unless the name is empty.
func Definition(t *projection.Table, sqlType map[projection.Kind]string, constraint string) string {
	var b strings.Builder
	for _, c := range t.Columns {
		b.WriteString(quoted(c.Name) + " " + sqlType[c.Kind] + " NOT NULL, ")
	}
	if constraint != "" {
		b.WriteString("CONSTRAINT " + constraint + " ")
	}
	b.WriteString("PRIMARY KEY (" + List(Key(t)) + ")")
	return b.String()
}

// List returns quoted names, separated by commas.
func List(names []string) string { return Join(names, ", ", func(name string) string { return name }) }

// Join joins the results of f for each quoted name.
func Join(names []string, separator string, f func(name string) string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = f(quoted(name))
	}
	return strings.Join(parts, separator)
}

// Select returns the query of a plan without its limit. The function mark binds a value and returns
// its parameter.
func Select(table string, p *projection.Plan, mark func(projection.Value) string) string {
	var b strings.Builder
	b.WriteString("SELECT " + List(Names(p.Table.Columns)) + " FROM " + table)
	word := " WHERE "
	for _, w := range p.Where {
		b.WriteString(word + quoted(p.Table.Columns[w.Column].Name) + " " + w.Op.String() + " " + mark(w.Value))
		word = " AND "
	}
	order := make([]string, len(p.Order))
	for i, c := range p.Order {
		order[i] = p.Table.Columns[c].Name
	}
	direction, beyond := "", " > "
	if p.Descending {
		direction, beyond = " DESC", " < "
	}
	if p.After != nil {
		marks := make([]string, len(p.After))
		for i, v := range p.After {
			marks[i] = mark(v)
		}
		b.WriteString(word + "(" + List(order) + ")" + beyond + "(" + strings.Join(marks, ", ") + ")")
	}
	b.WriteString(" ORDER BY " + Join(order, ", ", func(name string) string { return name + direction }))
	return b.String()
}

// Version is a row of the catalog.
type Version struct {
	Status projection.Status
	Text   string // of the schema
	Schema *projection.Schema
}

// Schemas parses the texts of schemas, each one once. It is safe for concurrent use.
type Schemas struct{ known sync.Map }

// Parse returns the schema of a text.
func (s *Schemas) Parse(text string) (*projection.Schema, error) {
	if known, ok := s.known.Load(text); ok {
		return known.(*projection.Schema), nil
	}
	schema := new(projection.Schema)
	if err := schema.UnmarshalText([]byte(text)); err != nil {
		return nil, err
	}
	s.known.Store(text, schema)
	return schema, nil
}

// Fault returns a *projection.ViewError.
func Fault(name string, version int, err error) error {
	return &projection.ViewError{Name: name, Version: version, Err: err}
}
