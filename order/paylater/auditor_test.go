package paylater_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// till is a merchant's line and received funds in cents, moved by nothing but the amounts that
// the events carry, as whoever runs the commands moves them.
type till struct {
	limit, used, funds int64
	credited           int64
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
	left := func(was bool) {
		if was {
			b.overdue--
		}
	}
	for _, e := range made {
		switch e := e.(type) {
		case Placed:
			b.used += e.Amount.MinorUnits()
		case Paid:
			b.used -= e.Total.MinorUnits()
			b.funds += e.Total.MinorUnits()
			b.credited += e.Total.MinorUnits()
			left(e.Overdue)
		case AmountLowered:
			b.used -= e.Restored.MinorUnits()
		case Cancelled:
			b.used -= e.Restored.MinorUnits()
		case Returned:
			b.used -= e.Restored.MinorUnits()
			left(e.Overdue)
		case RefundMade:
			b.funds -= e.Amount.MinorUnits()
		case WrittenOff:
			b.used -= e.Consumed.MinorUnits()
			b.limit = max(0, b.limit-e.Consumed.MinorUnits())
			b.overdue--
		case MarkedOverdue:
			b.overdue++
			b.frozen = b.frozen || e.FreezeAfter > 0 && b.overdue >= e.FreezeAfter
		}
	}
}

// book is what the auditor knows of an order: what happened to it, in words of the rule book
// rather than in phases, and its sums in cents.
type book struct {
	placed, shipped, received, paid, overdue, over, writtenOff  bool
	extended, pending, open, flagged                            bool
	charges                                                     int
	autoAt, dueAt, openedAt                                     time.Time
	original, out, parts, paidSum, refunded, restored, consumed int64
	references                                                  map[string]bool
}

// allows says whether the rules take the command from whoever may ask for it.
func (b *book) allows(c Command, at time.Time, p *Policy, line *till) bool {
	live := b.placed && !b.over
	waits := live && !b.paid
	due := waits && b.received
	switch c := c.(type) {
	case Place:
		return !b.placed && c.ChosePayLater && !line.frozen && c.Amount.MinorUnits() <= line.limit-line.used
	case Cancel:
		return waits && !b.shipped
	case Ship:
		return live && !b.shipped
	case ConfirmReceipt:
		return live && b.shipped && !b.received
	case AutoConfirmReceipt:
		return live && b.shipped && !b.received && !at.Before(b.autoAt)
	case ExtendReceipt:
		return live && b.shipped && !b.received && !b.extended && at.Before(b.autoAt)
	case Pay:
		rest := b.out - b.parts
		part := p.Instalments && c.Amount.MinorUnits() < rest
		return waits && !b.references[c.Reference] && (c.Amount.MinorUnits() == rest || part)
	case Refund:
		return live && b.paid && c.Amount.MinorUnits() <= b.paidSum-b.refunded
	case RequestCharge:
		return due && !b.open && !b.pending && b.charges <= p.ChargeRetries && !at.Before(b.dueAt)
	case FailCharge:
		return due && b.pending
	case MarkOverdue:
		return due && !b.overdue && !b.open && at.After(b.dueAt)
	case WriteOff:
		return waits && b.overdue
	case OpenAfterSales:
		return due && !b.overdue && !b.open && !at.After(b.dueAt)
	case CloseAfterSales:
		return due && b.open
	case LowerAmount:
		return waits && c.Amount.MinorUnits() < b.out && c.Amount.MinorUnits() > b.parts
	case Return:
		return waits && b.shipped
	case FlagFake:
		return b.placed && !b.flagged
	}
	return false
}

// enter books a command that was taken.
func (b *book) enter(c Command, at time.Time, p *Policy) {
	switch c := c.(type) {
	case Place:
		b.placed, b.original, b.out, b.references = true, c.Amount.MinorUnits(), c.Amount.MinorUnits(), make(map[string]bool)
	case Ship:
		b.shipped, b.autoAt = true, at.Add(p.ReceiveWithin)
	case ConfirmReceipt, AutoConfirmReceipt:
		b.received, b.dueAt = true, at.Add(p.PayWithin)
	case ExtendReceipt:
		b.extended, b.autoAt = true, b.autoAt.Add(p.Extension)
	case Pay:
		b.references[c.Reference] = true
		if b.parts += c.Amount.MinorUnits(); b.parts == b.out {
			b.paid, b.paidSum, b.out, b.parts, b.open = true, b.out, 0, 0, false
		}
	case Refund:
		b.refunded += c.Amount.MinorUnits()
		b.over = !b.shipped && b.refunded == b.paidSum
	case RequestCharge:
		b.charges, b.pending = b.charges+1, true
	case FailCharge:
		b.pending = false
	case MarkOverdue:
		b.overdue = true
	case WriteOff:
		b.over, b.writtenOff, b.consumed, b.out, b.parts = true, true, b.out, 0, 0
	case OpenAfterSales:
		b.open, b.openedAt = true, at
	case CloseAfterSales:
		b.open, b.dueAt = false, b.dueAt.Add(at.Sub(b.openedAt))
	case LowerAmount:
		b.restored += b.out - c.Amount.MinorUnits()
		b.out = c.Amount.MinorUnits()
	case Cancel, Return:
		b.over, b.restored, b.out, b.parts, b.open = true, b.restored+b.out, 0, 0, false
	case FlagFake:
		b.flagged = true
	}
}

// phase derives the phase from what happened.
func (b *book) phase() Phase {
	switch {
	case !b.placed:
		return PhaseNone
	case b.writtenOff:
		return PhaseWrittenOff
	case b.over:
		return PhaseCancelled
	case b.paid && b.received:
		return PhasePaid
	case b.paid && b.shipped:
		return PhasePrepaidShipped
	case b.paid:
		return PhasePrepaid
	case b.overdue:
		return PhaseOverdue
	case b.received:
		return PhaseReceived
	case b.shipped:
		return PhaseShipped
	}
	return PhasePlaced
}

// audit compares an order with its book.
func (b *book) audit(t *rapid.T, o *Order) {
	cents := func(m trade.Money) int64 { return m.MinorUnits() }
	want := [...]int64{b.original, b.out, b.parts, b.paidSum, b.refunded, b.restored, b.consumed}
	got := [...]int64{cents(o.Original), cents(o.Outstanding), cents(o.Instalments), cents(o.Paid), cents(o.Refunded), cents(o.Restored), cents(o.Consumed)}
	switch {
	case got != want || o.Phase != b.phase():
		t.Fatalf("the order has %v in %s, the book %v in %s", got, o.Phase, want, b.phase())
	case b.original != b.paidSum+b.restored+b.consumed+b.out:
		t.Fatalf("deducted %d is not what was restored, consumed and is outstanding: %+v", b.original, *b)
	case o.AfterSalesOpen() != b.open || o.FakeFlagged != b.flagged || o.Extended != b.extended || o.Charges != b.charges:
		t.Fatalf("the order is %+v, the book %+v", *o, *b)
	case o.Phase == PhaseReceived && !o.DueAt.Equal(b.dueAt):
		t.Fatalf("due at %s, the book has %s", o.DueAt, b.dueAt)
	}
}

// TestOrdersAgainstAuditor runs drawn commands on a few orders of one merchant and compares
// every answer, every sum and the line and funds with books kept by the words of the rules.
func TestOrdersAgainstAuditor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		shared := &till{limit: 30000}
		var worlds [3]*world
		var books [3]book
		policy := drawPolicy(rt)
		policy.FreezeAfterOverdue = rapid.IntRange(0, 2).Draw(rt, "freeze")
		for i := range worlds {
			worlds[i] = newWorld(t)
			worlds[i].o.ID[15] = byte(i + 1)
			worlds[i].facts.Policy = policy
		}
		for range rapid.IntRange(1, 60).Draw(rt, "commands") {
			i := rapid.IntRange(0, len(worlds)-1).Draw(rt, "order")
			w, b := worlds[i], &books[i]
			drawWait(rt, w)
			_, c := draw(rt, &w.o)
			if w.o.Phase == PhaseNone && rapid.Bool().Draw(rt, "place") {
				c = place("100")
			}
			w.facts.Line = shared.line()
			allowed := b.allows(c, w.now, policy, shared)
			made, err := w.try(c)
			if allowed != (err == nil) {
				rt.Fatalf("%+v on %+v: got %v, the auditor says %t", c, w.o, err, allowed)
			}
			if err != nil {
				if _, refused := errors.AsType[*trade.Refusal](err); !refused {
					rt.Fatalf("%+v: %v is no refusal", c, err)
				}
				continue
			}
			for _, e := range made {
				if err := w.o.Apply(e, w.now); err != nil {
					rt.Fatalf("%T was decided and has no place: %v", e, err)
				}
			}
			before := shared.used
			shared.enter(made)
			b.enter(c, w.now, policy)
			b.audit(rt, &w.o)
			auditTill(rt, shared, books[:])
			if shared.used > before && shared.used > shared.limit {
				rt.Fatalf("a deduction makes %d used of %d", shared.used, shared.limit)
			}
		}
	})
}

// auditTill holds line and funds to the sums of the books.
func auditTill(t *rapid.T, b *till, books []book) {
	var used, paid, refunded int64
	overdue := 0
	for i := range books {
		used += books[i].out
		paid += books[i].paidSum
		refunded += books[i].refunded
		if books[i].phase() == PhaseOverdue {
			overdue++
		}
	}
	if b.used != used || b.credited != paid || b.funds != paid-refunded || b.overdue != overdue {
		t.Fatalf("the line has %d used and %d overdue, the funds %d of %d credited; the books say %d, %d, %d of %d",
			b.used, b.overdue, b.funds, b.credited, used, overdue, paid-refunded, paid)
	}
}

// TestCancelUndoesAnOrder and the payment of it: what both leave of line and funds.
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

// TestGoldenCases tells the cases of quota and orders as stories of one merchant.
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
	next.refused(rule.B19, place("1"))
	if b.enter(late.made(pay("100"))); !b.frozen || b.used != 0 || b.funds != 10000 || late.o.Phase != PhasePaid {
		t.Errorf("frozen and paid: %+v in %s", b, late.o.Phase)
	}
}
