package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// source is what a Store and a Replica read from.
type source struct {
	*config
	pool  *pgxpool.Pool
	owned bool // the pool is closed with the source
	mode  pgx.QueryExecMode
	// historyKey is under what connections of the pool say that the history was checked.
	historyKey string
	queries    *queries
	closed     atomic.Bool
}

func newSource(c *config, pool *pgxpool.Pool, owned bool) source {
	mode := pool.Config().ConnConfig.DefaultQueryExecMode
	if mode == pgx.QueryExecModeSimpleProtocol || mode == pgx.QueryExecModeExec {
		// A pooler between the pool and the server may not keep prepared statements; then every
		// query is described anew.
		mode = pgx.QueryExecModeDescribeExec
	}
	return source{config: c, pool: pool, owned: owned, mode: mode, queries: newQueries(c.schema), historyKey: "surety history of " + c.schema.name}
}

// refuses returns why a call cannot be served, or nil.
func (s *source) refuses(ctx context.Context) error {
	if s.closed.Load() {
		return events.ErrClosed
	}
	if err := s.history.fate(); err != nil {
		return err
	}
	return ctx.Err()
}

// read runs a query through the pool and calls a function with each row. The connection is back
// in the pool when it returns.
func (s *source) read(ctx context.Context, op string, row func([][]byte) error, query string, args ...any) error {
	return s.with(ctx, op, func(conn *pgxpool.Conn) error { return ask(ctx, conn.Conn(), s.mode, row, query, args...) })
}

// with runs f with a connection of the pool. If the recovery of a standby was in its way, or the store has
// connected anew meanwhile, f runs again, and must begin anew each time.
func (s *source) with(ctx context.Context, op string, f func(*pgxpool.Conn) error) error {
	return s.anyhow(ctx, op, func(conn *pgxpool.Conn) error {
		if err := s.sameHistory(ctx, conn); err != nil {
			return err
		}
		return f(conn)
	})
}

// anyhow is with on whatever history the server is.
func (s *source) anyhow(ctx context.Context, op string, f func(*pgxpool.Conn) error) error {
	err := s.once(ctx, op, f)
	for i := 0; i < retries && (s.replica && isTransient(err) || errors.Is(err, errMoved)); i++ {
		time.Sleep(time.Millisecond << i)
		err = s.once(ctx, op, f)
	}
	return err
}

func (s *source) once(ctx context.Context, op string, f func(*pgxpool.Conn) error) error {
	if err := s.refuses(ctx); err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err == nil {
		err = f(conn)
		conn.Release()
	}
	if err != nil && s.closed.Load() && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", events.ErrClosed, err)
	}
	return under(ctx, op, err)
}

// ask runs a query and calls a function with each row.
func ask(ctx context.Context, conn *pgx.Conn, mode pgx.QueryExecMode, row func([][]byte) error, query string, args ...any) error {
	rows, err := conn.Query(ctx, query, append([]any{mode, pgx.QueryResultFormats{1}}, args...)...)
	return eachRow(rows, err, row)
}

// eachRow calls a function with each row and closes the rows.
func eachRow(rows pgx.Rows, err error, row func([][]byte) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.RawValues()); err != nil {
			return err
		}
	}
	return rows.Err()
}
