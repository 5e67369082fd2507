package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mutant is a line of a rule changed for the worse.
type mutant struct {
	file   string // below order/
	old    string // what stands there, found exactly once
	new    string
	rule   string // the rule or invariant that it breaks
	breaks string
	killer killer // who sees it first, as far as is known
}

// killer is a check that may see a mutant.
type killer string

const (
	play  killer = "play"  // the random play of ordertest under the auditor
	edges killer = "edges" // everything asked of everybody around each deadline, under the auditor
	rules killer = "rules" // the rule tests of the changed package
)

// root is the directory of the module.
const root = "../../.."

// name returns a name that no other mutant has.
func (m *mutant) name() string { return m.file + ": " + m.old + " becomes " + m.new }

// mutate returns the file as the mutant has it.
func (m *mutant) mutate() ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, "order", m.file))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(source, []byte(m.old)); n != 1 {
		return nil, fmt.Errorf("%s has %q %d times, want once", m.file, m.old, n)
	}
	return bytes.Replace(source, []byte(m.old), []byte(m.new), 1), nil
}

// overlay writes the changed file and the overlay file with which go build uses it.
func (m *mutant) overlay(dir string) (string, error) {
	source, err := m.mutate()
	if err != nil {
		return "", err
	}
	changed, config := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	original, err := filepath.Abs(filepath.Join(root, "order", m.file))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return "", err
	}
	return config, errors.Join(os.WriteFile(changed, source, 0o600), os.WriteFile(config, text, 0o600))
}

// command is what a killer runs: a package and the arguments of its test binary.
func (k killer) command(m *mutant) (string, []string) {
	pkg, tests := "./order/ordertest/mutants", "^TestPlay$"
	switch k {
	case edges:
		tests = "^TestEdges$"
	case rules:
		pkg, tests = "./order/"+filepath.Dir(m.file), ruleTests
	}
	return pkg, []string{"-test.run", tests, "-test.failfast", "-test.timeout", "5m"}
}

// ruleTests are the tests that go through the rule book.
const ruleTests = "^Test(Rule|RulePayLater|Golden|GoldenCases|PayLaterGolden|Matrix|Plan|PlanPayLater|PlanExpiry|Policy|TickPayLater|RulingPayLater)$"

// kills builds the killer with the mutant in it and reports whether it fails, with what it said.
func (k killer) kills(ctx context.Context, m *mutant, dir string) (dead bool, said string, err error) {
	config, err := m.overlay(dir)
	if err != nil {
		return false, "", err
	}
	pkg, args := k.command(m)
	binary := filepath.Join(dir, string(k)+".test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", config, "-o", binary, pkg)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return false, "", fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	run := exec.CommandContext(ctx, binary, args...)
	run.Dir = filepath.Join(root, pkg)
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return false, "", err
	}
	if ctx.Err() != nil {
		return false, "", ctx.Err()
	}
	if err == nil && !bytes.Contains(out, []byte("PASS")) {
		return false, "", fmt.Errorf("neither passed nor failed:\n%s", out)
	}
	return err != nil, string(out), nil
}

// death is what became of a mutant.
type death struct {
	by   killer // empty if it survives
	said string
	took time.Duration
}

// kill lets the killers loose, the likely one first.
func (m *mutant) kill(t testing.TB) (d death) {
	t.Helper()
	began := time.Now()
	for i, k := range [...]killer{m.killer, play, edges, rules} {
		if i > 0 && k == m.killer {
			continue
		}
		dead, said, err := k.kills(t.Context(), m, t.TempDir())
		if err != nil {
			t.Fatalf("%s: %v", m.name(), err)
		}
		if dead {
			return death{k, firstWord(said), time.Since(began)}
		}
	}
	return death{took: time.Since(began)}
}

// firstWord is the line of a failure that says what was seen.
func firstWord(said string) string {
	for line := range strings.Lines(said) {
		for _, mark := range []string{"audit: ", "I28: ", "I29: ", "panic: ", "_test.go:", ".go:"} {
			if i := strings.Index(line, mark); i >= 0 && !strings.Contains(line, "events, ") {
				return strings.TrimSpace(line[i:])
			}
		}
	}
	return ""
}
