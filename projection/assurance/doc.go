// Package assurance has the read models of assurance orders: questions that users of package
// order have every day, answered without folding every stream.
//
//   - [Board] finds orders by phase, seller, buyer, platform code and next deadline, page by page.
//   - [Exposure] shows how much of a line is held and by which orders, when it comes free, and
//     what a buyer owes and how much of it is overdue.
//   - [Deadlines] yields what is due; it implements desk.Deadlines, so that Tick needs no scan.
//   - [Ledger] is the statement of an assurance line: opening, movements, closing.
//   - [Timeline] is the history of one order as a party may see it, personal data masked.
//   - [Reconcile] recomputes every figure from the events and reports the first difference.
//
// # Views
//
// The first four are views that a projection.Worker builds on any projection.Store; [Views] has
// them all, and each can be had by itself: [BoardView], [ExposureView], [DeadlinesView],
// [LedgerView]. A timeline needs no view: the stream of an order is short and is read as it is.
//
//	w, err := projection.New(log, store, assurance.BoardView())
//	...
//	go w.Follow(ctx)
//	board := assurance.NewBoard(store)
//	rows, err := board.List(ctx, by, assurance.BoardFilter{Phase: order.PhaseShipped}, assurance.Page{})
//
// A view is as current as its checkpoint. To read the result of a command, wait for the position
// of its receipt with projection.View.Wait.
//
// # Who may see what
//
// Every question names the caller. A seller sees their own lines and orders, a buyer their own
// orders from submission on, the platform and the system everything. To other callers the data
// does not exist.
//
// # Personal data
//
// The views keep accounts of the platform, and no names, addresses or numbers of bank accounts.
// A timeline masks these. Texts that parties and platform have written to each other are part of
// the history that they share, and a timeline shows them unmasked to all who may see the order.
//
// See TestViewsAreTheFold, which plays random trades and compares every row with a replay of the
// streams.
package assurance
