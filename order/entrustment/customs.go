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

func (c Declare) check() error { return c.Declaration.check(trade.CheckText) }

func (c Declare) decide(s *Entrustment, g *trade.Given, f *Facts) ([]Event, error) {
	d := &c.Declaration
	if field, english, chinese := d.fault(); english != "" {
		return nil, s.refuse(rule.D42, c).On("declaration."+field).Says(english, chinese)
	}
	if f.Policy != nil && f.Policy.StrictDeclarationNo && !d.Number.Strict() {
		return nil, s.refuse(rule.D43, c).On("declaration.number").Because(
			"number %s is not 18 digits with the export flag 0", "报关单号 %s 不是带出口标志 0 的 18 位数字", d.Number)
	}
	if s.Linked() && d.Currency() != s.OrderCurrency {
		return nil, s.refuse(rule.D39, c).On("declaration.items").Because(
			"declared in %s, but the linked order is in %s", "申报币制为 %s，关联订单币种为 %s", d.Currency(), s.OrderCurrency)
	}
	if f.Reservation.Number != d.Number {
		return nil, trade.Invalid("facts.reservation", "must be that of number %s", d.Number)
	}
	if owner := f.Reservation.Owner; owner != "" && owner != s.ID {
		return nil, s.refuse(rule.D43, c).On("declaration.number").Because(
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

func (e Declared) check() error { return e.Declaration.check(trade.CheckStoredText) }

func (e Declared) evolve(s *Entrustment) {
	s.Declaration = e.Declaration
	s.Declaration.Items = slices.Clip(e.Declaration.Items)
}

// Customs' reports are facts: they are accepted in every phase after the draft, in whatever order and
// as often as they arrive (D62).

// Return reports that customs gave the declaration back (通关退回). The seller may resubmit, and
// the entrustment may be declared again under the same number. Where no declaration can be with
// customs it changes nothing.
type Return struct {
	Reason trade.Text `json:"reason"` // 1 to 500 bytes
}

func (c Return) check() error { return c.Reason.Check("reason", maxNote) }

func (c Return) decide(s *Entrustment, _ *trade.Given, _ *Facts) ([]Event, error) {
	if s.Phase != PhaseAccepted && s.Phase != PhaseDeclaring {
		return nil, nil
	}
	return []Event{Returned(c)}, nil
}

// Returned says why customs gave the declaration back.
// Stored: add fields, never rename or remove.
type Returned struct {
	Reason trade.Text `json:"reason"`
}

func (e Returned) check() error { return e.Reason.CheckStored("reason", maxNote) }

func (e Returned) evolve(s *Entrustment) { s.Declaration, s.Note = Declaration{}, e.Reason }

// Release reports that customs let the goods go (通关放行). It happens once: the same report again
// changes nothing. A release before the linked order was drafted is recorded like any other, and the
// link is void (D41). One of an entrustment that is a draft or cancelled is recorded beside it and
// changes nothing.
type Release struct {
	ReleasedAt time.Time `json:"released_at"`
}

func (c Release) check() error { return trade.CheckInstant("released_at", c.ReleasedAt) }

func (c Release) decide(s *Entrustment, g *trade.Given, f *Facts) ([]Event, error) {
	if f.Policy.InFuture(c.ReleasedAt, g.At) {
		return nil, s.refuse(rule.D61, c).On("released_at").Says("the release lies in the future", "放行时间晚于当前时间").From(c.ReleasedAt)
	}
	at := trade.Instant(c.ReleasedAt)
	if known := trade.Later(s.ReleasedAt, s.ReleasedBeside); !known.IsZero() && !known.Equal(at) {
		return nil, s.refuse(rule.D44, c).On("released_at").Because("the release at %[1]s is recorded", "已登记放行时间 %[1]s", text(known))
	}
	switch s.Phase {
	case PhaseReleased, PhaseCustomsClosed:
		return nil, nil
	case PhaseDrafted, PhaseCancelled:
		if !s.ReleasedBeside.IsZero() {
			return nil, nil
		}
		return []Event{ReleasedBeside{ReleasedAt: at}}, nil
	}
	return []Event{Released{
		ReleasedAt: at, Void: s.Linked() && at.Before(s.OrderDraftedAt), BeforeDeclared: at.Before(s.Declaration.DeclaredAt),
	}}, nil
}

// Released says when customs let the goods go, whether that made the link void, and whether that was
// before the declaration, which is worth a look (D44).
// Stored: add fields, never rename or remove.
type Released struct {
	ReleasedAt     time.Time `json:"released_at"`
	Void           bool      `json:"void,omitzero"`
	BeforeDeclared bool      `json:"before_declared,omitzero"`
}

func (e Released) check() error { return trade.CheckInstant("released_at", e.ReleasedAt) }

func (e Released) evolve(s *Entrustment) {
	s.ReleasedAt, s.Void, s.ReleasedBeforeDeclared = e.ReleasedAt, e.Void, e.BeforeDeclared
}

// ReleasedBeside says that customs report a release while the entrustment is a draft or cancelled.
// Stored: add fields, never rename or remove.
type ReleasedBeside struct {
	ReleasedAt time.Time `json:"released_at"`
}

func (e ReleasedBeside) check() error { return trade.CheckInstant("released_at", e.ReleasedAt) }

func (e ReleasedBeside) evolve(s *Entrustment) { s.ReleasedBeside = e.ReleasedAt }

// CloseCustoms reports that customs confirmed the departure of the goods (结关). Before the release
// is recorded it is a *trade.EarlyError; the same report again changes nothing.
type CloseCustoms struct {
	ClosedAt time.Time `json:"closed_at"`
}

func (c CloseCustoms) check() error { return trade.CheckInstant("closed_at", c.ClosedAt) }

func (c CloseCustoms) decide(s *Entrustment, g *trade.Given, f *Facts) ([]Event, error) {
	if f.Policy.InFuture(c.ClosedAt, g.At) {
		return nil, s.refuse(rule.D61, c).On("closed_at").Says("the closure lies in the future", "结关时间晚于当前时间").From(c.ClosedAt)
	}
	at := trade.Instant(c.ClosedAt)
	switch {
	case s.Phase == PhaseCustomsClosed && at.Equal(s.ClosedAt):
		return nil, nil
	case s.Phase == PhaseCustomsClosed:
		return nil, s.refuse(rule.D44, c).On("closed_at").Because("the closure at %[1]s is recorded", "已登记结关时间 %[1]s", text(s.ClosedAt))
	case s.Phase != PhaseReleased:
		return nil, &trade.EarlyError{Command: c.Name(), Awaited: Release{}.Name(), ID: string(s.ID)}
	}
	return []Event{CustomsClosed{ClosedAt: at, BeforeReleased: at.Before(s.ReleasedAt)}}, nil
}

// CustomsClosed says when customs confirmed the departure of the goods, and whether that was before
// the release, which is worth a look (D44).
// Stored: add fields, never rename or remove.
type CustomsClosed struct {
	ClosedAt       time.Time `json:"closed_at"`
	BeforeReleased bool      `json:"before_released,omitzero"`
}

func (e CustomsClosed) check() error { return trade.CheckInstant("closed_at", e.ClosedAt) }

func (e CustomsClosed) evolve(s *Entrustment) {
	s.ClosedAt, s.ClosedBeforeReleased = e.ClosedAt, e.BeforeReleased
}

// text writes an instant as refusals show it.
func text(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
