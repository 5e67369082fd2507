// Package events is an append-only log of what happened, in many streams, and the way to
// decide on it. It knows nothing of orders: an event is a type, an instant and some bytes.
//
// # The log
//
// A stream is the history of one thing and is named by a [StreamID]. Its records count 1, 2, 3:
// that is their [Version]. All records of a store are also in one order, by [Position]. Nothing
// is ever changed or removed.
//
// What is written together is a [Commit]: for each stream that it concerns, the version that
// the writer has seen, and the events that follow it. A batch without events is a guard: it
// only says that the stream must not have changed.
//
// # The promises
//
// They are the nine sentences of [Store]: a commit is applied whole or not at all; of those who
// saw the same version one wins; asking twice for the same commit is harmless; what was
// acknowledged is durable; groups are decided in order; reads are ordered and complete; bytes
// are kept; bounds are checked before anything is written; a log has one history. Package storetest has a case for
// each of them, which every store passes.
//
// # Deciding
//
// A [Model] says how the records of a stream fold into a state. [Transact] runs a function
// that loads what it needs to know, decides, and appends:
//
//	receipt, err := events.Transact(ctx, store, events.Request{ID: id, Digest: digest},
//		func(ctx context.Context, tx *events.Tx) error {
//			account, _, err := accounts.Load(tx, stream)
//			if err != nil {
//				return err
//			}
//			if account.Balance < amount {
//				return ErrShort // a refusal: nothing is written
//			}
//			tx.Stamp(time.Now(), nil)
//			return accounts.Append(tx, stream, Withdrawn{amount})
//		}, events.WithCache(cache))
//
// If a stream has changed since it was loaded, the function runs again and decides on the
// current records. It may therefore run several times and does nothing but load, decide and
// append. A refusal is as current as a success: before it is returned, the store confirms that
// what it was decided on still holds. [Try] returns what Transact would and writes nothing.
//
// The caller chooses the ID of a request before the first attempt. A caller who has lost the
// response asks again with the same ID: the request is executed once. The Digest is made of
// what was asked, so that an ID used for two requests is detected.
//
// [Model.View] reads a state outside a transaction, [Model.Replay] folds it anew from the first
// record, and [Model.Continue] folds a history that is in memory. A [Cache] keeps the states
// used last and a [Snapshotter] shortens the replay of long streams; neither changes a result,
// and both may be lost at any time.
//
// # Following
//
// [Tail] yields what the log holds and then what is added, from any position, each record
// once. A follower that outlives its process keeps a [Cursor], which names the history that it
// has followed beside the position: see [Marker]. [Verify] walks a whole log and reports the first record that is impossible.
//
// # Errors
//
//   - A refusal is the error that the caller's function returned. It is final.
//   - *[ConflictError]: another commit was first. Transact decides again and returns it only when
//     time has run out, joined with the error of the context.
//   - *[CorruptError]: the stored history is impossible. It names stream, version, position and
//     type. Do not decide on such a stream until it has been examined.
//   - *[BoundsError] and *[DuplicateError]: the input is beyond the bounds of the log, or its ID
//     was used for something else.
//   - [ErrUnknownOutcome]: the commit may have been applied or not. Ask again with the same ID.
//   - [ErrClosed], the errors of the context, and those of a store's driver: operations.
//   - *[MisuseError]: a function used its [Tx] against the rules. It is an error of the program.
//   - *[ForkError]: the log is on another history than the one that was remembered: a backup was
//     restored, or a standby was promoted. It is final for the store value and for its caches.
//   - *[PositionError]: a reader has come to a log that ends before the place it has reached.
//
// # Choosing a store
//
// Package memory keeps nothing and is for tests and simulations. Package sqlite is one durable
// file, for one machine and any number of its processes. Package postgres is for services that
// share a database. They keep the same promises, except that [Store.Durability] differs.
// OPERATIONS.md, beside this file, is for those who run one: backup and restore, failover, errors.
//
// See TestCountToN, TestRefusalIsCurrent and TestHostileHistory.
package events
