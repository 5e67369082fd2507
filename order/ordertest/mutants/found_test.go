package mutants

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFound holds the tests that FOUND.md names to be there: a bug that was found once is looked
// for ever after.
func TestFound(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "FOUND.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 || strings.HasPrefix(line, "| found by") {
			continue
		}
		rows++
		file, name, named := strings.Cut(strings.TrimSpace(cells[3]), ": ")
		if !named {
			t.Errorf("no test is named: %s", line)
			continue
		}
		source, err := os.ReadFile(filepath.Join(root, file))
		if err != nil || !strings.Contains(string(source), name) {
			t.Errorf("%s has no test %q: %v", file, name, err)
		}
		if _, err := os.Stat(filepath.Join(root, strings.TrimSpace(cells[2]))); err != nil {
			t.Error(err)
		}
	}
	if rows == 0 {
		t.Error("FOUND.md has no row")
	}
}
