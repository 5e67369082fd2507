package paylater_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

const day = 24 * time.Hour

var (
	ours    = trade.ID{1, 6: 0x70, 8: 0x80, 15: 0xa}
	other   = trade.ID{1, 6: 0x70, 8: 0x80, 15: 0xb}
	newYear = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

	buyer    = trade.Actor{Role: trade.Buyer, Account: "bao"}
	merchant = trade.Actor{Role: trade.Seller, Account: "meilin"}
	platform = trade.Actor{Role: trade.Platform}
	system   = trade.Actor{Role: trade.System}
	desk     = trade.Actor{Role: trade.Desk}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// yuan returns the amount of a plain decimal text in yuan.
func yuan(amount string) trade.Money { return must(trade.ParseMoney(amount + " CNY")) }

func euros(amount string) trade.Money { return must(trade.ParseMoney(amount + " EUR")) }

func place(amount string) Place {
	return Place{Merchant: "meilin", ChosePayLater: true, Amount: yuan(amount)}
}

func pay(amount string) Pay { return Pay{Reference: "P-" + amount, Amount: yuan(amount)} }

// actor returns the actor that usually issues the command.
func actor(c Command) trade.Actor {
	switch c.(type) {
	case Place, ConfirmReceipt, ExtendReceipt, Pay, OpenAfterSales, Cancel:
		return buyer
	case Ship, LowerAmount, Return, Refund, CloseAfterSales:
		return merchant
	case FlagFake, WriteOff:
		return platform
	default:
		return system
	}
}

// world is one order with its history, the instant at which commands come, and what else they
// are decided on.
type world struct {
	t       testing.TB
	o       Order
	history []events.Recorded[Event]
	now     time.Time
	by      trade.Actor // the actor, if it is not the usual one
	facts   Facts
}

func newWorld(t testing.TB) *world {
	return &world{t: t, o: New(ours), now: newYear, facts: Facts{Line: Line{Active: true, Usable: yuan("5000")}}}
}

// at moves to an instant, wait on by a time, as to another actor, under to another policy.
func (w *world) at(now time.Time) *world     { w.now = now; return w }
func (w *world) wait(d time.Duration) *world { w.now = w.now.Add(d); return w }
func (w *world) as(by trade.Actor) *world    { w.by = by; return w }
func (w *world) under(change func(*Policy)) *world {
	p := DefaultPolicy()
	change(p)
	w.facts.Policy = p
	return w
}

func instalments(p *Policy) { p.Instalments = true }

// try decides and checks that the state was not touched.
func (w *world) try(c Command) ([]Event, error) {
	w.t.Helper()
	by := w.by
	if by == (trade.Actor{}) {
		by = actor(c)
	}
	before := w.o
	before.Payments = slices.Clone(w.o.Payments)
	made, err := Decide(w.o, c, trade.Given{By: by, At: w.now}, w.facts)
	if !reflect.DeepEqual(before, w.o) {
		w.t.Fatalf("deciding %T changed the state", c)
	}
	pay, _ := c.(Pay)
	again := by.Role == trade.System && !pay.Amount.IsZero() && pay.Amount == w.o.Brought(pay.Reference) // a charge told twice (D65)
	if err != nil && made != nil || err == nil && (len(made) == 0) != again {
		w.t.Fatalf("%T has the events %v and the error %v", c, made, err)
	}
	return made, err
}

// do decides and records; it must be accepted.
func (w *world) do(commands ...Command) *world {
	w.t.Helper()
	for _, c := range commands {
		w.made(c)
	}
	return w
}

// made is do of one command and returns the resulting events.
func (w *world) made(c Command) []Event {
	w.t.Helper()
	made, err := w.try(c)
	if err != nil {
		w.t.Fatalf("%T in %s: %v", c, w.o.Phase, err)
	}
	w.record(made...)
	return made
}

// record adds events to the history.
func (w *world) record(made ...Event) *world {
	w.t.Helper()
	for _, e := range made {
		if err := w.o.Apply(e, w.now); err != nil {
			w.t.Fatalf("%T was decided and has no place: %v", e, err)
		}
		w.history = append(w.history, events.Recorded[Event]{At: w.now, Event: e})
	}
	return w
}

// makes checks that the command makes exactly those events.
func (w *world) makes(c Command, want ...Event) *world {
	w.t.Helper()
	if got := w.made(c); !reflect.DeepEqual(got, want) {
		w.t.Fatalf("%T made %+v, want %+v", c, got, want)
	}
	return w
}

// refused returns the refusal of the command, which must be by that rule and speak both
// languages.
func (w *world) refused(ruleID rule.ID, c Command) *trade.Refusal {
	w.t.Helper()
	_, err := w.try(c)
	no, ok := errors.AsType[*trade.Refusal](err)
	if !ok || no.Rule != ruleID || !errors.Is(err, ruleID) {
		w.t.Fatalf("%T in %s: %v, want a refusal by %s", c, w.o.Phase, err, string(ruleID))
	}
	if no.Command != c.Name() || !no.ByActor() && no.Phase != w.o.Phase.String() {
		w.t.Errorf("%T is refused as %s in phase %s", c, no.Command, no.Phase)
	}
	for _, lang := range []rule.Lang{rule.English, rule.Chinese} {
		if text := no.Text(lang); strings.Contains(text, "%!") || no.Reason(lang) == "" && ruleID != rule.D61 {
			w.t.Errorf("%T is refused with %q", c, text)
		}
	}
	return no
}

// in checks the phase.
func (w *world) in(p Phase) *world {
	w.t.Helper()
	if w.o.Phase != p {
		w.t.Fatalf("in phase %s, want %s", w.o.Phase, p)
	}
	return w
}

// sums is what an order amounts to.
type sums struct{ original, outstanding, paid, restored, consumed string }

// amounts checks the sums of the order, in yuan.
func (w *world) amounts(want sums) *world {
	w.t.Helper()
	o := &w.o
	got := sums{o.Original.Amount(), o.Outstanding.Amount(), o.Paid.Amount(), o.Restored.Amount(), o.Consumed.Amount()}
	for _, s := range []*string{&want.original, &want.outstanding, &want.paid, &want.restored, &want.consumed} {
		if *s == "" {
			*s = "0"
		}
		*s = yuan(*s).Amount()
	}
	if got != want {
		w.t.Fatalf("the sums are %+v, want %+v", got, want)
	}
	return w
}

// on returns an order of 100 yuan that was driven to that phase at the new year, or in overdue
// and written-off just after the due time one day later.
func on(t testing.TB, p Phase) *world {
	t.Helper()
	w := newWorld(t)
	switch p {
	case PhasePlaced:
		w.do(place("100"))
	case PhaseShipped:
		w.do(place("100"), Ship{})
	case PhasePrepaid:
		w.do(place("100"), pay("100"))
	case PhasePrepaidShipped:
		w.do(place("100"), pay("100"), Ship{})
	case PhaseReceived:
		w.do(place("100"), Ship{}, ConfirmReceipt{})
	case PhaseOverdue:
		w.do(place("100"), Ship{}, ConfirmReceipt{}).wait(day + 1).do(MarkOverdue{})
	case PhasePaid:
		w.do(place("100"), Ship{}, ConfirmReceipt{}, pay("100"))
	case PhaseCancelled:
		w.do(place("100"), Cancel{})
	case PhaseWrittenOff:
		w.do(place("100"), Ship{}, ConfirmReceipt{}).wait(day+1).do(MarkOverdue{}, WriteOff{})
	}
	return w.in(p)
}

var (
	phases = []Phase{PhaseNone, PhasePlaced, PhaseShipped, PhasePrepaid, PhasePrepaidShipped, PhaseReceived,
		PhaseOverdue, PhasePaid, PhaseCancelled, PhaseWrittenOff}
	unpaid = []Phase{PhasePlaced, PhaseShipped, PhaseReceived, PhaseOverdue}
	paid   = []Phase{PhasePrepaid, PhasePrepaidShipped, PhasePaid}
)

// samples has a well-formed command of each type, without a zero field.
func samples() []Command {
	return []Command{
		place("100"), Cancel{Reason: "changed my mind"}, Ship{}, ExtendReceipt{}, ConfirmReceipt{}, AutoConfirmReceipt{},
		pay("100"), Refund{Amount: yuan("0.01"), Reason: "a scratch"}, RequestCharge{}, FailCharge{Reason: "余额不足"}, MarkOverdue{},
		WriteOff{Reason: "insolvent"}, OpenAfterSales{Reason: "wrong size"}, CloseAfterSales{Reason: "exchanged"},
		LowerAmount{Amount: yuan("60")}, Return{Reason: "refused"}, ReturnUnapplied{Amount: yuan("0.01")}, FlagFake{Reason: "no parcel \"weighs\" nothing"},
	}
}
