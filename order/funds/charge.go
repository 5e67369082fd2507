package funds

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Charges: received funds pay for other services (支付其他费用).

// ChargeID names what a merchant pays: see trade.CheckID for its form.
type ChargeID string

// PayCharge spends available funds on another charge; What says for what, in at most 200 bytes.
// The same id with the same content again does nothing.
type PayCharge struct {
	ID     ChargeID    `json:"id"`
	Amount trade.Money `json:"amount"`
	What   string      `json:"what"`
}

const maxText = 200 // Stored: raise it, never lower it.

func (c PayCharge) check() error { return c.checkWith(trade.CheckText) }

func (c PayCharge) checkWith(text trade.TextCheck) error {
	if err := trade.CheckID("id", string(c.ID)); err != nil {
		return err
	}
	return text("what", c.What, maxText)
}

func (c PayCharge) money() trade.Money { return c.Amount }

func (c PayCharge) decide(b *Balance, g *trade.Given, _ *Facts) ([]Event, error) {
	if was, ok := b.charges.find(past{ID: string(c.ID)}); ok {
		if was.Content != digestOf(&c) {
			return nil, b.refuse(rule.B14, c).On("id").Says("the id was used for another charge", "该编号已用于另一笔费用")
		}
		return nil, nil
	}
	if !c.Amount.IsPositive() {
		return nil, b.refuse(rule.B14, c).On("amount").Says("the amount is not positive", "金额不大于零")
	}
	if b.Available(g.At).Less(c.Amount) {
		return nil, b.short(rule.B14, c, c.Amount, g.At)
	}
	return []Event{ChargePaid(c)}, nil
}

// ChargePaid says that funds were spent on another charge.
// Stored: add fields, never rename or remove.
type ChargePaid struct {
	ID     ChargeID    `json:"id"`
	Amount trade.Money `json:"amount"`
	What   string      `json:"what"`
}

func (e ChargePaid) check() error {
	if !e.Amount.IsPositive() {
		return trade.Invalid("amount", "must be positive")
	}
	return PayCharge(e).checkWith(trade.CheckStoredText)
}

func (e ChargePaid) money() trade.Money { return e.Amount }

func (e ChargePaid) evolve(b *Balance, _ time.Time) error {
	c := PayCharge(e)
	paid := past{ID: string(e.ID), Content: digestOf(&c)}
	if _, twice := b.charges.find(paid); twice {
		return trade.Invalid("id", "was paid already")
	}
	b.charges = b.charges.put(paid)
	b.sums.Available -= e.Amount.MinorUnits()
	b.sums.Spent += e.Amount.MinorUnits()
	return nil
}
