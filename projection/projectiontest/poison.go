package projectiontest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	rowstore "github.com/tradesurety/surety/projection/memory"
)

// poisoned runs a case for each view with a broken event at each place of a log. Each run has its
// own view in the store.
func (e *env) poisoned(f func(e *env, w *writer, store projection.Store, view *projection.View, repaired *atomic.Bool, at events.Position)) {
	for i := range views(nil) {
		repaired := new(atomic.Bool)
		view := views(repaired)[i]
		e.TB.(*testing.T).Run(view.Name, func(t *testing.T) {
			e := newEnv(t, e.config)
			var store projection.Store
			for place := range e.times(50, 10000) {
				if !e.sampled(place) {
					continue
				}
				if store == nil || place%50 == 0 {
					store = e.open()
				}
				view := named(view, place)
				repaired.Store(false)
				w := newWriter(e).write(place % 50)
				at := w.one(e.rand.IntN(12), broken)
				w.write(50 - place%50)
				f(e, w, store, view, repaired, at)
			}
		})
	}
}

func (e *env) randomOptions() []projection.Option {
	return []projection.Option{projection.WithBatch(1 + e.rand.IntN(60)), projection.WithSlices(1 + e.rand.IntN(3))}
}

func poisonStops(e *env) {
	e.poisoned(func(e *env, w *writer, store projection.Store, view *projection.View, repaired *atomic.Bool, at events.Position) {
		ctx := context.Background()
		worker := e.worker(w.log, store, view, e.randomOptions()...)
		for range 2 {
			_, err := worker.CatchUp(ctx)
			poison, ok := errors.AsType[*projection.PoisonError](err)
			if !ok || poison.Record.Position != at || poison.Record.Type != broken || !errors.Is(err, errBroken) {
				e.Fatalf("the error is %v, want one of position %d", err, at)
			}
			if status := w.check(store, view, false); status.Checkpoint.Position != at-1 || status.Live {
				e.Fatalf("the poison is at %d and the view at %+v", at, status)
			}
		}
		repaired.Store(true)
		_, err := worker.CatchUp(ctx)
		e.must(err)
		if status := w.check(store, view, true); status.Checkpoint.Position != 51 {
			e.Fatalf("the view is at %d", status.Checkpoint.Position)
		}
		e.must(view.Reconcile(ctx, w.log, store, rowstore.New()))
	})
}

func poisonParks(e *env) {
	e.poisoned(func(e *env, w *writer, store projection.Store, view *projection.View, repaired *atomic.Bool, at events.Position) {
		ctx := context.Background()
		opts := append(e.randomOptions(), projection.OnPoison(projection.Park))
		worker := e.worker(w.log, store, view, opts...)
		p, err := worker.CatchUp(ctx)
		e.must(err)
		parked := func(want int) {
			e.Helper()
			e.must(view.Read(ctx, store, func(s projection.Snapshot) error {
				list, err := projection.Parked(s)
				if err != nil || len(list) != want {
					e.Fatalf("%v are parked, want %d: %v", list, want, err)
				}
				if want > 0 && (list[0].Position != at || list[0].Type != broken || list[0].Reason != errBroken.Error() || list[0].Corrupt().Stream != list[0].Stream) {
					e.Fatalf("%+v is parked", list[0])
				}
				return nil
			}))
		}
		if p.Parked != 1 || p.Checkpoint.Position != 51 {
			e.Fatalf("the progress is %+v", p)
		}
		parked(1)
		w.check(store, view, false)
		e.must(view.Reconcile(ctx, w.log, store, rowstore.New()))
		// The stream stays parked, for this worker and for a new one.
		w.write(10)
		e.catchUp(w.log, store, view, opts...)
		w.check(store, view, false)
		if again, err := worker.Retry(ctx); err != nil || len(again) != 1 || again[0].Position != at {
			e.Fatalf("retried without repair, %v are parked: %v", again, err)
		}
		parked(1)
		w.check(store, view, false)
		repaired.Store(true)
		if again, err := worker.Retry(ctx); err != nil || len(again) != 0 {
			e.Fatalf("retried after repair, %v are parked: %v", again, err)
		}
		parked(0)
		w.check(store, view, true)
		w.write(5)
		if p, err = worker.CatchUp(ctx); err != nil || p.Parked != 0 {
			e.Fatalf("the progress is %+v: %v", p, err)
		}
		w.check(store, view, true)
		e.must(view.Reconcile(ctx, w.log, store, rowstore.New()))
	})
}
