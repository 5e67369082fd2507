package storetest

import (
	"context"
	"fmt"

	"github.com/tradesurety/surety/events"
)

// Same compares a copy of a log, such as a backup that was restored, with the log up to the position
// that the copy has to end at. It returns an error that names the first difference: a record that
// differs, is missing, or comes after last; a copy in which Settled or Lookup says something else
// than its records do. The log may go on meanwhile.
func Same(ctx context.Context, log, copied events.Store, last events.Position) error {
	settled, err := copied.Settled(ctx)
	if err != nil {
		return fmt.Errorf("settled: %w", err)
	}
	if settled != last {
		return fmt.Errorf("the copy is settled at %d, want %d", settled, last)
	}
	got, err := all(ctx, copied)
	if err != nil {
		return fmt.Errorf("the copy: %w", err)
	}
	if err := ordered(got); err != nil {
		return fmt.Errorf("the copy: %w", err)
	}
	n := 0
	for r, err := range log.ReadAll(ctx, 0, events.Filter{}) {
		if err != nil {
			return fmt.Errorf("the log: %w", err)
		}
		if r.Position > last {
			break
		}
		if n == len(got) {
			return fmt.Errorf("the copy ends before position %d", r.Position)
		}
		if err := sameRecords(got[n:n+1], []events.Record{r}); err != nil {
			return err
		}
		if err := sameReceipt(ctx, log, copied, &r); err != nil {
			return err
		}
		n++
	}
	if n < len(got) {
		return fmt.Errorf("the copy has a record at %d, where the log has none", got[n].Position)
	}
	return nil
}

// sameReceipt compares what both say of a commit whose first record is r.
func sameReceipt(ctx context.Context, log, copied events.Store, r *events.Record) error {
	if r.Index > 0 {
		return nil
	}
	want, _, err := log.Lookup(ctx, r.Commit)
	if err != nil {
		return fmt.Errorf("look up in the log: %w", err)
	}
	have, found, err := copied.Lookup(ctx, r.Commit)
	if err != nil || !found || have != want {
		return fmt.Errorf("the copy has the receipt %+v of commit %s, want %+v (known: %t, %w)", have, r.Commit, want, found, err)
	}
	return nil
}
