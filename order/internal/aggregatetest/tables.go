package aggregatetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// stepsAreTheMachine compares every pair of phase and event with the steps and with looplab.
func (a Aggregate[S, C, E, F, P, K]) stepsAreTheMachine(t *testing.T) {
	rows := make(map[P]map[K]P)
	for _, step := range a.Life.Steps() {
		for _, from := range step.From {
			if rows[from] == nil {
				rows[from] = make(map[K]P)
			}
			if _, twice := rows[from][step.Event]; twice {
				t.Errorf("%s in %s has two steps", step.Event, from)
			}
			if rows[from][step.Event] = step.To; step.Stay {
				rows[from][step.Event] = from
			}
		}
	}
	table := a.Life.Table()
	beyond := table.Phases()[len(table.Phases())-1] + 3
	most := table.Kinds()[len(table.Kinds())-1] + 3
	for p := range beyond {
		for k := range most {
			to, ok := table.Next(p, k)
			if want, listed := rows[p][k]; ok != listed || to != want {
				t.Errorf("Next(%s, %s) = %s, %t; the steps say %s, %t", p, k, to, ok, want, listed)
			}
			m := table.Looplab(p)
			if can := m.Can(k.String()); can != ok {
				t.Errorf("looplab in %s on %s: %t, the table says %t", p, k, can, ok)
			}
			if err := m.Event(context.Background(), k.String()); ok && m.Current() != to.String() {
				t.Logf("looplab says %v", err)
				t.Errorf("looplab in %s on %s goes to %s, the table to %s", p, k, m.Current(), to)
			}
		}
	}
}

// everyKindHasAStep goes through the kinds up to the last that has a name.
func (a Aggregate[S, C, E, F, P, K]) everyKindHasAStep(t *testing.T) {
	kinds := slices.Concat(a.Life.Table().Kinds(), a.Others)
	n := 0
	for k := K(1); k.String() != "unknown"; k++ {
		n++
		if !slices.Contains(kinds, k) {
			t.Errorf("no step has %s", k)
		}
	}
	if n != len(kinds) {
		t.Errorf("%d kinds have names, the steps have %d", n, len(kinds))
	}
}

// commandsAndStepsAgree compares the two tables: what a command may make has a step from the phases
// in which the command is permitted, at once or after other events of the same command, and each
// step is made by some command.
func (a Aggregate[S, C, E, F, P, K]) commandsAndStepsAgree(t *testing.T) {
	type step struct {
		from P
		kind K
	}
	made := make(map[step]bool)
	for _, p := range a.Life.Permits() {
		for _, phase := range p.Phases {
			for _, kind := range p.Makes {
				if len(a.reach(phase, p.Makes, kind)) == 0 && !slices.Contains(a.Consequences, kind) {
					t.Errorf("%s may make %s in %s, which has no step", p.Command, kind, phase)
				}
				for _, from := range a.reach(phase, p.Makes, kind) {
					made[step{from, kind}] = true
				}
			}
		}
		for _, kind := range p.Makes {
			if !slices.ContainsFunc(p.Phases, func(phase P) bool { return len(a.reach(phase, p.Makes, kind)) > 0 }) {
				t.Errorf("%s may make %s, which has no step from %v", p.Command, kind, p.Phases)
			}
		}
	}
	for _, s := range a.Life.Steps() {
		for _, from := range s.From {
			if !made[step{from, s.Event}] {
				t.Errorf("no command makes %s in %s", s.Event, from)
			}
		}
	}
}

// reach returns the phases in which the event has a step, of those to which the other events lead
// from the phase.
func (a Aggregate[S, C, E, F, P, K]) reach(phase P, others []K, kind K) []P {
	open, found := []P{phase}, []P(nil)
	for i := 0; i < len(open); i++ {
		if _, ok := a.Life.Table().Next(open[i], kind); ok {
			found = append(found, open[i])
		}
		for _, k := range others {
			if to, ok := a.Life.Table().Next(open[i], k); ok && !slices.Contains(open, to) {
				open = append(open, to)
			}
		}
	}
	return found
}

func (a Aggregate[S, C, E, F, P, K]) everyCommandHasAPermit(t *testing.T) {
	samples := make(map[string]bool)
	for _, c := range a.Commands {
		samples[c.Name()] = true
	}
	permits, granted := a.Life.Permits(), make(map[string]bool)
	for _, p := range permits {
		if !samples[p.Command] {
			t.Errorf("there is a permit for %s and no sample of it", p.Command)
		}
		if p.Rule.Text(rule.English) == "" || len(p.Except) > 0 && p.ExceptRule.Text(rule.English) == "" {
			t.Errorf("%s is refused by %s or %s, which is not in the rule book", p.Command, p.Rule, p.ExceptRule)
		}
		if len(p.Roles) == 0 || len(p.Phases) == 0 {
			t.Errorf("a permit for %s is for nobody", p.Command)
		}
		for _, role := range p.Roles {
			for _, phase := range p.Phases {
				if at := fmt.Sprint(p.Command, role, phase); granted[at] {
					t.Errorf("two permits allow %s to the %s in %s", p.Command, role, phase)
				} else {
					granted[at] = true
				}
			}
		}
		if first := permits[slices.IndexFunc(permits, func(q machine.Permit[P, K]) bool { return q.Command == p.Command })]; first.Rule != p.Rule ||
			first.ExceptRule != p.ExceptRule || !slices.Equal(first.Except, p.Except) || first.WhileFrozen != p.WhileFrozen {
			t.Errorf("the permits for %s are refused by different rules", p.Command)
		}
		delete(samples, p.Command)
		samples[p.Command] = true
	}
	for name := range samples {
		if !slices.ContainsFunc(permits, func(p machine.Permit[P, K]) bool { return p.Command == name }) {
			t.Errorf("%s has no permit", name)
		}
	}
}

func (a Aggregate[S, C, E, F, P, K]) tablesAreCopies(t *testing.T) {
	permits, steps := a.Life.Permits(), a.Life.Steps()
	for i := range permits {
		clear(permits[i].Roles)
		clear(permits[i].Phases)
		clear(permits[i].Makes)
		clear(permits[i].Except)
		permits[i].Command = "gone"
	}
	for i := range steps {
		clear(steps[i].From)
		steps[i].Stay = !steps[i].Stay
	}
	a.stepsAreTheMachine(t)
	a.commandsAndStepsAgree(t)
	a.everyCommandHasAPermit(t)
}

func (a Aggregate[S, C, E, F, P, K]) phasesHaveNames(t *testing.T) {
	for _, p := range a.Life.Table().Phases() {
		english, chinese := p.Text(rule.English), p.Text(rule.Chinese)
		if p.String() == "unknown" || english == "" || !hasHan(chinese) || latin(chinese) != "" {
			t.Errorf("phase %d is %q, %q, %q", p, p, english, chinese)
		}
	}
	if beyond := P(math.MaxUint8); beyond.String() != "unknown" || beyond.Text(rule.English) == "" || beyond.Text(rule.Chinese) == "" {
		t.Errorf("a phase that is none is %q, %q, %q", beyond, beyond.Text(rule.English), beyond.Text(rule.Chinese))
	}
}

// refusalsSpeakBothLanguages has every command refused by role, party and phase. Each text is in its
// language, but for the name of the command.
func (a Aggregate[S, C, E, F, P, K]) refusalsSpeakBothLanguages(t *testing.T) {
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	roles := []trade.Role{trade.Buyer, trade.Seller, trade.Platform, trade.System, trade.Desk}
	refusals := 0
	for _, p := range a.Life.Permits() {
		for _, role := range roles {
			for _, phase := range a.Life.Table().Phases() {
				for _, party := range []bool{true, false} {
					g := trade.Given{By: trade.Actor{Role: role, Account: "a"}, At: at}
					no, refused := errors.AsType[*trade.Refusal](a.Life.Check(p.Command, g, machine.At[P]{Phase: phase, Party: party}))
					if !refused {
						continue
					}
					refusals++
					english, chinese := no.Text(rule.English), no.Text(rule.Chinese)
					if no.Reason(rule.English) == "" || latin(strings.Replace(chinese, p.Command, "", 1)) != "" || !hasHan(chinese) || hasHan(english) || !utf8.ValidString(english+chinese) || strings.ContainsRune(chinese, utf8.RuneError) {
						t.Fatalf("%s by the %s in %s: %q, %q", p.Command, role, phase, english, chinese)
					}
				}
			}
		}
	}
	if refusals == 0 {
		t.Error("everything is permitted to everybody")
	}
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func latin(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) }), " ")
}
