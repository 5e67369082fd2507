package viewtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/memory"
)

// Reconciles requires that each view agrees with the log, that a wrong column, a missing row and an
// extra row are detected in any of its tables, and that the view agrees again when the fault is
// repaired.
func Reconciles(t *testing.T, log events.Store, store projection.Store, views []*projection.View) {
	t.Helper()
	for _, v := range views {
		for _, table := range v.Tables {
			row := first(t, store, v, table)
			if row == nil {
				t.Errorf("view %s: table %s has no row to change", v.Name, table.Name)
				continue
			}
			agrees(t, log, store, v)
			for i := table.Key; i < len(table.Columns); i++ {
				wrong := slices.Clone(row)
				wrong[i] = other(row[i])
				Commit(t, store, v, projection.TableChange{Table: table, Put: []projection.Row{wrong}})
				differs(t, log, store, v, table, table.Columns[i].Name)
			}
			Commit(t, store, v, projection.TableChange{Table: table, Delete: []projection.Row{row[:table.Key]}})
			differs(t, log, store, v, table, "")
			added := slices.Clone(row)
			added[table.Key-1] = other(row[table.Key-1])
			Commit(t, store, v, projection.TableChange{Table: table, Put: []projection.Row{row, added}})
			differs(t, log, store, v, table, "")
			Commit(t, store, v, projection.TableChange{Table: table, Delete: []projection.Row{added[:table.Key]}})
		}
		agrees(t, log, store, v)
	}
}

// other returns a value that is greater, of the same kind.
func other(v projection.Value) projection.Value {
	if v.Kind() == projection.KindText {
		return projection.Text(v.Text() + "~")
	}
	return projection.Int(v.Int() + 1_000_003) // no row has it
}

// Commit changes a table without the workers.
func Commit(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, store projection.Store, v *projection.View, change projection.TableChange) {
	t.Helper()
	var at projection.Checkpoint
	err := v.Read(context.Background(), store, func(s projection.Snapshot) error {
		at = s.Status().Checkpoint
		return nil
	})
	if err == nil {
		to := at
		to.Turn++
		c := &projection.Change{Name: v.Name, Version: v.Version, From: at, To: to, Tables: []projection.TableChange{change}}
		err = store.Commit(context.Background(), c)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
}

func first(t testing.TB, store projection.Store, v *projection.View, table *projection.Table) (row projection.Row) {
	t.Helper()
	err := v.Read(context.Background(), store, func(s projection.Snapshot) error {
		rows, err := s.Select(projection.Query{Table: table.Name, Limit: 1})
		if len(rows) > 0 {
			row = rows[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func agrees(t testing.TB, log events.Store, store projection.Store, v *projection.View) {
	t.Helper()
	if err := v.Reconcile(context.Background(), log, store, memory.New()); err != nil {
		t.Fatalf("view %s does not agree with the log: %v", v.Name, err)
	}
}

func differs(t testing.TB, log events.Store, store projection.Store, v *projection.View, table *projection.Table, column string) {
	t.Helper()
	err := v.Reconcile(context.Background(), log, store, memory.New())
	d, ok := errors.AsType[*projection.DifferenceError](err)
	if !ok || d.View != v.Name || d.Table != table.Name || d.Column != column {
		t.Errorf("view %s: table %s is wrong in column %q, and the error is %v", v.Name, table.Name, column, err)
	}
}
