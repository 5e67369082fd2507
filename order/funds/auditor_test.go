package funds

import (
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// lot is what is left of a credit in the auditor's books.
type lot struct {
	order trade.ID
	due   time.Time
	left  int64
}

// paper is a withdrawal in the auditor's books.
type paper struct {
	ask    Withdraw
	fee    int64
	status Status
}

// auditor keeps the books of a balance unit by unit, in fen, without regard to how the balance does.
// A lot whose time has come stays a lot until something is recorded after that.
type auditor struct {
	now              time.Time
	lots             []lot
	free             int64 // what has ceased to be a lot
	debt, spent      int64
	credited, refund map[trade.ID]int64
	papers           map[WithdrawalID]*paper
	charges          map[ChargeID]PayCharge
	cards            map[CardNo]bool
}

func newAuditor() *auditor {
	return &auditor{
		credited: map[trade.ID]int64{}, refund: map[trade.ID]int64{},
		papers: map[WithdrawalID]*paper{}, charges: map[ChargeID]PayCharge{}, cards: map[CardNo]bool{},
	}
}

func sum[K comparable](m map[K]int64) (total int64) {
	for _, n := range m {
		total += n
	}
	return total
}

// at returns what waits and what is available at that instant.
func (a *auditor) at(t time.Time) (pending, available int64) {
	if t.Before(a.now) {
		t = a.now
	}
	available = a.free
	for _, l := range a.lots {
		if l.due.After(t) {
			pending += l.left
		} else {
			available += l.left
		}
	}
	return pending, available
}

// fee is the fee by the book of rules, in whole numbers.
func (a *auditor) fee(gross int64, p *Policy) int64 {
	n := new(big.Int).Mul(big.NewInt(gross), big.NewInt(int64(p.FeeRate)))
	n.Add(n, big.NewInt(5_000)).Div(n, big.NewInt(10_000))
	fee := max(n.Int64(), p.FeeMin.MinorUnits())
	if most := p.FeeMax.MinorUnits(); most > 0 {
		fee = min(fee, most)
	}
	return fee
}

// answer is what the balance has to say to a command.
type answer int

const (
	refuses answer = iota
	accepts
	nothing // to do
)

// expects says what the balance has to answer.
func (a *auditor) expects(c Command, at time.Time, f *Facts) answer {
	_, available := a.at(at)
	yes := func(ok bool) answer {
		if ok {
			return accepts
		}
		return refuses
	}
	open := func(id WithdrawalID) bool { return a.papers[id] != nil && a.papers[id].status == Requested }
	switch c := c.(type) {
	case Credit:
		return yes(f.Sale.Paid == c.Amount && a.credited[c.Order] == 0)
	case Debit:
		return yes(c.Amount.MinorUnits() <= a.credited[c.Order]-a.refund[c.Order])
	case BindCard:
		if a.cards[c.Card] {
			return nothing
		}
		return accepts
	case UnbindCard:
		used := false
		for _, p := range a.papers {
			used = used || p.status == Requested && p.ask.Dest.Card == c.Card
		}
		return yes(a.cards[c.Card] && !used)
	case Withdraw:
		if p := a.papers[c.ID]; p != nil && p.ask == c {
			return nothing
		} else if p != nil {
			return refuses
		}
		n := c.Amount.MinorUnits()
		ours := c.Dest.Card == "" && c.Dest.Alipay.Holder == "acme" || a.cards[c.Dest.Card]
		return yes(ours && n > 0 && n <= available && n >= f.Policy.MinWithdrawal.MinorUnits() && a.fee(n, f.Policy) < n)
	case SettleWithdrawal:
		return yes(open(c.ID))
	case FailWithdrawal:
		return yes(open(c.ID))
	case PayCharge:
		if was, ok := a.charges[c.ID]; ok && was == c {
			return nothing
		} else if ok {
			return refuses
		}
		return yes(c.Amount.IsPositive() && c.Amount.MinorUnits() <= available)
	}
	return refuses
}

// book enters a command that the balance has taken.
func (a *auditor) book(c Command, at time.Time, f *Facts) {
	if at.After(a.now) {
		a.now = at
	}
	_, a.free = a.at(a.now)
	a.lots = slices.DeleteFunc(a.lots, func(l lot) bool { return !l.due.After(a.now) })
	switch c := c.(type) {
	case Credit:
		n := c.Amount.MinorUnits()
		a.credited[c.Order] = n
		n -= a.settle(n)
		if due := at.Add(time.Duration(f.Policy.HoldDays) * 24 * time.Hour); !due.After(a.now) {
			a.free += n
		} else if n > 0 {
			a.lots = append(a.lots, lot{c.Order, due, n})
		}
	case Debit:
		a.refund[c.Order] += c.Amount.MinorUnits()
		a.debit(c.Order, c.Amount.MinorUnits())
	case BindCard:
		a.cards[c.Card] = true
	case UnbindCard:
		delete(a.cards, c.Card)
	case Withdraw:
		a.papers[c.ID] = &paper{ask: c, fee: a.fee(c.Amount.MinorUnits(), f.Policy), status: Requested}
		a.free -= c.Amount.MinorUnits()
	case SettleWithdrawal:
		a.papers[c.ID].status = Settled
	case FailWithdrawal:
		a.papers[c.ID].status = Failed
		n := a.papers[c.ID].ask.Amount.MinorUnits()
		a.free += n - a.settle(n)
	case PayCharge:
		a.charges[c.ID] = c
		a.spent += c.Amount.MinorUnits()
		a.free -= c.Amount.MinorUnits()
	}
}

// settle pays the debt from what comes in, and returns what that took.
func (a *auditor) settle(n int64) int64 {
	n = min(n, a.debt)
	a.debt -= n
	return n
}

// debit takes a refund unit by unit: its own lot, the latest lots, what is free, and then debt.
func (a *auditor) debit(id trade.ID, n int64) {
	for ; n > 0; n-- {
		pick := -1
		for i, l := range a.lots {
			switch {
			case l.left == 0:
			case l.order == id:
				pick = i
			case pick >= 0 && a.lots[pick].order == id:
			case pick < 0, l.due.After(a.lots[pick].due),
				l.due.Equal(a.lots[pick].due) && l.order.String() > a.lots[pick].order.String():
				pick = i
			}
		}
		switch {
		case pick >= 0:
			a.lots[pick].left--
		case a.free > 0:
			a.free--
		default:
			a.debt++
		}
	}
	a.lots = slices.DeleteFunc(a.lots, func(l lot) bool { return l.left == 0 })
}

// audit compares the balance with the books, now and later.
func (a *auditor) audit(t *rapid.T, b *Balance) {
	var transit, paidOut, fees, gone int64
	for _, p := range a.papers {
		switch n := p.ask.Amount.MinorUnits(); p.status {
		case Requested:
			transit, gone = transit+n, gone+n
		case Settled:
			paidOut, fees, gone = paidOut+n-p.fee, fees+p.fee, gone+n
		}
	}
	before := int64(-1)
	for _, at := range []time.Time{{}, a.now, a.now.Add(1), a.now.Add(day - 1), a.now.Add(day), a.now.Add(7*day - 1), a.now.Add(7 * day), a.now.Add(1000 * day)} {
		pending, available := a.at(at)
		p := b.Page(at)
		want := Page{
			At: p.At, Credited: fen(sum(a.credited)), Pending: fen(pending), Available: fen(available), InTransit: fen(transit),
			PaidOut: fen(paidOut), Fees: fen(fees), Spent: fen(a.spent), Refunded: fen(sum(a.refund)), Debt: fen(a.debt), NextAt: p.NextAt,
		}
		if p != want {
			t.Fatalf("at %s the balance has\n%+v, the books\n%+v", at, p, want)
		}
		// I22: every unit is in exactly one place.
		if sum(a.credited) != pending+available+transit+paidOut+fees+a.spent+sum(a.refund)-a.debt ||
			a.debt < 0 || a.debt > 0 && pending+available > 0 {
			t.Fatalf("the books do not add up: %+v", want)
		}
		// I23: a withdrawal that has failed leaves what there would be without it.
		if pending+available-a.debt != sum(a.credited)-sum(a.refund)-a.spent-gone || p.Pending.MinorUnits()+p.Available.MinorUnits()-p.Debt.MinorUnits() != b.own() {
			t.Fatalf("%+v is not what was credited less what has gone", want)
		}
		// I27: what is available never falls as time passes.
		if available < before {
			t.Fatalf("%d available at %s, and %d before", available, at, before)
		}
		before = available
	}
}

// draw draws a command with the facts that it comes with.
func (a *auditor) draw(t *rapid.T) (Command, trade.Actor, Facts) {
	policies := []Policy{
		{HoldDays: 7, Expected: day}, {HoldDays: 0, FeeRate: 10}, {HoldDays: 1, FeeRate: 3_333, FeeMin: fen(2), FeeMax: fen(9)},
		{HoldDays: 15, FeeRate: 5_000, FeeMin: fen(3), MinWithdrawal: fen(5)},
	}
	f := Facts{Policy: &policies[rapid.IntRange(0, 3).Draw(t, "policy")]}
	amount := fen(rapid.Int64Range(1, 30).Draw(t, "amount"))
	id := number(rapid.Uint64Range(1, 12).Draw(t, "order"))
	f.Sale = Sale{Paid: amount, Credited: fen(a.credited[id]), Refunded: fen(a.refund[id])}
	w := WithdrawalID(rapid.SampledFrom([]string{"w-1", "w-2", "w-3", "w-4", "w-5"}).Draw(t, "withdrawal"))
	card := rapid.SampledFrom([]CardNo{"6222-01", "6222-02"}).Draw(t, "card")
	switch rapid.IntRange(0, 13).Draw(t, "command") {
	case 0, 1, 2, 3:
		if rapid.IntRange(0, 9).Draw(t, "wrong") == 0 {
			f.Sale.Paid = fen(rapid.Int64Range(0, 30).Draw(t, "paid"))
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
		c := ChargeID(rapid.SampledFrom([]string{"c-1", "c-2", "c-3"}).Draw(t, "charge"))
		return PayCharge{c, fen(rapid.Int64Range(0, 9).Draw(t, "charged")), "promotion"}, acme, f
	default:
		dest := rapid.SampledFrom([]Dest{alipay, alipay, {Card: card}, {Alipay: Alipay{"x", "mallory"}}}).Draw(t, "dest")
		return Withdraw{w, fen(rapid.Int64Range(0, 30).Draw(t, "gross")), dest}, acme, f
	}
}

// when draws the next instant: a while later, or right at, before or after a lot's time.
func (a *auditor) when(t *rapid.T, by trade.Actor) time.Time {
	now := a.now
	if now.IsZero() {
		now = noon
	}
	at := now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
	if len(a.lots) > 0 && rapid.Bool().Draw(t, "boundary") {
		at = a.lots[rapid.IntRange(0, len(a.lots)-1).Draw(t, "lot")].due.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "nanoseconds")))
	}
	if by == desk && rapid.IntRange(0, 3).Draw(t, "behind") == 0 {
		return now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "behind by")) * time.Hour)
	}
	if at.Before(a.now) {
		return a.now
	}
	return at
}

// drawLife runs drawn commands against a balance and the auditor, and returns what was recorded,
// the live balance and the books.
func drawLife(t *rapid.T) ([]Recorded, Balance, *auditor) {
	live, books := New("acme", CNY()), newAuditor()
	var history []Recorded
	for range rapid.IntRange(0, 50).Draw(t, "commands") {
		c, by, facts := books.draw(t)
		at := books.when(t, by)
		made, err := Decide(live, c, order.Given{By: by, At: at}, facts)
		var no *trade.Refusal
		switch want := books.expects(c, at, &facts); {
		case want == refuses && (!errors.As(err, &no) || len(made) > 0),
			want == nothing && (err != nil || len(made) > 0),
			want == accepts && (err != nil || len(made) != 1):
			t.Fatalf("%+v at %s with %+v: got %+v, %v; the auditor says %d", c, at, facts, made, err, want)
		case want == accepts:
			books.book(c, at, &facts)
		}
		for _, e := range made {
			if err := live.Apply(e, at); err != nil {
				t.Fatalf("decided an event that cannot be: %v", err)
			}
			history = append(history, Recorded{At: at, Event: e})
		}
		books.audit(t, &live)
	}
	return history, live, books
}

// TestBalanceAgainstAuditor compares every answer and every sum of a balance with books that are
// kept unit by unit, and what a merchant looks at with both.
func TestBalanceAgainstAuditor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history, live, books := drawLife(t)
		s, err := Ledger(New("acme", CNY()), history)
		moved := int64(0)
		for _, m := range s.Movements {
			if moved += m.Amount.MinorUnits(); m.Balance != fen(moved) {
				t.Fatalf("%+v after %d", m, moved)
			}
		}
		pending, available := books.at(books.now)
		if err != nil || s.Closing != fen(moved) || moved != pending+available-books.debt || moved != live.own() {
			t.Fatalf("the statement closes at %s with %v, %d were moved and the balance has %d", s.Closing, err, moved, live.own())
		}
		list, err := Withdrawals(history)
		if err != nil || len(list) != len(books.papers) {
			t.Fatalf("%d withdrawals, %v; the books have %d", len(list), err, len(books.papers))
		}
		for _, w := range list {
			p := books.papers[w.ID]
			sum, _ := w.Net.Add(w.Fee)
			if w.request() != p.ask || w.Fee != fen(p.fee) || sum != w.Gross || w.Status != p.status {
				t.Fatalf("%+v, the books have %+v", w, p)
			}
		}
	})
}
