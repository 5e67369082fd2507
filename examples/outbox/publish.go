package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradesurety/surety/events"
)

// mark is the last event that a destination has acknowledged.
type mark struct {
	Position events.Position `json:"position"`
	Event    string          `json:"event"`
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
		if unsaved > 0 {
			err = errors.Join(err, o.save(at))
		}
	}()
	if err := o.checkLog(ctx, at); err != nil {
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
		// A crash before this line, or before the mark is on the disk, repeats the event: the mark
		// is always saved after the acknowledgement.
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

// checkLog checks that the log has the event of the mark at the position of the mark. Another log, or
// one that was restored from a backup, does not, and cannot continue what the receiver has.
func (o *outbox) checkLog(ctx context.Context, at mark) error {
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
	return fmt.Errorf("the log has no event %s at position %d: the checkpoint is of another log, or the log was restored from a backup", at.Event, at.Position)
}
