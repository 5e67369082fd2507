package events

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// DefaultSaveEvery is the number of records after which a model's next snapshot is due,
// unless the model says otherwise.
const DefaultSaveEvery = 256

// saveTimeout bounds the writing of one snapshot, so that Close cannot hang on the store.
const saveTimeout = 5 * time.Second

// Snapshotter writes snapshots in the background, so that no commit waits for them. It takes
// those that are due while it has room and skips the rest: the next commit to the same stream
// offers it again. Close it before the store. It is safe for concurrent use.
type Snapshotter struct {
	failed func(StreamID, error)
	done   chan struct{}

	mu     sync.RWMutex // held for reading while a job is sent, for writing to close
	closed bool
	jobs   chan func(context.Context)
}

// NewSnapshotter returns a Snapshotter with room for that many snapshots to wait, at least
// one. An error of saving goes to failed, one call at a time, unless failed is nil; it has no
// other effect.
func NewSnapshotter(room int, failed func(StreamID, error)) *Snapshotter {
	s := &Snapshotter{failed: failed, done: make(chan struct{}), jobs: make(chan func(context.Context), max(room, 1))}
	go s.work()
	return s
}

func (s *Snapshotter) work() {
	defer close(s.done)
	for job := range s.jobs {
		ctx, cancel := context.WithTimeout(context.Background(), saveTimeout)
		job(ctx)
		cancel()
	}
}

// Close takes no more snapshots, writes those that wait and returns. Closing twice is
// harmless.
func (s *Snapshotter) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.jobs)
	}
	s.mu.Unlock()
	<-s.done
}

// offer queues a job, or reports that there is no room for it.
func (s *Snapshotter) offer(job func(context.Context)) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return false
	}
	select {
	case s.jobs <- job:
		return true
	default:
		return false
	}
}

// keepsSnapshots reports whether the model can save and restore its states.
func (m *Model[S, E]) keepsSnapshots() bool {
	return m.Fold != "" && m.Save != nil && m.Restore != nil
}

// offer gives the state that a slot has after its commit to the snapshotter, if one is due.
func (m *Model[S, E]) offer(to *Snapshotter, store Store, s *slot) {
	v := s.view.(*view[S])
	every := m.SaveEvery
	if every < 1 {
		every = DefaultSaveEvery
	}
	if to == nil || !m.keepsSnapshots() || v.version-v.saved < Version(every) {
		return
	}
	snapshots, ok := store.(Snapshots)
	if !ok {
		return
	}
	state, snapshot := v.state, Snapshot{Stream: s.stream, Version: v.version, Fold: m.Fold}
	if to.offer(func(ctx context.Context) {
		if err := m.save(ctx, snapshots, snapshot, &state); err != nil && to.failed != nil {
			to.failed(snapshot.Stream, err)
		}
	}) {
		v.saved = v.version
	}
}

func (m *Model[S, E]) save(ctx context.Context, to Snapshots, snapshot Snapshot, state *S) error {
	data, err := m.Save(nil, state)
	if err != nil {
		return fmt.Errorf("events: snapshot of stream %s version %d: %w", snapshot.Stream, snapshot.Version, err)
	}
	if len(data) > MaxSnapshot {
		return &BoundsError{Field: "snapshot", Reason: fmt.Sprintf("%d bytes are more than %d", len(data), MaxSnapshot)}
	}
	snapshot.Data = data
	return to.SaveSnapshot(ctx, snapshot)
}

// restored folds a stream from its latest snapshot. Without a usable one it returns nil; one
// that the store fails to return, that Restore refuses, or that is newer than the stream is
// not usable.
func (m *Model[S, E]) restored(ctx context.Context, store Store, stream StreamID) (*view[S], error) {
	snapshots, ok := store.(Snapshots)
	if !ok || !m.keepsSnapshots() {
		return nil, nil
	}
	s, ok, err := snapshots.LatestSnapshot(ctx, stream, m.Fold)
	if err != nil || !ok || s.Version == 0 || s.Stream != stream || s.Fold != m.Fold {
		return nil, nil
	}
	v := m.empty(stream)
	if m.Restore(s.Data, &v.state) != nil {
		return nil, nil
	}
	v.version, v.saved = s.Version, s.Version
	// Reading begins with the last record that is folded in: if it is not there, the
	// snapshot is of another log.
	anchored := false
	for r, err := range store.Read(ctx, stream, s.Version-1) {
		switch {
		case err != nil:
			return nil, err
		case anchored:
			err = m.step(v, stream, &r)
		default:
			anchored = true
			if err = follows(&r, stream, s.Version-1); err != nil {
				err = r.Corrupt(err)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if !anchored {
		return nil, nil
	}
	return v, nil
}
