// Package order is the life of a Trade Assurance order (信保订单), from the seller's draft to the
// buyer's receipt, under the rule book of the platform. It is pure: no I/O, no clock, no
// randomness. Package desk puts it on a store.
//
// # The life of an order
//
// The seller drafts the contract: the buyer, whose address the platform matches with an account,
// the terms, the coverage and the mode of transport. Submitting it makes a receiving account and a
// link, and takes a hold on the seller's quota if the order is covered. The buyer confirms the
// revision of the terms that they saw. Money comes in by T/T, card or e-Checking, in any number of
// parts; once the initial payment is satisfied the order is ready to ship. The seller links one or
// more export entrustments (委托单); after customs have released all of them, the order ships. The
// buyer confirms receipt, or the system does after a number of days that depends on the mode of
// transport. With the balance paid too, the order is complete. [Life] draws this.
//
// Terms can change: before any money is applied the seller modifies the order and the buyer
// confirms again; afterwards the seller proposes and the buyer accepts. Before any money is applied
// an order can be cancelled or expire. From the first money until receipt the buyer may open a
// dispute, which the parties settle or the platform rules on; on a covered order the platform can
// compensate the buyer from the seller's quota. Money can be refunded, and banks can take a payment
// back, in parts and more than once; an order that thereby loses its initial payment before shipment is
// confirmed again. Each payment that came in is a stream of its own, see package payment; the order keeps
// the sums.
//
// # How to read it
//
// lifecycle.go has the two tables: which event leads from which phase to which, and which role may
// issue which command in which phases, with the events that may result. Package machine makes the
// finite state machine, the diagram and the checks of role, party, phase and instant from them.
//
// Each stage is a chapter: draft.go (with terms.go and quota.go), confirm.go, announce.go and pay.go
// (with payment.go, ledger.go, funded.go, unapplied.go and void.go), export.go and receipt.go; beside
// them are change.go, dispute.go, ruling.go, refund.go, chargeback.go (with cases.go) and close.go;
// first.go is what the first edition of the rule book stored. A chapter goes command by command: the
// command, the rules that decide it, one rule a line, and the resulting event.
//
// order.go has the folded state and [Decide], fold.go [Evolve], [Replay] and [At], next.go
// [Order.Next] and [Order.Deadline], facts.go the [Facts] of other streams and the [Policy].
//
// # Results
//
// [Decide] returns events, a *trade.Refusal that names its rule, or a *trade.InvalidError that names
// a field. It takes what depends on other streams as [Facts]; the caller who fills them in guards
// those streams in the same commit. Package rule is the rule book as data, in English and Chinese.
//
// # Values
//
// An [Order] is a value: folding another event never changes what an earlier state shows. Money is
// exact and of one currency per order.
//
// See TestRule for the rules one by one, TestMatrix for which role may issue which command and when,
// TestGolden for cases to the cent and the instant, TestLedger for the money of an order line by
// line, TestAnyHistory for what holds after every step, and TestAggregate for the shape that all
// aggregates share.
package order
