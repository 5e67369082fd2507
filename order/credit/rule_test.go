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

// sums has the amounts of a line, in whole dollars or yuan.
type sums struct{ limit, held, consumed, available, overcommitted int64 }

func sumsOf(l *Line) sums {
	whole := func(m trade.Money) int64 { return m.MinorUnits() / 100 }
	return sums{whole(l.Limit), whole(l.Held), whole(l.Consumed), whole(l.Available()), whole(l.Overcommitted())}
}

// accepted is a command that a rule lets pass, the resulting event, and what the line is then.
type accepted struct {
	name string
	from Line
	ask  Command
	know Facts
	want Event
	then sums
}

// asker returns an actor who may issue the command, to a line of this product or of the other.
func asker(l *Line, c Command) trade.Actor {
	for _, p := range slices.Concat(permits[l.Product], permits[1-l.Product]) {
		if p.Command == c.Name() && p.Roles[0] == trade.Seller {
			return merchant
		} else if p.Command == c.Name() {
			return trade.Actor{Role: p.Roles[0]}
		}
	}
	panic(c.Name() + " has no permit")
}

func (c accepted) run(t *testing.T) {
	before := copied(c.from)
	got, err := Decide(c.from, c.ask, trade.Given{By: asker(&c.from, c.ask), At: noon}, c.know)
	if err != nil || !slices.Equal(got, []Event{c.want}) {
		t.Fatalf("got %+v, %v; want %+v", got, err, c.want)
	}
	next, err := Evolve(c.from, c.want, noon)
	if err != nil || !same(c.from, before) {
		t.Fatalf("the event has no step (%v), or the state was written", err)
	}
	if s := sumsOf(&next); s != c.then {
		t.Errorf("the line has %+v, want %+v", s, c.then)
	}
}

// refused is a command that a rule does not let pass, and what is missing then.
type refused struct {
	name    string
	from    Line
	ask     Command
	know    Facts
	rule    rule.ID
	missing trade.Money
}

func (c refused) run(t *testing.T) {
	before := copied(c.from)
	got, err := Decide(c.from, c.ask, trade.Given{By: asker(&c.from, c.ask), At: noon}, c.know)
	var no *trade.Refusal
	if !errors.As(err, &no) || !errors.Is(err, c.rule) {
		t.Fatalf("got %v, %v; want a refusal by %s", got, err, string(c.rule))
	}
	if no.Command != c.ask.Name() || no.Phase != c.from.Phase.String() || no.Missing != c.missing {
		t.Errorf("the refusal is of %s in %s and misses %s, want %s", no.Command, no.Phase, no.Missing, c.missing)
	}
	if no.Reason(rule.English) == "" || no.Reason(rule.Chinese) == "" {
		t.Errorf("no reason in both languages: %q, %q", no.Reason(rule.English), no.Reason(rule.Chinese))
	}
	if len(got) != 0 || !same(c.from, before) {
		t.Errorf("refused, and events %v or a written state", got)
	}
}

// TestRule tests the rules of the line by their ids.
func TestRule(t *testing.T) {
	for _, c := range slices.Concat(acceptances, payLaterAcceptances) {
		t.Run(c.name, c.run)
	}
	for _, c := range slices.Concat(refusals, payLaterRefusals) {
		t.Run(c.name, c.run)
	}
	t.Run("D2/effect/a pre-shipment order holds its initial payment until shipment", testPreShipment)
	t.Run("D3/effect/an order is told what the line has left", testFact)
	t.Run("D5/effect/a hold that needs no change", testNoChange)
	t.Run("D6/effect/the reason of a suspension is shown while it lasts", testReason)
	t.Run("D6/effect/limits are refreshed on the tenth in China", testNextAssessment)
	t.Run("D61/refuse/the platform before the last event", testBehind)
	t.Run("D61/excludes/the desk, which goes by version", testDeskBehind)
	testPayLaterRules(t)
}

func testPreShipment(t *testing.T) {
	l := after(assessed(10_000), held(orderA, 2_000))
	if got := sumsOf(&l); got != (sums{10_000, 2_000, 0, 8_000, 0}) || l.OpenHolds != 1 {
		t.Errorf("held: %+v", got)
	}
	l = after(assessed(10_000), held(orderA, 2_000), Released{orderA, dollars(2_000), order.ReleaseShipped})
	if got := sumsOf(&l); got != (sums{10_000, 0, 0, 10_000, 0}) || l.OpenHolds != 0 {
		t.Errorf("released: %+v", got)
	}
}

func testFact(t *testing.T) {
	for _, c := range []struct {
		line Line
		want order.Quota
	}{
		{never, order.Quota{Available: dollars(0)}},
		{six, order.Quota{Available: dollars(4_000)}},
		{cut, order.Quota{Available: dollars(0)}},
		{stopped, order.Quota{Available: dollars(4_000), Suspended: true}},
	} {
		if got := c.line.Fact(); got != c.want {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
}

func testNoChange(t *testing.T) {
	got, err := Decide(stopped, adjust(6_000, 6_000), trade.Given{By: desk, At: noon}, open(6_000))
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func testReason(t *testing.T) {
	resumed, err := Evolve(stopped, LineResumed{}, noon)
	if err != nil || stopped.Reason != "fraud" || resumed.Reason != "" {
		t.Errorf("suspended %q, resumed %q, %v", stopped.Reason, resumed.Reason, err)
	}
}

func testNextAssessment(t *testing.T) {
	for _, c := range [][2]string{
		{"2025-06-01T00:00:00Z", "2025-06-09T16:00:00Z"},
		{"2025-06-09T15:59:59.999999999Z", "2025-06-09T16:00:00Z"},
		{"2025-06-09T16:00:00Z", "2025-07-09T16:00:00Z"},
		{"2025-05-31T17:00:00Z", "2025-06-09T16:00:00Z"},
		{"2025-12-31T15:59:59Z", "2026-01-09T16:00:00Z"},
		{"2024-01-31T00:00:00Z", "2024-02-09T16:00:00Z"},
	} {
		from, err := time.Parse(time.RFC3339Nano, c[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("west", -11*60*60)} {
			if got := NextAssessment(from.In(zone)).Format(time.RFC3339Nano); got != c[1] {
				t.Errorf("after %s: %s, want %s", c[0], got, c[1])
			}
		}
	}
}

func testBehind(t *testing.T) {
	_, err := Decide(six, Suspend{"fraud"}, trade.Given{By: platform, At: noon.Add(-1)}, none)
	var no *trade.Refusal
	if !errors.As(err, &no) || no.Rule != rule.D61 || !no.Earliest.Equal(noon) {
		t.Errorf("got %v", err)
	}
}

func testDeskBehind(t *testing.T) {
	if _, err := Decide(six, hold(orderB, 1), trade.Given{By: desk, At: noon.Add(-time.Hour)}, none); err != nil {
		t.Error(err)
	}
}

// TestGoldenCases has the cases of limits as one story.
func TestGoldenCases(t *testing.T) {
	l := after(assessed(10_000))
	ask := func(c Command, f Facts) error {
		made, err := Decide(l, c, trade.Given{By: desk, At: noon}, f)
		for _, e := range made {
			if err := l.Apply(e, noon); err != nil {
				t.Fatal(err)
			}
		}
		return err
	}
	var no *trade.Refusal
	if err := ask(Hold{orderA, dollars(6_000)}, Facts{}); err != nil {
		t.Fatal(err)
	}
	if err := ask(Hold{orderB, dollars(5_000)}, Facts{}); !errors.As(err, &no) || no.Missing != dollars(1_000) {
		t.Fatalf("B beside A: %v", err)
	}
	if err := ask(Release{orderA, dollars(6_000), order.ReleaseReceived}, open(6_000)); err != nil {
		t.Fatal(err)
	}
	if err := ask(Hold{orderB, dollars(5_000)}, Facts{}); err != nil {
		t.Fatalf("B after A's receipt: %v", err)
	}
	if err := ask(Claim{orderB, dollars(5_000), dollars(2_500)}, open(5_000)); err != nil {
		t.Fatal(err)
	}
	if got := sumsOf(&l); got != (sums{10_000, 0, 2_500, 7_500, 0}) {
		t.Errorf("a ruling of 5,000 with 2,500 refunded leaves %+v", got)
	}
}
