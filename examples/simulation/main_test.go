package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var digest = regexp.MustCompile(`Digest of the history\n  ([0-9a-f]{64})\n`)

// simulated runs the program and returns what it printed.
func simulated(t *testing.T, args ...string) string {
	t.Helper()
	var out, progress bytes.Buffer
	if err := run(t.Context(), &out, &progress, append([]string{"-orders", "200", "-seed", "7"}, args...)); err != nil {
		t.Fatalf("run %v: %v", args, err)
	}
	if progress.Len() > 0 {
		t.Errorf("a progress bar where there is no terminal: %q", progress.String())
	}
	return out.String()
}

func TestOneDigestOnEveryStore(t *testing.T) {
	out := simulated(t, "-out", t.TempDir())
	for _, heading := range []string{
		"200 orders, seed 7, from 2025-01-01", "Orders by outcome", "Refusals by rule", "Money and quota in USD",
		"Faults met", "orders a second", "peak memory", "bytes an order",
	} {
		if !strings.Contains(out, heading) {
			t.Errorf("the summary has no %q:\n%s", heading, out)
		}
	}
	want := digest.FindStringSubmatch(out)
	if want == nil {
		t.Fatalf("no digest in\n%s", out)
	}
	for name, args := range map[string][]string{
		"again":    {"-out", t.TempDir()},
		"sqlite":   {"-out", t.TempDir(), "-store", "sqlite"},
		"postgres": {"-out", t.TempDir(), "-store", "postgres", "-dsn", pgtest.Start(t).DSN()},
	} {
		if got := digest.FindStringSubmatch(simulated(t, args...)); got == nil || got[1] != want[1] {
			t.Errorf("%s: the digest is %v, not %s", name, got, want[1])
		}
	}
	if got := digest.FindStringSubmatch(simulated(t, "-out", t.TempDir(), "-seed", "8")); got == nil || got[1] == want[1] {
		t.Errorf("another seed has the digest %v", got)
	}
}

// TestPictures reads each picture as XML and looks for its texts.
func TestPictures(t *testing.T) {
	dir := t.TempDir()
	out := simulated(t, "-out", dir)
	for file, texts := range map[string][]string{
		"quota.svg":  {"Assurance quota held by open orders", "Pay-later quota used by unpaid orders", "limits of all lines", "USD, ", "Jan 2025"},
		"orders.svg": {"Open assurance orders by phase", "Open pay-later orders by phase", "ready-to-ship", "prepaid-shipped", "orders"},
		"phases.svg": {"How long assurance orders stayed in each phase", "share of the orders that left the phase, in per cent", "15 to 30 days", "mean "},
	} {
		path := filepath.Join(dir, file)
		if !strings.Contains(out, path) {
			t.Errorf("the output does not name %s", path)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		words := words(t, f)
		for _, text := range append(texts, "200 simulated orders, seed 7") {
			if !strings.Contains(words, text) {
				t.Errorf("%s does not say %q:\n%s", file, text, words)
			}
		}
		if strings.Contains(words, "NaN") {
			t.Errorf("%s has an invalid number", file)
		}
	}
}

// words returns the texts of a picture.
func words(t *testing.T, r io.Reader) string {
	t.Helper()
	var b strings.Builder
	for d := xml.NewDecoder(r); ; {
		token, err := d.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if chars, ok := token.(xml.CharData); ok {
			b.Write(append(chars, '\n'))
		}
	}
}

func TestBadInput(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, []byte("not a directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	used := t.TempDir()
	simulated(t, "-out", used, "-store", "sqlite")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no orders":        {[]string{"-orders", "0"}, "-orders"},
		"too many orders":  {[]string{"-orders", "2000000000"}, "Orders"},
		"faults":           {[]string{"-faults", "1001"}, "-faults"},
		"months":           {[]string{"-months", "-1"}, "Months"},
		"seed":             {[]string{"-seed", "-1"}, "seed"},
		"argument":         {[]string{"now"}, "now"},
		"store":            {[]string{"-store", "paper"}, "paper"},
		"no dsn":           {[]string{"-store", "postgres"}, "-dsn"},
		"file of a server": {[]string{"-store", "postgres", "-db", "x"}, "-db"},
		"log with events":  {[]string{"-out", used, "-store", "sqlite"}, "empty"},
		"no directory":     {[]string{"-out", filepath.Join(taken, "below")}, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, progress bytes.Buffer
			err := run(t.Context(), &out, &progress, append([]string{"-out", t.TempDir()}, c.args...))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, and should name %s", err, c.want)
			}
			if strings.Contains(out.String(), "Digest") {
				t.Errorf("printed\n%s", out.String())
			}
		})
	}
}

func TestNumbersToRead(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "-1": "-1", "999": "999", "1000": "1,000", "-123456": "-123,456", "1234567": "1,234,567"} {
		if got := thousands(in); got != want {
			t.Errorf("thousands(%s) = %s, not %s", in, got, want)
		}
	}
}
