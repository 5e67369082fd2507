package postgres

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/group"
)

// writer gathers the requests of all callers into groups, which one goroutine, the committer,
// commits one after the other.
type writer struct {
	*group.Writer
	log  *log               // belongs to the committer
	stop context.CancelFunc // of the log's attempts to connect
}

func newWriter(d *dialer, first *line, changed *signal) *writer {
	life, stop := context.WithCancel(context.Background())
	l := &log{dialer: d, changed: changed, life: life, heads: make(map[events.StreamID]events.Version)}
	l.use(first)
	return &writer{Writer: group.New(false, l.run, d.observer.Group), log: l, stop: stop}
}

// close refuses what waits, lets what runs finish, and closes the connection. A group that still
// waits after a while is broken off.
func (w *writer) close() {
	w.stop()
	late := time.AfterFunc(w.log.grace, w.log.sever)
	w.Close()
	late.Stop()
	w.log.drop()
}
