package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
)

// questions counts the queries of a pool.
type questions struct{ atomic.Int64 }

func (q *questions) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	q.Add(1)
	return ctx
}

func (q *questions) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestIdleFollowers counts the queries of followers that have nothing to read: one in HeardPoll each
// while the server notifies the store, and as many as without a listener once its connection was
// ended and does not come back. What counts is the number: a slow machine asks less.
func TestIdleFollowers(t *testing.T) {
	p := newPlace(t)
	config, err := pgxpool.ParseConfig(p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	var asked questions
	var refuses atomic.Bool
	config.MaxConns, config.ConnConfig.Tracer = 4, &asked
	config.BeforeConnect = func(context.Context, *pgx.ConnConfig) error {
		if refuses.Load() {
			return errors.New("no new connections")
		}
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := New(t.Context(), pool, WithSchema(p.schema))
	if err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	pid := p.listening(t, s)
	eventually(t, "the store hears", s.Hears)
	appended(t, s, one("order-1", 0, "a"))

	const followers = 50
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, followers)
	var seen atomic.Int64
	for range followers {
		go func() {
			for _, err := range events.Tail(ctx, s, 0, events.Filter{}) {
				if err != nil {
					ended <- err
					return
				}
				seen.Add(1)
			}
		}()
	}
	eventually(t, "all have read", func() bool { return seen.Load() == followers })
	// Each may still be on its way to its next question, and ask a page and the end of the log.
	begin := time.Now()
	before := asked.Load()
	time.Sleep(2 * events.HeardPoll)
	idle := asked.Load() - before
	if most := followers * int64(3+time.Since(begin)/events.HeardPoll); idle > most {
		t.Errorf("%d followers asked %d times in %v, want at most %d", followers, idle, time.Since(begin), most)
	}

	refuses.Store(true)
	if _, err := p.connect(t).Exec(t.Context(), "SELECT pg_terminate_backend($1)", pid); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it no longer hears", func() bool { return !s.Hears() })
	before, begin = asked.Load(), time.Now()
	eventually(t, "the followers ask more often than when they are notified", func() bool {
		return asked.Load()-before > followers*int64(3+time.Since(begin)/events.HeardPoll)
	})
	refuses.Store(false)
	eventually(t, "it hears again", s.Hears)
	stop()
	for range followers {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
