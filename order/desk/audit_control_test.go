package desk_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// TestAuditFindsFaults is the control of the audit: each fault, made in the facts of a sound
// history, is found, and named by its invariant.
func TestAuditFindsFaults(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id, _ := tr.raceOrder(0, 6)
	tr.disputed(id, true)
	tr.do(platform, compensation(id, "500 USD"))
	tr.do(bruno, desk.Order(id, order.ConfirmReceipt{}))
	tr.wire(id, "balance", "4000 USD")
	tr.audit()
	sound := func() *books { return readBooks(tr.store) }
	facts := sound().facts[id]
	find := func(kind order.Kind) int {
		for i := range facts {
			if facts[i].Event.Kind() == kind {
				return i
			}
		}
		t.Fatalf("there is no %s", kind)
		return 0
	}
	// with is the history with other facts in place of the one of that kind.
	with := func(kind order.Kind, in ...order.Event) func(b *books) {
		return func(b *books) {
			at := find(kind)
			changed := append([]order.Recorded{}, facts[:at]...)
			for _, e := range in {
				changed = append(changed, order.Recorded{At: facts[at].At, Event: e})
			}
			b.facts[id] = append(changed, facts[at+1:]...)
		}
	}
	was := func(kind order.Kind) order.Event { return facts[find(kind)].Event }
	claim := was(order.KindClaimPosted).(order.ClaimPosted)
	for _, c := range []struct {
		fault string
		spoil func(b *books)
	}{
		{"I1", func(b *books) { b.consumed = map[string]int64{} }},
		{"I5", with(order.KindClaimPosted)},
		{"I16", with(order.KindClaimPosted, claim, claim)},
		{"I16", with(order.KindClaimPosted, order.ClaimPosted{Amount: money("6000 USD"), Released: money("0 USD")})},
		{"I14", with(order.KindClaimPosted, order.RefundMade{Amount: money("2000.01 USD")})},
		{"I14", with(order.KindPaymentReceived, was(order.KindPaymentReceived), was(order.KindPaymentReceived))},
		{"I7", with(order.KindConfirmed)},
		{"A18", with(order.KindConfirmed, order.Confirmed{Terms: 1})},
		{"D25", with(order.KindConfirmed, was(order.KindConfirmed), order.ChangeAccepted{Proposal: 1, Revision: 3})},
		{"D25", with(order.KindFunded, was(order.KindFunded), order.TermsModified{Revision: 3})},
		{"D29", with(order.KindDisputeOpened, was(order.KindDisputeOpened), order.ReceiptConfirmed{By: trade.Buyer})},
		{"D29", with(order.KindDisputeEscalated, was(order.KindDisputeOpened))},
		{"D29", with(order.KindArbitrated, order.SettlementAccepted{Proposal: 1})},
		{"I12", with(order.KindReceiptConfirmed, order.ReceiptConfirmed{By: trade.System})},
		{"I15", with(order.KindCompleted, was(order.KindCompleted), order.ReceiptExtended{By: trade.Buyer})},
		{"I31", func(b *books) {
			for commit, list := range b.written {
				for i := range list {
					if _, ok := list[i].event.(credit.ClaimPosted); ok {
						b.written[commit] = append(list[:i:i], list[i+1:]...)
					}
				}
			}
		}},
	} {
		b := sound()
		c.spoil(b)
		found := errors.Join(b.holds(), b.histories(), b.commits())
		if found == nil || !strings.Contains(found.Error(), c.fault+":") {
			t.Errorf("want a fault of %s, found %v", c.fault, found)
		}
	}
}
