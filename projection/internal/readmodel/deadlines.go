package readmodel

import (
	"context"
	"iter"
	"time"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// DeadlineTable has a row for each order that has a deadline. It is the only table of a view of
// deadlines.
var DeadlineTable = &projection.Table{
	Name: "deadlines", Key: 1,
	Columns: []projection.Column{Text("id"), Number("at"), Text("kind"), Text("command"), Text("payload")},
	Indexes: [][]string{{"at"}},
}

// PutDeadline puts the deadline that runs on an order.
func PutDeadline(rows *projection.Rows, id trade.ID, at time.Time, kind, command string, payload []byte) {
	rows.Put(DeadlineTable, ID(id), projection.Time(at), projection.Text(kind), projection.Text(command), projection.Text(string(payload)))
}

// NoDeadline says that no deadline runs on an order.
func NoDeadline(rows *projection.Rows, id trade.ID) { rows.Delete(DeadlineTable, ID(id)) }

// Due yields what a view of deadlines has of what is due at now, as desk.Deadlines wants it:
// action makes of an order, a command and its payload what the system asks for. It reads page by
// page, and holds nothing in between. Orders that the view has parked come last, as errors.
func Due(ctx context.Context, store projection.Store, view *projection.View, now time.Time,
	action func(id trade.ID, command string, payload []byte) (desk.Action, error)) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		q := projection.Query{
			Table: DeadlineTable.Name, Order: []string{"at"}, Limit: projection.MaxLimit,
			Where: []projection.Condition{{Column: "at", Op: projection.AtMost, Value: Instant(now)}},
		}
		for {
			var (
				rows   []projection.Row
				parked []projection.ParkedStream
			)
			err := view.Read(ctx, store, func(s projection.Snapshot) (err error) {
				if rows, err = s.Select(q); err == nil && len(rows) < q.Limit {
					parked, err = projection.Parked(s)
				}
				return err
			})
			if err != nil {
				yield(desk.Due{}, err)
				return
			}
			for _, row := range rows {
				r := Row{DeadlineTable, row}
				due := desk.Due{Order: r.ID("id"), At: r.Time("at"), Kind: r.Text("kind")}
				due.Do, err = action(due.Order, r.Text("command"), []byte(r.Text("payload")))
				if !yield(due, err) {
					return
				}
			}
			if len(rows) < q.Limit {
				yieldParked(parked, yield)
				return
			}
			q.After = DeadlineTable.Cursor(rows[len(rows)-1], q.Order...)
		}
	}
}

// yieldParked yields the orders whose deadlines are not known.
func yieldParked(parked []projection.ParkedStream, yield func(desk.Due, error) bool) {
	for _, p := range parked {
		key, _ := p.Stream.Key()
		id, _ := trade.ParseID(key) // zero for a stream that is no order's
		if !yield(desk.Due{Order: id}, p.Corrupt()) {
			return
		}
	}
}
