// Package reservation keeps a number unique: a receiving account belongs to one order (A11), a
// declaration number to one entrustment (D43). Each number is a stream, and its first event names
// the owner for good.
//
// The command that needs the number reserves it in the same commit. For an owner who meets their
// own reservation there is nothing to do; anybody else is refused by the rule of the [Use]. See
// TestRule.
//
// # Stored format
//
// The streams are receiving_account-NUMBER and declaration-NUMBER, and the event is
//
//	reservation.reserved {"owner":"019342c8-5a00-7000-8000-000000000001"}
package reservation
