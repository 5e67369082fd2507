package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
)

// network stands between a store and its server, and can be cut.
type network struct {
	network, address string // of the server
	mu               sync.Mutex
	down             bool
	clients, servers []net.Conn
}

// through returns the log as it is behind a network.
func (p place) through(t *testing.T) (place, *network) {
	t.Helper()
	config, err := pgx.ParseConfig(p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{network: "tcp", address: net.JoinHostPort(config.Host, fmt.Sprint(config.Port))}
	if strings.HasPrefix(config.Host, "/") {
		n.network, n.address = "unix", filepath.Join(config.Host, fmt.Sprint(".s.PGSQL.", config.Port))
	}
	dir, err := os.MkdirTemp("", "surety-net-") //nolint:usetesting // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.set(true)
		listener.Close()
		for _, conn := range n.servers {
			conn.Close()
		}
		os.RemoveAll(dir)
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			n.join(client)
		}
	}()
	return place{p.dsn + " host=" + dir + " port=5432", p.schema}, n
}

// join connects a client with the server, if the network is there.
func (n *network) join(client net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	server, err := net.Dial(n.network, n.address)
	if n.down || err != nil {
		client.Close()
		return
	}
	n.clients, n.servers = append(n.clients, client), append(n.servers, server)
	go func() {
		_, _ = io.Copy(server, client)
		n.mu.Lock()
		defer n.mu.Unlock()
		if !n.down { // the server hears nothing of a cut
			server.Close()
		}
	}()
	go func() {
		_, _ = io.Copy(client, server)
		client.Close()
		_, _ = io.Copy(io.Discard, server)
	}()
}

// set cuts the network, or repairs it for new connections. The server keeps those that were cut,
// and goes on with what it has received.
func (n *network) set(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	for _, client := range n.clients {
		client.Close()
	}
	n.clients = nil
}

// TestCutOffForLonger cuts the network under an append for longer than the store tries to learn its
// outcome. The outcome is unknown then, and while nobody can be asked. Once the server can be reached,
// Lookup says what is true for good, of a commit that went in meanwhile and of one that still waits,
// and appends go on.
func TestCutOffForLonger(t *testing.T) {
	t.Parallel()
	for _, applied := range []bool{true, false} {
		t.Run(fmt.Sprint("applied ", applied), func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			behind, network := p.through(t)
			s, direct := behind.open(t, impatient), p.open(t)
			appended(t, s, one("order-1", 0, "a"))
			holder, err := p.connect(t).Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := direct.AppendTx(t.Context(), holder, one("order-2", 0, "a")); err != nil {
				t.Fatal(err)
			}
			old, c := s.writer.log.line.backend, one("order-1", 1, "b")
			waits := later(t.Context(), s, c)
			p.blocked(t)
			network.set(true)
			if err := <-waits; !errors.Is(err, events.ErrUnknownOutcome) || !errors.Is(err, ErrLost) {
				t.Errorf("an append that was cut off: %v", err)
			}
			if _, known, err := s.Lookup(t.Context(), c.ID); err == nil {
				t.Errorf("without a server it is known: %t", known)
			}
			if _, err := s.Append(t.Context(), c); err == nil {
				t.Error("without a server it is appended")
			}
			release := func() {
				if err := holder.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if applied {
				release()
				eventually(t, "the server goes on with it", func() bool { return headOf(t, direct, "order-1") == 2 })
			}
			network.set(false)
			known := make(chan bool, 1)
			go func() {
				for {
					_, found, err := s.Lookup(context.WithoutCancel(t.Context()), c.ID)
					if err == nil || t.Context().Err() != nil {
						known <- found
						return
					}
					time.Sleep(time.Millisecond)
				}
			}()
			if !applied {
				conn := p.connect(t)
				eventually(t, "the server's process for the old connection is gone", func() bool {
					var n int
					err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", old.pid).Scan(&n)
					return err == nil && n == 0
				})
				release()
			}
			if found := <-known; found != applied {
				t.Errorf("once the server is back it is known: %t", found)
			}
			if n := headOf(t, direct, "order-1"); (n == 2) != applied {
				t.Errorf("the log has version %d", n)
			}
			if r := appended(t, s, c); r.Repeated != applied {
				t.Errorf("asked again: %+v", r)
			}
			appended(t, s, one("order-1", 2, "c"))
			if n := headOf(t, direct, "order-1"); n != 3 {
				t.Errorf("version %d, want 3", n)
			}
		})
	}
}
