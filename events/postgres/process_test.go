package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/events/storetest"
)

// child is a writer of the tests of this file, in a process of its own.
func child(task, schema, dsn string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if task == "design" {
		return design(ctx, dsn)
	}
	if turns, ok := strings.CutPrefix(task, "rolls-back "); ok {
		n, err := strconv.Atoi(turns)
		if err != nil {
			return err
		}
		return rollsBack(ctx, place{dsn, schema}, n)
	}
	say, commits := storetest.Print, 0
	fifth := func() bool { commits++; return commits == 5 }
	opts := []Option{WithSchema(schema)}
	switch task {
	case "dies-before-commit":
		opts = append(opts, withHooks(hooks{sending: func([]events.Commit) {
			if fifth() {
				storetest.Die()
			}
		}}))
	case "dies-after-commit":
		say = func(w storetest.Word, id uuid.UUID) {
			if w == storetest.Acknowledged && fifth() {
				storetest.Die()
			}
			storetest.Print(w, id)
		}
	case "acknowledges-before-commit":
		say = func(w storetest.Word, id uuid.UUID) {
			if w == storetest.Asked {
				storetest.Print(w, id)
			}
		}
		opts = append(opts, withHooks(hooks{sending: func(group []events.Commit) {
			for i := range group {
				storetest.Print(storetest.Acknowledged, group[i].ID)
			}
			if fifth() {
				storetest.Die()
			}
		}}))
	}
	s, err := Open(ctx, dsn, append(opts, unforced(task)...)...)
	if err != nil {
		return err
	}
	defer s.Close()
	if task == "victim" || task == "unforced" {
		return storetest.Victim(s)
	}
	if d, err := time.ParseDuration(task); err == nil {
		time.AfterFunc(d, stop)
		return many(4, func() error { return storetest.Write(ctx, s, say) })
	}
	return storetest.Write(ctx, s, say)
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

// start starts a child for a task on the log.
func (p place) start(t testing.TB, task string) *storetest.Process {
	t.Helper()
	return storetest.Start(t, task, p.schema, p.dsn)
}

// quiet waits until the server has ended what dead clients have left there: what they sent may
// still be committed.
func (p place) quiet(t testing.TB, s *Store) {
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

// lent is a store that Close leaves open.
type lent struct{ *Store }

func (lent) Close() error { return nil }

// TestScriptedDeaths kills a writer inside the transaction, at the two points where it matters,
// and has the same audit find a writer that acknowledges before it commits.
func TestScriptedDeaths(t *testing.T) {
	for _, tt := range []struct {
		task  string
		want  storetest.Tally
		fault string
	}{
		{task: "dies-before-commit", want: storetest.Tally{Acknowledged: 4, Missing: 1}},
		{task: "dies-after-commit", want: storetest.Tally{Acknowledged: 4, Applied: 1}},
		{"acknowledges-before-commit", storetest.Tally{Acknowledged: 4}, "acknowledged and lost"},
	} {
		t.Run(tt.task, func(t *testing.T) {
			p := newPlace(t)
			s, a := p.open(t), storetest.NewAuditor()
			if _, err := a.Listen(p.named().start(t, tt.task)); err != nil {
				t.Fatal(err)
			}
			p.quiet(t, s)
			tally, err := a.Audit(t.Context(), s)
			if tally != tt.want {
				t.Errorf("the audit counts %+v, want %+v", tally, tt.want)
			}
			if (err != nil) != (tt.fault != "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("the audit returns %v, want %q", err, tt.fault)
			}
		})
	}
}

// TestKilledClients kills writing processes at random instants, two that write one log at a
// time. A store that is open all the while finds what they leave.
func TestKilledClients(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.open(t)
	storetest.Kill(t, storetest.KillConfig{
		Args:  []string{"victim", p.schema, p.named().dsn},
		Kills: times(100, 5_000),
		Open: func(t testing.TB) events.Store {
			p.quiet(t, s)
			return lent{s}
		},
	})
}

// TestKilledServer kills the server, all its processes at once, under writers that do not notice:
// the store learns the outcome of their commits when the server is back.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	const writers = 4
	random := chance(t)
	server := pgtest.Start(t)
	p := migrated(t, place{server.DSN(), "log"})
	s := p.open(t, func(c *config) { c.settling = time.Minute })
	a := storetest.NewAuditor()
	total := 0
	for range times(10, 500) {
		var acks atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- many(writers, func() error {
				return storetest.Write(ctx, s, func(w storetest.Word, id uuid.UUID) {
					if a.Hear(w, id); w == storetest.Acknowledged {
						acks.Add(1)
					}
				})
			})
		}()
		eventually(t, "commits are acknowledged", func() bool { return acks.Load() >= writers })
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		before := acks.Load()
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "commits are acknowledged again", func() bool { return acks.Load() > before+writers })
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		eventually(t, "reads work again", func() bool { _, err := s.Settled(t.Context()); return err == nil })
		tally, err := a.Audit(t.Context(), s)
		if err != nil || tally != (storetest.Tally{Acknowledged: int(acks.Load())}) {
			t.Fatalf("of %d commits the audit counts %+v; %v", acks.Load(), tally, err)
		}
		total += tally.Acknowledged
	}
	t.Logf("%d commits acknowledged", total)
}

// TestPowerCut cuts the power of the disk under a server with a writer.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	cuts := times(5, 500)
	if testing.Short() {
		cuts = 2
	}
	writer := func(task string, settings ...string) storetest.PowerCutConfig {
		var p place
		var server *pgtest.Server
		return storetest.PowerCutConfig{
			Args: func(string) []string { return []string{task, p.schema, p.dsn} },
			Start: func(t testing.TB, dir string) func() {
				if server == nil {
					server = pgtest.StartIn(t, dir, settings...)
					p = migrated(t, place{server.DSN(), "log"})
				} else if err := server.Start(); err != nil {
					t.Fatal(err)
				}
				return func() {
					if err := server.Kill(); err != nil {
						t.Error(err)
					}
				}
			},
			Open: func(t testing.TB, _ string) events.Store { return p.open(t, unforced(task)...) },
			Size: 512,
			Cuts: cuts,
		}
	}
	storetest.PowerCut(t, writer("victim"), writer("unforced", "fsync=off"))
}

// TestFullDisk fills the disk of the tables of a log, which goes on once there is space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	storetest.FullDisk(t, storetest.FullDiskConfig{
		Full: ErrFull,
		Size: 64,
		Open: func(t testing.TB, dir string) events.Store {
			server := pgtest.Start(t)
			tables, err := server.Directory(dir)
			if err == nil {
				err = pgtest.Exec(server.DSN(), "CREATE TABLESPACE small LOCATION '"+tables+"'")
			}
			if err != nil {
				t.Fatal(err)
			}
			p := place{server.DSN() + " options='-c default_tablespace=small'", "log"}
			return migrated(t, p).open(t)
		},
	})
}

// unforced returns the options of a task.
func unforced(task string) []Option {
	if task == "unforced" {
		return []Option{WithDurability(events.DurabilityProcess)}
	}
	return nil
}

// TestFourProcesses has four processes of four writers each append commits over two of five
// streams that all share, in any order: no deadlock, nothing lost, nothing inverted.
func TestFourProcesses(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	s := p.open(t)
	before := deadlocks(t, s)
	var writers []*storetest.Process
	for range 4 {
		writers = append(writers, p.start(t, fmt.Sprint(times(5, 20), "s")))
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
	a, commits := storetest.NewAuditor(), 0
	for _, w := range writers {
		n, err := a.Listen(w)
		if err != nil || n == 0 {
			t.Errorf("%d commits: %v", n, err)
		}
		commits += n
	}
	close(over)
	if err := <-followed; err != nil || len(f.faults) > 0 {
		t.Errorf("the reader who followed: %v %q", err, f.faults)
	}
	settled, err := s.Settled(t.Context())
	if err != nil || f.at != settled {
		t.Errorf("the reader who followed ended at %d, the log at %d (%v)", f.at, settled, err)
	}
	if tally, err := a.Audit(t.Context(), s); err != nil || tally != (storetest.Tally{Acknowledged: commits}) {
		t.Errorf("of %d commits the audit counts %+v; %v", commits, tally, err)
	}
	if _, err := events.Verify(t.Context(), s, nil); err != nil {
		t.Errorf("the links of all processes: %v", err)
	}
	if after := deadlocks(t, s); after != before {
		t.Errorf("%d deadlocks", after-before)
	}
	t.Logf("%d commits", commits)
}

// deadlocks returns the number of deadlocks in the database.
func deadlocks(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
