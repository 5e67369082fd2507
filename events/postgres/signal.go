package postgres

import (
	"sync"

	"github.com/tradesurety/surety/events"
)

// signal wakes those who wait for the next change.
type signal struct {
	mu        sync.Mutex
	ch        chan struct{} // nil while nobody waits
	last      events.Position
	listening bool // the listener is connected
	ended     bool
}

func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
		if s.ended {
			close(s.ch)
		}
	}
	return s.ch
}

// committed notes that this process has committed records up to a position. It wakes those who
// wait, unless the server's notification came first.
func (s *signal) committed(p events.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != p {
		s.last = p
		s.fire()
	}
}

// heard notes that a process, perhaps this one, has committed records up to a position.
func (s *signal) heard(p events.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last < p {
		s.last = p
		s.fire()
	}
}

// listens notes whether the commits of other processes are heard. Who waits for a signal that does
// not come any more is woken.
func (s *signal) listens(now bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening = now; !now {
		s.fire()
	}
}

func (s *signal) hears() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listening
}

// fire wakes those who wait. The mutex is held.
func (s *signal) fire() {
	if s.ch != nil && !s.ended {
		close(s.ch)
		s.ch = nil
	}
}

func (s *signal) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fire()
	s.ended = true
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
