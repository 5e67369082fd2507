package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	driver "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/sqlite"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// dial opens a connection and writes to it.
func (c client) dial(text string) net.Conn {
	c.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// half returns a request with an incomplete body.
func half(id trade.ID) string {
	return fmt.Sprintf("POST /orders/%s/commands/draft HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 17\r\n\r\n"+`{"mode":`, id, acme)
}

// TestSlowRequests sends headers and bodies that do not end: the connection is closed, the body is
// answered with a problem, and nothing is written.
func TestSlowRequests(t *testing.T) {
	s := startLocal(t, func(l *limits) { l.header, l.read = 100*time.Millisecond, 200*time.Millisecond }, nil)
	s.opened()
	before, err := s.log.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s.dial("GET /orders HTTP/1.1\r\nHost: x\r\n")); err != nil || strings.Contains(string(got), "200 OK") {
		t.Errorf("a header without an end: %q, %v", got, err)
	}
	conn := s.dial(half(trade.NewID()))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || !resp.Close {
		t.Errorf("the connection stays: %v", err)
	}
	s.problem(answer{resp.StatusCode, resp.Header, string(body)}, http.StatusRequestTimeout, "about:blank")

	conn = s.dial(half(trade.NewID()))
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 ") {
		t.Errorf("half a body: %q, %v", got, err)
	}
	if after, err := s.log.Settled(t.Context()); err != nil || after != before {
		t.Errorf("the log was at %d and is at %d: %v", before, after, err)
	}
}

// TestConnectionsAreBounded opens more connections than the limit: the ones beyond it are closed, and
// new ones are accepted once idle ones have timed out.
func TestConnectionsAreBounded(t *testing.T) {
	const room = 900
	s := startLocal(t, func(l *limits) { l.conns, l.header, l.idle = room, 1500*time.Millisecond, time.Second }, nil)
	var conns []net.Conn
	for range 1000 {
		conns = append(conns, s.dial(""))
	}
	eventually(t, "those beyond the limit are closed", func() bool { return s.conns.Load() <= room })
	eventually(t, "their clients see it", func() bool {
		closed := 0
		for _, c := range conns {
			if err := c.SetReadDeadline(time.Now().Add(200 * time.Microsecond)); err != nil {
				t.Fatal(err)
			}
			var timeout net.Error
			if _, err := c.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
				closed++
			}
		}
		return closed >= 1000-room
	})
	eventually(t, "there is room again", func() bool {
		a, err := s.try(http.MethodGet, "/orders", acme, "")
		return err == nil && a.status == http.StatusOK
	})
	eventually(t, "idle connections are closed", func() bool { return s.conns.Load() <= 1 })
}

// TestImpatientClient hangs up before its command is executed. It is still executed.
func TestImpatientClient(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	var slow atomic.Bool
	s := startLocal(t, nil, func(store events.Store) events.Store {
		return &meddler{Store: store, append: func(ctx context.Context, c events.Commit) (events.Receipt, error) {
			if slow.CompareAndSwap(true, false) {
				close(entered)
				<-leave
			}
			return store.Append(ctx, c)
		}}
	})
	s.opened()
	id := trade.NewID()
	slow.Store(true)
	conn := s.dial(half(id) + `"online"}`)
	<-entered
	conn.Close()
	time.Sleep(20 * time.Millisecond)
	close(leave)
	eventually(t, "the command is executed", func() bool { return s.get("/orders/"+id.String(), acme).status == http.StatusOK })
}

// meddler is a store whose Append and Settled a test replaces.
type meddler struct {
	events.Store
	append func(ctx context.Context, c events.Commit) (events.Receipt, error)
	settle func(ctx context.Context) (events.Position, error)
}

func (m *meddler) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	return m.append(ctx, c)
}

func (m *meddler) Settled(ctx context.Context) (events.Position, error) {
	if m.settle != nil {
		return m.settle(ctx)
	}
	return m.Store.Settled(ctx)
}

// TestUnknownOutcome loses the answer of the store, after the commit and before it. The client is told
// to retry with the same key, and then the command is executed once.
func TestUnknownOutcome(t *testing.T) {
	for name, applied := range map[string]bool{"applied": true, "not applied": false} {
		t.Run(name, func(t *testing.T) {
			var lost atomic.Bool
			s := startLocal(t, func(l *limits) { l.command = time.Second }, func(store events.Store) events.Store {
				return &meddler{Store: store, append: func(ctx context.Context, c events.Commit) (events.Receipt, error) {
					if !lost.Load() {
						return store.Append(ctx, c)
					}
					if applied {
						if _, err := store.Append(ctx, c); err != nil {
							return events.Receipt{}, err
						}
					}
					<-ctx.Done()
					return events.Receipt{}, events.ErrUnknownOutcome
				}}
			})
			s.opened()
			draft := "/orders/" + trade.NewID().String() + "/commands/draft"
			lost.Store(true)
			a := s.ask(draft, acme, `{"mode":"online"}`, "Idempotency-Key", "k")
			s.problem(a, http.StatusServiceUnavailable, "#unknown-outcome")
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Retry with the same Idempotency-Key") {
				t.Errorf("%v %s", a.header, a.body)
			}
			lost.Store(false)
			again := read[done](t, s.ask(draft, acme, `{"mode":"online"}`, "Idempotency-Key", "k"))
			if again.Version != 1 || again.Repeated != applied {
				t.Errorf("%+v", again)
			}
		})
	}
}

// TestStoreFails lets the store fail: the answer is 503 while it does, and then the service recovers.
func TestStoreFails(t *testing.T) {
	var down atomic.Bool
	// Timeouts and connection failures of the store are not the client's.
	broken := errors.Join(errors.New("the disk is on fire"), os.ErrDeadlineExceeded, io.ErrUnexpectedEOF)
	s := startLocal(t, nil, func(store events.Store) events.Store {
		return &meddler{
			Store: store,
			append: func(ctx context.Context, c events.Commit) (events.Receipt, error) {
				if down.Load() {
					return events.Receipt{}, broken
				}
				return store.Append(ctx, c)
			},
			settle: func(ctx context.Context) (events.Position, error) {
				if down.Load() {
					return 0, broken
				}
				return store.Settled(ctx)
			},
		}
	})
	s.opened()
	healthy := func() bool { return s.get("/healthz", "").status == http.StatusOK }
	eventually(t, "the board is live", healthy)
	down.Store(true)
	a := s.ask("/orders/"+trade.NewID().String()+"/commands/draft", acme, `{"mode":"online"}`)
	s.problem(a, http.StatusServiceUnavailable, "#unavailable")
	if strings.Contains(a.body, "fire") {
		t.Errorf("the client learns too much: %s", a.body)
	}
	s.problem(s.get("/events", acme), http.StatusServiceUnavailable, "#unavailable")
	if a := s.get("/healthz", ""); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, `"log":"down"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	eventually(t, "the board has stopped", func() bool { return strings.Contains(s.get("/healthz", "").body, `"board":"stopped"`) })
	down.Store(false)
	eventually(t, "the board is live again", healthy)
	s.drafted(trade.NewID())
}

// full is a log without room on its disk: what writes nothing works.
type full struct {
	*sqlite.Store
	is atomic.Bool
}

func (f *full) SaveSnapshot(ctx context.Context, s events.Snapshot) error {
	if f.is.Load() {
		return sqlite.ErrFull
	}
	return f.Store.SaveSnapshot(ctx, s)
}

// TestAppendsFail holds the lock of the log, and fills its disk: it can be read, and health reports that
// it takes no writes, until it does.
func TestAppendsFail(t *testing.T) {
	var f *full
	s := startLocal(t, nil, func(store events.Store) events.Store {
		f = &full{Store: store.(*sqlite.Store)}
		return f
	})
	healthy := func() bool { return s.get("/healthz", "").status == http.StatusOK }
	refuses := func() bool {
		a := s.get("/healthz", "")
		return a.status == http.StatusServiceUnavailable && strings.Contains(a.body, `"log":"read-only"`)
	}
	eventually(t, "the service is healthy", healthy)
	conn, err := driver.OpenConn(s.path, driver.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteTransient(conn, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "health says that another process holds the lock", refuses)
	if err := sqlitex.ExecuteTransient(conn, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the service is healthy again", healthy)
	f.is.Store(true)
	eventually(t, "health says that the disk is full", refuses)
	f.is.Store(false)
	eventually(t, "the service is healthy again", healthy)
	if end, err := s.log.Settled(t.Context()); end != 0 || err != nil {
		t.Errorf("health has written up to position %d (%v)", end, err)
	}
}

// TestPoisonedBoard puts a record into the log that cannot be folded: health reports it, and commands
// still work.
func TestPoisonedBoard(t *testing.T) {
	s := startLocal(t, nil, nil)
	s.opened()
	eventually(t, "the board is live and has caught up", func() bool {
		a := s.get("/healthz", "")
		return a.status == http.StatusOK && strings.Contains(a.body, `"log":"up","board":"live"`) && strings.Contains(a.body, `"lag":0`)
	})
	bad := trade.NewID()
	_, err := s.log.Append(t.Context(), events.Commit{ID: uuid.Must(uuid.NewV7()), Batches: []events.Batch{{
		Stream: order.Stream(bad), Events: []events.Event{{Type: "order.drafted", Schema: 1, At: time.Now(), Data: []byte("{}")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the board is poisoned", func() bool {
		a := s.get("/healthz", "")
		return a.status == http.StatusServiceUnavailable && strings.Contains(a.body, `"board":"poisoned"`)
	})
	s.problem(s.get("/orders/"+bad.String(), platform), http.StatusInternalServerError, "about:blank")
	good := trade.NewID()
	s.submitted(good)
	if a := s.get("/orders/"+good.String(), bruno); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !strings.Contains(s.get("/healthz", "").body, `"lag":`) || strings.Contains(s.get("/healthz", "").body, `"lag":0`) {
		t.Errorf("%s", s.get("/healthz", "").body)
	}
}
