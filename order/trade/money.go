package trade

import (
	"cmp"
	"errors"
)

// Money is an exact amount of one currency, kept as a whole number of the
// currency's minor units (cents). It may be negative. Money is comparable: two
// amounts of one currency are equal exactly if == is true.
//
// The zero Money has no currency. It is nothing of any currency: added to an
// amount it changes nothing, and it compares as that currency's zero, so a sum
// can start from it.
type Money struct {
	minor int64
	unit  unit
}

var (
	// ErrCurrencyMismatch is the cause of an error about two amounts of
	// different currencies.
	ErrCurrencyMismatch = errors.New("currencies differ")
	// ErrOverflow is the cause of an error about an amount that does not fit
	// Money, which holds up to 2^63-1 minor units.
	ErrOverflow = errors.New("amount out of range")
)

// MoneyError says that an operation on amounts is not possible. Err is
// ErrCurrencyMismatch or ErrOverflow.
type MoneyError struct {
	Op          string // Op is "add", "subtract", "compare" or "multiply".
	Left, Right Money  // Right is the zero Money for "multiply".
	Err         error
}

// Error names the operation, both amounts and the cause.
func (e *MoneyError) Error() string {
	text := e.Op + " " + e.Left.String()
	if e.Right != (Money{}) {
		text += " and " + e.Right.String()
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *MoneyError) Unwrap() error { return e.Err }

// Minor returns units minor units of c: Minor(5, USD) is five cents. c comes
// from ParseCurrency; money of any other code has no text form.
func Minor(units int64, c Currency) Money { return Money{units, unitOf(c)} }

// Add returns m + o. Amounts of two currencies and a sum out of range are a
// *MoneyError.
func (m Money) Add(o Money) (Money, error) {
	u, ok := common(m, o)
	if !ok {
		return Money{}, &MoneyError{"add", m, o, ErrCurrencyMismatch}
	}
	sum := m.minor + o.minor
	if (sum < m.minor) != (o.minor < 0) {
		return Money{}, &MoneyError{"add", m, o, ErrOverflow}
	}
	return Money{sum, u}, nil
}

// Sub returns m - o. Amounts of two currencies and a difference out of range
// are a *MoneyError.
func (m Money) Sub(o Money) (Money, error) {
	u, ok := common(m, o)
	if !ok {
		return Money{}, &MoneyError{"subtract", m, o, ErrCurrencyMismatch}
	}
	difference := m.minor - o.minor
	if (difference > m.minor) != (o.minor < 0) {
		return Money{}, &MoneyError{"subtract", m, o, ErrOverflow}
	}
	return Money{difference, u}, nil
}

// Cmp returns -1 if m is less than o, 0 if they are equal, and 1 if m is
// greater. Amounts of two currencies are a *MoneyError.
func (m Money) Cmp(o Money) (int, error) {
	if _, ok := common(m, o); !ok {
		return 0, &MoneyError{"compare", m, o, ErrCurrencyMismatch}
	}
	return cmp.Compare(m.minor, o.minor), nil
}

// Min returns the smaller of m and o, in their common currency. Amounts of two
// currencies are a *MoneyError.
func (m Money) Min(o Money) (Money, error) {
	u, ok := common(m, o)
	if !ok {
		return Money{}, &MoneyError{"compare", m, o, ErrCurrencyMismatch}
	}
	return Money{min(m.minor, o.minor), u}, nil
}

// Less reports whether m is less than o. It is false for amounts of two
// currencies; use Cmp if the currencies were not compared before.
func (m Money) Less(o Money) bool {
	_, ok := common(m, o)
	return ok && m.minor < o.minor
}

// AtMost reports whether m is less than o or equal to it. It is false for
// amounts of two currencies; use Cmp if the currencies were not compared before.
func (m Money) AtMost(o Money) bool {
	_, ok := common(m, o)
	return ok && m.minor <= o.minor
}

// common returns the unit of two amounts and true, or false if they differ in it.
func common(m, o Money) (unit, bool) {
	if m.unit == o.unit || o == (Money{}) {
		return m.unit, true
	}
	return o.unit, m == Money{}
}

// Sign returns -1, 0 or 1 as m is negative, zero or positive.
func (m Money) Sign() int { return cmp.Compare(m.minor, 0) }

// IsZero reports whether m is nothing, of any currency.
func (m Money) IsZero() bool { return m.minor == 0 }

// IsNegative reports whether m is below zero.
func (m Money) IsNegative() bool { return m.minor < 0 }

// IsPositive reports whether m is above zero.
func (m Money) IsPositive() bool { return m.minor > 0 }

// Currency returns the currency of m: the zero Currency for the zero Money.
func (m Money) Currency() Currency { return m.unit.currency() }

// MinorUnits returns m in minor units: 123450 for "1234.50 USD".
func (m Money) MinorUnits() int64 { return m.minor }

// AddUnchecked returns m + o for two amounts that are known to be of one currency and to have a
// sum in range; without a currency m takes that of o. A sum out of range wraps around: use Add
// unless both are known.
func (m Money) AddUnchecked(o Money) Money {
	if m.unit == (Money{}).unit {
		m.unit = o.unit
	}
	m.minor += o.minor
	return m
}

// SubUnchecked returns m - o under the conditions of AddUnchecked.
func (m Money) SubUnchecked(o Money) Money {
	o.minor = -o.minor
	return m.AddUnchecked(o)
}

// CheckMoney returns an *InvalidError unless the amount is the zero Money or one of a currency
// that ParseCurrency knows.
func CheckMoney(field string, m Money) error {
	if m != (Money{}) && !m.unit.known() {
		return Invalid(field, "%s is not an ISO 4217 currency code", Quoted(m.Currency().String()))
	}
	return nil
}
