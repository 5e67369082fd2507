package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Quota: a covered order holds a part of the seller's Trade Assurance Limit (信保额度) until its
// coverage ends. The line itself keeps only sums; the hold of an order is recorded on the order.

// Coverage is the type of coverage (保障方式).
type Coverage string

// The three types of coverage.
const (
	CoverageNone         Coverage = "none"          // 0保障
	CoveragePreShipment  Coverage = "pre-shipment"  // 保障到发货前
	CoveragePostDelivery Coverage = "post-delivery" // 保障到收货后
)

// HoldStatus is whether an order has a hold, and how the hold was resolved.
type HoldStatus uint8

// The states of a hold. A posted hold was claimed by the platform.
const (
	HoldNone HoldStatus = iota
	HoldOpen
	HoldIsReleased
	HoldIsPosted
)

// Hold is the part of the seller's line that an order holds.
type Hold struct {
	Status HoldStatus
	Amount trade.Money  // what is held, or was held until it was resolved
	Cause  ReleaseCause // why it was released
}

// ReleaseCause says why a hold was released.
type ReleaseCause string

// The causes of a release. ReleaseUncovered is a change of the coverage to none.
const (
	ReleaseShipped   ReleaseCause = "shipped"
	ReleaseReceived  ReleaseCause = "received"
	ReleaseClosed    ReleaseCause = "closed"
	ReleaseUncovered ReleaseCause = "uncovered"
)

// Need returns the amount that the coverage has to hold (D2): nothing, the initial payment, or the
// total.
func (o *Order) Need() trade.Money {
	switch o.Coverage {
	case CoveragePreShipment:
		return o.Terms.Initial
	case CoveragePostDelivery:
		return o.Terms.Total
	default:
		return trade.Money{}
	}
}

// placeHold returns the hold that the coverage needs at this point, or the refusal if the line
// cannot cover it (D3).
func (o *Order) placeHold(c Command, g *trade.Given, f *Facts, at HoldAt) ([]Event, error) {
	need, policy := o.Need(), f.rules()
	if need.IsZero() || at == HoldAtSubmit && policy.HoldAt != HoldAtSubmit {
		return nil, nil
	}
	if o.Hold.Status == HoldOpen || o.Hold.Status == HoldIsPosted {
		return nil, nil // after a claim an order has no other hold
	}
	quota := f.Quota
	if _, err := quota.Available.Cmp(need); err != nil {
		return nil, refuse(rule.D60, c, o).Says("the line and the order are in different currencies", "信保额度与订单币种不同")
	}
	seen := g.By.Role != trade.Buyer // the line is not the buyer's, who learns no figure of it (D64)
	if quota.Suspended {
		no := refuse(rule.D3, c, o)
		if seen {
			no.Because("the line is suspended", "信保额度已暂停").Short(need)
		}
		return nil, no
	}
	amount := need
	if quota.Available.Less(need) {
		if !policy.CapCoverage || !quota.Available.IsPositive() {
			no := refuse(rule.D3, c, o)
			if seen {
				no.Because("needed %[1]s, available %[2]s", "需要 %[1]s，可用 %[2]s", need, available(quota, need)).
					Short(need.SubUnchecked(quota.Available))
			}
			return nil, no
		}
		amount = quota.Available
	}
	return []Event{HoldPlaced{Need: need, Amount: amount}}, nil
}

// available returns what a line has left: nothing in the order's currency if there is no line.
func available(q Quota, need trade.Money) trade.Money {
	if q.Available.IsZero() {
		return trade.Minor(0, need.Currency())
	}
	return q.Available
}

// HoldPlaced says how much the order holds of the line: its need, or less if coverage was capped.
// Stored: add fields, never rename or remove.
type HoldPlaced struct {
	Need   trade.Money `json:"need"`
	Amount trade.Money `json:"amount"`
}

func (e *HoldPlaced) contradicts(o *Order) error {
	if o.Hold.Status == HoldOpen || o.Hold.Status == HoldIsPosted || !e.Amount.IsPositive() {
		return fmt.Errorf("order: a hold of %s on one of %s", e.Amount, o.Hold.Amount)
	}
	return nil
}

func (e HoldPlaced) evolve(o *Order, _ time.Time) { o.Hold = Hold{Status: HoldOpen, Amount: e.Amount} }

// holdAfterChange returns how a change of terms and coverage changes the order's hold (D5). The hold
// is released if nothing has to be held, or not yet: until the confirmation under a policy that
// holds there (D4). It stays if price and coverage do. Otherwise it becomes the new need.
func (o *Order) holdAfterChange(c Command, g *trade.Given, f *Facts, terms *Terms, coverage Coverage, confirmed bool) ([]Event, error) {
	next := *o
	next.Terms, next.Coverage = *terms, coverage
	need, held := next.Need(), o.Hold.Status == HoldOpen
	stays := coverage == o.Coverage && terms.Total == o.Terms.Total && terms.Initial == o.Terms.Initial
	switch {
	case need.IsZero() || !confirmed && f.rules().HoldAt == HoldAtConfirm:
		if held {
			return []Event{HoldReleased{Amount: o.Hold.Amount, Cause: ReleaseUncovered}}, nil
		}
		return nil, nil
	case stays && (held || confirmed):
		return nil, nil
	case o.Hold.Status == HoldIsPosted && coverage != o.Coverage:
		return nil, refuse(rule.D8, c, o).Because("the order's hold was claimed", "订单占用的额度已用于先行垫付")
	case o.Hold.Status == HoldIsPosted:
		return nil, nil // the claim has ended the coverage, and the order goes on
	}
	before := trade.Minor(0, need.Currency())
	if held {
		before = o.Hold.Amount
	}
	amount, err := o.holdWithinQuota(c, g, f, before, need)
	switch {
	case err != nil || amount == before:
		return nil, err
	case held:
		return []Event{HoldAdjusted{From: before, To: amount}}, nil
	}
	return []Event{HoldPlaced{Need: need, Amount: amount}}, nil
}

// holdWithinQuota returns how much an order that holds an amount can hold of its need: all of it if
// the need is not higher or the line covers the difference; less if the policy caps coverage.
func (o *Order) holdWithinQuota(c Command, g *trade.Given, f *Facts, held, need trade.Money) (trade.Money, error) {
	quota := f.Quota
	if _, err := quota.Available.Cmp(need); err != nil {
		return trade.Money{}, refuse(rule.D60, c, o).Says("the line and the order are in different currencies", "信保额度与订单币种不同")
	}
	raise, free := need.SubUnchecked(held), available(quota, need)
	if quota.Suspended {
		free = trade.Minor(0, need.Currency())
	}
	switch {
	case !raise.IsPositive() || raise.AtMost(free):
		return need, nil
	case f.rules().CapCoverage && held.AddUnchecked(free).IsPositive():
		return held.AddUnchecked(free), nil
	}
	no := refuse(rule.D5, c, o)
	if g.By.Role != trade.Buyer { // who learns no figure of the seller's line (D64)
		no.Because("%[1]s more are needed, %[2]s are available", "还需额度 %[1]s，可用 %[2]s", raise, free).
			Short(raise.SubUnchecked(free))
	}
	return trade.Money{}, no
}

// HoldAdjusted says that a change of the terms made the order hold more or less.
// Stored: add fields, never rename or remove.
type HoldAdjusted struct {
	From trade.Money `json:"from"`
	To   trade.Money `json:"to"`
}

func (e *HoldAdjusted) contradicts(o *Order) error {
	if o.Hold.Status != HoldOpen || e.From != o.Hold.Amount || !e.To.IsPositive() {
		return fmt.Errorf("order: a hold of %s adjusted from %s to %s", o.Hold.Amount, e.From, e.To)
	}
	return nil
}

func (e HoldAdjusted) evolve(o *Order, _ time.Time) { o.Hold.Amount = e.To }

// releaseHold returns the release of an open hold if its coverage ends for that cause; nothing if
// the hold is resolved already.
func (o *Order) releaseHold(cause ReleaseCause) []Event {
	ends := cause == ReleaseClosed ||
		cause == ReleaseShipped && o.Coverage == CoveragePreShipment ||
		cause == ReleaseReceived && o.Coverage == CoveragePostDelivery
	if !ends || o.Hold.Status != HoldOpen {
		return nil
	}
	return []Event{HoldReleased{Amount: o.Hold.Amount, Cause: cause}}
}

// HoldReleased says that the quota is free again (A14, A15).
// Stored: add fields, never rename or remove.
type HoldReleased struct {
	Amount trade.Money  `json:"amount"`
	Cause  ReleaseCause `json:"cause"`
}

func (e *HoldReleased) contradicts(o *Order) error {
	if o.Hold.Status != HoldOpen || e.Amount != o.Hold.Amount {
		return fmt.Errorf("order: a release of %s, which is not what is held", e.Amount)
	}
	return nil
}

func (e HoldReleased) evolve(o *Order, _ time.Time) {
	o.Hold.Status, o.Hold.Cause = HoldIsReleased, e.Cause
}
