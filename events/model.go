package events

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrUnknownType is what a Model's Decode returns, wrapped or plain, for a type or a schema
// version that it does not know. The fold returns it as the cause of a *CorruptError.
var ErrUnknownType = errors.New("unknown event type or schema version")

// Model says how the streams of one category fold into a state. It is used through a pointer,
// which is also its identity in a Cache, and is not changed after its first use. All its
// functions are pure and safe for concurrent use.
//
// Three laws hold the rest together; the model's author keeps them.
//
//   - A state is a value, which its holder may keep: Evolve never writes through a slice, map
//     or pointer that its argument can reach, not even beyond the end of a slice. It replaces
//     what changes with a copy. States are therefore shared without copying, between
//     goroutines too.
//   - Decode is the inverse of Encode: folding an event and folding what Decode makes of its
//     stored bytes give the same state.
//   - Restore is the inverse of Save, and Fold is changed whenever Evolve, Save or S change
//     such that an older snapshot would give another state.
type Model[S, E any] struct {
	// Category is that of every stream of the model.
	Category string
	// New returns the state of the empty stream. When it is nil that is the zero value.
	New func(StreamID) S
	// Evolve folds one event into a private copy of a state. For a stored event an error
	// means corrupt history; for one that is about to be stored it refuses the append.
	Evolve func(state *S, event E, at time.Time) error
	// Encode appends the event's data to buf and returns the extended buffer, as append does.
	Encode func(buf []byte, event E) (typ string, schema uint16, data []byte, err error)
	// Decode makes an event of what Encode made, of every schema version that was ever
	// stored. It neither changes nor keeps data.
	Decode func(typ string, schema uint16, data []byte) (E, error)

	// Fold names the fold and the format of its snapshots. Snapshots are used when Fold,
	// Save and Restore are all set and the store is a Snapshots.
	Fold string
	// SaveEvery is the number of records after which the next snapshot is due; below 1 it is
	// DefaultSaveEvery.
	SaveEvery int
	// Save appends the state to buf and returns the extended buffer.
	Save func(buf []byte, state *S) ([]byte, error)
	// Restore sets the state of the empty stream to a saved one. It does not keep data.
	Restore func(data []byte, state *S) error
}

// Recorded is an event with the instant at which it was decided.
type Recorded[E any] struct {
	At    time.Time
	Event E
}

// view is the state of a stream at a version. One that a cache or a transaction shares is
// never written again.
type view[S any] struct {
	state   S
	version Version
	saved   Version // the version of the snapshot it descends from, or of one on its way
}

// Replay folds the whole stream from its first record, without caches and snapshots, and
// returns its state and version. It takes one pass and keeps no records. A fault of the
// history is a *CorruptError.
func (m *Model[S, E]) Replay(ctx context.Context, store Store, stream StreamID) (S, Version, error) {
	if err := m.owns(stream); err != nil {
		return m.nothing(err)
	}
	v, err := m.extend(ctx, store, stream, m.empty(stream), true)
	if err != nil {
		return m.nothing(err)
	}
	return v.state, v.version, nil
}

// Continue folds a history that is in memory into a state: the one that New made of the
// stream, or any later one. An event that Evolve refuses is a *CorruptError with the stream,
// the version that the event has when the history is counted from 1, and its type, "unknown"
// for one that Encode refuses too; the state returned is then the one before that event.
func (m *Model[S, E]) Continue(stream StreamID, state S, history []Recorded[E]) (S, error) {
	next := state
	for i := range history {
		r := &history[i]
		if err := m.Evolve(&next, r.Event, r.At); err != nil {
			typ, _, _, _ := m.Encode(nil, r.Event)
			if typ == "" {
				typ = "unknown"
			}
			// Evolve may have changed next before it refused, so the state is folded again.
			before, _ := m.Continue(stream, state, history[:i])
			return before, &CorruptError{Stream: stream, Version: Version(i + 1), Type: typ, Err: err}
		}
	}
	return next, nil
}

// View returns the current state and version of a stream. With a cache it reads only the
// records after the cached version, and none at all with AllowStale; without one it starts
// from the latest usable snapshot. It honours only WithCache and AllowStale.
func (m *Model[S, E]) View(ctx context.Context, store Store, stream StreamID, opts ...Option) (S, Version, error) {
	c := settings(opts)
	v, err := m.fetch(ctx, store, c.cache, stream, !c.stale)
	if marker, ok := store.(Marker); ok && err == nil && c.stale {
		err = marker.Holds(ctx, Mark{}) // the cache does not know that the store value is dead
	}
	if err != nil {
		c.cache.met(err)
		return m.nothing(err)
	}
	return v.state, v.version, nil
}

// Load returns the state and version of a stream as the transaction sees it: what the store
// or the cache has, and on top of it what the transaction has appended. A stream that is
// loaded and not appended to becomes a guard of the commit.
func (m *Model[S, E]) Load(tx *Tx, stream StreamID) (S, Version, error) {
	s, err := tx.find("load", stream, m)
	if err != nil {
		return m.nothing(err)
	}
	if s == nil {
		v, err := m.fetch(tx.ctx, tx.store, tx.settings.cache, stream, tx.current)
		if err != nil {
			return m.nothing(tx.fail(err))
		}
		s = tx.enter(slot{stream: stream, model: m, after: v.version, view: v})
	}
	v := s.view.(*view[S])
	return v.state, v.version, nil
}

// Create declares that a stream is empty, without reading it, and returns its state. If it
// turns out to have records the transaction ends with a *ConflictError and is not tried
// again, because the function would declare the same once more.
func (m *Model[S, E]) Create(tx *Tx, stream StreamID) (S, error) {
	s, err := tx.find("create", stream, m)
	if err == nil && s == nil {
		if err = tx.fail(m.owns(stream)); err == nil {
			s = tx.enter(slot{stream: stream, model: m, created: true, view: m.empty(stream)})
		}
	}
	if err == nil && s.after != 0 {
		err = tx.fail(&ConflictError{Stream: stream, Head: s.after})
	}
	if err != nil {
		var none S
		return none, err
	}
	return s.view.(*view[S]).state, nil
}

// Append adds events to what the transaction commits to a stream that it has loaded or
// created, and folds them into its view, so that a later Load sees them. They get the instant
// and the meta of the last Stamp. An error of Evolve or Encode ends the transaction.
func (m *Model[S, E]) Append(tx *Tx, stream StreamID, events ...E) error {
	s, err := tx.find("append", stream, m)
	switch {
	case err != nil:
		return err
	case s == nil:
		return tx.misused("append", stream, "the stream was neither loaded nor created")
	case !tx.stamped:
		return tx.misused("append", stream, "the transaction has no instant; call Stamp first")
	case len(events) == 0:
		return nil
	}
	v := s.view.(*view[S])
	if len(s.events) == 0 {
		// The view may be shared with a cache until here; from here on it is the slot's own.
		own := *v
		v = &own
		s.view = v
	}
	for i := range events {
		e, err := m.encode(tx, events[i])
		if err == nil {
			err = m.Evolve(&v.state, events[i], e.At)
		}
		if err != nil {
			return tx.fail(fmt.Errorf("events: append to stream %s version %d type %q: %w", stream, v.version+1, e.Type, err))
		}
		v.version++
		s.events = append(s.events, e)
	}
	return nil
}

// encode makes the event to be stored. The data of all events of an attempt lie in a few
// buffers, each event taking over where the one before it ended.
func (m *Model[S, E]) encode(tx *Tx, event E) (Event, error) {
	if cap(tx.buf) < minRoom {
		tx.buf = make([]byte, 0, newRoom)
	}
	typ, schema, data, err := m.Encode(tx.buf, event)
	if err != nil {
		return Event{Type: typ}, err
	}
	tx.buf = data[len(data):]
	return Event{Type: typ, Schema: schema, At: tx.at, Meta: tx.meta, Data: data[:len(data):len(data)]}, nil
}

// An event uses the rest of the buffer if that has minRoom bytes, and otherwise a new buffer of
// newRoom. Both suit events of a few hundred bytes, as most are.
const (
	minRoom = 64
	newRoom = 512
)

// fetch returns the view of a stream from the cache or the snapshots. With current it reads the
// records after a cached version.
func (m *Model[S, E]) fetch(ctx context.Context, store Store, cache *Cache, stream StreamID, current bool) (*view[S], error) {
	if kept, ok := cache.get(m, stream); ok {
		v := kept.(*view[S])
		if !current {
			return v, nil
		}
		next, err := m.extend(ctx, store, stream, v, false)
		if err == nil && next != v {
			cache.put(m, stream, next.version, next)
		}
		return next, err
	}
	if err := m.owns(stream); err != nil {
		return nil, err
	}
	v, err := m.restored(ctx, store, stream)
	if err == nil && v == nil {
		v, err = m.extend(ctx, store, stream, m.empty(stream), true)
	}
	if err != nil {
		return nil, err
	}
	cache.put(m, stream, v.version, v)
	return v, nil
}

// extend folds the records after base. Unless base is the caller's own it is copied before
// the first record is folded; without a record it is returned as it is.
func (m *Model[S, E]) extend(ctx context.Context, store Store, stream StreamID, base *view[S], own bool) (*view[S], error) {
	v := base
	for r, err := range store.Read(ctx, stream, base.version) {
		if err != nil {
			return nil, err
		}
		if !own {
			mine := *base
			v, own = &mine, true
		}
		if err := m.step(v, stream, &r); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// step folds one record into a view that is not shared.
func (m *Model[S, E]) step(v *view[S], stream StreamID, r *Record) error {
	if err := follows(r, stream, v.version); err != nil {
		return r.Corrupt(err)
	}
	event, err := m.Decode(r.Type, r.Schema, r.Data)
	if err != nil {
		return r.Corrupt(err)
	}
	if err := m.Evolve(&v.state, event, r.At); err != nil {
		return r.Corrupt(err)
	}
	v.version = r.Version
	return nil
}

// follows returns why the record is not the one of that stream that comes after head, or nil.
func follows(r *Record, stream StreamID, head Version) error {
	switch {
	case r.Stream != stream:
		return fmt.Errorf("the record lies among those of stream %s", stream)
	case r.Version > head+1:
		return fmt.Errorf("version %d is missing", head+1)
	case r.Version <= head:
		return fmt.Errorf("the version comes after version %d", head)
	}
	return nil
}

// owns returns a *BoundsError unless the stream is of the model's category.
func (m *Model[S, E]) owns(stream StreamID) error {
	if err := stream.Validate(); err != nil {
		return err
	}
	if stream.Category() != m.Category {
		return &BoundsError{Field: "stream", Reason: fmt.Sprintf("%q is not of category %q", stream, m.Category)}
	}
	return nil
}

func (m *Model[S, E]) empty(stream StreamID) *view[S] {
	v := new(view[S])
	if m.New != nil {
		v.state = m.New(stream)
	}
	return v
}

func (m *Model[S, E]) nothing(err error) (S, Version, error) {
	var none S
	return none, 0, err
}
