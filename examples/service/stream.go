package main

import (
	"context"
	"encoding/json"
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

// events streams the events of the log as server-sent events: from now on, or after the position in
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
		s.logger.Warn("stream ended", "role", by.Role, "account", by.Account, "at", f.at, "error", err)
	}
	return nil
}

// start returns the position after which a stream begins.
func (s *service) start(r *http.Request) (events.Position, error) {
	end, err := s.log.Settled(r.Context())
	text := r.Header.Get("Last-Event-ID")
	if err != nil || text == "" {
		return end, err
	}
	at, err := parsePosition(text)
	if err != nil || at > end {
		return 0, malformed("Last-Event-ID", "is not a position of this log")
	}
	return at, nil
}

// feed is one client's stream. Events that the client has not received wait in the log and nowhere
// else. A client that receives nothing for too long is disconnected, and resumes with its last id.
type feed struct {
	*service
	by      trade.Actor
	at      events.Position // up to where the client has received everything
	out     http.ResponseWriter
	control *http.ResponseController
	seen    map[events.StreamID]seenOrder
}

// run writes to the client until ctx ends, the log cannot be read, or the client receives nothing. After
// a silence it writes an id without an event, which keeps the connection open and moves the client's
// last id.
func (f *feed) run(ctx context.Context) error {
	err := f.write(fmt.Sprintf("retry: 1000\nid: %d\n\n", f.at))
	for err == nil && ctx.Err() == nil {
		if err = f.follow(ctx); err == nil {
			err = f.write(fmt.Sprintf(": nothing new\nid: %d\n\n", f.at))
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
	for r, err := range events.Tail(ctx, f.log, f.at, events.Filter{}, events.PollEvery(f.limits.poll)) {
		var text string
		if err == nil {
			text, err = f.encode(ctx, &r)
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
		f.at = r.Position
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
func (f *feed) encode(ctx context.Context, r *events.Record) (string, error) {
	m := moment{Stream: r.Stream, Version: r.Version, At: r.At, Type: r.Type}
	if product := productOf(r.Stream); product != nil {
		visible, err := f.sees(ctx, r, product)
		if err != nil || !visible {
			return "", err
		}
		if m.Event, err = product.masked(r); err != nil {
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
	return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", r.Position, r.Type, data), err
}

// product is an order of one of the two products, as far as a stream has read its records.
type product interface {
	// fold adds a record to the order.
	fold(r *events.Record) error
	// masked returns the event of a record with personal data masked.
	masked(r *events.Record) (json.RawMessage, error)
	// VisibleTo reports whether the actor may see the order.
	VisibleTo(by trade.Actor) bool
}

// productOf returns the order of a stream before its first record, or nil if it is not one of an order.
func productOf(stream events.StreamID) product {
	switch stream.Category() {
	case order.Category:
		return new(assuranceOrder)
	case paylater.Category:
		return new(payLaterOrder)
	}
	return nil
}

type assuranceOrder struct{ order.Order }

func (o *assuranceOrder) fold(r *events.Record) error {
	e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return err
	}
	return o.Apply(e, r.At)
}

func (o *assuranceOrder) masked(r *events.Record) (json.RawMessage, error) {
	e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return nil, err
	}
	_, _, data, err := order.EncodeEvent(nil, assurance.Masked(e))
	return data, err
}

type payLaterOrder struct{ paylater.Order }

func (o *payLaterOrder) fold(r *events.Record) error {
	e, err := paylater.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return err
	}
	return o.Apply(e, r.At)
}

// masked returns the event as it is: those of pay-later orders have no personal data.
func (o *payLaterOrder) masked(r *events.Record) (json.RawMessage, error) {
	e, err := paylater.DecodeEvent(r.Type, r.Schema, r.Data)
	if err != nil {
		return nil, err
	}
	_, _, data, err := paylater.EncodeEvent(nil, e)
	return data, err
}

// seenOrder is an order at the last record of it that the stream has read.
type seenOrder struct {
	order   product
	version events.Version
}

// maxSeen is how many orders a stream remembers.
const maxSeen = 256

// sees reports whether the client may see the order in its state after that record. The current state
// does not count, so that a client that resumes gets the same events as one that stayed.
func (f *feed) sees(ctx context.Context, r *events.Record, empty product) (bool, error) {
	if f.by.Role == trade.Platform {
		return true, nil
	}
	seen := f.seen[r.Stream]
	if seen.order == nil || seen.version != r.Version-1 {
		seen = seenOrder{order: empty}
		for past, err := range f.log.Read(ctx, r.Stream, 0) {
			if err != nil {
				return false, err
			}
			if past.Version == r.Version {
				break
			}
			if err := seen.order.fold(&past); err != nil {
				return false, past.Corrupt(err)
			}
		}
	}
	if err := seen.order.fold(r); err != nil {
		return false, r.Corrupt(err)
	}
	if seen.version = r.Version; len(f.seen) >= maxSeen {
		clear(f.seen)
	}
	f.seen[r.Stream] = seen
	return seen.order.VisibleTo(f.by), nil
}
