package readmodel

import (
	"github.com/tradesurety/surety/order/trade"
)

// Invalid returns an *trade.InvalidError.
func Invalid(field, reason string) error {
	return &trade.InvalidError{Field: field, Reason: reason}
}

// CheckReader returns an *trade.InvalidError unless the actor may ask for anything at all.
func CheckReader(by trade.Actor) error {
	if err := by.Validate(); err != nil {
		return err
	}
	if by.Role == trade.Desk {
		return Invalid("by.role", "nobody outside may act as the desk")
	}
	return nil
}

// Unbounded reports whether the actor sees what belongs to anybody.
func Unbounded(by trade.Actor) bool { return by.Role == trade.Platform || by.Role == trade.System }

// Owns reports whether the actor may see what belongs to a seller or merchant: he himself may, and
// who is Unbounded. An actor who may ask for nothing, and an account that is malformed, which
// field names, are an *trade.InvalidError.
func Owns(by trade.Actor, field string, owner trade.Account) (bool, error) {
	if err := CheckReader(by); err != nil {
		return false, err
	}
	if err := trade.CheckID(field, string(owner)); err != nil {
		return false, err
	}
	return Unbounded(by) || by.Role == trade.Seller && by.Account == owner, nil
}
