// Package examples_test checks that the README agrees with the code.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// TestReadmeProgram checks that the README shows examples/first and its output on a new file, and that
// a second run on the same file stores nothing.
func TestReadmeProgram(t *testing.T) {
	text, dir := readme(t), t.TempDir()
	source, err := os.ReadFile("first/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if block(t, text, "## A program", "go") != string(source) {
		t.Error("README.md does not show examples/first/main.go as it is")
	}
	if lines := strings.Count(string(source), "\n"); lines > 60 {
		t.Errorf("examples/first/main.go has %d lines, more than 60", lines)
	}
	program := filepath.Join(dir, "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./first").CombinedOutput(); err != nil {
		t.Fatalf("the program does not build: %v\n%s", err, out)
	}
	run := func() string {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("the program fails: %v\n%s", err, out)
		}
		return string(out)
	}
	want := block(t, text, "It prints:", "text")
	if out := run(); out != want {
		t.Errorf("the program prints\n%s\nand README.md says\n%s", out, want)
	}
	again, end := run(), want[strings.Index(want, "the order is"):]
	if strings.Count(again, "repeated: true\n") != strings.Count(again, "\n")-1 || !strings.HasSuffix(again, end) {
		t.Errorf("on the same file the program prints\n%s", again)
	}
}

// TestReadmeNamesTheGoVersion checks the Go version in the README against go.mod.
func TestReadmeNamesTheGoVersion(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if version == nil || !strings.Contains(readme(t), "It needs Go "+string(version[1])+" or later") {
		t.Errorf("README.md does not name the Go version of go.mod, %q", version)
	}
}

func TestReadmeDiagramsAreTheTables(t *testing.T) {
	for heading, want := range map[string]string{
		"## The life of an order":          order.Life().Diagram(),
		"## The life of a pay-later order": paylater.Life().Diagram(),
	} {
		if got := block(t, readme(t), heading, "mermaid"); got != want {
			t.Errorf("under %q README.md draws\n%s\nand the table is\n%s", heading, got, want)
		}
	}
}

// TestNoServerDriver keeps the driver of a database server out of the examples that work on a
// file or in memory, so that a newcomer does not compile it.
func TestNoServerDriver(t *testing.T) {
	for _, example := range []string{"first", "quickstart", "dispute", "paylater"} {
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
