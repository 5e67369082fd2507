package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// TestOpenRefuses opens what is not a log of this version: every refusal is an *OpenError with its
// reason and its cause, and leaves the schema as it is.
func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		make    []string
		reason  string
		cause   any
		migrate string // what Migrate says of the same schema, "" if it takes it
	}{
		{"no schema", nil, "Migrate makes it", new(*VersionError), ""},
		{"empty schema", []string{"CREATE SCHEMA {schema}"}, "Migrate brings it forward", new(*VersionError), ""},
		{"other application", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.records (n int)"}, "of another application", nil, "of another application"},
		{"other migrations", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.surety_migrations (id int)"}, "of another application", nil, "of another application"},
		{"later version", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.surety_migrations (version int)", "INSERT INTO {schema}.surety_migrations VALUES (99)"},
			"by a later version", new(*VersionError), "by a later version"},
		{"earlier version", []string{"CREATE SCHEMA {schema}", "CREATE TABLE {schema}.surety_migrations (version int, applied_at timestamptz)"},
			"Migrate brings it forward", new(*VersionError), "cannot be migrated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := place{pgtest.Cluster(t), pgtest.Schema(t)}
			p.run(t, tt.make...)
			check := func(what string, err error, want string, cause any) {
				t.Helper()
				refusal, ok := errors.AsType[*OpenError](err)
				if !ok || !strings.Contains(refusal.Reason, want) || refusal.Schema != p.schema {
					t.Fatalf("%s: %v, want an *OpenError that says %q", what, err, want)
				}
				if cause != nil && !errors.As(err, cause) {
					t.Errorf("%s: the cause of %v is no %T", what, err, cause)
				}
			}
			_, err := Open(t.Context(), p.dsn, WithSchema(p.schema))
			check("open", err, tt.reason, tt.cause)
			err = Migrate(t.Context(), p.dsn, WithSchema(p.schema))
			if tt.migrate != "" {
				check("migrate", err, tt.migrate, nil)
			} else if err != nil {
				t.Errorf("migrate: %v", err)
			} else {
				appended(t, p.open(t), one("order-1", 0, "a"))
			}
		})
	}
}

// TestSettingsAreReadBack opens servers, roles and databases whose settings break a promise.
func TestSettingsAreReadBack(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"})
	for _, tt := range []struct{ setting, value, want string }{
		{"fsync", "off", "on"},
		{"full_page_writes", "off", "on"},
		{"default_transaction_read_only", "on", ""},
	} {
		p.run(t, "ALTER SYSTEM SET "+tt.setting+" = "+tt.value, "SELECT pg_reload_conf()")
		name := strings.TrimPrefix(tt.setting, "default_")
		var err error
		eventually(t, tt.setting+" is refused", func() bool {
			var s *Store
			if s, err = Open(t.Context(), p.dsn, WithSchema(p.schema)); err == nil {
				s.Close()
			}
			setting, ok := errors.AsType[*SettingError](err)
			return ok && setting.Setting == name && setting.Found == tt.value
		})
		if _, ok := errors.AsType[*OpenError](err); !ok {
			t.Errorf("%s: %v is no *OpenError", tt.setting, err)
		}
		if name != tt.setting {
			p.dsn += " options='-c default_transaction_read_only=off'"
		} else if s := p.open(t, WithDurability(events.DurabilityProcess)); s.Durability() != events.DurabilityProcess {
			t.Errorf("durability is %s", s.Durability())
		}
		p.run(t, "ALTER SYSTEM RESET "+tt.setting, "SELECT pg_reload_conf()")
	}
	eventually(t, "the settings are as they were", func() bool {
		s, err := Open(t.Context(), p.dsn, WithSchema(p.schema))
		if err == nil {
			s.Close()
		}
		return err == nil
	})
	lesser, role := p.lesser(t)
	p.run(t, "GRANT USAGE ON SCHEMA {schema} TO "+role, "GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO "+role,
		`DO 'DECLARE f regprocedure; BEGIN
	FOR f IN SELECT oid FROM pg_proc WHERE proname = ''pg_logical_emit_message'' LOOP EXECUTE ''REVOKE ALL ON FUNCTION '' || f || '' FROM PUBLIC''; END LOOP;
END'`)
	_, err := Open(t.Context(), lesser.dsn, WithSchema(p.schema))
	if lacks, ok := errors.AsType[*PrivilegeError](err); !ok || lacks.Privilege != "EXECUTE on pg_logical_emit_message" {
		t.Errorf("without the privilege that a barrier needs: %v", err)
	}
	lowered := hooks{connected: func(conn *pgx.Conn) error {
		_, err := conn.Exec(context.Background(), "SET synchronous_commit = local")
		return err
	}}
	_, err = Open(t.Context(), p.dsn, WithSchema(p.schema), withHooks(lowered))
	if setting, ok := errors.AsType[*SettingError](err); !ok || *setting != (SettingError{"synchronous_commit", "on", "local"}) {
		t.Errorf("synchronous_commit that does not take: %v", err)
	}
}

// TestSynchronousCommit checks the level under which appends commit, whatever the role, the
// pool or the caller's transaction has set.
func TestSynchronousCommit(t *testing.T) {
	p := newPlace(t)
	p.run(t, "CREATE TABLE {schema}.seen (type text, level text)",
		`CREATE FUNCTION {schema}.see() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN EXECUTE format(''INSERT INTO %I.seen VALUES ($1, current_setting(''''synchronous_commit''''))'', TG_TABLE_SCHEMA) USING NEW.type; RETURN NEW; END'`,
		"CREATE TRIGGER see BEFORE INSERT ON {schema}.records FOR EACH ROW EXECUTE FUNCTION {schema}.see()")
	plain := p.dsn
	n := events.Version(0)
	for _, tt := range []struct {
		session    string
		durability events.Durability
		append, tx string
	}{
		{"on", events.DurabilityFsync, "on", "on"},
		{"off", events.DurabilityFsync, "on", "on"},
		{"local", events.DurabilityFsync, "on", "on"},
		{"remote_apply", events.DurabilityFsync, "remote_apply", "remote_apply"},
		{"on", events.DurabilityProcess, "off", "on"},
		{"off", events.DurabilityProcess, "off", "off"},
	} {
		p.dsn = plain + " options='-c synchronous_commit=" + tt.session + "'"
		s := p.open(t, WithDurability(tt.durability))
		if s.Durability() != tt.durability {
			t.Errorf("durability is %s", s.Durability())
		}
		p.run(t, "TRUNCATE {schema}.seen")
		appended(t, s, one("order-1", n, "append"))
		inTx(t, p.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
			_, err := s.AppendTx(t.Context(), tx, one("order-1", n+1, "tx"))
			return err
		})
		n += 2
		for typ, want := range map[string]string{"append": tt.append, "tx": tt.tx} {
			var got string
			if err := p.connect(t).QueryRow(t.Context(), s.schema.in("SELECT level FROM {schema}.seen WHERE type = $1"), typ).Scan(&got); err != nil || got != want {
				t.Errorf("session %s, durability %s: %s commits at %q (%v), want %q", tt.session, tt.durability, typ, got, err, want)
			}
		}
	}
}

// lesser returns the place as it is for sessions that work under a role with no privilege yet.
func (p place) lesser(t *testing.T) (lesser place, role string) {
	t.Helper()
	role = strings.Replace(p.schema, "case", "role", 1)
	return place{pgtest.Role(t, p.dsn, role), p.schema}, role
}

// TestPrivileges opens a log as a role that lacks one privilege after the other, and then uses
// it as one that has no more than it needs.
func TestPrivileges(t *testing.T) {
	p := newPlace(t)
	lesser, role := p.lesser(t)
	if err := Migrate(t.Context(), lesser.dsn, WithSchema(p.schema+"_2")); !strings.Contains(fmt.Sprint(err), "the role lacks a privilege") {
		t.Errorf("migrate: %v", err)
	}
	for _, grant := range []struct{ what, on string }{
		{"USAGE", "the schema"}, {"SELECT", "surety_migrations"}, {"SELECT", "records"}, {"INSERT", "records"},
		{"SELECT", "snapshots"}, {"INSERT", "snapshots"}, {"UPDATE", "snapshots"},
	} {
		_, err := Open(t.Context(), lesser.dsn, WithSchema(p.schema))
		want := PrivilegeError{Role: role, Privilege: grant.what + " on " + grant.on}
		got, ok := errors.AsType[*PrivilegeError](err)
		if _, refused := errors.AsType[*OpenError](err); !ok || *got != want || !refused {
			t.Errorf("without %s on %s: %v", grant.what, grant.on, err)
		}
		if grant.on == "the schema" {
			p.run(t, "GRANT USAGE ON SCHEMA {schema} TO "+role)
			continue
		}
		p.run(t, "GRANT "+grant.what+" ON {schema}."+grant.on+" TO "+role)
	}
	s := lesser.open(t)
	appended(t, s, one("order-1", 0, "a"))
	if err := s.SaveSnapshot(t.Context(), events.Snapshot{Stream: "order-1", Version: 1, Fold: "f", Data: []byte("x")}); err != nil {
		t.Error(err)
	}
}

// TestUnreachable opens what cannot be reached, and with a context that has ended.
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
		if refusal, ok := errors.AsType[*OpenError](Migrate(t.Context(), tt.dsn)); !ok || refusal.Reason != tt.reason {
			t.Errorf("migrate %s: %v, want %q", tt.dsn, refusal, tt.reason)
		}
	}
	p := newPlace(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(over, p.dsn, WithSchema(p.schema)); err != context.Canceled {
		t.Errorf("open: %v, want the plain error of the context", err)
	}
	if err := Migrate(over, p.dsn, WithSchema(p.schema)); err != context.Canceled {
		t.Errorf("migrate: %v, want the plain error of the context", err)
	}
	if _, err := New(over, p.pool(t, 1), WithSchema(p.schema)); err != context.Canceled {
		t.Errorf("new: %v, want the plain error of the context", err)
	}
}

// TestOptionsAreBounded gives invalid options.
func TestOptionsAreBounded(t *testing.T) {
	options := []Option{WithDurability(events.DurabilityNone), WithDurability(0)}
	for _, name := range []string{"", strings.Repeat("x", 64), "a\x00b", "\xff", "pg_surety", "information_schema"} {
		options = append(options, WithSchema(name))
		if _, err := Schema(name); !isBounds(err) {
			t.Errorf("Schema(%q): %v", name, err)
		}
	}
	for i, option := range options {
		if _, err := Open(t.Context(), "", option); !isBounds(err) {
			t.Errorf("option %d: %v", i, err)
		}
	}
}

func isBounds(err error) bool {
	_, ok := errors.AsType[*events.BoundsError](err)
	return ok
}

// TestOddSchemaNames uses names that would break out of a statement, or be folded.
func TestOddSchemaNames(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t, "fsync=off").DSN()
	names := []string{
		`a"b`, `a'b`, `"`, `';--`, `$1`, `$$`, `{schema}`, `{last}`, `%s`, ` `, `Surety`, `surety`, `a.b`, `\`, "\n", "信用保障", strings.Repeat("x", 63), `select`, `"; DROP SCHEMA public; --`,
	}
	for i, name := range names {
		p := migrated(t, place{dsn, name})
		s := p.open(t, WithDurability(events.DurabilityProcess))
		if p, err := s.Settled(t.Context()); p != 0 || err != nil {
			t.Fatalf("schema %q is settled at %d (%v), as if it were another", name, p, err)
		}
		changed := s.Changed()
		appended(t, s, one("order-1", 0, "a", "b", "c", "d", "e"))
		appended(t, s, one("order-1", 5, "a"))
		<-changed
		inTx(t, p.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
			_, err := s.AppendTx(t.Context(), tx, one("order-1", 6, "a"))
			return err
		})
		if n := headOf(t, s, "order-1"); n != 7 {
			t.Errorf("schema %q: version %d", name, n)
		}
		if err := s.SaveSnapshot(t.Context(), events.Snapshot{Stream: "order-1", Version: 1, Fold: "f"}); err != nil {
			t.Errorf("schema %q: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, other := range names[:i] {
			a, _ := newSchema(name)
			b, _ := newSchema(other)
			if a.lock() == b.lock() || a.channel() == b.channel() {
				t.Errorf("%q and %q share a lock or a channel", name, other)
			}
		}
	}
}

// TestMigrateConcurrently migrates one schema from many processes at once, and again.
func TestMigrateConcurrently(t *testing.T) {
	p := place{pgtest.Cluster(t), pgtest.Schema(t)}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := Migrate(t.Context(), p.dsn, WithSchema(p.schema)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	s := p.open(t)
	appended(t, s, one("order-1", 0, "a"))
	migrated(t, p)
	if n := headOf(t, s, "order-1"); n != 1 {
		t.Errorf("version %d after another migration", n)
	}
}

// TestMigrateForward takes a log from one version to the next while it is in use: the store of
// the earlier version goes on, and refuses to open the later one.
func TestMigrateForward(t *testing.T) {
	p := newPlace(t)
	s := p.open(t)
	appended(t, s, one("order-1", 0, "a"))
	next := func(c *config) {
		c.migrations = append(migrations(), "ALTER TABLE {schema}.records ADD COLUMN note text;\n")
	}
	_, err := Open(t.Context(), p.dsn, WithSchema(p.schema), next)
	if version, ok := errors.AsType[*VersionError](err); !ok || *version != (VersionError{Found: 2, Known: 3}) {
		t.Errorf("before the migration: %v", err)
	}
	broken := func(c *config) {
		c.migrations = append(migrations(), "CREATE TABLE {schema}.half (n int); SELECT 1 / 0;")
	}
	if err := Migrate(t.Context(), p.dsn, WithSchema(p.schema), broken); code(err) != "22012" {
		t.Errorf("a migration that fails: %v", err)
	}
	if err := Migrate(t.Context(), p.dsn, WithSchema(p.schema), next); err != nil {
		t.Fatal(err)
	}
	for i := range events.Version(3) {
		appended(t, s, one("order-1", i+1, "b"))
	}
	if n := headOf(t, s, "order-1"); n != 4 {
		t.Errorf("version %d", n)
	}
	appended(t, p.open(t, next), one("order-1", 4, "c"))
	_, err = Open(t.Context(), p.dsn, WithSchema(p.schema))
	if version, ok := errors.AsType[*VersionError](err); !ok || *version != (VersionError{Found: 3, Known: 2}) {
		t.Errorf("after the migration: %v", err)
	}
}

// TestSchemaIsWhatMigrateMakes makes a log with the statements that Schema gives to others.
func TestSchemaIsWhatMigrateMakes(t *testing.T) {
	p := place{pgtest.Cluster(t), pgtest.Schema(t)}
	text, err := Schema(p.schema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.connect(t).PgConn().Exec(t.Context(), text).ReadAll(); err != nil {
		t.Fatal(err)
	}
	appended(t, p.open(t), one("order-1", 0, "a"))
	migrated(t, p)
}

// TestTheDatabaseRepeatsThePromises breaks the promises by hand.
func TestTheDatabaseRepeatsThePromises(t *testing.T) {
	p := newPlace(t)
	s := p.open(t)
	c := one("order-1", 0, "a", "b")
	appended(t, s, c)
	const row = "INSERT INTO {schema}.records SELECT position + 100, version + 100, at, commit_id, schema, idx + 100::int2, stream, type, NULL, meta, data, '' FROM {schema}.records WHERE idx = 1"
	change := func(from, to string) string { return strings.Replace(row, from, to, 1) }
	for _, tt := range []struct{ statement, says string }{
		{"UPDATE {schema}.records SET type = 'b'", "never changed or removed"},
		{"DELETE FROM {schema}.records", "never changed or removed"},
		{"TRUNCATE {schema}.records", "never changed or removed"},
		{change("position + 100", "position"), "records_position"},
		{change("version + 100", "version"), "records_stream_version"},
		{change("idx + 100::int2", "idx"), "records_commit_idx"},
		{change("position + 100", "0"), "records_position_check"},
		{change("version + 100", "0"), "records_version_check"},
		{change("at", "-1"), "records_at_check"},
		{change(" schema,", " 65536,"), "records_schema_check"},
		{change("idx + 100::int2", "1000"), "records_idx_check"},
		{change("idx + 100::int2", "0"), "records_check"},
		{change("NULL", "'\\x00'"), "records_check"},
		{change("stream", "'a'"), "records_stream_check"},
		{change("type", "''"), "records_type_check"},
		{change("commit_id", "'00000000-0000-0000-0000-000000000000'"), "records_commit_id_check"},
		{change("meta", "decode(repeat('00', 4097), 'hex')"), "records_meta_check"},
		{change("data", "decode(repeat('00', 65537), 'hex')"), "records_data_check"},
		{change("''", "NULL"), "records_sum"},
		{change("''", "'\\x00'"), "records_sum"},
	} {
		if err := pgtest.Exec(p.dsn, s.schema.in(tt.statement)); !strings.Contains(fmt.Sprint(err), tt.says) {
			t.Errorf("%s: %v, want %q", tt.statement, err, tt.says)
		}
	}
	p.run(t, row)
}
