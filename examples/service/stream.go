package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/assurance"
)

// events streams the events of the log as server-sent events: from now on, or after the event of
// Last-Event-ID. The platform sees all events, those of orders and pay-later orders with their data and
// the others by type; a seller and a buyer see the events of the orders of both products that they may
// read at that point.
func (s *service) events(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
	at, err := s.start(r)
	if err != nil {
		return err
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return typed(http.StatusServiceUnavailable, "unavailable", "Unavailable", "The limit of streams is reached.")
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	f := &feed{service: s, by: by, at: at, out: w, control: http.NewResponseController(w), seen: make(map[events.StreamID]seenOrder)}
	// The read deadline of the request would end the stream.
	if err := f.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return nil
	}
	if err := f.run(ctx); err != nil && ctx.Err() == nil {
		s.seen(err)
		s.logger.Warn("stream ended", "role", by.Role, "account", by.Account, "at", f.at.Position, "error", err)
	}
	return nil
}

// start returns where a stream begins. The id of an event says which history of the log it is of; one of
// another history is a problem, so that no client goes on with what does not continue what it has. An id
// of an earlier version of this program is a position alone, and is taken once: the next id has the rest.
func (s *service) start(r *http.Request) (at events.Cursor, err error) {
	ctx := r.Context()
	end, err := s.log.Settled(ctx)
	if err != nil {
		return at, err
	}
	at.Position = end
	if text := r.Header.Get("Last-Event-ID"); text != "" {
		at, err = events.Recall(ctx, s.log, text)
		bounds, fork := (*events.BoundsError)(nil), (*events.ForkError)(nil)
		switch {
		case errors.As(err, &bounds) || err == nil && at.Position > end:
			return at, malformed("Last-Event-ID", "is not the id of an event of this log")
		case errors.As(err, &fork) && s.alive(ctx) == nil:
			return at, typed(http.StatusGone, "other-history", "Another history",
				"The log does not have the event of this id: an older state of it was restored, or it is another log. What the client has received "+
					"may not have happened. Read again what matters, and begin without Last-Event-ID.")
		case err != nil:
			return at, err
		}
	}
	if m, ok := s.log.(events.Marker); ok && at.Mark.IsZero() {
		at.Mark, err = m.Mark(ctx, at.Position)
	}
	return at, err
}

// feed is one client's stream. Events that the client has not received wait in the log and nowhere
// else. A client that receives nothing for too long is disconnected, and resumes with its last id.
type feed struct {
	*service
	by      trade.Actor
	at      events.Cursor // up to where the client has received everything
	out     http.ResponseWriter
	control *http.ResponseController
	seen    map[events.StreamID]seenOrder
}

// run writes to the client until ctx ends, the log cannot be read, or the client receives nothing. After
// a silence it writes an id without an event, which keeps the connection open and moves the client's
// last id.
func (f *feed) run(ctx context.Context) error {
	err := f.write(fmt.Sprintf("retry: 1000\nid: %s\n\n", f.at.ID()))
	for err == nil && ctx.Err() == nil {
		if err = f.follow(ctx); err == nil {
			err = f.write(fmt.Sprintf(": nothing new\nid: %s\n\n", f.at.ID()))
		}
	}
	return err
}

// follow writes events until there has been no event for the client for a while.
func (f *feed) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(f.limits.heartbeat, cancel)
	defer silence.Stop()
	next := f.at
	for r, err := range events.TailFrom(ctx, f.log, &next, events.Filter{}, events.PollEvery(f.limits.poll)) {
		var text string
		if err == nil {
			text, err = f.encode(ctx, &r, next)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err == nil && text != "" {
			err = f.write(text)
			silence.Reset(f.limits.heartbeat)
		}
		if err != nil {
			return err
		}
		f.at = next
	}
	return nil
}

func (f *feed) write(text string) error {
	if err := f.control.SetWriteDeadline(time.Now().Add(f.limits.write)); err != nil {
		return err
	}
	if _, err := f.out.Write([]byte(text)); err != nil {
		return err
	}
	return f.control.Flush()
}

// encode returns the server-sent event for a record, or "" if the client may not see it.
func (f *feed) encode(ctx context.Context, r *events.Record, at events.Cursor) (string, error) {
	m := moment{Stream: r.Stream, Version: r.Version, At: r.At, Type: r.Type}
	if p := productOf(r.Stream); p != nil {
		p, err := f.sees(ctx, r, p)
		if err != nil || p == nil {
			return "", err
		}
		if m.Event, err = p.masked(); err != nil {
			return "", r.Corrupt(err)
		}
	} else if f.by.Role != trade.Platform {
		return "", nil
	}
	if len(r.Meta) > 0 {
		meta, err := desk.DecodeMeta(r.Meta)
		if err != nil {
			return "", r.Corrupt(err)
		}
		m.By = meta.Role
	}
	data, err := json.Marshal(m)
	return fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", at.ID(), r.Type, data), err
}

// product is an order of one of the two products, as far as a stream has read its records.
type product interface {
	// decode reads the event of a record, and fold adds it to the order as well.
	decode(r *events.Record) error
	fold(r *events.Record) error
	// masked returns the latest event with personal data masked.
	masked() (json.RawMessage, error)
	visibleTo(by trade.Actor) bool
}

// productOf returns the order of a stream before its first record, or nil if it is not one of an order.
func productOf(stream events.StreamID) product {
	switch stream.Category() {
	case order.Category:
		return replaying(order.Model(), stream, (*order.Order).VisibleTo, assurance.Masked)
	case paylater.Category: // its events have no personal data
		return replaying(paylater.Model(), stream, (*paylater.Order).VisibleTo, func(e paylater.Event) paylater.Event { return e })
	}
	return nil
}

// replayed is the order of one product.
type replayed[S, E any] struct {
	model   *events.Model[S, E]
	state   S
	latest  E
	visible func(*S, trade.Actor) bool
	mask    func(E) E
}

func replaying[S, E any](m *events.Model[S, E], stream events.StreamID, visible func(*S, trade.Actor) bool, mask func(E) E) product {
	return &replayed[S, E]{model: m, state: m.New(stream), visible: visible, mask: mask}
}

func (f *replayed[S, E]) decode(r *events.Record) (err error) {
	f.latest, err = f.model.Decode(r.Type, r.Schema, r.Data)
	return err
}

func (f *replayed[S, E]) fold(r *events.Record) error {
	if err := f.decode(r); err != nil {
		return err
	}
	return f.model.Evolve(&f.state, f.latest, r.At)
}

func (f *replayed[S, E]) masked() (json.RawMessage, error) {
	_, _, data, err := f.model.Encode(nil, f.mask(f.latest))
	return data, err
}

func (f *replayed[S, E]) visibleTo(by trade.Actor) bool { return f.visible(&f.state, by) }

// seenOrder is an order at the last record of it that the stream has read.
type seenOrder struct {
	order   product
	version events.Version
}

// maxSeen is how many orders a stream remembers.
const maxSeen = 256

// sees returns the order with that record as its latest if the client may see it in its state then, or
// nil. The current state does not count, so that a client that resumes gets the same events as one that
// stayed.
func (f *feed) sees(ctx context.Context, r *events.Record, empty product) (product, error) {
	if f.by.Role == trade.Platform { // sees all, whatever the state
		if err := empty.decode(r); err != nil {
			return nil, r.Corrupt(err)
		}
		return empty, nil
	}
	seen := f.seen[r.Stream]
	if seen.order == nil || seen.version != r.Version-1 {
		seen = seenOrder{order: empty}
		for past, err := range f.log.Read(ctx, r.Stream, 0) {
			if err != nil {
				return nil, err
			}
			if past.Version == r.Version {
				break
			}
			if err := seen.order.fold(&past); err != nil {
				return nil, past.Corrupt(err)
			}
		}
	}
	if err := seen.order.fold(r); err != nil {
		return nil, r.Corrupt(err)
	}
	if seen.version = r.Version; len(f.seen) >= maxSeen {
		clear(f.seen)
	}
	f.seen[r.Stream] = seen
	if !seen.order.visibleTo(f.by) {
		return nil, nil
	}
	return seen.order, nil
}
