package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
)

// mark is the last event that a destination has acknowledged, and where in which history of the log it
// is. Without a Mark in its cursor, as an earlier version kept it, the event alone says which log it is.
type mark struct {
	at    events.Cursor
	event string
}

// outbox publishes a log. The function send returns once an event is acknowledged, save once a mark is
// on the disk.
type outbox struct {
	store      events.Store
	source     string
	mask, once bool
	every      int // how many events at most are acknowledged before a mark is saved
	send       func(ctx context.Context, event []byte) error
	save       func(mark) error
}

// publish sends the events after a mark, one by one. It holds one page of the log in memory, however far
// the receiver is behind. The end of ctx is not an error.
func (o *outbox) publish(ctx context.Context, at mark) (err error) {
	unsaved, end := 0, events.Position(0)
	defer func() {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = nil
		}
		err = explained(err, at)
		if unsaved > 0 {
			err = errors.Join(err, o.save(at))
		}
	}()
	if at, err = o.marked(ctx, at); err != nil {
		return err
	}
	var filter events.Filter
	if o.mask {
		filter = maskable()
	}
	next := at.at
	records := events.TailFrom(ctx, o.store, &next, filter)
	if o.once {
		records = events.ReadFrom(ctx, o.store, &next, filter)
	}
	for r, err := range records {
		if err != nil {
			return err
		}
		event, err := encode(&r, o.source, o.mask)
		if err != nil {
			return err
		}
		if err := o.send(ctx, event); err != nil {
			return fmt.Errorf("event %s at position %d: %w", eventID(&r), r.Position, err)
		}
		// A crash before this line, or before the mark is on the disk, repeats the event: the mark
		// is always saved after the acknowledgement.
		at, unsaved = mark{next, eventID(&r)}, unsaved+1
		if r.Position >= end {
			if end, err = o.store.Settled(ctx); err != nil {
				return err
			}
		}
		if r.Position < end && unsaved < o.every {
			continue
		}
		if err := o.save(at); err != nil {
			return err
		}
		unsaved = 0
	}
	return nil
}

// marked returns a mark with the link of the log, and saves it. Without one the event alone says which log
// it is of: another log, or one that was restored from a backup, does not have it there, and cannot
// continue what the receiver has.
func (o *outbox) marked(ctx context.Context, m mark) (mark, error) {
	at := m.at.Position
	if at == 0 || !m.at.Mark.IsZero() {
		return m, nil
	}
	settled, err := o.store.Settled(ctx)
	if err == nil && settled < at {
		err = &events.PositionError{After: at, Settled: settled}
	}
	if err != nil {
		return m, err
	}
	for r, err := range o.store.ReadAll(ctx, at-1, events.Filter{}) {
		if err == nil && (r.Position != at || eventID(&r) != m.event) {
			err = fmt.Errorf("%w, %s at position %d: it is another log, or one that was restored from a backup", errNoEvent, m.event, at)
		}
		if err != nil {
			return m, err
		}
		break
	}
	log, ok := o.store.(events.Marker)
	if !ok {
		return m, nil
	}
	if m.at.Mark, err = log.Mark(ctx, at); err != nil {
		return m, err
	}
	return m, o.save(m)
}

// errNoEvent says that an event that the receiver has is not where it was in the log.
var errNoEvent = errors.New("the log does not have the last event of the checkpoint")

// otherLogError says that the log is on another history than the one that was published, and what to do.
type otherLogError struct {
	position events.Position // up to which the receiver has acknowledged
	err      error
}

func (e *otherLogError) Error() string {
	return fmt.Sprintf("%v. The receiver has acknowledged events up to position %d, and nothing of the other history was published. "+
		"Start again; if the checkpoint is refused then too, the receiver has events that are not in this log: agree with it what becomes of them, "+
		"and publish this log from its beginning under another -source, with another -checkpoint", e.err, e.position)
}

// Unwrap returns the cause.
func (e *otherLogError) Unwrap() error { return e.err }

// explained makes an *otherLogError of an error by which a log says that it is another one.
func explained(err error, at mark) error {
	fork, ahead := (*events.ForkError)(nil), (*events.PositionError)(nil)
	if errors.As(err, &fork) || errors.As(err, &ahead) || errors.Is(err, errNoEvent) {
		return &otherLogError{at.at.Position, err}
	}
	return err
}
