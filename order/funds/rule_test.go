package funds

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// figures is what a balance amounts to, in whole yuan.
type figures struct{ credited, pending, available, transit, paidOut, fees, spent, refunded, debt int64 }

func figuresOf(b *Balance, at time.Time) figures {
	p := b.Page(at)
	whole := func(m trade.Money) int64 { return m.MinorUnits() / 100 }
	return figures{
		whole(p.Credited), whole(p.Pending), whole(p.Available), whole(p.InTransit), whole(p.PaidOut),
		whole(p.Fees), whole(p.Spent), whole(p.Refunded), whole(p.Debt),
	}
}

// equal reports whether two balances are the same, whatever their trees look like.
func equal(a, b Balance) bool {
	one, err := save(nil, &a)
	two, other := save(nil, &b)
	return err == nil && other == nil && string(one) == string(two) && a.Merchant == b.Merchant && a.Currency == b.Currency
}

// who returns the actor to whom the table permits the command.
func who(c Command) trade.Actor {
	i := slices.IndexFunc(permits, func(p machine.Permit[Phase, Kind]) bool { return p.Command == c.Name() })
	switch permits[i].Roles[0] {
	case trade.Seller:
		return acme
	case trade.Platform:
		return platform
	default:
		return desk
	}
}

// accepted is a command that a rule accepts, with the resulting event and the balance after it.
type accepted struct {
	name string
	from Balance
	at   time.Time
	ask  Command
	know Facts
	want Event
	then figures
}

func (c accepted) run(t *testing.T) {
	before := c.from
	got, err := Decide(c.from, c.ask, trade.Given{By: who(c.ask), At: c.at}, c.know)
	if err != nil || !slices.Equal(got, []Event{c.want}) {
		t.Fatalf("got %+v, %v; want %+v", got, err, c.want)
	}
	next, err := Evolve(c.from, c.want, c.at)
	if err != nil || c.from != before {
		t.Fatalf("the event has no step (%v), or the state was written", err)
	}
	if f := figuresOf(&next, c.at); f != c.then {
		t.Errorf("the balance has %+v, want %+v", f, c.then)
	}
	if !next.LastAt.Equal(c.at) || next.Phase != PhaseOpen {
		t.Errorf("the balance is %s at %s", next.Phase, next.LastAt)
	}
}

// refused is a command that a rule refuses, with the amount that is missing and the instant from
// which it is not.
type refused struct {
	name     string
	from     Balance
	at       time.Time
	ask      Command
	know     Facts
	rule     rule.ID
	missing  trade.Money
	earliest time.Time
}

func (c refused) run(t *testing.T) {
	before := c.from
	got, err := Decide(c.from, c.ask, trade.Given{By: who(c.ask), At: c.at}, c.know)
	var no *trade.Refusal
	if !errors.As(err, &no) || !errors.Is(err, c.rule) || no.Rule != c.rule {
		t.Fatalf("got %v, %v; want a refusal by %s", got, err, string(c.rule))
	}
	if no.Command != c.ask.Name() || no.Phase != c.from.Phase.String() || no.Missing != c.missing || !no.Earliest.Equal(c.earliest) {
		t.Errorf("the refusal is of %s in %s, misses %s until %s; want %s until %s",
			no.Command, no.Phase, no.Missing, no.Earliest, c.missing, c.earliest)
	}
	if said := c.rule == rule.D61; !said && (no.Reason(rule.English) == "" || no.Reason(rule.Chinese) == "") {
		t.Errorf("no reason in both languages: %q, %q", no.Reason(rule.English), no.Reason(rule.Chinese))
	}
	if len(got) != 0 || c.from != before {
		t.Errorf("refused, and events %v or a written state", got)
	}
}

// TestRule tests the rules of received funds by their ids.
func TestRule(t *testing.T) {
	for _, c := range acceptances {
		t.Run(c.name, c.run)
	}
	for _, c := range refusals {
		t.Run(c.name, c.run)
	}
	t.Run("B11/effect/a request is not paid out yet", testRequested)
	t.Run("B16/effect/the fee is recorded and taken when it is settled", testFee)
	t.Run("B17/effect/available a nanosecond before, at and after", testBoundary)
	t.Run("B22/effect/the history has every withdrawal", testHistory)
	t.Run("D50/effect/what waits is drained from the latest down", testDrain)
	t.Run("D50/excludes/a credit whose time has come does not wait", testDrainAvailable)
	t.Run("D56/excludes/a later policy moves no credit", testPolicyChange)
	t.Run("D57/effect/an id is used once", testRetry)
	t.Run("D57/effect/a refusal says how the withdrawal ended", testEnded)
	t.Run("D60/effect/a balance without a currency takes nothing", testNoCurrency)
	t.Run("D61/excludes/the desk, which goes by version", testDeskBehind)
	t.Run("D61/accept/how a withdrawal ended, before the last event", testEndedBefore)
	t.Run("B10/effect/a card that is bound twice", testBoundTwice)
	t.Run("B10/effect/a card is free again when its withdrawals have ended", testUnbindLater)
}

// do decides and folds one command after the other, each by a permitted actor; none is refused.
func do(t *testing.T, b *Balance, at time.Time, f Facts, asks ...Command) {
	t.Helper()
	for _, c := range asks {
		made, err := Decide(*b, c, trade.Given{By: who(c), At: at}, f)
		for _, e := range made {
			err = errors.Join(err, b.Apply(e, at))
		}
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
	}
}

func testRequested(t *testing.T) {
	b := free
	do(t, &b, noon, none, withdraw(100))
	for _, later := range []time.Time{noon, noon.Add(day), noon.Add(1000 * day)} {
		if got := figuresOf(&b, later); got != (figures{credited: 100, transit: 100}) {
			t.Errorf("at %s: %+v", later, got)
		}
	}
	if open := b.Withdrawals(); len(open) != 1 || open[0] != (Withdrawal{
		ID: "w-2", Gross: yuan(100), Fee: yuan(0), Net: yuan(100), Dest: alipay,
		Status: Requested, RequestedAt: noon, ExpectedAt: noon.Add(day),
	}) {
		t.Errorf("open are %+v", open)
	}
}

func testFee(t *testing.T) {
	b := free
	do(t, &b, noon, fees(10, 0, 0), withdraw(100))
	if p := b.Page(noon); p.InTransit != yuan(100) || !p.Fees.IsZero() {
		t.Errorf("requested: %+v", p)
	}
	done := b
	do(t, &done, noon, none, SettleWithdrawal{"w-2"})
	if p := done.Page(noon); p.PaidOut != fen(99_90) || p.Fees != fen(10) || !p.InTransit.IsZero() {
		t.Errorf("settled: %+v", p)
	}
	do(t, &b, noon, none, FailWithdrawal{"w-2", "closed"})
	if p := b.Page(noon); p.Available != yuan(100) || !p.Fees.IsZero() || !p.PaidOut.IsZero() {
		t.Errorf("failed: %+v", p)
	}
}

func testBoundary(t *testing.T) {
	for _, c := range []struct {
		at                 time.Time
		pending, available int64
		next               time.Time
	}{
		{time.Time{}, 80, 100, ripe},
		{time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), 80, 100, ripe},
		{noon.Add(-day), 80, 100, ripe},
		{noon, 80, 100, ripe},
		{ripe.Add(-1), 80, 100, ripe},
		{ripe, 30, 150, noon.Add(15 * day)},
		{ripe.Add(1), 30, 150, noon.Add(15 * day)},
		{ripe.In(time.FixedZone("UTC+8", 8*60*60)), 30, 150, noon.Add(15 * day)},
		{noon.Add(15*day - 1), 30, 150, noon.Add(15 * day)},
		{noon.Add(15 * day), 0, 180, time.Time{}},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0, 180, time.Time{}},
	} {
		p := mixed.Page(c.at)
		if p.Pending != yuan(c.pending) || p.Available != yuan(c.available) || !p.NextAt.Equal(c.next) {
			t.Errorf("at %s: %s pending, %s available, the next at %s", c.at, p.Pending, p.Available, p.NextAt)
		}
		if mixed.Available(c.at) != p.Available || mixed.Pending(c.at) != p.Pending || p.At.Before(noon) || p.At.Before(c.at) {
			t.Errorf("at %s: the page of %s differs", c.at, p.At)
		}
		var sum int64
		for _, w := range mixed.Waiting(c.at) {
			if sum += w.Amount.MinorUnits(); !w.AvailableAt.After(c.at) {
				t.Errorf("at %s: %+v does not wait", c.at, w)
			}
		}
		if fen(sum) != p.Pending {
			t.Errorf("at %s: what waits adds up to %s", c.at, fen(sum))
		}
	}
	want := []Waiting{{orderB, yuan(50), ripe}, {orderC, yuan(30), noon.Add(15 * day)}}
	if got := mixed.Waiting(noon); !slices.Equal(got, want) {
		t.Errorf("%+v waits", got)
	}
}

func testDrain(t *testing.T) {
	b := after(credited(orderA, 10, 7), credited(orderB, 20, 15), credited(orderC, 30, 8), credited(number(0xd), 40, 15))
	do(t, &b, noon, paid(10, 0), Debit{orderA, yuan(4)})
	want := []Waiting{{orderA, yuan(6), ripe}, {orderC, yuan(30), ripe.Add(day)}, {orderB, yuan(20), noon.Add(15 * day)}, {number(0xd), yuan(40), noon.Add(15 * day)}}
	if got := b.Waiting(noon); !slices.Equal(got, want) {
		t.Errorf("after a refund of its own: %+v", got)
	}
	do(t, &b, noon, paid(90, 0), Debit{orderC, yuan(75)})
	want = []Waiting{{orderA, yuan(6), ripe}, {orderB, yuan(15), noon.Add(15 * day)}}
	if got := b.Waiting(noon); !slices.Equal(got, want) {
		t.Errorf("after its own and two of the latest: %+v", got)
	}
}

func testDrainAvailable(t *testing.T) {
	b := after(credited(orderA, 10, 7), credited(orderB, 20, 15))
	do(t, &b, ripe, paid(10, 0), Debit{orderA, yuan(10)})
	if got := figuresOf(&b, ripe); got != (figures{credited: 30, pending: 10, available: 10, refunded: 10}) {
		t.Errorf("what has become available was taken before what waits: %+v", got)
	}
	b = after(credited(orderA, 10, 7), credited(orderB, 20, 15))
	do(t, &b, ripe.Add(-1), paid(10, 0), Debit{orderA, yuan(10)})
	if got := figuresOf(&b, ripe); got != (figures{credited: 30, pending: 20, refunded: 10}) {
		t.Errorf("a nanosecond before: %+v", got)
	}
}

func testPolicyChange(t *testing.T) {
	b := week
	do(t, &b, noon, selling(5, 0), Credit{orderB, yuan(5)})
	if got := figuresOf(&b, ripe.Add(-1)); got != (figures{credited: 105, pending: 100, available: 5}) {
		t.Errorf("%+v", got)
	}
}

func testRetry(t *testing.T) {
	for name, c := range map[string]struct {
		from Balance
		ask  Command
	}{
		"open":    {moving, Withdraw{"w-1", yuan(100), alipay}},
		"settled": {settled, Withdraw{"w-1", yuan(40), alipay}},
		"failed":  {failed, Withdraw{"w-1", yuan(40), alipay}},
		"charge":  {charged, PayCharge{"c-1", yuan(30), "promotion"}},
	} {
		// A retry is harmless even where the rules have become such that it would be refused.
		f := with(7, 10_000, yuan(1), yuan(1), yuan(5_000))
		if made, err := Decide(c.from, c.ask, trade.Given{By: acme, At: noon}, f); err != nil || len(made) > 0 {
			t.Errorf("%s: %v, %v", name, made, err)
		}
	}
	// Withdrawals and charges do not share their ids.
	b := charged
	do(t, &b, noon, none, Withdraw{"c-1", yuan(1), alipay}, PayCharge{"w-1", yuan(1), "promotion"})
}

func testEnded(t *testing.T) {
	for want, b := range map[string]Balance{"it is settled already": settled, "it has failed already": failed, "it was never requested": free} {
		for _, ask := range []Command{SettleWithdrawal{"w-1"}, FailWithdrawal{"w-1", "closed"}} {
			_, err := Decide(b, ask, trade.Given{By: platform, At: noon}, none)
			var no *trade.Refusal
			if !errors.As(err, &no) || no.Reason(rule.English) != want {
				t.Errorf("%s: %v, want %s", ask.Name(), err, want)
			}
		}
	}
}

func testNoCurrency(t *testing.T) {
	b := New("acme", trade.Currency{})
	if _, err := Decide(b, Credit{orderA, yuan(1)}, trade.Given{By: desk, At: noon}, sold(1)); !errors.Is(err, rule.D60) {
		t.Errorf("got %v", err)
	}
}

func testDeskBehind(t *testing.T) {
	b := free
	earlier := noon.Add(-2 * time.Hour)
	do(t, &b, earlier, sold(5), Credit{orderB, yuan(5)})
	if w := b.Waiting(noon); !b.LastAt.Equal(noon) || len(w) != 1 || !w[0].AvailableAt.Equal(earlier.Add(7*day)) {
		t.Errorf("the balance is at %s, and %+v waits", b.LastAt, w)
	}
	// A credit whose time has come by the last event is available at once.
	b = free
	if err := b.Apply(Credited{orderB, yuan(5), yuan(0), 0, earlier}, earlier); err != nil || b.Available(earlier) != yuan(105) {
		t.Errorf("%v, %s available", err, b.Available(earlier))
	}
	late := after(credited(orderA, 10, 7), credited(orderB, 20, 15))
	do(t, &late, ripe, none, withdraw(1))
	do(t, &late, noon, paid(10, 0), Debit{orderA, yuan(10)})
	if got := figuresOf(&late, noon); got != (figures{credited: 30, pending: 10, available: 9, transit: 1, refunded: 10}) {
		t.Errorf("a refund before the last event: %+v", got)
	}
}

func testEndedBefore(t *testing.T) {
	for _, end := range []Command{SettleWithdrawal{"w-1"}, FailWithdrawal{"w-1", "closed"}} {
		b := moving
		if do(t, &b, noon.Add(-100*day), none, end); !b.LastAt.Equal(noon) {
			t.Errorf("%s: the last instant is %s", end.Name(), b.LastAt)
		}
	}
}

func testBoundTwice(t *testing.T) {
	if made, err := Decide(bound, BindCard{"6222-01", "acme"}, trade.Given{By: acme, At: noon}, none); err != nil || len(made) > 0 {
		t.Errorf("%v, %v", made, err)
	}
	if cards := bound.Cards(); !slices.Equal(cards, []CardNo{"6222-01"}) {
		t.Errorf("bound are %v", cards)
	}
}

func testUnbindLater(t *testing.T) {
	for _, end := range []Command{SettleWithdrawal{"w-1"}, FailWithdrawal{"w-1", "closed"}} {
		b := carded
		do(t, &b, noon, none, end, UnbindCard{"6222-01"})
		if len(b.Cards()) > 0 || len(b.Withdrawals()) > 0 {
			t.Errorf("%s: bound are %v, open %v", end.Name(), b.Cards(), b.Withdrawals())
		}
	}
}

// TestGoldenCases plays the cases of funds as stories.
func TestGoldenCases(t *testing.T) {
	t.Run("credited on day 0, held for 7 days", func(t *testing.T) {
		b, midnight := New("acme", CNY()), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		do(t, &b, midnight, sold(100), Credit{orderA, yuan(100)})
		_, err := Decide(b, withdraw(100), trade.Given{By: acme, At: midnight.Add(6*day + 23*time.Hour + 59*time.Minute)}, none)
		var no *trade.Refusal
		if !errors.As(err, &no) || no.Rule != rule.B17 || !no.Earliest.Equal(midnight.Add(168*time.Hour)) {
			t.Fatalf("on day 6: %v", err)
		}
		do(t, &b, midnight.Add(168*time.Hour), none, withdraw(100))
	})
	t.Run("a fee of 0.1 %, and a failure", func(t *testing.T) {
		b := free
		do(t, &b, noon, fees(10, 0, 0), withdraw(100))
		if w := b.Withdrawals()[0]; w.Net != fen(99_90) || w.Fee != fen(10) {
			t.Fatalf("net %s, fee %s", w.Net, w.Fee)
		}
		do(t, &b, noon, none, FailWithdrawal{"w-2", "closed"})
		if got := figuresOf(&b, noon); got != (figures{credited: 100, available: 100}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("credited 100, withdrawn 100, refunded 60, failed", func(t *testing.T) {
		b := free
		do(t, &b, noon, paid(100, 0), withdraw(100), Debit{orderA, yuan(60)}, FailWithdrawal{"w-2", "closed"})
		if got := figuresOf(&b, noon); got != (figures{credited: 100, available: 40, refunded: 60}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a buyer pays 5,000", func(t *testing.T) {
		b := New("acme", CNY())
		do(t, &b, noon, sold(5_000), Credit{orderA, yuan(5_000)})
		if got := figuresOf(&b, ripe); got != (figures{credited: 5_000, available: 5_000}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("quota is never withdrawn", func(t *testing.T) {
		for _, b := range []Balance{never, week, free, mixed, bound, moving, carded, owing, settled, failed, charged, most} {
			made, err := WithdrawQuota{yuan(1), alipay}.decide(&b, nil, nil)
			if _, refused := Decide(b, WithdrawQuota{yuan(1), alipay}, trade.Given{By: acme, At: noon}, none); !errors.Is(refused, rule.B6) ||
				!errors.Is(err, rule.B6) || len(made) > 0 {
				t.Errorf("%+v: %v, %v, %v", b, made, err, refused)
			}
		}
	})
}
