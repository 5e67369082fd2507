package entrustment_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/looplab/fsm"

	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", path, got, want)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStepsAreTheMachine(t *testing.T) {
	rows := make(map[Phase]map[Kind]Phase)
	for _, step := range Steps() {
		for _, from := range step.From {
			if rows[from] == nil {
				rows[from] = make(map[Kind]Phase)
			}
			if _, twice := rows[from][step.Event]; twice {
				t.Errorf("%s in %s has two steps", step.Event, from)
			}
			if rows[from][step.Event] = step.To; step.Stay {
				rows[from][step.Event] = from
			}
		}
	}
	for p := range PhaseCancelled + 5 {
		for k := range Kind(40) {
			to, ok := Table().Next(p, k)
			if want, listed := rows[p][k]; ok != listed || to != want {
				t.Errorf("Next(%s, %s) = %s, %t; the steps say %s, %t", p, k, to, ok, want, listed)
			}
			m := Table().Looplab(p)
			err := m.Event(context.Background(), k.String())
			if stays := errors.As(err, new(fsm.NoTransitionError)); (err == nil || stays) != ok {
				t.Errorf("looplab in %s on %s: %v, the table says %t", p, k, err, ok)
			} else if ok && m.Current() != to.String() {
				t.Errorf("looplab in %s on %s goes to %s, the table to %s", p, k, m.Current(), to)
			}
		}
	}
}

// TestCommandsAndStepsAgree holds the two tables to each other: what a command may make has a
// step wherever it may be asked for, and each step is made by some command.
func TestCommandsAndStepsAgree(t *testing.T) {
	type step struct {
		from Phase
		kind Kind
	}
	made := make(map[step]bool)
	for _, p := range Permissions() {
		for _, phase := range p.Phases {
			for _, kind := range p.Makes {
				if _, ok := Table().Next(phase, kind); !ok {
					t.Errorf("%s may make %s in %s, which has no step", p.Command, kind, phase)
				}
				made[step{phase, kind}] = true
			}
		}
	}
	for _, s := range Steps() {
		for _, from := range s.From {
			if !made[step{from, s.Event}] {
				t.Errorf("no command makes %s in %s", s.Event, from)
			}
		}
	}
}

func TestTablesAreCopies(t *testing.T) {
	rows, moves := Permissions(), Steps()
	for i := range rows {
		clear(rows[i].Roles)
		clear(rows[i].Phases)
		clear(rows[i].Makes)
		rows[i].Command = "gone"
	}
	for i := range moves {
		clear(moves[i].From)
	}
	if Permissions()[0].Command == "gone" || Steps()[0].From == nil {
		t.Error("a caller changed the tables")
	}
	in(t, PhaseCustomsClosed)
	if !slices.Contains(Steps()[2].From, PhaseReturned) {
		t.Error("a caller changed the steps")
	}
}

// TestMatrix compares Decide, for every command, phase and actor, with a reviewed table.
func TestMatrix(t *testing.T) {
	actors := map[string]trade.Actor{
		"seller":       {Role: trade.Seller, Account: alice},
		"other-seller": {Role: trade.Seller, Account: "mallory"},
		"platform":     {Role: trade.Platform},
		"desk":         {Role: trade.Desk},
		"buyer":        {Role: trade.Buyer, Account: alice},
		"system":       {Role: trade.System},
	}
	commands := make(map[string]Command)
	for _, c := range samples() {
		commands[c.Name()] = c
	}
	makes := make(map[string][]Kind)
	for _, p := range Permissions() {
		makes[p.Command] = p.Makes
	}
	cells := 0
	var by trade.Actor
	var role string
	for line := range strings.Lines(read(t, "testdata/matrix.txt")) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if len(words) != int(PhaseCancelled)+2 {
			t.Fatalf("%d words in %q", len(words), line)
		}
		if a, ok := actors[words[0]]; ok {
			role, by = words[0], a
			for p := range PhaseCancelled + 1 {
				if words[p+1] != p.String() {
					t.Fatalf("column %d of %s is %s, not %s", p, role, words[p+1], p)
				}
			}
			continue
		}
		c := commands[words[0]]
		for p := range PhaseCancelled + 1 {
			cells++
			w := in(t, p)
			if _, ok := c.(Unlink); ok && p != PhaseNone && p != PhaseCancelled {
				w.do(link(orderOne))
			}
			w.given.By = by
			if want := words[p+1]; want != "ok" {
				w.refused(rule.ID(want), c)
				continue
			}
			events, err := w.try(c)
			if err != nil {
				t.Errorf("%s by %s in %s: %v", words[0], role, p, err)
			}
			for _, e := range events {
				if !slices.Contains(makes[c.Name()], e.Kind()) {
					t.Errorf("%s made %s, which its row does not list", words[0], e.Kind())
				}
			}
		}
	}
	if want := len(actors) * len(commands) * int(PhaseCancelled+1); cells != want || len(commands) != len(Permissions()) {
		t.Errorf("%d cells for %d commands, want %d for %d", cells, len(commands), want, len(Permissions()))
	}
}

func TestDiagram(t *testing.T) {
	golden(t, "testdata/entrustment.mmd", Diagram())
}

func TestPhaseNames(t *testing.T) {
	if got := (PhaseCancelled + 1).String(); got != "unknown" {
		t.Errorf("a phase beyond the last is %q", got)
	}
	if got := PhaseUnderReview.String(); got != "under-review" {
		t.Errorf("PhaseUnderReview is %q", got)
	}
}
