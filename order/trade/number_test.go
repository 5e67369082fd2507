package trade

import (
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func numberOf(t *testing.T, s string) Number {
	t.Helper()
	n, err := ParseNumber(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParseNumber(t *testing.T) {
	for s, want := range map[string]struct {
		micro int64
		text  string
	}{
		"0":                     {0, "0"},
		"-0":                    {0, "0"},
		"0.000000":              {0, "0"},
		"1":                     {1e6, "1"},
		"12.5":                  {12_500_000, "12.5"},
		"12.50":                 {12_500_000, "12.5"},
		"-12.5":                 {-12_500_000, "-12.5"},
		"100":                   {1e8, "100"},
		"0.1":                   {100_000, "0.1"},
		"0.000001":              {1, "0.000001"},
		"-0.000001":             {-1, "-0.000001"},
		"0.101010":              {101_010, "0.10101"},
		"1.000001000":           {1_000_001, "1.000001"},
		"9223372036854.775807":  {math.MaxInt64, "9223372036854.775807"},
		"-9223372036854.775808": {math.MinInt64, "-9223372036854.775808"},
	} {
		n, err := ParseNumber(s)
		if err != nil || n.micro != want.micro || n.String() != want.text {
			t.Errorf("ParseNumber(%q) = %d %q, %v; want %d %q", s, n.micro, n, err, want.micro, want.text)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	for _, s := range []string{
		"", "-", ".", "-.", ".5", "5.", "-.5", "+1", "--1", "1-", " 1", "1 ", "1 000", "1,000", "1_000", "01", "00", "-01", "00.5",
		"1e3", "1E3", "0x10", "NaN", "Inf", "1.2.3", "1/2", "½", "１", "٣", "1\x00", "\xff", "0.0000001", "1.1234567",
		strings.Repeat("0", 41), "1." + strings.Repeat("0", 39), strings.Repeat("9", 1<<20), "0." + strings.Repeat("1", 1<<20),
	} {
		before := numberOf(t, "7")
		n, err := ParseNumber(s)
		var bad *InvalidError
		if !errors.As(err, &bad) || bad.Field != "number" || n != (Number{}) {
			t.Errorf("ParseNumber(%.20q) = %v, %v", s, n, err)
			continue
		}
		if errors.Is(err, ErrOverflow) {
			t.Errorf("ParseNumber(%.20q) fails for its size: %v", s, err)
		}
		if len(err.Error()) > 350 {
			t.Errorf("the error about %.20q has %d bytes", s, len(err.Error()))
		}
		if after := before; after.UnmarshalText([]byte(s)) == nil || after != before {
			t.Errorf("UnmarshalText(%.20q) set %v", s, after)
		}
	}
}

func TestParseNumberRefusesWhatIsTooLarge(t *testing.T) {
	for _, s := range []string{
		"9223372036854.775808", "-9223372036854.775809", "9223372036855", "18446744073709.551616",
		"18446744073710.551616", strings.Repeat("9", 40), "-" + strings.Repeat("9", 39), "1" + strings.Repeat("0", 39),
	} {
		if n, err := ParseNumber(s); !errors.Is(err, ErrOverflow) || n != (Number{}) {
			t.Errorf("ParseNumber(%q) = %v, %v", s, n, err)
		}
	}
}

// A refusal must not cost what the length of the input would: a copy of this one
// would show in the bytes that were allocated.
func TestHostileNumbersCostLittle(t *testing.T) {
	huge := strings.Repeat("1", 1<<20)
	text := []byte(huge)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const times = 100
	for range times {
		var n Number
		if n.UnmarshalText(text) == nil {
			t.Fatal("a megabyte of digits was unmarshalled")
		}
		if _, err := ParseNumber(huge); err == nil {
			t.Fatal("a megabyte of digits was parsed")
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / times; each > 16<<10 {
		t.Errorf("two refusals allocate %d bytes", each)
	}
}

func TestNumberOrder(t *testing.T) {
	sorted := []string{"-9223372036854.775808", "-1", "-0.000001", "0", "0.000001", "0.1", "1", "9223372036854.775807"}
	for i, left := range sorted {
		n := numberOf(t, left)
		if n.IsNegative() != (i < 3) || n.IsZero() != (i == 3) || n.IsPositive() != (i > 3) {
			t.Errorf("%s: negative %t, zero %t, positive %t", left, n.IsNegative(), n.IsZero(), n.IsPositive())
		}
		for j, right := range sorted {
			want := 0
			if i != j {
				want = 1
			}
			if i < j {
				want = -1
			}
			if got := n.Cmp(numberOf(t, right)); got != want {
				t.Errorf("%s Cmp %s = %d, want %d", left, right, got, want)
			}
		}
	}
}

func TestNumberTimes(t *testing.T) {
	for _, c := range []struct{ n, price, currency, want string }{
		{"2", "3", "USD", "6.00 USD"},
		{"12.5", "0.333333", "USD", "4.17 USD"},
		{"1", "0.005", "USD", "0.01 USD"},
		{"1", "0.004999", "USD", "0.00 USD"},
		{"0.1", "0.05", "USD", "0.01 USD"},
		{"-1", "0.005", "USD", "-0.01 USD"},
		{"-1", "-0.005", "USD", "0.01 USD"},
		{"1", "-0.004999", "USD", "0.00 USD"},
		{"3", "0.5", "JPY", "2 JPY"},
		{"1", "0.499999", "JPY", "0 JPY"},
		{"1.5", "0.001", "KWD", "0.002 KWD"},
		{"0.000001", "0.000001", "UYW", "0.0000 UYW"},
		{"0.5", "0.0001", "UYW", "0.0001 UYW"},
		{"0", "9223372036854.775807", "USD", "0.00 USD"},
		{"9223372036854.775807", "10000", "USD", "92233720368547758.07 USD"},
		{"-9223372036854.775808", "10000", "USD", "-92233720368547758.08 USD"},
	} {
		currency, err := ParseCurrency(c.currency)
		if err != nil {
			t.Fatal(err)
		}
		left, right := numberOf(t, c.n), numberOf(t, c.price)
		for range 2 {
			got, err := left.Times(right, currency)
			if err != nil || got.String() != c.want {
				t.Errorf("%s x %s %s = %v, %v; want %s", left, right, c.currency, got, err, c.want)
			}
			left, right = right, left
		}
	}
}

func TestNumberTimesRefuses(t *testing.T) {
	usd := Currency([]byte("USD"))
	for _, c := range []struct{ n, price string }{
		{"9223372036854.775807", "10000.000001"},
		{"-9223372036854.775808", "-10000"},
		{"9223372036854.775807", "9223372036854.775807"},
		{"-9223372036854.775808", "-9223372036854.775808"},
		{"9223372036854.775807", "-9223372036854.775808"},
		// 2^64 minor units, and so little less that rounding carries to it.
		{"429496729.6", "429496729.6"},
		{"429496729.599999", "429496729.600001"},
	} {
		got, err := numberOf(t, c.n).Times(numberOf(t, c.price), usd)
		var bad *InvalidError
		if !errors.As(err, &bad) || bad.Field != "amount" || !errors.Is(err, ErrOverflow) || got != (Money{}) {
			t.Errorf("%s x %s = %v, %v", c.n, c.price, got, err)
		}
	}
	for _, c := range []Currency{{}, Currency([]byte("XXX")), {0xff, 0, 1}} {
		var bad *InvalidError
		if _, err := numberOf(t, "1").Times(numberOf(t, "1"), c); !errors.As(err, &bad) || bad.Field != "currency" {
			t.Errorf("the currency %q gives %v", c, err)
		}
	}
}

func TestNumberAddRefusesOverflow(t *testing.T) {
	greatest, least := Number{math.MaxInt64}, Number{math.MinInt64}
	for _, c := range [][2]Number{{greatest, {1}}, {least, {-1}}, {greatest, greatest}, {least, least}} {
		var bad *InvalidError
		if sum, err := c[0].Add(c[1]); !errors.As(err, &bad) || !errors.Is(err, ErrOverflow) || sum != (Number{}) {
			t.Errorf("%v + %v = %v, %v", c[0], c[1], sum, err)
		}
	}
	if sum, err := greatest.Add(least); err != nil || sum != (Number{-1}) {
		t.Errorf("the greatest and the least give %v, %v", sum, err)
	}
}

func anyNumber() *rapid.Generator[Number] {
	return rapid.Custom(func(t *rapid.T) Number {
		if rapid.Bool().Draw(t, "small") {
			return Number{rapid.Int64Range(-2e9, 2e9).Draw(t, "micro")}
		}
		return Number{rapid.Int64().Draw(t, "micro")}
	})
}

func TestNumberAgreesWithDecimal(t *testing.T) {
	currencies := []string{"USD", "JPY", "KWD", "UYW"}
	inRange := func(d decimal.Decimal) bool { return d.Shift(numberDigits).BigInt().IsInt64() }
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber().Draw(t, "a"), anyNumber().Draw(t, "b")
		if a.String() != a.Decimal().String() {
			t.Fatalf("%s is %s as a decimal", a, a.Decimal())
		}
		if a.Cmp(b) != a.Decimal().Cmp(b.Decimal()) || (a == b) != a.Decimal().Equal(b.Decimal()) {
			t.Fatalf("%s and %s compare as %d", a, b, a.Cmp(b))
		}
		want := a.Decimal().Add(b.Decimal())
		if sum, err := a.Add(b); (err == nil) != inRange(want) || err == nil && !sum.Decimal().Equal(want) {
			t.Fatalf("%s + %s = %s, %v; want %s", a, b, sum, err, want)
		}
		c := Currency([]byte(rapid.SampledFrom(currencies).Draw(t, "currency")))
		want = a.Decimal().Mul(b.Decimal()).Round(int32(c.Exponent()))
		fits := want.Shift(int32(c.Exponent())).BigInt().IsInt64()
		if cost, err := a.Times(b, c); (err == nil) != fits || err == nil && !cost.Decimal().Equal(want) {
			t.Fatalf("%s x %s = %s, %v; want %s", a, b, cost, err, want)
		}
	})
}

func TestNumberTextIsReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNumber().Draw(t, "n")
		text, err := n.MarshalText()
		var back Number
		if err != nil || string(text) != n.String() || back.UnmarshalText(text) != nil || back != n {
			t.Fatalf("%v became %s, %v, and %v", n, text, err, back)
		}
	})
}

func TestNumberAppendsItsText(t *testing.T) {
	if b, err := numberOf(t, "-1.5").AppendText([]byte("x")); err != nil || string(b) != "x-1.5" {
		t.Errorf("appended to %q, %v", b, err)
	}
	b, err := json.Marshal(map[string]Number{"quantity": numberOf(t, "12.50")})
	if err != nil || string(b) != `{"quantity":"12.5"}` {
		t.Errorf("JSON is %s, %v", b, err)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{
		"", "0", "-0", "1", "12.5", "12.50", "-12.5", ".5", "5.", "01", "+1", "1e9", "0.000001", "0.0000001", "1,000", "１", "\xff",
		"9223372036854.775807", "-9223372036854.775808", "9223372036854.775808", strings.Repeat("9", 41),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			var bad *InvalidError
			if !errors.As(err, &bad) || n != (Number{}) {
				t.Fatalf("ParseNumber(%q) = %v, %v", s, n, err)
			}
			return
		}
		want, err := decimal.NewFromString(s)
		if err != nil || !n.Decimal().Equal(want) {
			t.Fatalf("ParseNumber(%q) = %s, decimal %s, %v", s, n, want, err)
		}
		if back, err := ParseNumber(n.String()); err != nil || back != n {
			t.Fatalf("%s, read from %q, is read back as %s, %v", n, s, back, err)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseNumber("12345.678"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNumberTimes(b *testing.B) {
	n, price, c := Number{12_500_000}, Number{333_333}, Currency([]byte("USD"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Times(price, c); err != nil {
			b.Fatal(err)
		}
	}
}
