// Package funds is the balance of a merchant in one currency: the funds received for pay-later
// orders (已收货款), what becomes of them, and their withdrawal (提现).
//
// # Where money is
//
// Every unit that was ever credited is in one place: it waits, is available, is in transit with
// a withdrawal, was paid out, went into fees, was spent on other charges or was refunded. What a
// refund lacks is a debt, which later credits and failed withdrawals settle before anything
// else; while there is a debt, nothing waits and nothing is available.
//
// A credit waits for as many days as the merchant's [Policy] said when it was credited. That it
// becomes available then is a function of time and no event: [Balance.Available],
// [Balance.Pending] and [Balance.Page] are asked for an instant.
//
// # Counterparts
//
// [Credit] and [Debit] are made by the desk alone, in the commit of what a command did to a
// pay-later order: its payment, and its refund after payment. Both need [Facts.Sale], which is
// read from the stream of that order. They go by version and not by instant, so that they may be
// earlier than the last event here; time does not run backwards for that. Credit and [Withdraw]
// also need [Facts.Policy], the policy of this merchant. Nothing here depends on a credit line:
// a frozen quota neither stops a withdrawal nor changes a balance, and quota never turns into
// money but by a payment.
//
// # Size
//
// A balance keeps the credits that wait, the open withdrawals and the bound cards, and sums of
// all that is over: with the next event, credits whose time has come fold into one sum. Of
// withdrawals and charges that are done it keeps the id and a digest, about a hundred bytes
// each, because an id is used once for ever. All of these are trees that share what did not
// change: a command on a balance with n of them costs O(log n), and credits that became
// available between two events cost at most O(log n) each, once.
//
// # How to read it
//
// [Balance] is the folded state. lifecycle.go has the two tables: which event leads from which
// phase to which, and who may ask for which command. credit.go, card.go, withdraw.go and
// charge.go are the chapters: a command with its rules, then the event that comes of it.
// [Ledger] and [Withdrawals] are what a merchant looks at.
//
// [Decide] and [Evolve] are pure. See TestRule for the rules, TestMatrix for who may do what,
// and TestBalanceAgainstAuditor for the sums.
package funds

//go:generate go run github.com/tradesurety/surety/order/internal/wiregen -prefix funds -state snapshot
