package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
)

// health is the state of the board on this instance, and whether the log takes writes.
type health struct {
	mu    sync.Mutex
	state string
	at    events.Position

	ofLog     chan struct{} // closed once the board was found to be of this log
	foundOnce sync.Once

	asking  sync.Mutex
	asked   time.Time // when the log was asked last, and
	refused error     // what it answered
}

// The states of the board.
const (
	building = "building" // it has not caught up yet
	live     = "live"     // it follows the log
	stopped  = "stopped"  // its worker has failed and restarts
	poisoned = "poisoned" // a record cannot be folded
	forked   = "forked"   // it is of another history than the log: the service ends
)

// isFork reports whether an error says that the log is on another history than what was made of it.
func isFork(err error) bool {
	fork, other := (*events.ForkError)(nil), (*projection.LogError)(nil)
	return errors.As(err, &fork) || errors.As(err, &other)
}

// seen ends the service if an error says that its log, or its board, is on another history.
func (s *service) seen(err error) {
	if isFork(err) {
		select {
		case s.forked <- err:
		default: // it was seen before
		}
	}
}

// alive returns the *events.ForkError of a log that has met another history, or nil.
func (s *service) alive(ctx context.Context) error {
	if m, ok := s.log.(events.Marker); ok {
		return m.Holds(ctx, events.Mark{})
	}
	return nil
}

// found records that the board is of this log: its worker checks that before anything else.
func (h *health) found() { h.foundOnce.Do(func() { close(h.ofLog) }) }

// progress records how far the board is. A board that had failed is live again at the end of the
// log.
func (h *health) progress(p projection.Progress) {
	h.found()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = p.Checkpoint.Position
	if p.Lag() == 0 {
		h.state = live
	}
}

func (h *health) failed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = stopped
	if _, ok := errors.AsType[*projection.PoisonError](err); ok {
		h.state = poisoned
		h.found()
	} else if isFork(err) {
		h.state = forked
	}
}

// runBoard keeps the board up to date until ctx ends. If its worker fails, it restarts after a while:
// a server may come back, and another instance with another version of the program may fold the record
// that this one cannot.
func (s *service) runBoard(ctx context.Context) {
	for ctx.Err() == nil {
		options := []projection.Option{projection.OnProgress(s.health.progress), projection.PollEvery(s.limits.poll)}
		if s.rebuild {
			options = append(options, projection.WithRebuildOnFork())
		}
		worker, err := projection.New(s.log, s.views, s.view, options...)
		if err == nil {
			err = worker.Follow(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		s.health.failed(err)
		s.seen(err)
		s.logger.Error("board stopped", "error", err)
		if isFork(err) {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(s.limits.again):
		}
	}
}

// writes returns why the log takes no writes, or nil. Since everybody may call healthz, it asks once a second
// at most.
func (s *service) writes(ctx context.Context) error {
	h := &s.health
	h.asking.Lock()
	defer h.asking.Unlock()
	if time.Since(h.asked) < time.Second {
		return h.refused
	}
	err := s.probe(ctx)
	if (err == nil) != (h.refused == nil) {
		s.logger.Warn("appends", "pass", err == nil, "error", err)
	}
	h.refused, h.asked = err, time.Now()
	return err
}

// probe asks the log whether an append would pass. PostgreSQL does not wait for a standby in what writes
// nothing, so its store has a question of its own. Another store is asked with what nobody sees: a guard, which
// waits for the writer of the log, and a snapshot that nobody reads, which needs room on the disk.
func (s *service) probe(ctx context.Context) error {
	if log, ok := s.log.(interface{ Probe(context.Context) error }); ok {
		return log.Probe(ctx)
	}
	const stream = "health-check"
	guard := events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{Stream: stream}}}
	_, err := s.log.Append(ctx, guard)
	if snapshots, ok := s.log.(events.Snapshots); ok && err == nil {
		err = snapshots.SaveSnapshot(ctx, events.Snapshot{Stream: stream, Version: 1, Fold: "health"})
	}
	return err
}

// healthz reports whether this instance works: 503 if the log cannot be read or takes no writes, or the
// board does not follow it.
func (s *service) healthz(w http.ResponseWriter, r *http.Request, _ trade.Actor) error {
	// A client that leaves is no fault of the log.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Second)
	defer cancel()
	end, err := s.log.Settled(ctx)
	var writes error
	if err == nil {
		writes = s.writes(ctx)
	}
	s.health.mu.Lock()
	state, at := s.health.state, s.health.at
	s.health.mu.Unlock()
	status, log := http.StatusOK, "up"
	switch failed := cmp.Or(err, writes); {
	case isFork(failed):
		s.seen(failed)
		log = forked
	case err != nil:
		log = "down"
	case writes != nil:
		log = "read-only"
	}
	if log != "up" || state != live {
		status = http.StatusServiceUnavailable
	}
	reply(w, status, "application/json", healthReport{log, state, at, uint64(max(end, at) - at)})
	return nil
}

// healthReport is the answer of healthz.
type healthReport struct {
	Log   string          `json:"log"`
	Board string          `json:"board"`
	At    events.Position `json:"at"`  // the position of the board
	Lag   uint64          `json:"lag"` // how many positions the board is behind the log
}
