package paylater

import (
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/projection"
)

// Views returns the views of this package, each a new one.
func Views() []*projection.View {
	return []*projection.View{BoardView(), ExposureView(), DeadlinesView(), QuotaView(), FundsView()}
}

// Page selects a part of a list.
type Page struct {
	// After is the Next of the page before; empty begins at the first.
	After string
	// Limit is how many rows a page has at most, 1 to projection.MaxLimit; 0 is
	// projection.DefaultLimit.
	Limit int
}

// The codes that PlatformStatus gives: those of the marketplace's own interface for orders.
const (
	StatusWaitShip    = "WAIT_SELLER_SEND_GOODS"   // the merchant has to ship
	StatusWaitReceipt = "WAIT_BUYER_CONFIRM_GOODS" // the goods are on their way
	StatusWaitPayment = "WAIT_BUYER_PAY"           // the goods have arrived and the buyer has to pay
	StatusFinished    = "TRADE_FINISHED"           // received and paid
	StatusClosed      = "TRADE_CLOSED"             // cancelled, returned, written off, or refunded in full
)

// PlatformStatus returns the code of the marketplace's own interface for an order, and "" for one
// that was never placed. The interface has no code for an overdue order: it still waits for
// payment.
func PlatformStatus(o *paylater.Order) string {
	if o.Paid.IsPositive() && o.Refundable().IsZero() {
		return StatusClosed
	}
	switch o.Phase {
	case paylater.PhasePlaced, paylater.PhasePrepaid:
		return StatusWaitShip
	case paylater.PhaseShipped, paylater.PhasePrepaidShipped:
		return StatusWaitReceipt
	case paylater.PhaseReceived, paylater.PhaseOverdue:
		return StatusWaitPayment
	case paylater.PhasePaid:
		return StatusFinished
	case paylater.PhaseCancelled, paylater.PhaseWrittenOff:
		return StatusClosed
	default:
		return ""
	}
}
