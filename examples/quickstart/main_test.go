package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/order/rule"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), &out, args); err != nil {
		t.Fatalf("run %v: %v\n%s", args, err, out.String())
	}
	return out.String()
}

// inOrder checks that the output has the texts one after the other.
func inOrder(t *testing.T, out string, texts ...string) {
	t.Helper()
	rest := out
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is missing, or out of order, in\n%s", text, out)
		}
		rest = after
	}
}

func TestLivesItsWholeLife(t *testing.T) {
	out := output(t, "-db", filepath.Join(t.TempDir(), "orders.db"))
	inOrder(t, out,
		"limit assessed at 50000.00 USD", "0.00 / 50000.00",
		"order drafted online", "draft",
		"submitted", "36400.00 / 13600.00",
		"refused by A18", "The account is not a party to the order",
		"confirmed, terms at revision 2",
		"T/T received: 10885.00 USD", "T/T received: 35.00 USD", "initial payment satisfied", "ready-to-ship",
		"refused by A22", "refused by A23", "refused by D10",
		"shipped, automatic receipt on 05-20",
		"receipt confirmed", "0.00 / 50000.00", "completed",
		"reviewed, 5 of 5",
		"equal to the live order, phase completed")
}

var orderID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}`)

func TestSecondRunShowsTheStoredHistory(t *testing.T) {
	db := filepath.Join(t.TempDir(), "orders.db")
	first := output(t, "-db", db)
	second, third := output(t, "-db", db), output(t, "-db", db)
	if second != third {
		t.Errorf("a second and a third run differ:\n%s\n%s", second, third)
	}
	if id := orderID.FindString(second); id == "" || !strings.Contains(second, "is stored already") {
		t.Errorf("the second run does not name a stored order:\n%s", second)
	}
	// The stored history has the lines of the live run, without refusals.
	for line := range strings.Lines(second) {
		if strings.HasPrefix(line, "2025-") && !strings.Contains(first, line) {
			t.Errorf("the first run did not print %q", line)
		}
	}
}

func TestContinuesWhereItWasInterrupted(t *testing.T) {
	whole := output(t, "-db", filepath.Join(t.TempDir(), "orders.db"))
	for _, at := range []string{"limit assessed", "buyer matched", "confirmed, terms", "initial payment", "declared to customs, no. 310120250519000102", "shipped"} {
		db := filepath.Join(t.TempDir(), "orders.db")
		ctx, cancel := context.WithCancel(t.Context())
		out := &cutter{at: at, cancel: cancel}
		if err := run(ctx, out, []string{"-db", db}); err == nil {
			t.Fatalf("cut at %q the run continued to the end", at)
		}
		cancel()
		rest := output(t, "-db", db)
		inOrder(t, rest, at, "equal to the live order, phase completed")
		if got, want := strings.Count(rest, "\n2025-")-strings.Count(rest, "✗"), strings.Count(whole, "\n2025-")-strings.Count(whole, "✗"); got != want {
			t.Errorf("cut at %q and continued: %d events, and %d in one run", at, got, want)
		}
	}
}

// cutter cancels the run once a text was printed.
type cutter struct {
	bytes.Buffer
	at     string
	cancel context.CancelFunc
}

func (c *cutter) Write(p []byte) (int, error) {
	n, err := c.Buffer.Write(p)
	if strings.Contains(c.String(), c.at) {
		c.cancel()
	}
	return n, err
}

func TestChineseHasNoEnglishRuleText(t *testing.T) {
	out := output(t, "-lang", "zh", "-db", filepath.Join(t.TempDir(), "orders.db"))
	inOrder(t, out, "拒绝，规则 A18", "拒绝，规则 A22", "拒绝，规则 A23", "拒绝，规则 D10", "已完成")
	for _, entry := range rule.Book() {
		if strings.Contains(out, entry.English) {
			t.Errorf("the English text of %s is in\n%s", entry.ID, out)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, " ") && !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && strings.ContainsFunc(line, unicode.IsLower) {
			t.Errorf("a line of a refusal without Chinese: %q", line)
		}
	}
}

func TestOtherContract(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "contract.json")
	other := bytes.ReplaceAll(sample, []byte("SC-2025-0117"), []byte("SC-2025-0200"))
	other = bytes.Replace(other, []byte(`"post-delivery"`), []byte(`"pre-shipment"`), 1)
	if err := os.WriteFile(file, other, 0o600); err != nil {
		t.Fatal(err)
	}
	out := output(t, "-contract", file, "-db", filepath.Join(dir, "orders.db"))
	inOrder(t, out, "SC-2025-0200", "quota held: 10920.00 USD", "10920.00 / 39080.00", "quota released: 10920.00 USD", "phase completed")
}

func TestRefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, args := range map[string][]string{
		"language":         {"-lang", "fr"},
		"argument":         {"extra"},
		"flag":             {"-x"},
		"no file":          {"-contract", filepath.Join(dir, "none.json")},
		"no JSON":          {"-contract", write("text.json", "hello")},
		"unknown key":      {"-contract", write("unknown.json", `{"nubmer":"1"}`)},
		"empty contract":   {"-contract", write("empty.json", "{}")},
		"amount":           {"-contract", write("amount.json", strings.Replace(string(sample), "36400.00 USD", "1e9999999 USD", 1))},
		"too large a file": {"-contract", write("large.json", strings.Repeat(" ", maxContract+1))},
		"not our database": {"-db", write("not.db", strings.Repeat("not a database ", 100))},
	} {
		t.Run(name, func(t *testing.T) {
			if len(args) == 2 && args[0] == "-contract" {
				args = append(args, "-db", filepath.Join(t.TempDir(), "orders.db"))
			}
			if err := run(t.Context(), &bytes.Buffer{}, args); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestOnPostgres executes the contract on a server, with another opener and nothing else changed:
// the first run as on a file, and the second shows the stored history.
func TestOnPostgres(t *testing.T) {
	dsn := pgtest.Start(t).DSN()
	if err := postgres.Migrate(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	open := func(ctx context.Context) (events.Store, error) { return postgres.Open(ctx, dsn) }
	c, err := readContract("")
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := runOn(t.Context(), out, c, vocabulary(rule.English), open); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	inOrder(t, first.String(), "refused by A18", "refused by A22", "refused by A23", "refused by D10", "equal to the live order, phase completed")
	inOrder(t, second.String(), "is stored already", "order drafted online", "equal to the live order, phase completed")
}
