package pgtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Hosts returns a DSN with all servers, of which the first one is used that takes writes.
func Hosts(servers ...*Server) string {
	var dirs, ports []string
	for _, s := range servers {
		dirs, ports = append(dirs, s.dir), append(ports, "5432")
	}
	return "host=" + strings.Join(dirs, ",") + " port=" + strings.Join(ports, ",") + " user=postgres dbname=postgres target_session_attrs=read-write"
}

// Nodes are a server and its standbys, one of which has each commit before it is acknowledged.
type Nodes struct {
	Primary  *Server
	Standbys []*Server

	joined int
}

// ThreeNodes starts a server with two standbys, which end with the test.
func ThreeNodes(t testing.TB, settings ...string) *Nodes {
	t.Helper()
	n := &Nodes{Primary: Start(t, settings...)}
	// The standbys have the setting too, for when they are promoted.
	if err := Exec(n.Primary.DSN(), "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'", "SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	n.Join(t)
	n.Join(t)
	return n
}

// Join adds a standby.
func (n *Nodes) Join(t testing.TB) {
	t.Helper()
	n.joined++
	n.Standbys = append(n.Standbys, n.Primary.Standby(t, fmt.Sprint("node", n.joined)))
}

// DSN is that of Hosts, of all that there are.
func (n *Nodes) DSN() string { return Hosts(append([]*Server{n.Primary}, n.Standbys...)...) }

// Lose kills the primary and promotes the standby that has received most, which has all that was
// acknowledged. The others follow it.
func (n *Nodes) Lose(t testing.TB) {
	t.Helper()
	if err := n.Primary.Kill(); err != nil {
		t.Fatal(err)
	}
	most, next := int64(-1), 0
	for i, s := range n.Standbys {
		if lsn, err := s.received(t.Context()); err != nil {
			t.Fatal(err)
		} else if lsn > most {
			most, next = lsn, i
		}
	}
	n.Primary, n.Standbys[next] = n.Standbys[next], n.Standbys[0]
	n.Standbys = n.Standbys[1:]
	if err := n.Primary.Promote(); err != nil {
		t.Fatal(err)
	}
	for i, s := range n.Standbys {
		if err := s.Follow(n.Primary, fmt.Sprint("follower", i)); err != nil {
			t.Fatal(err)
		}
	}
}

// received returns how far a standby has the write-ahead log, of which it forgets at a restart what it has
// received and not the rest.
func (s *Server) received(ctx context.Context) (lsn int64, err error) {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, "SELECT (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0')::bigint").Scan(&lsn)
	return lsn, errors.Join(err, conn.Close(ctx))
}
