package desk_test

import (
	"reflect"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestGoldenDisputes has the golden cases of the rule book on shortfalls, refunds, disputes and
// claims, with their exact figures and instants, on the order and on the line.
func TestGoldenDisputes(t *testing.T) {
	t.Run("TooMuchIsReturnedApart", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		id := tr.confirmed("6000 USD", "6000 USD", order.CoveragePostDelivery)
		tr.wire(id, "all", "6100 USD")
		back := desk.OnOrder(id, order.ReturnUnapplied{Amount: money("100 USD")})
		no := tr.refused(rule.D30, acme, refund(id, "6000.01 USD"))
		if l := tr.Order(id).Ledger; no.Missing != money("0.01 USD") || l.Applied != money("6000 USD") || l.Unapplied != money("100 USD") {
			t.Fatalf("missing %s, ledger %+v", no.Missing, l)
		}
		tr.held("6000 USD")
		tr.Do(acme, refund(id, "6000 USD"))
		tr.held("0 USD")
		if o := tr.Order(id); o.CloseReason != order.ClosedRefunded || o.Ledger.Unapplied != money("100 USD") {
			t.Fatalf("closed %q, ledger %+v", o.CloseReason, o.Ledger)
		}
		tr.Do(platform, back)
		tr.refused(rule.D21, platform, back)
		if l := tr.Order(id).Ledger; !l.Unapplied.IsZero() || l.Returned != money("100 USD") || l.Refunded != money("6000 USD") {
			t.Fatalf("ledger %+v", l)
		}
		tr.phase(id, order.PhaseClosed)
		tr.audit()
	})
	t.Run("ShortfallThenRefund", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePreShipment)
		tr.wire(id, "initial", "1980 USD")
		tr.Do(acme, desk.OnOrder(id, order.AcceptShortfall{}))
		if o := tr.Order(id); o.Phase != order.PhaseReadyToShip || o.Ledger.Shortfall != money("20 USD") || o.Due() != money("4000 USD") {
			t.Fatalf("phase %s, ledger %+v, due %s", o.Phase, o.Ledger, o.Due())
		}
		// What was written off was never paid: it cannot be refunded.
		if no := tr.refused(rule.D30, acme, refund(id, "2000 USD")); no.Missing != money("20 USD") {
			t.Fatalf("missing %s", no.Missing)
		}
		tr.held("2000 USD")
		tr.Do(acme, refund(id, "1980 USD"))
		tr.phase(id, order.PhaseClosed)
		tr.held("0 USD")
		tr.audit()
	})
	t.Run("ClaimOfWhatIsLeft", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		id := tr.placed("5000 USD", "5000 USD", order.CoveragePostDelivery)
		tr.shipped(id)
		tr.Do(acme, refund(id, "2500 USD"))
		tr.held("5000 USD")
		tr.disputed(id, true)
		r := tr.Do(platform, compensation(id, "5000 USD"))
		o := tr.Order(id)
		if o.CloseReason != order.ClosedRefunded || o.Hold.Status != order.HoldIsPosted || o.Ledger.Claimed != money("2500 USD") || o.Ledger.Refunded != money("2500 USD") {
			t.Fatalf("closed %q, hold %+v, ledger %+v", o.CloseReason, o.Hold, o.Ledger)
		}
		if streams := streamsOf(r); len(streams) != 2 {
			t.Fatalf("one commit of %v, want order and line", streams)
		}
		if !hasFact(r, order.ClaimPosted{Amount: money("2500 USD"), Released: money("2500 USD")}) {
			t.Fatalf("facts %+v", r.Events)
		}
		tr.held("0 USD")
		if l := tr.line(); l.Consumed != money("2500 USD") || l.Available() != money("7500 USD") || l.OpenHolds != 0 {
			t.Fatalf("consumed %s, available %s", l.Consumed, l.Available())
		}
		tr.audit()
	})
	t.Run("DisputeStopsTheClock", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		id := tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
		tr.shipped(id)
		tr.at(start.Add(10*day)).disputed(id, false)
		tr.at(start.Add(14*day)).Do(bruno, desk.OnOrder(id, order.WithdrawDispute{}))
		due := start.Add(19 * day)
		if d := tr.Order(id).Shipment.ReceiptDeadline; !d.Equal(due) {
			t.Fatalf("deadline %s, want %s", d, due)
		}
		if done := tr.tick(due.Add(-1)); len(done) != 0 {
			t.Fatalf("a nanosecond early: %+v", done)
		}
		tr.held("6000 USD")
		if done := tr.tick(due); len(done) != 1 || done[0].Kind != "receipt" || done[0].Err != nil {
			t.Fatalf("on day 19: %+v", done)
		}
		if o := tr.Order(id); o.Phase != order.PhaseCompleted || o.ReceiptBy != trade.System || !o.ReceivedAt.Equal(due) {
			t.Fatalf("phase %s, received by %s at %s", o.Phase, o.ReceiptBy, o.ReceivedAt)
		}
		tr.held("0 USD")
		tr.audit()
	})
}

// hasFact reports whether the result has a fact.
func hasFact(r desk.Result, want order.Event) bool {
	for _, f := range r.Events {
		if e, ok := f.Event.(order.Event); ok && reflect.DeepEqual(e, want) {
			return true
		}
	}
	return false
}
