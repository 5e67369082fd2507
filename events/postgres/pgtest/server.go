package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNoBinaries = errors.New("initdb and postgres are not on this machine")

// Server is a cluster in a directory of its own, which listens on a socket there and nowhere
// else. It dies with the test binary, however that ends.
type Server struct {
	dir      string
	settings []string
	owner    *owner
	life     *life // of the process that runs, nil when none does
}

// owner is the account that PostgreSQL runs under; nil stands for the one of the tests.
type owner struct{ uid, gid int }

// life is one run of the server.
type life struct {
	process *os.Process
	ended   chan struct{}
}

// start makes a cluster in a new directory, below that one if it is not empty, and starts it.
func start(below string, settings ...string) (*Server, error) {
	initdb, err := binary("initdb")
	if err != nil {
		return nil, err
	}
	s := &Server{settings: settings}
	if s.owner, err = account(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp(below, "surety-pg-"); err != nil {
		return nil, err
	}
	if err := s.make(initdb); err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	if err := s.Start(); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// make makes the files of an empty cluster.
func (s *Server) make(initdb string) error {
	if s.owner != nil {
		if err := os.Chown(s.dir, s.owner.uid, s.owner.gid); err != nil {
			return err
		}
	}
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

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

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
	cmd := exec.Command(postgres, args...)
	cmd.Dir = s.dir
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	s.confine(cmd, true)
	started := make(chan error)
	l := &life{ended: make(chan struct{})}
	go func() {
		// The kernel ends the server when the thread that started it ends.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		l.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
		close(l.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.life = l
	return s.ready(l)
}

// ready waits until the server takes connections.
func (s *Server) ready(l *life) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-l.ended:
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("postgres has ended: %s", text)
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
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

func (s *Server) end(sig os.Signal) error {
	if s.life == nil {
		return nil
	}
	if err := s.life.process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.life.ended
	s.life = nil
	return nil
}

// remove ends the server and removes its files.
func (s *Server) remove() {
	_ = s.Kill() // the files go with it
	os.RemoveAll(s.dir)
}

// children returns the processes whose parent has that id.
func children(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if _, of := status(pid); err == nil && of == strconv.Itoa(parent) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// alive reports whether a process runs, and so may keep memory and files in use.
func alive(pid int) bool {
	state, _ := status(pid)
	return state != "" && state != "Z" && state != "X"
}

// status returns the state and the parent of a process, or nothing if there is none.
func status(pid int) (state, parent string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", ""
	}
	// The name, in parentheses, may hold anything; what follows it is plain.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return "", ""
	}
	return fields[0], fields[1]
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

// account returns the account that PostgreSQL is to run under: it refuses root.
func account() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, err
		}
		return &owner{uid, gid}, nil
	}
	return nil, errors.New("the tests run as root, and there is neither postgres nor nobody to run a server as")
}
