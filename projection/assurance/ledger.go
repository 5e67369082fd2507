package assurance

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// entries has a row for each event of an assurance line, with the figures after it. The instant at
// which it is booked never falls: it is that of the event, or a later one of an earlier event.
var entries = &projection.Table{
	Name: "entries", Key: 3,
	Columns: []projection.Column{
		readmodel.Text("seller"), readmodel.Text("currency"), readmodel.Number("version"),
		readmodel.Number("booked"), readmodel.Number("at"), readmodel.Text("type"), readmodel.Text("order"),
		readmodel.Number("limit"), readmodel.Number("held"), readmodel.Number("consumed"),
	},
	Indexes: [][]string{{"seller", "currency", "booked"}},
}

// LedgerView returns the view that Ledger reads.
func LedgerView() *projection.View {
	return readmodel.View("ledger", 2, []*projection.Table{entries},
		projection.Fold[credit.Line, credit.Event]{Model: credit.Model(credit.Assurance), Each: putEntry})
}

func putEntry(rows *projection.Rows, r *events.Record, e credit.Event, l *credit.Line) error {
	rows.Put(entries,
		projection.Text(l.Seller), readmodel.Currency(l.Currency), projection.Int(int64(r.Version)),
		projection.Time(l.LastAt), projection.Time(r.At), projection.Text(r.Type), readmodel.ID(orderOf(e)),
		readmodel.Minor(l.Limit), readmodel.Minor(l.Held), readmodel.Minor(l.Consumed))
	return nil
}

// orderOf returns the order of a movement, or the zero ID.
func orderOf(e credit.Event) trade.ID {
	switch e := e.(type) {
	case credit.Held:
		return e.Order
	case credit.HoldAdjusted:
		return e.Order
	case credit.Released:
		return e.Order
	case credit.ClaimPosted:
		return e.Order
	default:
		return trade.ID{}
	}
}

// Ledger is the ledger of assurance lines.
type Ledger struct{ source readmodel.Source }

// NewLedger returns the ledger of a store, in which a worker builds LedgerView.
func NewLedger(store projection.Store) *Ledger {
	return &Ledger{readmodel.Source{Store: store, View: LedgerView()}}
}

// Figures are the figures of a line at an instant.
type Figures struct {
	Limit    trade.Money
	Used     trade.Money // what orders hold
	Consumed trade.Money // claimed and not yet repaid
}

// Movement is an event that changed a figure of a line.
type Movement struct {
	Version events.Version
	At      time.Time
	Type    string   // the wire name of the event, such as "credit.held"
	Order   trade.ID // the order of the movement; zero if it has none
	Figures          // the change, negative if a figure fell
	After   Figures  // the figures after the event
}

// Statement shows the movements of a line in a period. The figures of Opening plus all movements,
// of this page and the following ones, are those of Closing.
type Statement struct {
	Opening   Figures
	Movements []Movement
	Closing   Figures
	Next      string // the After of the next page; empty on the last one
}

// Statement returns a page of the statement of a line: the events that were booked at from or
// later and before to. A zero instant does not bound the period. The platform sees all lines, a
// seller their own; for other callers the statement is empty. Before its first event the figures
// of a line are zero. An event whose instant is before that of an earlier event is booked at the
// instant of the earlier one, so that the statements of successive periods leave no gap.
func (l *Ledger) Statement(ctx context.Context, by trade.Actor, seller trade.Account, c trade.Currency, from, to time.Time, p Page) (Statement, error) {
	period := readmodel.Period{
		Table: entries, Account: readmodel.Account{Owner: seller, Currency: c}, From: from, To: to, After: p.After, Limit: p.Limit,
	}
	part, may, err := period.Read(ctx, l.source, by)
	if err != nil || !may {
		return Statement{}, err
	}
	of := func(row projection.Row) Figures { return figures(row, c) }
	return Statement{
		Opening: of(part.Opening), Movements: readmodel.Movements(&part, of, movement), Closing: of(part.Closing), Next: part.Next,
	}, nil
}

// figures returns the figures of a row, or zeros for nil.
func figures(row projection.Row, c trade.Currency) Figures {
	if row == nil {
		zero := trade.Minor(0, c)
		return Figures{zero, zero, zero}
	}
	r := readmodel.Row{Table: entries, Row: row}
	return Figures{Limit: r.Money("limit"), Used: r.Money("held"), Consumed: r.Money("consumed")}
}

func movement(row projection.Row, before, after Figures) Movement {
	r := readmodel.Row{Table: entries, Row: row}
	return Movement{
		Version: events.Version(r.Int("version")), At: r.Time("at"), Type: r.Text("type"), Order: r.ID("order"), After: after,
		Figures: Figures{
			Limit: readmodel.Difference(after.Limit, before.Limit), Used: readmodel.Difference(after.Used, before.Used),
			Consumed: readmodel.Difference(after.Consumed, before.Consumed),
		},
	}
}
