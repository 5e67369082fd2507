package trade_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/trade"
)

func TestParseMoneyTakes(t *testing.T) {
	for _, test := range []struct {
		in, text, amount string
		units            int64
	}{
		{"1234.50 USD", "1234.50 USD", "1234.50", 123450},
		{"6000 USD", "6000.00 USD", "6000.00", 600000},
		{"1.2 USD", "1.20 USD", "1.20", 120},
		{"0 USD", "0.00 USD", "0.00", 0},
		{"-0 USD", "0.00 USD", "0.00", 0},
		{"0.05 USD", "0.05 USD", "0.05", 5},
		{"-0.05 USD", "-0.05 USD", "-0.05", -5},
		{"1.5000 USD", "1.50 USD", "1.50", 150},
		{"500 JPY", "500 JPY", "500", 500},
		{"500.00 JPY", "500 JPY", "500", 500},
		{"1.25 KWD", "1.250 KWD", "1.250", 1250},
		{"0.001 KWD", "0.001 KWD", "0.001", 1},
		{"1.0305 UYW", "1.0305 UYW", "1.0305", 10305},
		{"92233720368547758.07 USD", "92233720368547758.07 USD", "92233720368547758.07", math.MaxInt64},
		{"-92233720368547758.08 USD", "-92233720368547758.08 USD", "-92233720368547758.08", math.MinInt64},
		{"-9223372036854775808 JPY", "-9223372036854775808 JPY", "-9223372036854775808", math.MinInt64},
		{"-922337203685477.5808 UYW", "-922337203685477.5808 UYW", "-922337203685477.5808", math.MinInt64},
		{"1." + strings.Repeat("0", 38) + " USD", "1.00 USD", "1.00", 100},
	} {
		m, err := trade.ParseMoney(test.in)
		if err != nil || m.MinorUnits() != test.units {
			t.Errorf("ParseMoney(%q) has %d units, %v; want %d", test.in, m.MinorUnits(), err, test.units)
			continue
		}
		if m.String() != test.text || m.Amount() != test.amount || m.Currency().String() != test.text[len(test.text)-3:] {
			t.Errorf("ParseMoney(%q) = %q, amount %q", test.in, m, m.Amount())
		}
		if got, err := m.AppendText([]byte("x")); err != nil || string(got) != "x"+test.text {
			t.Errorf("%q appends as %q, %v", test.in, got, err)
		}
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	for _, test := range []struct {
		in, field string
		cause     error
	}{
		{"", "money", nil}, {" ", "money", nil}, {"USD", "money", nil}, {"1", "money", nil},
		{"1USD", "money", nil}, {"1 USDX", "money", nil}, {"1\tUSD", "money", nil}, {"1 USD ", "money", nil},
		{"1 usd", "currency", nil}, {"1 XXX", "currency", nil}, {"1 BGN", "currency", nil}, {"1 US", "money", nil},
		{" USD", "amount", nil}, {"1  USD", "amount", nil}, {" 1 USD", "amount", nil},
		{"+1 USD", "amount", nil}, {"- USD", "amount", nil}, {"--1 USD", "amount", nil}, {"1- USD", "amount", nil},
		{".5 USD", "amount", nil}, {"5. USD", "amount", nil}, {". USD", "amount", nil}, {"-.5 USD", "amount", nil},
		{"1.2.3 USD", "amount", nil}, {"1,000 USD", "amount", nil}, {"1,5 USD", "amount", nil}, {"1_000 USD", "amount", nil},
		{"1e3 USD", "amount", nil}, {"1E3 USD", "amount", nil}, {"1e9999999 USD", "amount", nil}, {"0x10 USD", "amount", nil},
		{"NaN USD", "amount", nil}, {"Inf USD", "amount", nil}, {"１ USD", "amount", nil}, {"1\x00 USD", "amount", nil},
		{"007 USD", "amount", nil}, {"00 USD", "amount", nil}, {"-00.5 USD", "amount", nil},
		{"1.005 USD", "amount", nil}, {"0.5 JPY", "amount", nil}, {"1.0001 KWD", "amount", nil}, {"1.00005 UYW", "amount", nil},
		{"92233720368547758.08 USD", "amount", trade.ErrOverflow},
		{"-92233720368547758.09 USD", "amount", trade.ErrOverflow},
		{"9223372036854775808 JPY", "amount", trade.ErrOverflow},
		{"18446744073709551616 JPY", "amount", trade.ErrOverflow},
		{"184467440737095517 USD", "amount", trade.ErrOverflow},
		{strings.Repeat("9", 40) + " USD", "amount", trade.ErrOverflow},
		{strings.Repeat("9", 41) + " USD", "money", nil},
		{"1." + strings.Repeat("0", 38) + " USDX", "money", nil},
		{strings.Repeat("9", 1<<20) + " USD", "money", nil},
	} {
		m, err := trade.ParseMoney(test.in)
		var invalid *trade.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != test.field || m != (trade.Money{}) {
			t.Errorf("ParseMoney(%.60q) = %v, %v; want %s refused", test.in, m, err, test.field)
			continue
		}
		if overflow := errors.Is(err, trade.ErrOverflow); overflow != (test.cause != nil) {
			t.Errorf("ParseMoney(%.60q): %v; overflow %t", test.in, err, overflow)
		}
		if len(err.Error()) > 350 {
			t.Errorf("ParseMoney(%.60q): an error of %d bytes", test.in, len(err.Error()))
		}
		if test.in == "" {
			continue
		}
		before := trade.Minor(7, currencyOf(t, "EUR"))
		after := before
		if err := after.UnmarshalText([]byte(test.in)); !errors.As(err, &invalid) || after != before {
			t.Errorf("UnmarshalText(%.60q): %v, money %v", test.in, err, after)
		}
	}
}

func TestParseAmountBoundsItsInput(t *testing.T) {
	usd := currencyOf(t, "USD")
	for _, amount := range []string{"0." + strings.Repeat("0", 39), strings.Repeat("1", 1<<20)} {
		var invalid *trade.InvalidError
		if m, err := trade.ParseAmount(amount, usd); !errors.As(err, &invalid) || errors.Is(err, trade.ErrOverflow) {
			t.Errorf("ParseAmount(%.60q) = %v, %v", amount, m, err)
		}
	}
}

func TestMoneyTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := trade.Minor(drawnUnits.Draw(t, "units"), drawnCurrency.Draw(t, "currency"))
		text, err := m.MarshalText()
		if err != nil || string(text) != m.String() {
			t.Fatalf("%v encodes as %s, %v", m, text, err)
		}
		var back trade.Money
		if err := back.UnmarshalText(text); err != nil || back != m {
			t.Fatalf("%s decodes as %v, %v", text, back, err)
		}
		if back, err := trade.ParseAmount(m.Amount(), m.Currency()); err != nil || back != m {
			t.Fatalf("ParseAmount(%s) = %v, %v", m.Amount(), back, err)
		}
		if back, err := trade.NewMoney(m.Decimal(), m.Currency()); err != nil || back != m {
			t.Fatalf("NewMoney(%v) = %v, %v", m.Decimal(), back, err)
		}
		if want := m.Decimal().StringFixed(int32(m.Currency().Exponent())); m.Amount() != want {
			t.Fatalf("amount %s, decimal %s", m.Amount(), want)
		}
	})
}

func TestParseAmountAgreesWithNewMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawnCurrency.Draw(t, "currency")
		amount := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,6}0{0,4})?`).Draw(t, "amount")
		checkAgainstDecimal(t, amount, c)
	})
}

// checkAgainstDecimal compares the two ways from a plain text to Money.
func checkAgainstDecimal(tb rapid.TB, amount string, c trade.Currency) {
	exact, err := decimal.NewFromString(amount)
	if err != nil {
		tb.Fatalf("decimal refuses %q: %v", amount, err)
	}
	want, wantErr := trade.NewMoney(exact, c)
	got, err := trade.ParseAmount(amount, c)
	if got != want || (err == nil) != (wantErr == nil) || errors.Is(err, trade.ErrOverflow) != errors.Is(wantErr, trade.ErrOverflow) {
		tb.Fatalf("ParseAmount(%q, %s) = %v, %v; of the decimal %v, %v", amount, c, got, err, want, wantErr)
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{
		"", "1234.50 USD", "500 JPY", "1.250 KWD", "-0.0001 UYW", "6000 USD", "1.000 USD", "007 USD", "1e9999999 USD",
		"92233720368547758.07 USD", "-92233720368547758.08 USD", "18446744073709551616 JPY", "+1 USD", "1  USD", "1 usd",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		m, err := trade.ParseMoney(in)
		var read trade.Money
		if readErr := read.UnmarshalText([]byte(in)); in != "" && (read != m || (readErr == nil) != (err == nil)) {
			t.Fatalf("UnmarshalText(%q) = %v, %v; ParseMoney says %v, %v", in, read, readErr, m, err)
		}
		if err != nil {
			var invalid *trade.InvalidError
			if !errors.As(err, &invalid) || len(err.Error()) > 350 {
				t.Fatalf("ParseMoney(%q): %v", in, err)
			}
			return
		}
		back, err := trade.ParseMoney(m.String())
		if err != nil || back != m {
			t.Fatalf("%q became %v, then %v, %v", in, m, back, err)
		}
		checkAgainstDecimal(t, in[:len(in)-len(" USD")], m.Currency())
	})
}

func TestMoneyDoesNotAllocate(t *testing.T) {
	text, room := []byte("1234.50 USD"), make([]byte, 0, 64)
	m := moneyOf(t, "1234.50 USD")
	for name, work := range map[string]func(){
		"ParseMoney":    func() { m, _ = trade.ParseMoney("1234.50 USD") },
		"UnmarshalText": func() { _ = m.UnmarshalText(text) },
		"AppendText":    func() { room, _ = m.AppendText(room[:0]) },
		"Add":           func() { _, _ = m.Add(m) },
	} {
		if n := testing.AllocsPerRun(100, work); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkParseMoney(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := trade.ParseMoney("1234.50 USD"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyUnmarshalText(b *testing.B) {
	b.ReportAllocs()
	text := []byte("1234.50 USD")
	var m trade.Money
	for b.Loop() {
		if err := m.UnmarshalText(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseDecimal is what ParseMoney would cost by way of a decimal.
func BenchmarkParseDecimal(b *testing.B) {
	b.ReportAllocs()
	usd := currencyOf(b, "USD")
	for b.Loop() {
		d, err := decimal.NewFromString("1234.50")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := trade.NewMoney(d, usd); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyAppendText(b *testing.B) {
	b.ReportAllocs()
	m, room := moneyOf(b, "1234.50 USD"), make([]byte, 0, 64)
	for b.Loop() {
		var err error
		if room, err = m.AppendText(room[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyAdd(b *testing.B) {
	b.ReportAllocs()
	cent := moneyOf(b, "0.01 USD")
	var sum trade.Money
	for b.Loop() {
		var err error
		if sum, err = sum.Add(cent); err != nil {
			b.Fatal(err)
		}
	}
}
