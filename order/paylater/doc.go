// Package paylater is the life of a pay-later order (先用后付): the buyer gets the goods first and
// pays within a set time, while the order uses quota of its merchant's pay-later line.
//
// # Life
//
// The buyer places the order and the merchant ships it. Receipt, confirmed by the buyer or after
// ten days by the system, starts the time in which payment is due. At the due time the system
// requests a charge; after it an unpaid order is overdue, until it is paid, returned or written
// off. The buyer may also pay before shipment or before receipt. [Life] has the tables behind
// this, and draws it.
//
// An order in PhasePrepaid, PhasePrepaidShipped or PhasePaid is paid in full; in every other phase
// the merchant has received nothing for it.
//
// # Time
//
// A payment at the due time is in time, and the order is overdue from the nanosecond after it.
// While an after-sales case is open at the due time, the order is neither charged nor overdue:
// closing the case moves the due time by as long as it was open. A payment or a return ends an
// open case.
//
// # Money
//
// An order has one currency, that of its merchant's line. What was deducted from the line,
// Original, is at any time the sum of Paid, Restored, Consumed and Outstanding; the order uses
// Outstanding of the line. Instalments, if the policy allows them, change none of this before
// they add up to the outstanding amount: until then they are the buyer's money, and the event
// that ends the order first says how much goes back to the buyer.
//
// # Counterparts
//
// No command of this package is a counterpart of another one, so the role trade.Desk may issue
// none. What an order causes on other streams is written in the same commit by the caller, and
// the events carry the amounts:
//
//   - [Placed]: the line deducts Amount,
//   - [Paid]: the line restores Total, and the same Total becomes received funds,
//   - [AmountLowered], [Cancelled], [Returned]: the line restores Restored if it is not zero,
//   - [RefundMade]: Amount is taken from received funds,
//   - [WrittenOff]: the line consumes Consumed,
//   - [MarkedOverdue]: the line is frozen if FreezeAfter is not zero and at least that many
//     orders of the merchant are overdue, unless it is frozen for that already. An order stops
//     being overdue by Paid or Returned with Overdue set, or by WrittenOff.
//
// Place is the one command that needs the state of another stream, the merchant's line in the
// currency of the amount: see [Facts].
//
// # Refusals
//
// A command that the role, the account or the phase forbids is refused by this rule:
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
// Deciding and evolving read no clock, no randomness and no other stream. The caller guards the
// stream that the [Facts] came from in the same commit.
//
// See TestRule for the rules one by one, TestMatrix for which role may issue which command and
// when, and TestReplayIsTheLiveState for the fold.
//
// # Stored format
//
// The streams are paylater-ID, and the events are
//
//	paylater.placed {"buyer":"bao","merchant":"meilin","amount":"5000.00 CNY"}
//	paylater.cancelled {"restored":"100.00 CNY","paid_back":"30.10 CNY","reason":"卖完了 \"sold out\""}
//	paylater.cancelled {"restored":"0.00 CNY","paid_back":"0.00 CNY"}
//	paylater.shipped {"auto_receive_at":"2025-01-11T00:00:00Z"}
//	paylater.receipt-extended {"auto_receive_at":"2025-01-14T00:00:00.000000001Z"}
//	paylater.receipt-confirmed {"by":"buyer","due_at":"2025-01-02T00:00:00Z"}
//	paylater.receipt-confirmed {"by":"system"}
//	paylater.instalment-paid {"reference":"2025010122001","amount":"33.33 CNY"}
//	paylater.paid {"reference":"2025010122002 <last>","amount":"66.67 CNY","total":"100.00 CNY","overdue":true}
//	paylater.paid {"reference":"2025010122003","amount":"100.00 CNY","total":"100.00 CNY"}
//	paylater.refund-made {"amount":"0.01 CNY","reason":"a scratch"}
//	paylater.refund-made {"amount":"12.50 EUR"}
//	paylater.charge-requested {"attempt":1,"amount":"100.00 CNY"}
//	paylater.charge-failed {"attempt":2,"reason":"余额不足"}
//	paylater.charge-failed {"attempt":1}
//	paylater.marked-overdue {"amount":"100.00 CNY","freeze_after":3}
//	paylater.marked-overdue {"amount":"100.00 CNY"}
//	paylater.written-off {"consumed":"60.00 CNY","paid_back":"10.00 CNY","reason":"insolvent"}
//	paylater.written-off {"consumed":"60.00 CNY","paid_back":"0.00 CNY"}
//	paylater.after-sales-opened {"reason":"wrong size"}
//	paylater.after-sales-opened {}
//	paylater.after-sales-closed {"by":"platform","due_at":"2025-01-04T00:00:00Z","reason":"exchanged"}
//	paylater.after-sales-closed {"by":"buyer","due_at":"2025-01-04T00:00:00Z"}
//	paylater.amount-lowered {"to":"60.00 CNY","restored":"40.00 CNY"}
//	paylater.returned {"restored":"60.00 CNY","paid_back":"10.00 CNY","overdue":true,"reason":"refused"}
//	paylater.returned {"restored":"60.00 CNY","paid_back":"0.00 CNY"}
//	paylater.fake-flagged {"reason":"brushing"}
//	paylater.fake-flagged {}
//	paylater.payment-unapplied {"reference":"2025010122004","amount":"0.01 CNY"}
//	paylater.unapplied-returned {"amount":"0.01 CNY"}
//	paylater.after-sales-opened {"reason":"wrong size","pause_until":"2025-01-31T00:00:00Z"}
package paylater
