package projection

import (
	"context"
	"time"

	"github.com/tradesurety/surety/events"
)

// Read runs f on one state of this version of the view. A version that has never been live is a
// *ViewError that is ErrNotReady: it may be half built. A version that was replaced by another
// one can be read until it is dropped.
func (v *View) Read(ctx context.Context, store Store, f func(Snapshot) error) error {
	return store.Read(ctx, v.Name, v.Version, func(s Snapshot) error {
		if !s.Status().Ready {
			return &ViewError{Name: v.Name, Version: v.Version, Err: ErrNotReady}
		}
		return f(s)
	})
}

// Wait returns when this version of the view has reached a position of the log, such as that of
// a Receipt, or returns the error of ctx.
func (v *View) Wait(ctx context.Context, store Store, position events.Position) error {
	const often = 5 * time.Millisecond
	for {
		var at events.Position
		err := store.Read(ctx, v.Name, v.Version, func(s Snapshot) error {
			at = s.Status().Checkpoint.Position
			return nil
		})
		if err != nil || at >= position {
			return err
		}
		t := time.NewTimer(often)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}
