package funds

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/trade"
)

func TestStream(t *testing.T) {
	for _, c := range []struct {
		merchant trade.Account
		code     trade.Currency
		want     events.StreamID
	}{
		{"acme", trade.Currency{}, "funds-acme~2FCNY"},
		{"acme", CNY(), "funds-acme~2FCNY"},
		{"a@b.co-m", usd, "funds-a~40b.co-m~2FUSD"},
	} {
		got, err := Stream(c.merchant, c.code)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v", c.merchant, got, err)
		}
		begins := Model().New(got)
		if c.code.IsZero() {
			c.code = CNY()
		}
		if begins != New(c.merchant, c.code) {
			t.Errorf("%s begins as %+v", c.want, begins)
		}
	}
	for _, c := range []struct {
		merchant trade.Account
		code     trade.Currency
	}{{"", CNY()}, {"a/b", CNY()}, {"acme", trade.Currency{'c', 'n', 'y'}}} {
		var bad *trade.InvalidError
		if _, err := Stream(c.merchant, c.code); !errors.As(err, &bad) {
			t.Errorf("%q %q: %v", c.merchant, c.code, err)
		}
	}
	var bounds *events.BoundsError
	if _, err := Stream(trade.Account(strings.Repeat("@", 64)), CNY()); !errors.As(err, &bounds) {
		t.Errorf("too long for a stream: %v", err)
	}
}

// TestForeignStream: on a stream that Stream does not make no balance begins.
func TestForeignStream(t *testing.T) {
	for _, stream := range []events.StreamID{"funds-acme", "funds-acme~2FXXX", "funds-acme~2FCNY~2FCNY", "funds-acme~2F"} {
		for _, e := range []Event{credited(orderA, 1, 7), CardBound{Card: "6222-01", Holder: "acme"}} {
			b := Model().New(stream)
			if err := b.Apply(e, noon); err == nil {
				t.Errorf("%s has become %+v", stream, b)
			}
		}
	}
}

// TestModel keeps a balance in a store, folds it again with and without a snapshot, and meets a
// record that cannot be.
func TestModel(t *testing.T) {
	ctx, store, model := context.Background(), memory.New(), Model()
	model.SaveEvery = 4
	snapshots := events.NewSnapshotter(1, func(stream events.StreamID, err error) { t.Errorf("%s: %v", stream, err) })
	stream, err := Stream("acme", CNY())
	if err != nil {
		t.Fatal(err)
	}
	var live Balance
	ask := func(c Command, at time.Time, f Facts) {
		t.Helper()
		_, err := events.Transact(ctx, store, events.Request{ID: uuid.New()}, func(_ context.Context, tx *events.Tx) error {
			b, _, err := model.Load(tx, stream)
			if err != nil {
				return err
			}
			made, err := Decide(b, c, trade.Given{By: who(c), At: at}, f)
			if err != nil {
				return err
			}
			tx.Stamp(at, nil)
			if err := model.Append(tx, stream, made...); err != nil {
				return err
			}
			live, _, err = model.Load(tx, stream)
			return err
		}, events.WithSnapshots(snapshots))
		if err != nil {
			t.Fatal(err)
		}
	}
	ask(Credit{orderA, yuan(100)}, noon, sold(100))
	ask(Credit{orderB, yuan(50)}, noon.Add(day), sold(50))
	ask(BindCard{"6222-01", "acme"}, noon.Add(day), none)
	ask(Withdraw{"w-1", yuan(100), toCard}, ripe, none)
	snapshots.Close()
	kept, ok, err := store.LatestSnapshot(ctx, stream, model.Fold)
	if err != nil || !ok || kept.Version != 4 {
		t.Fatalf("snapshot %+v, %v, %v", kept, ok, err)
	}
	snapshots = events.NewSnapshotter(1, nil)
	defer snapshots.Close()
	ask(Debit{orderA, yuan(60)}, ripe, paid(100, 0))
	for name, load := range map[string]func() (Balance, events.Version, error){
		"replay": func() (Balance, events.Version, error) { return model.Replay(ctx, store, stream) },
		"view":   func() (Balance, events.Version, error) { return model.View(ctx, store, stream) },
	} {
		if got, version, err := load(); err != nil || version != 5 || !equal(got, live) {
			t.Errorf("%s: %+v at %d, %v; live %+v", name, got, version, err, live)
		}
	}
	if want := (figures{credited: 150, transit: 100, refunded: 60, debt: 10}); figuresOf(&live, ripe) != want {
		t.Errorf("live %+v", figuresOf(&live, ripe))
	}
	_, err = store.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
		Stream: stream, After: 5, Events: []events.Event{{Type: "funds.withdrawal-failed", Schema: 1, At: ripe.Add(time.Hour),
			Data: []byte(`{"id":"w-1","reason":"closed","repaid":"9.99 CNY"}`)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var corrupt *events.CorruptError
	if _, _, err := model.View(ctx, store, stream); !errors.As(err, &corrupt) || corrupt.Version != 6 {
		t.Errorf("failed, and a debt that is not settled: %v", err)
	}
}
