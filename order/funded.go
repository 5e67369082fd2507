package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Funded: the initial payment is satisfied, or a bank has taken it back.

// Funded reports whether the initial payment is satisfied, and money is left that a refund or a claim
// has not taken (D63).
func (o *Order) Funded() bool {
	return o.Terms.Initial.AtMost(o.Ledger.settled()) && o.Left().IsPositive()
}

// Funded says that the initial payment is satisfied: the seller may ship.
// Stored: add fields, never rename or remove.
type Funded struct{}

func (e *Funded) contradicts(o *Order) error {
	if !o.Terms.Initial.AtMost(o.Ledger.settled()) {
		return fmt.Errorf("order: funded with %s of %s", o.Ledger.settled(), o.Terms.Initial)
	}
	return nil
}

func (e Funded) evolve(o *Order, at time.Time) { o.FundedAt, o.Unfunded = at, false }

// Unfund moves an order that is ready to ship back to confirmed because its initial payment was taken
// back (D63). The system issues it for orders that the first edition left so.
type Unfund struct{}

func (c Unfund) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !o.stranded() {
		return nil, refuse(rule.D63, c, o).Because("the initial payment was not taken back", "预付款未被收回")
	}
	return []Event{o.unfunded(g, f)}, nil
}

func (o *Order) unfunded(g *trade.Given, f *Facts) Event {
	return Unfunded{PayBy: g.At.Add(f.rules().PayWithin)}
}

// Unfunded says that the initial payment was taken back before shipment, and until when the order
// waits for money.
// Stored: add fields, never rename or remove.
type Unfunded struct {
	PayBy time.Time `json:"pay_by"`
}

func (e *Unfunded) contradicts(o *Order) error {
	if o.Funded() {
		return fmt.Errorf("order: unfunded with %s of %s", o.Ledger.settled(), o.Terms.Initial)
	}
	return nil
}

func (e Unfunded) evolve(o *Order, _ time.Time) {
	o.PayBy, o.FundedAt, o.Unfunded = e.PayBy, time.Time{}, true
}
