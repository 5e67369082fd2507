package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tradesurety/surety/events"
)

// View is a read model: a name, a version, and a function over records. It is not changed after
// its first use. Whenever the function makes other rows of the same records, Version changes: the
// new version is built beside the old one and takes over when it has caught up.
type View struct {
	Name    string // 1 to MaxName of a-z 0-9 _, a letter first
	Version int    // 1 to MaxVersion
	// Filter selects the records that the view is made of.
	Filter events.Filter
	// Tables are the tables of the view.
	Tables []*Table
	// ByStream says that every row belongs to one stream: no two streams write the same row.
	// Streams are then folded in parallel, each in its order. If two streams write one row in
	// a batch nevertheless, the error is an *OverlapError.
	ByStream bool
	// New returns the function over records, with its memory. It is called for each slice of
	// streams, and again whenever that memory is no longer valid.
	New func(log events.Store) Folder
}

// Folder is the function of a view over records. It is used by one goroutine at a time.
type Folder interface {
	// Fold puts rows for a record. The records of a stream come in the order of their
	// versions; those of different streams come in the order of their positions only if the
	// view is not ByStream. The rows are kept only if Fold returns nil.
	//
	// An error means that the record cannot be folded: it is a poison event. An error that is
	// not about the record, such as one of the log, is returned through Unavailable.
	Fold(ctx context.Context, rows *Rows, r *events.Record) error
	// Flush puts the rows that Fold has deferred. It is called before each commit.
	Flush(ctx context.Context, rows *Rows) error
}

// Func is a Folder that is only a function.
type Func func(rows *Rows, r *events.Record) error

// Fold calls f.
func (f Func) Fold(_ context.Context, rows *Rows, r *events.Record) error { return f(rows, r) }

// Flush does nothing.
func (f Func) Flush(context.Context, *Rows) error { return nil }

// Table is a table of a view. The first Key columns identify a row; rows are ordered by them.
type Table struct {
	Name    string // like the name of a view
	Columns []Column
	Key     int
	// Indexes are lists of columns by which rows are found or ordered, in addition to the key.
	Indexes [][]string
}

// Column is a column of a table.
type Column struct {
	Name string // like the name of a view
	Kind Kind
}

// Column returns the index of a column, or -1.
func (t *Table) Column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// The bounds of a view.
const (
	MaxName    = 24 // bytes of a name
	MaxVersion = 9999
	MaxTables  = 16
	MaxColumns = 64 // of a table
	MaxIndexes = 16 // of a table
)

// Schema is the part of a view that a Store needs to know.
type Schema struct {
	Name    string
	Version int
	Tables  []*Table
}

// parked is the table of parked streams, which every view has.
var parked = &Table{
	Name: "parked",
	Columns: []Column{
		{"stream", KindText}, {"version", KindInt}, {"position", KindInt}, {"type", KindText}, {"reason", KindText},
	},
	Key: 1,
}

// Schema returns the tables that a store has to keep for the view: its own and one for parked
// streams. A malformed view is a *DefinitionError.
func (v *View) Schema() (*Schema, error) {
	if v == nil {
		return nil, &DefinitionError{Field: "view", Reason: "must not be nil"}
	}
	if v.New == nil {
		return nil, &DefinitionError{View: v.Name, Field: "new", Reason: "must not be nil"}
	}
	s := &Schema{Name: v.Name, Version: v.Version, Tables: append(slices.Clip(v.Tables), parked)}
	if err := s.validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// Table returns the table of that name, or nil.
func (s *Schema) Table(name string) *Table {
	for _, t := range s.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// MarshalText describes the tables. Two schemas are equal exactly if their texts are.
func (s *Schema) MarshalText() ([]byte, error) {
	type plain Schema // without this method
	return json.Marshal((*plain)(s))
}

// UnmarshalText reads what MarshalText wrote.
func (s *Schema) UnmarshalText(text []byte) error {
	type plain Schema
	var read plain
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if err := (*Schema)(&read).validate(); err != nil {
		return err
	}
	*s = Schema(read)
	return nil
}

// validate returns the first *DefinitionError, or nil.
func (s *Schema) validate() error {
	wrong := func(field, format string, args ...any) error {
		return &DefinitionError{View: s.Name, Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	if reason := checkName(s.Name); reason != "" {
		return wrong("name", "%s", reason)
	}
	if s.Version < 1 || s.Version > MaxVersion {
		return wrong("version", "%d is outside 1 to %d", s.Version, MaxVersion)
	}
	if len(s.Tables) > MaxTables {
		return wrong("tables", "%d are more than %d", len(s.Tables), MaxTables)
	}
	for i, t := range s.Tables {
		field := fmt.Sprintf("tables[%d]", i)
		if t == nil {
			return wrong(field, "must not be nil")
		}
		if reason := checkName(t.Name); reason != "" {
			return wrong(field+".name", "%s", reason)
		}
		if s.Table(t.Name) != t {
			return wrong(field+".name", "%q is taken", t.Name)
		}
		if field, reason := t.fault(); field != "" {
			return wrong(fmt.Sprintf("tables[%d].%s", i, field), "%s", reason)
		}
	}
	return nil
}

// fault returns the first malformed field of a table, and why it is malformed.
func (t *Table) fault() (field, reason string) {
	switch {
	case len(t.Columns) > MaxColumns:
		return "columns", fmt.Sprintf("%d are more than %d", len(t.Columns), MaxColumns)
	case t.Key < 1 || t.Key > len(t.Columns):
		return "key", fmt.Sprintf("%d is outside 1 to %d, the number of columns", t.Key, len(t.Columns))
	case len(t.Indexes) > MaxIndexes:
		return "indexes", fmt.Sprintf("%d are more than %d", len(t.Indexes), MaxIndexes)
	}
	for i, c := range t.Columns {
		field := fmt.Sprintf("columns[%d]", i)
		if reason := checkName(c.Name); reason != "" {
			return field, reason
		}
		if t.Column(c.Name) != i {
			return field, fmt.Sprintf("%q is repeated", c.Name)
		}
		if c.Kind != KindInt && c.Kind != KindText {
			return field, "has no kind"
		}
	}
	for i, index := range t.Indexes {
		field := fmt.Sprintf("indexes[%d]", i)
		if len(index) == 0 {
			return field, "has no column"
		}
		for j, name := range index {
			if t.Column(name) < 0 {
				return field, fmt.Sprintf("%q is not a column", clip(name))
			}
			if slices.Contains(index[:j], name) {
				return field, fmt.Sprintf("%q is repeated", name)
			}
		}
	}
	return "", ""
}

// checkName returns what is wrong with the name of a view, a table or a column, or "".
func checkName(name string) string {
	switch {
	case name == "":
		return "must not be empty"
	case len(name) > MaxName:
		return fmt.Sprintf("%d bytes are more than %d", len(name), MaxName)
	case name[0] < 'a' || name[0] > 'z':
		return fmt.Sprintf("%q does not begin with a letter of a-z", name)
	}
	for i := range len(name) {
		if c := name[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return fmt.Sprintf("%q has a character other than a-z 0-9 _", name)
		}
	}
	return ""
}

// clip shortens a text for an error.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
