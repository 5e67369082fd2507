package trade_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/trade"
)

var (
	_ encoding.TextAppender    = trade.Money{}
	_ encoding.TextMarshaler   = trade.Money{}
	_ encoding.TextUnmarshaler = (*trade.Money)(nil)
)

// moneyOf returns the money of a text that must be right.
func moneyOf(tb rapid.TB, text string) trade.Money {
	tb.Helper()
	if text == "" {
		return trade.Money{}
	}
	m, err := trade.ParseMoney(text)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// drawnCurrency draws from one currency of each number of fraction digits.
var drawnCurrency = rapid.Custom(func(t *rapid.T) trade.Currency {
	return currencyOf(t, rapid.SampledFrom([]string{"USD", "JPY", "KWD", "UYW"}).Draw(t, "code"))
})

// drawnUnits draws minor units, often near the ends of the range.
var drawnUnits = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-100_000, 100_000),
	rapid.Int64Range(math.MaxInt64-9, math.MaxInt64), rapid.Int64Range(math.MinInt64, math.MinInt64+9))

func isMoneyError(err error, op string, cause error) bool {
	var moneyErr *trade.MoneyError
	return errors.As(err, &moneyErr) && moneyErr.Op == op && errors.Is(err, cause) &&
		strings.HasPrefix(err.Error(), op+" ") && strings.HasSuffix(err.Error(), cause.Error())
}

func TestMoneyAddSub(t *testing.T) {
	const most, least = "92233720368547758.07 USD", "-92233720368547758.08 USD"
	for _, test := range []struct {
		left, right string
		sum, diff   string // A cause stands for the error.
	}{
		{"1.25 USD", "0.75 USD", "2.00 USD", "0.50 USD"},
		{"1.25 USD", "-1.25 USD", "0.00 USD", "2.50 USD"},
		{"1.25 USD", "0 USD", "1.25 USD", "1.25 USD"},
		{"", "1.25 USD", "1.25 USD", "-1.25 USD"},
		{"1.25 USD", "", "1.25 USD", "1.25 USD"},
		{"", "", "", ""},
		{"", most, most, "-92233720368547758.07 USD"},
		{"", least, least, "overflow"},
		{most, "0.01 USD", "overflow", "92233720368547758.06 USD"},
		{least, "0.01 USD", "-92233720368547758.07 USD", "overflow"},
		{most, "-0.01 USD", "92233720368547758.06 USD", "overflow"},
		{most, least, "-0.01 USD", "overflow"},
		{least, least, "overflow", "0.00 USD"},
		{"1 USD", "1 EUR", "mismatch", "mismatch"},
		{"1 USD", "0 EUR", "mismatch", "mismatch"},
		{"0 USD", "0 EUR", "mismatch", "mismatch"},
		{most, "92233720368547758.07 EUR", "mismatch", "mismatch"},
	} {
		left, right := moneyOf(t, test.left), moneyOf(t, test.right)
		sum, err := left.Add(right)
		checkMoney(t, "add", test.left, test.right, sum, err, test.sum)
		diff, err := left.Sub(right)
		checkMoney(t, "subtract", test.left, test.right, diff, err, test.diff)
	}
}

func checkMoney(t *testing.T, op, left, right string, got trade.Money, err error, want string) {
	t.Helper()
	cause := map[string]error{"overflow": trade.ErrOverflow, "mismatch": trade.ErrCurrencyMismatch}[want]
	switch {
	case cause != nil:
		if !isMoneyError(err, op, cause) || got != (trade.Money{}) {
			t.Errorf("%s %q and %q = %v, %v; want %s", op, left, right, got, err, want)
		}
	case err != nil || got != moneyOf(t, want):
		t.Errorf("%s %q and %q = %v, %v; want %s", op, left, right, got, err, want)
	}
}

func TestMoneyErrorNamesBothAmounts(t *testing.T) {
	_, err := moneyOf(t, "1 USD").Add(moneyOf(t, "2 EUR"))
	if got, want := err.Error(), "add 1.00 USD and 2.00 EUR: currencies differ"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	_, err = trade.Minor(math.MaxInt64, currencyOf(t, "JPY")).MulRound(decimal.NewFromInt(2))
	if got, want := err.Error(), "multiply 9223372036854775807 JPY: amount out of range"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMoneyAgreesWithDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawnCurrency.Draw(t, "currency")
		a, b := trade.Minor(drawnUnits.Draw(t, "a"), c), trade.Minor(drawnUnits.Draw(t, "b"), c)
		for _, op := range []struct {
			name  string
			money func(trade.Money) (trade.Money, error)
			exact decimal.Decimal
		}{
			{"add", a.Add, a.Decimal().Add(b.Decimal())},
			{"subtract", a.Sub, a.Decimal().Sub(b.Decimal())},
		} {
			got, err := op.money(b)
			want, fits := trade.NewMoney(op.exact, c)
			switch {
			case fits != nil:
				if !errors.Is(fits, trade.ErrOverflow) || !isMoneyError(err, op.name, trade.ErrOverflow) {
					t.Fatalf("%v %s %v: %v, decimal: %v", a, op.name, b, err, fits)
				}
			case err != nil || got != want:
				t.Fatalf("%v %s %v = %v, %v; decimal: %v", a, op.name, b, got, err, want)
			}
		}
		if n, err := a.Cmp(b); err != nil || n != a.Decimal().Cmp(b.Decimal()) {
			t.Fatalf("%v compares with %v as %d, %v", a, b, n, err)
		}
	})
}

func TestMoneySubUndoesAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawnCurrency.Draw(t, "currency")
		a, b := trade.Minor(drawnUnits.Draw(t, "a"), c), trade.Minor(drawnUnits.Draw(t, "b"), c)
		sum, err := a.Add(b)
		if err != nil {
			return
		}
		if back, err := sum.Sub(b); err != nil || back != a {
			t.Fatalf("(%v + %v) - %v = %v, %v", a, b, b, back, err)
		}
		if other, err := b.Add(a); err != nil || other != sum {
			t.Fatalf("%v + %v = %v, %v; the other way %v", b, a, other, err, sum)
		}
	})
}

func TestMoneyCompare(t *testing.T) {
	for _, test := range []struct {
		left, right  string
		cmp          int
		less, atMost bool
		min          string
	}{
		{"1 USD", "2 USD", -1, true, true, "1 USD"},
		{"2 USD", "1 USD", 1, false, false, "1 USD"},
		{"2 USD", "2 USD", 0, false, true, "2 USD"},
		{"-1 USD", "0 USD", -1, true, true, "-1 USD"},
		{"", "1 USD", -1, true, true, "0 USD"},
		{"", "-1 USD", 1, false, false, "-1 USD"},
		{"0 USD", "", 0, false, true, "0 USD"},
		{"1 USD", "", 1, false, false, "0 USD"},
		{"", "", 0, false, true, ""},
	} {
		left, right := moneyOf(t, test.left), moneyOf(t, test.right)
		if n, err := left.Cmp(right); n != test.cmp || err != nil {
			t.Errorf("%q Cmp %q = %d, %v; want %d", test.left, test.right, n, err, test.cmp)
		}
		if left.Less(right) != test.less || left.AtMost(right) != test.atMost {
			t.Errorf("%q and %q: less %t, at most %t", test.left, test.right, left.Less(right), left.AtMost(right))
		}
		if m, err := left.Min(right); m != moneyOf(t, test.min) || err != nil {
			t.Errorf("%q Min %q = %v, %v; want %s", test.left, test.right, m, err, test.min)
		}
	}
	usd, eur := moneyOf(t, "1 USD"), moneyOf(t, "2 EUR")
	if _, err := usd.Cmp(eur); !isMoneyError(err, "compare", trade.ErrCurrencyMismatch) {
		t.Errorf("two currencies compare: %v", err)
	}
	if _, err := usd.Min(eur); !isMoneyError(err, "compare", trade.ErrCurrencyMismatch) {
		t.Errorf("two currencies have a lesser: %v", err)
	}
	if usd.Less(eur) || eur.Less(usd) || usd.AtMost(eur) || eur.AtMost(usd) {
		t.Error("two currencies are ordered")
	}
}

func TestMoneySign(t *testing.T) {
	for text, sign := range map[string]int{"": 0, "0 USD": 0, "-0 USD": 0, "0.01 USD": 1, "-0.01 USD": -1} {
		m := moneyOf(t, text)
		if m.Sign() != sign || m.IsZero() != (sign == 0) || m.IsNegative() != (sign < 0) || m.IsPositive() != (sign > 0) {
			t.Errorf("%q: sign %d, zero %t, negative %t, positive %t", text,
				m.Sign(), m.IsZero(), m.IsNegative(), m.IsPositive())
		}
	}
}

func TestMoneyOfNoKnownCurrencyHasNoText(t *testing.T) {
	for _, c := range []trade.Currency{{}, {'X', 'X', 'X'}, {0, 1, 255}} {
		m := trade.Minor(5, c)
		var invalid *trade.InvalidError
		if data, err := m.MarshalText(); !errors.As(err, &invalid) {
			t.Errorf("%q: %q, %v", c[:], data, err)
		}
		if _, err := m.Add(moneyOf(t, "1 USD")); !errors.Is(err, trade.ErrCurrencyMismatch) {
			t.Errorf("%q: added to dollars: %v", c[:], err)
		}
		if _, err := trade.ParseAmount("5", c); !errors.As(err, &invalid) || invalid.Field != "currency" {
			t.Errorf("%q: %v", c[:], err)
		}
		if _, err := trade.NewMoney(decimal.New(5, 0), c); !errors.As(err, &invalid) || invalid.Field != "currency" {
			t.Errorf("%q: %v", c[:], err)
		}
		if got, want := m.String(), strings.TrimSpace("5 "+c.String()); m.Amount() != "5" || got != want {
			t.Errorf("%q: amount %s, text %q, want %q", c[:], m.Amount(), got, want)
		}
	}
}

func TestMoneyJSON(t *testing.T) {
	type doc struct {
		Money trade.Money `json:"m"`
	}
	for text, want := range map[string]string{
		"": `{"m":""}`, "6000 USD": `{"m":"6000.00 USD"}`, "-500 JPY": `{"m":"-500 JPY"}`, "1.25 KWD": `{"m":"1.250 KWD"}`,
	} {
		in := doc{moneyOf(t, text)}
		data, err := json.Marshal(in)
		if err != nil || string(data) != want {
			t.Errorf("%q encodes as %s, %v; want %s", text, data, err, want)
		}
		out := doc{moneyOf(t, "1 EUR")}
		if err := json.Unmarshal(data, &out); err != nil || out != in {
			t.Errorf("%s decodes as %v, %v", data, out, err)
		}
	}
	for _, data := range []string{`{"m":1}`, `{"m":"1"}`, `{"m":"1.005 USD"}`} {
		out := doc{moneyOf(t, "1 EUR")}
		if err := json.Unmarshal([]byte(data), &out); err == nil || out.Money != moneyOf(t, "1 EUR") {
			t.Errorf("%s decodes as %v, %v", data, out, err)
		}
	}
}
