package credit

import (
	"errors"
	"math"
	"testing"

	"github.com/tradesurety/surety/order"
	"pgregory.net/rapid"
)

// drawEvent draws any event of the package that its codec takes.
func drawEvent(t *rapid.T) Event {
	text := rapid.StringMatching(`[a-z<>&"\\一-龥]([a-z \x{2028}一-龥]{0,20}[a-z])?`)
	money := func(least int64) order.Money {
		units := rapid.OneOf(rapid.Int64Range(least, 9), rapid.Int64Range(math.MaxInt64-5, math.MaxInt64))
		return order.Minor(units.Draw(t, "units"), rapid.SampledFrom([]order.Currency{usd, usd, usd, eur}).Draw(t, "currency"))
	}
	switch id := orderA; Kind(rapid.IntRange(1, kindCount).Draw(t, "kind")) {
	case KindLimitAssessed:
		flow := rapid.SampledFrom([]order.Money{{}, euros(7)}).Draw(t, "flow")
		return LimitAssessed{money(0), Inputs{text.Draw(t, "grade"), "", flow, rapid.Int64Range(0, 9).Draw(t, "penalties"), "2025-06"}}
	case KindLineSuspended:
		return LineSuspended{text.Draw(t, "reason")}
	case KindLineResumed:
		return LineResumed{}
	case KindHeld:
		return Held{id, money(1)}
	case KindHoldAdjusted:
		return HoldAdjusted{id, money(1), money(1)}
	case KindReleased:
		return Released{id, money(1), rapid.SampledFrom([]Cause{CauseShipped, CauseUncovered}).Draw(t, "cause")}
	case KindClaimPosted:
		return ClaimPosted{id, money(1), money(0)}
	default:
		return ClaimRepaid{money(1), text.Draw(t, "reference")}
	}
}

// TestHostileHistory applies events at random: one that is refused is a typed error and changes
// nothing, and whatever is accepted leaves a line whose sums can be.
func TestHostileHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := New("acme", usd)
		for range 30 {
			e, before := drawEvent(t), l
			to, ok := Table().Next(l.Phase, e.Kind())
			err := l.Apply(e, noon)
			var invalid *order.InvalidError
			var money *order.MoneyError
			switch {
			case err != nil && l != before:
				t.Fatalf("%+v: %v, and the line was written", e, err)
			case err != nil && !errors.As(err, &invalid) && !errors.As(err, &money):
				t.Fatalf("%+v: the error %v has no type", e, err)
			case err == nil && (!ok || l.Phase != to):
				t.Fatalf("%+v in %s is accepted and leads to %s", e, before.Phase, l.Phase)
			}
			if l.sound() != nil || l.Available().IsNegative() || l.Overcommitted().IsNegative() {
				t.Fatalf("%+v leaves %+v", e, l)
			}
		}
	})
}

// TestContradictions is the table of events that the steps allow and the sums do not.
func TestContradictions(t *testing.T) {
	most := order.Minor(math.MaxInt64, usd)
	full := after(LimitAssessed{Limit: most}, Held{orderA, most})
	for name, c := range map[string]struct {
		from Line
		e    Event
	}{
		"no step":                   {never, held(orderA, 1)},
		"resumed while active":      {six, LineResumed{}},
		"held while suspended":      {stopped, held(orderB, 1)},
		"another currency":          {six, Held{orderB, euros(1)}},
		"a limit in another":        {six, LimitAssessed{Limit: euros(1)}},
		"a limit without currency":  {six, LimitAssessed{}},
		"a negative limit":          {six, assessed(-1)},
		"more held than fits":       {full, held(orderB, 1)},
		"more released than held":   {six, Released{orderA, dollars(6_001), CauseShipped}},
		"a part released":           {six, Released{orderA, dollars(1), CauseShipped}},
		"released, none held":       {empty, Released{orderA, dollars(1), CauseShipped}},
		"adjusted, none held":       {empty, HoldAdjusted{orderA, dollars(1), dollars(2)}},
		"adjusted from more":        {six, HoldAdjusted{orderA, dollars(6_002), dollars(1)}},
		"claimed more than held":    {six, ClaimPosted{orderA, dollars(6_000), dollars(1)}},
		"a claim that does not fit": {six, ClaimPosted{orderA, most, dollars(1)}},
		"repaid more than claimed":  {claimed, ClaimRepaid{dollars(6_001), "TT-1"}},
		"nil":                       {six, nil},
	} {
		if got, err := Evolve(c.from, c.e, noon); err == nil || got != c.from {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	history := []Recorded{{noon, assessed(10)}, {noon, LineResumed{}}, {noon, held(orderA, 1)}}
	if l, err := Replay(New("acme", usd), history); err == nil || l != after(assessed(10)) {
		t.Errorf("a replay went on after an error: %+v, %v", l, err)
	}
}
