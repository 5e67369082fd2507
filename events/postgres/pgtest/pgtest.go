package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events/storetest"
)

const dsnEnv = "SURETY_POSTGRES_DSN" // a server to use instead of one of our own

// shared is the cluster of this test binary: Cluster starts it and Main stops it.
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// Main runs the tests and stops the shared cluster. Its result is for os.Exit.
func Main(m *testing.M) int {
	defer func() {
		shared.Lock()
		defer shared.Unlock()
		if shared.server != nil {
			shared.server.remove()
		}
	}()
	return m.Run()
}

// Cluster returns the DSN of a server that the tests of this binary share. It is a list of
// keywords and values, to which " name=value" may be added.
func Cluster(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv(dsnEnv); dsn != "" {
		list, err := keywords(dsn)
		if err != nil {
			t.Fatalf("%s: %v", dsnEnv, err)
		}
		return list
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start("")
	}
	if shared.err != nil {
		missing(t, shared.err)
	}
	return shared.server.DSN()
}

// keywords turns a DSN that is a URL into a list of keywords and values. It returns any other
// as it is.
func keywords(dsn string) (string, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return dsn, nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	password, _ := u.User.Password()
	values := map[string]string{
		"host": u.Hostname(), "port": u.Port(), "user": u.User.Username(), "password": password, "dbname": strings.TrimPrefix(u.Path, "/"),
	}
	for name, list := range u.Query() {
		values[name] = list[len(list)-1]
	}
	var list []string
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] != "" {
			list = append(list, name+"='"+quote.Replace(values[name])+"'")
		}
	}
	return strings.Join(list, " "), nil
}

// Start starts a server for this test alone and stops it when the test ends. The settings are
// of the form name=value.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	return StartIn(t, "", settings...)
}

// StartIn is Start with the files of the server below a directory, which its account must be able to reach.
func StartIn(t testing.TB, dir string, settings ...string) *Server {
	t.Helper()
	s, err := start(dir, settings...)
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(s.remove)
	return s
}

// missing ends a test that has no server.
func missing(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNoBinaries) {
		storetest.Require(t, "postgres", err.Error())
		return
	}
	t.Fatalf("no PostgreSQL server: %v", err)
}

// Schema returns the name of a schema that no other test uses. It is not created. On a server
// that outlives the tests it is dropped when the test ends.
func Schema(t testing.TB) string {
	t.Helper()
	name := "case_" + strings.ToLower(rand.Text())
	dsn := os.Getenv(dsnEnv)
	if dsn == "" {
		return name
	}
	t.Cleanup(func() {
		if err := Exec(dsn, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE"); err != nil {
			t.Errorf("drop the schema of the case: %v", err)
		}
	})
	return name
}

// Exec runs statements on a connection of its own.
func Exec(dsn string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// Role makes a role without any privilege and returns the DSN of sessions that work under it.
// When the test ends, the role is dropped with all that it was granted.
func Role(t testing.TB, dsn, name string) string {
	t.Helper()
	if err := Exec(dsn, "CREATE ROLE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Exec(dsn, "DROP OWNED BY "+name, "DROP ROLE "+name); err != nil {
			t.Error(err)
		}
	})
	return dsn + " options='-c role=" + name + "'"
}
