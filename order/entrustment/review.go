package entrustment

import "github.com/tradesurety/surety/order/trade"

// Review: the export service examines the entrustment before customs do.

// Need is what the seller has to mend before the review goes on.
type Need string

// The needs, by the states in which the export service shows them.
const (
	NeedCustomerChange Need = "customer-change" // 待客户修改
	NeedInformation    Need = "information"     // 待补充信息
	NeedSignedLetter   Need = "signed-letter"   // 待签函
)

func (n Need) check() error {
	if n != NeedCustomerChange && n != NeedInformation && n != NeedSignedLetter {
		return trade.Invalid("need", "must be customer-change, information or signed-letter")
	}
	return nil
}

// RequestChange sends the entrustment back to the seller.
type RequestChange struct {
	Need Need       `json:"need"`
	Note trade.Text `json:"note,omitzero"` // what exactly, at most 500 bytes
}

func (c RequestChange) check() error {
	if err := c.Need.check(); err != nil || c.Note == "" {
		return err
	}
	return c.Note.Check("note", maxNote)
}

func (c RequestChange) decide(*Entrustment, *trade.Given, *Facts) ([]Event, error) {
	return []Event{ChangeRequested(c)}, nil
}

// ChangeRequested says what the seller has to mend.
// Stored: add fields, never rename or remove.
type ChangeRequested struct {
	Need Need       `json:"need"`
	Note trade.Text `json:"note,omitzero"`
}

func (e ChangeRequested) check() error {
	if err := e.Need.check(); err != nil || e.Note == "" {
		return err
	}
	return e.Note.CheckStored("note", maxNote)
}

func (e ChangeRequested) evolve(s *Entrustment) { s.Need, s.Note = e.Need, e.Note }

// Resubmit hands a mended entrustment back to the export service, after a request for change or
// a return by customs. The review begins anew.
type Resubmit struct{}

func (Resubmit) check() error { return nil }

func (Resubmit) decide(*Entrustment, *trade.Given, *Facts) ([]Event, error) {
	return []Event{Resubmitted{}}, nil
}

// Resubmitted says that the export service has the mended entrustment.
// Stored: add fields, never rename or remove.
type Resubmitted struct{}

func (Resubmitted) check() error { return nil }

func (Resubmitted) evolve(s *Entrustment) { s.Need, s.Note = "", "" }

// Approve ends the review: the export service will declare the goods.
type Approve struct{}

func (Approve) check() error { return nil }

func (Approve) decide(*Entrustment, *trade.Given, *Facts) ([]Event, error) {
	return []Event{Approved{}}, nil
}

// Approved says that the export service has accepted the entrustment.
// Stored: add fields, never rename or remove.
type Approved struct{}

func (Approved) check() error { return nil }

func (Approved) evolve(*Entrustment) {}
