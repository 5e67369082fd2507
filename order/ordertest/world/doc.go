// Package world simulates a world of trade: sellers, buyers, customs, banks and a platform trade through
// a desk, on any store, for any number of orders and months.
//
// # People
//
// [Run] opens services and lines for the sellers and then begins assurance orders and pay-later
// orders, which meet everything in the rule book: drafts, changes, payments, exports, receipts,
// disputes, refunds, chargebacks, quota, received funds and withdrawals. People make honest
// mistakes: they mistype addresses and amounts, forget the coverage, the link or the mode of
// transport, pay late, short, twice or under another name, and click twice. Others attack:
// strangers confirm, sellers withdraw pending funds or quota, IDs are used again for other
// commands, and commands arrive one nanosecond before or after a deadline. A command that must be
// refused and is accepted fails the run, and so does one that must be accepted and is refused.
//
// # Faults
//
// The connection between the desk and the store loses commits and responses, processes die between
// any two steps and start again with only the log, a second process writes to streams that the
// first one has in its cache, webhooks arrive twice and out of order, and a follower of the log
// lags behind. [Faults] says how often.
//
// # One seed, one history
//
// Everything is drawn from Config.Seed, on a virtual clock, in one goroutine; nothing depends on the
// order of a map, on the wall clock, or on the rounding of floats. The history is therefore the same,
// byte for byte, on every machine and every store; [Report.Digest] is its checksum. Faults that only
// make callers retry leave no trace in it: see TestFaultsLeaveNoTrace.
//
// # What is checked
//
// After every command the world reads the new records of the log, as a follower does, and passes
// them commit by commit to an auditor that checks the rule book without using the library's code. At
// the end money and quota must balance to the cent, both in the log and in what the desk returns. A
// run that fails returns an [*Error] with the seed, the step, and the command that repeats it.
//
// The work for an order does not depend on the number of orders before it. On a store that can
// forget the streams of ended orders, such as forgetful.Store, memory does not either, except for
// the few bytes by which such a store recognizes IDs that it has seen.
//
// # Where to look
//
// A kind of order has a type with a method for each phase: assuranceOrder in assurance.go and
// the files assurance_*.go, payLaterOrder in paylater.go; merchant.go has the sellers. live_order.go
// has what both kinds of orders share, process.go how a command is issued and its outcome checked,
// connection.go the faults, follower.go the audit, books.go the balances at the end.
package world
