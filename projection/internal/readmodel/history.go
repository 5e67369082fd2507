package readmodel

import (
	"context"
	"slices"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// Step is an event of a stream with the state after it, and who caused it by which command.
type Step[S, E any] struct {
	Version events.Version
	At      time.Time
	By      desk.Meta
	Event   E
	State   S
}

// Account returns the account that caused the step, as far as an actor may see it: only the
// platform sees an account that is neither the actor's nor a party's.
func (s *Step[S, E]) Account(by trade.Actor, parties ...trade.Account) trade.Account {
	a := s.By.Account
	if by.Role != trade.Platform && a != by.Account && !slices.Contains(parties, a) {
		return ""
	}
	return a
}

// History returns the steps of a stream. A record that cannot be read is a *events.CorruptError.
func History[S, E any](ctx context.Context, log events.Store, m *events.Model[S, E], stream events.StreamID, by trade.Actor) ([]Step[S, E], error) {
	if err := CheckReader(by); err != nil {
		return nil, err
	}
	var steps []Step[S, E]
	state := m.New(stream)
	for r, err := range log.Read(ctx, stream, 0) {
		if err != nil {
			return nil, err
		}
		s := Step[S, E]{Version: r.Version, At: r.At}
		if s.Event, err = m.Decode(r.Type, r.Schema, r.Data); err == nil {
			err = m.Evolve(&state, s.Event, r.At)
		}
		if err == nil && len(r.Meta) > 0 {
			s.By, err = desk.DecodeMeta(r.Meta)
		}
		if err != nil {
			return nil, r.Corrupt(err)
		}
		s.State = state
		steps = append(steps, s)
	}
	return steps, nil
}
