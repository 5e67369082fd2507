// Package assurance has the read models of assurance orders: what users of the order package ask
// for every day and would otherwise have to fold every stream for.
//
//   - [Board] finds orders by phase, seller, buyer, platform code and next deadline, page by page.
//   - [Exposure] tells how much of a line is held and by whom, what comes free when, and what a
//     buyer's open orders come to and how much of it is overdue.
//   - [Deadlines] tells what is due; it serves desk.Deadlines, so that Tick needs no scan.
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
// What a view says is as current as its checkpoint. Whoever has just carried out a command waits
// for the position of its receipt with projection.View.Wait.
//
// # Who may see what
//
// Every question names who asks. A seller sees what is his, a buyer his orders from their
// submission on, the platform and the system everything. What somebody may not see is not there
// for him.
//
// # Personal data
//
// The views keep accounts of the platform, and no names, addresses or numbers of bank accounts.
// A timeline masks these. Texts that parties and platform have written to each other are part of
// the history that they share, and a timeline shows them as they are to all who may see the order.
//
// See TestViewsAreTheFold, which plays random trades and compares every row with a replay of the
// streams.
package assurance
