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

// ActivateSeller activates a seller's service and assesses the seller's assurance line.
func (f *Fixture) ActivateSeller(by trade.Actor, limit trade.Money) *Fixture {
	f.t.Helper()
	f.Do(by, desk.OnSeller(by.Account, seller.Activate{Route: seller.RouteConsole}))
	f.Do(Platform, desk.OnLine(by.Account, limit.Currency(), credit.AssessLimit{Limit: limit}))
	return f
}

// OpenQuota opens a merchant's pay-later line.
func (f *Fixture) OpenQuota(merchant trade.Actor, limit trade.Money) *Fixture {
	f.t.Helper()
	f.Do(Platform, desk.OnQuota(merchant.Account, limit.Currency(), credit.OpenLine{Limit: limit}))
	return f
}

// OrderAt brings a new order to a phase by the usual commands and returns its ID. The command that leads
// out of the phase is the next one: a draft can be submitted, an order that is ready to ship has a released
// entrustment. If the seller has no service yet, OrderAt activates it, with a line of ten times the contract's
// total.
func (f *Fixture) OrderAt(phase order.Phase, c Contract) trade.ID {
	f.t.Helper()
	id := trade.NewID()
	if o := f.bring(id, phase, c); o.Phase != phase {
		f.t.Fatalf("the usual way of this contract leads to %s, not to %s", o.Phase, phase)
	}
	return id
}

// bring executes the usual commands up to a phase, or further if the policy moves the order on.
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

// tenfold returns ten times an amount, or the largest amount that there is.
func tenfold(m trade.Money) trade.Money {
	return trade.Minor(10*min(m.MinorUnits(), math.MaxInt64/10), m.Currency())
}

// Entrust brings a seller's new export entrustment to the phase in which customs have its declaration and
// may release it.
func (f *Fixture) Entrust(by trade.Actor, id order.EntrustmentID, c trade.Currency) {
	f.t.Helper()
	f.Do(by, desk.OnEntrustment(id, entrustment.Draft{Title: "goods"}))
	f.Do(by, desk.OnEntrustment(id, entrustment.Submit{}))
	f.Do(Platform, desk.OnEntrustment(id, entrustment.Approve{}))
	f.Do(Platform, desk.OnEntrustment(id, entrustment.Declare{Declaration: Declaration(id, c, f.Clock.Now())}))
}

// Declaration returns a customs declaration of 100 pieces. Its number derives from the entrustment's ID.
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

// PayLaterOrderAt brings a new pay-later order of Shopper at Merchant to a phase by the usual commands and returns its
// ID. For an overdue order it sets the clock past the due time. If Merchant has no pay-later line, PayLaterOrderAt opens
// one of ten times the amount.
func (f *Fixture) PayLaterOrderAt(phase paylater.Phase, amount trade.Money) trade.ID {
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
			f.Clock.Set(f.PayLaterOrder(id).DueAt.Add(1))
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

// saleSteps has the commands that bring a pay-later order to each phase.
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

// OwnAlipay returns the merchant's own Alipay account, to which the merchant can always withdraw.
func OwnAlipay(merchant trade.Actor) funds.Dest {
	return funds.Dest{Alipay: funds.Alipay{Account: string(merchant.Account), Holder: merchant.Account}}
}
