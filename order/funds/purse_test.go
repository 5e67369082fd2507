package funds

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
)

// purse is a balance with what its buyers have paid and what was refunded to them, in fen.
type purse struct {
	live               Balance
	credited, refunded map[trade.ID]int64
	history            []events.Recorded[Event]
}

func newPurse() *purse {
	return &purse{live: New("acme", CNY()), credited: map[trade.ID]int64{}, refunded: map[trade.ID]int64{}}
}

// draw draws a command with the actor and the facts that it comes with. It takes one number of
// rapid and picks evenly from there, for rapid's own numbers are small ones more often than not.
func (p *purse) draw(t *rapid.T) (Command, trade.Actor, Facts) {
	pick := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "step"), 0)).IntN
	policies := []Policy{
		{HoldDays: 7, Expected: day}, {HoldDays: 0, FeeRate: 10}, {HoldDays: 1, FeeRate: 3_333, FeeMin: fen(2), FeeMax: fen(9)},
		{HoldDays: 15, FeeRate: 5_000, FeeMin: fen(3), MinWithdrawal: fen(5)},
	}
	f, amount, id := Facts{Policy: &policies[pick(4)]}, fen(int64(1+pick(30))), number(uint64(1+pick(12)))
	f.Sale = Sale{Paid: amount, Credited: fen(p.credited[id]), Refunded: fen(p.refunded[id])}
	w := WithdrawalID([]string{"w-1", "w-2", "w-3", "w-4", "w-5"}[pick(5)])
	card := []CardNo{"6222-01", "6222-02"}[pick(2)]
	switch pick(14) {
	case 0, 1, 2, 3:
		if pick(10) == 0 {
			f.Sale.Paid = fen(int64(pick(30)))
		}
		return Credit{id, amount}, desk, f
	case 4, 5:
		return Debit{id, amount}, desk, f
	case 6:
		return BindCard{card, "acme"}, acme, f
	case 7:
		return UnbindCard{card}, acme, f
	case 8:
		return SettleWithdrawal{w}, platform, f
	case 9:
		return FailWithdrawal{w, "closed"}, platform, f
	case 10:
		return PayCharge{ChargeID([]string{"c-1", "c-2", "c-3"}[pick(3)]), fen(int64(pick(9))), "promotion"}, acme, f
	default:
		dest := []Dest{alipay, alipay, {Card: card}, {Alipay: Alipay{"x", "mallory"}}}[pick(4)]
		return Withdraw{w, fen(int64(pick(30))), dest}, acme, f
	}
}

// when draws the next instant: a while later, right at, before or after the time of a credit that
// waits, or for the desk a while before.
func (p *purse) when(t *rapid.T, by trade.Actor) time.Time {
	now := p.live.LastAt
	if now.IsZero() {
		now = noon
	}
	at := now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
	if waits := p.live.Waiting(now); len(waits) > 0 && rapid.Bool().Draw(t, "boundary") {
		at = waits[rapid.IntRange(0, len(waits)-1).Draw(t, "credit")].AvailableAt.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "nanoseconds")))
	}
	if by == desk && rapid.IntRange(0, 3).Draw(t, "behind") == 0 {
		return now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "behind by")) * time.Hour)
	}
	return at
}

// check holds the sums to each other and to what was paid and refunded, at the last event and
// later: a unit is in exactly one place (I22), and what is available never falls as time passes
// (I27).
func (p *purse) check(t *rapid.T) {
	var credited, refunded int64
	for id := range p.credited {
		credited, refunded = credited+p.credited[id], refunded+p.refunded[id]
	}
	before := int64(0)
	for _, later := range []time.Duration{0, 1, day - 1, day, 7*day - 1, 7 * day, 1000 * day} {
		g := p.live.Page(p.live.LastAt.Add(later))
		list := [...]trade.Money{g.Pending, g.Available, g.InTransit, g.PaidOut, g.Fees, g.Spent, g.Debt}
		sum := -g.Debt.MinorUnits()
		for i, m := range list {
			if m.IsNegative() {
				t.Fatalf("a sum below nothing: %+v", g)
			}
			if i < len(list)-1 {
				sum += m.MinorUnits()
			}
		}
		own := g.Pending.MinorUnits() + g.Available.MinorUnits() - g.Debt.MinorUnits()
		switch {
		case g.Credited != fen(credited) || g.Refunded != fen(refunded) || sum != credited-refunded || own != p.live.own():
			t.Fatalf("I22: %d credited, %d refunded, and the page is %+v", credited, refunded, g)
		case g.Debt.IsPositive() && own > -g.Debt.MinorUnits():
			t.Fatalf("I22: debt while there are funds: %+v", g)
		case g.Available.MinorUnits() < before:
			t.Fatalf("I27: %s available %s later, and %d before", g.Available, later, before)
		}
		before = g.Available.MinorUnits()
	}
}

// drawLife runs drawn commands against a balance and returns it with what was recorded.
func drawLife(t *rapid.T) *purse {
	p := newPurse()
	for range rapid.SampledFrom([]int{1, 10, 40, 80}).Draw(t, "commands") {
		c, by, facts := p.draw(t)
		at := p.when(t, by)
		made, err := Decide(p.live, c, trade.Given{By: by, At: at}, facts)
		if no, ok := errors.AsType[*trade.Refusal](err); err != nil && (!ok || no.Command != c.Name() || len(made) > 0) {
			t.Fatalf("%+v at %s with %+v: %v is no refusal, or comes with events %+v", c, at, facts, err, made)
		}
		for _, e := range made {
			if err := p.live.Apply(e, at); err != nil {
				t.Fatalf("decided an event that cannot be: %v", err)
			}
			switch e := e.(type) {
			case Credited:
				p.credited[e.Order] += e.Amount.MinorUnits()
			case Debited:
				p.refunded[e.Order] += e.Amount.MinorUnits()
			}
			p.history = append(p.history, events.Recorded[Event]{At: at, Event: e})
		}
		p.check(t)
	}
	return p
}

// TestLedgerAddsUp holds the statement of any history to the balance that it leads to, and the
// list of withdrawals to the sums of its page.
func TestLedgerAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawLife(t)
		s, err := Ledger(New("acme", CNY()), p.history)
		moved := int64(0)
		for _, m := range s.Movements {
			if moved += m.Amount.MinorUnits(); m.Balance != fen(moved) {
				t.Fatalf("%+v after %d", m, moved)
			}
		}
		if err != nil || s.Closing != fen(moved) || moved != p.live.own() {
			t.Fatalf("the statement closes at %s with %v, %d were moved and the balance has %d", s.Closing, err, moved, p.live.own())
		}
		list, err := Withdrawals(p.history)
		if err != nil {
			t.Fatal(err)
		}
		var transit, paidOut, fees int64
		var open []Withdrawal
		for _, w := range list {
			if sum, _ := w.Net.Add(w.Fee); sum != w.Gross {
				t.Fatalf("net and fee are not gross: %+v", w)
			}
			switch w.Status {
			case Requested:
				transit, open = transit+w.Gross.MinorUnits(), append(open, w)
			case Settled:
				paidOut, fees = paidOut+w.Net.MinorUnits(), fees+w.Fee.MinorUnits()
			}
		}
		page, known := p.live.Page(p.live.LastAt), p.live.Withdrawals()
		slices.SortFunc(open, Withdrawal.compare)
		if page.InTransit != fen(transit) || page.PaidOut != fen(paidOut) || page.Fees != fen(fees) || !slices.Equal(open, known) {
			t.Fatalf("the page is %+v with %+v, the withdrawals are %+v", page, known, list)
		}
	})
}
