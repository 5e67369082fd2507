package credit

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

// BenchmarkHold decides and folds a hold and its release.
func BenchmarkHold(b *testing.B) {
	l := empty
	given := trade.Given{By: desk, At: noon}
	var occupy Command = hold(orderA, 6_000)
	var free Command = release(6_000, order.ReleaseShipped)
	facts := open(6_000)
	b.ReportAllocs()
	for b.Loop() {
		made, err := Decide(l, occupy, given, none)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(made[0], noon); err != nil {
			b.Fatal(err)
		}
		if made, err = Decide(l, free, given, facts); err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(made[0], noon); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply folds an event that is there already.
func BenchmarkApply(b *testing.B) {
	made := [...]Event{held(orderB, 1), Released{orderB, dollars(1), order.ReleaseShipped}}
	l := six
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := l.Apply(made[i&1], noon); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkDecodeApply decodes an event and folds it.
func BenchmarkDecodeApply(b *testing.B) {
	var types [2]string
	var data [2][]byte
	for i, e := range [...]Event{held(orderB, 1), Released{orderB, dollars(1), order.ReleaseShipped}} {
		typ, _, encoded, err := EncodeEvent(nil, e)
		if err != nil {
			b.Fatal(err)
		}
		types[i], data[i] = typ, encoded
	}
	l := six
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e, err := DecodeEvent(types[i&1], 1, data[i&1])
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(e, noon); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkEncode encodes an event into a buffer that has room.
func BenchmarkEncode(b *testing.B) {
	var e Event = held(orderA, 6_000)
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := EncodeEvent(buf, e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDeduct decides and folds a deduction and its restoring on a line that can be frozen.
func BenchmarkDeduct(b *testing.B) {
	l := fresh
	given := trade.Given{By: desk, At: noon}
	var take Command = deduct(orderA, 4_000)
	var give Command = restoring(4_000, RestorePaid)
	facts := uses(4_000)
	b.ReportAllocs()
	for b.Loop() {
		made, err := Decide(l, take, given, none)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(made[0], noon); err != nil {
			b.Fatal(err)
		}
		if made, err = Decide(l, give, given, facts); err != nil {
			b.Fatal(err)
		}
		if err := l.Apply(made[0], noon); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestore reads snapshots: of a line that is not frozen, and of the largest there is.
func BenchmarkRestore(b *testing.B) {
	for name, l := range map[string]Line{"plain": used, "largest": crowded(MaxFreezes)} {
		b.Run(name, func(b *testing.B) {
			data, err := save(nil, &l)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				got := New(PayLater, "acme", cny)
				if err := restore(data, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoadAfterMillion loads a line with a million events of history from its snapshot and
// the one event that came after it.
func BenchmarkLoadAfterMillion(b *testing.B) {
	ctx, store, model := context.Background(), memory.New(), Model(PayLater)
	stream, err := Stream(PayLater, "acme", cny)
	if err != nil {
		b.Fatal(err)
	}
	encode := func(e Event) events.Event {
		typ, version, data, err := EncodeEvent(nil, e)
		if err != nil {
			b.Fatal(err)
		}
		return events.Event{Type: typ, Schema: version, At: noon, Data: data}
	}
	l := New(PayLater, "acme", cny)
	var batch []events.Event
	version := events.Version(0)
	add := func(e Event) {
		if err := l.Apply(e, noon); err != nil {
			b.Fatal(err)
		}
		batch = append(batch, encode(e))
	}
	flush := func() {
		commit := events.Commit{ID: uuid.New(), Batches: []events.Batch{{Stream: stream, After: version, Events: batch}}}
		if _, err := store.Append(ctx, commit); err != nil {
			b.Fatal(err)
		}
		version += events.Version(len(batch))
		batch = nil
	}
	add(LineOpened{Limit: yuan(5_000)})
	for range 500_000 {
		add(deducted(orderA, 4_000))
		add(restored(4_000, RestorePaid))
		if len(batch) >= 900 {
			flush()
		}
	}
	flush()
	saved, err := save(nil, &l)
	if err == nil {
		err = store.SaveSnapshot(ctx, events.Snapshot{Stream: stream, Version: version, Fold: model.Fold, Data: saved})
	}
	if err != nil {
		b.Fatal(err)
	}
	add(deducted(orderA, 4_000))
	flush()
	b.ReportMetric(float64(len(saved)), "snapshot-bytes")
	b.ReportAllocs()
	for b.Loop() {
		got, at, err := model.View(ctx, store, stream)
		if err != nil || at != version || got.OpenHolds != 1 {
			b.Fatal(got, at, err)
		}
	}
}
