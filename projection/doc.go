// Package projection arranges what the log says for a question: it folds the records of a log
// into the rows of a view, keeps them up to date, and never counts a record twice or leaves one
// out without saying so.
//
// # Views
//
// A [View] is a name, a version, and a function over records that puts rows into tables. The
// function is a [Folder]. Three kinds cover most of what is asked for:
//
//   - a [Fold] makes rows of the folded states of streams, by the events.Model that the domain
//     has for them: what an order has come to;
//   - a Fold with Each makes a row of every record: the movements of a credit line;
//   - a [Func] counts and sums over streams, with [Rows.Get] and [Rows.Put].
//
// A view that is ByStream, which the first two kinds are, is folded in parallel: the streams are
// divided into slices, and within a slice each stream keeps its order.
//
// # The promises
//
//   - Exactly once. A batch of records becomes rows and a checkpoint in one commit, all or none.
//     Wherever a worker dies, the view is what the records up to its checkpoint make of it, and
//     the next worker goes on behind it. See TestStore in the packages of the stores.
//   - Two workers never apply twice. A commit names the checkpoint that it follows; of two that
//     name the same one the store takes one, and the other worker goes on from there.
//   - Nothing is skipped in silence. A record that cannot be folded stops the view with a
//     *[PoisonError], or its stream is parked, by choice ([OnPoison]): the record and the reason
//     are then rows of the view ([Parked]), all other streams go on, and [Worker.Retry] takes the
//     stream up again once the function is repaired.
//   - A foreign log is found out. A checkpoint beyond the end of the log, or one whose last
//     record is another one there, is a *[LogError].
//   - A rebuild disturbs nobody. A new version of a view is built in tables of its own beside the
//     one that is live, and takes over in one step when it has caught up. It may be broken off
//     and continued at any time; [OnProgress] tells how far it is, how fast, and how far behind.
//
// # Workers
//
// A [Worker] folds a log into one version of a view: [Worker.CatchUp] to the end of the log,
// [Worker.Follow] from then on. Reading, folding and committing overlap. A process that dies
// while it works leaves what it has committed; there is nothing to clean up.
//
// # Reading
//
// [View.Read] gives one state of a view, all tables at one checkpoint, to be asked by [Query].
// [View.Wait] waits until a view has come to the position of a receipt, for those who want to
// read what they wrote. [View.Reconcile] folds the log anew and names the first difference.
//
// # Stores
//
// A [Store] keeps rows and checkpoints. Package memory keeps them in the process, package sqlite
// in a file, package postgres in a schema of a database. None is linked into a program that does
// not import it. What a store has to promise is said at [Store] and checked by package
// projectiontest.
package projection
