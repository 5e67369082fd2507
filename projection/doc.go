// Package projection keeps read models: it folds the records of a log into the rows of a view,
// keeps them up to date, and never counts a record twice or skips one without reporting it.
//
// # Views
//
// A [View] is a name, a version, and a function over records that puts rows into tables. The
// function is a [Folder]. Three kinds cover most views:
//
//   - a [Fold] makes rows of the folded states of streams, with the events.Model of the domain:
//     the current state of each order;
//   - a Fold with Each makes a row of every record: the movements of a credit line;
//   - a [Func] counts and sums over streams, with [Rows.Get] and [Rows.Put].
//
// A view that is ByStream, which the first two kinds are, is folded in parallel: the streams are
// divided into slices, and within a slice each stream keeps its order.
//
// # The promises
//
//   - Exactly once. A batch of records becomes rows and a checkpoint in one commit, all or none.
//     Wherever a worker dies, the view holds the result of the records up to its checkpoint, and
//     the next worker continues from there. See TestStore in the packages of the stores.
//   - Two workers never apply a record twice. A commit names the checkpoint that it follows; of
//     two that name the same one the store applies one, and the other worker continues from there.
//   - No record is skipped silently. A record that cannot be folded stops the view with a
//     *[PoisonError], or, with [OnPoison], parks its stream: the record and the reason are then
//     rows of the view ([Parked]), all other streams continue, and [Worker.Retry] resumes the
//     stream once the function is repaired.
//   - Another log, or another history of the log, is detected: a checkpoint whose Mark or whose last
//     record the log does not have, or beyond the end of the log, is a *[LogError]. Nothing of the other
//     history is folded. With [WithRebuildOnFork] the view starts anew instead: until it has caught up,
//     its readers get ErrNotReady, and never half a view.
//   - A rebuild does not disturb readers. A new version of a view is built in tables of its own
//     beside the live one, and replaces it in one step when it has caught up. A rebuild may be
//     interrupted and continued at any time; [OnProgress] reports its position, rate and lag.
//
// # Workers
//
// A [Worker] folds a log into one version of a view: [Worker.CatchUp] up to the end of the log,
// [Worker.Follow] from then on. Reading, folding and committing overlap. A process that dies
// leaves what it has committed; there is nothing to clean up.
//
// # Reading
//
// [View.Read] gives one state of a view, all tables at one checkpoint, which a [Query] reads.
// [View.Wait] waits until a view has reached the position of a receipt, for callers who read
// their own writes. [View.Reconcile] folds the log again and returns the first difference.
//
// # Stores
//
// A [Store] keeps rows and checkpoints. Package memory keeps them in the process, package sqlite
// in a file, package postgres in a schema of a database. None is linked into a program that does
// not import it. [Store] states the promises of a store, and package projectiontest checks them.
package projection
