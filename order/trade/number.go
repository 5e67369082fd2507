package trade

import (
	"cmp"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	numberDigits = 6
	numberScale  = 1_000_000
)

// Number is an exact decimal with at most six fraction digits: a quantity, a
// weight or a unit price, of up to about 9.2e12 either way. Number is comparable:
// two numbers are equal exactly if == is true. The zero value is 0.
type Number struct{ micro int64 }

// ParseNumber returns the number of a text such as "12.5". It accepts plain
// notation only: digits, optionally a point with digits on both sides of it, and
// a minus sign before a negative number; no exponent, plus sign, space, separator
// or needless leading zero, and 40 bytes at most. More than six fraction digits
// are refused, not rounded, unless they are zeros. The error is an *InvalidError,
// with ErrOverflow as its cause if the number is too large.
func ParseNumber(s string) (Number, error) {
	if len(s) > maxAmountText {
		return Number{}, Invalid("number", "%s is longer than %d bytes", Quoted(s), maxAmountText)
	}
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !allDigits(whole) || point && !allDigits(fraction) {
		return Number{}, Invalid("number", "%s is no plain decimal number", Quoted(s))
	}
	if len(whole) > 1 && whole[0] == '0' {
		return Number{}, Invalid("number", "%s begins with a needless zero", Quoted(s))
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > numberDigits {
		return Number{}, Invalid("number", "%s has more than %d fraction digits", Quoted(s), numberDigits)
	}
	micro, fits := appendDigits(0, whole)
	if fits {
		micro, fits = appendDigits(micro, fraction)
	}
	if fits {
		micro, fits = appendDigits(micro, "000000"[len(fraction):])
	}
	value, inRange := signed(micro, negative)
	if !fits || !inRange {
		return Number{}, Invalid("number", "%s: %w", Quoted(s), ErrOverflow)
	}
	return Number{value}, nil
}

// String returns the canonical text of n: plain notation without trailing
// zeros, such as "12.5". ParseNumber is the inverse.
func (n Number) String() string {
	var room [24]byte
	return string(n.append(room[:0]))
}

// AppendText appends the canonical text of n. It never fails.
func (n Number) AppendText(b []byte) ([]byte, error) { return n.append(b), nil }

// MarshalText returns the canonical text of n. It never fails.
func (n Number) MarshalText() ([]byte, error) { return n.append(make([]byte, 0, 24)), nil }

// UnmarshalText sets n to what ParseNumber returns for the text; an empty text is
// refused. It is the inverse of MarshalText. After an error n is unchanged.
func (n *Number) UnmarshalText(text []byte) error {
	// One byte beyond the bound is enough to be refused for its length.
	parsed, err := ParseNumber(string(text[:min(len(text), maxAmountText+1)]))
	if err != nil {
		return err
	}
	*n = parsed
	return nil
}

func (n Number) append(b []byte) []byte {
	if n.micro < 0 {
		b = append(b, '-')
	}
	micro := magnitude(n.micro)
	b = strconv.AppendUint(b, micro/numberScale, 10)
	fraction := micro % numberScale
	if fraction == 0 {
		return b
	}
	b = append(b, '.')
	for unit := uint64(numberScale / 10); fraction > 0; unit /= 10 {
		b = append(b, byte('0'+fraction/unit))
		fraction %= unit
	}
	return b
}

// Decimal returns n as a decimal of the same value.
func (n Number) Decimal() decimal.Decimal { return decimal.New(n.micro, -numberDigits) }

// Cmp returns -1 if n is less than o, 0 if they are equal, and 1 if n is
// greater.
func (n Number) Cmp(o Number) int { return cmp.Compare(n.micro, o.micro) }

// IsZero reports whether n is 0.
func (n Number) IsZero() bool { return n.micro == 0 }

// IsPositive reports whether n is above 0.
func (n Number) IsPositive() bool { return n.micro > 0 }

// IsNegative reports whether n is below 0.
func (n Number) IsNegative() bool { return n.micro < 0 }

// Add returns n + o. A sum out of range is an *InvalidError with ErrOverflow as
// its cause.
func (n Number) Add(o Number) (Number, error) {
	sum := n.micro + o.micro
	if (sum < n.micro) != (o.micro < 0) {
		return Number{}, Invalid("number", "%s + %s: %w", n, o, ErrOverflow)
	}
	return Number{sum}, nil
}

// Times returns the cost of n units at that price each, rounded to whole minor
// units of the currency; a half is rounded away from zero, as by Money.MulRound.
// A currency that ParseCurrency does not know and an amount out of range are an
// *InvalidError, the latter with ErrOverflow as its cause.
func (n Number) Times(price Number, c Currency) (Money, error) {
	exponent, ok := exponentOf(string(c[:]))
	if !ok {
		return Money{}, Invalid("currency", "%s is not an ISO 4217 currency code", Quoted(c.String()))
	}
	// The product counts in units of 1e-12, of which a minor unit has scale.
	high, low := bits.Mul64(magnitude(n.micro), magnitude(price.micro))
	scale := powerOfTen(2*numberDigits - exponent)
	if high < scale {
		units, rest := bits.Div64(high, low, scale)
		if 2*rest >= scale && units < math.MaxUint64 {
			units++
		}
		if value, ok := signed(units, (n.micro < 0) != (price.micro < 0)); ok {
			return Minor(value, c), nil
		}
	}
	return Money{}, Invalid("amount", "%s x %s %s: %w", n, price, c, ErrOverflow)
}

// magnitude returns v without its sign; that of the least int64 fits too.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// signed returns the magnitude with its sign, and whether that fits.
func signed(magnitude uint64, negative bool) (int64, bool) {
	if negative {
		return -int64(magnitude), magnitude <= 1<<63
	}
	return int64(magnitude), magnitude <= math.MaxInt64
}
