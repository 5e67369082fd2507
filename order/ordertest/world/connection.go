package world

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

var (
	errCrashed = errors.New("world: the process has died")
	errBroken  = errors.New("world: the connection is broken")
)

// connection is the connection of one process to the store. It injects the faults of the Config into the
// commits. After a crash every call fails, until a new process with an empty memory replaces this one.
type connection struct {
	events.Store
	world     *world
	dead      bool
	cut       bool   // the next commit fails without reaching the store
	meanwhile func() // if set, it is called once, before the next commit reaches the store
}

var (
	_ events.Store     = (*connection)(nil)
	_ events.Snapshots = (*connection)(nil)
)

// crashPoint counts one instant at which Faults.CrashAt can stop the process, and reports whether the
// process is dead after it.
func (conn *connection) crashPoint() bool {
	if conn.dead {
		return true
	}
	w := conn.world
	if w.noFaults {
		return false
	}
	if w.crashPoints++; w.crashPoints == w.Faults.CrashAt {
		w.countFault(FaultCrashAt)
		conn.dead = true
	}
	return conn.dead
}

// Append passes a commit to the store, or injects the fault that is drawn.
func (conn *connection) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if conn.crashPoint() {
		return events.Receipt{}, errCrashed
	}
	if conn.cut {
		conn.cut = false
		return events.Receipt{}, errBroken
	}
	if do := conn.meanwhile; do != nil {
		conn.meanwhile = nil
		do()
	}
	fault := conn.world.drawCommitFault()
	switch fault {
	case FaultLost:
		return events.Receipt{}, fmt.Errorf("%w: the commit was lost", events.ErrUnknownOutcome)
	case FaultCrashBefore:
		conn.dead = true
		return events.Receipt{}, errCrashed
	case FaultCut:
		conn.cut = true
		if conn.world.faultRNG.Uint32N(2) == 0 {
			return events.Receipt{}, fmt.Errorf("%w: the connection broke", events.ErrUnknownOutcome)
		}
	}
	receipt, err := conn.Store.Append(ctx, c)
	var conflict *events.ConflictError
	if errors.As(err, &conflict) {
		conn.world.countFault(FaultConflict)
	}
	switch {
	case fault == FaultCrashAfter || conn.crashPoint():
		conn.dead = true
		return events.Receipt{}, errCrashed
	case fault == FaultUnheard || fault == FaultCut:
		return events.Receipt{}, fmt.Errorf("%w: the response was lost", events.ErrUnknownOutcome)
	}
	return receipt, err
}

// AppendEach appends the commits one by one, which the interface allows.
func (conn *connection) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	out := make([]events.Outcome, len(group))
	for i, c := range group {
		out[i].Receipt, out[i].Err = conn.Append(ctx, c)
	}
	return out
}

// Lookup implements events.Store.
func (conn *connection) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	if conn.crashPoint() {
		return events.Receipt{}, false, errCrashed
	}
	return conn.Store.Lookup(ctx, id)
}

// Read implements events.Store.
func (conn *connection) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	if conn.crashPoint() {
		return crashed
	}
	return conn.Store.Read(ctx, stream, after)
}

// ReadAll implements events.Store.
func (conn *connection) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	if conn.crashPoint() {
		return crashed
	}
	return conn.Store.ReadAll(ctx, after, f)
}

func crashed(yield func(events.Record, error) bool) { yield(events.Record{}, errCrashed) }

// Settled implements events.Store.
func (conn *connection) Settled(ctx context.Context) (events.Position, error) {
	if conn.crashPoint() {
		return 0, errCrashed
	}
	return conn.Store.Settled(ctx)
}

// SaveSnapshot implements events.Snapshots if the store does; otherwise it does nothing. It may run on
// another goroutine than the world and meets no faults.
func (conn *connection) SaveSnapshot(ctx context.Context, s events.Snapshot) error {
	if to, ok := conn.Store.(events.Snapshots); ok {
		return to.SaveSnapshot(ctx, s)
	}
	return nil
}

// LatestSnapshot implements events.Snapshots. It finds nothing if the store keeps no snapshots.
func (conn *connection) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	if from, ok := conn.Store.(events.Snapshots); ok {
		return from.LatestSnapshot(ctx, stream, fold)
	}
	return events.Snapshot{}, false, nil
}

// drawCommitFault draws the fault of a commit and returns its name, or "" for none.
func (w *world) drawCommitFault() string {
	f := &w.Faults
	if w.noFaults || f.Lost|f.Unheard|f.Cut|f.CrashBefore|f.CrashAfter == 0 {
		return ""
	}
	n := int(w.faultRNG.Uint32N(10_000))
	for _, x := range [...]struct {
		fault string
		often int
	}{
		{FaultLost, f.Lost}, {FaultUnheard, f.Unheard}, {FaultCut, f.Cut},
		{FaultCrashBefore, f.CrashBefore}, {FaultCrashAfter, f.CrashAfter},
	} {
		if n -= x.often; n < 0 {
			w.countFault(x.fault)
			return x.fault
		}
	}
	return ""
}

// drawFault draws whether a fault happens that happens that often of 10,000 times.
func (w *world) drawFault(often int) bool {
	return often > 0 && int(w.faultRNG.Uint32N(10_000)) < often
}

// countFault counts a fault.
func (w *world) countFault(fault string) { w.faultCounts[fault]++ }
