// Package postgrestest puts another history under a log that is open, for tests of what follows a log.
package postgrestest

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// Logs returns what opens new logs, for storetest.RewindsServer: on one of them an older copy of the files
// of its server takes their place, on the other, which the long form has, a standby that lacks the end is
// promoted. Without a server the test ends as those of package pgtest do.
func Logs(t testing.TB) map[string]func(testing.TB) storetest.Rewindable {
	t.Helper()
	server := pgtest.Start(t)
	logs := map[string]func(testing.TB) storetest.Rewindable{
		"restored": func(t testing.TB) storetest.Rewindable { return restored(t, server) },
	}
	if os.Getenv("SURETY_LONG") == "1" {
		logs["promoted"] = func(t testing.TB) storetest.Rewindable { return promoted(t, server) }
	}
	return logs
}

// restored opens a log in a new schema of a server, which the cleanup of the test closes. The copy is
// another server. It is put in the place of the log as a restored backup is: the server is killed and starts
// again with the files of the other one.
func restored(t testing.TB, server *pgtest.Server) storetest.Rewindable {
	t.Helper()
	schema := migrated(t, server)
	return storetest.Rewindable{
		Store: open(t, server, schema),
		Away:  away,
		Branch: func(t testing.TB) (events.Store, func() events.Store) {
			t.Helper()
			other := server.Copy(t)
			branch := open(t, other, schema)
			return branch, func() events.Store {
				if err := errors.Join(branch.Close(), server.Become(other)); err != nil {
					t.Fatal(err)
				}
				return open(t, server, schema)
			}
		},
	}
}

// promoted opens a log on a copy of a server, which the cleanup of the test closes. The copy of the log is a
// standby that is promoted. When it is put in the place of the log, connections are made to it and the
// server is killed.
func promoted(t testing.TB, server *pgtest.Server) storetest.Rewindable {
	t.Helper()
	primary := server.Copy(t)
	schema := migrated(t, primary)
	var to atomic.Pointer[string] // the host of new connections
	goTo := func(server *pgtest.Server) *pgxpool.Config {
		config, err := pgxpool.ParseConfig(server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		to.Store(&config.ConnConfig.Host)
		return config
	}
	config := goTo(primary)
	config.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		cc.Host = *to.Load()
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	store, err := postgres.New(t.Context(), pool, postgres.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() }) // it may be closed
	return storetest.Rewindable{
		Store: store,
		Away:  away,
		Branch: func(t testing.TB) (events.Store, func() events.Store) {
			t.Helper()
			standby := primary.Standby(t, "second") // it has what was committed before
			if err := standby.Promote(); err != nil {
				t.Fatal(err)
			}
			return open(t, standby, schema), func() events.Store {
				goTo(standby)
				if err := primary.Kill(); err != nil {
					t.Fatal(err)
				}
				return open(t, standby, schema)
			}
		},
	}
}

func away(err error) bool { return errors.Is(err, postgres.ErrLost) }

// migrated makes a schema for a log and returns its name.
func migrated(t testing.TB, server *pgtest.Server) string {
	t.Helper()
	schema := pgtest.Schema(t)
	if err := postgres.Migrate(t.Context(), server.DSN(), postgres.WithSchema(schema)); err != nil {
		t.Fatal(err)
	}
	return schema
}

func open(t testing.TB, server *pgtest.Server, schema string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), server.DSN(), postgres.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // it may be closed
	return s
}
