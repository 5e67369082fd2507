package credit

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
		account trade.Account
		want    events.StreamID
	}{
		{"acme", "line-acme~2FUSD"},
		{"a@b.co-m", "line-a~40b.co-m~2FUSD"},
	} {
		if got, err := Stream(Assurance, c.account, usd); err != nil || got != c.want {
			t.Errorf("%s: %s, %v", c.account, got, err)
		}
		if l := Model(Assurance).New(c.want); !same(l, New(Assurance, c.account, usd)) {
			t.Errorf("%s begins as %+v", c.want, l)
		}
		later := "paylater_" + c.want
		if got, err := Stream(PayLater, c.account, usd); err != nil || got != later {
			t.Errorf("%s: %s, %v", c.account, got, err)
		}
		if l := Model(PayLater).New(later); !same(l, New(PayLater, c.account, usd)) {
			t.Errorf("%s begins as %+v", later, l)
		}
	}
	for _, c := range []struct {
		account trade.Account
		code    trade.Currency
	}{{"", usd}, {"a/b", usd}, {"acme", trade.Currency{}}, {"acme", trade.Currency{'u', 's', 'd'}}} {
		var bad *trade.InvalidError
		if _, err := Stream(Assurance, c.account, c.code); !errors.As(err, &bad) {
			t.Errorf("%q %q: %v", c.account, c.code, err)
		}
		if _, err := Stream(PayLater, c.account, c.code); !errors.As(err, &bad) {
			t.Errorf("%q %q for pay later: %v", c.account, c.code, err)
		}
	}
	var bounds *events.BoundsError
	if _, err := Stream(Assurance, trade.Account(strings.Repeat("@", 64)), usd); !errors.As(err, &bounds) {
		t.Errorf("too long for a stream: %v", err)
	}
}

// TestForeignStream: a stream that Stream does not make refuses every event.
func TestForeignStream(t *testing.T) {
	for _, stream := range []events.StreamID{"line-acme", "line-acme~2FXXX", "line-acme~2FUSD~2FUSD", "line-acme~2F"} {
		l := Model(Assurance).New(stream)
		if err := l.Apply(assessed(1), noon); err == nil {
			t.Errorf("%s has become %+v", stream, l)
		}
		l = Model(PayLater).New("paylater_" + stream)
		if err := l.Apply(LineOpened{Limit: yuan(1)}, noon); err == nil {
			t.Errorf("paylater_%s has become %+v", stream, l)
		}
	}
}

// TestModel keeps a line in a store, folds it again with and without a snapshot, and meets a
// record that cannot be.
func TestModel(t *testing.T) {
	ctx, store, model := context.Background(), memory.New(), Model(Assurance)
	model.SaveEvery = 3
	snapshots := events.NewSnapshotter(1, func(stream events.StreamID, err error) { t.Errorf("%s: %v", stream, err) })
	stream, err := Stream(Assurance, "acme", usd)
	if err != nil {
		t.Fatal(err)
	}
	var live Line
	ask := func(c Command, by trade.Actor, f Facts) {
		t.Helper()
		_, err := events.Transact(ctx, store, events.Request{ID: uuid.New()}, func(_ context.Context, tx *events.Tx) error {
			l, _, err := model.Load(tx, stream)
			if err != nil {
				return err
			}
			made, err := Decide(l, c, trade.Given{By: by, At: noon}, f)
			if err != nil {
				return err
			}
			tx.Stamp(noon, nil)
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
	ask(AssessLimit{Limit: dollars(10_000), Inputs: inputs}, platform, Facts{})
	ask(Hold{orderA, dollars(6_000)}, desk, Facts{})
	ask(Suspend{"fraud"}, platform, Facts{})
	snapshots.Close()
	kept, ok, err := store.LatestSnapshot(ctx, stream, model.Fold)
	if err != nil || !ok || kept.Version != 3 {
		t.Fatalf("snapshot %+v, %v, %v", kept, ok, err)
	}
	snapshots = events.NewSnapshotter(1, nil)
	defer snapshots.Close()
	ask(Claim{orderA, dollars(6_000), dollars(2_500)}, desk, open(6_000))
	for name, load := range map[string]func() (Line, events.Version, error){
		"replay": func() (Line, events.Version, error) { return model.Replay(ctx, store, stream) },
		"view":   func() (Line, events.Version, error) { return model.View(ctx, store, stream) },
	} {
		if got, version, err := load(); err != nil || version != 4 || !same(got, live) {
			t.Errorf("%s: %+v at %d, %v; live %+v", name, got, version, err, live)
		}
	}
	if want := (sums{10_000, 0, 2_500, 7_500, 0}); sumsOf(&live) != want || live.Reason != "fraud" || !live.LastAt.Equal(noon) {
		t.Errorf("live %+v", live)
	}
	_, err = store.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
		Stream: stream, After: 4, Events: []events.Event{{Type: "credit.claim-repaid", Schema: 1, At: noon.Add(time.Hour),
			Data: []byte(`{"amount":"2500.01 USD","reference":"TT-1"}`)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var corrupt *events.CorruptError
	if _, _, err := model.View(ctx, store, stream); !errors.As(err, &corrupt) || corrupt.Version != 5 {
		t.Errorf("repaid more than was claimed: %v", err)
	}
}

// TestPayLaterModel keeps a pay-later line in a store, frozen, and loads it from a snapshot and
// from its records.
func TestPayLaterModel(t *testing.T) {
	ctx, store, model := context.Background(), memory.New(), Model(PayLater)
	stream, err := Stream(PayLater, "acme", cny)
	if err != nil {
		t.Fatal(err)
	}
	history := []Event{LineOpened{Limit: yuan(5_000), Inputs: shop}, deducted(orderA, 4_000), noted(orderA), Frozen(overdue), Frozen(audit), Unfrozen(overdue)}
	live := New(PayLater, "acme", cny)
	for i, e := range history {
		live = follow(live, e)
		typ, version, data, err := EncodeEvent(nil, e)
		if err == nil {
			_, err = store.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
				Stream: stream, After: events.Version(i), Events: []events.Event{{Type: typ, Schema: version, At: noon, Data: data}},
			}}})
		}
		if err == nil && i == 2 {
			var saved []byte
			saved, err = model.Save(nil, &live)
			err = errors.Join(err, store.SaveSnapshot(ctx, events.Snapshot{Stream: stream, Version: 3, Fold: model.Fold, Data: saved}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	replayed, _, err := model.Replay(ctx, store, stream)
	if err != nil || !same(replayed, live) {
		t.Errorf("replayed %+v, %v; live %+v", replayed, err, live)
	}
	viewed, version, err := model.View(ctx, store, stream)
	if err != nil || version != 6 || !same(viewed, live) {
		t.Errorf("viewed %+v at %d, %v; live %+v", viewed, version, err, live)
	}
	if model.Fold == Model(Assurance).Fold || model.Category == Model(Assurance).Category {
		t.Error("the products share snapshots or streams")
	}
}
