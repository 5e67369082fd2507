package paylater

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// lines has a row for each pay-later line, and uses one for each order that uses quota. An order
// that became overdue stays overdue until it ends, so an order with overdue_at is overdue.
var (
	lines = &projection.Table{
		Name: "lines", Key: 2,
		Columns: append([]projection.Column{readmodel.Text("merchant"), readmodel.Text("currency"), readmodel.Text("why")},
			readmodel.Numbers("limit", "used", "remaining", "usable", "excess", "orders", "overdue", "updated", "version")...),
	}
	uses = &projection.Table{
		Name: "uses", Key: 1,
		Columns: append([]projection.Column{
			readmodel.Text("id"), readmodel.Text("merchant"), readmodel.Text("buyer"), readmodel.Text("currency"), readmodel.Text("phase"),
		}, readmodel.Numbers("outstanding", "due", "due_at", "overdue_at", "free_by")...),
		Indexes: [][]string{
			{"merchant", "currency", "outstanding"}, {"merchant", "currency", "free_by"}, {"buyer", "currency"}, {"buyer", "merchant", "currency"},
		},
	}
)

// ExposureView returns the view that Exposure reads.
func ExposureView() *projection.View {
	return readmodel.View("paylater_exposure", 1, []*projection.Table{lines, uses},
		projection.Fold[paylater.Order, paylater.Event]{Model: paylater.Model(), Last: putUse},
		projection.Fold[credit.Line, credit.Event]{Model: credit.Model(credit.PayLater), Last: putLine})
}

func putLine(rows *projection.Rows, _ events.StreamID, v events.Version, l *credit.Line) {
	rows.Put(lines,
		projection.Text(l.Seller), readmodel.Currency(l.Currency), projection.Text(encodeWhy(l.Freezes)),
		readmodel.Minor(l.Limit), readmodel.Minor(l.Held), readmodel.Minor(l.Available()), readmodel.Minor(l.Usable()),
		readmodel.Minor(l.Overcommitted()), projection.Int(l.OpenHolds), projection.Int(l.Overdue),
		projection.Time(l.LastAt), projection.Int(int64(v)))
}

// encodeWhy returns the value of a column for the reasons of a freeze, empty if there are none.
func encodeWhy(why []credit.Ground) string {
	if len(why) == 0 {
		return ""
	}
	text, _ := json.Marshal(why) // strings can always be encoded
	return string(text)
}

// decodeWhy is the inverse of encodeWhy.
func decodeWhy(text string) (why []credit.Ground, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &why); err != nil {
		return nil, fmt.Errorf("paylater: the reasons of a freeze: %w", err)
	}
	return why, nil
}

func putUse(rows *projection.Rows, _ events.StreamID, _ events.Version, o *paylater.Order) {
	if o.Outstanding.IsZero() {
		rows.Delete(uses, readmodel.ID(o.ID))
		return
	}
	rows.Put(uses,
		readmodel.ID(o.ID), projection.Text(o.Merchant), projection.Text(o.Buyer), readmodel.Currency(o.Original.Currency()),
		projection.Text(o.Phase.String()), readmodel.Minor(o.Outstanding), readmodel.Minor(o.Due()),
		projection.Time(o.DueAt), projection.Time(o.OverdueAt), projection.Time(freeBy(o)))
}

// freeBy returns when the quota of an order comes free if the buyer pays in time. It is zero before
// that is known and once the order is overdue.
func freeBy(o *paylater.Order) time.Time {
	if o.Phase != paylater.PhaseReceived || o.AfterSalesOpen() {
		return time.Time{}
	}
	return o.DueAt
}

// Exposure shows the exposure of merchants' lines and of buyers.
type Exposure struct{ source readmodel.Source }

// NewExposure returns the exposure of a store, in which a worker builds ExposureView.
func NewExposure(store projection.Store) *Exposure {
	return &Exposure{readmodel.Source{Store: store, View: ExposureView()}}
}

// LineExposure is the current state of a pay-later line.
type LineExposure struct {
	Merchant  trade.Account
	Currency  trade.Currency
	Limit     trade.Money
	Used      trade.Money // what orders use of the limit
	Remaining trade.Money
	Usable    trade.Money // what a new order may use: Remaining, or zero while the line is frozen
	Excess    trade.Money // by how much Used exceeds a limit that was cut
	Orders    int64       // the number of orders that use quota
	Overdue   int64       // how many of them are overdue
	Why       []credit.Ground
	UpdatedAt time.Time
	Version   events.Version // of its stream
}

// Frozen reports whether the line takes no new orders; Why has the reasons.
func (l *LineExposure) Frozen() bool { return len(l.Why) > 0 }

// Lines returns the lines of a merchant, by currency. The platform sees all lines, a merchant
// their own; other callers get none.
func (x *Exposure) Lines(ctx context.Context, by trade.Actor, merchant trade.Account) ([]LineExposure, error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return nil, err
	}
	var found []LineExposure
	q := projection.Query{Where: []projection.Condition{readmodel.Equal("merchant", projection.Text(merchant))}}
	err := x.source.Each(ctx, lines, q, func(r readmodel.Row) error {
		l, err := lineExposure(r)
		found = append(found, l)
		return err
	})
	return found, err
}

func lineExposure(r readmodel.Row) (LineExposure, error) {
	why, err := decodeWhy(r.Text("why"))
	return LineExposure{
		Merchant: r.Account("merchant"), Currency: r.Currency(), Limit: r.Money("limit"), Used: r.Money("used"),
		Remaining: r.Money("remaining"), Usable: r.Money("usable"), Excess: r.Money("excess"),
		Orders: r.Int("orders"), Overdue: r.Int("overdue"), Why: why,
		UpdatedAt: r.Time("updated"), Version: events.Version(r.Int("version")),
	}, err
}

// Use is an order that uses quota.
type Use struct {
	Order       trade.ID
	Buyer       trade.Account
	Outstanding trade.Money // what it uses
	Phase       paylater.Phase
	DueAt       time.Time // when payment is, or was, due; zero until it is known
	OverdueAt   time.Time // since when the order is overdue; zero if it is not
	// FreeBy is when the quota comes free if the buyer pays in time. It is zero before receipt and
	// while an after-sales case is open, because the time is unknown, and once the order is overdue.
	FreeBy time.Time
}

// Largest returns the orders that use most of a merchant's line in a currency, at most limit, the
// largest first.
func (x *Exposure) Largest(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, limit int) ([]Use, error) {
	return x.uses(ctx, by, merchant, c, projection.Query{Order: []string{"outstanding"}, Descending: true, Limit: limit})
}

// Forecast returns the orders whose quota of a merchant's line in a currency comes free by an
// instant if the buyers pay in time, at most limit, the earliest first.
func (x *Exposure) Forecast(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, until time.Time, limit int) ([]Use, error) {
	return x.uses(ctx, by, merchant, c, projection.Query{
		Order: []string{"free_by"}, Limit: limit,
		Where: []projection.Condition{
			readmodel.Above("free_by"), {Column: "free_by", Op: projection.AtMost, Value: readmodel.Instant(until)},
		},
	})
}

func (x *Exposure) uses(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, q projection.Query) ([]Use, error) {
	if ok, err := readmodel.Owns(by, "merchant", merchant); err != nil || !ok {
		return nil, err
	}
	q.Where = readmodel.Account{Owner: merchant, Currency: c}.Where("merchant", q.Where...)
	return readmodel.Select(ctx, x.source, uses, q, func(r readmodel.Row) Use {
		return Use{
			Order: r.ID("id"), Buyer: r.Account("buyer"), Outstanding: r.Money("outstanding"), Phase: readmodel.Phase[paylater.Phase](r.Text("phase")),
			DueAt: r.Time("due_at"), OverdueAt: r.Time("overdue_at"), FreeBy: r.Time("free_by"),
		}
	})
}
