package entrustment_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

func TestStreams(t *testing.T) {
	if s, err := Stream("a@b+c"); err != nil || s != "entrustment-a~40b~2Bc" || s.Category() != Category {
		t.Errorf("%q, %v", s, err)
	}
	for _, id := range []order.EntrustmentID{"", "a b", "委托单", order.EntrustmentID(strings.Repeat("x", 65))} {
		if s, err := Stream(id); !errors.As(err, new(*trade.InvalidError)) {
			t.Errorf("%q has the stream %q, %v", id, s, err)
		}
	}
}

// TestModelFoldsWhatIsStored writes a life to a store, event by event, and folds it back.
func TestModelFoldsWhatIsStored(t *testing.T) {
	ctx := context.Background()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	model := Model()
	w := in(t, PhaseReturned).do(link(orderOne), Resubmit{}, Approve{}, Declare{declaration()}, Release{ReleasedAt: released}, CloseCustoms{ClosedAt: released})
	stream, err := Stream(ours)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range w.history {
		typ, schema, data, err := model.Encode(nil, r.Event)
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Append(ctx, events.Commit{ID: uuid.New(), Batches: []events.Batch{{
			Stream: stream, After: events.Version(i), Events: []events.Event{{Type: typ, Schema: schema, At: r.At, Data: data}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	s, version, err := model.Replay(ctx, store, stream)
	if err != nil || int(version) != len(w.history) || !reflect.DeepEqual(s, w.s) {
		t.Errorf("version %d, %v:\n%+v\n%+v", version, err, s, w.s)
	}
}
