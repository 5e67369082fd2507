package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
)

// mark says how far a destination has come: the last event that it has acknowledged.
type mark struct {
	Position events.Position `json:"position"`
	Event    string          `json:"event"`
}

// outbox publishes a log. Send returns once an event is acknowledged, save once a mark is on
// the disk.
type outbox struct {
	store      events.Store
	source     string
	mask, once bool
	every      int // events are acknowledged at most before a mark is saved, and so repeated after a crash
	send       func(ctx context.Context, event []byte) error
	save       func(mark) error
}

// publish sends what the log has after a mark, one event after the other, and holds one page of
// the log, however far the receiver is behind. That ctx has ended is no error.
func (o *outbox) publish(ctx context.Context, at mark) (err error) {
	unsaved, end := 0, events.Position(0)
	defer func() {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = nil
		}
		if unsaved > 0 {
			err = errors.Join(err, o.save(at))
		}
	}()
	if err := o.belongs(ctx, at); err != nil {
		return err
	}
	var filter events.Filter
	if o.mask {
		filter = maskable()
	}
	records := events.Tail(ctx, o.store, at.Position, filter)
	if o.once {
		records = o.store.ReadAll(ctx, at.Position, filter)
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
		// A crash before this line, or before the mark is on the disk, repeats the event: the
		// mark follows the acknowledgement and never precedes it.
		at, unsaved = mark{r.Position, eventID(&r)}, unsaved+1
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

// belongs checks that the log has the event of the mark where the mark says: one that was
// restored from a backup, or is another log, has not, and what the receiver has of it cannot
// be continued.
func (o *outbox) belongs(ctx context.Context, at mark) error {
	if at.Position == 0 {
		return nil
	}
	settled, err := o.store.Settled(ctx)
	if err != nil {
		return err
	}
	if settled < at.Position {
		return &events.PositionError{After: at.Position, Settled: settled}
	}
	for r, err := range o.store.ReadAll(ctx, at.Position-1, events.Filter{}) {
		if err != nil {
			return err
		}
		if r.Position == at.Position && eventID(&r) == at.Event {
			return nil
		}
		break
	}
	return fmt.Errorf("the log has no event %s at position %d: the checkpoint is of another log or of one that was restored since", at.Event, at.Position)
}
