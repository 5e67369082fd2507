package projectiontest

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/projection"
)

// clearIsOneStep clears a live version while others read it, and fills it again. Another version stays as
// it is.
func clearIsOneStep(e *env) {
	store, s, other, ctx := e.open(), e.schema("hand", 2), e.schema("hand", 1), context.Background()
	e.must(store.Prepare(ctx, other))
	kept := change(other, projection.Checkpoint{}, put(things, thing("a", 1, "kept", 1)))
	e.must(store.Commit(ctx, kept))
	e.must(store.Prepare(ctx, s))
	var at projection.Checkpoint
	fill := func() {
		e.Helper()
		c := change(s, at, put(things, thing("a", 1, "x", int64(at.Turn)), thing("b", 2, "y", 2)), put(marks, projection.Row{projection.Int(1)}))
		e.must(store.Commit(ctx, c))
		at = c.To
	}
	fill()
	e.must(store.TakeOver(ctx, s.Name, s.Version, 0))

	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
				err := store.Read(ctx, s.Name, s.Version, func(snap projection.Snapshot) error {
					status := snap.Status()
					have, err := snap.Select(projection.Query{Table: "things"})
					last, no := snap.Select(projection.Query{Table: "marks"})
					filled := status.Checkpoint.Position > 0
					if err != nil || no != nil || (len(have) == 2) != filled || (len(last) == 1) != filled || !filled && (status.Live || status.Ready) {
						e.Errorf("%+v has %v and %v: %v, %v", status, have, last, err, no)
					}
					return nil
				})
				if err != nil {
					e.Error(err)
					return
				}
			}
		})
	}
	for range e.times(3, 100) {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if err := store.Clear(cancelled, s.Name, s.Version, at); !errors.Is(err, context.Canceled) {
			e.Fatalf("cancelled: %v", err)
		}
		before := at
		before.Turn--
		e.is(store.Clear(ctx, s.Name, s.Version, before), projection.ErrBehind)
		e.must(store.Clear(ctx, s.Name, s.Version, at))
		e.is(store.Commit(ctx, change(s, at)), projection.ErrBehind)
		e.is(store.Commit(ctx, change(s, projection.Checkpoint{})), projection.ErrBehind)
		e.is(store.Clear(ctx, s.Name, s.Version, at), projection.ErrBehind)
		at = at.Cleared()
		rows, status := e.rows(store, s, things)
		if want := (projection.Status{Name: s.Name, Version: s.Version, Checkpoint: at}); len(rows) > 0 || status != want {
			e.Fatalf("a version that was cleared has %v and is %+v, want %+v", rows, status, want)
		}
		e.is(store.Read(ctx, s.Name, 0, func(projection.Snapshot) error { return nil }), projection.ErrNotPrepared)
		fill()
		e.must(store.TakeOver(ctx, s.Name, s.Version, 0))
	}
	close(stop)
	group.Wait()
	rows, status := e.rows(store, other, things)
	e.same(rows, []projection.Row{thing("a", 1, "kept", 1)})
	if status.Checkpoint != kept.To {
		e.Fatalf("the other version is at %+v", status)
	}
}

// rebuildOnFork has workers find a view of another history than that of the log, each moment of the log
// and each step of the rebuild in turn being the one at which a worker dies.
func rebuildOnFork(e *env) {
	e.each(func(e *env, view *projection.View) {
		store, runs := e.open(), 0
		for _, more := range []int{0, 5, 10, 40} {
			for _, after := range []bool{false, true} {
				for _, at := range []int{0, 1, 4, 99} { // at the last one nothing fails
					if runs++; (at+more)%2 == 0 || e.long {
						if e.sampled(runs) {
							e.rebuilt(store, named(view, runs), more, at, after)
						}
					}
				}
			}
		}
	})
}

// rebuilt has a worker die at a step of a rebuild, and two others go on.
func (e *env) rebuilt(store projection.Store, view *projection.View, more, step int, after bool) {
	e.Helper()
	const common, lost = 20, 10
	ctx, w := context.Background(), newWriter(e).write(common)
	saved := w.log.(*memory.Store).Branch(common)
	other := &writer{e, saved, maps.Clone(w.heads)}
	w.write(lost)
	e.catchUp(w.log, store, view)
	other.write(more)

	if _, err := e.worker(saved, store, view).CatchUp(ctx); !isLogError(err) {
		e.Fatalf("without the option: %v", err)
	}
	w.check(store, view, false)
	rebuild := projection.WithRebuildOnFork()
	c := &crashes{Store: store, after: after}
	c.left.Store(int64(step))
	_, err := e.worker(saved, c, view, rebuild, projection.WithBatch(3), projection.WithSlices(1)).CatchUp(ctx)
	if err != nil && !errors.Is(err, errCrash) {
		e.Fatal(err)
	}
	// Until the view has caught up no reader sees it: all of the old rows, none, or all of the new ones.
	_, err = store.Versions(ctx, view.Name)
	e.must(err)
	err = view.Read(ctx, store, func(s projection.Snapshot) error {
		if at := s.Status().Checkpoint.Position; at != common+lost && at != events.Position(common+more) {
			e.Errorf("readers see the view at position %d", at)
		}
		return nil
	})
	if err != nil {
		e.is(err, projection.ErrNotReady)
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			worker, err := projection.New(saved, store, view, rebuild, projection.WithBatch(4))
			if err == nil {
				_, err = worker.CatchUp(ctx)
			}
			if err != nil {
				e.Error(err)
			}
		})
	}
	group.Wait()
	other.check(store, view, false)
	e.must(view.Read(ctx, store, func(s projection.Snapshot) error {
		if status := s.Status(); !status.Live || status.Checkpoint.Position != events.Position(common+more) {
			e.Errorf("the view is %+v", status)
		}
		return nil
	}))
	e.finished(other, store, view)

	// A worker clears once: beside workers on the other log it then returns the error.
	first := e.worker(saved, store, view, rebuild)
	for range 2 {
		other.write(1)
		if _, err = e.worker(w.log, store, view, rebuild).CatchUp(ctx); err != nil {
			e.Fatal(err)
		}
		_, err = first.CatchUp(ctx)
	}
	if !isLogError(err) {
		e.Fatalf("the second time: %v", err)
	}
}

func isLogError(err error) bool {
	_, ok := errors.AsType[*projection.LogError](err)
	return ok
}
