package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Ship: the goods go to the buyer, paid or not, and their receipt starts the time to pay.

// Ship says that the merchant has sent the goods. It needs no payment (B1) and uses no quota,
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

func (Shipped) fits(*Order) error { return nil }

func (e Shipped) evolve(o *Order, at time.Time) {
	o.ShippedAt, o.AutoReceiveAt = at, instant(e.AutoReceiveAt)
}

// ExtendReceipt puts the automatic receipt off, once and before it is due.
type ExtendReceipt struct{}

func (ExtendReceipt) check() error { return nil }

func (c ExtendReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.Extended {
		return nil, o.refuse(rule.D46, c).Says("it was extended already", "已延长过一次")
	}
	if !g.At.Before(o.AutoReceiveAt) {
		return nil, o.refuse(rule.D46, c).Says("receipt is due to be confirmed automatically", "已到自动确认收货时间").
			Until(o.AutoReceiveAt)
	}
	extension := f.rules().Extension
	if extension == 0 {
		return nil, o.refuse(rule.D46, c).Says("the policy grants no extension", "政策不允许延长收货")
	}
	return []Event{ReceiptExtended{AutoReceiveAt: o.AutoReceiveAt.Add(extension)}}, nil
}

// ReceiptExtended says until when the buyer has put the automatic receipt off.
// Stored: add fields, never rename or remove.
type ReceiptExtended struct {
	AutoReceiveAt time.Time `json:"auto_receive_at"`
}

func (e ReceiptExtended) check() error { return checkDeadline("auto_receive_at", e.AutoReceiveAt) }

func (e ReceiptExtended) fits(o *Order) error {
	if o.Extended {
		return invalid("event", "receipt is extended twice")
	}
	if !e.AutoReceiveAt.After(o.AutoReceiveAt) {
		return invalid("auto_receive_at", "is not after %s", o.AutoReceiveAt.Format(time.RFC3339Nano))
	}
	return nil
}

func (e ReceiptExtended) evolve(o *Order, _ time.Time) {
	o.AutoReceiveAt, o.Extended = instant(e.AutoReceiveAt), true
}

// ConfirmReceipt is the buyer's word that the goods have arrived. It is taken until the system
// has acted, also after the instant from which it may.
type ConfirmReceipt struct{}

func (ConfirmReceipt) check() error { return nil }

func (ConfirmReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	return o.received(trade.Buyer, g, f), nil
}

// AutoConfirmReceipt confirms receipt for a buyer who stayed silent until AutoReceiveAt.
type AutoConfirmReceipt struct{}

func (AutoConfirmReceipt) check() error { return nil }

func (c AutoConfirmReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if g.At.Before(o.AutoReceiveAt) {
		return nil, o.refuse(rule.D46, c).Says("the buyer still has time", "买家确认收货期限未到").From(o.AutoReceiveAt)
	}
	return o.received(trade.System, g, f), nil
}

// received counts the time to pay from the instant at which receipt is recorded, also when the
// system is late.
func (o *Order) received(by trade.Role, g *trade.Given, f *Facts) []Event {
	e := ReceiptConfirmed{By: by}
	if o.Phase == PhaseShipped {
		e.DueAt = g.At.Add(f.rules().PayWithin)
	}
	return []Event{e}
}

// ReceiptConfirmed says that the goods have arrived, by the word of the buyer or by the system's.
// DueAt is when payment is due; an order that is paid has none.
// Stored: add fields, never rename or remove.
type ReceiptConfirmed struct {
	By    trade.Role `json:"by"`
	DueAt time.Time  `json:"due_at,omitzero"`
}

func (e ReceiptConfirmed) check() error {
	if e.By != trade.Buyer && e.By != trade.System {
		return invalid("by", "must be buyer or system")
	}
	if e.DueAt.IsZero() {
		return nil
	}
	return checkDeadline("due_at", e.DueAt)
}

func (e ReceiptConfirmed) fits(o *Order) error {
	if paid := o.Phase == PhasePrepaidShipped; paid != e.DueAt.IsZero() {
		return invalid("due_at", "must be given for an order that is not paid, and for no other")
	}
	return nil
}

func (e ReceiptConfirmed) evolve(o *Order, at time.Time) {
	o.ReceivedAt, o.ReceivedBy, o.DueAt = at, e.By, instant(e.DueAt)
}
