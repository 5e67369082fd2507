// Package desk takes commands on orders, export entrustments, credit lines and services, and
// carries them out on a store. It is the one room of the domain that does input and output:
// what the rules say is decided by the packages beside it, which are pure.
//
// # Commands
//
// A [Command] says who asks ([Command.By], as the caller has authenticated him), for what
// ([Command.Do], made by [Order], [Seller], [Entrustment], [Line], [PayLater], [Quota] or [Funds]), and under which name
// ([Command.ID]). [Desk.Do] loads the streams that the command needs, decides, and commits what
// came of it to all of them, all or none:
//
//   - Submit writes the order, the hold on the seller's line, and the reservation of the new
//     receiving account;
//   - Link, Unlink, a customs release and the cancellation of an entrustment write the order
//     and the entrustment;
//   - shipment and receipt write the order and release its hold on the line where it is due;
//   - a change of terms that needs more quota or less writes the order and adjusts its hold;
//   - a compensation that the platform rules writes the order and claims on its hold;
//   - a close before shipment writes the order, the line, and every entrustment it frees;
//   - Declare writes the entrustment and the reservation of its declaration number;
//   - a ruling with a compensation writes the order and the claim on its hold;
//   - what happens to a pay-later order writes the order, its merchant's line, and, once it is
//     paid or refunded, his received funds.
//
// Every stream that was only looked at is guarded in the same commit. If a stream has moved in
// between, the command is decided again on what is there now. See TestPlanAllOrNone.
//
// The ID makes a retry harmless. The same command with the same ID is carried out once and
// gives the same [Result] each time, by any desk on the same log, before and after a restart;
// the same ID for anything else is a *events.DuplicateError. After events.ErrUnknownOutcome a
// caller asks again with the same ID. [NewID] makes IDs; [CommandID] derives one from a key of
// the caller's.
//
// # Refusals
//
// A *trade.Refusal names the rule, also where the rule is one of another stream: a Link that
// the entrustment refuses names the entrustment's rule. A refusal writes nothing, and it is as
// current as a result: before it is given, the store has confirmed that nothing it was decided
// on has changed. [Desk.Try] gives the answer that [Desk.Do] would give and writes nothing. See
// TestTryIsDo and TestDesksNeverContradictEachOther.
//
// Malformed input is a *trade.InvalidError that names field and reason, and what the log cannot
// hold a *events.BoundsError. See TestBadInput.
//
// # Time
//
// The instant of a command is taken from the clock after its streams were loaded. If it lies
// before the last event of the addressed stream by no more than the policy's ClockSkew, that
// event's instant is used; beyond it rule D61 refuses.
//
// # Sources
//
// What no stream says comes from [Sources]. Look-ups are made at most once per command. A
// source that makes something, a receiving account or a verdict, is asked at most once per
// command, after every rule that does not depend on it has passed, with the command's ID, for
// which it always returns the same; Try never asks it.
//
// # Reads
//
// [Desk.ReadOrder], [Desk.ReadLine], [Desk.ReadEntrustment] and [Desk.ReadService] return a
// folded state to those who may see it, and [ErrNotFound] to everybody else. They are as
// current as the store unless [AllowStale] is asked for. [Desk.Timeline] and [Desk.At] tell an
// order's history, [Desk.Next] what may be asked of it now.
//
// # Deadlines
//
// [Desk.Tick] does what is due: it closes orders that waited too long, escalates disputes and
// confirms receipt for silent buyers. Call it now and then, from as many processes as there are. The ID of each of
// its commands derives from the order and the deadline, so that it takes effect once. What is
// due it learns from [Deadlines], by default an index in memory. See TestTickTwiceAtOnce.
//
// # Crashes
//
// The desk keeps nothing that the log does not have: its cache and its index can be thrown away
// at any time. If a process dies before the commit, nothing has happened, and what a source has
// made for the command is made again under the same ID. If it dies after the commit, everything
// has happened, and the command asked again gives the result that was not heard. There is no
// state in between. See TestKilledMidCommand and TestKilledMidDispute.
package desk
