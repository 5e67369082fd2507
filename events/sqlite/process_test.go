package sqlite

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	processes "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// The tests of this file run writers in processes of their own: the test binary again, with
// childEnv saying what to do.
const childEnv = "SURETY_SQLITE_CHILD"

func TestMain(m *testing.M) {
	if task := os.Getenv(childEnv); task != "" {
		if err := child(task); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is a writer. It prints a line for every commit that it acknowledges.
func child(task string) error {
	what, rest, _ := strings.Cut(task, " ")
	count, path, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	var opts []Option
	commits := 0
	last := func() bool { commits++; return commits == n }
	switch what {
	case "dies-before-commit":
		opts = append(opts, withHooks(hooks{committing: func([]events.Commit) error {
			if last() {
				die()
			}
			return nil
		}}))
	case "acknowledges-before-commit":
		opts = append(opts, withHooks(hooks{committing: func(group []events.Commit) error {
			for i := range group {
				fmt.Println("ack", group[i].ID)
			}
			if last() {
				die()
			}
			return nil
		}}))
	}
	s, err := Open(context.Background(), path, opts...)
	if err != nil {
		return err
	}
	defer s.Close()
	switch what {
	case "many":
		return many(s, n)
	case "appends":
		return work(s, n, func(id uuid.UUID) { fmt.Println("ack", id) })
	case "dies-after-commit":
		return work(s, -1, func(id uuid.UUID) {
			if last() {
				die()
			}
			fmt.Println("ack", id)
		})
	case "dies-before-commit":
		return work(s, -1, func(id uuid.UUID) { fmt.Println("ack", id) })
	default:
		return work(s, -1, func(uuid.UUID) {})
	}
}

// die ends this process as kill -9 does.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	fmt.Println("error", err)
	select {}
}

// many runs writers until they are killed.
func many(s *Store, n int) error {
	errs := make(chan error)
	for range n {
		go func() { errs <- work(s, -1, func(id uuid.UUID) { fmt.Println("ack", id) }) }()
	}
	return <-errs
}

// work appends n commits, or for ever, to two of a few streams that all writers share. Each
// event says how many events its commit has.
func work(s *Store, n int, ack func(uuid.UUID)) error {
	const streams = 5
	var heads [streams]events.Version
	for i := 0; n < 0 || i < n; {
		id := uuid.Must(uuid.NewV7())
		a, size := rand.IntN(streams), 1+rand.IntN(3)
		b := (a + 1) % streams
		c := retry(id)
		c.Batches = []events.Batch{stretch(a, heads[a], size, size+1), stretch(b, heads[b], 1, size+1)}
		_, err := s.Append(context.Background(), c)
		if conflict, ok := errors.AsType[*events.ConflictError](err); ok {
			for k := range streams {
				if shared(k) == conflict.Stream {
					heads[k] = conflict.Head
				}
			}
			continue
		}
		if err != nil {
			return err
		}
		heads[a] += events.Version(size)
		heads[b]++
		ack(id)
		i++
	}
	return nil
}

func shared(i int) events.StreamID { return events.StreamID("order-" + strconv.Itoa(i)) }

func stretch(stream int, after events.Version, n, total int) events.Batch {
	b := events.Batch{Stream: shared(stream), After: after}
	for range n {
		b.Events = append(b.Events, events.Event{Type: "order.noted", Schema: 1, At: time.Now(), Data: []byte(strconv.Itoa(total))})
	}
	return b
}

// retry is what asks again for a commit of work: the same ID and digest.
func retry(id uuid.UUID) events.Commit {
	return events.Commit{ID: id, Digest: sha256.Sum256(id[:]), Batches: []events.Batch{stretch(0, 0, 1, 1)}}
}

// process is a child that runs.
type process struct {
	cmd  *processes.Cmd
	out  chan []string // the lines it printed, once it has ended
	life chan struct{} // closed at its first line
}

func start(t *testing.T, task string, n int, path string) *process {
	t.Helper()
	cmd := processes.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", childEnv, task, n, path))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, out: make(chan []string, 1), life: make(chan struct{})}
	go func() {
		var lines []string
		for scan := bufio.NewScanner(pipe); scan.Scan(); {
			if lines = append(lines, scan.Text()); len(lines) == 1 {
				close(p.life)
			}
		}
		if lines == nil {
			close(p.life)
		}
		_ = cmd.Wait() // that it was killed is what the tests want
		p.out <- lines
	}()
	return p
}

// acks returns what the process acknowledged before it ended.
func (p *process) acks() (ids []uuid.UUID, err error) {
	for _, line := range <-p.out {
		text, ok := strings.CutPrefix(line, "ack ")
		if !ok {
			return nil, errors.New("the writer says: " + line)
		}
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// audit opens the file and compares it with what was acknowledged since the last audit. It
// returns the faults it finds and the number of commits that were applied and never
// acknowledged, all of which must answer a retry.
func (a *auditor) audit(ctx context.Context, acks []uuid.UUID) (faults []string, unacked int) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	s, err := Open(ctx, a.path)
	if err != nil {
		return []string{err.Error()}, 0
	}
	defer s.Close()
	stored := make(map[uuid.UUID]int)
	totals := make(map[uuid.UUID]string)
	for r, err := range s.ReadAll(ctx, a.position, events.Filter{}) {
		if err != nil {
			fault("%v", err)
			break
		}
		if r.Position <= a.position {
			fault("position %d after %d", r.Position, a.position)
		}
		a.position = r.Position
		if r.Version != a.heads[r.Stream]+1 {
			fault("stream %s: version %d after %d", r.Stream, r.Version, a.heads[r.Stream])
		}
		a.heads[r.Stream] = r.Version
		if r.Index != stored[r.Commit] || a.seen[r.Commit] {
			fault("commit %s: index %d twice or out of order", r.Commit, r.Index)
		}
		stored[r.Commit]++
		totals[r.Commit] = string(r.Data)
	}
	for id, n := range stored {
		a.seen[id] = true
		if strconv.Itoa(n) != totals[id] {
			fault("commit %s: %d events of %s", id, n, totals[id])
		}
	}
	for _, id := range acks {
		if stored[id] == 0 {
			fault("commit %s: acknowledged and lost", id)
		}
		delete(stored, id)
	}
	for id := range stored {
		known, found, err := s.Lookup(ctx, id)
		again, retried := s.Append(ctx, retry(id))
		known.Repeated = true
		if err != nil || retried != nil || !found || again != known {
			fault("commit %s: applied, looked up as %+v (%t, %v), asked again as %+v (%v)", id, known, found, err, again, retried)
		}
	}
	return faults, len(stored)
}

// auditor remembers what it has seen of one file.
type auditor struct {
	path     string
	position events.Position
	heads    map[events.StreamID]events.Version
	seen     map[uuid.UUID]bool
}

func newAuditor(path string) *auditor {
	return &auditor{path: path, heads: make(map[events.StreamID]events.Version), seen: make(map[uuid.UUID]bool)}
}

// integrity has SQLite check the whole file.
func integrity(t *testing.T, path string) {
	t.Helper()
	conn := foreign(t, path)
	defer conn.Close()
	if found, err := pragma(conn, "integrity_check"); err != nil || found != "ok" {
		t.Errorf("integrity_check of %s: %s (%v)", path, found, err)
	}
}

// TestScriptedDeaths kills a writer at the two points where it matters, and holds a writer
// that acknowledges before it commits up to the same audit, which must find it guilty.
func TestScriptedDeaths(t *testing.T) {
	for _, tt := range []struct {
		task    string
		acks    int
		unacked int
		guilty  string
	}{
		{task: "dies-before-commit", acks: 4},
		{task: "dies-after-commit", acks: 4, unacked: 1},
		{task: "acknowledges-before-commit", acks: 5, guilty: "acknowledged and lost"},
	} {
		t.Run(tt.task, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			acks, err := start(t, tt.task, 5, path).acks()
			if err != nil || len(acks) != tt.acks {
				t.Fatalf("%d acknowledgements, want %d (%v)", len(acks), tt.acks, err)
			}
			faults, unacked := newAuditor(path).audit(t.Context(), acks)
			if unacked != tt.unacked {
				t.Errorf("%d commits were applied and not acknowledged, want %d", unacked, tt.unacked)
			}
			if found := strings.Join(faults, "; "); (tt.guilty == "") != (found == "") || !strings.Contains(found, tt.guilty) {
				t.Errorf("the audit says %q, want %q", found, tt.guilty)
			}
			integrity(t, path)
		})
	}
}

// TestKillLosesNothingAcknowledged kills writing processes at random instants, two that write
// one file at a time: what was acknowledged is there, streams have no holes, commits are
// whole and there once, and those that were applied without a word answer a retry.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	kills, lanes, together := 200, 2, 2
	if os.Getenv("SURETY_LONG") == "1" {
		kills = 20_000
	}
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d; again: SURETY_SEED=%d go test -count=1 -run '^%s$' ./events/sqlite", seed, seed, t.Name())
	var group sync.WaitGroup
	for lane := range lanes {
		random := rand.New(rand.NewPCG(seed, uint64(lane)))
		path := filepath.Join(t.TempDir(), "log")
		group.Go(func() {
			a := newAuditor(path)
			acked, unacked := 0, 0
			for range kills / lanes / together {
				var acks []uuid.UUID
				var writers []*process
				for range together {
					writers = append(writers, start(t, "many", 3, path))
				}
				for _, w := range writers {
					<-w.life
				}
				for _, w := range writers {
					time.Sleep(time.Duration(random.IntN(8000)) * time.Microsecond)
					_ = w.cmd.Process.Kill() // an error says that it has ended, which acks reports
				}
				for _, w := range writers {
					ids, err := w.acks()
					if err != nil {
						t.Error(err)
						return
					}
					acks = slices.Concat(acks, ids)
				}
				faults, lost := a.audit(t.Context(), acks)
				if len(faults) > 0 {
					t.Error(strings.Join(faults, "\n"))
					return
				}
				acked += len(acks)
				unacked += lost
			}
			t.Logf("lane %d: %d commits acknowledged, %d applied and not acknowledged", lane, acked, unacked)
			if acked < kills/lanes {
				t.Errorf("%d commits are too few for %d kills", acked, kills/lanes)
			}
			integrity(t, path)
		})
	}
	group.Wait()
}

// TestTwoProcessesShareOneFile has two processes append a thousand commits each to the same
// streams of one file. A lock that the other holds never reaches a caller.
func TestTwoProcessesShareOneFile(t *testing.T) {
	const n = 1000
	path := filepath.Join(t.TempDir(), "log")
	a, b := start(t, "appends", n, path), start(t, "appends", n, path)
	var acks []uuid.UUID
	for _, p := range []*process{a, b} {
		ids, err := p.acks()
		if err != nil || len(ids) != n {
			t.Fatalf("%d commits, want %d (%v)", len(ids), n, err)
		}
		acks = append(acks, ids...)
	}
	if faults, unacked := newAuditor(path).audit(t.Context(), acks); len(faults) > 0 || unacked > 0 {
		t.Errorf("%d commits nobody was told of; %s", unacked, strings.Join(faults, "\n"))
	}
	integrity(t, path)
}
