package assurance

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
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
	return &projection.View{
		Name: "board", Version: 1, Tables: []*projection.Table{board}, ByStream: true,
		Filter: events.Filter{Categories: []string{order.Category}},
		New: projection.Fold[order.Order, order.Event]{
			Model: order.NewModel(),
			Last: func(rows *projection.Rows, _ events.StreamID, v events.Version, o *order.Order) {
				status, step := o.PlatformStatus()
				deadline, _ := o.Deadline()
				due := o.Due()
				rows.Put(board,
					readmodel.ID(o.ID), projection.Text(o.Seller.Account), projection.Text(o.Buyer.Account), projection.Bool(o.Link != ""),
					projection.Text(o.Phase.String()), projection.Text(status), projection.Text(step), projection.Text(o.Coverage),
					readmodel.Currency(o.Terms.Total.Currency()), readmodel.Minor(o.Terms.Total), readmodel.Minor(due),
					projection.Time(deadline.At), projection.Text(deadline.Kind),
					projection.Time(o.DraftedAt), projection.Time(o.LastAt), projection.Int(int64(v)))
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
	ID           order.ID
	Version      events.Version // of its stream
	Seller       order.Account
	Buyer        order.Account // empty as long as the buyer is not registered
	Phase        order.Phase
	Status       string // the code of the marketplace's own interface, such as "undeliver"
	Step         string // the step of payment, where the code has one
	Coverage     order.Coverage
	Total, Due   order.Money
	Deadline     time.Time // the deadline that runs; zero if none does
	DeadlineKind string
	DraftedAt    time.Time
	UpdatedAt    time.Time
}

// BoardFilter says which orders are meant; what is zero does not matter.
type BoardFilter struct {
	Seller, Buyer order.Account
	Phase         order.Phase
	Status        string
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
		found = append(found, boardOrder(row))
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
	account("seller", f.Seller)
	account("buyer", f.Buyer)
	switch by.Role {
	case order.Seller:
		account("seller", by.Account)
	case order.Buyer:
		account("buyer", by.Account)
		list = append(list, readmodel.Equal("offered", projection.Bool(true)))
	}
	if f.Phase != order.PhaseNone {
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

func boardOrder(row projection.Row) BoardOrder {
	r := readmodel.Row{Table: board, Row: row}
	return BoardOrder{
		ID: r.ID("id"), Version: events.Version(r.Int("version")),
		Seller: r.Account("seller"), Buyer: r.Account("buyer"),
		Phase: phaseOf(r.Text("phase")), Status: r.Text("status"), Step: r.Text("step"), Coverage: order.Coverage(r.Text("coverage")),
		Total: r.Money("total"), Due: r.Money("due"), Deadline: r.Time("deadline"), DeadlineKind: r.Text("deadline_kind"),
		DraftedAt: r.Time("drafted"), UpdatedAt: r.Time("updated"),
	}
}
