// Package desk executes commands on a store: on orders, export entrustments, services, credit
// lines, pay-later orders and received funds. It is the one package of the domain with input and
// output; the packages beside it decide, and are pure.
//
// # Commands
//
// A [Command] says who issues it ([Command.By], as the caller has authenticated them), what it
// does to which stream ([Command.Do], made by [OnOrder], [OnSeller], [OnEntrustment], [OnLine],
// [OnPayLater], [OnQuota] or [OnFunds]), and under which ID. [Desk.Do] loads the streams that the
// command needs, decides, and commits the resulting events to all of them, all or none:
//
//   - Submit writes the order, the hold on the seller's line, and the reservation of the new
//     receiving account;
//   - Link, Unlink, a customs release and the cancellation of an entrustment write the order
//     and the entrustment;
//   - shipment and receipt write the order and release its hold on the line where it is due;
//   - a change of terms that needs more quota or less writes the order and adjusts its hold;
//   - a ruling with a compensation writes the order and the claim on its hold;
//   - a close before shipment writes the order, the line, and every entrustment it frees;
//   - Declare writes the entrustment and the reservation of its declaration number;
//   - a command that names a payment writes the order and the payment's stream;
//   - a command on a pay-later order writes the order, its merchant's line, the stream of the payment
//     that it reports, and, once it is paid or refunded, the merchant's received funds.
//
// Every stream that was only read is guarded in the same commit. If a stream has moved in
// between, the command is decided again on the current state. See TestPlanAllOrNone.
//
// The ID makes a retry harmless. The same command with the same ID is executed once and gives the
// same [Result] each time, by any desk on the same log, before and after a restart; the same ID
// for anything else is a *events.DuplicateError. After events.ErrUnknownOutcome a caller issues
// the command again with the same ID. [NewID] makes IDs; [CommandID] derives one from a key of
// the caller's.
//
// # Refusals
//
// A *trade.Refusal names the rule, also where the rule is one of another stream: a Link that
// the entrustment refuses names the entrustment's rule. A refusal writes nothing, and it is as
// current as a result: before it is returned, the store has confirmed that nothing it was decided
// on has changed. [Desk.Try] returns the answer that [Desk.Do] would return and writes nothing.
// See TestPlay of package ordertest, TestTryEveryCommand and TestDesksNeverContradictEachOther.
//
// Malformed input is a *trade.InvalidError that names field and reason, and what the log cannot
// hold a *events.BoundsError. See TestBadInput.
//
// # Time
//
// The instant of a command is taken from the clock after its streams were loaded. If it lies
// before the last event of the addressed stream by no more than the policy's ClockSkew, that
// event's instant is used; beyond it rule D61 refuses. A fact, such as a payment that a bank
// reports, is refused for no clock: however far before the last event, it takes that event's
// instant. See machine.Life.Instant.
//
// # Sources
//
// What no stream says comes from [Sources]. Look-ups are made at most once per command. A
// source that makes something, a receiving account or a verdict, is called at most once per
// command, after every rule that does not depend on it has passed, with the command's ID, for
// which it always returns the same; Try never calls it. Those have no defaults: [New] without them is
// [ErrNoSource], and [DemoSources] has some for demonstrations and tests. See TestNewNeedsSources.
//
// # Reads
//
// [Desk.ReadOrder], [Desk.ReadLine], [Desk.ReadEntrustment] and the others return a folded state
// to the actors who may see it, and [ErrNotFound] to everybody else. They are as current as the
// store unless [AllowStale] is given. [Desk.Timeline] and [Desk.At] return an order's history,
// [Desk.Next] the commands that an actor may issue now.
//
// # Deadlines
//
// [Desk.Tick] issues the commands that are due: it closes orders that waited too long, escalates
// disputes and confirms receipt for silent buyers. Call it regularly, from any number of
// processes. The ID of each of its commands derives from the order and the deadline, so that it
// takes effect once. [Deadlines] knows what is due, by default an index in memory. See
// TestTickTwiceAtOnce.
//
// # Crashes
//
// The desk keeps nothing that the log does not have: its cache and its index can be thrown away
// at any time. If a process dies before the commit, nothing has happened, and what a source has
// made for the command is made again under the same ID. If it dies after the commit, everything
// has happened, and the command issued again returns the lost response. There is no state in
// between. See TestKilledMidCommand and TestKilledMidDispute.
//
// # Another history
//
// When an older backup was restored under a desk, or a standby that lacked the end of the log was
// promoted, the log is on another history than what the desk has in its cache and its index. A store
// that is an events.Marker detects that: every call then returns a *events.ForkError, nothing is decided
// on what is in no log, and nothing is written, snapshots included. A read with [AllowStale]
// returns what is in the cache until another call has met the fork. The desk ends with its store; a new one
// goes on with the store that is opened anew. See TestRewind, and TestCacheWithoutIdentity for what
// happens on a store that does not know its history.
//
// # Upgrading a store of the first edition
//
// The first edition of the rule book kept the payments that came in on their orders, of both kinds; since
// then each is a stream of its own, which no second order can have (D65). What the first edition stored stays as it
// is and is answered from there. A payment gets its stream when a report names it, and all of them get
// theirs from [Desk.AdoptPayments]: run it once, when no process of the first edition writes any longer,
// beside the desks that work. Until then a card payment of the first edition, or a pay-later one, can be
// counted on a second order; [Desk.PaymentsAdopted] reports whether all payments are adopted, and a desk
// with a logger ([WithLogger]) warns with its first command or Tick if they are not. See
// TestAdoptFirstEdition and TestAdoptKilled.
//
// # How to read it
//
// action.go and command.go are what callers hand in, desk.go the entrance, execution.go one
// command on its way, plan.go and plan_paylater.go what each command does to which stream, and
// family.go how the desk loads and writes a kind of stream. read.go and read_paylater.go are the
// reads, tick.go and index.go the deadlines, queue.go the order in which commands reach a
// contended stream, sources.go and ids.go what comes from outside. plan_payment.go is what commands do to
// the payments that they name, adopt.go the adoption of those of the first edition.
package desk
