package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/tradesurety/surety/events"
)

// question is a call of a client on one stream: to read it, or to append one event that
// carries tag after a version.
type question struct {
	stream events.StreamID
	read   bool
	after  events.Version
	tag    string
}

// result is the answer to a client. Text is what was read: the tags of all events.
type result struct {
	verdict verdict
	head    events.Version // of a conflict
	text    string
}

type verdict uint8

const (
	applied verdict = iota
	conflicted
	unknownOutcome
)

// tagBytes is the length of a tag, so that a stream's version is the length of its text over
// tagBytes.
const tagBytes = 4

// streamModel is what one stream must look like to its clients: a text that grows by a tag
// when an append names its version, and by nothing else. An append of unknown outcome may be
// placed anywhere after its call; one that never happened is placed at the end.
var streamModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		streams := make(map[events.StreamID][]porcupine.Operation)
		for _, op := range history {
			stream := op.Input.(question).stream
			streams[stream] = append(streams[stream], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range streams {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		text, q, r := state.(string), input.(question), output.(result)
		at := events.Version(len(text) / tagBytes)
		switch {
		case q.read:
			return r.text == text, text
		case r.verdict == conflicted:
			return r.head == at && q.after != at, text
		case q.after == at:
			return true, text + q.tag
		default:
			return r.verdict == unknownOutcome, text
		}
	},
}

// history is the calls of clients and their answers, in the order in which they began and ended.
type history struct {
	mu    sync.Mutex
	clock atomic.Int64
	tags  atomic.Uint32
	ops   []porcupine.Operation
}

// check returns an error unless the history is one of a linearizable store.
func (h *history) check() error {
	switch result := porcupine.CheckOperationsTimeout(streamModel, h.ops, 30*time.Second); result {
	case porcupine.Ok:
		return nil
	case porcupine.Illegal:
		return fmt.Errorf("a history of %d operations is not linearizable", len(h.ops))
	default:
		return fmt.Errorf("a history of %d operations could not be decided in time", len(h.ops))
	}
}

// ask asks the store and adds the call to the history. It returns the version at which the client
// now believes the stream to be.
func (h *history) ask(ctx context.Context, e *env, s events.Store, client int, q question) (events.Version, error) {
	var tag [tagBytes]byte
	binary.BigEndian.PutUint32(tag[:], h.tags.Add(1))
	q.tag = string(tag[:])
	op := porcupine.Operation{ClientId: client, Call: h.clock.Add(1)}
	r, at, known, err := q.put(ctx, e, s)
	op.Input, op.Output, op.Return = q, r, h.clock.Add(1)
	if err != nil || !known {
		return at, err
	}
	if r.verdict == unknownOutcome {
		op.Return = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
	return at, nil
}

// put asks the store. A call that was cancelled before it began is not known, and not part of the
// history.
func (q question) put(ctx context.Context, e *env, s events.Store) (r result, at events.Version, known bool, err error) {
	if q.read {
		for record, err := range s.Read(ctx, q.stream, 0) {
			if err != nil {
				return r, q.after, false, cancelled(ctx, err)
			}
			r.text += string(record.Data)
		}
		return r, events.Version(len(r.text) / tagBytes), true, nil
	}
	_, err = s.Append(ctx, e.commit(batch(q.stream, q.after, newEvent(q.tag))))
	var conflict *events.ConflictError
	switch {
	case err == nil:
		return result{}, q.after + 1, true, nil
	case errors.As(err, &conflict):
		return result{verdict: conflicted, head: conflict.Head}, conflict.Head, true, nil
	case errors.Is(err, events.ErrUnknownOutcome):
		return result{verdict: unknownOutcome}, q.after, true, nil
	default:
		return r, q.after, false, cancelled(ctx, err)
	}
}

// cancelled returns nil if err says no more than that ctx is done.
func cancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// linearizable checks histories of 16 clients on 8 streams with porcupine.
func linearizable(e *env) error {
	if err := linearScript(e); err != nil {
		return err
	}
	s := e.open()
	for n := range e.times(10, 2000) {
		if err := e.play(n, s, s); err != nil {
			return fmt.Errorf("history %d: %w", n, err)
		}
	}
	return e.sound(s)
}

// play runs clients on handles of one log and checks their answers.
func (e *env) play(n int, handles ...events.Store) error {
	const clients, streams, questions = 16, 8, 12
	h := &history{}
	err := together(clients, func(client int) error {
		s, source := handles[client%len(handles)], e.source(1+n*clients+client)
		believed := make([]events.Version, streams)
		for range questions {
			i := source.IntN(streams)
			q := question{stream: stream(fmt.Sprintf("h%d", n), i), read: source.IntN(4) == 0, after: believed[i]}
			ctx, cancel := e.sometimesShort(source)
			at, err := h.ask(ctx, e, s, client, q)
			cancel()
			if err != nil {
				return err
			}
			believed[i] = at
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := h.check(); err != nil {
		return err
	}
	return e.rest(n, handles...)
}

// rest returns when no call of unknown outcome runs any longer: a handle applies its commits in turn, so
// one that is answered now came behind all of them.
func (e *env) rest(n int, handles ...events.Store) error {
	for i, s := range handles {
		if _, err := e.put(s, batch(stream(fmt.Sprintf("rest%d", n), i), 0, newEvent("rest"))); err != nil {
			return err
		}
	}
	return nil
}

// sometimesShort returns a context that one time in ten ends within half a millisecond.
func (e *env) sometimesShort(source *rand.Rand) (context.Context, context.CancelFunc) {
	if source.IntN(10) > 0 {
		return e.ctx, func() {}
	}
	return context.WithTimeout(e.ctx, time.Duration(source.IntN(500))*time.Microsecond)
}

// linearScript is the shortest history that exposes a store that ignores versions or reads old
// states: two clients that each saw an empty stream, and one that reads afterwards.
func linearScript(e *env) error {
	s, h := e.open(), &history{}
	for client, q := range []question{{}, {}, {read: true}} {
		q.stream = "order-1"
		if _, err := h.ask(e.ctx, e, s, client, q); err != nil {
			return err
		}
	}
	return h.check()
}
