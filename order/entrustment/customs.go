package entrustment

import (
	"slices"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Customs: the export service files the declaration, and customs return it or release the goods.

// Declare files the customs declaration (报关). Its number must be new, or that of this
// entrustment from a declaration that customs returned (D43).
type Declare struct {
	Declaration Declaration `json:"declaration"`
}

func (c Declare) check() error { return c.Declaration.check() }

func (c Declare) decide(s *Entrustment, g *trade.Given, f *Facts) ([]Event, error) {
	d := &c.Declaration
	if english, chinese := d.fault(); english != "" {
		return nil, s.refuse(rule.D42, c).Because("%[1]s", "%[2]s", english, chinese)
	}
	if f.Policy != nil && f.Policy.StrictDeclarationNo && !d.Number.Strict() {
		return nil, s.refuse(rule.D43, c).Because(
			"number %s is not 18 digits with the export flag 0", "报关单号 %s 不是带出口标志 0 的 18 位数字", d.Number)
	}
	if s.Linked() && d.Currency() != s.OrderCurrency {
		return nil, s.refuse(rule.D39, c).Because(
			"declared in %s, but the linked order is in %s", "申报币制为 %s，关联订单币种为 %s", d.Currency(), s.OrderCurrency)
	}
	if f.Reservation.Number != d.Number {
		return nil, trade.Invalid("facts.reservation", "must be that of number %s", d.Number)
	}
	if owner := f.Reservation.Owner; owner != "" && owner != s.ID {
		return nil, s.refuse(rule.D43, c).Because(
			"number %s belongs to another entrustment", "报关单号 %s 已被其他委托单使用", d.Number)
	}
	e := Declared(c)
	e.Declaration.DeclaredAt = trade.Instant(d.DeclaredAt)
	e.Declaration.Items = slices.Clone(d.Items)
	return []Event{e}, nil
}

// Declared says that customs have the declaration.
// Stored: add fields, never rename or remove.
type Declared struct {
	Declaration Declaration `json:"declaration"`
}

func (e Declared) check() error { return e.Declaration.check() }

func (e Declared) evolve(s *Entrustment) {
	s.Declaration = e.Declaration
	s.Declaration.Items = slices.Clip(e.Declaration.Items)
}

// Return reports that customs gave the declaration back (通关退回). The seller may resubmit, and
// the entrustment may be declared again under the same number.
type Return struct {
	Reason string `json:"reason"` // 1 to 500 bytes
}

func (c Return) check() error { return trade.CheckText("reason", c.Reason, maxNote) }

func (c Return) decide(*Entrustment, *trade.Given, *Facts) ([]Event, error) {
	return []Event{Returned(c)}, nil
}

// Returned says why customs gave the declaration back.
// Stored: add fields, never rename or remove.
type Returned struct {
	Reason string `json:"reason"`
}

func (e Returned) check() error { return Return(e).check() }

func (e Returned) evolve(s *Entrustment) { s.Declaration, s.Note = Declaration{}, e.Reason }

// Release reports that customs let the goods go (通关放行). It happens once. A release before the
// linked order was drafted is a fact like any other: it is recorded, and the link is void (D41).
type Release struct {
	ReleasedAt time.Time `json:"released_at"`
}

func (c Release) check() error { return trade.CheckInstant("released_at", c.ReleasedAt) }

func (c Release) decide(s *Entrustment, g *trade.Given, _ *Facts) ([]Event, error) {
	if c.ReleasedAt.Before(s.Declaration.DeclaredAt) {
		return nil, s.refuse(rule.D44, c).Because(
			"released at %s, before the declaration at %s", "放行时间 %s 早于申报时间 %s",
			text(c.ReleasedAt), text(s.Declaration.DeclaredAt))
	}
	if c.ReleasedAt.After(g.At) {
		return nil, s.refuse(rule.D44, c).Because("the release lies in the future", "放行时间晚于当前时间").From(c.ReleasedAt)
	}
	void := s.Linked() && c.ReleasedAt.Before(s.OrderDraftedAt)
	return []Event{Released{ReleasedAt: trade.Instant(c.ReleasedAt), Void: void}}, nil
}

// Released says when customs let the goods go, and whether that made the link void.
// Stored: add fields, never rename or remove.
type Released struct {
	ReleasedAt time.Time `json:"released_at"`
	Void       bool      `json:"void,omitzero"`
}

func (e Released) check() error { return trade.CheckInstant("released_at", e.ReleasedAt) }

func (e Released) evolve(s *Entrustment) { s.ReleasedAt, s.Void = e.ReleasedAt, e.Void }

// CloseCustoms reports that customs confirmed the departure of the goods (结关).
type CloseCustoms struct {
	ClosedAt time.Time `json:"closed_at"`
}

func (c CloseCustoms) check() error { return trade.CheckInstant("closed_at", c.ClosedAt) }

func (c CloseCustoms) decide(s *Entrustment, g *trade.Given, _ *Facts) ([]Event, error) {
	if c.ClosedAt.Before(s.ReleasedAt) {
		return nil, s.refuse(rule.D44, c).Because(
			"closed at %s, before the release at %s", "结关时间 %s 早于放行时间 %s", text(c.ClosedAt), text(s.ReleasedAt))
	}
	if c.ClosedAt.After(g.At) {
		return nil, s.refuse(rule.D44, c).Because("the closure lies in the future", "结关时间晚于当前时间").From(c.ClosedAt)
	}
	return []Event{CustomsClosed{ClosedAt: trade.Instant(c.ClosedAt)}}, nil
}

// CustomsClosed says when customs confirmed the departure of the goods.
// Stored: add fields, never rename or remove.
type CustomsClosed struct {
	ClosedAt time.Time `json:"closed_at"`
}

func (e CustomsClosed) check() error { return trade.CheckInstant("closed_at", e.ClosedAt) }

func (e CustomsClosed) evolve(s *Entrustment) { s.ClosedAt = e.ClosedAt }

// text writes an instant as refusals show it.
func text(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
