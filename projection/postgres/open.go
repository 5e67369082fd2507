package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events/postgres/session"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/sqlstore"
)

var _ projection.Store = (*Store)(nil)

// minServer is the oldest server that the store works with.
const minServer = 140000

// Store keeps views in one schema of a PostgreSQL database. Open returns one, which must be
// closed. Any number of Stores, in one process or in several, may be open on one schema.
type Store struct {
	schema  schema
	pool    *pgxpool.Pool
	queries queries
	closed  atomic.Bool
	schemas sqlstore.Schemas
	known   sync.Map // version by place, as of its last read
	grace   time.Duration
	admits  func(context.Context, *pgconn.PgConn) error // nil for every connection
	hook    func(step string, conn *pgx.Conn) error
}

// The steps of a commit between which the tests of this package inject faults.
const (
	stepCheckpoint = "checkpoint"
	stepRows       = "rows"
	stepCommit     = "commit"
	stepRead       = "read" // between the beginning of a read and its function
)

// Option changes how a store is opened.
type Option func(*Store)

// WithSchema names the schema of the views instead of DefaultSchema. Any name is accepted that
// PostgreSQL can hold and does not reserve.
func WithSchema(name string) Option { return func(s *Store) { s.schema.name = name } }

// WithAdmission has the store use only connections that admits returns no error for. It is asked before each use
// of one and must be quick. With the Admits of the store of the log, which has the same DSN with several hosts,
// views are not on a primary from before a failover.
func WithAdmission(admits func(context.Context, *pgconn.PgConn) error) Option {
	return func(s *Store) { s.admits = admits }
}

// Open opens the views in a database with its own pool, which is closed with the store, and makes
// the schema if there is none. The DSN is that of pgxpool.ParseConfig. A schema that does not hold
// views is refused and left as it is. Errors are *OpenError and the plain error of ctx.
func Open(ctx context.Context, dsn string, opts ...Option) (*Store, error) {
	s := &Store{schema: schema{name: DefaultSchema}, grace: 5 * time.Second, hook: func(string, *pgx.Conn) error { return nil }}
	for _, opt := range opts {
		opt(s)
	}
	var err error
	if s.schema, err = newSchema(s.schema.name); err != nil {
		return nil, s.refuse("an option is out of bounds", err)
	}
	s.queries = newQueries(s.schema)
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, s.refuse("the DSN cannot be read", err)
	}
	// Before there is a pool, which may begin to connect at once.
	if err := session.Check(ctx, config); err != nil {
		return nil, s.openError(ctx, "cannot be reached", err)
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		return session.Set(ctx, conn.PgConn(), settings())
	}
	if s.admits != nil {
		s.admit(config)
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, s.openError(ctx, "the pool cannot be made", err)
	}
	if err := s.begin(ctx); err != nil {
		s.pool.Close()
		return nil, err
	}
	return s, nil
}

// admit has a pool refuse connections: a new one, so that the next host of the DSN is tried, and one that it has.
func (s *Store) admit(config *pgxpool.Config) {
	then := config.ConnConfig.ValidateConnect
	config.ConnConfig.ValidateConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		if then != nil {
			if err := then(ctx, conn); err != nil {
				return err
			}
		}
		return s.admits(ctx, conn)
	}
	config.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		return s.admits(ctx, conn.PgConn()) == nil, nil
	}
}

// begin makes the schema, or checks the one that exists.
func (s *Store) begin(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.openError(ctx, "cannot be reached", err)
	}
	defer conn.Release()
	return s.openError(ctx, "cannot be made a schema of views", s.establish(ctx, conn.Conn()))
}

// settings returns the settings of every connection. A commit does not wait for the disk, and a
// query uses the indexes, which have the requested order, even if the tables were never analysed.
func settings() map[string]string {
	return map[string]string{
		"synchronous_commit": "off",
		"enable_seqscan":     "off",
		"enable_bitmapscan":  "off",
		"enable_sort":        "off",
		"jit":                "off", // the estimated cost without the plans above would turn it on
	}
}

func (s *Store) refuse(reason string, err error) error {
	return &OpenError{Schema: s.schema.name, Reason: reason, Err: err}
}

// openError adds the reason to an error of Open. The error of a context stays as it is.
func (s *Store) openError(ctx context.Context, otherwise string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*OpenError](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := otherwise
	if errors.Is(err, ErrPooled) {
		reason = "a pooler stands before the server"
	} else if _, ok := errors.AsType[*SettingError](err); ok {
		reason = "the server is not what the store needs"
	} else if _, ok := errors.AsType[*PrivilegeError](err); ok || code(err) == noPrivilege {
		reason = "the role lacks a privilege"
	}
	return s.refuse(reason, err)
}

// Close waits for the running calls and closes the pool. Every later call returns
// projection.ErrClosed.
func (s *Store) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		return projection.ErrClosed
	}
	s.pool.Close()
	return nil
}

// use lends a connection to f.
func (s *Store) use(ctx context.Context, op string, f func(*pgx.Conn) error) error {
	if s.closed.Load() {
		return projection.ErrClosed
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		if s.closed.Load() && ctx.Err() == nil {
			return projection.ErrClosed
		}
		return failed(ctx, op, err)
	}
	// The pool drops a connection that is in the middle of a transaction.
	defer conn.Release()
	return f(conn.Conn())
}
