package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Receipt: the goods arrive. The buyer confirms receipt, or the system does after a time without an
// answer. Once the order is also paid in full, it is complete.

// ConfirmReceipt confirms that the goods arrived in order. It is accepted until the system has
// acted, even after the deadline.
type ConfirmReceipt struct{}

func (c ConfirmReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	return o.confirmReceipt(g, f, trade.Buyer)
}

// AutoConfirmReceipt confirms receipt because the buyer did not until the deadline (A25). The system
// issues it.
type AutoConfirmReceipt struct{}

func (c AutoConfirmReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if g.At.Before(o.Shipment.ReceiptDeadline) {
		return nil, refuse(rule.A25, c, o).From(o.Shipment.ReceiptDeadline)
	}
	return o.confirmReceipt(g, f, trade.System)
}

func (o *Order) confirmReceipt(g *trade.Given, f *Facts, by trade.Role) ([]Event, error) {
	made := append([]Event{ReceiptConfirmed{By: by}}, o.releaseHold(ReleaseReceived)...)
	return o.withConsequences(g, f, made...)
}

// ReceiptConfirmed says that the buyer or the system confirmed receipt of the goods.
// Stored: add fields, never rename or remove.
type ReceiptConfirmed struct {
	By trade.Role `json:"by"`
}

func (e ReceiptConfirmed) evolve(o *Order, at time.Time) { o.ReceiptBy, o.ReceivedAt = e.By, at }

// ExtendReceipt extends the deadline of receipt. Each party may do so once (D12).
type ExtendReceipt struct{}

func (c ExtendReceipt) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if g.By.Role == trade.Buyer && o.Extended.Buyer || g.By.Role == trade.Seller && o.Extended.Seller {
		return nil, refuse(rule.D12, c, o).Because("this party has extended it already", "该方已延长过一次")
	}
	if !g.At.Before(o.Shipment.ReceiptDeadline) {
		return nil, refuse(rule.D12, c, o).Until(o.Shipment.ReceiptDeadline)
	}
	return []Event{ReceiptExtended{By: g.By.Role, ReceiptDeadline: o.Shipment.ReceiptDeadline.Add(f.rules().ReceiptExtension)}}, nil
}

// Extended says which party has extended the deadline of receipt.
type Extended struct{ Buyer, Seller bool }

// ReceiptExtended says who extended the deadline of receipt, and until when.
// Stored: add fields, never rename or remove.
type ReceiptExtended struct {
	By              trade.Role `json:"by"`
	ReceiptDeadline time.Time  `json:"receipt_deadline"`
}

func (e *ReceiptExtended) contradicts(o *Order) error {
	if e.By == trade.Buyer && o.Extended.Buyer || e.By == trade.Seller && o.Extended.Seller || e.By != trade.Buyer && e.By != trade.Seller {
		return fmt.Errorf("order: receipt extended again by the %s", e.By)
	}
	return nil
}

func (e ReceiptExtended) evolve(o *Order, _ time.Time) {
	o.Extended.Buyer = o.Extended.Buyer || e.By == trade.Buyer
	o.Extended.Seller = o.Extended.Seller || e.By == trade.Seller
	o.Shipment.ReceiptDeadline = e.ReceiptDeadline
}

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

// maxFreeText is the largest number of bytes of a review, a reply, and the texts of a dispute.
const maxFreeText = 4000

// Review is the buyer's opinion; it is optional (A24, D31).
type Review struct {
	Rating int        `json:"rating"` // 1 to 5
	Text   trade.Text `json:"text,omitzero"`
}

func (c Review) check() error {
	if c.Rating < 1 || c.Rating > 5 {
		return trade.Invalid("rating", "%d lies outside 1 to 5", c.Rating)
	}
	if c.Text == "" {
		return nil
	}
	return c.Text.Check("text", maxFreeText)
}

func (c Review) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.Review.Rating != 0 {
		return nil, refuse(rule.D31, c, o).Because("it is reviewed already", "已提交过评价")
	}
	if last := o.CompletedAt.Add(f.rules().ReviewWithin); o.Phase == PhaseCompleted && g.At.After(last) {
		return nil, refuse(rule.D31, c, o).Until(last.Add(1))
	}
	return []Event{Reviewed(c)}, nil
}

// Reviewed says how the buyer rates the order.
// Stored: add fields, never rename or remove.
type Reviewed struct {
	Rating int        `json:"rating"`
	Text   trade.Text `json:"text,omitzero"`
}

func (e Reviewed) evolve(o *Order, at time.Time) { o.Review, o.ReviewedAt = e, at }

// EditReview changes the review, once (D31).
type EditReview struct {
	Rating int        `json:"rating"`
	Text   trade.Text `json:"text,omitzero"`
}

func (c EditReview) check() error { return Review(c).check() }

func (c EditReview) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if err := o.checkReview(c, g, f, o.ReviewedAt); err != nil {
		return nil, err
	}
	if !o.ReviewEditedAt.IsZero() {
		return nil, refuse(rule.D31, c, o).Because("it was edited already", "评价已修改过一次")
	}
	return []Event{ReviewEdited(c)}, nil
}

// checkReview refuses a command on a review if there is none, or if the time that counts from that
// instant is over.
func (o *Order) checkReview(c Command, g *trade.Given, f *Facts, from time.Time) error {
	if o.Review.Rating == 0 {
		return refuse(rule.D31, c, o).Because("there is no review", "尚无评价")
	}
	if last := from.Add(f.rules().ReviewWithin); g.At.After(last) {
		return refuse(rule.D31, c, o).Until(last.Add(1))
	}
	return nil
}

// ReviewEdited says how the buyer rates the order after editing the review.
// Stored: add fields, never rename or remove.
type ReviewEdited struct {
	Rating int        `json:"rating"`
	Text   trade.Text `json:"text,omitzero"`
}

func (e ReviewEdited) evolve(o *Order, at time.Time) { o.Review, o.ReviewEditedAt = Reviewed(e), at }

// Reply answers the review. The seller may do so once (D31).
type Reply struct {
	Text trade.Text `json:"text"`
}

func (c Reply) check() error { return c.Text.Check("text", maxFreeText) }

func (c Reply) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	from := o.ReviewedAt
	if o.ReviewEditedAt.After(from) {
		from = o.ReviewEditedAt
	}
	if err := o.checkReview(c, g, f, from); err != nil {
		return nil, err
	}
	if o.ReviewReply != "" {
		return nil, refuse(rule.D31, c, o).Because("it was answered already", "已回复过评价")
	}
	return []Event{ReviewReplied(c)}, nil
}

// ReviewReplied says how the seller answered the review.
// Stored: add fields, never rename or remove.
type ReviewReplied struct {
	Text trade.Text `json:"text"`
}

func (e ReviewReplied) evolve(o *Order, _ time.Time) { o.ReviewReply = e.Text }
