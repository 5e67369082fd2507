package readmodel

import (
	"context"
	"iter"
	"time"

	"github.com/tradesurety/surety/events"
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

// Deadline is the deadline that runs on an order, with the encoded command for it.
type Deadline struct {
	Order   trade.ID
	At      time.Time
	Kind    string
	Command string // its wire name; empty if no deadline runs
	Payload []byte
}

// DeadlinesView returns a view of the deadlines of orders. The function of returns the deadline
// that runs on an order.
func DeadlinesView[S, E any](name string, m *events.Model[S, E], of func(*S) Deadline) *projection.View {
	return View(name, 1, []*projection.Table{DeadlineTable}, projection.Fold[S, E]{
		Model: m,
		Last: func(rows *projection.Rows, _ events.StreamID, _ events.Version, o *S) {
			d := of(o)
			if d.Command == "" {
				rows.Delete(DeadlineTable, ID(d.Order))
				return
			}
			rows.Put(DeadlineTable, ID(d.Order), projection.Time(d.At), projection.Text(d.Kind), projection.Text(d.Command), projection.Text(string(d.Payload)))
		},
	})
}

// Due yields the deadlines of a view that are due at now, for desk.Deadlines. The function action
// makes the system's command from an order, the name of the command and its payload. Due reads
// page by page, and holds nothing in between. Orders that the view has parked come last, as errors.
func (s Source) Due(ctx context.Context, now time.Time,
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
			err := s.Read(ctx, func(s projection.Snapshot) (err error) {
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

// yieldParked yields the parked orders, whose deadlines are unknown.
func yieldParked(parked []projection.ParkedStream, yield func(desk.Due, error) bool) {
	for _, p := range parked {
		key, _ := p.Stream.Key()
		id, _ := trade.ParseID(key) // zero for a stream that is not an order's
		if !yield(desk.Due{Order: id}, p.Corrupt()) {
			return
		}
	}
}
