package examples_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
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
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/projection"
)

// command is a fenced block of a page, which is to be run.
type command struct {
	chapter, heading string // the last heading of the second level, and of any
	language, text   string
	output           string // the block of text that follows at once, if there is one
}

// commands returns the fenced blocks of a page in their order. A line "Run [heading](...)" stands for
// those under that heading, which are run there once more.
func commands(page string) (list []command) {
	chapter, heading, inside, adjacent := "", "", false, false
	for line := range strings.Lines(page) {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && inside:
			inside, adjacent = false, true
		case fence:
			inside = true
			if language != "text" || !adjacent {
				list = append(list, command{chapter: chapter, heading: heading, language: language})
			}
			adjacent = language == "text" && adjacent
		case inside && adjacent:
			list[len(list)-1].output += line
		case inside:
			list[len(list)-1].text += line
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
			if strings.HasPrefix(line, "## ") {
				chapter = heading
			}
			adjacent = false
		case strings.HasPrefix(line, "Run ["):
			title, _, _ := strings.Cut(strings.TrimPrefix(line, "Run ["), "]")
			for _, c := range list {
				if c.heading == title {
					c.chapter = chapter
					list = append(list, c)
				}
			}
			adjacent = false
		case strings.TrimSpace(line) != "":
			adjacent = false
		}
	}
	return list
}

// TestCommands finds every block of a page, and the output of one only right behind it.
func TestCommands(t *testing.T) {
	got := commands("# A page\n\n```go\na\n\nb\n```\n\n```text\nsays\n```\n\nWords.\n\n```text\nno output\n```\n\n## PostgreSQL\n### Here\n```sh\nc # d\n# e\n```\n## There\nRun [Here](#here).\n")
	want := []command{
		{"", "A page", "go", "a\n\nb\n", "says\n"}, {"", "A page", "text", "no output\n", ""},
		{"PostgreSQL", "Here", "sh", "c # d\n# e\n", ""}, {"There", "Here", "sh", "c # d\n# e\n", ""},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// onServer reports whether a command is about PostgreSQL.
func (c *command) onServer() bool {
	return c.language == "sql" || strings.Contains(c.chapter+c.heading, "PostgreSQL") || strings.Contains(c.text, "postgres.")
}

// onNodes reports whether a command is about three servers that other commands have made.
func (c *command) onNodes() bool { return c.chapter == "Three nodes of PostgreSQL" }

// measures reports whether a command runs tests or benchmarks.
func (c *command) measures() bool { return strings.Contains(c.text, "go test ") }

// shortened has a benchmark run for a moment, and of a long test only asks whether it is there.
func shortened(text string) string {
	text = regexp.MustCompile(`-benchtime \d+x`).ReplaceAllString(text, "-benchtime 1000x")
	return regexp.MustCompile(`-run (Test\w+)(/\S+)?`).ReplaceAllString(text, "-list '^$1$$'")
}

// TestOperations runs every command of events/OPERATIONS.md, in the order of the page: those about
// SQLite in a directory with a log, those about PostgreSQL beside a server with one, those about three
// nodes of it in a directory with nothing, and those that measure in a short form.
func TestOperations(t *testing.T) {
	list := commands(document(t, "events/OPERATIONS.md"))
	for i := range list {
		if c := &list[i]; !slices.Contains([]string{"go", "sh", "sql"}, c.language) {
			t.Errorf("under %q is a block of %q, which is not run", c.heading, c.language)
		}
	}
	program := snippets(t, list)
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
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
		t.Parallel()
		server := pgtest.Start(t)
		dir := guarded(t, server)
		if err := postgres.Migrate(t.Context(), server.DSN()); err != nil {
			t.Fatal(err)
		}
		store, err := postgres.Open(t.Context(), server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		trade(t, store)
		hosts := hosts(t, server, dir)
		runAll(t, list, true, func(i int, c *command) (*exec.Cmd, error) {
			dsn := server.DSN()
			if c.onNodes() {
				dsn = "host=" + strings.Join(hosts, ",") + " port=5432 user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=2"
			}
			var cmd *exec.Cmd
			var err error
			switch c.language {
			case "go":
				cmd = exec.Command(program, fmt.Sprint(i))
				cmd.Env = os.Environ()
			case "sql":
				cmd, err = server.Command(dir, "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file=-", dsn)
			default:
				cmd, err = server.Command(dir, "sh", "-euc", c.text)
			}
			if err != nil {
				return nil, err
			}
			cmd.Stdin = strings.NewReader(c.text) // which psql reads
			if c.onNodes() {
				cmd.Env = append(cmd.Env, "PGHOST=") // they say which
			}
			cmd.Env = append(cmd.Env, "DSN="+dsn, "A="+hosts[0], "B="+hosts[1], "C="+hosts[2])
			return cmd, nil
		})
	})
}

// hosts makes the directories for the sockets of three servers.
func hosts(t *testing.T, server *pgtest.Server, below string) (dirs []string) {
	t.Helper()
	for range 3 {
		dir, err := server.Directory(below)
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// guarded makes a directory for commands. The servers that they start below it end with the test, and
// with this process.
func guarded(t *testing.T, server *pgtest.Server) (dir string) {
	t.Helper()
	dir, err := server.Directory("")
	if err != nil {
		t.Fatal(err)
	}
	guard, err := server.Command(dir, "sh", "-c", `cat; for pid in */postmaster.pid; do pg_ctl --pgdata="${pid%/*}" --mode=immediate stop; done`)
	if err != nil {
		t.Fatal(err)
	}
	end, err := guard.StdinPipe()
	if err == nil {
		err = guard.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = end.Close()
		_ = guard.Wait() // it fails where nothing is left to stop
		os.RemoveAll(dir)
	})
	return dir
}

// TestFigures finds every field of what is reported in the tables of events/OPERATIONS.md.
func TestFigures(t *testing.T) {
	_, text, _ := strings.Cut(document(t, "events/OPERATIONS.md"), "\n## Figures\n")
	text, _, _ = strings.Cut(text, "\n## ")
	first := strings.Join(column(text, 0), "\n")
	for _, reported := range []reflect.Type{
		reflect.TypeFor[events.Observer](), reflect.TypeFor[events.GroupDone](), reflect.TypeFor[events.CheckpointDone](),
		reflect.TypeFor[sqlite.Health](), reflect.TypeFor[desk.Observer](), reflect.TypeFor[desk.CommandDone](), reflect.TypeFor[projection.Progress](),
	} {
		for _, field := range reflect.VisibleFields(reported) {
			if !field.Anonymous && field.Name != "Command" && !strings.Contains(first, "`"+field.Name+"`") {
				t.Errorf("the tables have no %s of %s", field.Name, reported)
			}
		}
	}
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
		out, err := output(cmd)
		if err != nil {
			t.Fatalf("under %q\n%s\nfails: %v\n%s", c.heading, c.text, err, out)
		}
		for _, name := range regexp.MustCompile(`\b(Test|Benchmark)[A-Z]\w+`).FindAllString(c.text, -1) {
			if n := strings.Count(out, name); n < strings.Count(c.text, name) {
				t.Errorf("under %q\n%s\nthere is no %s:\n%s", c.heading, c.text, name, out)
			}
		}
		if c.output != "" && strings.TrimRight(trailing.ReplaceAllString(out, ""), "\n") != strings.TrimRight(c.output, "\n") {
			t.Errorf("under %q\n%s\nprints\n%s\nand the page says\n%s", c.heading, c.text, out, c.output)
		}
	}
	if n < 5 {
		t.Errorf("the page has only %d commands", n)
	}
}

// trailing is the space with which psql ends the lines of a table.
var trailing = regexp.MustCompile(`(?m) +$`)

// output runs a command, which has five minutes: some wait for what another has begun.
func output(cmd *exec.Cmd) (string, error) {
	var out strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, time.Second
	if err := cmd.Start(); err != nil {
		return "", err
	}
	late := time.AfterFunc(5*time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	err := cmd.Wait()
	return out.String(), err
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
		"context", "errors", "expvar", "fmt", "log/slog", "os", "path/filepath", "time", "github.com/google/uuid",
		module + "events", module + "events/sqlite", module + "events/postgres", module + "order", module + "order/desk", module + "order/trade",
		module + "projection", module + "projection/assurance", module + "projection/memory",
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
