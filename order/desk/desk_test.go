package desk_test

import (
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
)

func TestWholeLife(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.draft("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.submit(id)
	if l := tr.line(); l.Held != money("6000 USD") || l.Available() != money("4000 USD") {
		t.Fatalf("held %s, available %s", l.Held, l.Available())
	}
	tr.refused(rule.A18, stranger, desk.OnOrder(id, order.Confirm{Terms: 2}))
	tr.shipped(id)
	tr.wire(id, "balance", "4000 USD")
	tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	if o := tr.Order(id); o.Phase != order.PhaseCompleted {
		t.Fatalf("phase %s", o.Phase)
	}
	if l := tr.line(); !l.Held.IsZero() {
		t.Fatalf("held %s", l.Held)
	}
}
