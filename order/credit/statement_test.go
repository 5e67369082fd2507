package credit

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// TestLedger holds the statement of a known history to the movements it has.
func TestLedger(t *testing.T) {
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	history := []events.Recorded[Event]{
		{At: at(0), Event: deducted(orderA, 4_000)},
		{At: at(1), Event: Frozen(audit)},
		{At: at(2), Event: restored(1_000, RestoreLowered)},
		{At: at(3), Event: LimitReduced{From: yuan(5_000), To: yuan(2_000)}},
		{At: at(4), Event: noted(orderA)},
		{At: at(4), Event: QuotaConsumed{orderA, yuan(3_000), yuan(2_000), yuan(0)}},
		{At: at(5), Event: Unfrozen(audit)},
		{At: at(6), Event: LimitRaised{From: yuan(0), To: yuan(100_000)}},
	}
	zero := yuan(0)
	want := []Movement{
		{at(0), KindQuotaDeducted, orderA, zero, yuan(4_000), zero},
		{at(2), KindQuotaRestored, orderA, zero, yuan(-1_000), zero},
		{at(3), KindLimitReduced, trade.ID{}, yuan(-3_000), zero, zero},
		{at(4), KindQuotaConsumed, orderA, yuan(-2_000), yuan(-3_000), zero},
		{at(6), KindLimitRaised, trade.ID{}, yuan(100_000), zero, zero},
	}
	got, err := Ledger(fresh, history)
	if err != nil || !slices.Equal(got.Movements, want) {
		t.Fatalf("got %+v, %v", got.Movements, err)
	}
	end, err := Replay(fresh, history)
	if err != nil || !samePage(got.Opening, fresh.Page()) || !samePage(got.Closing, end.Page()) {
		t.Errorf("from %+v to %+v, %v", got.Opening, got.Closing, err)
	}
}

// TestAssuranceLedger has the movements of the other product, each with its order.
func TestAssuranceLedger(t *testing.T) {
	zero := dollars(0)
	got, err := Ledger(never, []events.Recorded[Event]{
		{At: noon, Event: assessed(10_000)}, {At: noon, Event: held(orderA, 6_000)}, {At: noon, Event: HoldAdjusted{orderA, dollars(6_000), dollars(5_000)}},
		{At: noon, Event: LineSuspended{"fraud"}}, {At: noon, Event: ClaimPosted{orderA, dollars(2_000), dollars(3_000)}}, {At: noon, Event: LineResumed{}},
		{At: noon, Event: held(orderB, 1)}, {At: noon, Event: Released{orderB, dollars(1), order.ReleaseClosed}}, {At: noon, Event: ClaimRepaid{dollars(2_000), "TT-1"}},
	})
	want := []Movement{
		{noon, KindLimitAssessed, trade.ID{}, dollars(10_000), zero, zero},
		{noon, KindHeld, orderA, zero, dollars(6_000), zero},
		{noon, KindHoldAdjusted, orderA, zero, dollars(-1_000), zero},
		{noon, KindClaimPosted, orderA, zero, dollars(-5_000), dollars(2_000)},
		{noon, KindHeld, orderB, zero, dollars(1), zero},
		{noon, KindReleased, orderB, zero, dollars(-1), zero},
		{noon, KindClaimRepaid, trade.ID{}, zero, zero, dollars(-2_000)},
	}
	if err != nil || !slices.Equal(got.Movements, want) {
		t.Errorf("got %+v, %v", got.Movements, err)
	}
}

// TestLedgerAddsUp: opening plus movements is closing, whatever happened, and what a history
// cannot have ends the statement before it.
func TestLedgerAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, history, live := drawLife(t)
		s, err := Ledger(start, history)
		if err != nil || !samePage(s.Opening, start.Page()) || !samePage(s.Closing, live.Page()) {
			t.Fatalf("from %+v to %+v, %v; live %+v", s.Opening, s.Closing, err, live)
		}
		limit, used, consumed := s.Opening.Limit.MinorUnits(), s.Opening.Used.MinorUnits(), s.Opening.Consumed.MinorUnits()
		for _, m := range s.Movements {
			limit, used, consumed = limit+m.Limit.MinorUnits(), used+m.Used.MinorUnits(), consumed+m.Consumed.MinorUnits()
		}
		if c := s.Closing; limit != c.Limit.MinorUnits() || used != c.Used.MinorUnits() || consumed != c.Consumed.MinorUnits() {
			t.Fatalf("the movements lead to %d, %d, %d; closing is %+v", limit, used, consumed, c)
		}
		broken, err := Ledger(start, append(slices.Clone(history), events.Recorded[Event]{At: noon}))
		var bad *trade.InvalidError
		if !errors.As(err, &bad) || !samePage(broken.Closing, s.Closing) || !slices.Equal(broken.Movements, s.Movements) {
			t.Fatalf("a history that cannot be gives %+v, %v", broken, err)
		}
	})
}

// TestSizeIsBounded: a snapshot does not grow with the history, only with the reasons of a
// freeze, which are bounded too.
func TestSizeIsBounded(t *testing.T) {
	short, _ := save(nil, &used)
	l := fresh
	for range 10_000 {
		l = follow(l, deducted(orderA, 4_000), Frozen(audit), restored(4_000, RestorePaid), Unfrozen(audit))
	}
	l = follow(l, deducted(orderA, 4_000))
	if long, _ := save(nil, &l); string(long) != string(short) {
		t.Errorf("after 40,000 events %s, after one %s", long, short)
	}
}
