package entrustment_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

const (
	ours   = order.EntrustmentID("E-1")
	alice  = trade.Account("alice")
	number = DeclarationNo("531620250000000001")
)

var (
	orderOne = trade.ID{1}
	orderTwo = trade.ID{2}
	usd      = currency("USD")
	eur      = currency("EUR")
	draftDay = time.Date(2025, 3, 10, 10, 0, 0, 0, time.UTC) // when the orders were drafted
	declared = draftDay.Add(-time.Hour)                      // early enough for a release before the draft
	released = draftDay.Add(time.Hour)
)

func currency(code string) trade.Currency { return must(trade.ParseCurrency(code)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func num(s string) trade.Number { return must(trade.ParseNumber(s)) }

func money(s string) trade.Money { return must(trade.ParseMoney(s)) }

// declaration returns one that Declare takes, of two items in dollars.
func declaration() Declaration {
	return Declaration{
		Number:           number,
		ContractNumber:   "TA-2025-17",
		TransportMode:    "2",
		DeclaringCustoms: "5316",
		DeparturePort:    "470501",
		Destination:      "USA",
		TradeTerm:        "FOB",
		Packages:         12,
		GrossWeight:      num("480.5"),
		NetWeight:        num("455"),
		Consignor:        Enterprise{Code: "91440300708461136T", Name: "深圳市一达通企业服务有限公司"},
		Producer:         Enterprise{Code: "91330100MA27X0000Q", Name: "杭州某某制造有限公司"},
		Declarant:        Enterprise{Code: "91440300708461136T", Name: "深圳市一达通企业服务有限公司"},
		DeclaredAt:       declared,
		Items: []Item{
			{No: 1, HSCode: "9001909090", Name: "光学镜片", Elements: "无框|非眼镜用", Quantity: num("1000"), Unit: "片",
				Price: num("1.25"), Total: money("1250.00 USD"), Origin: "CHN"},
			{No: 2, HSCode: "8471300000", Name: "笔记本电脑", Quantity: num("2.5"), Unit: "台",
				Price: num("0.333"), Total: money("0.83 USD")},
		},
	}
}

// full has no zero field.
func full() Declaration {
	d := declaration()
	d.UnifiedNumber, d.ExitCustoms, d.TradeCountry, d.Packing, d.SupervisionMode = "E20250000123456789", "5300", "USA", "22", "0110"
	d.DutyNature, d.SourceDistrict, d.BillNumber = "101", "44031", "COSU6123456780"
	return d
}

func euros() Declaration {
	d := declaration()
	d.Items = d.Items[:1]
	d.Items[0].Total = money("1250.00 EUR")
	return d
}

func link(id trade.ID) Link {
	return Link{Order: id, DraftedAt: draftDay, Currency: usd, Seller: string(alice)}
}

// actor returns who the sources say may ask for the command.
func actor(c Command) trade.Actor {
	switch c.(type) {
	case Draft, Submit, Resubmit, Cancel:
		return trade.Actor{Role: trade.Seller, Account: alice}
	case Link, Unlink:
		return trade.Actor{Role: trade.Desk}
	default:
		return trade.Actor{Role: trade.Platform}
	}
}

// world is one entrustment with its history. Each command comes an hour after the one before.
type world struct {
	t       testing.TB
	s       Entrustment
	history []events.Recorded[Event]
	given   trade.Given
	facts   Facts
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, s: New(ours)}
	w.given.At = draftDay.Add(12 * time.Hour)
	w.facts.Reservation.Number = number
	return w
}

// try decides and checks that the state was not touched.
func (w *world) try(c Command) ([]Event, error) {
	w.t.Helper()
	g := w.given
	if g.By == (trade.Actor{}) {
		g.By = actor(c)
	}
	before := w.s
	before.Declaration.Items = slices.Clone(w.s.Declaration.Items)
	events, err := Decide(w.s, c, g, w.facts)
	if !reflect.DeepEqual(before, w.s) {
		w.t.Fatalf("deciding %T changed the state", c)
	}
	if err != nil && events != nil {
		w.t.Fatalf("%T has both events and %v", c, err)
	}
	return events, err
}

// do decides and records; it must be accepted.
func (w *world) do(commands ...Command) *world {
	w.t.Helper()
	for _, c := range commands {
		events, err := w.try(c)
		if err != nil {
			w.t.Fatalf("%T: %v", c, err)
		}
		w.record(events)
		w.given.At = w.given.At.Add(time.Hour)
	}
	return w
}

func (w *world) record(made []Event) {
	w.t.Helper()
	for _, e := range made {
		if err := w.s.Apply(e, w.given.At); err != nil {
			w.t.Fatalf("%T was decided and has no place: %v", e, err)
		}
		w.history = append(w.history, events.Recorded[Event]{At: w.given.At, Event: e})
	}
}

// refused returns the refusal of the command, which must be by that rule and speak both
// languages.
func (w *world) refused(want rule.ID, c Command) *trade.Refusal {
	w.t.Helper()
	_, err := w.try(c)
	r, ok := errors.AsType[*trade.Refusal](err)
	if !ok || !errors.Is(err, want) {
		w.t.Fatalf("%T: %v, want a refusal by %s", c, err, want)
	}
	if r.Command != c.Name() || !r.ByActor() && r.Phase != w.s.Phase.String() {
		w.t.Errorf("%T is refused as %s in phase %s", c, r.Command, r.Phase)
	}
	for _, lang := range []rule.Lang{rule.English, rule.Chinese} {
		text := r.Text(lang)
		if strings.Contains(text, "%!") || r.Reason(lang) == "" && r.Earliest.IsZero() {
			w.t.Errorf("%T is refused with %q", c, text)
		}
	}
	return r
}

// malformed checks that the command is refused as malformed input, by that field.
func (w *world) malformed(field string, c Command) {
	w.t.Helper()
	_, err := w.try(c)
	e, ok := errors.AsType[*trade.InvalidError](err)
	if !ok || e.Field != field || e.Reason == "" {
		w.t.Errorf("%T: %v, want %s to be invalid", c, err, field)
	}
}

// roads leads to each phase, without a link.
var roads = map[Phase][]Command{
	PhaseNone:          {},
	PhaseDrafted:       {Draft{Reference: "PO-17", Title: "lenses"}},
	PhaseUnderReview:   {Draft{}, Submit{}},
	PhaseNeedsChange:   {Draft{}, Submit{}, RequestChange{Need: NeedInformation, Note: "which lenses?"}},
	PhaseAccepted:      {Draft{}, Submit{}, Approve{}},
	PhaseDeclaring:     {Draft{}, Submit{}, Approve{}, Declare{declaration()}},
	PhaseReturned:      {Draft{}, Submit{}, Approve{}, Declare{declaration()}, Return{Reason: "HS code"}},
	PhaseReleased:      {Draft{}, Submit{}, Approve{}, Declare{declaration()}, Release{ReleasedAt: released}},
	PhaseCustomsClosed: {Draft{}, Submit{}, Approve{}, Declare{declaration()}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released}},
	PhaseCancelled:     {Draft{}, Cancel{Reason: "no buyer"}},
}

// in returns a world in that phase.
func in(t testing.TB, p Phase) *world {
	t.Helper()
	w := newWorld(t).do(roads[p]...)
	if w.s.Phase != p {
		t.Fatalf("the road to %s ends in %s", p, w.s.Phase)
	}
	return w
}

// samples has a well-formed command of each type.
func samples() []Command {
	return []Command{
		Draft{Reference: "PO-17", Title: "lenses"}, Submit{}, Cancel{Reason: "no buyer"},
		RequestChange{Need: NeedSignedLetter, Note: "sign page 2"}, Resubmit{}, Approve{},
		Declare{full()}, Declare{declaration()}, Return{Reason: "HS code"}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released},
		link(orderOne), Unlink{Order: orderOne, Cause: CauseUnlinked},
	}
}
