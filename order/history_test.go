package order_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/trade"
)

// beginnings are where drawn histories start: every phase, and frozen orders.
var beginnings = func() map[string]func(reporter) story {
	all := map[string]func(reporter) story{
		"a card payment": func(t reporter) story {
			return confirmed(t, order.CoveragePostDelivery).paid("C1", "1500").wired("300")
		},
		"a dispute": func(t reporter) story {
			return confirmed(t, order.CoveragePreShipment).paid("C1", "2000").disputed()
		},
		"an escalated dispute": func(t reporter) story { return shippable(t, order.CoveragePostDelivery).escalated() },
		"a chargeback": func(t reporter) story {
			return shipped(t, order.CoveragePostDelivery).paid("C1", "3000").paid("C2", "1000").contested("C1")
		},
		"a proposal": func(t reporter) story {
			s := funded(t, order.CoveragePostDelivery)
			return s.does(seller, order.ProposeChange{To: s.amendment("7000", "1000", order.CoveragePreShipment)})
		},
	}
	all["an uncovered offer"] = func(t reporter) story { return submitted(t, order.CoverageNone) }
	for _, p := range phases {
		all["the phase "+p.String()] = func(t reporter) story { return inPhase(t, p) }
	}
	return all
}()

// TestAnyHistory issues any command, as any actor, at any time, from many beginnings. What is
// accepted is checked by accept and the auditor; what is refused must leave no trace; and Next and
// Deadline must agree with the results.
func TestAnyHistory(t *testing.T) {
	made := make(map[order.Kind]int)
	for name, begin := range beginnings {
		t.Run("from "+name, rapid.MakeCheck(func(t *rapid.T) {
			policy := drawPolicy(t)
			s := begin(t)
			if s.order.Phase > order.PhaseDraft {
				policy.HoldAt = order.HoldAtSubmit // as the beginning has it
			}
			s.policy = policy
			begun := len(s.history)
			for range rapid.IntRange(1, 40).Draw(t, "steps") {
				s = drawStep(t, s)
			}
			checkPrefixes(t, s)
			for _, r := range s.history[begun:] {
				made[r.Event.Kind()]++
			}
		}))
	}
	if testing.Short() {
		return // a few runs do not reach every kind
	}
	t.Logf("events by kind: %v", made)
	for _, kind := range order.Life().Table().Kinds() {
		if made[kind] == 0 {
			t.Errorf("no history had %s", kind)
		}
	}
}

func drawPolicy(t *rapid.T) *order.Policy {
	p := order.DefaultPolicy()
	p.AutoShip = rapid.Bool().Draw(t, "AutoShip")
	p.CapCoverage = rapid.Bool().Draw(t, "CapCoverage")
	p.CalendarDays = rapid.Bool().Draw(t, "CalendarDays")
	p.HoldAt = rapid.SampledFrom([]order.HoldAt{order.HoldAtSubmit, order.HoldAtConfirm}).Draw(t, "HoldAt")
	return p
}

// drawStep issues one command and returns the story after it.
func drawStep(t *rapid.T, s story) story {
	t.Helper()
	s.now = drawInstant(t, s)
	s.facts = drawFacts(t)
	by := rapid.SampledFrom(everybody).Draw(t, "by")
	cmd := drawCommand(t, s)
	if rapid.IntRange(0, 9).Draw(t, "by whom it may") > 1 {
		by = permittedActor(cmd, by)
	}
	before, trace := s.order, fmt.Sprintf("%+v", s.order)
	a := s.when(by, cmd)
	checkNext(t, a)
	if again := s.when(by, cmd); !reflect.DeepEqual(again.got, a.got) || fmt.Sprint(again.err) != fmt.Sprint(a.err) {
		t.Fatalf("%+v had two results: %v, %v and %v, %v", cmd, a.got, a.err, again.got, again.err)
	}
	if a.err == nil {
		s = a.accept(t)
	} else {
		if len(a.got) > 0 {
			t.Fatalf("refused, and still there are %+v", a.got)
		}
		if !errors.Is(a.err, order.ErrAccountNeeded) {
			checkTyped(t, a.err)
		}
	}
	if fmt.Sprintf("%+v", before) != trace {
		t.Fatalf("%+v wrote the state that it was decided on:\n%s\n%+v", cmd, trace, before)
	}
	checkDeadline(t, s)
	return s
}

// permittedActor returns an actor whose role may issue the command: of the drawn role, if it may.
func permittedActor(cmd order.Command, drawn trade.Actor) trade.Actor {
	for _, p := range order.Life().Permits() {
		if p.Command == cmd.Name() {
			for _, by := range parties {
				if slices.Contains(p.Roles, by.Role) && (by.Role == drawn.Role || !slices.Contains(p.Roles, drawn.Role)) {
					return by
				}
			}
		}
	}
	return drawn
}

// checkNext compares Next with the result: what it does not list is refused, and so is what it lists
// with a refusal; by that rule, if the command has no payload.
func checkNext(t *rapid.T, a attempt) {
	t.Helper()
	options := a.order.Next(a.by, a.now, a.policy)
	i := slices.IndexFunc(options, func(o machine.Choice) bool { return o.Command == a.cmd.Name() })
	var no *trade.Refusal
	errors.As(a.err, &no)
	switch {
	case i < 0:
		if a.err == nil || len(a.got) > 0 {
			t.Fatalf("%s by %s in %s is not listed, and made %v", a.cmd.Name(), a.by.Role, a.order.Phase, a.got)
		}
	case options[i].Refusal != nil:
		known := options[i].Refusal
		if a.err == nil {
			t.Fatalf("%s by %s in %s is listed as refused by %s, and made %v", a.cmd.Name(), a.by.Role, a.order.Phase, string(known.Rule), a.got)
		}
		if reflect.TypeOf(a.cmd).NumField() == 0 && (no == nil || no.Rule != known.Rule || !no.Earliest.Equal(known.Earliest)) {
			t.Fatalf("%s by %s in %s is listed as refused by %s, and is by %v", a.cmd.Name(), a.by.Role, a.order.Phase, string(known.Rule), a.err)
		}
	case reflect.TypeOf(a.cmd).NumField() == 0 && a.err != nil:
		t.Fatalf("%s by %s in %s is listed as possible, and is refused: %v", a.cmd.Name(), a.by.Role, a.order.Phase, a.err)
	}
}

// checkDeadline compares the deadline with the results a nanosecond before it and at it.
func checkDeadline(t *rapid.T, s story) {
	t.Helper()
	d, runs := s.order.Deadline()
	if !runs {
		return
	}
	at := d.At
	if at.Before(s.order.LastAt) {
		at = s.order.LastAt // the system is late, and may act at once
	} else if a := s.at(at.Add(-1)).when(system, d.Command); a.err == nil {
		t.Fatalf("%s a nanosecond before its deadline %s made %v", d.Command.Name(), at, a.got)
	}
	if a := s.at(at).when(system, d.Command); a.err != nil || len(a.got) == 0 {
		t.Fatalf("%s at its deadline %s: %v", d.Command.Name(), at, a.err)
	}
}

// checkPrefixes folds the history in two parts, cut anywhere.
func checkPrefixes(t *rapid.T, s story) {
	t.Helper()
	for cut := range len(s.history) + 1 {
		o := must(order.Replay(order.New(orderID), s.history[:cut]))
		for _, r := range s.history[cut:] {
			if err := o.Apply(r.Event, r.At); err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
		}
		checkSame(t, fmt.Sprintf("the live state and the history cut at %d", cut), s.order, o)
	}
}
