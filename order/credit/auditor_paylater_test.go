package credit

import (
	"math"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// account is what the books have of one pay-later order, in fen.
type account struct {
	deducted, restored, consumed int64
	overdue, fake                bool
}

func (a *account) uses() int64 { return a.deducted - a.restored - a.consumed }

// shopAuditor keeps the books of a pay-later line, in fen.
type shopAuditor struct {
	opened  bool
	limit   int64
	orders  map[trade.ID]*account
	freezes map[Ground]bool
}

func newShopAuditor() *shopAuditor {
	a := &shopAuditor{orders: make(map[trade.ID]*account), freezes: make(map[Ground]bool)}
	for i := range byte(4) {
		a.orders[drawnOrder(i+1)] = &account{fake: i < 2}
	}
	return a
}

func drawnOrder(i byte) trade.ID { return trade.ID{1, 6: 0x70, 8: 0x80, 15: i} }

func (a *shopAuditor) used() (sum, count int64) {
	for _, o := range a.orders {
		if sum += o.uses(); o.uses() > 0 {
			count++
		}
	}
	return sum, count
}

func (a *shopAuditor) hold(id trade.ID) order.Hold {
	switch o := a.orders[id]; {
	case o.deducted == 0:
		return order.Hold{}
	case o.consumed > 0:
		return order.Hold{Status: order.HoldIsPosted, Amount: fen(o.consumed)}
	case o.uses() == 0:
		return order.Hold{Status: order.HoldIsReleased}
	default:
		return order.Hold{Status: order.HoldOpen, Amount: fen(o.uses())}
	}
}

func (a *shopAuditor) asks(c Command) (trade.Actor, Facts) {
	switch c := c.(type) {
	case Deduct:
		return desk, Facts{Hold: a.hold(c.Order)}
	case Restore:
		return desk, Facts{Hold: a.hold(c.Order), Overdue: a.orders[c.Order].overdue}
	case NoteOverdue:
		return desk, Facts{Hold: a.hold(c.Order), Overdue: a.orders[c.Order].overdue}
	case Consume:
		return desk, Facts{Hold: a.hold(c.Order), Overdue: a.orders[c.Order].overdue}
	case Hold:
		return desk, Facts{}
	case Withdraw:
		return merchant, Facts{}
	case Freeze:
		if o := a.orders[Ground(c).Order()]; o != nil {
			return platform, Facts{Overdue: o.overdue, Fake: o.fake}
		}
	}
	return platform, Facts{}
}

func (a *shopAuditor) allows(c Command) bool {
	sum, count := a.used()
	switch c := c.(type) {
	case OpenLine:
		return !a.opened
	case AssessLimit:
		return a.opened && (c.Limit.MinorUnits() <= a.limit || len(a.freezes) == 0)
	case Deduct:
		fits := a.limit >= sum && c.Amount.MinorUnits() <= a.limit-sum
		return a.opened && len(a.freezes) == 0 && a.orders[c.Order].deducted == 0 && fits
	case Restore:
		o, amount := a.orders[c.Order], c.Amount.MinorUnits()
		if c.Cause == RestoreLowered {
			return amount < o.uses()
		}
		return amount == o.uses() && c.Overdue == o.overdue
	case NoteOverdue:
		return a.orders[c.Order].uses() > 0 && !a.orders[c.Order].overdue
	case Consume:
		return a.orders[c.Order].overdue && a.orders[c.Order].uses() == c.Amount.MinorUnits()
	case Freeze:
		if !a.opened || a.freezes[Ground(c)] {
			return false
		}
		switch c.Reason {
		case ReasonOverdue:
			return a.orders[Ground(c).Order()].overdue
		case ReasonFakeOrder:
			return a.orders[Ground(c).Order()].fake
		case ReasonOpenOrders:
			return count > 0
		}
		return true
	case Unfreeze:
		return a.freezes[Ground(c)]
	}
	return false
}

func (a *shopAuditor) book(t *rapid.T, c Command) {
	switch c := c.(type) {
	case OpenLine:
		a.opened, a.limit = true, c.Limit.MinorUnits()
	case AssessLimit:
		a.limit = c.Limit.MinorUnits()
	case Deduct:
		a.orders[c.Order].deducted = c.Amount.MinorUnits()
		if sum, _ := a.used(); sum > a.limit || len(a.freezes) > 0 {
			t.Fatalf("a deduction makes used %d of %d, frozen for %v", sum, a.limit, a.freezes)
		}
	case Restore:
		o := a.orders[c.Order]
		o.restored += c.Amount.MinorUnits()
		o.overdue = o.overdue && o.uses() > 0
	case NoteOverdue:
		a.orders[c.Order].overdue = true
	case Consume:
		a.orders[c.Order].consumed, a.orders[c.Order].overdue = c.Amount.MinorUnits(), false
		a.limit = max(0, a.limit-c.Amount.MinorUnits())
	case Freeze:
		a.freezes[Ground(c)] = true
	case Unfreeze:
		delete(a.freezes, Ground(c))
	}
}

func (a *shopAuditor) audit(t *rapid.T, l *Line) {
	sum, count := a.used()
	late := int64(0)
	for _, o := range a.orders {
		if o.overdue {
			late++
		}
	}
	remaining := max(0, a.limit-sum)
	usable := remaining
	if len(a.freezes) > 0 {
		usable = 0
	}
	p := l.Page()
	switch {
	case p.Limit != fen(a.limit) || p.Used != fen(sum) || l.OpenHolds != count || p.Consumed != fen(0):
		t.Fatalf("the line is %+v, the books have limit %d, %d open orders of %d", l, a.limit, count, sum)
	case l.Overdue != late:
		t.Fatalf("%d orders are overdue, the books have %d", l.Overdue, late)
	case p.Remaining != fen(remaining) || p.Usable != fen(usable) || p.Excess != fen(max(0, sum-a.limit)):
		t.Fatalf("the page is %+v, the books have remaining %d, usable %d", p, remaining, usable)
	case p.Frozen != (len(a.freezes) > 0) || len(p.Why) != len(a.freezes):
		t.Fatalf("the page is %+v, the books are frozen for %v", p, a.freezes)
	}
	for _, g := range p.Why {
		if !a.freezes[g] {
			t.Fatalf("frozen for %v, the books only for %v", g, a.freezes)
		}
	}
}

// draw draws a command, mostly one that names what its order uses.
func (a *shopAuditor) draw(t *rapid.T) Command {
	amount := fen(rapid.OneOf(rapid.Int64Range(1, 30), rapid.Just(int64(math.MaxInt64))).Draw(t, "amount"))
	id := drawnOrder(rapid.ByteRange(1, 4).Draw(t, "order"))
	all := fen(a.orders[id].uses())
	if !all.IsPositive() || rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		all = amount
	}
	limit := fen(rapid.OneOf(rapid.Int64Range(0, 60), rapid.Just(int64(math.MaxInt64))).Draw(t, "limit"))
	grounds := []Ground{{ReasonOverdue, id.String()}, {ReasonFakeOrder, id.String()}, {ReasonOpenOrders, ""}, {ReasonOther, "audit"}}
	ground := rapid.SampledFrom(grounds).Draw(t, "ground")
	switch rapid.IntRange(0, 16).Draw(t, "command") {
	case 15, 16:
		return NoteOverdue{Order: id}
	case 0, 1:
		return AssessLimit{Limit: limit}
	case 2, 3:
		return OpenLine{Limit: limit}
	case 4, 5:
		causes := []RestoreCause{RestorePaid, RestoreCancelled, RestoreReturned}
		c := Restore{Order: id, Amount: all, Cause: rapid.SampledFrom(causes).Draw(t, "cause")}
		if c.Cause != RestoreCancelled {
			c.Overdue = a.orders[id].overdue != (rapid.IntRange(0, 9).Draw(t, "contrary") == 0)
		}
		return c
	case 6:
		return Restore{Order: id, Amount: amount, Cause: RestoreLowered}
	case 7:
		return Consume{Order: id, Amount: all}
	case 8:
		return Freeze(ground)
	case 9, 10:
		return Unfreeze(ground)
	case 11:
		return rapid.SampledFrom([]Command{Withdraw{Amount: amount}, Hold{Order: id, Amount: amount}, Suspend{Reason: "fraud"}}).Draw(t, "never")
	default:
		return Deduct{Order: id, Amount: amount}
	}
}
