package assurance

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// board has a row for each order.
var board = &projection.Table{
	Name: "orders", Key: 1,
	Columns: []projection.Column{
		readmodel.Text("id"), readmodel.Text("seller"), readmodel.Text("buyer"), readmodel.Number("offered"),
		readmodel.Text("phase"), readmodel.Text("status"), readmodel.Text("step"), readmodel.Text("coverage"),
		readmodel.Text("currency"), readmodel.Number("total"), readmodel.Number("due"),
		readmodel.Number("deadline"), readmodel.Text("deadline_kind"),
		readmodel.Number("drafted"), readmodel.Number("updated"), readmodel.Number("version"),
	},
	Indexes: [][]string{
		{"seller"}, {"buyer"}, {"phase"}, {"status"}, {"deadline"}, {"seller", "phase"}, {"buyer", "phase"}, {"seller", "deadline"},
	},
}

// BoardView returns the view that Board reads.
func BoardView() *projection.View {
	return readmodel.View("board", 1, []*projection.Table{board}, projection.Fold[order.Order, order.Event]{
		Model: order.Model(),
		Last: func(rows *projection.Rows, _ events.StreamID, v events.Version, o *order.Order) {
			status, step := o.PlatformStatus(o.LastAt)
			deadline, _ := o.Deadline()
			rows.Put(board,
				readmodel.ID(o.ID), projection.Text(o.Seller.Account), projection.Text(o.Buyer.Account), projection.Bool(o.Link != ""),
				projection.Text(o.Phase.String()), projection.Text(status), projection.Text(step), projection.Text(o.Coverage),
				readmodel.Currency(o.Terms.Total.Currency()), readmodel.Minor(o.Terms.Total), readmodel.Minor(o.Due()),
				projection.Time(deadline.At), projection.Text(deadline.Kind),
				projection.Time(o.DraftedAt), projection.Time(o.LastAt), projection.Int(int64(v)))
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
	ID           trade.ID
	Version      events.Version // of its stream
	Seller       trade.Account
	Buyer        trade.Account // empty until the buyer is registered
	Phase        order.Phase
	Status       string // the code of the marketplace's own interface, such as "undeliver"
	Step         string // the step of payment, where the code has one
	Coverage     order.Coverage
	Total, Due   trade.Money
	Deadline     time.Time // the deadline that runs; zero if none does
	DeadlineKind string
	DraftedAt    time.Time
	UpdatedAt    time.Time
}

// BoardFilter selects orders; a zero field does not restrict them.
type BoardFilter struct {
	Seller, Buyer trade.Account
	Phase         order.Phase
	Status        string
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
		Table: board, SoldBy: "seller", Seller: f.Seller, Buyer: f.Buyer, Status: f.Status, DueBefore: f.DueBefore, ByDeadline: f.ByDeadline,
		ToBuyers: []projection.Condition{readmodel.Equal("offered", projection.Bool(true))},
		After:    p.After, Limit: p.Limit,
	}
	if f.Phase != order.PhaseNone {
		q.Phase = f.Phase.String()
	}
	return readmodel.Page(ctx, b.source, &q, by, boardOrder)
}

func boardOrder(r readmodel.Row) BoardOrder {
	return BoardOrder{
		ID: r.ID("id"), Version: events.Version(r.Int("version")),
		Seller: r.Account("seller"), Buyer: r.Account("buyer"),
		Phase: readmodel.Phase[order.Phase](r.Text("phase")), Status: r.Text("status"), Step: r.Text("step"), Coverage: order.Coverage(r.Text("coverage")),
		Total: r.Money("total"), Due: r.Money("due"), Deadline: r.Time("deadline"), DeadlineKind: r.Text("deadline_kind"),
		DraftedAt: r.Time("drafted"), UpdatedAt: r.Time("updated"),
	}
}
