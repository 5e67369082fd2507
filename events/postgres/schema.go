package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
)

// DefaultSchema is the schema of a log that was opened without WithSchema.
const DefaultSchema = "surety"

// maxName is the length to which PostgreSQL cuts the name of a schema.
const maxName = 63

//go:embed migrations/0001.sql
var step1 string

//go:embed migrations/0002.sql
var step2 string

// migrations returns the steps of the schema: step i leads from version i to i+1.
func migrations() []string { return []string{step1, step2} }

// schema is the schema of a log.
type schema struct {
	name   string
	quoted string
}

func newSchema(name string) (schema, error) {
	refuse := func(reason string) (schema, error) {
		return schema{}, &events.BoundsError{Field: "schema", Reason: reason}
	}
	switch {
	case name == "":
		return refuse("must not be empty")
	case len(name) > maxName:
		return refuse(fmt.Sprintf("%d bytes are more than %d", len(name), maxName))
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return refuse("must be text without a zero")
	case strings.HasPrefix(name, "pg_") || name == "information_schema":
		return refuse(fmt.Sprintf("%q is PostgreSQL's own", name))
	}
	return schema{name, pgx.Identifier{name}.Sanitize()}, nil
}

// in puts the name of the schema into a statement.
func (s schema) in(statement string) string {
	return strings.ReplaceAll(statement, "{schema}", s.quoted)
}

// lock is the key of the advisory lock of the log: only its holder appends.
func (s schema) lock() int64 { return s.key("append") }

// channel is the name under which appends are notified.
func (s schema) channel() string {
	return "surety_" + strconv.FormatUint(uint64(s.key("notify")), 16)
}

func (s schema) key(use string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("github.com/tradesurety/surety " + use + " " + s.name)) // it never fails
	return int64(h.Sum64())
}

// bookkeeping holds the versions of the schema. A schema is a log if it has a table of that
// name.
const bookkeeping = `CREATE TABLE {schema}.surety_migrations (
	version    integer     PRIMARY KEY,
	applied_at timestamptz NOT NULL DEFAULT now()
);
`

// steps returns the statements that bring a log from one version to the next ones. The last position
// of the log is that.
func (s schema) steps(from int, steps []string, last events.Position) string {
	var b strings.Builder
	for i, step := range steps {
		fmt.Fprintf(&b, "INSERT INTO {schema}.surety_migrations (version) VALUES (%d);\n%s", from+i+1, step)
	}
	return strings.NewReplacer("{schema}", s.quoted, "{last}", strconv.FormatUint(uint64(last), 10)).Replace(b.String())
}

// Schema returns the statements that make a log in a schema of that name, from nothing to the
// version that this package works with, for those who migrate with a tool of their own. They
// belong into one transaction. A name that cannot be one is a *events.BoundsError.
func Schema(name string) (string, error) {
	s, err := newSchema(name)
	if err != nil {
		return "", err
	}
	return s.in("CREATE SCHEMA {schema};\n"+bookkeeping) + s.steps(0, migrations(), 0), nil
}

// Migrate makes the schema of a log, or brings it to the version that this package works with,
// in one transaction: after an error the database is as it was. Processes that migrate at once
// run one after the other, and those that append or read wait for it: for a moment, or until a
// transaction ends that has read the tables before, such as that of a dump. What an earlier build
// appends to a later version is refused by the database. Migrate needs a role that may create the schema, or create tables in it if it is
// there and empty; opening the log needs only USAGE on the schema, SELECT and INSERT on
// records, SELECT on surety_migrations, SELECT, INSERT and UPDATE on snapshots, and EXECUTE on
// pg_logical_emit_message, which every role has by default.
//
// It honours only WithSchema. Errors are *OpenError and the plain one of
// ctx.
func Migrate(ctx context.Context, dsn string, opts ...Option) error {
	c, err := newConfig(opts)
	if err != nil {
		return err
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return c.refuse("the DSN cannot be read", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return c.openError(ctx, "cannot be reached", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		return c.migrate(ctx, tx)
	})
	return c.openError(ctx, "cannot be migrated", err)
}

// migrate takes the steps that are missing.
func (c *config) migrate(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", c.schema.key("migrate")); err != nil {
		return err
	}
	exists, version, err := c.schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if version > len(c.migrations) {
		return &VersionError{Found: version, Known: len(c.migrations)}
	}
	if version == len(c.migrations) {
		return nil
	}
	var text string
	var last events.Position
	if !exists {
		text = "CREATE SCHEMA {schema};\n"
	}
	if version == 0 {
		text += bookkeeping
	} else if last, err = c.halt(ctx, tx); err != nil {
		return err
	}
	text = c.schema.in(text) + c.schema.steps(version, c.migrations[version:], last)
	// Several statements at once are for the simple protocol; they carry no values.
	_, err = tx.Conn().PgConn().Exec(ctx, text).ReadAll()
	return err
}

// halt keeps writers away until the transaction ends, and returns the last position.
func (c *config) halt(ctx context.Context, tx pgx.Tx) (last events.Position, err error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", c.schema.lock()); err != nil {
		return 0, err
	}
	// Only a later statement sees what was committed while the first one waited.
	err = tx.QueryRow(ctx, newQueries(c.schema).settled).Scan(&last)
	return last, err
}

// errForeign says that a schema was not made by this package.
var errForeign = errors.New("it holds tables and none of them is surety_migrations")

// schemaVersion returns whether there is a schema of that name, and the version of its log, 0 if
// there is none.
func (c *config) schemaVersion(ctx context.Context, q querier) (exists bool, version int, err error) {
	var ours bool
	var others int
	err = q.QueryRow(ctx, `SELECT count(DISTINCT n.oid) > 0, coalesce(bool_or(c.relname = 'surety_migrations'), false), count(c.oid)
FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
WHERE n.nspname = $1`, c.schema.name).Scan(&exists, &ours, &others)
	switch {
	case err != nil:
		return false, 0, err
	case !ours && others > 0:
		return true, 0, c.refuse("is of another application", errForeign)
	case !ours:
		return exists, 0, nil
	}
	err = q.QueryRow(ctx, c.schema.in("SELECT coalesce(max(version), 0) FROM {schema}.surety_migrations")).Scan(&version)
	return true, version, err
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
