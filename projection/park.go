package projection

import (
	"context"
	"errors"

	"github.com/tradesurety/surety/events"
)

// ParkedStream is a stream that a view has set aside: its rows are as they were before the
// record that it names.
type ParkedStream struct {
	Stream   events.StreamID
	Version  events.Version
	Position events.Position
	Type     string
	Reason   string
}

// Corrupt returns the record and the reason as an error.
func (p ParkedStream) Corrupt() *events.CorruptError {
	return &events.CorruptError{
		Stream: p.Stream, Version: p.Version, Position: p.Position, Type: p.Type, Err: errors.New(p.Reason),
	}
}

// Parked returns the streams that are parked, by name.
func Parked(s Snapshot) ([]ParkedStream, error) {
	var list []ParkedStream
	err := Each(s, parked, Query{}, func(row Row) error {
		list = append(list, ParkedStream{
			Stream: events.StreamID(row[0].Text()), Version: events.Version(row[1].Int()),
			Position: events.Position(row[2].Int()), Type: row[3].Text(), Reason: row[4].Text(),
		})
		return nil
	})
	return list, err
}

// errRetrying is the reason of a stream that was parked and is being resumed.
var errRetrying = errors.New("the stream is being resumed")

// Retry resumes the parked streams, each from the record at which it stopped, up to the
// checkpoint. It returns those that had to be parked again. After an interruption the next call
// continues from there.
func (w *Worker) Retry(ctx context.Context) ([]ParkedStream, error) {
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	defer w.leave()
	// The slices of a run remember which streams are parked; that changes here.
	defer w.forget()
	var again, list []ParkedStream
	if err := w.resume(ctx); err != nil {
		return nil, err
	}
	err := w.store.Read(ctx, w.view.Name, w.view.Version, func(s Snapshot) (err error) {
		list, err = Parked(s)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		broken, err := w.retry(ctx, p)
		if err != nil {
			return again, err
		}
		if broken != nil {
			again = append(again, *broken)
		}
	}
	w.report()
	return again, nil
}

// retry resumes one stream.
func (w *Worker) retry(ctx context.Context, p ParkedStream) (*ParkedStream, error) {
	s := &slice{folder: w.view.New(w.log), rows: newRows(w.schema, w.store)}
	s.rows.ctx = ctx
	for r, err := range w.log.Read(ctx, p.Stream, p.Version-1) {
		if err != nil {
			return nil, err
		}
		if r.Position > w.at.Checkpoint.Position {
			break
		}
		if !w.view.Filter.Matches(r.Stream, r.Type) {
			continue
		}
		if s.folded > 0 && s.folded%uint64(w.batch) == 0 {
			// A stream may be longer than a batch.
			s.rows.park(&r, errRetrying)
			if err := w.commitRetry(ctx, s, 0); err != nil {
				return nil, err
			}
		}
		err := s.take(ctx, &r)
		if err == nil {
			s.folded++
			continue
		}
		poison, ok := errors.AsType[*events.CorruptError](err)
		if !ok {
			return nil, err
		}
		s.rows.park(&r, poison.Err)
		return &ParkedStream{r.Stream, r.Version, r.Position, r.Type, storable(poison.Err)}, w.commitRetry(ctx, s, 0)
	}
	s.rows.Delete(parked, Text(p.Stream))
	return nil, w.commitRetry(ctx, s, 1)
}

// commitRetry commits the rows of a resumed stream at the current checkpoint of the view.
func (w *Worker) commitRetry(ctx context.Context, s *slice, done int) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	c := &Change{Name: w.view.Name, Version: w.view.Version, From: w.at.Checkpoint, To: w.at.Checkpoint}
	c.To.Turn++
	var err error
	if c.Tables, err = merge([]*Rows{s.rows}); err != nil {
		return err
	}
	if err := w.store.Commit(ctx, c); err != nil {
		return err
	}
	w.at.Checkpoint = c.To
	w.at.Parked -= done
	return nil
}
