package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), &out, args); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

func TestPrintsTheStory(t *testing.T) {
	rest := output(t)
	for _, text := range []string{
		"quota held: 9000.00 USD", "refused by D25", "change 1 proposed: total 9600.00 USD", "change 1 accepted", "quota held: 9600.00 USD, was 9000.00 USD",
		"shipped late", "dispute opened (quality), 5000.00 USD claimed", "refused by D29 (confirm-receipt)", "refunded: 1200.00 USD",
		"refused by D29 (escalate)", "dispute escalated by the system",
		"[buyer] sees: shipped (frozen)", "may now: attach-contract, withdraw", "[seller] sees: shipped (frozen)", "held 9600.00 USD",
		"refused by D30", "ruled: compensation of 3800.00 USD", "platform compensates 3800.00 USD", "completed",
		"[buyer] sees: completed (trade_success)", "held 0.00 USD, claimed and not repaid 0.00 USD, available 20000.00 USD",
		"3000.00", "9600.00", "8400.00", "4600.00",
	} {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is missing, or out of order, in\n%s", text, output(t))
		}
		rest = after
	}
	if out := output(t); strings.Contains(out, "order.") {
		t.Errorf("an event without words in\n%s", out)
	}
}

func TestChinese(t *testing.T) {
	out := output(t, "-lang", "zh")
	if strings.Contains(out, "order.") {
		t.Errorf("an event without words in\n%s", out)
	}
	for line := range strings.Lines(out) {
		if _, err := time.Parse(time.RFC3339, strings.TrimRight(strings.TrimSpace(line), "。")); err == nil {
			continue // an instant that did not fit into the line before
		}
		if strings.HasPrefix(line, strings.Repeat(" ", 27)) && !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("a refusal's line without Chinese: %q", line)
		}
	}
}

func TestRefusesBadArguments(t *testing.T) {
	for _, args := range [][]string{{"-lang", "fr"}, {"extra"}, {"-x"}} {
		if err := run(t.Context(), &bytes.Buffer{}, args); err == nil {
			t.Errorf("%v accepted", args)
		}
	}
}
