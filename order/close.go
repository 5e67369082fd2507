package order

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Close: the order ends before it is complete, with nothing paid or everything paid back. Its quota
// is free again, and so are its entrustments unless it has shipped.

// CloseReason says why an order ended early.
type CloseReason string

// The reasons of a close.
const (
	ClosedCancelled CloseReason = "cancelled"
	ClosedExpired   CloseReason = "expired"
	ClosedRefunded  CloseReason = "refunded" // nothing is left of the applied money
)

// Cancel ends the order while none of the buyer's money is left in it. Either party may issue it
// (D27). Once the initial payment was taken back, the buyer may only while customs have released none
// of the goods (D63).
type Cancel struct{}

func (c Cancel) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !o.Left().IsZero() {
		return nil, refuse(rule.D27, c, o).Because("money has come in", "订单已收款")
	}
	if err := o.checkNotProcessing(rule.D27, c, g.At); err != nil {
		return nil, err
	}
	if o.Unfunded && g.By.Role == trade.Buyer && !o.lastRelease().IsZero() {
		return nil, refuse(rule.D63, c, o).Because("customs have released the goods: the seller may cancel", "货物已通关放行，仅卖家可取消")
	}
	return o.closeEvents(ClosedCancelled), nil
}

// Expire ends an order that waited too long for the buyer's confirmation or for money (D28).
type Expire struct{}

func (c Expire) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	deadline := o.ConfirmBy
	if o.Phase == PhaseConfirmed {
		deadline = o.PayBy
	}
	if !o.Left().IsZero() {
		return nil, refuse(rule.D28, c, o).Because("money has come in", "订单已收款")
	}
	if g.At.Before(deadline) {
		return nil, refuse(rule.D28, c, o).From(deadline)
	}
	if err := o.checkNotProcessing(rule.D28, c, g.At); err != nil {
		return nil, err
	}
	return o.closeEvents(ClosedExpired), nil
}

// closeEvents returns the close and what it frees: every link, unless the order has shipped (D40),
// and the hold (D5).
func (o *Order) closeEvents(reason CloseReason) []Event {
	made := make([]Event, 0, len(o.Links)+2)
	for i := 0; i < len(o.Links) && o.Shipment.ShippedAt.IsZero(); i++ {
		made = append(made, EntrustmentUnlinked{Entrustment: o.Links[i].ID, Cause: UnlinkClosed})
	}
	made = append(made, o.releaseHold(ReleaseClosed)...)
	return append(made, Closed{Reason: reason})
}

// Closed says that the order has ended before completion.
// Stored: add fields, never rename or remove.
type Closed struct {
	Reason CloseReason `json:"reason"`
}

func (e Closed) evolve(o *Order, at time.Time) {
	o.CloseReason, o.ClosedAt = e.Reason, at
	o.Dispute.Stage, o.Proposal.Open = StageNone, false
	o.unfreeze(resumed{}, at)
}
