package entrustment

import (
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Link: the counterparts of what an order's own commands do to its links.

// Cause says how a link ended.
type Cause string

// The causes.
const (
	CauseUnlinked  Cause = "unlinked"  // the seller took the link back (取消关联)
	CauseClosed    Cause = "closed"    // the order closed before shipment
	CauseCancelled Cause = "cancelled" // the entrustment was cancelled
)

// Link ties the entrustment to an order (关联), in the commit in which the order records the link.
// It carries what the entrustment has to know of the order.
type Link struct {
	Order     trade.ID       `json:"order"`
	DraftedAt time.Time      `json:"drafted_at"`
	Currency  trade.Currency `json:"currency"`
	Seller    string         `json:"seller"` // a trade.Account
}

func (c Link) check() error {
	if err := (Linked{Order: c.Order, DraftedAt: c.DraftedAt, Currency: c.Currency}).check(); err != nil {
		return err
	}
	return trade.CheckID("seller", c.Seller)
}

// decide refuses a repetition with D40: the pair is linked already, and nothing would change.
func (c Link) decide(s *Entrustment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if s.Linked() && s.Order != c.Order {
		return nil, s.refuse(rule.A22, c).On("order").Because("it is linked to another order", "该委托单已关联其他订单")
	}
	if s.Linked() {
		return nil, s.refuse(rule.D40, c).On("order").Because("it is linked to this order already", "该委托单已关联本订单")
	}
	if !s.ReleasedAt.IsZero() && s.ReleasedAt.Before(c.DraftedAt) {
		return nil, s.refuse(rule.A23, c).On("drafted_at").Because(
			"released at %s, before the order was drafted at %s", "放行时间 %s 早于订单起草时间 %s",
			text(s.ReleasedAt), text(c.DraftedAt))
	}
	if c.Seller != string(s.Seller) {
		return nil, s.refuse(rule.D39, c).On("seller").Because("it is another seller's", "该委托单属于其他卖家")
	}
	if declared := s.Declaration.Currency(); !declared.IsZero() && declared != c.Currency {
		return nil, s.refuse(rule.D39, c).On("currency").Because(
			"declared in %s, but the order is in %s", "申报币制为 %s，订单币种为 %s", declared, c.Currency)
	}
	return []Event{Linked{Order: c.Order, DraftedAt: trade.Instant(c.DraftedAt), Currency: c.Currency}}, nil
}

// Linked says to which order the entrustment belongs, when that order was drafted and its
// currency. Stored: add fields, never rename or remove.
type Linked struct {
	Order     trade.ID       `json:"order"`
	DraftedAt time.Time      `json:"drafted_at"`
	Currency  trade.Currency `json:"currency"`
}

func (e Linked) check() error {
	switch {
	case e.Order.IsZero():
		return trade.Invalid("order", "must not be empty")
	case e.Currency.IsZero():
		return trade.Invalid("currency", "must not be empty")
	}
	return trade.CheckInstant("drafted_at", e.DraftedAt)
}

func (e Linked) evolve(s *Entrustment) {
	s.Order, s.OrderDraftedAt, s.OrderCurrency, s.Void = e.Order, e.DraftedAt, e.Currency, false
}

// Unlink frees the entrustment, because the seller took the link back or the order closed. Whether
// the order may let go of it is the order's decision.
type Unlink struct {
	Order trade.ID `json:"order"`
	Cause Cause    `json:"cause"`
}

func (c Unlink) check() error {
	if c.Cause == CauseCancelled {
		return trade.Invalid("cause", "only Cancel unlinks a cancelled entrustment")
	}
	return Unlinked(c).check()
}

func (c Unlink) decide(s *Entrustment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if s.Order != c.Order {
		return nil, s.refuse(rule.D40, c).On("order").Because("it is not linked to this order", "该委托单未关联本订单")
	}
	return []Event{Unlinked(c)}, nil
}

// Unlinked says from which order the entrustment was freed, and why.
// Stored: add fields, never rename or remove.
type Unlinked struct {
	Order trade.ID `json:"order"`
	Cause Cause    `json:"cause"`
}

func (e Unlinked) check() error {
	if e.Order.IsZero() {
		return trade.Invalid("order", "must not be empty")
	}
	if e.Cause != CauseUnlinked && e.Cause != CauseClosed && e.Cause != CauseCancelled {
		return trade.Invalid("cause", "must be unlinked, closed or cancelled")
	}
	return nil
}

func (e Unlinked) evolve(s *Entrustment) {
	s.Order, s.OrderDraftedAt, s.OrderCurrency, s.Void = trade.ID{}, time.Time{}, trade.Currency{}, false
}
