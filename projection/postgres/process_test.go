package postgres

import (
	"bufio"
	"context"
	"fmt"
	"os"
	processes "os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// The tests of this file run workers in processes of their own: the test binary again, with
// childEnv saying how long the log is, which schema and which server.
const childEnv = "SURETY_POSTGRES_VIEWS_CHILD"

// child builds the view in small batches and prints how many records it has folded itself.
func child(task string) error {
	size, rest, _ := strings.Cut(task, " ")
	schema, dsn, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	log, err := logOf(n)
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), dsn, WithSchema(schema))
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("begun")
	p, err := catchUp(context.Background(), log, s, 5)
	fmt.Println("folded", p.Records)
	return err
}

// process is a child that runs.
type process struct {
	cmd    *processes.Cmd
	begun  chan struct{} // closed at its first line, or when it has ended
	result chan string   // its last line
}

func start(t *testing.T, n int, schema, dsn string) *process {
	t.Helper()
	cmd := processes.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s %s", childEnv, n, schema, dsn))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, make(chan struct{}), make(chan string, 1)}
	go func() {
		lines, last := 0, ""
		for scan := bufio.NewScanner(pipe); scan.Scan(); lines++ {
			if last = scan.Text(); lines == 0 {
				close(p.begun)
			}
		}
		if lines == 0 {
			close(p.begun)
		}
		_ = cmd.Wait() // that it was killed is what a test wants
		p.result <- last
	}()
	return p
}

// TestKill kills a process that builds a view each time it has come a little further, and lets the
// last one go to the end; after each death the view is what the records up to its checkpoint make
// of it.
func TestKill(t *testing.T) {
	const size, further = 1500, 100
	log, s := mustLog(t, size), open(t)
	at := func() events.Position {
		list, err := s.Versions(t.Context(), "sums")
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return 0
		}
		return list[0].Checkpoint.Position
	}
	begun := 0
	for next := events.Position(further); next < size; next += further {
		p := start(t, size, s.schema.name, pgtest.Cluster(t))
		for at() < next && len(p.result) == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := p.cmd.Process.Kill(); err != nil {
			t.Log(err) // it has ended by itself
		}
		<-p.result
		if err := sums().Reconcile(t.Context(), log, s, viewmemory.New()); err != nil {
			t.Fatal(err)
		}
		if at() < size {
			begun++
		}
	}
	if begun == 0 {
		t.Error("no process died in the middle")
	}
	if last := <-start(t, size, s.schema.name, pgtest.Cluster(t)).result; !strings.HasPrefix(last, "folded ") {
		t.Error(last)
	}
	if at := equalsRebuild(t, log, s); at != size {
		t.Errorf("the view is at %d", at)
	}
	t.Logf("%d processes died in the middle", begun)
}

// TestTwoProcesses has two processes build one view: together they fold every record once.
func TestTwoProcesses(t *testing.T) {
	const size = 1500
	log, s := mustLog(t, size), open(t)
	workers := []*process{start(t, size, s.schema.name, pgtest.Cluster(t)), start(t, size, s.schema.name, pgtest.Cluster(t))}
	folded := 0
	for _, w := range workers {
		last := <-w.result
		n, err := strconv.Atoi(strings.TrimPrefix(last, "folded "))
		if err != nil {
			t.Fatal(last)
		}
		t.Log(last)
		folded += n
	}
	if folded != size {
		t.Errorf("they have folded %d records of %d", folded, size)
	}
	if at := equalsRebuild(t, log, s); at != size {
		t.Errorf("the view is at %d", at)
	}
}
