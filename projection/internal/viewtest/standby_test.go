package viewtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory/forgetful"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest/world"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
	"github.com/tradesurety/surety/projection/memory"
	"github.com/tradesurety/surety/projection/paylater"
	"github.com/tradesurety/surety/projection/sqlite"
)

func TestMain(m *testing.M) { os.Exit(viewtest.Main(m)) }

// written is a commit of a world, and the position of its last record.
type written struct {
	events.Commit
	last events.Position
}

// commitsOf returns what a world of that many orders commits.
func commitsOf(t *testing.T, orders int) (all []written) {
	t.Helper()
	store := forgetful.New()
	defer store.Close()
	config := world.Config{Seed: 7, Orders: orders, Sellers: 20, Buyers: 100, Audit: func(records []events.Record) error {
		first := records[0]
		w := written{last: records[len(records)-1].Position}
		w.ID = first.Commit
		copy(w.Digest[:], first.Digest)
		for _, r := range records {
			if len(w.Batches) == 0 || w.Batches[len(w.Batches)-1].Stream != r.Stream {
				w.Batches = append(w.Batches, events.Batch{Stream: r.Stream, After: r.Version - 1})
			}
			b := &w.Batches[len(w.Batches)-1]
			b.Events = append(b.Events, events.Event{Type: r.Type, Schema: r.Schema, At: r.At, Meta: slices.Clone(r.Meta), Data: slices.Clone(r.Data)})
		}
		all = append(all, w)
		return nil
	}}
	if _, err := world.Run(t.Context(), store, config); err != nil {
		t.Fatal(err)
	}
	return all
}

// write appends commits in groups, until one fails, and notes what was acknowledged.
func write(ctx context.Context, log events.Store, commits []written, at *atomic.Uint64) error {
	for group := range slices.Chunk(commits, 100) {
		members := make([]events.Commit, len(group))
		for i := range group {
			members[i] = group[i].Commit
		}
		for i, out := range log.AppendEach(ctx, members) {
			if out.Err == nil && out.Receipt.Position != group[i].last {
				out.Err = fmt.Errorf("position %d, want %d", out.Receipt.Position, group[i].last)
			}
			if out.Err != nil {
				return out.Err
			}
			at.Store(uint64(out.Receipt.Position))
		}
	}
	return nil
}

// TestViewsFromAStandby builds all views of both products from a standby into another database while the
// primary is written. In the middle of that the primary is killed, with what it has not sent, and the
// standby is promoted: the same workers go on with what is written there, and the views are those of a
// rebuild.
func TestViewsFromAStandby(t *testing.T) {
	orders := 400
	if os.Getenv("SURETY_LONG") == "1" {
		orders = 7_500
	}
	commits := commitsOf(t, orders)
	end := commits[len(commits)-1].last
	primary := pgtest.Start(t)
	if err := postgres.Migrate(t.Context(), primary.DSN()); err != nil {
		t.Fatal(err)
	}
	standby := primary.Standby(t, "second")
	open := func(s *pgtest.Server) *postgres.Store {
		t.Helper()
		log, err := postgres.Open(t.Context(), s.DSN())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() })
		return log
	}
	replica, err := postgres.OpenReplica(t.Context(), standby.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Close()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "views"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	views := slices.Concat(assurance.Views(), paylater.Views())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	begun, done := make(chan struct{}), make(chan struct{})
	var left atomic.Int32
	left.Store(int32(len(views)))
	var beginning sync.Once
	failed := make([]error, len(views))
	var workers sync.WaitGroup
	for i, v := range views {
		reached := false
		worker, err := projection.New(replica, store, v, projection.OnProgress(func(p projection.Progress) {
			if p.Checkpoint.Position > 0 {
				beginning.Do(func() { close(begun) })
			}
			if !reached && p.Checkpoint.Position == end {
				if reached = true; left.Add(-1) == 0 {
					close(done)
				}
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		workers.Go(func() {
			if failed[i] = worker.Follow(ctx); !errors.Is(failed[i], context.Canceled) {
				stop()
			}
		})
	}
	half, log := len(commits)/2, open(primary)
	var at atomic.Uint64
	lost := make(chan error, 1)
	go func() {
		err := write(ctx, log, commits[:half], &at)
		if err == nil {
			select {
			case <-begun:
				err = write(ctx, log, commits[half:], &at)
			case <-ctx.Done():
			}
		}
		lost <- err
	}()
	for at.Load() <= uint64(commits[half].last) && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := errors.Join(primary.Kill(), standby.Promote()); err != nil {
		t.Fatal(err)
	}
	if err := <-lost; !errors.Is(err, postgres.ErrLost) {
		t.Fatalf("the primary was killed under the writer, who gets %v", err)
	}
	promoted := open(standby)
	settled, err := promoted.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := slices.IndexFunc(commits, func(w written) bool { return w.last > settled })
	t.Logf("%d events in %d commits; promoted at position %d, of %d acknowledged", end, len(commits), settled, at.Load())
	if err := write(t.Context(), promoted, commits[next:], &at); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
	stop()
	workers.Wait()
	for i, v := range views {
		if !errors.Is(failed[i], context.Canceled) {
			t.Fatalf("the worker of %s has stopped: %v", v.Name, failed[i])
		}
		if err := v.Reconcile(t.Context(), promoted, store, memory.New()); err != nil {
			t.Errorf("view %s: %v", v.Name, err)
		}
	}

	// A desk on the replica reads what the standby has, and executes nothing.
	first := slices.IndexFunc(commits, func(w written) bool { return w.Batches[0].Stream.Category() == order.Category })
	id, err := trade.ParseID(strings.TrimPrefix(string(commits[first].Batches[0].Stream), order.Category+"-"))
	if err != nil {
		t.Fatal(err)
	}
	platform := trade.Actor{Role: trade.Platform, Account: "p-ops"}
	var states [2]order.Order
	for i, log := range []events.Store{promoted, replica} {
		d, err := desk.New(log, desk.WithSources(desk.DemoSources()))
		if err != nil {
			t.Fatal(err)
		}
		if states[i], _, err = d.ReadOrder(t.Context(), platform, id, desk.AllowStale()); err != nil {
			t.Fatal(err)
		}
		if log != replica {
			continue
		}
		_, err = d.Do(t.Context(), desk.Command{ID: desk.NewID(), By: platform, Do: desk.OnSeller("s-new", seller.Activate{Route: seller.RouteConsole})})
		if !errors.Is(err, events.ErrReadOnly) {
			t.Errorf("a command on a replica: %v", err)
		}
	}
	if !reflect.DeepEqual(states[0], states[1]) {
		t.Error("an order is another one on the replica")
	}
}
