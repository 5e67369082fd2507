package ordertest

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// ActivateSeller activates the service of a seller and assesses his line.
func (f *Fixture) ActivateSeller(by trade.Actor, limit trade.Money) *Fixture {
	f.t.Helper()
	f.Do(by, desk.OnSeller(by.Account, seller.Activate{Route: seller.RouteConsole}))
	f.Do(Platform, desk.OnLine(by.Account, limit.Currency(), credit.AssessLimit{Limit: limit}))
	return f
}

// OpenQuota opens the pay-later line of a merchant.
func (f *Fixture) OpenQuota(merchant trade.Actor, limit trade.Money) *Fixture {
	f.t.Helper()
	f.Do(Platform, desk.OnQuota(merchant.Account, limit.Currency(), credit.OpenLine{Limit: limit}))
	return f
}

// OrderAt brings a new order to a phase by the usual way and returns it. What leads out of the
// phase is all that is missing: a draft can be submitted, an order that is ready to ship has its
// entrustment released. A seller whose service was never asked for is made an active one with
// a line of ten times the contract's total.
func (f *Fixture) OrderAt(phase order.Phase, c Contract) trade.ID {
	f.t.Helper()
	id := trade.NewID()
	if o := f.bring(id, phase, c); o.Phase != phase {
		f.t.Fatalf("the usual way of this contract leads to %s, not to %s", o.Phase, phase)
	}
	return id
}

// bring takes the usual way to a phase, or beyond it where the policy does.
func (f *Fixture) bring(id trade.ID, phase order.Phase, c Contract) order.Order {
	f.t.Helper()
	c = c.filled(order.EntrustmentID("E-" + strings.ToUpper(id.String()[24:])))
	if _, _, err := f.Desk.ReadService(f.t.Context(), Platform, c.Seller.Account); errors.Is(err, desk.ErrNotFound) {
		f.ActivateSeller(c.Seller, tenfold(c.Total))
	}
	o := order.Order{ID: id}
	for _, step := range c.wayTo(phase) {
		if step.from != o.Phase {
			continue
		}
		switch ask := step.command(&o, f.Clock.Now()).(type) {
		case order.Link:
			f.Entrust(c.Seller, ask.Entrustment, c.Total.Currency())
			f.Do(step.by, desk.OnOrder(id, ask))
		case order.RecordRelease:
			f.Do(Platform, desk.OnEntrustment(ask.Entrustment, entrustment.Release{ReleasedAt: ask.ReleasedAt}))
		default:
			f.Do(step.by, desk.OnOrder(id, ask))
		}
		o = f.Order(id)
	}
	return o
}

// tenfold is ten times an amount, or the most that there is.
func tenfold(m trade.Money) trade.Money {
	return trade.Minor(10*min(m.MinorUnits(), math.MaxInt64/10), m.Currency())
}

// Entrust takes a seller's new export entrustment to the point at which customs have its
// declaration and may release it.
func (f *Fixture) Entrust(by trade.Actor, id order.EntrustmentID, c trade.Currency) {
	f.t.Helper()
	f.Do(by, desk.OnEntrustment(id, entrustment.Draft{Title: "goods"}))
	f.Do(by, desk.OnEntrustment(id, entrustment.Submit{}))
	f.Do(Platform, desk.OnEntrustment(id, entrustment.Approve{}))
	f.Do(Platform, desk.OnEntrustment(id, entrustment.Declare{Declaration: Declaration(id, c, f.Clock.Now())}))
}

// Declaration is a customs declaration of 100 pieces, under a number that derives from the
// entrustment.
func Declaration(id order.EntrustmentID, c trade.Currency, at time.Time) entrustment.Declaration {
	number := []byte("D" + strings.ToUpper(string(id)))
	for i, b := range number {
		if b < '0' || b > '9' && b < 'A' || b > 'Z' {
			number[i] = '0'
		}
	}
	total := int64(1000)
	for range c.Exponent() {
		total *= 10
	}
	return entrustment.Declaration{
		Number: entrustment.DeclarationNo(number), DeclaringCustoms: "2201", DeparturePort: "310001", DeclaredAt: at,
		Items: []entrustment.Item{{
			No: 1, HSCode: "9001909090", Name: "lens", Quantity: must(trade.ParseNumber("100")), Unit: "piece",
			Price: must(trade.ParseNumber("10")), Total: trade.Minor(total, c),
		}},
	}
}

// SaleAt brings a new pay-later order of Shopper at Merchant to a phase by the usual way and
// returns it; an overdue one takes the clock beyond its due time. A merchant without a line is
// given one of ten times the amount.
func (f *Fixture) SaleAt(phase paylater.Phase, amount trade.Money) trade.ID {
	f.t.Helper()
	id := trade.NewID()
	if _, _, err := f.Desk.ReadQuota(f.t.Context(), Platform, Merchant.Account, amount.Currency()); errors.Is(err, desk.ErrNotFound) {
		f.OpenQuota(Merchant, tenfold(amount))
	}
	for _, c := range saleSteps[phase] {
		by, ask := Shopper, c
		switch c := c.(type) {
		case paylater.Place:
			c.Merchant, c.Amount = Merchant.Account, amount
			ask = c
		case paylater.Pay:
			c.Reference, c.Amount = "P-"+id.String(), amount
			ask = c
		case paylater.Ship:
			by = Merchant
		case paylater.MarkOverdue:
			by = System
			f.Clock.Set(f.Sale(id).DueAt.Add(1))
		case paylater.WriteOff:
			by = Platform
		}
		f.Do(by, desk.OnPayLater(id, ask))
	}
	if len(saleSteps[phase]) == 0 {
		f.t.Fatalf("no way leads a pay-later order to %s", phase)
	}
	return id
}

// saleSteps is how a pay-later order comes to each phase.
var saleSteps = map[paylater.Phase][]paylater.Command{
	paylater.PhasePlaced:         {placing},
	paylater.PhaseShipped:        {placing, paylater.Ship{}},
	paylater.PhasePrepaid:        {placing, paylater.Pay{}},
	paylater.PhasePrepaidShipped: {placing, paylater.Pay{}, paylater.Ship{}},
	paylater.PhaseReceived:       {placing, paylater.Ship{}, paylater.ConfirmReceipt{}},
	paylater.PhaseOverdue:        {placing, paylater.Ship{}, paylater.ConfirmReceipt{}, paylater.MarkOverdue{}},
	paylater.PhasePaid:           {placing, paylater.Ship{}, paylater.ConfirmReceipt{}, paylater.Pay{}},
	paylater.PhaseCancelled:      {placing, paylater.Cancel{}},
	paylater.PhaseWrittenOff:     {placing, paylater.Ship{}, paylater.ConfirmReceipt{}, paylater.MarkOverdue{}, paylater.WriteOff{}},
}

var placing = paylater.Place{ChosePayLater: true}

// OwnAlipay is the Alipay account of a merchant's own, to which he can always withdraw.
func OwnAlipay(merchant trade.Actor) funds.Dest {
	return funds.Dest{Alipay: funds.Alipay{Account: string(merchant.Account), Holder: merchant.Account}}
}
