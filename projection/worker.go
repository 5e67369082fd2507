package projection

import (
	"context"
	"errors"
	"hash/maphash"
	"runtime"
	"time"

	"github.com/tradesurety/surety/events"
)

// Worker folds a log into one version of a view. Any number of workers, in any number of
// processes, may work on one version: one commits first, the others notice and continue from
// there, and no record is applied twice.
//
// A worker may be used by several goroutines; one of them runs at a time. It holds no resource
// while none of its methods runs, and needs no closing.
type Worker struct {
	log      events.Store
	store    Store
	view     *View
	schema   *Schema
	progress func(Progress)
	poison   Poison
	batch    int
	count    int
	poll     time.Duration
	standby  bool
	rebuild  bool // unless it was used up: see WithRebuildOnFork

	busy     chan struct{} // holds a token while a method runs
	prepared bool
	seed     maphash.Seed
	slices   []*slice
	at       Progress
	begun    time.Time
	before   uint64 // records that were folded before this run
}

// New returns a worker on a version of a view. A malformed view is a *DefinitionError.
func New(log events.Store, store Store, view *View, opts ...Option) (*Worker, error) {
	schema, err := view.Schema()
	if err != nil {
		return nil, err
	}
	w := &Worker{
		log: log, store: store, view: view, schema: schema,
		batch: DefaultBatch, count: runtime.GOMAXPROCS(0), poll: events.DefaultPoll,
		busy: make(chan struct{}, 1), seed: maphash.MakeSeed(),
		at: Progress{Name: view.Name, Version: view.Version},
	}
	for _, o := range opts {
		o(w)
	}
	if !view.ByStream {
		w.count = 1
	}
	return w, nil
}

// CatchUp folds the records after the checkpoint, up to the end of the log at the time of the
// call, and returns how far the view is. A version that has reached the end of the log takes over
// from a lower one, unless the worker is on Standby.
//
// It may be interrupted at any time, by ctx or by the death of the process: committed rows stay,
// and the next call, of this worker or of another one, continues from there. The errors are a
// *PoisonError, a *LogError, a *ViewError, errors of the program as described at Rows and View,
// and those of the log, of the store and of ctx.
func (w *Worker) CatchUp(ctx context.Context) (Progress, error) {
	if err := w.enter(ctx); err != nil {
		return Progress{Name: w.view.Name, Version: w.view.Version}, err
	}
	defer w.leave()
	err := w.catchUp(ctx)
	return w.at, err
}

// Follow catches up, and then folds new records as they are committed to the log, until ctx ends
// or something fails. It returns the error.
func (w *Worker) Follow(ctx context.Context) error {
	if err := w.enter(ctx); err != nil {
		return err
	}
	defer w.leave()
	for {
		wait := events.Watch(w.log, w.poll)
		if err := w.catchUp(ctx); err != nil {
			return err
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
}

// TakeOver makes this version the one that readers see, whichever version is live.
func (w *Worker) TakeOver(ctx context.Context) error {
	if err := w.enter(ctx); err != nil {
		return err
	}
	defer w.leave()
	return w.takeOver(ctx, func(int) bool { return true })
}

// enter waits until no other method runs, and prepares the tables of the view.
func (w *Worker) enter(ctx context.Context) error {
	select {
	case w.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	w.begun, w.before = time.Now(), w.at.Records
	if w.prepared {
		return nil
	}
	if err := w.store.Prepare(ctx, w.schema); err != nil {
		w.leave()
		return err
	}
	w.prepared = true
	return nil
}

func (w *Worker) leave() { <-w.busy }

// rest returns after a while, or with the error of ctx.
func (w *Worker) rest(ctx context.Context) error {
	t := time.NewTimer(w.poll)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// catchUp runs until the checkpoint is where the log ended at the beginning.
func (w *Worker) catchUp(ctx context.Context) error {
	end, err := w.log.Settled(ctx)
	if err != nil {
		return w.otherLog(err)
	}
	w.at.End = end
	for done := false; !done; {
		if done, err = w.step(ctx, &end); err == nil {
			continue
		}
		w.forget()
		if poison, ok := errors.AsType[*PoisonError](err); ok {
			err = first(w.upTo(ctx, poison.Record.Position-1), err)
		}
		if err = w.clearIfForked(ctx, err); err == nil {
			return w.catchUp(ctx)
		}
		if !errors.Is(err, ErrBehind) {
			return err
		}
		// Another worker is ahead; wait instead of racing it.
		if err := w.rest(ctx); err != nil {
			return err
		}
	}
	if !w.standby && !w.at.Live {
		if err := w.takeOver(ctx, func(live int) bool { return live < w.view.Version }); err != nil {
			return err
		}
	}
	w.report()
	return nil
}

// step takes the checkpoint to the end of the log, and reports whether it was there.
func (w *Worker) step(ctx context.Context, end *events.Position) (done bool, err error) {
	// The slices are valid for as long as this worker alone moves the checkpoint.
	if w.slices == nil {
		if err := w.resume(ctx); err != nil {
			return false, err
		}
	}
	if w.at.Checkpoint.Position > *end {
		// Another worker may have seen a later end. If not, the log has shrunk, or a copy of it that
		// is behind was asked, which the mark shows.
		if err = w.checkMark(ctx); err != nil {
			return false, err
		}
		if *end, err = w.end(ctx); err != nil {
			return false, err // and end has no meaning
		}
	}
	if w.at.Checkpoint.Position < *end {
		return false, w.run(ctx, *end)
	}
	// Nothing is read that would find the mark missing.
	err = w.checkMark(ctx)
	return err == nil, err
}

// clearIfForked clears the view if err says that it is of another log, and the worker has that option. A log
// that cannot be read is no log to build it from: its store value has met the other history itself.
// A crash after it leaves an empty version at the beginning of the log, which the next worker builds.
func (w *Worker) clearIfForked(ctx context.Context, err error) error {
	other, ok := errors.AsType[*LogError](err)
	if !ok || !w.rebuild {
		return err
	}
	if _, dead := w.log.Settled(ctx); dead != nil {
		return err
	}
	if mark := other.Checkpoint.Mark; !mark.IsZero() {
		m, ok := w.log.(events.Marker)
		if fork := (*events.ForkError)(nil); ok && !errors.As(m.Holds(ctx, mark), &fork) {
			return err // it has the mark: whoever said otherwise was behind
		}
	}
	err = w.store.Clear(ctx, w.view.Name, w.view.Version, other.Checkpoint)
	if err == nil {
		w.rebuild = false
	}
	return err
}

// upTo folds the records before a poison event that are not committed yet.
func (w *Worker) upTo(ctx context.Context, limit events.Position) error {
	err := w.resume(ctx)
	if err == nil && w.at.Checkpoint.Position < limit {
		err = w.run(ctx, limit)
	}
	w.forget()
	return err
}

// resume reads the checkpoint and the parked streams from the store, and makes the slices.
func (w *Worker) resume(ctx context.Context) error {
	var streams []events.StreamID
	err := w.store.Read(ctx, w.view.Name, w.view.Version, func(s Snapshot) error {
		status := s.Status()
		w.at.Checkpoint, w.at.Live = status.Checkpoint, status.Live
		return Each(s, parked, Query{}, func(row Row) error {
			streams = append(streams, events.StreamID(row[0].Text()))
			return nil
		})
	})
	if err != nil {
		return err
	}
	if err := w.checkLog(ctx); err != nil {
		return err
	}
	w.at.Parked = len(streams)
	w.slices = nil
	for range w.count {
		w.slices = append(w.slices, &slice{
			folder: w.view.New(w.log), rows: newRows(w.schema, w.store), parked: make(map[events.StreamID]bool),
		})
	}
	if w.at.Checkpoint.Position == 0 { // of a version without rows
		for _, s := range w.slices {
			s.rows.made = newMade()
		}
	}
	for _, s := range streams {
		w.slices[w.index(s)].parked[s] = true
	}
	return nil
}

// forget drops the slices: the store is no longer where they assume it is.
func (w *Worker) forget() { w.slices = nil }

// checkLog returns a *LogError if the checkpoint is not from this log.
func (w *Worker) checkLog(ctx context.Context) error {
	if err := w.checkMark(ctx); err != nil {
		return err
	}
	if _, err := w.end(ctx); err != nil {
		return err
	}
	c := w.at.Checkpoint
	if c.Last == 0 {
		return nil
	}
	for r, err := range w.log.ReadAll(ctx, c.Last-1, events.Filter{}) {
		if err != nil {
			return w.otherLog(err)
		}
		if r.Position != c.Last || r.Commit != c.Commit {
			return w.logError(errors.New("the last record of the view is a different one in the log"))
		}
		break
	}
	return nil
}

// checkMark returns a *LogError if the log has not the mark of the checkpoint.
func (w *Worker) checkMark(ctx context.Context) error {
	m, ok := w.log.(events.Marker)
	if !ok {
		return nil
	}
	return w.otherLog(m.Holds(ctx, w.at.Checkpoint.Mark))
}

// otherLog wraps the errors by which a log says that it is another one.
func (w *Worker) otherLog(err error) error {
	if fork := (*events.ForkError)(nil); errors.As(err, &fork) {
		return w.logError(err)
	}
	return err
}

// end returns the end of the log, or a *LogError if it lies before the checkpoint.
func (w *Worker) end(ctx context.Context) (events.Position, error) {
	end, err := w.log.Settled(ctx)
	if err != nil {
		return 0, w.otherLog(err)
	}
	if c := w.at.Checkpoint; c.Position > end {
		return 0, w.logError(&events.PositionError{After: c.Position, Settled: end})
	}
	return end, nil
}

func (w *Worker) logError(err error) error {
	return &LogError{View: w.view.Name, Version: w.view.Version, Checkpoint: w.at.Checkpoint, Err: err}
}

// takeOver makes this version live if over returns true for the live version, 0 for none.
func (w *Worker) takeOver(ctx context.Context, over func(live int) bool) error {
	for {
		list, err := w.store.Versions(ctx, w.view.Name)
		if err != nil {
			return err
		}
		live := 0
		for _, s := range list {
			if s.Live {
				live = s.Version
			}
		}
		if w.at.Live = live == w.view.Version; w.at.Live || !over(live) {
			return nil
		}
		err = w.store.TakeOver(ctx, w.view.Name, w.view.Version, live)
		if err == nil {
			w.at.Live = true
		}
		if !errors.Is(err, ErrOtherLive) {
			return err
		}
	}
}

// report calls the OnProgress function.
func (w *Worker) report() {
	if w.progress == nil {
		return
	}
	w.at.Elapsed = time.Since(w.begun)
	w.at.Rate = float64(w.at.Records-w.before) / max(w.at.Elapsed.Seconds(), 1e-9)
	w.progress(w.at)
}

// index returns the slice of a stream.
func (w *Worker) index(stream events.StreamID) int {
	if w.count == 1 {
		return 0
	}
	return int(maphash.String(w.seed, string(stream)) % uint64(w.count))
}

func (w *Worker) fault(err error) error {
	return &ViewError{Name: w.view.Name, Version: w.view.Version, Err: err}
}
