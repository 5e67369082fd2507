package desk_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestRule has the rules that show only across streams, by their ids. Those of one stream are
// tested where they are written.
func TestRule(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"A6/AnOrderNeedsTheService", ruleA6},
		{"A11/AnAccountIsOfOneOrderForGood", ruleA11},
		{"A11/AnOrderHasOneAccount", ruleA11One},
		{"A13/NoCoverageNoQuota", ruleA13},
		{"A13/NoCoverageNoClaim", ruleA13Claim},
		{"A14/HeldUntilShipment", ruleA14},
		{"A14/NoClaimAfterShipment", ruleA14Claim},
		{"A15/HeldUntilReceipt", ruleA15},
		{"A15/NoClaimAfterReceipt", ruleA15Claim},
		{"A22/AnEntrustmentHasOneOrder", ruleA22},
		{"A22/AnOrderHasManyEntrustments", ruleA22Many},
		{"A23/ReleasedThenLinked", ruleA23Released},
		{"A23/LinkedThenReleased", ruleA23Linked},
		{"D3/Short", ruleD3},
		{"D3/Capped", ruleD3Capped},
		{"D3/SuspendedLine", ruleD3Suspended},
		{"D4/HeldAtConfirm", ruleD4},
		{"D5/AnEndReleases", ruleD5},
		{"D5/AdjustedByTheDifference", ruleD5Adjusted},
		{"D5/RefusedAsAWhole", ruleD5Refused},
		{"D5/LookedAtAgainAtAcceptance", ruleD5Acceptance},
		{"D5/Capped", ruleD5Capped},
		{"D5/UncoveredAndCoveredAgain", ruleD5Uncovered},
		{"D5/HeldAtConfirm", ruleD5HoldAtConfirm},
		{"D7/LimitCutBelowHeld", ruleD7},
		{"D7/ChangeAndClaimBelowTheLimit", ruleD7Change},
		{"D8/ClaimAndRepayment", ruleD8},
		{"D8/NoMoreThanIsHeld", ruleD8Capped},
		{"D9/AutoShip", ruleD9},
		{"D9/AChangeShips", ruleD9Change},
		{"D10/EveryEntrustmentReleased", ruleD10},
		{"D13/TheClockStands", ruleD13},
		{"D13/TwoThingsFreeze", ruleD13Both},
		{"D24/Chargeback", ruleD24},
		{"D25/Change", ruleD25},
		{"D29/TheSystemEscalates", ruleD29},
		{"D29/AutoShipWaits", ruleD29AutoShip},
		{"D30/ARefundOfAllFrees", ruleD30},
		{"D30/ARefundOfAllAfterShipment", ruleD30Shipped},
		{"D33/SuspendedService", ruleD33},
		{"D39/SameSellerAndCurrency", ruleD39},
		{"D40/Unlink", ruleD40},
		{"D40/ACloseFrees", ruleD40Close},
		{"D40/CancelledEntrustment", ruleD40Cancel},
		{"D40/DisputedOrder", ruleD40Disputed},
		{"D43/UniqueNumber", ruleD43},
		{"D61/ClockSkew", ruleD61},
		{"D61/AFactHasNoClock", ruleD61Fact},
		{"D62/CustomsReportsAreFacts", ruleD62Customs},
	} {
		t.Run(c.name, c.test)
	}
}

func (tr *fixture) held(want string) {
	tr.Helper()
	l := tr.line()
	if l.Held != money(want) {
		tr.Fatalf("the line holds %s, want %s", l.Held, want)
	}
	if sum := must(must(l.Held.Add(l.Consumed)).Add(l.Available())); l.Overcommitted().IsZero() && sum != l.Limit {
		tr.Fatalf("held, consumed and available are %s of %s", sum, l.Limit)
	}
}

func (tr *fixture) phase(id trade.ID, want order.Phase) {
	tr.Helper()
	if o := tr.Order(id); o.Phase != want {
		tr.Fatalf("phase %s, want %s", o.Phase, want)
	}
}

func link(id trade.ID, e order.EntrustmentID) desk.Action {
	return desk.OnOrder(id, order.Link{Entrustment: e})
}

func unlink(id trade.ID, e order.EntrustmentID) desk.Action {
	return desk.OnOrder(id, order.Unlink{Entrustment: e})
}

func submission(id trade.ID) desk.Action {
	return desk.OnOrder(id, order.Submit{OneTouchAcknowledged: true})
}

func limit(amount string) desk.Action {
	return desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money(amount)})
}

func suspendService() desk.Action {
	return desk.OnSeller(acme.Account, seller.Suspend{Reason: "violation"})
}

func ruleA6(t *testing.T) {
	tr := inMemory(t)
	id := trade.NewID()
	tr.refused(rule.A6, acme, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
	tr.refused(rule.A6, platform, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
	tr.refused(rule.A6, trade.Actor{Role: trade.System}, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
	tr.refused(rule.A6, bruno, desk.OnOrder(id, order.Draft{Mode: order.DraftOnline}))
}

func ruleA11(t *testing.T) {
	account := order.ReceivingAccount("ACC-1")
	tr := inMemory(t, desk.WithSources(desk.Sources{
		Account: func(context.Context, uuid.UUID, trade.ID) (order.ReceivingAccount, error) { return account, nil },
	})).opened("10000 USD")
	first := tr.placed("100 USD", "100 USD", order.CoverageNone)
	second := tr.draft("100 USD", "100 USD", order.CoverageNone)
	tr.refused(rule.A11, acme, submission(second))
	tr.Do(acme, desk.OnOrder(first, order.Cancel{}))
	tr.refused(rule.A11, acme, submission(second))
	account = "ACC-2"
	tr.submit(second)
	if a, b := tr.Order(first).ReceivingAccount, tr.Order(second).ReceivingAccount; a != "ACC-1" || b != "ACC-2" {
		t.Fatalf("accounts %s and %s", a, b)
	}
}

func ruleA11One(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.draft("100 USD", "100 USD", order.CoverageNone)
	if a := tr.Order(id).ReceivingAccount; a != "" {
		t.Fatalf("a draft has the account %s", a)
	}
	tr.submit(id)
	account := tr.Order(id).ReceivingAccount
	tr.refused(rule.A16, acme, submission(id))
	if now := tr.Order(id).ReceivingAccount; account == "" || now != account {
		t.Fatalf("account %q, then %q", account, now)
	}
	n := 0
	for r, err := range tr.Store.ReadAll(context.Background(), 0, events.Filter{Categories: []string{"receiving_account"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if key, _ := r.Stream.Key(); key != string(account) {
			t.Fatalf("account %s was reserved", key)
		}
		n++
	}
	if n != 1 {
		t.Fatalf("%d reservations, want 1", n)
	}
}

func ruleA13(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	before := tr.line()
	tr.life("1000000 USD", "1000 USD", order.CoverageNone)
	if after := tr.line(); !reflect.DeepEqual(after, before) {
		t.Fatalf("the line went from %+v to %+v", before, after)
	}
}

func ruleA14(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePreShipment)
	tr.held("2000 USD")
	tr.confirm(id)
	tr.wire(id, "initial", "2000 USD")
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	tr.release("E1", tr.Clock.Now())
	tr.held("2000 USD")
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.held("0 USD")
	tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	tr.held("0 USD")
}

func ruleA15(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	tr.held("6000 USD")
	tr.shipped(id)
	tr.held("6000 USD")
	tr.Do(bruno, desk.OnOrder(id, order.ConfirmReceipt{}))
	tr.held("0 USD")
	tr.phase(id, order.PhaseReceived)
}

func ruleA22(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	a, b := tr.confirmed("100 USD", "100 USD", order.CoverageNone), tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.entrust("E1")
	tr.Do(acme, link(a, "E1"))
	tr.refused(rule.A22, acme, link(b, "E1"))
	tr.refused(rule.D40, acme, link(a, "E1"))
	tr.wire(b, "all", "100 USD")
	tr.refused(rule.A22, acme, desk.OnOrder(b, order.MarkShipped{}))
	tr.Do(acme, unlink(a, "E1"))
	tr.Do(acme, link(b, "E1"))
	if e := tr.Entrustment("E1"); e.Order != b {
		t.Fatalf("linked to %s", e.Order)
	}
}

func ruleA22Many(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	for _, e := range []order.EntrustmentID{"E1", "E2", "E3"} {
		tr.entrust(e)
		tr.Do(acme, link(id, e))
	}
	for _, e := range []order.EntrustmentID{"E1", "E2", "E3"} {
		if s := tr.Entrustment(e); s.Order != id {
			t.Fatalf("%s is linked to %s", e, s.Order)
		}
	}
	if n := len(tr.Order(id).Links); n != 3 {
		t.Fatalf("%d links, want 3", n)
	}
}

// ten is when the orders of the golden boundary are drafted.
var ten = start.Add(10 * time.Hour)

func ruleA23Released(t *testing.T) {
	for released, ruleID := range map[time.Time]rule.ID{ten: "", ten.Add(-time.Millisecond): rule.A23} {
		tr := inMemory(t).opened("0 USD").at(ten.Add(-time.Hour))
		tr.entrust("E1")
		tr.at(ten)
		tr.release("E1", released)
		id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
		if ruleID != "" {
			tr.refused(ruleID, acme, link(id, "E1"))
			continue
		}
		tr.Do(acme, link(id, "E1"))
		tr.wire(id, "all", "100 USD")
		tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	}
}

func ruleA23Linked(t *testing.T) {
	for released, void := range map[time.Time]bool{ten: false, ten.Add(-time.Millisecond): true} {
		tr := inMemory(t).opened("0 USD").at(ten.Add(-time.Hour))
		tr.entrust("E1")
		tr.at(ten)
		id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
		tr.Do(acme, link(id, "E1"))
		tr.after(time.Hour).release("E1", released)
		tr.wire(id, "all", "100 USD")
		e, o := tr.Entrustment("E1"), tr.Order(id)
		if !e.ReleasedAt.Equal(released) || !o.Links[0].ReleasedAt.Equal(released) || e.Void != void || o.Void(o.Links[0]) != void {
			t.Fatalf("released at %s and %s, void %t and %t", e.ReleasedAt, o.Links[0].ReleasedAt, e.Void, o.Void(o.Links[0]))
		}
		if !void {
			tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
			continue
		}
		tr.refused(rule.A23, acme, desk.OnOrder(id, order.MarkShipped{}))
		tr.Do(acme, unlink(id, "E1"))
		tr.refused(rule.A23, acme, link(id, "E1"))
		tr.entrust("E2")
		tr.Do(acme, link(id, "E2"))
		tr.release("E2", tr.Clock.Now())
		tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	}
}

func ruleD3(t *testing.T) {
	tr := inMemory(t).opened("5999.99 USD")
	id := tr.draft("6000 USD", "2000 USD", order.CoveragePostDelivery)
	no := tr.refused(rule.D3, acme, submission(id))
	if no.Missing != money("0.01 USD") {
		t.Fatalf("missing %s, want 0.01 USD", no.Missing)
	}
	tr.Do(platform, limit("6000 USD"))
	tr.submit(id)
	tr.held("6000 USD")
	// Without a line of its currency an order is as one whose limit is zero.
	other := trade.Actor{Role: trade.Seller, Account: "s-other"}
	tr.Do(other, desk.OnSeller(other.Account, seller.Activate{Route: seller.RouteConsole}))
	id = trade.NewID()
	tr.drafted(other, id, "6000 USD", "2000 USD", order.CoveragePreShipment)
	if no := tr.refused(rule.D3, other, submission(id)); no.Missing != money("2000 USD") {
		t.Fatalf("missing %s, want 2000 USD", no.Missing)
	}
}

func ruleD3Capped(t *testing.T) {
	policy := order.DefaultPolicy()
	policy.CapCoverage = true
	tr := inMemory(t, desk.WithPolicy(policy)).opened("4000 USD")
	id := tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
	if o := tr.Order(id); o.Hold.Amount != money("4000 USD") {
		t.Fatalf("hold %+v", o.Hold)
	}
	tr.held("4000 USD")
	tr.refused(rule.D3, acme, submission(tr.draft("1 USD", "1 USD", order.CoveragePostDelivery)))
	tr.Do(acme, desk.OnOrder(id, order.Cancel{}))
	tr.held("0 USD")
}

func ruleD3Suspended(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	running := tr.placed("100 USD", "100 USD", order.CoveragePostDelivery)
	waiting := tr.draft("100 USD", "100 USD", order.CoveragePostDelivery)
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Suspend{Reason: "audit"}))
	tr.refused(rule.D3, acme, submission(waiting))
	tr.Do(acme, desk.OnOrder(running, order.Cancel{}))
	tr.held("0 USD")
	tr.Do(platform, desk.OnLine(acme.Account, usd, credit.Resume{}))
	tr.submit(waiting)
	tr.held("100 USD")
}

func ruleD4(t *testing.T) {
	policy := order.DefaultPolicy()
	policy.HoldAt = order.HoldAtConfirm
	tr := inMemory(t, desk.WithPolicy(policy)).opened("100 USD")
	a, b := tr.placed("60 USD", "60 USD", order.CoveragePostDelivery), tr.placed("60 USD", "60 USD", order.CoveragePostDelivery)
	tr.held("0 USD")
	tr.confirm(a)
	tr.held("60 USD")
	confirm := desk.OnOrder(b, order.Confirm{Terms: tr.Order(b).Revision})
	tr.figureless(tr.refused(rule.D3, bruno, confirm))
	tr.Do(acme, desk.OnOrder(a, order.Cancel{}))
	tr.Do(bruno, confirm)
	tr.held("60 USD")
}

func ruleD5(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	cancelled := tr.placed("100 USD", "100 USD", order.CoveragePreShipment)
	declined := tr.confirmed("200 USD", "200 USD", order.CoveragePostDelivery)
	expired := tr.placed("400 USD", "400 USD", order.CoveragePostDelivery)
	tr.held("700 USD")
	tr.Do(acme, desk.OnOrder(cancelled, order.Cancel{}))
	tr.held("600 USD")
	tr.Do(bruno, desk.OnOrder(declined, order.Cancel{}))
	tr.held("400 USD")
	tr.after(30*day).Do(trade.Actor{Role: trade.System}, desk.OnOrder(expired, order.Expire{}))
	tr.held("0 USD")
}

func ruleD7(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	id := tr.placed("6000 USD", "6000 USD", order.CoveragePostDelivery)
	tr.Do(platform, limit("4000 USD"))
	l := tr.line()
	if !l.Available().IsZero() || l.Overcommitted() != money("2000 USD") || l.Held != money("6000 USD") {
		t.Fatalf("available %s, overcommitted %s, held %s", l.Available(), l.Overcommitted(), l.Held)
	}
	small := tr.draft("1 USD", "1 USD", order.CoveragePreShipment)
	tr.refused(rule.D3, acme, submission(small))
	tr.Do(bruno, desk.OnOrder(id, order.Cancel{}))
	tr.submit(small)
}

func ruleD9(t *testing.T) {
	policy := order.DefaultPolicy()
	policy.AutoShip = true
	tr := inMemory(t, desk.WithPolicy(policy)).opened("10000 USD")
	id := tr.confirmed("6000 USD", "2000 USD", order.CoveragePreShipment)
	tr.wire(id, "initial", "2000 USD")
	tr.entrust("E1")
	tr.entrust("E2")
	tr.Do(acme, link(id, "E1"))
	tr.Do(acme, link(id, "E2"))
	tr.after(time.Hour).release("E1", tr.Clock.Now())
	tr.phase(id, order.PhaseReadyToShip)
	tr.held("2000 USD")
	left := tr.after(time.Hour).Clock.Now()
	r := tr.after(time.Hour).release("E2", left)
	o := tr.Order(id)
	if o.Phase != order.PhaseShipped || !o.Shipment.ShippedAt.Equal(left) {
		t.Fatalf("phase %s, shipped at %s, want %s", o.Phase, o.Shipment.ShippedAt, left)
	}
	tr.held("0 USD")
	if streams := streamsOf(r); len(streams) != 3 {
		t.Fatalf("one commit of %v, want entrustment, order and line", streams)
	}
}

// streamsOf lists the streams that a result has facts of, in its order.
func streamsOf(r desk.Result) []events.StreamID {
	var list []events.StreamID
	for _, f := range r.Events {
		if len(list) == 0 || list[len(list)-1] != f.Stream {
			list = append(list, f.Stream)
		}
	}
	return list
}

func ruleD10(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.wire(id, "all", "100 USD")
	tr.entrust("E1")
	tr.entrust("E2")
	tr.Do(acme, link(id, "E1"))
	tr.Do(acme, link(id, "E2"))
	tr.release("E1", tr.Clock.Now())
	tr.refused(rule.D10, acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.Do(acme, desk.OnEntrustment("E2", entrustment.Cancel{}))
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
}

func ruleD33(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	running := tr.placed("6000 USD", "2000 USD", order.CoveragePostDelivery)
	waiting := tr.draft("100 USD", "100 USD", order.CoverageNone)
	tr.Do(platform, suspendService())
	tr.refused(rule.A6, acme, desk.OnOrder(trade.NewID(), order.Draft{Mode: order.DraftOnline}))
	tr.refused(rule.A6, acme, submission(waiting))
	tr.shipped(running)
	tr.wire(running, "balance", "4000 USD")
	tr.Do(bruno, desk.OnOrder(running, order.ConfirmReceipt{}))
	tr.phase(running, order.PhaseCompleted)
	tr.held("0 USD")
	tr.Do(platform, desk.OnSeller(acme.Account, seller.Reinstate{}))
	tr.submit(waiting)
}

func ruleD39(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	other := trade.Actor{Role: trade.Seller, Account: "s-other"}
	tr.Do(other, desk.OnEntrustment("E1", entrustment.Draft{Title: "goods"}))
	tr.refused(rule.A21, acme, link(id, "E1"))
	tr.Do(acme, desk.OnEntrustment("E2", entrustment.Draft{Title: "goods"}))
	tr.Do(acme, desk.OnEntrustment("E2", entrustment.Submit{}))
	tr.Do(platform, desk.OnEntrustment("E2", entrustment.Approve{}))
	tr.Do(acme, link(id, "E2"))
	d := declaration("D2", tr.Clock.Now())
	d.Items[0].Total = money("1000 EUR")
	tr.refused(rule.D39, platform, desk.OnEntrustment("E2", entrustment.Declare{Declaration: d}))
	tr.Do(acme, unlink(id, "E2"))
	tr.Do(platform, desk.OnEntrustment("E2", entrustment.Declare{Declaration: d}))
	tr.refused(rule.D39, acme, link(id, "E2"))
	tr.Do(acme, desk.OnEntrustment("E3", entrustment.Draft{Title: "goods"}))
	tr.Do(acme, desk.OnEntrustment("E3", entrustment.Cancel{}))
	tr.refused(rule.D39, acme, link(id, "E3"))
	tr.refused(rule.A21, acme, link(id, "E-unknown"))
}

func ruleD40(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.entrust("E1")
	tr.refused(rule.D40, acme, unlink(id, "E1"))
	tr.Do(acme, link(id, "E1"))
	tr.wire(id, "all", "100 USD")
	tr.Do(acme, unlink(id, "E1"))
	if e := tr.Entrustment("E1"); e.Linked() {
		t.Fatalf("still linked to %s", e.Order)
	}
	tr.Do(acme, link(id, "E1"))
	tr.release("E1", tr.Clock.Now())
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
	tr.refused(rule.D40, acme, unlink(id, "E1"))
	if e := tr.Entrustment("E1"); e.Order != id {
		t.Fatalf("linked to %s, want %s", e.Order, id)
	}
}

func ruleD40Close(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	a, b := tr.confirmed("100 USD", "100 USD", order.CoveragePostDelivery), tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.entrust("E1")
	tr.entrust("E2")
	tr.Do(acme, link(a, "E1"))
	tr.Do(acme, link(a, "E2"))
	r := tr.Do(bruno, desk.OnOrder(a, order.Cancel{}))
	if streams := streamsOf(r); len(streams) != 4 {
		t.Fatalf("one commit of %v, want order, two entrustments and line", streams)
	}
	for _, e := range []order.EntrustmentID{"E1", "E2"} {
		tr.Do(acme, link(b, e))
	}
}

func ruleD40Cancel(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.entrust("E1")
	tr.Do(acme, link(id, "E1"))
	tr.Do(acme, desk.OnEntrustment("E1", entrustment.Cancel{Reason: "no goods"}))
	if o, e := tr.Order(id), tr.Entrustment("E1"); len(o.Links) != 0 || e.Linked() {
		t.Fatalf("order has %v, entrustment %s", o.Links, e.Order)
	}
	tr.refused(rule.D39, acme, link(id, "E1"))
}

func ruleD43(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	tr.entrust("E1")
	for _, c := range []entrustment.Command{entrustment.Draft{Title: "goods"}, entrustment.Submit{}} {
		tr.Do(acme, desk.OnEntrustment("E2", c))
	}
	tr.Do(platform, desk.OnEntrustment("E2", entrustment.Approve{}))
	declare := entrustment.Declare{Declaration: declaration("D-E1", tr.Clock.Now())}
	tr.refused(rule.D43, platform, desk.OnEntrustment("E2", declare))
	// Returned, the number stays the first one's, who may declare again under it.
	tr.Do(platform, desk.OnEntrustment("E1", entrustment.Return{Reason: "papers"}))
	tr.refused(rule.D43, platform, desk.OnEntrustment("E2", declare))
	tr.Do(acme, desk.OnEntrustment("E1", entrustment.Resubmit{}))
	tr.Do(platform, desk.OnEntrustment("E1", entrustment.Approve{}))
	tr.Do(platform, desk.OnEntrustment("E1", declare))
	tr.release("E1", tr.Clock.Now())
	tr.refused(rule.D43, platform, desk.OnEntrustment("E2", declare))
}

// ruleD62Customs has customs report before the export service does. The release is on both streams in
// one commit, and a closure that comes first is delivered again under the same ID.
func ruleD62Customs(t *testing.T) {
	tr := inMemory(t).opened("100 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoverageNone)
	tr.wire(id, "w", "100 USD")
	tr.Do(acme, desk.OnEntrustment("E1", entrustment.Draft{Title: "goods"}))
	tr.Do(acme, desk.OnOrder(id, order.Link{Entrustment: "E1"}))
	released := tr.Clock.Now()
	if r := tr.release("E1", released); len(r.Events) != 1 || !tr.Order(id).Links[0].ReleasedAt.IsZero() {
		t.Fatalf("of a draft: %+v", r.Events)
	}
	tr.Do(acme, desk.OnEntrustment("E1", entrustment.Submit{}))
	closing := asking(platform, desk.OnEntrustment("E1", entrustment.CloseCustoms{ClosedAt: released}))
	before := must(tr.Store.Settled(t.Context()))
	for _, err := range []error{tr.Desk.Try(t.Context(), closing), func() error { _, err := tr.Desk.Do(t.Context(), closing); return err }()} {
		early, ok := errors.AsType[*trade.EarlyError](err)
		if !ok || early.Awaited != "release" || must(tr.Store.Settled(t.Context())) != before {
			t.Fatalf("closed before the release: %v", err)
		}
	}
	r := tr.release("E1", released)
	if len(r.Events) != 2 || r.Events[0].Stream == r.Events[1].Stream || !tr.Order(id).Links[0].ReleasedAt.Equal(released) {
		t.Fatalf("%+v", r.Events)
	}
	if r := tr.release("E1", released); len(r.Events) != 0 {
		t.Fatalf("the same again: %+v", r.Events)
	}
	tr.refused(rule.D44, platform, desk.OnEntrustment("E1", entrustment.Release{ReleasedAt: released.Add(-1)}))
	if _, err := tr.Desk.Do(t.Context(), closing); err != nil {
		t.Fatal(err)
	}
	tr.Do(acme, desk.OnOrder(id, order.MarkShipped{}))
}

// ruleD61Fact writes an order and an entrustment under a clock that is years ahead. What banks and
// customs report afterwards is recorded at the last instant, and a cancellation frees the quota.
func ruleD61Fact(t *testing.T) {
	tr := inMemory(t).opened("100 USD")
	id := tr.confirmed("100 USD", "100 USD", order.CoveragePostDelivery)
	tr.entrust("E1")
	tr.at(start.AddDate(100, 0, 0))
	tr.Do(acme, desk.OnOrder(id, order.Link{Entrustment: "E1"}))
	wrong := tr.Clock.Now()
	tr.at(start.Add(time.Hour))
	tr.refused(rule.D61, bruno, desk.OnOrder(id, order.InitiatePayment{Payment: "X", Method: order.PayTT, Amount: money("1 USD")}))
	for _, r := range []desk.Result{
		tr.release("E1", start.Add(time.Hour)),
		tr.wire(id, "w1", "50 USD"),
		tr.Do(platform, desk.OnOrder(id, order.Refund{Amount: money("50 USD")})),
	} {
		for _, e := range r.Events {
			if !e.At.Equal(wrong) {
				t.Errorf("%s: %T recorded at %s, want %s", e.Stream, e.Event, e.At, wrong)
			}
		}
	}
	tr.phase(id, order.PhaseClosed)
	tr.held("0 USD")

	id = tr.placed("100 USD", "100 USD", order.CoveragePostDelivery)
	tr.at(start.AddDate(100, 0, 0)).Do(acme, desk.OnOrder(id, order.SetTransport{Mode: order.TransportSea}))
	tr.at(start.Add(time.Hour)).Do(acme, desk.OnOrder(id, order.Cancel{}))
	tr.held("0 USD")
}

func ruleD61(t *testing.T) {
	tr := inMemory(t).opened("0 USD")
	tr.at(start.Add(time.Hour))
	id := tr.draft("100 USD", "100 USD", order.CoverageNone)
	last := tr.Order(id).LastAt
	tr.at(last.Add(-5*time.Second - 1))
	no := tr.refused(rule.D61, acme, submission(id))
	if !no.Earliest.Equal(last) {
		t.Fatalf("earliest %s, want %s", no.Earliest, last)
	}
	for _, o := range must(tr.Desk.Next(context.Background(), acme, id)) {
		if fact := o.Command == (order.Cancel{}).Name(); fact != (o.Refusal == nil) || !fact && o.Refusal.Rule != rule.D61 {
			t.Fatalf("%s: %v, want a refusal by D61 of all but cancel", o.Command, o.Refusal)
		}
	}
	tr.at(last.Add(-5 * time.Second))
	for _, o := range must(tr.Desk.Next(context.Background(), acme, id)) {
		if o.Refusal != nil {
			t.Fatalf("%s: %v", o.Command, o.Refusal)
		}
	}
	r := tr.submit(id)
	if !r.Events[0].At.Equal(last) {
		t.Fatalf("recorded at %s, want %s", r.Events[0].At, last)
	}
}
