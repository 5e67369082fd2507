package memory

import (
	"slices"

	"github.com/tradesurety/surety/projection"
)

// table keeps the rows of a table once for each of its orders.
type table struct {
	table *projection.Table
	paths []path // the first is by key
	buf   []byte
}

// path is an order of the rows: by these columns, which end with those of the key.
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

// place encodes the place of a row in a path.
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

// replace replaces the row of that key by another one, or removes it.
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

// find returns the rows of a plan.
func (t *table) find(plan *projection.Plan) []projection.Row {
	for i := range t.paths {
		if fixed, ok := t.paths[i].serves(plan); ok {
			return t.paths[i].walk(plan, fixed)
		}
	}
	return t.paths[0].sort(plan)
}

// pinned returns the value that an Equal condition of the plan requires of a column.
func pinned(plan *projection.Plan, column int) (projection.Value, bool) {
	for _, w := range plan.Where {
		if w.Column == column && w.Op == projection.Equal {
			return w.Value, true
		}
	}
	return projection.Value{}, false
}

// serves reports whether the path is in the order of the plan, apart from the columns that an
// Equal condition pins to one value. It returns how many columns at its beginning are pinned.
func (p *path) serves(plan *projection.Plan) (fixed int, ok bool) {
	open := func(columns []int) []int {
		var rest []int
		for _, c := range columns {
			if _, ok := pinned(plan, c); !ok {
				rest = append(rest, c)
			}
		}
		return rest
	}
	if !slices.Equal(open(p.columns), open(plan.Order)) {
		return 0, false
	}
	for fixed < len(p.columns) {
		if _, ok := pinned(plan, p.columns[fixed]); !ok {
			break
		}
		fixed++
	}
	return fixed, true
}

// walk returns the rows of a plan that the path serves.
func (p *path) walk(plan *projection.Plan, fixed int) []projection.Row {
	var prefix []byte
	for _, c := range p.columns[:fixed] {
		v, _ := pinned(plan, c)
		prefix = projection.AppendKey(prefix, v)
	}
	lo, hi := string(prefix), successor(prefix)
	if fixed < len(p.columns) {
		// Conditions on the next column narrow the range; Matches decides at its ends.
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
			lo = max(lo, after+"\x00") // the first text after it
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

// after returns the place of the row after which the plan continues.
func (p *path) after(plan *projection.Plan) string {
	var place []byte
	for _, c := range p.columns {
		v, ok := pinned(plan, c)
		if !ok {
			v = plan.After[slices.Index(plan.Order, c)]
		}
		place = projection.AppendKey(place, v)
	}
	return string(place)
}

// successor returns the first text after all texts that begin with b, or "" if there is none.
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

// lesser returns the lesser end of a scan; "" is after all entries.
func lesser(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// sort returns the rows of a plan that no path serves: it reads every row.
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
