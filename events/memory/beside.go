package memory

import (
	"context"
	"slices"

	"github.com/tradesurety/surety/events"
)

// fold names what a snapshot is of.
type fold struct {
	stream events.StreamID
	name   string
}

// Changed implements events.Signaler.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
		if s.closed {
			close(s.changed)
		}
	}
	return s.changed
}

// signal wakes those who wait for a change. The caller holds the lock.
func (s *Store) signal() {
	if s.changed == nil {
		return
	}
	close(s.changed)
	if !s.closed {
		s.changed = nil
	}
}

// SaveSnapshot implements events.Snapshots. It copies the data.
func (s *Store) SaveSnapshot(ctx context.Context, snapshot events.Snapshot) error {
	if err := snapshot.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuses(ctx); err != nil {
		return err
	}
	key := fold{snapshot.Stream, snapshot.Fold}
	if kept, ok := s.snapshots[key]; ok && kept.Version > snapshot.Version {
		return nil
	}
	if s.snapshots == nil {
		s.snapshots = make(map[fold]events.Snapshot)
	}
	snapshot.Data = slices.Clip(slices.Clone(snapshot.Data))
	s.snapshots[key] = snapshot
	return nil
}

// LatestSnapshot implements events.Snapshots. The data is the store's own memory and is
// read-only.
func (s *Store) LatestSnapshot(ctx context.Context, stream events.StreamID, name string) (events.Snapshot, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.refuses(ctx); err != nil {
		return events.Snapshot{}, false, err
	}
	snapshot, ok := s.snapshots[fold{stream, name}]
	return snapshot, ok, nil
}
