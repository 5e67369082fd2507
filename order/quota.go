package order

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Quota: a covered order occupies a part of the seller's Trade Assurance Limit (信保额度) until
// its coverage ends. The line itself keeps only sums; what this order holds is told here.

// Coverage is the type of coverage (保障方式).
type Coverage string

// The three types of coverage.
const (
	CoverageNone         Coverage = "none"          // 0保障
	CoveragePreShipment  Coverage = "pre-shipment"  // 保障到发货前
	CoveragePostDelivery Coverage = "post-delivery" // 保障到收货后
)

// HoldStatus is what became of an order's hold.
type HoldStatus uint8

// The states of a hold. A posted one was claimed by the platform.
const (
	HoldNone HoldStatus = iota
	HoldOpen
	HoldIsReleased
	HoldIsPosted
)

// Hold is what the order occupies of its seller's line.
type Hold struct {
	Status HoldStatus
	Amount trade.Money  // what is held, or was until it was resolved
	Cause  ReleaseCause // why it was released
}

// ReleaseCause says why a hold was released.
type ReleaseCause string

// The causes of a release. Uncovered is a change of the coverage to none.
const (
	ReleaseShipped   ReleaseCause = "shipped"
	ReleaseReceived  ReleaseCause = "received"
	ReleaseClosed    ReleaseCause = "closed"
	ReleaseUncovered ReleaseCause = "uncovered"
)

// Need returns what the order has to hold for its coverage (D2): nothing, the initial payment,
// or the total.
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

// hold returns the hold that the coverage needs at this point, or the refusal of a line that
// cannot bear it (D3).
func (o *Order) hold(c Command, g *trade.Given, f *Facts, at HoldAt) ([]Event, error) {
	need, policy := o.Need(), f.Rules()
	if need.IsZero() || at == HoldAtSubmit && policy.HoldAt != HoldAtSubmit {
		return nil, nil
	}
	if o.Hold.Status == HoldOpen || o.Hold.Status == HoldIsPosted {
		return nil, nil // a hold that was claimed is the order's last
	}
	quota := f.Quota
	if _, err := quota.Available.Cmp(need); err != nil {
		return nil, refuse(rule.D60, c, o).Says(err.Error(), "信保额度与订单币种不同").With(err)
	}
	if quota.Suspended {
		return nil, refuse(rule.D3, c, o).Because("the line is suspended", "信保额度已暂停").Short(need)
	}
	amount := need
	if quota.Available.Less(need) {
		if !policy.CapCoverage || !quota.Available.IsPositive() {
			return nil, refuse(rule.D3, c, o).
				Because("needed %[1]s, available %[2]s", "需要 %[1]s，可用 %[2]s", need, available(quota, need)).
				Short(need.SubUnchecked(quota.Available))
		}
		amount = quota.Available
	}
	return []Event{HoldPlaced{Need: need, Amount: amount}}, nil
}

// available returns what a line has left, in the order's currency also when there is no line.
func available(q Quota, need trade.Money) trade.Money {
	if q.Available.IsZero() {
		return trade.Minor(0, need.Currency())
	}
	return q.Available
}

// HoldPlaced says what the order occupies of the line: its need, or less if coverage was capped.
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

// release returns the release of an open hold, if its coverage ends with that cause. A hold
// that is resolved already is left alone.
func (o *Order) release(cause ReleaseCause) []Event {
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
