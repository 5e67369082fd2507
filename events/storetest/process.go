package storetest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// childEnv holds the arguments of a child process, as JSON.
const childEnv = "SURETY_CHILD"

// Child runs what a test wants done in a process of its own. In a process that Start has
// started, it calls run with the arguments of Start and ends the process; an error of run is
// printed as a line that begins with "error". In every other process it returns at once.
// TestMain calls it first.
func Child(run func(args []string) error) {
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		return
	}
	var args []string
	err := json.Unmarshal([]byte(text), &args)
	if err == nil {
		err = run(args)
	}
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Die ends this process as kill -9 does: nothing that is deferred runs. It does not return.
func Die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	fmt.Fprintln(os.Stdout, "error", err)
	select {}
}

// Process is a child process. Its standard output is read line by line, so that it never waits
// for its parent; its standard error is the parent's.
type Process struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.Writer
	mu    sync.Mutex
	news  *sync.Cond // one more line, or the end
	lines []string   // that Hear has not returned yet
	ended bool
}

// Start starts the test binary again, with args for its Child. The process is killed when the
// test ends, if it still runs.
func Start(t testing.TB, args ...string) *Process {
	t.Helper()
	return startUnder(t, nil, args)
}

// startUnder is Start for a process that another program, with its arguments, runs.
func startUnder(t testing.TB, program, args []string) *Process {
	t.Helper()
	p := &Process{t: t}
	p.news = sync.NewCond(&p.mu)
	out, err := p.start(program, args)
	if err != nil {
		t.Fatalf("start a process: %v", err)
	}
	go p.listen(out)
	t.Cleanup(func() {
		p.Kill()
		p.await(func() bool { return p.ended })
	})
	return p
}

func (p *Process) start(program, args []string) (out io.Reader, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	line := append(slices.Clone(program), self)
	p.cmd = exec.Command(line[0], line[1:]...)
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return out, p.cmd.Start()
}

func (p *Process) listen(out io.Reader) {
	note := func(f func()) {
		p.mu.Lock()
		defer p.mu.Unlock()
		f()
		p.news.Broadcast()
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line that the kill has cut off does not count
		}
		note(func() { p.lines = append(p.lines, strings.TrimSpace(line)) })
	}
	_ = p.cmd.Wait() // that it was killed is what tests want
	note(func() { p.ended = true })
}

// await waits until something is so.
func (p *Process) await(so func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !so() {
		p.news.Wait()
	}
}

// Await waits until the process has printed a line with that beginning, which Hear has not
// returned yet, or has ended.
func (p *Process) Await(beginning string) { p.awaitLines(beginning, 1) }

// awaitLines waits until the process has printed n lines with that beginning, or has ended.
func (p *Process) awaitLines(beginning string, n int) {
	p.await(func() bool {
		found := 0
		for _, line := range p.lines {
			if strings.HasPrefix(line, beginning) {
				found++
			}
		}
		return p.ended || found >= n
	})
}

// fault returns the error that the process has printed so far, or nothing.
func (p *Process) fault() (line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.lines, func(line string) bool { return strings.HasPrefix(line, "error") }); i >= 0 {
		line = p.lines[i]
	}
	return line
}

// Hear returns the next line that the process prints. It returns false once the process has
// ended and all its lines were returned.
func (p *Process) Hear() (line string, ok bool) {
	p.await(func() bool {
		if ok = len(p.lines) > 0; ok {
			line, p.lines = p.lines[0], p.lines[1:]
			if len(p.lines) == 0 {
				p.lines = nil
			}
		}
		return ok || p.ended
	})
	return line, ok
}

// Say writes a line to the standard input of the process.
func (p *Process) Say(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		p.t.Fatalf("say %q to a process: %v", line, err)
	}
}

// Kill kills the process as kill -9 does. What it has printed can still be heard.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended
}
