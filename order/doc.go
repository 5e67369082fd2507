// Package order is the life of a Trade Assurance order (信保订单), from the seller's draft to the
// buyer's receipt, under the rule book of the platform. It is pure: no I/O, no clock, no
// randomness. Package desk puts it on a store.
//
// # The life of an order
//
// The seller drafts the contract: the buyer, whose address is matched with the platform's
// accounts, the terms, the coverage, the mode of transport. Submitting it makes a receiving
// account and a link, and occupies the seller's quota if the order is covered. The buyer confirms
// exactly the terms that he saw. Money comes in by T/T, card or e-Checking, in as many parts as it
// takes; once the initial payment is satisfied the order is ready to ship. The seller links one
// or more export entrustments (委托单); when customs have released them all, the order ships. The
// buyer confirms receipt, or the system does after the days of the mode of transport, and when
// the balance is paid too the order is complete. [Diagram] draws this.
//
// Terms can change: before money counts the seller edits and the buyer confirms anew, afterwards
// the seller proposes and the buyer consents. Before any money an order can be cancelled or
// expire. From the first money until receipt the buyer may open a dispute, which the parties
// settle or the platform rules on; a covered order lets the platform compensate him from the
// seller's quota. Money can be refunded, and a card payment can be charged back.
//
// # How to read it
//
// lifecycle.go has the two tables: which fact moves an order from where to where, and who may
// ask for what, when, and which facts may come of it. The machine, the diagram, Next and the
// checks of actor and phase are made from them.
//
// Each stage is a chapter: draft.go (with terms.go and quota.go), confirm.go, pay.go (with
// ledger.go), export.go, receipt.go; and beside them change.go, dispute.go, ruling.go, refund.go,
// chargeback.go and close.go. A chapter goes command by command: what is asked, the ladder of
// rules that decides it, one rule a rung, and the event that comes of it.
//
// order.go has the folded state and [Decide], fold.go [Replay] and its kin, next.go what can be
// asked now and what is due.
//
// # Answers
//
// [Decide] gives facts, a [Refusal] that names its [Rule], or an [InvalidError] that names a field.
// What depends on other streams comes in as [Facts]; whoever fills them in guards those streams in
// the same commit. [Rules] is the rule book as data, in English and Chinese, with its sources.
//
// # Values
//
// An [Order] is a value. Whoever holds one may keep it: folding another fact never changes what
// an earlier state can see. Money is exact and of one currency per order.
//
// See TestRule for the rules one by one, TestMatrix for who may do what and when, TestGolden for
// cases to the cent and the instant, TestLedger for the books of an order line by line, and
// TestAnyHistory for what holds after every step.
package order
