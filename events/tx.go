package events

import (
	"context"
	"fmt"
	"time"
)

// Tx is one attempt of a transaction: what its function has loaded and what it wants to
// append. Model.Load, Model.Create and Model.Append work on it. An error of one of them ends
// the attempt: the function should return it, and Transact does so if the function does not.
// A Tx is for one goroutine and refuses every call after its function has returned.
type Tx struct {
	ctx      context.Context // of the attempt; a Tx does not outlive the call it is made for
	store    Store
	settings *config
	current  bool // cached states are read on before they are used
	done     bool
	fault    error // the first error of Load, Create or Append

	at      time.Time
	meta    []byte
	stamped bool

	slots []slot
	first [3]slot // the first room of slots: most transactions touch no more streams
	buf   []byte  // room for the data of the next event
}

// slot is a stream that the transaction knows.
type slot struct {
	stream  StreamID
	model   folder
	after   Version // the version the store is expected to have
	created bool    // declared empty, not read
	view    any     // a *view of the model's state; shared until there are events
	events  []Event
}

// folder is a Model of any state.
type folder interface {
	offer(to *Snapshotter, store Store, s *slot)
}

// MisuseError says that the function of a transaction broke the rules of its Tx. Nothing was
// written.
type MisuseError struct {
	Call   string // such as "append"
	Stream StreamID
	Reason string
}

func (e *MisuseError) Error() string {
	return fmt.Sprintf("events: %s of stream %s: %s", e.Call, e.Stream, e.Reason)
}

func newTx(ctx context.Context, store Store, settings *config, current bool) *Tx {
	tx := &Tx{ctx: ctx, store: store, settings: settings, current: current}
	tx.slots = tx.first[:0]
	return tx
}

// Stamp sets the instant and the meta of the events that are appended from here on. The
// instant is kept to the nanosecond, in UTC. The transaction keeps meta, which must not be
// changed afterwards.
func (tx *Tx) Stamp(at time.Time, meta []byte) {
	// Round drops the monotonic reading, so that Evolve sees the instant a replay will see.
	tx.at, tx.meta, tx.stamped = at.Round(0).UTC(), meta, true
}

// Batches returns what the transaction would commit so far: a batch for each stream that was
// loaded or created, in that order, those without events being guards. The events are the
// transaction's own and are read-only.
func (tx *Tx) Batches() []Batch {
	batches := make([]Batch, len(tx.slots))
	for i := range tx.slots {
		s := &tx.slots[i]
		batches[i] = Batch{Stream: s.stream, After: s.after, Events: s.events}
	}
	return batches
}

// guards returns the same batches without their events.
func (tx *Tx) guards() []Batch {
	batches := tx.Batches()
	for i := range batches {
		batches[i].Events = nil
	}
	return batches
}

// find returns the slot of a stream, or nil if the transaction does not know it.
func (tx *Tx) find(call string, stream StreamID, model folder) (*slot, error) {
	switch {
	case tx.done:
		return nil, &MisuseError{Call: call, Stream: stream, Reason: "the transaction is over"}
	case tx.fault != nil:
		return nil, tx.fault
	}
	s := tx.slot(stream)
	if s != nil && s.model != model {
		return nil, tx.misused(call, stream, "another model of the stream was used in the same transaction")
	}
	return s, nil
}

func (tx *Tx) slot(stream StreamID) *slot {
	for i := range tx.slots {
		if tx.slots[i].stream == stream {
			return &tx.slots[i]
		}
	}
	return nil
}

// enter makes a stream known to the transaction. The pointer is good until the next enter.
func (tx *Tx) enter(s slot) *slot {
	tx.slots = append(tx.slots, s)
	return &tx.slots[len(tx.slots)-1]
}

// fail ends the transaction with err unless it is nil, and returns what has ended it.
func (tx *Tx) fail(err error) error {
	if tx.fault == nil {
		tx.fault = err
	}
	return tx.fault
}

func (tx *Tx) misused(call string, stream StreamID, reason string) error {
	return tx.fail(&MisuseError{Call: call, Stream: stream, Reason: reason})
}

// publish puts the states that the commit has made into the cache and offers them as
// snapshots.
func (tx *Tx) publish() {
	for i := range tx.slots {
		s := &tx.slots[i]
		if len(s.events) == 0 {
			continue
		}
		s.model.offer(tx.settings.snapshots, tx.store, s)
		tx.settings.cache.put(s.model, s.stream, s.after+Version(len(s.events)), s.view)
	}
}

// moved handles a stream that is not at the version it was loaded at, and reports whether
// another attempt can see its current version.
func (tx *Tx) moved(c *ConflictError) bool {
	s := tx.slot(c.Stream)
	switch {
	case s == nil:
		return true
	case c.Head < c.After:
		// Reading on cannot repair a state that is ahead of its stream.
		tx.settings.cache.drop(s.model, s.stream)
	}
	return !s.created
}
