package credit

import (
	"cmp"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Open: the platform opens the pay-later line of a merchant, and raises and reduces its limit.

// OpenLine opens a pay-later line with its first limit.
type OpenLine struct {
	Limit  trade.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (c OpenLine) check() error { return AssessLimit(c).check() }

func (c OpenLine) money() [2]field { return [2]field{{"limit", c.Limit}} }

func (c OpenLine) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if !trade.PayLaterIn(f.Currencies, l.Currency) {
		return nil, l.refuse(rule.D60, c).Because("pay later is not offered in %[1]s", "先用后付不支持%[1]s", l.Currency)
	}
	return []Event{LineOpened{Limit: c.Limit, Inputs: c.Inputs, Email: f.Email}}, nil
}

// LineOpened says what the first limit of a pay-later line is, and what it was assessed from. Email
// is the address that the platform has verified for the merchant, if there is one.
// Stored: add fields, never rename or remove.
type LineOpened struct {
	Limit  trade.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
	Email  trade.Email `json:"email,omitzero"`
}

func (e LineOpened) check() error {
	return cmp.Or(checkEmail(e.Email), AssessLimit{Limit: e.Limit, Inputs: e.Inputs}.checkWith(trade.CheckStoredText))
}

func (e LineOpened) evolve(l *Line) error {
	l.Limit, l.Email = e.Limit, e.Email
	return nil
}

func checkEmail(e trade.Email) error {
	if e == "" {
		return nil
	}
	return trade.CheckEmail("email", e)
}

// news returns the merchant's address if the line does not have it yet, or nothing.
func (l *Line) news(f *Facts) trade.Email {
	if l.Product == PayLater && f.Email != "" && f.Email != l.Email {
		return f.Email
	}
	return ""
}

// move returns what an assessment does to the limit of a pay-later line. The same limit again is
// recorded only if it answers a request or brings the merchant's address.
func (c AssessLimit) move(l *Line, f *Facts) ([]Event, error) {
	email := l.news(f)
	switch {
	case c.Limit == l.Limit && !l.AssessmentRequested && email == "":
		return nil, nil
	case c.Limit.AtMost(l.Limit):
		return []Event{LimitReduced{From: l.Limit, To: c.Limit, Inputs: c.Inputs, Stays: c.Limit == l.Limit, Email: email}}, nil
	case l.Frozen():
		return nil, l.refuse(rule.D55, c).On("limit").Because("the line is frozen; its limit is %[1]s", "先用后付额度已冻结，当前额度为%[1]s", l.Limit)
	}
	return []Event{LimitRaised{From: l.Limit, To: c.Limit, Inputs: c.Inputs, Email: email}}, nil
}

// LimitRaised says that the limit of a pay-later line rose, and what it was assessed from. It answers
// a request for an assessment. Email is the merchant's address if it is new to the line.
// Stored: add fields, never rename or remove.
type LimitRaised struct {
	From   trade.Money `json:"from"`
	To     trade.Money `json:"to"`
	Inputs Inputs      `json:"inputs,omitzero"`
	Email  trade.Email `json:"email,omitzero"`
}

func (e LimitRaised) check() error {
	if !e.From.Less(e.To) {
		return trade.Invalid("to", "is not a higher limit")
	}
	if err := checkLimit("from", e.From); err != nil {
		return err
	}
	return cmp.Or(checkEmail(e.Email), e.Inputs.check(trade.CheckStoredText))
}

func (e LimitRaised) evolve(l *Line) error { return l.assess(e.From, e.To, e.Email) }

// LimitReduced says that the limit of a pay-later line fell, maybe below what is used, and what it was
// assessed from; or, with Stays, that an assessment has left it as it is. It answers a request for
// an assessment. Email is the merchant's address if it is new to the line.
// Stored: add fields, never rename or remove.
type LimitReduced struct {
	From   trade.Money `json:"from"`
	To     trade.Money `json:"to"`
	Inputs Inputs      `json:"inputs,omitzero"`
	Stays  bool        `json:"stays,omitzero"`
	Email  trade.Email `json:"email,omitzero"`
}

func (e LimitReduced) check() error {
	if !e.To.Less(e.From) && !(e.Stays && e.To == e.From) {
		return trade.Invalid("to", "is not a lower limit")
	}
	if e.Stays && e.To != e.From {
		return trade.Invalid("stays", "from %s to %s", e.From, e.To)
	}
	if err := checkLimit("to", e.To); err != nil {
		return err
	}
	return cmp.Or(checkEmail(e.Email), e.Inputs.check(trade.CheckStoredText))
}

func (e LimitReduced) evolve(l *Line) error { return l.assess(e.From, e.To, e.Email) }

// assess answers a request for an assessment and keeps the merchant's address if there is one.
func (l *Line) assess(from, to trade.Money, email trade.Email) error {
	l.AssessmentRequested, l.Email = false, cmp.Or(email, l.Email)
	return l.moveLimit("from", from, to)
}

// moveLimit sets the limit of a line whose limit is from.
func (l *Line) moveLimit(field string, from, to trade.Money) error {
	if from != l.Limit {
		return trade.Invalid(field, "is not the limit that the line has")
	}
	l.Limit = to
	return nil
}
