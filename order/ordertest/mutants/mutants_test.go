package mutants

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var write = flag.Bool("kills", false, "write KILLS.md from a run of all mutants")

// some is how many mutants a run on commit has.
const some = 10

// TestMutants lets the killers loose on ten mutants, or on all of them where SURETY_LONG=1, as many
// at a time as -parallel says. Every one has to die.
func TestMutants(t *testing.T) {
	chosen := mutants
	if os.Getenv("SURETY_LONG") != "1" {
		chosen = choose(t, some)
	}
	began := time.Now()
	deaths := make([]death, len(chosen))
	t.Run("each", func(t *testing.T) {
		for i := range chosen {
			m := &chosen[i]
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				if deaths[i] = m.kill(t); deaths[i].by == "" {
					t.Fatalf("SURVIVES: %s\n\tbreaks %s: %s", m.name(), m.rule, m.breaks)
				}
			})
		}
	})
	for i, d := range deaths {
		m := &chosen[i]
		t.Logf("%-8s %-4s %4.0fs order/%s: %s: %s", d.by, m.rule, d.took.Seconds(), m.file, m.breaks, d.said)
	}
	t.Logf("%d mutants in %s", len(chosen), time.Since(began).Round(time.Second))
	if *write && len(deaths) == len(mutants) && !t.Failed() {
		if err := os.WriteFile("KILLS.md", []byte(table(deaths)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// choose picks that many mutants by a seed, which it prints.
func choose(t *testing.T, n int) []mutant {
	s := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if s, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SURETY_SEED: %v", err)
		}
	}
	t.Logf("seed %d; again: SURETY_SEED=%[1]d go test -count=1 -run '^%s$' ./order/ordertest/mutants", s, t.Name())
	var chosen []mutant
	for _, i := range rand.New(rand.NewPCG(s, 0)).Perm(len(mutants))[:n] {
		chosen = append(chosen, mutants[i])
	}
	return chosen
}

// TestSurvivor is the control: a mutant that changes nothing survives, and is reported so.
func TestSurvivor(t *testing.T) {
	m := mutant{
		file: "seller/suspend.go", rule: "none", breaks: "nothing",
		old: `return []Event{Suspended(c)}, nil`, new: `return append([]Event{}, Suspended(c)), nil`,
	}
	if d := m.kill(t); d.by != "" {
		t.Errorf("the %s sees what is not there: %s", d.by, d.said)
	}
}

// TestMutantsFit holds the list to the sources: each line is found exactly once and changed, and
// no mutant is there twice.
func TestMutantsFit(t *testing.T) {
	seen := map[string]bool{}
	for i := range mutants {
		m := &mutants[i]
		if _, err := m.mutate(); err != nil {
			t.Error(err)
		}
		if seen[m.name()] || m.old == m.new || m.rule == "" || m.breaks == "" || m.killer != play && m.killer != edges && m.killer != rules {
			t.Errorf("%+v", m)
		}
		seen[m.name()] = true
	}
	if len(mutants) < 40 {
		t.Errorf("only %d mutants", len(mutants))
	}
	gone := mutant{file: "confirm.go", old: "no such line", new: "nor this"}
	if _, err := gone.mutate(); err == nil {
		t.Error("a mutant of a line that is not there fits")
	}
	often := mutant{file: "confirm.go", old: "return", new: "panic"}
	if _, err := often.mutate(); err == nil {
		t.Error("a mutant of a line that is there more than once fits")
	}
}

const tableHead = `# Kills

Each row is a mutant of [list_test.go](list_test.go) and the check that has seen it: *play* is the
random play of package ordertest under the independent auditor, *edges* asks everything of
everybody around each deadline, under the auditor as well, and *rules* are the rule tests of the
changed package. Written by a run of all mutants with -kills.

| file | rule | breaks | killed by | seen as |
|---|---|---|---|---|
`

// table is KILLS.md.
func table(deaths []death) string {
	var b strings.Builder
	b.WriteString(tableHead)
	for i, d := range deaths {
		m := &mutants[i]
		fmt.Fprintf(&b, "| order/%s | %s | %s | %s | %s |\n", m.file, m.rule, m.breaks, d.by, seenAs(d.said))
	}
	return b.String()
}

// seenAs is what a killer said, without what differs from run to run.
func seenAs(said string) string {
	if _, rest, found := strings.Cut(said, "audit: "); found {
		invariant, _, _ := strings.Cut(rest, ":")
		return "a violation of " + invariant
	}
	switch {
	case strings.Contains(said, "which a desk does not promise"):
		return "an error that a desk does not promise"
	case strings.HasPrefix(said, "I28: "), strings.HasPrefix(said, "I29: "):
		return said[:3]
	case strings.HasPrefix(said, "panic: "):
		return "a panic"
	case said == "":
		return "a failure"
	}
	return "a failed check"
}

// TestKills holds KILLS.md to the list: it has a row of each mutant, in the same order, and no
// other.
func TestKills(t *testing.T) {
	text, err := os.ReadFile("KILLS.md")
	if err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| order/") {
			have = append(have, strings.Join(cells[:3], " | "))
		}
	}
	for i := range mutants {
		m := &mutants[i]
		want = append(want, fmt.Sprintf("| order/%s | %s | %s", m.file, m.rule, m.breaks))
	}
	if !slices.Equal(have, want) {
		t.Errorf("KILLS.md has\n%s\nthe list has\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}
