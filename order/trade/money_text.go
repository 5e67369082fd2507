package trade

import (
	"math"
	"strconv"
	"strings"
)

const (
	maxAmountText = 40
	maxMoneyText  = maxAmountText + len(" USD")
)

// ParseMoney returns the money of a text such as "1234.50 USD": an amount as
// ParseAmount accepts it, one space, and a currency code. Anything else is an
// *InvalidError.
func ParseMoney(s string) (Money, error) {
	if len(s) > maxMoneyText {
		return Money{}, Invalid("money", "%s is longer than %d bytes", Quoted(s), maxMoneyText)
	}
	space := len(s) - len(" USD")
	if space < 0 || s[space] != ' ' {
		return Money{}, Invalid("money", `%s is not of the form "1234.50 USD"`, Quoted(s))
	}
	return parseAmount(s[:space], unitOf(Currency([]byte(s[space+1:]))))
}

// ParseAmount returns an amount such as "1234.50" of the currency c. It accepts
// plain notation only: digits, optionally a point with digits on both sides of
// it, and a minus sign before a negative amount; no exponent, plus sign, space,
// separator or needless leading zero, and 40 bytes at most. An amount may have
// fewer fraction digits than its currency; more are refused, not rounded, unless
// they are zeros. The error is an *InvalidError, with ErrOverflow as its cause if
// the amount is too large.
func ParseAmount(amount string, c Currency) (Money, error) {
	return parseAmount(amount, unitOf(c))
}

func parseAmount(amount string, u unit) (Money, error) {
	if !u.known() {
		return Money{}, unknownCurrency(u.currency().String())
	}
	if len(amount) > maxAmountText {
		return Money{}, Invalid("amount", "%s is longer than %d bytes", Quoted(amount), maxAmountText)
	}
	digits, negative := strings.CutPrefix(amount, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !allDigits(whole) || point && !allDigits(fraction) {
		return Money{}, Invalid("amount", "%s is no plain decimal number", Quoted(amount))
	}
	if len(whole) > 1 && whole[0] == '0' {
		return Money{}, Invalid("amount", "%s begins with a needless zero", Quoted(amount))
	}
	exponent := u.exponent()
	if len(fraction) > exponent {
		if strings.TrimRight(fraction[exponent:], "0") != "" {
			return Money{}, tooFine(u)
		}
		fraction = fraction[:exponent]
	}
	units, fits := appendDigits(0, whole)
	if fits {
		units, fits = appendDigits(units, fraction)
	}
	if fits {
		units, fits = appendDigits(units, "0000"[:exponent-len(fraction)])
	}
	if !fits || units > math.MaxInt64 && !(negative && units == 1<<63) {
		return Money{}, Invalid("amount", "%s %s: %w", Quoted(amount), u.currency(), ErrOverflow)
	}
	if negative {
		units = -units
	}
	return Money{int64(units), u}, nil
}

func tooFine(u unit) *InvalidError {
	return Invalid("amount", "more than the %d fraction digits of %s", u.exponent(), u.currency())
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// appendDigits writes digits behind the number n, and reports whether the
// result stays near the range of Money: at most 2^63+9.
func appendDigits(n uint64, digits string) (uint64, bool) {
	for i := range len(digits) {
		if n > (1<<63)/10 {
			return 0, false
		}
		n = n*10 + uint64(digits[i]-'0')
	}
	return n, true
}

// Amount returns the amount of m without its currency, with exactly the
// currency's fraction digits: "1234.50". ParseAmount is the inverse.
func (m Money) Amount() string {
	var room [maxMoneyText]byte
	return string(m.appendAmount(room[:0]))
}

// String returns the canonical text of m, "1234.50 USD", or nothing for the
// zero Money. ParseMoney is the inverse for all but the zero Money.
func (m Money) String() string {
	var room [maxMoneyText]byte
	return string(m.appendCanonical(room[:0]))
}

// AppendText appends the canonical text of m, "1234.50 USD", or nothing for the
// zero Money. Money of a code that ParseCurrency does not know is an
// *InvalidError.
func (m Money) AppendText(b []byte) ([]byte, error) {
	if !m.unit.known() && m != (Money{}) {
		return b, unknownCurrency(m.unit.currency().String())
	}
	return m.appendCanonical(b), nil
}

// MarshalText returns what AppendText appends.
func (m Money) MarshalText() ([]byte, error) {
	return m.AppendText(make([]byte, 0, 32))
}

// UnmarshalText sets m to what ParseMoney returns for the text, or to the zero
// Money for an empty text. It is the inverse of MarshalText. After an error m
// is unchanged.
func (m *Money) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Money{}
		return nil
	}
	// One byte beyond the bound is enough to be refused for its length.
	parsed, err := ParseMoney(string(text[:min(len(text), maxMoneyText+1)]))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

func (m Money) appendCanonical(b []byte) []byte {
	if m == (Money{}) {
		return b
	}
	b = m.appendAmount(b)
	if c := m.unit.currency(); !c.IsZero() {
		b = append(b, ' ', c[0], c[1], c[2])
	}
	return b
}

func (m Money) appendAmount(b []byte) []byte {
	units, exponent := uint64(m.minor), m.unit.exponent()
	if m.minor < 0 {
		b = append(b, '-')
		units = -units
	}
	if exponent == 0 {
		return strconv.AppendUint(b, units, 10)
	}
	scale := powerOfTen(exponent)
	b = append(strconv.AppendUint(b, units/scale, 10), '.')
	for fraction := units % scale; exponent > 0; exponent-- {
		scale /= 10
		b = append(b, byte('0'+fraction/scale))
		fraction %= scale
	}
	return b
}

// powerOfTen returns 10^n for n up to 19.
func powerOfTen(n int) uint64 {
	power := uint64(1)
	for range n {
		power *= 10
	}
	return power
}
