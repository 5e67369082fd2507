package parts

import (
	"context"
	"slices"
	"sync"

	"github.com/tradesurety/surety/events"
)

// Shell is a store without its log: its lock, whether it is closed, the snapshots of its
// streams, and who waits for a change. Methods whose comment does not say otherwise take the
// lock.
type Shell struct {
	sync.RWMutex

	closed    bool
	snapshots map[events.StreamID][]events.Snapshot // one of each fold
	changed   chan struct{}                         // nil until a caller waits
}

// Refuses returns why a call cannot be served, or nil. The caller holds the lock.
func (s *Shell) Refuses(ctx context.Context) error {
	if s.closed {
		return events.ErrClosed
	}
	return ctx.Err()
}

// Close marks the store as closed and drops its snapshots. The caller holds the lock.
func (s *Shell) Close() error {
	if s.closed {
		return events.ErrClosed
	}
	s.closed, s.snapshots = true, nil
	if s.changed != nil {
		close(s.changed)
	}
	return nil
}

// Signal wakes those who wait for a change. The caller holds the lock.
func (s *Shell) Signal() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Changed is that of events.Signaler.
func (s *Shell) Changed() <-chan struct{} {
	s.Lock()
	defer s.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
		if s.closed {
			close(s.changed)
		}
	}
	return s.changed
}

// SaveSnapshot is that of events.Snapshots. It copies the data.
func (s *Shell) SaveSnapshot(ctx context.Context, snapshot events.Snapshot) error {
	if err := snapshot.Validate(); err != nil {
		return err
	}
	s.Lock()
	defer s.Unlock()
	if err := s.Refuses(ctx); err != nil {
		return err
	}
	list := s.snapshots[snapshot.Stream]
	i := slices.IndexFunc(list, func(kept events.Snapshot) bool { return kept.Fold == snapshot.Fold })
	if i >= 0 && list[i].Version > snapshot.Version {
		return nil
	}
	snapshot.Data = slices.Clip(slices.Clone(snapshot.Data))
	if i >= 0 {
		list[i] = snapshot
		return nil
	}
	if s.snapshots == nil {
		s.snapshots = make(map[events.StreamID][]events.Snapshot)
	}
	s.snapshots[snapshot.Stream] = append(list, snapshot)
	return nil
}

// LatestSnapshot is that of events.Snapshots.
func (s *Shell) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	s.RLock()
	defer s.RUnlock()
	if err := s.Refuses(ctx); err != nil {
		return events.Snapshot{}, false, err
	}
	for _, kept := range s.snapshots[stream] {
		if kept.Fold == fold {
			return kept, true, nil
		}
	}
	return events.Snapshot{}, false, nil
}

// DropSnapshots drops the snapshots of a stream. The caller holds the lock.
func (s *Shell) DropSnapshots(stream events.StreamID) { delete(s.snapshots, stream) }
