package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// queries are the statements of a log, with the name of its schema in them.
type queries struct {
	schema   schema
	lock     string
	enter    string
	survey   string
	stream   string
	all      string
	filtered string
	settled  string
	next     string
	save     string
	latest   string
}

const columns = "position, version, type, schema, at, commit_id, idx, digest, meta, data"

func newQueries(s schema) *queries {
	key := fmt.Sprint(s.lock())
	return &queries{
		schema: s,

		// The level of synchronous_commit is set for the transaction, so that nothing that a
		// pooler or a hook has done to the session since can lower it.
		lock: "SELECT set_config('synchronous_commit', $1, true), pg_advisory_xact_lock(" + key + ")",

		// enter is lock for a transaction of the caller: it takes the lock only if the transaction
		// allows an append, and raises the level if $1 is set.
		enter: `SELECT i, r, CASE WHEN $1 AND current_setting('synchronous_commit') <> 'remote_apply' THEN set_config('synchronous_commit', 'on', true) END,
	CASE WHEN i IN ('read committed', 'read uncommitted') AND r = 'off' THEN pg_advisory_xact_lock(` + key + `) END
FROM (SELECT current_setting('transaction_isolation') AS i, current_setting('transaction_read_only') AS r) AS s`,

		// survey returns, from one state of the log, the version of each stream and the digest
		// and positions of each known commit.
		survey: s.in(`SELECT w.n, coalesce((SELECT max(r.version) FROM {schema}.records r WHERE r.stream = w.stream), 0), NULL::bytea, 0::bigint, 0::bigint
FROM unnest($1::text[]) WITH ORDINALITY AS w(stream, n)
UNION ALL
SELECT k.n, 0, r.digest, r.position, (SELECT max(l.position) FROM {schema}.records l WHERE l.commit_id = k.id)
FROM unnest($2::uuid[]) WITH ORDINALITY AS k(id, n)
CROSS JOIN LATERAL (SELECT digest, position FROM {schema}.records WHERE commit_id = k.id AND idx = 0) AS r`),

		stream: s.in("SELECT " + columns + " FROM {schema}.records WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3"),
		all: s.in("SELECT " + columns + ", stream FROM {schema}.records WHERE position > $1 AND position <= $2" +
			" ORDER BY position LIMIT $3"),
		filtered: s.in("SELECT " + columns + ", stream FROM {schema}.records WHERE position > $1 AND position <= $2" +
			" AND ($4::text[] IS NULL OR split_part(stream, '-', 1) = ANY ($4)) AND ($5::text[] IS NULL OR type = ANY ($5))" +
			" ORDER BY position LIMIT $3"),
		settled: s.in("SELECT coalesce(max(position), 0) FROM {schema}.records"),
		next:    s.in("SELECT coalesce(min(position) - 1, $2) FROM {schema}.records WHERE position > $1"),
		save: s.in("INSERT INTO {schema}.snapshots AS s (stream, fold, version, data) VALUES ($1, $2, $3, $4)" +
			" ON CONFLICT (stream, fold) DO UPDATE SET version = excluded.version, data = excluded.data WHERE excluded.version >= s.version"),
		latest: s.in("SELECT version, data FROM {schema}.snapshots WHERE stream = $1 AND fold = $2"),
	}
}

// shape is the number of streams, commits and rows that a statement inserts a group with. A
// small group has a parameter for each value: that is faster than arrays, which the server
// has to take apart. The zero shape stands for arrays.
type shape struct{ streams, commits, rows int }

// small is the largest of the numbers of a shape that is not zero.
const small = 4

func shapeOf(streams, commits, rows int) shape {
	if max(streams, commits, rows) > small {
		return shape{}
	}
	return shape{streams, commits, rows}
}

func (s shape) name() string { return fmt.Sprintf("surety_put_%d_%d_%d", s.streams, s.commits, s.rows) }

// The columns of a row as they are given, and their types. The position is not given: rows
// get, in their order, the positions that follow the highest one.
const (
	rowColumns = "stream, version, type, schema, at, commit_id, idx, digest, meta, data"
	rowWidth   = 10
)

var rowTypes = [rowWidth]uint32{
	pgtype.TextOID, pgtype.Int8OID, pgtype.TextOID, pgtype.Int4OID, pgtype.Int8OID,
	pgtype.UUIDOID, pgtype.Int2OID, pgtype.ByteaOID, pgtype.ByteaOID, pgtype.ByteaOID,
}

var arrayTypes = map[uint32]uint32{
	pgtype.TextOID: pgtype.TextArrayOID, pgtype.Int8OID: pgtype.Int8ArrayOID, pgtype.Int4OID: pgtype.Int4ArrayOID,
	pgtype.UUIDOID: pgtype.UUIDArrayOID, pgtype.Int2OID: pgtype.Int2ArrayOID, pgtype.ByteaOID: pgtype.ByteaArrayOID,
}

// put returns the statement that verifies what a group was decided on and inserts its rows: if
// every stream is at the version given for it, and no commit is known, it inserts them all and
// returns the position before the first of them; otherwise it inserts nothing and returns no
// row. It must be a later statement than the one that takes the lock, to see what was committed
// during the wait. Its parameters are what params makes.
func (q *queries) put(s shape) (sql string, types []uint32) {
	if s == (shape{}) {
		return q.putArrays()
	}
	n := 0
	next := func(oid uint32) string {
		n++
		types = append(types, oid)
		return fmt.Sprint("$", n)
	}
	var checks []string
	for range s.streams {
		stream, version := next(pgtype.TextOID), next(pgtype.Int8OID)
		checks = append(checks, "coalesce((SELECT max(version) FROM {schema}.records WHERE stream = "+stream+"), 0) = "+version)
	}
	for range s.commits {
		checks = append(checks, "NOT EXISTS (SELECT FROM {schema}.records WHERE commit_id = "+next(pgtype.UUIDOID)+" AND idx = 0)")
	}
	var rows []string
	for i := range s.rows {
		row := fmt.Sprint(i + 1)
		for _, oid := range rowTypes {
			row += ", " + next(oid)
		}
		rows = append(rows, "("+row+")")
	}
	return q.schema.in(`INSERT INTO {schema}.records (position, ` + rowColumns + `)
SELECT last.position + e.n, ` + rowColumns + `
FROM (SELECT coalesce((SELECT max(position) FROM {schema}.records), 0) AS position
	WHERE ` + strings.Join(checks, " AND ") + `) AS last,
	(VALUES ` + strings.Join(rows, ", ") + `) AS e(n, ` + rowColumns + `)
RETURNING position - 1, CASE WHEN idx = 0 THEN pg_notify('` + q.schema.channel() + `', position::text) END`), types
}

func (q *queries) putArrays() (sql string, types []uint32) {
	types = []uint32{pgtype.TextArrayOID, pgtype.Int8ArrayOID, pgtype.UUIDArrayOID}
	var arrays []string
	for i, oid := range rowTypes {
		types = append(types, arrayTypes[oid])
		arrays = append(arrays, fmt.Sprint("$", i+4))
	}
	return q.schema.in(`WITH last AS MATERIALIZED (
	SELECT coalesce((SELECT max(position) FROM {schema}.records), 0) AS position
	WHERE NOT EXISTS (SELECT FROM unnest($1, $2) AS w(stream, version)
		WHERE w.version <> coalesce((SELECT max(r.version) FROM {schema}.records r WHERE r.stream = w.stream), 0))
	AND NOT EXISTS (SELECT FROM unnest($3) AS k(id)
		WHERE (SELECT true FROM {schema}.records r WHERE r.commit_id = k.id AND r.idx = 0))
), added AS (
	INSERT INTO {schema}.records (position, ` + rowColumns + `)
	SELECT last.position + e.n, ` + rowColumns + `
	FROM last, unnest(` + strings.Join(arrays, ", ") + `) WITH ORDINALITY AS e(` + rowColumns + `, n)
)
SELECT position, pg_notify('` + q.schema.channel() + `', (position + 1)::text) FROM last`), types
}
