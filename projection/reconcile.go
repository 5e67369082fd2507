package projection

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
)

// DifferenceError reports that a row of a view is not what folding the log makes.
type DifferenceError struct {
	View     string
	Version  int
	Position events.Position // the checkpoint at which both were compared
	Table    string
	Key      Row
	Column   string // the first that differs; empty if one of the rows is missing
	// Stored and Folded are the values of the column. If Column is empty, the zero Value marks
	// the side where the row is missing.
	Stored, Folded Value
}

func (e *DifferenceError) Error() string {
	where := fmt.Sprintf("projection: view %s version %d at position %d: table %s, row %v", e.View, e.Version, e.Position, e.Table, e.Key)
	switch {
	case e.Column != "":
		return fmt.Sprintf("%s: column %s is %v; the log makes it %v", where, e.Column, e.Stored, e.Folded)
	case e.Stored == (Value{}):
		return where + " is missing"
	default:
		return where + " is stored, and nothing in the log makes it"
	}
}

// Reconcile folds the log again, in a scratch store that does not have the view, and compares the
// rows with those of the store at the store's checkpoint. The first difference, by table and by
// key, is a *DifferenceError. A parked stream has to be parked again, for any reason.
//
// It costs a rebuild, and holds one read of the store while it compares.
func (v *View) Reconcile(ctx context.Context, log events.Store, store, scratch Store) error {
	stored, err := New(log, store, v)
	if err != nil {
		return err
	}
	anew, err := New(log, scratch, v, OnPoison(Park), Standby())
	if err != nil {
		return err
	}
	// Most of the log is folded before the read begins, so that the read is short.
	if err := stored.resume(ctx); err != nil {
		return err
	}
	if err := anew.foldTo(ctx, stored.at.Checkpoint.Position); err != nil {
		return err
	}
	return store.Read(ctx, v.Name, v.Version, func(have Snapshot) error {
		at := have.Status().Checkpoint.Position
		if err := anew.foldTo(ctx, at); err != nil {
			return err
		}
		return scratch.Read(ctx, v.Name, v.Version, func(want Snapshot) error {
			for _, t := range anew.schema.Tables {
				err := compareTable(t, have, want)
				if d, ok := errors.AsType[*DifferenceError](err); ok {
					d.View, d.Version, d.Position = v.Name, v.Version, at
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// foldTo folds the records between the checkpoint and a position.
func (w *Worker) foldTo(ctx context.Context, limit events.Position) error {
	if err := w.enter(ctx); err != nil {
		return err
	}
	defer w.leave()
	if w.slices == nil {
		if err := w.resume(ctx); err != nil {
			return err
		}
	}
	if w.at.Checkpoint.Position >= limit {
		return nil
	}
	return w.run(ctx, limit)
}

// compareTable walks a table of both states by key.
func compareTable(t *Table, have, want Snapshot) error {
	stored, folded := cursor{table: t, of: have}, cursor{table: t, of: want}
	for {
		a, err := stored.next()
		if err != nil {
			return err
		}
		b, err := folded.next()
		if err != nil {
			return err
		}
		switch {
		case a == nil && b == nil:
			return nil
		case b == nil || a != nil && compare(a[:t.Key], b[:t.Key]) < 0:
			return &DifferenceError{Table: t.Name, Key: a[:t.Key], Stored: a[0]}
		case a == nil || compare(a[:t.Key], b[:t.Key]) > 0:
			return &DifferenceError{Table: t.Name, Key: b[:t.Key], Folded: b[0]}
		}
		columns := len(t.Columns)
		if t == parked {
			columns-- // the text of the reason may differ
		}
		for i := range columns {
			if a[i] != b[i] {
				return &DifferenceError{Table: t.Name, Key: a[:t.Key], Column: t.Columns[i].Name, Stored: a[i], Folded: b[i]}
			}
		}
	}
}

// cursor walks the rows of a table by key, page by page.
type cursor struct {
	table *Table
	of    Snapshot
	rows  []Row
	after []Value
	ended bool
}

// next returns the next row, or nil after the last one.
func (c *cursor) next() (Row, error) {
	if len(c.rows) == 0 && !c.ended {
		var err error
		c.rows, err = c.of.Select(Query{Table: c.table.Name, After: c.after, Limit: MaxLimit})
		if err != nil {
			return nil, err
		}
		c.ended = len(c.rows) < MaxLimit
	}
	if len(c.rows) == 0 {
		return nil, nil
	}
	row := c.rows[0]
	c.rows, c.after = c.rows[1:], c.table.Cursor(row)
	return row, nil
}
