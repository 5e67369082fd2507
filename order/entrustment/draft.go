package entrustment

import (
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The seller's part: drafting, submitting, and giving up.

// The bounds of the texts of an entrustment, in bytes. Stored: raise them, never lower them.
const (
	maxReference = 64
	maxTitle     = 200
	maxNote      = 500
)

// Draft opens an entrustment. Whoever drafts it is its seller for good. It needs no order (D38).
type Draft struct {
	// Reference is the seller's own number for the entrustment, at most 64 bytes.
	Reference string `json:"reference,omitzero"`
	// Title says what is exported, at most 200 bytes.
	Title string `json:"title,omitzero"`
}

func (c Draft) check() error { return c.checkWith(trade.CheckText) }

func (c Draft) checkWith(text trade.TextCheck) error {
	for _, t := range [...]textField{
		{"reference", c.Reference, maxReference, false},
		{"title", c.Title, maxTitle, false},
	} {
		if err := t.check(text); err != nil {
			return err
		}
	}
	return nil
}

func (c Draft) decide(_ *Entrustment, g *trade.Given, _ *Facts) ([]Event, error) {
	return []Event{Drafted{Seller: string(g.By.Account), Reference: c.Reference, Title: c.Title}}, nil
}

// Drafted says that the seller opened the entrustment.
// Stored: add fields, never rename or remove.
type Drafted struct {
	Seller    string `json:"seller"` // a trade.Account
	Reference string `json:"reference,omitzero"`
	Title     string `json:"title,omitzero"`
}

func (e Drafted) check() error {
	if err := trade.CheckID("seller", e.Seller); err != nil {
		return err
	}
	return Draft{Reference: e.Reference, Title: e.Title}.checkWith(trade.CheckStoredText)
}

func (e Drafted) evolve(s *Entrustment) {
	s.Seller, s.Reference, s.Title = trade.Account(e.Seller), e.Reference, e.Title
}

// Submit hands the entrustment to the export service.
type Submit struct{}

func (Submit) check() error { return nil }

func (Submit) decide(*Entrustment, *trade.Given, *Facts) ([]Event, error) {
	return []Event{Submitted{}}, nil
}

// Submitted says that the export service has the entrustment.
// Stored: add fields, never rename or remove.
type Submitted struct{}

func (Submitted) check() error { return nil }

func (Submitted) evolve(*Entrustment) {}

// Cancel gives the entrustment up before its release. One that is linked to an order is unlinked
// at once; one whose order was shipped cannot be cancelled (D40).
type Cancel struct {
	Reason trade.Text `json:"reason,omitzero"` // at most 500 bytes
}

func (c Cancel) check() error {
	if c.Reason == "" {
		return nil
	}
	return c.Reason.Check("reason", maxNote)
}

func (c Cancel) decide(s *Entrustment, _ *trade.Given, f *Facts) ([]Event, error) {
	if !s.Linked() {
		return []Event{Cancelled(c)}, nil
	}
	if f.Order.ID != s.Order {
		return nil, trade.Invalid("facts.order", "must be the linked order %s", s.Order)
	}
	if f.Order.Shipped {
		return nil, s.refuse(rule.D40, c).Because("the linked order %s was shipped", "关联订单 %s 已发货", s.Order)
	}
	return []Event{Unlinked{Order: s.Order, Cause: CauseCancelled}, Cancelled(c)}, nil
}

// Cancelled says that the seller gave the entrustment up.
// Stored: add fields, never rename or remove.
type Cancelled struct {
	Reason trade.Text `json:"reason,omitzero"`
}

func (e Cancelled) check() error {
	if e.Reason == "" {
		return nil
	}
	return e.Reason.CheckStored("reason", maxNote)
}

func (e Cancelled) evolve(s *Entrustment) { s.Note = e.Reason }
