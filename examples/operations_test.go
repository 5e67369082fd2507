package examples_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/sqlite"
)

// command is a fenced block of a page, which is to be run.
type command struct {
	heading, language, text string
	output                  string // the block of text that follows at once, if there is one
}

// commands returns the fenced blocks of a page in their order.
func commands(page string) (list []command) {
	heading, inside, adjacent := "", false, false
	for line := range strings.Lines(page) {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && inside:
			inside, adjacent = false, true
		case fence:
			inside = true
			if language != "text" || !adjacent {
				list = append(list, command{heading: heading, language: language})
			}
			adjacent = language == "text" && adjacent
		case inside && adjacent:
			list[len(list)-1].output += line
		case inside:
			list[len(list)-1].text += line
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		case strings.TrimSpace(line) != "":
			adjacent = false
		}
	}
	return list
}

// TestCommands finds every block of a page, and the output of one only right behind it.
func TestCommands(t *testing.T) {
	got := commands("# A page\n\n```go\na\n\nb\n```\n\n```text\nsays\n```\n\nWords.\n\n```text\nno output\n```\n\n## PostgreSQL\n```sh\nc # d\n# e\n```\n")
	want := []command{
		{"A page", "go", "a\n\nb\n", "says\n"}, {"A page", "text", "no output\n", ""}, {"PostgreSQL", "sh", "c # d\n# e\n", ""},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// onServer reports whether a command is about PostgreSQL.
func (c *command) onServer() bool {
	return c.language == "sql" || strings.Contains(c.heading, "PostgreSQL") || strings.Contains(c.text, "postgres.")
}

// measures reports whether a command runs tests or benchmarks.
func (c *command) measures() bool { return strings.Contains(c.text, "go test ") }

// shortened has a benchmark run for a moment, and of a long test only asks whether it is there.
func shortened(text string) string {
	text = regexp.MustCompile(`-benchtime \d+x`).ReplaceAllString(text, "-benchtime 1000x")
	return regexp.MustCompile(`-run (Test\w+)(/\S+)?`).ReplaceAllString(text, "-list '^$1$$'")
}

// TestOperations runs every command of events/OPERATIONS.md, in the order of the page: those about
// SQLite in a directory with a log, those about PostgreSQL beside a server with one, and those that
// measure in a short form.
func TestOperations(t *testing.T) {
	list := commands(document(t, "events/OPERATIONS.md"))
	for i := range list {
		if c := &list[i]; !slices.Contains([]string{"go", "sh", "sql"}, c.language) {
			t.Errorf("under %q is a block of %q, which is not run", c.heading, c.language)
		}
	}
	program := snippets(t, list)
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		store, err := sqlite.Open(t.Context(), filepath.Join(dir, "orders.db"))
		if err != nil {
			t.Fatal(err)
		}
		trade(t, store)
		runAll(t, list, false, func(i int, c *command) (*exec.Cmd, error) {
			if c.measures() {
				cmd := exec.Command("sh", "-euc", shortened(c.text))
				cmd.Dir = ".."
				return cmd, nil
			}
			cmd := exec.Command("sh", "-euc", c.text)
			if c.language == "go" {
				cmd = exec.Command(program, fmt.Sprint(i))
			}
			cmd.Dir = dir
			return cmd, nil
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := pgtest.Start(t)
		dir, err := server.Directory("")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if cmd, err := server.Command(dir, "pg_ctl", "--pgdata=base", "--mode=immediate", "stop"); err == nil {
				_ = cmd.Run() // a server that a command has started and, failing, left
			}
			os.RemoveAll(dir)
		})
		if err := postgres.Migrate(t.Context(), server.DSN()); err != nil {
			t.Fatal(err)
		}
		store, err := postgres.Open(t.Context(), server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		trade(t, store)
		runAll(t, list, true, func(i int, c *command) (*exec.Cmd, error) {
			switch c.language {
			case "go":
				cmd := exec.Command(program, fmt.Sprint(i))
				cmd.Env = append(os.Environ(), "DSN="+server.DSN())
				return cmd, nil
			case "sql":
				cmd, err := server.Command(dir, "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file=-")
				if err == nil {
					cmd.Stdin = strings.NewReader(c.text)
				}
				return cmd, err
			}
			return server.Command(dir, "sh", "-euc", c.text)
		})
	})
}

// runAll runs the commands that are about PostgreSQL, or those that are not.
func runAll(t *testing.T, list []command, onServer bool, prepare func(int, *command) (*exec.Cmd, error)) {
	t.Helper()
	n := 0
	for i := range list {
		c := &list[i]
		if c.onServer() != onServer {
			continue
		}
		n++
		cmd, err := prepare(i, c)
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("under %q\n%s\nfails: %v\n%s", c.heading, c.text, err, out)
		}
		for _, name := range regexp.MustCompile(`\b(Test|Benchmark)[A-Z]\w+`).FindAllString(c.text, -1) {
			if n := strings.Count(string(out), name); n < strings.Count(c.text, name) {
				t.Errorf("under %q\n%s\nthere is no %s:\n%s", c.heading, c.text, name, out)
			}
		}
		if c.output != "" && string(out) != c.output {
			t.Errorf("under %q\n%s\nprints\n%s\nand the page says\n%s", c.heading, c.text, out, c.output)
		}
	}
	if n < 5 {
		t.Errorf("the page has only %d commands", n)
	}
}

// trade appends to a log and closes it.
func trade(t *testing.T, store events.Store) {
	t.Helper()
	for n := range 100 {
		c := events.Commit{ID: uuid.Must(uuid.NewV7()), Digest: sha256.Sum256([]byte{byte(n)}), Batches: []events.Batch{{
			Stream: events.StreamID(fmt.Sprintf("order-%d", n%10)), After: events.Version(n / 10),
			Events: []events.Event{{Type: "order.drafted", Schema: 1, At: time.Now(), Data: []byte("{}")}},
		}}}
		if _, err := store.Append(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// snippets builds a program of the blocks of Go: its argument is the number of the one to run. A
// block is the body of a function that returns an error. It has a context, the names below and, if
// it uses one, an open store.
func snippets(t *testing.T, list []command) (program string) {
	t.Helper()
	const module = "github.com/tradesurety/surety/"
	var bodies strings.Builder
	for i := range list {
		if list[i].language != "go" {
			continue
		}
		fmt.Fprintf(&bodies, "\tcase %q:\n", fmt.Sprint(i))
		if text := list[i].text; regexp.MustCompile(`\bstore\b`).MatchString(text) && !strings.Contains(text, "store, err :=") {
			open := `sqlite.Open(ctx, path)`
			if list[i].onServer() {
				open = `postgres.Open(ctx, dsn)`
			}
			fmt.Fprintf(&bodies, "store, err := %s\nif err != nil {\nreturn err\n}\ndefer store.Close()\n{\n%s}\n", open, text)
		} else {
			bodies.WriteString(text)
		}
	}
	source := `
var (
	path   = "orders.db"
	dsn    = os.Getenv("DSN")
	commit = events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
		Stream: "order-new", Events: []events.Event{{Type: "order.drafted", Schema: 1, At: time.Now()}},
	}}}
)

func block(ctx context.Context, n string) error {
	switch n {
` + bodies.String() + `
	}
	return nil
}

func main() {
	if err := block(context.Background(), os.Args[1]); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}
`
	var imports strings.Builder
	for _, path := range []string{
		"context", "errors", "fmt", "log/slog", "os", "path/filepath", "time", "github.com/google/uuid",
		module + "events", module + "events/sqlite", module + "events/postgres", module + "projection",
	} {
		if regexp.MustCompile(`\b` + filepath.Base(path) + `\.`).MatchString(source) {
			fmt.Fprintf(&imports, "\t%q\n", path)
		}
	}
	dir := t.TempDir()
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte("package main\n\nimport (\n"+imports.String()+")\n"+source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, file).CombinedOutput(); err != nil {
		t.Fatalf("the blocks of Go do not build: %v\n%s", err, out)
	}
	return program
}
