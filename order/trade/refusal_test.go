package trade_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestRefusalIs finds the rule and the field in a refusal, and no other rule. A refusal is never
// malformed input as well.
func TestRefusalIs(t *testing.T) {
	no := trade.Refuse(rule.D60, "set-terms", "draft").On("terms.initial")
	if !errors.Is(no, rule.D60) || errors.Is(no, rule.A12) || no.Field != "terms.initial" {
		t.Errorf("%v unwraps to %v, and names %q", no, no.Unwrap(), no.Field)
	}
	if text := rule.D60.Error(); text != "D60" {
		t.Errorf("the rule as an error is %q", text)
	}
	if _, malformed := errors.AsType[*trade.InvalidError](no); malformed {
		t.Error("a refusal is an InvalidError as well")
	}
}

// TestRefusalText: the sentence of the rule, then this case; or this case alone, as a sentence of its
// own.
func TestRefusalText(t *testing.T) {
	noon := time.Date(2025, 3, 10, 20, 0, 0, 0, time.FixedZone("UTC+8", 8*60*60))
	usd, err := trade.ParseMoney("0.50 USD")
	if err != nil {
		t.Fatal(err)
	}
	refuse := func() *trade.Refusal { return trade.Refuse(rule.A20, "mark-shipped", "confirmed") }
	english, chinese := rule.A20.Text(rule.English), rule.A20.Text(rule.Chinese)
	for name, c := range map[string]struct {
		no               *trade.Refusal
		english, chinese string
	}{
		"the rule alone":              {refuse(), english, chinese},
		"a reason":                    {refuse().Because("%[1]d of %[2]d", "%[2]d之%[1]d", 1, 2), english + " Here: 1 of 2.", chinese + "本次：2之1。"},
		"a text with a per cent sign": {refuse().Says("100%", "百分之百"), english + " Here: 100%.", chinese + "本次：百分之百。"},
		"all parts": {refuse().Says("too early", "太早").Short(usd).From(noon).Until(noon),
			english + " Here: too early; missing 0.50 USD; possible from 2025-03-10T12:00:00Z; the deadline was 2025-03-10T12:00:00Z.",
			chinese + "本次：太早；尚缺 0.50 USD；最早可于 2025-03-10T12:00:00Z；截止时间为 2025-03-10T12:00:00Z。"},
		"instead of the rule": {refuse().Instead("the order is shipped", "订单已发货").Short(usd), "The order is shipped; missing 0.50 USD.", "订单已发货；尚缺 0.50 USD。"},
		"a capital":           {refuse().Instead("A number", "Ａ"), "A number.", "Ａ。"},
		"nothing instead":     {refuse().Instead("", ""), ".", "。"},
	} {
		if got := c.no.Text(rule.English); got != c.english {
			t.Errorf("%s: %q, want %q", name, got, c.english)
		}
		if got := c.no.Text(rule.Chinese); got != c.chinese {
			t.Errorf("%s: %q, want %q", name, got, c.chinese)
		}
		if got, want := c.no.Error(), "refused by A20: mark-shipped in phase confirmed: "+c.english; got != want {
			t.Errorf("%s: the error is %q, want %q", name, got, want)
		}
	}
}
