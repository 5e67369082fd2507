package paylater

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// quotas has a row for each event of a pay-later line, with the figures after it. The instant at
// which it is booked never falls: it is that of the event, or a later one of an earlier event.
var quotas = &projection.Table{
	Name: "entries", Key: 3,
	Columns: []projection.Column{
		readmodel.Text("merchant"), readmodel.Text("currency"), readmodel.Number("version"),
		readmodel.Number("booked"), readmodel.Number("at"), readmodel.Text("type"), readmodel.Text("order"), readmodel.Text("cause"),
		readmodel.Number("limit"), readmodel.Number("used"),
	},
	Indexes: [][]string{{"merchant", "currency", "booked"}},
}

// QuotaView returns the view that Quota reads.
func QuotaView() *projection.View {
	return readmodel.View("paylater_quota", 1, []*projection.Table{quotas},
		projection.Fold[credit.Line, credit.Event]{Model: credit.Model(credit.PayLater), Each: putEntry})
}

func putEntry(rows *projection.Rows, r *events.Record, e credit.Event, l *credit.Line) error {
	var (
		id    trade.ID
		cause credit.RestoreCause
	)
	switch e := e.(type) {
	case credit.QuotaDeducted:
		id = e.Order
	case credit.QuotaRestored:
		id, cause = e.Order, e.Cause
	case credit.QuotaConsumed:
		id = e.Order
	}
	rows.Put(quotas,
		projection.Text(l.Seller), readmodel.Currency(l.Currency), projection.Int(int64(r.Version)),
		projection.Time(l.LastAt), projection.Time(r.At), projection.Text(r.Type), readmodel.ID(id), projection.Text(cause),
		readmodel.Minor(l.Limit), readmodel.Minor(l.Held))
	return nil
}

// Quota is the ledger of merchants' quota.
type Quota struct{ source readmodel.Source }

// NewQuota returns the ledger of a store, in which a worker builds QuotaView.
func NewQuota(store projection.Store) *Quota {
	return &Quota{readmodel.Source{Store: store, View: QuotaView()}}
}

// QuotaFigures are the figures of a line at an instant.
type QuotaFigures struct {
	Limit trade.Money
	Used  trade.Money // what orders use
}

// QuotaMovement is an event that changed a figure of a line.
type QuotaMovement struct {
	Version      events.Version
	At           time.Time
	Type         string              // the wire name of the event, such as "credit.quota-deducted"
	Order        trade.ID            // the order of the movement; zero if it has none
	Cause        credit.RestoreCause // why quota was restored; empty for other movements
	QuotaFigures                     // the change, negative if a figure fell
	After        QuotaFigures        // the figures after the event
}

// QuotaStatement shows the movements of a line in a period. The figures of Opening plus all
// movements, of this page and the following ones, are those of Closing.
type QuotaStatement struct {
	Opening   QuotaFigures
	Movements []QuotaMovement
	Closing   QuotaFigures
	Next      string // the After of the next page; empty on the last one
}

// Statement returns a page of the statement of a line: the events that were booked at from or
// later and before to. A zero instant does not bound the period. The platform sees all lines, a
// merchant their own; for other callers the statement is empty. Before its first event the figures
// of a line are zero. An event whose instant is before that of an earlier event is booked at the
// instant of the earlier one, so that the statements of successive periods leave no gap.
func (l *Quota) Statement(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, from, to time.Time, p Page) (QuotaStatement, error) {
	period := readmodel.Period{
		Table: quotas, Account: readmodel.Account{Owner: merchant, Currency: c}, From: from, To: to, After: p.After, Limit: p.Limit,
	}
	part, may, err := period.Read(ctx, l.source, by)
	if err != nil || !may {
		return QuotaStatement{}, err
	}
	of := func(row projection.Row) QuotaFigures { return quotaFigures(row, c) }
	return QuotaStatement{
		Opening: of(part.Opening), Movements: readmodel.Movements(&part, of, quotaMovement), Closing: of(part.Closing), Next: part.Next,
	}, nil
}

// quotaFigures returns the figures of a row, or zeros for nil.
func quotaFigures(row projection.Row, c trade.Currency) QuotaFigures {
	if row == nil {
		return QuotaFigures{trade.Minor(0, c), trade.Minor(0, c)}
	}
	r := readmodel.Row{Table: quotas, Row: row}
	return QuotaFigures{Limit: r.Money("limit"), Used: r.Money("used")}
}

func quotaMovement(row projection.Row, before, after QuotaFigures) QuotaMovement {
	r := readmodel.Row{Table: quotas, Row: row}
	return QuotaMovement{
		Version: events.Version(r.Int("version")), At: r.Time("at"), Type: r.Text("type"), Order: r.ID("order"),
		Cause: credit.RestoreCause(r.Text("cause")), After: after,
		QuotaFigures: QuotaFigures{Limit: readmodel.Difference(after.Limit, before.Limit), Used: readmodel.Difference(after.Used, before.Used)},
	}
}
