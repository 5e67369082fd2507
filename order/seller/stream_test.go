package seller

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order/trade"
)

func TestStream(t *testing.T) {
	for account, want := range map[trade.Account]events.StreamID{
		"acme":      "service-acme",
		"a@b.co-m+": "service-a~40b.co-m~2B",
	} {
		if got, err := Stream(account); err != nil || got != want {
			t.Errorf("%s: %s, %v", account, got, err)
		}
		if s := Model().New(want); s != New(account) {
			t.Errorf("%s begins as %+v", want, s)
		}
	}
	for _, account := range []trade.Account{"", "a b", "a/b"} {
		var bad *trade.InvalidError
		if _, err := Stream(account); !errors.As(err, &bad) {
			t.Errorf("%q: %v", account, err)
		}
	}
}

// TestModel keeps a service in a store and folds it again, up to a record that cannot be.
func TestModel(t *testing.T) {
	ctx, store, model := context.Background(), memory.New(), Model()
	stream, err := Stream("acme")
	if err != nil {
		t.Fatal(err)
	}
	var live Service
	ask := func(c Command, by trade.Actor) {
		t.Helper()
		_, err := events.Transact(ctx, store, events.Request{ID: uuid.New()}, func(_ context.Context, tx *events.Tx) error {
			s, _, err := model.Load(tx, stream)
			if err != nil {
				return err
			}
			made, err := Decide(s, c, trade.Given{By: by, At: noon}, paid)
			if err != nil {
				return err
			}
			tx.Stamp(noon, nil)
			if err := model.Append(tx, stream, made...); err != nil {
				return err
			}
			live, _, err = model.Load(tx, stream)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ask(Activate{Route: RouteConsole}, acme)
	ask(Suspend{Reason: "counterfeit goods"}, platform)
	if got, version, err := model.Replay(ctx, store, stream); err != nil || version != 2 || got != live {
		t.Fatalf("replayed %+v at %d, %v; live %+v", got, version, err, live)
	}
	_, err = store.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
		Stream: stream, After: 2, Events: []events.Event{{Type: "service.suspended", Schema: 1, At: noon, Data: []byte(`{"reason":"x"}`)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var corrupt *events.CorruptError
	if _, _, err := model.Replay(ctx, store, stream); !errors.As(err, &corrupt) || corrupt.Version != 3 {
		t.Errorf("suspended twice: %v", err)
	}
}
