package projectiontest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
	rowstore "github.com/tradesurety/surety/projection/memory"
)

// crashes is a store that fails at one of its commits, a clearing among them, before it is applied or
// after.
type crashes struct {
	projection.Store
	left   atomic.Int64 // commits until the crash
	after  bool
	commit func(ctx context.Context, c *projection.Change) error
}

func (c *crashes) Commit(ctx context.Context, change *projection.Change) error {
	commit := c.Store.Commit
	if c.commit != nil {
		commit = c.commit
	}
	return c.write(func() error { return commit(ctx, change) })
}

func (c *crashes) Clear(ctx context.Context, name string, version int, from projection.Checkpoint) error {
	return c.write(func() error { return c.Store.Clear(ctx, name, version, from) })
}

func (c *crashes) write(f func() error) error {
	if c.left.Add(-1) != -1 {
		return f()
	}
	if !c.after {
		return errCrash
	}
	return errors.Join(f(), errCrash)
}

// crashAtEveryStep interrupts a worker at each of its steps in turn: at every record that is read,
// at every record that is folded, and before and after every commit.
func crashAtEveryStep(e *env) {
	const records, batch = 20, 3
	e.each(func(e *env, view *projection.View) {
		store, runs := e.open(), 0
		for _, step := range []string{"read", "fold", "before commit", "after commit"} {
			for at := range records + 1 {
				if !e.sampled(at) {
					continue
				}
				// Each run has its own view in the store.
				runs++
				view := named(view, runs)
				w := newWriter(e).write(records)
				log, c, v := &faulty{Store: w.log, after: 1 << 30}, &crashes{Store: store, after: step == "after commit"}, *view
				c.left.Store(1 << 30)
				switch step {
				case "read":
					log.after = at
				case "fold":
					v.New = failsAfter(view.New, at)
				default:
					c.left.Store(int64(at))
				}
				_, err := e.worker(log, c, &v, projection.WithBatch(batch)).CatchUp(context.Background())
				// There are fewer commits than records.
				crashed, all := errors.Is(err, errCrash), step == "read" || step == "fold"
				if err != nil && !crashed || crashed && at == records || !crashed && all && at < records {
					e.Fatalf("%s, step %d: %v", step, at, err)
				}
				w.check(store, view, false)
				e.catchUp(w.log, store, view)
				e.finished(w, store, view)
			}
		}
	})
}

// crashAnywhere interrupts workers at random steps. Each time a new worker begins, which knows only
// what is in the store.
func crashAnywhere(e *env) {
	e.each(func(e *env, view *projection.View) {
		for range e.times(2, 500) {
			w, store := newWriter(e).write(60), e.open()
			for step := 0; step < 60; {
				c := &crashes{Store: store, after: e.rand.IntN(2) == 0}
				log := &faulty{Store: w.log, after: 1 << 30}
				v := *view
				c.left.Store(1 << 30)
				// Each worker gets a little further, and fails when it reads, folds or commits.
				switch step += 1 + e.rand.IntN(3); e.rand.IntN(3) {
				case 0:
					log.after = e.rand.IntN(8)
				case 1:
					c.left.Store(int64(e.rand.IntN(2)))
				case 2:
					v.New = failsAfter(view.New, e.rand.IntN(8))
				}
				opts := []projection.Option{projection.WithBatch(1 + e.rand.IntN(5)), projection.WithSlices(1 + e.rand.IntN(3))}
				_, err := e.worker(log, c, &v, opts...).CatchUp(context.Background())
				if err != nil && !errors.Is(err, errCrash) {
					e.Fatal(err)
				}
				w.check(store, view, false)
			}
			e.catchUp(w.log, store, view)
			e.finished(w, store, view)
		}
	})
}

// failsAfter makes folding fail after that many records, with an error that is not about the record.
func failsAfter(begin func(events.Store) projection.Folder, after int) func(events.Store) projection.Folder {
	var n atomic.Int64
	return func(log events.Store) projection.Folder {
		return folderFunc{begin(log), func() error {
			if n.Add(1) > int64(after) {
				return projection.Unavailable(errCrash)
			}
			return nil
		}}
	}
}

type folderFunc struct {
	projection.Folder
	before func() error
}

func (f folderFunc) Fold(ctx context.Context, rows *projection.Rows, r *events.Record) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.Folder.Fold(ctx, rows, r)
}

// controlCheckpointFirst is a store that commits the checkpoint before the rows: a crash between
// the two loses rows.
func controlCheckpointFirst(e *env) {
	e.scripted()
	w, store, ctx := newWriter(e).write(40), e.open(), context.Background()
	view := views(nil)[0]
	c := &crashes{Store: store}
	c.left.Store(1 << 30)
	c.commit = func(ctx context.Context, change *projection.Change) error {
		early := *change
		early.Tables = nil
		if err := store.Commit(ctx, &early); err != nil {
			return err
		}
		if change.To.Position > 20 {
			return errCrash
		}
		late := *change
		late.From, late.To = early.To, early.To
		late.To.Turn++
		return store.Commit(ctx, &late)
	}
	for range 10 {
		_, _ = e.worker(w.log, c, view, projection.WithBatch(4)).CatchUp(ctx)
	}
	e.catchUp(w.log, store, view)
	e.differs(view.Reconcile(ctx, w.log, store, rowstore.New()))
}

// controlNoFence is a store that applies a commit wherever the checkpoint is: two workers apply the
// same records twice.
func controlNoFence(e *env) {
	e.scripted()
	const begun = 4
	w, store, ctx := newWriter(e).write(begun), e.open(), context.Background()
	view := views(nil)[0]
	// A worker that begins with an empty view would not read the rows of the other one.
	e.catchUp(w.log, store, view)
	w.write(40)
	blind := &crashes{Store: store}
	blind.left.Store(1 << 30)
	blind.commit = func(ctx context.Context, change *projection.Change) error {
		c := *change
		err := store.Read(ctx, c.Name, c.Version, func(s projection.Snapshot) error {
			c.From = s.Status().Checkpoint
			return nil
		})
		if err != nil {
			return err
		}
		c.To.Turn = c.From.Turn + 1
		return store.Commit(ctx, &c)
	}
	// The second worker runs between the read and the commit of the first one.
	first := &crashes{Store: blind}
	first.left.Store(1 << 30)
	first.commit = func(ctx context.Context, change *projection.Change) error {
		if change.From.Position == begun {
			if _, err := e.worker(w.log, blind, view, projection.WithBatch(7)).CatchUp(ctx); err != nil {
				return err
			}
		}
		return blind.Commit(ctx, change)
	}
	_, err := e.worker(w.log, first, view, projection.WithBatch(10)).CatchUp(ctx)
	e.must(err)
	e.differs(view.Reconcile(ctx, w.log, store, rowstore.New()))
}

// scripted makes the events the same in every run: a control must be detected in every run, and
// random events can cancel the fault out.
func (e *env) scripted() { e.rand = rand.New(rand.NewPCG(1, 0)) }

// differs requires that the fault of a control was detected.
func (e *env) differs(err error) {
	e.Helper()
	if d, ok := errors.AsType[*projection.DifferenceError](err); !ok {
		e.Fatalf("the fault is not detected: %v", err)
	} else {
		e.Logf("detected: %v", d)
	}
}
