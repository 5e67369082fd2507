package audit

import "math"

// currency is a code of ISO 4217.
type currency [3]byte

func (c currency) String() string { return string(c[:]) }

// amount is a sum of money in whole minor units.
type amount = int64

// money returns an amount of the data, which must be in that currency, or 0 if there is none.
func (a *Auditor) money(key string, c currency) amount {
	units, of := a.anyMoney(key)
	if of != c && of != (currency{}) {
		a.failf("I32", "%s is in %s, not in %s", key, of, c)
	}
	return units
}

// anyMoney returns an amount of the data and its currency.
func (a *Auditor) anyMoney(key string) (amount, currency) {
	text := a.text(key)
	if text == nil {
		return 0, currency{}
	}
	units, digits, c, ok := parseMoney(text)
	if !ok {
		a.failf("I32", "%s is not an amount: %s", key, text)
		return 0, c
	}
	if known, seen := a.digits[c]; !seen {
		a.digits[c] = digits
	} else if known != digits {
		a.failf("I32", "%s has %d digits after the point, amounts of %s have %d: %s", key, digits, c, known, text)
	}
	return units, c
}

// parseMoney reads an amount such as "1234.50 USD". It accepts only the form in which the log has an amount: no leading
// zeros, no negative zero, and a currency of three capital letters.
func parseMoney(text []byte) (units amount, digits int, c currency, ok bool) {
	n := len(text) - len(" USD")
	if n < 1 || text[n] != ' ' {
		return 0, 0, c, false
	}
	copy(c[:], text[n+1:])
	for _, ch := range c {
		if ch < 'A' || ch > 'Z' {
			return 0, 0, c, false
		}
	}
	number, negative := text[:n], text[0] == '-'
	if negative {
		number = number[1:]
	}
	point := -1
	for i, ch := range number {
		switch {
		case ch == '.' && point < 0 && i > 0:
			point = i
		case '0' <= ch && ch <= '9' && units <= (math.MaxInt64-int64(ch-'0'))/10:
			units = units*10 + int64(ch-'0')
		default:
			return 0, 0, c, false
		}
	}
	if point >= 0 {
		digits = len(number) - point - 1
	}
	whole := number[:len(number)-digits] // with the point, if there is one
	if len(number) == 0 || point == len(number)-1 || len(whole) > 1 && whole[0] == '0' && whole[1] != '.' || negative && units == 0 {
		return 0, 0, c, false
	}
	if negative {
		units = -units
	}
	return units, digits, c, true
}

// add returns the sum of two amounts. An overflow is a violation.
func (a *Auditor) add(x, y amount) amount {
	sum := x + y
	if (sum > x) != (y > 0) && y != 0 {
		a.failf("I32", "the sum of %d and %d overflows", x, y)
	}
	return sum
}
