// Package world is a simulated world of trade: sellers, buyers, customs, banks and a platform who
// act on each other through a desk, on any store, for as many orders and months as one likes.
//
// # People
//
// [Run] opens services and lines for the sellers and then begins orders, assurance orders and
// pay-later orders, which live through everything that the rule book knows: drafts, changes,
// payments, exports, receipts, disputes, refunds, chargebacks, quota, received funds and
// withdrawals. People make honest mistakes: they mistype addresses and amounts, forget the
// coverage, the link or the mode of transport, pay late, short, twice or under another name,
// and click twice. Others mean harm: strangers confirm, sellers withdraw what waits or quota
// itself, ids are used again for something else, and commands come one nanosecond before or
// after the instant that decides. What has to be refused and is not fails the run, and so does
// what has to be accepted and is not.
//
// # Faults
//
// Between the desk and the store a connection loses commits and answers, processes die between
// any two steps and are started again with nothing but the log, a second process works on what
// the first one has in its cache, webhooks come twice and out of order, and a follower of the
// log lags behind. [Faults] says how often.
//
// # One seed, one history
//
// Everything is drawn from Config.Seed, on a virtual clock, in one goroutine; nothing depends on the
// order of a map, on a clock, or on how a float is rounded. The history is therefore the same, byte for byte,
// on every machine and every store; [Report.Digest] names it. Of the faults, those that only
// make people ask again leave no trace in it: see TestFaultsLeaveNoTrace.
//
// # What is checked
//
// After every command the world reads what is new in the log, as a follower does, and hands it
// commit by commit to an auditor who knows the rule book and not the library's code. At the
// end money and quota have to balance to the cent, by the log and by what the desk says. A run
// that fails returns an [*Error] with the seed, the step, and the command that repeats it.
//
// The work for one order does not depend on how many there were before. On a store that can
// forget the streams of orders that have ended, such as forgetful.Store, neither does memory,
// but for the few bytes that such a store keeps to refuse what it has seen.
package world
