package order_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestRefusalText shows what a refused user reads.
func TestRefusalText(t *testing.T) {
	s := complete(t, order.CoveragePostDelivery)
	s.facts.Quota.Available = money("4000")
	quota := refusalOf(t, s.when(seller, submit))
	early := refusalOf(t, shipped(t, order.CoverageNone).when(system, order.AutoConfirmReceipt{}))
	late := refusalOf(t, submitted(t, order.CoverageNone).after(31*day).when(buyer, order.Confirm{Terms: 2}))
	for _, c := range []struct {
		no               *trade.Refusal
		english, chinese []string
	}{
		{quota, []string{rule.D3.Text(rule.English), "needed 6000.00 USD", "2000.00 USD"}, []string{rule.D3.Text(rule.Chinese), "2000.00 USD"}},
		{early, []string{"2025-01-16T05:00:00Z"}, []string{"2025-01-16T05:00:00Z"}},
		{late, []string{"2025-01-31T01:00:00Z"}, []string{"2025-01-31T01:00:00Z"}},
	} {
		bilingual(t, c.no)
		for _, part := range c.english {
			if !strings.Contains(c.no.Text(rule.English), part) || !strings.Contains(c.no.Error(), part) {
				t.Errorf("%q lacks %q", c.no.Text(rule.English), part)
			}
		}
		for _, part := range c.chinese {
			if !strings.Contains(c.no.Text(rule.Chinese), part) {
				t.Errorf("%q lacks %q", c.no.Text(rule.Chinese), part)
			}
		}
		want := "refused by " + string(c.no.Rule) + ": " + c.no.Command + " in phase " + c.no.Phase + ": " + c.no.Text(rule.English)
		if c.no.Error() != want {
			t.Errorf("the error is %q, want %q", c.no.Error(), want)
		}
	}
}

func refusalOf(t *testing.T, a attempt) *trade.Refusal {
	t.Helper()
	var no *trade.Refusal
	if !errors.As(a.err, &no) {
		t.Fatalf("%s: got %v, %v", a.cmd.Name(), a.got, a.err)
	}
	return no
}

// bilingual checks that a refusal speaks both languages, each of them only.
func bilingual(t reporter, no *trade.Refusal) {
	t.Helper()
	if err := speaks(no); err != nil {
		t.Errorf("%s: %v", no.Rule, err)
	}
}

func speaks(no *trade.Refusal) error {
	english, chinese := no.Text(rule.English), no.Text(rule.Chinese)
	if english == "" || chinese == "" || (no.Reason(rule.English) == "") != (no.Reason(rule.Chinese) == "") {
		return errors.New("a language is missing")
	}
	for _, r := range english {
		if r >= 0x3000 && r < 0xa000 {
			return fmt.Errorf("Chinese in the English text %q", english)
		}
	}
	if words := latinWords(chinese); words > 4 {
		return fmt.Errorf("an English sentence in the Chinese text %q", chinese)
	}
	return nil
}

// latinWords counts the words of lower-case letters in a row; codes, names and numbers are none.
func latinWords(s string) int {
	most, row, letters := 0, 0, 0
	end := func() {
		if letters > 1 {
			row++
			most = max(most, row)
		}
		letters = 0
	}
	for _, r := range s + " " {
		switch {
		case r >= 'a' && r <= 'z':
			letters++
		case r == ' ':
			end()
		default:
			end()
			row = 0
		}
	}
	return most
}
