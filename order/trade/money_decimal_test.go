package trade_test

import (
	"errors"
	"math"
	"math/big"
	"runtime"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/trade"
)

func TestNewMoney(t *testing.T) {
	long := func(digits, exp int32) decimal.Decimal {
		return decimal.NewFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil), exp)
	}
	for _, test := range []struct {
		name   string
		amount decimal.Decimal
		code   string
		want   string // Empty where the amount is refused.
	}{
		{"zero value", decimal.Decimal{}, "USD", "0 USD"},
		{"cents", decimal.New(123450, -2), "USD", "1234.50 USD"},
		{"exponent above zero", decimal.New(5, 3), "USD", "5000 USD"},
		{"zeros beyond the cents", decimal.New(1500000, -6), "USD", "1.50 USD"},
		{"many zeros", long(70, -70), "USD", "1 USD"},
		{"yen", decimal.New(-500, 0), "JPY", "-500 JPY"},
		{"least", decimal.New(math.MinInt64, -2), "USD", "-92233720368547758.08 USD"},
		{"most", decimal.New(math.MaxInt64, -2), "USD", "92233720368547758.07 USD"},
		{"largest power", decimal.New(9, 18), "JPY", "9000000000000000000 JPY"},
		{"256 bits", long(77, -77), "USD", "1 USD"},
		{"more than 256 bits", long(78, -78), "USD", ""},
		{"zero of any exponent", decimal.New(0, math.MaxInt32), "USD", "0 USD"},
		{"a tenth of a cent", decimal.New(1, -3), "USD", ""},
		{"half a yen", decimal.New(5, -1), "JPY", ""},
		{"far below", decimal.New(1, math.MinInt32), "USD", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := trade.NewMoney(test.amount, currencyOf(t, test.code))
			var invalid *trade.InvalidError
			switch {
			case test.want == "":
				if !errors.As(err, &invalid) || invalid.Field != "amount" || errors.Is(err, trade.ErrOverflow) {
					t.Errorf("%v, %v; want it refused, and not as too large", got, err)
				}
			case err != nil || got != moneyOf(t, test.want):
				t.Errorf("%v, %v; want %s", got, err, test.want)
			}
		})
	}
}

func TestNewMoneyRefusesOverflow(t *testing.T) {
	for _, amount := range []decimal.Decimal{
		decimal.New(math.MaxInt64, 0), decimal.New(math.MinInt64, -1), decimal.New(1, 17), decimal.New(-1, 18),
		decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 63), -2), decimal.New(1, 1<<30), decimal.New(1, math.MaxInt32),
	} {
		m, err := trade.NewMoney(amount, currencyOf(t, "USD"))
		var invalid *trade.InvalidError
		if !errors.As(err, &invalid) || !errors.Is(err, trade.ErrOverflow) || m != (trade.Money{}) {
			t.Errorf("coefficient %v, exponent %d: %v, %v", amount.Coefficient(), amount.Exponent(), m, err)
		}
	}
}

func TestMulRound(t *testing.T) {
	for _, test := range []struct{ money, factor, want string }{
		{"2.50 USD", "4", "10 USD"},
		{"0.01 USD", "0.5", "0.01 USD"},
		{"0.01 USD", "0.49999999999999999999", "0 USD"},
		{"-0.01 USD", "0.5", "-0.01 USD"},
		{"0.01 USD", "-0.5", "-0.01 USD"},
		{"-0.01 USD", "-0.5", "0.01 USD"},
		{"-0.01 USD", "0.49", "0 USD"},
		{"0.03 USD", "0.5", "0.02 USD"},
		{"0.05 USD", "0.5", "0.03 USD"},
		{"10 USD", "0.333", "3.33 USD"},
		{"19.99 USD", "12.5", "249.88 USD"},
		{"100 JPY", "0.005", "1 JPY"},
		{"1 KWD", "0.0005", "0.001 KWD"},
		{"0 USD", "12", "0 USD"},
		{"7 USD", "0", "0 USD"},
		{"7 USD", "1e2", "700 USD"},
		{"92233720368547758.07 USD", "1.00", "92233720368547758.07 USD"},
		{"-92233720368547758.08 USD", "1", "-92233720368547758.08 USD"},
	} {
		got, err := moneyOf(t, test.money).MulRound(decimal.RequireFromString(test.factor))
		if err != nil || got != moneyOf(t, test.want) {
			t.Errorf("%s times %s = %v, %v; want %s", test.money, test.factor, got, err, test.want)
		}
	}
	long := decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 256), -78)
	var invalid *trade.InvalidError
	if got, err := moneyOf(t, "1 USD").MulRound(long); !errors.As(err, &invalid) || invalid.Field != "factor" {
		t.Errorf("a factor of 257 bits: %v, %v", got, err)
	}
	if got, err := moneyOf(t, "1 JPY").MulRound(decimal.New(9, 18)); err != nil || got != moneyOf(t, "9000000000000000000 JPY") {
		t.Errorf("the largest power: %v, %v", got, err)
	}
	if got, err := (trade.Money{}).MulRound(decimal.New(5, 0)); err != nil || got != (trade.Money{}) {
		t.Errorf("five times the zero Money = %v, %v", got, err)
	}
	for _, test := range []struct {
		money  string
		factor decimal.Decimal
	}{
		{"92233720368547758.07 USD", decimal.RequireFromString("1.00000000000000001")},
		{"-92233720368547758.08 USD", decimal.New(-1, 0)},
		{"0.01 USD", decimal.New(1, 19)},
		{"0.02 USD", decimal.New(5, 18)},
		{"0.01 USD", decimal.New(1, math.MaxInt32)},
	} {
		if got, err := moneyOf(t, test.money).MulRound(test.factor); !isMoneyError(err, "multiply", trade.ErrOverflow) {
			t.Errorf("%s times a factor of exponent %d = %v, %v", test.money, test.factor.Exponent(), got, err)
		}
	}
}

func TestMulRoundAgreesWithDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawnCurrency.Draw(t, "currency")
		m := trade.Minor(drawnUnits.Draw(t, "units"), c)
		factor := decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-40, 5).Draw(t, "exponent"))
		got, err := m.MulRound(factor)
		want, wantErr := trade.NewMoney(m.Decimal().Mul(factor).Round(int32(c.Exponent())), c)
		if got != want || (err == nil) != (wantErr == nil) || errors.Is(err, trade.ErrOverflow) != errors.Is(wantErr, trade.ErrOverflow) {
			t.Fatalf("%v times %v = %v, %v; decimal: %v, %v", m, factor, got, err, want, wantErr)
		}
	})
}

func TestHostileDecimalsCostLittle(t *testing.T) {
	million := decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 1<<23), 0)
	m := moneyOf(t, "0.01 USD")
	for name, d := range map[string]decimal.Decimal{
		"1e9999999":                decimal.New(1, 9_999_999),
		"1e-9999999":               decimal.New(1, -9_999_999),
		"1e(2^30)":                 decimal.New(1, 1<<30),
		"largest exponent":         decimal.New(math.MaxInt64, math.MaxInt32),
		"least exponent":           decimal.New(math.MinInt64, math.MinInt32),
		"a megabyte of digits":     million,
		"and a large exponent":     million.Shift(1 << 30),
		"and a small exponent":     million.Shift(-1 << 30),
		"256 bits, least exponent": decimal.NewFromBigInt(new(big.Int).Lsh(big.NewInt(1), 255), math.MinInt32),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if got, err := trade.NewMoney(d, m.Currency()); err == nil {
				t.Errorf("NewMoney = %v", got)
			}
			// A factor next to nothing is a good one: the product is zero.
			got, err := m.MulRound(d)
			if err == nil && (!got.IsZero() || d.Exponent() >= 0) {
				t.Errorf("MulRound = %v", got)
			}
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 4<<20 || took > 2*time.Second {
				t.Errorf("%d bytes in %v", spent, took)
			}
		})
	}
}
