// Package funds is the balance of a merchant in one currency: the funds received for pay-later
// orders (已收货款), what they are used for, and their withdrawal (提现).
//
// # Where money is
//
// Every unit that was ever credited is in one place: it waits, is available, is in transit with
// a withdrawal, was paid out, went into fees, was spent on other charges or was refunded. The part
// of a refund that the balance cannot cover is a debt, which later credits and failed withdrawals
// settle before anything else; while there is a debt, nothing waits and nothing is available.
//
// A credit waits for as many days as the merchant's [Policy] said when it was credited. That it
// becomes available then is a function of time and not an event: [Balance.Available],
// [Balance.Pending] and [Balance.Page] take an instant.
//
// # Counterparts
//
// [Credit] and [Debit] are made by the desk alone, in the commit of a command on a pay-later
// order: its payment, and its refund after payment. Both need [Facts.Sale], which is read from the
// stream of that order. They are ordered by version, not by time, so that they may be earlier than
// the last event of the balance. Credit and [Withdraw] also need [Facts.Policy], the policy of
// this merchant. Nothing here depends on a credit line: a frozen quota neither stops a withdrawal
// nor changes a balance, and only a payment turns quota into money.
//
// # Size
//
// A balance keeps the credits that wait, the open withdrawals and the bound cards, and sums of
// all that is over: with the next event, credits whose time has come are added to one sum. Of
// withdrawals and charges that are done it keeps the id and a digest, about a hundred bytes each,
// because an id is never used again. All of these are trees that share what did not change: a
// command on a balance with n of them costs O(log n), and credits that became available between
// two events cost at most O(log n) each, once.
//
// # How to read it
//
// [Balance] is the folded state. lifecycle.go has the two tables: which event leads from which
// phase to which, and which role may issue which command. credit.go, card.go, withdraw.go,
// settle.go and charge.go are the chapters: a command with its rules, then the event that it
// makes. [Ledger] and [Withdrawals] are what a merchant reads.
//
// [Decide] and [Evolve] are pure. See TestRule for the rules, TestMatrix for which role may issue
// which command, and TestLedgerAddsUp for the sums.
//
// # Stored format
//
// The streams are funds-MERCHANT~2FCURRENCY, such as funds-acme~2FCNY, and the events are
//
//	funds.credited {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"5000.00 CNY","repaid":"0.00 CNY","hold_days":7,"available_at":"2025-01-08T12:00:00Z"}
//	funds.credited {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"100.10 CNY","repaid":"60.00 CNY","hold_days":0,"available_at":"2025-01-01T12:00:00.000000001Z"}
//	funds.credited {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"7 JPY","repaid":"7 JPY","hold_days":3650,"available_at":"2034-12-30T12:00:00Z"}
//	funds.debited {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"60.00 CNY","debt":"0.00 CNY"}
//	funds.debited {"order":"0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a","amount":"60.00 CNY","debt":"59.99 CNY"}
//	funds.card-bound {"card":"6222-0200-0001","holder":"acme"}
//	funds.card-unbound {"card":"6222-0200-0001"}
//	funds.withdrawal-requested {"id":"w-2025.1","gross":"100.00 CNY","fee":"0.10 CNY","net":"99.90 CNY","dest":{"alipay":{"account":"店铺 acme@example.com","holder":"acme"}},"expected_at":"2025-01-09T12:00:00Z"}
//	funds.withdrawal-requested {"id":"w-2","gross":"100.00 CNY","fee":"0.00 CNY","net":"100.00 CNY","dest":{"card":"6222-0200-0001"},"expected_at":"2025-01-09T12:00:00Z"}
//	funds.withdrawal-settled {"id":"w-2"}
//	funds.withdrawal-failed {"id":"w-2","reason":"银行卡已注销 <closed>","repaid":"60.00 CNY"}
//	funds.charge-paid {"id":"c-1","amount":"12.34 CNY","what":"直通车推广"}
package funds
