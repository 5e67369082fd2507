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
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/assurance"
)

// events streams what happens as server-sent events: from now on, or on from the position that a
// Last-Event-ID names. The platform sees everything, what happens to orders with its facts and
// the rest by name; a seller and a buyer see what happens to orders that they may read by then.
func (s *service) events(w http.ResponseWriter, r *http.Request, by trade.Actor) error {
	at, err := s.start(r)
	if err != nil {
		return err
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return typed(http.StatusServiceUnavailable, "unavailable", "Unavailable", "There are as many streams as there can be.")
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	f := &feed{service: s, by: by, at: at, out: w, control: http.NewResponseController(w), sight: make(map[events.StreamID]sight)}
	// The deadline of the request would take the stream for a request that is too slow.
	if err := f.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return nil // the header is all of it
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
		return 0, malformed("Last-Event-ID", "is no position of this log")
	}
	return at, nil
}

// feed is one client's stream. What the client does not take waits in the log and nowhere else,
// and a client that takes nothing for too long is let go: it comes back with the last id it got.
type feed struct {
	*service
	by      trade.Actor
	at      events.Position // up to where the client has got everything
	out     http.ResponseWriter
	control *http.ResponseController
	sight   map[events.StreamID]sight
}

// run feeds the client until ctx ends, the log cannot be read, or nothing is taken. A silence
// ends with an id that has no event: it keeps the connection open, and says up to where there was
// nothing for this client.
func (f *feed) run(ctx context.Context) error {
	err := f.write(fmt.Sprintf("retry: 1000\nid: %d\n\n", f.at))
	for err == nil && ctx.Err() == nil {
		if err = f.follow(ctx); err == nil {
			err = f.write(fmt.Sprintf(": nothing new\nid: %d\n\n", f.at))
		}
	}
	return err
}

// follow writes what happens until there has been nothing to write for a while.
func (f *feed) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(f.limits.heartbeat, cancel)
	defer silence.Stop()
	for r, err := range events.Tail(ctx, f.log, f.at, events.Filter{}, events.PollEvery(f.limits.poll)) {
		var text string
		if err == nil {
			text, err = f.tell(ctx, &r)
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

// tell returns what the client gets of a record; nothing if it is not for him.
func (f *feed) tell(ctx context.Context, r *events.Record) (string, error) {
	m := moment{Stream: r.Stream, Version: r.Version, At: r.At, Type: r.Type}
	if r.Stream.Category() == order.Category {
		e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
		if err != nil {
			return "", r.Corrupt(err)
		}
		if visible, err := f.sees(ctx, r, e); err != nil || !visible {
			return "", err
		}
		if _, _, m.Event, err = order.EncodeEvent(nil, assurance.Masked(e)); err != nil {
			return "", err
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

// sight is an order as the client may have been told of it last.
type sight struct {
	order   order.Order
	version events.Version
}

// maxSight is how many orders a stream remembers.
const maxSight = 256

// sees reports whether the client may see the order as it was with that record. What counts is
// then and not now, so that going on later shows what staying would have shown.
func (f *feed) sees(ctx context.Context, r *events.Record, e order.Event) (bool, error) {
	if f.by.Role == trade.Platform {
		return true, nil
	}
	seen := f.sight[r.Stream]
	if seen.version != r.Version-1 {
		seen = sight{}
		for past, err := range f.log.Read(ctx, r.Stream, 0) {
			if err != nil {
				return false, err
			}
			if past.Version == r.Version {
				break
			}
			e, err := order.DecodeEvent(past.Type, past.Schema, past.Data)
			if err == nil {
				err = seen.order.Apply(e, past.At)
			}
			if err != nil {
				return false, past.Corrupt(err)
			}
		}
	}
	if err := seen.order.Apply(e, r.At); err != nil {
		return false, r.Corrupt(err)
	}
	if seen.version = r.Version; len(f.sight) >= maxSight {
		clear(f.sight)
	}
	f.sight[r.Stream] = seen
	return seen.order.VisibleTo(f.by), nil
}
