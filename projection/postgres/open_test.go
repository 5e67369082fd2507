package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	logpostgres "github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/projectiontest"
)

func schemaOf(t testing.TB, v *projection.View) *projection.Schema {
	t.Helper()
	s, err := v.Schema()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOpenRefuses opens schemas that do not hold views: every refusal is an *OpenError with its
// reason, and leaves the schema as it is.
func TestOpenRefuses(t *testing.T) {
	dsn := pgtest.Cluster(t)
	for _, tt := range []struct {
		name   string
		make   []string
		reason string
	}{
		{"other application", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.versions (n int)"}, "of another application"},
		{"later format", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.surety_views (format int)", "INSERT INTO {schema}.surety_views VALUES (2)"}, "of format 2"},
		{"log", nil, "is a log"},
		{"same name, other columns", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.surety_views (n int)"}, "cannot be made a schema of views"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := pgtest.Schema(t)
			quoted, _ := newSchema(name)
			for _, statement := range tt.make {
				if err := pgtest.Exec(dsn, quoted.in(statement)); err != nil {
					t.Fatal(err)
				}
			}
			if tt.make == nil {
				if err := logpostgres.Migrate(t.Context(), dsn, logpostgres.WithSchema(name)); err != nil {
					t.Fatal(err)
				}
			}
			before := relations(t, dsn, name)
			_, err := Open(t.Context(), dsn, WithSchema(name))
			refusal, ok := errors.AsType[*OpenError](err)
			if !ok || !strings.Contains(refusal.Reason, tt.reason) || refusal.Schema != name {
				t.Errorf("the error is %v", err)
			}
			if after := relations(t, dsn, name); !slices.Equal(before, after) {
				t.Errorf("the schema had %v and has %v", before, after)
			}
		})
	}
}

// relations lists the relations of a schema.
func relations(t testing.TB, dsn, schema string) []string {
	t.Helper()
	rows, err := connect(t, dsn).Query(t.Context(), "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 ORDER BY 1", schema)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestUnreachable opens servers that cannot be reached or do not fit, and opens with an ended
// context.
func TestUnreachable(t *testing.T) {
	for _, tt := range []struct{ dsn, reason string }{
		{"host=/nonexistent", "cannot be reached"},
		{"host=127.0.0.1 port=1 connect_timeout=2", "cannot be reached"},
		{"port=many", "the DSN cannot be read"},
	} {
		_, err := Open(t.Context(), tt.dsn)
		if refusal, ok := errors.AsType[*OpenError](err); !ok || refusal.Reason != tt.reason {
			t.Errorf("%s: %v, want %q", tt.dsn, err, tt.reason)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 64), "a\x00b", "\xff", "pg_surety", "information_schema"} {
		_, err := Open(t.Context(), "", WithSchema(name))
		_, refused := errors.AsType[*OpenError](err)
		if _, ok := errors.AsType[*events.BoundsError](err); !ok || !refused {
			t.Errorf("schema %q: %v", name, err)
		}
	}
	dsn, over := pgtest.Cluster(t), pgtest.Schema(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, dsn, WithSchema(over)); err != context.Canceled {
		t.Errorf("open: %v, want the plain error of the context", err)
	}
	if err := pgtest.Exec(dsn, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), strings.Replace(dsn, "dbname=postgres", "dbname=latin", 1), WithSchema(over))
	if setting, ok := errors.AsType[*SettingError](err); !ok || *setting != (SettingError{"server_encoding", "UTF8", "LATIN1"}) {
		t.Errorf("another encoding: %v", err)
	}
	if err := pgtest.Exec(dsn, "DROP DATABASE latin WITH (FORCE)"); err != nil {
		t.Error(err)
	}
}

// TestOddSchemaNames uses names that would break a statement, or that differ only in case, in one
// database.
func TestOddSchemaNames(t *testing.T) {
	dsn, log := pgtest.Start(t, "fsync=off").DSN(), projectiontest.Log(30)
	names := []string{
		`a"b`, `a'b`, `"; DROP SCHEMA public; --`, `$1`, `$$`, `{schema}`, ` `, `Views`, `views`, `a.b`, `\`, "\n", "信用保障", strings.Repeat("x", 63), `select`,
	}
	for i, name := range names {
		s := at(t, dsn, name)
		if list, err := s.Versions(t.Context(), "sums"); err != nil || len(list) != 0 {
			t.Fatalf("schema %q has %v (%v), as if it were another", name, list, err)
		}
		if _, err := projectiontest.Build(t.Context(), log, s, 9); err != nil {
			t.Fatalf("schema %q: %v", name, err)
		}
		equalsRebuild(t, log, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, other := range names[:i] {
			a, _ := newSchema(name)
			b, _ := newSchema(other)
			if a.key("") == b.key("") {
				t.Errorf("%q and %q share a lock", name, other)
			}
		}
	}
}

// TestLongestNames uses the longest names: none is cut, and the parts of one table are not mistaken
// for those of another.
func TestLongestNames(t *testing.T) {
	long := strings.Repeat("n", projection.MaxName)
	columns := []projection.Column{{Name: long, Kind: projection.KindText}, {Name: long[1:], Kind: projection.KindInt}}
	view := &projection.View{
		Name: long, Version: projection.MaxVersion, ByStream: true,
		Tables: []*projection.Table{
			{Name: long, Key: 1, Columns: columns, Indexes: [][]string{{long}, {long[1:]}, {long[1:], long}}},
			{Name: long[1:] + "0", Key: 2, Columns: columns},
			{Name: "t", Key: 1, Columns: columns}, {Name: "t_pkey", Key: 1, Columns: columns}, {Name: "t_key", Key: 1, Columns: columns},
		},
	}
	view.New = func(events.Store) projection.Folder {
		return projection.Func(func(rows *projection.Rows, r *events.Record) error {
			for _, table := range view.Tables {
				rows.Put(table, projection.Text(r.Stream), projection.Int(int64(r.Version)))
			}
			return nil
		})
	}
	log, s := projectiontest.Log(30), open(t)
	w, err := projection.New(log, s, view)
	if err == nil {
		_, err = w.CatchUp(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range relations(t, pgtest.Cluster(t), s.schema.name) {
		if len(name) >= maxName {
			t.Errorf("%q may have been cut", name)
		}
	}
	wide := &projection.View{Name: "wide", Version: 1, Tables: []*projection.Table{{Name: "t", Key: 33}}, New: view.New}
	for i := range 33 {
		wide.Tables[0].Columns = append(wide.Tables[0].Columns, projection.Column{Name: fmt.Sprintf("c%d", i), Kind: projection.KindInt})
	}
	err = s.Prepare(t.Context(), schemaOf(t, wide))
	if d, ok := errors.AsType[*projection.DefinitionError](err); !ok || d.Field != "tables[0].key" {
		t.Errorf("a key of 33 columns gives %v", err)
	}
}

// TestPrivileges opens views as a role that lacks one privilege after the other, and then reads them
// as a role with the least privileges.
func TestPrivileges(t *testing.T) {
	dsn, s, log := pgtest.Cluster(t), open(t), projectiontest.Log(30)
	if _, err := projectiontest.Build(t.Context(), log, s, 9); err != nil {
		t.Fatal(err)
	}
	role := strings.Replace(s.schema.name, "case", "role", 1)
	lesser := pgtest.Role(t, dsn, role)
	do := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if err := pgtest.Exec(dsn, s.schema.in(statement)); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := Open(t.Context(), lesser, WithSchema(s.schema.name+"_2"))
	if _, ok := errors.AsType[*OpenError](err); !ok || !errors.Is(err, ErrPrivilege) {
		t.Errorf("without CREATE on the database: %v", err)
	}
	for _, grant := range []struct{ missing, statement string }{
		{"USAGE on the schema", "GRANT USAGE ON SCHEMA {schema} TO "}, {"SELECT on surety_views", "GRANT SELECT ON {schema}.surety_views TO "},
		{"SELECT on versions", "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO "},
	} {
		_, err := Open(t.Context(), lesser, WithSchema(s.schema.name))
		lacks, ok := errors.AsType[*PrivilegeError](err)
		if !ok || *lacks != (PrivilegeError{role, grant.missing}) || !errors.Is(err, ErrPrivilege) {
			t.Errorf("without %s: %v", grant.missing, err)
		}
		do(grant.statement + role)
	}
	reader := at(t, lesser, s.schema.name)
	if at := equalsRebuild(t, log, reader); at != 30 {
		t.Errorf("the reader is at %d", at)
	}
	next := projectiontest.Sums()
	next.Version = 2
	for what, err := range map[string]error{
		"prepare":   reader.Prepare(t.Context(), schemaOf(t, next)),
		"take over": reader.TakeOver(t.Context(), "sums", 1, 1),
		"commit":    reader.Commit(t.Context(), &projection.Change{Name: "sums", Version: 1}),
	} {
		if _, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrPrivilege) {
			t.Errorf("%s by a reader: %v", what, err)
		}
	}
}

// TestOpenTogether opens one schema from many callers at once.
func TestOpenTogether(t *testing.T) {
	dsn, name := pgtest.Cluster(t), pgtest.Schema(t)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			s, err := Open(t.Context(), dsn+" pool_max_conns=1", WithSchema(name))
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Prepare(t.Context(), schemaOf(t, projectiontest.Sums())); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != projection.ErrClosed {
				t.Errorf("a second close gives %v", err)
			}
		})
	}
	group.Wait()
}

// TestAnyToolReadsTheRows reads the rows of the live version with plain SQL, and requires a query of
// the store to use an index for its order.
func TestAnyToolReadsTheRows(t *testing.T) {
	s := open(t)
	if _, err := projectiontest.Build(t.Context(), projectiontest.Log(30), s, 100); err != nil {
		t.Fatal(err)
	}
	ask := func(query string, args ...any) []string {
		t.Helper()
		rows, err := connect(t, s.pool.Config().ConnString()).Query(t.Context(), s.schema.in(query), args...)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if found := ask(`SELECT account FROM {schema}."sums@1.balances" WHERE total > 54 ORDER BY total`); !slices.Equal(found, []string{"account-9"}) {
		t.Errorf("the rows are %v", found)
	}
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	p, err := schemaOf(t, projectiontest.Sums()).Plan(projection.Query{Table: "balances", Order: []string{"total"}, Where: []projection.Condition{{Column: "total", Op: projection.Greater, Value: projection.Int(3)}}})
	if err != nil {
		t.Fatal(err)
	}
	query, parameters := s.schema.selection(schemaOf(t, projectiontest.Sums()), p)
	values, oids := split(parameters)
	result := conn.Conn().PgConn().ExecParams(t.Context(), "EXPLAIN "+query, values, oids, binaryFormat, nil).Read()
	plan := ""
	for _, line := range result.Rows {
		plan += string(line[0]) + "\n"
	}
	if result.Err != nil || !strings.Contains(plan, "sums@1.balances.0") || strings.Contains(plan, "Sort") {
		t.Errorf("the plan is\n%s%v", plan, result.Err)
	}
}

// TestEarlierSchema opens a schema whose checkpoints have no mark yet.
func TestEarlierSchema(t *testing.T) {
	s := open(t)
	if _, err := projectiontest.Build(t.Context(), projectiontest.Log(30), s, 10); err != nil {
		t.Fatal(err)
	}
	if err := pgtest.Exec(pgtest.Cluster(t), s.schema.in("ALTER TABLE {schema}.versions DROP COLUMN mark")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := projectiontest.Build(t.Context(), projectiontest.Log(60), again(t, s), 10); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheDatabaseRepeatsThePromises executes statements that no store executes; the constraints
// refuse them.
func TestTheDatabaseRepeatsThePromises(t *testing.T) {
	s := open(t)
	if _, err := projectiontest.Build(t.Context(), projectiontest.Log(30), s, 10); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ statement, says string }{
		{"UPDATE {schema}.versions SET turn = turn", "never goes back"},
		{"UPDATE {schema}.versions SET turn = turn - 1", "never goes back"},
		{"UPDATE {schema}.versions SET last = position + 1", "versions_check"},
		{"UPDATE {schema}.versions SET ready = false", "versions_check"},
		{"UPDATE {schema}.versions SET version = 10000", "versions_version_check"},
		{"INSERT INTO {schema}.versions SELECT name, version, '', 0, 0, 0, commit_id, false, false, mark FROM {schema}.versions", "versions_pkey"},
		{"INSERT INTO {schema}.versions SELECT name, version + 1, '', 0, 0, 0, commit_id, true, true FROM {schema}.versions", "one_is_live"},
		{"INSERT INTO {schema}.versions SELECT name, version + 1, '', 0, 5, 0, commit_id, true, false FROM {schema}.versions", "versions_check"},
	} {
		if err := pgtest.Exec(pgtest.Cluster(t), s.schema.in(tt.statement)); !strings.Contains(fmt.Sprint(err), tt.says) {
			t.Errorf("%s: %v, want %q", tt.statement, err, tt.says)
		}
	}
}
