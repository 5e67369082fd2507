package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events/storetest"
)

// Pooler starts a pgbouncer before a server, and returns the DSN of connections through it. The
// mode is a pool_mode: session, transaction or statement; the settings are of the form name=value.
// It listens on a socket in a directory of its own, and ends with the test. A test without
// pgbouncer skips, and fails if SURETY_REQUIRE names pgbouncer.
func Pooler(t testing.TB, dsn, mode string, settings ...string) string {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil { // Debian keeps it where only root looks
		path, err = exec.LookPath("/usr/sbin/pgbouncer")
	}
	if err != nil {
		storetest.Require(t, "pgbouncer", err.Error())
	}
	h, err := newHome("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.end(os.Kill) // its directory goes with it
		os.RemoveAll(h.dir)
	})
	config := "[databases]\n* = " + dsn + "\n[pgbouncer]\npool_mode = " + mode +
		"\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = " + h.dir + "\nauth_type = any\n" + strings.Join(settings, "\n") + "\n"
	file := filepath.Join(h.dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := h.launch(exec.Command(path, file)); err != nil {
		t.Fatal(err)
	}
	through := fmt.Sprintf("%s host=%s port=6432", dsn, h.dir)
	err = h.ready(func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, through)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return through
}
