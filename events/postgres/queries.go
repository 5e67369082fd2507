package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// queries are the statements of a log, with the name of its schema in them.
type queries struct {
	schema   schema
	fence    string // what a statement that inserts verifies of the log and of the server
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

	lag string

	links string // those at or after a position
	mark  string // the first of them, or the last link; whether the log has the link $2, $3; and whether the server is a standby
	from  string // a page, and the links at both its ends
}

const columns = "position, version, type, schema, at, commit_id, idx, digest, meta, data"

func newQueries(s schema) *queries {
	key := fmt.Sprint(s.lock())
	return &queries{
		schema: s,
		fence:  hasLink("$1", "$2"),

		// The level of synchronous_commit is set for the transaction, so that nothing that a
		// pooler or a hook has done to the session since can lower it.
		lock: "SELECT set_config('synchronous_commit', $1, true), current_setting('synchronous_standby_names'), pg_advisory_xact_lock(" + key + ")",

		// enter is lock for a transaction of the caller: it takes the lock only if the transaction
		// allows an append, and raises the level if $1 is set.
		enter: `SELECT i, r, CASE WHEN $1 AND current_setting('synchronous_commit') <> 'remote_apply' THEN set_config('synchronous_commit', 'on', true) END,
	CASE WHEN i IN ('read committed', 'read uncommitted') AND r = 'off' THEN pg_advisory_xact_lock(` + key + `) END,
	current_setting('synchronous_standby_names')
FROM (SELECT current_setting('transaction_isolation') AS i, current_setting('transaction_read_only') AS r) AS s`,

		// survey returns, from one state of the log, the version of each stream and the digest
		// and positions of each known commit, and a row of number 0 if the log has not the link $3, $4.
		survey: s.in(`SELECT w.n, coalesce((SELECT max(r.version) FROM {schema}.records r WHERE r.stream = w.stream), 0), NULL::bytea, 0::bigint, 0::bigint
FROM unnest($1::text[]) WITH ORDINALITY AS w(stream, n)
UNION ALL
SELECT k.n, 0, r.digest, r.position, (SELECT max(l.position) FROM {schema}.records l WHERE l.commit_id = k.id)
FROM unnest($2::uuid[]) WITH ORDINALITY AS k(id, n)
CROSS JOIN LATERAL (SELECT digest, position FROM {schema}.records WHERE commit_id = k.id AND idx = 0) AS r
UNION ALL
SELECT 0, 0, NULL, 0, 0 WHERE NOT ` + hasLink("$3::bigint", "$4::bytea")),

		stream: s.in("SELECT " + columns + linkAfter("$4::bigint", "$5::bytea") + " FROM {schema}.records AS r WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3"),
		all: s.in("SELECT " + columns + linkAfter("$4::bigint", "$5::bytea") + ", stream FROM {schema}.records AS r WHERE position > $1 AND position <= $2" +
			" ORDER BY position LIMIT $3"),
		filtered: s.in("SELECT " + columns + linkAfter("$6::bigint", "$7::bytea") + ", stream FROM {schema}.records AS r WHERE position > $1 AND position <= $2" +
			" AND ($4::text[] IS NULL OR split_part(stream, '-', 1) = ANY ($4)) AND ($5::text[] IS NULL OR type = ANY ($5))" +
			" ORDER BY position LIMIT $3"),
		settled: s.in("SELECT coalesce(max(position), 0) FROM {schema}.records"),
		next:    s.in("SELECT coalesce(min(position) - 1, $2) FROM {schema}.records WHERE position > $1"),
		// save saves if the log has the link $5, $6, and returns whether it has.
		save: s.in(`WITH log AS MATERIALIZED (SELECT ` + hasLink("$5::bigint", "$6::bytea") + ` AS kept), saved AS (
	INSERT INTO {schema}.snapshots AS s (stream, fold, version, data) SELECT $1, $2, $3, $4 FROM log WHERE kept
	ON CONFLICT (stream, fold) DO UPDATE SET version = excluded.version, data = excluded.data WHERE excluded.version >= s.version
)
SELECT kept FROM log`),
		latest: s.in("SELECT version, data FROM {schema}.snapshots WHERE stream = $1 AND fold = $2"),

		// lag returns the last position, the microseconds since the last replayed transaction if there is
		// more to replay or nobody to say so, whether a primary sends, and whether this is one. A role
		// without privileges sees of the receiver that there is one.
		lag: s.in(`SELECT (SELECT coalesce(max(position), 0) FROM {schema}.records),
	CASE WHEN primary_now OR receiving AND pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() THEN 0
		ELSE coalesce(greatest(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000, 0), 0) END::bigint,
	receiving, primary_now
FROM (SELECT NOT pg_is_in_recovery() AS primary_now, EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver) AS receiving) AS server`),

		links: s.in("SELECT position, sum FROM {schema}.surety_migrations WHERE version = 2 AND position >= $1" +
			" UNION ALL (SELECT position, sum FROM {schema}.records WHERE position >= $1 AND position > " + basePosition + isLink + " ORDER BY position LIMIT $2)" +
			" ORDER BY position LIMIT $2"),
		mark: s.in("SELECT position, sum, " + hasLink("$2::bigint", "$3::bytea") + ", pg_is_in_recovery() FROM (" + linkAt("$1::bigint") + ") AS l"),

		// from returns the records of at most $2 positions from the first record after position $1 on,
		// up to position $3, or the last one if $3 is null, that pass the filter $6, $7, and no more
		// of them than $4. Before them it returns three rows without a stream: at position -2 the link
		// at $5, at -1 the one at the end of the page, and at 0 where the page ends, where the log does,
		// and whether the log has the link $8, $9. All of it is from one state of the log. The rows come in the order in
		// which they are written here: PostgreSQL does not execute in parallel what reads from a
		// WITH.
		from: s.in(`WITH page AS MATERIALIZED (
	SELECT least(first.position + least($2::bigint, settled.position - first.position), settled.position, $3::bigint) AS till, settled.position AS settled
	FROM (SELECT min(position) - 1 AS position FROM {schema}.records WHERE position > $1) AS first,
		(SELECT coalesce(max(position), 0) AS position FROM {schema}.records) AS settled
)
SELECT -2::bigint AS position, l.position, NULL, NULL::int, NULL::bigint, NULL::uuid, NULL::smallint, l.sum, NULL::bytea, NULL::bytea, NULL::bytea, NULL
FROM (` + linkAt("$5::bigint") + `) AS l
UNION ALL
SELECT -1, l.position, NULL, NULL, NULL, NULL, NULL, l.sum, NULL, NULL, NULL, NULL FROM (` + linkAt("(SELECT till FROM page)") + `) AS l
UNION ALL
SELECT 0, till, NULL, NULL, settled, NULL, (` + hasLink("$8::bigint", "$9::bytea") + `)::int::smallint, NULL, NULL, NULL, NULL, NULL FROM page
UNION ALL
(SELECT ` + columns + `, NULL, stream FROM {schema}.records WHERE position > $1 AND position <= (SELECT till FROM page)
	AND ($6::text[] IS NULL OR split_part(stream, '-', 1) = ANY ($6)) AND ($7::text[] IS NULL OR type = ANY ($7))
	ORDER BY position LIMIT $4)`),
	}
}

const (
	// basePosition is the position of the first link of the log.
	basePosition = "(SELECT position FROM {schema}.surety_migrations WHERE version = 2)"
	// isLink selects, of the records after it, those that end a transaction.
	isLink = " AND octet_length(sum) = 32"
)

// hasLink returns whether the log has a link, which is null for none.
func hasLink(position, sum string) string {
	return "(" + sum + " IS NULL OR EXISTS (SELECT FROM {schema}.records WHERE position = " + position + " AND sum = " + sum + ")" +
		" OR EXISTS (SELECT FROM {schema}.surety_migrations WHERE version = 2 AND position = " + position + " AND sum = " + sum + "))"
}

// linkAfter returns a column: of a record beyond a link that is remembered, its own link, which is empty
// if the record does not end a transaction, or one byte if the log has not the link that is remembered.
func linkAfter(position, sum string) string {
	return ", CASE WHEN r.position > " + position + " THEN CASE WHEN " + hasLink(position, sum) + " THEN sum ELSE '\\x00'::bytea END END"
}

// linkAt returns the query of the first link at or after a position, or of the last link.
func linkAt(at string) string {
	return `SELECT position, sum FROM (
	SELECT 1 AS n, position, sum FROM {schema}.surety_migrations WHERE version = 2 AND position >= ` + at + `
	UNION ALL
	(SELECT 2, position, sum FROM {schema}.records WHERE position >= ` + at + ` AND position > ` + basePosition + isLink + ` ORDER BY position LIMIT 1)
	UNION ALL
	(SELECT 3, position, sum FROM {schema}.records WHERE position > ` + basePosition + isLink + ` ORDER BY position DESC LIMIT 1)
	UNION ALL
	SELECT 4, position, sum FROM {schema}.surety_migrations WHERE version = 2
) AS links ORDER BY n LIMIT 1`
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

// The parameters with which every put begins: the position and the sum of a link that the log must
// have, or null for no such link, and the hash of the group.
const linkParams = 3

var linkTypes = [linkParams]uint32{pgtype.Int8OID, pgtype.ByteaOID, pgtype.ByteaOID}

// put returns the statement that verifies what a group was decided on and inserts its rows: if the
// log has the link, every stream is at the version given for it, and no commit is known, it inserts
// them all, the last one with the next link, and returns the position before the first of them and
// that link; otherwise it inserts nothing and returns no row. It must be a later statement than the
// one that takes the lock, to see what was committed during the wait. Its parameters are what
// params makes.
func (q *queries) put(s shape) (sql string, types []uint32) {
	types = append(types, linkTypes[:]...)
	if s == (shape{}) {
		return q.putArrays(types)
	}
	next := func(oid uint32) string {
		types = append(types, oid)
		return fmt.Sprint("$", len(types))
	}
	checks := []string{q.fence}
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
	return q.schema.in(`INSERT INTO {schema}.records (position, sum, ` + rowColumns + `)
SELECT last.position + e.n, CASE WHEN e.n = ` + fmt.Sprint(s.rows) + ` THEN ` + nextLink(fmt.Sprint(s.rows)) + ` ELSE '' END, ` + rowColumns + `
FROM (` + lastLink + strings.Join(checks, " AND ") + `) AS last,
	(VALUES ` + strings.Join(rows, ", ") + `) AS e(n, ` + rowColumns + `)
RETURNING position - 1, sum, CASE WHEN idx = 0 THEN pg_notify('` + q.schema.channel() + `', position::text) END`), types
}

func (q *queries) putArrays(types []uint32) (string, []uint32) {
	types = append(types, pgtype.TextArrayOID, pgtype.Int8ArrayOID, pgtype.UUIDArrayOID)
	var arrays []string
	for _, oid := range rowTypes {
		types = append(types, arrayTypes[oid])
		arrays = append(arrays, fmt.Sprint("$", len(types)))
	}
	return q.schema.in(`WITH last AS MATERIALIZED (
	` + lastLink + q.fence + `
	AND NOT EXISTS (SELECT FROM unnest($4, $5) AS w(stream, version)
		WHERE w.version <> coalesce((SELECT max(r.version) FROM {schema}.records r WHERE r.stream = w.stream), 0))
	AND NOT EXISTS (SELECT FROM unnest($6) AS k(id)
		WHERE (SELECT true FROM {schema}.records r WHERE r.commit_id = k.id AND r.idx = 0))
), added AS (
	INSERT INTO {schema}.records (position, sum, ` + rowColumns + `)
	SELECT last.position + e.n, CASE WHEN e.n = cardinality($7) THEN ` + nextLink("cardinality($7)") + ` ELSE '' END, ` + rowColumns + `
	FROM last, unnest(` + strings.Join(arrays, ", ") + `) WITH ORDINALITY AS e(` + rowColumns + `, n)
)
SELECT position, ` + nextLink("cardinality($7)") + `, pg_notify('` + q.schema.channel() + `', (position + 1)::text) FROM last`), types
}

// lastLink is the last record and the last link of the log, if conditions hold.
const lastLink = `SELECT coalesce(r.position, 0) AS position, coalesce(r.sum, (SELECT sum FROM {schema}.surety_migrations WHERE version = 2)) AS sum
	FROM (VALUES (0)) AS one LEFT JOIN (SELECT position, sum FROM {schema}.records ORDER BY position DESC LIMIT 1) AS r ON true
	WHERE `

// nextLink returns the link that follows it with that many rows.
func nextLink(rows string) string {
	return "sha256(last.sum || int8send(last.position + " + rows + ") || $3)"
}
