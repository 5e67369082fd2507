// Package credit is the credit line of a seller in one currency: how the platform assesses it,
// and what orders take of it. It serves two products with one machine. An assurance line is the
// Trade Assurance Limit (信保额度), which covered orders hold; a pay-later line is the quota of a
// merchant (先用后付额度), which pay-later orders use. [New] and [NewPayLater] make the one and the
// other, [Stream] and [PayLaterStream] name their streams.
//
// # Two phases
//
// A covered order first holds a part of the line. The hold is then resolved exactly once: it is
// released, and the part is free again, or the platform claims on it to compensate the buyer.
// A claim posts what was paid as consumed and releases the rest in the same step; what the
// seller repays is free again. Adjusting a hold changes its size and does not resolve it.
//
// A pay-later order deducts its amount when it is placed and uses it until it is paid, cancelled
// or returned, which restores it, or written off, which consumes it: the limit is then lower by
// the amount. Lowering the amount of an order restores a part.
//
// A line is of bounded size: it keeps sums, two counts and at most [MaxFreezes] reasons. What one
// order holds, and how its hold ended, is told by that order's own stream, written in the same
// commit, and handed to [Decide] as [Facts]. That a hold is resolved once is checked there.
//
// # Who may do what
//
// The platform assesses a line, suspends and resumes that of a seller and records repayments, and
// opens that of a merchant, freezes and unfreezes it. A suspended or frozen line and one whose
// limit was cut take no new orders; the ones they have go on. Nobody withdraws quota.
//
// # Counterparts
//
// All that holds and resolves is done by the role trade.Desk, in the commit that writes the
// order, as the counterpart of what happens there:
//
//   - Hold, Adjust, Release and Claim for a covered order, with Facts.Hold,
//   - Deduct when a pay-later order is placed, with Facts.Hold, which is zero then,
//   - NoteOverdue when it becomes overdue, with Facts.Hold, which is open, and after it Freeze
//     with [ReasonOverdue], if the policy asks for it, with Facts.Overdue set; [Line.Overdue]
//     tells how many orders are overdue then, and [Line.FrozenFor] whether such a reason is
//     there already,
//   - Restore when it is paid, cancelled, returned or lowered, and Consume when it is written
//     off, with Facts.Hold, which is open with the amount that the order used until then, and
//     Facts.Overdue, which says whether it was overdue until then.
//
// A Freeze by the platform that names an order, see [Ground.Order], needs Facts.Overdue or
// Facts.Fake from the stream of that order, guarded in the same commit. A counterpart goes by
// version: its instant may lie before the last one of the line.
//
// # How to read it
//
// [Line] is the folded state. lifecycle.go has the two tables: which event leads from which
// phase to which, and who may ask for which command. assess.go, hold.go and claim.go, and for
// pay-later open.go, deduct.go and freeze.go, are the chapters: a command with its rules, then
// the event that comes of it. [Assessment] makes a limit of what is known of a shop; [Line.Page]
// and [Ledger] are what its owner is shown.
//
// [Decide] and [Evolve] are pure. See TestRule for the rules, TestMatrix for who may do what,
// and TestLineAgainstAuditor for the sums.
package credit

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix credit -state Line
