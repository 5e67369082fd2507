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
		return s.checkGuards(ctx, c)
	}
	return s.writer.Append(ctx, c)
}

// checkGuards answers a commit that writes nothing from one reading transaction: what it sees is
// the log at an instant during the call, as it would be under the lock of the writer.
func (s *Store) checkGuards(ctx context.Context, c events.Commit) (events.Receipt, error) {
	var v admit.Verdict
	err := s.read(ctx, "check", func(r *reader) error {
		return r.snapshot(func() error {
			known, err := r.probe.commits([]events.Commit{c})
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

// Lookup implements events.Store.
func (s *Store) Lookup(ctx context.Context, id uuid.UUID) (receipt events.Receipt, found bool, err error) {
	err = s.read(ctx, "look up", func(r *reader) error {
		k, known, err := r.probe.commit(id)
		receipt, found = k.Receipt, known
		return err
	})
	if err == nil && !found && s.writer == nil {
		err = events.ErrReadOnly
	}
	return receipt, found, err
}
