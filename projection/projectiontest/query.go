package projectiontest

import (
	"context"
	"slices"

	"github.com/tradesurety/surety/projection"
)

// selectIsExact runs random queries, before the version is live and after, and compares the rows,
// page by page, with a loop over all rows.
func selectIsExact(e *env) {
	store, s, ctx := e.open(), e.schema("hand", 1), context.Background()
	e.must(store.Prepare(ctx, s))
	kinds, orders := []string{"", "a", "a\x01", "ab", "b"}, []string{"", "x", "xx", "y"}
	model := make(map[[2]projection.Value]projection.Row)
	var at projection.Checkpoint
	step := func(rows int) {
		c := projection.TableChange{Table: things}
		touched := make(map[[2]projection.Value]bool)
		for range rows {
			row := thing(kinds[e.rand.IntN(len(kinds))], int64(e.rand.IntN(100)-50), orders[e.rand.IntN(len(orders))], int64(e.rand.IntN(7)-3))
			key := [2]projection.Value{row[0], row[1]}
			if touched[key] {
				continue
			}
			if touched[key] = true; e.rand.IntN(4) == 0 {
				c.Delete = append(c.Delete, row[:2])
				delete(model, key)
			} else {
				c.Put = append(c.Put, row)
				model[key] = row
			}
		}
		slices.SortFunc(c.Put, byColumns(0, 1))
		slices.SortFunc(c.Delete, byColumns(0, 1))
		commit := change(s, at, c)
		e.must(store.Commit(ctx, commit))
		at = commit.To
	}
	for round := range 4 {
		for range 5 {
			step(80)
		}
		if round == 2 {
			e.must(store.TakeOver(ctx, s.Name, s.Version, 0))
		}
		e.must(store.Read(ctx, s.Name, s.Version, func(snap projection.Snapshot) error {
			for range e.times(60, 2000) {
				e.ask(snap, model, e.query(kinds, orders))
			}
			return nil
		}))
	}
}

// query returns a random query.
func (e *env) query(kinds, orders []string) projection.Query {
	q := projection.Query{Table: "things", Descending: e.rand.IntN(2) == 0, Limit: 5 + e.rand.IntN(60)}
	for range e.rand.IntN(4) {
		c := projection.Condition{Op: projection.Op(1 + e.rand.IntN(5))}
		if e.rand.IntN(2) == 0 {
			c.Op = projection.Equal
		}
		switch c.Column = []string{"kind", "number", "order", "size"}[e.rand.IntN(4)]; c.Column {
		case "kind":
			c.Value = projection.Text(kinds[e.rand.IntN(len(kinds))])
		case "order":
			c.Value = projection.Text(orders[e.rand.IntN(len(orders))])
		default:
			c.Value = projection.Int(int64(e.rand.IntN(9) - 4))
		}
		q.Where = append(q.Where, c)
	}
	names := []string{"kind", "number", "order", "size"}
	e.rand.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	q.Order = names[:e.rand.IntN(4)]
	return q
}

// ask reads all pages of a query.
func (e *env) ask(snap projection.Snapshot, model map[[2]projection.Value]projection.Row, q projection.Query) {
	e.Helper()
	var want []projection.Row
	for _, row := range model {
		if !slices.ContainsFunc(q.Where, func(c projection.Condition) bool { return !c.Op.Holds(row[things.Column(c.Column)], c.Value) }) {
			want = append(want, row)
		}
	}
	var columns []int
	for _, name := range q.Order {
		columns = append(columns, things.Column(name))
	}
	slices.SortFunc(want, byColumns(append(columns, 0, 1)...))
	if q.Descending {
		slices.Reverse(want)
	}
	var have []projection.Row
	for {
		page, err := snap.Select(q)
		e.must(err)
		have = append(have, page...)
		if len(page) < q.Limit {
			break
		}
		q.After = things.Cursor(page[len(page)-1], q.Order...)
	}
	if !equalRows(have, want) {
		e.Fatalf("%+v gives\n%v, want\n%v", q, have, want)
	}
}

func byColumns(columns ...int) func(a, b projection.Row) int {
	return func(a, b projection.Row) int {
		for _, c := range columns {
			if a[c].Less(b[c]) {
				return -1
			}
			if b[c].Less(a[c]) {
				return 1
			}
		}
		return 0
	}
}
