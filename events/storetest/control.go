package storetest

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// control is a fault, a check that must see it every time, and what the check must say.
type control struct {
	name string
	wrap func(events.Store) events.Store
	run  func(*env) error
	says string
}

// controls returns the faults that Run puts between its checks and the store.
func controls() []control {
	ignores := func(s events.Store) events.Store { return ignoresAfter{s} }
	splits := func(s events.Store) events.Store { return &splits{Store: s} }
	forgets := func(s events.Store) events.Store { return forgetsIDs{s} }
	first := func(s events.Store) events.Store { return versionFirst{s} }
	stops := func(s events.Store) events.Store { return stopsAtFailure{s} }
	deaf := func(s events.Store) events.Store { return ignoresContext{s} }
	open := func(s events.Store) events.Store { return staysOpen{s} }
	beside := func(s events.Store) events.Store { return &looksBeside{Store: s} }
	cuts := func(s events.Store) events.Store { return cutsToSize{s} }
	reads := func(mangle func([]events.Record) []events.Record) func(events.Store) events.Store {
		return func(s events.Store) events.Store { return mangles{s, mangle} }
	}
	return []control{
		{"IgnoresAfter/Linearizable", ignores, linearScript, "not linearizable"},
		{"IgnoresAfter/OneWriterWins", ignores, oneWriterWins, "want a *ConflictError"},
		{"IgnoresAfter/ExactVersions", ignores, exactVersions, "want a *ConflictError"},
		{"IgnoresAfter/GuardsHold", ignores, guardsHold, "want a *ConflictError"},
		{"BatchByBatch/CommitsAppearWhole", splits, wholeScript, "1 of 4 events can be read"},
		{"BatchByBatch/AllOrNone", splits, allOrNone, "is known"},
		{"ForgetsIDs/OneEffectPerCommand", forgets, onceScript, "two receipts"},
		{"ForgetsIDs/RetryIsHarmless", forgets, retryIsHarmless, "a retry"},
		{"ForgetsIDs/OtherContentRefused", forgets, otherContentRefused, "want a *DuplicateError"},
		{"VersionBeforeID/IDBeforeVersion", first, idBeforeVersion, "a retry: events: conflict"},
		{"StopsAtFailure/GroupMembersIndependent", stops, groupMembersIndependent, "want a *BoundsError"},
		{"IgnoresContext/CancelledBefore", deaf, cancelledBefore, "want the plain context canceled"},
		{"StaysOpen/ClosedRefuses", open, closedRefuses, "after Close: <nil>"},
		{"LooksBeside/NotKnownIsFinal", beside, finalScript, "was known: false, and later: true"},
		{"CutsToSize/Bounds", cuts, bounds, "beyond the bound of data"},
		{"Stale/Linearizable", reads(stale), linearScript, "not linearizable"},
		{"Hole/ReadInOrder", reads(hole), readInOrder, "after version"},
		{"Hole/ReadAllInOrder", reads(hole), readAllInOrder, "record 1:"},
		{"Hole/ReadAllNeverSkips", reads(hole), followScript, "version 3 comes after 1"},
		{"Stale/ReadAllNeverSkips", reads(stale), followScript, "saw 11 of 12 records"},
		{"Twice/ReadInOrder", reads(twice), readInOrder, "after version"},
		{"Twice/ReadAllNeverSkips", reads(twice), followScript, "position 3 comes after 3"},
		{"Swapped/ReadInOrder", reads(swapped), readInOrder, "after version"},
		{"Swapped/ReadAllNeverSkips", reads(swapped), followScript, "comes after"},
		{"OtherStream/ReadInOrder", reads(otherStream), readInOrder, "after version"},
		{"Microseconds/BytesKept", reads(microseconds), bytesKept, "59.999999 +0000"},
		{"OtherDigest/DigestKept", reads(otherDigest), digestKept, "the digest is"},
		{"TrimsBytes/BytesKept", reads(trims), bytesKept, "not the bytes that were given"},
	}
}

// inner returns the store under the fault of a control, or s itself.
func inner(s events.Store) events.Store {
	if w, ok := s.(interface{ unwrap() events.Store }); ok {
		return w.unwrap()
	}
	return s
}

// ignoresAfter replaces the version that the caller named by the current one.
type ignoresAfter struct{ events.Store }

func (w ignoresAfter) unwrap() events.Store { return w.Store }

func (w ignoresAfter) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	for {
		r, err := w.Store.Append(ctx, c)
		var conflict *events.ConflictError
		if !errors.As(err, &conflict) {
			return r, err
		}
		batches := append([]events.Batch(nil), c.Batches...)
		for i := range batches {
			if batches[i].Stream == conflict.Stream {
				batches[i].After = conflict.Head
			}
		}
		c.Batches = batches
	}
}

// splits appends the batches of a commit one by one, each under an ID of its own, and calls
// between after each.
type splits struct {
	events.Store
	between func()
}

func (w *splits) unwrap() events.Store { return w.Store }

func (w *splits) Append(ctx context.Context, c events.Commit) (r events.Receipt, err error) {
	for i, b := range c.Batches {
		one := events.Commit{ID: c.ID, Digest: c.Digest, Batches: []events.Batch{b}}
		one.ID[15] ^= byte(i)
		part, err := w.Store.Append(ctx, one)
		if err != nil {
			return part, err
		}
		if i == 0 {
			r = part
		}
		r.Position = part.Position
		if w.between != nil {
			w.between()
		}
	}
	return r, nil
}

// forgetsIDs gives every commit a fresh ID.
type forgetsIDs struct{ events.Store }

func (w forgetsIDs) unwrap() events.Store { return w.Store }

func (w forgetsIDs) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	asked := c.ID
	c.ID = uuid.New()
	r, err := w.Store.Append(ctx, c)
	r.Commit = asked
	return r, err
}

// versionFirst looks at the versions before it looks at the ID.
type versionFirst struct{ events.Store }

func (w versionFirst) unwrap() events.Store { return w.Store }

func (w versionFirst) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	for _, b := range c.Batches {
		if at, err := head(ctx, w.Store, b.Stream); err != nil || at != b.After {
			return events.Receipt{}, &events.ConflictError{Stream: b.Stream, After: b.After, Head: at}
		}
	}
	return w.Store.Append(ctx, c)
}

// stopsAtFailure fails the rest of a group after its first failure.
type stopsAtFailure struct{ events.Store }

func (w stopsAtFailure) unwrap() events.Store { return w.Store }

func (w stopsAtFailure) AppendEach(ctx context.Context, group []events.Commit) []events.Outcome {
	out := make([]events.Outcome, len(group))
	var failed error
	for i := range group {
		if failed == nil {
			out[i].Receipt, failed = w.Store.Append(ctx, group[i])
		}
		out[i].Err = failed
	}
	return out
}

// ignoresContext never notices that its caller was cancelled.
type ignoresContext struct{ events.Store }

func (w ignoresContext) unwrap() events.Store { return w.Store }

func (w ignoresContext) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	return w.Store.Append(context.WithoutCancel(ctx), c)
}

// staysOpen returns from Close and stays open.
type staysOpen struct{ events.Store }

func (w staysOpen) unwrap() events.Store { return w.Store }
func (w staysOpen) Close() error         { return nil }

// cutsToSize truncates data that is too long.
type cutsToSize struct{ events.Store }

func (w cutsToSize) unwrap() events.Store { return w.Store }

func (w cutsToSize) Append(ctx context.Context, c events.Commit) (events.Receipt, error) {
	for i := range c.Batches {
		for k := range c.Batches[i].Events {
			event := &c.Batches[i].Events[k]
			event.Data = event.Data[:min(len(event.Data), events.MaxData)]
		}
	}
	return w.Store.Append(ctx, c)
}

// mangles changes the records that are read.
type mangles struct {
	events.Store
	mangle func([]events.Record) []events.Record
}

func (w mangles) unwrap() events.Store { return w.Store }

func (w mangles) Read(ctx context.Context, stream events.StreamID, after events.Version) iter.Seq2[events.Record, error] {
	return w.through(w.Store.Read(ctx, stream, after))
}

func (w mangles) ReadAll(ctx context.Context, after events.Position, f events.Filter) iter.Seq2[events.Record, error] {
	return w.through(w.Store.ReadAll(ctx, after, f))
}

func (w mangles) through(seq iter.Seq2[events.Record, error]) iter.Seq2[events.Record, error] {
	return func(yield func(events.Record, error) bool) {
		list, err := collect(seq)
		for _, r := range w.mangle(list) {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(events.Record{}, err)
		}
	}
}

func stale(list []events.Record) []events.Record {
	return list[:max(len(list)-1, 0)]
}

func hole(list []events.Record) []events.Record {
	if len(list) < 3 {
		return list
	}
	return append(list[:1], list[2:]...)
}

func twice(list []events.Record) []events.Record {
	if len(list) == 0 {
		return list
	}
	return append(list, list[len(list)-1])
}

func swapped(list []events.Record) []events.Record {
	if n := len(list); n > 1 {
		list[n-1], list[n-2] = list[n-2], list[n-1]
	}
	return list
}

func otherStream(list []events.Record) []events.Record {
	if n := len(list); n > 0 {
		list[n-1].Stream += "9"
	}
	return list
}

func microseconds(list []events.Record) []events.Record {
	for i := range list {
		list[i].At = list[i].At.Truncate(time.Microsecond)
	}
	return list
}

func trims(list []events.Record) []events.Record {
	for i := range list {
		if n := len(list[i].Data); n > 0 && list[i].Data[n-1] == 0 {
			list[i].Data = list[i].Data[:n-1]
		}
	}
	return list
}

// otherDigest returns a digest with every record.
func otherDigest(list []events.Record) []events.Record {
	for i := range list {
		list[i].Digest = make([]byte, 32)
	}
	return list
}
