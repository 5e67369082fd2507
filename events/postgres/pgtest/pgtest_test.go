package pgtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// childEnv makes the test binary start a server and wait for its end.
const childEnv = "SURETY_PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		s, err := start("")
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(s.dir, s.life.process.Pid)
		select {}
	}
	os.Exit(Main(m))
}

// TestLives stops, kills and starts a server that keeps its data.
func TestLives(t *testing.T) {
	s := Start(t, "fsync=off", "application_name=pgtest")
	if err := Exec(s.DSN(), "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)", "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func() error{s.Stop, s.Kill, s.Stop} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := Exec(s.DSN(), "SELECT 1"); err == nil {
			t.Error("a server that has ended answers")
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT n FROM t").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	s.remove()
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
}

// TestKeywords converts URLs, and leaves everything else unchanged.
func TestKeywords(t *testing.T) {
	const plain = "host=/tmp user=u"
	if got, err := keywords(plain); got != plain || err != nil {
		t.Errorf("%q became %q, %v", plain, got, err)
	}
	if got, err := keywords("postgres://host:port/db"); err == nil {
		t.Errorf("a port that is none became %q", got)
	}
	for _, dsn := range []string{
		"postgres:///surety?host=/var/run/postgresql",
		"postgresql://me:it%27s%20a%20%5Csecret@db.example:5433/orders?application_name=a%20b&sslmode=disable",
		"postgres://db.example",
	} {
		list, err := keywords(dsn)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pgx.ParseConfig(dsn)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.ParseConfig(list + " search_path=added")
		if err != nil {
			t.Fatalf("%s became %s: %v", dsn, list, err)
		}
		want.RuntimeParams["search_path"] = "added"
		if got.Host != want.Host || got.Port != want.Port || got.User != want.User || got.Password != want.Password ||
			got.Database != want.Database || !maps.Equal(got.RuntimeParams, want.RuntimeParams) {
			t.Errorf("%s became %s", dsn, list)
		}
	}
}

// TestMissing skips without a server, and fails on a machine that must have one.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		require string
		err     error
		skips   bool
	}{
		{"", errNoBinaries, true},
		{"sqlite", errNoBinaries, true},
		{"postgres", errNoBinaries, false},
		{"sqlite,postgres", errNoBinaries, false},
		{"", errors.New("it does not start"), false},
	} {
		t.Setenv("SURETY_REQUIRE", tt.require)
		r := &recorder{TB: t}
		missing(r, tt.err)
		if r.skipped != tt.skips || r.failed == tt.skips || !strings.Contains(r.said, tt.err.Error()) {
			t.Errorf("%q, %v: skipped %t, failed %t, said %q", tt.require, tt.err, r.skipped, r.failed, r.said)
		}
	}
}

// recorder notes how a test was ended. The first end counts: a real one does not come back.
type recorder struct {
	testing.TB
	skipped, failed bool
	said            string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped, r.said = true, fmt.Sprintf(format, args...)
}

func (r *recorder) Fatalf(format string, args ...any) {
	if !r.skipped {
		r.failed, r.said = true, fmt.Sprintf(format, args...)
	}
}
