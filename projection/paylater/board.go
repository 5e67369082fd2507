package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// board has a row for each order.
var board = &projection.Table{
	Name: "orders", Key: 1,
	Columns: append([]projection.Column{
		readmodel.Text("id"), readmodel.Text("merchant"), readmodel.Text("buyer"), readmodel.Text("currency"),
		readmodel.Text("phase"), readmodel.Text("status"), readmodel.Text("deadline_kind"),
	}, readmodel.Numbers("original", "outstanding", "due", "paid", "refunded", "unapplied", "deadline", "due_at", "overdue_at",
		"after_sales", "pause_until", "fake", "placed", "updated", "version")...),
	Indexes: [][]string{
		{"merchant"}, {"buyer"}, {"phase"}, {"status"}, {"deadline"}, {"merchant", "phase"}, {"buyer", "phase"}, {"merchant", "deadline"},
	},
}

// BoardView returns the view that Board reads.
func BoardView() *projection.View {
	return readmodel.View("paylater_board", 2, []*projection.Table{board}, projection.Fold[paylater.Order, paylater.Event]{
		Model: paylater.Model(),
		Last: func(rows *projection.Rows, _ events.StreamID, v events.Version, o *paylater.Order) {
			deadline, _ := o.Deadline()
			rows.Put(board,
				readmodel.ID(o.ID), projection.Text(o.Merchant), projection.Text(o.Buyer), readmodel.Currency(o.Original.Currency()),
				projection.Text(o.Phase.String()), projection.Text(PlatformStatus(o)), projection.Text(deadline.Kind),
				readmodel.Minor(o.Original), readmodel.Minor(o.Outstanding), readmodel.Minor(o.Due()), readmodel.Minor(o.Paid), readmodel.Minor(o.Refunded), readmodel.Minor(o.Unapplied()),
				projection.Time(deadline.At), projection.Time(o.DueAt), projection.Time(o.OverdueAt),
				projection.Time(o.AfterSalesAt), projection.Time(o.PauseUntil), projection.Bool(o.FakeFlagged),
				projection.Time(o.PlacedAt), projection.Time(o.LastAt), projection.Int(int64(v)))
		},
	})
}

// Board finds orders.
type Board struct{ source readmodel.Source }

// NewBoard returns the board of a store, in which a worker builds BoardView.
func NewBoard(store projection.Store) *Board {
	return &Board{readmodel.Source{Store: store, View: BoardView()}}
}

// BoardOrder is an order on the board.
type BoardOrder struct {
	ID       trade.ID
	Version  events.Version // of its stream
	Merchant trade.Account
	Buyer    trade.Account
	Phase    paylater.Phase
	Status   string // see PlatformStatus

	Original    trade.Money // the amount when the order was placed
	Outstanding trade.Money // what the order uses of its merchant's quota
	Due         trade.Money // what the buyer still has to pay
	Paid        trade.Money // what was paid in full; zero before that
	Refunded    trade.Money // what of Paid was refunded
	Unapplied   trade.Money // what charges brought and the order did not take, which the platform returns

	Deadline     time.Time // the deadline that runs; zero if none does
	DeadlineKind string
	DueAt        time.Time // when payment is, or was, due; zero until it is known
	OverdueAt    time.Time // when the order became overdue; zero if it never was
	AfterSalesAt time.Time // since when an after-sales case is open; zero if none is
	PauseUntil   time.Time // until when that case puts off the payment; zero if none is open, or without an end
	FakeFlagged  bool
	PlacedAt     time.Time
	UpdatedAt    time.Time
}

// BoardFilter selects orders; a zero field does not restrict them.
type BoardFilter struct {
	Merchant, Buyer trade.Account
	Phase           paylater.Phase
	Status          string
	// DueBefore selects orders with a deadline before that instant.
	DueBefore time.Time
	// ByDeadline selects orders with a deadline, the next one first. Otherwise the order with
	// the latest id, which is the newest, comes first.
	ByDeadline bool
}

// List returns a page of the orders that the actor may see and the filter selects, and the After
// of the next page, empty on the last one.
func (b *Board) List(ctx context.Context, by trade.Actor, f BoardFilter, p Page) (found []BoardOrder, next string, err error) {
	q := readmodel.Orders{
		Table: board, SoldBy: "merchant", Seller: f.Merchant, Buyer: f.Buyer, Status: f.Status, DueBefore: f.DueBefore, ByDeadline: f.ByDeadline,
		After: p.After, Limit: p.Limit,
	}
	if f.Phase != paylater.PhaseNone {
		q.Phase = f.Phase.String()
	}
	return readmodel.Page(ctx, b.source, &q, by, boardOrder)
}

func boardOrder(r readmodel.Row) BoardOrder {
	return BoardOrder{
		ID: r.ID("id"), Version: events.Version(r.Int("version")), Merchant: r.Account("merchant"), Buyer: r.Account("buyer"),
		Phase: readmodel.Phase[paylater.Phase](r.Text("phase")), Status: r.Text("status"),
		Original: r.Money("original"), Outstanding: r.Money("outstanding"), Due: r.Money("due"), Paid: r.Money("paid"), Refunded: r.Money("refunded"), Unapplied: r.Money("unapplied"),
		Deadline: r.Time("deadline"), DeadlineKind: r.Text("deadline_kind"), DueAt: r.Time("due_at"), OverdueAt: r.Time("overdue_at"),
		AfterSalesAt: r.Time("after_sales"), PauseUntil: r.Time("pause_until"), FakeFlagged: r.Bool("fake"), PlacedAt: r.Time("placed"), UpdatedAt: r.Time("updated"),
	}
}
