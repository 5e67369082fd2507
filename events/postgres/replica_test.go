package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/memory"
)

// openReplica opens a replica that is closed when the test ends.
func (p place) openReplica(t testing.TB) *Replica {
	t.Helper()
	r, err := OpenReplica(t.Context(), p.dsn, WithSchema(p.schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil && !errors.Is(err, events.ErrClosed) {
			t.Error(err)
		}
	})
	return r
}

// newStandby makes a log on a primary with an asynchronous standby.
func newStandby(t *testing.T) (p, at place, primary, standby *pgtest.Server) {
	t.Helper()
	primary = pgtest.Start(t)
	p = migrated(t, place{primary.DSN(), "log"})
	standby = primary.Standby(t, "second")
	return p, place{standby.DSN(), p.schema}, primary, standby
}

// replayed waits until a replica has replayed what a Receipt says.
func replayed(t testing.TB, r *Replica, receipt events.Receipt) {
	t.Helper()
	eventually(t, "the standby has replayed it", func() bool {
		lag, err := r.Lag(t.Context(), receipt.Position)
		if err != nil {
			t.Fatal(err)
		}
		return lag.Positions == 0
	})
}

// all returns the records of a sequence.
func all(t testing.TB, seq func(func(events.Record, error) bool)) (records []events.Record) {
	t.Helper()
	for r, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func sameRecord(a, b events.Record) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// TestReplica reads from a standby what the primary has, is refused what only the primary can do, and is
// told how far behind the standby is, until it is promoted.
func TestReplica(t *testing.T) {
	t.Parallel()
	p, at, primary, standby := newStandby(t)
	s := p.open(t)
	at.dsn = strings.Replace(at.dsn, "user=postgres", "user=reader", 1)
	p.run(t, "CREATE ROLE reader LOGIN", "GRANT USAGE ON SCHEMA {schema} TO reader", "GRANT SELECT ON {schema}.surety_migrations, {schema}.records, {schema}.snapshots TO reader")
	snapshot := events.Snapshot{Stream: "order-1", Version: 2, Fold: "f", Data: []byte("state")}
	first := one("order-1", 0, "a", "b")
	appended(t, s, first)
	if err := s.SaveSnapshot(t.Context(), snapshot); err != nil {
		t.Fatal(err)
	}
	for i := range 600 { // more than a page
		appended(t, s, one("order-2", events.Version(i), "a"))
	}
	last := appended(t, s, one("line-1", 0, "c"))

	if _, err := OpenReplica(t.Context(), p.dsn, WithSchema(p.schema)); !isSetting(err) || !strings.Contains(err.Error(), "no standby") {
		t.Errorf("a primary is opened: %v", err)
	}
	var r *Replica
	eventually(t, "the standby has the role and the schema", func() bool {
		var err error
		r, err = OpenReplica(t.Context(), at.dsn, WithSchema(p.schema))
		return err == nil
	})
	defer r.Close()
	replayed(t, r, last)

	t.Run("lacks a privilege", func(t *testing.T) {
		super := place{standby.DSN(), p.schema}.openReplica(t)
		for i, privilege := range []string{"USAGE on the schema", "SELECT on surety_migrations", "SELECT on records", "SELECT on snapshots"} {
			to := strings.NewReplacer("on the schema", "ON SCHEMA {schema}", "on ", "ON {schema}.").Replace(privilege)
			p.run(t, "REVOKE "+to+" FROM reader")
			last = appended(t, s, one("order-3", events.Version(i), "a"))
			replayed(t, super, last)
			_, err := OpenReplica(t.Context(), at.dsn, WithSchema(p.schema))
			if lacks, ok := errors.AsType[*PrivilegeError](err); !ok || lacks.Role != "reader" || lacks.Privilege != privilege {
				t.Errorf("without %s: %v", privilege, err)
			}
			p.run(t, "GRANT "+to+" TO reader")
		}
		last = appended(t, s, one("order-3", 4, "a"))
		replayed(t, r, last)
	})
	t.Run("reads", func(t *testing.T) {
		for _, f := range []events.Filter{{}, {Types: []string{"b", "c"}}, {Categories: []string{"line"}}} {
			want := all(t, s.ReadAll(t.Context(), 1, f))
			if have := all(t, r.ReadAll(t.Context(), 1, f)); !slices.EqualFunc(have, want, sameRecord) {
				t.Errorf("%+v: %d records, the primary has %d", f, len(have), len(want))
			}
			var c events.Cursor
			if have := all(t, r.ReadFrom(t.Context(), &c, f)); !slices.EqualFunc(have, all(t, s.ReadAll(t.Context(), 0, f)), sameRecord) {
				t.Errorf("%+v from a cursor: %d records", f, len(have))
			}
		}
		if have := all(t, r.ReadAll(t.Context(), last.Position+5, events.Filter{})); len(have) != 0 {
			t.Errorf("%d records beyond the end", len(have))
		}
		if have := all(t, r.Read(t.Context(), "order-2", 10)); !slices.EqualFunc(have, all(t, s.Read(t.Context(), "order-2", 10)), sameRecord) {
			t.Errorf("%d records of a stream", len(have))
		}
		mark, err := r.Mark(t.Context(), 100)
		if want, _ := s.Mark(t.Context(), 100); err != nil || mark != want || r.Holds(t.Context(), mark) != nil {
			t.Errorf("link %v (%v), the primary has %v", mark, err, want)
		}
		links := 0
		for _, err := range r.Links(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			links++
		}
		if links != 608 {
			t.Errorf("%d links", links)
		}
		if settled, err := r.Settled(t.Context()); settled != last.Position || err != nil {
			t.Errorf("settled %d, %v", settled, err)
		}
		if have, found, err := r.LatestSnapshot(t.Context(), "order-1", "f"); !found || err != nil || string(have.Data) != "state" {
			t.Errorf("snapshot %+v, %t, %v", have, found, err)
		}
		if report, err := events.Verify(t.Context(), r, nil); err != nil || report.Records != 608 {
			t.Errorf("%+v, %v", report, err)
		}
		if r.Durability() != events.DurabilityNone {
			t.Error(r.Durability())
		}
		if _, ok := any(r).(events.Signaler); ok {
			t.Error("it says that it hears of commits")
		}
	})
	t.Run("is asked for an ID", func(t *testing.T) {
		if receipt, found, err := r.Lookup(t.Context(), first.ID); !found || err != nil || receipt.Position != 2 {
			t.Errorf("%+v, %t, %v", receipt, found, err)
		}
		if _, found, err := r.Lookup(t.Context(), uuid.New()); found || !errors.Is(err, events.ErrUnknownOutcome) {
			t.Errorf("an ID that it does not have: %t, %v", found, err)
		}
		if _, found, err := r.Lookup(t.Context(), uuid.Nil); found || err != nil {
			t.Errorf("no ID: %t, %v", found, err)
		}
	})
	t.Run("writes nothing", func(t *testing.T) {
		guard := one("order-1", 2)
		_, appending := r.Append(t.Context(), one("order-1", 2, "c"))
		_, guarding := r.Append(t.Context(), guard)
		group := r.AppendEach(t.Context(), []events.Commit{one("order-1", 2, "c"), {}})
		for what, err := range map[string]error{
			"Append": appending, "a guard": guarding, "AppendEach": group[0].Err, "SaveSnapshot": r.SaveSnapshot(t.Context(), snapshot),
		} {
			if !errors.Is(err, events.ErrReadOnly) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, ok := errors.AsType[*events.BoundsError](group[1].Err); !ok {
			t.Errorf("an empty commit: %v", group[1].Err)
		}
	})
	t.Run("is behind", func(t *testing.T) {
		run := func(statement string) {
			t.Helper()
			if err := pgtest.Exec(standby.DSN(), statement); err != nil {
				t.Fatal(err)
			}
		}
		run("SELECT pg_wal_replay_pause()")
		paused := place{standby.DSN(), p.schema}.connect(t)
		eventually(t, "replay is paused", func() bool {
			state := ""
			return paused.QueryRow(t.Context(), "SELECT pg_get_wal_replay_pause_state()").Scan(&state) == nil && state == "paused"
		})
		ahead := appended(t, s, one("line-1", 1, "c", "d"))
		mark, err := s.Mark(t.Context(), ahead.Position)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the standby says how far it is behind", func() bool {
			lag, err := r.Lag(t.Context(), ahead.Position)
			return err == nil && lag.Settled == last.Position && lag.Positions == 2 && lag.Time > 0 && lag.Receiving && !lag.Promoted
		})
		c := events.Cursor{Position: ahead.Position, Mark: mark}
		for what, err := range map[string]error{"Holds": r.Holds(t.Context(), mark), "ReadFrom": firstError(r.ReadFrom(t.Context(), &c, events.Filter{}))} {
			if !errors.Is(err, ErrBehind) {
				t.Errorf("%s what it has not replayed: %v", what, err)
			}
		}
		run("SELECT pg_wal_replay_resume()")
		replayed(t, r, ahead)
		eventually(t, "nothing is behind", func() bool {
			lag, err := r.Lag(t.Context(), 0)
			return err == nil && lag.Time == 0 && lag.Receiving
		})
		if err := r.Holds(t.Context(), mark); err != nil {
			t.Error(err)
		}
	})
	t.Run("loses its primary", func(t *testing.T) {
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it says that nothing is received", func() bool {
			lag, err := r.Lag(t.Context(), 0)
			return err == nil && !lag.Receiving && lag.Time > 0
		})
		if err := standby.Promote(); err != nil {
			t.Fatal(err)
		}
		promoted := place{standby.DSN(), p.schema}.open(t)
		receipt := appended(t, promoted, one("line-1", 3, "e"))
		if lag, err := r.Lag(t.Context(), receipt.Position); err != nil || !lag.Promoted || lag.Positions != 0 || lag.Time != 0 {
			t.Errorf("%+v, %v", lag, err)
		}
		if have := all(t, r.ReadAll(t.Context(), receipt.Position-1, events.Filter{})); len(have) != 1 {
			t.Errorf("%d records of the promoted server", len(have))
		}
	})
	if err := cmp.Or(r.Close(), r.readOnly(t.Context())); !errors.Is(err, events.ErrClosed) {
		t.Errorf("a closed one: %v", err)
	}
}

// TestRecoveryConflicts has replayed locks of the primary cancel what a replica reads: each page is asked
// for again, and no record is missing.
func TestRecoveryConflicts(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, "max_standby_streaming_delay=0", "deadlock_timeout=1ms")
	p := migrated(t, place{primary.DSN(), "log"})
	standby := primary.Standby(t, "second")
	r := place{standby.DSN(), p.schema}.openReplica(t)
	s := p.open(t)
	var group []events.Commit
	for i := range 4_000 {
		group = append(group, one(events.StreamID(fmt.Sprint("order-", i)), 0, "a"))
	}
	var last events.Receipt
	for _, out := range s.AppendEach(t.Context(), group) {
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		last = out.Receipt
	}
	replayed(t, r, last)
	ctx, stop := context.WithCancel(t.Context())
	locked := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := pgtest.Exec(p.dsn, "BEGIN", "LOCK TABLE log.records IN ACCESS EXCLUSIVE MODE", "COMMIT"); err != nil {
				locked <- err
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		locked <- nil
	}()
	watcher := place{standby.DSN(), p.schema}.connect(t)
	conflicts := 0
	for deadline := time.Now().Add(20 * time.Second); conflicts < 3 && time.Now().Before(deadline); {
		if n := len(all(t, r.ReadAll(t.Context(), 0, events.Filter{}))); n != len(group) {
			t.Fatalf("%d records, want %d", n, len(group))
		}
		if err := watcher.QueryRow(t.Context(), "SELECT coalesce(sum(confl_lock), 0)::int FROM pg_stat_database_conflicts").Scan(&conflicts); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-locked; err != nil {
		t.Fatal(err)
	}
	if conflicts == 0 {
		t.Error("recovery was never in the way: this test proves nothing")
	}
}

// TestReplicaOfAnotherHistory puts a server that has not what was read in the place of a standby, as
// pg_rewind does: the replica is dead before it yields anything of it. One that is only behind kills nothing.
func TestReplicaOfAnotherHistory(t *testing.T) {
	t.Parallel()
	p, at, primary, standby := newStandby(t)
	s := p.open(t)
	appended(t, s, one("order-1", 0, "a"))
	other := primary.Copy(t)
	behind := primary.Standby(t, "third")
	if err := behind.Stop(); err != nil {
		t.Fatal(err)
	}
	r := at.openReplica(t)
	lost := appended(t, s, one("order-1", 1, "lost"))
	replayed(t, r, lost)
	if n := len(all(t, r.Read(t.Context(), "order-1", 0))); n != 2 {
		t.Fatalf("%d records", n)
	}
	standby.Cut()
	if err := standby.Become(behind); err != nil {
		t.Fatal(err)
	}
	if err := untilConnected(t, func() error { return firstError(r.Read(t.Context(), "order-1", 0)) }); !errors.Is(err, ErrBehind) || isFork(err) {
		t.Errorf("of a standby that is behind: %v", err)
	}
	branch := place{other.DSN(), p.schema}.open(t, patient)
	appended(t, branch, one("order-1", 1, "other", "other"))
	if err := branch.Close(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Become(other); err != nil {
		t.Fatal(err)
	}
	wantFork(t, "a read", untilConnected(t, func() error { return firstError(r.Read(t.Context(), "order-1", 0)) }))
	wantFork(t, "what follows it", firstError(r.ReadAll(t.Context(), 0, events.Filter{})))
	_, _, err := r.LatestSnapshot(t.Context(), "order-1", "f")
	wantFork(t, "a snapshot", err)
}

// twoStandbys is a replica whose connections are to either of two standbys, as a DSN with both may have
// them.
type twoStandbys struct {
	*Replica
	t    *testing.T
	host atomic.Pointer[pgtest.Server] // of new connections
	idle map[*pgtest.Server]*pgxpool.Conn
	at   *pgtest.Server
}

func newTwoStandbys(t *testing.T, schema string, first, second *pgtest.Server) *twoStandbys {
	t.Helper()
	s := &twoStandbys{t: t, idle: make(map[*pgtest.Server]*pgxpool.Conn), at: first}
	s.host.Store(first)
	config, err := pgxpool.ParseConfig(first.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 2
	config.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		cc.Host = s.host.Load().Host()
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		delete(s.idle, s.at) // it was released
		for _, conn := range s.idle {
			conn.Release()
		}
		pool.Close()
	})
	c, err := newConfig([]Option{WithSchema(schema)})
	if err != nil {
		t.Fatal(err)
	}
	c.replica = true
	s.Replica = &Replica{newSource(c, pool, false)}
	for _, server := range []*pgtest.Server{first, second} {
		s.use(server)
		if _, err := s.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// use has the calls that follow use the connection to that standby, which is made once.
func (s *twoStandbys) use(server *pgtest.Server) {
	s.t.Helper()
	if s.at == server {
		return
	}
	held, err := s.pool.Acquire(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.idle[s.at] = held
	if conn := s.idle[server]; conn != nil {
		conn.Release()
	}
	s.at = server
	s.host.Store(server)
}

// losing is a log that goes over to another standby once it has said where it ends.
type losing struct {
	*twoStandbys
	to *pgtest.Server
}

func (l losing) Settled(ctx context.Context) (events.Position, error) {
	p, err := l.Replica.Settled(ctx)
	l.use(l.to)
	return p, err
}

// TestTwoStandbys reads through connections to two standbys, one of which is behind the other and then on
// another history: what was read before stays, every sequence ends by name, and no view skips anything.
func TestTwoStandbys(t *testing.T) {
	t.Parallel()
	p, _, primary, ahead := newStandby(t)
	behind := primary.Standby(t, "third")
	s := p.open(t)
	head := events.Version(0)
	grow := func(n int, typ string) (last events.Receipt) {
		t.Helper()
		group := make([]events.Commit, n)
		for i := range group {
			group[i] = one("order-1", head, typ)
			head++
		}
		for _, out := range s.AppendEach(t.Context(), group) {
			if out.Err != nil {
				t.Fatal(out.Err)
			}
			last = out.Receipt
		}
		return last
	}
	wait := func(standby *pgtest.Server, last events.Receipt) {
		t.Helper()
		replayed(t, place{standby.DSN(), p.schema}.openReplica(t), last)
	}
	last := grow(300, "a")
	wait(ahead, last)
	wait(behind, last)
	r := newTwoStandbys(t, p.schema, ahead, behind)
	r.use(ahead)
	conn := place{behind.DSN(), p.schema}.connect(t)
	if _, err := conn.Exec(t.Context(), "SELECT pg_wal_replay_pause()"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "replay is paused", func() bool {
		state := ""
		return conn.QueryRow(t.Context(), "SELECT pg_get_wal_replay_pause_state()").Scan(&state) == nil && state == "paused"
	})
	last = grow(600, "a")
	wait(ahead, last)
	calls := map[string]func() error{
		"Settled":    func() error { _, err := r.Settled(t.Context()); return err },
		"Read":       func() error { return firstError(r.Read(t.Context(), "order-1", 0)) },
		"ReadAll":    func() error { return firstError(r.ReadAll(t.Context(), 0, events.Filter{})) },
		"ReadAll on": func() error { return firstError(r.ReadAll(t.Context(), 500, events.Filter{})) },
		"ReadFrom":   func() error { return firstError(r.ReadFrom(t.Context(), new(events.Cursor), events.Filter{})) },
		"Links": func() error {
			for _, err := range r.Links(t.Context(), 0) {
				return err
			}
			return nil
		},
		"Mark":           func() error { _, err := r.Mark(t.Context(), 10); return err },
		"Lookup":         func() error { _, _, err := r.Lookup(t.Context(), uuid.New()); return err },
		"LatestSnapshot": func() error { _, _, err := r.LatestSnapshot(t.Context(), "order-1", "f"); return err },
	}
	if settled, err := r.Settled(t.Context()); settled != last.Position || err != nil {
		t.Fatalf("%d, %v", settled, err)
	}
	r.use(behind)
	for what, call := range calls {
		if err := call(); !errors.Is(err, ErrBehind) {
			t.Errorf("%s on a standby that is behind: %v", what, err)
		}
	}
	if lag, err := r.Lag(t.Context(), last.Position); lag.Settled != 300 || lag.Positions != 600 || err != nil {
		t.Errorf("%+v, %v", lag, err)
	}
	for what, seq := range map[string]iter.Seq2[events.Record, error]{
		"ReadAll": r.ReadAll(t.Context(), 0, events.Filter{}), "ReadFrom": r.ReadFrom(t.Context(), new(events.Cursor), events.Filter{}),
	} {
		r.use(ahead)
		n := events.Position(0)
		var err error
		for record, failed := range seq {
			if err = failed; err != nil {
				break
			}
			if n++; record.Position != n {
				t.Fatalf("%s: position %d after %d", what, record.Position, n-1)
			}
			r.use(behind)
		}
		if n == last.Position || !errors.Is(err, ErrBehind) {
			t.Errorf("%s ends after %d records of %d: %v", what, n, last.Position, err)
		}
	}

	r.use(ahead)
	folded := 0
	worker, err := projection.New(losing{r, behind}, memory.New(), &projection.View{
		Name: "traffic", Version: 1,
		Tables: []*projection.Table{{Name: "t", Key: 1, Columns: []projection.Column{{Name: "k", Kind: projection.KindText}, {Name: "n", Kind: projection.KindInt}}}},
		New: func(events.Store) projection.Folder {
			return projection.Func(func(*projection.Rows, *events.Record) error { folded++; return nil })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if at, err := worker.CatchUp(t.Context()); !errors.Is(err, ErrBehind) {
		t.Errorf("a worker whose standby is gone: %v, checkpoint %d", err, at.Checkpoint.Position)
	}
	if _, err := conn.Exec(t.Context(), "SELECT pg_wal_replay_resume()"); err != nil {
		t.Fatal(err)
	}
	wait(behind, last)
	if at, err := worker.CatchUp(t.Context()); err != nil || folded != int(last.Position) || at.Checkpoint.Position != last.Position {
		t.Errorf("a worker on the other standby: %d folded of %d, checkpoint %d, %v", folded, last.Position, at.Checkpoint.Position, err)
	}

	// The second receives nothing more, is promoted, and has another history.
	r.use(ahead)
	r.idle[behind].Conn().Close(t.Context())
	if err := behind.Stop(); err != nil {
		t.Fatal(err)
	}
	behind.Cut()
	if err := behind.Start(); err != nil {
		t.Fatal(err)
	}
	r.use(behind)
	if _, err := r.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.use(ahead)
	wait(ahead, grow(3, "lost"))
	if n := len(all(t, r.Read(t.Context(), "order-1", 900))); n != 3 {
		t.Fatalf("%d records", n)
	}
	if err := behind.Promote(); err != nil {
		t.Fatal(err)
	}
	appended(t, place{behind.DSN(), p.schema}.open(t), one("order-1", 900, "other", "other", "other", "other"))
	r.use(behind)
	wantFork(t, "a read on a connection from before", firstError(r.Read(t.Context(), "order-1", 900)))
}
