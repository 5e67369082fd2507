package projection

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

const (
	// maxChunk is how many records are read before they are folded: few enough that reading and
	// folding overlap, and enough that passing them on costs nothing.
	maxChunk = 512
	// maxChunkData is after how many bytes of data and meta a chunk ends early. It bounds the
	// memory of the chunks that are read ahead.
	maxChunkData = 1 << 20
	// ahead is how many chunks are read ahead.
	ahead = 8
)

// chunk is a run of records in the order of their positions, divided into slices. One or more of
// them are a batch, which is committed.
type chunk struct {
	parts   [][]events.Record
	records int
	bytes   int
	to      events.Position // the end of the chunk
	last    events.Position // of its last record; 0 if it has none
	commit  uuid.UUID
	mark    events.Mark // at or after the end
	ends    bool        // it is the last one
	err     error       // why it is the last one
}

// run folds the records after the checkpoint up to a position, batch by batch. While one batch is
// folded, the next records are read and the previous batch is committed.
func (w *Worker) run(ctx context.Context, end events.Position) error {
	ctx, cancel := context.WithCancel(ctx)
	chunks, spent := make(chan *chunk, ahead), make(chan *chunk, ahead)
	go w.read(ctx, w.at.Checkpoint.cursor(), end, chunks, spent)
	// The reader ends first: it uses the log, which the caller may close afterwards.
	defer func() {
		cancel()
		for range chunks {
		}
	}()
	var commit pending
	from := w.at.Checkpoint
	to := from
	records, bytes := 0, 0 // of the batch
	w.begin()
	for c := range chunks {
		err := c.err
		if err == nil {
			err = w.fold(ctx, c)
		}
		if err != nil {
			// An error of the running commit comes first: it is about earlier records.
			return first(w.settle(&commit), w.otherLog(err))
		}
		to.reach(c)
		records += c.records
		bytes += c.bytes
		ends := c.ends
		recycle(spent, c)
		if records+w.chunk() <= w.batch && bytes < maxBatchData && !ends {
			continue
		}
		to.Turn++
		change, err := w.change(ctx, from, to)
		if err := first(w.settle(&commit), err, w.bounded()); err != nil {
			return err
		}
		commit.start(ctx, w, change)
		from, records, bytes = to, 0, 0
		w.begin()
	}
	// The reader also ends, without an error, when ctx does.
	return first(w.settle(&commit), ctx.Err())
}

// chunk is how many records of a batch are read before they are folded.
func (w *Worker) chunk() int {
	chunks := (w.batch + maxChunk - 1) / maxChunk
	return w.batch / chunks
}

// recycle returns the memory of a chunk to the reader.
func recycle(spent chan<- *chunk, c *chunk) {
	select {
	case spent <- c:
	default:
	}
}

// reach moves a checkpoint to the end of a chunk.
func (c *Checkpoint) reach(k *chunk) {
	c.Position, c.Mark = max(c.Position, k.to), k.mark
	if k.last != 0 {
		c.Last, c.Commit = k.last, k.commit
	}
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

// pending is a commit that is running, or none.
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

// settle waits for the running commit.
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

// bounded returns an error if the current batch parks too many streams.
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

// read makes chunks of the records after a cursor, up to a position. The last chunk reaches that
// position, even if the filter let no record there through.
func (w *Worker) read(ctx context.Context, from events.Cursor, end events.Position, out chan<- *chunk, spent <-chan *chunk) {
	defer close(out)
	size := w.chunk()
	c := w.newChunk(spent)
	send := func() bool {
		select {
		case out <- c:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for r, err := range events.ReadFrom(ctx, w.log, &from, w.view.Filter) {
		if err != nil {
			c.err = err
			send()
			return
		}
		if r.Position > end {
			break
		}
		// A full chunk is sent when another record follows, so it is known not to be the last.
		if c.records >= size || c.bytes >= maxChunkData {
			if !send() {
				return
			}
			c = w.newChunk(spent)
		}
		c.add(&r, w.index(r.Stream))
		c.mark = from.Mark
		if r.Position == end {
			break
		}
	}
	if from.Position < end { // what is there was not read
		c.err = w.fault(fmt.Errorf("the log was to be read up to position %d, and ended at %d", end, from.Position))
	}
	c.to, c.mark, c.ends = end, from.Mark, true
	send()
}

func (c *chunk) add(r *events.Record, part int) {
	c.parts[part] = append(c.parts[part], *r)
	c.records++
	c.bytes += len(r.Data) + len(r.Meta)
	c.to, c.last, c.commit = r.Position, r.Position, r.Commit
}

// newChunk returns an empty chunk, in recycled memory if there is any.
func (w *Worker) newChunk(spent <-chan *chunk) *chunk {
	select {
	case old := <-spent:
		for i := range old.parts {
			old.parts[i] = old.parts[i][:0] // its records are overwritten soon
		}
		*old = chunk{parts: old.parts}
		return old
	default:
		return &chunk{parts: make([][]events.Record, w.count)}
	}
}

// begin begins a batch.
func (w *Worker) begin() {
	for _, s := range w.slices {
		s.folded, s.park = 0, 0
	}
}

// fold folds a chunk.
func (w *Worker) fold(ctx context.Context, c *chunk) error {
	return w.each(func(i int, s *slice) error { return s.fold(ctx, c.parts[i], w) })
}

// each calls f for all slices concurrently.
func (w *Worker) each(f func(i int, s *slice) error) error {
	if len(w.slices) == 1 {
		return f(0, w.slices[0])
	}
	var group sync.WaitGroup
	errs := make([]error, len(w.slices))
	for i, s := range w.slices {
		group.Go(func() { errs[i] = f(i, s) })
	}
	group.Wait()
	return firstOf(errs)
}

// change returns the change of a batch whose records are folded.
func (w *Worker) change(ctx context.Context, from, to Checkpoint) (*Change, error) {
	err := w.each(func(_ int, s *slice) error { return s.flush(ctx) })
	if err != nil {
		return nil, err
	}
	rows := make([]*Rows, len(w.slices))
	for i, s := range w.slices {
		rows[i] = s.rows
	}
	tables, err := merge(rows)
	return &Change{Name: w.view.Name, Version: w.view.Version, From: from, To: to, Tables: tables}, err
}

// firstOf returns an error other than a *PoisonError if there is one, and otherwise the
// *PoisonError that is first in the log.
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
	folded uint64 // records of the current batch
	park   int    // streams that the current batch has parked
}

// fold folds the slice's part of a chunk.
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
	return nil
}

// take folds one record completely or not at all. If the record cannot be folded, the error is a
// *events.CorruptError about it.
func (s *slice) take(ctx context.Context, r *events.Record) error {
	err := s.folder.Fold(ctx, s.rows, r)
	switch {
	case s.rows.err != nil:
		return s.rows.err
	case err == nil:
		s.rows.keep()
		return nil
	}
	s.rows.revert()
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
