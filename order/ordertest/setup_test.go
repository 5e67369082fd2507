package ordertest_test

import (
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
)

// TestOrderAt brings an order to every phase, on a desk and in a story, with every coverage.
func TestOrderAt(t *testing.T) {
	for phase := order.PhaseDraft; phase <= order.PhaseClosed; phase++ {
		for _, coverage := range []order.Coverage{"", order.CoverageNone, order.CoveragePreShipment, order.CoveragePostDelivery} {
			c := ordertest.Contract{Coverage: coverage}
			f := ordertest.Desk(t)
			if o := f.Order(f.OrderAt(phase, c)); o.Phase != phase {
				t.Errorf("the desk's order is %s, want %s", o.Phase, phase)
			}
			if o := ordertest.GivenOrder(t, phase, c).Order(); o.Phase != phase {
				t.Errorf("the story's order is %s, want %s", o.Phase, phase)
			}
		}
	}
	if o := ordertest.GivenOrder(t, order.PhaseNone, ordertest.Contract{}).Order(); o.Phase != order.PhaseNone {
		t.Errorf("the story begins at %s", o.Phase)
	}
}

// TestPayLaterOrderAt brings two pay-later orders of one desk to every phase.
func TestPayLaterOrderAt(t *testing.T) {
	for phase := paylater.PhasePlaced; phase <= paylater.PhaseWrittenOff; phase++ {
		f := ordertest.Desk(t)
		for range 2 {
			if o := f.PayLaterOrder(f.PayLaterOrderAt(phase, ordertest.CNY("100"))); o.Phase != phase {
				t.Errorf("the order is %s, want %s", o.Phase, phase)
			}
		}
	}
}
