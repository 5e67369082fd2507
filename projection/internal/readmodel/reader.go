package readmodel

import "github.com/tradesurety/surety/order"

// Invalid returns an *order.InvalidError.
func Invalid(field, reason string) error {
	return &order.InvalidError{Field: field, Reason: reason}
}

// CheckReader returns an *order.InvalidError unless the actor may ask for anything at all.
func CheckReader(by order.Actor) error {
	if err := by.Validate(); err != nil {
		return err
	}
	if by.Role == order.Desk {
		return Invalid("by.role", "nobody outside may act as the desk")
	}
	return nil
}

// Unbounded reports whether the actor sees what belongs to anybody.
func Unbounded(by order.Actor) bool { return by.Role == order.Platform || by.Role == order.System }

// Owns reports whether the actor may see what belongs to a seller or merchant: he himself may, and
// who is Unbounded. An actor who may ask for nothing, and an account that is malformed, which
// field names, are an *order.InvalidError.
func Owns(by order.Actor, field string, owner order.Account) (bool, error) {
	if err := CheckReader(by); err != nil {
		return false, err
	}
	if err := order.CheckID(field, string(owner)); err != nil {
		return false, err
	}
	return Unbounded(by) || by.Role == order.Seller && by.Account == owner, nil
}
