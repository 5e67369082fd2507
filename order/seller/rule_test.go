package seller

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// accepted is a command that a rule lets pass, and the resulting event.
type accepted struct {
	name string
	from Service
	by   trade.Actor
	ask  Command
	know Facts
	want Event
}

func (c accepted) run(t *testing.T) {
	before := c.from
	got, err := Decide(c.from, c.ask, trade.Given{By: c.by, At: noon}, c.know)
	if err != nil || !slices.Equal(got, []Event{c.want}) {
		t.Fatalf("got %+v, %v; want %+v", got, err, c.want)
	}
	if _, err := Evolve(c.from, got[0], noon); err != nil || c.from != before {
		t.Fatalf("the event has no step (%v), or the state was written", err)
	}
}

// refused is a command that a rule does not let pass.
type refused struct {
	name string
	from Service
	by   trade.Actor
	ask  Command
	know Facts
	rule rule.ID
}

func (c refused) run(t *testing.T) {
	before := c.from
	got, err := Decide(c.from, c.ask, trade.Given{By: c.by, At: noon}, c.know)
	var no *trade.Refusal
	if !errors.As(err, &no) || !errors.Is(err, c.rule) {
		t.Fatalf("got %v, want a refusal by %s", err, string(c.rule))
	}
	if no.Command != c.ask.Name() || !no.ByActor() && no.Phase != c.from.Phase.String() {
		t.Errorf("the refusal is of %s in %s", no.Command, no.Phase)
	}
	if no.Reason(rule.English) == "" || no.Reason(rule.Chinese) == "" {
		t.Errorf("no reason in both languages: %q, %q", no.Reason(rule.English), no.Reason(rule.Chinese))
	}
	if len(got) != 0 || c.from != before {
		t.Errorf("refused, and events %v or a written state", got)
	}
}

// TestRule tests the rules of the service by their ids.
func TestRule(t *testing.T) {
	for _, c := range acceptances {
		t.Run(c.name, c.run)
	}
	for _, c := range refusals {
		t.Run(c.name, c.run)
	}
	t.Run("A5/effect/the verdict is asked for last and only of a free member", testVerdictNeeded)
	t.Run("A5/effect/the refusal names what is missing", testMissing)
	t.Run("A6/effect/an order may be drafted only while the service is active", testFact)
	t.Run("D34/effect/the state shows what was last filed and answered", testState)
	t.Run("D61/refuse/before the last event", testBehind)
}

func testVerdictNeeded(t *testing.T) {
	ask := func(c Command, f Facts) error {
		_, err := Decide(fresh, c, trade.Given{By: acme, At: noon}, f)
		return err
	}
	if err := ask(certified, free); err != ErrVerdictNeeded {
		t.Errorf("free and complete: %v", err)
	}
	if err := ask(certified, paid); err != nil {
		t.Errorf("paid: %v", err)
	}
	for _, c := range []Activate{incomplete(), console, {Route: "broker", Certification: certification}} {
		if err := ask(c, free); errors.Is(err, ErrVerdictNeeded) {
			t.Errorf("%+v needs a verdict before it is refused", c)
		}
	}
}

func testMissing(t *testing.T) {
	if got := incomplete().Certification.Missing(); !slices.Equal(got, []string{"registered_address"}) {
		t.Errorf("got %v", got)
	}
	if got := certification.Missing(); got != nil {
		t.Errorf("complete, and lacks %v", got)
	}
}

func testFact(t *testing.T) {
	for phase, s := range services() {
		if s.Phase != phase || s.Fact() != phase {
			t.Errorf("in phase %s the fact is %s", phase, s.Fact())
		}
	}
}

func testState(t *testing.T) {
	no := ActivationRejected{RouteConsole, certification, "unknown number"}
	yes := Activated{RouteServicePage, MemberFree, certification}
	with := func(phase order.Service, reason trade.Text) Service {
		return Service{"acme", phase, noon, RouteServicePage, MemberFree, certification, reason}
	}
	for _, c := range []struct {
		history []Event
		want    Service
	}{
		{[]Event{no}, Service{Seller: "acme", Phase: order.ServiceRejected, LastAt: noon, Reason: "unknown number"}},
		{[]Event{no, yes}, with(order.ServiceActive, "")},
		{[]Event{no, yes, Suspended{"fraud"}}, with(order.ServiceSuspended, "fraud")},
		{[]Event{no, yes, Suspended{"fraud"}, Reinstated{}}, with(order.ServiceActive, "")},
	} {
		if got := after(c.history...); got != c.want {
			t.Errorf("after %+v: %+v, want %+v", c.history, got, c.want)
		}
	}
}

func testBehind(t *testing.T) {
	_, err := Decide(active, Suspend{Reason: "fraud"}, trade.Given{By: platform, At: noon.Add(-1)}, Facts{})
	var no *trade.Refusal
	if !errors.As(err, &no) || no.Rule != rule.D61 || !no.Earliest.Equal(noon) {
		t.Errorf("got %v", err)
	}
}

// TestMalformed is the table of input that is malformed whatever the rules say.
func TestMalformed(t *testing.T) {
	ok := Activate{Route: RouteConsole, Certification: certification}
	with := func(change func(*Activate)) Activate {
		c := ok
		change(&c)
		return c
	}
	given := trade.Given{By: acme, At: noon}
	year := func(y int) trade.Given {
		return trade.Given{By: acme, At: time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	long := string(make([]byte, 1<<20))
	both := approved()
	both.Verdict.Reason = "unknown"
	for _, c := range []struct {
		field string
		ask   Command
		given trade.Given
		know  Facts
	}{
		{"command", nil, given, paid},
		{"actor.role", ok, trade.Given{At: noon}, paid},
		{"actor.account", ok, trade.Given{By: trade.Actor{Role: trade.Seller}, At: noon}, paid},
		{"at", ok, trade.Given{By: acme}, paid},
		{"at", ok, year(0), paid},
		{"at", ok, year(20000), paid},
		{"route", with(func(a *Activate) { a.Route = "" }), given, paid},
		{"route", with(func(a *Activate) { a.Route = Route(long) }), given, paid},
		{"route", with(func(a *Activate) { a.Route = "con\x00sole" }), given, paid},
		{"certification.company_name", with(func(a *Activate) { a.Certification.CompanyName = "Acme\n" }), given, paid},
		{"certification.registration_no", with(func(a *Activate) { a.Certification.RegistrationNo = long }), given, paid},
		{"certification.legal_representative", with(func(a *Activate) { a.Certification.LegalRepresentative = "\xff" }), given, paid},
		{"certification.registered_address", with(func(a *Activate) { a.Certification.RegisteredAddress = "a\u202eb" }), given, paid},
		{"facts.membership", ok, given, Facts{Operating: true}},
		{"facts.membership", ok, given, Facts{Operating: true, Membership: "Paid"}},
		{"facts.verdict", ok, given, both},
		{"facts.verdict.reason", ok, given, rejected(trade.Text(long))},
		{"reason", Suspend{}, trade.Given{By: platform, At: noon}, Facts{}},
		{"reason", Suspend{Reason: " "}, trade.Given{By: platform, At: noon}, Facts{}},
	} {
		_, err := Decide(New("acme"), c.ask, c.given, c.know)
		var bad *trade.InvalidError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Reason == "" {
			t.Errorf("%s: got %v", c.field, err)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", c.field, len(err.Error()))
		}
	}
}
