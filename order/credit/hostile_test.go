package credit

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// drawEvent draws any event of the package that its codec takes.
func drawEvent(t *rapid.T) Event {
	text := rapid.StringMatching(`[a-z<>&"\\一-龥]([a-z \x{2028}一-龥]{0,20}[a-z])?`)
	money := func(least int64) trade.Money {
		units := rapid.OneOf(rapid.Int64Range(least, 9), rapid.Int64Range(math.MaxInt64-5, math.MaxInt64))
		return trade.Minor(units.Draw(t, "units"), rapid.SampledFrom([]trade.Currency{usd, usd, usd, eur}).Draw(t, "currency"))
	}
	drawn := []Ground{{ReasonOpenOrders, ""}, {ReasonOverdue, trade.Text(orderA.String())}, {ReasonOther, trade.Text(text.Draw(t, "ref"))}}
	ground := rapid.SampledFrom(drawn)
	limits := func() (lower, higher trade.Money) {
		to := money(1)
		return trade.Minor(rapid.Int64Range(0, to.MinorUnits()-1).Draw(t, "lower"), to.Currency()), to
	}
	switch id := orderA; Kind(rapid.IntRange(1, kindCount).Draw(t, "kind")) {
	case KindLineOpened:
		return LineOpened{Limit: money(0), Inputs: Inputs{Grade: 3, Score: leverScore}}
	case KindLimitRaised:
		from, to := limits()
		return LimitRaised{From: from, To: to}
	case KindLimitReduced:
		to, from := limits()
		return LimitReduced{From: from, To: to}
	case KindQuotaDeducted:
		return QuotaDeducted{id, money(1)}
	case KindQuotaRestored:
		cause := rapid.SampledFrom([]RestoreCause{RestorePaid, RestoreLowered}).Draw(t, "cause")
		return QuotaRestored{id, money(1), cause, cause == RestorePaid && rapid.Bool().Draw(t, "overdue")}
	case KindOverdueNoted:
		return OverdueNoted{id}
	case KindQuotaConsumed:
		amount, from := money(1), money(0)
		return QuotaConsumed{id, amount, from, lessConsumed(from, amount)}
	case KindFrozen:
		return Frozen(ground.Draw(t, "ground"))
	case KindUnfrozen:
		return Unfrozen(ground.Draw(t, "ground"))
	case KindLimitAssessed:
		flow := rapid.SampledFrom([]trade.Money{{}, euros(7)}).Draw(t, "flow")
		return LimitAssessed{money(0), Inputs{Qualification: text.Draw(t, "grade"), TradeFlow: flow, Penalties: rapid.Int64Range(0, 9).Draw(t, "penalties"), Month: "2025-06"}}
	case KindLineSuspended:
		return LineSuspended{trade.Text(text.Draw(t, "reason"))}
	case KindLineResumed:
		return LineResumed{}
	case KindHeld:
		return Held{id, money(1)}
	case KindHoldAdjusted:
		return HoldAdjusted{id, money(1), money(1)}
	case KindReleased:
		return Released{id, money(1), rapid.SampledFrom([]order.ReleaseCause{order.ReleaseShipped, order.ReleaseUncovered}).Draw(t, "cause")}
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
		l := rapid.SampledFrom([]Line{New(Assurance, "acme", usd), New(PayLater, "acme", usd)}).Draw(t, "line")
		for range 30 {
			e, before := drawEvent(t), copied(l)
			to, ok := Life(l.Product).Table().Next(l.Phase, e.Kind())
			err := l.Apply(e, noon)
			var invalid *trade.InvalidError
			var money *trade.MoneyError
			switch {
			case err != nil && !same(l, before):
				t.Fatalf("%+v: %v, and the line was written", e, err)
			case err != nil && !errors.As(err, &invalid) && !errors.As(err, &money):
				t.Fatalf("%+v: the error %v has no type", e, err)
			case err == nil && (!ok || l.Phase != to):
				t.Fatalf("%+v in %s is accepted and leads to %s", e, before.Phase, l.Phase)
			}
			if l.sound() != nil || l.checkFreezes() != nil || l.Usable().IsNegative() || l.Available().IsNegative() || l.Overcommitted().IsNegative() {
				t.Fatalf("%+v leaves %+v", e, l)
			}
		}
	})
}

// TestContradictions is the table of events that the steps allow and the sums do not.
func TestContradictions(t *testing.T) {
	most := trade.Minor(math.MaxInt64, usd)
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
		"more released than held":   {six, Released{orderA, dollars(6_001), order.ReleaseShipped}},
		"a part released":           {six, Released{orderA, dollars(1), order.ReleaseShipped}},
		"released, none held":       {empty, Released{orderA, dollars(1), order.ReleaseShipped}},
		"adjusted, none held":       {empty, HoldAdjusted{orderA, dollars(1), dollars(2)}},
		"adjusted from more":        {six, HoldAdjusted{orderA, dollars(6_002), dollars(1)}},
		"claimed more than held":    {six, ClaimPosted{orderA, dollars(6_000), dollars(1)}},
		"a claim that does not fit": {six, ClaimPosted{orderA, most, dollars(1)}},
		"repaid more than claimed":  {claimed, ClaimRepaid{dollars(6_001), "TT-1"}},
		"nil":                       {six, nil},

		"opened as an assurance line":  {never, LineOpened{Limit: dollars(1)}},
		"assessed as a pay-later line": {unopened, LimitAssessed{Limit: yuan(1)}},
		"opened twice":                 {fresh, LineOpened{Limit: yuan(1)}},
		"deducted before it is open":   {unopened, QuotaDeducted{orderA, yuan(1)}},
		"held on a pay-later line":     {fresh, Held{orderA, yuan(1)}},
		"suspended, a pay-later line":  {fresh, LineSuspended{"fraud"}},
		"deducted on an assurance one": {six, QuotaDeducted{orderB, dollars(1)}},
		"frozen, an assurance line":    {six, Frozen{ReasonOther, "x"}},
		"quota in another currency":    {fresh, QuotaDeducted{orderA, euros(1)}},
		"raised from another limit":    {fresh, LimitRaised{From: yuan(4_999), To: yuan(6_000)}},
		"reduced from another limit":   {fresh, LimitReduced{From: yuan(5_001), To: yuan(1)}},
		"consumed from another limit":  {late, QuotaConsumed{orderA, yuan(4_000), yuan(4_000), yuan(0)}},
		"consumed more than is used":   {late, QuotaConsumed{orderA, yuan(4_001), yuan(5_000), yuan(999)}},
		"restored more than is used":   {used, restored(4_001, RestorePaid)},
		"lowered to nothing":           {used, restored(4_000, RestoreLowered)},
		"a part paid, no order left":   {used, restored(1, RestorePaid)},
		"consumed and not overdue":     {used, QuotaConsumed{orderA, yuan(4_000), yuan(5_000), yuan(1_000)}},
		"more overdue than use it":     {late, noted(orderB)},
		"overdue, an assurance line":   {six, noted(orderA)},
		"overdue ends, none is":        {opened(5_000, deducted(orderA, 2), deducted(orderB, 2)), overdueEnds(2, RestorePaid)},
		"all but the overdue one end":  {late, restored(4_000, RestorePaid)},
		"frozen twice for one reason":  {frozen, Frozen{ReasonOverdue, trade.Text(orderA.String())}},
		"unfrozen for another reason":  {frozen, Unfrozen{ReasonOverdue, trade.Text(orderB.String())}},
		"frozen for too many reasons":  {crowded(MaxFreezes), Frozen{ReasonOpenOrders, ""}},
	} {
		if got, err := Evolve(c.from, c.e, noon); err == nil || !same(got, c.from) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	history := []events.Recorded[Event]{{At: noon, Event: assessed(10)}, {At: noon, Event: LineResumed{}}, {At: noon, Event: held(orderA, 1)}}
	if l, err := Replay(New(Assurance, "acme", usd), history); err == nil || !same(l, after(assessed(10))) {
		t.Errorf("a replay went on after an error: %+v, %v", l, err)
	}
}
