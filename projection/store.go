package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Checkpoint is how far a version of a view has folded the log.
type Checkpoint struct {
	// Turn counts the commits. It distinguishes two checkpoints at one position.
	Turn uint64
	// Position is the position of the log up to which every record is folded or belongs to a
	// parked stream.
	Position events.Position
	// Last and Commit are position and commit of the last record that the view was given.
	// They distinguish this log from another one.
	Last   events.Position
	Commit uuid.UUID
	// Mark is a link of the log at or after Position, of a log that is an events.Marker: it
	// distinguishes this log from another branch of it.
	Mark events.Mark
}

// Cleared returns the checkpoint of a version that is cleared at this one.
func (c Checkpoint) Cleared() Checkpoint { return Checkpoint{Turn: c.Turn + 1} }

// cursor returns where in the log the checkpoint is.
func (c *Checkpoint) cursor() events.Cursor { return events.Cursor{Position: c.Position, Mark: c.Mark} }

// Change is what one commit does to a version of a view.
type Change struct {
	Name     string
	Version  int
	From, To Checkpoint
	Tables   []TableChange
}

// TableChange is what one commit does to a table. No row is in both lists or twice in one; both
// are ordered by key.
type TableChange struct {
	Table  *Table
	Put    []Row // whole rows, each replacing the one with its key
	Delete []Row // keys of rows, which need not exist
}

// Status is the state of a version of a view in a store.
type Status struct {
	Name       string
	Version    int
	Checkpoint Checkpoint
	Ready      bool // the version has been live at some time, and was not cleared since
	Live       bool // it is the one that readers see who name no version
}

// Store keeps the rows and checkpoints of views. Every sentence below is a promise that package
// projectiontest checks. A Store is safe for concurrent use.
//
//  1. A commit is all or none: its rows and its checkpoint are stored together or not at all,
//     whatever fails and whenever the process dies.
//  2. Of the commits that begin at the same checkpoint one is applied; the others get a
//     *ViewError that is ErrBehind. No record is ever applied twice.
//  3. A read sees one state: the rows of one checkpoint, in all tables.
//  4. Rows come back as they were put, found and ordered by the values of their columns:
//     numbers by size, texts byte by byte.
//  5. Versions of a view are independent: each has its own tables and its own checkpoint. One
//     of them is live; which one changes in one step.
type Store interface {
	// Prepare makes the tables of a version, empty and with the zero Checkpoint, unless the
	// store has the version. A version that was prepared with other tables is a *ViewError
	// that is ErrOtherTables.
	Prepare(ctx context.Context, s *Schema) error

	// Commit applies a change, all or none. After a *ViewError that is ErrBehind or
	// ErrNotPrepared, and after the plain error of ctx, nothing was applied. After any other
	// error the outcome is unknown until the checkpoint is read.
	Commit(ctx context.Context, c *Change) error

	// Read runs f on one state of a version; version 0 is the live one. An unknown version is
	// a *ViewError that is ErrNotPrepared. f does not change the store, and keeps nothing of
	// the Snapshot.
	Read(ctx context.Context, name string, version int, f func(Snapshot) error) error

	// TakeOver makes a version the live one if from is the live version now, 0 for none.
	// Otherwise it returns a *ViewError that is ErrOtherLive.
	TakeOver(ctx context.Context, name string, version, from int) error

	// Clear removes all rows of a version, live or not, and moves its checkpoint before the first
	// record, all or none, if from is its checkpoint. The version is then neither ready nor live,
	// until it takes over again, and no other one becomes live. The Turn of the checkpoint rises,
	// so that no commit that was begun before is applied afterwards. Errors are those of Commit.
	Clear(ctx context.Context, name string, version int, from Checkpoint) error

	// Drop removes a version with its tables. An unknown version is not an error; the live one
	// is a *ViewError that is ErrLive.
	Drop(ctx context.Context, name string, version int) error

	// Versions returns the versions of a view in ascending order, and nothing for an unknown
	// view.
	Versions(ctx context.Context, name string) ([]Status, error)
}

// Snapshot is one state of a version of a view. It is valid until the function that got it
// returns.
type Snapshot interface {
	// Status returns the version and the checkpoint of the state.
	Status() Status
	// Select returns the rows of a query. A query that does not fit its table is a
	// *QueryError.
	Select(q Query) ([]Row, error)
}

// Op compares the value of a column with another one.
type Op uint8

// The comparisons.
const (
	Equal Op = iota + 1
	Less
	AtMost
	AtLeast
	Greater
)

// String returns the comparison in SQL.
func (o Op) String() string {
	if names := [...]string{"", "=", "<", "<=", ">=", ">"}; int(o) < len(names) {
		return names[o]
	}
	return ""
}

// Holds reports whether the comparison of v with the other value is true.
func (o Op) Holds(v, with Value) bool {
	switch o {
	case Equal:
		return v == with
	case Less:
		return v.Less(with)
	case AtMost:
		return !with.Less(v)
	case AtLeast:
		return !v.Less(with)
	case Greater:
		return with.Less(v)
	default:
		return false
	}
}

// Condition compares a column of a row with a value.
type Condition struct {
	Column string
	Op     Op
	Value  Value
}

// DefaultLimit and MaxLimit are how many rows a query returns by default and at most.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Query selects the rows of a table for which all conditions hold. Its cost is proportional to the
// rows that it returns if the key or an index begins with the columns of Equal conditions and
// continues with those of Order; otherwise it is proportional to the table.
type Query struct {
	Table string
	Where []Condition
	// Order names the columns by which the rows are ordered; rows that are equal in them, and
	// all rows if it is empty, are ordered by key. Descending reverses the whole order.
	Order      []string
	Descending bool
	// After is the Cursor of a row, and selects the rows after it. Nil begins at the first.
	After []Value
	// Limit is how many rows are returned at most, 1 to MaxLimit; 0 is DefaultLimit.
	Limit int
}

// Plan is a query that fits a table, with its columns resolved.
type Plan struct {
	Table      *Table
	Where      []Filter
	Order      []int // indexes of columns; those of the key that are missing in Query.Order come last
	Descending bool
	After      []Value // as many as Order, or nil
	Limit      int
}

// Filter is a Condition with its column resolved.
type Filter struct {
	Column int
	Op     Op
	Value  Value
}

// Matches reports whether all conditions hold for a row.
func (p *Plan) Matches(row Row) bool {
	for i := range p.Where {
		if w := &p.Where[i]; !w.Op.Holds(row[w.Column], w.Value) {
			return false
		}
	}
	return true
}

// Plan resolves the table and the columns of a query. A query that does not fit is a *QueryError.
func (s *Schema) Plan(q Query) (*Plan, error) {
	wrong := func(field, format string, args ...any) (*Plan, error) {
		return nil, &QueryError{Table: q.Table, Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	t := s.Table(q.Table)
	if t == nil {
		return wrong("table", "view %s version %d has no such table", s.Name, s.Version)
	}
	p := &Plan{Table: t, Descending: q.Descending, After: q.After, Limit: q.Limit}
	for i, c := range q.Where {
		field, at := fmt.Sprintf("where[%d]", i), t.Column(c.Column)
		if at < 0 {
			return wrong(field, "%q is not a column", clip(c.Column))
		}
		if reason := c.Value.fault(t.Columns[at].Kind); reason != "" {
			return wrong(field, "the value %s", reason)
		}
		if c.Op < Equal || c.Op > Greater {
			return wrong(field, "%d is not a comparison", c.Op)
		}
		p.Where = append(p.Where, Filter{at, c.Op, c.Value})
	}
	for i, name := range q.Order {
		at := t.Column(name)
		if at < 0 || slices.Contains(p.Order, at) {
			return wrong(fmt.Sprintf("order[%d]", i), "%q is not a column, or is repeated", clip(name))
		}
		p.Order = append(p.Order, at)
	}
	for k := range t.Key {
		if !slices.Contains(p.Order, k) {
			p.Order = append(p.Order, k)
		}
	}
	if q.After != nil && len(q.After) != len(p.Order) {
		return wrong("after", "has %d values, and the order has %d columns", len(q.After), len(p.Order))
	}
	for i, v := range q.After {
		if reason := v.fault(t.Columns[p.Order[i]].Kind); reason != "" {
			return wrong(fmt.Sprintf("after[%d]", i), "%s", reason)
		}
	}
	if p.Limit == 0 {
		p.Limit = DefaultLimit
	}
	if p.Limit < 1 || p.Limit > MaxLimit {
		return wrong("limit", "%d is outside 1 to %d", q.Limit, MaxLimit)
	}
	return p, nil
}

// Cursor returns the After of a query in that order that continues after the row.
func (t *Table) Cursor(row Row, order ...string) []Value {
	values := make([]Value, 0, len(order)+t.Key)
	for _, name := range order {
		if c := t.Column(name); c >= 0 {
			values = append(values, row[c])
		}
	}
	for k := range t.Key {
		if !slices.Contains(order, t.Columns[k].Name) {
			values = append(values, row[k])
		}
	}
	return values
}

// Each calls f for all rows of a query, whatever its Limit, until f returns an error. It reads them
// page by page.
func Each(s Snapshot, t *Table, q Query, f func(Row) error) error {
	q.Table, q.Limit = t.Name, MaxLimit
	for {
		rows, err := s.Select(q)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := f(row); err != nil {
				return err
			}
		}
		if len(rows) < MaxLimit {
			return nil
		}
		q.After = t.Cursor(rows[len(rows)-1], q.Order...)
	}
}
