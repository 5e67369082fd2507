// Package credit is the credit line of a seller in one currency, the Trade Assurance Limit
// (信保额度): how the platform assesses it, and how covered orders occupy it in two phases.
//
// # Two phases
//
// A covered order first holds a part of the line. The hold is then resolved exactly once: it is
// released, and the part is free again, or the platform claims on it to compensate the buyer.
// A claim posts what was paid as consumed and releases the rest in the same step; what the
// seller repays is free again. Adjusting a hold changes its size and does not resolve it.
//
// A line is of constant size: it keeps sums and a count. What one order holds, and how its hold
// ended, is told by that order's own stream, written in the same commit, and handed to
// [Decide] as [Facts]. That a hold is resolved once is checked there.
//
// # Who may do what
//
// The platform assesses, suspends and resumes a line and records repayments. All that holds and
// resolves is done by the desk, as the counterpart of what a command does to an order. A
// suspended line and one whose limit was cut take no new holds; the ones they have go on.
//
// # How to read it
//
// [Line] is the folded state. lifecycle.go has the two tables: which event leads from which
// phase to which, and who may ask for which command. assess.go, hold.go and claim.go are the
// chapters: a command with its rules, then the event that comes of it.
//
// [Decide] and [Evolve] are pure. See TestRule for the rules, TestMatrix for who may do what,
// and TestLineAgainstAuditor for the sums.
package credit

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix credit -state Line
