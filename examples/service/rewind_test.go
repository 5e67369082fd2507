package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/postgrestest"
	"github.com/tradesurety/surety/events/sqlite/sqlitetest"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	viewmemory "github.com/tradesurety/surety/projection/memory"
)

// serving is a service on a log and views that outlive it.
type serving struct {
	*service
	client
	cancel context.CancelFunc
	ended  chan error
}

func serveOn(t testing.TB, log events.Store, views projection.Store, rebuild bool) *serving {
	t.Helper()
	known, err := readPeople("demo.json")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := defaults()
	l.poll, l.again, l.heartbeat = 5*time.Millisecond, 5*time.Millisecond, 20*time.Millisecond
	s, err := newService(log, views, known.authenticate, known.sources(), slog.New(slog.NewTextHandler(t.Output(), nil)), l)
	if err != nil {
		t.Fatal(err)
	}
	s.rebuild = rebuild
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, listener); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return &serving{s, client{t, "http://" + listener.Addr().String()}, cancel, ended}
}

// drafts writes an event for each of n orders, and returns their paths.
func (c client) drafts(n int) (paths []string) {
	c.t.Helper()
	for range n {
		path := "/orders/" + trade.NewID().String()
		c.must(path+"/commands/draft", acme, `{"mode":"online"}`)
		paths = append(paths, path)
	}
	return paths
}

// TestRewind puts another history under a service with a client that listens, a board, and orders in the
// cache of its desk. The service ends; the stream has nothing of the other history. The services that are
// started on it answer the client by what it has: one that has seen the lost end gets a problem, others
// go on. The board of the lost log is not shown.
func TestRewind(t *testing.T) {
	storetest.Rewinds(t, sqlitetest.Logs(), rewound)
}

// TestRewoundServer is TestRewind on a server that is away for a while, which does not end the service.
func TestRewoundServer(t *testing.T) { storetest.RewindsServer(t, postgrestest.Logs(t), rewound) }

// TestRewindEndsTheProcess restores an older copy under a service in a process of its own: it ends with
// its exit code and says why. Started again it ends once more, because of its views, until it may build
// them anew.
func TestRewindEndsTheProcess(t *testing.T) {
	db := filepath.Join(t.TempDir(), "orders.db")
	p := startProcess(t, "-db", db)
	c := p.client()
	c.opened()
	c.drafts(3)
	_, put := sqlitetest.Branch(t, db)
	c.drafts(storetest.LostEvents)
	eventually(t, "the board has what is lost later", func() bool { return len(read[page](t, c.get("/orders", acme)).Orders) == 3+storetest.LostEvents })
	ends := func(p *process) {
		t.Helper()
		select {
		case err := <-p.done:
			if code := p.cmd.ProcessState.ExitCode(); code != exitFork || !strings.Contains(p.log(), "the log is on another history: link") {
				t.Errorf("it ends with %d, %v:\n%s", code, err, p.log())
			}
		case <-time.After(time.Minute):
			t.Fatalf("it does not end:\n%s", p.log())
		}
	}
	if err := put().Close(); err != nil {
		t.Fatal(err)
	}
	ends(p)
	ends(startProcess(t, "-db", db))
	p = startProcess(t, "-db", db, "-rebuild-views")
	c = p.client()
	eventually(t, "the board is built anew", func() bool { return c.get("/orders", acme).status == http.StatusOK })
	if list := read[page](t, c.get("/orders", acme)); len(list.Orders) != 3 {
		t.Errorf("the board has %d orders, want 3", len(list.Orders))
	}
	c.drafts(1)
	p.terminate()
}

func rewound(t *testing.T, log storetest.Rewindable, more int) {
	const lost = storetest.LostEvents
	views := viewmemory.New()
	s := serveOn(t, log.Store, views, false)
	s.opened()
	s.drafts(3)
	l := s.listen(platform, "0")
	common, err := log.Store.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := l.upTo(common)
	other, put := log.Branch(t)
	gone := s.drafts(lost)
	last := l.upTo(common + lost)
	eventually(t, "the board has what is lost later", func() bool {
		return s.get("/orders?wait="+strconv.Itoa(int(common+lost)), acme).status == http.StatusOK
	})
	branch := serveOn(t, other, viewmemory.New(), false)
	branch.drafts(more)
	branch.cancel()
	<-branch.ended
	opened := put()

	for {
		f, err := l.next()
		if err != nil {
			break
		}
		if f.event != "" {
			t.Errorf("the stream has an event of the other history: %s", f.text)
		}
	}
	if err := <-s.ended; !isFork(err) {
		t.Fatalf("the service ends with %v", err)
	}
	if end, err := opened.Settled(t.Context()); err != nil || end != common+events.Position(more) {
		t.Errorf("the log ends at %d, want %d (%v)", end, int(common)+more, err)
	}

	// Views of the lost log end the next service before it shows any of them.
	refusing := serveOn(t, opened, views, false)
	if a, err := refusing.try(http.MethodGet, "/orders", acme, ""); err == nil && a.status != http.StatusServiceUnavailable {
		t.Errorf("the board of the lost log is shown: %d %s", a.status, a.body)
	}
	if err := <-refusing.ended; !isFork(err) {
		t.Fatalf("on the views of the lost log the service ends with %v", err)
	}

	s = serveOn(t, opened, views, true)
	eventually(t, "the board is built anew", func() bool { return s.get("/orders", acme).status == http.StatusOK })
	list := read[page](t, s.get("/orders?limit=200&wait="+strconv.Itoa(int(common)+more), acme))
	if len(list.Orders) != 3+more {
		t.Errorf("the board has %d orders, want %d", len(list.Orders), 3+more)
	}
	for _, path := range gone {
		if a := s.get(path, acme); a.status != http.StatusNotFound {
			t.Errorf("an order that is in no log: %d %s", a.status, a.body)
		}
	}
	resume := func(id string) answer { return s.send(http.MethodHead, "/events", platform, "", "Last-Event-ID", id) }
	p := s.problem(s.send(http.MethodGet, "/events", platform, "", "Last-Event-ID", last.id), http.StatusGone, "#other-history")
	if !strings.Contains(p.Detail, "without Last-Event-ID") {
		t.Errorf("%+v", p)
	}
	end := strconv.Itoa(int(common) + more)
	whole := s.listen(platform, "0").until(end)
	for _, id := range []string{before.id, before.at} { // an earlier client has a position alone
		if got := s.listen(platform, id).until(end); !slices.Equal(got, whole[common:]) {
			t.Errorf("a client that has not seen the lost end goes on with %v, want %v", got, whole[common:])
		}
	}
	// The control: by its position alone a client goes on with what does not continue what it has.
	if a := resume(last.at); (a.status == http.StatusOK) != (more >= lost) {
		t.Errorf("by a position alone: %d", a.status)
	}
	if f := s.listen(platform, before.at).first(); f.at != before.at || !strings.HasPrefix(f.id, f.at+".") {
		t.Errorf("a position is taken once, and the first id is then %s", f.id)
	}
}

// upTo returns the event at a position.
func (l *listener) upTo(position events.Position) frame {
	l.t.Helper()
	for {
		if f := l.event(); f.at == fmt.Sprint(position) {
			return f
		}
	}
}
