package order_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

var update = flag.Bool("update", false, "write testdata/diagram.mmd anew")

// TestStepsAreTheMachine compares the table of steps with the dense array and with the looplab
// machine, cell by cell.
func TestStepsAreTheMachine(t *testing.T) {
	type cell struct {
		from order.Phase
		kind order.Kind
	}
	want := make(map[cell]order.Phase)
	for _, step := range order.Life().Steps() {
		for _, from := range step.From {
			at := cell{from, step.Event}
			if _, twice := want[at]; twice {
				t.Errorf("%s in %s occurs twice", step.Event, from)
			}
			if want[at] = step.To; step.Stay {
				want[at] = from
			}
		}
	}
	kinds := order.Life().Table().Kinds()
	if len(kinds) != len(allEvents) {
		t.Errorf("the steps name %d kinds, there are %d", len(kinds), len(allEvents))
	}
	for _, from := range phases {
		for kind := order.Kind(0); kind <= slices.Max(kinds)+1; kind++ {
			to, ok := want[cell{from, kind}]
			if got, dense := order.Life().Table().Next(from, kind); dense != ok || ok && got != to {
				t.Errorf("%s in %s: the array has %s, %v; the steps have %s, %v", kind, from, got, dense, to, ok)
			}
			m := order.Life().Table().Looplab(from)
			if can := m.Can(kind.String()); can != ok {
				t.Errorf("%s in %s: looplab says %v, the steps %v", kind, from, can, ok)
			}
			// Its error tells a step that stays from none, which Can has told already.
			_ = m.Event(context.Background(), kind.String())
			if ok && m.Current() != to.String() {
				t.Errorf("%s in %s: looplab goes to %s, the steps to %s", kind, from, m.Current(), to)
			}
		}
	}
}

// TestPermissionsHaveSteps holds the two tables together: whatever a command may make has a
// step from the phases in which it is allowed, at once or after other facts that it makes, and
// every kind of fact is made by some command.
func TestPermissionsHaveSteps(t *testing.T) {
	made := make(map[order.Kind]bool)
	for _, p := range order.Life().Permits() {
		for _, kind := range p.Makes {
			made[kind] = true
		}
		usable := make(map[order.Kind]bool)
		for _, phase := range p.Phases {
			within := reach(phase, p.Makes)
			if len(within) == 0 {
				t.Errorf("%s is allowed in %s and can make nothing there", p.Command, phase)
			}
			for kind := range within {
				usable[kind] = true
			}
		}
		for _, kind := range p.Makes {
			if !usable[kind] {
				t.Errorf("%s may make %s, which has no step from %v", p.Command, kind, p.Phases)
			}
		}
	}
	for _, kind := range order.Life().Table().Kinds() {
		if !made[kind] {
			t.Errorf("no command makes %s", kind)
		}
	}
}

// reach returns which of the facts have a step from the phase, or from where the others lead.
func reach(from order.Phase, makes []order.Kind) map[order.Kind]bool {
	seen := map[order.Phase]bool{from: true}
	found := make(map[order.Kind]bool)
	for open := []order.Phase{from}; len(open) > 0; open = open[1:] {
		for _, kind := range makes {
			if to, ok := order.Life().Table().Next(open[0], kind); ok {
				found[kind] = true
				if !seen[to] {
					seen[to] = true
					open = append(open, to)
				}
			}
		}
	}
	return found
}

// TestTablesAreCopies writes to the tables that callers get.
func TestTablesAreCopies(t *testing.T) {
	text := func() string {
		var s string
		for _, p := range order.Life().Permits() {
			s += fmt.Sprintln(p.Command, p.Roles, p.Phases, p.Rule, p.Makes)
		}
		return s + fmt.Sprint(order.Life().Steps())
	}
	want := text()
	for _, p := range order.Life().Permits() {
		p.Roles[0], p.Phases[0], p.Makes[0] = trade.Desk, order.PhaseClosed, order.KindFunded
	}
	for _, s := range order.Life().Steps() {
		s.From[0] = order.PhaseClosed
	}
	if text() != want {
		t.Error("a caller changed the tables")
	}
}

// TestDiagram holds the diagram to testdata/diagram.mmd, which the README shows.
func TestDiagram(t *testing.T) {
	const file = "testdata/diagram.mmd"
	if *update {
		if err := os.WriteFile(file, []byte(order.Life().Diagram()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := order.Life().Diagram(); got != string(want) {
		t.Errorf("%s is not the diagram:\n%s", file, got)
	}
}

// TestPhaseNames holds the names of the phases, which refusals and diagrams show.
func TestPhaseNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range phases {
		if seen[p.String()] || p.String() == "" {
			t.Errorf("phase %d is named %q", p, p)
		}
		seen[p.String()] = true
	}
	if got := order.Phase(200).String(); got != "unknown" {
		t.Errorf("phase 200 is named %q", got)
	}
}
