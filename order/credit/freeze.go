package credit

import (
	"slices"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Freeze: while a pay-later line has a reason to be frozen, no new order can use it (冻结额度). Its
// open orders are paid and restored as on any line, and no figure changes.

// Reason is the kind of a reason to freeze a pay-later line.
type Reason string

// The reasons.
const (
	ReasonOverdue    Reason = "overdue"     // an order is overdue (逾期未付款)
	ReasonOpenOrders Reason = "open-orders" // at least one order is open (未完成的订单)
	ReasonFakeOrder  Reason = "fake-order"  // an order is flagged as fake (恶意刷单)
	ReasonOther      Reason = "other"       // what the text says
)

// MaxFreezes is how many reasons a line can be frozen for at the same time.
const MaxFreezes = 100

// Ground is one reason for which a line is frozen. Ref is the id of the order for ReasonOverdue
// and ReasonFakeOrder, a text of at most 200 bytes for ReasonOther, and empty for
// ReasonOpenOrders.
// Stored: add fields, never rename or remove.
type Ground struct {
	Reason Reason     `json:"reason"`
	Ref    trade.Text `json:"ref,omitzero"`
}

// Order returns the order that the ground names, or the zero ID if it names none.
func (g Ground) Order() trade.ID {
	if g.Reason != ReasonOverdue && g.Reason != ReasonFakeOrder {
		return trade.ID{}
	}
	// A Ref that check refuses names no order.
	id, _ := trade.ParseID(string(g.Ref))
	return id
}

func (g Ground) check() error {
	switch g.Reason {
	case ReasonOverdue, ReasonFakeOrder:
		if g.Order().IsZero() {
			return trade.Invalid("ref", "is not the canonical id of an order")
		}
		return nil
	case ReasonOpenOrders:
		if g.Ref != "" {
			return trade.Invalid("ref", "must be empty for open orders")
		}
		return nil
	case ReasonOther:
		return g.Ref.CheckStored("ref", maxReference)
	}
	return trade.Invalid("reason", "is not one of overdue, open-orders, fake-order, other")
}

// FrozenFor reports whether the line is frozen for a reason of that kind.
func (l *Line) FrozenFor(r Reason) bool {
	return slices.ContainsFunc(l.Freezes, func(g Ground) bool { return g.Reason == r })
}

// checkFreezes returns what is wrong with the reasons of a line that was not folded here.
func (l *Line) checkFreezes() error {
	if l.Frozen() && l.Phase != PhaseOpen {
		return trade.Invalid("freezes", "only an open pay-later line is frozen")
	}
	for i, g := range l.Freezes {
		if err := g.check(); err != nil {
			return err
		}
		if err := addable(l.Freezes[:i], g); err != nil {
			return err
		}
	}
	return nil
}

// addable returns why the ground cannot be one more of those, or nil.
func addable(grounds []Ground, g Ground) error {
	switch {
	case len(grounds) >= MaxFreezes:
		return trade.Invalid("freezes", "are more than a line can have")
	case slices.Contains(grounds, g):
		return trade.Invalid("freezes", "have the same reason twice")
	}
	return nil
}

// Freeze adds a reason to those for which the line is frozen. The platform may give any reason that
// is true; the desk gives ReasonOverdue, when an order becomes overdue and the policy asks for it.
// Facts say what is true of the order that Ref names; the line itself knows whether orders are open.
type Freeze struct {
	Reason Reason     `json:"reason"`
	Ref    trade.Text `json:"ref,omitzero"`
}

func (c Freeze) check() error {
	if c.Reason == ReasonOther {
		return c.Ref.Check("ref", maxReference)
	}
	return Ground(c).check()
}

func (Freeze) money() [2]field { return [2]field{} }

func (c Freeze) decide(l *Line, g *trade.Given, f *Facts) ([]Event, error) {
	no := l.refuse(rule.D53, c).On("reason")
	switch {
	case g.By.Role == trade.Desk && c.Reason != ReasonOverdue:
		return nil, no.Says("only an overdue order freezes the line by itself", "只有逾期订单会自动冻结额度")
	case slices.Contains(l.Freezes, Ground(c)):
		return nil, no.Says("the line is frozen for this reason already", "额度已因同一原因冻结")
	case len(l.Freezes) >= MaxFreezes:
		return nil, no.Because("the line is frozen for %[1]d reasons, which is the most", "额度已有%[1]d个冻结原因，不能再增加", MaxFreezes)
	case c.Reason == ReasonOverdue && !f.Overdue:
		return nil, no.Says("the order is not overdue", "该订单未逾期")
	case c.Reason == ReasonFakeOrder && !f.Fake:
		return nil, no.Says("the order is not flagged as fake", "该订单未被认定为恶意刷单")
	case c.Reason == ReasonOpenOrders && l.OpenHolds == 0:
		return nil, no.Says("no order is open", "没有未完成的订单")
	}
	return []Event{Frozen(c)}, nil
}

// Frozen says that the line is frozen for one more reason.
// Stored: add fields, never rename or remove.
type Frozen struct {
	Reason Reason     `json:"reason"`
	Ref    trade.Text `json:"ref,omitzero"`
}

func (e Frozen) check() error { return Ground(e).check() }

func (e Frozen) evolve(l *Line) error {
	if err := addable(l.Freezes, Ground(e)); err != nil {
		return err
	}
	l.Freezes = append(slices.Clip(l.Freezes), Ground(e))
	return nil
}

// Unfreeze removes a reason. The line is usable again when none is left. No reason ends by itself,
// even when the order that it names was paid.
type Unfreeze struct {
	Reason Reason     `json:"reason"`
	Ref    trade.Text `json:"ref,omitzero"`
}

func (c Unfreeze) check() error { return Ground(c).check() }

func (Unfreeze) money() [2]field { return [2]field{} }

func (c Unfreeze) decide(l *Line, _ *trade.Given, _ *Facts) ([]Event, error) {
	if !slices.Contains(l.Freezes, Ground(c)) {
		return nil, l.refuse(rule.D53, c).On("reason").Says("the line is not frozen for this reason", "额度并未因该原因冻结")
	}
	return []Event{Unfrozen(c)}, nil
}

// Unfrozen says that the line is not frozen for that reason any more.
// Stored: add fields, never rename or remove.
type Unfrozen struct {
	Reason Reason     `json:"reason"`
	Ref    trade.Text `json:"ref,omitzero"`
}

func (e Unfrozen) check() error { return Ground(e).check() }

func (e Unfrozen) evolve(l *Line) error {
	i := slices.Index(l.Freezes, Ground(e))
	if i < 0 {
		return trade.Invalid("freezes", "do not have the reason that is taken away")
	}
	l.Freezes = slices.Concat(l.Freezes[:i], l.Freezes[i+1:])
	return nil
}
