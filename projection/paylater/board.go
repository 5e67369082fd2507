package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// board has a row for each order.
var board = &projection.Table{
	Name: "orders", Key: 1,
	Columns: append([]projection.Column{
		readmodel.Text("id"), readmodel.Text("merchant"), readmodel.Text("buyer"), readmodel.Text("currency"),
		readmodel.Text("phase"), readmodel.Text("status"), readmodel.Text("deadline_kind"),
	}, readmodel.Numbers("original", "outstanding", "due", "paid", "refunded", "deadline", "due_at", "overdue_at",
		"after_sales", "fake", "placed", "updated", "version")...),
	Indexes: [][]string{
		{"merchant"}, {"buyer"}, {"phase"}, {"status"}, {"deadline"}, {"merchant", "phase"}, {"buyer", "phase"}, {"merchant", "deadline"},
	},
}

// BoardView returns the view that Board reads.
func BoardView() *projection.View {
	return &projection.View{
		Name: "paylater_board", Version: 1, Tables: []*projection.Table{board}, ByStream: true,
		Filter: events.Filter{Categories: []string{paylater.Category}},
		New: projection.Fold[paylater.Order, paylater.Event]{
			Model: paylater.NewModel(),
			Last: func(rows *projection.Rows, _ events.StreamID, v events.Version, o *paylater.Order) {
				deadline, _ := o.Deadline()
				rows.Put(board,
					readmodel.ID(o.ID), projection.Text(o.Merchant), projection.Text(o.Buyer), readmodel.Currency(o.Original.Currency()),
					projection.Text(o.Phase.String()), projection.Text(PlatformStatus(o)), projection.Text(deadline.Kind),
					readmodel.Minor(o.Original), readmodel.Minor(o.Outstanding), readmodel.Minor(o.Due()), readmodel.Minor(o.Paid), readmodel.Minor(o.Refunded),
					projection.Time(deadline.At), projection.Time(o.DueAt), projection.Time(o.OverdueAt),
					projection.Time(o.AfterSalesAt), projection.Bool(o.FakeFlagged),
					projection.Time(o.PlacedAt), projection.Time(o.LastAt), projection.Int(int64(v)))
			},
		}.Folder,
	}
}

// Board finds orders.
type Board struct {
	store projection.Store
	view  *projection.View
}

// NewBoard returns the board of a store, which some worker builds by BoardView.
func NewBoard(store projection.Store) *Board { return &Board{store, BoardView()} }

// BoardOrder is an order as the board has it.
type BoardOrder struct {
	ID       order.ID
	Version  events.Version // of its stream
	Merchant order.Account
	Buyer    order.Account
	Phase    paylater.Phase
	Status   string // see PlatformStatus

	Original    order.Money // what was placed
	Outstanding order.Money // what the order uses of its merchant's quota
	Due         order.Money // what the buyer has still to pay
	Paid        order.Money // what he has paid in full
	Refunded    order.Money // what of it went back to him

	Deadline     time.Time // the deadline that runs; zero if none does
	DeadlineKind string
	DueAt        time.Time // when payment is, or was, due; zero as long as that is not known
	OverdueAt    time.Time // when the order became overdue; zero if it never was
	AfterSalesAt time.Time // since when an after-sales case is open; zero if none is
	FakeFlagged  bool
	PlacedAt     time.Time
	UpdatedAt    time.Time
}

// BoardFilter says which orders are meant; what is zero does not matter.
type BoardFilter struct {
	Merchant, Buyer order.Account
	Phase           paylater.Phase
	Status          string
	// DueBefore means orders with a deadline before that instant.
	DueBefore time.Time
	// ByDeadline orders by deadline, the next one first, and means orders that have one.
	// Otherwise the order with the latest id, which is the newest, comes first.
	ByDeadline bool
}

// List returns a page of the orders that the actor may see and the filter means, and the After
// of the page that follows, empty behind the last one.
func (b *Board) List(ctx context.Context, by order.Actor, f BoardFilter, p Page) (found []BoardOrder, next string, err error) {
	if err := readmodel.CheckReader(by); err != nil {
		return nil, "", err
	}
	q := projection.Query{Table: board.Name, Where: f.conditions(by), Descending: !f.ByDeadline, Limit: p.Limit}
	if f.ByDeadline {
		q.Order = []string{"deadline"}
	}
	if q.After, err = parseAfter(p.After, f.ByDeadline); err != nil {
		return nil, "", err
	}
	var rows []projection.Row
	err = b.view.Read(ctx, b.store, func(s projection.Snapshot) (err error) {
		rows, err = s.Select(q)
		return err
	})
	for _, row := range rows {
		found = append(found, boardOrder(readmodel.Row{Table: board, Row: row}))
	}
	if n := len(found); err == nil && readmodel.Full(p.Limit, n) {
		next = found[n-1].after(f.ByDeadline)
	}
	return found, next, err
}

// conditions returns what the rows have to be, by the filter and for the actor.
func (f *BoardFilter) conditions(by order.Actor) []projection.Condition {
	var list []projection.Condition
	account := func(column string, a order.Account) {
		if a != "" {
			list = append(list, readmodel.Equal(column, projection.Text(a)))
		}
	}
	account("merchant", f.Merchant)
	account("buyer", f.Buyer)
	switch by.Role {
	case order.Seller:
		account("merchant", by.Account)
	case order.Buyer:
		account("buyer", by.Account)
	}
	if f.Phase != paylater.PhaseNone {
		list = append(list, readmodel.Equal("phase", projection.Text(f.Phase.String())))
	}
	if f.Status != "" {
		list = append(list, readmodel.Equal("status", projection.Text(f.Status)))
	}
	if f.ByDeadline || !f.DueBefore.IsZero() {
		list = append(list, readmodel.Above("deadline"))
	}
	if !f.DueBefore.IsZero() {
		list = append(list, projection.Condition{Column: "deadline", Op: projection.Less, Value: readmodel.Instant(f.DueBefore)})
	}
	return list
}

// after returns the place of an order in a list.
func (o *BoardOrder) after(byDeadline bool) string {
	if byDeadline {
		return readmodel.Place(o.ID, projection.Time(o.Deadline).Int())
	}
	return readmodel.Place(o.ID)
}

// parseAfter reads what after wrote.
func parseAfter(s string, byDeadline bool) ([]projection.Value, error) {
	if s == "" {
		return nil, nil
	}
	if !byDeadline {
		_, id, err := readmodel.ParsePlace(s, 0, true)
		return []projection.Value{readmodel.ID(id)}, err
	}
	at, id, err := readmodel.ParsePlace(s, 1, true)
	if err != nil {
		return nil, err
	}
	return []projection.Value{projection.Int(at[0]), readmodel.ID(id)}, nil
}

func boardOrder(r readmodel.Row) BoardOrder {
	return BoardOrder{
		ID: r.ID("id"), Version: events.Version(r.Int("version")), Merchant: r.Account("merchant"), Buyer: r.Account("buyer"),
		Phase: phaseOf(r.Text("phase")), Status: r.Text("status"),
		Original: r.Money("original"), Outstanding: r.Money("outstanding"), Due: r.Money("due"), Paid: r.Money("paid"), Refunded: r.Money("refunded"),
		Deadline: r.Time("deadline"), DeadlineKind: r.Text("deadline_kind"), DueAt: r.Time("due_at"), OverdueAt: r.Time("overdue_at"),
		AfterSalesAt: r.Time("after_sales"), FakeFlagged: r.Bool("fake"), PlacedAt: r.Time("placed"), UpdatedAt: r.Time("updated"),
	}
}
