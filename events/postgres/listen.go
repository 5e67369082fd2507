package postgres

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
)

// The pause before the listener connects again doubles from the first to the second.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// listener is notified, on a connection of its own, of commits by other processes. A
// notification is a hint only; what the listener misses while the connection is broken, it looks
// up when it has a new one.
type listener struct {
	*dialer
	changed *signal
	ctx     context.Context // ends when the store is closed
	end     context.CancelFunc
	mu      sync.Mutex
	done    chan struct{} // closed when it has ended; nil before it was started
}

func newListener(d *dialer, changed *signal) *listener {
	l := &listener{dialer: d, changed: changed}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// start starts it, once.
func (l *listener) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil && l.ctx.Err() == nil {
		l.done = make(chan struct{})
		go l.run(l.done)
	}
}

// close ends it, and prevents another start.
func (l *listener) close() {
	l.end()
	l.mu.Lock()
	done := l.done
	l.mu.Unlock()
	if done != nil {
		<-done
	}
}

func (l *listener) run(done chan struct{}) {
	defer close(done)
	for pause := firstPause; l.ctx.Err() == nil; pause = min(2*pause, lastPause) {
		if l.listen() {
			pause = firstPause
		}
		select {
		case <-time.After(pause):
		case <-l.ctx.Done():
		}
	}
}

// listen listens until the connection is lost, and reports whether it had one.
func (l *listener) listen() (connected bool) {
	conn, err := l.connect(l.ctx, nil)
	if err != nil {
		return false // followers poll, and report their errors
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(l.ctx, "LISTEN "+pgx.Identifier{l.schema.channel()}.Sanitize()); err != nil {
		return false
	}
	// Looked up after LISTEN: later commits are notified, and earlier ones are seen here.
	var last int64
	if err := conn.QueryRow(l.ctx, l.queries.settled).Scan(&last); err != nil {
		return false
	}
	l.changed.heard(events.Position(last))
	l.listens(true, nil)
	for {
		n, err := conn.WaitForNotification(l.ctx)
		if err != nil {
			l.listens(false, err)
			return true
		}
		if p, err := strconv.ParseUint(n.Payload, 10, 63); err == nil {
			l.changed.heard(events.Position(p))
		}
	}
}

// listens notes whether the store listens, and reports it.
func (l *listener) listens(now bool, err error) {
	l.changed.listens(now)
	if f := l.observer.Listener; f != nil {
		f(now, err)
	}
}
