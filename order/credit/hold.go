package credit

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Hold: a covered order occupies a part of the line (占用额度).

// Hold occupies Amount for an order that holds nothing. After a release because the coverage
// was changed to none an order may hold again; after any other end of its hold it may not.
type Hold struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (c Hold) check() error { return checkAmount(c.Order, "amount", c.Amount) }

// checkAmount refuses a part of a hold that is not positive or belongs to no order.
func checkAmount(id trade.ID, field string, amount trade.Money) error {
	if id.IsZero() {
		return &trade.InvalidError{Field: "order", Reason: "must not be empty"}
	}
	return checkPositive(field, amount)
}

func checkPositive(field string, amount trade.Money) error {
	if !amount.IsPositive() {
		return &trade.InvalidError{Field: field, Reason: "must be positive"}
	}
	return nil
}

func (c Hold) money() [2]trade.Money { return [2]trade.Money{c.Amount} }

func (c Hold) decide(l Line, _ trade.Role, f Facts) ([]Event, error) {
	if f.Hold.Status == order.HoldOpen {
		return nil, refuse(rule.D4, c, l.Phase).Because("the order holds %s already", "该订单已占用额度%s", f.Hold.Amount)
	}
	uncovered := f.Hold.Status == order.HoldIsReleased && f.Hold.Cause == order.ReleaseUncovered
	if f.Hold.Status != order.HoldNone && !uncovered {
		return nil, resolved(c, l.Phase, f.Hold)
	}
	if available := l.Available(); available.Less(c.Amount) {
		return nil, short(rule.D3, c, l.Phase, c.Amount, available)
	}
	return []Event{Held(c)}, nil
}

// short is the refusal of more than there is.
func short(ruleID rule.ID, c Command, phase Phase, need, have trade.Money) *trade.Refusal {
	return refuse(ruleID, c, phase).Because("needed %s, available %s", "需要%s，可用%s", need, have).Short(minus(need, have))
}

// minus returns m - o for amounts of one currency that are not negative, which cannot overflow.
func minus(m, o trade.Money) trade.Money {
	return trade.Minor(m.MinorUnits()-o.MinorUnits(), m.Currency())
}

// resolved is the refusal of a command that needs an open hold where there is none, by how it
// came that there is none.
func resolved(c Command, phase Phase, hold order.Hold) *trade.Refusal {
	switch {
	case hold.Status == order.HoldIsPosted:
		return refuse(rule.D8, c, phase).Because("a claim has resolved the hold already", "该订单占用的额度已用于先行垫付")
	case hold.Status != order.HoldIsReleased:
		return refuse(rule.A13, c, phase).Because("the order holds no quota", "该订单未占用额度")
	}
	switch hold.Cause {
	case order.ReleaseShipped:
		return refuse(rule.A14, c, phase).Because("the hold was released at shipment", "额度已于发货后释放")
	case order.ReleaseReceived:
		return refuse(rule.A15, c, phase).Because("the hold was released at receipt", "额度已于买家确认收货后释放")
	case order.ReleaseUncovered:
		return refuse(rule.A13, c, phase).Because("the coverage was changed to none", "保障方式已改为0保障")
	default:
		return refuse(rule.D8, c, phase).Because("the hold was released when the order closed", "额度已于订单关闭时释放")
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

// Adjust makes the open hold of an order larger or smaller. A hold that needs no change is
// nothing to do; one that is no longer needed at all is released instead. Lowering is always
// possible; a raise has to fit in what a line that is not suspended has available.
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

func (c Adjust) money() [2]trade.Money { return [2]trade.Money{c.From, c.To} }

func (c Adjust) decide(l Line, _ trade.Role, f Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, resolved(c, l.Phase, f.Hold)
	}
	if c.From != f.Hold.Amount {
		return nil, differs(rule.D5, c, l.Phase, f.Hold)
	}
	if c.From == c.To {
		return nil, nil
	}
	if raise := minus(c.To, c.From); raise.IsPositive() {
		if l.Suspended() {
			return nil, refuse(rule.D5, c, l.Phase).Because("the line is suspended", "信保额度已暂停").Short(raise)
		}
		if available := l.Available(); available.Less(raise) {
			return nil, short(rule.D5, c, l.Phase, raise, available)
		}
	}
	return []Event{HoldAdjusted(c)}, nil
}

// differs is the refusal of a command that does not name what the order holds.
func differs(ruleID rule.ID, c Command, phase Phase, hold order.Hold) *trade.Refusal {
	return refuse(ruleID, c, phase).Because("the order holds %s", "该订单占用的额度为%s", hold.Amount)
}

// HoldAdjusted says that the open hold of an order went from one amount to another.
// Stored: add fields, never rename or remove.
type HoldAdjusted struct {
	Order trade.ID    `json:"order"`
	From  trade.Money `json:"from"`
	To    trade.Money `json:"to"`
}

func (e HoldAdjusted) check() error {
	if err := checkAmount(e.Order, "from", e.From); err != nil {
		return err
	}
	return checkAmount(e.Order, "to", e.To)
}

func (e HoldAdjusted) evolve(l *Line) (err error) {
	if l.Held, err = l.Held.Sub(e.From); err == nil {
		l.Held, err = l.Held.Add(e.To)
	}
	return err
}

// Release: the coverage of an order ends and its part of the line is free again (释放额度).

// Cause says why a hold was released. Its values are those of order.ReleaseCause.
type Cause string

// The causes of a release.
const (
	CauseShipped   = Cause(order.ReleaseShipped)
	CauseReceived  = Cause(order.ReleaseReceived)
	CauseClosed    = Cause(order.ReleaseClosed)
	CauseUncovered = Cause(order.ReleaseUncovered)
)

func (c Cause) check() error {
	switch c {
	case CauseShipped, CauseReceived, CauseClosed, CauseUncovered:
		return nil
	}
	return &trade.InvalidError{Field: "cause", Reason: "is none of shipped, received, closed, uncovered"}
}

// Release resolves the open hold of an order: all of it, which Amount names, is free again. A
// suspended line releases as well.
type Release struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
	Cause  Cause       `json:"cause"`
}

func (c Release) check() error {
	if err := checkAmount(c.Order, "amount", c.Amount); err != nil {
		return err
	}
	return c.Cause.check()
}

func (c Release) money() [2]trade.Money { return [2]trade.Money{c.Amount} }

func (c Release) decide(l Line, _ trade.Role, f Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, resolved(c, l.Phase, f.Hold)
	}
	if c.Amount != f.Hold.Amount {
		return nil, differs(rule.D5, c, l.Phase, f.Hold)
	}
	return []Event{Released(c)}, nil
}

// Released says that the hold of an order is resolved and its amount free again.
// Stored: add fields, never rename or remove.
type Released struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
	Cause  Cause       `json:"cause"`
}

func (e Released) check() error {
	if err := checkAmount(e.Order, "amount", e.Amount); err != nil {
		return err
	}
	return e.Cause.check()
}

func (e Released) evolve(l *Line) (err error) {
	l.OpenHolds--
	l.Held, err = l.Held.Sub(e.Amount)
	return err
}
