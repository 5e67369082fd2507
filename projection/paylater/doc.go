// Package paylater has the read models of pay-later orders, of the quota that they use and of the
// funds that merchants receive for them: questions that merchants, buyers and the platform have
// every day, answered without folding every stream.
//
//   - [Board] finds orders by phase, merchant, buyer, platform code and next deadline, page by
//     page.
//   - [Exposure] shows how much of a merchant's quota is used and by which orders, when it comes
//     free, and what a buyer owes and how much of it is overdue.
//   - [Deadlines] yields what is due; it implements desk.Deadlines, so that Tick needs no scan.
//   - [Quota] is the ledger of a merchant's quota: opening, movements, closing.
//   - [Funds] is a merchant's balance at an instant, its statement, and its withdrawals.
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
// A view is as current as its checkpoint. To read the result of a command, wait for the position
// of its receipt with projection.View.Wait.
//
// # Two kinds of orders
//
// A desk that also runs assurance orders takes the deadlines of both:
//
//	due := paylater.NewDeadlines(store).With(assurance.NewDeadlines(store))
//	d, err := desk.New(log, desk.WithSources(sources), desk.WithDeadlines(due))
//
// # Time
//
// Funds become available by time alone, without an event. [Funds] therefore takes an instant, and
// its statement has a movement for each release of waiting funds.
//
// # Who may see what
//
// Every question names the caller. A merchant sees their own lines, funds and orders, a buyer their
// own orders, the platform and the system everything. To other callers the data does not exist.
//
// # Personal data
//
// The views keep accounts of the platform. The card or Alipay account of a withdrawal is masked.
//
// See TestViewsAreTheFold, which plays random trades and compares every row with a replay of the
// streams.
package paylater
