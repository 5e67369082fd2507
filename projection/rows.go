package projection

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/tradesurety/surety/events"
)

// Rows collects the rows that the function of a view puts, until they are committed. It is used
// by one goroutine at a time, and only while Fold or Flush runs.
//
// An error of the program, such as a row that does not fit its table, is not returned by the
// call: it stops the view before the batch with a *RowError.
type Rows struct {
	ctx    context.Context
	schema *Schema
	store  Store
	tables []writes                   // in the order of the schema
	undo   []undo                     // reverts what the current record has put
	known  twoGenerations[place, Row] // rows that Get has read, as of the last batch
	made   *made                      // nil if the view was not empty at the start
	reads  bool                       // Get was called
	buf    []byte                     // space for an encoded key
	err    error
}

// place names a row of a view.
type place struct {
	table int
	key   string
}

// writes are the rows to be written to one table, by encoded key. A row that is to be deleted has
// the length of a key.
type writes struct {
	table *Table
	rows  map[string]Row
	last  map[string]Row // of the previous batch, whose commit may still be running
}

// undo is a write as it was before the current record.
type undo struct {
	place
	before Row // nil if there was none
}

// made remembers which rows were put since the view was empty, so that a row that was never put
// need not be read from the store. It keeps hashes: two rows with the same hash are both read.
type made struct {
	seed maphash.Seed
	keys map[uint64]struct{}
}

// maxMade is how many rows made remembers. The rows of a larger view are read.
const maxMade = 1 << 20

func newMade() *made { return &made{maphash.MakeSeed(), make(map[uint64]struct{})} }

func (m *made) has(p place) bool {
	_, ok := m.keys[maphash.Comparable(m.seed, p)]
	return ok
}

func (m *made) add(p place) { m.keys[maphash.Comparable(m.seed, p)] = struct{}{} }

// knownRows is the least number of rows read by Get that are remembered.
const knownRows = 8192

func newRows(schema *Schema, store Store) *Rows {
	r := &Rows{schema: schema, store: store, known: generations[place, Row](knownRows)}
	for _, t := range schema.Tables {
		r.tables = append(r.tables, writes{t, make(map[string]Row), make(map[string]Row)})
	}
	return r
}

// Put sets a row, whose first values are its key. There is one value for each column. The values
// are kept and must not be changed afterwards.
func (r *Rows) Put(t *Table, values ...Value) {
	i := r.find(t)
	if i < 0 || !r.fits(t, len(t.Columns), values) {
		return
	}
	r.write(i, r.encode(values[:t.Key]), values)
}

// Delete removes the row of that key, if there is one.
func (r *Rows) Delete(t *Table, key ...Value) {
	i := r.find(t)
	if i < 0 || !r.fits(t, t.Key, key) {
		return
	}
	if len(t.Columns) == t.Key {
		r.failf(t, "cannot be deleted: the table has no column beside its key")
		return
	}
	r.write(i, r.encode(key), key)
}

// Get returns the current row of that key, or nil. In a view that is ByStream it may only be used
// for rows of the stream of the record.
func (r *Rows) Get(t *Table, key ...Value) Row {
	i := r.find(t)
	if i < 0 || !r.fits(t, t.Key, key) {
		return nil
	}
	r.reads = true
	p := place{i, r.encode(key)}
	row, ok := r.tables[i].rows[p.key]
	if !ok {
		row, ok = r.tables[i].last[p.key]
	}
	if !ok {
		row, ok = r.known.get(p)
	}
	if !ok && (r.made == nil || r.made.has(p)) {
		row = r.load(t, key)
		r.known.put(p, row)
	}
	if len(row) == t.Key && len(t.Columns) > t.Key {
		return nil
	}
	return row
}

// load reads a row as of the checkpoint. The caller has looked in the writes of the previous
// batch, whose commit may still be running.
func (r *Rows) load(t *Table, key []Value) (row Row) {
	q := Query{Table: t.Name, Limit: 1}
	for k, v := range key {
		q.Where = append(q.Where, Condition{t.Columns[k].Name, Equal, v})
	}
	err := r.store.Read(r.ctx, r.schema.Name, r.schema.Version, func(s Snapshot) error {
		rows, err := s.Select(q)
		if len(rows) > 0 {
			row = rows[0]
		}
		return err
	})
	if err != nil && r.err == nil {
		r.err = err
	}
	return row
}

// encode returns the encoding of a key.
func (r *Rows) encode(key []Value) string {
	r.buf = AppendKey(r.buf[:0], key...)
	return string(r.buf)
}

func (r *Rows) write(table int, key string, row Row) {
	w := &r.tables[table]
	r.undo = append(r.undo, undo{place{table, key}, w.rows[key]})
	w.rows[key] = row
}

// find returns the index of a table of the view, or -1.
func (r *Rows) find(t *Table) int {
	i := slices.Index(r.schema.Tables, t)
	if i < 0 && r.err == nil {
		name := ""
		if t != nil {
			name = t.Name
		}
		r.err = &RowError{View: r.schema.Name, Table: name, Reason: "the view has no such table"}
	}
	return i
}

// fits reports whether there are n values, of the kinds of the columns.
func (r *Rows) fits(t *Table, n int, values []Value) bool {
	if len(values) != n {
		r.failf(t, "has %d values instead of %d", len(values), n)
		return false
	}
	for i := range values {
		if reason := values[i].fault(t.Columns[i].Kind); reason != "" {
			r.failf(t, "column %q %s", t.Columns[i].Name, reason)
			return false
		}
	}
	return true
}

func (r *Rows) failf(t *Table, format string, args ...any) {
	if r.err == nil {
		r.err = &RowError{View: r.schema.Name, Table: t.Name, Reason: fmt.Sprintf(format, args...)}
	}
}

// keep makes the rows of the current record part of the batch.
func (r *Rows) keep() { r.undo = r.undo[:0] }

// revert takes the rows of the current record back, the last write first.
func (r *Rows) revert() {
	for i := len(r.undo) - 1; i >= 0; i-- {
		if u := &r.undo[i]; u.before == nil {
			delete(r.tables[u.table].rows, u.key)
		} else {
			r.tables[u.table].rows[u.key] = u.before
		}
	}
	r.undo = r.undo[:0]
}

// park stores that a stream stops at a record.
func (r *Rows) park(record *events.Record, reason error) {
	r.Put(parked, Text(record.Stream), Int(int64(record.Version)), Int(int64(record.Position)), Text(record.Type), Text(storable(reason)))
	r.keep()
}

// storable returns the text of an error in a form that fits a column.
func storable(err error) string {
	const most = 500
	text := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// merge combines the rows of all slices into one change and begins a new batch.
func merge(slicesOf []*Rows) ([]TableChange, error) {
	var changes []TableChange
	for i, t := range slicesOf[0].schema.Tables {
		c := TableChange{Table: t}
		for _, r := range slicesOf {
			w := &r.tables[i]
			for key, row := range w.rows {
				if r.reads {
					r.known.put(place{i, key}, row)
				}
				if r.made != nil {
					r.made.add(place{i, key})
				}
				if len(row) == t.Key && len(t.Columns) > t.Key {
					c.Delete = append(c.Delete, row)
				} else {
					c.Put = append(c.Put, row)
				}
			}
			clear(w.last)
			w.rows, w.last = w.last, w.rows
		}
		if len(c.Put)+len(c.Delete) == 0 {
			continue
		}
		byKey := func(a, b Row) int { return compare(a[:t.Key], b[:t.Key]) }
		slices.SortFunc(c.Put, byKey)
		slices.SortFunc(c.Delete, byKey)
		if key := overlap(&c); key != nil {
			return nil, &OverlapError{View: slicesOf[0].schema.Name, Table: t.Name, Key: key}
		}
		changes = append(changes, c)
	}
	for _, r := range slicesOf {
		r.known.age()
		if !r.reads || r.made != nil && len(r.made.keys) > maxMade {
			r.made = nil // a view that has not read its rows so far is unlikely to
		}
	}
	return changes, nil
}

// overlap returns a key that a change has twice, or nil.
func overlap(c *TableChange) Row {
	for _, list := range [][]Row{c.Put, c.Delete} {
		for i := 1; i < len(list); i++ {
			if compare(list[i-1][:c.Table.Key], list[i][:c.Table.Key]) == 0 {
				return list[i][:c.Table.Key]
			}
		}
	}
	for _, key := range c.Delete {
		if _, twice := slices.BinarySearchFunc(c.Put, key, func(a, b Row) int { return compare(a[:c.Table.Key], b) }); twice {
			return key
		}
	}
	return nil
}

// compare orders rows of equal kinds.
func compare(a, b Row) int {
	for i := range a {
		if a[i].Less(b[i]) {
			return -1
		}
		if b[i].Less(a[i]) {
			return 1
		}
	}
	return 0
}
