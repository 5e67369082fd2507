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

// link is the connection of one process to the store. It does to commits what the faults of the
// world say, and to the process what a crash does: from then on every call fails, and what the
// process had in memory is lost with it.
type link struct {
	events.Store
	world     *world
	dead      bool
	cut       bool   // the next commit fails without reaching the store
	meanwhile func() // is called once, before the next commit reaches the store
}

var (
	_ events.Store     = (*link)(nil)
	_ events.Snapshots = (*link)(nil)
)

// dies passes one instant between two steps and reports whether the process is dead after it.
func (l *link) dies() bool {
	if l.dead {
		return true
	}
	w := l.world
	if w.quiet {
		return false
	}
	if w.points++; w.points == w.Faults.CrashAt {
		w.met(FaultCrashAt)
		l.dead = true
	}
	return l.dead
}

// Append hands a commit to the store, or does to it what the draw says.
func (l *link) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if l.dies() {
		return events.Receipt{}, errCrashed
	}
	if l.cut {
		l.cut = false
		return events.Receipt{}, errBroken
	}
	if do := l.meanwhile; do != nil {
		l.meanwhile = nil
		do()
	}
	fault := l.world.drawCommit()
	switch fault {
	case FaultLost:
		return events.Receipt{}, fmt.Errorf("%w: the commit was lost", events.ErrUnknownOutcome)
	case FaultCrashBefore:
		l.dead = true
		return events.Receipt{}, errCrashed
	case FaultCut:
		l.cut = true
		if l.world.chance.Uint32N(2) == 0 {
			return events.Receipt{}, fmt.Errorf("%w: the connection broke", events.ErrUnknownOutcome)
		}
	}
	receipt, err := l.Store.Append(ctx, c)
	var conflict *events.ConflictError
	if errors.As(err, &conflict) {
		l.world.met(FaultConflict)
	}
	switch {
	case fault == FaultCrashAfter || l.dies():
		l.dead = true
		return events.Receipt{}, errCrashed
	case fault == FaultUnheard || fault == FaultCut:
		return events.Receipt{}, fmt.Errorf("%w: the answer was lost", events.ErrUnknownOutcome)
	}
	return receipt, err
}

// AppendEach decides the members one by one, as a store may.
func (l *link) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	out := make([]events.Outcome, len(group))
	for i, c := range group {
		out[i].Receipt, out[i].Err = l.Append(ctx, c)
	}
	return out
}

// Lookup implements events.Store.
func (l *link) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	if l.dies() {
		return events.Receipt{}, false, errCrashed
	}
	return l.Store.Lookup(ctx, id)
}

// Read implements events.Store.
func (l *link) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	if l.dies() {
		return crashed
	}
	return l.Store.Read(ctx, stream, after)
}

// ReadAll implements events.Store.
func (l *link) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	if l.dies() {
		return crashed
	}
	return l.Store.ReadAll(ctx, after, f)
}

func crashed(yield func(events.Record, error) bool) { yield(events.Record{}, errCrashed) }

// Settled implements events.Store.
func (l *link) Settled(ctx context.Context) (events.Position, error) {
	if l.dies() {
		return 0, errCrashed
	}
	return l.Store.Settled(ctx)
}

// SaveSnapshot implements events.Snapshots, for stores that do. It may be called beside the
// goroutine of the world and meets no faults.
func (l *link) SaveSnapshot(ctx context.Context, s events.Snapshot) error {
	if to, ok := l.Store.(events.Snapshots); ok {
		return to.SaveSnapshot(ctx, s)
	}
	return nil
}

// LatestSnapshot implements events.Snapshots; where the store has none, neither has the link.
func (l *link) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	if from, ok := l.Store.(events.Snapshots); ok {
		return from.LatestSnapshot(ctx, stream, fold)
	}
	return events.Snapshot{}, false, nil
}

// drawCommit draws what a commit meets: the name of a fault, or nothing.
func (w *world) drawCommit() string {
	f := &w.Faults
	if w.quiet || f.Lost|f.Unheard|f.Cut|f.CrashBefore|f.CrashAfter == 0 {
		return ""
	}
	n := int(w.chance.Uint32N(10_000))
	for _, x := range [...]struct {
		fault string
		often int
	}{
		{FaultLost, f.Lost}, {FaultUnheard, f.Unheard}, {FaultCut, f.Cut},
		{FaultCrashBefore, f.CrashBefore}, {FaultCrashAfter, f.CrashAfter},
	} {
		if n -= x.often; n < 0 {
			w.met(x.fault)
			return x.fault
		}
	}
	return ""
}

// drawOf reports whether something that happens that often of 10,000 times happens now.
func (w *world) drawOf(often int) bool {
	return often > 0 && int(w.chance.Uint32N(10_000)) < often
}

// met counts a fault.
func (w *world) met(fault string) { w.faults[fault]++ }
