package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// acme's and bruno's actors, as demo.json has them.
var (
	acmeActor  = trade.Actor{Role: trade.Seller, Account: "s-acme"}
	brunoActor = trade.Actor{Role: trade.Buyer, Account: "b-bruno"}
)

// request is a command that a client repeats until it knows the outcome.
type request struct {
	path, token, body, key string
	acks                   []done
}

func newRequest(path, token, body string) *request {
	return &request{path: path, token: token, body: body, key: trade.NewID().String()}
}

func (r *request) id() uuid.UUID {
	if r.token == bruno {
		return commandID(brunoActor, r.key)
	}
	return commandID(acmeActor, r.key)
}

// once sends the request once, and records the answer if it has the outcome of the command.
func (r *request) once(c client) (done, answer, error) {
	a, err := c.try(http.MethodPost, r.path, r.token, r.body, "Idempotency-Key", r.key)
	if err != nil || !accepted(a.status) {
		return done{}, a, err
	}
	var d done
	return d, a, json.Unmarshal([]byte(a.body), &d)
}

// commitsOf verifies a log and returns the last position of each commit.
func commitsOf(t testing.TB, log events.Store) map[uuid.UUID]events.Position {
	t.Helper()
	commits := make(map[uuid.UUID]events.Position)
	_, err := events.Verify(context.Background(), log, func(r events.Record) error {
		commits[r.Commit] = r.Position
		_, err := desk.DecodeEvent(r.Type, r.Schema, r.Data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return commits
}

// load is the load of many clients on two instances.
type load struct {
	t       *testing.T
	clients [2]client
	end     time.Time

	mu        sync.Mutex
	requests  []*request
	latencies []time.Duration
	refused   map[rule.ID]int
	failures  map[string]int
	hung      map[uuid.UUID]bool // commands whose client did not wait

	kills                               int
	retries, doubles, hangups, quarrels atomic.Int64
}

// work lets one client make orders until the time is over.
func (l *load) work(chance *rand.Rand) {
	for time.Now().Before(l.end) {
		id := trade.NewID()
		path := "/orders/" + id.String()
		for _, step := range drafting {
			body := step[1]
			if step[0] == "choose-coverage" && chance.IntN(2) == 0 {
				body = `{"coverage":"post-delivery","terms_accepted":true}` // all on one line
			}
			l.ask(chance, newRequest(path+"/commands/"+step[0], acme, body))
		}
		if !l.ask(chance, newRequest(path+"/commands/submit", acme, `{"onetouch_acknowledged":true}`)) {
			continue // the line is used up
		}
		// Two browsers of the buyer, each with its own key: one wins, the other is refused.
		confirm := `{"terms":2}`
		first, second := newRequest(path+"/commands/confirm", bruno, confirm), newRequest(path+"/commands/confirm", bruno, confirm)
		if chance.IntN(4) > 0 {
			l.ask(chance, first)
			continue
		}
		var won [2]bool
		var both sync.WaitGroup
		seeds := [2]uint64{chance.Uint64(), chance.Uint64()}
		for i, r := range []*request{first, second} {
			both.Go(func() { won[i] = l.ask(rand.New(rand.NewPCG(seeds[i], 0)), r) })
		}
		both.Wait()
		l.quarrels.Add(1)
		if won[0] == won[1] {
			l.t.Errorf("of two confirmations of order %s %v were accepted", id, won)
		}
		if chance.IntN(3) == 0 {
			l.ask(chance, newRequest(path+"/commands/cancel", acme, `{}`)) // its hold comes free
		}
	}
}

// ask sends a request until its outcome is known, and reports whether it was accepted. At random it
// hangs up before the answer, sends twice at once, or repeats a request with a known outcome.
func (l *load) ask(chance *rand.Rand, r *request) bool {
	if chance.IntN(10) == 0 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(chance.IntN(5000))*time.Microsecond)
		l.hangUp(ctx, l.clients[chance.IntN(2)], r)
		cancel()
	}
	if chance.IntN(10) == 0 {
		l.doubles.Add(1)
		var other sync.WaitGroup
		side := chance.IntN(2)
		other.Go(func() { l.until(l.clients[1-side], r) })
		ok := l.until(l.clients[side], r)
		other.Wait()
		return ok
	}
	ok := l.until(l.clients[chance.IntN(2)], r)
	if chance.IntN(10) == 0 {
		l.until(l.clients[chance.IntN(2)], r)
	}
	return ok
}

// hangUp sends a request and does not wait for the answer.
func (l *load) hangUp(ctx context.Context, c client, r *request) {
	l.hangups.Add(1)
	l.mu.Lock()
	l.hung[r.id()] = true
	l.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+r.path, strings.NewReader(r.body))
	if err != nil {
		l.t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", r.key)
	if resp, err := transport.RoundTrip(req); err == nil {
		resp.Body.Close()
	}
}

// until sends to one instance until the command is accepted or refused.
func (l *load) until(c client, r *request) bool {
	for n := 0; ; n++ {
		begun := time.Now()
		d, a, err := r.once(c)
		took := time.Since(begun)
		l.mu.Lock()
		l.latencies = append(l.latencies, took)
		switch {
		case err != nil:
			l.t.Errorf("%s: %v", r.path, err)
		case accepted(a.status):
			if r.acks = append(r.acks, d); len(r.acks) == 1 {
				l.requests = append(l.requests, r)
			}
		case a.status == http.StatusConflict, a.status == http.StatusForbidden:
			l.refused[read[problem](l.t, a).Rule]++
		case a.status >= 500:
			l.failures[read[problem](l.t, a).Title]++
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
				l.t.Errorf("%d %v %s", a.status, a.header, a.body)
			}
		default:
			l.t.Errorf("%s %s: %d %s", r.path, r.body, a.status, a.body)
		}
		l.mu.Unlock()
		if err != nil || a.status < 500 || n > 50 {
			return err == nil && a.status == http.StatusOK
		}
		l.retries.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

// kill ends connections of the instances to their server, every two seconds until ctx ends.
func (l *load) kill(ctx context.Context, dsn string) {
	for wait := time.Second; ; wait = 2 * time.Second {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		l.kills++
		// Connections that write right now, and others.
		err := pgtest.Exec(dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()
			ORDER BY state = 'active' AND query LIKE '%INSERT%' DESC, random() LIMIT 6`)
		if err != nil {
			l.t.Error(err)
		}
	}
}

// lost matches the driver's errors about a killed connection.
var lost = regexp.MustCompile(`SQLSTATE 57P01|unexpected EOF|conn closed|broken pipe|connection reset`)

// onlyKillsFailed checks in the log of an instance that killed connections are the cause of every
// failed request.
func (p *process) onlyKillsFailed() {
	p.t.Helper()
	for line := range strings.Lines(p.log()) {
		if strings.Contains(line, `msg="request failed"`) && !lost.MatchString(line) {
			p.t.Errorf("no connection was killed: %s", line)
		}
	}
}

// TestLoad runs 16 clients on two processes with one database, with retries, concurrent requests under
// one key, clients that hang up and killed connections. SURETY_LONG=1 runs for 30 s.
func TestLoad(t *testing.T) {
	long := 4 * time.Second
	if os.Getenv("SURETY_LONG") == "1" {
		long = 30 * time.Second
	}
	seed := rand.Uint64()
	if text := os.Getenv("SURETY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d; again: SURETY_SEED=%d go test -count=1 -run '^%s$' ./examples/service", seed, seed, t.Name())
	dsn := newDatabase(t)
	instances := [2]*process{startProcess(t, "-store", "postgres", "-dsn", dsn), startProcess(t, "-store", "postgres", "-dsn", dsn)}
	l := &load{t: t, clients: [2]client{instances[0].client(), instances[1].client()}, refused: make(map[rule.ID]int), failures: make(map[string]int), hung: make(map[uuid.UUID]bool)}
	l.clients[0].opened()
	first := l.clients[0].listen(platform, "").first()
	start, err := strconv.Atoi(first.at)
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var beside sync.WaitGroup
	beside.Go(func() { l.kill(ctx, dsn) })
	follower := follow(ctx, l.clients, first.id)
	begun := time.Now()
	l.end = begun.Add(long)
	var group sync.WaitGroup
	for n := range uint64(16) {
		group.Go(func() { l.work(rand.New(rand.NewPCG(seed, n))) })
	}
	group.Wait()
	took := time.Since(begun)
	cancel()
	beside.Wait()

	log, err := postgres.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	l.everyCommandOnce(log, 2)
	end, err := log.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.boardsAgree(log, end)
	l.lineAgrees(log)
	l.streamIsWhole(follower, start, end)
	slices.Sort(l.latencies)
	at := func(q int) time.Duration { return l.latencies[len(l.latencies)*q/1000].Round(10 * time.Microsecond) }
	t.Logf("%d commands acknowledged in %s, %.0f/s, %d requests; latency p50 %s, p99 %s, p99.9 %s",
		len(l.requests), took.Round(time.Millisecond), float64(len(l.requests))/took.Seconds(), len(l.latencies), at(500), at(990), at(999))
	t.Logf("%d doubles, %d hang-ups, %d retries, %d quarrels, refused %v; %d times 6 connections killed, 503 answered %v",
		l.doubles.Load(), l.hangups.Load(), l.retries.Load(), l.quarrels.Load(), l.refused, l.kills, l.failures)
	transport.CloseIdleConnections() // the server would wait for an unused one
	for _, p := range instances {
		p.terminate()
		p.onlyKillsFailed()
	}
}

// first returns the first frame of a stream, which is an id without an event.
func (l *listener) first() frame {
	l.t.Helper()
	defer l.close()
	f, err := l.next()
	if err != nil {
		l.t.Fatal(err)
	}
	return f
}
