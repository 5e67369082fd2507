package machine_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/machine"
)

var update = flag.Bool("update", false, "write the golden diagrams anew")

func TestMermaidGolden(t *testing.T) {
	entered, err := machine.New(draft, steps{
		{Event: opened, From: []phase{draft}, To: open},
		{Event: edited, From: []phase{open}, To: draft},
	})
	if err != nil {
		t.Fatal(err)
	}
	still, err := machine.New(closed, steps{})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"bill.mmd":         bill(t).Mermaid(),
		"bill-stays.mmd":   bill(t).Mermaid(machine.WithStays),
		"bill-endless.mmd": bill(t).Mermaid(machine.WithoutEnd, machine.WithStays),
		"entered.mmd":      entered.Mermaid(),
		"still.mmd":        still.Mermaid(),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

func TestMermaidDrawsEveryStepOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		initial, drawn, means := drawTable(t)
		table, err := machine.New(initial, drawn)
		if err != nil {
			t.Fatal(err)
		}
		left := make(map[string]bool)
		for _, p := range table.Phases() {
			left[p.String()] = false
		}
		picture := table.Mermaid(machine.WithStays)
		arrows := 0
		for line := range strings.Lines(picture) {
			arrow, events, labelled := strings.Cut(strings.TrimSpace(line), ": ")
			if !labelled {
				continue
			}
			from, to, _ := strings.Cut(arrow, " --> ")
			if from == "[*]" {
				from = initial.String()
			}
			for event := range strings.SplitSeq(events, ", ") {
				arrows++
				found := false
				for at, target := range means {
					found = found || at.from.String() == from && at.event.String() == event && target.String() == to
				}
				if !found {
					t.Fatalf("%s from %s to %s is drawn and is no step", event, from, to)
				}
			}
			left[from] = left[from] || from != to
		}
		if arrows != len(means) {
			t.Fatalf("%d events drawn for %d steps:\n%s", arrows, len(means), picture)
		}
		for p, leaves := range left {
			if ends := strings.Contains(picture, "    "+p+" --> [*]\n"); ends == leaves {
				t.Fatalf("%s: left by a step %t, drawn as final %t:\n%s", p, leaves, ends, picture)
			}
		}
		if again := table.Mermaid(machine.WithStays); again != picture {
			t.Fatalf("drawn twice, two pictures:\n%s\n%s", picture, again)
		}
	})
}
