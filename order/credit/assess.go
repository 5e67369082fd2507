package credit

import (
	"cmp"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Assess: the platform sets the limit of a line from what it knows of the seller, and refreshes it
// every month.

// The bounds of the texts of this package, in bytes. Stored: raise them, never lower them.
const (
	maxGrade     = 200
	maxReason    = 500
	maxReference = 200
)

// assessmentDay is the day of each month on which limits are refreshed.
const assessmentDay = 10

// NextAssessment returns the first instant after t at which limits are refreshed: the beginning of
// the tenth day of a month in China.
func NextAssessment(t time.Time) time.Time {
	// One zone, without summer time since 1992.
	china := time.FixedZone("UTC+8", 8*60*60)
	year, month, _ := t.In(china).Date()
	next := time.Date(year, month, assessmentDay, 0, 0, 0, 0, china)
	if !next.After(t) {
		next = time.Date(year, month+1, assessmentDay, 0, 0, 0, 0, china)
	}
	return next.UTC()
}

// AssessLimit sets the limit. It may lie below what is held or used: that stays, and nothing is
// available until enough of it is resolved. On a pay-later line the same limit again makes no
// event, and while the line is frozen its limit is not raised.
type AssessLimit struct {
	Limit  trade.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (c AssessLimit) check() error { return c.checkWith(trade.CheckText) }

func (c AssessLimit) checkWith(text trade.TextCheck) error {
	if err := checkLimit("limit", c.Limit); err != nil {
		return err
	}
	return c.Inputs.check(text)
}

func checkLimit(field string, limit trade.Money) error {
	switch {
	case limit.Currency().IsZero():
		return trade.Invalid(field, "has no currency")
	case limit.IsNegative():
		return trade.Invalid(field, "must not be negative")
	}
	return nil
}

func (c AssessLimit) money() [2]field { return [2]field{{"limit", c.Limit}} }

func (c AssessLimit) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if l.Product == PayLater {
		return c.move(l, f)
	}
	return []Event{LimitAssessed(c)}, nil
}

// LimitAssessed says what the limit of an assurance line is, and what it was assessed from.
// Stored: add fields, never rename or remove.
type LimitAssessed struct {
	Limit  trade.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (e LimitAssessed) check() error { return AssessLimit(e).checkWith(trade.CheckStoredText) }

func (e LimitAssessed) evolve(l *Line) error {
	l.Limit, l.AssessmentRequested = e.Limit, false
	return nil
}

// RequestAssessment asks the platform to assess the limit anew. A line has one request at a time, also
// while it is suspended or frozen; the next AssessLimit answers it, with whatever limit. It changes
// nothing by itself.
type RequestAssessment struct {
	Note trade.Text `json:"note,omitzero"` // at most 500 bytes
}

func (c RequestAssessment) check() error {
	if c.Note == "" {
		return nil
	}
	return c.Note.Check("note", maxReason)
}

func (RequestAssessment) money() [2]field { return [2]field{} }

func (c RequestAssessment) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if l.AssessmentRequested {
		return nil, l.refuse(rule.B21, c).Says("a request is open already", "已有评估申请尚未答复")
	}
	return []Event{AssessmentRequested{Note: c.Note, Email: l.news(f)}}, nil
}

// AssessmentRequested says that the merchant asked for an assessment. Email is the merchant's address
// if it is new to a pay-later line.
// Stored: add fields, never rename or remove.
type AssessmentRequested struct {
	Note  trade.Text  `json:"note,omitzero"`
	Email trade.Email `json:"email,omitzero"`
}

func (e AssessmentRequested) check() error {
	if e.Note == "" {
		return checkEmail(e.Email)
	}
	return cmp.Or(e.Note.CheckStored("note", maxReason), checkEmail(e.Email))
}

func (e AssessmentRequested) evolve(l *Line) error {
	if l.AssessmentRequested {
		return trade.Invalid("event", "a request is open already")
	}
	l.AssessmentRequested, l.Email = true, cmp.Or(e.Email, l.Email)
	return nil
}

// Suspend stops the line: it takes no new holds, and no hold may grow. Reason is what the seller is
// shown, in at most 500 bytes.
type Suspend struct {
	Reason trade.Text `json:"reason"`
}

func (c Suspend) check() error { return c.Reason.Check("reason", maxReason) }

func (Suspend) money() [2]field { return [2]field{} }

func (c Suspend) decide(*Line, *trade.Given, *Facts) ([]Event, error) {
	return []Event{LineSuspended(c)}, nil
}

// LineSuspended says that the line takes no new holds, and why.
// Stored: add fields, never rename or remove.
type LineSuspended struct {
	Reason trade.Text `json:"reason"`
}

func (e LineSuspended) check() error { return e.Reason.CheckStored("reason", maxReason) }

func (e LineSuspended) evolve(l *Line) error {
	l.Reason = e.Reason
	return nil
}

// Resume lets a suspended line take holds again.
type Resume struct{}

func (Resume) check() error { return nil }

func (Resume) money() [2]field { return [2]field{} }

func (Resume) decide(*Line, *trade.Given, *Facts) ([]Event, error) {
	return []Event{LineResumed{}}, nil
}

// LineResumed says that the line takes holds again.
// Stored: add fields, never rename or remove.
type LineResumed struct{}

func (LineResumed) check() error { return nil }

func (LineResumed) evolve(l *Line) error {
	l.Reason = ""
	return nil
}
