package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Ship: the goods go to the buyer, paid or unpaid, and their receipt starts the time to pay.

// Ship records that the merchant sent the goods. It needs no payment (B1) and uses no quota,
// which was deducted when the order was placed.
type Ship struct{}

func (Ship) check() error { return nil }

func (Ship) decide(_ *Order, g *trade.Given, f *Facts) ([]Event, error) {
	return []Event{Shipped{AutoReceiveAt: g.At.Add(f.rules().ReceiveWithin)}}, nil
}

// Shipped says that the goods are on their way. From AutoReceiveAt on the system confirms
// receipt.
// Stored: add fields, never rename or remove.
type Shipped struct {
	AutoReceiveAt time.Time `json:"auto_receive_at"`
}

func (e Shipped) check() error { return checkDeadline("auto_receive_at", e.AutoReceiveAt) }

func (e Shipped) evolve(o *Order, at time.Time) {
	o.ShippedAt, o.AutoReceiveAt = at, trade.Instant(e.AutoReceiveAt)
}

// ExtendReceipt postpones the automatic receipt, once and before it is due.
type ExtendReceipt struct{}

func (ExtendReceipt) check() error { return nil }

func (c ExtendReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.Extended {
		return nil, o.refuse(rule.D46, c).Says("it was extended already", "已延长过一次")
	}
	if !g.At.Before(o.AutoReceiveAt) {
		return nil, o.refuse(rule.D46, c).Says("the automatic receipt is due already", "已到自动确认收货时间").
			Until(o.AutoReceiveAt)
	}
	extension := f.rules().Extension
	if extension == 0 {
		return nil, o.refuse(rule.D46, c).Says("the policy grants no extension", "政策不允许延长收货")
	}
	return []Event{ReceiptExtended{AutoReceiveAt: o.AutoReceiveAt.Add(extension)}}, nil
}

// ReceiptExtended says until when the buyer postponed the automatic receipt.
// Stored: add fields, never rename or remove.
type ReceiptExtended struct {
	AutoReceiveAt time.Time `json:"auto_receive_at"`
}

func (e ReceiptExtended) check() error { return checkDeadline("auto_receive_at", e.AutoReceiveAt) }

func (e ReceiptExtended) contradicts(o *Order) error {
	if o.Extended {
		return trade.Invalid("event", "receipt was extended before")
	}
	if !e.AutoReceiveAt.After(o.AutoReceiveAt) {
		return trade.Invalid("auto_receive_at", "is not after %s", o.AutoReceiveAt.Format(time.RFC3339Nano))
	}
	return nil
}

func (e ReceiptExtended) evolve(o *Order, _ time.Time) {
	o.AutoReceiveAt, o.Extended = trade.Instant(e.AutoReceiveAt), true
}

// ConfirmReceipt is the buyer's confirmation that the goods have arrived. It is accepted until the
// system has confirmed receipt, also after AutoReceiveAt.
type ConfirmReceipt struct{}

func (ConfirmReceipt) check() error { return nil }

func (ConfirmReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	return o.received(trade.Buyer, g, f), nil
}

// AutoConfirmReceipt confirms receipt for a buyer who has not done so by AutoReceiveAt.
type AutoConfirmReceipt struct{}

func (AutoConfirmReceipt) check() error { return nil }

func (c AutoConfirmReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if g.At.Before(o.AutoReceiveAt) {
		return nil, o.refuse(rule.D46, c).Says("the buyer still has time", "买家确认收货期限未到").From(o.AutoReceiveAt)
	}
	return o.received(trade.System, g, f), nil
}

// received counts the time to pay from the instant at which receipt is recorded, also when the
// system confirms it late.
func (o *Order) received(by trade.Role, g *trade.Given, f *Facts) []Event {
	e := ReceiptConfirmed{By: by}
	if o.Phase == PhaseShipped {
		e.DueAt = g.At.Add(f.rules().PayWithin)
	}
	return []Event{e}
}

// ReceiptConfirmed says that the goods have arrived, as the buyer or the system confirmed. DueAt is
// when payment is due; an order that is paid has none.
// Stored: add fields, never rename or remove.
type ReceiptConfirmed struct {
	By    trade.Role `json:"by"`
	DueAt time.Time  `json:"due_at,omitzero"`
}

func (e ReceiptConfirmed) check() error {
	if e.By != trade.Buyer && e.By != trade.System {
		return trade.Invalid("by", "must be buyer or system")
	}
	if e.DueAt.IsZero() {
		return nil
	}
	return checkDeadline("due_at", e.DueAt)
}

func (e ReceiptConfirmed) contradicts(o *Order) error {
	if paid := o.Phase == PhasePrepaidShipped; paid != e.DueAt.IsZero() {
		return trade.Invalid("due_at", "must be set for an unpaid order, and only for one")
	}
	return nil
}

func (e ReceiptConfirmed) evolve(o *Order, at time.Time) {
	o.ReceivedAt, o.ReceivedBy, o.DueAt = at, e.By, trade.Instant(e.DueAt)
}
