package postgres

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	processes "os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// The tests of this file run writers in processes of their own: the test binary again, with
// childEnv saying what to do and where.
const childEnv = "SURETY_POSTGRES_CHILD"

// child is a writer. It prints a line for every commit that it acknowledges.
func child(task string) error {
	what, rest, _ := strings.Cut(task, " ")
	count, rest, _ := strings.Cut(rest, " ")
	schema, dsn, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	if what == "design" {
		return design(dsn)
	}
	ack := func(id uuid.UUID) { fmt.Println("ack", id) }
	opts := []Option{WithSchema(schema)}
	commits := 0
	last := func() bool { commits++; return commits == n }
	switch what {
	case "dies-before-commit":
		opts = append(opts, withHooks(hooks{sending: func([]events.Commit) {
			if last() {
				die()
			}
		}}))
	case "acknowledges-before-commit":
		opts = append(opts, withHooks(hooks{sending: func(group []events.Commit) {
			for i := range group {
				ack(group[i].ID)
			}
			if last() {
				die()
			}
		}}))
	}
	s, err := Open(context.Background(), dsn, opts...)
	if err != nil {
		return err
	}
	defer s.Close()
	switch what {
	case "many":
		return many(n, func() error { return work(s, forever, ack) })
	case "for":
		until := time.Now().Add(time.Duration(n) * time.Second)
		return many(4, func() error { return work(s, func() bool { return time.Now().Before(until) }, ack) })
	case "dies-after-commit":
		return work(s, forever, func(id uuid.UUID) {
			if last() {
				die()
			}
			ack(id)
		})
	case "dies-before-commit":
		return work(s, forever, ack)
	default:
		return work(s, forever, func(uuid.UUID) {})
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

// many runs writers and returns the first error, or nil when all have ended.
func many(n int, f func() error) error {
	errs := make(chan error, n)
	for range n {
		go func() { errs <- f() }()
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func forever() bool { return true }

// work appends for as long as there is to be more, to two of a few streams that all writers share,
// in either order. Each event says how many events its commit has.
func work(s *Store, more func() bool, ack func(uuid.UUID)) error {
	const streams = 5
	var heads [streams]events.Version
	for more() {
		a, size := rand.IntN(streams), 1+rand.IntN(3)
		b := (a + 1 + rand.IntN(streams-1)) % streams
		c := retry(uuid.Must(uuid.NewV7()))
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
		ack(c.ID)
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

func (p place) start(t *testing.T, task string, n int) *process {
	t.Helper()
	cmd := processes.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s %s", childEnv, task, n, p.schema, p.dsn))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child := &process{cmd: cmd, out: make(chan []string, 1), life: make(chan struct{})}
	go func() {
		var lines []string
		for scan := bufio.NewScanner(pipe); scan.Scan(); {
			if lines = append(lines, scan.Text()); len(lines) == 1 {
				close(child.life)
			}
		}
		if lines == nil {
			close(child.life)
		}
		_ = cmd.Wait() // that it was killed is what the tests want
		child.out <- lines
	}()
	return child
}

// acks returns what the process acknowledged before it ended, and what it said beside that.
func (p *process) acks() (ids []uuid.UUID, said string) {
	for _, line := range <-p.out {
		text, ok := strings.CutPrefix(line, "ack ")
		id, err := uuid.Parse(text)
		if !ok || err != nil {
			said += line + "\n"
			continue
		}
		ids = append(ids, id)
	}
	return ids, said
}

// quiet waits until the server has ended what dead clients have left there: what they sent may
// still be committed.
func (p place) quiet(t *testing.T, s *Store) {
	t.Helper()
	eventually(t, "the server is done with the dead", func() bool {
		var n int
		err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", "child "+p.schema).Scan(&n)
		return err == nil && n == 0
	})
}

// named gives the connections of the children a name, by which quiet knows them.
func (p place) named() place {
	p.dsn += " application_name='child " + p.schema + "'"
	return p
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
			p := newPlace(t)
			s := p.open(t)
			acks, said := p.named().start(t, tt.task, 5).acks()
			if said != "" || len(acks) != tt.acks {
				t.Fatalf("%d acknowledgements, want %d: %s", len(acks), tt.acks, said)
			}
			p.quiet(t, s)
			faults, unacked := newAuditor(s).audit(t.Context(), acks)
			if unacked != tt.unacked {
				t.Errorf("%d commits were applied and not acknowledged, want %d", unacked, tt.unacked)
			}
			if found := strings.Join(faults, "; "); (tt.guilty == "") != (found == "") || !strings.Contains(found, tt.guilty) {
				t.Errorf("the audit says %q, want %q", found, tt.guilty)
			}
		})
	}
}

// TestKilledClients kills writing processes at random instants, two that write one log at a
// time: what was acknowledged is there, streams have no holes, commits are whole and there
// once, and those that were applied without a word answer a retry.
func TestKilledClients(t *testing.T) {
	t.Parallel()
	const together = 2
	kills := times(100, 5_000)
	random := chance(t)
	p := newPlace(t)
	s := p.open(t)
	a := newAuditor(s)
	acked, unacked := 0, 0
	for range kills / together {
		var writers []*process
		for range together {
			writers = append(writers, p.named().start(t, "many", 3))
		}
		var acks []uuid.UUID
		for _, w := range writers {
			<-w.life
		}
		for _, w := range writers {
			time.Sleep(time.Duration(random.IntN(8000)) * time.Microsecond)
			_ = w.cmd.Process.Kill() // an error says that it has ended, which acks reports
		}
		for _, w := range writers {
			ids, said := w.acks()
			if said != "" {
				t.Fatal(said)
			}
			acks = append(acks, ids...)
		}
		p.quiet(t, s)
		faults, lost := a.audit(t.Context(), acks)
		if len(faults) > 0 {
			t.Fatal(strings.Join(faults, "\n"))
		}
		acked += len(acks)
		unacked += lost
	}
	t.Logf("%d kills: %d commits acknowledged, %d applied and not acknowledged", kills, acked, unacked)
	if acked < kills {
		t.Errorf("%d commits are too few for %d kills", acked, kills)
	}
}

// TestKilledServer kills the server, all its processes at once, under writers who are told
// nothing of it: the store finds out what became of their commits when the server is back.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	const writers = 4
	random := chance(t)
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"})
	s := p.open(t, func(c *config) { c.settling = time.Minute })
	a := newAuditor(s)
	total := 0
	for range times(10, 500) {
		var acks []uuid.UUID
		var mu sync.Mutex
		count := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(acks)
		}
		var stop atomic.Bool
		ended := make(chan error, 1)
		go func() {
			ended <- many(writers, func() error {
				return work(s, func() bool { return !stop.Load() }, func(id uuid.UUID) {
					mu.Lock()
					defer mu.Unlock()
					acks = append(acks, id)
				})
			})
		}()
		eventually(t, "commits are acknowledged", func() bool { return count() >= writers })
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		before := count()
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "commits are acknowledged again", func() bool { return count() > before+writers })
		stop.Store(true)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		eventually(t, "reads work again", func() bool { _, err := s.Settled(t.Context()); return err == nil })
		faults, unacked := a.audit(t.Context(), acks)
		if len(faults) > 0 || unacked > 0 {
			t.Fatalf("%d commits nobody was told of; %s", unacked, strings.Join(faults, "\n"))
		}
		total += len(acks)
	}
	t.Logf("%d commits acknowledged", total)
}

// TestFourProcesses has four processes of four writers each append commits over two of five
// streams that all share, in any order: no deadlock, nothing lost, nothing inverted.
func TestFourProcesses(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.open(t)
	before := deadlocks(t, s)
	var writers []*process
	for range 4 {
		writers = append(writers, p.start(t, "for", times(5, 20)))
	}
	f := follow(s)
	over := make(chan struct{})
	followed := make(chan error, 1)
	go func() {
		for {
			select {
			case <-over:
				followed <- f.pass(t.Context())
				return
			case <-time.After(time.Millisecond):
				if err := f.pass(t.Context()); err != nil {
					followed <- err
					return
				}
			}
		}
	}()
	var acks []uuid.UUID
	for _, w := range writers {
		ids, said := w.acks()
		if said != "" || len(ids) == 0 {
			t.Errorf("%d commits: %s", len(ids), said)
		}
		acks = append(acks, ids...)
	}
	close(over)
	if err := <-followed; err != nil || len(f.faults) > 0 {
		t.Errorf("the reader who followed: %v %q", err, f.faults)
	}
	a := newAuditor(s)
	if faults, unacked := a.audit(t.Context(), acks); len(faults) > 0 || unacked > 0 {
		t.Errorf("%d commits nobody was told of; %s", unacked, strings.Join(faults, "\n"))
	}
	if f.at != a.position {
		t.Errorf("the reader who followed ended at %d, the log at %d", f.at, a.position)
	}
	if after := deadlocks(t, s); after != before {
		t.Errorf("%d deadlocks", after-before)
	}
	t.Logf("%d commits", len(acks))
}

// deadlocks returns how many the database has had.
func deadlocks(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
