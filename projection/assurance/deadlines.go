package assurance

import (
	"context"
	"iter"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// DeadlinesView returns the view that Deadlines reads.
func DeadlinesView() *projection.View {
	return readmodel.DeadlinesView("deadlines", order.Model(), func(o *order.Order) readmodel.Deadline {
		deadline := readmodel.Deadline{Order: o.ID}
		if d, runs := o.Deadline(); runs {
			deadline.At, deadline.Kind = d.At, d.Kind
			deadline.Command, deadline.Payload = order.EncodeCommand(d.Command)
		}
		return deadline
	})
}

// Deadlines yields the deadlines of assurance orders that are due. It is as current as the view: a
// deadline that the view does not have yet is found by a later Tick. A desk that also runs
// pay-later orders takes the deadlines of both: see With in package projection/paylater.
type Deadlines struct{ source readmodel.Source }

var _ desk.Deadlines = (*Deadlines)(nil)

// NewDeadlines returns the deadlines of a store, in which a worker builds DeadlinesView, for
// desk.WithDeadlines.
func NewDeadlines(store projection.Store) *Deadlines {
	return &Deadlines{readmodel.Source{Store: store, View: DeadlinesView()}}
}

// Due implements desk.Deadlines. It reads page by page, and holds nothing in between. Orders
// that the view has parked come last, as errors.
func (d *Deadlines) Due(ctx context.Context, now time.Time) iter.Seq2[desk.Due, error] {
	return d.source.Due(ctx, now, func(id trade.ID, command string, payload []byte) (desk.Action, error) {
		c, err := order.DecodeCommand(command, payload)
		return desk.OnOrder(id, c), err
	})
}
