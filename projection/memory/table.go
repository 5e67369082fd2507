package memory

import (
	"slices"

	"github.com/tradesurety/surety/projection"
)

// table keeps the rows of a table once for each order in which they are found.
type table struct {
	table *projection.Table
	paths []path // the first is by key
	buf   []byte
}

// path is an order of the rows: by these columns, the last of which are those of the key.
type path struct {
	columns []int
	rows    ordered
}

func newTable(t *projection.Table) *table {
	key := make([]int, t.Key)
	for k := range key {
		key[k] = k
	}
	tb := &table{table: t, paths: []path{{columns: key}}}
	for _, index := range t.Indexes {
		var columns []int
		for _, name := range index {
			columns = append(columns, t.Column(name))
		}
		for _, k := range key {
			if !slices.Contains(columns, k) {
				columns = append(columns, k)
			}
		}
		tb.paths = append(tb.paths, path{columns: columns})
	}
	return tb
}

// place encodes where a row lies in a path.
func (t *table) place(p *path, row projection.Row) string {
	t.buf = t.buf[:0]
	for _, c := range p.columns {
		t.buf = projection.AppendKey(t.buf, row[c])
	}
	return string(t.buf)
}

// apply makes the change.
func (t *table) apply(c *projection.TableChange) {
	for _, key := range c.Delete {
		t.replace(string(projection.AppendKey(nil, key...)), nil)
	}
	for _, row := range c.Put {
		t.replace(t.place(&t.paths[0], row), row)
	}
}

// replace puts a row, or nothing, where the row of that key is.
func (t *table) replace(key string, row projection.Row) {
	old := t.paths[0].rows.get(key)
	for i := range t.paths {
		p := &t.paths[i]
		var from, to string
		if old != nil {
			from = t.place(p, old)
		}
		if row != nil {
			to = t.place(p, row)
		}
		if old != nil && from != to {
			p.rows.remove(from)
		}
		if row != nil {
			p.rows.put(to, row)
		}
	}
}

// find returns the rows that a plan asks for.
func (t *table) find(plan *projection.Plan) []projection.Row {
	for i := range t.paths {
		if fixed, ok := t.paths[i].serves(plan); ok {
			return t.paths[i].walk(plan, fixed)
		}
	}
	return t.paths[0].sort(plan)
}

// pinned returns the value that an Equal condition of the plan demands of a column.
func pinned(plan *projection.Plan, column int) (projection.Value, bool) {
	for _, w := range plan.Where {
		if w.Column == column && w.Op == projection.Equal {
			return w.Value, true
		}
	}
	return projection.Value{}, false
}

// serves reports whether the path, behind the columns that have but one value, is in the order
// of the plan. It returns how many columns at its beginning have but one value.
func (p *path) serves(plan *projection.Plan) (fixed int, ok bool) {
	open := func(columns []int) []int {
		var rest []int
		for _, c := range columns {
			if _, one := pinned(plan, c); !one {
				rest = append(rest, c)
			}
		}
		return rest
	}
	if !slices.Equal(open(p.columns), open(plan.Order)) {
		return 0, false
	}
	for fixed < len(p.columns) {
		if _, one := pinned(plan, p.columns[fixed]); !one {
			break
		}
		fixed++
	}
	// Without a column that is fixed a path does for what is ordered by it, or by the key.
	return fixed, true
}

// walk goes along the path from where the plan begins to where it ends.
func (p *path) walk(plan *projection.Plan, fixed int) []projection.Row {
	var prefix []byte
	for _, c := range p.columns[:fixed] {
		v, _ := pinned(plan, c)
		prefix = projection.AppendKey(prefix, v)
	}
	lo, hi := string(prefix), successor(prefix)
	if fixed < len(p.columns) {
		// Bounds of the next column cut the walk short; at their edges Matches decides.
		for _, w := range plan.Where {
			if w.Column != p.columns[fixed] {
				continue
			}
			edge := projection.AppendKey(slices.Clip(prefix), w.Value)
			switch w.Op {
			case projection.AtLeast, projection.Greater:
				lo = max(lo, string(edge))
			case projection.Less:
				hi = lesser(hi, string(edge))
			case projection.AtMost:
				hi = lesser(hi, successor(edge))
			}
		}
	}
	if plan.After != nil {
		if after := p.after(plan); plan.Descending {
			hi = lesser(hi, after)
		} else {
			lo = max(lo, after+"\x00") // the first text behind it
		}
	}
	if hi != "" && lo >= hi {
		return nil
	}
	var rows []projection.Row
	p.rows.scan(lo, hi, plan.Descending, func(row projection.Row) bool {
		if plan.Matches(row) {
			rows = append(rows, row)
		}
		return len(rows) < plan.Limit
	})
	return rows
}

// after returns the place of the row that the plan goes on after.
func (p *path) after(plan *projection.Plan) string {
	var place []byte
	for _, c := range p.columns {
		v, one := pinned(plan, c)
		if !one {
			v = plan.After[slices.Index(plan.Order, c)]
		}
		place = projection.AppendKey(place, v)
	}
	return string(place)
}

// successor returns the first text behind all that begin with b, or "" if there is none.
func successor(b []byte) string {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xff {
			next := slices.Clone(b[:i+1])
			next[i]++
			return string(next)
		}
	}
	return ""
}

// lesser returns the lesser end of a scan; "" lies beyond all.
func lesser(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// sort answers a plan that no path serves: it looks at every row.
func (p *path) sort(plan *projection.Plan) []projection.Row {
	place := func(row projection.Row) string {
		var b []byte
		for _, c := range plan.Order {
			b = projection.AppendKey(b, row[c])
		}
		return string(b)
	}
	var after string
	if plan.After != nil {
		after = string(projection.AppendKey(nil, plan.After...))
	}
	var found []entry
	p.rows.scan("", "", false, func(row projection.Row) bool {
		if plan.Matches(row) {
			e := entry{place(row), row}
			if plan.After == nil || !plan.Descending && e.place > after || plan.Descending && e.place < after {
				found = append(found, e)
			}
		}
		return true
	})
	slices.SortFunc(found, func(a, b entry) int {
		if (a.place < b.place) != plan.Descending {
			return -1
		}
		return 1
	})
	var rows []projection.Row
	for _, e := range found[:min(len(found), plan.Limit)] {
		rows = append(rows, e.row)
	}
	return rows
}
