package storetest

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Marked is a store that knows its history and keeps snapshots.
type Marked interface {
	events.Store
	events.Marker
	events.Snapshots
}

// Switch is a store under which the log can be replaced while its readers and writers live, as a
// restored backup or a promoted standby does it to a store that is open. It is for tests of what
// follows a log. Make one with NewSwitch; it is safe for concurrent use.
//
// It keeps the promise of one history: it takes its value to have read the log to its end, so
// that it is dead after a switch to a log that has not what the one before had. Sequences that have
// begun go on with the log on which they began.
type Switch struct {
	mu   sync.RWMutex // held for reading while a commit is appended
	log  Marked
	dead error // a *events.ForkError
	// blind makes it a store that does not know its history, for controls.
	blind bool
}

var _ Marked = (*Switch)(nil)

// NewSwitch returns a store on that log.
func NewSwitch(log Marked) *Switch { return &Switch{log: log} }

// To puts another log in the place of the one that is there. The switch dies if the other one has
// lost something; it says so at the next call.
func (s *Switch) To(log Marked) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, err := s.log.Mark(context.Background(), 1<<63-1)
	if err == nil {
		err = log.Holds(context.Background(), end)
	}
	s.log = log
	if fork, ok := errors.AsType[*events.ForkError](err); ok {
		if s.dead == nil {
			s.dead = fork
		}
		return nil
	}
	return err
}

// Log returns the log that is there now.
func (s *Switch) Log() Marked {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.log
}

// live returns the log, or the *events.ForkError of a store value that is dead.
func (s *Switch) live() (Marked, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.log, s.refuses()
}

func (s *Switch) refuses() error {
	if s.blind {
		return nil
	}
	return s.dead
}

// Append implements events.Store.
func (s *Switch) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.refuses(); err != nil {
		return events.Receipt{}, err
	}
	return s.log.Append(ctx, c)
}

// AppendEach implements events.Store.
func (s *Switch) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.refuses(); err != nil {
		out := make([]events.Outcome, len(group))
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	return s.log.AppendEach(ctx, group)
}

// Lookup implements events.Store.
func (s *Switch) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	log, err := s.live()
	if err != nil {
		return events.Receipt{}, false, err
	}
	return log.Lookup(ctx, id)
}

// from returns a sequence of the log, or of the one error of a store value that is dead.
func from[T any](s *Switch, seq func(Marked) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		log, err := s.live()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		seq(log)(yield)
	}
}

// Read implements events.Store.
func (s *Switch) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return from(s, func(log Marked) iter.Seq2[events.Record, error] { return log.Read(ctx, stream, after) })
}

// ReadAll implements events.Store.
func (s *Switch) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return from(s, func(log Marked) iter.Seq2[events.Record, error] { return log.ReadAll(ctx, after, f) })
}

// ReadFrom implements events.Marker.
func (s *Switch) ReadFrom(ctx context.Context, c *events.Cursor, f events.Filter) iter.Seq2[events.Record, error] {
	return from(s, func(log Marked) iter.Seq2[events.Record, error] { return log.ReadFrom(ctx, c, f) })
}

// Links implements events.Marker.
func (s *Switch) Links(ctx context.Context, after events.Position) iter.Seq2[events.Mark, error] {
	return from(s, func(log Marked) iter.Seq2[events.Mark, error] { return log.Links(ctx, after) })
}

// Mark implements events.Marker.
func (s *Switch) Mark(ctx context.Context, at events.Position) (events.Mark, error) {
	log, err := s.live()
	if err != nil {
		return events.Mark{}, err
	}
	return log.Mark(ctx, at)
}

// Holds implements events.Marker.
func (s *Switch) Holds(ctx context.Context, m events.Mark) error {
	log, err := s.live()
	if err != nil {
		return err
	}
	return log.Holds(ctx, m)
}

// Settled implements events.Store.
func (s *Switch) Settled(ctx context.Context) (events.Position, error) {
	log, err := s.live()
	if err != nil {
		return 0, err
	}
	return log.Settled(ctx)
}

// SaveSnapshot implements events.Snapshots.
func (s *Switch) SaveSnapshot(ctx context.Context, snapshot events.Snapshot) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.refuses(); err != nil {
		return err
	}
	return s.log.SaveSnapshot(ctx, snapshot)
}

// LatestSnapshot implements events.Snapshots.
func (s *Switch) LatestSnapshot(ctx context.Context, stream events.StreamID, fold string) (events.Snapshot, bool, error) {
	log, err := s.live()
	if err != nil {
		return events.Snapshot{}, false, err
	}
	return log.LatestSnapshot(ctx, stream, fold)
}

// Durability implements events.Store.
func (s *Switch) Durability() events.Durability { return s.Log().Durability() }

// Close implements events.Store: it closes the log that is there now.
func (s *Switch) Close() error { return s.Log().Close() }
