package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// Standby copies the server and starts the copy, which follows it under that name: a synchronous
// one once the server's synchronous_standby_names has the name. It is stopped when the test ends.
func (s *Server) Standby(t testing.TB, name string) *Server {
	t.Helper()
	b := s.copied(t, "--write-recovery-conf")
	b.source(s, name)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// source has the server, while it is a standby, receive from that one.
func (s *Server) source(from *Server, name string) {
	s.settings = append(slices.Clone(s.settings), "primary_conninfo=host="+from.dir+" port=5432 user=postgres application_name="+name)
}

// Follow has a standby that runs follow another server, which was promoted.
func (s *Server) Follow(primary *Server, name string) error {
	if err := s.Stop(); err != nil {
		return err
	}
	s.source(primary, name)
	return s.Start()
}

// Backup copies the files of the server, which goes on, and returns what puts the copy in their
// place, once: the server is killed and starts again with it, under the same DSN.
func (s *Server) Backup(t testing.TB) (restore func() error) {
	t.Helper()
	b := s.copied(t)
	return func() error { return s.Become(b) }
}

// Copy copies the server, which goes on, and starts the copy. It is stopped when the test ends.
func (s *Server) Copy(t testing.TB) *Server {
	t.Helper()
	b := s.copied(t)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// Become stops another server, kills this one and starts it again, under the same DSN, with the files
// of the other one, which has none then.
func (s *Server) Become(other *Server) error {
	if err := errors.Join(other.Stop(), s.Kill()); err != nil {
		return err
	}
	if err := os.RemoveAll(s.data()); err != nil {
		return err
	}
	if err := os.Rename(other.data(), s.data()); err != nil {
		return err
	}
	return s.Start()
}

// copied returns a server with a copy of the files of this one. It is not started, and removed when
// the test ends.
func (s *Server) copied(t testing.TB, options ...string) *Server {
	t.Helper()
	backup, err := binary("pg_basebackup")
	if err != nil {
		missing(t, err)
	}
	b := &Server{settings: s.settings}
	if b.home, err = newHome(filepath.Dir(s.dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.remove)
	cmd := exec.Command(backup, append(options, "--no-sync", "--checkpoint=fast", "--wal-method=stream",
		"--host="+s.dir, "--port=5432", "--username=postgres", "--pgdata="+b.data())...)
	cmd.Dir = b.dir
	b.confine(cmd, false)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	return b
}

// Cut has a standby that is stopped receive nothing more once it is started.
func (s *Server) Cut() { s.settings = append(slices.Clone(s.settings), "primary_conninfo=") }

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
