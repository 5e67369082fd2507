package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Standby copies the server and starts the copy, which follows it under that name: a synchronous
// one once the server's synchronous_standby_names has the name. It is stopped when the test ends.
func (s *Server) Standby(t testing.TB, name string) *Server {
	t.Helper()
	backup, err := binary("pg_basebackup")
	if err != nil {
		missing(t, err)
	}
	b := &Server{settings: append([]string{"primary_conninfo=host=" + s.dir + " port=5432 user=postgres application_name=" + name}, s.settings...)}
	if b.home, err = newHome(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.remove)
	cmd := exec.Command(backup, "--no-sync", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf",
		"--host="+s.dir, "--port=5432", "--username=postgres", "--pgdata="+b.data())
	cmd.Dir = b.dir
	b.confine(cmd, false)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// Promote makes a standby that runs a server of its own.
func (s *Server) Promote() error {
	if err := Exec(s.DSN(), "SELECT pg_promote()"); err != nil {
		return err
	}
	_, err := os.Stat(filepath.Join(s.data(), "standby.signal"))
	if err == nil {
		return fmt.Errorf("it is still a standby")
	}
	return nil
}
