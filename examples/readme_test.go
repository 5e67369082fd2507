// Package examples_test holds the README to what the code does.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/paylater"
)

// block returns the first fenced block of that language after the heading.
func block(t *testing.T, readme, heading, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(readme, heading)
	if !ok {
		t.Fatalf("README.md has no heading %q", heading)
	}
	_, rest, ok = strings.Cut(rest, "```"+language+"\n")
	if !ok {
		t.Fatalf("README.md has no block of %s under %q", language, heading)
	}
	text, _, _ := strings.Cut(rest, "```")
	return text
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadmeProgramRuns(t *testing.T) {
	text, dir := readme(t), t.TempDir()
	main := filepath.Join(dir, "main.go")
	if err := os.WriteFile(main, []byte(block(t, text, "## A program", "go")), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, main).CombinedOutput(); err != nil {
		t.Fatalf("the program does not build: %v\n%s", err, out)
	}
	run := exec.CommandContext(t.Context(), program)
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("the program fails: %v\n%s", err, out)
	}
	if want := block(t, text, "It prints:", "text"); string(out) != want {
		t.Errorf("the program prints\n%s\nand README.md says\n%s", out, want)
	}
}

func TestReadmeDiagramsAreTheTables(t *testing.T) {
	for heading, want := range map[string]string{
		"## The life of an order":          order.Diagram(),
		"## The life of a pay-later order": paylater.Diagram(),
	} {
		if got := block(t, readme(t), heading, "mermaid"); got != want {
			t.Errorf("under %q README.md draws\n%s\nand the table is\n%s", heading, got, want)
		}
	}
}

// TestNoServerDriver keeps the driver of a database server out of the examples that work on a
// file or in memory, so that a newcomer does not compile it.
func TestNoServerDriver(t *testing.T) {
	for _, example := range []string{"quickstart", "dispute", "paylater"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+example).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.FieldsSeq(string(out)) {
			if strings.Contains(dep, "pgx") {
				t.Errorf("%s pulls in %s", example, dep)
			}
		}
	}
}
