package credit

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Claim: the platform compensates a buyer in advance (先行垫付) from what the order holds.

// Claim resolves the open hold of an order, which must be Open: Amount of it is posted as consumed,
// which the seller owes the platform, and the rest is released. A suspended line takes claims as
// well.
type Claim struct {
	Order  trade.ID    `json:"order"`
	Open   trade.Money `json:"open"`
	Amount trade.Money `json:"amount"`
}

func (c Claim) check() error {
	if err := checkAmount(c.Order, "open", c.Open); err != nil {
		return err
	}
	return checkAmount(c.Order, "amount", c.Amount)
}

func (c Claim) money() [2]field { return [2]field{{"open", c.Open}, {"amount", c.Amount}} }

func (c Claim) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, l.resolved(c, f.Hold)
	}
	if c.Open != f.Hold.Amount {
		return nil, l.differs(rule.D8, c, "open", f.Hold)
	}
	if c.Open.Less(c.Amount) {
		return nil, l.short(rule.D8, c, "amount", c.Amount, c.Open)
	}
	return []Event{ClaimPosted{Order: c.Order, Amount: c.Amount, Released: minus(c.Open, c.Amount)}}, nil
}

// ClaimPosted says that the hold of an order is resolved: Amount of it was paid to the buyer and is
// consumed, and Released, which may be zero, is available again.
// Stored: add fields, never rename or remove.
type ClaimPosted struct {
	Order    trade.ID    `json:"order"`
	Amount   trade.Money `json:"amount"`
	Released trade.Money `json:"released"`
}

func (e ClaimPosted) check() error {
	if e.Released.IsNegative() {
		return trade.Invalid("released", "must not be negative")
	}
	return checkAmount(e.Order, "amount", e.Amount)
}

func (e ClaimPosted) evolve(l *Line) error {
	hold, err := e.Amount.Add(e.Released)
	if err != nil {
		return err
	}
	if l.Held, err = l.Held.Sub(hold); err != nil {
		return err
	}
	l.OpenHolds--
	l.Consumed, err = l.Consumed.Add(e.Amount)
	return err
}

// Repay: the seller pays back what the platform has paid to a buyer, and it is available again.

// RepayClaim records what the seller has repaid. Reference names the payment, in at most 200 bytes.
type RepayClaim struct {
	Amount    trade.Money `json:"amount"`
	Reference string      `json:"reference"`
}

func (c RepayClaim) check() error { return c.checkWith(trade.CheckText) }

func (c RepayClaim) checkWith(text trade.TextCheck) error {
	if err := checkPositive("amount", c.Amount); err != nil {
		return err
	}
	return text("reference", c.Reference, maxReference)
}

func (c RepayClaim) money() [2]field { return [2]field{{"amount", c.Amount}} }

func (c RepayClaim) decide(l *Line, _ *trade.Given, _ *Facts) ([]Event, error) {
	if l.Consumed.Less(c.Amount) {
		return nil, l.refuse(rule.D8, c).On("amount").Because("only %s is owed", "仅欠%s", l.Consumed)
	}
	return []Event{ClaimRepaid(c)}, nil
}

// ClaimRepaid says that the seller has repaid that much of what was claimed.
// Stored: add fields, never rename or remove.
type ClaimRepaid struct {
	Amount    trade.Money `json:"amount"`
	Reference string      `json:"reference"`
}

func (e ClaimRepaid) check() error { return RepayClaim(e).checkWith(trade.CheckStoredText) }

func (e ClaimRepaid) evolve(l *Line) (err error) {
	l.Consumed, err = l.Consumed.Sub(e.Amount)
	return err
}
