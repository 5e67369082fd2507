package credit

import (
	"time"

	"github.com/tradesurety/surety/order"
)

// Assess: the platform sets the limit of a seller from what it knows of him, and refreshes it
// every month.

// The bounds of the texts of this package, in bytes. Stored: raise them, never lower them.
const (
	maxGrade  = 200
	maxReason = 500
)

// Inputs is what an assessment was made from. How the platform makes a limit of it is its own
// affair; the event records it, so that the limit can be explained later. Every field may be
// left out. Stored: add fields, never rename or remove.
type Inputs struct {
	Qualification string      `json:"qualification,omitzero"` // the grade of the enterprise's qualification, as the platform words it
	Ability       string      `json:"ability,omitzero"`       // the grade of its verified ability
	TradeFlow     order.Money `json:"trade_flow,omitzero"`    // the trade of the last 180 days, in any currency
	Penalties     int64       `json:"penalties,omitzero"`     // the number of penalties that lowered the limit
	Month         string      `json:"month,omitzero"`         // the month that the assessment is for, such as "2025-06"
}

func (i *Inputs) check() error {
	for _, text := range [...][2]string{{"inputs.qualification", i.Qualification}, {"inputs.ability", i.Ability}} {
		if text[1] == "" {
			continue
		}
		if err := order.CheckText(text[0], text[1], maxGrade); err != nil {
			return err
		}
	}
	switch {
	case i.TradeFlow.IsNegative():
		return &order.InvalidError{Field: "inputs.trade_flow", Reason: "must not be negative"}
	case i.Penalties < 0:
		return &order.InvalidError{Field: "inputs.penalties", Reason: "must not be negative"}
	case i.Month != "" && !isMonth(i.Month):
		return &order.InvalidError{Field: "inputs.month", Reason: "is not a month such as 2025-06"}
	}
	return nil
}

func isMonth(s string) bool {
	const layout = "2006-01"
	t, err := time.Parse(layout, s)
	return err == nil && t.Format(layout) == s
}

// assessmentDay is the day of each month on which limits are refreshed.
const assessmentDay = 10

// NextAssessment returns the first instant after t at which limits are refreshed: the beginning
// of the tenth of a month in China.
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

// AssessLimit sets the limit. It may lie below what is held: holds stay, and nothing is
// available until enough of them is resolved.
type AssessLimit struct {
	Limit  order.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (c AssessLimit) check() error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	return c.Inputs.check()
}

func checkLimit(limit order.Money) error {
	switch {
	case limit.Currency().IsZero():
		return &order.InvalidError{Field: "limit", Reason: "has no currency"}
	case limit.IsNegative():
		return &order.InvalidError{Field: "limit", Reason: "must not be negative"}
	}
	return nil
}

func (c AssessLimit) money() [2]order.Money { return [2]order.Money{c.Limit} }

func (c AssessLimit) decide(Line, Facts) ([]Event, error) {
	return []Event{LimitAssessed{Limit: c.Limit, Inputs: c.Inputs}}, nil
}

// LimitAssessed says what the limit is from now on, and what it was assessed from.
// Stored: add fields, never rename or remove.
type LimitAssessed struct {
	Limit  order.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (e LimitAssessed) check() error {
	if err := checkLimit(e.Limit); err != nil {
		return err
	}
	return e.Inputs.check()
}

func (e LimitAssessed) evolve(l *Line) error {
	l.Limit = e.Limit
	return nil
}

// Suspend stops the line: it takes no new holds, and no hold may grow. Reason is what the
// seller is to read, in at most 500 bytes.
type Suspend struct {
	Reason string `json:"reason"`
}

func (c Suspend) check() error { return order.CheckText("reason", c.Reason, maxReason) }

func (Suspend) money() [2]order.Money { return [2]order.Money{} }

func (c Suspend) decide(Line, Facts) ([]Event, error) {
	return []Event{LineSuspended{Reason: c.Reason}}, nil
}

// LineSuspended says that the line takes no new holds, and why.
// Stored: add fields, never rename or remove.
type LineSuspended struct {
	Reason string `json:"reason"`
}

func (e LineSuspended) check() error { return order.CheckText("reason", e.Reason, maxReason) }

func (e LineSuspended) evolve(l *Line) error {
	l.Reason = e.Reason
	return nil
}

// Resume lets a suspended line take holds again.
type Resume struct{}

func (Resume) check() error { return nil }

func (Resume) money() [2]order.Money { return [2]order.Money{} }

func (Resume) decide(Line, Facts) ([]Event, error) { return []Event{LineResumed{}}, nil }

// LineResumed says that the line takes holds again.
// Stored: add fields, never rename or remove.
type LineResumed struct{}

func (LineResumed) check() error { return nil }

func (LineResumed) evolve(l *Line) error {
	l.Reason = ""
	return nil
}
