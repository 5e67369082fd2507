package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// auditor remembers what it has seen of one log.
type auditor struct {
	store    *Store
	position events.Position
	heads    map[events.StreamID]events.Version
	seen     map[uuid.UUID]bool
}

func newAuditor(s *Store) *auditor {
	return &auditor{store: s, heads: make(map[events.StreamID]events.Version), seen: make(map[uuid.UUID]bool)}
}

// audit compares the log with what was acknowledged since the last audit. It returns the faults
// it finds and the number of commits that were applied and never acknowledged, all of which
// must answer a retry.
func (a *auditor) audit(ctx context.Context, acks []uuid.UUID) (faults []string, unacked int) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	stored := make(map[uuid.UUID]int)
	totals := make(map[uuid.UUID]string)
	for r, err := range a.store.ReadAll(ctx, a.position, events.Filter{}) {
		if err != nil {
			fault("%v", err)
			break
		}
		if r.Position <= a.position {
			fault("position %d after %d", r.Position, a.position)
		}
		a.position = r.Position
		if r.Version != a.heads[r.Stream]+1 {
			fault("stream %s: version %d after %d", r.Stream, r.Version, a.heads[r.Stream])
		}
		a.heads[r.Stream] = r.Version
		if r.Index != stored[r.Commit] || a.seen[r.Commit] {
			fault("commit %s: index %d twice or out of order", r.Commit, r.Index)
		}
		stored[r.Commit]++
		totals[r.Commit] = string(r.Data)
	}
	for id, n := range stored {
		a.seen[id] = true
		if strconv.Itoa(n) != totals[id] {
			fault("commit %s: %d events of %s", id, n, totals[id])
		}
	}
	for _, id := range acks {
		if stored[id] == 0 {
			fault("commit %s: acknowledged and lost", id)
		}
		delete(stored, id)
	}
	for id := range stored {
		known, found, err := a.store.Lookup(ctx, id)
		again, retried := a.store.Append(ctx, retry(id))
		known.Repeated = true
		if err != nil || retried != nil || !found || again != known {
			fault("commit %s: applied, looked up as %+v (%t, %v), asked again as %+v (%v)", id, known, found, err, again, retried)
		}
	}
	return faults, len(stored)
}
