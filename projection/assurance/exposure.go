package assurance

import (
	"context"
	"math/big"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

// lines has a row for each assurance line, and risks one for each order that holds quota, is confirmed
// and not paid in full, or whose buyer owes money.
var (
	lines = &projection.Table{
		Name: "lines", Key: 2,
		Columns: append([]projection.Column{readmodel.Text("seller"), readmodel.Text("currency"), readmodel.Text("suspended"), readmodel.Text("phase")},
			readmodel.Numbers("limit", "held", "consumed", "remaining", "excess", "open_holds", "updated", "version")...),
	}
	risks = &projection.Table{
		Name: "risks", Key: 1,
		Columns: append([]projection.Column{
			readmodel.Text("id"), readmodel.Text("seller"), readmodel.Text("buyer"), readmodel.Text("currency"),
			readmodel.Text("coverage"), readmodel.Text("phase"),
		}, readmodel.Numbers("held", "due", "lacking", "owed", "pay_by", "free_by")...),
		Indexes: [][]string{{"seller", "currency", "held"}, {"seller", "currency", "free_by"}, {"buyer", "currency"}, {"buyer", "seller", "currency"}},
	}
)

// ExposureView returns the view that Exposure reads.
func ExposureView() *projection.View {
	return readmodel.View("exposure", 3, []*projection.Table{lines, risks},
		projection.Fold[order.Order, order.Event]{Model: order.Model(), Last: putRisk},
		projection.Fold[credit.Line, credit.Event]{Model: credit.Model(credit.Assurance), Last: putLine})
}

func putLine(rows *projection.Rows, _ events.StreamID, v events.Version, l *credit.Line) {
	rows.Put(lines,
		projection.Text(l.Seller), readmodel.Currency(l.Currency), projection.Text(l.Reason), projection.Text(l.Phase.String()),
		readmodel.Minor(l.Limit), readmodel.Minor(l.Held), readmodel.Minor(l.Consumed), readmodel.Minor(l.Available()),
		readmodel.Minor(l.Overcommitted()), projection.Int(l.OpenHolds), projection.Time(l.LastAt), projection.Int(int64(v)))
}

func putRisk(rows *projection.Rows, _ events.StreamID, _ events.Version, o *order.Order) {
	held, due, lacking, payBy := trade.Money{}, trade.Money{}, trade.Money{}, time.Time{}
	if o.Hold.Status == order.HoldOpen {
		held = o.Hold.Amount
	}
	if o.Phase >= order.PhaseConfirmed && o.Phase < order.PhaseCompleted {
		due = o.Due()
	}
	if o.Phase == order.PhaseConfirmed && !o.Frozen() {
		lacking, payBy = o.StepDue(), o.PayBy
	}
	owed := o.Ledger.OwedByBuyer()
	if held.IsZero() && due.IsZero() && owed.IsZero() {
		rows.Delete(risks, readmodel.ID(o.ID))
		return
	}
	rows.Put(risks,
		readmodel.ID(o.ID), projection.Text(o.Seller.Account), projection.Text(o.Buyer.Account), readmodel.Currency(o.Terms.Total.Currency()),
		projection.Text(o.Coverage), projection.Text(o.Phase.String()),
		readmodel.Minor(held), readmodel.Minor(due), readmodel.Minor(lacking), readmodel.Minor(owed), projection.Time(payBy), projection.Time(freeBy(o)))
}

// freeBy returns when the hold of an order comes free if nobody acts: at its deadline if the order
// then expires or is received. It is zero if somebody has to act first.
func freeBy(o *order.Order) time.Time {
	d, runs := o.Deadline()
	if o.Hold.Status != order.HoldOpen || !runs {
		return time.Time{}
	}
	switch d.Command.(type) {
	case order.Expire, order.AutoConfirmReceipt:
		return d.At
	default:
		return time.Time{}
	}
}

// Exposure shows the exposure of lines and buyers.
type Exposure struct{ source readmodel.Source }

// NewExposure returns the exposure of a store, in which a worker builds ExposureView.
func NewExposure(store projection.Store) *Exposure {
	return &Exposure{readmodel.Source{Store: store, View: ExposureView()}}
}

// LineExposure is the current state of an assurance line.
type LineExposure struct {
	Seller    trade.Account
	Currency  trade.Currency
	Limit     trade.Money
	Held      trade.Money // what orders hold
	Consumed  trade.Money // claimed and not yet repaid
	Remaining trade.Money
	Excess    trade.Money // by how much Held and Consumed exceed a limit that was cut
	OpenHolds int64
	Suspended bool   // the line takes no new orders
	Reason    string // why it is suspended
	UpdatedAt time.Time
	Version   events.Version // of its stream
}

// Lines returns the lines of a seller, by currency. The platform sees all lines, a seller their
// own; other callers get none.
func (x *Exposure) Lines(ctx context.Context, by trade.Actor, seller trade.Account) ([]LineExposure, error) {
	if ok, err := readmodel.Owns(by, "seller", seller); err != nil || !ok {
		return nil, err
	}
	var found []LineExposure
	q := projection.Query{Where: []projection.Condition{readmodel.Equal("seller", projection.Text(seller))}}
	err := x.source.Each(ctx, lines, q, func(r readmodel.Row) error {
		found = append(found, lineExposure(r))
		return nil
	})
	return found, err
}

func lineExposure(r readmodel.Row) LineExposure {
	return LineExposure{
		Seller: r.Account("seller"), Currency: r.Currency(), Limit: r.Money("limit"),
		Held: r.Money("held"), Consumed: r.Money("consumed"), Remaining: r.Money("remaining"), Excess: r.Money("excess"),
		OpenHolds: r.Int("open_holds"), Suspended: r.Text("phase") == credit.PhaseSuspended.String(), Reason: r.Text("suspended"),
		UpdatedAt: r.Time("updated"), Version: events.Version(r.Int("version")),
	}
}

// Holding is an assurance order that holds quota.
type Holding struct {
	Order    trade.ID
	Buyer    trade.Account
	Held     trade.Money
	Coverage order.Coverage
	Phase    order.Phase
	// FreeBy is when the hold comes free if nobody acts: the order expires, or receipt is
	// confirmed automatically. It is zero if somebody has to act first.
	FreeBy time.Time
}

// Largest returns the orders that hold most of a seller's assurance line in a currency, at most
// limit, the largest first.
func (x *Exposure) Largest(ctx context.Context, by trade.Actor, seller trade.Account, c trade.Currency, limit int) ([]Holding, error) {
	return x.holdings(ctx, by, seller, c, projection.Query{
		Order: []string{"held"}, Descending: true, Limit: limit,
		Where: []projection.Condition{readmodel.Above("held")},
	})
}

// Forecast returns the orders whose hold on a seller's assurance line in a currency comes free
// by an instant if nobody acts, at most limit, the earliest first.
func (x *Exposure) Forecast(ctx context.Context, by trade.Actor, seller trade.Account, c trade.Currency, until time.Time, limit int) ([]Holding, error) {
	return x.holdings(ctx, by, seller, c, projection.Query{
		Order: []string{"free_by"}, Limit: limit,
		Where: []projection.Condition{
			readmodel.Above("free_by"),
			{Column: "free_by", Op: projection.AtMost, Value: readmodel.Instant(until)},
		},
	})
}

func (x *Exposure) holdings(ctx context.Context, by trade.Actor, seller trade.Account, c trade.Currency, q projection.Query) ([]Holding, error) {
	if ok, err := readmodel.Owns(by, "seller", seller); err != nil || !ok {
		return nil, err
	}
	q.Where = readmodel.Account{Owner: seller, Currency: c}.Where("seller", q.Where...)
	return readmodel.Select(ctx, x.source, risks, q, func(r readmodel.Row) Holding {
		return Holding{
			Order: r.ID("id"), Buyer: r.Account("buyer"), Held: r.Money("held"),
			Coverage: order.Coverage(r.Text("coverage")), Phase: readmodel.Phase[order.Phase](r.Text("phase")), FreeBy: r.Time("free_by"),
		}
	})
}

// BuyerExposure is the sum of the orders of a buyer in one currency.
type BuyerExposure struct {
	Currency      trade.Currency
	Orders        int         // that hold quota, are confirmed and not paid in full, or have money in Owed
	Held          trade.Money // what they hold on their sellers' lines
	Due           trade.Money // what the buyer still has to pay for them
	Overdue       trade.Money // the part of Due whose time to pay is over
	OverdueOrders int         // the number of orders with an overdue amount
	// Owed is what the buyer got back beyond what came in, of orders in any phase: by a chargeback as
	// well as by a refund, a return or a compensation (D8).
	Owed trade.Money
}

// ShareOverdue returns Overdue divided by Due, from 0 to 1, and 0 if nothing is due.
func (e *BuyerExposure) ShareOverdue() *big.Rat { return readmodel.Share(e.Overdue, e.Due) }

// Buyer returns the sums of a buyer's orders at an instant, in the order of currency
// codes. The platform sees all orders, the buyer their own, and a seller those with that seller. A
// sum out of range is a *trade.MoneyError.
//
// Overdue is the unpaid part of an initial payment whose time is over: from the instant at which
// the order would expire if nothing had been paid. The rest of a total has no such time, a deadline
// of the seller does not count, and nothing is overdue while an order is in dispute.
func (x *Exposure) Buyer(ctx context.Context, by trade.Actor, buyer trade.Account, at time.Time) ([]BuyerExposure, error) {
	var found []BuyerExposure
	err := x.source.OfBuyer(ctx, risks, "seller", by, buyer, func(r readmodel.Row) error {
		if n := len(found); n == 0 || found[n-1].Currency != r.Currency() {
			zero := trade.Minor(0, r.Currency())
			found = append(found, BuyerExposure{Currency: r.Currency(), Held: zero, Due: zero, Overdue: zero, Owed: zero})
		}
		return found[len(found)-1].add(r, at)
	})
	return found, err
}

// add adds an order.
func (e *BuyerExposure) add(r readmodel.Row, at time.Time) (err error) {
	e.Orders++
	if e.Held, err = e.Held.Add(r.Money("held")); err != nil {
		return err
	}
	if e.Due, err = e.Due.Add(r.Money("due")); err != nil {
		return err
	}
	if e.Owed, err = e.Owed.Add(r.Money("owed")); err != nil {
		return err
	}
	if r.Int("lacking") == 0 || at.Before(r.Time("pay_by")) {
		return nil
	}
	e.OverdueOrders++
	e.Overdue, err = e.Overdue.Add(r.Money("lacking"))
	return err
}
