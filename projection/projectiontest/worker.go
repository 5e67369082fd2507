package projectiontest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/events/storetest"
	"github.com/tradesurety/surety/projection"
	rowstore "github.com/tradesurety/surety/projection/memory"
)

func (e *env) worker(log events.Store, store projection.Store, view *projection.View, opts ...projection.Option) *projection.Worker {
	e.Helper()
	w, err := projection.New(log, store, view, opts...)
	e.must(err)
	return w
}

// catchUp runs a new worker to the end of the log.
func (e *env) catchUp(log events.Store, store projection.Store, view *projection.View, opts ...projection.Option) projection.Progress {
	e.Helper()
	p, err := e.worker(log, store, view, opts...).CatchUp(context.Background())
	e.must(err)
	return p
}

// views returns the views under test; broken events can be folded once repaired is true.
func views(repaired *atomic.Bool) []*projection.View {
	if repaired == nil {
		repaired = new(atomic.Bool)
	}
	return []*projection.View{sums(repaired), folded(repaired)}
}

// each runs a case for each view.
func (e *env) each(f func(*env, *projection.View)) {
	for _, v := range views(nil) {
		e.TB.(*testing.T).Run(v.Name, func(t *testing.T) { f(newEnv(t, e.config), v) })
	}
}

// finished checks that a view has the whole log and equals a rebuild.
func (e *env) finished(w *writer, store projection.Store, view *projection.View) {
	e.Helper()
	status := w.check(store, view, false)
	if end, err := w.log.Settled(context.Background()); err != nil || status.Checkpoint.Position != end {
		e.Fatalf("the view is at %d of %d: %v", status.Checkpoint.Position, end, err)
	}
	e.must(view.Reconcile(context.Background(), w.log, store, rowstore.New()))
}

// workersSideBySide runs several workers on one view while the log grows; some of them crash.
func workersSideBySide(e *env) {
	e.each(func(e *env, view *projection.View) {
		w, store := newWriter(e).write(300), e.open()
		e.sideBySide(w.log, store, view, func() { w.write(300) })
		e.catchUp(w.log, store, view)
		e.finished(w, store, view)
	})
}

// sideBySide returns when the workers have reached the end of the log.
func (e *env) sideBySide(log events.Store, store projection.Store, view *projection.View, meanwhile func()) {
	var group sync.WaitGroup
	for i := range uint64(3) {
		chance := rand.New(rand.NewPCG(e.rand.Uint64(), i))
		group.Go(func() {
			for round := 0; round < 12; round++ {
				c := &crashes{Store: store, after: chance.IntN(2) == 0}
				c.left.Store(int64(chance.IntN(20)))
				w, err := projection.New(log, c, view, projection.WithBatch(1+chance.IntN(10)), projection.PollEvery(time.Millisecond))
				if err == nil {
					_, err = w.CatchUp(context.Background())
				}
				if err != nil && !errors.Is(err, errCrash) {
					e.Error(err)
					return
				}
			}
		})
	}
	meanwhile()
	group.Wait()
}

func rebuildBeside(e *env) {
	e.each(func(e *env, view *projection.View) {
		ctx := context.Background()
		w, store := newWriter(e).write(50), e.open()
		e.catchUp(w.log, store, view)
		next := *view
		next.Version = 2
		nothing := func(projection.Snapshot) error { return nil }
		e.is(next.Read(ctx, store, nothing), projection.ErrNotPrepared)
		standby := e.worker(w.log, store, &next, projection.Standby())
		_, err := standby.CatchUp(ctx)
		e.must(err)
		e.is(next.Read(ctx, store, nothing), projection.ErrNotReady)
		live := func(version int) {
			e.Helper()
			e.must(store.Read(ctx, view.Name, 0, func(s projection.Snapshot) error {
				if s.Status().Version != version {
					e.Errorf("version %d is live, want %d", s.Status().Version, version)
				}
				return nil
			}))
		}
		live(1)
		w.write(20)
		e.catchUp(w.log, store, view) // the live version is still built
		live(1)
		e.catchUp(w.log, store, &next)
		live(2)
		e.catchUp(w.log, store, view) // and does not take over from a higher version
		live(2)
		e.must(view.Read(ctx, store, nothing))
		e.must(e.worker(w.log, store, view).TakeOver(ctx)) // unless the caller asks for it
		live(1)
		e.must(standby.TakeOver(ctx))
		live(2)
		w.check(store, view, false)
		w.check(store, &next, false)
		e.must(store.Drop(ctx, view.Name, 1))
		if _, err := e.worker(w.log, store, view, projection.Standby()).CatchUp(ctx); err != nil {
			e.Fatalf("a version that was dropped cannot be built again: %v", err)
		}
	})
}

func interrupted(e *env) {
	e.each(func(e *env, view *projection.View) {
		w, store := newWriter(e).write(400), e.open()
		var last projection.Progress
		for stops := 0; ; stops++ {
			ctx, cancel := context.WithCancel(context.Background())
			n := 0
			p, err := e.worker(w.log, store, view, projection.WithBatch(16), projection.OnProgress(func(p projection.Progress) {
				if p.Checkpoint.Position < last.Checkpoint.Position || p.End != 400 || p.Lag() != uint64(p.End-p.Checkpoint.Position) || p.Rate < 0 {
					e.Errorf("after %+v comes %+v", last, p)
				}
				if last = p; n == 2 {
					cancel()
				}
				n++
			})).CatchUp(ctx)
			cancel()
			if last != p && err == nil {
				e.Errorf("the end was reported as %+v, and returned as %+v", last, p)
			}
			if err == nil {
				if stops < 5 || p.Lag() != 0 || !p.Live {
					e.Fatalf("it was interrupted %d times and is at %+v", stops, p)
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				e.Fatal(err)
			}
			w.check(store, view, false)
		}
		e.finished(w, store, view)
	})
}

// unmarked returns a log that is no events.Marker.
func unmarked(log events.Store) events.Store { return struct{ events.Store }{log} }

func foreignLog(e *env) {
	e.each(func(e *env, view *projection.View) {
		ctx := context.Background()
		w, store := newWriter(e).write(50), e.open()
		worker := e.worker(w.log, store, view)
		_, err := worker.CatchUp(ctx)
		e.must(err)
		before := w.check(store, view, false)
		refused := func(log events.Store, ahead bool) {
			e.Helper()
			_, err := e.worker(log, store, view).CatchUp(ctx)
			_, isLog := errors.AsType[*projection.LogError](err)
			_, isPosition := errors.AsType[*events.PositionError](err)
			_, isFork := errors.AsType[*events.ForkError](err)
			if _, marks := log.(events.Marker); !isLog || isFork != marks || !marks && isPosition != ahead {
				e.Fatalf("the error is %v, want a *LogError", err)
			}
			if w.check(store, view, false) != before {
				e.Fatal("the view has changed")
			}
		}
		for _, log := range []func(events.Store) events.Store{unmarked, func(s events.Store) events.Store { return s }} {
			refused(log(memory.New()), true)
			refused(log(newWriter(e).write(49).log), true)
			refused(log(newWriter(e).write(50).log), false)
			refused(log(newWriter(e).write(80).log), false)
		}
	})
}

// forkIsSeen rewinds the log under a worker that follows it. The other history is shorter than what
// the view has, as long, or longer.
func forkIsSeen(e *env) {
	e.each(func(e *env, view *projection.View) {
		for _, more := range []int{0, 5, 10, 40} {
			ctx := context.Background()
			w, store := newWriter(e).write(50), e.open()
			log := storetest.NewSwitch(w.log.(*memory.Store))
			saved := w.log.(*memory.Store).Branch(50)
			other := &writer{e, saved, maps.Clone(w.heads)}
			w.write(10)
			caughtUp, ended := make(chan struct{}, 1000), make(chan error, 1)
			worker := e.worker(log, store, view, projection.PollEvery(time.Millisecond), projection.OnProgress(func(p projection.Progress) {
				if p.Live && p.Checkpoint.Position == 60 && len(caughtUp) == 0 {
					caughtUp <- struct{}{}
				}
			}))
			go func() { ended <- worker.Follow(ctx) }()
			<-caughtUp
			before := w.check(store, view, false)
			other.write(more)
			e.must(log.To(saved))
			refused := func(err error) {
				e.Helper()
				_, isLog := errors.AsType[*projection.LogError](err)
				if _, isFork := errors.AsType[*events.ForkError](err); !isLog || !isFork {
					e.Fatalf("%d events after the rewind: the error is %v, want a *LogError that is a *events.ForkError", more, err)
				}
				if w.check(store, view, false) != before {
					e.Fatal("the view has changed")
				}
			}
			refused(<-ended)
			_, err := worker.CatchUp(ctx)
			refused(err)
			// The log that is opened anew is another one too.
			_, err = e.worker(saved, store, view).CatchUp(ctx)
			refused(err)
		}
	})
}

func follows(e *env) {
	e.each(func(e *env, view *projection.View) {
		w, store := newWriter(e).write(20), e.open()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		worker := e.worker(w.log, store, view)
		go func() { done <- worker.Follow(ctx) }()
		for range 20 {
			position := w.one(e.rand.IntN(12), added)
			for {
				err := view.Wait(ctx, store, position)
				if errors.Is(err, projection.ErrNotPrepared) {
					time.Sleep(time.Millisecond)
					continue
				}
				e.must(err)
				break
			}
			w.check(store, view, false)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			e.Fatalf("Follow ends with %v", err)
		}
		short, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer stop()
		if err := view.Wait(short, store, 1000); !errors.Is(err, context.DeadlineExceeded) {
			e.Fatalf("waiting for a later position ends with %v", err)
		}
		e.finished(w, store, view)
	})
}

func reconcileFinds(e *env) {
	ctx := context.Background()
	view := views(nil)[0]
	for name, spoil := range map[string]projection.TableChange{
		"changed": {Table: balances, Put: []projection.Row{{projection.Text("account-3"), projection.Int(1), projection.Int(-1)}}},
		"missing": {Table: balances, Delete: []projection.Row{{projection.Text("account-3")}}},
		"extra":   {Table: balances, Put: []projection.Row{{projection.Text("account-30"), projection.Int(1), projection.Int(1)}}},
		"parked":  {Table: schemaOf(e, view).Table("parked"), Put: []projection.Row{{projection.Text("account-3"), projection.Int(1), projection.Int(1), projection.Text(""), projection.Text("")}}},
	} {
		w, store := newWriter(e).write(99), e.open()
		w.one(3, added) // no random history goes without the account that is spoilt
		e.catchUp(w.log, store, view)
		e.must(view.Reconcile(ctx, w.log, store, rowstore.New()))
		_, status := e.rows(store, schemaOf(e, view), balances)
		c := change(schemaOf(e, view), status.Checkpoint, spoil)
		c.To = status.Checkpoint
		c.To.Turn++
		e.must(store.Commit(ctx, c))
		err := view.Reconcile(ctx, w.log, store, rowstore.New())
		d, ok := errors.AsType[*projection.DifferenceError](err)
		if !ok || d.Table != spoil.Table.Name || d.Position != 100 || fmt.Sprint(d.Key) == "" {
			e.Errorf("%s: the error is %v", name, err)
		}
	}
}

func schemaOf(e *env, view *projection.View) *projection.Schema {
	e.Helper()
	s, err := view.Schema()
	e.must(err)
	return s
}
