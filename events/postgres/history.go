package postgres

import (
	"context"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// history is what a store value remembers of the log that it has written and read.
type history struct {
	mu   sync.Mutex
	last events.Mark       // the last link that was acknowledged or read; zero before the first
	dead *events.ForkError // the log has lost that link
}

// learn remembers a link of the log, in a state in which the log has what was remembered before. It
// must not be one that may still be rolled back.
func (h *history) learn(m events.Mark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keep(m)
}

// keep is learn with the mutex held.
func (h *history) keep(m events.Mark) {
	if m.Position > h.last.Position || h.last.IsZero() {
		h.last = m
	}
}

func (h *history) remembered() events.Mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// die makes the store value dead, unless it is, and returns why it is.
func (h *history) die(fork *events.ForkError) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead == nil {
		h.dead = fork
	}
	return h.dead
}

// fate returns why the store value is dead, or nil.
func (h *history) fate() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead == nil {
		return nil
	}
	return h.dead
}

func isFork(err error) bool {
	_, ok := errors.AsType[*events.ForkError](err)
	return ok
}

// lost makes the store value dead if the log has not a link that it remembers, and returns why it
// is. Nothing stays prepared on the connection, which may be a caller's.
func (c *config) lost(ctx context.Context, q *queries, conn *pgx.Conn, last events.Mark) error {
	fork := &events.ForkError{Mark: last}
	err := ask(ctx, conn, pgx.QueryExecModeDescribeExec, func(v [][]byte) error {
		fork.Have = markOf(number(v[0]), v[1])
		return nil
	}, q.mark, int64(last.Position), 0, nil)
	if err != nil || fork.Have == last {
		return err
	}
	if i, ok := conn.PgConn().CustomData()[serverKey].(identity); ok {
		if err := c.primary.admit(i); err != nil {
			return err // an old primary says nothing of the log
		}
		fork.Server = i.String()
	}
	return c.history.die(fork)
}

// beyond returns the first link at or after a position, if that is beyond what is remembered: who was told
// of a record there may decide on it.
func (c *config) beyond(ctx context.Context, q *queries, conn *pgx.Conn, at events.Position) (m events.Mark, err error) {
	if at <= c.history.remembered().Position {
		return m, nil
	}
	err = ask(ctx, conn, pgx.QueryExecModeDescribeExec, func(v [][]byte) error {
		m = markOf(number(v[0]), v[1])
		return nil
	}, q.mark, int64(at), 0, nil)
	return m, err
}

// stamp is what a connection bears on which the history was checked. With a Store that is the number of the
// connection that it appends on: on another one, perhaps to another server, it is checked again. With a
// Replica, whose connections may be to several standbys, it is the last link that is remembered.
func (s *source) stamp(last events.Mark) any {
	if s.replica {
		return last
	}
	return s.primary.lines.Load()
}

// checked reports whether the history was checked on that connection.
func (s *source) checked(conn *pgx.Conn) bool {
	return conn.PgConn().CustomData()[s.historyKey] == s.stamp(s.history.remembered())
}

// check notes that the log behind a connection has the link that is remembered, or is asked for it next.
func (s *source) check(conn *pgx.Conn, last events.Mark) {
	conn.PgConn().CustomData()[s.historyKey] = s.stamp(last)
}

// learns reports whether what is read through a connection is remembered: of a standby, which may be
// ahead of its primary, only by a Replica, which appends nothing.
func (s *source) learns(conn *pgx.Conn) bool { return s.replica || s.checked(conn) }

// errMoved says that the store has begun to append on another connection, perhaps to another server, while
// something was read. It is read again.
var errMoved = errors.New("the store has connected anew")

// learn remembers a link that was read through a connection, unless it returns errMoved: a store that
// appends to another server by then would not see that the link is missing there. A Replica has the server
// asked for what others have read of another one meanwhile.
func (s *source) learn(ctx context.Context, conn *pgx.Conn, m events.Mark) error {
	if s.hooks.learning != nil {
		s.hooks.learning()
	}
	for !s.learned(conn, m) {
		if !s.replica {
			return errMoved
		}
		last := s.history.remembered()
		if _, _, err := s.linkAt(ctx, conn, last.Position, last); err != nil {
			return err
		}
		s.check(conn, last)
	}
	return nil
}

// learnAt is learn of the first link at or after a position, if that is beyond what is remembered.
func (s *source) learnAt(ctx context.Context, conn *pgx.Conn, at events.Position) error {
	m, err := s.beyond(ctx, s.queries, conn, at)
	if err == nil && !m.IsZero() {
		err = s.learn(ctx, conn, m)
	}
	return err
}

// learned remembers a link, if the history was checked on the connection that it was read through.
func (s *source) learned(conn *pgx.Conn, m events.Mark) bool {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	data := conn.PgConn().CustomData()
	if data[s.historyKey] != s.stamp(s.history.last) {
		return false
	}
	s.history.keep(m)
	data[s.historyKey] = s.stamp(s.history.last)
	return true
}

// errNoLink says that a log has lost even the link with which it began.
var errNoLink = errors.New("the log has no first link")

// markAt returns the first link at or after a position, or the last one, and remembers it if, in the
// same state, the log has what this store value remembered before. It also returns whether the
// server is a standby.
func (s *source) markAt(ctx context.Context, conn *pgx.Conn, at events.Position) (m events.Mark, standby bool, err error) {
	// Taken before the statement, which therefore sees what was committed with it.
	last := s.history.remembered()
	m, standby, err = s.linkAt(ctx, conn, at, last)
	switch {
	case err != nil:
	case s.replica:
		s.check(conn, last)
		err = s.learn(ctx, conn, m)
	case !standby: // a standby may be ahead of its primary, which is asked next
		err = s.learn(ctx, conn, m)
	}
	return m, standby, err
}

// linkAt returns the first link at or after a position, or the last one, of a log that has the link last.
// If the log has not that, the store value is dead; but a standby may not have received it yet, which is an
// error to a Replica alone.
func (s *source) linkAt(ctx context.Context, conn *pgx.Conn, at events.Position, last events.Mark) (m events.Mark, standby bool, err error) {
	found, kept := false, false
	err = ask(ctx, conn, s.mode, func(v [][]byte) error {
		m, found, kept, standby = markOf(number(v[0]), v[1]), true, v[2][0] == 1, v[3][0] == 1
		return nil
	}, s.queries.mark, int64(min(at, maxInt64)), int64(last.Position), sumOf(&last))
	switch {
	case err != nil:
	case !found:
		err = errNoLink
	case kept:
	case !standby:
		err = s.lost(ctx, s.queries, conn, last)
	default:
		var end events.Position
		err = ask(ctx, conn, s.mode, func(v [][]byte) error {
			end = events.Position(number(v[0]))
			return nil
		}, s.queries.settled)
		switch {
		case err != nil:
		case end >= last.Position:
			err = s.lost(ctx, s.queries, conn, last)
		case s.replica:
			err = ErrBehind
		}
	}
	return m, standby, err
}

// sameHistory looks whether the log still has what this store value has written or read, if the
// connection is new to it, or from before the one that it appends on: no restored copy of a server,
// and no other server, comes without a new connection, other than a standby that is promoted.
func (s *source) sameHistory(ctx context.Context, conn *pgxpool.Conn) error {
	if s.checked(conn.Conn()) {
		return nil
	}
	last := s.history.remembered()
	s.check(conn.Conn(), last)
	if !s.replica {
		if err := s.admit(ctx, conn.Conn().PgConn()); err != nil {
			_ = conn.Conn().Close(ctx) // the next call gets another one
			return err
		}
	}
	_, standby, err := s.markAt(ctx, conn.Conn(), last.Position)
	if err != nil || standby && !s.replica {
		delete(conn.Conn().PgConn().CustomData(), s.historyKey)
	}
	return err
}

// forked returns err. If a log has not the link that a caller brings, it may not have what this
// store value remembers either: then the store value is dead.
func (s *source) forked(ctx context.Context, err error) error {
	if isFork(err) {
		if err := s.recheck(ctx); err != nil {
			return err
		}
	}
	return err
}

// recheck looks whether the log still has what this store value has written or read. If not, the
// store value is dead.
func (s *source) recheck(ctx context.Context) error {
	return s.with(ctx, "read link", func(conn *pgxpool.Conn) error {
		_, _, err := s.markAt(ctx, conn.Conn(), s.history.remembered().Position)
		return err
	})
}
