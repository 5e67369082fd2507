package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNoBinaries = errors.New("initdb and postgres are not on this machine")

// Server is a cluster in a directory of its own, which listens on a socket there and nowhere
// else. It dies with the test binary, however that ends.
type Server struct {
	home
	settings []string
}

// start makes a cluster in a new directory, below that one if it is not empty, and starts it.
func start(below string, settings ...string) (*Server, error) {
	initdb, err := binary("initdb")
	if err != nil {
		return nil, err
	}
	s := &Server{settings: settings}
	if s.home, err = newHome(below); err != nil {
		return nil, err
	}
	err = s.make(initdb)
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// make makes the files of an empty cluster.
func (s *Server) make(initdb string) error {
	cmd := exec.Command(initdb, "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--pgdata="+s.data())
	cmd.Dir = s.dir
	s.confine(cmd, false)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// Directory makes a directory below that one in which the server may keep files, such as a tablespace.
func (s *Server) Directory(below string) (string, error) {
	dir, err := os.MkdirTemp(below, "surety-pg-")
	if err == nil && s.owner != nil {
		err = os.Chown(dir, s.owner.uid, s.owner.gid)
	}
	return dir, err
}

// Command returns a program that is run in a directory under the account of the server. By its
// environment it finds the server, as its superuser, and the other programs of PostgreSQL.
func (s *Server) Command(dir, name string, args ...string) (*exec.Cmd, error) {
	postgres, err := binary("postgres")
	if err == nil {
		postgres, err = filepath.EvalSymlinks(postgres) // the others are beside it
	}
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(postgres)+":"+os.Getenv("PATH"), "HOME="+dir,
		"PGHOST="+s.dir, "PGPORT=5432", "PGUSER=postgres", "PGDATABASE=postgres")
	s.confine(cmd, false)
	return cmd, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Host is the directory of the server's socket, as a DSN has it.
func (s *Server) Host() string { return s.dir }

// DSN says how to connect to the server as its superuser.
func (s *Server) DSN() string { return "host=" + s.dir + " port=5432 user=postgres dbname=postgres" }

// Start starts the server, after Stop or Kill, and returns when it takes connections.
func (s *Server) Start() error {
	postgres, err := binary("postgres")
	if err != nil {
		return err
	}
	args := []string{"-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "port=5432", "-c", "unix_socket_permissions=0777", "-c", "logging_collector=off"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	if err := s.launch(exec.Command(postgres, args...)); err != nil {
		return err
	}
	return s.ready(func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// Stop ends the server as an administrator does who does not wait for its clients.
func (s *Server) Stop() error { return s.end(os.Interrupt) }

// Kill ends the server and every process of it at once, as kill -9 does.
func (s *Server) Kill() error {
	if s.life == nil {
		return nil
	}
	// Stopped, it starts no others while they are counted.
	if err := freeze(s.life.process); err != nil {
		return err
	}
	family := children(s.life.process.Pid)
	for _, child := range family {
		if p, err := os.FindProcess(child); err == nil {
			_ = p.Kill() // it may have ended by itself
		}
	}
	if err := s.end(os.Kill); err != nil {
		return err
	}
	for deadline := time.Now().Add(time.Minute); slices.ContainsFunc(family, alive); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("processes of the server outlive it")
		}
	}
	return nil
}

// remove ends the server and removes its files.
func (s *Server) remove() {
	_ = s.Kill() // the files go with it
	os.RemoveAll(s.dir)
}

// binary finds a program of PostgreSQL on the path or where Debian keeps it.
func binary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", errNoBinaries
	}
	return found[len(found)-1], nil
}
