package events

import "time"

// Observer reports what a store and what works on it do, for figures and alerts. Every field may
// be nil. A function is called outside locks, on the goroutine that does the work and on several of
// them at once; it must be quick and must not call the store.
//
// A store's WithObserver uses Group, Listener and Checkpoint, WithObserver of this package Retry.
type Observer struct {
	// Group is called when a transaction of the store's writer has ended.
	Group func(GroupDone)
	// Retry is called before Transact runs its function again because a stream has moved on. The
	// first retry has attempt 1.
	Retry func(conflict *ConflictError, attempt int)
	// Listener is called when the store begins to hear of the commits of other processes, and with
	// the error when it does so no more. Until it is called the store does not listen.
	Listener func(up bool, err error)
	// Checkpoint is called when a store has moved what its write-ahead log holds to the main file,
	// or has failed to.
	Checkpoint func(CheckpointDone)
}

// GroupDone is one transaction of a store's writer, which decides commits of any number of callers.
// A commit that wrote nothing and was refused nothing is counted as a guard: that is what a refusal
// of a rule leaves, and what Lookup asks.
type GroupDone struct {
	Members int           // commits that were decided, of all kinds
	Events  int           // events that were written
	Bytes   int           // Data and Meta of the events of all members
	Wait    time.Duration // from the call of the member that waited longest to the begin of the transaction
	Took    time.Duration // from there to its end
	Outcomes
	// Snapshot says that the transaction has saved a snapshot instead; Members is 0 then.
	Snapshot bool
	Err      error // of that snapshot
}

// Outcomes counts commits by the kind of their answers.
type Outcomes struct {
	Applied    int // written
	Guards     int // guards that hold
	Repeated   int // known by their ID
	Conflicts  int // *ConflictError
	Duplicates int // *DuplicateError
	Unknown    int // ErrUnknownOutcome
	Failed     int // any other error
}

// CheckpointDone is one checkpoint of a write-ahead log.
type CheckpointDone struct {
	Took    time.Duration
	Bytes   int64 // in the write-ahead log
	Pending int64 // of these, what is not in the main file yet
	Err     error // nil if all of it was moved
}

// WithObserver has Transact call the observer's Retry.
func WithObserver(o Observer) Option { return func(c *config) { c.retry = o.Retry } }
