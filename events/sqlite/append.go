package sqlite

import (
	"context"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/internal/admit"
)

// Append implements events.Store. A caller whose transaction runs on its own goroutine gets the
// outcome even if its context ends first.
func (s *Store) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := c.Validate(); err != nil {
		return events.Receipt{}, err
	}
	if err := s.writable(); err != nil {
		return events.Receipt{}, err
	}
	if c.IsGuard() {
		// What is found beside the writer is there for good; what is not may still be on its way.
		if r, known, err := s.known(ctx, c); known || err != nil {
			return r, err
		}
	}
	return s.writer.Append(ctx, c)
}

// known answers a commit whose ID a reading connection finds.
func (s *Store) known(ctx context.Context, c events.Commit) (receipt events.Receipt, found bool, err error) {
	err = s.read(ctx, "look up", func(r *reader) (err error) {
		var k admit.Known
		if k, found, err = r.probe.commit(c.ID); found {
			v := admit.Group([]events.Commit{c}, nil, map[uuid.UUID]admit.Known{c.ID: k})[0]
			receipt, err = v.Receipt, v.Err
		}
		return err
	})
	return receipt, found, err
}

// CheckGuards implements events.GuardChecker. What it sees is one state of the file, which a reading
// connection has.
func (s *Store) CheckGuards(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := admit.ValidateGuards(&c); err != nil {
		return events.Receipt{}, err
	}
	var v admit.Verdict
	err := s.read(ctx, "check", func(r *reader) error {
		return r.snapshot(func() error {
			known, err := r.probe.commits([]events.Commit{c}, nil)
			if err != nil {
				return err
			}
			heads := make(map[events.StreamID]events.Version, len(c.Batches))
			for b := range c.Batches {
				stream := c.Batches[b].Stream
				if heads[stream], err = r.probe.version(stream); err != nil {
					return err
				}
			}
			v = admit.Group([]events.Commit{c}, heads, known)[0]
			return nil
		})
	})
	if err != nil {
		return events.Receipt{}, err
	}
	return v.Receipt, v.Err
}

// AppendEach implements events.Store.
func (s *Store) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	if err := s.writable(); err != nil {
		answers := make([]events.Outcome, len(group))
		for i := range answers {
			answers[i].Err = err
		}
		return answers
	}
	return s.writer.AppendEach(ctx, group)
}

// Lookup implements events.Store. An ID that a reading connection does not find is looked up by
// the writer.
func (s *Store) Lookup(ctx context.Context, id uuid.UUID) (receipt events.Receipt, found bool, err error) {
	err = s.read(ctx, "look up", func(r *reader) error {
		k, known, err := r.probe.commit(id)
		receipt, found = k.Receipt, known
		return err
	})
	if found || err != nil || id == uuid.Nil {
		return receipt, found, err
	}
	if s.writer == nil {
		return receipt, false, events.ErrReadOnly
	}
	return s.writer.Lookup(ctx, id)
}
