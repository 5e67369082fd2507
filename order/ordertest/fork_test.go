package ordertest_test

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/trade"
)

// fork is a log that goes on from another one, which must not change meanwhile. What is appended stays
// in the fork and can be taken back.
type fork struct {
	events.Store
	from    events.Position
	records []events.Record
	heads   map[events.StreamID]events.Version // of streams that were looked at
}

func forkOf(base events.Store) (*fork, error) {
	from, err := base.Settled(context.Background())
	return &fork{Store: base, from: from, heads: map[events.StreamID]events.Version{}}, err
}

func (f *fork) head(ctx context.Context, stream events.StreamID) (events.Version, error) {
	v, ok := f.heads[stream]
	for r, err := range f.Store.Read(ctx, stream, v) {
		if ok || err != nil {
			return v, err
		}
		v = r.Version
	}
	f.heads[stream] = v
	return v, nil
}

func (f *fork) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	for _, b := range c.Batches {
		if v, err := f.head(ctx, b.Stream); err != nil || v != b.After {
			return events.Receipt{}, errors.Join(err, &events.ConflictError{Stream: b.Stream, After: b.After, Head: v})
		}
	}
	receipt := events.Receipt{Commit: c.ID}
	index := 0
	for _, b := range c.Batches {
		for _, e := range b.Events {
			f.heads[b.Stream]++
			f.records = append(f.records, events.Record{
				Position: f.from + events.Position(len(f.records)+1), Stream: b.Stream, Version: f.heads[b.Stream], Commit: c.ID, Index: index,
				Type: e.Type, Schema: e.Schema, At: e.At, Meta: e.Meta, Data: e.Data,
			})
			receipt.Position = f.records[len(f.records)-1].Position
			if index++; index == 1 {
				receipt.First = receipt.Position
			}
		}
	}
	return receipt, nil
}

func (f *fork) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	out := make([]events.Outcome, len(group))
	for i, c := range group {
		out[i].Receipt, out[i].Err = f.Append(ctx, c)
	}
	return out
}

// Lookup knows no commit: every command has a new ID.
func (f *fork) Lookup(context.Context, uuid.UUID) (events.Receipt, bool, error) {
	return events.Receipt{}, false, nil
}

func (f *fork) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range f.Store.Read(ctx, stream, after) {
			if !yield(r, err) || err != nil {
				return
			}
		}
		for _, r := range f.records {
			if r.Stream == stream && r.Version > after && !yield(r, nil) {
				return
			}
		}
	}
}

func (f *fork) ReadAll(ctx context.Context, after events.Position, filter events.Filter) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		for r, err := range f.Store.ReadAll(ctx, after, filter) {
			if !yield(r, err) || err != nil {
				return
			}
		}
		for _, r := range f.records {
			if r.Position > after && filter.Matches(r.Stream, r.Type) && !yield(r, nil) {
				return
			}
		}
	}
}

func (f *fork) Settled(context.Context) (events.Position, error) {
	return f.from + events.Position(len(f.records)), nil
}

// takeBack forgets all but the first so many records.
func (f *fork) takeBack(to int) {
	for _, r := range f.records[to:] {
		f.heads[r.Stream]--
	}
	f.records = f.records[:to]
}

// trial is a desk on a fork, which tries what could be done from a state of the log.
type trial struct {
	t     ordertest.TB
	fork  *fork
	opts  []desk.Option
	desk  *desk.Desk
	clock *ordertest.Clock
	// denies is nil, or refuses commands as another edition of the rule book does.
	denies func(d *desk.Desk, do request) error
	asked  int
}

// request is a command with who issues it.
type request struct {
	by  trade.Actor
	do  desk.Action
	raw any // the command
}

func trialOn(t ordertest.TB, store events.Store, now time.Time, opts ...desk.Option) *trial {
	t.Helper()
	f, err := forkOf(store)
	if err != nil {
		t.Fatalf("%v", err)
	}
	x := &trial{t: t, fork: f, opts: opts, clock: new(ordertest.Clock)}
	x.clock.Set(now)
	x.open()
	return x
}

// open gives the trial a desk that remembers nothing.
func (x *trial) open() {
	x.t.Helper()
	d, err := desk.New(x.fork, append(append([]desk.Option{desk.WithSources(ordertest.Sources())}, x.opts...), desk.WithClock(x.clock.Now), desk.WithCache(64))...)
	if err != nil {
		x.t.Fatalf("%v", err)
	}
	x.desk = d
}

// mark is a state of the trial to which it can be taken back.
type mark struct {
	records int
	now     time.Time
}

func (x *trial) mark() mark { return mark{len(x.fork.records), x.clock.Now()} }

func (x *trial) takeBack(m mark) {
	x.clock.Set(m.now)
	if len(x.fork.records) != m.records {
		x.fork.takeBack(m.records)
		x.open()
	}
}

// accepts executes a command if the desk accepts it, now or at the deadline before which it does not.
func (x *trial) accepts(r request) error {
	x.t.Helper()
	now := x.clock.Now()
	err := x.do(r)
	if no, refused := errors.AsType[*trade.Refusal](err); refused && no.Earliest.After(now) {
		x.clock.Set(no.Earliest)
		err = x.do(r)
	}
	if err != nil {
		x.clock.Set(now)
	}
	return err
}

func (x *trial) do(r request) error {
	x.t.Helper()
	if x.denies != nil {
		if err := x.denies(x.desk, r); err != nil {
			return err
		}
	}
	x.asked++
	_, err := x.desk.Do(x.t.Context(), desk.Command{ID: desk.NewID(), By: r.by, Do: r.do})
	if err == nil {
		return nil
	}
	_, refused := errors.AsType[*trade.Refusal](err)
	_, malformed := errors.AsType[*trade.InvalidError](err)
	_, early := errors.AsType[*trade.EarlyError](err)
	if !refused && !malformed && !early {
		x.t.Fatalf("%s: %v", r.do, err)
	}
	return err
}
