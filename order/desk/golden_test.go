package desk_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestGolden has the golden cases of the rule book that need several streams, with their
// exact figures and instants. The boundary of A23 is in TestRule.
func TestGolden(t *testing.T) {
	t.Run("LimitIsSharedUntilReceipt", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		a := tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
		b := tr.draft("5000 USD", "5000 USD", order.CoveragePostDelivery)
		no := tr.refused(rule.D3, acme, submission(b))
		if l := tr.line(); no.Missing != money("1000 USD") || l.Available() != money("4000 USD") {
			t.Fatalf("missing %s, available %s", no.Missing, l.Available())
		}
		tr.shipped(a)
		tr.refused(rule.D3, acme, submission(b))
		tr.Do(bruno, desk.OnOrder(a, order.ConfirmReceipt{}))
		tr.submit(b)
		tr.held("5000 USD")
	})
	t.Run("PreShipmentHoldsTheInitialPayment", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		id := tr.placed("6000 USD", "2000 USD", order.CoveragePreShipment)
		tr.held("2000 USD")
		tr.shipped(id)
		tr.held("0 USD")
	})
	t.Run("NoCoverageNeedsNoLimit", func(t *testing.T) {
		tr := inMemory(t).opened("0 USD")
		before := tr.line()
		tr.placed("1000000 USD", "1000000 USD", order.CoverageNone)
		if after := tr.line(); !reflect.DeepEqual(after, before) {
			t.Fatalf("the line went from %+v to %+v", before, after)
		}
	})
	t.Run("LimitCutBelowHeld", func(t *testing.T) {
		tr := inMemory(t).opened("10000 USD")
		tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
		tr.Do(platform, limit("4000 USD"))
		l := tr.line()
		if !l.Available().IsZero() || l.Overcommitted() != money("2000 USD") {
			t.Fatalf("available %s, overcommitted %s", l.Available(), l.Overcommitted())
		}
		tr.held("6000 USD")
		tr.refused(rule.D3, acme, submission(tr.draft("1 USD", "1 USD", order.CoveragePreShipment)))
	})
	t.Run("ReleasedBeforePaymentAndLink", func(t *testing.T) {
		tr := inMemory(t).opened("0 USD").at(start.Add(8 * time.Hour))
		id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
		tr.entrust("E1")
		tr.at(start.Add(9*time.Hour)).release("E1", start.Add(9*time.Hour))
		tr.at(start.Add(12*time.Hour)).wire(id, "all", "100 USD")
		tr.at(start.Add(13*time.Hour)).Do(acme, link(id, "E1"))
		tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
		tr.phase(id, order.PhaseShipped)
	})
	t.Run("AnEntrustmentMovesBetweenOrders", func(t *testing.T) {
		tr := inMemory(t).opened("0 USD")
		one, two := tr.confirmed("100 USD", "100 USD", order.CoverageNone), tr.confirmed("100 USD", "100 USD", order.CoverageNone)
		tr.entrust("E")
		tr.Do(acme, link(one, "E"))
		tr.refused(rule.A22, acme, link(two, "E"))
		tr.Do(acme, unlink(one, "E"))
		tr.Do(acme, link(two, "E"))
		before := tr.Entrustment("E")
		r := tr.Do(acme, desk.OnOrder(two, order.Cancel{}))
		after := tr.Entrustment("E")
		if streams := streamsOf(r); len(streams) != 2 || before.Order != two || after.Linked() {
			t.Fatalf("one commit of %v leaves it linked to %s", streams, after.Order)
		}
	})
	for mode, last := range map[order.Transport]time.Time{
		order.TransportAir:  time.Date(2025, 1, 16, 0, 0, 0, 0, time.UTC),
		order.TransportLand: time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC),
		order.TransportSea:  time.Date(2025, 2, 15, 0, 0, 0, 0, time.UTC),
	} {
		t.Run("AutoReceipt/"+string(mode), func(t *testing.T) {
			tr := inMemory(t).opened("10000 USD")
			id := tr.draft("6000 USD", "6000 USD", order.CoveragePostDelivery)
			tr.Do(acme, desk.OnOrder(id, order.SetTransport{Mode: mode}))
			tr.submit(id)
			tr.shipped(id)
			auto := desk.OnOrder(id, order.AutoConfirmReceipt{})
			no := tr.at(last.Add(-time.Millisecond)).refused(rule.A25, trade.Actor{Role: trade.System}, auto)
			if !no.Earliest.Equal(last) {
				t.Fatalf("earliest %s, want %s", no.Earliest, last)
			}
			tr.held("6000 USD")
			tr.at(last).Do(trade.Actor{Role: trade.System}, auto)
			tr.phase(id, order.PhaseCompleted)
			tr.held("0 USD")
		})
	}
	t.Run("ShortfallWrittenOff", func(t *testing.T) {
		tr := inMemory(t).opened("0 USD")
		id := tr.confirmed("6000 USD", "2000 USD", order.CoverageNone)
		tr.wire(id, "initial", "1980 USD")
		tr.Do(acme, desk.OnOrder(id, order.AcceptShortfall{}))
		o := tr.Order(id)
		if o.Phase != order.PhaseReadyToShip || o.Ledger.Shortfall != money("20 USD") || o.Due() != money("4000 USD") {
			t.Fatalf("phase %s, shortfall %s, due %s", o.Phase, o.Ledger.Shortfall, o.Due())
		}
	})
	t.Run("TooMuchIsNotApplied", func(t *testing.T) {
		tr := inMemory(t).opened("0 USD")
		id := tr.confirmed("6000 USD", "6000 USD", order.CoverageNone)
		tr.wire(id, "all", "6100 USD")
		if l := tr.Order(id).Ledger; l.Applied != money("6000 USD") || l.Unapplied != money("100 USD") {
			t.Fatalf("applied %s, unapplied %s", l.Applied, l.Unapplied)
		}
	})
	t.Run("UnregisteredBuyer", func(t *testing.T) {
		tr := inMemory(t).opened("0 USD")
		id := tr.draft("100 USD", "100 USD", order.CoverageNone)
		fresh := trade.Actor{Role: trade.Buyer, Account: "b-new", Email: "New@Buyer.example"}
		tr.Do(acme, desk.OnOrder(id, order.SetBuyer{Email: "new@buyer.example", BuyerName: "New"}))
		tr.Do(acme, desk.OnOrder(id, order.MatchBuyer{Email: "new@buyer.example"}))
		tr.submit(id)
		confirm := desk.OnOrder(id, order.Confirm{Terms: tr.Order(id).Revision})
		tr.refused(rule.A18, bruno, confirm)
		tr.Do(fresh, confirm)
	})
}
