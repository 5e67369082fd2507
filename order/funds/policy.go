package funds

import (
	"math/bits"
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Policy is the part of the rules that the platform sets for a merchant. What applied is recorded
// in the events, so that a later change does not rewrite history. Amounts are in the balance's
// currency or the zero Money.
type Policy struct {
	// HoldDays is how many days of 24 hours a credit waits before it is available: 0, 7, 15 or
	// another number up to 3,650 (B17; 0).
	HoldDays int
	// FeeRate is the fee of a withdrawal in basis points of the gross amount, from 0 to 10,000:
	// 10 are 0.1 % (B16, D58; 0).
	FeeRate int
	// FeeMin is the least fee of a withdrawal (D58; nothing).
	FeeMin trade.Money
	// FeeMax is the greatest fee of a withdrawal; nothing stands for no limit (D58; nothing).
	FeeMax trade.Money
	// MinWithdrawal is the least gross amount of a withdrawal (D57; nothing).
	MinWithdrawal trade.Money
	// Expected is how long after the request a withdrawal is expected to arrive. A later arrival
	// is as good (B11; 24 hours).
	Expected time.Duration
}

// DefaultPolicy returns the documented defaults.
func DefaultPolicy() Policy { return Policy{Expected: day} }

const (
	day = 24 * time.Hour

	maxHoldDays = 3650
	maxExpected = maxHoldDays * day
	basisPoints = 10_000
)

// Validate returns a *trade.InvalidError that names the first setting that is out of range or not
// in that currency, or nil. Decide validates every policy that it applies.
func (p *Policy) Validate(c trade.Currency) error {
	switch {
	case p.HoldDays < 0 || p.HoldDays > maxHoldDays:
		return trade.Invalid("policy.hold_days", "%d lies outside 0 to %d", p.HoldDays, maxHoldDays)
	case p.FeeRate < 0 || p.FeeRate > basisPoints:
		return trade.Invalid("policy.fee_rate", "%d lies outside 0 to %d basis points", p.FeeRate, basisPoints)
	case p.Expected < 0 || p.Expected > maxExpected:
		return trade.Invalid("policy.expected", "%s lies outside 0 to %s", p.Expected, maxExpected)
	}
	for _, limit := range [...]struct {
		field string
		money trade.Money
	}{
		{"policy.fee_min", p.FeeMin}, {"policy.fee_max", p.FeeMax}, {"policy.min_withdrawal", p.MinWithdrawal},
	} {
		switch {
		case limit.money.IsNegative():
			return trade.Invalid(limit.field, "must not be negative")
		case limit.money != trade.Money{} && limit.money.Currency() != c:
			return trade.Invalid(limit.field, "is not in %s", c)
		}
	}
	if p.FeeMax.IsPositive() && p.FeeMax.Less(p.FeeMin) {
		return trade.Invalid("policy.fee_max", "is less than the least fee")
	}
	return nil
}

// fee returns the fee of a withdrawal: the rate of the gross amount, rounded half up, and then
// kept between the least and the greatest fee. It may be as much as the gross amount or more.
func (p *Policy) fee(gross trade.Money) trade.Money {
	// The product does not fit an int64; the quotient does, because the rate is at most one.
	high, low := bits.Mul64(uint64(gross.MinorUnits()), uint64(p.FeeRate))
	low, carry := bits.Add64(low, basisPoints/2, 0)
	units, _ := bits.Div64(high+carry, low, basisPoints)
	fee := trade.Minor(int64(units), gross.Currency())
	if fee.Less(p.FeeMin) {
		fee = p.FeeMin
	}
	if p.FeeMax.IsPositive() && p.FeeMax.Less(fee) {
		fee = p.FeeMax
	}
	return fee
}
