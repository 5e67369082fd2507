package desk_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// TestGoldenStoreOnPostgres fills the tables of version 1, as testdata/postgres-1.sql makes them,
// with the golden log, past the store. Migrate brings them to what they have to be today, and
// all of it is there.
func TestGoldenStoreOnPostgres(t *testing.T) {
	dsn, schema := pgtest.Cluster(t), pgtest.Schema(t)
	fillVersion1(t, dsn, schema)
	if err := postgres.Migrate(t.Context(), dsn, postgres.WithSchema(schema)); err != nil {
		t.Fatal(err)
	}
	store := openLog(t, onServer+schema+" "+dsn)
	isGolden(t, store)
	tr := newFixture(t, store)
	askAgain(t, tr, 12)
	goOn(t, tr)
	verify(t, store)
}

// fillVersion1 makes a log of version 1 of the schema.
func fillVersion1(t *testing.T, dsn, schema string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	tables := strings.ReplaceAll(string(must(os.ReadFile("testdata/postgres-1.sql"))), "{schema}", pgx.Identifier{schema}.Sanitize())
	if _, err := conn.PgConn().Exec(ctx, tables).ReadAll(); err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	for _, line := range goldenLines(t, "log") {
		r := parseRow(t, line)
		rows = append(rows, []any{r.Position, r.Stream, r.Version, r.Commit, r.Index, r.Type, r.Schema, r.At, r.Digest, r.Meta, r.Data})
	}
	columns := []string{"position", "stream", "version", "commit_id", "idx", "type", "schema", "at", "digest", "meta", "data"}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{schema, "records"}, columns, pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}
}
