// Package paylater is the life of a pay-later order (先用后付): the buyer gets the goods first and
// pays within a set time, while the order uses quota of its merchant's pay-later line.
//
// # Life
//
// The buyer places the order, the merchant ships it, and receipt, confirmed by the buyer or
// after ten days by the system, starts the time in which payment is due. At the due time the
// system asks for a charge; after it an unpaid order is overdue, until it is paid, returned or
// written off. The buyer may also pay before shipment or before receipt. [Diagram] draws this,
// [Steps] and [Permissions] are the tables behind it.
//
// An order in PhasePrepaid, PhasePrepaidShipped or PhasePaid is paid in full; everywhere else
// the merchant has received nothing for it.
//
// # Time
//
// A payment at the due time is in time, and the order is overdue from the nanosecond after it.
// An after-sales case that is open at the due time holds all of this up: closing it moves the
// due time by as long as it was open. A payment or a return ends a case that is open.
//
// # Money
//
// An order has one currency, that of its merchant's line. What was deducted from the line,
// Original, is at any time the sum of Paid, Restored, Consumed and Outstanding; the order uses
// Outstanding of the line. Instalments, if the policy takes them, change none of this before
// they add up to the outstanding amount: until then they are the buyer's money, and whatever
// ends the order first says how much has to be paid back to him.
//
// # Counterparts
//
// No command of this package is a counterpart of another one, so the role trade.Desk may ask
// for none. What an order brings with it on other streams is written in the same commit by
// whoever runs the commands, and its events carry the amounts:
//
//   - [Placed]: the line deducts Amount,
//   - [Paid]: the line restores Total, and the same Total becomes received funds,
//   - [AmountLowered], [Cancelled], [Returned]: the line restores Restored if it is not zero,
//   - [RefundMade]: Amount is taken from received funds,
//   - [WrittenOff]: the line consumes Consumed,
//   - [MarkedOverdue]: the line is frozen if FreezeAfter is not zero and at least that many
//     orders of the merchant are overdue now, unless it is frozen for that already. Orders stop
//     being overdue by Paid and Returned with Overdue set, and by WrittenOff.
//
// Place is the one command that needs a fact of another stream, the state of the merchant's
// line in the currency of the amount: see [Facts].
//
// # Refusals
//
// What the role, the account or the phase forbids is refused by the rule of the command:
//
//	Place                                                  B7
//	Ship                                                   B1
//	ConfirmReceipt, AutoConfirmReceipt, ExtendReceipt      D46
//	OpenAfterSales, CloseAfterSales                        D46
//	Pay                                                    B8, after a write-off D52
//	RequestCharge, FailCharge, MarkOverdue                 D47
//	LowerAmount, Cancel, Return                            D49
//	Refund                                                 D50
//	FlagFake                                               B19
//	WriteOff                                               D52
//
// There is no command that restores quota (B9) or credits funds (B2): only what happens to the
// order does.
//
// # Purity
//
// Deciding and evolving read no clock, no randomness and no other stream. Whoever fills in
// [Facts] guards the stream they came from in the same commit.
//
// See TestRule for the rules one by one, TestMatrix for who may do what and when,
// TestOrdersAgainstAuditor for the sums, and TestReplayIsTheLiveState for the fold.
package paylater
