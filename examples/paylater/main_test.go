package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), &out, append(args, "-db", filepath.Join(t.TempDir(), "shop.db"))); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

func TestPrintsTheStory(t *testing.T) {
	rest := output(t)
	for _, text := range []string{
		"line opened with a limit of 5000.00 CNY", "quota deducted: 3200.00 CNY", "refused by B5", "cannot take the order now", "300.00 |",
		"paid: 3200.00 CNY; quota restored: 3200.00 CNY; funds received: 3200.00 CNY, available from 01-18",
		"receipt by the system (O4)", "charge requested (O4)", "marked overdue (O4)", "refused by B5", "| overdue O4",
		"paid: 500.00 CNY; quota restored: 500.00 CNY", "3500.00 |         0.00 | overdue O4", "freeze lifted", "| no",
		"limit raised from 5000.00 CNY to 20000.00 CNY", "limit raised from 20000.00 CNY to 100000.00 CNY",
		"refused by B17", "withdrawal of 6600.00 CNY, fee 6.60 CNY, net 6593.40 CNY", "withdrawal W-2 has arrived", "refused by B6",
		"closing                                                100000.00       1500.00",
		"in transit                  4800.00", "paid out                    6593.40", "received in all            11400.00",
		"arrived", "requested",
	} {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is missing, or out of order, in\n%s", text, output(t))
		}
		rest = after
	}
}

func TestChinese(t *testing.T) {
	out := output(t, "-lang", "zh")
	for _, text := range []string{"当前额度", "拒绝，规则 B5", "逾期未付款 O4", "额度由 20000.00 CNY 提升到 100000.00 CNY", "提现记录"} {
		if !strings.Contains(out, text) {
			t.Errorf("%q is missing in\n%s", text, out)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, strings.Repeat(" ", 27)) && !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("a refusal's line without Chinese: %q", line)
		}
	}
}

func TestRefusesBadArguments(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "shop.db")
	if err := run(t.Context(), &bytes.Buffer{}, []string{"-db", taken}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-lang", "fr"}, {"extra"}, {"-x"}, {"-db", taken}} {
		if err := run(t.Context(), &bytes.Buffer{}, args); err == nil {
			t.Errorf("%v accepted", args)
		}
	}
}
