// Package paylater has the read models of pay-later orders, of the quota that they use and of the
// funds that they bring: what merchants, buyers and the platform ask for every day and would
// otherwise have to fold every stream for.
//
//   - [Board] finds orders by phase, merchant, buyer, platform code and next deadline, page by
//     page.
//   - [Exposure] tells how much of a merchant's quota is used and by whom, what comes free when,
//     and what a buyer owes and how much of it is overdue.
//   - [Deadlines] tells what is due; it serves desk.Deadlines, so that Tick needs no scan.
//   - [Quota] is the ledger of a merchant's quota: opening, movements, closing.
//   - [Funds] is a merchant's balance at an instant, its statement, and what was withdrawn.
//   - [Timeline] is the history of one order as a party may see it.
//   - [Reconcile] recomputes every figure from the events and reports the first difference.
//
// # Views
//
// All but the timeline are views that a projection.Worker builds on any projection.Store; [Views]
// has them all, and each can be had by itself: [BoardView], [ExposureView], [DeadlinesView],
// [QuotaView], [FundsView]. Their names differ from those of package assurance, so that one store
// can have both.
//
// What a view says is as current as its checkpoint. Whoever has just carried out a command waits
// for the position of its receipt with projection.View.Wait.
//
// # Two kinds of orders
//
// A desk that runs assurance orders as well ticks by the deadlines of both:
//
//	due := paylater.NewDeadlines(store).With(assurance.NewDeadlines(store))
//	d := desk.New(log, desk.WithDeadlines(due))
//
// # Time
//
// That funds become available is a function of time and no event, and so is what a balance comes
// to. [Funds] is asked for an instant, and shows in a statement when waiting funds were released.
//
// # Who may see what
//
// Every question names who asks. A merchant sees what is his, a buyer his orders, the platform and
// the system everything. What somebody may not see is not there for him.
//
// # Personal data
//
// The views keep accounts of the platform. Of where a withdrawal went they keep what tells one
// card or Alipay account from another, and no more.
//
// See TestViewsAreTheFold, which plays random trades and compares every row with a replay of the
// streams.
package paylater
