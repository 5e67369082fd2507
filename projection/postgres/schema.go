package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
)

// DefaultSchema is the schema of views that were opened without WithSchema.
const DefaultSchema = "surety_views"

// maxName is the length to which PostgreSQL cuts the name of a schema.
const maxName = 63

// format is the version of the tables below.
const format = 1

// catalog repeats promises as constraints of the database: a checkpoint moves only with its turn
// and never goes back, and one version of a view is live. Its first table marks the schema as one
// of views.
const catalog = `
CREATE TABLE {schema}.surety_views (format integer PRIMARY KEY);
INSERT INTO {schema}.surety_views VALUES (1);
CREATE TABLE {schema}.versions (
	name      text COLLATE "C" NOT NULL,
	version   integer NOT NULL CHECK (version BETWEEN 1 AND 9999),
	tables    text    NOT NULL,
	turn      bigint  NOT NULL CHECK (turn >= 0),
	position  bigint  NOT NULL CHECK (position >= 0 AND (position = 0 OR turn > 0)),
	last      bigint  NOT NULL CHECK (last BETWEEN 0 AND position),
	commit_id uuid    NOT NULL,
	ready     boolean NOT NULL,
	live      boolean NOT NULL CHECK (ready OR NOT live),
	PRIMARY KEY (name, version)
);
` + addMark + `
CREATE UNIQUE INDEX one_is_live ON {schema}.versions (name) WHERE live;
CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''a checkpoint never goes back''; END';
CREATE TRIGGER turns_rise BEFORE UPDATE OF turn ON {schema}.versions
	FOR EACH ROW WHEN (NEW.turn <= OLD.turn) EXECUTE FUNCTION {schema}.refuse();
`

// addMark adds a column that a schema of an earlier build lacks.
const addMark = `ALTER TABLE {schema}.versions ADD COLUMN IF NOT EXISTS mark bytea NOT NULL DEFAULT '' CHECK (octet_length(mark) IN (0, 40));`

// schema is the schema of a store.
type schema struct {
	name   string
	quoted string
}

func newSchema(name string) (schema, error) {
	refuse := func(reason string) (schema, error) {
		return schema{name: name}, &events.BoundsError{Field: "schema", Reason: reason}
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

// key returns the key of the advisory lock for making and removing the tables of a view, or with
// an empty name those of the catalog.
func (s schema) key(view string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("github.com/tradesurety/surety views " + s.name + "\x00" + view)) // it never fails
	return int64(h.Sum64())
}

// establish makes the catalog if there is none, or what it lacks.
func (s *Store) establish(ctx context.Context, conn *pgx.Conn) error {
	exists, whole, err := s.inspect(ctx, conn)
	if err != nil || whole {
		return err
	}
	if exists {
		_, err := conn.Exec(ctx, s.schema.in(addMark))
		return err
	}
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", s.schema.key("")); err != nil {
			return err
		}
		// Another process may have made it while this one waited.
		if exists, _, err := s.inspect(ctx, tx); err != nil || exists {
			return err
		}
		// A crash of the server may take the newest commits, but not this one: a store that stays
		// open would be without its catalog.
		_, err := tx.Conn().PgConn().Exec(ctx, s.schema.in("SET LOCAL synchronous_commit TO on; CREATE SCHEMA IF NOT EXISTS {schema};"+catalog)).ReadAll()
		return err
	})
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// inspect reports whether the schema holds views in the format of this package, and whether its
// catalog has all columns. A schema that holds anything else is an error.
func (s *Store) inspect(ctx context.Context, q querier) (exists, whole bool, err error) {
	var (
		version, others int
		encoding, role  string
		views, log      bool
	)
	err = q.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_user,
	coalesce(bool_or(c.relname = 'surety_views'), false), coalesce(bool_or(c.relname = 'surety_migrations'), false), count(c.oid),
	EXISTS (SELECT FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'versions' AND column_name = 'mark')
FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
WHERE n.nspname = $1`, s.schema.name).Scan(&version, &encoding, &role, &views, &log, &others, &whole)
	switch {
	case err != nil:
		return false, false, err
	case version < minServer:
		return false, false, &SettingError{Setting: "server_version_num", Want: fmt.Sprint(minServer, " or higher"), Found: strconv.Itoa(version)}
	case encoding != "UTF8":
		return false, false, &SettingError{Setting: "server_encoding", Want: "UTF8", Found: encoding}
	case log:
		return false, false, s.refuse("is a log; views have a schema of their own", nil)
	case !views && others > 0:
		return false, false, s.refuse("is of another application", errForeign)
	case !views:
		return false, false, nil
	}
	if err := s.lacks(ctx, q, role); err != nil {
		return false, false, err
	}
	found := 0
	err = q.QueryRow(ctx, s.schema.in("SELECT format FROM {schema}.surety_views")).Scan(&found)
	if err == nil && found != format {
		err = s.refuse(fmt.Sprintf("is of format %d, and this package works with %d; drop it and build the views again", found, format), nil)
	}
	return true, whole, err
}

// errForeign is returned for a schema with tables that this package has not made.
var errForeign = errors.New("it holds tables, and surety_views is not one of them")

// lacks returns a *PrivilegeError for the first privilege for reading views that the role lacks,
// or nil.
func (s *Store) lacks(ctx context.Context, q querier, role string) error {
	var privilege string
	err := q.QueryRow(ctx, `SELECT missing FROM (
	SELECT 0, 'USAGE on the schema' FROM pg_catalog.pg_namespace WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'USAGE')
	UNION ALL
	SELECT 1, 'SELECT on ' || c.relname
	FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
	WHERE n.nspname = $1 AND c.relname IN ('surety_views', 'versions') AND NOT has_table_privilege(c.oid, 'SELECT')
) AS m(n, missing)
ORDER BY n, missing
LIMIT 1`, s.schema.name).Scan(&privilege)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return &PrivilegeError{Role: role, Privilege: privilege}
}
