package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// noon is when events of the suite happen, unless the instant matters.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newEvent returns an event that carries text.
func newEvent(text string) events.Event {
	return events.Event{Type: "test.happened", Schema: 1, At: noon, Data: []byte(text)}
}

// newEvents returns n events.
func newEvents(n int) []events.Event {
	list := make([]events.Event, n)
	for i := range list {
		list[i] = newEvent(fmt.Sprint(i))
	}
	return list
}

// batch says what a stream gets; without events it is a guard.
func batch(stream events.StreamID, after events.Version, list ...events.Event) events.Batch {
	return events.Batch{Stream: stream, After: after, Events: list}
}

// asked is the digest of a request.
func asked(what string) [32]byte { return sha256.Sum256([]byte(what)) }

// commit returns a commit under a new ID, whose digest is that of the ID.
func (e *env) commit(batches ...events.Batch) events.Commit {
	id := e.id()
	return events.Commit{ID: id, Digest: asked(id.String()), Batches: batches}
}

// put appends batches as one commit that must be applied.
func (e *env) put(s events.Store, batches ...events.Batch) (events.Receipt, error) {
	return e.apply(s, e.commit(batches...))
}

// apply appends a commit that must be applied, for the first time.
func (e *env) apply(s events.Store, c events.Commit) (events.Receipt, error) {
	r, err := s.Append(e.ctx, c)
	if err != nil {
		return r, fmt.Errorf("a commit that should be applied: %w", err)
	}
	return r, firstReceipt(r, c)
}

// firstReceipt checks the receipt of a commit that was applied.
func firstReceipt(r events.Receipt, c events.Commit) error {
	switch {
	case r.Commit != c.ID:
		return fmt.Errorf("receipt names commit %s, want %s", r.Commit, c.ID)
	case r.Repeated:
		return fmt.Errorf("first receipt says Repeated: %+v", r)
	case c.IsGuard() && (r.First != 0 || r.Position != 0):
		return fmt.Errorf("receipt of guards alone has positions: %+v", r)
	case !c.IsGuard() && (r.First == 0 || r.Position < r.First+events.Position(c.Events()-1)):
		return fmt.Errorf("receipt of %d events has positions %d to %d", c.Events(), r.First, r.Position)
	}
	return nil
}

// again is the receipt that a retry must get.
func again(r events.Receipt) events.Receipt {
	r.Repeated = true
	return r
}

// conflicts checks that err is a conflict of that stream at those versions.
func conflicts(err error, stream events.StreamID, after, head events.Version) error {
	var c *events.ConflictError
	if !errors.As(err, &c) {
		return fmt.Errorf("want a *ConflictError on %s, got: %v", stream, err)
	}
	if want := (events.ConflictError{Stream: stream, After: after, Head: head}); *c != want {
		return fmt.Errorf("conflict is %+v, want %+v", *c, want)
	}
	return nil
}

// duplicates checks that err names the commit whose ID was used before.
func duplicates(err error, first events.Receipt) error {
	var d *events.DuplicateError
	if !errors.As(err, &d) {
		return fmt.Errorf("want a *DuplicateError of %s, got: %v", first.Commit, err)
	}
	if d.Commit != first.Commit || d.First != first {
		return fmt.Errorf("duplicate is %+v, want the first receipt %+v", *d, first)
	}
	return nil
}

// collect reads a sequence to its end.
func collect(seq iter.Seq2[events.Record, error]) ([]events.Record, error) {
	var list []events.Record
	for r, err := range seq {
		if err != nil {
			return list, fmt.Errorf("read: %w", err)
		}
		list = append(list, r)
	}
	return list, nil
}

// all reads the whole log.
func all(ctx context.Context, s events.Store) ([]events.Record, error) {
	return collect(s.ReadAll(ctx, 0, events.Filter{}))
}

// head returns the version of a stream, by reading it.
func head(ctx context.Context, s events.Store, stream events.StreamID) (events.Version, error) {
	list, err := collect(s.Read(ctx, stream, 0))
	return events.Version(len(list)), err
}

// stands checks that a stream is at a version.
func (e *env) stands(s events.Store, stream events.StreamID, want events.Version) error {
	got, err := head(e.ctx, s, stream)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("stream %s is at version %d, want %d", stream, got, want)
	}
	return nil
}

// unknown checks that the store has no commit of that ID.
func (e *env) unknown(s events.Store, id uuid.UUID) error {
	r, ok, err := s.Lookup(e.ctx, id)
	if err != nil {
		return fmt.Errorf("lookup: %w", err)
	}
	if ok {
		return fmt.Errorf("commit %s is known: %+v", id, r)
	}
	return nil
}

// known checks that the store has the commit of that receipt.
func (e *env) known(s events.Store, first events.Receipt) error {
	r, ok, err := s.Lookup(e.ctx, first.Commit)
	if err != nil {
		return fmt.Errorf("lookup: %w", err)
	}
	if !ok || r != first {
		return fmt.Errorf("lookup of %s gives %+v, %t; want %+v", first.Commit, r, ok, first)
	}
	return nil
}

// together runs f n times at once and returns the first error.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// inOrder runs the steps up to the first that fails.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
