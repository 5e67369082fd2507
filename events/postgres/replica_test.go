package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
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

// hostOf returns the host of a DSN of package pgtest.
func hostOf(dsn string) string { return strings.Fields(dsn)[0] }

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

// TestTwoStandbys reads through a DSN of two standbys, the first of which is killed in the middle. The
// second has less: the sequence ends by name and leaves no hole.
func TestTwoStandbys(t *testing.T) {
	t.Parallel()
	p, at, primary, standby := newStandby(t)
	second := primary.Standby(t, "third")
	s := p.open(t)
	for i := range 300 {
		appended(t, s, one("order-1", events.Version(i), "a"))
	}
	replayed(t, place{second.DSN(), p.schema}.openReplica(t), events.Receipt{Position: 300})
	if err := pgtest.Exec(second.DSN(), "SELECT pg_wal_replay_pause()"); err != nil {
		t.Fatal(err)
	}
	var last events.Receipt
	for i := range 600 {
		last = appended(t, s, one("order-1", events.Version(300+i), "a"))
	}
	at.dsn = hostOf(standby.DSN()) + "," + strings.TrimPrefix(hostOf(second.DSN()), "host=") + " port=5432,5432 user=postgres dbname=postgres target_session_attrs=standby"
	r := at.openReplica(t)
	replayed(t, r, last)
	var n events.Position
	var err error
	for record, failed := range r.ReadAll(t.Context(), 0, events.Filter{}) {
		if err = failed; err != nil {
			break
		}
		if record.Position != n+1 {
			t.Fatalf("position %d after %d", record.Position, n)
		}
		if n++; n == 1 {
			if err := standby.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err == nil || !errors.Is(err, ErrBehind) && !errors.Is(err, ErrLost) {
		t.Errorf("after position %d of %d: %v", n, last.Position, err)
	}
}
