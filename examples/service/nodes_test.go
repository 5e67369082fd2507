package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/order/trade"
)

// drafters are clients that draft orders, each request under its key until it is answered.
type drafters struct {
	load
	group sync.WaitGroup
	stop  atomic.Bool
	acked atomic.Int64
}

const drafterCount = 4

func draft(t *testing.T, c client) *drafters {
	d := &drafters{load: load{t: t, clients: [2]client{c, c}}}
	for range drafterCount {
		d.group.Go(func() {
			for !d.stop.Load() {
				d.once(newRequest("/orders/"+trade.NewID().String()+"/commands/draft", acme, `{"mode":"online"}`))
			}
		})
	}
	t.Cleanup(func() { d.stop.Store(true); d.group.Wait() })
	return d
}

// once sends a request until it is accepted.
func (d *drafters) once(r *request) {
	for len(r.acks) == 0 && d.t.Context().Err() == nil {
		time.Sleep(5 * time.Millisecond)
		ack, a, err := r.once(d.clients[0])
		switch {
		case err != nil:
			d.t.Error(err)
			return
		case accepted(a.status):
			r.acks = append(r.acks, ack)
		case a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "":
			d.t.Errorf("%d %v %s", a.status, a.header, a.body)
			return
		}
	}
	d.acked.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = append(d.requests, r)
}

// more waits until commands are acknowledged that were begun after the call.
func (d *drafters) more() {
	d.t.Helper()
	before := d.acked.Load()
	eventually(d.t, "commands are acknowledged", func() bool { return d.acked.Load() > before+2*drafterCount })
}

// served has what a server has of the service.
type served struct {
	records, views int64 // the last positions of the log and of its board
}

func servedBy(t *testing.T, s *pgtest.Server) (has served) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	err = conn.QueryRow(t.Context(), "SELECT (SELECT max(position) FROM surety.records), (SELECT max(position) FROM surety_views.versions)").Scan(&has.records, &has.views)
	if err != nil {
		t.Fatal(err)
	}
	return has
}

func do(t *testing.T, s *pgtest.Server, statements ...string) {
	t.Helper()
	if err := pgtest.Exec(s.DSN()+" options='-c default_transaction_read_only=off'", statements...); err != nil {
		t.Fatal(err)
	}
}

// TestThreeNodes runs the service on three servers while clients send commands, each under its key until it is
// answered. Its health says whether commands would pass: while the standbys are away, the server takes no writes,
// the primary is lost. A standby is promoted: commands go on, and nothing that was acknowledged is missing. The old
// primary that comes back, first in the DSN, is not used, for the board neither. In the end a standby is promoted
// that lacks the end: the service ends with its exit code, and starts again on what there is.
func TestThreeNodes(t *testing.T) {
	n := pgtest.ThreeNodes(t)
	dsn, old := n.DSN(), n.Primary
	p := startProcess(t, "-store", "postgres", "-dsn", dsn, "-durability", "replicated")
	c := p.client()
	c.opened()
	health := func(when string, status int, log string) {
		t.Helper()
		eventually(t, "health says how the log is "+when, func() bool {
			a := c.get("/healthz", "")
			return a.status == status && strings.Contains(a.body, `"log":"`+log)
		})
	}
	health("at the beginning", http.StatusOK, "up")
	d := draft(t, c)
	d.more()

	for _, s := range n.Standbys {
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	before := d.acked.Load()
	health("without standbys", http.StatusServiceUnavailable, "read-only")
	if now := d.acked.Load(); now > before+drafterCount { // those on their way
		t.Errorf("%d commands are acknowledged without a standby", now-before)
	}
	for _, s := range n.Standbys {
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	health("with standbys", http.StatusOK, "up")
	d.more()

	do(t, n.Primary, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
	health("on a server that takes no writes", http.StatusServiceUnavailable, "read-only")
	do(t, n.Primary, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
	health("on one that takes writes again", http.StatusOK, "up")
	d.more()

	if err := n.Primary.Kill(); err != nil {
		t.Fatal(err)
	}
	health("without a primary", http.StatusServiceUnavailable, "")
	n.Lose(t)
	health("after the promotion", http.StatusOK, "up")
	d.more()

	if err := old.Start(); err != nil { // nobody has told it
		t.Fatal(err)
	}
	has := servedBy(t, old)
	do(t, n.Primary, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	d.more()
	health("beside the old primary", http.StatusOK, "up")
	d.stop.Store(true)
	d.group.Wait()

	log, err := postgres.Open(t.Context(), n.Primary.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	d.everyCommandOnce(log, 2)
	end, err := log.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.boardsAgree(log, end)
	if now := servedBy(t, old); now != has {
		t.Errorf("the old primary had %+v and has %+v", has, now)
	}
	t.Logf("%d commands acknowledged", len(d.requests))

	n.Join(t)
	late, other := n.Standbys[0], n.Standbys[1]
	if err := late.Stop(); err != nil {
		t.Fatal(err)
	}
	late.Cut()
	if err := late.Start(); err != nil {
		t.Fatal(err)
	}
	lost := c.drafts(5)
	for _, s := range []*pgtest.Server{old, n.Primary, other} {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := late.Promote(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if code := p.cmd.ProcessState.ExitCode(); code != exitFork || !strings.Contains(p.log(), "the log is on another history: link") {
			t.Errorf("it ends with %d, %v:\n%s", code, err, p.log())
		}
	case <-time.After(time.Minute):
		t.Fatalf("it does not end:\n%s", p.log())
	}
	do(t, late, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()") // it has none
	p = startProcess(t, "-store", "postgres", "-dsn", dsn)
	c = p.client()
	health("when it is started again", http.StatusOK, "up")
	gone := slices.IndexFunc(lost, func(path string) bool { return c.get(path, acme).status != http.StatusNotFound })
	if gone >= 0 {
		t.Errorf("an order that is in no log is there")
	}
	if a := c.get(strings.TrimSuffix(d.requests[0].path, "/commands/draft"), acme); a.status != http.StatusOK {
		t.Errorf("an order of before: %d %s", a.status, a.body)
	}
	c.drafts(1)
	p.terminate()
}
