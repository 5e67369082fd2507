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
	"strconv"
	"strings"
	"time"
)

// home is a directory of its own for a program that runs under the account of the server and dies
// with the test binary.
type home struct {
	dir   string
	owner *owner
	life  *life // of the process that runs, nil when none does
}

// owner is the account that the programs run under; nil stands for the one of the tests.
type owner struct{ uid, gid int }

// life is one run of a program.
type life struct {
	process *os.Process
	ended   chan struct{}
}

// newHome makes a directory below that one, or below that of the system if it is empty.
func newHome(below string) (h home, err error) {
	if h.owner, err = account(); err != nil {
		return home{}, err
	}
	if h.dir, err = os.MkdirTemp(below, "surety-pg-"); err != nil {
		return home{}, err
	}
	if h.owner != nil {
		if err := os.Chown(h.dir, h.owner.uid, h.owner.gid); err != nil {
			os.RemoveAll(h.dir)
			return home{}, err
		}
	}
	return h, nil
}

// launch starts a program that stays; what it prints is in the file log.
func (h *home) launch(cmd *exec.Cmd) error {
	cmd.Dir = h.dir
	log, err := os.Create(filepath.Join(h.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	h.confine(cmd, true)
	started := make(chan error)
	l := &life{ended: make(chan struct{})}
	go func() {
		// The kernel ends the program when the thread that started it ends.
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
	h.life = l
	return nil
}

// ready waits until the program serves.
func (h *home) ready(serves func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := serves(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-h.life.ended:
			text, _ := os.ReadFile(filepath.Join(h.dir, "log"))
			return fmt.Errorf("it has ended: %s", text)
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (h *home) end(sig os.Signal) error {
	if h.life == nil {
		return nil
	}
	if err := h.life.process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-h.life.ended
	h.life = nil
	return nil
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
