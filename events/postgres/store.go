package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/session"
)

var (
	_ events.Store        = (*Store)(nil)
	_ events.Hearer       = (*Store)(nil)
	_ events.Snapshots    = (*Store)(nil)
	_ events.GuardChecker = (*Store)(nil)
	_ events.Marker       = (*Store)(nil)
)

// Store is a log in one schema of a PostgreSQL database. Open or New makes one; it must be
// closed. Any number of Stores, in one process or in several, may be open on one schema.
type Store struct {
	source
	writer   *writer
	changed  *signal
	listener *listener
}

// Option changes how a store is opened.
type Option func(*config)

type config struct {
	schema     schema
	durability events.Durability
	migrations []string
	settling   time.Duration // how long the store tries to learn the outcome of a group whose connection was lost
	grace      time.Duration // how long Close lets the running group go on before it breaks the connection
	observer   events.Observer
	hooks      hooks
	replica    bool          // it appends nothing, and remembers what it reads of a standby
	proof      atomic.Uint64 // up to this position commits are known to be at the level of the store
	history    history
	primary    primary
}

// hooks let the tests of this package act at the points where something can fail.
type hooks struct {
	connected func(*pgx.Conn) error // after the settings are made and before they are read back
	sending   func([]events.Commit) // before a group is sent to be committed
	sent      func([]events.Commit) // before its outcome is read
	learning  func()                // before what was read is remembered
}

// WithSchema names the schema of the log instead of DefaultSchema. Any name is allowed that
// PostgreSQL can hold and has not reserved.
func WithSchema(name string) Option {
	return func(c *config) { c.schema.name = name }
}

// WithObserver has the store report its groups and whether it listens.
func WithObserver(o events.Observer) Option { return func(c *config) { c.observer = o } }

// WithDurability sets what an acknowledged commit must survive: events.DurabilityFsync,
// the default; events.DurabilityProcess, which is faster: a crash of the server may then lose the
// newest commits, never one without those after it; or events.DurabilityReplicated: an acknowledged
// commit is on the disks of as many standbys as the server's synchronous_standby_names demands. Then
// Open refuses a server that waits for none, and one none of whose standbys answers before ctx ends.
func WithDurability(d events.Durability) Option { return func(c *config) { c.durability = d } }

func newConfig(opts []Option) (*config, error) {
	c := &config{
		schema:     schema{name: DefaultSchema},
		durability: events.DurabilityFsync,
		migrations: migrations(),
		settling:   5 * time.Second,
		grace:      5 * time.Second,
	}
	for _, opt := range opts {
		opt(c)
	}
	s, err := newSchema(c.schema.name)
	if err == nil && (c.durability < events.DurabilityProcess || c.durability > events.DurabilityReplicated) {
		err = &events.BoundsError{Field: "durability", Reason: c.durability.String() + " is none that the server has"}
	}
	if err != nil {
		return nil, c.refuse("an option is out of bounds", err)
	}
	c.schema = s
	return c, nil
}

// Open opens the log in a database with a pool of its own, which it closes with the store. The
// DSN is that of pgxpool.ParseConfig. The schema must be there: see Migrate. Errors are
// *OpenError and the plain one of ctx.
func Open(ctx context.Context, dsn string, opts ...Option) (*Store, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	pool, err := c.newPool(ctx, dsn)
	if err != nil {
		return nil, err
	}
	s, err := c.open(ctx, pool, true)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// newPool makes a pool of the store's own.
func (c *config) newPool(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, c.refuse("the DSN cannot be read", err)
	}
	// Before there is a pool, which may begin to connect at once.
	if err := session.Check(ctx, config); err != nil {
		return nil, c.openError(ctx, "cannot be reached", err)
	}
	config.ConnConfig.ValidateConnect = c.admits(config.ConnConfig.ValidateConnect)
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		return session.Set(ctx, conn.PgConn(), planning())
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return pool, c.openError(ctx, "the pool cannot be made", err)
}

// New opens the log through a pool that the caller owns, and closes after the store. Beside
// the pool, with its configuration, the store has a connection on which it appends and, once
// Changed was called, one on which it listens. Errors are as those of Open.
func New(ctx context.Context, pool *pgxpool.Pool, opts ...Option) (*Store, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	if err := session.Check(ctx, pool.Config()); err != nil {
		return nil, c.openError(ctx, "cannot be reached", err)
	}
	return c.open(ctx, pool, false)
}

func (c *config) open(ctx context.Context, pool *pgxpool.Pool, owned bool) (*Store, error) {
	s := &Store{source: newSource(c, pool, owned), changed: new(signal)}
	if c.durability == events.DurabilityReplicated {
		s.queries.fence += " AND current_setting('synchronous_standby_names') <> ''"
	}
	d := &dialer{config: c, pool: pool, queries: s.queries}
	conn, err := d.dial(ctx)
	if err != nil {
		return nil, c.openError(ctx, "cannot be reached", err)
	}
	err = c.inspect(ctx, conn.conn)
	if err == nil {
		err = conn.prepare(ctx)
	}
	if err == nil {
		// What is there now may be read without links.
		s.check(conn.conn, events.Mark{})
		_, _, err = s.markAt(ctx, conn.conn, maxInt64)
	}
	seen := c.history.remembered().Position
	if err == nil {
		err = c.proven(ctx, conn)
	}
	if err != nil {
		conn.close()
		return nil, c.openError(ctx, "cannot be inspected", err)
	}
	s.writer = newWriter(d, conn, s.changed)
	if c.durability == events.DurabilityReplicated {
		c.proof.Store(uint64(seen))
	}
	s.listener = newListener(d, s.changed)
	return s, nil
}

// inspect checks that the schema is a log of the version that this package works with, and
// that the role may use it.
func (c *config) inspect(ctx context.Context, conn *pgx.Conn) error {
	exists, version, err := c.schemaVersion(ctx, conn)
	switch {
	case code(err) == noPrivilege:
		return c.lacks(ctx, conn)
	case code(err) == undefinedColumn:
		return c.refuse("is of another application", err)
	case err != nil:
		return err
	case !exists:
		return c.refuse("does not exist; Migrate makes it", &VersionError{Known: len(c.migrations)})
	case version < len(c.migrations):
		return c.refuse("is of an earlier version; Migrate brings it forward", &VersionError{Found: version, Known: len(c.migrations)})
	case version > len(c.migrations):
		return &VersionError{Found: version, Known: len(c.migrations)}
	}
	return c.lacks(ctx, conn)
}

// lacks returns a *PrivilegeError for the first privilege that the role of the connection
// lacks, or nil.
func (c *config) lacks(ctx context.Context, conn *pgx.Conn) error {
	var role, privilege string
	err := conn.QueryRow(ctx, `SELECT current_user, missing FROM (
	SELECT 0, 'USAGE on the schema' FROM pg_catalog.pg_namespace WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'USAGE')
	UNION ALL
	SELECT p.n, p.privilege || ' on ' || p.name
	FROM (VALUES (1, 'surety_migrations', 'SELECT'), (2, 'records', 'SELECT'), (3, 'records', 'INSERT'),
		(4, 'snapshots', 'SELECT'), (5, 'snapshots', 'INSERT'), (6, 'snapshots', 'UPDATE')) AS p(n, name, privilege),
		pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
	WHERE n.nspname = $1 AND c.relname = p.name AND NOT has_table_privilege(c.oid, p.privilege)
	UNION ALL
	SELECT 7, 'EXECUTE on ' || proname FROM pg_catalog.pg_proc
	WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = 'pg_logical_emit_message' AND NOT has_function_privilege(oid, 'EXECUTE')
) AS m(n, missing)
WHERE NOT $2 OR missing NOT SIMILAR TO '(INSERT|UPDATE|EXECUTE) %'
ORDER BY n
LIMIT 1`, c.schema.name, c.replica).Scan(&role, &privilege)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return &PrivilegeError{Role: role, Privilege: privilege}
}

func (c *config) refuse(reason string, err error) error {
	return &OpenError{Schema: c.schema.name, Reason: reason, Err: err}
}

// openError adds the reason to an error of opening or migrating a log. The
// error of a context stays as it is.
func (c *config) openError(ctx context.Context, otherwise string, err error) error {
	if err == nil {
		return nil
	}
	if open, ok := errors.AsType[*OpenError](err); ok {
		return open
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := otherwise
	if errors.Is(err, ErrPooled) {
		reason = "a pooler stands before the server"
	} else if _, ok := errors.AsType[*SettingError](err); ok {
		reason = "the server cannot keep the promises of the log"
	} else if _, ok := errors.AsType[*VersionError](err); ok {
		reason = "was migrated by a later version of this package"
	} else if _, ok := errors.AsType[*PrivilegeError](err); ok || code(err) == noPrivilege {
		reason = "the role lacks a privilege"
	} else if code(err) == undefinedColumn {
		reason = "is of another application"
	}
	return c.refuse(reason, err)
}

// Durability implements events.Store.
func (s *Store) Durability() events.Durability { return s.durability }

// Changed implements events.Signaler. Its first call opens a connection on which the store also
// hears of commits of other processes; while that is broken, it hears only of its own.
func (s *Store) Changed() <-chan struct{} {
	s.listener.start()
	return s.changed.next()
}

// Hears implements events.Hearer: the connection on which the store listens is there.
func (s *Store) Hears() bool { return s.changed.hears() }

// Close implements events.Store. It waits for pages that are being read through a pool of the
// store's own. A transaction that still waits for the lock of the log is given up after 5 s, and
// its callers get events.ErrUnknownOutcome.
func (s *Store) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		return events.ErrClosed
	}
	s.writer.close()
	s.listener.close()
	s.changed.end()
	if s.owned {
		s.pool.Close()
	}
	return nil
}
