package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// behind returns the log as it is through a pooler.
func (p place) behind(t *testing.T, mode string, settings ...string) place {
	t.Helper()
	return place{pgtest.Pooler(t, p.dsn, mode, settings...), p.schema}
}

// TestPoolers opens a log through pgbouncer: one that hands out sessions is as good as the server.
func TestPoolers(t *testing.T) {
	p := newPlace(t)
	through := p.behind(t, "session")
	migrated(t, through)
	s, other := through.open(t), through.open(t)
	through.listening(t, s)
	c := one("order-1", 0, "a")
	appended(t, other, c)
	inTx(t, through.connect(t), pgx.TxOptions{}, func(tx pgx.Tx) error {
		_, err := s.AppendTx(t.Context(), tx, one("order-1", 1, "b"))
		return err
	})
	if _, found, err := s.Lookup(t.Context(), c.ID); !found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
	if n := headOf(t, s, "order-1"); n != 2 {
		t.Errorf("version %d", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	n := events.Version(0)
	// The poll is too slow to help.
	for r, err := range events.Tail(ctx, s, 0, events.Filter{Types: []string{"a", "b", "c"}}, events.PollEvery(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; r.Version != n {
			t.Fatalf("version %d after %d", r.Version, n-1)
		}
		if n == 2 {
			appended(t, other, one("order-1", 2, "c"))
		}
		if n == 3 {
			break
		}
	}
	for _, setting := range []string{"enable_seqscan", "enable_bitmapscan", "jit"} {
		var value string
		if err := s.pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&value); err != nil || value != "off" {
			t.Errorf("%s is %q in the pool (%v)", setting, value, err)
		}
	}
}

// TestPoolersOfTransactions opens a log through pgbouncer that hands out less than sessions: it is
// refused, whichever of its servers are idle and whatever its other clients do, and nothing is set
// in a session that others go on with.
func TestPoolersOfTransactions(t *testing.T) {
	p := newPlace(t)
	for _, tt := range []struct {
		name, mode string
		settings   []string
		idle       int  // servers that the pooler has before
		busy       bool // other clients work all the while
	}{
		{name: "transaction", mode: "transaction"},
		{name: "statement", mode: "statement"},
		{name: "one server", mode: "transaction", settings: []string{"default_pool_size = 1"}},
		{name: "idle servers", mode: "transaction", idle: 8},
		{name: "idle servers in turn", mode: "transaction", settings: []string{"server_round_robin = 1"}, idle: 8},
		{name: "busy servers in turn", mode: "transaction", settings: []string{"server_round_robin = 1"}, idle: 4, busy: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			through := p.behind(t, tt.mode, tt.settings...)
			through.warm(t, tt.idle)
			if tt.busy {
				defer through.busy(t, 3)()
			}
			s, err := Open(t.Context(), through.dsn, WithSchema(p.schema))
			if err == nil {
				s.Close()
			}
			if _, ok := errors.AsType[*OpenError](err); !ok || !errors.Is(err, ErrPooled) {
				t.Fatalf("open: %v", err)
			}
			if s, err = New(t.Context(), through.pool(t, 1), WithSchema(p.schema)); err == nil {
				s.Close()
			}
			if !errors.Is(err, ErrPooled) {
				t.Fatalf("new: %v", err)
			}
			for range max(2, tt.idle) {
				result, err := through.connect(t).PgConn().Exec(t.Context(), "SELECT current_setting('enable_seqscan')").ReadAll()
				if err != nil || string(result[0].Rows[0][0]) != "on" {
					t.Errorf("a client of the pooler has enable_seqscan as %q (%v)", result[0].Rows[0][0], err)
				}
			}
		})
	}
}

// warm lets the pooler make as many connections of the server and have them idle.
func (p place) warm(t *testing.T, servers int) {
	t.Helper()
	var conns []*pgx.Conn
	for _, statement := range []string{"BEGIN", "COMMIT"} {
		for i := range servers {
			if statement == "BEGIN" {
				conns = append(conns, p.connect(t))
			}
			if _, err := conns[i].PgConn().Exec(t.Context(), statement).ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// busy has clients execute transactions until the function that it returns is called.
func (p place) busy(t *testing.T, clients int) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range clients {
		conn := p.connect(t)
		group.Go(func() {
			for ctx.Err() == nil {
				_, _ = conn.PgConn().Exec(context.Background(), "BEGIN; SELECT pg_sleep(0.001); COMMIT").ReadAll()
			}
		})
	}
	return func() { cancel(); group.Wait() }
}
