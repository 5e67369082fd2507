package assurance

import (
	"context"
	"iter"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/projection"
)

// deadlines has a row for each order that has a deadline.
var deadlines = &projection.Table{
	Name: "deadlines", Key: 1,
	Columns: []projection.Column{text("id"), number("at"), text("kind"), text("command"), text("payload")},
	Indexes: [][]string{{"at"}},
}

// DeadlinesView returns the view that Deadlines reads.
func DeadlinesView() *projection.View {
	return &projection.View{
		Name: "deadlines", Version: 1, Tables: []*projection.Table{deadlines}, ByStream: true,
		Filter: events.Filter{Categories: []string{order.Category}},
		New: projection.Fold[order.Order, order.Event]{
			Model: order.NewModel(),
			Last: func(rows *projection.Rows, _ events.StreamID, _ events.Version, o *order.Order) {
				d, runs := o.Deadline()
				if !runs {
					rows.Delete(deadlines, idText(o.ID))
					return
				}
				command, payload := order.EncodeCommand(d.Command)
				rows.Put(deadlines, idText(o.ID), projection.Time(d.At), projection.Text(d.Kind), projection.Text(command), projection.Text(string(payload)))
			},
		}.Folder,
	}
}

// Deadlines tells what is due. What it says is as current as the view: a deadline that the view
// has not come to yet is met by the next Tick.
type Deadlines struct {
	store projection.Store
	view  *projection.View
}

var _ desk.Deadlines = (*Deadlines)(nil)

// NewDeadlines returns the deadlines of a store, which some worker builds by DeadlinesView, for
// desk.WithDeadlines.
func NewDeadlines(store projection.Store) *Deadlines { return &Deadlines{store, DeadlinesView()} }

// Due implements desk.Deadlines. It reads page by page, and holds nothing in between. Orders
// that the view has parked come last, as errors.
func (d *Deadlines) Due(ctx context.Context, now time.Time) iter.Seq2[desk.Due, error] {
	return func(yield func(desk.Due, error) bool) {
		q := projection.Query{
			Table: deadlines.Name, Order: []string{"at"}, Limit: projection.MaxLimit,
			Where: []projection.Condition{{Column: "at", Op: projection.AtMost, Value: projection.Time(now)}},
		}
		for {
			var (
				rows   []projection.Row
				parked []projection.ParkedStream
			)
			err := d.view.Read(ctx, d.store, func(s projection.Snapshot) (err error) {
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
				if !yield(due(row)) {
					return
				}
			}
			if len(rows) < q.Limit {
				yieldParked(parked, yield)
				return
			}
			q.After = deadlines.Cursor(rows[len(rows)-1], q.Order...)
		}
	}
}

func due(row projection.Row) (desk.Due, error) {
	r := reading{deadlines, row}
	c, err := order.DecodeCommand(r.text("command"), []byte(r.text("payload")))
	id := r.id("id")
	return desk.Due{Order: id, At: r.time("at"), Kind: r.text("kind"), Do: desk.Order(id, c)}, err
}

// yieldParked yields the orders whose deadlines are not known.
func yieldParked(parked []projection.ParkedStream, yield func(desk.Due, error) bool) {
	for _, p := range parked {
		key, _ := p.Stream.Key()
		id, _ := order.ParseID(key) // zero for a stream that is no order's
		if !yield(desk.Due{Order: id}, p.Corrupt()) {
			return
		}
	}
}
