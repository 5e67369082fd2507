package trade

import (
	"math/big"

	"github.com/shopspring/decimal"
)

const (
	// maxCoefficientBits and maxCoefficientDigits bound the work on a decimal,
	// which may have a megabyte of digits.
	maxCoefficientBits   = 256
	maxCoefficientDigits = 78

	// maxUnitsDigits is the length of the largest Money in minor units.
	maxUnitsDigits = 19
)

// NewMoney returns an amount of the currency c. An amount with more fraction
// digits than the currency has is refused, not rounded, unless they are zeros.
// The error is an *InvalidError, with ErrOverflow as its cause if the amount is
// too large. The time is bounded for any exponent of amount; a coefficient of
// more than 256 bits is refused.
func NewMoney(amount decimal.Decimal, c Currency) (Money, error) {
	u := unitOf(c)
	if !u.known() {
		return Money{}, unknownCurrency(c.String())
	}
	if amount.IsZero() {
		return Money{0, u}, nil
	}
	units := amount.Coefficient()
	if units.BitLen() > maxCoefficientBits {
		return Money{}, Invalid("amount", "more than %d bits of digits", maxCoefficientBits)
	}
	// int64 because the exponent may be the least or the largest int32.
	switch shift := int64(amount.Exponent()) + int64(u.exponent()); {
	case shift >= maxUnitsDigits:
		return Money{}, Invalid("amount", "%w", ErrOverflow)
	case shift >= 0:
		units.Mul(units, bigPowerOfTen(shift))
	case shift < -maxCoefficientDigits:
		return Money{}, tooFine(u)
	default:
		var rest big.Int
		if units.QuoRem(units, bigPowerOfTen(-shift), &rest); rest.Sign() != 0 {
			return Money{}, tooFine(u)
		}
	}
	if !units.IsInt64() {
		return Money{}, Invalid("amount", "%w", ErrOverflow)
	}
	return Money{units.Int64(), u}, nil
}

// MulRound returns m times factor, rounded to whole minor units; a half is
// rounded away from zero. A product out of range is a *MoneyError. A factor
// with a coefficient of more than 256 bits is an *InvalidError; the time is
// bounded for any exponent.
func (m Money) MulRound(factor decimal.Decimal) (Money, error) {
	if m.minor == 0 || factor.IsZero() {
		return Money{0, m.unit}, nil
	}
	product := factor.Coefficient()
	if product.BitLen() > maxCoefficientBits {
		return Money{}, Invalid("factor", "more than %d bits of digits", maxCoefficientBits)
	}
	product.Mul(product, big.NewInt(m.minor))
	switch shift := int64(factor.Exponent()); {
	case shift >= maxUnitsDigits:
		return Money{}, &MoneyError{"multiply", m, Money{}, ErrOverflow}
	case shift >= 0:
		product.Mul(product, bigPowerOfTen(shift))
	case shift < -(maxCoefficientDigits + maxUnitsDigits):
		// The product has fewer digits than are cut off: it is below a tenth.
		return Money{0, m.unit}, nil
	default:
		product = roundedQuotient(product, bigPowerOfTen(-shift))
	}
	if !product.IsInt64() {
		return Money{}, &MoneyError{"multiply", m, Money{}, ErrOverflow}
	}
	return Money{product.Int64(), m.unit}, nil
}

// Decimal returns the amount of m as a decimal. NewMoney is the inverse.
func (m Money) Decimal() decimal.Decimal {
	return decimal.New(m.minor, -int32(m.unit.exponent()))
}

// roundedQuotient returns n / d for a positive d, a half rounded away from
// zero. It overwrites n.
func roundedQuotient(n, d *big.Int) *big.Int {
	sign := int64(n.Sign())
	var rest big.Int
	n.QuoRem(n, d, &rest)
	if rest.Lsh(&rest, 1).CmpAbs(d) >= 0 {
		n.Add(n, big.NewInt(sign))
	}
	return n
}

func bigPowerOfTen(n int64) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
}
