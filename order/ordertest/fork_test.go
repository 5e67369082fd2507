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

// fork is a store that continues the log of another store, which must not change while the fork is used. Appended
// records stay in the fork and can be removed again.
type fork struct {
	events.Store
	from    events.Position
	records []events.Record
	heads   map[events.StreamID]events.Version // the versions of the streams that were read
}

func newFork(base events.Store) (*fork, error) {
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

// Lookup finds no commit, because every command has a new ID.
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

// truncate removes all but the first n records of the fork.
func (f *fork) truncate(n int) {
	for _, r := range f.records[n:] {
		f.heads[r.Stream]--
	}
	f.records = f.records[:n]
}

// trial is a desk on a fork. It executes commands that could follow a state of the log.
type trial struct {
	t     ordertest.TB
	fork  *fork
	opts  []desk.Option
	desk  *desk.Desk
	clock *ordertest.Clock
	// refuse is nil, or returns the refusal of another edition of the rule book.
	refuse   func(d *desk.Desk, do request) error
	attempts int
}

// request is a command and the actor that issues it.
type request struct {
	by  trade.Actor
	do  desk.Action
	raw any // the command
}

func newTrial(t ordertest.TB, store events.Store, now time.Time, opts ...desk.Option) *trial {
	t.Helper()
	f, err := newFork(store)
	if err != nil {
		t.Fatalf("%v", err)
	}
	tr := &trial{t: t, fork: f, opts: opts, clock: new(ordertest.Clock)}
	tr.clock.Set(now)
	tr.openDesk()
	return tr
}

// openDesk gives the trial a desk with an empty cache.
func (tr *trial) openDesk() {
	tr.t.Helper()
	d, err := desk.New(tr.fork, append(append([]desk.Option{desk.WithSources(ordertest.Sources())}, tr.opts...), desk.WithClock(tr.clock.Now), desk.WithCache(64))...)
	if err != nil {
		tr.t.Fatalf("%v", err)
	}
	tr.desk = d
}

// checkpoint is a state of the trial to which rollBack returns.
type checkpoint struct {
	records int
	now     time.Time
}

func (tr *trial) checkpoint() checkpoint { return checkpoint{len(tr.fork.records), tr.clock.Now()} }

func (tr *trial) rollBack(to checkpoint) {
	tr.clock.Set(to.now)
	if len(tr.fork.records) != to.records {
		tr.fork.truncate(to.records)
		tr.openDesk()
	}
}

// attempt executes a command. If the desk refuses it until a later instant, attempt sets the clock to that instant and
// executes it then.
func (tr *trial) attempt(r request) error {
	tr.t.Helper()
	now := tr.clock.Now()
	err := tr.do(r)
	if no, refused := errors.AsType[*trade.Refusal](err); refused && no.Earliest.After(now) {
		tr.clock.Set(no.Earliest)
		err = tr.do(r)
	}
	if err != nil {
		tr.clock.Set(now)
	}
	return err
}

func (tr *trial) do(r request) error {
	tr.t.Helper()
	if tr.refuse != nil {
		if err := tr.refuse(tr.desk, r); err != nil {
			return err
		}
	}
	tr.attempts++
	_, err := tr.desk.Do(tr.t.Context(), desk.Command{ID: desk.NewID(), By: r.by, Do: r.do})
	if err == nil {
		return nil
	}
	_, refused := errors.AsType[*trade.Refusal](err)
	_, malformed := errors.AsType[*trade.InvalidError](err)
	_, early := errors.AsType[*trade.EarlyError](err)
	if !refused && !malformed && !early {
		tr.t.Fatalf("%s: %v", r.do, err)
	}
	return err
}
