package sqlite

import (
	"sync/atomic"

	"github.com/tradesurety/surety/events"
)

// held says when the writing connection has the write lock of the file. Meanwhile no other process
// has anything on its way, so that a reading connection can decide a guard: what it sees is the log
// as it is under the lock, if it does not see the writer's own transaction yet.
type held struct {
	count atomic.Uint64 // odd while the lock is held
	last  atomic.Int64  // the highest position below the transaction that holds it
}

// take notes that the lock is held. Only the owner of the writer calls it.
func (h *held) take(last int64) {
	h.last.Store(last)
	h.count.Add(1)
}

// drop notes, before the lock is let go by ROLLBACK or right after COMMIT, that it is not held.
func (h *held) drop() {
	if h.count.Load()%2 > 0 {
		h.count.Add(1)
	}
}

// now returns what still must be asked for: the same transaction holds the lock, and the position
// that a reader sees is that below it.
func (h *held) now() (still func(events.Position) bool, ok bool) {
	count, last := h.count.Load(), h.last.Load()
	return func(p events.Position) bool { return int64(p) == last && h.count.Load() == count }, count%2 > 0
}
