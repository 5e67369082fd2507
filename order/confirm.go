package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Confirm: the buyer accepts the terms. From here on both sides are bound.

// Confirm accepts the submitted terms. Terms is the revision that the buyer saw: a buyer is not
// bound to terms that changed meanwhile.
type Confirm struct {
	Terms Revision `json:"terms"`
}

func (c Confirm) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if c.Terms != o.Revision {
		return nil, refuse(rule.A18, c, o).On("terms").Because("the terms are at revision %[1]d, not %[2]d", "条款当前版本为 %[1]d，而非 %[2]d", o.Revision, c.Terms)
	}
	if o.Seller.Same(g.By.Account, g.By.Email) {
		return nil, refuse(rule.D36, c, o)
	}
	if !g.At.Before(o.ConfirmBy) {
		return nil, refuse(rule.D28, c, o).Until(o.ConfirmBy)
	}
	hold, err := o.placeHold(c, g, f, HoldAtConfirm)
	if err != nil {
		return nil, err
	}
	made := append([]Event{Confirmed{Account: g.By.Account, Terms: c.Terms, PayBy: g.At.Add(f.rules().PayWithin)}}, hold...)
	return o.withConsequences(g, f, append(made, o.applyWaiting()...)...)
}

// Confirmed says that the buyer accepted that revision of the terms.
// Stored: add fields, never rename or remove.
type Confirmed struct {
	Account trade.Account `json:"account"`
	Terms   Revision      `json:"terms"`
	PayBy   time.Time     `json:"pay_by"`
}

// contradicts returns an error for a confirmation that binds the wrong person, or to other terms.
func (e *Confirmed) contradicts(o *Order) error {
	if o.Buyer.Account != "" && e.Account != o.Buyer.Account || e.Account == o.Seller.Account {
		return fmt.Errorf("order: confirmed by %q, which is not the contract's buyer", e.Account)
	}
	if e.Terms != o.Revision {
		return fmt.Errorf("order: confirmed terms %d, but revision %d was submitted", e.Terms, o.Revision)
	}
	return nil
}

func (e Confirmed) evolve(o *Order, _ time.Time) { o.Buyer.Account, o.PayBy = e.Account, e.PayBy }
