package assurance

import (
	"context"
	"iter"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// DeadlinesView returns the view that Deadlines reads.
func DeadlinesView() *projection.View {
	return &projection.View{
		Name: "deadlines", Version: 1, Tables: []*projection.Table{readmodel.DeadlineTable}, ByStream: true,
		Filter: events.Filter{Categories: []string{order.Category}},
		New: projection.Fold[order.Order, order.Event]{
			Model: order.NewModel(),
			Last: func(rows *projection.Rows, _ events.StreamID, _ events.Version, o *order.Order) {
				d, runs := o.Deadline()
				if !runs {
					readmodel.NoDeadline(rows, o.ID)
					return
				}
				command, payload := order.EncodeCommand(d.Command)
				readmodel.PutDeadline(rows, o.ID, d.At, d.Kind, command, payload)
			},
		}.Folder,
	}
}

// Deadlines tells what is due of assurance orders. What it says is as current as the view: a
// deadline that the view has not come to yet is met by the next Tick. A desk that runs pay-later
// orders as well takes the deadlines of both: see With in package projection/paylater.
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
	return readmodel.Due(ctx, d.store, d.view, now, func(id trade.ID, command string, payload []byte) (desk.Action, error) {
		c, err := order.DecodeCommand(command, payload)
		return desk.Order(id, c), err
	})
}
