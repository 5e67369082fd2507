package consumer

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// TestBalanceIsDue has an order wait for its balance.
func TestBalanceIsDue(t *testing.T) {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseShipped, ordertest.Contract{})
	b := NewBilling()
	for _, r := range f.Records() {
		if err := b.Handle(r); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Due(id); got != 4000_00 {
		t.Errorf("due are %d, want 4,000 dollars", got)
	}
}

// TestTooMuchIsNotDue reports a payment beyond the total.
func TestTooMuchIsNotDue(t *testing.T) {
	confirmed := ordertest.GivenOrder(t, order.PhaseConfirmed, ordertest.Contract{})
	o := confirmed.Order()
	paid := confirmed.When(ordertest.Platform, ordertest.Wired(&o, "R1", ordertest.USD("6100"), confirmed.Now())).
		Leads(order.PhaseReadyToShip).Order()
	if !paid.Due().IsZero() || paid.Ledger.Unapplied != ordertest.USD("100") {
		t.Errorf("due %s, unapplied %s", paid.Due(), paid.Ledger.Unapplied)
	}
}

// TestRefusalsWriteNothing asks the desk for what it refuses.
func TestRefusalsWriteNothing(t *testing.T) {
	f := ordertest.Desk(t)
	id := f.OrderAt(order.PhaseSubmitted, ordertest.Contract{})
	f.When(ordertest.Stranger, desk.OnOrder(id, order.Confirm{Terms: f.Order(id).Revision})).Refused(rule.A18)
}

// TestBillingIsTheLedger feeds whole histories to the handler and holds it to the orders.
func TestBillingIsTheLedger(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := ordertest.Histories(ordertest.OnlyAssurance()).Draw(rt, "history")
		b := NewBilling()
		for _, r := range h.Records() {
			if err := b.Handle(r); err != nil {
				rt.Fatal(err)
			}
		}
		for _, stream := range h.Streams() {
			if stream.Category() != order.Category {
				continue
			}
			var past []events.Recorded[order.Event]
			for _, r := range h.Of(stream) {
				e, err := order.DecodeEvent(r.Type, r.Schema, r.Data)
				if err != nil {
					rt.Fatal(err)
				}
				past = append(past, events.Recorded[order.Event]{At: r.At, Event: e})
			}
			key, _ := stream.Key()
			id, err := trade.ParseID(key)
			if err != nil {
				rt.Fatal(err)
			}
			o, err := order.Replay(order.New(id), past)
			if err != nil {
				rt.Fatal(err)
			}
			if got, want := b.Due(id), o.Due().MinorUnits(); got != want {
				rt.Fatalf("order %s: due are %d, want %d", id, got, want)
			}
		}
	})
}

// TestPlay plays on a store of the service's own choice.
func TestPlay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New()
		defer store.Close()
		b := NewBilling()
		ordertest.Play(rt, store, ordertest.Check(func(commit []events.Record) error {
			for _, r := range commit {
				if err := b.Handle(r); err != nil {
					return err
				}
			}
			return nil
		}))
	})
}
