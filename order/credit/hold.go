package credit

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Hold: a covered order occupies a part of the line (占用额度).

// Hold occupies Amount for an order that holds nothing. An order may hold again after a release
// because its coverage was changed to none, and after no other end of its hold.
type Hold struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (c Hold) check() error { return checkAmount(c.Order, "amount", c.Amount) }

// checkAmount returns an error for an amount that is not positive or belongs to no order.
func checkAmount(id trade.ID, field string, amount trade.Money) error {
	if id.IsZero() {
		return trade.Invalid("order", "must not be empty")
	}
	return checkPositive(field, amount)
}

func checkPositive(field string, amount trade.Money) error {
	if !amount.IsPositive() {
		return trade.Invalid(field, "must be positive")
	}
	return nil
}

func (c Hold) money() [2]field { return [2]field{{"amount", c.Amount}} }

func (c Hold) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if f.Hold.Status == order.HoldOpen {
		return nil, l.refuse(rule.D4, c).On("order").Because("the order holds %s already", "该订单已占用额度%s", f.Hold.Amount)
	}
	uncovered := f.Hold.Status == order.HoldIsReleased && f.Hold.Cause == order.ReleaseUncovered
	if f.Hold.Status != order.HoldNone && !uncovered {
		return nil, l.resolved(c, f.Hold)
	}
	if available := l.Available(); available.Less(c.Amount) {
		return nil, l.short(rule.D3, c, "amount", c.Amount, available)
	}
	return []Event{Held(c)}, nil
}

// short is the refusal of more than there is.
func (l *Line) short(id rule.ID, c Command, field string, need, have trade.Money) *trade.Refusal {
	return l.refuse(id, c).On(field).Because("needed %s, available %s", "需要%s，可用%s", need, have).Short(minus(need, have))
}

// minus returns m - o for amounts of one currency that are not negative, which cannot overflow.
func minus(m, o trade.Money) trade.Money {
	return trade.Minor(m.MinorUnits()-o.MinorUnits(), m.Currency())
}

// resolved is the refusal of a command that needs an open hold where there is none, by the rule
// under which the last one ended.
func (l *Line) resolved(c Command, hold order.Hold) *trade.Refusal {
	switch {
	case hold.Status == order.HoldIsPosted:
		return l.refuse(rule.D8, c).On("order").Says("a claim has resolved the hold already", "该订单占用的额度已用于先行垫付")
	case hold.Status != order.HoldIsReleased:
		return l.refuse(rule.A13, c).On("order").Says("the order holds no quota", "该订单未占用额度")
	}
	switch hold.Cause {
	case order.ReleaseShipped:
		return l.refuse(rule.A14, c).On("order").Says("the hold was released at shipment", "额度已于发货后释放")
	case order.ReleaseReceived:
		return l.refuse(rule.A15, c).On("order").Says("the hold was released at receipt", "额度已于买家确认收货后释放")
	case order.ReleaseUncovered:
		return l.refuse(rule.A13, c).On("order").Says("the coverage was changed to none", "保障方式已改为0保障")
	default:
		return l.refuse(rule.D8, c).On("order").Says("the hold was released when the order closed", "额度已于订单关闭时释放")
	}
}

// Held says that an order occupies that amount.
// Stored: add fields, never rename or remove.
type Held struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (e Held) check() error { return checkAmount(e.Order, "amount", e.Amount) }

func (e Held) evolve(l *Line) (err error) {
	l.OpenHolds++
	l.Held, err = l.Held.Add(e.Amount)
	return err
}

// Adjust: a change of price or coverage changes the size of a hold without resolving it.

// Adjust makes the open hold of an order larger or smaller. From equal to To makes no event; a hold
// that is not needed any more is released instead. Lowering is always possible; a raise must fit
// in what is available, on a line that is not suspended.
type Adjust struct {
	Order trade.ID    `json:"order"`
	From  trade.Money `json:"from"`
	To    trade.Money `json:"to"`
}

func (c Adjust) check() error {
	if err := checkAmount(c.Order, "from", c.From); err != nil {
		return err
	}
	return checkAmount(c.Order, "to", c.To)
}

func (c Adjust) money() [2]field { return [2]field{{"from", c.From}, {"to", c.To}} }

func (c Adjust) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, l.resolved(c, f.Hold)
	}
	if c.From != f.Hold.Amount {
		return nil, l.differs(rule.D5, c, "from", f.Hold)
	}
	if c.From == c.To {
		return nil, nil
	}
	if raise := minus(c.To, c.From); raise.IsPositive() {
		if l.Suspended() {
			return nil, l.refuse(rule.D5, c).Says("the line is suspended", "信保额度已暂停").Short(raise)
		}
		if available := l.Available(); available.Less(raise) {
			return nil, l.short(rule.D5, c, "to", raise, available)
		}
	}
	return []Event{HoldAdjusted(c)}, nil
}

// differs is the refusal of a command whose amount is not what the order holds.
func (l *Line) differs(id rule.ID, c Command, field string, hold order.Hold) *trade.Refusal {
	return l.refuse(id, c).On(field).Because("the order holds %s", "该订单占用的额度为%s", hold.Amount)
}

// HoldAdjusted says that the open hold of an order went from one amount to another.
// Stored: add fields, never rename or remove.
type HoldAdjusted struct {
	Order trade.ID    `json:"order"`
	From  trade.Money `json:"from"`
	To    trade.Money `json:"to"`
}

func (e HoldAdjusted) check() error { return Adjust(e).check() }

func (e HoldAdjusted) evolve(l *Line) (err error) {
	if l.Held, err = l.Held.Sub(e.From); err == nil {
		l.Held, err = l.Held.Add(e.To)
	}
	return err
}

// Release: the coverage of an order ends and its part of the line is available again (释放额度).

func checkCause(c order.ReleaseCause) error {
	switch c {
	case order.ReleaseShipped, order.ReleaseReceived, order.ReleaseClosed, order.ReleaseUncovered:
		return nil
	}
	return trade.Invalid("cause", "is not one of shipped, received, closed, uncovered")
}

// Release resolves the open hold of an order: all of it, which must be Amount, is available again.
// A suspended line releases as well.
type Release struct {
	Order  trade.ID           `json:"order"`
	Amount trade.Money        `json:"amount"`
	Cause  order.ReleaseCause `json:"cause"`
}

func (c Release) check() error {
	if err := checkAmount(c.Order, "amount", c.Amount); err != nil {
		return err
	}
	return checkCause(c.Cause)
}

func (c Release) money() [2]field { return [2]field{{"amount", c.Amount}} }

func (c Release) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, l.resolved(c, f.Hold)
	}
	if c.Amount != f.Hold.Amount {
		return nil, l.differs(rule.D5, c, "amount", f.Hold)
	}
	return []Event{Released(c)}, nil
}

// Released says that the hold of an order is resolved and its amount available again.
// Stored: add fields, never rename or remove.
type Released struct {
	Order  trade.ID           `json:"order"`
	Amount trade.Money        `json:"amount"`
	Cause  order.ReleaseCause `json:"cause"`
}

func (e Released) check() error { return Release(e).check() }

func (e Released) evolve(l *Line) (err error) {
	l.OpenHolds--
	l.Held, err = l.Held.Sub(e.Amount)
	return err
}
