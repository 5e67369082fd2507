package paylater

import (
	"time"

	"github.com/tradesurety/surety/order/trade"
)

// Policy is what a platform may set about pay-later orders. What applied to an order is recorded
// in its events, so that a later change does not rewrite history. A Policy must not be changed
// once it is in use.
type Policy struct {
	// ReceiveWithin is how long after shipment receipt is confirmed automatically (D46; 10 days).
	ReceiveWithin time.Duration
	// Extension is by how much the buyer may once postpone the automatic receipt (D46; 3 days).
	// Zero grants none.
	Extension time.Duration
	// PayWithin is how long after receipt payment is due (D46; one day).
	PayWithin time.Duration
	// ChargeRetries is how many more charges the system may request, each after the one before
	// has failed (D47; none).
	ChargeRetries int
	// Instalments allows payments of a part of what is due (D51; off).
	Instalments bool
	// FreezeAfterOverdue is how many overdue orders freeze the merchant's line (D53; 0, which is
	// never). This package only records it, in MarkedOverdue.
	FreezeAfterOverdue int
	// MaxAfterSales is how many after-sales cases an order may have; one that the merchant closed
	// within 72 hours does not count (D66; 3).
	MaxAfterSales int
	// MaxPause is by how much the cases of an order together put off what the system does about
	// its payment (D66; 30 days).
	MaxPause time.Duration
	// Currencies are those of orders, lines and received funds; others are refused (D60). None
	// stands for CNY.
	Currencies []trade.Currency
}

const (
	day = 24 * time.Hour

	// The largest settings: deadlines stay instants that can be stored.
	maxTerm    = 10 * 365 * day
	maxRetries = 100
	maxFreeze  = 1_000_000
	maxCases   = 1_000
)

// DefaultPolicy returns a new Policy with the documented defaults.
func DefaultPolicy() *Policy {
	return &Policy{ReceiveWithin: 10 * day, Extension: 3 * day, PayWithin: day, MaxAfterSales: 3, MaxPause: 30 * day}
}

var defaultPolicy = DefaultPolicy()

// Validate returns a *trade.InvalidError that names the first setting that is out of range, or nil.
func (p *Policy) Validate() error {
	switch {
	case p.ReceiveWithin <= 0 || p.ReceiveWithin > maxTerm:
		return trade.Invalid("policy.receive_within", "%s is not above zero or more than %s", p.ReceiveWithin, maxTerm)
	case p.Extension < 0 || p.Extension > maxTerm:
		return trade.Invalid("policy.extension", "%s lies outside 0 to %s", p.Extension, maxTerm)
	case p.PayWithin < 0 || p.PayWithin > maxTerm:
		return trade.Invalid("policy.pay_within", "%s lies outside 0 to %s", p.PayWithin, maxTerm)
	case p.ChargeRetries < 0 || p.ChargeRetries > maxRetries:
		return trade.Invalid("policy.charge_retries", "%d lies outside 0 to %d", p.ChargeRetries, maxRetries)
	case p.FreezeAfterOverdue < 0 || p.FreezeAfterOverdue > maxFreeze:
		return trade.Invalid("policy.freeze_after_overdue", "%d lies outside 0 to %d", p.FreezeAfterOverdue, maxFreeze)
	}
	switch {
	case p.MaxAfterSales < 0 || p.MaxAfterSales > maxCases:
		return trade.Invalid("policy.max_after_sales", "%d lies outside 0 to %d", p.MaxAfterSales, maxCases)
	case p.MaxPause < 0 || p.MaxPause > maxTerm:
		return trade.Invalid("policy.max_pause", "%s lies outside 0 to %s", p.MaxPause, maxTerm)
	}
	for _, c := range p.Currencies {
		if _, err := trade.ParseCurrency(c.String()); err != nil {
			return trade.Invalid("policy.currencies", "%s is not a currency", trade.Quoted(c.String()))
		}
	}
	return nil
}

// Facts is what a decision needs to know beside the order, the command and who issues it when.
type Facts struct {
	Policy *Policy // nil stands for the defaults
	// Line is the merchant's pay-later line in the currency of the amount; Place needs it.
	Line Line
	// PaidOn is the pay-later order that has the payment of the reference which Pay names, zero if none
	// has (D65); Pay needs it.
	PaidOn trade.ID
}

// Line is what an order needs to know of its merchant's pay-later line. The zero value is a line
// that was never opened.
type Line struct {
	Active bool
	Frozen bool
	Usable trade.Money // what a new order may still use; of the line's currency
	Email  trade.Email // the merchant's verified address; empty if it is not known
}

// rules returns the policy that applies.
func (f *Facts) rules() *Policy {
	if f.Policy == nil {
		return defaultPolicy
	}
	return f.Policy
}
