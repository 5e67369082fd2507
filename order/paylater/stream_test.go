package paylater_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	. "github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

func TestStream(t *testing.T) {
	s := Stream(ours)
	if s != "paylater-01000000-0000-7000-8000-00000000000a" || s.Category() != Category {
		t.Errorf("%q", s)
	}
	if o := Model().New(s); !reflect.DeepEqual(o, New(ours)) {
		t.Errorf("%s begins as %+v", s, o)
	}
}

// TestModel keeps an order in a store and folds it again, up to a record that cannot be.
func TestModel(t *testing.T) {
	ctx, store, model := context.Background(), memory.New(), Model()
	t.Cleanup(func() { _ = store.Close() })
	stream := Stream(ours)
	w := newWorld(t)
	w.facts.Policy = DefaultPolicy()
	w.facts.Policy.Instalments = true
	ask := func(c Command) {
		t.Helper()
		_, err := events.Transact(ctx, store, events.Request{ID: uuid.New()}, func(_ context.Context, tx *events.Tx) error {
			o, _, err := model.Load(tx, stream)
			if err != nil {
				return err
			}
			made, err := Decide(o, c, trade.Given{By: actor(c), At: w.now}, w.facts)
			if err != nil {
				return err
			}
			tx.Stamp(w.now, nil)
			return model.Append(tx, stream, made...)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.do(c).wait(day)
	}
	for _, c := range []Command{
		place("100"), Ship{}, ExtendReceipt{}, pay("40"), ConfirmReceipt{}, OpenAfterSales{}, LowerAmount{Amount: yuan("90")},
		CloseAfterSales{}, RequestCharge{}, FailCharge{}, MarkOverdue{}, pay("50"), Refund{Amount: yuan("1")}, FlagFake{},
	} {
		ask(c)
	}
	got, version, err := model.Replay(ctx, store, stream)
	if err != nil || int(version) != len(w.history) || !reflect.DeepEqual(got, w.o) {
		t.Fatalf("replayed %+v at %d, %v; live %+v", got, version, err, w.o)
	}
	typ, schema, data, err := EncodeEvent(nil, Returned{Restored: yuan("90"), PaidBack: yuan("0")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
		Stream: stream, After: version, Events: []events.Event{{Type: typ, Schema: schema, At: w.now, Data: data}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var corrupt *events.CorruptError
	if _, _, err := model.Replay(ctx, store, stream); !errors.As(err, &corrupt) || corrupt.Version != version+1 {
		t.Errorf("returned after payment: %v", err)
	}
}
