package desk

import (
	"context"
	"sync"

	"github.com/tradesurety/surety/events"
)

// queues lets the commands of one desk that write to the same contended stream, the line of a big
// seller, go one after the other in the order in which they came. Without it they would all
// decide on the same version, and all but one would have to decide again. It is an optimisation
// only: other desks do not see it, and correctness rests on the versions of the commit.
type queues struct {
	mu   sync.Mutex
	open map[events.StreamID]*queue
}

// queue is that of one stream, for as long as a command waits in it.
type queue struct {
	stream  events.StreamID
	members int           // guarded by queues.mu
	head    chan struct{} // holds one token while a command is at the head; senders wait in order
}

// enter waits until the command is at the head of the stream's queue and returns the queue, to be
// left, or the error of ctx. A command waits in one queue only, so that no two wait for each other.
func (q *queues) enter(ctx context.Context, stream events.StreamID) (*queue, error) {
	q.mu.Lock()
	s := q.open[stream]
	if s == nil {
		if q.open == nil {
			q.open = make(map[events.StreamID]*queue)
		}
		s = &queue{stream: stream, head: make(chan struct{}, 1)}
		q.open[stream] = s
	}
	s.members++
	q.mu.Unlock()
	select {
	case s.head <- struct{}{}:
		return s, nil
	case <-ctx.Done():
		q.quit(s)
		return nil, ctx.Err()
	}
}

// leave lets the next command through.
func (q *queues) leave(s *queue) {
	<-s.head
	q.quit(s)
}

func (q *queues) quit(s *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.members--; s.members == 0 {
		delete(q.open, s.stream)
	}
}
