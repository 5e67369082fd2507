package desk_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	viewmemory "github.com/tradesurety/surety/projection/memory"
	viewsqlite "github.com/tradesurety/surety/projection/sqlite"
)

// held is what the process holds: goroutines, descriptors of files and sockets, and connections
// as the server counts them.
type held struct{ goroutines, files, connections int }

func (h held) beyond(before held) bool {
	return h.goroutines > before.goroutines || h.files > before.files || h.connections > before.connections
}

// leakPlace is a log that can be opened again and again.
type leakPlace struct {
	open func(t testing.TB) events.Store
	dsn  string // of the server, if it is on one
}

// application is the name under which these tests connect to the server.
const application = "surety-leaks"

func leakPlaces() map[string]func(t *testing.T) leakPlace {
	return map[string]func(t *testing.T) leakPlace{
		"memory": func(*testing.T) leakPlace {
			return leakPlace{open: func(testing.TB) events.Store { return memory.New() }}
		},
		"sqlite": func(t *testing.T) leakPlace {
			path := filepath.Join(t.TempDir(), "log")
			return leakPlace{open: func(t testing.TB) events.Store { return openLog(t, path) }}
		},
		"postgres": func(t *testing.T) leakPlace {
			place := named(newSchema(t))
			return leakPlace{func(t testing.TB) events.Store { return openLog(t, place) }, pgtest.Cluster(t)}
		},
	}
}

// named has the connections to a place bear the name of these tests.
func named(place string) string {
	switch _, query, isURL := strings.Cut(place, "://"); {
	case !isURL:
		return place + " application_name=" + application
	case strings.Contains(query, "?"):
		return place + "&application_name=" + application
	default:
		return place + "?application_name=" + application
	}
}

// holds counts. Where the system does not list the descriptors of a process none are counted.
func (p leakPlace) holds(t testing.TB) (h held) {
	t.Helper()
	if p.dsn != "" {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, p.dsn)
		if err != nil {
			t.Fatal(err)
		}
		err = conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", application).Scan(&h.connections)
		if err = errors.Join(err, conn.Close(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	files, _ := os.ReadDir("/proc/self/fd")
	h.files, h.goroutines = len(files), runtime.NumGoroutine()
	return h
}

// still counts once nothing comes or goes any more.
func (p leakPlace) still(t testing.TB) held {
	t.Helper()
	for before, same := p.holds(t), 0; ; {
		time.Sleep(5 * time.Millisecond)
		now := p.holds(t)
		if same++; now != before {
			before, same = now, 0
		}
		if same == 3 {
			return now
		}
	}
}

// leaks waits until no more is held than before, and otherwise says what is.
func (p leakPlace) leaks(t testing.TB, before held, patience time.Duration) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		now := p.holds(t)
		if !now.beyond(before) {
			return ""
		}
		if time.Now().After(deadline) {
			return fmt.Sprintf("held are %+v, and before %+v", now, before)
		}
	}
}

// owned lets a test close what it opens, without what openLog puts off until the test ends.
type owned struct{ testing.TB }

func (owned) Cleanup(func()) {}

// TestNothingLeaks has everything that reads and writes a store at work on it, has it broken off
// in every way, and counts what is left once the store is closed.
func TestNothingLeaks(t *testing.T) {
	for name, place := range leakPlaces() {
		t.Run(name, func(t *testing.T) {
			p := place(t)
			round(t, p) // what is made once in a process is made here
			before := p.still(t)
			round(t, p)
			if fault := p.leaks(t, before, 5*time.Second); fault != "" {
				t.Error(fault)
			}
		})
	}
}

// round opens the store, uses it and closes it.
func round(t *testing.T, p leakPlace) {
	store := p.open(owned{t})
	snapshots := events.NewSnapshotter(4, nil)
	tr := newFixture(t, store, desk.WithSnapshots(snapshots))
	if must(store.Settled(t.Context())) == 0 {
		tr.opened("1000000 USD")
	}
	id := tr.life("600 USD", "200 USD", order.CoveragePostDelivery)
	if _, err := tr.Desk.Tick(t.Context(), tr.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func(context.Context) iter.Seq2[events.Record, error]{
		func(ctx context.Context) iter.Seq2[events.Record, error] { return store.Read(ctx, order.Stream(id), 0) },
		func(ctx context.Context) iter.Seq2[events.Record, error] {
			return store.ReadAll(ctx, 0, events.Filter{})
		},
		func(ctx context.Context) iter.Seq2[events.Record, error] {
			return events.Tail(ctx, store, 0, events.Filter{})
		},
	} {
		for after := range 4 {
			leaveLoop(t, read, after)
		}
	}
	views, err := viewsqlite.Open(t.Context(), filepath.Join(t.TempDir(), "views"))
	if err != nil {
		t.Fatal(err)
	}
	follow(t, store, views)
	follow(t, store, viewmemory.New())

	var waiting sync.WaitGroup // at the end of the log, until the store is closed
	for range 3 {
		waiting.Go(func() {
			for _, err := range events.Tail(context.Background(), store, 0, events.Filter{}) {
				if err != nil && !errors.Is(err, events.ErrClosed) {
					t.Error(err)
				}
			}
		})
	}
	snapshots.Close()
	if err := errors.Join(views.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}

// leaveLoop leaves a loop after some records: by break, by the end of its context, and by the
// stop of a pull.
func leaveLoop(t *testing.T, read func(context.Context) iter.Seq2[events.Record, error], after int) {
	t.Helper()
	n := 0
	for _, err := range read(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > after {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n = 0
	for _, err := range read(ctx) {
		last = err
		if n++; n > after {
			cancel()
		}
	}
	// One that has come to its end before it looked at the context is no less left.
	if last != nil && !errors.Is(last, context.Canceled) {
		t.Fatal(last)
	}
	next, stop := iter.Pull2(read(t.Context()))
	for range after {
		if _, err, ok := next(); !ok || err != nil {
			t.Fatalf("pull: %t, %v", ok, err)
		}
	}
	stop()
}

// follow builds a view, follows the log and is told to stop.
func follow(t *testing.T, store events.Store, views projection.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := must(store.Settled(t.Context()))
	w, err := projection.New(store, views, assurance.BoardView(), projection.WithBatch(3), projection.OnProgress(func(at projection.Progress) {
		if at.Checkpoint.Position >= end {
			cancel()
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Follow(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// TestLeaksAreSeen holds the count to what is left on purpose: a store that nobody closes, a
// pull that nobody stops, a tail that nobody ends.
func TestLeaksAreSeen(t *testing.T) {
	for name, place := range leakPlaces() {
		p := place(t)
		round(t, p) // puts something in the log
		for what, leave := range map[string]func(store events.Store) (end func() error){
			"store": func(store events.Store) func() error { return store.Close },
			"pull": func(store events.Store) func() error {
				next, stop := iter.Pull2(events.Tail(context.Background(), store, 0, events.Filter{}))
				next()
				return func() error { stop(); return store.Close() }
			},
			"tail": func(store events.Store) func() error {
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan bool)
				go func() {
					defer close(ended)
					for _, err := range events.Tail(ctx, store, 0, events.Filter{}) {
						if err != nil {
							return
						}
					}
				}()
				return func() error { cancel(); <-ended; return store.Close() }
			},
		} {
			if name == "memory" && what == "store" {
				continue // it holds nothing that could leak
			}
			before := p.still(t)
			store := p.open(owned{t})
			if what != "store" {
				if name == "memory" {
					newFixture(t, store).opened("1 USD") // something to read
				}
				before = p.still(t) // what is left beside the store is to be seen by itself
			}
			end := leave(store)
			if p.leaks(t, before, 20*time.Millisecond) == "" {
				t.Errorf("%s: a %s that is left is not seen", name, what)
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
