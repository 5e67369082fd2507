package storetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// outside checks that err is a *BoundsError.
func outside(err error) error {
	var b *events.BoundsError
	if !errors.As(err, &b) {
		return fmt.Errorf("want a *BoundsError, got: %v", err)
	}
	if b.Field == "" || b.Reason == "" {
		return fmt.Errorf("a *BoundsError without field or reason: %+v", *b)
	}
	return nil
}

// edge is one bound: a commit that is just inside and one that is just outside.
type edge struct {
	name    string
	in, out events.Commit
}

// edges returns every bound of a commit.
func (e *env) edges() []edge {
	event := func(change func(*events.Event)) events.Commit {
		one := newEvent("body")
		change(&one)
		// The fault is in the last event of the last batch, where an incomplete check misses it.
		return e.commit(batch(stream("order", int(e.ids.Load())), 0, newEvents(2)...), batch(stream("line", int(e.ids.Load())), 0, newEvent("first"), one))
	}
	sized := func(name string, limit int, set func(*events.Event, int)) edge {
		return edge{name,
			event(func(v *events.Event) { set(v, limit) }),
			event(func(v *events.Event) { set(v, limit+1) }),
		}
	}
	at := func(name string, in, out time.Time) edge {
		return edge{name, event(func(v *events.Event) { v.At = in }), event(func(v *events.Event) { v.At = out })}
	}
	wide := func(batches, each int) events.Commit {
		c := e.commit()
		category := fmt.Sprint("wide", e.ids.Load())
		for i := range batches {
			c.Batches = append(c.Batches, batch(stream(category, i), 0, newEvents(each)...))
		}
		return c
	}
	named := func(id string) events.Commit { return e.commit(batch(events.StreamID(id), 0, newEvents(1)...)) }
	twice := e.commit(batch("order-twice", 0, newEvents(1)...), batch("line-twice", 0), batch("order-twice", 1))
	nameless := named("order-nameless")
	nameless.ID = uuid.Nil
	return []edge{
		sized("data", events.MaxData, func(v *events.Event, n int) { v.Data = make([]byte, n) }),
		sized("meta", events.MaxMeta, func(v *events.Event, n int) { v.Meta = make([]byte, n) }),
		sized("type", events.MaxType, func(v *events.Event, n int) { v.Type = strings.Repeat("t", n) }),
		{"type alphabet", event(func(v *events.Event) { v.Type = "az09.-_" }), event(func(v *events.Event) { v.Type = "Order" })},
		{"type empty", event(func(v *events.Event) { v.Type = "t" }), event(func(v *events.Event) { v.Type = "" })},
		{"schema", event(func(v *events.Event) { v.Schema = 1 }), event(func(v *events.Event) { v.Schema = 0 })},
		at("first instant", events.MinInstant, events.MinInstant.Add(-1)),
		at("last instant", events.MaxInstant, events.MaxInstant.Add(1)),
		at("zero instant", noon, time.Time{}),
		{"stream", named("order-" + strings.Repeat("k", events.MaxStream-6)), named("order-" + strings.Repeat("k", events.MaxStream-5))},
		{"category", named(strings.Repeat("c", events.MaxCategory) + "-1"), named(strings.Repeat("c", events.MaxCategory+1) + "-1")},
		{"events", wide(2, events.MaxEvents/2), wide(events.MaxEvents/2+1, 2)},
		{"batches", wide(events.MaxBatches, 1), wide(events.MaxBatches+1, 0)},
		{"stream twice", named("order-twice1"), twice},
		{"id", named("order-named"), nameless},
		{"batches empty", named("order-some"), e.commit()},
	}
}

func bounds(e *env) error {
	s := e.open()
	for _, k := range e.edges() {
		before, err := s.Settled(e.ctx)
		if err != nil {
			return err
		}
		_, err = s.Append(e.ctx, k.out)
		if err := outside(err); err != nil {
			return fmt.Errorf("one beyond the bound of %s: %w", k.name, err)
		}
		if out := s.AppendEach(e.ctx, []events.Commit{k.out}); len(out) != 1 || outside(out[0].Err) != nil {
			return fmt.Errorf("one beyond the bound of %s, in a group: %+v", k.name, out)
		}
		if after, err := s.Settled(e.ctx); err != nil || after != before {
			return fmt.Errorf("one beyond the bound of %s wrote something (%v)", k.name, err)
		}
		if k.out.ID != uuid.Nil {
			if err := e.unknown(s, k.out.ID); err != nil {
				return err
			}
		}
		if _, err := e.apply(s, k.in); err != nil {
			return fmt.Errorf("at the bound of %s: %w", k.name, err)
		}
	}
	return e.sound(s)
}

func streamAlphabet(e *env) error {
	s := e.open()
	for _, id := range []string{
		"", "-", "order", "order-", "-1", "Order-1", "1order-1", "_o-1", "or.der-1", "or~der-1", "order 1", "order-a b", "order-a/b",
		"order-a'b", "order-a\x00", "order-é", "order-\xff", "order-~", "order-~2", "order-~2g", "order-~2f", "order-~41", "order-%", " order-1", "order-1\n",
	} {
		_, err := s.Append(e.ctx, e.commit(batch("order-1", 0, newEvents(1)...), batch(events.StreamID(id), 0, newEvents(1)...)))
		if err := outside(err); err != nil {
			return fmt.Errorf("stream %q: %w", id, err)
		}
	}
	if log, err := all(e.ctx, s); err != nil || len(log) != 0 {
		return fmt.Errorf("%d records of commits that were refused (%v)", len(log), err)
	}
	// Ids that a store confuses if it folds case, trims, or matches patterns.
	ids := []events.StreamID{
		"order-a", "order-A", "order--a", "order-a-", "order-.", "order-_", "order-a_", "order-ab", "order-a.", "order-~00", "order-~20", "order-~7E",
		"order-~25", "order-~E4~BF~A1", "o-a", "or-der-a", "order_-a", "order1-a",
	}
	for i, id := range ids {
		if _, err := e.put(s, batch(id, 0, newEvents(1+i%3)...)); err != nil {
			return fmt.Errorf("stream %q: %w", id, err)
		}
	}
	for i, id := range ids {
		if err := e.stands(s, id, events.Version(1+i%3)); err != nil {
			return err
		}
	}
	return e.sound(s)
}

// hostileQuestions reads what cannot exist: the result is empty.
func hostileQuestions(e *env) error {
	s := e.open()
	if _, err := e.put(s, batch("order-1", 0, newEvents(3)...)); err != nil {
		return err
	}
	long := strings.Repeat("x", 1<<20)
	many := make([]string, 40_000)
	for i := range many {
		many[i] = fmt.Sprint("c", i)
	}
	for _, f := range []events.Filter{
		{Categories: []string{""}}, {Categories: []string{"order-1"}}, {Categories: []string{"%"}}, {Categories: []string{"*"}}, {Categories: []string{"ORDER"}},
		{Categories: []string{"order' OR '1'='1"}}, {Categories: []string{"order\x00"}}, {Categories: []string{"\xff"}}, {Categories: []string{long}}, {Categories: many},
		{Types: []string{""}}, {Types: []string{"test%"}}, {Types: []string{"test_happened"}}, {Types: []string{"TEST.HAPPENED"}}, {Types: []string{long}}, {Types: many},
	} {
		if log, err := collect(s.ReadAll(e.ctx, 0, f)); err != nil || len(log) != 0 {
			return fmt.Errorf("filter %.60q yields %d records (%v)", f, len(log), err)
		}
	}
	many = append(many, "order")
	if log, err := collect(s.ReadAll(e.ctx, 0, events.Filter{Categories: many})); err != nil || len(log) != 3 {
		return fmt.Errorf("a filter of %d categories yields %d of 3 records (%v)", len(many), len(log), err)
	}
	for _, after := range []uint64{3, math.MaxInt32, math.MaxUint32, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		if list, err := collect(s.Read(e.ctx, "order-1", events.Version(after))); err != nil || len(list) != 0 {
			return fmt.Errorf("after version %d come %d records (%v)", after, len(list), err)
		}
		if after < math.MaxInt32 {
			continue
		}
		if list, err := collect(s.ReadAll(e.ctx, events.Position(after), events.Filter{})); err != nil || len(list) != 0 {
			return fmt.Errorf("after position %d come %d records (%v)", after, len(list), err)
		}
	}
	for _, id := range []events.StreamID{"", "order", "order-1' OR '1'='1", "order-%", "order-1\x00", events.StreamID("order-" + long)} {
		if list, err := collect(s.Read(e.ctx, id, 0)); len(list) != 0 || err != nil && outside(err) != nil {
			return fmt.Errorf("stream %.60q yields %d records (%v)", id, len(list), err)
		}
	}
	for _, id := range []uuid.UUID{uuid.Nil, uuid.Max, uuid.NameSpaceURL} {
		if err := e.unknown(s, id); err != nil {
			return err
		}
	}
	return e.sound(s)
}
