package credit

import (
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

func (c OpenLine) money() [2]trade.Money { return [2]trade.Money{c.Limit} }

func (c OpenLine) decide(*Line, *trade.Given, *Facts) ([]Event, error) {
	return []Event{LineOpened(c)}, nil
}

// LineOpened says what the first limit of a pay-later line is, and what it was assessed from.
// Stored: add fields, never rename or remove.
type LineOpened struct {
	Limit  trade.Money `json:"limit"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (e LineOpened) check() error { return AssessLimit(e).checkWith(trade.CheckStoredText) }

func (e LineOpened) evolve(l *Line) error {
	l.Limit = e.Limit
	return nil
}

// move returns what an assessment does to the limit of a pay-later line.
func (c AssessLimit) move(l *Line) ([]Event, error) {
	switch {
	case c.Limit == l.Limit:
		return nil, nil
	case c.Limit.Less(l.Limit):
		return []Event{LimitReduced{From: l.Limit, To: c.Limit, Inputs: c.Inputs}}, nil
	case l.Frozen():
		return nil, l.refuse(rule.D55, c).Because("the line is frozen; its limit is %[1]s", "先用后付额度已冻结，当前额度为%[1]s", l.Limit)
	}
	return []Event{LimitRaised{From: l.Limit, To: c.Limit, Inputs: c.Inputs}}, nil
}

// LimitRaised says that the limit of a pay-later line rose, and what it was assessed from.
// Stored: add fields, never rename or remove.
type LimitRaised struct {
	From   trade.Money `json:"from"`
	To     trade.Money `json:"to"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (e LimitRaised) check() error {
	if !e.From.Less(e.To) {
		return trade.Invalid("to", "is not a higher limit")
	}
	if err := checkLimit("from", e.From); err != nil {
		return err
	}
	return e.Inputs.check(trade.CheckStoredText)
}

func (e LimitRaised) evolve(l *Line) error { return l.moveLimit("from", e.From, e.To) }

// LimitReduced says that the limit of a pay-later line fell, maybe below what is used, and what it
// was assessed from.
// Stored: add fields, never rename or remove.
type LimitReduced struct {
	From   trade.Money `json:"from"`
	To     trade.Money `json:"to"`
	Inputs Inputs      `json:"inputs,omitzero"`
}

func (e LimitReduced) check() error {
	if !e.To.Less(e.From) {
		return trade.Invalid("to", "is not a lower limit")
	}
	if err := checkLimit("to", e.To); err != nil {
		return err
	}
	return e.Inputs.check(trade.CheckStoredText)
}

func (e LimitReduced) evolve(l *Line) error { return l.moveLimit("from", e.From, e.To) }

// moveLimit sets the limit of a line whose limit is from.
func (l *Line) moveLimit(field string, from, to trade.Money) error {
	if from != l.Limit {
		return trade.Invalid(field, "is not the limit that the line has")
	}
	l.Limit = to
	return nil
}
