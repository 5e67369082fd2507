package events

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Version counts the records of one stream: the first record has version 1, and 0 is the
// version of a stream that is empty.
type Version uint64

// Position counts the records of one store in the order in which they were committed. The
// first record has position 1 or higher; 0 lies before every record. Positions rise but need
// not be consecutive.
type Position uint64

// Event is something that happened, to be stored.
type Event struct {
	Type   string    // what happened, such as "order.confirmed"; at most MaxType bytes of a-z 0-9 . - _
	Schema uint16    // the version of the type's wire format, from 1
	At     time.Time // when it was decided, by the clock of the writer; kept to the nanosecond, in UTC
	Meta   []byte    // who and why (actor, correlation, causation, trace); opaque to the log, at most MaxMeta bytes
	Data   []byte    // the content; opaque to the log, at most MaxData bytes
}

// Batch is what one stream gets in a commit. A batch without events is a guard: it only
// checks the version.
type Batch struct {
	Stream StreamID
	After  Version // the exact version the caller saw; 0 says that the stream must be empty
	Events []Event
}

// Commit is a set of batches that go in all or none. A stream appears at most once.
type Commit struct {
	// ID names the request; a store keeps at most one commit per ID.
	ID uuid.UUID
	// Digest identifies what was asked (the command, its payload, its target, its actor),
	// never what was decided.
	Digest  [32]byte
	Batches []Batch
}

// Receipt says that a commit is in the store.
type Receipt struct {
	Commit uuid.UUID
	// First and Position are the positions of the commit's first and last record. Records
	// of other commits may lie between them. Both are 0 for a commit of guards alone.
	First    Position
	Position Position
	// Repeated says that the commit was already there when it was asked for; all other
	// fields are those of the first receipt.
	Repeated bool
}

// Outcome is the result of one member of AppendEach: a Receipt, or an error.
type Outcome struct {
	Receipt Receipt
	Err     error
}

// Record is an event as it is stored.
type Record struct {
	Position Position
	Stream   StreamID
	Version  Version
	Commit   uuid.UUID
	Index    int // place among the events of its commit, from 0
	Type     string
	Schema   uint16
	At       time.Time
	Digest   []byte // of the commit, where Index is 0; nil elsewhere, and where a store does not return it
	Meta     []byte
	Data     []byte
}

// Filter selects records by the category of their stream and by their type. An empty list
// selects everything.
type Filter struct {
	Categories []string
	Types      []string
}

// Matches reports whether a record of that stream and type passes the filter.
func (f Filter) Matches(stream StreamID, typ string) bool {
	return selects(f.Categories, stream.Category()) && selects(f.Types, typ)
}

func selects(list []string, s string) bool {
	return len(list) == 0 || slices.Contains(list, s)
}

// Durability is what survives once a store has acknowledged a commit.
type Durability uint8

const (
	// DurabilityNone keeps records for as long as the process lives.
	DurabilityNone Durability = iota + 1
	// DurabilityProcess survives the death of the process, not a loss of power, nor the crash of a
	// server. To a process that lives through one that has lost what it had written or read, the
	// log is on another history: see Marker.
	DurabilityProcess
	// DurabilityFsync survives a loss of power: records were forced to the disk.
	DurabilityFsync
	// DurabilityReplicated survives the loss of a machine: records were forced to the disks of as many
	// others as the store was set up with.
	DurabilityReplicated
)

// String returns "none", "process", "fsync" or "replicated".
func (d Durability) String() string {
	switch d {
	case DurabilityNone:
		return "none"
	case DurabilityProcess:
		return "process"
	case DurabilityFsync:
		return "fsync"
	case DurabilityReplicated:
		return "replicated"
	default:
		return "unknown"
	}
}

// Store is an append-only log of events in many streams. Every sentence below is a promise
// that package storetest checks by name; a store that passes it can stand in for any other.
// A Store is safe for concurrent use.
//
//  1. A commit is all or none across its streams. Each batch names the exact version its
//     caller saw; a batch without events is a guard; a commit of guards alone writes nothing.
//  2. Of the commits that name the same version of a stream, one is applied; the others get a
//     *ConflictError with the stream, the version they named and the current version.
//  3. A retry is harmless. A store keeps at most one commit per ID and checks the ID before
//     any version: with the same Digest it returns the first Receipt with Repeated set, with
//     another Digest a *DuplicateError.
//  4. What was acknowledged is durable, at the level that Durability reports.
//  5. The members of AppendEach are decided in order and independently of each other, in one
//     durable transaction; a later member may build on an earlier one, and one that fails
//     changes nothing for the others. Concurrent calls of Append are grouped the same way.
//  6. Reads are ordered and complete. Read yields a stream in version order without holes.
//     ReadAll yields in position order up to the last settled position and never waits: it
//     never yields a record while an earlier one may still be committed, never skips one,
//     and when it can yield one record of a commit it can yield them all. No connection,
//     lock or transaction is held while the body of the caller's loop runs.
//  7. Stored bytes are kept: Type, Schema, At, Meta and Data come back as they were given. A
//     store that returns Digests returns each with the first record of its commit, and only there.
//  8. What is beyond the bounds of this package is refused with a *BoundsError before
//     anything is written.
//  9. One history. A store that is a Marker extends one sum over its whole log with each
//     transaction. A store value that finds its log on another history than the one that it has
//     written or read is dead: it writes nothing, and every call returns a *ForkError.
//  10. "Not known" is final. Lookup, and a commit of guards, are decided behind every append that
//     the same Store value has begun: once one of them has not found the ID of an append that ended
//     with ErrUnknownOutcome, that append never appears, and what they found stays.
type Store interface {
	// Append commits all batches or none of them.
	//
	// There are three outcomes. Applied: a Receipt. Not applied: a *ConflictError, a
	// *DuplicateError, a *BoundsError, ErrClosed, ErrReadOnly, the plain ctx.Err() of a caller who was
	// cancelled while waiting in the queue, or the error of a transaction that was rolled
	// back. Unknown: an error that is ErrUnknownOutcome, when the caller was cancelled or the store
	// failed after the transaction had begun; ask again with the same ID, or call Lookup. A later call that
	// never reaches the log, as its error says, does not settle what an earlier one left unknown.
	//
	// A commit of guards waits for its turn as every other does. It writes nothing, so a caller whose
	// context ends gets the plain ctx.Err(). Its outcome is unknown only while the store cannot settle
	// whether an append under the same ID was applied.
	Append(ctx context.Context, c Commit) (Receipt, error)

	// AppendEach commits the members in order, each on its own, in one durable transaction.
	// It returns one Outcome per member. A group over MaxGroup members, MaxGroupEvents events or
	// MaxGroupBytes bytes is decided in several transactions, in order.
	AppendEach(ctx context.Context, group []Commit) []Outcome

	// Lookup returns the first receipt of a known commit ID, and whether it is known. An ID that it
	// does not find at once it looks up in its turn behind the appends of this Store, and under the
	// lock of those of other processes. If its context ends before that, or the store cannot settle
	// the matter, the error is ErrUnknownOutcome.
	Lookup(ctx context.Context, id uuid.UUID) (Receipt, bool, error)

	// Read yields the records of a stream whose version is higher than after, as of some
	// instant during the call. An error ends the sequence.
	Read(ctx context.Context, stream StreamID, after Version) iter.Seq2[Record, error]

	// ReadAll yields the records that pass the filter and whose position is higher than
	// after, up to the position that was settled when the iteration began or later. An
	// error ends the sequence.
	ReadAll(ctx context.Context, after Position, f Filter) iter.Seq2[Record, error]

	// Settled returns the last position up to which ReadAll yields now: no record at or
	// below it can still appear. It is 0 for an empty store.
	Settled(ctx context.Context) (Position, error)

	// Durability reports what survives once a commit is acknowledged.
	Durability() Durability

	// Close lets the running group finish and releases what the store holds. Every call
	// that comes after it, and every caller that still waits in the queue, gets ErrClosed.
	Close() error
}

// GuardChecker is a Store that checks versions beside its writer. A Store whose appends never wait need
// not be one.
type GuardChecker interface {
	// CheckGuards answers a commit of guards from a state of the log at some instant during the call and
	// never waits for a writer: a known ID as Append does, and otherwise the versions. It promises
	// nothing about an ID that it does not find, which may be that of an append on its way.
	CheckGuards(ctx context.Context, c Commit) (Receipt, error)
}

// Signaler is a Store that reports that something was appended through it. It is a hint that
// saves a poll; correctness does not depend on it: appends of other processes need not be seen.
type Signaler interface {
	// Changed returns a channel that is closed after the next commit that this process
	// makes through the store, or when the store is closed.
	Changed() <-chan struct{}
}

// Hearer is a Signaler that knows whether its signal is of all commits. Like the signal it saves
// polls; correctness does not depend on it.
type Hearer interface {
	Signaler
	// Hears reports whether Changed returns a channel that the next commit of any process
	// closes, and not of this process alone. When that ends, the channel is closed too.
	Hears() bool
}

// Snapshot is a folded state kept to save a replay. Correctness does not depend on it: it may
// be lost at any time, and one that cannot be read is ignored and replaced.
type Snapshot struct {
	Stream  StreamID
	Version Version // the version of the last record that is folded in, from 1
	Fold    string  // names the fold and its format; another name is another fold
	Data    []byte  // at most MaxSnapshot bytes
}

// Snapshots is a Store that keeps snapshots beside the log. It keeps one per stream and
// fold; an older one never replaces a newer one.
type Snapshots interface {
	SaveSnapshot(ctx context.Context, s Snapshot) error
	// LatestSnapshot returns the snapshot of that stream and fold, and whether there is one.
	LatestSnapshot(ctx context.Context, stream StreamID, fold string) (Snapshot, bool, error)
}
