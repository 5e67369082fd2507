package order_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/internal/aggregatetest"
)

var update = flag.Bool("update", false, "write testdata/diagram.mmd anew")

// TestAggregate runs the suite that all aggregates share.
func TestAggregate(t *testing.T) {
	aggregatetest.Run(t, aggregatetest.Aggregate[order.Order, order.Command, order.Event, order.Facts, order.Phase, order.Kind]{
		Stream: order.Stream(orderID), New: func() order.Order { return order.New(orderID) },
		Phase:  func(o order.Order) order.Phase { return o.Phase },
		LastAt: func(o order.Order) time.Time { return o.LastAt },
		Decide: order.Decide, Evolve: order.Evolve, Replay: order.Replay, Life: order.Life(), Model: order.Model,
		EncodeEvent: order.EncodeEvent, DecodeEvent: order.DecodeEvent, EncodeCommand: order.EncodeCommand, DecodeCommand: order.DecodeCommand,
		Consequences: []order.Kind{order.KindFunded, order.KindUnfunded, order.KindCompleted, order.KindShipped, order.KindHoldReleased, order.KindEntrustmentUnlinked},
		Commands:     allCommands, Events: storedEvents(), Golden: "testdata/events.golden", Doc: "doc_stored.go",
		History: completed(t, order.CoveragePostDelivery).history,
	})
}

// TestDiagram holds the diagram to testdata/diagram.mmd, which the README shows.
func TestDiagram(t *testing.T) {
	const file = "testdata/diagram.mmd"
	if *update {
		if err := os.WriteFile(file, []byte(order.Life().Diagram()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := order.Life().Diagram(); got != string(want) {
		t.Errorf("%s is not the diagram:\n%s", file, got)
	}
}
