package assurance_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/paylater"
)

// testdata/golden.rows has the rows that the views make of the golden store of package desk. A view
// that makes other rows gets another version; then the flag writes the file again:
//
//	go test ./projection/assurance -run '^TestGoldenRows$' -write-golden-rows
var writeRows = flag.Bool("write-golden-rows", false, "write testdata/golden.rows again")

const goldenRows = "testdata/golden.rows"

// TestGoldenRows builds every view from the golden store, by itself and in steps of a few
// records.
func TestGoldenRows(t *testing.T) {
	log := goldenLog(t)
	rows := builtRows(t, log)
	if *writeRows {
		if err := os.WriteFile(goldenRows, []byte(rows), 0o644); err != nil { //nolint:gosec // it is part of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenRows)
	if err != nil {
		t.Fatal(err)
	}
	if fault := differs(string(want), rows); fault != "" {
		t.Errorf("%s\nIf that is intended, the view gets another version, and the flag writes the rows again.", fault)
	}
	if again := builtRows(t, log, projection.WithBatch(7), projection.WithSlices(3)); again != rows {
		t.Errorf("built in small steps: %s", differs(rows, again))
	}
	for line := range strings.Lines(rows) {
		if differs(string(want), strings.Replace(rows, line, "", 1)) == "" || differs(string(want), strings.Replace(rows, line, "x"+line, 1)) == "" {
			t.Errorf("the comparison does not miss %s", line)
		}
	}
}

// goldenLog opens a copy of the golden store.
func goldenLog(t *testing.T) events.Store {
	t.Helper()
	file, err := os.ReadFile("../../order/desk/testdata/golden.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := sqlite.Open(t.Context(), path, sqlite.WithDurability(events.DurabilityProcess))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// builtRows builds every view and writes out its rows, in their order.
func builtRows(t *testing.T, log events.Store, opts ...projection.Option) string {
	t.Helper()
	var b strings.Builder
	for _, v := range slices.Concat(assurance.Views(), paylater.Views()) {
		store := viewmemory.New()
		w, err := projection.New(log, store, v, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		schema, err := v.Schema()
		if err != nil {
			t.Fatal(err)
		}
		err = v.Read(context.Background(), store, func(s projection.Snapshot) error {
			for _, table := range schema.Tables {
				err := projection.Each(s, table, projection.Query{}, func(row projection.Row) error {
					fmt.Fprintf(&b, "%s %d %s", v.Name, v.Version, table.Name)
					for i, c := range table.Columns {
						if c.Kind == projection.KindInt {
							fmt.Fprintf(&b, " %s=%d", c.Name, row[i].Int())
						} else {
							fmt.Fprintf(&b, " %s=%q", c.Name, row[i].Text())
						}
					}
					b.WriteByte('\n')
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// differs returns the first line in which texts differ, or "".
func differs(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("line %d is new: %s", i+1, b[i])
		case i >= len(b):
			return fmt.Sprintf("line %d is missing: %s", i+1, a[i])
		case a[i] != b[i]:
			return fmt.Sprintf("line %d is\n%s\nand was\n%s", i+1, b[i], a[i])
		}
	}
	return ""
}
