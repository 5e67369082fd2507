package memory

import (
	"context"
	"slices"

	"github.com/tradesurety/surety/events"
)

// beside is what a store has beside its log: the snapshots of its streams, and who waits for a
// change. The lock is the store's.
type beside struct {
	snapshots map[events.StreamID][]events.Snapshot // one of each fold
	changed   chan struct{}                         // nil until somebody waits
}

// wait returns the channel that the next signal closes.
func (b *beside) wait(closed bool) <-chan struct{} {
	if b.changed == nil {
		b.changed = make(chan struct{})
		if closed {
			close(b.changed)
		}
	}
	return b.changed
}

// signal wakes those who wait for a change. After the one that says that the store is closed
// there is none.
func (b *beside) signal(closed bool) {
	if b.changed == nil {
		return
	}
	close(b.changed)
	if !closed {
		b.changed = nil
	}
}

// save keeps a copy of a snapshot unless a newer one is there.
func (b *beside) save(s events.Snapshot) {
	list := b.snapshots[s.Stream]
	i := slices.IndexFunc(list, func(kept events.Snapshot) bool { return kept.Fold == s.Fold })
	if i >= 0 && list[i].Version > s.Version {
		return
	}
	s.Data = slices.Clip(slices.Clone(s.Data))
	if i >= 0 {
		list[i] = s
		return
	}
	if b.snapshots == nil {
		b.snapshots = make(map[events.StreamID][]events.Snapshot)
	}
	b.snapshots[s.Stream] = append(list, s)
}

// latest returns the snapshot of that stream and fold.
func (b *beside) latest(stream events.StreamID, fold string) (events.Snapshot, bool) {
	for _, kept := range b.snapshots[stream] {
		if kept.Fold == fold {
			return kept, true
		}
	}
	return events.Snapshot{}, false
}

// forget drops the snapshots of a stream.
func (b *beside) forget(stream events.StreamID) { delete(b.snapshots, stream) }

// Changed implements events.Signaler.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beside.wait(s.closed)
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
	s.beside.save(snapshot)
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
	snapshot, ok := s.beside.latest(stream, name)
	return snapshot, ok, nil
}
