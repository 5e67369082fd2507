package projection

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// noLimit is the limit of a run that folds whatever the log has.
const noLimit = events.Position(math.MaxUint64)

// batch is a run of records in the order of their positions, divided into slices.
type batch struct {
	parts   [][]events.Record
	records int
	bytes   int
	to      events.Position // up to where the batch goes
	last    events.Position // of its last record; 0 if it has none
	commit  uuid.UUID
	err     error // why there are no more
}

// run folds the records beyond the checkpoint, up to end at least and to limit at most, batch by
// batch. While one batch is folded, the next one is read and the one before is committed.
func (w *Worker) run(ctx context.Context, end, limit events.Position) error {
	ctx, cancel := context.WithCancel(ctx)
	batches, spent := make(chan *batch), make(chan *batch, 2)
	from := w.at.Checkpoint
	go w.read(ctx, span{from.Position, min(end, limit), limit}, batches, spent)
	// Nobody leaves before the reader has: it uses the log, which is the caller's to close.
	defer func() {
		cancel()
		for range batches {
		}
	}()
	var commit pending
	for b := range batches {
		err := b.err
		var change *Change
		if err == nil {
			change, err = w.fold(ctx, b, from)
		}
		// A commit that failed came before whatever failed here.
		if err := first(w.settle(&commit), err); err != nil {
			return err
		}
		if err := w.bounded(); err != nil {
			return err
		}
		from = change.To
		commit.start(ctx, w, change)
		select {
		case spent <- b:
		default:
		}
	}
	// The reader also ends, with nothing to say, when ctx does.
	return first(w.settle(&commit), ctx.Err())
}

// first returns the first error that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// pending is a commit that is under way, or none.
type pending struct {
	done    chan error
	to      Checkpoint
	records uint64
	parked  int
}

func (p *pending) start(ctx context.Context, w *Worker, c *Change) {
	done := make(chan error, 1)
	*p = pending{done: done, to: c.To}
	for _, s := range w.slices {
		p.records += s.folded
		p.parked += s.park
	}
	go func() { done <- w.store.Commit(ctx, c) }()
}

// settle waits for the commit that is under way.
func (w *Worker) settle(p *pending) error {
	if p.done == nil {
		return nil
	}
	err := <-p.done
	p.done = nil
	if err != nil {
		return err
	}
	w.at.Checkpoint = p.to
	w.at.Records += p.records
	w.at.Parked += p.parked
	w.report()
	return nil
}

// bounded returns an error if the batch at hand parks more streams than can be.
func (w *Worker) bounded() error {
	n := w.at.Parked
	for _, s := range w.slices {
		n += s.park
	}
	if n > MaxParked {
		return w.fault(fmt.Errorf("%w: more than %d", ErrManyParked, MaxParked))
	}
	return nil
}

// span is a part of the log: what lies behind after, up to end at least and to limit at most.
type span struct{ after, end, limit events.Position }

// read makes batches of a part of the log.
func (w *Worker) read(ctx context.Context, part span, out chan<- *batch, spent <-chan *batch) {
	defer close(out)
	send := func(b *batch) bool {
		select {
		case out <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	b := w.newBatch(nil)
	for r, err := range w.log.ReadAll(ctx, part.after, w.view.Filter) {
		if err != nil {
			b.err = err
			send(b)
			return
		}
		if r.Position > part.limit {
			break
		}
		b.add(&r, w.index(r.Stream))
		if b.records < w.batch && b.bytes < maxBatchData {
			continue
		}
		if !send(b) {
			return
		}
		select {
		case old := <-spent:
			b = w.newBatch(old)
		default:
			b = w.newBatch(nil)
		}
	}
	// What the filter has passed over is behind the view as well.
	b.to = max(b.to, part.end)
	send(b)
}

func (b *batch) add(r *events.Record, part int) {
	b.parts[part] = append(b.parts[part], *r)
	b.records++
	b.bytes += len(r.Data) + len(r.Meta)
	b.to, b.last, b.commit = r.Position, r.Position, r.Commit
}

// newBatch returns an empty batch, in the room of one that nobody needs any more.
func (w *Worker) newBatch(old *batch) *batch {
	if old == nil {
		return &batch{parts: make([][]events.Record, w.count)}
	}
	for i := range old.parts {
		clear(old.parts[i])
		old.parts[i] = old.parts[i][:0]
	}
	*old = batch{parts: old.parts}
	return old
}

// fold makes the change of a batch.
func (w *Worker) fold(ctx context.Context, b *batch, from Checkpoint) (*Change, error) {
	to := Checkpoint{Turn: from.Turn + 1, Position: max(b.to, from.Position), Last: b.last, Commit: b.commit}
	if b.last == 0 {
		to.Last, to.Commit = from.Last, from.Commit
	}
	var group sync.WaitGroup
	errs := make([]error, len(w.slices))
	for i, s := range w.slices {
		if s.folded, s.park = 0, 0; len(b.parts[i]) > 0 {
			group.Go(func() { errs[i] = s.fold(ctx, b.parts[i], w) })
		}
	}
	group.Wait()
	if err := firstOf(errs); err != nil {
		return nil, err
	}
	rows := make([]*Rows, len(w.slices))
	for i, s := range w.slices {
		rows[i] = s.rows
	}
	tables, err := merge(rows)
	return &Change{Name: w.view.Name, Version: w.view.Version, From: from, To: to, Tables: tables}, err
}

// firstOf returns an error that is no poison if there is one, and otherwise the poison that
// comes first in the log.
func firstOf(errs []error) error {
	var least *PoisonError
	for _, err := range errs {
		p, ok := errors.AsType[*PoisonError](err)
		if err != nil && !ok {
			return err
		}
		if ok && (least == nil || p.Record.Position < least.Record.Position) {
			least = p
		}
	}
	if least == nil {
		return nil
	}
	return least
}

// slice folds some of the streams: each stream belongs to one slice.
type slice struct {
	folder Folder
	rows   *Rows
	parked map[events.StreamID]bool
	folded uint64 // records of the batch at hand
	park   int    // streams that the batch at hand has parked
}

// fold folds the slice's part of a batch.
func (s *slice) fold(ctx context.Context, records []events.Record, w *Worker) error {
	s.rows.ctx = ctx
	for i := range records {
		r := &records[i]
		if len(s.parked) > 0 && s.parked[r.Stream] {
			continue
		}
		err := s.take(ctx, r)
		if err == nil {
			s.folded++
			continue
		}
		poison, ok := errors.AsType[*events.CorruptError](err)
		switch {
		case !ok:
			return err
		case w.poison == Stop:
			return &PoisonError{View: w.view.Name, Version: w.view.Version, Record: poison}
		}
		s.rows.park(r, poison.Err)
		s.parked[r.Stream] = true
		s.park++
	}
	return s.flush(ctx)
}

// take folds one record whole or not at all. If it is the record's fault that it cannot be
// folded, the error is a *events.CorruptError of it.
func (s *slice) take(ctx context.Context, r *events.Record) error {
	err := s.folder.Fold(ctx, s.rows, r)
	switch {
	case s.rows.err != nil:
		return s.rows.err
	case err == nil:
		s.rows.keep()
		return nil
	}
	s.rows.back()
	if _, ok := errors.AsType[*unavailable](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.Corrupt(err)
}

func (s *slice) flush(ctx context.Context) error {
	err := s.folder.Flush(ctx, s.rows)
	s.rows.keep()
	return first(s.rows.err, err)
}
