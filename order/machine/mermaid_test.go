package machine_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// keywords are the names that Mermaid's state diagrams, whatever their case, do not take for a state.
var keywords = []string{
	"default", "note", "class", "classDef", "click", "style", "scale", "href", "stateDiagram",
	"accTitle", "accDescr", "state", "root-start", "root-end",
}

// word is a phase whose name the test sets.
type word uint8

var words [256]string

func (w word) String() string { return words[w] }

// arrow is a line of a diagram with an arrow, alias one that gives a phase another identifier.
var (
	arrow = regexp.MustCompile(`^    (\[\*\]|[A-Za-z][A-Za-z0-9_]*) --> (\[\*\]|[A-Za-z][A-Za-z0-9_]*)(: [a-z.-]+)?$`)
	alias = regexp.MustCompile(`^    state "([A-Za-z0-9-]+)" as ([A-Za-z0-9_]+)$`)
)

// TestMermaidKeywords draws phases that are named like keywords, in three spellings, from one to the
// next: no keyword is an identifier, and each phase is shown under its name.
func TestMermaidKeywords(t *testing.T) {
	for _, spell := range []func(string) string{strings.ToLower, strings.ToUpper, func(s string) string { return s }} {
		names := []string{"begin", "notes", "classic", "default-note", "x-state", "state-x"}
		for _, k := range keywords {
			names = append(names, spell(k))
		}
		var rows []machine.Step[word, kind]
		for i, name := range names {
			words[i] = name
			if i > 0 {
				rows = append(rows, machine.Step[word, kind]{Event: opened, From: []word{word(i - 1)}, To: word(i)})
			}
		}
		table, err := machine.New(word(0), rows)
		if err != nil {
			t.Fatal(err)
		}
		picture := strings.Split(strings.TrimSuffix(table.Mermaid(), "\n"), "\n")
		shown := make(map[string]string) // the name that an identifier shows
		var path []string
		for _, line := range picture[1:] {
			if m := alias.FindStringSubmatch(line); m != nil {
				shown[m[2]] = m[1]
				continue
			}
			m := arrow.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("not a line of a diagram: %q", line)
			}
			for _, id := range m[1:3] {
				if slices.ContainsFunc(keywords, func(k string) bool { return strings.EqualFold(strings.ReplaceAll(k, "-", "_"), id) }) {
					t.Errorf("the keyword %s is an identifier in %q", id, line)
				}
			}
			name, ok := shown[m[1]]
			if !ok {
				name = m[1]
			}
			path = append(path, name)
		}
		if want := append([]string{"[*]"}, names[1:]...); picture[0] != "stateDiagram-v2" || !slices.Equal(path, want) {
			t.Errorf("drawn as %v, want %v", path, want)
		}
	}
}

// TestMermaidDrawsNoLoneStart: a start whose name is no identifier is drawn as the start alone.
func TestMermaidDrawsNoLoneStart(t *testing.T) {
	words[0], words[1] = "not-yet", "done"
	table, err := machine.New(word(0), []machine.Step[word, kind]{{Event: opened, From: []word{0}, To: 1}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "stateDiagram-v2\n    [*] --> done: bill.opened\n    done --> [*]\n"
	if got := table.Mermaid(); got != want {
		t.Errorf("drawn as\n%s\nwant\n%s", got, want)
	}
	table, err = machine.New(word(0), []machine.Step[word, kind]{{Event: opened, From: []word{0}, To: 1}, {Event: ended, From: []word{1}, To: 0}})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Mermaid(); !strings.Contains(got, "    state \"not-yet\" as not_yet\n    [*] --> not_yet\n    not_yet --> done: bill.opened\n") {
		t.Errorf("a start that is entered again is drawn as\n%s", got)
	}
}
