package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
)

// health is how the board fares on this instance.
type health struct {
	mu    sync.Mutex
	state string
	at    events.Position
}

// The states of the board: it has not caught up yet; it follows the log; its worker has failed
// and begins again; a record cannot be folded.
const (
	building = "building"
	live     = "live"
	stopped  = "stopped"
	poisoned = "poisoned"
)

// progress notes how far the board has come. One that had failed is well again at the end of
// the log.
func (h *health) progress(p projection.Progress) {
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
	}
}

// keep keeps the board up to date until ctx ends. When its worker fails it begins again after a
// while: a server may come back, and what is poison to this version of the program may not be to
// that of another instance.
func (s *service) keep(ctx context.Context) {
	for ctx.Err() == nil {
		worker, err := projection.New(s.log, s.views, s.view, projection.OnProgress(s.health.progress), projection.PollEvery(s.limits.poll))
		if err == nil {
			err = worker.Follow(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		s.health.failed(err)
		s.logger.Error("board stopped", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(s.limits.again):
		}
	}
}

// healthz says whether this instance can do its work: 503 if the log cannot be asked or the board
// does not follow it.
func (s *service) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	end, err := s.log.Settled(ctx)
	s.health.mu.Lock()
	state, at := s.health.state, s.health.at
	s.health.mu.Unlock()
	status, log := http.StatusOK, "up"
	if err != nil {
		log = "down"
	}
	if err != nil || state != live {
		status = http.StatusServiceUnavailable
	}
	reply(w, status, "application/json", struct {
		Log   string          `json:"log"`
		Board string          `json:"board"`
		At    events.Position `json:"at"`  // up to where the board has come
		Lag   uint64          `json:"lag"` // by how many positions the log is ahead of it
	}{log, state, at, uint64(max(end, at) - at)})
}
