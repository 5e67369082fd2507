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
		v, decided, err := s.final(ctx, c)
		switch {
		case err != nil:
			return events.Receipt{}, err
		case decided:
			return v.Receipt, v.Err
		}
	}
	return s.writer.Append(ctx, c)
}

// find looks an ID up on a reading connection.
func (s *Store) find(ctx context.Context, id uuid.UUID) (k admit.Known, found bool, err error) {
	err = s.read(ctx, "look up", func(r *reader) error {
		if k, found, err = r.probe.commit(id); err == nil {
			err = r.rememberAt(k.Receipt.Position)
		}
		return err
	})
	return k, found, err
}

// known answers a commit whose ID a reading connection finds.
func (s *Store) known(ctx context.Context, c events.Commit) (v admit.Verdict, found bool, err error) {
	k, found, err := s.find(ctx, c.ID)
	if found {
		v = admit.Group([]events.Commit{c}, nil, map[uuid.UUID]admit.Known{c.ID: k})[0]
	}
	return v, found, err
}

// final answers guards on a reading connection if that is final: the ID is found, or nothing is on
// its way that has it. The latter is so while the writer holds the lock of the file for a group
// without that ID. Otherwise they wait for their turn.
func (s *Store) final(ctx context.Context, c events.Commit) (v admit.Verdict, decided bool, err error) {
	still, held := s.log.held.now()
	if !held {
		return s.known(ctx, c)
	}
	var last events.Position
	var known bool
	v, known, err = s.guards(ctx, c, &last)
	return v, known || !s.writer.Runs(c.ID) && still(last), err
}

// CheckGuards implements events.GuardChecker. What it sees is one state of the file, which a reading
// connection has.
func (s *Store) CheckGuards(ctx context.Context, c events.Commit) (events.Receipt, error) {
	if err := admit.ValidateGuards(&c); err != nil {
		return events.Receipt{}, err
	}
	v, _, err := s.guards(ctx, c, nil)
	if err != nil {
		return events.Receipt{}, err
	}
	return v.Receipt, v.Err
}

// guards decides guards on one state of the file, of which it returns whether it has the ID and, if
// last is not nil, the highest position.
func (s *Store) guards(ctx context.Context, c events.Commit, last *events.Position) (v admit.Verdict, found bool, err error) {
	err = s.read(ctx, "check", func(r *reader) (err error) {
		if last != nil {
			if *last, err = r.position(); err != nil {
				return err
			}
		}
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
		v, found = admit.Group([]events.Commit{c}, heads, known)[0], len(known) > 0
		return r.rememberAt(known[c.ID].Receipt.Position)
	})
	return v, found, err
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
func (s *Store) Lookup(ctx context.Context, id uuid.UUID) (events.Receipt, bool, error) {
	k, found, err := s.find(ctx, id)
	if found || err != nil || id == uuid.Nil {
		return k.Receipt, found, err
	}
	if s.writer == nil {
		return events.Receipt{}, false, events.ErrReadOnly
	}
	return s.writer.Lookup(ctx, id)
}
