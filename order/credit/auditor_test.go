package credit

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"pgregory.net/rapid"
)

// auditor keeps the books of a line order by order, in cents, without regard to how the line
// does. It says what an answer has to be.
type auditor struct {
	assessed, suspended bool
	limit, consumed     int64
	holds               map[order.ID]order.Hold
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

// allows says whether the line has to take the command, which is of its currency.
func (a *auditor) allows(c Command) bool {
	open := func(id order.ID, amount order.Money) bool {
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

// book enters a command that the line has taken.
func (a *auditor) book(c Command) {
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

// audit compares the line with the books.
func (a *auditor) audit(t *rapid.T, l *Line) {
	sum, count := a.held()
	cents := func(m order.Money) int64 { return m.MinorUnits() }
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
	amount := order.Minor(rapid.OneOf(rapid.Int64Range(1, 30), rapid.Just(int64(math.MaxInt64))).Draw(t, "amount"), usd)
	id := order.ID{1, 6: 0x70, 8: 0x80, 15: rapid.ByteRange(1, 4).Draw(t, "order")}
	open := a.holds[id].Amount
	if !open.IsPositive() || rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		open = amount
	}
	switch rapid.IntRange(0, 12).Draw(t, "command") {
	case 0:
		limit := rapid.OneOf(rapid.Int64Range(0, 60), rapid.Just(int64(math.MaxInt64))).Draw(t, "limit")
		return AssessLimit{Limit: order.Minor(limit, usd)}
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
	default:
		return Hold{Order: id, Amount: amount}
	}
}

// drawLife runs drawn commands against a line and the auditor, and returns what was recorded
// and the live line.
func drawLife(t *rapid.T) ([]Recorded, Line) {
	live, at := New("acme", usd), noon
	books := auditor{holds: make(map[order.ID]order.Hold)}
	var history []Recorded
	for range rapid.IntRange(0, 40).Draw(t, "commands") {
		c := books.draw(t)
		by, facts := platform, Facts{}
		switch c := c.(type) {
		case Hold:
			by, facts.Hold = desk, books.holds[c.Order]
		case Adjust:
			by, facts.Hold = desk, books.holds[c.Order]
		case Release:
			by, facts.Hold = desk, books.holds[c.Order]
		case Claim:
			by, facts.Hold = desk, books.holds[c.Order]
		}
		at = at.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour)
		made, err := Decide(live, c, order.Given{By: by, At: at}, facts)
		var no *order.Refusal
		switch allowed := books.allows(c); {
		case allowed != (err == nil):
			t.Fatalf("%+v on %+v with %+v: got %v, the auditor says %v", c, live, facts, err, allowed)
		case err != nil && (!errors.As(err, &no) || len(made) > 0):
			t.Fatalf("%+v: %v is no refusal, or comes with events %v", c, err, made)
		case err == nil:
			books.book(c)
		}
		for _, e := range made {
			if err := live.Apply(e, at); err != nil {
				t.Fatalf("decided an event that cannot be: %v", err)
			}
			history = append(history, Recorded{At: at, Event: e})
		}
		books.audit(t, &live)
	}
	return history, live
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
		history, live := drawLife(t)
		start := New("acme", usd)
		whole, err := Replay(start, history)
		if err != nil || whole != live {
			t.Fatalf("replayed %+v, %v; live %+v", whole, err, live)
		}
		cut := rapid.IntRange(0, len(history)).Draw(t, "cut")
		prefix, _ := Replay(start, history[:cut])
		kept := prefix
		if rest, err := Replay(prefix, history[cut:]); err != nil || rest != whole {
			t.Fatalf("prefix and rest give %+v, %v", rest, err)
		}
		if prefix != kept {
			t.Fatal("the prefix was written")
		}
		saved, err := save([]byte("before"), &prefix)
		if err != nil {
			t.Fatal(err)
		}
		restored := start
		if err := restore(saved[len("before"):], &restored); err != nil || restored != prefix {
			t.Fatalf("restored %+v, %v from %s; saved %+v", restored, err, saved, prefix)
		}
		if rest, err := Replay(restored, history[cut:]); err != nil || rest != whole {
			t.Fatalf("snapshot and rest give %+v, %v", rest, err)
		}
		for i := range history {
			history[i].Event = recode(t, history[i].Event)
		}
		if decoded, err := Replay(start, history); err != nil || decoded != whole {
			t.Fatalf("decoded history gives %+v, %v", decoded, err)
		}
	})
}
