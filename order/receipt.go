package order

import (
	"fmt"
	"time"
)

// Receipt: the goods arrive. The buyer says so, or the system does when he stays silent; with
// the last of the money the order is complete.

// ConfirmReceipt is the buyer's word that the goods arrived in order. It is taken until the
// system has acted, also after the deadline.
type ConfirmReceipt struct{}

func (c ConfirmReceipt) decide(o *Order, g *Given) ([]Event, error) { return o.received(g, Buyer) }

// AutoConfirmReceipt confirms receipt for a buyer who stayed silent until the deadline (A25).
type AutoConfirmReceipt struct{}

func (c AutoConfirmReceipt) decide(o *Order, g *Given) ([]Event, error) {
	if g.At.Before(o.Shipment.ReceiptDeadline) {
		return nil, refuse(RuleA25, c, o).From(o.Shipment.ReceiptDeadline)
	}
	return o.received(g, System)
}

func (o *Order) received(g *Given, by Role) ([]Event, error) {
	facts := append([]Event{ReceiptConfirmed{By: by}}, o.release(ReleaseReceived)...)
	return o.follow(g, facts...)
}

// ReceiptConfirmed says that the goods have arrived, by the buyer's word or by the system's.
// Stored: add fields, never rename or remove.
type ReceiptConfirmed struct {
	By Role `json:"by"`
}

func (e ReceiptConfirmed) evolve(o *Order, at time.Time) { o.ReceiptBy, o.ReceivedAt = e.By, at }

// Completed says that the order is received and paid in full.
// Stored: add fields, never rename or remove.
type Completed struct{}

func (e *Completed) contradicts(o *Order) error {
	if !o.Due().IsZero() {
		return fmt.Errorf("order: completed with %s due", o.Due())
	}
	return nil
}

func (e Completed) evolve(o *Order, at time.Time) { o.CompletedAt = at }

// Review is the buyer's opinion, which nobody has to give (A24, D31).
type Review struct {
	Rating int    `json:"rating"` // 1 to 5
	Text   string `json:"text,omitzero"`
}

func (c Review) check() error {
	if c.Rating < 1 || c.Rating > 5 {
		return invalid("rating", "%d lies outside 1 to 5", c.Rating)
	}
	if c.Text == "" {
		return nil
	}
	return CheckText("text", c.Text, 4000)
}

func (c Review) decide(o *Order, g *Given) ([]Event, error) {
	if o.Review.Rating != 0 {
		return nil, refuse(RuleD31, c, o).Because("it is reviewed already", "已提交过评价")
	}
	if last := o.CompletedAt.Add(g.Rules().ReviewWithin); o.Phase == PhaseCompleted && g.At.After(last) {
		return nil, refuse(RuleD31, c, o).Until(last.Add(1))
	}
	return []Event{Reviewed(c)}, nil
}

// Reviewed says what the buyer thinks of the order.
// Stored: add fields, never rename or remove.
type Reviewed struct {
	Rating int    `json:"rating"`
	Text   string `json:"text,omitzero"`
}

func (e Reviewed) evolve(o *Order, at time.Time) { o.Review, o.ReviewedAt = e, at }
