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

// quotas has a row for each event of a pay-later line, with the figures after it. The instant that
// it is booked at never falls: it is that of the event, or a later one before it.
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
	return &projection.View{
		Name: "paylater_quota", Version: 1, Tables: []*projection.Table{quotas}, ByStream: true,
		Filter: events.Filter{Categories: []string{credit.PayLaterCategory}},
		New:    projection.Fold[credit.Line, credit.Event]{Model: credit.NewPayLaterModel(), Each: putEntry}.Folder,
	}
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
type Quota struct {
	store projection.Store
	view  *projection.View
}

// NewQuota returns the ledger of a store, which some worker builds by QuotaView.
func NewQuota(store projection.Store) *Quota { return &Quota{store, QuotaView()} }

// QuotaFigures are those of a line at some time.
type QuotaFigures struct {
	Limit trade.Money
	Used  trade.Money // what orders use
}

// QuotaMovement is an event that changed a figure of a line: by how much, up or, where negative,
// down.
type QuotaMovement struct {
	Version      events.Version
	At           time.Time
	Type         string              // the wire name of the event, such as "credit.quota-deducted"
	Order        trade.ID            // the order that it was for; zero if for none
	Cause        credit.RestoreCause // why quota was restored; otherwise empty
	QuotaFigures                     // by how much they changed
	After        QuotaFigures        // what they were then
}

// QuotaStatement is what happened to a line in a while. The figures of Opening plus all movements,
// of this page and those that follow, are those of Closing.
type QuotaStatement struct {
	Opening   QuotaFigures
	Movements []QuotaMovement
	Closing   QuotaFigures
	Next      string // the After of the next page; empty on the last one
}

// Statement returns a page of the statement of a line: what was booked from an instant on and
// before another one; the zero instant does not bound. The platform may ask for any line, a
// merchant for his own; to anybody else it is empty. Before its first event, and if there is
// none, the figures of a line are zero. An event whose instant lies before that of an earlier one
// is booked at the earlier one's, so that the statements of successive periods follow each other
// without a gap.
func (l *Quota) Statement(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, from, to time.Time, p Page) (QuotaStatement, error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return QuotaStatement{}, err
	}
	period := readmodel.Period{
		Ledger: readmodel.Ledger{Table: quotas}, Account: []projection.Value{projection.Text(merchant), readmodel.Currency(c)},
		From: from, To: to, After: p.After, Limit: p.Limit,
	}
	var part readmodel.Part
	err := l.view.Read(ctx, l.store, func(s projection.Snapshot) (err error) {
		part, err = period.Select(s)
		return err
	})
	if err != nil {
		return QuotaStatement{}, err
	}
	s := QuotaStatement{Opening: quotaFigures(part.Opening, c), Closing: quotaFigures(part.Closing, c), Next: part.Next}
	before := quotaFigures(part.Before, c)
	for _, row := range part.Rows {
		before = s.add(row, before)
	}
	return s, nil
}

// quotaFigures returns those of a row, or nothing if there is none.
func quotaFigures(row projection.Row, c trade.Currency) QuotaFigures {
	if row == nil {
		return QuotaFigures{trade.Minor(0, c), trade.Minor(0, c)}
	}
	r := readmodel.Row{Table: quotas, Row: row}
	return QuotaFigures{Limit: r.Money("limit"), Used: r.Money("used")}
}

// add makes a movement of a row, if it changed a figure, and returns the figures after it.
func (s *QuotaStatement) add(row projection.Row, before QuotaFigures) QuotaFigures {
	r := readmodel.Row{Table: quotas, Row: row}
	after := quotaFigures(row, r.Currency())
	if after != before {
		s.Movements = append(s.Movements, QuotaMovement{
			Version: events.Version(r.Int("version")), At: r.Time("at"), Type: r.Text("type"), Order: r.ID("order"),
			Cause: credit.RestoreCause(r.Text("cause")), After: after,
			QuotaFigures: QuotaFigures{
				Limit: readmodel.Difference(after.Limit, before.Limit), Used: readmodel.Difference(after.Used, before.Used),
			},
		})
	}
	return after
}
