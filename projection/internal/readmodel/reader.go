package readmodel

import "github.com/tradesurety/surety/order/trade"

// Invalid returns a *trade.InvalidError.
func Invalid(field, reason string) error {
	return &trade.InvalidError{Field: field, Reason: reason}
}

// CheckReader returns a *trade.InvalidError unless the actor is well formed and not the desk.
func CheckReader(by trade.Actor) error {
	if err := by.Validate(); err != nil {
		return err
	}
	if by.Role == trade.Desk {
		return Invalid("actor.role", "nobody outside may act as the desk")
	}
	return nil
}

// Unbounded reports whether the actor sees the data of all parties.
func Unbounded(by trade.Actor) bool { return by.Role == trade.Platform || by.Role == trade.System }

// Owns reports whether the actor may see the data of a seller or merchant: the owner may, and an
// Unbounded actor. An actor that CheckReader refuses and a malformed owner, under the name field,
// are a *trade.InvalidError.
func Owns(by trade.Actor, field string, owner trade.Account) (bool, error) {
	if err := CheckReader(by); err != nil {
		return false, err
	}
	if err := trade.CheckID(field, string(owner)); err != nil {
		return false, err
	}
	return Unbounded(by) || by.Role == trade.Seller && by.Account == owner, nil
}
