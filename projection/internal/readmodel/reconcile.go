package readmodel

import (
	"context"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/projection"
)

// Check compares the figures of one state of a view with each other.
type Check func(projection.Snapshot) error

// Reconcile recomputes each view from the events, in a scratch store of its own, and returns the
// first difference. If checks has one under the name of the view, it then runs at the end of the
// log: a checkpoint may be within a commit, the end of the log is not.
func Reconcile(ctx context.Context, log events.Store, store projection.Store, scratch func() projection.Store,
	views []*projection.View, checks map[string]Check) error {
	for _, v := range views {
		anew := scratch()
		if err := v.Reconcile(ctx, log, store, anew); err != nil {
			return err
		}
		check, ok := checks[v.Name]
		if !ok {
			continue
		}
		w, err := projection.New(log, anew, v, projection.OnPoison(projection.Park))
		if err != nil {
			return err
		}
		if _, err := w.CatchUp(ctx); err != nil {
			return err
		}
		if err := v.Read(ctx, anew, check); err != nil {
			return err
		}
	}
	return nil
}
