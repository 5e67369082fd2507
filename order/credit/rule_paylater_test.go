package credit

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// testPayLaterRules tests the rules of the pay-later line that have no row in a table of commands.
func testPayLaterRules(t *testing.T) {
	t.Run("B3/refuse/a negative limit is malformed", testNegativeLimit)
	t.Run("B3/effect/the same limit again is nothing to do", testSameLimit)
	t.Run("B4/effect/the page of a line", testPage)
	t.Run("B4/excludes/a page lets its reader write the line", testPageIsCopy)
	t.Run("B6/refuse/withdrawn by anybody", testWithdraw)
	t.Run("B7/refuse/deducted by anybody but the desk", testDeductRoles)
	t.Run("B9/refuse/restored by anybody but the desk", testRestoreRoles)
	t.Run("B9/effect/a refusal says what became of the quota", testUnused)
	t.Run("B12/accept/a score of 4.8 and more", testScoreLever)
	t.Run("B12/effect/a score guarantees no limit", testScoreAlone)
	t.Run("B13/accept/from 5,000 to 20,000 in three months", testGrowth)
	t.Run("B13/accept/to 100,000", testLargestShop)
	t.Run("B15/excludes/an open order freezes nothing by itself", testOpenOrder)
	t.Run("B15/effect/how many orders are overdue", testOverdueCount)
	t.Run("B15/refuse/noted by anybody but the desk", testNoteRoles)
	t.Run("B19/effect/a freeze changes no figure", testFreezeFigures)
	t.Run("B19/effect/a frozen line is shown to orders as suspended", testFrozenFact)
	t.Run("B21/effect/each lever raises the limit", testLevers)
	t.Run("D53/accept/the desk freezes for an overdue order", testDeskFreeze)
	t.Run("D53/refuse/the desk freezes for another reason", testDeskOther)
	t.Run("D53/effect/a payment lifts no freeze", testPaidFreeze)
	t.Run("D53/effect/which reasons a line has", testReasons)
	t.Run("D55/excludes/fake orders are no volume", testFakeVolume)
	t.Run("D53/effect/two lines from one state", testFork)
	t.Run("D61/accept/the platform at the last event", testAtLast)
	t.Run("D61/effect/the last instant never falls", testLastAt)
}

func testNegativeLimit(t *testing.T) {
	for _, c := range []Command{OpenLine{Limit: fen(-1)}, AssessLimit{Limit: fen(-1)}} {
		var bad *trade.InvalidError
		if _, err := Decide(fresh, c, trade.Given{By: platform, At: noon}, none); !errors.As(err, &bad) || bad.Field != "limit" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func testSameLimit(t *testing.T) {
	for _, l := range []Line{fresh, frozen} {
		made, err := Decide(l, AssessLimit{yuan(5_000), shop}, trade.Given{By: platform, At: noon}, none)
		if err != nil || len(made) != 0 {
			t.Errorf("got %v, %v", made, err)
		}
	}
}

func testPage(t *testing.T) {
	zero := yuan(0)
	for name, c := range map[string]struct {
		line Line
		want Page
	}{
		"unopened":  {unopened, Page{zero, zero, zero, zero, zero, zero, false, nil}},
		"used":      {used, Page{yuan(5_000), yuan(4_000), zero, yuan(1_000), zero, yuan(1_000), false, nil}},
		"lowered":   {lowered, Page{yuan(3_000), yuan(4_000), zero, zero, yuan(1_000), zero, false, nil}},
		"frozen":    {twice, Page{yuan(5_000), yuan(4_000), zero, yuan(1_000), zero, zero, true, []Ground{overdue, audit}}},
		"assurance": {claimed, Page{dollars(10_000), dollars(0), dollars(6_000), dollars(4_000), dollars(0), dollars(4_000), false, nil}},
		"suspended": {stopped, Page{dollars(10_000), dollars(6_000), dollars(0), dollars(4_000), dollars(0), dollars(0), true, []Ground{{ReasonOther, "fraud"}}}},
	} {
		got := c.line.Page()
		if !slices.Equal(got.Why, c.want.Why) {
			t.Errorf("%s: frozen for %v, want %v", name, got.Why, c.want.Why)
		}
		got.Why, c.want.Why = nil, nil
		if !samePage(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func samePage(a, b Page) bool {
	return a.Limit == b.Limit && a.Used == b.Used && a.Consumed == b.Consumed && a.Remaining == b.Remaining &&
		a.Excess == b.Excess && a.Usable == b.Usable && a.Frozen == b.Frozen && slices.Equal(a.Why, b.Why)
}

func testPageIsCopy(t *testing.T) {
	l, p := copied(twice), twice.Page()
	p.Why[0] = busy
	if !same(l, twice) {
		t.Errorf("the line is %+v", twice)
	}
}

// refusedBy fails unless each of those roles is refused the command by the rule.
func refusedBy(t *testing.T, c Command, f Facts, ruleID rule.ID, roles ...trade.Role) {
	t.Helper()
	for _, role := range roles {
		for _, l := range []Line{unopened, used, frozen} {
			made, err := Decide(l, c, trade.Given{By: trade.Actor{Role: role, Account: "acme"}, At: noon}, f)
			var no *trade.Refusal
			if !errors.As(err, &no) || no.Rule != ruleID || len(made) != 0 {
				t.Errorf("%s by %s: %v, %v", c.Name(), role, made, err)
			}
		}
	}
}

func testWithdraw(t *testing.T) {
	roles := []trade.Role{trade.Buyer, trade.Seller, trade.Platform, trade.System, trade.Desk}
	refusedBy(t, Withdraw{fen(1)}, none, rule.B6, roles...)
	for _, role := range roles {
		_, err := Decide(used, Withdraw{fen(1)}, trade.Given{By: trade.Actor{Role: role, Account: "acme"}, At: noon}, none)
		if no, ok := errors.AsType[*trade.Refusal](err); !ok || no.Reason(rule.English) != "the quota is a limit, not money" {
			t.Errorf("by the %s: %v", role, err)
		}
	}
}

func testDeductRoles(t *testing.T) {
	refusedBy(t, deduct(orderB, 1), none, rule.B5, trade.Buyer, trade.Seller, trade.Platform, trade.System)
}

func testRestoreRoles(t *testing.T) {
	refusedBy(t, restoring(4_000, RestorePaid), uses(4_000), rule.B9, trade.Buyer, trade.Seller, trade.Platform, trade.System)
}

func testUnused(t *testing.T) {
	for status, want := range map[order.HoldStatus]string{
		order.HoldNone: "该订单未使用额度", order.HoldIsReleased: "该订单使用的额度已全部恢复", order.HoldIsPosted: "该订单已核销",
	} {
		for _, c := range []Command{restoring(4_000, RestorePaid), NoteOverdue{orderA}, Consume{orderA, yuan(4_000)}} {
			_, err := Decide(used, c, trade.Given{By: desk, At: noon}, ended(status))
			var no *trade.Refusal
			if !errors.As(err, &no) || no.Reason(rule.Chinese) != want {
				t.Errorf("%s: %v, want %s", c.Name(), err, want)
			}
		}
	}
}

func testDeskFreeze(t *testing.T) {
	made, err := Decide(used, Freeze(overdue), trade.Given{By: desk, At: noon}, Facts{Overdue: true})
	if err != nil || !slices.Equal(made, []Event{Frozen(overdue)}) {
		t.Errorf("got %v, %v", made, err)
	}
}

func testDeskOther(t *testing.T) {
	for _, g := range []Ground{fake, busy, audit} {
		made, err := Decide(used, Freeze(g), trade.Given{By: desk, At: noon}, Facts{Overdue: true, Fake: true})
		if !errors.Is(err, rule.D53) || len(made) != 0 {
			t.Errorf("%v: %v, %v", g, made, err)
		}
	}
}

func testPaidFreeze(t *testing.T) {
	l := follow(frozen, restored(4_000, RestorePaid))
	if !slices.Equal(l.Freezes, []Ground{overdue}) || l.OpenHolds != 0 || !l.Usable().IsZero() || l.Available() != yuan(5_000) {
		t.Errorf("after the payment: %+v", l)
	}
	if l = follow(l, Unfrozen(overdue)); l.Usable() != yuan(5_000) {
		t.Errorf("after the freeze: %+v", l)
	}
}

func testReasons(t *testing.T) {
	for _, r := range []Reason{ReasonOverdue, ReasonOpenOrders, ReasonFakeOrder, ReasonOther} {
		if got, want := twice.FrozenFor(r), r == ReasonOverdue || r == ReasonOther; got != want {
			t.Errorf("frozen for %s: %v", r, got)
		}
	}
	for g, want := range map[Ground]trade.ID{overdue: orderA, fake: orderA, busy: {}, audit: {}, {ReasonOther, trade.Text(orderA.String())}: {}, {ReasonOverdue, "x"}: {}} {
		if got := g.Order(); got != want {
			t.Errorf("%v names %s", g, got)
		}
	}
}

func testOpenOrder(t *testing.T) {
	if used.Frozen() || used.Usable() != yuan(1_000) {
		t.Errorf("a line with an open order is %+v", used)
	}
}

// testOverdueCount has three orders become overdue and end: paid, returned and written off.
func testOverdueCount(t *testing.T) {
	l := opened(5_000, deducted(orderA, 1_000), deducted(orderB, 1_000), deducted(orderC, 1_000))
	for i, c := range []struct {
		ask  Command
		want int64
	}{
		{NoteOverdue{orderA}, 1}, {NoteOverdue{orderB}, 2}, {NoteOverdue{orderC}, 3},
		{Restore{Order: orderA, Amount: yuan(1), Cause: RestoreLowered}, 3},
		{Restore{orderA, yuan(999), RestorePaid, true}, 2},
		{Restore{orderB, yuan(1_000), RestoreReturned, true}, 1},
		{Consume{orderC, yuan(1_000)}, 0},
	} {
		f := Facts{Hold: order.Hold{Status: order.HoldOpen, Amount: yuan(1_000)}, Overdue: i > 2}
		if i == 4 {
			f.Hold.Amount = yuan(999)
		}
		made, err := Decide(l, c.ask, trade.Given{By: desk, At: noon}, f)
		if err != nil {
			t.Fatalf("%+v: %v", c.ask, err)
		}
		if l = follow(l, made...); l.Overdue != c.want {
			t.Fatalf("%d are overdue after %+v, want %d", l.Overdue, c.ask, c.want)
		}
	}
}

func testNoteRoles(t *testing.T) {
	refusedBy(t, NoteOverdue{orderA}, uses(4_000), rule.B15, trade.Buyer, trade.Seller, trade.Platform, trade.System)
}

func testFreezeFigures(t *testing.T) {
	before := used.Page()
	for _, l := range []Line{frozen, twice, follow(twice, Unfrozen(audit)), follow(frozen, Unfrozen(overdue))} {
		p := l.Page()
		if p.Limit != before.Limit || p.Used != before.Used || p.Remaining != before.Remaining || l.OpenHolds != used.OpenHolds {
			t.Errorf("a freeze made %+v of %+v", p, before)
		}
	}
	if l := follow(frozen, Unfrozen(overdue)); !same(l, used) {
		t.Errorf("frozen and unfrozen: %+v", l)
	}
}

func testFrozenFact(t *testing.T) {
	if got := used.Fact(); got != (order.Quota{Available: yuan(1_000)}) {
		t.Errorf("used: %+v", got)
	}
	if got := frozen.Fact(); got != (order.Quota{Available: yuan(1_000), Suspended: true}) {
		t.Errorf("frozen: %+v", got)
	}
}

// testFork continues states of every size twice: neither continuation shows in the other or in
// what both came from.
func testFork(t *testing.T) {
	for n := range 10 {
		base := crowded(n)
		kept := copied(base)
		one, two := follow(base, Frozen(busy)), follow(base, Frozen(fake))
		if want := append(slices.Clone(kept.Freezes), busy); !slices.Equal(one.Freezes, want) {
			t.Errorf("one is frozen for %v, want %v", one.Freezes, want)
		}
		if want := append(slices.Clone(kept.Freezes), fake); !slices.Equal(two.Freezes, want) {
			t.Errorf("two is frozen for %v, want %v", two.Freezes, want)
		}
		for i, g := range kept.Freezes {
			less := follow(base, Unfrozen(g))
			if want := slices.Delete(slices.Clone(kept.Freezes), i, i+1); !slices.Equal(less.Freezes, want) {
				t.Errorf("without %v it is frozen for %v, want %v", g, less.Freezes, want)
			}
		}
		if !same(base, kept) {
			t.Errorf("the line was written: %v, was %v", base.Freezes, kept.Freezes)
		}
	}
}

func testAtLast(t *testing.T) {
	for _, c := range []struct {
		at  time.Time
		yes bool
	}{{noon.Add(-1), false}, {noon, true}, {noon.Add(1), true}} {
		_, err := Decide(used, AssessLimit{Limit: yuan(6_000)}, trade.Given{By: platform, At: c.at}, none)
		var no *trade.Refusal
		switch {
		case c.yes && err != nil:
			t.Errorf("at %s: %v", c.at, err)
		case !c.yes && (!errors.As(err, &no) || no.Rule != rule.D61 || !no.Earliest.Equal(noon)):
			t.Errorf("at %s: %v", c.at, err)
		}
	}
}

func testLastAt(t *testing.T) {
	l := fresh
	for _, c := range []struct{ at, want time.Time }{
		{noon.Add(-time.Hour), noon}, {noon.Add(time.Hour), noon.Add(time.Hour)}, {noon, noon.Add(time.Hour)},
	} {
		if err := l.Apply(deducted(orderB, 1), c.at); err != nil || !l.LastAt.Equal(c.want) {
			t.Errorf("after an event at %s the last is at %s, %v", c.at, l.LastAt, err)
		}
	}
}

// TestPayLaterGolden has the cases of a pay-later limit as stories.
func TestPayLaterGolden(t *testing.T) {
	l := fresh
	ask := func(by trade.Actor, c Command, f Facts) error {
		made, err := Decide(l, c, trade.Given{By: by, At: noon}, f)
		l = follow(l, made...)
		return err
	}
	must := func(err error, want sums) {
		t.Helper()
		if got := sumsOf(&l); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	}
	short := func(err error, ruleID rule.ID, missing trade.Money) {
		t.Helper()
		var no *trade.Refusal
		if !errors.As(err, &no) || no.Rule != ruleID || no.Missing != missing {
			t.Fatalf("got %v, want a refusal by %s for lack of %s", err, string(ruleID), missing)
		}
	}
	must(ask(desk, deduct(orderA, 5_000), none), sums{5_000, 5_000, 0, 0, 0})
	short(ask(desk, Deduct{orderB, fen(1)}, none), rule.B5, fen(1))
	must(ask(desk, restoring(5_000, RestorePaid), uses(5_000)), sums{5_000, 0, 0, 5_000, 0})

	must(ask(desk, deduct(orderB, 4_000), none), sums{5_000, 4_000, 0, 1_000, 0})
	must(ask(platform, AssessLimit{Limit: yuan(3_000)}, none), sums{3_000, 4_000, 0, 0, 1_000})
	short(ask(desk, deduct(orderA, 1), none), rule.B5, yuan(1))
	branch := l
	must(ask(desk, Restore{Order: orderB, Amount: yuan(4_000), Cause: RestorePaid}, uses(4_000)), sums{3_000, 0, 0, 3_000, 0})
	l = branch
	must(ask(desk, NoteOverdue{orderB}, uses(4_000)), sums{3_000, 4_000, 0, 0, 1_000})
	must(ask(desk, Consume{orderB, yuan(4_000)}, usesOverdue(4_000)), sums{})
	must(ask(platform, AssessLimit{Limit: yuan(2_000)}, none), sums{2_000, 0, 0, 2_000, 0})

	l = used
	must(ask(desk, Freeze(overdue), Facts{Overdue: true}), sums{5_000, 4_000, 0, 1_000, 0})
	short(ask(desk, deduct(orderB, 1), none), rule.B19, yuan(1))
	must(ask(desk, restoring(4_000, RestorePaid), uses(4_000)), sums{5_000, 0, 0, 5_000, 0})
	short(ask(desk, deduct(orderB, 1), none), rule.B19, yuan(1))
	short(ask(merchant, Withdraw{yuan(1)}, none), rule.B6, no)
	must(ask(platform, Unfreeze(overdue), none), sums{5_000, 0, 0, 5_000, 0})
	must(ask(desk, deduct(orderB, 1), none), sums{5_000, 1, 0, 4_999, 0})
}
