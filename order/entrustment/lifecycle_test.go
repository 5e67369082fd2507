package entrustment_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
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

func TestAggregate(t *testing.T) {
	w := in(t, PhaseReleased)
	stream, err := Stream(ours)
	if err != nil {
		t.Fatal(err)
	}
	aggregatetest.Run(t, aggregatetest.Aggregate[Entrustment, Command, Event, Facts, Phase, Kind]{
		Stream: stream, New: func() Entrustment { return New(ours) },
		Phase:  func(s Entrustment) Phase { return s.Phase },
		LastAt: func(s Entrustment) time.Time { return s.LastAt },
		Decide: Decide, Evolve: Evolve, Replay: Replay, Life: Life(), Model: Model,
		EncodeEvent: EncodeEvent, DecodeEvent: DecodeEvent, EncodeCommand: EncodeCommand, DecodeCommand: DecodeCommand,
		Commands: samples(), Events: everyEvent(), Golden: "testdata/events.golden", Doc: "doc.go", History: w.history,
	})
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
	for _, p := range Life().Permits() {
		makes[p.Command] = append(makes[p.Command], p.Makes...)
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
			events, err := w.try(c)
			switch want := words[p+1]; want {
			case "ok", "-":
				if err == nil && (len(events) > 0) != (want == "ok") {
					t.Errorf("%s by %s in %s: %v, want %s", words[0], role, p, events, want)
				}
			case "early":
				if early, ok := errors.AsType[*trade.EarlyError](err); !ok || early.Command != c.Name() || early.ID != string(ours) {
					t.Errorf("%s by %s in %s: %v", words[0], role, p, err)
				}
				continue
			default:
				w.refused(rule.ID(want), c)
				continue
			}
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
	if want := len(actors) * len(commands) * int(PhaseCancelled+1); cells != want || len(commands) != len(makes) {
		t.Errorf("%d cells for %d commands, want %d for %d", cells, len(commands), want, len(makes))
	}
}

func TestDiagram(t *testing.T) {
	golden(t, "testdata/entrustment.mmd", Life().Diagram())
}
