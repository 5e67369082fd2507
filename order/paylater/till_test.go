package paylater_test

import (
	"testing"

	"pgregory.net/rapid"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// till is a merchant's line and received funds in cents, moved by nothing but the amounts that
// the events carry, as the caller of Decide moves them.
type till struct {
	limit, used, funds int64
	overdue            int
	frozen             bool
}

func (b *till) line() Line {
	usable := max(0, b.limit-b.used)
	if b.frozen {
		usable = 0
	}
	return Line{Active: true, Frozen: b.frozen, Usable: trade.Minor(usable, yuan("0").Currency())}
}

func (b *till) enter(made []Event) {
	for _, e := range made {
		switch e := e.(type) {
		case Placed:
			b.used += e.Amount.MinorUnits()
		case Paid:
			b.used -= e.Total.MinorUnits()
			b.funds += e.Total.MinorUnits()
		case Cancelled:
			b.used -= e.Restored.MinorUnits()
		case WrittenOff:
			b.used -= e.Consumed.MinorUnits()
			b.limit = max(0, b.limit-e.Consumed.MinorUnits())
		case MarkedOverdue:
			b.overdue++
			b.frozen = b.frozen || e.FreezeAfter > 0 && b.overdue >= e.FreezeAfter
		}
	}
}

// TestCancelUndoesAnOrder cancels an order, or pays it, and looks at what that leaves of line and
// funds.
func TestCancelUndoesAnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		amount := trade.Minor(rapid.Int64Range(1, 500000).Draw(rt, "cents"), yuan("0").Currency())
		for c, funds := range map[Command]int64{Cancel{}: 0, Pay{Reference: "R", Amount: amount}: amount.MinorUnits()} {
			b := &till{limit: 500000, used: rapid.Int64Range(0, 1000).Draw(rt, "used")}
			w, used := newWorld(t), b.used
			for _, c := range []Command{Place{Merchant: "meilin", ChosePayLater: true, Amount: amount}, c} {
				b.enter(w.made(c))
			}
			if b.used != used || b.funds != funds {
				rt.Fatalf("%s of %s leaves %d used and %d received", c.Name(), amount, b.used, b.funds)
			}
		}
	})
}

// TestGoldenCases plays the cases of quota and orders as stories of one merchant.
func TestGoldenCases(t *testing.T) {
	story := func(b *till, c Command) *world {
		w := newWorld(t)
		w.facts.Line = b.line()
		b.enter(w.made(c))
		return w
	}
	b := &till{limit: 500000}
	first := story(b, place("5000"))
	if b.used != 500000 {
		t.Errorf("an order of the whole limit uses %d", b.used)
	}
	next := newWorld(t)
	next.facts.Line = b.line()
	next.refused(rule.B5, place("0.01"))
	if b.enter(first.made(pay("5000"))); b.used != 0 || b.funds != 500000 {
		t.Errorf("once it is paid %d is used and %d received", b.used, b.funds)
	}

	b = &till{limit: 500000}
	running := story(b, place("4000"))
	b.limit = 300000
	next.facts.Line = b.line()
	next.refused(rule.B5, place("1"))
	b.enter(running.made(pay("4000")))
	if next.facts.Line = b.line(); next.facts.Line.Usable != yuan("3000") {
		t.Errorf("after the payment %s is usable", next.facts.Line.Usable)
	}
	b = &till{limit: 500000}
	running = story(b, place("4000"))
	b.limit = 300000
	for _, c := range []Command{Ship{}, ConfirmReceipt{}} {
		b.enter(running.made(c))
	}
	b.enter(running.wait(day + 1).made(MarkOverdue{}))
	if b.enter(running.made(WriteOff{})); b.limit != 0 || b.used != 0 {
		t.Errorf("written off, %d of %d is used", b.used, b.limit)
	}

	b = &till{limit: 500000}
	late := story(b, place("100")).under(func(p *Policy) { p.FreezeAfterOverdue = 1 })
	late.do(Ship{}, ConfirmReceipt{}).wait(day + 1)
	b.enter(late.made(MarkOverdue{}))
	next.facts.Line = b.line()
	next.refused(rule.B5, place("1"))
	if b.enter(late.made(pay("100"))); !b.frozen || b.used != 0 || b.funds != 10000 || late.o.Phase != PhasePaid {
		t.Errorf("frozen and paid: %+v in %s", b, late.o.Phase)
	}
}
