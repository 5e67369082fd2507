package credit

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// books are kept of a line order by order, without regard to how the line does. They say what
// an answer has to be.
type books interface {
	draw(t *rapid.T) Command
	// asks returns who asks for the command, and what its order's stream says.
	asks(c Command) (trade.Actor, Facts)
	// allows says whether the line has to take the command.
	allows(c Command) bool
	// book enters a command that the line has taken.
	book(t *rapid.T, c Command)
	// audit compares the line with the books.
	audit(t *rapid.T, l *Line)
}

// auditor keeps the books of an assurance line, in cents.
type auditor struct {
	assessed, suspended bool
	limit, consumed     int64
	holds               map[trade.ID]order.Hold
	raised, gone        int64 // over all holds: held + raised, and lowered + released + claimed
}

func (a *auditor) held() (sum, count int64) {
	for _, h := range a.holds {
		if h.Status == order.HoldOpen {
			sum += h.Amount.MinorUnits()
			count++
		}
	}
	return sum, count
}

func (a *auditor) available() int64 {
	sum, _ := a.held()
	return max(0, a.limit-sum-a.consumed)
}

func (a *auditor) asks(c Command) (trade.Actor, Facts) {
	switch c := c.(type) {
	case Hold:
		return desk, Facts{Hold: a.holds[c.Order]}
	case Adjust:
		return desk, Facts{Hold: a.holds[c.Order]}
	case Release:
		return desk, Facts{Hold: a.holds[c.Order]}
	case Claim:
		return desk, Facts{Hold: a.holds[c.Order]}
	case Deduct:
		return desk, Facts{}
	}
	return platform, Facts{}
}

func (a *auditor) allows(c Command) bool {
	open := func(id trade.ID, amount trade.Money) bool {
		h := a.holds[id]
		return a.assessed && h.Status == order.HoldOpen && h.Amount == amount
	}
	switch c := c.(type) {
	case AssessLimit:
		return true
	case Suspend:
		return a.assessed && !a.suspended
	case Resume:
		return a.suspended
	case Hold:
		h := a.holds[c.Order]
		first := h.Status == order.HoldNone || h.Status == order.HoldIsReleased && h.Cause == order.ReleaseUncovered
		return a.assessed && !a.suspended && first && c.Amount.MinorUnits() <= a.available()
	case Adjust:
		raise := c.To.MinorUnits() - c.From.MinorUnits()
		return open(c.Order, c.From) && (raise <= 0 || !a.suspended && raise <= a.available())
	case Release:
		return open(c.Order, c.Amount)
	case Claim:
		return open(c.Order, c.Open) && c.Amount.AtMost(c.Open)
	case RepayClaim:
		return a.assessed && c.Amount.MinorUnits() <= a.consumed
	}
	return false
}

func (a *auditor) book(_ *rapid.T, c Command) {
	switch c := c.(type) {
	case AssessLimit:
		a.assessed, a.limit = true, c.Limit.MinorUnits()
	case Suspend:
		a.suspended = true
	case Resume:
		a.suspended = false
	case Hold:
		a.holds[c.Order] = order.Hold{Status: order.HoldOpen, Amount: c.Amount}
		a.raised += c.Amount.MinorUnits()
	case Adjust:
		a.holds[c.Order] = order.Hold{Status: order.HoldOpen, Amount: c.To}
		a.raised += c.To.MinorUnits()
		a.gone += c.From.MinorUnits()
	case Release:
		a.holds[c.Order] = order.Hold{Status: order.HoldIsReleased, Amount: c.Amount, Cause: order.ReleaseCause(c.Cause)}
		a.gone += c.Amount.MinorUnits()
	case Claim:
		a.holds[c.Order] = order.Hold{Status: order.HoldIsPosted, Amount: c.Open}
		a.gone += c.Open.MinorUnits()
		a.consumed += c.Amount.MinorUnits()
	case RepayClaim:
		a.consumed -= c.Amount.MinorUnits()
	}
}

func (a *auditor) audit(t *rapid.T, l *Line) {
	sum, count := a.held()
	cents := func(m trade.Money) int64 { return m.MinorUnits() }
	switch {
	case cents(l.Limit) != a.limit || cents(l.Consumed) != a.consumed || l.Suspended() != a.suspended:
		t.Fatalf("the line is %+v, the books have limit %d, consumed %d, suspended %v", l, a.limit, a.consumed, a.suspended)
	case cents(l.Held) != sum || l.OpenHolds != count || a.raised-a.gone != sum:
		t.Fatalf("the line is %+v, the books have %d open holds of %d", l, count, sum)
	case cents(l.Available())-cents(l.Overcommitted())+cents(l.Held)+cents(l.Consumed) != cents(l.Limit):
		t.Fatalf("the sums of %+v do not make its limit", l)
	case !l.Available().IsZero() && !l.Overcommitted().IsZero() || l.Available().IsNegative() || l.Overcommitted().IsNegative():
		t.Fatalf("%s available, %s overcommitted", l.Available(), l.Overcommitted())
	}
}

// draw draws a command, mostly one that names what its order holds.
func (a *auditor) draw(t *rapid.T) Command {
	amount := trade.Minor(rapid.OneOf(rapid.Int64Range(1, 30), rapid.Just(int64(math.MaxInt64))).Draw(t, "amount"), usd)
	id := trade.ID{1, 6: 0x70, 8: 0x80, 15: rapid.ByteRange(1, 4).Draw(t, "order")}
	open := a.holds[id].Amount
	if !open.IsPositive() || rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		open = amount
	}
	switch rapid.IntRange(0, 14).Draw(t, "command") {
	case 0:
		limit := rapid.OneOf(rapid.Int64Range(0, 60), rapid.Just(int64(math.MaxInt64))).Draw(t, "limit")
		return AssessLimit{Limit: trade.Minor(limit, usd)}
	case 1:
		return Suspend{Reason: "fraud"}
	case 2, 3:
		return Resume{}
	case 4, 5:
		return Adjust{Order: id, From: open, To: amount}
	case 6:
		causes := []Cause{CauseShipped, CauseReceived, CauseClosed, CauseUncovered, CauseUncovered, CauseUncovered}
		return Release{Order: id, Amount: open, Cause: rapid.SampledFrom(causes).Draw(t, "cause")}
	case 7:
		return Claim{Order: id, Open: open, Amount: amount}
	case 8:
		return RepayClaim{Amount: amount, Reference: "TT-1"}
	case 9:
		return rapid.SampledFrom([]Command{
			Deduct{Order: id, Amount: amount}, OpenLine{Limit: amount}, Withdraw{Amount: amount}, Freeze{Reason: ReasonOpenOrders},
		}).Draw(t, "foreign")
	default:
		return Hold{Order: id, Amount: amount}
	}
}

// drawLife runs drawn commands against a line of either product and its books, and returns the
// empty line, what was recorded and the live line.
func drawLife(t *rapid.T) (Line, []Recorded, Line) {
	var kept books = &auditor{holds: make(map[trade.ID]order.Hold)}
	start := New("acme", usd)
	if rapid.Bool().Draw(t, "pay later") {
		kept, start = newShopAuditor(), NewPayLater("acme", cny)
	}
	live, at := start, noon
	var history []Recorded
	for range rapid.IntRange(0, 40).Draw(t, "commands") {
		c := kept.draw(t)
		by, facts := kept.asks(c)
		at = at.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour)
		made, err := Decide(live, c, order.Given{By: by, At: at}, facts)
		var no *trade.Refusal
		switch allowed := kept.allows(c); {
		case allowed != (err == nil):
			t.Fatalf("%+v on %+v with %+v: got %v, the books say %v", c, live, facts, err, allowed)
		case err != nil && (!errors.As(err, &no) || len(made) > 0):
			t.Fatalf("%+v: %v is no refusal, or comes with events %v", c, err, made)
		case err == nil:
			kept.book(t, c)
		}
		for _, e := range made {
			if err := live.Apply(e, at); err != nil {
				t.Fatalf("decided an event that cannot be: %v", err)
			}
			history = append(history, Recorded{At: at, Event: e})
		}
		kept.audit(t, &live)
	}
	return start, history, live
}

// TestLineAgainstAuditor compares every answer and every sum of a line with books that are kept
// order by order.
func TestLineAgainstAuditor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { drawLife(t) })
}

// TestReplay holds the fold to its laws: a replay equals the live state, a prefix and the rest
// equal the whole, a snapshot and the rest equal the whole, and the codec changes nothing.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, history, live := drawLife(t)
		whole, err := Replay(start, history)
		if err != nil || !same(whole, live) {
			t.Fatalf("replayed %+v, %v; live %+v", whole, err, live)
		}
		cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
		prefix, _ := Replay(start, history[:cut])
		kept := copied(prefix)
		if rest, err := Replay(prefix, history[cut:]); err != nil || !same(rest, whole) {
			t.Fatalf("prefix and rest give %+v, %v", rest, err)
		}
		if !same(prefix, kept) {
			t.Fatal("the prefix was written")
		}
		saved, err := save([]byte("before"), &prefix)
		if err != nil {
			t.Fatal(err)
		}
		restored := start
		if err := restore(saved[len("before"):], &restored); err != nil || !same(restored, prefix) {
			t.Fatalf("restored %+v, %v from %s; saved %+v", restored, err, saved, prefix)
		}
		if rest, err := Replay(restored, history[cut:]); err != nil || !same(rest, whole) {
			t.Fatalf("snapshot and rest give %+v, %v", rest, err)
		}
		for i := range history {
			history[i].Event = recode(t, history[i].Event)
		}
		if decoded, err := Replay(start, history); err != nil || !same(decoded, whole) {
			t.Fatalf("decoded history gives %+v, %v", decoded, err)
		}
	})
}
