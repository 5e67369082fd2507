package assurance

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/projection"
)

// board has a row for each order.
var board = &projection.Table{
	Name: "orders", Key: 1,
	Columns: []projection.Column{
		text("id"), text("seller"), text("buyer"), number("offered"), text("phase"), text("status"), text("step"), text("coverage"),
		text("currency"), number("total"), number("due"), number("deadline"), text("deadline_kind"),
		number("drafted"), number("updated"), number("version"),
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
					idText(o.ID), projection.Text(o.Seller.Account), projection.Text(o.Buyer.Account), projection.Bool(o.Link != ""),
					projection.Text(o.Phase.String()), projection.Text(status), projection.Text(step), projection.Text(o.Coverage),
					projection.Text(o.Terms.Total.Currency().String()), minor(o.Terms.Total), minor(due),
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
	if err := reader(by); err != nil {
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
	if n := len(found); err == nil && p.full(n) {
		next = found[n-1].after(f.ByDeadline)
	}
	return found, next, err
}

// conditions returns what the rows have to be, by the filter and for the actor.
func (f *BoardFilter) conditions(by order.Actor) []projection.Condition {
	var list []projection.Condition
	account := func(column string, a order.Account) {
		if a != "" {
			list = append(list, equal(column, projection.Text(a)))
		}
	}
	account("seller", f.Seller)
	account("buyer", f.Buyer)
	switch by.Role {
	case order.Seller:
		account("seller", by.Account)
	case order.Buyer:
		account("buyer", by.Account)
		list = append(list, equal("offered", projection.Bool(true)))
	}
	if f.Phase != order.PhaseNone {
		list = append(list, equal("phase", projection.Text(f.Phase.String())))
	}
	if f.Status != "" {
		list = append(list, equal("status", projection.Text(f.Status)))
	}
	if f.ByDeadline || !f.DueBefore.IsZero() {
		list = append(list, projection.Condition{Column: "deadline", Op: projection.Greater, Value: projection.Int(0)})
	}
	if !f.DueBefore.IsZero() {
		list = append(list, projection.Condition{Column: "deadline", Op: projection.Less, Value: projection.Time(f.DueBefore)})
	}
	return list
}

// after returns the place of an order in a list.
func (o *BoardOrder) after(byDeadline bool) string {
	if byDeadline {
		return strconv.FormatInt(projection.Time(o.Deadline).Int(), 10) + "/" + o.ID.String()
	}
	return o.ID.String()
}

// parseAfter reads what after wrote.
func parseAfter(s string, byDeadline bool) ([]projection.Value, error) {
	if s == "" {
		return nil, nil
	}
	var values []projection.Value
	if byDeadline {
		at, rest, _ := strings.Cut(s, "/")
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, invalid("page.after", "is no place in this list")
		}
		values, s = append(values, projection.Int(n)), rest
	}
	id, err := order.ParseID(s)
	if err != nil {
		return nil, invalid("page.after", "is no place in this list")
	}
	return append(values, idText(id)), nil
}

func boardOrder(row projection.Row) BoardOrder {
	r := reading{board, row}
	return BoardOrder{
		ID: r.id("id"), Version: events.Version(r.value("version").Int()),
		Seller: order.Account(r.text("seller")), Buyer: order.Account(r.text("buyer")),
		Phase: phaseOf(r.text("phase")), Status: r.text("status"), Step: r.text("step"), Coverage: order.Coverage(r.text("coverage")),
		Total: r.money("total"), Due: r.money("due"), Deadline: r.time("deadline"), DeadlineKind: r.text("deadline_kind"),
		DraftedAt: r.time("drafted"), UpdatedAt: r.time("updated"),
	}
}
