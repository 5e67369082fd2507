package postgres

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/sqlstore"
)

// possible reports whether PostgreSQL can compare a name; no view has a name that it cannot.
func possible(name string) bool { return utf8.ValidString(name) && !strings.ContainsRune(name, 0) }

// version returns the version that a query of the catalog finds; 0 is the live one.
func (s *Store) version(ctx context.Context, conn *pgx.Conn, op, query, name string, number int) (sqlstore.Version, error) {
	none := sqlstore.Fault(name, number, projection.ErrNotPrepared)
	if !possible(name) || number < 0 || number > projection.MaxVersion {
		return sqlstore.Version{}, none
	}
	args := []any{name, number}
	if query == s.queries.live {
		args = args[:1]
	}
	rows, err := conn.Query(ctx, query, args...)
	found, err := s.scan(rows, err)
	switch {
	case err != nil:
		return sqlstore.Version{}, failed(ctx, op, err)
	case len(found) == 0:
		return sqlstore.Version{}, none
	}
	return found[0], nil
}

// first executes the statements that begin a transaction and a query of the catalog after them, in
// one round trip.
func (s *Store) first(ctx context.Context, conn *pgx.Conn, begin []string, query string, args ...any) (found []sqlstore.Version, err error) {
	var b pgx.Batch
	for _, statement := range begin {
		b.Queue(statement)
	}
	b.Queue(query, args...)
	results := conn.SendBatch(ctx, &b)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for range begin {
		if _, err := results.Exec(); err != nil {
			return nil, err
		}
	}
	rows, err := results.Query()
	return s.scan(rows, err)
}

// scan reads rows of the catalog.
func (s *Store) scan(rows pgx.Rows, err error) ([]sqlstore.Version, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (sqlstore.Version, error) {
		var (
			v                    sqlstore.Version
			turn, position, last int64
			commit               [16]byte
			mark                 []byte
		)
		err := row.Scan(&v.Status.Name, &v.Status.Version, &v.Text, &turn, &position, &last, &commit, &v.Status.Ready, &v.Status.Live, &mark)
		if err != nil {
			return v, err
		}
		v.Status.Checkpoint = projection.Checkpoint{
			Turn: uint64(turn), Position: events.Position(position), Last: events.Position(last), Commit: commit,
		}
		if v.Status.Checkpoint.Mark, err = sqlstore.ParseMark(mark); err != nil {
			return v, err
		}
		v.Schema, err = s.schemas.Parse(v.Text)
		return v, err
	})
}

// snapshot is a version in a reading transaction.
type snapshot struct {
	ctx     context.Context
	store   *Store
	conn    *pgx.Conn
	version sqlstore.Version
}

// Status implements projection.Snapshot.
func (s *snapshot) Status() projection.Status { return s.version.Status }

// Select implements projection.Snapshot.
func (s *snapshot) Select(q projection.Query) ([]projection.Row, error) {
	p, err := s.version.Schema.Plan(q)
	if err != nil {
		return nil, err
	}
	query, parameters := s.store.schema.selection(s.version.Schema, p)
	values, oids := split(parameters)
	result := s.conn.PgConn().ExecParams(s.ctx, query, values, oids, binaryFormat, binaryFormat)
	var rows []projection.Row
	for result.NextRow() {
		r, err := row(p.Table, result.Values())
		if err != nil {
			_, _ = result.Close()
			return nil, failed(s.ctx, "select", err)
		}
		rows = append(rows, r)
	}
	_, err = result.Close()
	return rows, failed(s.ctx, "select", err)
}
