package assurance

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/projection"
)

// lines has a row for each credit line, and risks one for each assurance order that holds quota
// or is confirmed and not paid in full.
var (
	lines = &projection.Table{
		Name: "lines", Key: 3,
		Columns: []projection.Column{
			text("product"), text("seller"), text("currency"), number("limit"), number("held"), number("consumed"), number("remaining"),
			number("excess"), number("open_holds"), number("frozen"), text("phase"), number("updated"), number("version"),
		},
		Indexes: [][]string{{"seller"}},
	}
	risks = &projection.Table{
		Name: "risks", Key: 1,
		Columns: []projection.Column{
			text("id"), text("seller"), text("buyer"), text("currency"), number("held"), number("due"), text("coverage"),
			number("free_by"), text("phase"),
		},
		Indexes: [][]string{{"seller", "currency", "held"}, {"seller", "currency", "free_by"}, {"buyer"}},
	}
)

// ExposureView returns the view that Exposure reads.
func ExposureView() *projection.View {
	line := func(model *events.Model[credit.Line, credit.Event]) projection.CategoryFolder {
		return projection.Fold[credit.Line, credit.Event]{Model: model, Last: putLine}
	}
	return &projection.View{
		Name: "exposure", Version: 1, Tables: []*projection.Table{lines, risks}, ByStream: true,
		Filter: events.Filter{Categories: []string{order.Category, credit.Category, credit.PayLaterCategory}},
		New: projection.Folds(
			projection.Fold[order.Order, order.Event]{Model: order.NewModel(), Last: putRisk},
			line(credit.NewModel()), line(credit.NewPayLaterModel())),
	}
}

func putLine(rows *projection.Rows, _ events.StreamID, v events.Version, l *credit.Line) {
	rows.Put(lines,
		projection.Text(l.Product.String()), projection.Text(l.Seller), projection.Text(l.Currency.String()),
		minor(l.Limit), minor(l.Held), minor(l.Consumed), minor(l.Available()), minor(l.Overcommitted()),
		projection.Int(l.OpenHolds), projection.Bool(l.Suspended() || l.Frozen()), projection.Text(l.Phase.String()),
		projection.Time(l.LastAt), projection.Int(int64(v)))
}

func putRisk(rows *projection.Rows, _ events.StreamID, _ events.Version, o *order.Order) {
	held, due := order.Money{}, order.Money{}
	if o.Hold.Status == order.HoldOpen {
		held = o.Hold.Amount
	}
	if o.Phase >= order.PhaseConfirmed && o.Phase < order.PhaseCompleted {
		due = o.Due()
	}
	if held.IsZero() && due.IsZero() {
		rows.Delete(risks, idText(o.ID))
		return
	}
	rows.Put(risks,
		idText(o.ID), projection.Text(o.Seller.Account), projection.Text(o.Buyer.Account), projection.Text(o.Terms.Total.Currency().String()),
		minor(held), minor(due), projection.Text(o.Coverage), projection.Time(freeBy(o)), projection.Text(o.Phase.String()))
}

// freeBy returns when the hold of an order comes free if nobody does anything, which is at its
// deadline if the order then expires or is received, or zero if somebody has to do something
// first.
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

// Exposure tells what lines and buyers are exposed to.
type Exposure struct {
	store projection.Store
	view  *projection.View
}

// NewExposure returns the exposure of a store, which some worker builds by ExposureView.
func NewExposure(store projection.Store) *Exposure { return &Exposure{store, ExposureView()} }

// LineExposure is a credit line as it stands.
type LineExposure struct {
	Product   credit.Product
	Seller    order.Account
	Currency  order.Currency
	Limit     order.Money
	Held      order.Money // what orders hold or, of a pay-later line, use
	Consumed  order.Money // what was claimed and not repaid yet
	Remaining order.Money
	Excess    order.Money // by how much held and consumed exceed a limit that was cut
	OpenHolds int64
	Frozen    bool // the line takes no new orders: it is frozen or suspended
	UpdatedAt time.Time
	Version   events.Version // of its stream
}

// Lines returns the lines of a seller or merchant, by product and currency. The platform may ask
// for anybody's, a seller for his own.
func (x *Exposure) Lines(ctx context.Context, by order.Actor, seller order.Account) ([]LineExposure, error) {
	if ok, err := owns(by, seller); err != nil || !ok {
		return nil, err
	}
	var found []LineExposure
	err := x.view.Read(ctx, x.store, func(s projection.Snapshot) error {
		q := projection.Query{Where: []projection.Condition{equal("seller", projection.Text(seller))}}
		return projection.Each(s, lines, q, func(row projection.Row) error {
			found = append(found, lineExposure(row))
			return nil
		})
	})
	return found, err
}

// owns reports whether the actor may see what belongs to a seller.
func owns(by order.Actor, seller order.Account) (bool, error) {
	if err := reader(by); err != nil {
		return false, err
	}
	if err := order.CheckID("seller", string(seller)); err != nil {
		return false, err
	}
	return by.Role == order.Platform || by.Role == order.System || by.Role == order.Seller && by.Account == seller, nil
}

func lineExposure(row projection.Row) LineExposure {
	r := reading{lines, row}
	product := credit.Assurance
	if r.text("product") == credit.PayLater.String() {
		product = credit.PayLater
	}
	limit := r.money("limit")
	return LineExposure{
		Product: product, Seller: order.Account(r.text("seller")), Currency: limit.Currency(), Limit: limit,
		Held: r.money("held"), Consumed: r.money("consumed"), Remaining: r.money("remaining"), Excess: r.money("excess"),
		OpenHolds: r.value("open_holds").Int(), Frozen: r.value("frozen").Bool(), UpdatedAt: r.time("updated"),
		Version: events.Version(r.value("version").Int()),
	}
}

// Holding is an assurance order that holds quota.
type Holding struct {
	Order    order.ID
	Buyer    order.Account
	Held     order.Money
	Coverage order.Coverage
	Phase    order.Phase
	// FreeBy is when the hold comes free if nobody does anything: the order expires, or receipt
	// is confirmed automatically. It is zero if somebody has to do something first.
	FreeBy time.Time
}

// Largest returns the orders that hold most of a seller's assurance line in a currency, at most
// limit, the largest first.
func (x *Exposure) Largest(ctx context.Context, by order.Actor, seller order.Account, c order.Currency, limit int) ([]Holding, error) {
	return x.holdings(ctx, by, seller, c, projection.Query{
		Order: []string{"held"}, Descending: true, Limit: limit,
		Where: []projection.Condition{{Column: "held", Op: projection.Greater, Value: projection.Int(0)}},
	})
}

// Forecast returns the orders whose hold on a seller's assurance line in a currency comes free
// by an instant if nobody does anything, at most limit, the first one first.
func (x *Exposure) Forecast(ctx context.Context, by order.Actor, seller order.Account, c order.Currency, until time.Time, limit int) ([]Holding, error) {
	return x.holdings(ctx, by, seller, c, projection.Query{
		Order: []string{"free_by"}, Limit: limit,
		Where: []projection.Condition{
			{Column: "free_by", Op: projection.Greater, Value: projection.Int(0)},
			{Column: "free_by", Op: projection.AtMost, Value: projection.Time(until)},
		},
	})
}

func (x *Exposure) holdings(ctx context.Context, by order.Actor, seller order.Account, c order.Currency, q projection.Query) ([]Holding, error) {
	if ok, err := owns(by, seller); err != nil || !ok {
		return nil, err
	}
	q.Table = risks.Name
	q.Where = append(q.Where, equal("seller", projection.Text(seller)), equal("currency", projection.Text(c.String())))
	var found []Holding
	err := x.view.Read(ctx, x.store, func(s projection.Snapshot) error {
		rows, err := s.Select(q)
		for _, row := range rows {
			r := reading{risks, row}
			found = append(found, Holding{
				Order: r.id("id"), Buyer: order.Account(r.text("buyer")), Held: r.money("held"),
				Coverage: order.Coverage(r.text("coverage")), Phase: phaseOf(r.text("phase")), FreeBy: r.time("free_by"),
			})
		}
		return err
	})
	return found, err
}

// BuyerExposure is what the open orders of a buyer come to in one currency.
type BuyerExposure struct {
	Currency order.Currency
	Orders   int         // that hold quota, or are confirmed and not paid in full
	Held     order.Money // what they hold of their sellers' lines
	Due      order.Money // what the buyer has still to pay for them
}

// Buyer returns what the open orders of a buyer come to, by currency in the order of their
// codes. Only the platform may ask; to anybody else there is nothing. A sum out of range is an
// *order.MoneyError.
func (x *Exposure) Buyer(ctx context.Context, by order.Actor, buyer order.Account) ([]BuyerExposure, error) {
	if err := reader(by); err != nil {
		return nil, err
	}
	if err := order.CheckID("buyer", string(buyer)); err != nil {
		return nil, err
	}
	if by.Role != order.Platform && by.Role != order.System {
		return nil, nil
	}
	var found []BuyerExposure
	err := x.view.Read(ctx, x.store, func(s projection.Snapshot) error {
		q := projection.Query{Where: []projection.Condition{equal("buyer", projection.Text(buyer))}}
		return projection.Each(s, risks, q, func(row projection.Row) error {
			r := reading{risks, row}
			held, due := r.money("held"), r.money("due")
			e := exposureIn(&found, held.Currency())
			e.Orders++
			var err error
			if e.Held, err = e.Held.Add(held); err == nil {
				e.Due, err = e.Due.Add(due)
			}
			return err
		})
	})
	return found, err
}

// exposureIn returns the entry of a currency in an ordered list, which it makes if there is none.
func exposureIn(list *[]BuyerExposure, c order.Currency) *BuyerExposure {
	i := 0
	for i < len(*list) && (*list)[i].Currency.String() < c.String() {
		i++
	}
	if i == len(*list) || (*list)[i].Currency != c {
		zero := order.Minor(0, c)
		*list = append(*list, BuyerExposure{})
		copy((*list)[i+1:], (*list)[i:])
		(*list)[i] = BuyerExposure{Currency: c, Held: zero, Due: zero}
	}
	return &(*list)[i]
}
