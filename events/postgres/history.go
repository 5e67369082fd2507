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

// learn remembers a link that the log has. It must not be one that may still be rolled back.
func (h *history) learn(m events.Mark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.Position >= h.last.Position {
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

// errNoLink says that a log has lost even the link with which it began.
var errNoLink = errors.New("the log has no first link")

// markAt returns the first link at or after a position, or the last one.
func (s *Store) markAt(ctx context.Context, conn *pgx.Conn, at events.Position) (m events.Mark, err error) {
	found := false
	err = s.ask(ctx, conn, func(v [][]byte) error {
		m, found = markOf(number(v[0]), v[1]), true
		return nil
	}, s.queries.mark, int64(min(at, maxInt64)))
	if err == nil && !found {
		err = errNoLink
	}
	return m, err
}

// remember learns the last link of the log.
func (s *Store) remember(ctx context.Context, conn *pgx.Conn) error {
	m, err := s.markAt(ctx, conn, maxInt64)
	if err == nil {
		s.history.learn(m)
	}
	return err
}

// sameHistory looks whether the log still has what this store value has written or read, if the
// connection is new to it: no restored backup and no other server comes without a new connection.
func (s *Store) sameHistory(ctx context.Context, conn *pgxpool.Conn) error {
	seen, key := conn.Conn().PgConn().CustomData(), s.historyKey
	if seen[key] == &s.history {
		return nil
	}
	err := s.checkHistory(ctx, conn.Conn())
	if err == nil {
		seen[key] = &s.history
	}
	return err
}

// checkHistory looks whether the log still has what this store value has written or read. If not,
// the store value is dead.
func (s *Store) checkHistory(ctx context.Context, conn *pgx.Conn) error {
	// Taken before the statement, which therefore sees what was committed with it.
	last := s.history.remembered()
	if last.IsZero() {
		return nil
	}
	have, err := s.markAt(ctx, conn, last.Position)
	if err != nil || have == last {
		return err
	}
	if have.Position < last.Position {
		var behind bool // a standby that has not received it yet
		if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()", s.mode).Scan(&behind); err != nil || behind {
			return err
		}
	}
	return s.history.die(&events.ForkError{Mark: last, Have: have})
}

// forked returns err. If a log has not the link that a caller brings, it may not have what this
// store value remembers either: then the store value is dead.
func (s *Store) forked(ctx context.Context, err error) error {
	if isFork(err) {
		if err := s.with(ctx, "read link", func(conn *pgxpool.Conn) error { return s.checkHistory(ctx, conn.Conn()) }); err != nil {
			return err
		}
	}
	return err
}
