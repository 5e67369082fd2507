package credit

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Deduct: a pay-later order uses quota from its placement until it is paid (扣除额度).

// Deduct takes the amount of an order from the quota when the order is placed. An order deducts
// once, and at most what is usable.
type Deduct struct {
	Order  trade.ID    `json:"order,omitzero"` // a deduction without it is refused, see rule.B18
	Amount trade.Money `json:"amount"`
}

func (c Deduct) check() error { return checkPositive("amount", c.Amount) }

func (c Deduct) money() [2]field { return [2]field{{"amount", c.Amount}} }

func (c Deduct) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if c.Order.IsZero() {
		return nil, l.refuse(rule.B18, c).On("order").Says("no order is named", "未指明订单")
	}
	if f.Hold.Status != order.HoldNone {
		return nil, l.refuse(rule.B7, c).On("order").Says("the order has deducted its amount already", "该订单已扣除过额度")
	}
	if l.Frozen() {
		return nil, l.refuse(rule.B19, c).Says("the line is frozen", "先用后付额度已冻结").Short(c.Amount)
	}
	if available := l.Available(); available.Less(c.Amount) {
		return nil, l.short(rule.B5, c, "amount", c.Amount, available)
	}
	return []Event{QuotaDeducted(c)}, nil
}

// QuotaDeducted says that an order uses that much of the quota.
// Stored: add fields, never rename or remove.
type QuotaDeducted struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (e QuotaDeducted) check() error { return checkAmount(e.Order, "amount", e.Amount) }

func (e QuotaDeducted) evolve(l *Line) (err error) {
	l.OpenHolds++
	l.Held, err = l.Held.Add(e.Amount)
	return err
}

// Restore: what an order does not use any more is available to the next one (额度恢复).

// RestoreCause says why quota was restored.
type RestoreCause string

// The causes. After all but RestoreLowered the order uses nothing.
const (
	RestorePaid      RestoreCause = "paid"
	RestoreCancelled RestoreCause = "cancelled"
	RestoreReturned  RestoreCause = "returned"
	RestoreLowered   RestoreCause = "lowered"
)

func (c RestoreCause) check() error {
	switch c {
	case RestorePaid, RestoreCancelled, RestoreReturned, RestoreLowered:
		return nil
	}
	return trade.Invalid("cause", "is not one of paid, cancelled, returned, lowered")
}

// Restore gives back what an order uses: all of it when the order was paid, cancelled or returned,
// and a part of it when its amount was lowered. A frozen line restores as well. Overdue says that
// the order was overdue until then; it is not included in Line.Overdue after that.
type Restore struct {
	Order   trade.ID     `json:"order"`
	Amount  trade.Money  `json:"amount"`
	Cause   RestoreCause `json:"cause"`
	Overdue bool         `json:"overdue,omitzero"`
}

func (c Restore) check() error {
	if err := checkAmount(c.Order, "amount", c.Amount); err != nil {
		return err
	}
	if c.Overdue && c.Cause != RestorePaid && c.Cause != RestoreReturned {
		return trade.Invalid("overdue", "an overdue order ends paid, returned or written off")
	}
	return c.Cause.check()
}

func (c Restore) money() [2]field { return [2]field{{"amount", c.Amount}} }

func (c Restore) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, l.unused(rule.B9, c, f.Hold)
	}
	if uses := f.Hold.Amount; uses.Less(c.Amount) {
		return nil, l.refuse(rule.B9, c).On("amount").Because("the order uses %[1]s only", "该订单仅使用额度%[1]s", uses).Short(minus(c.Amount, uses))
	}
	ends := c.Cause != RestoreLowered
	if all := c.Amount == f.Hold.Amount; all != ends {
		return nil, l.refuse(rule.B9, c).On("amount").
			Because("the order uses %[1]s: a lowered one keeps a part, any other restores all", "该订单使用额度%[1]s：减额须保留一部分，其他情形须全部恢复", f.Hold.Amount)
	}
	if c.Overdue != (ends && f.Overdue) {
		return nil, l.refuse(rule.B15, c).On("overdue").Says("it does not agree with whether the order was overdue", "与该订单是否逾期不符")
	}
	return []Event{QuotaRestored(c)}, nil
}

// unused is the refusal of a command that needs an order which uses quota. After a write-off the
// rule of the write-off refuses it.
func (l *Line) unused(otherwise rule.ID, c Command, hold order.Hold) *trade.Refusal {
	switch hold.Status {
	case order.HoldIsPosted:
		return l.refuse(rule.D52, c).On("order").Says("the order was written off", "该订单已核销")
	case order.HoldIsReleased:
		return l.refuse(otherwise, c).On("order").Says("all that the order used is restored already", "该订单使用的额度已全部恢复")
	default:
		return l.refuse(otherwise, c).On("order").Says("the order uses no quota", "该订单未使用额度")
	}
}

// QuotaRestored says that an order uses that much less of the quota, and whether that has ended one
// that was overdue.
// Stored: add fields, never rename or remove.
type QuotaRestored struct {
	Order   trade.ID     `json:"order"`
	Amount  trade.Money  `json:"amount"`
	Cause   RestoreCause `json:"cause"`
	Overdue bool         `json:"overdue,omitzero"`
}

func (e QuotaRestored) check() error { return Restore(e).check() }

func (e QuotaRestored) evolve(l *Line) (err error) {
	if e.Cause != RestoreLowered {
		l.OpenHolds--
	}
	if e.Overdue {
		l.Overdue--
	}
	l.Held, err = l.Held.Sub(e.Amount)
	return err
}

// Overdue: a policy may freeze the line by how many of its orders are overdue (逾期未付款).

// NoteOverdue counts an order that has become overdue, until the Restore or Consume of all that it
// uses.
type NoteOverdue struct {
	Order trade.ID `json:"order"`
}

func (c NoteOverdue) check() error {
	if c.Order.IsZero() {
		return trade.Invalid("order", "must not be empty")
	}
	return nil
}

func (NoteOverdue) money() [2]field { return [2]field{} }

func (c NoteOverdue) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	switch {
	case f.Hold.Status != order.HoldOpen:
		return nil, l.unused(rule.B15, c, f.Hold)
	case f.Overdue:
		return nil, l.refuse(rule.B15, c).On("order").Says("the order is overdue already", "该订单已逾期")
	}
	return []Event{OverdueNoted(c)}, nil
}

// OverdueNoted says that one more order of the line is overdue. It changes no amount.
// Stored: add fields, never rename or remove.
type OverdueNoted struct {
	Order trade.ID `json:"order"`
}

func (e OverdueNoted) check() error { return NoteOverdue(e).check() }

func (e OverdueNoted) evolve(l *Line) error {
	l.Overdue++
	return nil
}

// Consume: an overdue order is written off, and the quota that it used is gone (核销).

// Consume ends what an overdue order uses, which must be Amount, and lowers the limit by it, at most
// to zero.
type Consume struct {
	Order  trade.ID    `json:"order"`
	Amount trade.Money `json:"amount"`
}

func (c Consume) check() error { return checkAmount(c.Order, "amount", c.Amount) }

func (c Consume) money() [2]field { return [2]field{{"amount", c.Amount}} }

func (c Consume) decide(l *Line, _ *trade.Given, f *Facts) ([]Event, error) {
	if f.Hold.Status != order.HoldOpen {
		return nil, l.unused(rule.D52, c, f.Hold)
	}
	if c.Amount != f.Hold.Amount {
		return nil, l.refuse(rule.D52, c).On("amount").Because("the order uses %[1]s", "该订单使用额度%[1]s", f.Hold.Amount)
	}
	if !f.Overdue {
		return nil, l.refuse(rule.D52, c).On("order").Says("the order is not overdue", "该订单未逾期")
	}
	return []Event{QuotaConsumed{Order: c.Order, Amount: c.Amount, LimitFrom: l.Limit, LimitTo: lessConsumed(l.Limit, c.Amount)}}, nil
}

// lessConsumed returns the limit after a write-off.
func lessConsumed(limit, amount trade.Money) trade.Money {
	return trade.Minor(max(0, limit.MinorUnits()-amount.MinorUnits()), limit.Currency())
}

// QuotaConsumed says that what an overdue order used is lost, and how the limit fell.
// Stored: add fields, never rename or remove.
type QuotaConsumed struct {
	Order     trade.ID    `json:"order"`
	Amount    trade.Money `json:"amount"`
	LimitFrom trade.Money `json:"limit_from"`
	LimitTo   trade.Money `json:"limit_to"`
}

func (e QuotaConsumed) check() error {
	if err := checkAmount(e.Order, "amount", e.Amount); err != nil {
		return err
	}
	if err := checkLimit("limit_from", e.LimitFrom); err != nil {
		return err
	}
	if e.LimitTo != lessConsumed(e.LimitFrom, e.Amount) {
		return trade.Invalid("limit_to", "is not the limit less the amount")
	}
	return nil
}

func (e QuotaConsumed) evolve(l *Line) (err error) {
	if err := l.moveLimit("limit_from", e.LimitFrom, e.LimitTo); err != nil {
		return err
	}
	l.OpenHolds--
	l.Overdue-- // no other order is written off
	l.Held, err = l.Held.Sub(e.Amount)
	return err
}

// Withdraw: quota is not money.

// Withdraw asks for quota as money. It is always refused; only received funds can be withdrawn.
type Withdraw struct {
	Amount trade.Money `json:"amount"`
}

func (c Withdraw) check() error { return checkPositive("amount", c.Amount) }

func (c Withdraw) money() [2]field { return [2]field{} }

func (c Withdraw) decide(l *Line, _ *trade.Given, _ *Facts) ([]Event, error) {
	return nil, c.refused(l)
}

func (c Withdraw) refused(l *Line) *trade.Refusal {
	return l.refuse(rule.B6, c).Says("the quota is a limit, not money", "先用后付额度不是资金")
}
