package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/events"
)

// samples returns events with fields that a faulty store would change.
func samples() []events.Event {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	instants := []time.Time{
		events.MinInstant, events.MaxInstant,
		time.Date(2024, 2, 29, 23, 59, 59, 999999999, time.UTC),
		time.Date(2026, 10, 25, 2, 30, 0, 1, time.FixedZone("CEST", 2*60*60)),
		time.Now(), // with a monotonic reading, in the zone of the machine
	}
	bodies := [][]byte{
		nil, {}, every, {0}, []byte("\xff\xfe\x00'\";--%_\\"), []byte(`{"b":1,"a":1e400,"a":1.10}`), []byte(" \r\n\t"),
		[]byte("信用保障"), bytes.Repeat(every, events.MaxData/256),
	}
	var list []events.Event
	for i, body := range bodies {
		meta := body
		if len(meta) > events.MaxMeta {
			meta = meta[:events.MaxMeta]
		}
		list = append(list,
			events.Event{Type: "a", Schema: 1, At: instants[i%len(instants)], Data: body},
			events.Event{Type: strings.Repeat("z", events.MaxType), Schema: 1<<16 - 1, At: instants[(i+1)%len(instants)], Meta: meta},
			events.Event{Type: "0.-_", Schema: 1 << 15, At: instants[(i+2)%len(instants)], Meta: body[:min(len(body), 1)], Data: body},
		)
	}
	return list
}

func bytesKept(e *env) error {
	s := e.open()
	c := e.commit(
		batch(events.StreamID("a-"+strings.Repeat("k", events.MaxStream-2)), 0, samples()...),
		batch("z9_-A.b_C-~20~FF", 0, samples()...),
	)
	if _, err := e.apply(s, c); err != nil {
		return err
	}
	return e.holds(s, c)
}

// holds checks that the log is that one commit, byte for byte, and that a reader that appends to
// the bytes of its records does not change the store.
func (e *env) holds(s events.Store, c events.Commit) error {
	for range 2 {
		log, err := all(e.ctx, s)
		if err != nil {
			return err
		}
		if err := sameRecords(log, recordsOf(c, log)); err != nil {
			return err
		}
		for _, r := range log {
			_ = append(r.Meta, "overwritten"...)
			_ = append(r.Data, "overwritten"...)
		}
	}
	return e.sound(s)
}

// digestKept appends commits of several streams, one of them beginning with a guard, alone and as
// a group, and overwrites the digest that it reads. A Marker must return Digests: its links cover
// them.
func digestKept(e *env) error {
	s := e.open()
	group := []events.Commit{
		e.commit(batch("order-1", 0, newEvents(3)...), batch("line-1", 0, newEvents(1)...)),
		e.commit(batch("guard-1", 0), batch("line-1", 1, newEvents(2)...), batch("order-1", 3, newEvents(1)...)),
		e.commit(batch("order-2", 0, newEvents(1)...)),
	}
	for _, o := range s.AppendEach(e.ctx, group[:2]) {
		if o.Err != nil {
			return o.Err
		}
	}
	if _, err := e.apply(s, group[2]); err != nil {
		return err
	}
	_, must := s.(events.Marker)
	for range 2 {
		log, err := all(e.ctx, s)
		if err != nil {
			return err
		}
		line, err := collect(s.Read(e.ctx, "line-1", 0))
		if err != nil {
			return err
		}
		if must = must || len(log[0].Digest) > 0; !must {
			return nil
		}
		var want []events.Record
		for _, c := range group {
			want = append(want, recordsOf(c, log[min(len(want), len(log)):])...)
		}
		got, wanted := slices.Concat(log, line), slices.Concat(want, want[3:6])
		if err := sameRecords(got, wanted); err != nil {
			return err
		}
		for i := range got {
			if !bytes.Equal(got[i].Digest, wanted[i].Digest) {
				return fmt.Errorf("%s version %d: the digest is %x, want %x", wanted[i].Stream, wanted[i].Version, got[i].Digest, wanted[i].Digest)
			}
			_ = append(got[i].Digest, "overwritten"...)
		}
	}
	return nil
}

// callerKeepsItsBytes overwrites everything that was passed to the store.
func callerKeepsItsBytes(e *env) error {
	s := e.open()
	fill := func(c events.Commit, b byte) {
		for i := range c.Batches {
			for k := range c.Batches[i].Events {
				event := &c.Batches[i].Events[k]
				event.Meta, event.Data = bytes.Repeat([]byte{b}, 40), bytes.Repeat([]byte{b}, 400)
			}
		}
	}
	list := newEvents(8)
	c := e.commit(batch("order-1", 0, list[:4]...), batch("order-2", 0, list[4:]...))
	fill(c, 'a')
	want := e.commit(batch("order-1", 0, newEvents(8)[:4]...), batch("order-2", 0, newEvents(8)[4:]...))
	want.ID, want.Digest = c.ID, c.Digest
	fill(want, 'a')
	if _, err := e.apply(s, c); err != nil {
		return err
	}
	for i := range list {
		for k := range list[i].Meta {
			list[i].Meta[k] = 'x'
		}
		for k := range list[i].Data {
			list[i].Data[k] = 'x'
		}
		list[i] = events.Event{Type: "overwritten"}
	}
	for i := range c.Batches {
		c.Batches[i] = events.Batch{Stream: "overwritten-1", After: 9}
	}
	if err := e.holds(s, want); err != nil {
		return fmt.Errorf("after the caller used its memory again: %w", err)
	}
	return nil
}
