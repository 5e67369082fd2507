package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order/rule"
)

// TestBooksAreCurrent compares the books in the repository with those of the sources.
func TestBooksAreCurrent(t *testing.T) {
	for name, want := range books(t) {
		got, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not current, %v: run go generate ./...", name, err)
		}
	}
}

func books(t *testing.T) map[string][]byte {
	t.Helper()
	made, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestBooksAreComplete looks for every rule, command, event and setting.
func TestBooksAreComplete(t *testing.T) {
	made := books(t)
	for _, r := range rule.Book() {
		for _, want := range []string{"**" + string(r.ID) + "** " + r.English, r.Chinese, r.Source} {
			if !strings.Contains(string(made["RULES.md"]), want) {
				t.Errorf("RULES.md lacks %q", want)
			}
		}
	}
	text := string(made["COMMANDS.md"])
	for _, a := range aggregates() {
		_, section, ok := strings.Cut(text, "\n## "+a.title+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !ok || len(a.rows) == 0 {
			t.Errorf("COMMANDS.md has nothing of %s", a.title)
		}
		for _, row := range a.rows {
			_, own, ok := strings.Cut(section, "\n### "+row.command+"\n")
			own, _, _ = strings.Cut(own, "\n### ")
			for _, word := range append(append(append(row.makes, row.roles...), row.phases...), row.rules...) {
				ok = ok && strings.Contains(own, word)
			}
			if !ok {
				t.Errorf("COMMANDS.md says of %s of %s only %q", row.command, a.title, own)
			}
		}
	}
	for _, setting := range []string{"ConfirmWithin", "ReceiptDays", "ClockSkew", "ReceiveWithin", "HoldDays"} {
		if !strings.Contains(text, "| `"+setting+"` | ") {
			t.Errorf("COMMANDS.md has no setting %s", setting)
		}
	}
}

// TestWrite leaves a current book alone and writes one that is missing.
func TestWrite(t *testing.T) {
	if _, err := generate(t.TempDir()); err == nil {
		t.Error("books of a directory without sources")
	}
	if err := write("../.."); err != nil {
		t.Error(err)
	}
}
