package assurance

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/projection"
)

// entries has a row for each event of a credit line, with the figures after it. The instant that
// it is booked at never falls: it is that of the event, or a later one before it.
var entries = &projection.Table{
	Name: "entries", Key: 4,
	Columns: []projection.Column{
		text("product"), text("seller"), text("currency"), number("version"), number("booked"), number("at"), text("type"), text("order"),
		number("limit"), number("held"), number("consumed"),
	},
	Indexes: [][]string{{"product", "seller", "currency", "booked"}},
}

// LedgerView returns the view that Ledger reads.
func LedgerView() *projection.View {
	fold := func(model *events.Model[credit.Line, credit.Event]) projection.CategoryFolder {
		return projection.Fold[credit.Line, credit.Event]{Model: model, Each: putEntry}
	}
	return &projection.View{
		Name: "ledger", Version: 1, Tables: []*projection.Table{entries}, ByStream: true,
		Filter: events.Filter{Categories: []string{credit.Category, credit.PayLaterCategory}},
		New:    projection.Folds(fold(credit.NewModel()), fold(credit.NewPayLaterModel())),
	}
}

func putEntry(rows *projection.Rows, r *events.Record, e credit.Event, l *credit.Line) error {
	rows.Put(entries,
		projection.Text(l.Product.String()), projection.Text(l.Seller), projection.Text(l.Currency.String()), projection.Int(int64(r.Version)),
		projection.Time(l.LastAt), projection.Time(r.At), projection.Text(r.Type), idText(orderOf(e)),
		minor(l.Limit), minor(l.Held), minor(l.Consumed))
	return nil
}

// orderOf returns the order that a movement is for, or the zero ID.
func orderOf(e credit.Event) order.ID {
	switch e := e.(type) {
	case credit.Held:
		return e.Order
	case credit.HoldAdjusted:
		return e.Order
	case credit.Released:
		return e.Order
	case credit.ClaimPosted:
		return e.Order
	case credit.QuotaDeducted:
		return e.Order
	case credit.QuotaRestored:
		return e.Order
	case credit.QuotaConsumed:
		return e.Order
	default:
		return order.ID{}
	}
}

// Ledger is the ledger of credit lines.
type Ledger struct {
	store projection.Store
	view  *projection.View
}

// NewLedger returns the ledger of a store, which some worker builds by LedgerView.
func NewLedger(store projection.Store) *Ledger { return &Ledger{store, LedgerView()} }

// Figures are those of a line at some time.
type Figures struct {
	Limit    order.Money
	Used     order.Money // what orders hold or use
	Consumed order.Money // what was claimed and not repaid yet
}

// Movement is an event that changed a figure of a line: by how much, up or, where negative, down.
type Movement struct {
	Version events.Version
	At      time.Time
	Type    string   // the wire name of the event, such as "credit.held"
	Order   order.ID // the order that it was for; zero if for none
	Figures          // by how much they changed
	After   Figures  // what they were then
}

// Statement is what happened to a line in a while. The figures of Opening plus all movements, of
// this page and those that follow, are those of Closing.
type Statement struct {
	Opening   Figures
	Movements []Movement
	Closing   Figures
	Next      string // the After of the next page; empty on the last one
}

// Statement returns a page of the statement of a line: what was booked from an instant on and
// before another one; the zero instant does not bound. The platform may ask for any line, a
// seller for his own; to anybody else, and of a line that does not exist, it is empty. An event
// whose instant lies before that of an earlier one is booked at the earlier one's, so that the
// statements of successive periods follow each other without a gap.
func (l *Ledger) Statement(ctx context.Context, by order.Actor, product credit.Product, seller order.Account, c order.Currency,
	from, to time.Time, p Page) (s Statement, err error) {
	if ok, err := owns(by, seller); err != nil || !ok {
		return Statement{}, err
	}
	line := []projection.Condition{
		equal("product", projection.Text(product.String())), equal("seller", projection.Text(seller)), equal("currency", projection.Text(c.String())),
	}
	period := line[:len(line):len(line)]
	if !from.IsZero() {
		period = append(period, projection.Condition{Column: "booked", Op: projection.AtLeast, Value: projection.Time(from)})
	}
	if !to.IsZero() {
		period = append(period, projection.Condition{Column: "booked", Op: projection.Less, Value: projection.Time(to)})
	}
	q := projection.Query{Table: entries.Name, Where: period, Order: []string{"booked"}, Limit: p.Limit}
	booked, version, err := parsePlace(p.After)
	if err != nil {
		return Statement{}, err
	}
	if p.After != "" {
		q.After = []projection.Value{booked, line[0].Value, line[1].Value, line[2].Value, version}
	}
	err = l.view.Read(ctx, l.store, func(snap projection.Snapshot) error {
		if s.Opening, _, err = last(snap, line, c, "booked", projection.Less, projection.Time(from)); err != nil {
			return err
		}
		end := projection.Time(to)
		if to.IsZero() {
			end = projection.Time(events.MaxInstant)
		}
		var known bool
		if s.Closing, known, err = last(snap, line, c, "booked", projection.Less, end); err != nil || !known {
			return err
		}
		before := s.Opening
		if p.After != "" {
			if before, _, err = last(snap, line, c, "version", projection.Equal, version); err != nil {
				return err
			}
		}
		rows, err := snap.Select(q)
		for _, row := range rows {
			before = s.add(reading{entries, row}, before)
		}
		if n := len(rows); p.full(n) {
			end := reading{entries, rows[n-1]}
			s.Next = fmt.Sprintf("%d/%d", end.value("booked").Int(), end.value("version").Int())
		}
		return err
	})
	return s, err
}

// parsePlace reads what Statement.Next has.
func parsePlace(s string) (booked, version projection.Value, err error) {
	if s == "" {
		return booked, version, nil
	}
	at, n, _ := strings.Cut(s, "/")
	b, err := strconv.ParseInt(at, 10, 64)
	if err == nil {
		var v int64
		v, err = strconv.ParseInt(n, 10, 64)
		booked, version = projection.Int(b), projection.Int(v)
	}
	if err != nil {
		return booked, version, invalid("page.after", "is no place in this list")
	}
	return booked, version, nil
}

// last returns the figures of a line after the last entry whose column compares so with a value,
// and whether there is one.
func last(snap projection.Snapshot, line []projection.Condition, c order.Currency, column string, op projection.Op, v projection.Value) (Figures, bool, error) {
	zero := order.Minor(0, c)
	where := append(line[:len(line):len(line)], projection.Condition{Column: column, Op: op, Value: v})
	rows, err := snap.Select(projection.Query{Table: entries.Name, Where: where, Order: []string{"booked"}, Descending: true, Limit: 1})
	if err != nil || len(rows) == 0 {
		return Figures{zero, zero, zero}, false, err
	}
	return figures(reading{entries, rows[0]}), true, nil
}

func figures(r reading) Figures {
	return Figures{Limit: r.money("limit"), Used: r.money("held"), Consumed: r.money("consumed")}
}

// add makes a movement of an entry, if it changed a figure, and returns the figures after it.
func (s *Statement) add(r reading, before Figures) Figures {
	after := figures(r)
	if after == before {
		return after
	}
	// None is negative, so that a difference cannot overflow.
	minus := func(a, b order.Money) order.Money { return order.Minor(a.MinorUnits()-b.MinorUnits(), a.Currency()) }
	s.Movements = append(s.Movements, Movement{
		Version: events.Version(r.value("version").Int()), At: r.time("at"), Type: r.text("type"), Order: r.id("order"), After: after,
		Figures: Figures{
			Limit: minus(after.Limit, before.Limit), Used: minus(after.Used, before.Used), Consumed: minus(after.Consumed, before.Consumed),
		},
	})
	return after
}
